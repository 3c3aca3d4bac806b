"""By which rules of dedupe the stored items are known. After the change of `schema_search.py`."""

from __future__ import annotations

from sqlite_utils import Database

from pipeline.store.schema import run
from pipeline.store.schema_search import changes

__all__ = ["changes"]

_TABLE = """
CREATE TABLE rules (               -- dedupe: how far the items of an earlier version were looked at again; there is one row or none; serves refold()
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,      -- dedupe.RULES
    upto INTEGER NOT NULL,         -- the last item that was looked at
    until INTEGER NOT NULL         -- the last item when that began: what came later is known by these rules
) STRICT;
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m012_rules(db: Database) -> None:
    run(db, _TABLE)
