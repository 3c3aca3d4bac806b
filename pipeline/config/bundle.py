"""What people wrote (settings, charter, questions, letters) as one zip file beside a copy of the database, and back out of it.

It holds no secret: those come from the environment. Nothing that is there is overwritten unless somebody says so, and then it is kept under another
name. The file may come from anywhere: names and sizes are held to what we write ourselves.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import charter, survey
from pipeline.errors import StoreError
from pipeline.files import write_whole

if TYPE_CHECKING:
    from pipeline.config import Config

ENDING = ".settings.zip"
MAIN = "sources.yaml"
BESIDE = (charter.FILE, survey.FILE)
_LETTERS = re.compile(r"digests/(?:19|20)\d\d-(?:0[1-9]|1[0-2])/(?:letter|essay)\.md")
_NAME = re.compile(r"(?!.{241})(?:[^/\\\0-\x1f.][^/\\\0-\x1f]*/){0,9}[^/\\\0-\x1f.][^/\\\0-\x1f]*(?<!\.db)")
"""A path below the folder, no part of it hidden, that leads to no database."""
_MOST, _LARGEST = 5_000, 20_000_000  # files; bytes of one
_DAY = (1980, 1, 1, 0, 0, 0)  # the same files are the same zip


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What became of the files: written where none was, or where somebody said so; those that are here otherwise and stayed; what was set aside."""

    written: tuple[Path, ...] = ()
    differing: tuple[Path, ...] = ()
    aside: tuple[Path, ...] = ()


def handwritten(config: Config) -> Iterator[tuple[str, Path]]:
    """List the files that people wrote and that are no part of the database: under which name each goes elsewhere, and where it lies. Files outside
    of the settings' folder are left out: they have no place elsewhere."""
    home = config.path.parent.resolve()
    yield MAIN, config.path
    for path in (*config.files, *(home / name for name in BESIDE)):
        if path.resolve() != config.path.resolve() and path.is_file() and path.resolve().is_relative_to(home):
            yield path.resolve().relative_to(home).as_posix(), path


def beside(copy: Path) -> Path:
    """Give the place of the file that belongs to a copy of the database."""
    return copy.with_name(f"{copy.stem}{ENDING}")


def pack(config: Config, target: Path) -> int:
    """Write what people wrote into one file, whole or not at all; how many files. Raises `StoreError` where that cannot be read or written."""
    part, files = target.with_name(f"{target.name}.part"), [*_packed(config)]
    if strange := next((name for name, _ in files if not _NAME.fullmatch(name)), None):
        raise StoreError(f"{strange} cannot be copied under this name.", hint="Give it one that begins with no dot, and name that in the settings.")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)  # letters that are not out yet are in it
        with part.open("wb") as file:
            with zipfile.ZipFile(file, "w") as made:
                for name, path in files:
                    made.writestr(zipfile.ZipInfo(name, _DAY), path.read_bytes(), zipfile.ZIP_DEFLATED)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        where = error.filename or target
        raise StoreError(f"The settings cannot be copied to {target}: {where}: {error.strerror}.", hint="Mend its rights, or make room.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return len(files)


def _packed(config: Config) -> Iterator[tuple[str, Path]]:
    yield from ((name, path) for name, path in handwritten(config) if path.is_file())
    for path in sorted(config.digests.glob("*/*.md")):
        name = path.relative_to(config.digests.parent).as_posix()
        if _LETTERS.fullmatch(name) and path.is_file():
            yield name, path


def names(path: Path) -> tuple[str, ...]:
    """List what a file holds. Raises `StoreError` where it is none of ours."""
    return tuple(name for name, _ in _read(path))


def unpack(path: Path, main: Path, folder: Path, *, overwrite: bool, now: datetime) -> Unpacked:
    """Put the files of a copy beside the settings `main`, letters into the desk's folder. What is there stays, or with `overwrite` is kept under
    another name.

    Raises `StoreError` where the file is none of ours, or a place cannot be written.
    """
    written, differing, aside = list[Path](), list[Path](), list[Path]()
    for name, body in _read(path):
        target = main if name == MAIN else (folder if _LETTERS.fullmatch(name) else main.parent) / name
        try:
            if target.exists() and target.read_bytes() == body:
                continue
            if target.exists() and not overwrite:
                differing.append(target)
                continue
            if target.exists():
                aside.append(_set_aside(target, now))
            _put(target, body)
        except OSError as error:
            raise StoreError(f"{target} cannot be written ({error.strerror}).", hint="Mend the rights of its folder, then try again.") from error
        written.append(target)
    return Unpacked(written=tuple(written), differing=tuple(differing), aside=tuple(aside))


def _read(path: Path) -> list[tuple[str, bytes]]:
    """Read all files, each within bounds, before any of them is used."""
    try:
        with zipfile.ZipFile(path) as opened:
            there = opened.infolist()
            if len(there) > _MOST:
                raise StoreError(f"{path.name} holds more than {_MOST:,} files.", hint="Take a copy that `gleanings backup` wrote.")
            for one in there:
                if not _NAME.fullmatch(one.filename) or one.file_size > _LARGEST:
                    raise StoreError(f"{path.name} holds {one.filename!r}, which no desk wrote.", hint="Take a copy that `gleanings backup` wrote.")
            return [(one.filename, _bounded(opened, one)) for one in there]
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError, zlib.error) as error:
        raise StoreError(f"{path} cannot be read as a copy of settings ({error}).", hint="Take another copy; this one is of no use.") from error


def _bounded(opened: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    with opened.open(one) as file:
        body = file.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        raise StoreError(f"{one.filename} is larger than it says.", hint="Take a copy that `gleanings backup` wrote.")
    return body


def _set_aside(path: Path, now: datetime) -> Path:
    aside = path.with_name(f"{path.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    path.rename(aside)
    return aside


def _put(path: Path, body: bytes) -> None:
    """Write a file, and give it and its new folders to whom the folder belongs: the service must be able to use what root restored."""
    new = [one for one in (path, *path.parents) if not one.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, [body])
    owner = new[-1].parent.stat()
    for one in new:
        with suppress(PermissionError):
            os.chown(one, owner.st_uid, owner.st_gid)
