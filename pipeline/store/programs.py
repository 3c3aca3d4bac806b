"""What programs ask of the desk beside what people do: acts that were taken back, and the queue as a feed reader reads it, with what each person
has seen there. To have seen an item is no decision, and nobody else knows of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import ItemId, Lane, State
from pipeline.store.connection import Value, stamp
from pipeline.store.log import Log, LoggedAct
from pipeline.store.query import ItemQuery

MANY = 10_000
"""Items that are counted, or marked at once, at most: the newest."""
WAITING = (Lane.MUST_HAVE, Lane.RANKED)

_SEEN = "EXISTS (SELECT 1 FROM seen z WHERE z.curator = ? AND z.item = i.id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Items in the order in which they came. `seen`: only those that `by` has seen, or has not; `after` is the last item of the page before;
    `since` and `until` bound when an item came, the first of these inclusive."""

    by: str
    states: tuple[State, ...] = (State.QUEUED,)
    source: str | None = None
    topic: str | None = None
    seen: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: ItemId | None = None
    oldest_first: bool = False
    limit: int = 20


class Programs(Log):
    """Reading for programs."""

    def undone_since(self, moment: datetime, number: int, *, limit: int) -> tuple[LoggedAct, ...]:
        """List acts that were taken back after a moment, or at it with a greater number, in that order."""
        sql = "SELECT id FROM decisions WHERE undone IS NOT NULL AND (undone, id) > (?, ?) ORDER BY undone, id LIMIT ?"
        return tuple(self.act(row["id"]) for row in self._rows(sql, (stamp(moment), number, limit)))

    def stream(self, wanted: Stream) -> tuple[tuple[ItemId, datetime], ...]:
        """List a page of a stream: each item with the moment when it came."""
        where, values = self._wanted(wanted)
        sign, order = (">", "ASC") if wanted.oldest_first else ("<", "DESC")
        if wanted.after is not None:
            where.append(f"(i.added, i.id) {sign} (SELECT added, id FROM items WHERE id = ?)")  # noqa: S608 - a sign of ours
            values.append(wanted.after)
        sql = f"SELECT i.id, i.added FROM items i WHERE {' AND '.join(where)} ORDER BY i.added {order}, i.id {order} LIMIT ?"  # noqa: S608
        return tuple((ItemId(row["id"]), datetime.fromisoformat(row["added"])) for row in self._rows(sql, (*values, wanted.limit)))

    def unseen(self, by: str) -> dict[str, tuple[int, datetime]]:
        """Count what waits in the queue and this person has not seen: in all under the empty name, and by source; each with when the newest came."""
        where, values = self._wanted(Stream(by=by, seen=False))
        sql = f"""WITH waiting AS MATERIALIZED (
                    SELECT i.id, i.added FROM items i WHERE {" AND ".join(where)} ORDER BY i.added DESC, i.id DESC LIMIT ?)
                  SELECT '' AS source, count(*) AS n, max(added) AS newest FROM waiting HAVING n > 0
                  UNION ALL SELECT s.source, count(DISTINCT w.id), max(w.added) FROM waiting w JOIN items m ON m.head = w.id
                  JOIN sightings s ON s.item = m.id GROUP BY s.source ORDER BY 1 LIMIT 100000"""  # noqa: S608 - parts are written here
        return {row["source"]: (row["n"], datetime.fromisoformat(row["newest"])) for row in self._rows(sql, (*values, MANY))}

    def have_seen(self, items: Sequence[ItemId], *, by: str) -> frozenset[ItemId]:
        """Say which of these items a person has seen."""
        sql = "SELECT item FROM seen WHERE curator = ? AND item IN (SELECT value FROM json_each(?)) ORDER BY item LIMIT 10000"
        return frozenset(ItemId(row["item"]) for row in self._rows(sql, (by, json.dumps(items))))

    def see(self, items: Mapping[ItemId, bool], *, by: str, now: datetime) -> None:
        """Keep of items whether a person has seen them; items that are none are left out."""
        with self.transaction():
            for item, seen in items.items():
                if seen:
                    sql = "INSERT OR IGNORE INTO seen (curator, item, at) SELECT ?, id, ? FROM items WHERE id = ?"
                    self._change(sql, (by, stamp(now), item))
                else:
                    self._change("DELETE FROM seen WHERE curator = ? AND item = ?", (by, item))

    def see_all(self, wanted: Stream, *, now: datetime) -> int:
        """Keep that a person has seen a whole stream, the newest `MANY` of it; how many that were."""
        found = self.stream(Stream(by=wanted.by, source=wanted.source, topic=wanted.topic, until=wanted.until, seen=False, limit=MANY))
        self.see(dict.fromkeys((item for item, _ in found), True), by=wanted.by, now=now)
        return len(found)

    def _wanted(self, wanted: Stream) -> tuple[list[str], list[Value]]:
        # One state is written out, so that the index on state and time gives the order.
        states = [state.value for state in wanted.states]
        where = ["i.state = ?" if len(states) == 1 else "i.state IN (SELECT value FROM json_each(?))"]
        values: list[Value] = [states[0] if len(states) == 1 else json.dumps(states)]
        lanes = WAITING if wanted.states == (State.QUEUED,) else ()
        for condition, value in self._conditions(ItemQuery(lanes=lanes, source=wanted.source, topic=wanted.topic)):
            where.append(condition)
            values += [value] * condition.count("?")
        for condition, moment in (("i.added >= ?", wanted.since), ("i.added < ?", wanted.until)):
            if moment is not None:
                where.append(condition)
                values.append(stamp(moment))
        if wanted.seen is not None:
            where.append(_SEEN if wanted.seen else f"NOT {_SEEN}")
            values.append(wanted.by)
        return where, values
