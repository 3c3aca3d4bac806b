"""The index of dedupe: which few items could be the same as one that came in. Judges nothing; `dedupe.match` does.

A key that very many items share says nothing of any of them, so each shingle remembers its first `HOT` items and no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.late import late
from pipeline.model import Fingerprint, ItemId, Resource, State
from pipeline.store.connection import Connection
from pipeline.store.forms import load

if TYPE_CHECKING:
    from pipeline import dedupe
else:
    dedupe = late("pipeline.dedupe")

HOT = 50
"""Items that one shingle remembers."""
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
        same = self._same(fingerprint)
        near = dict.fromkeys([*same, *self._titled(fingerprint), *self._alike(fingerprint)])
        for stranger in self._apart_from(same):
            if stranger not in same:
                near.pop(stranger, None)
        return self._neighbours(list(near))

    def _same(self, fingerprint: Fingerprint) -> list[int]:
        sql = "SELECT DISTINCT item FROM identities WHERE key IN (SELECT value FROM json_each(?)) ORDER BY item LIMIT ?"
        return [row[0] for row in self._rows(sql, (json.dumps(fingerprint.keys), BY_IDENTITY))]

    def _titled(self, fingerprint: Fingerprint) -> list[int]:
        if not fingerprint.title:
            return []
        sql = "SELECT id FROM items WHERE title_key = ? AND title_key <> '' ORDER BY id DESC LIMIT ?"
        return [row[0] for row in self._rows(sql, (fingerprint.title, BY_TITLE))]

    def _alike(self, fingerprint: Fingerprint) -> list[int]:
        sql = """SELECT item FROM shingles WHERE hash IN (SELECT value FROM json_each(?))
                 GROUP BY item HAVING count(*) >= ? ORDER BY count(*) DESC, item LIMIT ?"""
        return [row[0] for row in self._rows(sql, (_signed(fingerprint.shingles), SHARED, BY_TEXT))]

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
        self._change(
            "INSERT OR IGNORE INTO identities (key, item) SELECT value, ? FROM json_each(?)",
            (item, json.dumps(fingerprint.keys)),
        )
        self._change(
            """INSERT OR IGNORE INTO shingles (hash, item) SELECT value, ?1 FROM json_each(?2)
               WHERE (SELECT count(*) FROM (SELECT 1 FROM shingles s WHERE s.hash = value LIMIT ?3)) < ?3""",
            (item, _signed(fingerprint.shingles), HOT),
        )

    def _forget_text(self, item: int, fingerprint: Fingerprint) -> None:
        """Let go of the shingles of a text that a revision replaces."""
        self._change("DELETE FROM shingles WHERE item = ? AND hash IN (SELECT value FROM json_each(?))", (item, _signed(fingerprint.shingles)))


def _signed(hashes: Iterable[int]) -> str:
    """Write 64-bit hashes as the signed numbers that SQLite keeps, as a JSON list."""
    return json.dumps([((one + 2**63) % 2**64) - 2**63 for one in hashes])
