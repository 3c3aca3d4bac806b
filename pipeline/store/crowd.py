"""What the people at the desk tell one another of items: who reads, who is asked, who would keep it, remarks that no reader sees; and saved views.

Decides nothing and stands in no log: a claim locks nothing, a vote changes no state. What was said of a folded item is said of its head.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Assignment, ItemId, Opinion, Reading, Remark, View
from pipeline.store.connection import Row, stamp
from pipeline.store.items import Items

HELD = timedelta(seconds=45)
"""How long a claim lasts after it was last heard of."""
REGRET = timedelta(hours=1)
"""How long the writer of a remark may take it back."""
MOST_VIEWS = 50
"""Saved views of one person."""
MOST_REMARKS = 200
"""Remarks on one item that are shown, the latest."""

_ONES = "IN (SELECT value FROM json_each(?))"


class Crowd(Items):
    """Claims, assignments, opinions, remarks, views."""

    def read(self, item: ItemId, *, by: str, now: datetime) -> None:
        """Say that somebody has an item open, or still has; what that person had open before is closed. Raises `NotFoundError`."""
        with self.transaction():
            head, at = self._head(item), stamp(now)
            self._change("DELETE FROM readings WHERE curator = ? AND (item <> ? OR seen NOT BETWEEN ? AND ?)", (by, head, *_heard(now)))
            self._change(
                "INSERT INTO readings (item, curator, since, seen) VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO UPDATE SET seen = ?3",
                (head, by, at),
            )

    def stop_reading(self, by: str) -> None:
        """Say that somebody has nothing open any more."""
        self._change("DELETE FROM readings WHERE curator = ?", (by,))

    def readings(self, items: Sequence[ItemId], *, now: datetime) -> tuple[Reading, ...]:
        """List who reads these items now: claims that were heard of within `HELD`, the longest first."""
        sql = f"SELECT * FROM readings WHERE item {_ONES} AND seen BETWEEN ? AND ? ORDER BY since, item, curator LIMIT 10000"  # noqa: S608 - written above
        return tuple(
            Reading(
                item=ItemId(row["item"]),
                by=row["curator"],
                since=datetime.fromisoformat(row["since"]),
                seen=datetime.fromisoformat(row["seen"]),
            )
            for row in self._rows(sql, (json.dumps(items), *_heard(now)))
        )

    def assign(self, items: Sequence[ItemId], *, to: str, by: str, now: datetime) -> int:
        """Ask one person to decide these items, in the place of whoever was asked before; gives how many that was news for."""
        sql = """INSERT OR REPLACE INTO assignments (item, curator, given_by, at)
                 SELECT DISTINCT i.head, ?2, ?3, ?4 FROM items i LEFT JOIN assignments a ON a.item = i.head
                 WHERE i.id IN (SELECT value FROM json_each(?1)) AND a.curator IS NOT ?2"""
        return self._change(sql, (json.dumps(items), to, by, stamp(now)))

    def unassign(self, items: Sequence[ItemId]) -> int:
        """Ask nobody in particular any more; gives how many items that was news for."""
        heads = f"SELECT head FROM items WHERE id {_ONES}"  # noqa: S608 - written above
        sql = f"DELETE FROM assignments WHERE item IN (SELECT id FROM items WHERE head IN ({heads}))"  # noqa: S608 - written above
        return self._change(sql, (json.dumps(items),))

    def assigned(self, to: str, *, limit: int = 200) -> tuple[Assignment, ...]:
        """List what waits for one person's decision, the earliest asked first. Who was asked of a folded item is asked of its head."""
        sql = """SELECT i.id AS item, a.curator, a.given_by, a.at FROM assignments a JOIN items m ON m.id = a.item JOIN items i ON i.id = m.head
                 WHERE a.curator = ? AND i.state IN ('queued', 'deferred')
                   AND a.at = (SELECT max(b.at) FROM items n JOIN assignments b ON b.item = n.id WHERE n.head = i.id)
                 GROUP BY i.id ORDER BY a.at, i.id LIMIT ?"""
        return tuple(_assignment(row) for row in self._rows(sql, (to, limit)))

    def assignments(self, items: Sequence[ItemId]) -> tuple[Assignment, ...]:
        """Say who is asked to decide these items; of what is folded into them too, the last who was asked."""
        sql = f"""SELECT m.head AS item, a.curator, a.given_by, max(a.at) AS at FROM items m JOIN assignments a ON a.item = m.id
                  WHERE m.head {_ONES} GROUP BY m.head ORDER BY m.head LIMIT 100000"""  # noqa: S608 - written above
        return tuple(_assignment(row) for row in self._rows(sql, (json.dumps(items),)))

    def opine(self, item: ItemId, *, keep: bool | None, by: str, now: datetime) -> None:
        """Keep what somebody thinks of an item, in the place of what that person thought before; `None` takes it back. Raises `NotFoundError`."""
        with self.transaction():
            head = self._head(item)
            self._change("DELETE FROM opinions WHERE curator = ? AND item IN (SELECT id FROM items WHERE head = ?)", (by, head))
            if keep is not None:
                self._change("INSERT INTO opinions (item, curator, keep, at) VALUES (?, ?, ?, ?)", (head, by, int(keep), stamp(now)))

    def opinions(self, items: Sequence[ItemId]) -> tuple[Opinion, ...]:
        """List what people think of these items, one opinion a person and item, the earliest first; of what is folded too."""
        sql = f"""SELECT i.head AS item, o.curator, o.keep, max(o.at) AS at FROM items i JOIN opinions o ON o.item = i.id
                  WHERE i.head {_ONES} GROUP BY i.head, o.curator ORDER BY at, item LIMIT 100000"""  # noqa: S608 - written above
        return tuple(
            Opinion(item=ItemId(row["item"]), by=row["curator"], keep=bool(row["keep"]), at=datetime.fromisoformat(row["at"]))
            for row in self._rows(sql, (json.dumps(items),))
        )

    def remark(self, item: ItemId, text: str, *, by: str, now: datetime) -> Remark:
        """Keep a remark on an item. Raises `NotFoundError`."""
        with self.transaction():
            head = ItemId(self._head(item))
            number = self._insert("INSERT INTO remarks (item, curator, text, at) VALUES (?, ?, ?, ?)", (head, by, text, stamp(now)))
        return Remark(id=number, item=head, by=by, text=text, at=now)

    def remarks(self, items: Sequence[ItemId]) -> tuple[Remark, ...]:
        """List the remarks on these items and on what is folded into them, the earliest first; of each item at most the latest 200."""
        sql = f"""SELECT * FROM (SELECT r.id, i.head AS item, r.curator, r.text, r.at,
                                 row_number() OVER (PARTITION BY i.head ORDER BY r.id DESC) AS place
                  FROM items i JOIN remarks r ON r.item = i.id WHERE i.head {_ONES}) WHERE place <= ? ORDER BY id LIMIT 100000"""  # noqa: S608
        return tuple(_remark(row) for row in self._rows(sql, (json.dumps(items), MOST_REMARKS)))

    def take_back(self, remark: int, *, by: str, now: datetime) -> Remark:
        """Take a remark away; gives it. Raises `NotFoundError`, or `ConflictError` where it is another's or older than `REGRET`."""
        with self.transaction():
            row = self._row(
                "SELECT r.id, i.head AS item, r.curator, r.text, r.at FROM remarks r JOIN items i ON i.id = r.item WHERE r.id = ?", (remark,)
            )
            if row is None:
                raise NotFoundError("remark", remark, hint="It was taken back already.")
            if row["curator"] != by:
                raise ConflictError("This remark is not yours.", hint=f"Only {row['curator']} may take it back.")
            if row["at"] < stamp(now - REGRET):
                raise ConflictError("This remark is older than an hour and stays.", hint="Add another that sets it right.")
            self._change("DELETE FROM remarks WHERE id = ?", (remark,))
            return _remark(row)

    # ------------------------------------------------------------ views

    def views(self, owner: str) -> tuple[View, ...]:
        """List the views of one person in that person's order, then those that others share, by name."""
        sql = """SELECT * FROM views WHERE owner = ?1 OR shared ORDER BY owner <> ?1, CASE WHEN owner = ?1 THEN place END, name COLLATE NOCASE, id
                 LIMIT 1000"""
        return tuple(_view(row) for row in self._rows(sql, (owner,)))

    def save_view(self, owner: str, name: str, query: str, *, shared: bool = False) -> View:
        """Keep filters under a name, in the place of what that person had under it. Raises `ConflictError` beyond `MOST_VIEWS`."""
        with self.transaction():
            mine = self._rows("SELECT name, place FROM views WHERE owner = ? ORDER BY place DESC LIMIT ?", (owner, MOST_VIEWS))
            if len(mine) >= MOST_VIEWS and all(row["name"] != name for row in mine):
                raise ConflictError(f"You have {MOST_VIEWS} views, and that is as many as there can be.", hint="Drop one first.")
            row = self._rows(
                """INSERT INTO views (owner, name, query, shared, place) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (owner, name) DO UPDATE SET query = ?3, shared = ?4 RETURNING *""",
                (owner, name, query, int(shared), mine[0]["place"] + 1 if mine else 0),
            )[0]
        return _view(row)

    def change_view(self, view: int, owner: str, *, name: str, shared: bool) -> View:
        """Give a view of one's own another name, or share it, or no longer. Raises `NotFoundError`; `ConflictError` where the name is taken."""
        with self.transaction():
            self._own_view(view, owner)
            if self._row("SELECT 1 FROM views WHERE owner = ? AND name = ? AND id <> ?", (owner, name, view)):
                raise ConflictError(f"You have another view called “{name}”.", hint="Choose another name, or drop that one first.")
            self._change("UPDATE views SET name = ?, shared = ? WHERE id = ?", (name, int(shared), view))
            return _view(self._own_view(view, owner))

    def move_view(self, view: int, owner: str, *, up: bool) -> None:
        """Let a view of one's own change places with the one above, or below; at the end nothing happens. Raises `NotFoundError`."""
        with self.transaction():
            self._own_view(view, owner)
            order = [one.id for one in self.views(owner) if one.owner == owner]
            here = order.index(view)
            there = min(max(here + (-1 if up else 1), 0), len(order) - 1)
            order[here], order[there] = order[there], order[here]
            for place, one in enumerate(order):
                self._change("UPDATE views SET place = ?1 WHERE id = ?2 AND place <> ?1", (place, one))

    def drop_view(self, view: int, owner: str) -> View:
        """Forget a view of one's own; gives it. Raises `NotFoundError`."""
        with self.transaction():
            row = self._own_view(view, owner)
            self._change("DELETE FROM views WHERE id = ?", (view,))
            return _view(row)

    def _own_view(self, view: int, owner: str) -> Row:
        row = self._row("SELECT * FROM views WHERE id = ? AND owner = ?", (view, owner))
        if row is None:
            raise NotFoundError("view", view, hint="It is another's, or was dropped already.")
        return row


def _heard(now: datetime) -> tuple[str, str]:
    """From when to when a claim that holds was heard of. One of a clock that went ahead does not."""
    return stamp(now - HELD), stamp(now + HELD)


def _assignment(row: Row) -> Assignment:
    return Assignment(item=ItemId(row["item"]), to=row["curator"], by=row["given_by"], at=datetime.fromisoformat(row["at"]))


def _remark(row: Row) -> Remark:
    return Remark(id=row["id"], item=ItemId(row["item"]), by=row["curator"], text=row["text"], at=datetime.fromisoformat(row["at"]))


def _view(row: Row) -> View:
    return View(id=row["id"], owner=row["owner"], name=row["name"], query=row["query"], shared=bool(row["shared"]))
