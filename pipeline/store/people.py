"""Subscribers: who asked for the digest, what they wish, and how they go. Sends nothing. Somebody who is erased leaves a keyed hash behind, by which
a list is known to bring the same address again, and from which nobody can be read back."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline import wishes
from pipeline.errors import NotFoundError, StoreError
from pipeline.model import Subscriber, SubscriberState
from pipeline.plain import Json
from pipeline.store.connection import Row, Value, moment, stamp
from pipeline.store.forms import dump
from pipeline.store.topics import Topics, renamed

_ABOUT = {
    "subscriber": "SELECT * FROM subscribers WHERE email_key = ?1",
    "deliveries": "SELECT d.* FROM deliveries d JOIN subscribers s ON s.id = d.subscriber WHERE s.email_key = ?1 ORDER BY d.changed",
    "votes": """SELECT v.*, i.title FROM votes v JOIN items i ON i.id = v.item JOIN subscribers s ON s.id = v.subscriber
                WHERE s.email_key = ?1 ORDER BY v.at""",
    "bounces": "SELECT b.* FROM bounces b JOIN subscribers s ON s.id = b.subscriber WHERE s.email_key = ?1 ORDER BY b.at",
    "notices": "SELECT * FROM notices WHERE lower(email) = ?1 ORDER BY id",
    "submissions": "SELECT * FROM submissions WHERE lower(email) = ?1 ORDER BY id",
}
"""All that is stored about an address, by subject."""
_FORGOTTEN = "forgotten"
"""The key by which somebody who was erased is known again."""
_ERASE = (
    "DELETE FROM deliveries WHERE subscriber IN (SELECT id FROM subscribers WHERE email_key = ?1)",
    "DELETE FROM votes WHERE subscriber IN (SELECT id FROM subscribers WHERE email_key = ?1)",
    "DELETE FROM bounces WHERE subscriber IN (SELECT id FROM subscribers WHERE email_key = ?1)",
    "DELETE FROM notices WHERE lower(email) = ?1",
    "UPDATE submissions SET email = '', name = '' WHERE lower(email) = ?1",
    "DELETE FROM subscribers WHERE email_key = ?1",
)
_FORGET = """INSERT INTO forgotten (hash, at, reason, number) VALUES (?, ?, ?, ?) ON CONFLICT (hash)
    DO UPDATE SET at = excluded.at, reason = excluded.reason, number = coalesce(excluded.number, number)"""
LAST_NUMBER = "SELECT max(coalesce((SELECT max(id) FROM subscribers), 0), coalesce((SELECT max(number) FROM forgotten), 0))"
"""The last number that was given to a subscriber."""
_MANY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Who went, as another file of the same desk knows it: `left` by address, with the day; `forgotten` by hash, with day, reason and number.

    `hashes_by` is that file's key for the hashes, `last` the last number that it gave (`None`: nobody knows).
    """

    hashes_by: bytes | None = None
    last: int | None = None
    left: Mapping[str, datetime] = field(default_factory=dict)
    forgotten: Mapping[str, tuple[str, str, int | None]] = field(default_factory=dict)


class People(Topics):
    """Subscribers, and the hashes of those who were erased."""

    def secret(self, name: str) -> bytes:
        """Give the key of that name, made when it is first asked for: 32 random bytes that never leave this database."""
        sql = "SELECT value FROM secrets WHERE name = ?"
        if row := self._row(sql, (name,)):
            return bytes(row["value"])
        with self.transaction():  # of two that ask at once, the second keeps what the first made
            self._change("INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)", (name, secrets.token_bytes(32)))
            return bytes(self._rows(sql, (name,))[0]["value"])

    def kept_secret(self, name: str) -> bytes:
        """Give the key of that name to check by, and write nothing. Where none was made yet: random bytes, by which nothing was ever signed."""
        row = self._row("SELECT value FROM secrets WHERE name = ?", (name,))
        return bytes(row["value"]) if row else secrets.token_bytes(32)

    def add_subscriber(
        self,
        email: str,
        *,
        name: str = "",
        topics: tuple[str, ...] = (),
        frequency: str = "monthly",
        state: SubscriberState = SubscriberState.PENDING,
        origin: str = "",
        now: datetime,
    ) -> Subscriber:
        """Keep an address and give its subscriber; one that is known stays as it is, but a pending one can become confirmed.

        Two addresses that differ in case only are one. Who has unsubscribed is not brought back: look at the state that comes back.
        """
        address = _address(email)
        key, consented = address.casefold(), stamp(now) if state is SubscriberState.CONFIRMED else None
        with self.transaction():
            fresh = self._change(
                # The number of somebody who was erased is not given again: links in old mails name it.
                f"""INSERT OR IGNORE INTO subscribers (id, email, email_key, name, topics, frequency, state, consented, origin)
                    SELECT 1 + ({LAST_NUMBER}), ?, ?, ?, ?, ?, ?, ?, ?""",
                (address, key, name, dump(topics), frequency, state, consented, origin),
            )
            if state is SubscriberState.CONFIRMED and not fresh:
                self._change("UPDATE subscribers SET state = 'confirmed', consented = ? WHERE email_key = ? AND state = 'pending'", (consented, key))
            return _subscriber(self._rows("SELECT * FROM subscribers WHERE email_key = ?", (key,))[0])

    def subscriber(self, who: int | str) -> Subscriber | None:
        """Give a subscriber by number or address, topics under the names of today."""
        if isinstance(who, int):
            row = self._row("SELECT * FROM subscribers WHERE id = ?", (who,))
        else:
            row = self._row("SELECT * FROM subscribers WHERE email_key = ?", (_key(who),))
        return self._today(_subscriber(row)) if row else None

    def subscribers(self, state: SubscriberState | None = None) -> tuple[Subscriber, ...]:
        """List subscribers of one state or all, in the order in which they came, their topics under the names of today."""
        rows = self._rows("SELECT * FROM subscribers WHERE ?1 IS NULL OR state = ?1 ORDER BY id LIMIT 1000000", (state,))
        renames = self.renames()
        return tuple(replace(one, topics=renamed(one.topics, renames)) if renames else one for one in map(_subscriber, rows))

    def change_subscriber(self, person: Subscriber) -> None:
        """Keep what a subscriber wishes, and when the confirmation was asked for. State and address stay. Raises `NotFoundError`."""
        self._alter(
            """UPDATE subscribers SET name = ?, topics = ?, frequency = ?, cap = ?, form = ?, language = ?, timezone = ?, asked = ?
               WHERE id = ?""",
            person.name,
            dump(person.topics),
            person.frequency,
            person.cap,
            person.form,
            person.language,
            person.timezone,
            stamp(person.asked) if person.asked else None,
            person.id,
        )

    def confirm_subscriber(self, number: int, *, now: datetime) -> Subscriber:
        """Put somebody on the list who said so: whoever left, bounced or was erased before is welcome again. Raises `NotFoundError`."""
        with self.transaction():
            self._alter(
                "UPDATE subscribers SET state = 'confirmed', consented = ?, left_at = NULL, quarantined = NULL WHERE id = ?", stamp(now), number
            )
            return self._known(number)

    def leave(self, number: int, *, now: datetime) -> Subscriber:
        """Take somebody off the list, with name, wishes and what waits to be mailed; the first day of leaving stands. Raises `NotFoundError`."""
        with self.transaction():
            self._alter(
                """UPDATE subscribers SET left_at = CASE state WHEN 'unsubscribed' THEN left_at ELSE ? END, state = 'unsubscribed', asked = NULL,
                   name = '', topics = '[]', frequency = 'monthly', cap = NULL, form = 'html', language = '', timezone = '' WHERE id = ?""",
                stamp(now),
                number,
            )
            person = self._known(number)
            self._change("DELETE FROM notices WHERE lower(email) = ? AND state = 'queued'", (person.email.lower(),))
            self._change("DELETE FROM deliveries WHERE subscriber = ? AND state = 'queued'", (number,))
        return person

    def erase_subscriber(self, email: str, *, reason: str = "", now: datetime) -> None:
        """Forget an address everywhere: subscription, deliveries, votes, bounces, mails; suggestions stay without name and address.

        A keyed hash with the reason stays, so that no list brings the address back. Raises `NotFoundError` where nothing is known of it.
        """
        key = _key(email)
        with self._overwriting(), self.transaction():
            person = self.subscriber(email)
            if not sum(self._change(sql, (key,)) for sql in _ERASE):
                raise NotFoundError("subscriber", email.strip(), hint="`gleanings subscribers list` shows those there are.")
            self._change(_FORGET, (self._hash(key, self.secret(_FORGOTTEN)), stamp(now), reason, person.id if person else None))

    def take_leave_of(self, gone: Gone, *, now: datetime) -> tuple[int, int]:
        """Let those go who went after this copy was made: how many had left, and how many were erased. The numbers of those who came after it are
        not given again: links in their mails name them. The day of leaving says nothing about somebody who agreed anew after it.
        """
        with self._overwriting(), self.transaction():
            self._skip_numbers(gone.last)
            if gone.hashes_by is not None:
                self._change("INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)", (_FORGOTTEN, gone.hashes_by))
            erased = self._erase_again(gone) if gone.hashes_by == self.secret(_FORGOTTEN) else 0
            left = 0
            for key, at in gone.left.items():
                person = self.subscriber(key)
                if person and person.state is not SubscriberState.UNSUBSCRIBED and not (person.consented and person.consented > at):
                    self.leave(person.id, now=at)
                    left += 1
        return left, erased

    def is_forgotten(self, email: str) -> bool:
        """Say whether this address was erased at any time."""
        return self._forgotten(email) is not None

    def export_of(self, email: str) -> dict[str, Json]:
        """Give all that is stored about an address, by subject; empty where nothing is."""
        found: dict[str, Json] = {}
        for subject, sql in _ABOUT.items():
            if rows := [dict(row) for row in self._rows(sql, (_key(email),))]:
                found[subject] = rows[0] if subject == "subscriber" else list(rows)
        if "subscriber" not in found and (row := self._forgotten(email)):
            found["forgotten"] = dict(row)
        return found

    def asked_since(self, since: datetime) -> int:
        """Count those who asked to be confirmed since then."""
        return int(self._rows("SELECT count(*) FROM subscribers WHERE asked >= ?", (stamp(since),))[0][0])

    def drop_unconfirmed(self, before: datetime) -> int:
        """Delete those who asked before then and never confirmed, with the mails to them; how many. Who never was asked, stays."""
        with self._overwriting(), self.transaction():
            self._change(
                """DELETE FROM notices WHERE kind = 'confirm'
                   AND lower(email) IN (SELECT email_key FROM subscribers WHERE state = 'pending' AND asked < ?)""",
                (stamp(before),),
            )
            return self._change("DELETE FROM subscribers WHERE state = 'pending' AND asked < ?", (stamp(before),))

    def _erase_again(self, gone: Gone) -> int:
        known = {row["hash"]: row["at"] for row in self._rows("SELECT hash, at FROM forgotten LIMIT 1000000")}
        fresh = {one: told for one, told in gone.forgotten.items() if known.get(one, "") < told[0]}
        sql = "SELECT email_key AS key FROM subscribers UNION SELECT lower(email) FROM submissions WHERE email <> '' LIMIT 2000000"
        found = [row["key"] for row in self._rows(sql) if self._hash(row["key"], self.secret(_FORGOTTEN)) in fresh]
        for key in found:
            for erase in _ERASE:
                self._change(erase, (key,))
        for one, (at, reason, number) in fresh.items():
            self._change(_FORGET, (one, at, reason, number))
        return len(found)

    def _skip_numbers(self, last: int | None) -> None:
        """Give no number up to `last` again; where nobody knows it, leave out more than anybody will have given."""
        given = int(self._rows(LAST_NUMBER)[0][0])
        upto = given + _MANY if last is None else max(given, last)
        if upto > given:
            nobody = secrets.token_hex(32)
            self._change(
                "INSERT INTO forgotten (hash, at, reason, number) VALUES (?, '', 'numbers given before a copy was restored', ?)", (nobody, upto)
            )

    def _alter(self, sql: str, *values: Value) -> None:
        """Change one subscriber; the last value is the number."""
        if not self._change(sql, values):
            raise NotFoundError("subscriber", values[-1])

    def _known(self, number: int) -> Subscriber:
        return self._today(_subscriber(self._rows("SELECT * FROM subscribers WHERE id = ?", (number,))[0]))

    def _today(self, person: Subscriber) -> Subscriber:
        renames = self.renames()
        return replace(person, topics=renamed(person.topics, renames)) if renames else person

    def _forgotten(self, email: str) -> Row | None:
        return self._row("SELECT at, reason FROM forgotten WHERE hash = ?", (self._hash(email, self.kept_secret(_FORGOTTEN)),))

    def _hash(self, email: str, key: bytes) -> str:
        return hmac.new(key, _key(email).encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    @contextmanager
    def _overwriting(self) -> Iterator[None]:
        """Have what is deleted overwritten on the disk too: https://www.sqlite.org/pragma.html#pragma_secure_delete"""
        with self._lock:
            self._rows("PRAGMA secure_delete = ON")
            try:
                yield
            finally:
                self._rows("PRAGMA secure_delete = FAST")


def _address(email: str) -> str:
    try:
        return wishes.address(email)
    except wishes.WishError as error:
        raise StoreError(f"“{email.strip()}” is not a mail address.", hint=error.hint) from error


def _key(email: str) -> str:
    """Give the form under which an address is known, whatever its case; also of what is no address."""
    try:
        return wishes.address(email).casefold()
    except wishes.WishError:
        return email.strip().casefold()


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
