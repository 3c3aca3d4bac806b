"""The index of dedupe made small, and made anew from the fingerprints that are stored. After the tables of `schema_ties.py`."""

from __future__ import annotations

from sqlite_utils import Database

from pipeline.store.hashes import teach
from pipeline.store.reindex import anew
from pipeline.store.schema import run
from pipeline.store.schema_ties import changes

__all__ = ["changes"]

_TABLES = """
ALTER TABLE identities RENAME TO identities_1;
CREATE TABLE identities (          -- dedupe: hash of a name that only the same thing has, of 63 bits; serves neighbours(), propose_ties() and find()
    hash INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES items(id),
    PRIMARY KEY (hash, item)
) STRICT, WITHOUT ROWID;
INSERT INTO identities SELECT key_hash(key), item FROM identities_1 ORDER BY 1, 2;
DROP TABLE identities_1;
DROP INDEX items_title;
CREATE TABLE titles (              -- dedupe: hash of the words of a title, as a signed 32-bit number; serves neighbours() and propose_ties()
    hash INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES items(id),
    PRIMARY KEY (hash, item)
) STRICT, WITHOUT ROWID;
DROP TABLE shingles;
CREATE TABLE shingles (            -- dedupe: hash of a word sequence, as a signed 32-bit number; serves neighbours()
    hash INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES items(id),
    PRIMARY KEY (hash, item)
) STRICT, WITHOUT ROWID;
INSERT INTO search(search, rank) VALUES ('automerge', 16);   -- parts of the search index are joined later: half the cost of an item
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m009_keys(db: Database) -> None:
    teach(db.conn)
    run(db, _TABLES)
    anew(db.conn)
