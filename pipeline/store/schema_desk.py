"""The tables of the desk: who works there, what they say to one another, what changed. One numbered change after those of `schema_readers.py`."""

from __future__ import annotations

from sqlite_utils import Database

from pipeline.store.schema import run
from pipeline.store.schema_readers import changes

__all__ = ["changes"]

_STAFF = """
CREATE TABLE accounts (            -- people who may sign in; a name is never given twice
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE, -- without regard to case
    role TEXT NOT NULL CHECK (role IN ('reader', 'scout', 'curator', 'section-editor', 'editor', 'operator')),
    sections TEXT NOT NULL DEFAULT '[]',   -- JSON list, of a section editor
    password TEXT,                 -- argon2id in PHC form; NULL: none set yet
    outside TEXT UNIQUE,           -- how another system that signs people in calls this person
    keys TEXT NOT NULL DEFAULT '{}',
    made TEXT NOT NULL,
    disabled TEXT
) STRICT;
CREATE TABLE invitations (         -- one-time links to set a password
    hash TEXT PRIMARY KEY,         -- SHA-256 of the token
    account INTEGER NOT NULL REFERENCES accounts(id),
    ends TEXT NOT NULL,
    used TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE sign_ins (            -- one for each browser that is signed in
    hash TEXT PRIMARY KEY,         -- SHA-256 of what the cookie holds
    account INTEGER REFERENCES accounts(id),   -- NULL: by the desk's one password
    made TEXT NOT NULL,
    seen TEXT NOT NULL,
    agent TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ins_account ON sign_ins(account);                                -- ending all of one person
CREATE TABLE tokens (              -- programs
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,     -- SHA-256
    account INTEGER NOT NULL REFERENCES accounts(id),
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,          -- JSON list
    made TEXT NOT NULL,
    seen TEXT,
    revoked TEXT
) STRICT;
CREATE INDEX tokens_account ON tokens(account);                                    -- those of one person
"""

_CROWD = """
CREATE TABLE readings (            -- who has an item open; a row that was not seen for a while means nothing
    item INTEGER NOT NULL REFERENCES items(id),
    curator TEXT NOT NULL,
    since TEXT NOT NULL,
    seen TEXT NOT NULL,
    PRIMARY KEY (item, curator)
) STRICT, WITHOUT ROWID;
CREATE INDEX readings_curator ON readings(curator);                                -- going on to the next item
CREATE TABLE assignments (         -- an item that one person is asked to decide
    item INTEGER PRIMARY KEY REFERENCES items(id),
    curator TEXT NOT NULL,
    given_by TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX assignments_curator ON assignments(curator, item);                    -- "mine"
CREATE TABLE opinions (            -- keep or not, before it is decided; the last word of each counts
    item INTEGER NOT NULL REFERENCES items(id),
    curator TEXT NOT NULL,
    keep INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (item, curator)
) STRICT, WITHOUT ROWID;
CREATE TABLE remarks (             -- notes that no reader sees
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items(id),
    curator TEXT NOT NULL,
    text TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX remarks_item ON remarks(item, id);                                    -- those of one item
CREATE TABLE views (               -- filters of the queue under a name
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    shared INTEGER NOT NULL DEFAULT 0,
    place INTEGER NOT NULL DEFAULT 0,   -- in its owner's order
    UNIQUE (owner, name)
) STRICT;
CREATE TABLE arrangements (        -- what editors changed by hand in a draft
    edition TEXT PRIMARY KEY,
    arrangement TEXT NOT NULL,     -- JSON list: the Arrangement in force and those before it, for undo
    version INTEGER NOT NULL
) STRICT;
CREATE TABLE hook_calls (          -- events to be told to other programs
    id INTEGER PRIMARY KEY,
    hook TEXT NOT NULL,            -- address as configured
    event TEXT NOT NULL,
    key TEXT NOT NULL,             -- what it is about, so that it is told once
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    again_at TEXT,
    error TEXT,
    at TEXT NOT NULL,
    UNIQUE (hook, event, key)
) STRICT;
CREATE INDEX hook_calls_queued ON hook_calls(again_at) WHERE state = 'queued';     -- those that are due
"""

# Editing is an act too, so that it is signed and can be undone. SQLite cannot change a CHECK, so the table is written anew.
_EDITING = """
DROP VIEW v_decisions;
CREATE TABLE decisions_3 (         -- append-only; `before` and `after` are the rows that the act changed, for undo
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items(id),
    act TEXT NOT NULL CHECK (act IN ('accept', 'reject', 'defer', 'reopen', 'fold', 'unfold', 'more', 'less', 'edit')),
    decided TEXT NOT NULL,
    curator TEXT NOT NULL,
    reason TEXT,
    decision TEXT NOT NULL,        -- Decision as JSON; of other acts than verdicts what they were about
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    undone TEXT,
    undone_by TEXT,
    batch INTEGER                  -- of many items decided by one act: the number of its first row, the same in all of them
) STRICT;
INSERT INTO decisions_3 SELECT id, item, act, decided, curator, reason, decision, before, after, undone, undone_by, NULL FROM decisions;
DROP TABLE decisions;
ALTER TABLE decisions_3 RENAME TO decisions;
CREATE INDEX decisions_item ON decisions(item, id);                                -- the last decision on an item
CREATE INDEX decisions_decided ON decisions(decided);                              -- tally()
CREATE INDEX decisions_steers ON decisions(item, id) WHERE act IN ('more', 'less');   -- steers()
CREATE INDEX decisions_curator ON decisions(curator, id);                          -- undo() of one's own, the last first; acts(), actors()
CREATE INDEX decisions_act ON decisions(act, id);                                  -- acts() of one sort
CREATE INDEX decisions_batch ON decisions(batch, id) WHERE batch IS NOT NULL;      -- undo() of many decided by one act
CREATE VIEW v_decisions AS
    SELECT d.id, d.item, i.title, d.act, d.curator, d.decided, d.reason, d.undone FROM decisions d JOIN items i ON i.id = d.item;
CREATE INDEX proposals_other ON proposals(other, item);                            -- proposals(), from the other side
"""

# What the counts beside the filters are kept in step by: one row for each item, under a new number whenever something that is counted changes.
_CHANGES = """
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item INTEGER NOT NULL UNIQUE   -- not a foreign key: an item that is gone is a change too
) STRICT;
CREATE TRIGGER items_came AFTER INSERT ON items BEGIN DELETE FROM changes WHERE item = NEW.id; INSERT INTO changes (item) VALUES (NEW.id); END;
CREATE TRIGGER items_went AFTER DELETE ON items BEGIN DELETE FROM changes WHERE item = OLD.id; INSERT INTO changes (item) VALUES (OLD.id); END;
CREATE TRIGGER items_changed AFTER UPDATE OF state, lane, kind, head, rank, version ON items
    WHEN (OLD.state, OLD.lane, OLD.kind, OLD.head, OLD.rank, OLD.version) IS NOT (NEW.state, NEW.lane, NEW.kind, NEW.head, NEW.rank, NEW.version)
    BEGIN DELETE FROM changes WHERE item = NEW.id; INSERT INTO changes (item) VALUES (NEW.id); END;
CREATE TRIGGER overlay_came AFTER INSERT ON overlay
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER overlay_changed AFTER UPDATE ON overlay
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER overlay_went AFTER DELETE ON overlay
    BEGIN DELETE FROM changes WHERE item = OLD.item; INSERT INTO changes (item) VALUES (OLD.item); END;
CREATE TRIGGER suggestions_came AFTER INSERT ON suggestions WHEN NEW.place = 0
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER suggestions_went AFTER DELETE ON suggestions WHEN OLD.place = 0
    BEGIN DELETE FROM changes WHERE item = OLD.item; INSERT INTO changes (item) VALUES (OLD.item); END;
CREATE TRIGGER sightings_came AFTER INSERT ON sightings WHEN NEW.item IS NOT NULL
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER sightings_moved AFTER UPDATE OF item ON sightings WHEN NEW.item IS NOT NULL
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER sightings_left AFTER UPDATE OF item ON sightings WHEN OLD.item IS NOT NULL AND OLD.item IS NOT NEW.item
    BEGIN DELETE FROM changes WHERE item = OLD.item; INSERT INTO changes (item) VALUES (OLD.item); END;
CREATE TRIGGER assignments_came AFTER INSERT ON assignments
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER assignments_changed AFTER UPDATE ON assignments
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER assignments_went AFTER DELETE ON assignments
    BEGIN DELETE FROM changes WHERE item = OLD.item; INSERT INTO changes (item) VALUES (OLD.item); END;
CREATE TRIGGER decisions_made AFTER INSERT ON decisions
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER decisions_back AFTER UPDATE OF undone ON decisions
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE INDEX resources_starts ON resources(item, json_extract(resource, '$.event.start'))
    WHERE json_extract(resource, '$.event.start') IS NOT NULL;                     -- beginnings(), items() soonest first
"""

# Every beginning of up to five letters is in the index, so that none is put together from thousands of words; in which column a word stands is kept,
# and not at which place. The index holds no text, so it is made anew from the resources; as many letters of a text as `search.LENGTH` says.
_SEARCH = """
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5(
    title, description, text, content='', detail=column, prefix='1 2 3 4 5', tokenize="unicode61 remove_diacritics 2"
);
INSERT INTO search (rowid, title, description, text)
    SELECT item, coalesce(json_extract(resource, '$.title'), ''), coalesce(json_extract(resource, '$.description'), ''),
           substr(coalesce(json_extract(resource, '$.text'), ''), 1, 20000) FROM resources;
"""

# So that no page of the desk reads more the more there is.
_PAGES = """
CREATE INDEX runs_started ON runs(started);                                        -- runs() of all, the last first; harvests hour by hour
CREATE INDEX sightings_seen ON sightings(source, first_seen, item);                -- weeks() of each source
CREATE INDEX resources_dates ON resources(item)
    WHERE json_array_length(resource, '$.event.problems') > 0;                     -- dates() that somebody must look at
"""


_PROGRAMS = """
CREATE TABLE seen (                -- what a person has seen of the queue in a feed reader
    curator TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES items(id),
    at TEXT NOT NULL,
    PRIMARY KEY (curator, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_item ON seen(item);                                              -- foreign key
CREATE TABLE hook_cursors (        -- how far was looked for what is to be told
    hook TEXT NOT NULL,
    event TEXT NOT NULL,
    upto TEXT NOT NULL,
    PRIMARY KEY (hook, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX decisions_undone ON decisions(undone, id) WHERE undone IS NOT NULL;   -- undone_since()
CREATE INDEX deliveries_failed ON deliveries(changed) WHERE state IN ('failed', 'bounced');   -- failed_since()
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m006_desk(db: Database) -> None:
    for script in (_STAFF, _CROWD, _EDITING, _CHANGES, _SEARCH, _PAGES, _PROGRAMS):
        run(db, script)
