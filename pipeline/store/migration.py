"""An older database brought up to date: kept as it was, tried on a copy, and only then changed, in one transaction.

Whatever happens on the way, a full disk or a killed process, the file is the old one or the new one.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from pipeline.errors import StoreError
from pipeline.store import copies
from pipeline.store.connection import SCHEMA, before_schema
from pipeline.store.copies import OURS
from pipeline.store.schema_collections import changes  # with all that came before it

_MADE_ANEW = re.compile(r"search(_|$)|shingles$|titles$|_sqlite_migrations$")
"""Tables whose rows a change may count otherwise: the indexes of the search and of dedupe, and the record of the changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A numbered change of the tables that a file has not seen, and its SQL."""

    name: str
    statements: tuple[str, ...]


def pending(path: Path) -> tuple[Change, ...]:
    """List the changes that the database at `path` has not seen, in order. Changes nothing. Raises `StoreError` for a file that is none of ours."""
    with copies.reading(path) as db:
        try:
            applied = {row[0] for row in db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'gleanings'")}
        except sqlite3.Error as error:
            raise StoreError(f"{path} is no database of Gleanings ({error}).", hint="Name another file with --db.") from error
    found: list[Change] = []
    with closing(sqlite3.connect(":memory:")) as bare:
        memory = Database(bare, execute_plugins=False)
        for change in changes.pending(memory):
            statements: list[str] = []
            with memory.tracer(lambda sql, _values, said=statements: said.append(sql.strip())):
                change.fn(memory)
            if change.name not in applied:
                found.append(Change(name=change.name, statements=tuple(statements)))
    return tuple(found)


def rehearse(path: Path) -> None:
    """Keep a copy of an older database beside it, and try the changes on another one. The caller keeps others from writing meanwhile.

    Raises `StoreError`; the database is as it was then.
    """
    trial = path.with_name(f"{path.name}.migrating")
    try:
        with closing(sqlite3.connect(path)) as db:
            before = copies.write(db, kept(path))
        shutil.copyfile(before.path, trial)
        with closing(sqlite3.connect(trial, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")  # nobody needs this copy if it fails
            db.execute("BEGIN")
            apply(db)
            db.execute("COMMIT")
            copies.examine(db, f"{path.name}, brought up to date on a copy,")
            _compare(before, copies.rows(db))
    except OSError as error:
        raise StoreError(
            f"{trial} cannot be written ({error.strerror}).", hint=f"Make room for two copies of {path.name}, then try again."
        ) from error
    finally:
        with suppress(OSError):
            trial.unlink(missing_ok=True)


def apply(db: sqlite3.Connection) -> None:
    """Apply what is missing, within the caller's transaction."""
    changes.apply(Database(db, execute_plugins=False))
    db.execute(f"PRAGMA application_id = {OURS}")
    db.execute(f"PRAGMA user_version = {SCHEMA}")


def _compare(before: copies.Copied, after: dict[str, int]) -> None:
    for name, count in before.rows.items():
        if not _MADE_ANEW.match(name) and after.get(name) != count:
            raise StoreError(
                f"Brought up to date on a copy, {name} has {after.get(name, 0)} rows instead of {count}.",
                hint=f"The database is as it was, and {before.path} is a copy of it. Please report this.",
            )


def kept(path: Path) -> Path:
    """Name the copy that is kept of a database before it is brought up to date."""
    return before_schema(path, SCHEMA)
