"""What readers said of items: useful, will use, not for me, and two months later whether they used it. Counts; shows nobody's word to anybody."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.errors import NotFoundError
from pipeline.model import ItemId, SubscriberState, Voice, Vote
from pipeline.store.connection import Connection, Row, moment, stamp

ASK_AFTER, ASK_UNTIL, ASK_EVERY = timedelta(days=60), timedelta(days=180), timedelta(days=30)
"""When "did you use it?" is asked: not before, not after (nobody remembers), and a reader once in so long."""

ANSWERS = ("used", "shared", "not-yet", "no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How many said what of an item: `useful`, `will_use` and `not_for_me` at first; of those who were asked later the four answers."""

    item: ItemId
    useful: int = 0
    will_use: int = 0
    not_for_me: int = 0
    asked: int = 0
    used: int = 0
    shared: int = 0
    not_yet: int = 0
    no: int = 0

    @property
    def answered(self) -> int:
        return self.used + self.shared + self.not_yet + self.no


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A question to ask: whom, and about what."""

    subscriber: int
    email: str
    item: ItemId
    edition: str


_COUNTED = """SELECT item, sum(vote = 'useful') AS useful, sum(vote = 'will-use') AS will_use, sum(vote = 'not-for-me') AS not_for_me,
    count(asked) AS asked, coalesce(sum(used = 'used'), 0) AS used, coalesce(sum(used = 'shared'), 0) AS shared,
    coalesce(sum(used = 'not-yet'), 0) AS not_yet, coalesce(sum(used = 'no'), 0) AS no FROM votes"""


class Votes(Connection):
    """The words of readers."""

    def vote(self, item: ItemId, subscriber: int, *, edition: str, voice: Voice | None, now: datetime) -> None:
        """Keep what a reader says of an item; the last word counts, the same one again changes nothing, and `None` takes it back with all that
        followed. Raises `NotFoundError` for a reader or an item that is no more."""
        with self.transaction():
            if not self._row("SELECT 1 FROM subscribers, items WHERE subscribers.id = ? AND items.id = ?", (subscriber, item)):
                raise NotFoundError("item", item, hint="It, or your address with us, was erased since. Nothing was stored.")
            if voice is None:
                self._change("DELETE FROM votes WHERE item = ? AND subscriber = ?", (item, subscriber))
                return
            self._change(
                """INSERT INTO votes (item, subscriber, edition, vote, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (item, subscriber)
                   DO UPDATE SET edition = excluded.edition, vote = excluded.vote, at = excluded.at WHERE vote <> excluded.vote""",
                (item, subscriber, edition, voice, stamp(now)),
            )

    def votes(self, item: ItemId) -> tuple[Vote, ...]:
        """List what was said of an item, by reader."""
        return tuple(map(_vote, self._rows("SELECT * FROM votes WHERE item = ? ORDER BY subscriber LIMIT 1000000", (item,))))

    def vote_of(self, item: ItemId, subscriber: int) -> Vote | None:
        """Give a reader's word on an item, or nothing."""
        row = self._row("SELECT * FROM votes WHERE item = ? AND subscriber = ?", (item, subscriber))
        return _vote(row) if row else None

    def tallies(self, *editions: str) -> tuple[Said, ...]:
        """Count what was said behind the links of editions, by item."""
        sql = f"{_COUNTED} WHERE edition IN (SELECT value FROM json_each(?)) GROUP BY item ORDER BY item LIMIT 100000"  # noqa: S608 - written above
        return tuple(map(_said, self._rows(sql, (json.dumps(editions),))))

    def tallies_of(self, items: Iterable[ItemId]) -> tuple[Said, ...]:
        """Count what was said of items, in whichever editions they were."""
        sql = f"{_COUNTED} WHERE item IN (SELECT value FROM json_each(?)) GROUP BY item ORDER BY item LIMIT 100000"  # noqa: S608 - written above
        return tuple(map(_said, self._rows(sql, (json.dumps(list(items)),))))

    def reached(self, *editions: str) -> tuple[int, int]:
        """Count the readers who were mailed one of the editions, and those who said anything of what stood in them."""
        (row,) = self._rows(
            """SELECT (SELECT count(DISTINCT subscriber) FROM deliveries
                       WHERE state = 'sent' AND correction = 0 AND edition IN (SELECT value FROM json_each(?1))) AS mailed,
                      (SELECT count(DISTINCT subscriber) FROM votes WHERE edition IN (SELECT value FROM json_each(?1))) AS spoke""",
            (json.dumps(editions),),
        )
        return row["mailed"], row["spoke"]

    def mails_of(self, year: int) -> tuple[str, ...]:
        """List the editions of a year that were for a mail alone: what stood in them can be spoken of as well."""
        rows = self._rows("SELECT id FROM editions WHERE id GLOB ? ORDER BY id LIMIT 1000", (f"mail/{year}-*",))
        return tuple(row["id"] for row in rows)

    def due_questions(self, now: datetime) -> tuple[Due, ...]:
        """List whom to ask today whether they used what they called useful: a reader about one item, rather one that they meant to use, of these
        the newest; nobody twice within a month, or about an item of which they were asked before."""
        rows = self._rows(
            """SELECT subscriber, email, item, edition FROM (
                   SELECT v.subscriber, s.email, v.item, v.edition,
                          row_number() OVER (PARTITION BY v.subscriber ORDER BY v.vote = 'will-use' DESC, v.at DESC, v.item) AS place
                   FROM votes v JOIN subscribers s ON s.id = v.subscriber
                   WHERE v.vote IN ('useful', 'will-use') AND v.at BETWEEN ?1 AND ?2 AND v.asked IS NULL
                     AND s.state = ?3 AND s.quarantined IS NULL
                     AND v.subscriber NOT IN (SELECT subscriber FROM votes WHERE asked > ?4))
               WHERE place = 1 ORDER BY subscriber LIMIT 1000000""",
            (stamp(now - ASK_UNTIL), stamp(now - ASK_AFTER), SubscriberState.CONFIRMED, stamp(now - ASK_EVERY)),
        )
        return tuple(Due(subscriber=row["subscriber"], email=row["email"], item=ItemId(row["item"]), edition=row["edition"]) for row in rows)

    def mark_asked(self, item: ItemId, subscriber: int, now: datetime) -> None:
        """Remember that a reader was asked about an item; the first time stays."""
        self._change("UPDATE votes SET asked = coalesce(asked, ?) WHERE item = ? AND subscriber = ?", (stamp(now), item, subscriber))

    def answer(self, item: ItemId, subscriber: int, *, used: str | None, words: str) -> None:
        """Keep whether a reader used an item, one of `ANSWERS`, and what they say of it; the last answer counts, `None` takes it back. Raises
        `NotFoundError` where they said nothing of it, or took that back."""
        if not self._change("UPDATE votes SET used = ?, words = ? WHERE item = ? AND subscriber = ?", (used, words, item, subscriber)):
            raise NotFoundError("question", item, hint="You took back what you had said of it, so nothing is asked any more. Nothing was stored.")

    def words_on(self, items: Iterable[ItemId]) -> tuple[tuple[ItemId, str], ...]:
        """List what readers wrote about items with their answers, in the order of the alphabet: no order in time leads to a reader."""
        sql = "SELECT item, words FROM votes WHERE words <> '' AND item IN (SELECT value FROM json_each(?)) ORDER BY item, words LIMIT 100000"
        return tuple((ItemId(row["item"]), row["words"]) for row in self._rows(sql, (json.dumps(list(items)),)))


def _vote(row: Row) -> Vote:
    return Vote(
        item=ItemId(row["item"]),
        subscriber=row["subscriber"],
        edition=row["edition"],
        vote=Voice(row["vote"]),
        at=datetime.fromisoformat(row["at"]),
        asked=moment(row["asked"]),
        used=row["used"] or "",
        words=row["words"],
    )


def _said(row: Row) -> Said:
    return Said(**{name: row[name] for name in row.keys()})  # noqa: SIM118 - a row is no mapping
