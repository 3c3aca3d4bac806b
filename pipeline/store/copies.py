"""Whole copies of a database file, made while others use it, and checked. Knows SQLite, and no table but by its name.

A copy is written beside its place, looked through, brought to the disk, and only then put in its place: whoever finds one finds a good one.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import StoreError

OURS = 0x476C6561  # "Glea": https://www.sqlite.org/pragma.html#pragma_application_id
DAMAGED = "Nothing was replaced; check the disk, then try again."
_GROWING = ("items", "decisions", "editions", "revisions")
"""Tables that lose no row by anybody's daily work, so that they can be compared while others write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy that was found whole: rows by table, the number of its newest schema change."""

    path: Path
    bytes: int
    schema: int
    rows: Mapping[str, int]


def write(db: sqlite3.Connection, target: Path) -> Copied:
    """Copy a database to `target`, check the copy, and put it in place.

    Raises `StoreError` where the copy cannot be written or is not whole; what stood at `target` is there still then.
    """
    if target.exists() and not target.is_file():
        raise StoreError(f"{target} is no file.", hint="Name a file for the copy.")
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        before, then = rows(db), _version(db)
        db.execute("VACUUM INTO ?", (str(part),))
        found = check(part)
        _compare(found.rows, before, rows(db), is_quiet=then == _version(db))
        part.chmod(0o600)  # addresses of readers are in it
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{target} cannot be written ({error}).", hint="Name a file in a folder that you may write to, with room for it.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return Copied(path=target, bytes=found.bytes, schema=found.schema, rows=found.rows)


def check(path: Path) -> Copied:
    """Look through a copy: is it ours, whole, and does each row have what it refers to? Changes nothing. Raises `StoreError`, with the fault."""
    try:
        with reading(path) as db:
            if db.execute("PRAGMA application_id").fetchone()[0] != OURS:
                raise StoreError(f"{path} is a database, but none of Gleanings.", hint="Name another file; this one was not touched.")
            examine(db, f"The copy {path}")
            schema = int(db.execute("PRAGMA user_version").fetchone()[0])
            return Copied(path=path, bytes=path.stat().st_size, schema=schema, rows=rows(db))
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} cannot be read as a database ({error}).", hint="Name another copy; this one is of no use.") from error


def examine(db: sqlite3.Connection, name: str) -> None:
    """Have SQLite look through every page, index and reference. Raises `StoreError`, in which `name` is what is examined."""
    fault = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if fault != "ok":
        raise StoreError(f"{name} is damaged: {fault}.", hint=DAMAGED)
    stray = db.execute("PRAGMA foreign_key_check").fetchone()
    if stray is not None:
        raise StoreError(f"{name} is damaged: a row of {stray[0]} refers to one of {stray[2]} that is not there.", hint=DAMAGED)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file for reading alone. One that nobody has open is not even locked, so that it may lie where nothing can be written."""
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as db:
        yield db


def rows(db: sqlite3.Connection) -> dict[str, int]:
    """Count the rows of each table."""
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    names = [str(row[0]) for row in db.execute(sql)]
    return {name: int(db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}  # noqa: S608 - names of our own schema


def _version(db: sqlite3.Connection) -> int:
    """A number that changes whenever another connection writes."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])


def _compare(copied: Mapping[str, int], before: Mapping[str, int], after: Mapping[str, int], *, is_quiet: bool) -> None:
    for name in before if is_quiet else _GROWING:
        least, most = before.get(name, 0), after.get(name, 0)
        if not least <= copied.get(name, 0) <= most:
            raise StoreError(f"The copy has {copied.get(name, 0)} rows of {name}, the database {most}.", hint=DAMAGED)


def _sync(path: Path) -> None:
    """Bring a file or the names in a folder to the disk: VACUUM INTO leaves that to us."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
