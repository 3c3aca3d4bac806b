"""The index of dedupe: which few items could be the same as one that came in. Judges nothing; `dedupe.match` does.

A key that very many items share says nothing of any of them, so each shingle remembers its first `HOT` items and no more, and an item whose
hashes are such is known by its next ones. Only some of a fingerprint's hashes stand in the index; all of them are looked up.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.late import late
from pipeline.model import Fingerprint, ItemId, Resource, State
from pipeline.store.connection import Connection
from pipeline.store.forms import load
from pipeline.store.hashes import HOT, REMEMBER, in_order, key_hash, small, teach, title_hash

if TYPE_CHECKING:
    from pipeline import dedupe
else:
    dedupe = late("pipeline.dedupe")

SHARED = 2
"""Shingles in common that make a neighbour; one alone is often a phrase."""
BY_IDENTITY, BY_TITLE, BY_TEXT = 12, 8, 10
"""Neighbours of each sort: together the 30 that a match looks at."""


class Keys(Connection):
    """Keys of the items and the neighbours they lead to."""

    def neighbours(self, fingerprint: Fingerprint) -> tuple[dedupe.Neighbour, ...]:
        """Find the few items that could be the same: by identity first, then by title, then by text; folded ones too.

        What a curator has kept apart from an item with the same identity does not come with it.
        """
        return self._neighbours(self._near(fingerprint))

    def index_anew(self) -> None:
        """Make the index of dedupe anew from the fingerprints that are stored with the resources, at once: a minute for a million items."""
        from pipeline.store import reindex  # here and not above: it loads numpy

        teach(self._db)
        with self._lock:
            for pragma in ("temp_store = FILE", "foreign_keys = OFF"):  # within a transaction neither can be said
                self._change(f"PRAGMA {pragma}")
            try:
                with self.transaction():  # each item that is written stands beside a resource, which refers to it
                    reindex.anew(self._db)
            finally:
                for pragma in ("temp_store = MEMORY", "foreign_keys = ON"):
                    self._change(f"PRAGMA {pragma}")

    def _near(self, fingerprint: Fingerprint) -> list[int]:
        """Find the numbers of the neighbours; reads no text."""
        same = self._same(fingerprint)
        near = dict.fromkeys([*same, *self._titled(fingerprint), *self._alike(fingerprint)])
        for stranger in self._apart_from(same):
            if stranger not in same:
                near.pop(stranger, None)
        return list(near)

    def _same(self, fingerprint: Fingerprint) -> list[int]:
        sql = "SELECT DISTINCT item FROM identities WHERE hash IN (SELECT value FROM json_each(?)) ORDER BY item LIMIT ?"
        return [row[0] for row in self._rows(sql, (json.dumps([key_hash(key) for key in fingerprint.keys]), BY_IDENTITY))]

    def _titled(self, fingerprint: Fingerprint) -> list[int]:
        if not fingerprint.title:
            return []
        sql = "SELECT id FROM titles JOIN items ON id = item WHERE hash = ? AND title_key = ? ORDER BY item DESC LIMIT ?"
        return [row[0] for row in self._rows(sql, (title_hash(fingerprint.title), fingerprint.title, BY_TITLE))]

    def _alike(self, fingerprint: Fingerprint) -> list[int]:
        """Find what shares hashes, most first. One that too many items share counts only where most of a text is so: then it is one that all copy."""
        hashes = {small(one) for one in fingerprint.shingles}
        sql = "SELECT hash, item FROM json_each(?) CROSS JOIN shingles ON hash = value"  # at most HOT rows of each
        by_hash: dict[int, list[int]] = {}
        for hashed, item in self._rows(sql, (json.dumps([*hashes]),)):
            by_hash.setdefault(hashed, []).append(item)
        telling, hot = [items for items in by_hash.values() if len(items) < HOT], [items for items in by_hash.values() if len(items) >= HOT]
        found = _sharing(telling)
        sure = [item for item, shared in found if shared >= SHARED]
        alike = self._confirmed([item for item, shared in found if shared < SHARED], fingerprint, SHARED)
        if len(hot) > len(hashes) / 2:
            alike += self._confirmed([item for item, _ in _sharing(hot)], fingerprint, len(hashes) // 2)
        return list(dict.fromkeys([*sure, *alike]))[:BY_TEXT]

    def _confirmed(self, items: Sequence[int], fingerprint: Fingerprint, least: int) -> list[int]:
        """Keep those whose whole fingerprints share so many hashes; the index has only some of them."""
        if not items:
            return []
        sql = """SELECT item, json_extract(fingerprint, '$.shingles') AS hashes FROM resources
                 WHERE item IN (SELECT value FROM json_each(?)) ORDER BY item"""
        own = set(fingerprint.shingles)
        return [row["item"] for row in self._rows(sql, (json.dumps(items),)) if len(own.intersection(json.loads(row["hashes"] or "[]"))) >= least]

    def _apart_from(self, items: Sequence[int]) -> list[int]:
        sql = """SELECT other FROM kept_apart WHERE item IN (SELECT value FROM json_each(?1))
                 UNION SELECT item FROM kept_apart WHERE other IN (SELECT value FROM json_each(?1)) ORDER BY 1 LIMIT 1000"""
        return [row[0] for row in self._rows(sql, (json.dumps(items),))] if items else []

    def _neighbours(self, items: list[int]) -> tuple[dedupe.Neighbour, ...]:
        if not items:
            return ()
        sql = """SELECT i.id, i.state, i.head, r.resource, r.fingerprint FROM json_each(?) AS wanted
                 JOIN items i ON i.id = wanted.value JOIN resources r ON r.item = i.id ORDER BY wanted.key LIMIT 30"""
        return tuple(
            dedupe.Neighbour(
                id=ItemId(row["id"]),
                resource=load(Resource, row["resource"]),
                fingerprint=load(Fingerprint, row["fingerprint"]),
                state=State(row["state"]),
                head=ItemId(row["head"]),
            )
            for row in self._rows(sql, (json.dumps(items),))
        )

    def _remember(self, item: int, fingerprint: Fingerprint) -> None:
        """Keep an item's keys. Identities it had before stay: an old address still names it."""
        self._remember_names(item, fingerprint.keys)
        if fingerprint.title:
            self._change("INSERT OR IGNORE INTO titles (hash, item) VALUES (?, ?)", (title_hash(fingerprint.title), item))
        self._remember_text(item, fingerprint)

    def _remember_names(self, item: int, names: Sequence[str]) -> None:
        hashes = json.dumps([key_hash(name) for name in names])
        self._change("INSERT OR IGNORE INTO identities (hash, item) SELECT value, ? FROM json_each(?)", (item, hashes))

    def _remember_text(self, item: int, fingerprint: Fingerprint) -> None:
        hashes, count = in_order(fingerprint.shingles)
        self._change(REMEMBER, (item, json.dumps(hashes), HOT, count))

    def _forget_text(self, item: int, fingerprint: Fingerprint) -> None:
        """Let go of the title and the shingles of a text that a revision replaces."""
        self._change("DELETE FROM titles WHERE (hash, item) = (?, ?)", (title_hash(fingerprint.title), item))
        hashes = json.dumps([small(one) for one in fingerprint.shingles])
        self._change("DELETE FROM shingles WHERE item = ? AND hash IN (SELECT value FROM json_each(?))", (item, hashes))


def _sharing(groups: Iterable[Sequence[int]]) -> list[tuple[int, int]]:
    """Count in how many groups each item stands; gives the first few, most first, then the oldest."""
    shared = Counter(item for items in groups for item in items)
    return heapq.nsmallest(BY_TEXT, shared.items(), key=lambda one: (-one[1], one[0]))
