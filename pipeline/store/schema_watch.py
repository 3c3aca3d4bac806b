"""The tables of operation: what was found wrong and told, which links still hold, when each errand was done last. After those of `schema_desk.py`."""

from __future__ import annotations

from sqlite_utils import Database

from pipeline.store.schema import run
from pipeline.store.schema_desk import changes

__all__ = ["changes"]

_WATCH = """
CREATE TABLE alerts (              -- one row for each trouble from its beginning to its end; each is told once, and once when it is over
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,            -- silent, failing, drift, delivery, disk, overdue, child, backup
    about TEXT NOT NULL,           -- a source, an edition, an errand; '' for the machine
    sentence TEXT NOT NULL,
    since TEXT NOT NULL,
    told TEXT,
    over TEXT,
    over_told TEXT
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts(kind, about) WHERE over IS NULL;         -- one trouble is open once
CREATE INDEX alerts_untold ON alerts(id) WHERE told IS NULL OR (over IS NOT NULL AND over_told IS NULL);   -- those to tell
CREATE TABLE errands (             -- when each errand of the service was done last, and how it ended
    name TEXT PRIMARY KEY,
    begun TEXT NOT NULL,
    done TEXT,
    failed TEXT,                   -- the sentence, where the last time went wrong
    every REAL NOT NULL            -- seconds; what is twice as old is overdue
) STRICT, WITHOUT ROWID;
CREATE TABLE link_checks (         -- links of released editions, asked again now and then
    url TEXT PRIMARY KEY,
    checked TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ok', 'moved', 'gone', 'failing', 'unasked')),   -- unasked: robots.txt does not let us look
    moved_to TEXT,                 -- where it was sent on to for good; of one that is ok: once so far
    since TEXT NOT NULL,           -- in this state
    failures INTEGER NOT NULL DEFAULT 0,   -- checks in a row that found nothing there
    reason TEXT NOT NULL DEFAULT '',
    etag TEXT,
    last_modified TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX link_checks_marked ON link_checks(url) WHERE state IN ('moved', 'gone');   -- what readers are told of
CREATE TABLE retractions (         -- a list from outside: what was withdrawn
    work TEXT PRIMARY KEY,         -- doi:10.1000/x, pmid:123
    nature TEXT NOT NULL CHECK (nature IN ('retraction', 'concern', 'reinstatement')),
    reason TEXT NOT NULL DEFAULT '',
    day TEXT,
    notice TEXT NOT NULL DEFAULT ''        -- the DOI of what says so
) STRICT, WITHOUT ROWID;
CREATE TABLE made_with (           -- what made the files of an edition: where these bytes cannot be made again, it says why
    edition TEXT NOT NULL REFERENCES editions(id),
    revision INTEGER NOT NULL,     -- 1: as released
    versions TEXT NOT NULL,        -- JSON: package → version
    PRIMARY KEY (edition, revision)
) STRICT, WITHOUT ROWID;
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m007_watch(db: Database) -> None:
    run(db, _WATCH)
