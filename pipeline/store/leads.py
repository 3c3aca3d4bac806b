"""Addresses to visit, who named them, and who is visiting them now. Fetches nothing.

A lead row is one canonical address with its lease; a sighting is what one source said of it. A host is never leased to two owners at once, so
that nobody is asked twice at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from pipeline import schedule, urls
from pipeline.errors import NotFoundError
from pipeline.model import Claim, Failure, Folding, Lead
from pipeline.politeness import MAX_RETRY_AFTER
from pipeline.store.connection import Connection, moment, stamp
from pipeline.store.forms import dump, load

LONGEST_LEASE = timedelta(hours=1)
"""No lease runs longer. One that seems to was given out by a clock that went ahead, and holds nobody up."""
RECENT = 50
"""Leads of a source that tell its usual gap."""
_LOOKED_THROUGH = 100_000
"""Leads, the newest, among which those are sought that could not be read."""

_SETTLED = "UPDATE leads SET state = 'settled', item = ?, reason = NULL, again_at = NULL, leased_until = NULL, owner = NULL"


class Leads(Connection):
    """Lead rows and their sightings."""

    def offer(
        self,
        source_id: str,
        leads: Iterable[Lead],
        now: datetime,
        *,
        moved: Mapping[str, str] = MappingProxyType({}),
        folding: Folding | None = None,
    ) -> tuple[int, int]:
        """Keep what a source names: how many web addresses that were, and how many nobody had named before. A known one costs a sighting only.

        `moved` says of new addresses which old one of the same source led to the same thing: they are sightings of its item, and no news.
        `folding` are the words of the source by which addresses are the same.
        """
        found = new = fresh = 0
        with self.transaction():
            for lead in leads:
                if not urls.is_web(lead.url):
                    continue
                if item := self._item_at(moved.get(lead.url)):
                    found += 1
                    self._sight(self._know(lead.url, item), None, _by(lead, source_id), now)
                    continue
                row, is_new = self._lead(lead.url, folding)
                found, new = found + 1, new + is_new
                fresh += self._sight(row, None, _by(lead, source_id), now)
            if fresh:
                self._change("UPDATE sources SET last_new = ?, usual_gap = ? WHERE id = ?", (stamp(now), self._usual_gap(source_id), source_id))
        return found, new

    def said(self, source_id: str, limit: int = 500) -> tuple[Lead, ...]:
        """Give what a source said, the last seen first."""
        sql = "SELECT said FROM sightings WHERE source = ? ORDER BY last_seen DESC, id LIMIT ?"
        return tuple(load(Lead, row["said"]) for row in self._rows(sql, (source_id, limit)))

    def strange(self, leads: Iterable[Lead], folding: Folding | None = None) -> int:
        """Count the addresses that nobody has named yet."""
        sql = "SELECT count(*) FROM json_each(?) WHERE value NOT IN (SELECT key FROM leads)"
        return int(self._rows(sql, (json.dumps(sorted({urls.canonical(lead.url, folding) for lead in leads})),))[0][0])

    def yields(self, source_id: str, limit: int = 60) -> tuple[tuple[str, int], ...]:
        """Give title and number of words of the last items that a source named, the last first."""
        sql = """SELECT i.title, json_extract(r.resource, '$.words') AS words FROM sightings s JOIN items i ON i.id = s.item
                 JOIN resources r ON r.item = i.id WHERE s.source = ? ORDER BY s.dated DESC, s.id LIMIT ?"""
        return tuple((row["title"], row["words"] or 0) for row in self._rows(sql, (source_id, limit)))

    def lease(self, now: datetime, *, limit: int, seconds: float, owner: str, sources: Sequence[str] | None = None) -> tuple[Claim, ...]:
        """Take up to `limit` leads that are due, for `seconds`, from hosts that nobody else holds; every host in turn, each host's leads together.

        A lease that runs out, because its owner died, is given out again; none runs longer than `LONGEST_LEASE`. What is put off or leased for
        longer than anything may be, because the clock went back since, is due. `sources` takes only what one of them named.
        """
        sql = """WITH due AS (
                   SELECT l.id, l.host, row_number() OVER (PARTITION BY l.host ORDER BY l.id) AS place FROM leads l
                   WHERE l.state = 'pending' AND (l.again_at IS NULL OR l.again_at <= ?1 OR l.again_at > ?4)
                     AND l.host NOT IN (SELECT host FROM leads WHERE leased_until > ?1 AND leased_until <= ?5)
                     AND (?2 IS NULL OR EXISTS (SELECT 1 FROM sightings s WHERE s.lead = l.id AND s.source IN (SELECT value FROM json_each(?2)))))
                 SELECT id, host FROM due ORDER BY place, id LIMIT ?3"""
        with self.transaction():
            wanted = None if sources is None else json.dumps(list(sources))
            due = self._rows(sql, (stamp(now), wanted, limit, stamp(now + MAX_RETRY_AFTER), stamp(now + LONGEST_LEASE)))
            taken = json.dumps([row["id"] for row in due])
            self._change(
                "UPDATE leads SET leased_until = ?, owner = ?, attempts = attempts + 1 WHERE id IN (SELECT value FROM json_each(?))",
                (stamp(now + min(timedelta(seconds=seconds), LONGEST_LEASE)), owner, taken),
            )
            turn = {host: place for place, host in enumerate(dict.fromkeys(row["host"] for row in due))}
            return tuple(sorted(self._claims(taken), key=lambda claim: (turn[urls.host(claim.url)], claim.id)))

    def settle_failure(self, claim_id: int, reason: str, *, again_at: datetime | None, now: datetime) -> None:
        """Give a lead back with the reason why its visit failed: to be tried at `again_at`, or never again."""
        state, later = ("pending", stamp(again_at)) if again_at else ("failed", None)
        with self.transaction():
            self._waits(claim_id)
            self._change(
                "UPDATE leads SET state = ?, reason = ?, again_at = ?, leased_until = NULL, owner = NULL WHERE id = ? AND state = 'pending'",
                (state, reason, later, claim_id),
            )

    def settle_move(self, claim_id: int, url: str, now: datetime) -> None:
        """Send a lead on to the host that its address moved to, where it waits for that host's turn. The visit does not count as an attempt."""
        target = urls.clean(url)
        with self.transaction():
            self._waits(claim_id)
            self._change(
                """UPDATE leads SET url = ?, host = ?, hops = hops + 1, attempts = max(attempts - 1, 0), again_at = NULL,
                   leased_until = NULL, owner = NULL WHERE id = ? AND state = 'pending'""",
                (target, urls.host(target), claim_id),
            )

    def release_leases(self, owner: str | None = None) -> int:
        """Give back all leases of one owner, or of everybody; how many that were."""
        with self.transaction():
            return self._change(
                "UPDATE leads SET leased_until = NULL, owner = NULL WHERE leased_until IS NOT NULL AND (?1 IS NULL OR owner = ?1)", (owner,)
            )

    def known(self, source_id: str, addresses: Sequence[str], folding: Folding | None = None) -> bool:
        """Say whether a source named any of these addresses before."""
        sql = """SELECT 1 FROM leads l JOIN sightings s ON s.lead = l.id
                 WHERE l.key IN (SELECT value FROM json_each(?)) AND s.source = ? LIMIT 1"""
        return self._row(sql, (json.dumps([urls.canonical(one, folding) for one in addresses]), source_id)) is not None

    def pending(self, now: datetime) -> int:
        """Count the leads that are due and that nobody is visiting."""
        sql = """SELECT count(*) FROM leads WHERE state = 'pending' AND (again_at IS NULL OR again_at <= ?1 OR again_at > ?2)
                 AND (leased_until IS NULL OR leased_until <= ?1 OR leased_until > ?3)"""
        return int(self._rows(sql, (stamp(now), stamp(now + MAX_RETRY_AFTER), stamp(now + LONGEST_LEASE)))[0][0])

    def reason(self, url: str, folding: Folding | None = None) -> str | None:
        """Say why the last visit of this address failed, if it did."""
        row = self._row("SELECT reason FROM leads WHERE key = ?", (urls.canonical(url, folding),))
        return str(row["reason"]) if row and row["reason"] else None

    def failures(self, limit: int = 20) -> tuple[Failure, ...]:
        """List leads that could not be read, the last named first, each with the source that named it first; of very many only the newest are looked
        through."""
        sql = """SELECT l.url, l.reason, l.again_at, l.attempts,
                 coalesce((SELECT s.source FROM sightings s WHERE s.lead = l.id ORDER BY s.id LIMIT 1), '') AS source
                 FROM leads l WHERE l.id > (SELECT max(id) FROM leads) - ?2 AND l.reason IS NOT NULL AND l.item IS NULL
                 ORDER BY l.id DESC LIMIT ?1"""
        return tuple(
            Failure(
                url=row["url"],
                source=row["source"],
                reason=row["reason"],
                again=moment(row["again_at"]),
                attempts=row["attempts"],
            )
            for row in self._rows(sql, (limit, _LOOKED_THROUGH))
        )

    def retry(self, url: str, folding: Folding | None = None) -> None:
        """Let an address that was given up be visited once more, because a person asks for it."""
        with self.transaction():
            self._change(
                "UPDATE leads SET state = 'pending', again_at = NULL, attempts = 0, hops = 0 WHERE key = ? AND item IS NULL",
                (urls.canonical(url, folding),),
            )

    # ------------------------------------------------------------ for add()

    def _bind(self, claim: Claim, item: int, url: str) -> None:
        """Say where a visited lead led to: its sightings go with the item, and the address where that was found is known from now on."""
        row = self._row("SELECT key FROM leads WHERE id = ?", (claim.id,))
        if row is None:
            raise NotFoundError("lead", claim.id)
        self._change(f"{_SETTLED} WHERE id = ? AND item IS NULL", (item, claim.id))
        self._change("UPDATE sightings SET item = ? WHERE lead = ? AND item IS NULL", (item, claim.id))
        if row["key"] != urls.canonical(url):
            self._know(url, item)

    def _know(self, url: str, item: int) -> int | None:
        """Keep the address where an item was found, so that it is not visited when somebody names it; gives back its lead row."""
        if not urls.is_web(url):
            return None
        row, is_new = self._lead(url, item=item)
        if not is_new:  # of a new one nobody has said anything yet
            self._change(f"{_SETTLED} WHERE id = ? AND item IS NULL AND leased_until IS NULL", (item, row))  # a leased one is being visited
            self._change("UPDATE sightings SET item = (SELECT l.item FROM leads l WHERE l.id = lead) WHERE lead = ? AND item IS NULL", (row,))
        return row

    def _sight(self, row: int | None, item: int | None, lead: Lead, now: datetime) -> bool:
        """Keep what a source said of an address, or that it says so still; says whether it is news."""
        new = self._change(
            """INSERT OR IGNORE INTO sightings (lead, item, source, said, dated, first_seen, last_seen)
               VALUES (?1, coalesce(?2, (SELECT l.item FROM leads l WHERE l.id = ?1)), ?3, ?4, ?5, ?6, ?6)""",
            (row, item, lead.source, dump(lead), _dated(lead.published, now), stamp(now)),
        )
        if not new:
            self._change("UPDATE sightings SET last_seen = max(last_seen, ?) WHERE lead = ? AND source = ?", (stamp(now), row, lead.source))
        return bool(new)

    # ------------------------------------------------------------ steps

    def _lead(self, url: str, folding: Folding | None = None, *, item: int | None = None) -> tuple[int, bool]:
        """Find the row of an address, or make one: to be visited, or settled where it is known which item is there. Says whether it is new."""
        key = urls.canonical(url, folding)
        row = self._row("SELECT id FROM leads WHERE key = ?", (key,))
        if row:
            return int(row["id"]), False
        address, state = urls.clean(url), "pending" if item is None else "settled"
        sql = "INSERT INTO leads (key, url, host, state, item) VALUES (?, ?, ?, ?, ?)"
        return self._insert(sql, (key, address, urls.host(address), state, item)), True

    def _item_at(self, url: str | None) -> int | None:
        """The item that a known address led to."""
        row = self._row("SELECT item FROM leads WHERE key = ?", (urls.canonical(url),)) if url else None
        return row["item"] if row else None

    def _claims(self, taken: str) -> list[Claim]:
        said: dict[int, list[Lead]] = {}
        for row in self._rows("SELECT lead, said FROM sightings WHERE lead IN (SELECT value FROM json_each(?)) ORDER BY first_seen, id", (taken,)):
            said.setdefault(row["lead"], []).append(load(Lead, row["said"]))
        rows = self._rows("SELECT id, url, attempts, hops FROM leads WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", (taken,))
        return [Claim(id=row["id"], url=row["url"], attempts=row["attempts"], hops=row["hops"], lead=together(said[row["id"]])) for row in rows]

    def _waits(self, claim_id: int) -> None:
        """Make sure that there is such a lead. One that another visit has settled meanwhile stays settled."""
        if not self._row("SELECT 1 FROM leads WHERE id = ?", (claim_id,)):
            raise NotFoundError("lead", claim_id)

    def _usual_gap(self, source_id: str) -> float | None:
        """The usual gap between new leads, in seconds."""
        sql = "SELECT DISTINCT dated FROM sightings WHERE source = ? ORDER BY dated DESC LIMIT ?"
        found = schedule.usual_gap(datetime.fromisoformat(row["dated"]) for row in self._rows(sql, (source_id, RECENT)))
        return None if found is None else found.total_seconds()


def _by(lead: Lead, source: str) -> Lead:
    return lead if lead.source == source else replace(lead, source=source)


def together(said: Sequence[Lead]) -> Lead:
    """Put one lead together from all that sources said of it: of each field the first that speaks wins."""
    spoken = {
        one.name: next((value for lead in said if (value := getattr(lead, one.name)) not in (None, "", ())), getattr(said[0], one.name))
        for one in fields(Lead)
    }
    return Lead(**spoken)


def _dated(published: date | None, now: datetime) -> str:
    """When a lead came out: the day that it states, unless that is still to come."""
    if published is None:
        return stamp(now)
    if not isinstance(published, datetime):
        published = datetime(published.year, published.month, published.day, tzinfo=UTC)
    return stamp(min(published if published.tzinfo else published.replace(tzinfo=UTC), now))
