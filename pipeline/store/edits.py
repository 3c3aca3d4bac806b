"""A curator's words on an item, and what stands around it on the desk: what is folded into it, where it was published, how its source changed.

Editing is an act: signed, in the log, taken back like any other. What may be edited `review.edited` says.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline import review
from pipeline.model import Decision, Item, ItemId, Overlay, Resource, Verdict
from pipeline.store.connection import moment
from pipeline.store.decisions import Decisions
from pipeline.store.forms import dump, load

MOST_FOLDED = 20
"""Folded items that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """An item that is folded into another, by which rule and on what evidence."""

    id: ItemId
    title: str
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """Where an item was published: the edition, its month in words, and the place in it; 0 in bulletins of before this desk."""

    edition: str
    month: str
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastEdit:
    """Who last wrote words on an item and when; `before` is the resource as it was then, `None` where it has not changed since."""

    by: str
    at: datetime
    before: Resource | None = None
    changed: datetime | None = None


class Edits(Decisions):
    """Editing, and what a curator should see before deciding."""

    def edit(self, item_id: ItemId, overlay: Overlay, *, by: str, now: datetime, note: str = "") -> Item:
        """Put a curator's words in the place of those before; `note` says for the log what changed and by which rule.

        Does nothing where nothing would change. Raises `NotFoundError`, or `TransitionError` where the item is folded or published.
        """
        with self.transaction():
            item = self.item(item_id)
            after = review.edited(item, overlay)
            if after.overlay == item.overlay:
                return item
            before = self._snapshot([item.id])
            self._overlay(item.id, dump(after.overlay))
            about = Decision(item=item.id, verdict=Verdict.ACCEPT, decided=now, curator=by, note=note or None)
            self._record("edit", about, before)
            return self.item(item.id)

    def last_edit(self, item_id: ItemId) -> LastEdit | None:
        """Say who last edited an item, and whether its source has changed since; `None` where nobody did."""
        row = self._row(
            "SELECT curator, decided FROM decisions WHERE item = ? AND act = 'edit' AND undone IS NULL ORDER BY id DESC LIMIT 1", (item_id,)
        )
        if row is None:
            return None
        # The first that was replaced after the edit is what the curator had before her.
        old = self._row(
            """SELECT resource, (SELECT max(replaced) FROM versions WHERE item = ?1) AS replaced FROM versions
               WHERE item = ?1 AND replaced > ?2 ORDER BY version LIMIT 1""",
            (item_id, row["decided"]),
        )
        return LastEdit(
            by=row["curator"],
            at=datetime.fromisoformat(row["decided"]),
            before=load(Resource, old["resource"]) if old else None,
            changed=moment(old["replaced"]) if old else None,
        )

    def folded_into(self, item_id: ItemId) -> tuple[Folded, ...]:
        """List what is folded into an item."""
        sql = "SELECT id, title, fold_rule, fold_evidence FROM items WHERE head = ?1 AND id <> ?1 ORDER BY id LIMIT ?2"
        rows = self._rows(sql, (item_id, MOST_FOLDED))
        return tuple(Folded(id=ItemId(row["id"]), title=row["title"], rule=row["fold_rule"], evidence=row["fold_evidence"]) for row in rows)

    def proposed(self, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """Say of which of these items it is open whether they are the same as another."""
        sql = """SELECT DISTINCT me.id FROM (SELECT item, other FROM proposals WHERE item IN (SELECT value FROM json_each(?1))
                                      UNION ALL SELECT other, item FROM proposals WHERE other IN (SELECT value FROM json_each(?1))) p
                 JOIN items me ON me.id = p.item JOIN items h ON h.id = p.other WHERE h.head <> me.head AND NOT EXISTS (
                   SELECT 1 FROM kept_apart k WHERE (k.item, k.other) IN (VALUES (min(p.other, me.id), max(p.other, me.id)),
                                                                              (min(h.head, me.id), max(h.head, me.id))))
                 ORDER BY me.id LIMIT 1000"""
        return frozenset(ItemId(row["id"]) for row in self._rows(sql, (json.dumps(items),)))

    def appearances(self, items: Sequence[ItemId]) -> dict[ItemId, Appearance]:
        """Say where those of these items that are published came out."""
        sql = """SELECT i.id, i.edition, coalesce(p.place, 0) AS place, json_extract(e.edition, '$.month_name') AS month
                 FROM items i JOIN editions e ON e.id = i.edition LEFT JOIN edition_items p ON p.edition = i.edition AND p.item = i.id
                 WHERE i.id IN (SELECT value FROM json_each(?)) ORDER BY i.id LIMIT 1000"""
        return {
            ItemId(row["id"]): Appearance(edition=row["edition"], month=row["month"] or row["edition"].removeprefix("past/"), place=row["place"])
            for row in self._rows(sql, (json.dumps(items),))
        }
