"""How items are tied to one another: what the machine proposes, and what curators took or refused. What it may propose `dedupe.propose` says.

A tie is kept with the rows that it was read from, and shown between their heads: folding moves none and unfolding finds each where it was. What a
curator refused stays refused, whatever reads it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.errors import ConflictError, NotFoundError
from pipeline.late import late
from pipeline.model import Decision, ItemId, Relation, RelationState, Resource, Tie, Verdict
from pipeline.store.connection import Row, moment, stamp
from pipeline.store.forms import dump, load
from pipeline.store.hashes import key_hash, title_hash
from pipeline.store.items import Items

if TYPE_CHECKING:
    from pipeline import dedupe
else:
    dedupe = late("pipeline.dedupe")

MOST = 30
"""Items that are looked at for the ties of one; and ties that one item may have."""
PAGE = 500
"""Items that are read again at a time."""
AGAIN = 20_000
"""Items, the newest, that are read again at all: some seconds."""

_FOUND = """SELECT item AS id FROM titles WHERE hash IN (SELECT value FROM json_each(?1))
            UNION SELECT item FROM identities WHERE hash IN (SELECT value FROM json_each(?2)) ORDER BY 1 DESC LIMIT ?3"""
_BETWEEN = """WITH mine(id) AS (SELECT id FROM items WHERE head IN (SELECT value FROM json_each(?1)))
    SELECT r.*, a.head AS first, b.head AS second FROM (
        SELECT * FROM relations WHERE item IN (SELECT id FROM mine) UNION SELECT * FROM relations WHERE other IN (SELECT id FROM mine)) r
    JOIN items a ON a.id = r.item JOIN items b ON b.id = r.other WHERE a.head <> b.head ORDER BY r.item, r.other, r.tie LIMIT 10000"""


class Relations(Items):
    """Proposing, taking and refusing ties."""

    def ties(self, items: Sequence[ItemId]) -> tuple[Relation, ...]:
        """List the ties of these items and of what is folded into them, between heads; each once, with what a curator said of it last."""
        return tuple(_one(rows) for rows in _grouped(self._rows(_BETWEEN, (json.dumps(items),))))

    def taken_ties(self, items: Sequence[ItemId]) -> tuple[Relation, ...]:
        """List those that a curator took: what readers may be told, where they may read both items."""
        return tuple(one for one in self.ties(items) if one.state is RelationState.TAKEN)

    def settle_tie(self, tie: Relation, *, by: str, now: datetime) -> Relation:
        """Take or refuse a tie, as the state of `tie` says, in the place of what was said of it before; gives it as it was.

        Raises `NotFoundError` where it is not proposed, `ConflictError` where the state is `proposed`: that nobody can say.
        """
        if tie.state is RelationState.PROPOSED:
            raise ConflictError("A tie is taken or refused.", hint="Load the page again.")
        with self.transaction():
            heads = [self._head(tie.item), self._head(tie.other)]
            every = self._rows(_BETWEEN, (json.dumps(heads),))
            rows = [row for row in every if [row["first"], row["second"], row["tie"]] == [*heads, tie.tie]]
            if not rows:
                raise NotFoundError("tie", f"of item {tie.item} to {tie.other}", hint="The item's page shows those there are.")
            was = _one(rows)
            if was.state is not tie.state:
                self._settle(rows, tie, was, by=by, now=now)
        return was

    def relate(self, item: ItemId, other: ItemId, *, by: str, now: datetime) -> Relation:
        """Say of two things that they belong together and are not the same: a taken tie, and the two kept apart. One act, taken back as one.

        Gives the tie as it was. Raises `ConflictError` where they are one item.
        """
        with self.transaction():
            first, second = ItemId(self._head(item)), ItemId(self._head(other))
            if first == second:
                raise ConflictError("They are folded together, so they are one item.", hint="Unfold them first.")
            known = next((one for one in self.ties([first]) if second in (one.item, one.other)), None)
            if known is None:
                words = f"{by or 'A curator'} said that they belong together."
                self._change("INSERT INTO relations (item, other, tie, words) VALUES (?, ?, ?, ?)", (first, second, Tie.COMPANION, words))
            pair = (known.item, known.other, known.tie) if known else (first, second, Tie.COMPANION)
            rows = [row for row in self._rows(_BETWEEN, (json.dumps([first]),)) if (row["first"], row["second"], row["tie"]) == pair]
            was, between = _one(rows), (min(first, second), max(first, second))
            apart = self._change("INSERT OR IGNORE INTO kept_apart (item, other) VALUES (?, ?)", between)
            if apart or was.state is not RelationState.TAKEN:
                self._settle(rows, replace(was, state=RelationState.TAKEN), was, by=by, now=now, apart=[list(between)] if apart else [])
        return was

    def propose_ties(self, since: datetime, *, now: datetime) -> int:
        """Read what came in since then once more, for things that came after what speaks of them; how many ties are new. Looks at `AGAIN` at most."""
        newest = self._row("SELECT max(id) AS id FROM items")
        last, new = max((newest["id"] or 0) - AGAIN if newest else 0, 0), 0
        sql = """SELECT i.id, r.resource FROM items i JOIN resources r ON r.item = i.id WHERE i.id > ? AND i.added >= ? ORDER BY i.id LIMIT ?"""
        while rows := self._rows(sql, (last, stamp(since), PAGE)):
            with self.transaction():
                new += sum(self._propose(row["id"], load(Resource, row["resource"]), now) for row in rows)
            last = rows[-1]["id"]
        return new

    # ------------------------------------------------------------ steps

    def _propose(self, item: int, resource: Resource, now: datetime) -> int:
        """Keep what an item is tied to; one look-up by two indexes, and for most items none."""
        wanted = dedupe.sought(resource)
        if not wanted.keys and not wanted.titles:
            return 0
        hashes = (json.dumps([title_hash(one) for one in wanted.titles]), json.dumps([key_hash(one) for one in wanted.keys]))
        found = [row["id"] for row in self._rows(_FOUND, (*hashes, MOST))]
        near = self._neighbours([one for one in found if one != item])
        sql = """INSERT OR IGNORE INTO relations (item, other, tie, words) SELECT ?1, ?2, ?3, ?4
                 WHERE (SELECT head FROM items WHERE id = ?1) <> (SELECT head FROM items WHERE id = ?2)"""
        return sum(self._change(sql, (one.item, one.other, one.tie, one.words)) for one in dedupe.propose(ItemId(item), resource, near, now=now))

    def _settle(self, rows: Sequence[Row], tie: Relation, was: Relation, *, by: str, now: datetime, apart: Sequence[Sequence[int]] = ()) -> None:
        """Put what a curator said into each row behind a tie, and into the log, with what stood there before and what is `apart` since."""
        keys = [(row["item"], row["other"], row["tie"]) for row in rows]
        for key in keys:
            self._change("UPDATE relations SET state = ?, by = ?, at = ? WHERE (item, other, tie) = (?, ?, ?)", (tie.state, by, stamp(now), *key))
        taken = tie.state is RelationState.TAKEN
        told = Decision(
            item=was.item,
            verdict=Verdict.ACCEPT if taken else Verdict.REJECT,
            decided=now,
            curator=by,
            note=f"{was.tie} {was.other}: {was.words}",
        )
        nothing: dict[str, object] = {"items": {}, "lanes": {}, "overlay": {}, "apart": []}
        before = [[*key, row["state"], row["by"], row["at"]] for key, row in zip(keys, rows, strict=True)]
        after = [[*key, tie.state.value, by, stamp(now)] for key in keys]
        self._insert(
            "INSERT INTO decisions (item, act, decided, curator, reason, decision, before, after) VALUES (?, ?, ?, ?, NULL, ?, ?, ?)",
            (
                was.item,
                "tie" if taken else "untie",
                stamp(now),
                by,
                dump(told),
                json.dumps({**nothing, "ties": before}),
                json.dumps({**nothing, "ties": after, "apart": list(apart)}),
            ),
        )


def _grouped(rows: Iterable[Row]) -> Iterator[list[Row]]:
    found: dict[tuple[int, int, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["first"], row["second"], row["tie"]), []).append(row)
    yield from found.values()


def _one(rows: Sequence[Row]) -> Relation:
    """Make one tie of those between the same two heads: what was said last counts, and before what nobody looked at."""
    row = max(rows, key=lambda one: one["at"] or "")
    return Relation(
        item=ItemId(row["first"]),
        other=ItemId(row["second"]),
        tie=Tie(row["tie"]),
        words=row["words"],
        state=RelationState(row["state"]),
        by=row["by"],
        at=moment(row["at"]),
    )
