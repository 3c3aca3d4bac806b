"""A resource comes in: a new item, the same as one we keep, perhaps the same, or a later state of one. Carries out what `dedupe.match` said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline import dates, urls
from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Claim, Event, Fingerprint, Fold, Folding, ItemId, Lead, Match, Resource, State
from pipeline.store.connection import stamp
from pipeline.store.forms import day, dump, load
from pipeline.store.leads import Leads
from pipeline.store.relations import Relations

if TYPE_CHECKING:
    from pipeline import dedupe
else:
    dedupe = late("pipeline.dedupe")

IMPORT = "import"
"""Source of the sighting that an item gets which no source named."""
UPDATE = "update"
"""Rule by which a later state of what was published is proposed to be its update: an item beside it, which is never folded by rule."""

STATES_KEPT = 200
"""Earlier states of an item that are kept beside its first: a source that says this today and that tomorrow must not fill the disk."""


class Arrivals(Relations, Leads):
    """Adding items."""

    def add(
        self,
        resource: Resource,
        fingerprint: Fingerprint,
        match: Match,
        *,
        now: datetime,
        claim: Claim | None = None,
        origin_id: str | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> ItemId:
        """Keep a resource as `match` says, with its keys, sightings and proposed ties, and settle the lead of `claim`; gives the number of its row.

        A row that is the same as another has state merged and names its head. A revision gives the number of the item that it revised; what was
        published stays as readers had it, and its later state waits as an item of its own, an update. Without a claim the resource itself is the
        sighting, of source "import".
        """
        with self.transaction():
            if match.fold is Fold.REVISION:
                item = self._later_state(match, resource, fingerprint, now)
            else:
                item = self._arrive(match, resource, fingerprint, now=now, origin_id=origin_id, extra=extra or {})
            for other in match.also:
                self._join(self._head(other), self._head(item), item)
            if claim is not None:
                self._bind(claim, item, resource.url)
            else:
                said = Lead(source=IMPORT, url=resource.url, title=resource.title or None, published=resource.published)
                self._sight(self._know(resource.url, item), item, said, now)
            self._propose(item, resource, now)
        return ItemId(item)

    def reschedule(self, source_id: str, leads: Iterable[Lead], now: datetime, *, folding: Folding | None = None) -> tuple[ItemId, ...]:
        """Follow a source that names another time or place for a coming event than it did; gives the items that changed.

        An item whose time and place are that source's word takes the new ones and says what the old ones were; its earlier state is kept as a
        version. What readers have stays as it is: `publish.moved` proposes to put it right. An address that is named with several times is that
        of a series, and says of none of them that it was moved.
        """
        changed: list[ItemId] = []
        sql = "SELECT s.lead, s.item, s.said FROM sightings s JOIN leads l ON l.id = s.lead WHERE l.key = ? AND s.source = ?"
        named: dict[str, dict[object, Lead]] = {}
        for lead in leads:
            if lead.event is not None and _is_to_come(lead.event, now):
                named.setdefault(urls.canonical(lead.url, folding), {})[lead.event.when_and_where] = lead
        with self.transaction():
            for key, times in named.items():
                lead = next(iter(times.values()))
                if len(times) > 1 or lead.event is None:
                    continue
                row = self._row(sql, (key, source_id))
                before = load(Lead, row["said"]) if row else None
                if row is None or before is None or before.event is None or not _is_to_come(before.event, now):
                    continue
                if before.event.when_and_where == lead.event.when_and_where:
                    continue
                said = (dump(replace(before, event=lead.event)), row["lead"], source_id)
                self._change("UPDATE sightings SET said = ? WHERE lead = ? AND source = ?", said)
                if row["item"] is not None and self._take_over(row["item"], before.event, lead.event, now, folding):
                    changed.append(ItemId(row["item"]))
        return tuple(changed)

    def _take_over(self, item: int, before: Event, event: Event, now: datetime, folding: Folding | None) -> bool:
        """Give an item the new time and place of its event, unless it had its own from elsewhere."""
        resource = load(Resource, self._rows("SELECT resource FROM resources WHERE item = ?", (item,))[0]["resource"])
        if resource.event is None or resource.event.when_and_where != before.when_and_where:
            return False
        others = (one for one in event.problems if not one.startswith("rescheduled"))
        was = " at ".join(str(one) for one in (dates.iso(before.start) if before.start else None, before.location) if one)
        later = replace(resource, event=replace(event, problems=(*others, f"rescheduled: it was {was}")))
        self._revise(Match(fold=Fold.REVISION, of=ItemId(item)), later, dedupe.fingerprint(later, folding), now)
        return True

    def imported(self, origin_id: str, url: str) -> ItemId | None:
        """Find the row that an import brought with this origin id and address, folded or not."""
        sql = """SELECT i.id FROM items i JOIN resources r ON r.item = i.id WHERE i.origin_id = ? AND json_extract(r.resource, '$.url') = ?
                 ORDER BY i.id LIMIT 1"""
        row = self._row(sql, (origin_id, url))
        return ItemId(row["id"]) if row else None

    def _arrive(
        self, match: Match, resource: Resource, fingerprint: Fingerprint, *, now: datetime, origin_id: str | None, extra: Mapping[str, object]
    ) -> int:
        of = self._of(match)
        head = of if match.fold is Fold.SAME else None
        above = match.of if head and match.rule in dedupe.IDENTITIES else head  # who has its address goes where it goes, when somebody takes it out
        item = self._insert(
            """INSERT INTO items (state, kind, title, url, published, title_key, added, merged_into, head, fold_rule, fold_evidence, origin_id, extra)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, (SELECT seq + 1 FROM sqlite_sequence WHERE name = 'items'), 1), ?, ?, ?, ?)""",
            (
                State.QUEUED if head is None else State.MERGED,
                resource.kind,
                resource.title,
                resource.canonical_url or resource.url,
                day(resource.published),
                fingerprint.title,
                stamp(now),
                above,
                head,
                match.rule if head else "",
                match.evidence if head else "",
                origin_id,
                json.dumps(dict(extra), ensure_ascii=False),
            ),
        )
        if match.fold is Fold.MAYBE:
            self._change("INSERT INTO proposals (item, other, rule, evidence) VALUES (?, ?, ?, ?)", (item, of, match.rule, match.evidence))
        self._insert("INSERT INTO resources (item, resource, fingerprint) VALUES (?, ?, ?)", (item, dump(resource), dump(fingerprint)))
        self._remember(item, fingerprint)
        self._index(item, resource)
        if match.better and head is not None:
            self._promote(item, head, match)
        for other in match.parts:
            self._part(other, match)
        return item

    def _join(self, other: int, head: int, item: int) -> None:
        """Bring together two clusters which one item has shown to be the same, unless somebody kept them apart. What somebody knows is the head
        then; where somebody knows both, it is only proposed."""
        if other == head or self._parted(other, head):
            return
        if self._is_known(other):
            other, head = head, other
        evidence = f"Item {item} is the same as both."
        if self._is_known(other):
            self._change("INSERT OR IGNORE INTO proposals (item, other, rule, evidence) VALUES (?, ?, 'through', ?)", (other, head, evidence))
        else:
            self._put_under(other, head, "through", evidence)

    def _part(self, item: int, match: Match) -> None:
        """Let an item that was folded by its title alone stand by itself again, with what was folded into it, and only propose it; unless somebody
        knows the two as one."""
        head = self._head(item)
        if self._is_known(head) or not self._row("SELECT 1 FROM items WHERE id = ? AND state = 'merged' AND fold_rule = 'title'", (item,)):
            return
        self._change(
            """UPDATE items SET state = coalesce(json_extract(before_fold, '$[0]'), 'queued'), deferred_until = json_extract(before_fold, '$[3]'),
               merged_into = NULL, fold_rule = '', fold_evidence = '', before_fold = NULL WHERE id = ?""",
            (item,),
        )
        self._change(
            """WITH RECURSIVE below(id) AS (SELECT ?1 UNION SELECT i.id FROM items i JOIN below ON i.merged_into = below.id)
               UPDATE items SET head = ?1 WHERE id IN below""",
            (item,),
        )
        self._change("INSERT OR IGNORE INTO proposals (item, other, rule, evidence) VALUES (?, ?, ?, ?)", (item, head, match.rule, match.evidence))

    def _promote(self, item: int, head: int, match: Match) -> None:
        """Let a newcomer that describes the thing better stand at the head, unless a curator or a reader knows the other one already."""
        if not self._is_known(head):
            self._change("UPDATE items SET state = 'queued', merged_into = NULL, fold_rule = '', fold_evidence = '', head = id WHERE id = ?", (item,))
            self._put_under(head, item, match.rule, match.evidence)

    def _put_under(self, tail: int, head: int, rule: str, evidence: str) -> None:
        """Fold a head that waits, with all that is folded into it, into another one."""
        self._change(
            """UPDATE items SET before_fold = json_array(state, fold_rule, fold_evidence, deferred_until), state = 'merged', merged_into = ?,
               fold_rule = ?, fold_evidence = ? WHERE id = ?""",
            (head, rule, evidence, tail),
        )
        self._change("UPDATE items SET head = ? WHERE head = ?", (head, tail))

    def _is_known(self, head: int) -> bool:
        """Whether readers or a curator know a head as what it is: it is decided, or somebody did something to it or to what is folded into it."""
        sql = """SELECT 1 FROM items WHERE id = ?1 AND state <> 'queued' UNION ALL
                 SELECT 1 FROM items m JOIN decisions d ON d.item = m.id WHERE m.head = ?1 UNION ALL
                 SELECT 1 FROM items m JOIN assignments a ON a.item = m.id WHERE m.head = ?1 LIMIT 1"""
        return self._row(sql, (head,)) is not None

    def _parted(self, one: int, other: int) -> bool:
        """Whether a curator kept anything of one cluster apart from anything of another, or one is the update of the other."""
        sql = """SELECT 1 FROM kept_apart k JOIN items a ON a.id = k.item JOIN items b ON b.id = k.other
                 WHERE (a.head = ?1 AND b.head = ?2) OR (a.head = ?2 AND b.head = ?1) UNION ALL
                 SELECT 1 FROM items a JOIN proposals p ON p.item = a.id AND p.rule = ?3 JOIN items b ON b.id = p.other
                 WHERE a.head IN (?1, ?2) AND b.head IN (?1, ?2) AND a.head <> b.head LIMIT 1"""
        return self._row(sql, (one, other, UPDATE)) is not None

    def _later_state(self, match: Match, resource: Resource, fingerprint: Fingerprint, now: datetime) -> int:
        """Keep a later state of an item: in its place, or beside it where readers had the earlier one and we know what that said."""
        self._of(match)
        of = item = int(match.of or 0)
        while later := self._update_of(item):
            item = later
        (last,) = self._neighbours([item])
        if item != of and dedupe.match(resource, fingerprint, [last]).fold is not Fold.REVISION:
            return item  # offered as an update already, and nothing has changed since
        offered = item != of and last.state is State.MERGED  # a curator folded the last update into what had been published
        if not (offered or last.state is State.PUBLISHED) or not last.resource.text:
            return self._revise(replace(match, of=last.id), resource, fingerprint, now)
        update = Match(fold=Fold.MAYBE, of=last.id, rule=UPDATE, evidence=f"Readers had it; it says something else now. {match.evidence}".strip())
        return self._arrive(update, resource, fingerprint, now=now, origin_id=None, extra={})

    def _update_of(self, item: int) -> int | None:
        """The item that was offered last as the update of a published one."""
        row = self._row("SELECT max(item) AS item FROM proposals WHERE other = ? AND rule = ?", (item, UPDATE))
        return row["item"] if row else None

    def _revise(self, match: Match, resource: Resource, fingerprint: Fingerprint, now: datetime) -> int:
        """Put a later state in the place of an earlier one, which is kept. The overlay and the state of the item stay as they are."""
        self._of(match)
        item = int(match.of or 0)
        old = self._rows("SELECT i.version, r.resource, r.fingerprint FROM items i JOIN resources r ON r.item = i.id WHERE i.id = ?", (item,))[0]
        self._change(
            "INSERT INTO versions (item, version, resource, fingerprint, replaced) VALUES (?, ?, ?, ?, ?)",
            (item, old["version"], old["resource"], old["fingerprint"], stamp(now)),
        )
        self._change("DELETE FROM versions WHERE item = ? AND version BETWEEN 2 AND ?", (item, old["version"] - STATES_KEPT))
        self._change(
            "UPDATE items SET version = version + 1, kind = ?, title = ?, url = ?, published = ?, title_key = ? WHERE id = ?",
            (resource.kind, resource.title, resource.canonical_url or resource.url, day(resource.published), fingerprint.title, item),
        )
        self._change("UPDATE resources SET resource = ?, fingerprint = ? WHERE item = ?", (dump(resource), dump(fingerprint), item))
        self._change("DELETE FROM features WHERE item = ?", (item,))
        self._forget_text(item, load(Fingerprint, old["fingerprint"]))
        self._remember(item, fingerprint)
        self._unindex(item, load(Resource, old["resource"]))
        self._index(item, resource)
        return item

    def _of(self, match: Match) -> int | None:
        """The head of the item that a match speaks of. Raises `NotFoundError` where it speaks of none that we keep."""
        if match.fold is Fold.NEW:
            return None
        if match.of is None:
            raise NotFoundError("item", f"that this one is the {match.fold} of")
        return self._head(match.of)


def _is_to_come(event: Event, now: datetime) -> bool:
    """Whether an event is not over. One that is says nothing new: of a series, the next date takes its place."""
    last = event.end or event.start
    return last is not None and dates.day(last) >= now.date()
