"""On which days collections were last looked through, as the file says at this moment: a running desk need not be started anew for that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pipeline.config.document import DocumentError, Node, read
from pipeline.config.edit import change_collection


def reviewed_days(path: Path) -> Mapping[str, date] | None:
    """Read the day of review of each collection that has one; `None` where the file cannot be read at this moment."""
    try:
        document = read(path.read_text(encoding="utf-8-sig"), path.name, [])
    except (OSError, ValueError, DocumentError):
        return None
    plain = document.content.get("collections", Node(0)).plain() if isinstance(document.content, dict) else None
    found: dict[str, date] = {}
    for one in plain if isinstance(plain, list) else ():
        if isinstance(one, dict) and (day := _day(one.get("reviewed"))) is not None:
            found[str(one.get("id"))] = day
    return found


def mark_reviewed(path: Path, collection_id: str, day: date) -> None:
    """Write into the file that a collection was looked through on a day. Raises `ConfigError` as `change_source` does."""
    change_collection(path, collection_id, {"reviewed": day.isoformat()})


def _day(written: object) -> date | None:
    """Read a day; none where it is so far away that no span could be added to it."""
    try:
        day = date.fromisoformat(str(written))
    except ValueError:
        return None
    return day if 1900 < day.year < 3000 else None
