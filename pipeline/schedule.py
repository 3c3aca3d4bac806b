"""What is due, which source is silent, when the next edition comes. Reads no clock and no database: `now` and the states are arguments."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from pipeline.errors import ConfigError, Problem
from pipeline.model import DigestSettings, Health, Source, SourceState
from pipeline.text import counted

OFTEN, RARE = timedelta(minutes=15), timedelta(days=7)
"""A source that is asked by its own habit is asked no more and no less often than this."""
PATIENCE = 2
"""Failures in a row after which a source is asked less often."""
SELDOM = timedelta(days=7)
"""The longest pause between two tries of a source that fails; and the least silence that is worth a word."""
SILENT = 4
"""Usual gaps without anything new that make a source silent."""
HORIZON = 9 * 366
"""Days to look ahead for a cron line: 29 February is at most eight years away."""

SKEW = timedelta(minutes=5)
"""So much two clocks may differ."""
_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=32))  # short steps first: a cron line may be of every minute
JITTER = 0.1
"""Part of the pause between two surveys that may be added to it."""
MOVES = 3
"""Surveys that must have been sent on to one address for good before it counts as the source's own."""
_FEW_GAPS, _MANY_GAPS = 2, 5
_FIRST = datetime.min.replace(tzinfo=UTC)
"""Before all others: the turn of what was never asked."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def due(states: Iterable[SourceState], sources: Sequence[Source], now: datetime) -> tuple[Source, ...]:
    """Say which configured sources are to be asked now, those that waited longest first."""
    known = {state.id: state for state in states}
    waiting = [(moment, source) for source in sources if (moment := _asked(known.get(source.id), source, now)) is not None and moment <= now]
    return tuple(source for _, source in sorted(waiting, key=lambda pair: (pair[0], pair[1].id)))


def health(state: SourceState, source: Source, now: datetime) -> Health:
    """Say how a source does, and since when: paused, gone (its server says so), failing, alarm (it gives no longer what it gave), new (never read
    yet), silent (overdue by its own habit) or ok."""
    silent = _is_silent(state, now)
    alarm = " ".join(one for one in (state.alarm.sentence if state.alarm else "", state.drift or "") if one) or None
    words = (
        ("paused", state.paused, state.last_run),
        ("gone", state.gone, state.gone),
        ("failing", state.error and state.error != alarm, state.last_ok or state.since),
        ("alarm", alarm, state.alarm.since if state.alarm else state.last_new),
        ("new", state.last_ok is None, state.since),
        ("silent", silent, state.last_new),
    )
    word, since = next(((word, since) for word, holds, since in words if holds), ("ok", state.last_ok))
    return Health(
        source=source.id,
        state=word,
        since=since,
        error=state.error,
        next=None if (due := _next(state, source)) is None else now if due == _FIRST else due,
        usual_gap=state.usual_gap,
        silent=silent,
        last_new=state.last_new,
        alarm=alarm,
        moved_to=state.moved_to if state.moved_seen >= MOVES else None,
    )


def next_edition(settings: DigestSettings, zone: str, now: datetime) -> datetime:
    """Give the moment after `now` when an edition is due, in UTC. Raises `ConfigError` for a cron line that never comes true.

    A time that the clock skips in spring comes that much later; one that it shows twice in autumn counts the first time.
    """
    cron, place = _cron(settings.schedule), ZoneInfo(zone)
    day = now.astimezone(place).date()
    for _ in range(HORIZON):
        if cron.has_day(day):
            moments = [datetime.combine(day, one, place).astimezone(UTC) for one in cron.times()]
            if later := [moment for moment in moments if moment > now]:
                return min(later)
        day += timedelta(days=1)
    raise _wrong(settings.schedule, "names a day that never comes")


def last_edition(settings: DigestSettings, zone: str, now: datetime) -> datetime | None:
    """Give the last moment until `now` when an edition was due, in UTC; `None` where that is more than a month ago."""
    for back in _BACK:
        found, moment = None, next_edition(settings, zone, now - back)
        while moment <= now:
            found, moment = moment, next_edition(settings, zone, moment)
        if found:
            return found
    return None


def edition_id(moment: datetime, zone: str) -> str:
    """Name the edition of a moment: its month in the desk's zone, `2026-12`."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m}"


# ---------------------------------------------------------------- sources


def interval(source: Source, state: SourceState) -> timedelta:
    """Say how long to leave a source alone: half of its usual gap between new leads where that is known, else as configured."""
    if not source.adapt or not state.usual_gap:
        return source.every
    return min(max(state.usual_gap / 2, OFTEN), RARE)


def usual_gap(moments: Iterable[datetime]) -> timedelta | None:
    """Say how long the gap is in which a source usually is, from the moments of its last leads; `None` below three different ones.

    That is the median by time: half of the time passes in shorter gaps, half in longer. By number of gaps, five leads in one hour of each week
    would make an hour. The longest of many gaps is left out, since it is a holiday.
    """
    known = sorted(set(moments))
    gaps = sorted(later - earlier for earlier, later in pairwise(known))
    if len(gaps) < _FEW_GAPS:
        return None
    if len(gaps) >= _MANY_GAPS:
        gaps.pop()
    half, passed = sum(gaps, timedelta()) / 2, timedelta()
    for gap in gaps:
        passed += gap
        if passed >= half:
            break
    return gap


def told(health: Health, now: datetime) -> str:
    """Say in words what an operator must know of a source; empty where all is well."""
    said = [*dict.fromkeys((health.error or "", health.alarm or ""))]
    if health.state == "gone":
        said = [f"{health.error or 'It is gone.'} It is not asked any more; `gleanings sources resume {health.source}` asks again."]
    elif health.silent and (words := quiet(health, now)):
        said.append(f"Nothing new: {words}.")
    if health.moved_to:
        said.append(f"It has moved to {health.moved_to} for good.")
    return " ".join(one for one in said if one)


def quiet(health: Health, now: datetime) -> str:
    """Say for how long nothing new came, beside what is usual: "usual gap 3 days, now 19"; empty where neither is known."""
    if not health.usual_gap or not health.last_new:
        return ""
    usual, since = _length(health.usual_gap), _length(now - health.last_new)
    return f"usual gap {usual}, now {since.removesuffix(' days') if usual.endswith(('day', 'days')) else since}"


def _asked(state: SourceState | None, source: Source, now: datetime) -> datetime | None:
    """When a source is to be asked again. If its last run lies in what is now the future, the clock was wrong then, and it is asked at once."""
    moment = _next(state, source)
    if moment is not None and state is not None and state.last_run is not None and state.last_run > now + SKEW:
        return now
    return moment


def _next(state: SourceState | None, source: Source) -> datetime | None:
    """When a source is to be asked again; `None` while it is paused or gone."""
    if state is None:
        return _FIRST
    if state.paused or state.gone:
        return None
    if state.last_run is None or state.wanted:
        return _FIRST
    # A source that keeps failing is asked half as often each time, so that a dead server is not knocked at for ever.
    extra = min(max(state.failures - PATIENCE, 0), 16)
    every = interval(source, state)
    pause = min(every * (1 << extra), max(every, SELDOM))
    return max(state.last_run + min(pause * (1 + _jitter(state)), max(pause, RARE)), state.not_before or _FIRST)


def _jitter(state: SourceState) -> float:
    """Give a part of the pause to add, up to a tenth, so that sources added together are not asked together for ever. No lot is drawn: a source
    and its last run always give the same."""
    word = f"{state.id} {state.last_run}".encode()
    return JITTER * zlib.crc32(word) / 0xFFFF_FFFF


def _is_silent(state: SourceState, now: datetime) -> bool:
    """Whether nothing new came for much longer than usual."""
    if state.usual_gap is None or state.last_new is None:
        return False
    return now - state.last_new > max(SILENT * state.usual_gap, SELDOM)


def _length(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return counted(round(days), "day") if days >= 1 else counted(max(1, round(days * 24)), "hour")


# ---------------------------------------------------------------- cron lines


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the five: what it is called, from where to where it goes, and the names of its numbers from 1 on."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    def number(self, word: str) -> int:
        return self.names.index(word) + 1 if word in self.names else int(word)


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),  # 0 and 7 are Sunday
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cron:
    """A cron line as sets of numbers. Where day and weekday are both given either one will do, as crontab(5) says."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def has_day(self, day: date) -> bool:
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        either = in_month or in_week if not (self.any_day or self.any_weekday) else in_month and in_week
        return day.month in self.months and either

    def times(self) -> list[time]:
        return [time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes)]


def _cron(line: str) -> _Cron:
    words = line.split()
    if len(words) != len(_FIELDS):
        raise _wrong(line, f"has {len(words)} fields")
    minutes, hours, days, months, weekdays = (_numbers(line, word.lower(), field) for word, field in zip(words, _FIELDS, strict=True))
    return _Cron(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(number % 7 for number in weekdays),
        any_day=words[2].startswith("*"),
        any_weekday=words[4].startswith("*"),
    )


def _numbers(line: str, word: str, field: _Field) -> frozenset[int]:
    """Read one field: `*`, numbers or names, ranges, lists of them, each with a step where wanted (`*/15`, `1-5`, `mon,thu`)."""
    found: set[int] = set()
    for part in word.split(","):
        try:
            found.update(_range(part, field))
        except ValueError as error:
            raise _wrong(line, f'says "{part}" for the {field.name}, which goes from {field.least} to {field.most}') from error
    return frozenset(found)


def _range(part: str, field: _Field) -> range:
    whole, slash, step = part.partition("/")
    first, dash, last = whole.partition("-")
    start = field.least if whole == "*" else field.number(first)
    open_end = whole == "*" or slash  # 5/10 is every tenth from five on
    end = field.number(last) if dash else field.most if open_end else start
    if not field.least <= start <= end <= field.most:
        raise ValueError(part)
    return range(start, end + 1, max(int(step), 0) if slash else 1)  # a step of nothing is a ValueError too


def _wrong(line: str, what: str) -> ConfigError:
    remedy = "write minute, hour, day, month and weekday, for example 0 7 1 * * for the first of each month at seven"
    return ConfigError((Problem(file="sources.yaml", line=0, what=f'digest.schedule "{line}" {what}', remedy=remedy),))
