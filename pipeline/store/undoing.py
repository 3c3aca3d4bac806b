"""Taking acts back, the last first: everybody's own at the desk, all of them on the command line. What an act changed its own row tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import ConflictError
from pipeline.model import ItemId
from pipeline.store.bulk import Bulk
from pipeline.store.connection import Row
from pipeline.text import counted

_VERDICTS = frozenset({"accept", "reject", "defer", "reopen"})
_LAST = "SELECT * FROM decisions WHERE undone IS NULL AND id < ?1 ORDER BY id DESC LIMIT 1"
_LAST_OF = "SELECT * FROM decisions WHERE undone IS NULL AND curator = ?2 AND id < ?1 ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAct:
    """The act that undo takes back next. `moves` says whether the item leaves or enters the queue by it; `many` whether it was done to many items."""

    id: int
    act: str
    item: ItemId
    moves: bool
    many: bool


class Undoing(Bulk):
    """Undo without limit, as long as nobody changed the item since."""

    def undo(self, count: int, *, by: str, now: datetime, mine: bool = False, before: int | None = None) -> tuple[str, ...]:
        """Take back the last acts, the last first, all or none; gives a sentence for each. What was done to many items at once is one act.

        `mine` takes only those that are signed `by`; `before` only acts before this number. Raises `ConflictError` where an item has changed since.
        """
        with self.transaction():
            done: list[str] = []
            while len(done) < count and (row := self._last(by if mine else None, before)):
                done.append(self._undo(row, by, now) if row["batch"] is None else self._undo_many(row, by, now))
            return tuple(done)

    def last_act(self, by: str | None = None, *, before: int | None = None) -> LastAct | None:
        """Give the last act that stands, of one person or of all; `None` where there is nothing to undo."""
        row = self._last(by, before)
        if row is None:
            return None
        moves = row["act"] in _VERDICTS or row["act"] in ("fold", "unfold")
        return LastAct(id=row["id"], act=row["act"], item=ItemId(row["item"]), moves=moves, many=row["batch"] is not None)

    # ------------------------------------------------------------ steps

    def _last(self, by: str | None, before: int | None) -> Row | None:
        values = (2**62 if before is None else before, by)
        return self._row(_LAST, values[:1]) if by is None else self._row(_LAST_OF, values)

    def _undo_many(self, row: Row, by: str, now: datetime) -> str:
        done = self.undo_batch(row["batch"], by=by, now=now)
        if not done.done:
            raise ConflictError(
                f"The {row['act']} of {counted(len(done.left), 'item')} cannot be taken back: all have changed since.",
                hint="The log says what happened to each.",
            )
        rest = f"; {len(done.left)} changed since and stay as they are" if done.left else ""
        return f"The {row['act']} of {counted(len(done.done), 'item')} is taken back{rest}."
