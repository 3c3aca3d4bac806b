"""Mails from where they lie: a Maildir, an mbox, a folder of `.eml`, one file, or a folder on an IMAP server. Only looks: nothing is ever
marked, moved or deleted.

A cursor says how far the last look came, so that a second one costs nothing. Mails come one at a time, because a mailbox does not fit into memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zlib import crc32

from pipeline.errors import RefusedError
from pipeline.fetch import imap
from pipeline.fetch.guard import Guard
from pipeline.model import Page

MAX_MAILS = 2_000
"""Mails of one look; the rest comes with the next."""
MAX_BYTES = 25_000_000
MEDIA_TYPE = "message/rfc822"

_FROM = b"From "
_MAILDIR = ("new", "cur")
_TICK = 2_000_000_000
"""Nanoseconds. What arrived as late as the last mail of the last look is known by its name: two files may bear the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Where mails lie, how far the last look came, and what is needed to get there. `place` is a path or an address of IMAP."""

    place: str
    cursor: str | None = None
    password: str = ""
    allow: tuple[str, ...] = ()
    limit: int = MAX_MAILS


def mails(look: Look, now: datetime) -> Iterator[tuple[Page, str]]:
    """Give each mail that came since the last look, the oldest first, with the cursor that holds after it. Raises `FetchError`."""
    if imap.is_imap(look.place):
        found = imap.mails(look.place, cursor=look.cursor, password=look.password, guard=Guard(look.allow), limit=look.limit, most=MAX_BYTES)
        for name, body, cursor in found:
            yield Page(url=name, body=body, fetched=now, media_type=MEDIA_TYPE), cursor
        return
    path = Path(look.place)
    try:
        found_here = _of_path(path, look)
        for where, body, cursor in found_here:
            yield Page(url=where.resolve().as_uri(), body=body, fetched=now, media_type=MEDIA_TYPE), cursor
    except OSError as error:
        raise RefusedError(
            f"{path} cannot be read: {error.strerror or error}.",
            url=str(path),
            hint="Give the path of a Maildir, an mbox, a folder of .eml, or one mail.",
        ) from error


def is_mailbox(path: Path) -> bool:
    """Say whether a path holds mails: a folder, one `.eml`, or an mbox by its first bytes."""
    if path.is_dir() or path.suffix.lower() in (".eml", ".mbox"):
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_FROM)) == _FROM
    except OSError:
        return False


def _of_path(path: Path, look: Look) -> Iterator[tuple[Path, bytes, str]]:
    if path.is_dir():
        yield from _of_files(_files(path), look)
    elif _begins(path) == _FROM:
        yield from _of_mbox(path, look)
    else:
        yield from _of_files([path], look)


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_FROM))


# ---------------------------------------------------------------- files


def _files(folder: Path) -> list[Path]:
    """The mails of a Maildir, else the `.eml` of a folder."""
    parts = [folder / name for name in _MAILDIR if (folder / name).is_dir()]
    if parts:
        return [path for part in parts for path in part.iterdir() if path.is_file() and not path.name.startswith(".")]
    return [path for path in folder.iterdir() if path.is_file() and path.suffix.lower() == ".eml"]


def _of_files(paths: Iterable[Path], look: Look) -> Iterator[tuple[Path, bytes, str]]:
    until, known = _cursor(look.cursor)
    arrived = sorted((_arrival(path), path.name, path) for path in paths)
    fresh = [one for one in arrived if one[0] > until - _TICK and _key(one[2]) not in known]
    seen: list[tuple[int, str]] = [(until, key) for key in known]
    for stamp, _, path in fresh[: look.limit]:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
        seen = [one for one in (*seen, (stamp, _key(path))) if one[0] > stamp - _TICK]
        if len(body) <= MAX_BYTES:
            yield path, body, json.dumps([stamp, [key for _, key in seen]])


def _arrival(path: Path) -> int:
    """When a file came to its place, in nanoseconds: a copy may keep the time of writing, but not that of the change of its entry."""
    stat = path.stat()
    return max(stat.st_mtime_ns, stat.st_ctime_ns)


def _key(path: Path) -> str:
    """A short name of a file: of a Maildir without the flags, which change when it is read."""
    return f"{crc32(path.name.partition(':2,')[0].encode('utf-8', 'surrogateescape')):08x}"


def _cursor(text: str | None) -> tuple[int, set[str]]:
    try:
        until, known = json.loads(text or "[0, []]")
        return int(until), {str(one) for one in known}
    except (ValueError, TypeError):
        return 0, set()


# ---------------------------------------------------------------- mbox


def _of_mbox(path: Path, look: Look) -> Iterator[tuple[Path, bytes, str]]:
    """The mails of an mbox from where the last look ended, unless the file is another one now (RFC 4155)."""
    with path.open("rb") as file:
        mark = f"{crc32(file.read(200)):08x}"
        said, _, offset = (look.cursor or "").partition(":")
        start = int(offset) if said == mark and offset.isdigit() and int(offset) <= path.stat().st_size else 0
        file.seek(start)
        count, lines, size, at, empty = 0, list[bytes](), 0, start, True
        for line in iter(lambda: file.readline(1_000_000), b""):
            if empty and line.startswith(_FROM) and lines:
                yield path, b"".join(lines), f"{mark}:{at}"
                count, lines, size = count + 1, [], 0
                if count >= look.limit:
                    return
            at += len(line)
            empty = not line.strip()
            if size <= MAX_BYTES and not (not lines and line.startswith(_FROM)):
                lines.append(line[1:] if line.startswith(b">From ") else line)
                size += len(line)
        if any(line.strip() for line in lines):
            yield path, b"".join(lines), f"{mark}:{at}"
