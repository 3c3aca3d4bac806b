"""What one asking of a link found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto


class Fate(Enum):
    """What one asking found. `NOTHING`: no such page, no such name; `CLOSED`: the server says that it is gone for good."""

    THERE = auto()
    NOTHING = auto()
    CLOSED = auto()
    TROUBLE = auto()
    UNASKED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one asking found, and where the link was sent on to for good. `met` is False where no server was met at all; `again` is after how long
    a second try may help."""

    fate: Fate
    moved_to: str = ""
    reason: str = ""
    etag: str | None = None
    last_modified: str | None = None
    met: bool = True
    again: timedelta | None = None
