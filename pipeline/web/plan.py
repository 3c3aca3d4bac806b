"""What a curator is told about her time: how far the minutes that she has reach, how far she is, and when she may stop. Words only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.model import Decision, Lane, Outlook, Verdict
from pipeline.text import counted

LONGEST = 600
"""Minutes that a sitting can have."""
_AUDIT = 10
_WANTED = 95
_DECIDING = (Verdict.ACCEPT, Verdict.REJECT, Verdict.DEFER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """The minutes that a curator said she has, since when, and what she did in them."""

    minutes: int
    began: datetime
    now: datetime
    decided: int
    kept: int

    @property
    def ends(self) -> datetime:
        """When the minutes are over."""
        return self.began + timedelta(minutes=self.minutes)

    @property
    def left(self) -> int:
        """Whole minutes that are left, rounded up."""
        return max(0, -((self.now - self.ends) // timedelta(minutes=1)))


@dataclass(frozen=True, slots=True)
class Stop:
    """Whether the curator may stop, and the sentence that says so or what is missing before it can be said."""

    may: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the person at the desk decides: items a minute, and how many minutes what waits takes at that."""

    per_minute: float
    minutes: int


def pace(outlook: Outlook, waiting: int) -> Pace | None:
    """Give the pace; `None` until ten decisions tell it."""
    if not outlook.pace:
        return None
    return Pace(per_minute=round(60 / outlook.pace, 1), minutes=max(1, round(waiting * outlook.pace / 60)) if waiting else 0)


def midnights(today: date, zone: ZoneInfo) -> Iterator[datetime]:
    """Give where days begin in this zone: tomorrow's midnight, today's, and so on back through one year."""
    for back in range(-1, 366):
        yield datetime.combine(today - timedelta(days=back), time.min, tzinfo=zone)


def closing(one: Sitting) -> str:
    """Say what was done in a sitting that is over: \"54 decisions, 26 s each, 9 kept\"."""
    took = min(one.now - one.began, timedelta(minutes=one.minutes))
    each = f", {round(took.total_seconds() / one.decided)} s each" if one.decided else ""
    return f"{counted(one.decided, 'decision')}{each}, {one.kept} kept"


def minutes_of(text: str) -> int:
    """Read the minutes from an address; 0 where none are given."""
    return min(int(text), LONGEST) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def sitting(minutes: int, began: str, *, decisions: Sequence[Decision], now: datetime) -> Sitting | None:
    """Say how far a sitting is. `began` is in whole seconds since 1970; one that is over for longer than it lasted is forgotten."""
    if not minutes or not (began.isascii() and began.isdecimal() and len(began) < 12):
        return None
    since = datetime.fromtimestamp(int(began), UTC)
    if not since <= now + timedelta(seconds=1) <= since + timedelta(minutes=2 * minutes):
        return None
    last = {one.item: one.verdict for one in reversed(decisions) if one.decided >= since and one.verdict in _DECIDING}
    return Sitting(minutes=minutes, began=since, now=now, decided=len(last), kept=sum(one is Verdict.ACCEPT for one in last.values()))


def forecast(one: Sitting, outlook: Outlook) -> str:
    """Say how many items the minutes that are left hold, and how many keepers to expect among them."""
    if not one.left:
        return f"Time is up: {closing(one)}."
    if outlook.pace is None:
        return f"{one.left} min. How many items that is can be said after ten decisions."
    said = f"{one.left} min = about {counted(outlook.fits, 'item')} at your pace."
    if outlook.expected is None or outlook.expected_all is None:
        return f"{said} How many keepers are in them can be said after five kept and five rejected."
    return f"{said} Expected keepers in them: {round(outlook.expected)} (of about {round(outlook.expected_all)})."


def stop(outlook: Outlook) -> Stop:
    """Say whether the curator may stop, or what is missing before that can be said."""
    if not outlook.waiting:
        return Stop(may=False, sentence="")
    found = None if outlook.recall is None else int(100 * outlook.recall)
    put_by = f"in the {outlook.unlikely} left"
    if outlook.may_stop and outlook.left is not None and outlook.unlikely == outlook.waiting:
        return Stop(may=True, sentence=f"You may stop: probably {_span(outlook.left)} {put_by} (95\u00a0%).")
    if outlook.may_stop:
        return Stop(may=True, sentence=f"You may stop: at least {found}\u00a0% of all keepers are found (95\u00a0% sure).")
    if outlook.left is not None and outlook.audited >= _AUDIT:
        behind = "" if found is None else f" At least {found}\u00a0% of all keepers are found so far; you may stop at {_WANTED}\u00a0%."
        return Stop(may=False, sentence=f"Probably {_span(outlook.left)} {put_by} as “Probably not” (95\u00a0%).{behind}")
    if outlook.unlikely:
        missing = max(1, min(_AUDIT - outlook.audited, outlook.unlikely))
        return Stop(may=False, sentence=f"When you may stop is known after {missing} more of the audit.")
    return Stop(may=False, sentence="When you may stop is known once some are put by as “Probably not”.")


def aside(lanes: dict[Lane, int], outlook: Outlook) -> str:
    """Say how much reading is spared by what is put by, at the curator's own pace."""
    spared = lanes[Lane.UNLIKELY] + lanes[Lane.SKIPPED]
    if not spared or outlook.pace is None:
        return ""
    minutes = max(1, round(spared * outlook.pace / 60))
    return f"{counted(spared, 'item')} put by unread: at your pace that is {_length(minutes)}."


def _span(bounds: tuple[int, int]) -> str:
    low, high = bounds
    return counted(high, "keeper") if low == high else f"{low}–{high} keepers"


def _length(minutes: int) -> str:
    return counted(minutes, "minute") if minutes < 120 else f"about {round(minutes / 60)} hours"
