"""Rounds of the members' survey, their tickets and their answers. Nothing in these tables leads from a person to a ticket or from a
ticket to an answer.

A ticket is made while its mail is written, and only its SHA-256 is kept: the secret exists in the mail alone. Answers have a random key, no time,
and lie in the order of their keys. When a round ends its tickets are made unreadable, so that an old mail does not tell whether it was used.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime

from pipeline.errors import ConflictError, NotFoundError
from pipeline.plain import from_plain, to_plain
from pipeline.store.connection import Connection, Row, moment, stamp
from pipeline.survey import Answer, Comment, Reply, Round, Survey

_ROUND = """SELECT s.*,
    (SELECT count(*) FROM notices n WHERE n.kind = 'invitation' AND n.key = s.id AND n.state IN ('sent', 'uncertain')) AS invited,
    (SELECT count(*) FROM survey_tickets t WHERE t.survey = s.id AND t.used) AS answered
    FROM surveys s"""


class Surveys(Connection):
    """The members' survey."""

    def open_survey(self, opening: Round) -> None:
        """Keep a new round with its questions as they are now. Raises `ConflictError` where there is one of that name."""
        with self.transaction():
            if self._row("SELECT 1 FROM surveys WHERE id = ?", (opening.id,)):
                raise ConflictError(f"There is a survey {opening.id} already.", hint="`gleanings survey list` shows those there are.")
            self._change(
                "INSERT INTO surveys (id, survey, opened, ends) VALUES (?, ?, ?, ?)",
                (opening.id, _dump(to_plain(opening.survey)), stamp(opening.opened), stamp(opening.ends)),
            )

    def surveys(self) -> tuple[Round, ...]:
        """List the rounds, the newest first."""
        return tuple(map(_round, self._rows(f"{_ROUND} ORDER BY s.opened DESC, s.id LIMIT 1000")))

    def survey(self, survey_id: str) -> Round:
        """Give a round. Raises `NotFoundError`."""
        row = self._row(f"{_ROUND} WHERE s.id = ?", (survey_id,))
        if row is None:
            raise NotFoundError("survey", f'"{survey_id[:80]}"', hint="`gleanings survey list` shows those there are.")
        return _round(row)

    def invited(self, survey_id: str) -> tuple[str, ...]:
        """List the addresses to which an invitation went out."""
        sql = "SELECT email FROM notices WHERE kind = 'invitation' AND key = ? AND state IN ('sent', 'uncertain') ORDER BY id LIMIT 1000000"
        return tuple(row["email"] for row in self._rows(sql, (survey_id,)))

    def is_reminded(self, survey_id: str) -> bool:
        """Whether reminders of a round were queued."""
        return self._row("SELECT 1 FROM notices WHERE kind = 'invitation' AND key = ? LIMIT 1", (f"{survey_id}:reminder",)) is not None

    def issue_ticket(self, survey_id: str) -> str:
        """Make a ticket and give its secret, which is kept nowhere: write it into one mail and forget it."""
        secret = secrets.token_urlsafe(24)
        self._change("INSERT INTO survey_tickets (survey, ticket) VALUES (?, ?)", (survey_id, _hash(secret)))
        return secret

    def survey_for(self, secret: str, *, now: datetime) -> Round | None:
        """Give the round that a ticket is for; nothing where it is none of ours, was used, or the round is over."""
        row = self._row(
            f"""{_ROUND} JOIN survey_tickets t ON t.survey = s.id AND t.ticket = ?
                WHERE NOT t.used AND s.closed IS NULL AND s.ends > ?""",
            (_hash(secret), stamp(now)),
        )
        return _round(row) if row else None

    def answer_survey(self, secret: str, reply: Reply, *, now: datetime) -> bool:
        """Use up a ticket and keep the answer, both or neither. False where the ticket is good for nothing, as with `survey_for`.

        What was ticked and each comment are rows of their own: none of them leads to another.
        """
        with self.transaction():
            found = self.survey_for(secret, now=now)
            if found is None:
                return False
            self._change("UPDATE survey_tickets SET used = 1 WHERE survey = ? AND ticket = ?", (found.id, _hash(secret)))
            for one in (reply.answer, *reply.comments):
                self._change(
                    "INSERT INTO survey_answers (id, survey, answers) VALUES (?, ?, ?)", (secrets.token_hex(16), found.id, _dump(to_plain(one)))
                )
            return True

    def answers(self, survey_id: str) -> tuple[tuple[Answer, ...], tuple[Comment, ...]]:
        """Give what was ticked and what was written, each in an order that says nothing."""
        rows = self._rows("SELECT answers FROM survey_answers WHERE survey = ? ORDER BY id LIMIT 1000000", (survey_id,))
        said = [json.loads(row["answers"]) for row in rows]
        ticked = tuple(from_plain(Answer, one) for one in said if "words" not in one)
        return ticked, tuple(from_plain(Comment, one) for one in said if "words" in one)

    def close_survey(self, survey_id: str, *, now: datetime) -> Round:
        """End a round, once; what comes later is not taken. Raises `NotFoundError`."""
        with self.transaction():
            found = self.survey(survey_id)
            if found.closed is None:
                self._change("UPDATE surveys SET closed = ? WHERE id = ?", (stamp(min(now, found.ends)), survey_id))
                self._change("UPDATE survey_tickets SET ticket = hex(randomblob(32)) WHERE survey = ?", (survey_id,))
                self._change(
                    """UPDATE notices SET state = 'failed', error = 'The survey is over.'
                       WHERE kind = 'invitation' AND key = ? AND state = 'queued'""",
                    (survey_id,),
                )
            return self.survey(survey_id)


def _round(row: Row) -> Round:
    return Round(
        id=row["id"],
        survey=from_plain(Survey, json.loads(row["survey"])),
        opened=datetime.fromisoformat(row["opened"]),
        ends=datetime.fromisoformat(row["ends"]),
        closed=moment(row["closed"]),
        invited=row["invited"],
        answered=row["answered"],
    )


def _dump(plain: object) -> str:
    return json.dumps(plain, ensure_ascii=False)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
