"""What came back, and how far the mailboxes were read in which it arrives. Keeps each report once, and decides nothing: `publish.bounces` scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.model import Bounce, Subscriber
from pipeline.store.connection import Row, stamp
from pipeline.store.people import People

KEPT = timedelta(days=400)
"""So long it is known which mails were acted on; a mailbox read anew after that is another one."""


class Bounces(People):
    """Bounces, quarantine, and the mailboxes they come from."""

    def record_bounce(self, bounce: Bounce) -> bool:
        """Keep a bounce unless it was kept before, and mark the delivery that it is about where it failed for good: the edition, or the mail about
        a correction of it, whichever went last. Says whether it is new.

        `changed` of the delivery stays: it is when the mail went.
        """
        with self.transaction():
            fresh = self._change(
                "INSERT OR IGNORE INTO bounces (subscriber, edition, at, hard, code, said, message) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (bounce.subscriber, bounce.edition, stamp(bounce.at), int(bounce.hard), bounce.code, bounce.said, bounce.message),
            )
            if fresh and bounce.hard and bounce.edition:
                self._change(
                    """UPDATE deliveries SET state = 'bounced', error = ?3 WHERE edition = ?1 AND subscriber = ?2 AND state IN ('sent', 'uncertain')
                       AND correction = (SELECT correction FROM deliveries WHERE edition = ?1 AND subscriber = ?2
                       AND state IN ('sent', 'uncertain', 'bounced') ORDER BY changed DESC, correction DESC LIMIT 1)""",
                    (bounce.edition, bounce.subscriber, bounce.said or bounce.code),
                )
        return bool(fresh)

    def bounces(self, subscriber: int, *, since: datetime | None = None) -> tuple[Bounce, ...]:
        """List what came back from a subscriber, the oldest first, at most the newest 1,000."""
        sql = "SELECT * FROM bounces WHERE subscriber = ? AND at > ? ORDER BY at DESC, id DESC LIMIT 1000"
        return tuple(map(_bounce, self._rows(sql, (subscriber, stamp(since) if since else ""))))[::-1]

    def last_editions(self, subscriber: int, count: int) -> tuple[str, ...]:
        """Name the last editions that a server took for a subscriber, the newest first."""
        sql = """SELECT edition FROM deliveries WHERE subscriber = ? AND correction = 0 AND state IN ('sent', 'uncertain', 'bounced')
                 ORDER BY changed DESC, edition DESC LIMIT ?"""
        return tuple(row["edition"] for row in self._rows(sql, (subscriber, count)))

    def mailed(self, ids: Sequence[str]) -> tuple[int, str] | None:
        """Find by its Message-ID, with or without brackets, whom a mail of ours was for and which edition it was."""
        for one in ids:
            row = self._row("SELECT subscriber, edition FROM deliveries WHERE message_id = ? LIMIT 1", (f"<{one.strip('<> ')}>",))
            if row:
                return row["subscriber"], row["edition"]
        return None

    def quarantine(self, subscriber: int, now: datetime) -> None:
        """Mail nothing to a subscriber from now on. Who is confirmed anew is out of it; who has left stays so."""
        sql = "UPDATE subscribers SET state = 'bounced', quarantined = ? WHERE id = ? AND state = 'confirmed'"
        with self.transaction():
            if self._change(sql, (stamp(now), subscriber)):
                self._change("DELETE FROM deliveries WHERE subscriber = ? AND state = 'queued'", (subscriber,))

    def quarantined(self, *, since: datetime | None = None) -> tuple[Subscriber, ...]:
        """List those whose mail came back until nothing more was sent, the last first."""
        sql = "SELECT id FROM subscribers WHERE state = 'bounced' AND quarantined > ? ORDER BY quarantined DESC, id DESC LIMIT 100000"
        found = (self.subscriber(row["id"]) for row in self._rows(sql, (stamp(since) if since else "",)))
        return tuple(one for one in found if one is not None)

    def answered(self, email: str, *, since: datetime) -> bool:
        """Say whether a mail about a suggestion was queued or sent to an address since then."""
        sql = "SELECT 1 FROM notices WHERE kind = 'submission' AND lower(email) = ? AND changed > ? LIMIT 1"
        return self._row(sql, (email.lower(), stamp(since))) is not None

    # ------------------------------------------------------------ mailboxes

    def inbox_cursor(self, place: str) -> str | None:
        """Say how far a mailbox was read."""
        row = self._row("SELECT cursor FROM inboxes WHERE place = ?", (place,))
        return row["cursor"] if row else None

    def keep_inbox(self, place: str, cursor: str, now: datetime) -> None:
        """Remember how far a mailbox was read, and forget what was acted on long ago."""
        with self.transaction():
            self._change("INSERT OR REPLACE INTO inboxes (place, cursor, read) VALUES (?, ?, ?)", (place, cursor, stamp(now)))
            self._change("DELETE FROM inbox_mails WHERE at < ?", (stamp(now - KEPT),))

    def act_on(self, mail: str, now: datetime) -> bool:
        """Note by its hash that a mail is acted on; says whether that is the first time."""
        return bool(self._change("INSERT OR IGNORE INTO inbox_mails (hash, at) VALUES (?, ?)", (mail, stamp(now))))


def _bounce(row: Row) -> Bounce:
    return Bounce(
        subscriber=row["subscriber"],
        edition=row["edition"],
        at=datetime.fromisoformat(row["at"]),
        hard=bool(row["hard"]),
        code=row["code"],
        said=row["said"],
        message=row["message"],
    )
