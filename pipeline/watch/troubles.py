"""What counts as trouble. Facts in, sentences out: asks no clock, no disk and no database.

A sentence stays the same while nothing changes for whoever reads it: what merely grows (an age, a number of days) is left out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline import schedule
from pipeline.model import Errand, Health, Mailing, Trouble, TroubleKind
from pipeline.text import counted

NEARLY_FULL = 500_000_000
"""Bytes: with less than this free, somebody should make room this week."""
FULL = 150_000_000
"""Bytes: with less than this, harvesting pauses. What is left is for the desk, its backups and the next edition."""
FAILURES = 3
"""Failures in a row after which a source is failing for good; most mend themselves before."""
LOST = 0.05
"""Part of an edition's mails that may come back or be refused before it is trouble."""
FEW = 3
"""So many mails may be lost in any case."""
DEATHS = 2
"""Deaths of the harvesting child in a row."""
STALE = timedelta(days=3)
"""Age of the last backup."""
SETTLED = timedelta(hours=1)
"""So long after its start the service may take to make good what it missed while it was off."""
_GRACE = timedelta(minutes=10)
_PATIENCE = timedelta(hours=6)
_MORE = 1.2
"""So much more must be free before a disk that was nearly full is not."""


SINGLES = "single mails"
"""What the trouble of mails that are no edition is about: confirmations, answers, questions, invitations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How things are. `failures` counts in a row for each source; `singles` mails that are no edition and of which nobody knows
    whether they went out; `up` is how long the service runs, `None` where that is not known (it is another
    process); `was_full` that the disk is in trouble already; `backup` is when the last copy was made, `born` when the first source was taken over;
    `keeps` says that copies are wanted."""

    healths: tuple[Health, ...] = ()
    failures: dict[str, int]
    mails: tuple[Mailing, ...] = ()
    singles: int = 0
    errands: tuple[Errand, ...] = ()
    free: int | None = None
    was_full: bool = False
    up: timedelta | None = None
    deaths: int = 0
    death: str = ""
    keeps: bool = True
    backup: datetime | None = None
    born: datetime | None = None
    settings: str = ""


def troubles(facts: Facts, *, now: datetime) -> tuple[Trouble, ...]:
    """Name what is wrong, one for each kind and subject."""
    return (*_sources(facts, now), *_mails(facts), *_errands(facts, now), *_machine(facts), *_backup(facts, now))


def overdue(errand: Errand, now: datetime) -> bool:
    """Say whether an errand should have been done again long ago. One that was begun in what is now the future (the clock went back) is not."""
    return now - (errand.done or errand.begun) > 2 * errand.every + _GRACE


def _sources(facts: Facts, now: datetime) -> Iterator[Trouble]:
    for health in facts.healths:
        kind = _kind(health, facts.failures.get(health.source, 0))
        if kind is None:
            continue
        if kind is TroubleKind.SILENT:
            since = health.last_new.date().isoformat() if health.last_new else "long ago"
            said = f"Nothing new since {since}, which is much longer than usual. Look whether it moved: `gleanings sources repair {health.source}`."
        else:
            said = schedule.told(health, now)
        yield Trouble(kind=kind, about=health.source, sentence=said)


def _kind(health: Health, failures: int) -> TroubleKind | None:
    match health.state:
        case "silent":
            return TroubleKind.SILENT
        case "gone":
            return TroubleKind.FAILING
        case "failing" if failures >= FAILURES:
            return TroubleKind.FAILING
        case "alarm":
            return TroubleKind.DRIFT
    return None


def _mails(facts: Facts) -> Iterator[Trouble]:
    for one in facts.mails:
        said = []
        if one.uncertain:
            said.append(f"Of {counted(one.uncertain, 'mail')} nobody knows whether the server took it: `gleanings outbox {one.edition}`.")
        if one.failed > max(FEW, LOST * one.all):
            said.append(f"Many mails were refused or came back: `gleanings outbox {one.edition}`.")
        if one.paused:
            said.append(f"Its sending is paused: `gleanings send {one.edition} --resume` goes on.")
        if said:
            yield Trouble(kind=TroubleKind.DELIVERY, about=one.edition, sentence=" ".join(said))
    if facts.singles:
        told = f"Of {counted(facts.singles, 'mail')} nobody knows whether the server took it: `gleanings outbox --singles`."
        yield Trouble(kind=TroubleKind.DELIVERY, about=SINGLES, sentence=told)


def _errands(facts: Facts, now: datetime) -> Iterator[Trouble]:
    is_settled = facts.up is None or facts.up > SETTLED
    for one in facts.errands:
        if _goes_wrong(one, now):
            yield Trouble(kind=TroubleKind.OVERDUE, about=one.name, sentence=f"It went wrong the last time: {one.failed}")
        elif is_settled and overdue(one, now):
            last = f"was last done on {one.done:%Y-%m-%d %H:%M} UTC" if one.done else "was never done to its end"
            yield Trouble(kind=TroubleKind.OVERDUE, about=one.name, sentence=f"It {last}. Is `gleanings serve` running?")


def _goes_wrong(errand: Errand, now: datetime) -> bool:
    """Say whether an errand failed, and not for the first time where it comes round often: a server may be away for an hour."""
    return errand.failed is not None and (errand.done is None or now - errand.done > min(2 * errand.every, _PATIENCE))


def _machine(facts: Facts) -> Iterator[Trouble]:
    if facts.free is not None and facts.free < NEARLY_FULL * (_MORE if facts.was_full else 1):
        paused = " Harvesting pauses; review and reading go on." if facts.free < FULL else ""
        yield Trouble(kind=TroubleKind.DISK, sentence=f"The disk is nearly full.{paused} `gleanings prune --dry-run` says what can go.")
    if facts.deaths >= DEATHS:
        yield Trouble(kind=TroubleKind.CHILD, sentence=f"The harvest ended badly more than once in a row ({facts.death}). The log says why.")
    if facts.settings:
        yield Trouble(kind=TroubleKind.SETTINGS, sentence=facts.settings)


def _backup(facts: Facts, now: datetime) -> Iterator[Trouble]:
    """Of a young desk no backup is missed yet."""
    last = facts.backup or facts.born
    if facts.keeps and last is not None and now - last > STALE:
        found = f"The last backup is of {facts.backup:%Y-%m-%d}." if facts.backup else "There is no backup."
        yield Trouble(kind=TroubleKind.BACKUP, sentence=f"{found} `gleanings backup` makes one.")
