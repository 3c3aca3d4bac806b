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
    UNIQUE (owner, name)
) STRICT;
CREATE TABLE arrangements (        -- what editors changed by hand in a draft
    edition TEXT PRIMARY KEY,
    arrangement TEXT NOT NULL,     -- Arrangement as JSON
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
    undone_by TEXT
) STRICT;
INSERT INTO decisions_3 SELECT id, item, act, decided, curator, reason, decision, before, after, undone, undone_by FROM decisions;
DROP TABLE decisions;
ALTER TABLE decisions_3 RENAME TO decisions;
CREATE INDEX decisions_item ON decisions(item, id);                                -- the last decision on an item
CREATE INDEX decisions_decided ON decisions(decided);                              -- tally()
CREATE INDEX decisions_steers ON decisions(item, id) WHERE act IN ('more', 'less');   -- steers()
CREATE INDEX decisions_curator ON decisions(curator, id) WHERE undone IS NULL;     -- undo() of one's own, the last first
CREATE VIEW v_decisions AS
    SELECT d.id, d.item, i.title, d.act, d.curator, d.decided, d.reason, d.undone FROM decisions d JOIN items i ON i.id = d.item;
"""

# What the counts beside the filters are kept in step by: one row for each item, under a new number whenever something that is counted changes.
_CHANGES = """
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item INTEGER NOT NULL UNIQUE   -- not a foreign key: an item that is gone is a change too
) STRICT;
CREATE TRIGGER items_came AFTER INSERT ON items BEGIN INSERT OR REPLACE INTO changes (item) VALUES (NEW.id); END;
CREATE TRIGGER items_went AFTER DELETE ON items BEGIN INSERT OR REPLACE INTO changes (item) VALUES (OLD.id); END;
CREATE TRIGGER items_changed AFTER UPDATE OF state, lane, kind, head ON items
    WHEN (OLD.state, OLD.lane, OLD.kind, OLD.head) IS NOT (NEW.state, NEW.lane, NEW.kind, NEW.head)
    BEGIN INSERT OR REPLACE INTO changes (item) VALUES (NEW.id); END;
CREATE TRIGGER overlay_came AFTER INSERT ON overlay BEGIN INSERT OR REPLACE INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER overlay_changed AFTER UPDATE ON overlay BEGIN INSERT OR REPLACE INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER overlay_went AFTER DELETE ON overlay BEGIN INSERT OR REPLACE INTO changes (item) VALUES (OLD.item); END;
CREATE TRIGGER suggestions_came AFTER INSERT ON suggestions WHEN NEW.place = 0 BEGIN INSERT OR REPLACE INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER suggestions_went AFTER DELETE ON suggestions WHEN OLD.place = 0 BEGIN INSERT OR REPLACE INTO changes (item) VALUES (OLD.item); END;
CREATE TRIGGER sightings_came AFTER INSERT ON sightings WHEN NEW.item IS NOT NULL
    BEGIN INSERT OR REPLACE INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER sightings_moved AFTER UPDATE OF item ON sightings WHEN NEW.item IS NOT NULL
    BEGIN INSERT OR REPLACE INTO changes (item) VALUES (NEW.item); END;
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m006_desk(db: Database) -> None:
    for script in (_STAFF, _CROWD, _EDITING, _CHANGES):
        run(db, script)
