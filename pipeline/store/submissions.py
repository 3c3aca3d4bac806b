"""Links that readers suggest: who sent what, when, and what they were told last. Judges no address and writes no mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipeline import urls
from pipeline.errors import NotFoundError
from pipeline.model import ItemId, State, Submission
from pipeline.store.connection import Connection, Row, stamp

_MANY = 40_000
"""More than half a year of suggestions."""


class Submissions(Connection):
    """Keeping suggestions."""

    def add_submission(self, url: str, *, name: str = "", email: str = "", note: str = "", way: str, now: datetime) -> Submission:
        """Keep one suggestion, and give it with its number."""
        number = self._insert(
            "INSERT INTO submissions (url, name, email, note, way, at) VALUES (?, ?, ?, ?, ?, ?)", (url, name, email, note, way, stamp(now))
        )
        return self.submission(number)

    def submission(self, number: int) -> Submission:
        """Give one suggestion. Raises `NotFoundError`."""
        row = self._row("SELECT * FROM submissions WHERE id = ?", (number,)) if 0 < number < 2**63 else None
        if row is None:
            raise NotFoundError("suggestion", number)
        return _submission(row)

    def submissions(self, *, since: datetime | None = None, item: ItemId | None = None, limit: int = _MANY) -> tuple[Submission, ...]:
        """List suggestions, the newest first: all, those since a moment, or those that led to one item."""
        sql = "SELECT * FROM submissions WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR item = ?2) ORDER BY id DESC LIMIT ?3"
        return tuple(map(_submission, self._rows(sql, (stamp(since) if since else None, item, limit))))

    def unanswered_submissions(self) -> tuple[Submission, ...]:
        """List the suggestions whose senders still wait for an answer, the oldest first."""
        return tuple(map(_submission, self._rows("SELECT * FROM submissions WHERE email <> '' ORDER BY id LIMIT ?", (_MANY,))))

    def unvisited_submissions(self, since: datetime) -> tuple[Submission, ...]:
        """List the suggestions since then of which no item is known yet, the oldest first."""
        sql = "SELECT * FROM submissions WHERE item IS NULL AND at >= ? ORDER BY id LIMIT ?"
        return tuple(map(_submission, self._rows(sql, (stamp(since), _MANY))))

    def given_up(self, url: str) -> str | None:
        """Say why an address was given up for good, if it was."""
        row = self._row("SELECT reason FROM leads WHERE key = ? AND state = 'failed'", (urls.canonical(url),))
        return str(row["reason"] or "") if row else None

    def bind_submissions(self, items: Iterable[tuple[int, ItemId]]) -> None:
        """Say of suggestions which item they led to."""
        with self.transaction():
            for number, item in items:
                self._change("UPDATE submissions SET item = ? WHERE id = ?", (item, number))

    def answer_submission(self, number: int, told: str) -> None:
        """Keep what a sender was told, and let go of the address: it was given for this answer."""
        with self.transaction():
            self._change("UPDATE submissions SET told = ?, email = '' WHERE id = ?", (told, number))

    def drop_submitters(self, before: datetime) -> int:
        """Let go of the mail addresses given before then, answered or not; how many."""
        return self._change("UPDATE submissions SET email = '' WHERE email <> '' AND at < ?", (stamp(before),))

    def drop_answers(self, before: datetime) -> int:
        """Delete the mails to senders that were done with before then, with the addresses in them; how many."""
        return self._change("DELETE FROM notices WHERE kind = 'submission' AND state IN ('sent', 'failed') AND changed < ?", (stamp(before),))

    def suggested(self) -> tuple[tuple[str, State, int], ...]:
        """Count the suggestions that came in with a name and led to an item: that name, how the item stands, and how many."""
        sql = """SELECT s.name, h.state, count(*) AS n FROM submissions s JOIN items i ON i.id = s.item JOIN items h ON h.id = i.head
                 WHERE s.name <> '' GROUP BY s.name, h.state ORDER BY s.name, h.state LIMIT 100000"""
        return tuple((row["name"], State(row["state"]), row["n"]) for row in self._rows(sql))


def _submission(row: Row) -> Submission:
    return Submission(
        id=row["id"],
        url=row["url"],
        item=ItemId(row["item"]) if row["item"] is not None else None,
        name=row["name"],
        email=row["email"],
        note=row["note"],
        way=row["way"],
        at=datetime.fromisoformat(row["at"]),
        told=row["told"],
    )
