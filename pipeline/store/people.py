"""Subscribers and what was mailed to them. Sends nothing, and lets nobody be mailed twice: a delivery is one row for an edition, or a
correction of it, and a subscriber."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pipeline.errors import NotFoundError, StoreError
from pipeline.model import Delivery, DeliveryState, Subscriber, SubscriberState
from pipeline.store.connection import Row, moment, stamp
from pipeline.store.forms import dump
from pipeline.store.topics import Topics, renamed

_DELIVERY = "SELECT d.*, s.email FROM deliveries d JOIN subscribers s ON s.id = d.subscriber"


class People(Topics):
    """Subscribers and the outbox."""

    def secret(self, name: str) -> bytes:
        """Give the key of that name, made when it is first asked for: 32 random bytes that never leave this database."""
        with self.transaction():
            self._change("INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)", (name, secrets.token_bytes(32)))
            return bytes(self._rows("SELECT value FROM secrets WHERE name = ?", (name,))[0]["value"])

    def add_subscriber(
        self,
        email: str,
        *,
        name: str = "",
        topics: tuple[str, ...] = (),
        frequency: str = "monthly",
        state: SubscriberState = SubscriberState.PENDING,
        now: datetime,
    ) -> Subscriber:
        """Keep an address and give its subscriber; one that is known stays as it is, but a pending one can become confirmed.

        Two addresses that differ in case only are one. Who has unsubscribed is not brought back by a list: look at the state that comes back.
        """
        address = _address(email)
        consented = stamp(now) if state is SubscriberState.CONFIRMED else None
        with self.transaction():
            self._change(
                """INSERT OR IGNORE INTO subscribers (email, email_key, name, topics, frequency, state, consented) VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (address, address.casefold(), name, dump(topics), frequency, state, consented),
            )
            if state is SubscriberState.CONFIRMED:
                self._change(
                    "UPDATE subscribers SET state = 'confirmed', consented = ? WHERE email_key = ? AND state = 'pending'",
                    (consented, address.casefold()),
                )
            return _subscriber(self._rows("SELECT * FROM subscribers WHERE email_key = ?", (address.casefold(),))[0])

    def subscribers(self, state: SubscriberState | None = None) -> tuple[Subscriber, ...]:
        """List subscribers of one state or all, in the order in which they came, their topics under the names of today."""
        rows = self._rows("SELECT * FROM subscribers WHERE ?1 IS NULL OR state = ?1 ORDER BY id LIMIT 1000000", (state,))
        renames = self.renames()
        return tuple(replace(one, topics=renamed(one.topics, renames)) if renames else one for one in map(_subscriber, rows))

    def erase_subscriber(self, email: str) -> None:
        """Forget an address and all that was mailed to it. Raises `NotFoundError`."""
        with self.transaction():
            row = self._row("SELECT id FROM subscribers WHERE email_key = ?", (email.strip().casefold(),))
            if row is None:
                raise NotFoundError("subscriber", email.strip(), hint="`gleanings subscribers list` shows those there are.")
            self._change("DELETE FROM deliveries WHERE subscriber = ?", (row["id"],))
            self._change("DELETE FROM subscribers WHERE id = ?", (row["id"],))

    def queue_deliveries(self, edition_id: str, now: datetime) -> int:
        """Queue the edition for each confirmed subscriber who has no delivery of it yet; how many were added."""
        with self.transaction():
            if not self._row("SELECT 1 FROM editions WHERE id = ?", (edition_id,)):
                raise NotFoundError("edition", edition_id, hint="`gleanings digest list` shows those there are.")
            return self._change(
                """INSERT OR IGNORE INTO deliveries (edition, subscriber, state, changed)
                   SELECT ?, id, 'queued', ? FROM subscribers WHERE state = 'confirmed'""",
                (edition_id, stamp(now)),
            )

    def queue_correction(self, edition_id: str, number: int, subscribers: Iterable[int], now: datetime) -> int:
        """Queue the mail about a correction for those of the subscribers who have no delivery of it yet; how many were added."""
        with self.transaction():
            return self._change(
                """INSERT OR IGNORE INTO deliveries (edition, correction, subscriber, state, changed)
                   SELECT ?, ?, value, 'queued', ? FROM json_each(?)""",
                (edition_id, number, stamp(now), json.dumps(list(subscribers))),
            )

    def claim_delivery(self, edition_id: str, now: datetime, *, correction: int = 0) -> Delivery | None:
        """Take the next queued delivery and mark it `sending`, on the disk before this returns; `None` when none is left.

        Call it outside a transaction. One that has since unsubscribed is passed over; those that failed before come last.
        """
        with self._lock:
            # A power cut must not forget that a mail went out: https://www.sqlite.org/pragma.html#pragma_synchronous
            self._change("PRAGMA synchronous = FULL")
            try:
                with self.transaction():
                    row = self._row(
                        f"""{_DELIVERY} WHERE d.edition = ? AND d.correction = ? AND d.state = 'queued' AND s.state = 'confirmed'
                            ORDER BY d.attempts, d.subscriber LIMIT 1""",
                        (edition_id, correction),
                    )
                    if row is None:
                        return None
                    self._change(
                        "UPDATE deliveries SET state = 'sending', changed = ? WHERE edition = ? AND correction = ? AND subscriber = ?",
                        (stamp(now), edition_id, correction, row["subscriber"]),
                    )
            finally:
                self._change("PRAGMA synchronous = NORMAL")
        return replace(_delivery_of(row), state=DeliveryState.SENDING, changed=now)

    def finish_delivery(self, delivery: Delivery) -> None:
        """Keep what became of a delivery. Raises `NotFoundError` where it was never queued."""
        with self.transaction():
            done = self._change(
                """UPDATE deliveries SET state = ?, attempts = ?, message_id = ?, error = ?, changed = coalesce(?, changed)
                   WHERE edition = ? AND correction = ? AND subscriber = ?""",
                (
                    delivery.state,
                    delivery.attempts,
                    delivery.message_id,
                    delivery.error,
                    stamp(delivery.changed) if delivery.changed else None,
                    delivery.edition,
                    delivery.correction,
                    delivery.subscriber,
                ),
            )
            if not done:
                raise NotFoundError("delivery", f"of edition {delivery.edition} to {delivery.email}")

    def deliveries(self, edition_id: str, *, correction: int = 0) -> tuple[Delivery, ...]:
        """List what became of an edition, or of the mail about one of its corrections, subscriber by subscriber."""
        sql = f"{_DELIVERY} WHERE d.edition = ? AND d.correction = ? ORDER BY d.subscriber LIMIT 1000000"
        return tuple(map(_delivery_of, self._rows(sql, (edition_id, correction))))

    def recover_deliveries(self, edition_id: str, now: datetime, *, correction: int = 0) -> int:
        """Mark as uncertain what a sender that died left behind as `sending`: it may have gone out, so it is not sent again; how many."""
        with self.transaction():
            return self._change(
                """UPDATE deliveries SET state = 'uncertain', changed = ?,
                   error = 'The sender stopped before the server had answered.'
                   WHERE edition = ? AND correction = ? AND state = 'sending'""",
                (stamp(now), edition_id, correction),
            )


def _address(email: str) -> str:
    """Read an address: the domain in lower case, which is all that is the same everywhere (RFC 5321, 2.4). Raises `StoreError`."""
    local, _, domain = email.strip().rpartition("@")
    if not local or not domain or any(letter.isspace() or not letter.isprintable() for letter in email.strip()):
        raise StoreError(f'"{email.strip()}" is not a mail address.', hint="It should look like name@example.org.")
    return f"{local}@{domain.lower()}"


def _subscriber(row: Row) -> Subscriber:
    return Subscriber(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        topics=tuple(json.loads(row["topics"])),
        frequency=row["frequency"],
        cap=row["cap"],
        state=SubscriberState(row["state"]),
        consented=moment(row["consented"]),
        language=row["language"],
        timezone=row["timezone"],
        form=row["form"],
        asked=moment(row["asked"]),
        left_at=moment(row["left_at"]),
        origin=row["origin"],
        quarantined=moment(row["quarantined"]),
    )


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
