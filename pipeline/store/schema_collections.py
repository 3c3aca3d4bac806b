"""What each living collection told last, and since when. After the change of `schema_rules.py`."""

from __future__ import annotations

from sqlite_utils import Database

from pipeline.store.schema import run
from pipeline.store.schema_rules import changes

__all__ = ["changes"]

_TABLE = """
CREATE TABLE collections (         -- living collections that were built: the days that stand on their pages; serves collection_told()
    id TEXT PRIMARY KEY,
    meaning TEXT NOT NULL,         -- SHA-256 of what it told when it was built last
    changed TEXT NOT NULL,         -- when it began to tell that
    first TEXT NOT NULL            -- the day on which it was built for the first time, in the desk's zone
) STRICT, WITHOUT ROWID;
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m013_collections(db: Database) -> None:
    run(db, _TABLE)
