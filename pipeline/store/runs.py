"""Sources as configured and what happened there: runs, validators, health, robots.txt. Decides nothing; `schedule` does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pipeline.errors import NotFoundError
from pipeline.model import Run, Source, SourceState
from pipeline.store.connection import Connection, Row, moment, stamp
from pipeline.store.forms import dump, load, span

ROBOTS_AGE = timedelta(hours=24)
"""How long a robots.txt is good for (RFC 9309, 2.4)."""

_STATE = """SELECT s.*, (SELECT count(DISTINCT i.head) FROM sightings g JOIN items i ON i.id = g.item WHERE g.source = s.id) AS items,
    (SELECT count(*) FROM sightings g JOIN leads l ON l.id = g.lead WHERE g.source = s.id AND l.item IS NULL AND l.reason IS NOT NULL) AS failed
    FROM sources s"""


class Runs(Connection):
    """Sources and their runs."""

    def sync_sources(self, sources: Sequence[Source], now: datetime) -> None:
        """Take over the configured sources. What is no longer configured stays as absent; a source at a new address is asked anew, in full."""
        with self.transaction():
            self._change("UPDATE sources SET absent = 1 WHERE id NOT IN (SELECT value FROM json_each(?))", (json.dumps([one.id for one in sources]),))
            for one in sources:
                self._change(
                    """INSERT INTO sources (id, kind, url, title, since) VALUES (?, ?, ?, ?, ?)
                       ON CONFLICT (id) DO UPDATE SET absent = 0, title = excluded.title,
                         etag = CASE WHEN (kind, url) = (excluded.kind, excluded.url) THEN etag END,
                         last_modified = CASE WHEN (kind, url) = (excluded.kind, excluded.url) THEN last_modified END,
                         kind = excluded.kind, url = excluded.url""",
                    (one.id, one.kind, one.url, one.title, stamp(now)),
                )
            self._change("DELETE FROM hosts WHERE fetched <= ?", (stamp(now - ROBOTS_AGE),))

    def source_states(self) -> tuple[SourceState, ...]:
        """Give every source there ever was with what happened there, by id."""
        return tuple(map(_state, self._rows(f"{_STATE} ORDER BY s.id LIMIT 100000")))

    def source_state(self, source_id: str) -> SourceState:
        """Give one source with what happened there. Raises `NotFoundError`."""
        row = self._row(f"{_STATE} WHERE s.id = ?", (source_id,))
        if row is None:
            raise NotFoundError("source", source_id, hint="`gleanings sources list` shows those there are.")
        return _state(row)

    def pause(self, source_id: str, paused: bool) -> None:
        """Stop asking a source, or go on. Raises `NotFoundError`."""
        with self.transaction():
            if not self._change("UPDATE sources SET paused = ? WHERE id = ?", (int(paused), source_id)):
                raise NotFoundError("source", source_id, hint="`gleanings sources list` shows those there are.")

    def record_run(self, run: Run) -> None:
        """Keep a run and what it says of its source. The same source and start once more completes that run. Raises `NotFoundError`."""
        ended = stamp(run.finished or run.started)
        with self.transaction():
            self.source_state(run.source)
            new = self._change(
                "INSERT OR IGNORE INTO runs (source, started, run) VALUES (?, ?, ?)",
                (run.source, stamp(run.started), dump(run)),
            )
            self._change("UPDATE runs SET run = ? WHERE source = ? AND started = ?", (dump(run), run.source, stamp(run.started)))
            if run.error is not None:
                self._change("UPDATE sources SET last_run = ?, error = ?, failures = failures + ? WHERE id = ?", (ended, run.error, new, run.source))
            else:
                self._change(
                    """UPDATE sources SET last_run = ?1, last_ok = ?1, error = NULL, failures = 0, found_title = coalesce(?2, found_title),
                       etag = CASE WHEN ?5 THEN coalesce(?3, etag) ELSE ?3 END,
                       last_modified = CASE WHEN ?5 THEN coalesce(?4, last_modified) ELSE ?4 END WHERE id = ?6""",
                    (ended, run.title, run.etag, run.last_modified, int(run.unchanged), run.source),
                )

    def runs(self, source_id: str | None = None, limit: int = 20) -> tuple[Run, ...]:
        """List the last runs of a source or of all, the newest first."""
        sql = "SELECT run FROM runs WHERE ?1 IS NULL OR source = ?1 ORDER BY started DESC, source LIMIT ?2"
        return tuple(load(Run, row["run"]) for row in self._rows(sql, (source_id, limit)))

    def robots(self, hosts: Iterable[str]) -> dict[str, str]:
        """Give the robots.txt that we know of these hosts. What is older than a day goes when sources are taken over or new texts are kept."""
        sql = "SELECT host, robots FROM hosts WHERE host IN (SELECT value FROM json_each(?)) ORDER BY host"
        return {row["host"]: row["robots"] for row in self._rows(sql, (json.dumps(sorted(hosts)),))}

    def keep_robots(self, texts: Mapping[str, str], now: datetime) -> None:
        """Keep the robots.txt of hosts as just read."""
        with self.transaction():
            for host, text in texts.items():
                self._change("INSERT OR REPLACE INTO hosts (host, robots, fetched) VALUES (?, ?, ?)", (host, text, stamp(now)))
            self._change("DELETE FROM hosts WHERE fetched <= ?", (stamp(now - ROBOTS_AGE),))


def _state(row: Row) -> SourceState:
    return SourceState(
        id=row["id"],
        kind=row["kind"],
        url=row["url"],
        title=row["title"] or row["found_title"] or "",
        paused=bool(row["paused"]),
        absent=bool(row["absent"]),
        last_run=moment(row["last_run"]),
        last_ok=moment(row["last_ok"]),
        last_new=moment(row["last_new"]),
        since=moment(row["since"]),
        error=row["error"],
        failures=row["failures"],
        usual_gap=span(row["usual_gap"]),
        items=row["items"],
        failed=row["failed"],
        etag=row["etag"],
        last_modified=row["last_modified"],
    )
