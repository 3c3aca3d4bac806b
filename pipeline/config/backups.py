"""The section of the file that says where copies of the database are kept, and how many."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import values
from pipeline.config.section import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """Where the nightly copies go, as seen from the desk's folder, and for how many days, weeks and months the last of each is kept. All three
    nought: there are none."""

    folder: str = "backups"
    daily: int = 7
    weekly: int = 4
    monthly: int = 12


def backup(section: Section) -> BackupSettings:
    """Read where and how many."""
    known = BackupSettings()
    made = BackupSettings(
        folder=section.take("folder", values.line, known.folder),
        daily=section.take("daily", values.number(0, 366), known.daily),
        weekly=section.take("weekly", values.number(0, 520), known.weekly),
        monthly=section.take("monthly", values.number(0, 1200), known.monthly),
    )
    section.close()
    return made
