"""A resource comes in: a new item, the same as one we keep, perhaps the same, or a later state of one. Carries out what `dedupe.match` said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from pipeline.errors import NotFoundError
from pipeline.model import Claim, Fingerprint, Fold, ItemId, Lead, Match, Resource, State
from pipeline.store.connection import stamp
from pipeline.store.forms import day, dump, load
from pipeline.store.leads import Leads
from pipeline.store.relations import Relations

IMPORT = "import"
"""Source of the sighting that an item gets which no source named."""


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

        A row that is the same as another has state merged and names its head. A revision gives the number of the item that it revised.
        Without a claim the resource itself is the sighting, of source "import".
        """
        with self.transaction():
            if match.fold is Fold.REVISION:
                item = self._revise(match, resource, fingerprint, now)
            else:
                item = self._arrive(match, resource, fingerprint, now=now, origin_id=origin_id, extra=extra or {})
            if claim is not None:
                self._bind(claim, item, resource.url)
            else:
                said = Lead(source=IMPORT, url=resource.url, title=resource.title or None, published=resource.published)
                self._sight(self._know(resource.url, item), item, said, now)
            self._propose(item, resource, now)
        return ItemId(item)

    def imported(self, origin_id: str) -> ItemId | None:
        """Find the item that an import brought with this origin id; the head where it is folded."""
        row = self._row("SELECT head FROM items WHERE origin_id = ? ORDER BY id LIMIT 1", (origin_id,))
        return ItemId(row["head"]) if row else None

    def _arrive(
        self, match: Match, resource: Resource, fingerprint: Fingerprint, *, now: datetime, origin_id: str | None, extra: Mapping[str, object]
    ) -> int:
        of = self._of(match)
        head = of if match.fold is Fold.SAME else None
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
                head,
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
            self._promote(item, head, match, now)
        for other in match.also:
            self._join(self._head(other), self._head(item), item)
        return item

    def _join(self, other: int, head: int, item: int) -> None:
        """Fold a whole cluster into another, which one item has shown to be the same, unless somebody decided on it or kept the two apart."""
        free = self._row(
            """SELECT 1 FROM items WHERE id = ?1 AND ?1 <> ?2 AND state = 'queued' AND NOT EXISTS (SELECT 1 FROM decisions WHERE item = ?1)
               AND NOT EXISTS (SELECT 1 FROM kept_apart k JOIN items a ON a.id = k.item JOIN items b ON b.id = k.other
                               WHERE (a.head = ?1 AND b.head = ?2) OR (a.head = ?2 AND b.head = ?1))""",
            (other, head),
        )
        if free:
            self._change(
                """UPDATE items SET before_fold = json_array(state, fold_rule, fold_evidence, deferred_until), state = 'merged', merged_into = ?,
                   fold_rule = 'through', fold_evidence = ? WHERE id = ?""",
                (head, f"Item {item} is the same as both.", other),
            )
            self._change("UPDATE items SET head = ? WHERE head = ?", (head, other))

    def _promote(self, item: int, head: int, match: Match, now: datetime) -> None:
        """Let a newcomer that describes the thing better stand at the head, unless a curator or a reader knows the other one already."""
        waiting = self._row("SELECT 1 FROM items WHERE id = ? AND state = 'queued' AND NOT EXISTS (SELECT 1 FROM decisions WHERE item = ?1)", (head,))
        if not waiting:
            return
        self._change("UPDATE items SET state = 'queued', merged_into = NULL, fold_rule = '', fold_evidence = '' WHERE id = ?", (item,))
        self._change(
            """UPDATE items SET before_fold = json_array(state, fold_rule, fold_evidence, deferred_until), state = 'merged', merged_into = ?,
               fold_rule = ?, fold_evidence = ? WHERE id = ?""",
            (item, match.rule, match.evidence, head),
        )
        self._change("UPDATE items SET head = ?1 WHERE head = ?2 OR id = ?1", (item, head))

    def _revise(self, match: Match, resource: Resource, fingerprint: Fingerprint, now: datetime) -> int:
        """Put a later state in the place of an earlier one, which is kept. The overlay and the state of the item stay as they are."""
        self._of(match)
        item = int(match.of or 0)
        old = self._rows("SELECT i.version, r.resource, r.fingerprint FROM items i JOIN resources r ON r.item = i.id WHERE i.id = ?", (item,))[0]
        self._change(
            "INSERT INTO versions (item, version, resource, fingerprint, replaced) VALUES (?, ?, ?, ?, ?)",
            (item, old["version"], old["resource"], old["fingerprint"], stamp(now)),
        )
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
