"""The outbox: what was mailed to whom. Sends nothing, and lets nobody be mailed twice: a delivery is one row for an edition, or a correction of
it, and a subscriber; it is `sending` on the disk before a byte of it leaves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from pipeline.errors import NotFoundError
from pipeline.model import Delivery, DeliveryState
from pipeline.store.connection import Connection, Row, Value, moment, stamp

_DELIVERY = "SELECT d.*, s.email FROM deliveries d JOIN subscribers s ON s.id = d.subscriber"
# Many rows in one statement each: the connections wait for this step, and every statement costs them a turn at the interpreter.
_SAME = "d.edition = j.column1 AND d.correction = j.column2 AND d.subscriber = j.column3"
_CLAIM = f"""UPDATE deliveries AS d SET state = 'sending', attempts = j.column4, message_id = j.column5, changed = j.column6
    FROM (VALUES %s) j, subscribers s, editions e
    WHERE {_SAME} AND d.state = 'queued' AND s.id = d.subscriber AND s.state = 'confirmed' AND s.quarantined IS NULL
    AND e.id = d.edition AND e.paused IS NULL
    RETURNING edition, correction, subscriber"""  # noqa: S608 - words of our own
_FINISH = f"""UPDATE deliveries AS d SET attempts = j.column4, message_id = j.column5, changed = coalesce(j.column6, d.changed),
    state = j.column7, error = j.column8 FROM (VALUES %s) j WHERE {_SAME}"""  # noqa: S608 - words of our own
_SETTLE = """UPDATE deliveries SET state = ?1, error = NULL, changed = ?2, attempts = iif(?1 = 'queued', 0, attempts)
    WHERE edition = ?3 AND correction = ?4 AND subscriber = ?5 AND state = 'uncertain'"""


class Outbox(Connection):
    """Deliveries, and whether the sending of an edition is paused."""

    def queue_deliveries(self, edition_id: str, subscribers: Iterable[int], now: datetime, *, correction: int = 0) -> int:
        """Queue an edition, or the mail about one of its corrections, for those of the subscribers who have no delivery of it yet; how many were
        added."""
        with self.transaction():
            self._edition_known(edition_id)
            return self._change(
                """INSERT OR IGNORE INTO deliveries (edition, correction, subscriber, state, changed)
                   SELECT ?, ?, value, 'queued', ? FROM json_each(?)""",
                (edition_id, correction, stamp(now), json.dumps(list(subscribers))),
            )

    def advance_deliveries(self, done: Sequence[Delivery], claims: Sequence[Delivery], now: datetime) -> tuple[Delivery, ...]:
        """Keep what became of some deliveries and mark others `sending`, in one step. Gives back those of the `claims` that may be sent now.

        Not given back is what is no longer queued, whose reader has left or is in quarantine meanwhile, and everything while the edition is
        paused. Of a reader who was erased while the mail was under way nothing is kept.
        """
        with self.transaction():
            if done:
                self._change(*_many(_FINISH, [(*_row(one, one.changed), one.state, one.error) for one in done]))
            rows = self._rows(*_many(_CLAIM, [_row(one, now) for one in claims])) if claims else ()
            claimed = {tuple(row) for row in rows}
            return tuple(one for one in claims if _key(one) in claimed)

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """Let nothing that is written in the block be lost by a power cut: it must not forget that a mail went out. Use it outside a transaction."""
        self._change("PRAGMA synchronous = FULL")  # https://www.sqlite.org/pragma.html#pragma_synchronous
        try:
            yield
        finally:
            self._change("PRAGMA synchronous = NORMAL")

    def deliveries(self, edition_id: str, *, correction: int = 0) -> tuple[Delivery, ...]:
        """List what became of an edition, or of the mail about one of its corrections, subscriber by subscriber."""
        sql = f"{_DELIVERY} WHERE d.edition = ? AND d.correction = ? ORDER BY d.subscriber LIMIT 1000000"
        return tuple(map(_delivery_of, self._rows(sql, (edition_id, correction))))

    def delivery_counts(self, edition_id: str, *, correction: int = 0) -> Mapping[str, int]:
        """Count the deliveries of an edition by state."""
        sql = "SELECT state, count(*) AS n FROM deliveries WHERE edition = ? AND correction = ? GROUP BY state"
        return {row["state"]: row["n"] for row in self._rows(sql, (edition_id, correction))}

    def waiting_deliveries(self) -> tuple[tuple[str, int], ...]:
        """Name the editions, with the number of the correction or 0, whose sending was begun, is not paused, and is not done or was cut short."""
        sql = """SELECT DISTINCT d.edition, d.correction FROM deliveries d
                 JOIN editions e ON e.id = d.edition JOIN subscribers s ON s.id = d.subscriber
                 WHERE d.state IN ('queued', 'sending') AND e.paused IS NULL
                 AND (d.state = 'sending' OR s.state = 'confirmed' AND s.quarantined IS NULL) ORDER BY 1, 2 LIMIT 1000"""
        return tuple((row["edition"], row["correction"]) for row in self._rows(sql))

    def recover_deliveries(self, edition_id: str, now: datetime, *, correction: int = 0) -> int:
        """Mark as uncertain what a sender that died left behind as `sending`: it may have gone out, so it is not sent again; how many."""
        with self.transaction():
            return self._change(
                """UPDATE deliveries SET state = 'uncertain', changed = ?,
                   error = 'The sender stopped before the server had answered.'
                   WHERE edition = ? AND correction = ? AND state = 'sending'""",
                (stamp(now), edition_id, correction),
            )

    def settle_deliveries(self, chosen: Sequence[Delivery], state: DeliveryState, now: datetime) -> int:
        """Say what an operator knows of deliveries that are uncertain: `sent`, or `queued` to offer them again; how many. Others stay as they are."""
        with self.transaction():
            return sum(self._change(_SETTLE, (state, stamp(now), *_key(one))) for one in chosen)

    def pause_sending(self, edition_id: str, now: datetime | None) -> None:
        """Let no mail of an edition leave from now on, or with `None` let them leave again. A sender at work obeys at once."""
        with self.transaction():
            self._edition_known(edition_id)
            self._change("UPDATE editions SET paused = ? WHERE id = ?", (stamp(now) if now else None, edition_id))

    def sending_paused(self, edition_id: str) -> datetime | None:
        """Say since when the sending of an edition is paused."""
        row = self._row("SELECT paused FROM editions WHERE id = ?", (edition_id,))
        return moment(row["paused"]) if row else None

    def _edition_known(self, edition_id: str) -> None:
        if not self._row("SELECT 1 FROM editions WHERE id = ?", (edition_id,)):
            raise NotFoundError("edition", edition_id, hint="`gleanings digest list` shows those there are.")


def _key(one: Delivery) -> tuple[str, int, int]:
    return one.edition, one.correction, one.subscriber


def _row(one: Delivery, changed: datetime | None) -> tuple[Value, ...]:
    return (*_key(one), one.attempts, one.message_id, stamp(changed) if changed else None)


def _many(sql: str, rows: Sequence[tuple[Value, ...]]) -> tuple[str, list[Value]]:
    """Fill a statement for that many rows."""
    places = f"({', '.join('?' * len(rows[0]))})"
    return sql % ", ".join([places] * len(rows)), [value for row in rows for value in row]


def _delivery_of(row: Row) -> Delivery:
    return Delivery(
        edition=row["edition"],
        subscriber=row["subscriber"],
        email=row["email"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        message_id=row["message_id"],
        error=row["error"],
        changed=moment(row["changed"]),
        correction=row["correction"],
    )
