"""The tables of readers: who is mailed, what they said, what they sent. One numbered change after those of `schema.py`; the same rules hold."""

from __future__ import annotations

from sqlite_utils import Database

from pipeline.store.schema import changes, run

__all__ = ["changes"]

_READERS = """
CREATE TABLE secrets (             -- made once by the machine, never shown: what signs links
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE subscribers ADD COLUMN language TEXT NOT NULL DEFAULT '';     -- '': the desk's
ALTER TABLE subscribers ADD COLUMN timezone TEXT NOT NULL DEFAULT '';     -- '': the desk's
ALTER TABLE subscribers ADD COLUMN form TEXT NOT NULL DEFAULT 'html';     -- or text
ALTER TABLE subscribers ADD COLUMN asked TEXT;                            -- when the confirmation was asked for
ALTER TABLE subscribers ADD COLUMN left_at TEXT;                          -- when they unsubscribed
ALTER TABLE subscribers ADD COLUMN origin TEXT NOT NULL DEFAULT '';       -- by hand, import, or form
ALTER TABLE subscribers ADD COLUMN quarantined TEXT;                      -- since when nothing is mailed because of bounces
ALTER TABLE editions ADD COLUMN paused TEXT;          -- since when no mail of it leaves
DROP INDEX deliveries_state;       -- each mail moved through it twice; a partial one is written once for each
CREATE INDEX deliveries_open ON deliveries(edition, correction) WHERE state IN ('queued', 'sending');   -- waiting_deliveries()
CREATE TABLE forgotten (           -- that somebody was erased, and why; nobody can be read back from it
    hash TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    number INTEGER                 -- that the subscriber had: never given again, because links that were mailed name it
) STRICT, WITHOUT ROWID;
CREATE INDEX subscribers_asked ON subscribers(asked) WHERE asked IS NOT NULL;      -- asked_since(), drop_unconfirmed()
CREATE TABLE notices (             -- single mails that are no edition: confirmations, answers to submitters, questions, invitations
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,            -- confirm, welcome, submission, contribution, question, invitation
    key TEXT NOT NULL,             -- what it is about, so that it goes out once
    email TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,            -- plain text
    leave TEXT NOT NULL DEFAULT '',-- address of one-click unsubscribing, where there is one
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'uncertain', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    changed TEXT NOT NULL,
    UNIQUE (kind, key, email)
) STRICT;
CREATE INDEX notices_state ON notices(state, id);                                  -- claim_notice()
CREATE TABLE bounces (
    id INTEGER PRIMARY KEY,
    subscriber INTEGER NOT NULL REFERENCES subscribers(id),
    edition TEXT,
    at TEXT NOT NULL,
    hard INTEGER NOT NULL,
    code TEXT NOT NULL,            -- RFC 3463, such as 5.1.1
    said TEXT NOT NULL,
    message TEXT NOT NULL UNIQUE   -- hash of the bounce, so that a mailbox read twice counts once
) STRICT;
CREATE INDEX bounces_subscriber ON bounces(subscriber, at);                        -- the score of an address
CREATE TABLE inboxes (             -- how far each mailbox of bounces and replies was read
    place TEXT PRIMARY KEY,
    cursor TEXT NOT NULL,
    read TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE inbox_mails (         -- mails that were acted on, so that a mailbox read anew acts once
    hash TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE votes (               -- one for each reader and item; the last word counts
    item INTEGER NOT NULL REFERENCES items(id),
    subscriber INTEGER NOT NULL REFERENCES subscribers(id),
    edition TEXT NOT NULL,
    vote TEXT NOT NULL CHECK (vote IN ('useful', 'will-use', 'not-for-me')),
    at TEXT NOT NULL,
    asked TEXT,                    -- when "did you use it?" was asked
    used TEXT CHECK (used IN ('used', 'shared', 'not-yet', 'no')),
    words TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (item, subscriber)
) STRICT, WITHOUT ROWID;
CREATE INDEX votes_subscriber ON votes(subscriber, at);                            -- what one reader said
CREATE TABLE submissions (         -- links that readers suggest
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    item INTEGER REFERENCES items(id),
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    way TEXT NOT NULL,             -- form, mail, share
    at TEXT NOT NULL,
    told TEXT NOT NULL DEFAULT ''  -- the state that the submitter was told last
) STRICT;
CREATE INDEX submissions_item ON submissions(item) WHERE item IS NOT NULL;         -- what became of it
CREATE TABLE surveys (
    id TEXT PRIMARY KEY,
    survey TEXT NOT NULL,          -- Survey as JSON: title, questions, groups
    opened TEXT NOT NULL,
    ends TEXT NOT NULL,
    closed TEXT
) STRICT;
CREATE TABLE survey_tickets (      -- who may still answer; nothing here leads to an answer
    survey TEXT NOT NULL REFERENCES surveys(id),
    ticket TEXT NOT NULL,          -- SHA-256 of the token
    used INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (survey, ticket)
) STRICT, WITHOUT ROWID;
CREATE TABLE survey_answers (      -- in random order and without a time, so that nobody is told apart
    id TEXT PRIMARY KEY,           -- random
    survey TEXT NOT NULL REFERENCES surveys(id),
    answers TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_answers_survey ON survey_answers(survey);                      -- results
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m005_readers(db: Database) -> None:
    run(db, _READERS)
