"""One connection to one file: opening it, transactions, and what SQLite's complaints mean to a person. Knows no table.

A `Store` may be used by several threads: a re-entrant lock makes each read and each transaction one step. Several processes may open the same file.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.errors import StoreError
from pipeline.store import copies
from pipeline.store.copies import OURS, Copied

SCHEMA = 13
"""Number of the newest change, said here so that an up-to-date file opens without loading the migrations."""

WAIT = 30.0  # seconds to wait for another writer
PATIENT = 300.0  # of one of several long errands that write at once: SQLite lets them in by chance, not in turn

_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32000",
    "PRAGMA secure_delete = FAST",  # some builds of SQLite overwrite every page that falls free: a third of what storing an item takes
    "PRAGMA synchronous = NORMAL",  # in WAL safe against a killed process; the outbox asks for more
    "PRAGMA wal_autocheckpoint = 4000",  # pages, 16 MB: the pages of the indexes are written again and again, and copied back once
)

Row = sqlite3.Row
Value = None | int | float | str | bytes


def stamp(moment: datetime) -> str:
    """Write a moment as all tables do: UTC, always with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str | None) -> datetime | None:
    """Read a moment back."""
    return datetime.fromisoformat(text) if text else None


class Connection:
    """What the subjects of the store stand on: rows, changes, transactions."""

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        self._lock = threading.RLock()
        self._depth = 0
        self._wait = WAIT
        self._late: list[tuple[str, Sequence[Value]]] = []
        with self._answering():
            self._db = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None, check_same_thread=False, cached_statements=256)
        try:
            with self._answering():
                self._prepare()
        except BaseException:
            self._db.close()
            raise
        self._file = _file(self.path)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open the database at `path` (`":memory:"` for one that nobody keeps), making it or bringing it up to date where needed.

        Raises `StoreError` for a newer schema, a folder that cannot be written, a full disk, a file that is no database of ours.
        """
        if str(path) != ":memory:" and not Path(path).parent.is_dir():
            raise StoreError(f"There is no folder {Path(path).parent}.", hint="Make it first, or name another with --dir or --db.")
        return cls(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. A second time does nothing."""
        with self._lock:
            self._db.close()

    @property
    def schema_version(self) -> int:
        """Number of the newest change that this file has seen."""
        return int(self._rows("PRAGMA user_version")[0][0])

    @property
    def is_current(self) -> bool:
        """Whether the file that stands under its name is still the one that was opened, and of our schema: another may be put in its place."""
        return _file(self.path) == self._file and self.schema_version == SCHEMA

    def hold_little(self) -> None:
        """Keep 4 MB of the file in memory instead of 32: for one of several connections that stay open."""
        self._execute("PRAGMA cache_size = -4000", ())

    def be_patient(self) -> None:
        """Wait five minutes for other writers instead of half a minute: for a long errand, beside which others may run."""
        self._wait = PATIENT
        self._execute(f"PRAGMA busy_timeout = {int(PATIENT * 1000)}", ())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything in the block or nothing of it. Inside another one it is a part that can fail by itself."""
        with self._lock, self._answering():
            name, waiting = f"part_{self._depth}", len(self._late)
            self._db.execute(f"SAVEPOINT {name}" if self._depth else "BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    for sql, values in self._late:
                        self._execute(sql, values)
                    self._late.clear()
                self._db.execute(f"RELEASE {name}" if self._depth > 1 else "COMMIT")
            except BaseException:
                del self._late[waiting:]
                self._back(name)
                raise
            finally:
                self._depth -= 1

    def backup(self, path: Path | str) -> Copied:
        """Copy the database to `path` while others use it, check the copy, and only then put it in place."""
        target = Path(path)
        if self.path != ":memory:" and target.resolve() == Path(self.path).resolve():
            raise StoreError(f"{path} is the database itself.", hint="Name another file for the copy.")
        with self._lock:
            return copies.write(self._db, target)

    # ------------------------------------------------------------ for the subjects

    def _rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        with self._lock, self._answering():
            return self._execute(sql, values).fetchall()

    def _row(self, sql: str, values: Sequence[Value] = ()) -> Row | None:
        rows = self._rows(sql, values)
        return rows[0] if rows else None

    def _change(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Execute one statement that writes; gives back how many rows it changed."""
        with self._lock, self._answering():
            return self._execute(sql, values).rowcount

    def _insert(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Execute one INSERT; gives back the number of the new row."""
        with self._lock, self._answering():
            return int(self._execute(sql, values).lastrowid or 0)

    def _later(self, sql: str, values: Sequence[Value]) -> None:
        """Execute a statement of a transaction at its end. FTS5 writes out what it holds whenever another statement begins; together it is cheap."""
        self._late.append((sql, values))

    def _execute(self, sql: str, values: Sequence[Value]) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, values)
        except UnicodeEncodeError:  # a hostile page can hold half a surrogate pair, which no UTF-8 can
            whole = [one.encode("utf-8", "ignore").decode() if isinstance(one, str) else one for one in values]
            return self._db.execute(sql, whole)

    # ------------------------------------------------------------ opening

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            self._db.execute(pragma)
        self._db.execute(f"PRAGMA busy_timeout = {int(WAIT * 1000)}")
        self._refuse_strangers()
        if self.path != ":memory:":
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA journal_size_limit = 67108864")
        if self.schema_version < SCHEMA:
            self._db.execute("PRAGMA temp_store = FILE")  # large indexes are sorted on the way; within a transaction this cannot be said
            self._migrate()
            self._db.execute("PRAGMA temp_store = MEMORY")

    def _refuse_strangers(self) -> None:
        version = self.schema_version
        if version > SCHEMA:
            raise StoreError(
                f"{Path(self.path).name} was written by a newer Gleanings (schema {version}, this one knows {SCHEMA}).",
                hint=f"Upgrade Gleanings, or restore a backup that was made before the upgrade{_named(_before_upgrade(self.path))}.",
            )
        # In this order: another process may be making the file at this moment, and it sets both in one transaction.
        has_tables = self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
        if has_tables and self._db.execute("PRAGMA application_id").fetchone()[0] != OURS:
            raise StoreError(f"{self.path} is a database, but none of Gleanings.", hint="Name another file with --db; this one was not touched.")

    def _migrate(self) -> None:
        # Here and not above: an up-to-date file must open in a few milliseconds, and sqlite_utils takes 200 to load.
        from pipeline.store import migration

        with self.transaction():  # of two processes that open an old file at once, one waits here and finds nothing left to do
            version = self.schema_version
            if version >= SCHEMA:
                return
            if version:
                migration.rehearse(Path(self.path))
            self._db.row_factory = None
            migration.apply(self._db)
            self._db.row_factory = sqlite3.Row

    # ------------------------------------------------------------ failing

    def _back(self, name: str) -> None:
        """Undo one level. A full disk may have ended the whole transaction already, and then there is nothing left to undo."""
        if not self._db.in_transaction:
            return
        if self._depth > 1:
            self._db.execute(f"ROLLBACK TO {name}")
            self._db.execute(f"RELEASE {name}")
        else:
            self._db.execute("ROLLBACK")

    def _answering(self) -> _Answering:
        return _Answering(self.path, self._wait)


class _Answering:
    """Turns what the disk or another process did to us into a sentence. What is our own mistake passes as it is. It stands around every statement,
    so it is a class: a generator costs several times as much."""

    __slots__ = ("_path", "_wait")

    def __init__(self, path: str, wait: float) -> None:
        self._path = path
        self._wait = wait

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, sqlite3.Error) and (answer := _answer(error, self._path, self._wait)):
            raise answer from error


def _file(path: str) -> tuple[int, int]:
    """Say which file stands under a name; zeros for none."""
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def before_schema(path: Path, schema: int) -> Path:
    """Name the copy that is kept when a database is brought to a newer schema."""
    return path.with_name(f"{path.name}.before-schema-{schema}")


def _before_upgrade(path: str) -> Path | None:
    """Find the copy that was kept when this file was brought to a schema that we do not know."""
    return next((one for number in range(SCHEMA + 1, SCHEMA + 50) if (one := before_schema(Path(path), number)).is_file()), None)


def _last_copy(path: str) -> Path | None:
    """Find the last nightly copy, where they are kept beside the database, or the one that was kept at the last upgrade."""
    known = (Path(path).parent / "backups" / "latest.db", before_schema(Path(path), SCHEMA))
    return next((one for one in known if one.is_file()), None)


def _named(copy: Path | None) -> str:
    return f": `gleanings restore {copy}`" if copy else ""


def _answer(error: sqlite3.Error, path: str, wait: float = WAIT) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code: https://www.sqlite.org/rescode.html
    name = Path(path).name
    again, copy = "Nothing of this step was stored; what was stored before is safe.", _named(_last_copy(path))
    match code:
        case sqlite3.SQLITE_FULL:
            return StoreError(f"The disk is full: {name} cannot grow.", hint=f"{again} Free some space, then give the same command again.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StoreError(f"{path} cannot be written.", hint=f"{again} Give this user the right to write the file and its folder.")
        case sqlite3.SQLITE_CANTOPEN:
            return StoreError(f"{path} cannot be opened.", hint="Check that it is a file, and that this user may write it and its folder.")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(f"{name} is busy: another process has been writing for {wait:.0f} seconds.", hint=f"{again} Try again in a moment.")
        case sqlite3.SQLITE_NOTADB:
            return StoreError(f"{path} is no database.", hint=f"Name another file with --db, or restore a backup{copy}; this file was not touched.")
        case sqlite3.SQLITE_CORRUPT:
            return StoreError(
                f"{path} is damaged.",
                hint=f"Restore a backup{copy}; the damaged file is kept, and much of it can be saved with `sqlite3 … .recover`.",
            )
        case sqlite3.SQLITE_IOERR:
            return StoreError(f"The disk failed while {name} was used ({error}).", hint=f"{again} Check the disk.")
    return None
