"""A curator's words on an item, and what stands around it on the desk: what is folded into it, where it was published, how its source changed.

Editing is an act: signed, in the log, taken back like any other. What may be edited `review.edited` says.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from pipeline import review
from pipeline.model import Decision, Item, ItemId, Overlay, Resource, Verdict
from pipeline.store.connection import Row, moment
from pipeline.store.decisions import Decisions
from pipeline.store.forms import dump, load

MOST_FOLDED = 20
"""Folded items that are named."""
MOST_VERSIONS = 50
"""Earlier states of a source that are told, the latest."""
_TOLD = ("title", "kind", "creators", "published", "description", "text", "event")
"""Fields whose change is named."""
_LOOKED_THROUGH = 50
"""Acts on an item among which its words are sought, the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """An item that is folded into another, by which rule and on what evidence; `words` are a curator's own on it, each with its name."""

    id: ItemId
    title: str
    rule: str
    evidence: str
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An earlier state of what an item was read from: until when it stood, and in which fields the next one differs."""

    number: int
    until: datetime
    resource: Resource
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """Where an item was published: the edition, its month in words, and the place in it; 0 in bulletins of before this desk."""

    edition: str
    month: str
    place: int

    @property
    def said(self) -> str:
        """Say where it came out: `March 2026, item 4`."""
        return f"{self.month}, item {self.place}" if self.place else self.month


@dataclass(frozen=True, slots=True, kw_only=True)
class LastEdit:
    """Who last wrote words on an item and when, by editing or accepting it; `before` is the resource as it was then, `None` where it has not
    changed since."""

    by: str
    at: datetime
    before: Resource | None = None
    changed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of an item beside itself: where it, or its head, came out; who last put words on it; its source's earlier states; what
    is folded into it; heads that a curator keeps apart from it."""

    was: Appearance | None
    edited: LastEdit | None
    versions: tuple[Version, ...]
    folded: tuple[Folded, ...]
    apart: tuple[ItemId, ...]

    @property
    def source_changed(self) -> datetime | None:
        """When the source changed last, where that was after a curator put words on the item."""
        return self.edited.changed if self.edited else None


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

    def memory(self, item: Item) -> Memory:
        """Tell what is remembered of an item."""
        head = item.cluster or item.id
        return Memory(
            was=self.appearances([head]).get(head),
            edited=self.last_edit(item.id),
            versions=self.versions(item.id),
            folded=self.folded_into(item.id),
            apart=self.kept_apart(item.id),
        )

    def last_edit(self, item_id: ItemId) -> LastEdit | None:
        """Say who last put words on an item, and whether its source has changed since; `None` where nobody did."""
        sql = """SELECT act, curator, decided, before, after FROM decisions WHERE item = ? AND act IN ('edit', 'accept') AND undone IS NULL
                 ORDER BY id DESC LIMIT ?"""
        row = next((one for one in self._rows(sql, (item_id, _LOOKED_THROUGH)) if one["act"] == "edit" or _words(one, item_id)), None)
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
        """List what is folded into an item, what has words of a curator's first."""
        sql = """SELECT i.id, i.title, i.fold_rule, i.fold_evidence, o.overlay FROM items i LEFT JOIN overlay o ON o.item = i.id
                 WHERE i.head = ?1 AND i.id <> ?1 ORDER BY o.item IS NULL, i.id LIMIT ?2"""
        return tuple(
            Folded(
                id=ItemId(row["id"]),
                title=row["title"],
                rule=row["fold_rule"],
                evidence=row["fold_evidence"],
                words=tuple((name, said) for name, said in review.words(load(Overlay, row["overlay"])).items() if said) if row["overlay"] else (),
            )
            for row in self._rows(sql, (item_id, MOST_FOLDED))
        )

    def versions(self, item_id: ItemId) -> tuple[Version, ...]:
        """List the earlier states of an item's source, the first one first; empty where it never changed."""
        sql = """SELECT version, resource, replaced FROM versions WHERE item = ?1
                 UNION ALL SELECT i.version, r.resource, '' FROM items i JOIN resources r ON r.item = i.id WHERE i.id = ?1
                 ORDER BY version DESC LIMIT ?2"""
        rows = self._rows(sql, (item_id, MOST_VERSIONS + 1))[::-1]
        states = [load(Resource, row["resource"]) for row in rows]
        return tuple(
            Version(number=row["version"], until=datetime.fromisoformat(row["replaced"]), resource=old, changed=_differing(old, new))
            for row, (old, new) in zip(rows, pairwise(states), strict=False)
        )

    def kept_apart(self, item_id: ItemId) -> tuple[ItemId, ...]:
        """List the items from which a curator said that this one, or what is folded into it, differs; heads."""
        sql = """WITH mine(id) AS (SELECT m.id FROM items m WHERE m.head = (SELECT head FROM items WHERE id = ?1)),
                 pairs(other) AS (SELECT other FROM kept_apart WHERE item IN (SELECT id FROM mine)
                                  UNION SELECT item FROM kept_apart WHERE other IN (SELECT id FROM mine))
                 SELECT DISTINCT i.head FROM pairs p JOIN items i ON i.id = p.other WHERE i.id NOT IN (SELECT id FROM mine) ORDER BY 1 LIMIT 100"""
        return tuple(ItemId(row["head"]) for row in self._rows(sql, (item_id,)))

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


def _words(act: Row, item: int) -> bool:
    """Whether an act changed what a curator typed, and not her topics alone."""
    was, became = (json.loads(act[name])["overlay"].get(str(item)) for name in ("before", "after"))
    return was != became and review.words(load(Overlay, was or "{}")) != review.words(load(Overlay, became or "{}"))


def _differing(old: Resource, new: Resource) -> tuple[str, ...]:
    return tuple(name for name in _TOLD if getattr(old, name) != getattr(new, name))
