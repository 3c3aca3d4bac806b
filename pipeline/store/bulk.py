"""Many items by one act: decided, given a topic, and taken back as one. What is allowed `review.apply` says of each; an item that is no longer as it
was shown is left out and named, never forced.

The rows of such an act stand in the log one by one, like any others; the number of the first is in the column `batch` of all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from pipeline import review
from pipeline.errors import TransitionError
from pipeline.model import Decision, Features, Item, ItemId, Kind, Lane, Overlay, Resource, State, Suggestion, Verdict
from pipeline.store.connection import Row, Value, moment, stamp
from pipeline.store.decisions import CHANGED, Decisions, _as_shown
from pipeline.store.forms import dump, load
from pipeline.store.items import _overlay

AT_ONCE = 200
"""Items that one transaction decides: others who write wait no longer than that takes."""

_OF_ITEM = ("item", "probability", "shown")
_SAID = tuple(field.name for field in fields(Decision) if field.name not in _OF_ITEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What became of one act on many items. `number` is `None` where nothing was done; `left` names what was not as it had been shown."""

    number: int | None
    done: tuple[ItemId, ...]
    left: tuple[ItemId, ...] = ()

    def with_next(self, other: Batch) -> Batch:
        """Join what the next transaction of the same act did."""
        return Batch(number=self.number or other.number, done=(*self.done, *other.done), left=(*self.left, *other.left))


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act on many items as the log has it: what, by whom, when, of how many items it stands or was taken back; its first `AT_ONCE` items."""

    number: int
    act: str
    by: str
    at: datetime
    reason: str | None
    standing: int
    undone: int
    decision: Decision
    items: tuple[ItemId, ...]


class Bulk(Decisions):
    """Deciding many items, and taking that back."""

    def outlines(self, items: Sequence[ItemId]) -> tuple[Item, ...]:
        """Give items without their texts and sightings, in the order asked for; those that are not there are left out.

        Of the resource they know address, title and kind: enough to judge them by the hundred.
        """
        return self._outlines(items, self._suggestions(json.dumps(items), self.renames()))

    def decide_all(
        self,
        decisions: Sequence[Decision],
        *,
        shown: Sequence[State] = (State.QUEUED, State.DEFERRED),
        batch: int | None = None,
        known: Sequence[Item] = (),
    ) -> Batch:
        """Carry out decisions on at most `AT_ONCE` items in one transaction. Items in another state than one of `shown` are left as they are.

        `batch` is the number that the transaction before gave to the same act; `known` are the items themselves, where this same transaction has
        read them already.
        """
        with self.transaction():
            found = {item.id: item for item in known or self._outlines([one.item for one in decisions], {})}
            steps = [(found[one.item], _after(found[one.item], one), one) for one in decisions if one.item in found]
            done = [(item, after, _as_shown(one, item)) for item, after, one in steps if after is not None and item.state in shown]
            return self._carry_out_all(done, batch=batch, asked=[one.item for one in decisions])

    def add_topic(self, items: Sequence[ItemId], topic: str, *, by: str, now: datetime, batch: int | None = None) -> Batch:
        """Give at most `AT_ONCE` waiting items one topic more, in one transaction, as an edit that undo takes back. Who has it already is left."""
        with self.transaction():
            done = []
            for item in self.outlines(items):
                if item.state in (State.QUEUED, State.DEFERRED) and topic not in item.topics:
                    topics = (*item.topics, topic)
                    after = replace(item, overlay=replace(item.overlay, topics=topics))
                    done.append((item, after, Decision(item=item.id, verdict=Verdict.ACCEPT, decided=now, curator=by, topics=topics)))
            return self._carry_out_all(done, batch=batch, asked=items, act="edit")

    def touched(self, items: Sequence[ItemId], *, since: datetime) -> frozenset[ItemId]:
        """Say which of these items somebody has acted on since then, or had an act taken back."""
        sql = """SELECT DISTINCT item FROM decisions WHERE item IN (SELECT value FROM json_each(?1)) AND (decided > ?2 OR undone > ?2)
                 ORDER BY item LIMIT 100000"""
        return frozenset(ItemId(row["item"]) for row in self._rows(sql, (json.dumps(items), stamp(since))))

    def batch(self, number: int) -> Act | None:
        """Give one act on many items as the log has it."""
        row = self._row(
            "SELECT *, (SELECT count(*) FROM decisions b WHERE b.batch = d.batch AND b.undone IS NULL) AS standing, "
            "(SELECT count(*) FROM decisions b WHERE b.batch = d.batch) AS n FROM decisions d WHERE d.id = ? AND d.batch = d.id",
            (number,),
        )
        if row is None:
            return None
        items = self._rows("SELECT item FROM decisions WHERE batch = ? ORDER BY id LIMIT ?", (number, AT_ONCE))
        return Act(
            number=number,
            act=row["act"],
            by=row["curator"],
            at=datetime.fromisoformat(row["decided"]),
            reason=row["reason"],
            standing=row["standing"],
            undone=row["n"] - row["standing"],
            decision=load(Decision, row["decision"]),
            items=tuple(ItemId(one["item"]) for one in items),
        )

    def waiting_features(self, limit: int) -> tuple[tuple[ItemId, Features], ...]:
        """Give the features of the newest items in the queue, whatever their tray."""
        sql = """SELECT i.id, f.terms, f.vector FROM items i JOIN features f ON f.item = i.id WHERE i.state = 'queued'
                 ORDER BY i.added DESC, i.id DESC LIMIT ?"""
        return tuple((ItemId(row["id"]), Features(terms=row["terms"], vector=row["vector"])) for row in self._rows(sql, (limit,)))

    def undo_batch(self, number: int, *, by: str, now: datetime) -> Batch:
        """Take back one act on many items; those that have changed since stay as they are and are named in `left`."""
        with self.transaction():
            rows = self._rows("SELECT * FROM decisions WHERE batch = ? AND undone IS NULL ORDER BY id DESC", (number,))
            touched = [int(row["item"]) for row in rows]
            current = _split(self._snapshot(touched), touched)
            done: list[Row] = []
            left: list[Row] = []
            for row in rows:
                after, as_it_is = json.loads(row["after"]), json.loads(current[row["item"]])
                same = all(as_it_is[name] == after[name] for name in ("items", "overlay"))
                (done if same else left).append(row)
            self._put_all_back([(int(row["item"]), json.loads(row["before"]), json.loads(row["after"])) for row in done])
            ids = json.dumps([row["id"] for row in done])
            sql = "UPDATE decisions SET undone = ?, undone_by = ? WHERE id IN (SELECT value FROM json_each(?))"
            self._change(sql, (stamp(now), by, ids))
            return Batch(number=number, done=tuple(ItemId(row["item"]) for row in done), left=tuple(ItemId(row["item"]) for row in left))

    # ------------------------------------------------------------ steps

    def _outlines(self, items: Sequence[ItemId], suggestions: Mapping[int, Sequence[Suggestion]]) -> tuple[Item, ...]:
        wanted = json.dumps(items)
        rows = self._rows("SELECT * FROM items WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", (wanted,))
        overlays = self._texts("SELECT item, overlay FROM overlay WHERE item IN (SELECT value FROM json_each(?))", wanted)
        renames = self.renames()
        said = {item: _overlay(text, renames) for item, text in overlays.items()}
        silent = Overlay()
        found = {row["id"]: _outline(row, said.get(row["id"], silent), suggestions.get(row["id"], ())) for row in rows}
        return tuple(found[one] for one in items if one in found)

    def _put_all(self, items: Sequence[Item]) -> None:
        """Write what `_put` writes of one: items that go the same way, by one statement."""
        ways: dict[tuple[Value, ...], list[int]] = {}
        for item in items:
            until = stamp(item.deferred_until) if item.deferred_until else None
            ways.setdefault((item.state, until, item.edition, item.lane, item.lane_reason), []).append(item.id)
        sql = """UPDATE items SET state = ?, deferred_until = ?, edition = ?, lane = ?, lane_reason = ?
                 WHERE id IN (SELECT value FROM json_each(?))"""
        for way, ones in ways.items():
            self._change(sql, (*way, json.dumps(ones)))

    def _record_all(self, rows: Iterable[Sequence[Value]]) -> None:
        with self._lock, self._answering():
            self._db.executemany(
                """INSERT INTO decisions (id, item, act, decided, curator, reason, decision, before, after, batch)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                rows,
            )

    def _carry_out_all(self, steps: Sequence[tuple[Item, Item, Decision]], *, batch: int | None, asked: Sequence[ItemId], act: str = "") -> Batch:
        """Write items, overlays and log; one picture of all rows before and one after instead of two for each."""
        touched = [item.id for item, _, _ in steps]
        before = _split(self._snapshot(touched), touched)
        self._put_all([after for _, after, _ in steps])
        for item, after, _ in steps:
            if after.overlay != item.overlay:
                self._overlay(item.id, dump(after.overlay))
        now = _split(self._snapshot(touched), touched)
        first = int(self._rows("SELECT coalesce(max(id), 0) + 1 FROM decisions")[0][0])  # nobody else writes in this transaction
        batch = batch or (first if steps else None)
        written = _Writer()
        self._record_all(
            (
                first + place,
                one.item,
                act or one.verdict.value,
                stamp(one.decided),
                one.curator,
                one.reason,
                written(one),
                before[one.item],
                now[one.item],
                batch,
            )
            for place, (_, _, one) in enumerate(steps)
        )
        done = set(touched)
        return Batch(number=batch, done=tuple(touched), left=tuple(one for one in asked if one not in done))

    def _put_all_back(self, steps: Sequence[tuple[int, Mapping[str, Any], Mapping[str, Any]]]) -> None:
        """Put items back as they were before: those that go the same way, by one statement."""
        ways: dict[tuple[str, tuple[Value, ...]], list[int]] = {}
        for item, before, after in steps:
            one = str(item)
            ways.setdefault((", ".join(f"{name} = ?" for name in CHANGED), tuple(before["items"][one])), []).append(item)
            if before["lanes"][one] != after["lanes"][one]:
                ways.setdefault(("lane = ?, lane_reason = ?", tuple(before["lanes"][one])), []).append(item)
        for (columns, values), items in ways.items():
            sql = f"UPDATE items SET {columns} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - columns are written above
            self._change(sql, (*values, json.dumps(items)))
        for item, before, after in steps:
            if before["overlay"][str(item)] != after["overlay"][str(item)]:
                self._overlay(item, before["overlay"][str(item)])


class _Writer:
    """Writes decisions as `dump` does; those that differ only in what the item has to do with it are taken apart once."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], dict[str, Any]] = {}

    def __call__(self, decision: Decision) -> str:
        said = tuple(getattr(decision, name) for name in _SAID)
        plain = self._known.get(said)
        if plain is None:
            plain = self._known[said] = json.loads(dump(decision))
        plain |= {name: getattr(decision, name) for name in _OF_ITEM}
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _after(item: Item, decision: Decision) -> Item | None:
    """The item as the decision leaves it, `None` where that is not allowed."""
    try:
        return review.apply(item, decision)
    except TransitionError:
        return None


def _split(picture: str, items: Sequence[int]) -> dict[int, str]:
    """Cut a picture of many rows into one for each, as an act on one item has it."""
    parts = json.loads(picture)
    apart: dict[int, list[list[int]]] = {}
    for pair in parts.pop("apart"):
        for one in pair:
            apart.setdefault(one, []).append(pair)
    return {one: json.dumps({**{name: {str(one): rows[str(one)]} for name, rows in parts.items()}, "apart": apart.get(one, [])}) for one in items}


def _outline(row: Row, overlay: Overlay, suggestions: Sequence[Suggestion]) -> Item:
    kind = Kind(row["kind"])
    return Item(
        id=ItemId(row["id"]),
        resource=Resource(url=row["url"], canonical_url=row["url"], kind=kind, title=row["title"]),
        state=State(row["state"]),
        added=datetime.fromisoformat(row["added"]),
        version=row["version"],
        rank=row["rank"],
        lane=Lane(row["lane"]),
        lane_reason=row["lane_reason"],
        overlay=overlay,
        suggestions=tuple(suggestions),
        merged_into=ItemId(row["head"]) if row["state"] == State.MERGED else None,
        cluster=ItemId(row["head"]),
        edition=row["edition"],
        deferred_until=moment(row["deferred_until"]),
    )
