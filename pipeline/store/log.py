"""What everybody did, as it was written down: every act, also those that were taken back. Changes nothing but by taking an act back.

A page of the log costs the same at its head and in its depth: it goes on from the number of the last act shown, and each filter has an index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Decision, ItemId, Remark
from pipeline.plain import Json
from pipeline.store.connection import Row, Value, moment, stamp
from pipeline.store.decisions import CHANGED
from pipeline.store.forms import load
from pipeline.store.undoing import Undoing

ACTS = ("accept", "reject", "defer", "reopen", "fold", "unfold", "more", "less", "edit", "tie", "untie", "picture")
"""What an act can be."""

_PLACES = {name: CHANGED.index(name) for name in ("state", "merged_into", "edition", "deferred_until")}
"""Where the rows that an act wrote down hold what people want to know."""
_ACT = """SELECT d.id, d.item, d.act, d.decided, d.curator, d.reason, d.decision, d.before, d.after, d.undone, d.undone_by, d.batch,
    coalesce((SELECT json_extract(o.overlay, '$.title') FROM overlay o WHERE o.item = i.id), i.title) AS title
    FROM decisions d%s JOIN items i ON i.id = d.item"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActFilter:
    """Which acts: of a person, of one sort, on a day in a zone, on one item. What is left empty does not matter."""

    by: str = ""
    act: str = ""
    item: ItemId | None = None
    day: date | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an act changed of its item: the name of the value, and the value before and after."""

    name: str
    old: Json
    new: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAct:
    """One act. `decision` is what was said; `changes` what came of it; `batch` joins the acts of one step on many items."""

    id: int
    item: ItemId
    title: str
    act: str
    at: datetime
    by: str
    reason: str
    decision: Decision
    changes: tuple[Change, ...]
    undone: datetime | None = None
    undone_by: str = ""
    batch: int | None = None


class Log(Undoing):
    """Reading the log, and taking back one act of one's own."""

    def acts(
        self, after: int | None = None, limit: int = 50, *, wanted: ActFilter | None = None, oldest_first: bool = False
    ) -> tuple[LoggedAct, ...]:
        """List acts, the last first or the first first, going on behind the act of the number `after`; also those that were taken back."""
        wanted, sign, order = wanted or ActFilter(), ">" if oldest_first else "<", "ASC" if oldest_first else "DESC"
        where, values = _conditions(wanted)
        if after is not None:
            where.append(f"d.id {sign} ?")
            values.append(min(max(after, 0), 2**62))
        # Of one day the planner would rather look through all others, hoping to meet it soon.
        by_day = " INDEXED BY decisions_decided" if wanted.day is not None and wanted.item is None else ""
        sql = f"{_ACT % by_day} WHERE {' AND '.join(where or ['1'])} ORDER BY d.id {order} LIMIT ?"
        return tuple(map(_act, self._rows(sql, (*values, limit))))

    def act(self, number: int) -> LoggedAct:
        """Give one act. Raises `NotFoundError`."""
        row = self._row(f"{_ACT % ''} WHERE d.id = ?", (number,)) if 0 < number < 2**62 else None
        if row is None:
            raise NotFoundError("act", number, hint="The log lists those there are.")
        return _act(row)

    def actors(self) -> tuple[str, ...]:
        """Name everybody who ever did something, in the order of the alphabet. Skips from name to name, however long the log is."""
        sql = """WITH RECURSIVE names(name) AS (SELECT min(curator) FROM decisions
                 UNION ALL SELECT (SELECT min(curator) FROM decisions WHERE curator > names.name) FROM names WHERE name IS NOT NULL)
                 SELECT name FROM names WHERE name IS NOT NULL LIMIT 1000"""
        return tuple(row["name"] for row in self._rows(sql))

    def last_act_of(self, name: str, *, before: datetime | None = None) -> datetime | None:
        """Say when somebody last did something that stands, ever or before a moment."""
        sql = "SELECT decided FROM decisions WHERE curator = ? AND undone IS NULL AND decided < ? ORDER BY id DESC LIMIT 1"
        row = self._row(sql, (name, stamp(before) if before else "9999"))
        return moment(row["decided"]) if row else None

    def remarks_to(self, name: str, since: datetime, limit: int = 20) -> tuple[Remark, ...]:
        """List what others remarked since then on items that somebody was asked to decide, decided or remarked on, the newest first, until that
        person does or says something there; of the newest 500 remarks."""
        sql = """SELECT r.* FROM (SELECT * FROM remarks ORDER BY id DESC LIMIT 500) r WHERE r.curator <> ?1 AND r.at > ?2
                 AND (EXISTS (SELECT 1 FROM assignments a WHERE a.item = r.item AND a.curator = ?1)
                      OR EXISTS (SELECT 1 FROM decisions d WHERE d.item = r.item AND d.curator = ?1 AND d.undone IS NULL)
                      OR EXISTS (SELECT 1 FROM remarks m WHERE m.item = r.item AND m.curator = ?1))
                 AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.item = r.item AND d.curator = ?1 AND d.undone IS NULL AND d.decided > r.at)
                 AND NOT EXISTS (SELECT 1 FROM remarks m WHERE m.item = r.item AND m.curator = ?1 AND m.id > r.id) ORDER BY r.id DESC LIMIT ?3"""
        return tuple(
            Remark(id=row["id"], item=ItemId(row["item"]), by=row["curator"], text=row["text"], at=datetime.fromisoformat(row["at"]))
            for row in self._rows(sql, (name, stamp(since), limit))
        )

    def undo_act(self, number: int, *, by: str, now: datetime) -> str:
        """Take one act of one's own back, with what was done in the same step; says so in a sentence.

        Raises `NotFoundError`, and `ConflictError` where it is somebody else's, was taken back already, or an item has changed since.
        """
        with self.transaction():
            row = self._row("SELECT * FROM decisions WHERE id = ?", (number,)) if 0 < number < 2**62 else None
            if row is None:
                raise NotFoundError("act", number, hint="The log lists those there are.")
            if row["curator"] != by:
                raise ConflictError(f"This was done by {row['curator'] or 'somebody else'}.", hint="Decide the item anew: that takes nothing away.")
            if row["undone"] is not None:
                raise ConflictError("This was taken back already.", hint="Load the page again.")
            return self._undo(row, by, now) if row["batch"] is None else self._undo_many(row, by, now)


def _conditions(wanted: ActFilter) -> tuple[list[str], list[Value]]:
    where: list[str] = []
    values: list[Value] = []
    for column, value in (("d.curator", wanted.by), ("d.act", wanted.act), ("d.item", wanted.item)):
        if value not in ("", None):
            where.append(f"{column} = ?")
            values.append(value)
    if wanted.day is not None:
        zone = ZoneInfo(wanted.zone)
        start = datetime.combine(wanted.day, time(), zone).astimezone(UTC)
        end = datetime.combine(wanted.day + timedelta(days=1), time(), zone).astimezone(UTC)
        where.append("d.decided >= ? AND d.decided < ?")
        values += [stamp(start), stamp(end)]
    return where, values


def _act(row: Row) -> LoggedAct:
    return LoggedAct(
        id=row["id"],
        item=ItemId(row["item"]),
        title=row["title"],
        act=row["act"],
        at=datetime.fromisoformat(row["decided"]),
        by=row["curator"],
        reason=row["reason"] or "",
        decision=load(Decision, row["decision"]),
        changes=_changes(str(row["item"]), json.loads(row["before"]), json.loads(row["after"])),
        undone=moment(row["undone"]),
        undone_by=row["undone_by"] or "",
        batch=row["batch"],
    )


def _changes(item: str, before: Mapping[str, dict[str, list[Json]]], after: Mapping[str, dict[str, list[Json]]]) -> tuple[Change, ...]:
    """Say what differs between the rows of an item before and after."""
    old, new = before["items"].get(item), after["items"].get(item)
    if old is None or new is None:
        return ()
    found = [Change(name=name, old=old[_PLACES[name]], new=new[_PLACES[name]]) for name in _PLACES]
    was, became = (_overlay(one, item) for one in (before, after))
    found += [Change(name=name, old=was.get(name), new=became.get(name)) for name in dict.fromkeys((*was, *became))]
    return tuple(one for one in found if (one.old or None) != (one.new or None))


def _overlay(written: Mapping[str, dict[str, list[Json]]], item: str) -> dict[str, Json]:
    text = written.get("overlay", {}).get(item)
    found: object = json.loads(text) if isinstance(text, str) else {}
    return found if isinstance(found, dict) else {}
