"""Sources as configured and what happened there: runs, validators, health, robots.txt. Decides nothing; `schedule` does."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.errors import NotFoundError
from pipeline.model import Alarm, Heard, KeptPage, Page, Run, Source, SourceState
from pipeline.store.connection import Connection, Row, moment, stamp
from pipeline.store.forms import dump, load, span

ROBOTS_AGE = timedelta(hours=24)
"""How long a robots.txt is good for (RFC 9309, 2.4)."""

MAX_BODY, MAX_KEPT = 5_000_000, 500_000
"""Bytes of a page that is kept, before and after compression."""

_ABSENT = """UPDATE sources SET absent = 1 WHERE NOT absent AND id NOT IN (SELECT value ->> 'id' FROM json_each(?))"""
_ANEW = """UPDATE sources SET kind = new.value ->> 'kind', url = new.value ->> 'url', etag = NULL, last_modified = NULL, not_before = NULL,
    gone = NULL, moved_to = NULL, moved_seen = 0, alarm = NULL FROM json_each(?) AS new
    WHERE sources.id = new.value ->> 'id' AND (sources.kind, sources.url) <> (new.value ->> 'kind', new.value ->> 'url')"""
_KNOWN = """INSERT INTO sources (id, kind, url, title, since)
    SELECT value ->> 'id', value ->> 'kind', value ->> 'url', value ->> 'title', ?2 FROM json_each(?1) WHERE true ORDER BY key
    ON CONFLICT (id) DO UPDATE SET absent = 0, title = excluded.title WHERE absent OR title IS NOT excluded.title"""

_STATE = """SELECT s.*, (SELECT count(DISTINCT i.head) FROM sightings g JOIN items i ON i.id = g.item WHERE g.source = s.id) AS items,
    (SELECT count(*) FROM sightings g JOIN leads l ON l.id = g.lead WHERE g.source = s.id AND l.item IS NULL AND l.reason IS NOT NULL) AS failed
    FROM sources s"""
_UNCOUNTED = "SELECT s.*, 0 AS items, 0 AS failed FROM sources s"


class Runs(Connection):
    """Sources and their runs."""

    def sync_sources(self, sources: Sequence[Source], now: datetime) -> None:
        """Take over the configured sources. What is no longer configured stays as absent; a source at a new address is asked anew, in full."""
        given = json.dumps([{"id": one.id, "kind": one.kind, "url": one.url, "title": one.title} for one in sources])
        with self.transaction():
            self._change(_ABSENT, (given,))
            self._change(_ANEW, (given,))
            self._change(_KNOWN, (given, stamp(now)))
            self._change("DELETE FROM hosts WHERE fetched <= ?", (stamp(now - ROBOTS_AGE),))

    def source_states(self, *, counted: bool = True) -> tuple[SourceState, ...]:
        """Give every source there ever was with what happened there, by id; not `counted` without how many items and failures, which takes longer
        the more there are."""
        return tuple(map(_state, self._rows(f"{_STATE if counted else _UNCOUNTED} ORDER BY s.id LIMIT 100000")))

    def source_state(self, source_id: str, *, counted: bool = True) -> SourceState:
        """Give one source with what happened there. Raises `NotFoundError`."""
        row = self._row(f"{_STATE if counted else _UNCOUNTED} WHERE s.id = ?", (source_id,))
        if row is None:
            raise _unknown(source_id)
        return _state(row)

    def left_alone(self) -> set[str]:
        """Name the sources that are not to be asked: paused by a person, or gone as their server says."""
        return {row["id"] for row in self._rows("SELECT id FROM sources WHERE paused OR gone IS NOT NULL")}

    def pause(self, source_id: str, paused: bool) -> None:
        """Stop asking a source, or go on, also with one that its server called gone. Raises `NotFoundError`."""
        with self.transaction():
            sql = "UPDATE sources SET paused = ?1, gone = CASE WHEN ?1 THEN gone END, wanted = 0 WHERE id = ?2"
            if not self._change(sql, (int(paused), source_id)):
                raise _unknown(source_id)

    def want(self, source_id: str) -> None:
        """Let a source be asked as soon as may be, whatever its time, because a person asks for it. Raises `NotFoundError`."""
        with self.transaction():
            if not self._change("UPDATE sources SET wanted = 1 WHERE id = ?", (source_id,)):
                raise _unknown(source_id)

    def record_run(self, run: Run) -> None:
        """Keep a run and what it says of its source. The same source and start once more completes that run. Raises `NotFoundError`."""
        ended, started, written = stamp(run.finished or run.started), stamp(run.started), dump(run)
        with self.transaction():
            if not self._row("SELECT 1 FROM sources WHERE id = ?", (run.source,)):
                raise _unknown(run.source)
            new = self._change("INSERT OR IGNORE INTO runs (source, started, run) VALUES (?, ?, ?)", (run.source, started, written))
            if not new:
                self._change("UPDATE runs SET run = ? WHERE source = ? AND started = ?", (written, run.source, started))
            if run.error is not None:
                sql = "UPDATE sources SET last_run = ?, error = ?, failures = failures + ?, wanted = 0 WHERE id = ?"
                self._change(sql, (ended, run.error, new, run.source))
            else:
                self._change(
                    """UPDATE sources SET last_run = ?1, last_ok = ?1, error = NULL, failures = 0, wanted = 0,
                       found_title = coalesce(?2, found_title),
                       etag = CASE WHEN ?5 THEN coalesce(?3, etag) ELSE ?3 END,
                       last_modified = CASE WHEN ?5 THEN coalesce(?4, last_modified) ELSE ?4 END WHERE id = ?6""",
                    (ended, run.title, run.etag, run.last_modified, int(run.unchanged), run.source),
                )

    def hear(self, source_id: str, heard: Heard) -> None:
        """Keep what a survey learnt about a source besides its leads. An alarm that stands already keeps the time when it began."""
        with self.transaction():
            row = self._row("SELECT alarm FROM sources WHERE id = ?", (source_id,))
            known = load(Alarm, row["alarm"]) if row and row["alarm"] else None
            alarm = heard.alarm if heard.judged else known
            if alarm and known:
                alarm = replace(alarm, since=known.since)
            self._change(
                "UPDATE sources SET not_before = ?, gone = ?, moved_to = ?, moved_seen = ?, alarm = ? WHERE id = ?",
                (
                    stamp(heard.not_before) if heard.not_before else None,
                    stamp(heard.gone) if heard.gone else None,
                    heard.moved_to,
                    heard.moved_seen,
                    dump(alarm) if alarm else None,
                    source_id,
                ),
            )

    def mended(self, source_id: str) -> None:
        """Take back what stands against a source and forget its validators, so that the next survey comes soon and reads it in full."""
        with self.transaction():
            self._change(
                """UPDATE sources SET alarm = NULL, error = NULL, failures = 0, gone = NULL, moved_to = NULL, moved_seen = 0,
                   etag = NULL, last_modified = NULL, wanted = 1
                   WHERE id = ?""",
                (source_id,),
            )
            self._change("DELETE FROM kept_pages WHERE source = ? AND good = 0", (source_id,))

    def keep_drift(self, source_id: str, sentence: str | None) -> None:
        """Keep how the last items of a source differ from those before, in a sentence; `None` where they do not."""
        with self.transaction():
            self._change("UPDATE sources SET drift = ?1 WHERE id = ?2 AND drift IS NOT ?1", (sentence, source_id))

    def keep_page(self, source_id: str, kept: KeptPage, *, good: bool) -> None:
        """Keep the page of a source for its repair: in place of the last good one, or beside it. One that stays large when compressed is kept
        without its body."""
        body = zlib.compress(kept.page.body[:MAX_BODY])
        with self.transaction():
            self._change(
                """INSERT OR REPLACE INTO kept_pages (source, good, url, fetched, charset, leads, titled, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    source_id,
                    int(good),
                    kept.page.url,
                    stamp(kept.page.fetched),
                    kept.page.charset,
                    kept.leads,
                    kept.titled,
                    body if len(kept.page.body) <= MAX_BODY and len(body) <= MAX_KEPT else zlib.compress(b""),
                ),
            )
            if good:
                self._change("DELETE FROM kept_pages WHERE source = ? AND good = 0", (source_id,))

    def kept_page(self, source_id: str, *, good: bool) -> KeptPage | None:
        """Give the last good page of a source, or the one under its alarm."""
        row = self._row("SELECT * FROM kept_pages WHERE source = ? AND good = ?", (source_id, int(good)))
        if row is None:
            return None
        page = Page(url=row["url"], body=zlib.decompress(row["body"]), fetched=datetime.fromisoformat(row["fetched"]), charset=row["charset"])
        return KeptPage(page=page, leads=row["leads"], titled=row["titled"])

    def runs(self, source_id: str | None = None, limit: int = 20) -> tuple[Run, ...]:
        """List the last runs of a source or of all, the newest first."""
        if source_id is None:
            rows = self._rows("SELECT run FROM runs ORDER BY started DESC, source LIMIT ?", (limit,))
        else:
            rows = self._rows("SELECT run FROM runs WHERE source = ? ORDER BY started DESC LIMIT ?", (source_id, limit))
        return tuple(load(Run, row["run"]) for row in rows)

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


def _unknown(source_id: str) -> NotFoundError:
    return NotFoundError("source", source_id, hint="`gleanings sources list` shows those there are.")


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
        not_before=moment(row["not_before"]),
        gone=moment(row["gone"]),
        moved_to=row["moved_to"],
        moved_seen=row["moved_seen"],
        alarm=load(Alarm, row["alarm"]) if row["alarm"] else None,
        drift=row["drift"],
        wanted=bool(row["wanted"]),
    )
