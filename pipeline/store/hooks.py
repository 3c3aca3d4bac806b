"""Events that are told to other programs: what is to be told to whom, how far that came, and up to where was looked. Tells nothing itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.errors import NotFoundError
from pipeline.model import EditionState, HookCall, ItemId, SourceState
from pipeline.store.connection import Connection, Row, moment, stamp
from pipeline.store.forms import span

LONGEST = timedelta(days=1)
"""The longest pause between two tries. A longer one was reckoned by a clock that went ahead."""


class Hooks(Connection):
    """The outbox of events."""

    def queue_call(self, hook: str, event: str, *, key: str, body: str, now: datetime) -> bool:
        """Put one event into the outbox of one address, unless it was there before. Says whether it is new."""
        sql = "INSERT OR IGNORE INTO hook_calls (hook, event, key, body, state, at) VALUES (?, ?, ?, ?, 'queued', ?)"
        return bool(self._change(sql, (hook, event, key, body, stamp(now))))

    def due_calls(self, hook: str, now: datetime, *, limit: int) -> tuple[HookCall, ...]:
        """List what is to be told to one address now, the first first. What is put off for longer than `LONGEST` is due."""
        sql = """SELECT * FROM hook_calls WHERE state = 'queued' AND hook = ?1 AND (again_at IS NULL OR again_at <= ?2 OR again_at > ?3)
                 ORDER BY id LIMIT ?4"""
        return tuple(map(_call, self._rows(sql, (hook, stamp(now), stamp(now + LONGEST), limit))))

    def finish_call(self, call: HookCall) -> None:
        """Keep what became of one. Raises `NotFoundError` where it is gone."""
        done = self._change(
            "UPDATE hook_calls SET state = ?, attempts = ?, again_at = ?, error = ? WHERE id = ?",
            (call.state, call.attempts, stamp(call.again_at) if call.again_at else None, call.error, call.id),
        )
        if not done:
            raise NotFoundError("event", call.id)

    def calls(self, *, hook: str | None = None, limit: int = 100) -> tuple[HookCall, ...]:
        """List the last events, of one address or of all, the newest first."""
        sql = "SELECT * FROM hook_calls WHERE ?1 IS NULL OR hook = ?1 ORDER BY id DESC LIMIT ?2"
        return tuple(map(_call, self._rows(sql, (hook, limit))))

    def drop_calls(self, before: datetime) -> int:
        """Forget the events of before then; how many."""
        return self._change("DELETE FROM hook_calls WHERE at < ?", (stamp(before),))

    def looked(self, hook: str, event: str) -> str | None:
        """Give how far was looked for one sort of event; `None` where nobody looked yet."""
        row = self._row("SELECT upto FROM hook_cursors WHERE hook = ? AND event = ?", (hook, event))
        return str(row["upto"]) if row else None

    def keep_looked(self, hook: str, event: str, upto: str) -> None:
        """Keep how far was looked."""
        self._change("INSERT OR REPLACE INTO hook_cursors (hook, event, upto) VALUES (?, ?, ?)", (hook, event, upto))

    def accepted_since(self, act: int, *, limit: int) -> tuple[tuple[int, ItemId], ...]:
        """List the accepts that stand after the act of a number: number and item, the first first."""
        sql = "SELECT id, item FROM decisions WHERE id > ? AND act = 'accept' AND undone IS NULL ORDER BY id LIMIT ?"
        return tuple((row["id"], ItemId(row["item"])) for row in self._rows(sql, (act, limit)))

    def failed_since(self, since: datetime, *, limit: int) -> tuple[tuple[str, int, int, str, datetime], ...]:
        """List mails of editions that failed or came back after a moment, the first first: edition, correction, subscriber, state and when."""
        sql = """SELECT edition, correction, subscriber, state, changed FROM deliveries
                 WHERE state IN ('failed', 'bounced') AND changed > ? ORDER BY changed LIMIT ?"""
        return tuple(
            (row["edition"], row["correction"], row["subscriber"], row["state"], datetime.fromisoformat(row["changed"]))
            for row in self._rows(sql, (stamp(since), limit))
        )

    def habits(self) -> tuple[SourceState, ...]:
        """Give of each source that is asked how often it usually brings something, and when it last did. Counts nothing, so it may be asked often."""
        rows = self._rows("SELECT * FROM sources WHERE NOT paused AND NOT absent AND usual_gap IS NOT NULL ORDER BY id LIMIT 100000")
        return tuple(
            SourceState(id=row["id"], kind=row["kind"], url=row["url"], last_new=moment(row["last_new"]), usual_gap=span(row["usual_gap"]))
            for row in rows
        )

    def edition_states(self, *states: EditionState) -> tuple[tuple[str, str], ...]:
        """List the editions in some states: id, and when it was composed. Reads no edition."""
        rows = self._rows("SELECT id, state, composed FROM editions WHERE id NOT LIKE '%/%' ORDER BY id DESC LIMIT 10000")
        return tuple((row["id"], row["composed"]) for row in rows if row["state"] in states)


def _call(row: Row) -> HookCall:
    return HookCall(
        id=row["id"],
        hook=row["hook"],
        event=row["event"],
        key=row["key"],
        body=row["body"],
        state=row["state"],
        attempts=row["attempts"],
        again_at=moment(row["again_at"]),
        error=row["error"],
        at=datetime.fromisoformat(row["at"]),
    )
