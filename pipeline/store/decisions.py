"""What curators did, appended and reversible. What is allowed `review.apply` says; here it is carried out, in the transaction that reads the item.

Each act keeps the rows that it changed as they were before and as it left them. Undo puts back what was before, where nobody changed it since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline import review
from pipeline.errors import ConflictError, TransitionError
from pipeline.model import Brought, Decision, Edition, EditionState, Item, ItemId, Overlay, State, Verdict
from pipeline.store.connection import Row, Value, moment, stamp
from pipeline.store.forms import dump, load
from pipeline.store.illustrations import Illustrations

CHANGED = ("state", "merged_into", "fold_rule", "fold_evidence", "before_fold", "edition", "deferred_until")
"""What an act may change in a row of items, in the order in which its written rows hold it; `head` follows from `merged_into`."""


class Decisions(Illustrations):
    """Deciding, folding, and taking it back."""

    def decide(self, decision: Decision) -> Item:
        """Carry out what a curator decided; gives the item as it is then. Raises `NotFoundError`, or `TransitionError` where it is not allowed.

        The rank that stood beside the item and its lane go into the record, where the decision does not say how it came about.
        """
        with self.transaction():
            item = self.item(decision.item)
            return self._carry_out(item, review.apply(item, decision), _as_shown(decision, item))

    def publish_past(self, decision: Decision, edition: str) -> Item:
        """Keep an item as one that came out in a bulletin of before this desk: accepted then, and published in `edition`, a name with a slash.

        Such an edition has no snapshot and stands in no list: nobody composed it here.
        """
        past = Edition(
            id=edition,
            title=decision.note or edition,
            organisation="",
            url="",
            contact="",
            state=EditionState.RELEASED,
            composed=decision.decided,
            released=decision.decided,
        )
        with self.transaction():
            self._change(
                "INSERT OR IGNORE INTO editions (id, state, composed, released, edition) VALUES (?1, 'released', ?2, ?2, ?3)",
                (edition, stamp(decision.decided), dump(past)),
            )
            item = self.item(decision.item)
            after = replace(review.apply(item, decision), state=State.PUBLISHED, edition=edition)
            return self._carry_out(item, after, decision)

    def steer(self, item_id: ItemId, *, more: bool, by: str, now: datetime) -> None:
        """Keep that a curator wants more, or less, of what an item is; its state stays, the last word counts, and undo takes it back."""
        with self.transaction():
            item = self.item(ItemId(self._head(item_id)))
            about = Decision(item=item.id, verdict=Verdict.ACCEPT if more else Verdict.REJECT, decided=now, curator=by)
            self._record("more" if more else "less", about, self._snapshot([item.id]))

    def wake(self, now: datetime) -> int:
        """Put deferred items whose day has come back into the queue; how many that were. No decision of a person, so none is recorded."""
        sql = "SELECT id FROM items WHERE state = 'deferred' AND deferred_until <= ? ORDER BY id"
        if not self._rows(f"{sql} LIMIT 1", (stamp(now),)):  # it is asked every minute, and nobody who writes should wait for that
            return 0
        with self.transaction():
            rows = self._rows(sql, (stamp(now),))
            for row in rows:
                item = self.item(row["id"])
                self._put(review.apply(item, Decision(item=item.id, verdict=Verdict.REOPEN, decided=now)))
            return len(rows)

    def fold(self, a: ItemId, b: ItemId, *, by: str, now: datetime) -> Item:
        """Fold `b` into `a` because a curator says that they are the same; gives the head.

        What readers have been told wins: a published item, then an accepted one, then one with a curator's words, stays head whichever is named
        first. Words on the other one stay with it, and the evidence says so. A curator may fold again what was kept apart. Raises `ConflictError`
        where both are published or they are folded already.
        """
        with self.transaction():
            head, tail = self.item(ItemId(self._head(a))), self.item(ItemId(self._head(b)))
            if head.id == tail.id:
                raise ConflictError(f"Items {a} and {b} are folded together already.", hint=f"`gleanings show {head.id}` shows where it was seen.")
            if _standing(tail) > _standing(head):
                head, tail = tail, head
            if tail.state is State.PUBLISHED:
                raise ConflictError(f"Items {head.id} and {tail.id} are both published, so readers know both.", hint="Leave them as they are.")
            before = self._snapshot(self._cluster(tail.id))
            self._change("DELETE FROM kept_apart WHERE item = ? AND other = ?", _pair(head.id, tail.id))
            self._change(
                """UPDATE items SET before_fold = json_array(state, fold_rule, fold_evidence, deferred_until), state = 'merged', merged_into = ?,
                   fold_rule = 'curator', fold_evidence = ?, deferred_until = NULL WHERE id = ?""",
                (head.id, f"{by or 'A curator'} said on {now:%Y-%m-%d} that they are the same.{_left(tail)}", tail.id),
            )
            self._rehead(tail.id)
            self._record("fold", Decision(item=tail.id, verdict=Verdict.REJECT, decided=now, curator=by, note=f"into {head.id}"), before)
            return self.item(head.id)

    def unfold(self, item_id: ItemId, *, by: str, now: datetime, other: ItemId | None = None) -> Item:
        """Take an item out of the one it is folded into, as it was before, and keep the two apart; with it goes what was folded into it.

        Of an item that only may be the same as others, say that it is different from each, or from `other` alone. Raises `TransitionError` where
        it is neither.
        """
        with self.transaction():
            item = self.item(item_id)
            proposed = self._proposed_to(item_id, other)
            before = self._snapshot(self._cluster(item_id))
            if item.state is State.MERGED:
                self._keep_apart(item_id, self._above(item_id))
                self._stand_alone(item_id)
            elif proposed:
                self._keep(proposed)
            else:
                raise TransitionError(f"Item {item_id} is not folded into another; there is nothing to unfold.", item=item_id, verdict="unfold")
            self._record("unfold", Decision(item=item_id, verdict=Verdict.REOPEN, decided=now, curator=by), before)
            return self.item(item_id)

    def decisions(self, item: ItemId | None = None, limit: int = 50, *, since: datetime | None = None) -> tuple[Decision, ...]:
        """List verdicts that stand, of one item or of all, the last first. Folds are told by the items themselves."""
        where: list[tuple[str, Value]] = [("item = ?", item)] if item is not None else []
        where += [("decided >= ?", stamp(since))] if since else []
        # "+act": a desk has no statistics of its tables, and SQLite would go through all acts of these sorts.
        by = "INDEXED BY decisions_decided" if item is None and since else ""
        sql = f"""SELECT decision FROM decisions {by} WHERE {"".join(f"{one} AND " for one, _ in where)}
                  +act IN ('accept', 'reject', 'defer', 'reopen') AND undone IS NULL ORDER BY id DESC LIMIT ?"""  # noqa: S608 - written above
        return tuple(load(Decision, row["decision"]) for row in self._rows(sql, (*(value for _, value in where), limit)))

    def brought(self, since: datetime) -> tuple[Brought, ...]:
        """Say which items each source named or saw decided since then, by source."""
        sql = """SELECT s.source, h.id AS item, min(s.first_seen) AS first_seen, h.state, d.decided, d.reason
                 FROM sightings s JOIN items m ON m.id = s.item JOIN items h ON h.id = m.head
                 LEFT JOIN decisions d ON d.id = (SELECT max(e.id) FROM decisions e WHERE e.item = h.id AND e.undone IS NULL
                                                  AND e.act IN ('accept', 'reject', 'defer', 'reopen'))
                 GROUP BY s.source, h.id HAVING min(s.first_seen) >= ?1 OR d.decided >= ?1 ORDER BY s.source, h.id LIMIT 1000000"""
        return tuple(
            Brought(
                source=row["source"],
                item=ItemId(row["item"]),
                first_seen=datetime.fromisoformat(row["first_seen"]),
                state=State(row["state"]),
                decided=moment(row["decided"]),
                reason=row["reason"],
            )
            for row in self._rows(sql, (stamp(since),))
        )

    # ------------------------------------------------------------ steps

    def _carry_out(self, item: Item, after: Item, decision: Decision) -> Item:
        before = self._snapshot([item.id])
        self._put(after)
        if after.overlay != item.overlay:
            self._overlay(item.id, dump(after.overlay))
        self._record(decision.verdict.value, decision, before)
        return replace(after, decision=decision)

    def _put(self, item: Item) -> None:
        until = stamp(item.deferred_until) if item.deferred_until else None
        self._change(
            "UPDATE items SET state = ?, deferred_until = ?, edition = ?, lane = ?, lane_reason = ? WHERE id = ?",
            (item.state, until, item.edition, item.lane, item.lane_reason, item.id),
        )

    def _overlay(self, item: int, overlay: str | None) -> None:
        if overlay is None or overlay == dump(Overlay()):
            self._change("DELETE FROM overlay WHERE item = ?", (item,))
        else:
            self._change("INSERT OR REPLACE INTO overlay (item, overlay) VALUES (?, ?)", (item, overlay))

    def _record(self, act: str, decision: Decision, before: str) -> None:
        touched = [int(one) for one in json.loads(before)["items"]]
        self._insert(
            "INSERT INTO decisions (item, act, decided, curator, reason, decision, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                decision.item,
                act,
                stamp(decision.decided),
                decision.curator,
                decision.reason,
                dump(decision),
                before,
                self._snapshot(touched),
            ),
        )

    def _snapshot(self, items: Sequence[int]) -> str:
        """Write down all that an act can change of these items."""
        wanted = json.dumps(list(items))
        rows = self._rows("SELECT * FROM items WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", (wanted,))
        overlays = self._texts("SELECT item, overlay FROM overlay WHERE item IN (SELECT value FROM json_each(?))", wanted)
        pairs = self._rows(
            """SELECT item, other FROM kept_apart WHERE item IN (SELECT value FROM json_each(?1)) OR other IN (SELECT value FROM json_each(?1))
               ORDER BY item, other""",
            (wanted,),
        )
        return json.dumps(
            {
                "items": {str(row["id"]): [row[name] for name in CHANGED] for row in rows},
                "lanes": {str(row["id"]): [row["lane"], row["lane_reason"]] for row in rows},
                "overlay": {str(row["id"]): overlays.get(row["id"]) for row in rows},
                "apart": [[row["item"], row["other"]] for row in pairs],
            }
        )

    def _undo(self, row: Row, by: str, now: datetime) -> str:
        before, after = json.loads(row["before"]), json.loads(row["after"])
        current = json.loads(self._snapshot([int(one) for one in after["items"]]))
        item = self.item(row["item"])
        self._refuse_a_circle(before, said=_act(row, item))
        if (current["items"], current["overlay"]) != (after["items"], after["overlay"]):
            raise ConflictError(
                f"{_act(row, item)} cannot be taken back: the item has changed since{self._since(row)}, and is {item.state} now.",
                hint=f"`gleanings show {item.id}` says what happened; decide it anew.",
            )
        for one, values in before["items"].items():
            self._change(f"UPDATE items SET {', '.join(f'{name} = ?' for name in CHANGED)} WHERE id = ?", (*values, int(one)))  # noqa: S608
            self._overlay(int(one), before["overlay"][one])
            # The machine moves items from lane to lane: only a move that the act itself made is taken back. Older acts name no lanes.
            if (lane := before.get("lanes", {}).get(one)) != after.get("lanes", {}).get(one):
                self._change("UPDATE items SET lane = ?, lane_reason = ? WHERE id = ?", (*lane, int(one)))
        for pair in after["apart"]:
            if pair not in before["apart"]:
                self._change("DELETE FROM kept_apart WHERE item = ? AND other = ?", pair)
        self._keep([(pair[0], pair[1]) for pair in before["apart"] if pair not in after["apart"]])
        for one in before["items"]:
            self._rehead(int(one))
        self._retie(before.get("ties", ()), after.get("ties", ()), said=_act(row, item))
        self._untell(row, before, after, said=_act(row, item))
        self._change("UPDATE decisions SET undone = ?, undone_by = ? WHERE id = ?", (stamp(now), by, row["id"]))
        return f"{_act(row, item)} is taken back; the item is {self.item(item.id).state} again."

    def _refuse_a_circle(self, before: Mapping[str, Mapping[str, Sequence[int]]], *, said: str) -> None:
        """Raise `ConflictError` where what an item would be folded into again is folded into that item by now."""
        for one, values in before["items"].items():
            above = values[CHANGED.index("merged_into")]
            if above in self._cluster(int(one)):
                raise ConflictError(
                    f"{said} cannot be taken back: item {above} has been folded into item {one} since.",
                    hint=f"`gleanings unfold {above}` takes them apart first.",
                )

    def _retie(self, before: Sequence[Sequence[Value]], after: Sequence[Sequence[Value]], *, said: str) -> None:
        """Put ties back as they were, where they are as the act left them. Raises `ConflictError` where somebody spoke of one since."""
        for (*pair, state, by, at), (*_, left, left_by, left_at) in zip(before, after, strict=True):
            done = self._change(
                "UPDATE relations SET state = ?, by = ?, at = ? WHERE (item, other, tie) = (?, ?, ?) AND (state, by) = (?, ?) AND at IS ?",
                (state, by, at, *pair, left, left_by, left_at),
            )
            if not done:
                raise ConflictError(
                    f"{said} cannot be taken back: the tie was looked at again since.", hint="Take or refuse it anew on the item's page."
                )

    def _since(self, row: Row) -> str:
        """Name the last act on an item after another one, in brackets; nothing where there was none (it was published, or its cluster changed)."""
        sql = "SELECT act, curator, decided FROM decisions WHERE item = ? AND id > ? AND undone IS NULL ORDER BY id DESC LIMIT 1"
        later = self._row(sql, (row["item"], row["id"]))
        return f" ({later['act']} by {later['curator'] or 'somebody'}, {later['decided'][:10]})" if later else ""

    def _keep_apart(self, item: int, others: Sequence[int]) -> None:
        self._keep([_pair(item, other) for other in others])

    def _keep(self, pairs: Sequence[tuple[int, int]]) -> None:
        for pair in pairs:
            self._change("INSERT OR IGNORE INTO kept_apart (item, other) VALUES (?, ?)", pair)

    def _stand_alone(self, item: int) -> None:
        """Put a folded row back as it was. One that came in folded has no earlier state: it goes into the queue."""
        self._change(
            """UPDATE items SET state = coalesce(json_extract(before_fold, '$[0]'), 'queued'),
               fold_rule = coalesce(json_extract(before_fold, '$[1]'), ''), fold_evidence = coalesce(json_extract(before_fold, '$[2]'), ''),
               deferred_until = json_extract(before_fold, '$[3]'), merged_into = NULL, before_fold = NULL WHERE id = ?""",
            (item,),
        )
        self._rehead(item)

    def _proposed_to(self, item: int, other: int | None) -> list[tuple[int, int]]:
        """The pairs of which it is open whether they are the same, in the clusters of an item and of others, or of one other; heads and members,
        so that the answer holds when a cluster falls apart."""
        found = [match.of for match in self.proposals(ItemId(item)) if match.of is not None and other in (None, match.of)]
        sql = """SELECT p.item, p.other FROM (SELECT item, other FROM proposals WHERE item = ?1
                                              UNION SELECT other, item FROM proposals WHERE other = ?1) p
                 JOIN items o ON o.id = p.other WHERE o.head = ?2"""
        named = [(row["item"], row["other"]) for of in found for row in self._rows(sql, (item, of))]
        return list(dict.fromkeys(_pair(*one) for one in [*((item, of) for of in found), *named]))

    def _above(self, item: int) -> list[int]:
        """What an item is folded into, one above the other, its head last."""
        sql = """WITH RECURSIVE up(id, parent) AS (SELECT id, merged_into FROM items WHERE id = ?
                 UNION SELECT i.id, i.merged_into FROM items i JOIN up ON i.id = up.parent) SELECT id FROM up WHERE id <> ?1"""
        return [row["id"] for row in self._rows(sql, (item,))]

    def _cluster(self, item: int) -> list[int]:
        """An item and all that is folded into it."""
        sql = """WITH RECURSIVE down(id) AS (SELECT ? UNION SELECT i.id FROM items i JOIN down ON i.merged_into = down.id)
                 SELECT id FROM down ORDER BY id"""
        return [row["id"] for row in self._rows(sql, (item,))]

    def _rehead(self, item: int) -> None:
        """Let an item and all that is folded into it know their head."""
        head = (self._above(item) or [item])[-1]
        self._change("UPDATE items SET head = ? WHERE id IN (SELECT value FROM json_each(?))", (head, json.dumps(self._cluster(item))))


def _as_shown(decision: Decision, item: Item) -> Decision:
    """Write into a decision what stood beside the item and how it came up, unless somebody knows better."""
    if decision.shown or item.state not in (State.QUEUED, State.DEFERRED):
        return decision
    return replace(decision, probability=item.rank if decision.probability is None else decision.probability, shown=item.lane.value)


def _standing(item: Item) -> int:
    waits = item.state in (State.QUEUED, State.DEFERRED)
    return {State.PUBLISHED: 3, State.ACCEPTED: 2}.get(item.state, int(waits and item.overlay != Overlay()))


def _left(tail: Item) -> str:
    """Say that an item which is folded has words of its own."""
    named = [name for name, said in review.words(tail.overlay).items() if said]
    return f" A curator's words on it stay with it: {', '.join(named)}." if named else ""


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _act(row: Row, item: Item) -> str:
    by = f" by {row['curator']}" if row["curator"] else ""
    title = f" “{item.title}”" if item.title else ""
    return f"The {row['act']} of item {item.id}{title}{by} ({row['decided'][:10]})"
