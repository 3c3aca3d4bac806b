"""Single mails that are no edition: confirmations, answers, questions. Each goes out once, by its kind, what it is about, and its address, in the
same way as an edition: `sending` on the disk before a byte of it leaves, and `uncertain` after a crash. Sends nothing itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pipeline.errors import NotFoundError
from pipeline.model import DeliveryState, Notice
from pipeline.store.connection import Connection, Row, moment, stamp

_STOPPED = "The sender stopped before the server had answered."


class Notices(Connection):
    """The outbox of single mails."""

    def queue_notice(self, notice: Notice, *, now: datetime) -> bool:
        """Put one mail into the outbox, unless it was there before; `id`, `state` and `attempts` of it do not count. Says whether it is new."""
        return bool(
            self._change(
                """INSERT OR IGNORE INTO notices (kind, key, email, subject, body, leave, state, changed) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)""",
                (notice.kind, notice.key, notice.email, notice.subject, notice.body, notice.leave, stamp(now)),
            )
        )

    def claim_notice(self, now: datetime, *, before: datetime) -> Notice | None:
        """Take the next queued mail and mark it `sending`, on the disk before this returns; `None` when none is left.

        One that was tried already is taken if that was before the moment given. Call it outside a transaction.
        """
        with self._lock:
            # A power cut must not forget that a mail went out: https://www.sqlite.org/pragma.html#pragma_synchronous
            self._change("PRAGMA synchronous = FULL")
            try:
                with self.transaction():
                    row = self._row(
                        "SELECT * FROM notices WHERE state = 'queued' AND (attempts = 0 OR changed < ?) ORDER BY id LIMIT 1", (stamp(before),)
                    )
                    if row is None:
                        return None
                    self._change("UPDATE notices SET state = 'sending', changed = ? WHERE id = ?", (stamp(now), row["id"]))
            finally:
                self._change("PRAGMA synchronous = NORMAL")
        return replace(_notice(row), state=DeliveryState.SENDING, changed=now)

    def finish_notice(self, notice: Notice, *, now: datetime) -> None:
        """Keep what became of a mail. Raises `NotFoundError` where it was erased meanwhile."""
        done = self._change(
            "UPDATE notices SET state = ?, attempts = ?, error = ?, changed = ? WHERE id = ?",
            (notice.state, notice.attempts, notice.error, stamp(now), notice.id),
        )
        if not done:
            raise NotFoundError("notice", notice.id)

    def recover_notices(self, now: datetime) -> int:
        """Mark as uncertain what a sender that died left behind as `sending`: it may have gone out, so it is not sent again; how many."""
        return self._change("UPDATE notices SET state = 'uncertain', error = ?, changed = ? WHERE state = 'sending'", (_STOPPED, stamp(now)))

    def notices(self, *, kind: str = "", state: DeliveryState | None = None) -> tuple[Notice, ...]:
        """List the newest 1,000 mails, of one kind or in one state if asked for, newest first."""
        sql = "SELECT * FROM notices WHERE (?1 = '' OR kind = ?1) AND (?2 IS NULL OR state = ?2) ORDER BY id DESC LIMIT 1000"
        return tuple(map(_notice, self._rows(sql, (kind, state))))

    def settle_notice(self, number: int, state: DeliveryState, now: datetime) -> bool:
        """Say of an uncertain mail that it is out (`sent`) or is to go out again (`queued`); says whether it was uncertain."""
        sql = """UPDATE notices SET state = ?1, error = NULL, changed = ?2, attempts = iif(?1 = 'queued', 0, attempts)
                 WHERE id = ?3 AND state = 'uncertain'"""
        return self._change(sql, (state, stamp(now), number)) > 0

    def empty_notices(self, before: datetime) -> int:
        """Empty the words of mails that were done with before then. That they went out stays known; how many."""
        return self._change(
            """UPDATE notices SET subject = '', body = '', leave = ''
               WHERE state IN ('sent', 'failed') AND changed < ? AND (subject <> '' OR body <> '' OR leave <> '')""",
            (stamp(before),),
        )


def _notice(row: Row) -> Notice:
    return Notice(
        id=row["id"],
        kind=row["kind"],
        key=row["key"],
        email=row["email"],
        subject=row["subject"],
        body=row["body"],
        leave=row["leave"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        error=row["error"],
        changed=moment(row["changed"]),
    )
