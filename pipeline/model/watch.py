"""What the desk knows about its own running: troubles, alerts about them, and errands that come round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class TroubleKind(StrEnum):
    """What can be wrong."""

    SILENT = "silent"
    FAILING = "failing"
    DRIFT = "drift"
    DELIVERY = "delivery"
    DISK = "disk"
    OVERDUE = "overdue"
    CHILD = "child"
    BACKUP = "backup"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong at this moment. `about` is a source, an edition or an errand; empty for the machine."""

    kind: TroubleKind
    sentence: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A trouble from its beginning to its end, and when each of the two was told."""

    id: int
    kind: TroubleKind
    about: str
    sentence: str
    since: datetime
    told: datetime | None = None
    over: datetime | None = None
    over_told: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something that the service does again and again. `failed` is the sentence where the last time went wrong; `done` when it last went well."""

    name: str
    every: timedelta
    begun: datetime
    done: datetime | None = None
    failed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """How the mails of one edition went. `paused` is since when its sending is."""

    edition: str
    uncertain: int = 0
    failed: int = 0
    all: int = 0
    paused: datetime | None = None
