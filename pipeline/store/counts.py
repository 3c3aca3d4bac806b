"""What the pages of the desk count: what came since, what each source brought week by week, what was decided of it. Reads only.

Nothing here takes longer the more items there are: each question is about a span of time or the last so many, has an index, and stops at a bound.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pipeline.model import Brought, ItemId, Kind, State
from pipeline.store.connection import Connection, Row, moment, stamp

MOST = 10_000
"""No count goes further: a page says "more than 10,000" then."""
JUDGED = 10_000
"""Decisions, the newest ones, by which sources are judged."""

_DATES = """FROM resources r INDEXED BY resources_dates CROSS JOIN items i ON i.id = r.item
    WHERE json_array_length(r.resource, '$.event.problems') > 0 AND i.state = 'queued' AND i.lane <> 'skipped'
    AND NOT EXISTS (SELECT 1 FROM overlay o WHERE o.item = i.id AND json_extract(o.overlay, '$.event') IS NOT NULL)"""
_FEW = "SELECT i.id, i.head, i.state, i.kind, i.title, i.added, i.fold_rule, i.fold_evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """An item in a line: no more than a list needs. `of` is its head where it is folded, and `why` says by what it was."""

    id: ItemId
    of: ItemId
    title: str
    kind: Kind
    state: State
    added: datetime
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What the harvests of one hour brought, and how many of its runs failed."""

    start: datetime
    runs: int
    new: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """One name beside one entry of a released edition."""

    name: str
    role: str
    about: str
    item: ItemId
    title: str
    edition: str


class Counts(Connection):
    """Counting for the pages of the desk."""

    def came_since(self, since: datetime) -> tuple[int, int]:
        """Count the items that came in after a moment, and those of them that were folded into others; each up to `MOST` and one."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM items WHERE state = ? AND added > ? LIMIT ?)"
        found = {state: int(self._rows(sql, (state, stamp(since), MOST + 1))[0][0]) for state in State}
        return min(sum(found.values()), MOST + 1), found[State.MERGED]

    def came(self, since: datetime, *, folded: bool = False, after: ItemId | None = None, limit: int = 100) -> tuple[Brief, ...]:
        """List the items that came in after a moment, or those of them that were folded, the newest first, going on behind `after`."""
        last = self._row("SELECT added, id FROM items WHERE id = ?", (after,)) if after is not None else None
        place = (last["added"], last["id"]) if last else ("9999", 0)
        one = (
            "SELECT * FROM (SELECT id FROM items WHERE state = '{}' AND added > ?1 AND (added, id) < (?2, ?3) ORDER BY added DESC, id DESC LIMIT ?4)"
        )
        each = " UNION ALL ".join(one.format(state) for state in ((State.MERGED,) if folded else State))
        sql = f"{_FEW} FROM items i WHERE i.id IN ({each}) ORDER BY i.added DESC, i.id DESC LIMIT ?4"
        return tuple(map(_brief, self._rows(sql, (stamp(since), *place, limit))))

    def dates_to_check(self) -> int:
        """Count the events that wait with a date that cannot be right, up to `MOST` and one."""
        return int(self._rows(f"SELECT count(*) FROM (SELECT 1 {_DATES} LIMIT ?)", (MOST + 1,))[0][0])  # noqa: S608 - words of our own

    def with_dates_to_check(self, *, after: ItemId | None = None, limit: int = 100) -> tuple[Brief, ...]:
        """List the events that wait with a date that cannot be right, the newest first, each with what is wrong."""
        sql = f"""{_FEW}, json_extract(r.resource, '$.event.problems[0]') AS why {_DATES} AND r.item < ?
                  ORDER BY r.item DESC LIMIT ?"""
        return tuple(map(_brief, self._rows(sql, (after or 2**62, limit))))

    def suggestions_waiting(self) -> int:
        """Count the links of readers, of the newest 1,000, that nobody has decided on yet."""
        sql = """SELECT count(*) FROM (SELECT * FROM submissions ORDER BY id DESC LIMIT 1000) s JOIN items i ON i.id = s.item
                 JOIN items h ON h.id = i.head WHERE h.state = 'queued'"""
        return int(self._rows(sql)[0][0])

    def weeks(self, sources: Sequence[str], now: datetime, count: int) -> Mapping[str, tuple[int, ...]]:
        """Count for each of these sources the items that it named for the first time in each of the last weeks, the oldest week first."""
        sql = """SELECT j.value AS source, w.key AS week, (SELECT count(DISTINCT s.item) FROM sightings s WHERE s.source = j.value
                 AND s.first_seen > w.value ->> 0 AND s.first_seen <= w.value ->> 1 AND s.item IS NOT NULL) AS n
                 FROM json_each(?1) j CROSS JOIN json_each(?2) w"""
        bounds = [stamp(now - timedelta(weeks=back)) for back in range(count, -1, -1)]
        found: dict[str, list[int]] = {source: [0] * count for source in sources}
        for row in self._rows(sql, (json.dumps(list(sources)), json.dumps(list(pairwise(bounds))))):
            found[row["source"]][row["week"]] = row["n"]
        return {source: tuple(numbers) for source, numbers in found.items()}

    def judged(self, since: datetime, *, most: int = JUDGED) -> tuple[Brought, ...]:
        """Say of the items decided since then, of the newest decisions at most so many, which source named them and what became of them."""
        sql = """WITH last AS MATERIALIZED (SELECT item, max(id) AS id FROM (
                     SELECT item, id FROM decisions WHERE undone IS NULL AND +act IN ('accept', 'reject', 'defer', 'reopen') AND decided >= ?1
                     ORDER BY decided DESC LIMIT ?2) GROUP BY item)
                 SELECT s.source, h.id AS item, min(s.first_seen) AS first_seen, h.state, d.decided, d.reason
                 FROM last JOIN items h ON h.id = last.item JOIN decisions d ON d.id = last.id
                 JOIN items m ON m.head = h.id JOIN sightings s ON s.item = m.id
                 WHERE h.state IN ('accepted', 'published', 'rejected') GROUP BY s.source, h.id"""
        return tuple(
            Brought(
                source=row["source"],
                item=ItemId(row["item"]),
                first_seen=datetime.fromisoformat(row["first_seen"]),
                state=State(row["state"]),
                decided=moment(row["decided"]),
                reason=row["reason"],
            )
            for row in self._rows(sql, (stamp(since), most))
        )

    def refused(self, source_id: str, reason: str, *, most: int = 500) -> int:
        """Count the items rejected for this reason among the last that a source named, so many at most."""
        sql = """SELECT count(*) FROM (SELECT DISTINCT item FROM (SELECT item FROM sightings WHERE source = ?1 AND item IS NOT NULL
                                                                  ORDER BY first_seen DESC LIMIT ?3)) s
                 JOIN items i ON i.id = s.item AND i.state = 'rejected'
                 WHERE ?2 = (SELECT reason FROM decisions WHERE item = i.id AND undone IS NULL AND act = 'reject' ORDER BY id DESC LIMIT 1)"""
        return int(self._rows(sql, (source_id, reason, most))[0][0])

    def last_of(self, source_id: str, limit: int = 20) -> tuple[Brief, ...]:
        """List the last items that a source named, by when it first did, the last first."""
        sql = f"""{_FEW} FROM (SELECT item, max(first_seen) AS seen FROM (SELECT item, first_seen FROM sightings
                      WHERE source = ?1 AND item IS NOT NULL ORDER BY first_seen DESC LIMIT ?2) GROUP BY item) s
                  JOIN items i ON i.id = s.item ORDER BY s.seen DESC, i.id DESC LIMIT ?2"""  # noqa: S608 - words of our own
        return tuple(map(_brief, self._rows(sql, (source_id, limit))))

    def brought_by(self, source_id: str) -> int:
        """Count what a source ever named that became an item, up to `MOST` and one."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM sightings WHERE source = ? AND item IS NOT NULL LIMIT ?)"
        return int(self._rows(sql, (source_id, MOST + 1))[0][0])

    def credited(self, editions: int = 120) -> tuple[Credited, ...]:
        """List the names beside the entries of the last released editions, the newest edition first."""
        sql = """SELECT e.id AS edition, t.value ->> '$.id' AS item, t.value ->> '$.title' AS title,
                        c.value ->> '$.name' AS name, c.value ->> '$.role' AS role, coalesce(c.value ->> '$.about', '') AS about
                 FROM (SELECT id, edition, released FROM editions WHERE state IN ('released', 'corrected') AND id NOT LIKE '%/%'
                       ORDER BY released DESC LIMIT ?) e,
                      json_each(e.edition, '$.sections') s, json_each(s.value, '$.entries') t, json_each(t.value, '$.credits') c
                 ORDER BY e.released DESC, t.id LIMIT 100000"""
        return tuple(
            Credited(name=row["name"], role=row["role"], about=row["about"], item=ItemId(row["item"]), title=row["title"], edition=row["edition"])
            for row in self._rows(sql, (editions,))
        )

    def publishers(self, most: int = 50_000) -> tuple[tuple[str, int, ItemId, str], ...]:
        """Count the publishers, or sites, of the newest items that were kept or published: name, how many, and the newest of them with its title."""
        sql = """SELECT name, count(*) AS n, max(id) AS item, title FROM (
                     SELECT i.id, i.title, coalesce(r.resource ->> '$.publisher', r.resource ->> '$.site_name') AS name
                     FROM items i JOIN resources r ON r.item = i.id WHERE i.state IN ('accepted', 'published') ORDER BY i.id DESC LIMIT ?)
                 WHERE name <> '' GROUP BY name ORDER BY n DESC, name LIMIT 5000"""
        return tuple((row["name"], row["n"], ItemId(row["item"]), row["title"]) for row in self._rows(sql, (most,)))

    def harvest_hours(self, since: datetime) -> tuple[Hour, ...]:
        """Sum up the runs since then by the hour in which they began, in UTC; hours without one are left out."""
        sql = """SELECT substr(started, 1, 13) AS hour, count(*) AS runs, sum(coalesce(json_extract(run, '$.new'), 0)) AS new,
                 sum(json_extract(run, '$.error') IS NOT NULL) AS failed FROM runs WHERE started > ? GROUP BY hour ORDER BY hour LIMIT 1000"""
        return tuple(
            Hour(start=datetime.fromisoformat(f"{row['hour']}:00:00+00:00"), runs=row["runs"], new=row["new"], failed=row["failed"])
            for row in self._rows(sql, (stamp(since),))
        )


def _brief(row: Row) -> Brief:
    folded = f"{row['fold_rule']}: {row['fold_evidence']}" if row["fold_rule"] else ""
    return Brief(
        id=ItemId(row["id"]),
        of=ItemId(row["head"]),
        title=row["title"],
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        added=datetime.fromisoformat(row["added"]),
        why=row["why"] if "why" in row.keys() else folded,  # noqa: SIM118 - a row is no mapping
    )
