"""How the index of the search joins its parts. After the tables of `schema_pictures.py`."""

from __future__ import annotations

from sqlite_utils import Database

from pipeline.store.schema import run
from pipeline.store.schema_pictures import changes

__all__ = ["changes"]

# https://www.sqlite.org/fts5.html#the_merge_command: `Search._index` joins parts now and then, some thousand pages at a time. What FTS5 does unasked
# joins all parts of a size as soon as there are so many of them, for seconds at a million items, within the storing of one.
_JOINING = """
INSERT INTO search(search, rank) VALUES ('automerge', 0);
INSERT INTO search(search, rank) VALUES ('usermerge', 16);
INSERT INTO search(search, rank) VALUES ('crisismerge', 64);
"""


@changes()  # type: ignore[untyped-decorator]  # sqlite_utils is not checked
def m011_search(db: Database) -> None:
    run(db, _JOINING)
