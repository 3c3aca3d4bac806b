"""A copy put in the place of a database, and what was there kept. Decides nothing about which copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import LockedError, StoreError
from pipeline.store import Store, copies, migration
from pipeline.store.connection import SCHEMA
from pipeline.store.lock import hold
from pipeline.store.people import LAST_NUMBER, Gone
from pipeline.store.staff import LAST, Doors

_LOCKS = ("serve", "harvest", "send", "notices")
"""Errands that are not to find another database in the middle of their work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded:
    """How many readers had left and were erased since; `is_known` says whether what gave way could be read."""

    left: int
    erased: int
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The copy that stands in the place of the database, where that went which stood there, `None` where there was none, and what that knew."""

    copy: copies.Copied
    before: Path | None
    heeded: Heeded


def found(path: Path) -> Path:
    """Find the copy that is meant: a file, the last one of a folder of copies, or a name without its ending. Raises `StoreError`."""
    for one in (path, path / "latest.db", Path(f"{path}.db")):
        if one.is_file():
            return one.resolve()
    raise StoreError(f"There is no copy {path}.", hint="Name a file that `gleanings backup` wrote, or its folder.")


def usable(path: Path) -> copies.Copied:
    """Look through a copy, and say whether this Gleanings can use it. Raises `StoreError`."""
    copy = copies.check(path)
    if copy.schema > SCHEMA:
        raise StoreError(
            f"{path.name} was written by a newer Gleanings (schema {copy.schema}, this one knows {SCHEMA}).",
            hint="Upgrade Gleanings, or name an older copy.",
        )
    return copy


def restore(path: Path, db: Path, *, now: datetime) -> Restored:
    """Put the copy at `path` in the place of the database `db`, and keep that under another name. Who left or was erased since the copy was made
    stays gone, and doors that were closed since stay closed: the copy knows of it before it takes the place.

    Raises `LockedError` where somebody is at work on it, `StoreError` for a copy that is no good or that cannot be written there; then all is as
    it was.
    """
    copy = usable(path)
    fresh = db.with_name(f"{db.name}.restoring")
    with ExitStack() as held:
        for name in _LOCKS:
            held.enter_context(hold(db, name, now=now))
        try:
            _clear(fresh)  # of one that was killed
            with copies.reading(path) as source:
                copies.write(source, fresh)
            heeded = _heeded(fresh, db, now=now)
            _give(fresh, db if db.exists() else db.parent)
            before = _set_aside(db, now) if db.exists() else None
            fresh.replace(db)
        except OSError as error:
            raise StoreError(f"{db} cannot be written ({error.strerror}).", hint="Make room, or mend the rights of the folder.") from error
        finally:
            with suppress(OSError):
                _clear(fresh)
    return Restored(copy=copy, before=before, heeded=heeded)


def _clear(fresh: Path) -> None:
    for one in (fresh, Path(f"{fresh}-wal"), Path(f"{fresh}-shm"), migration.kept(fresh)):
        one.unlink(missing_ok=True)


def _heeded(fresh: Path, db: Path, *, now: datetime) -> Heeded:
    """Read out of the database that gives way who left, who was erased and which doors were closed since the copy was made, and let that hold."""
    exists = db.exists()
    links, gone, doors = _said(db) if exists else (None, Gone(), Doors())
    with Store.open(fresh) as store:
        if links not in (None, store.secret("links")):  # another desk's file: it says nothing about ours
            gone, doors = Gone(last=0), Doors()
        left, erased = store.take_leave_of(gone, now=now)
        store.close_doors(doors)
    return Heeded(left=left, erased=erased, is_known=not exists or gone.last is not None)


def _said(path: Path) -> tuple[bytes | None, Gone, Doors]:
    """Read what a database says of those who went; nothing where it cannot be read."""
    try:
        with copies.reading(path) as db:
            keys = dict(db.execute("SELECT name, value FROM secrets"))
            left = db.execute("SELECT email_key, left_at FROM subscribers WHERE state = 'unsubscribed' AND left_at IS NOT NULL").fetchall()
            accounts = db.execute("SELECT id, name_key, role, sections, password, disabled FROM accounts").fetchall()
            gone = Gone(
                hashes_by=keys.get("forgotten"),
                last=db.execute(LAST_NUMBER).fetchone()[0],
                left={key: datetime.fromisoformat(at) for key, at in left},
                forgotten={one: (at, reason, number) for one, at, reason, number in db.execute("SELECT hash, at, reason, number FROM forgotten")},
            )
            doors = Doors(
                accounts={(number, key): tuple(stands) for number, key, *stands in accounts},
                revoked=dict(db.execute("SELECT hash, revoked FROM tokens WHERE revoked IS NOT NULL")),
                last=db.execute(LAST).fetchone(),
            )
            return keys.get("links"), gone, doors
    except (sqlite3.Error, OSError, ValueError):
        return None, Gone(), Doors()


def _set_aside(db: Path, now: datetime) -> Path:
    """Give the database a second name. It keeps the first until the copy takes it, so that there is a database at every moment."""
    aside = db.with_name(f"{db.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    _close(db)
    try:
        os.link(db, aside)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        shutil.copy2(db, aside)
    for ending in ("-wal", "-shm"):  # of a damaged one; what is left here would be read into the copy
        with suppress(FileNotFoundError):
            Path(f"{db}{ending}").replace(f"{aside}{ending}")
    return aside


def _give(fresh: Path, like: Path) -> None:
    """Let the new file belong to whom the old one or its folder belongs: the service must be able to write what root restored."""
    owner = like.stat()
    with suppress(PermissionError):
        os.chown(fresh, owner.st_uid, owner.st_gid)
    fresh.chmod(0o600 | (owner.st_mode & 0o660 if like.is_file() else 0))


def _close(db: Path) -> None:
    """Bring what waits beside the file into it. A damaged one stays as it is. Raises `LockedError` where another program has it open."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(db, timeout=2)) as last:
        try:
            last.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise LockedError(f"Another program has {db} open.", hint="End it, then try again.") from error
            raise
