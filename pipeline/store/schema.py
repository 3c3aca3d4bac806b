"""The tables, as numbered changes: add at the end, never edit one that was released. Knows no type of ours.

`sqlite_utils` keeps the record of what was applied. Every index says which query it serves; every table is STRICT; times are ISO 8601 in UTC.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

changes = Migrations("gleanings")

_SOURCES = """
CREATE TABLE sources (             -- as configured, and what happened there since
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL,           -- the configured one
    found_title TEXT,              -- what the source calls itself
    paused INTEGER NOT NULL DEFAULT 0,
    absent INTEGER NOT NULL DEFAULT 0,
    since TEXT NOT NULL,
    last_run TEXT, last_ok TEXT, last_new TEXT,
    error TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    usual_gap REAL,                -- seconds
    etag TEXT, last_modified TEXT
) STRICT;
CREATE TABLE topics (              -- the taxonomy as configured; a change makes a new version
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    topic TEXT NOT NULL,           -- Topic as JSON
    since TEXT NOT NULL,
    until TEXT,                    -- NULL: in force
    PRIMARY KEY (id, version)
) STRICT;
CREATE TABLE runs (                -- one survey of one source
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources(id),
    started TEXT NOT NULL,
    run TEXT NOT NULL,             -- Run as JSON
    UNIQUE (source, started)       -- serves runs() of one source, newest first
) STRICT;
CREATE TABLE hosts (               -- robots.txt as read; only texts younger than a day stay
    host TEXT PRIMARY KEY,
    robots TEXT NOT NULL,
    fetched TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

_ITEMS = """
CREATE TABLE items (               -- one row for each resource that came in, folded or not
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'accepted', 'rejected', 'deferred', 'merged', 'published')),
    kind TEXT NOT NULL,            -- as extracted; the overlay may say otherwise
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    published TEXT,
    title_key TEXT NOT NULL,       -- Fingerprint.title
    added TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    rank REAL NOT NULL DEFAULT 0,
    origin_id TEXT,
    merged_into INTEGER REFERENCES items(id),
    head INTEGER NOT NULL REFERENCES items(id),   -- top of the merged_into chain, itself where it stands alone
    fold_rule TEXT NOT NULL DEFAULT '',
    fold_evidence TEXT NOT NULL DEFAULT '',
    before_fold TEXT,              -- what a fold by hand changed in this row, to be put back
    edition TEXT REFERENCES editions(id),
    deferred_until TEXT,
    extra TEXT NOT NULL DEFAULT '{}',
    CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
    CHECK ((state = 'published') = (edition IS NOT NULL))
) STRICT;
CREATE INDEX items_rank ON items(state, rank, id);                                 -- items() by rank; counts()
CREATE INDEX items_newest ON items(state, added, id);                              -- items() newest first
CREATE INDEX items_title ON items(title_key) WHERE title_key <> '';                -- neighbours()
CREATE INDEX items_origin ON items(origin_id) WHERE origin_id IS NOT NULL;         -- find()
CREATE INDEX items_head ON items(head);                                            -- the cluster of an item
CREATE INDEX items_merged ON items(merged_into) WHERE merged_into IS NOT NULL;     -- unfold()
CREATE INDEX items_edition ON items(edition) WHERE edition IS NOT NULL;            -- v_editions
CREATE TABLE resources (           -- apart from items, so that a new rank does not rewrite a long text
    item INTEGER PRIMARY KEY REFERENCES items(id),
    resource TEXT NOT NULL,
    fingerprint TEXT NOT NULL
) STRICT;
CREATE TABLE versions (            -- what a revision replaced
    item INTEGER NOT NULL REFERENCES items(id),
    version INTEGER NOT NULL,
    resource TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    replaced TEXT NOT NULL,
    PRIMARY KEY (item, version)
) STRICT;
CREATE TABLE identities (          -- dedupe: equal names are the same thing; serves neighbours() and find()
    key TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES items(id),
    PRIMARY KEY (key, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE shingles (            -- dedupe: hash of a word sequence, as a signed 64-bit number; serves neighbours()
    hash INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES items(id),
    PRIMARY KEY (hash, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE kept_apart (          -- a curator said: different
    item INTEGER NOT NULL REFERENCES items(id),
    other INTEGER NOT NULL REFERENCES items(id),
    PRIMARY KEY (item, other),
    CHECK (item < other)
) STRICT, WITHOUT ROWID;
CREATE TABLE proposals (           -- dedupe said: maybe the same
    item INTEGER NOT NULL REFERENCES items(id),
    other INTEGER NOT NULL REFERENCES items(id),
    rule TEXT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (item, other)
) STRICT, WITHOUT ROWID;
CREATE TABLE suggestions (
    item INTEGER NOT NULL REFERENCES items(id),
    topic TEXT NOT NULL,
    probability REAL NOT NULL,
    reasons TEXT NOT NULL,         -- JSON list
    place INTEGER NOT NULL,
    PRIMARY KEY (item, topic)
) STRICT, WITHOUT ROWID;
CREATE TABLE overlay (             -- a curator's own words; the harvest never writes here
    item INTEGER PRIMARY KEY REFERENCES items(id),
    overlay TEXT NOT NULL          -- Overlay as JSON
) STRICT;
CREATE VIRTUAL TABLE search USING fts5(title, description, text, content='', tokenize="unicode61 remove_diacritics 2");
"""

_LEADS = """
CREATE TABLE leads (               -- an address to visit, one for each canonical form
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'settled', 'failed')),
    item INTEGER REFERENCES items(id),
    attempts INTEGER NOT NULL DEFAULT 0,
    hops INTEGER NOT NULL DEFAULT 0,
    again_at TEXT,
    leased_until TEXT,
    owner TEXT,
    reason TEXT,
    CHECK ((state = 'settled') = (item IS NOT NULL))
) STRICT;
CREATE INDEX leads_pending ON leads(host, id) WHERE state = 'pending';             -- lease(), pending()
CREATE INDEX leads_leased ON leads(leased_until, host) WHERE leased_until IS NOT NULL;   -- lease(): hosts that are taken
CREATE INDEX leads_item ON leads(item) WHERE item IS NOT NULL;                     -- foreign key
CREATE TABLE sightings (           -- what one source said of one address
    id INTEGER PRIMARY KEY,
    lead INTEGER REFERENCES leads(id),
    item INTEGER REFERENCES items(id),
    source TEXT NOT NULL,          -- not a foreign key: imports and links by hand have no configured source
    said TEXT NOT NULL,            -- Lead as JSON
    dated TEXT NOT NULL,           -- when it came out there, for the source's usual gap
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    UNIQUE (lead, source)
) STRICT;
CREATE INDEX sightings_item ON sightings(item) WHERE item IS NOT NULL;             -- sightings of a cluster
CREATE INDEX sightings_source ON sightings(source, dated);                         -- items() of a source, usual gap
"""

_DECISIONS = """
CREATE TABLE decisions (           -- append-only; `before` and `after` are the rows that the act changed, for undo
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items(id),
    act TEXT NOT NULL CHECK (act IN ('accept', 'reject', 'defer', 'reopen', 'fold', 'unfold')),
    decided TEXT NOT NULL,
    curator TEXT NOT NULL,
    reason TEXT,
    decision TEXT NOT NULL,        -- Decision as JSON; of a fold or unfold what it was about
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    undone TEXT,
    undone_by TEXT
) STRICT;
CREATE INDEX decisions_item ON decisions(item, id);                                -- the last decision on an item
CREATE INDEX decisions_decided ON decisions(decided);                              -- tally()
"""

_EDITIONS = """
CREATE TABLE editions (            -- a draft is overwritten, a released one is a snapshot
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('draft', 'frozen', 'released', 'corrected')),
    composed TEXT NOT NULL,
    released TEXT,
    edition TEXT NOT NULL,         -- Edition as JSON
    files TEXT NOT NULL DEFAULT '{}'   -- SHA-256 by file name, as released
) STRICT;
CREATE TABLE edition_items (
    edition TEXT NOT NULL REFERENCES editions(id),
    item INTEGER NOT NULL REFERENCES items(id),
    section TEXT NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (edition, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE subscribers (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,    -- without regard to case
    name TEXT NOT NULL,
    topics TEXT NOT NULL,          -- JSON list
    frequency TEXT NOT NULL,
    cap INTEGER,
    state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'unsubscribed', 'bounced')),
    consented TEXT
) STRICT;
CREATE TABLE deliveries (          -- never twice: one row for each edition and subscriber
    edition TEXT NOT NULL REFERENCES editions(id),
    subscriber INTEGER NOT NULL REFERENCES subscribers(id),
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'uncertain', 'failed', 'bounced')),
    attempts INTEGER NOT NULL DEFAULT 0,
    message_id TEXT NOT NULL DEFAULT '',
    error TEXT,
    changed TEXT NOT NULL,
    PRIMARY KEY (edition, subscriber)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_state ON deliveries(edition, state, attempts, subscriber); -- claim_delivery(), recover_deliveries()
"""

_VIEWS = """
CREATE VIEW v_items AS             -- for people with a SQL prompt, as are all views
    SELECT i.id, i.state, coalesce(json_extract(o.overlay, '$.title'), i.title) AS title,
           coalesce(json_extract(o.overlay, '$.kind'), i.kind) AS kind, i.url, i.published, i.added, i.rank, i.head, i.fold_rule, i.edition,
           (SELECT group_concat(DISTINCT s.source) FROM sightings s JOIN items m ON m.id = s.item WHERE m.head = i.id) AS sources,
           coalesce(json_extract(o.overlay, '$.topics'),
                    (SELECT json_group_array(g.topic) FROM suggestions g WHERE g.item = i.id AND g.probability >= 0.5)) AS topics
    FROM items i LEFT JOIN overlay o ON o.item = i.id;
CREATE VIEW v_decisions AS
    SELECT d.id, d.item, i.title, d.act, d.curator, d.decided, d.reason, d.undone FROM decisions d JOIN items i ON i.id = d.item;
CREATE VIEW v_editions AS
    SELECT e.id, e.state, e.composed, e.released, (SELECT count(*) FROM items i WHERE i.edition = e.id) AS items,
           (SELECT count(*) FROM deliveries d WHERE d.edition = e.id AND d.state = 'sent') AS sent FROM editions e;
CREATE VIEW v_sources AS
    SELECT s.id, s.kind, s.url, s.paused, s.absent, s.last_run, s.last_ok, s.last_new, s.failures, s.error,
           (SELECT count(*) FROM sightings g WHERE g.source = s.id) AS sightings FROM sources s;
CREATE VIEW v_deliveries AS
    SELECT d.edition, s.email, d.state, d.attempts, d.error, d.changed FROM deliveries d JOIN subscribers s ON s.id = d.subscriber;
"""


def run(db: Database, script: str) -> None:
    """Execute statement by statement: `executescript` would commit the transaction that the change runs in."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if statement.strip() and sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m001_first_tables(db: Database) -> None:
    for script in (_SOURCES, _ITEMS, _LEADS, _DECISIONS, _EDITIONS, _VIEWS):
        run(db, script)


_LEARNING = """
ALTER TABLE items ADD COLUMN lane TEXT NOT NULL DEFAULT 'ranked' CHECK (lane IN ('must-have', 'ranked', 'audit', 'unlikely', 'skipped'));
ALTER TABLE items ADD COLUMN lane_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE suggestions ADD COLUMN calibrated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE suggestions ADD COLUMN assigned INTEGER;   -- NULL: at even odds
DROP INDEX items_rank;
CREATE INDEX items_queue ON items(state, lane, rank, id);                          -- items() by rank; counts(), lanes(), waiting()
CREATE TABLE features (            -- a resource as the machine learns from it; goes with a revision, and is then counted anew
    item INTEGER PRIMARY KEY REFERENCES items(id),
    way TEXT NOT NULL,             -- name of the way of counting
    terms BLOB NOT NULL,
    vector BLOB NOT NULL,
    people TEXT NOT NULL,          -- JSON list
    ends TEXT                      -- last day of an event
) STRICT;
CREATE TABLE trained (             -- the last training; there is one row or none
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at TEXT NOT NULL,
    state TEXT NOT NULL,           -- what it was learnt from, in short: where that is still so, there is nothing new to learn
    calibrated INTEGER NOT NULL    -- whether the ranks are probabilities
) STRICT;
"""

# "More" and "less of this" are acts too. SQLite cannot change a CHECK, so the table is written anew.
_STEERING = """
DROP VIEW v_decisions;
CREATE TABLE decisions_2 (         -- append-only; `before` and `after` are the rows that the act changed, for undo
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items(id),
    act TEXT NOT NULL CHECK (act IN ('accept', 'reject', 'defer', 'reopen', 'fold', 'unfold', 'more', 'less')),
    decided TEXT NOT NULL,
    curator TEXT NOT NULL,
    reason TEXT,
    decision TEXT NOT NULL,        -- Decision as JSON; of other acts than verdicts what they were about
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    undone TEXT,
    undone_by TEXT
) STRICT;
INSERT INTO decisions_2 SELECT id, item, act, decided, curator, reason, decision, before, after, undone, undone_by FROM decisions;
DROP TABLE decisions;
ALTER TABLE decisions_2 RENAME TO decisions;
CREATE INDEX decisions_item ON decisions(item, id);                                -- the last decision on an item
CREATE INDEX decisions_decided ON decisions(decided);                              -- tally()
CREATE INDEX decisions_steers ON decisions(item, id) WHERE act IN ('more', 'less');   -- steers()
CREATE VIEW v_decisions AS
    SELECT d.id, d.item, i.title, d.act, d.curator, d.decided, d.reason, d.undone FROM decisions d JOIN items i ON i.id = d.item;
DROP VIEW v_items;
CREATE VIEW v_items AS
    SELECT i.id, i.state, coalesce(json_extract(o.overlay, '$.title'), i.title) AS title,
           coalesce(json_extract(o.overlay, '$.kind'), i.kind) AS kind, i.url, i.published, i.added, i.rank, i.lane, i.head, i.fold_rule, i.edition,
           (SELECT group_concat(DISTINCT s.source) FROM sightings s JOIN items m ON m.id = s.item WHERE m.head = i.id) AS sources,
           coalesce(json_extract(o.overlay, '$.topics'),
                    (SELECT json_group_array(g.topic) FROM suggestions g
                     WHERE g.item = i.id AND coalesce(g.assigned, g.probability >= 0.5))) AS topics
    FROM items i LEFT JOIN overlay o ON o.item = i.id;
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m002_learning(db: Database) -> None:
    for script in (_LEARNING, _STEERING):
        run(db, script)


_WATCHING = """
ALTER TABLE sources ADD COLUMN not_before TEXT;        -- its server asked to be left alone until then
ALTER TABLE sources ADD COLUMN gone TEXT;              -- since when its server says that it is no more
ALTER TABLE sources ADD COLUMN moved_to TEXT;          -- where it was sent on to for good
ALTER TABLE sources ADD COLUMN moved_seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sources ADD COLUMN alarm TEXT;             -- Alarm as JSON
ALTER TABLE sources ADD COLUMN drift TEXT;             -- a sentence
ALTER TABLE sources ADD COLUMN wanted INTEGER NOT NULL DEFAULT 0;   -- a person wants it asked now
CREATE TABLE kept_pages (          -- for mending a source, never published: its last good page, and today's where that is not good
    source TEXT NOT NULL REFERENCES sources(id),
    good INTEGER NOT NULL,
    url TEXT NOT NULL,
    fetched TEXT NOT NULL,
    charset TEXT,
    leads INTEGER NOT NULL,        -- found on it
    titled INTEGER NOT NULL,       -- titles among them
    body BLOB NOT NULL,            -- zlib
    PRIMARY KEY (source, good)
) STRICT;
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m003_watching(db: Database) -> None:
    run(db, _WATCHING)


_REVISIONS = """
CREATE TABLE revisions (           -- what a correction replaced: a released edition as it was, so that its files can be made again
    edition TEXT NOT NULL REFERENCES editions(id),
    revision INTEGER NOT NULL,     -- 1: as released
    snapshot TEXT NOT NULL,        -- Edition as JSON
    files TEXT NOT NULL,           -- SHA-256 by file name
    PRIMARY KEY (edition, revision)
) STRICT, WITHOUT ROWID;
"""

# A correction that goes by mail is one more row for edition and subscriber. SQLite cannot change a primary key, so the table is written anew.
_CORRECTION_MAILS = """
DROP VIEW v_editions;
DROP VIEW v_deliveries;
CREATE TABLE deliveries_2 (        -- never twice: one row for each edition or correction of it, and subscriber
    edition TEXT NOT NULL REFERENCES editions(id),
    correction INTEGER NOT NULL DEFAULT 0,   -- 0: the edition itself; else the number of the correction
    subscriber INTEGER NOT NULL REFERENCES subscribers(id),
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'uncertain', 'failed', 'bounced')),
    attempts INTEGER NOT NULL DEFAULT 0,
    message_id TEXT NOT NULL DEFAULT '',
    error TEXT,
    changed TEXT NOT NULL,
    PRIMARY KEY (edition, correction, subscriber)
) STRICT, WITHOUT ROWID;
INSERT INTO deliveries_2 (edition, subscriber, state, attempts, message_id, error, changed)
    SELECT edition, subscriber, state, attempts, message_id, error, changed FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_2 RENAME TO deliveries;
CREATE INDEX deliveries_state ON deliveries(edition, correction, state, attempts, subscriber);   -- recover_deliveries()
CREATE VIEW v_editions AS
    SELECT e.id, e.state, e.composed, e.released, (SELECT count(*) FROM items i WHERE i.edition = e.id) AS items,
           (SELECT count(*) FROM deliveries d WHERE d.edition = e.id AND d.correction = 0 AND d.state = 'sent') AS sent,
           1 + (SELECT count(*) FROM revisions r WHERE r.edition = e.id) AS revision FROM editions e;
CREATE VIEW v_deliveries AS
    SELECT d.edition, d.correction, s.email, d.state, d.attempts, d.error, d.changed
    FROM deliveries d JOIN subscribers s ON s.id = d.subscriber;
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m004_corrections(db: Database) -> None:
    for script in (_REVISIONS, _CORRECTION_MAILS):
        run(db, script)
