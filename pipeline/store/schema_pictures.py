"""The table of pictures that curators give to items for the editions, and their act in the log. After the tables of `schema_keys.py`."""

from __future__ import annotations

from sqlite_utils import Database

from pipeline.store.schema import run
from pipeline.store.schema_keys import changes

__all__ = ["changes"]

_TABLES = """
CREATE TABLE illustrations (       -- a picture for the editions, re-encoded by us; one that stands no more is kept until it is pruned, for undo
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items(id),
    stands INTEGER NOT NULL CHECK (stands IN (0, 1)),
    image BLOB NOT NULL,
    media_type TEXT NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    alt TEXT NOT NULL,
    decorative INTEGER NOT NULL CHECK (decorative IN (0, 1)),
    credit TEXT NOT NULL,
    by TEXT NOT NULL,
    given TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX illustrations_stands ON illustrations(item) WHERE stands = 1;  -- illustration(), illustrated()
CREATE INDEX illustrations_item ON illustrations(item);                            -- foreign key; prune()
"""

# To give a picture is an act too, so that it is signed and can be undone. SQLite cannot change a CHECK, so the table is written anew.
_GIVING = """
DROP VIEW v_decisions;
CREATE TABLE decisions_5 (         -- append-only; `before` and `after` are the rows that the act changed, for undo
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items(id),
    act TEXT NOT NULL CHECK (act IN ('accept', 'reject', 'defer', 'reopen', 'fold', 'unfold', 'more', 'less', 'edit', 'tie', 'untie', 'picture')),
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
INSERT INTO decisions_5 SELECT id, item, act, decided, curator, reason, decision, before, after, undone, undone_by, batch FROM decisions;
DROP TABLE decisions;
ALTER TABLE decisions_5 RENAME TO decisions;
CREATE INDEX decisions_item ON decisions(item, id);                                -- the last decision on an item
CREATE INDEX decisions_decided ON decisions(decided);                              -- tally()
CREATE INDEX decisions_steers ON decisions(item, id) WHERE act IN ('more', 'less');   -- steers()
CREATE INDEX decisions_curator ON decisions(curator, id);                          -- undo() of one's own, the last first; acts(), actors()
CREATE INDEX decisions_act ON decisions(act, id);                                  -- acts() of one sort
CREATE INDEX decisions_batch ON decisions(batch, id) WHERE batch IS NOT NULL;      -- undo() of many decided by one act
CREATE INDEX decisions_undone ON decisions(undone, id) WHERE undone IS NOT NULL;   -- last_act_state(), undone_since(); lost by m009
CREATE VIEW v_decisions AS
    SELECT d.id, d.item, i.title, d.act, d.curator, d.decided, d.reason, d.undone FROM decisions d JOIN items i ON i.id = d.item;
CREATE TRIGGER decisions_made AFTER INSERT ON decisions
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER decisions_back AFTER UPDATE OF undone ON decisions
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m010_pictures(db: Database) -> None:
    run(db, _TABLES)
    run(db, _GIVING)
