"""Copies of the desk kept through the days: one each night, and of the older ones the last of each day, week and month.

A copy is a pair: the database, and beside it what people wrote. Which ones to keep is decided by their names alone, which say when they were made; so
it does not matter who copied the folder, or when.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.config import BackupSettings, Config, bundle
from pipeline.errors import StoreError
from pipeline.store import Store
from pipeline.store.copies import Copied

LATEST = "latest.db"
_NAME = re.compile(r"curated-(\d{8}T\d{6}Z)\.(?:db|settings\.zip)")
_STAMP = "%Y%m%dT%H%M%SZ"


def kept(moments: Iterable[datetime], settings: BackupSettings) -> frozenset[datetime]:
    """Say which copies stay: the newest, and the newest of each of the last days, weeks (ISO 8601) and months of which there is one.

    The rule is that of restic (`forget --keep-daily …`): days without a copy do not count, so that nothing goes only because time has passed.
    """
    newest_first = sorted(set(moments), reverse=True)
    periods: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (settings.daily, lambda one: one.date()),
        (settings.weekly, lambda one: one.isocalendar()[:2]),
        (settings.monthly, lambda one: (one.year, one.month)),
    )
    stay = set(newest_first[:1])
    for count, period in periods:
        newest_of: dict[object, datetime] = {}
        for one in newest_first:
            newest_of.setdefault(period(one), one)
        stay.update(list(newest_of.values())[:count])
    return frozenset(stay)


def backup(config: Config, store: Store, folder: Path, *, now: datetime) -> Copied:
    """Put a checked copy into a folder of copies, let `latest.db` and `latest.settings.zip` lead to it, and take away those that need not be kept.

    Raises `StoreError`; where the database could not be copied, no older copy is taken away.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy = store.backup(folder / f"curated-{now.astimezone(UTC):{_STAMP}}.db")
        _point(folder / LATEST, copy.path)
        _thin(folder, config, now=now)
        bundle.pack(config, bundle.beside(copy.path))
        _point(bundle.beside(folder / LATEST), bundle.beside(copy.path))
    except OSError as error:
        raise StoreError(f"{folder} cannot be written ({error.strerror}).", hint="Name a folder that you may write to: setting `backup`.") from error
    return copy


def _thin(folder: Path, config: Config, *, now: datetime) -> None:
    """Take away what need not be kept. A copy from what is now the future, because the clock was ahead, neither counts nor goes."""
    zone = ZoneInfo(config.desk.timezone)
    there = [(moment.astimezone(zone), path) for moment, path in _ours(folder) if moment <= now]
    stay = kept((moment for moment, path in there if path.suffix == ".db"), config.backup)
    for moment, path in there:
        if moment not in stay:
            path.unlink(missing_ok=True)


def nightly(config: Config, store: Store, *, now: datetime) -> Copied | None:
    """Make the copy of this day, by the desk's clock, where there is no whole pair yet and the settings want any. Raises `StoreError`."""
    wanted, zone = config.backup, ZoneInfo(config.desk.timezone)
    if not (wanted.daily or wanted.weekly or wanted.monthly):
        return None
    today, folder = now.astimezone(zone).date(), home(config)
    if any(moment.astimezone(zone).date() == today and bundle.beside(path).exists() for moment, path in copies(folder)):
        return None
    return backup(config, store, folder, now=now)


def home(config: Config) -> Path:
    """Give the folder of the nightly copies."""
    return config.folder / config.backup.folder


def copies(folder: Path) -> tuple[tuple[datetime, Path], ...]:
    """List the copies of the database in a folder with the moment when each was made, the newest first."""
    return tuple((moment, path) for moment, path in _ours(folder) if path.suffix == ".db")


def _ours(folder: Path) -> tuple[tuple[datetime, Path], ...]:
    """List the files of copies with their moments, the newest first. Other files are none of ours."""
    try:
        there = [(path, _NAME.fullmatch(path.name)) for path in folder.iterdir()] if folder.exists() else []
    except OSError as error:
        raise StoreError(f"{folder} cannot be read ({error.strerror}).", hint="Name another folder: setting `backup`.") from error
    found = []
    for path, name in there:
        with suppress(ValueError):
            found += [(datetime.strptime(name[1], _STAMP).replace(tzinfo=UTC), path)] if name else []
    return tuple(sorted(found, reverse=True))


def _point(link: Path, copy: Path) -> None:
    """Let a name lead to a copy, in one step; where there are no symbolic links it is a second name of the file."""
    draft = link.with_name(f".{link.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        draft.unlink()
    try:
        draft.symlink_to(copy.name)
    except OSError:
        draft.hardlink_to(copy)
    draft.replace(link)
