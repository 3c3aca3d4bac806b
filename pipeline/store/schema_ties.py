"""The tables of what belongs to an item beside itself: other items, and the picture of a report's first page. After those of `schema_watch.py`."""

from __future__ import annotations

from sqlite_utils import Database

from pipeline.store.schema import run
from pipeline.store.schema_watch import changes

__all__ = ["changes"]

_TIES = """
CREATE TABLE relations (           -- that one item continues, supports, accompanies or records another; a refused one is not proposed again
    item INTEGER NOT NULL REFERENCES items(id),
    other INTEGER NOT NULL REFERENCES items(id),
    tie TEXT NOT NULL CHECK (tie IN ('continues', 'supports', 'companion', 'records')),
    words TEXT NOT NULL,           -- what was read that says so
    state TEXT NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'taken', 'refused')),
    by TEXT NOT NULL DEFAULT '',
    at TEXT,
    PRIMARY KEY (item, other, tie),
    CHECK (item <> other)
) STRICT, WITHOUT ROWID;
CREATE INDEX relations_other ON relations(other);                                  -- what is tied to an item, from the other side
CREATE TABLE pictures (            -- the first page of a report, drawn by us: for the desk
    item INTEGER PRIMARY KEY REFERENCES items(id),
    png BLOB NOT NULL,
    version INTEGER NOT NULL       -- of the item when it was drawn
) STRICT;
"""

# To take or refuse a tie is an act too, so that it is signed and can be undone. SQLite cannot change a CHECK, so the table is written anew.
_TYING = """
DROP VIEW v_decisions;
CREATE TABLE decisions_4 (         -- append-only; `before` and `after` are the rows that the act changed, for undo
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items(id),
    act TEXT NOT NULL CHECK (act IN ('accept', 'reject', 'defer', 'reopen', 'fold', 'unfold', 'more', 'less', 'edit', 'tie', 'untie')),
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
INSERT INTO decisions_4 SELECT id, item, act, decided, curator, reason, decision, before, after, undone, undone_by, batch FROM decisions;
DROP TABLE decisions;
ALTER TABLE decisions_4 RENAME TO decisions;
CREATE INDEX decisions_item ON decisions(item, id);                                -- the last decision on an item
CREATE INDEX decisions_decided ON decisions(decided);                              -- tally()
CREATE INDEX decisions_steers ON decisions(item, id) WHERE act IN ('more', 'less');   -- steers()
CREATE INDEX decisions_curator ON decisions(curator, id);                          -- undo() of one's own, the last first; acts(), actors()
CREATE INDEX decisions_act ON decisions(act, id);                                  -- acts() of one sort
CREATE INDEX decisions_batch ON decisions(batch, id) WHERE batch IS NOT NULL;      -- undo() of many decided by one act
CREATE VIEW v_decisions AS
    SELECT d.id, d.item, i.title, d.act, d.curator, d.decided, d.reason, d.undone FROM decisions d JOIN items i ON i.id = d.item;
CREATE TRIGGER decisions_made AFTER INSERT ON decisions
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
CREATE TRIGGER decisions_back AFTER UPDATE OF undone ON decisions
    BEGIN DELETE FROM changes WHERE item = NEW.item; INSERT INTO changes (item) VALUES (NEW.item); END;
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m008_ties(db: Database) -> None:
    run(db, _TIES)
    run(db, _TYING)
