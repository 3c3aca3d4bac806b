"""The coming dates of an event that repeats (RFC 5545: RRULE, RDATE, EXDATE), within fixed bounds. Reads no clock.

A rule can be written so that it never comes true, and a reader that waits for its next date never returns. So days are counted one by one, from
a start within ten years of the present to a horizon of thirteen months; rules with parts that we do not follow give no dates rather than wrong ones.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from typing import Any

MAX_DATES = 12
HORIZON = timedelta(days=400)
BACK = timedelta(days=3660)

_FOLLOWED = frozenset(("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"))
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of recurrence. `weekdays` are pairs of week in the month (0 is every week, -1 the last) and day of the week (0 is Monday)."""

    every: str
    interval: int
    count: int
    until: datetime | None
    months: frozenset[int]
    monthdays: frozenset[int]
    weekdays: frozenset[tuple[int, int]]
    positions: frozenset[int]


def coming(event: Any, start: date, *, after: datetime, without: frozenset[datetime | date]) -> tuple[date, ...]:
    """List the next dates of an event after a moment, at most twelve; empty where it does not repeat, or not any more.

    `without` are the dates that were moved elsewhere. Times come back in the zone of `start`.
    """
    if "RRULE" not in event and "RDATE" not in event:
        return ()
    first, now = _clock(start, start), _clock(after, start)
    gone = {_clock(one, start) for one in (*without, *_listed(event.get("EXDATE")))}
    found = {first, *(_clock(one, start) for one in _listed(event.get("RDATE")))}
    rule = _rule(event.get("RRULE"), start)
    if rule is not None and first >= now - BACK:
        days = (datetime.combine(day, first.time()) for day in _days(rule, first.date(), (now + HORIZON).date()))
        found.update(one for one in islice(days, rule.count or None) if rule.until is None or one <= rule.until)
    kept = sorted(one for one in found if one >= now and one not in gone)
    return tuple(_like(one, start) for one in kept[:MAX_DATES])


def _rule(written: Any, start: date) -> _Rule | None:
    """Read a rule; `None` where there is none, or one that asks for more than we follow."""
    if not isinstance(written, Mapping) or not set(map(str.upper, written)) <= _FOLLOWED:
        return None
    every = str(next(iter(written.get("FREQ") or [""])))
    weekdays = [_BYDAY.fullmatch(str(one)) for one in written.get("BYDAY") or []]
    months = _numbers(written, "BYMONTH")
    by_year_week = every == "YEARLY" and weekdays and not months  # "the twentieth Monday of the year"
    if every not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY") or None in weekdays or by_year_week:
        return None
    until = next(iter(written.get("UNTIL") or [None]), None)
    end = _clock(until, start) if isinstance(until, date) else None
    return _Rule(
        every=every,
        interval=max(1, next(iter(_numbers(written, "INTERVAL")), 1)),
        count=max(0, next(iter(_numbers(written, "COUNT")), 0)),
        until=end.replace(hour=23, minute=59) if end is not None and not isinstance(until, datetime) else end,
        months=months,
        monthdays=_numbers(written, "BYMONTHDAY"),
        weekdays=frozenset((int(one[1] or 0), _WEEKDAYS.index(one[2])) for one in weekdays if one),
        positions=_numbers(written, "BYSETPOS"),
    )


def _numbers(written: Mapping[str, Any], key: str) -> frozenset[int]:
    return frozenset(one for one in written.get(key) or [] if isinstance(one, int))


def _days(rule: _Rule, start: date, end: date) -> Iterator[date]:
    """Give the days of a rule from its start on, in order."""
    span = (start + timedelta(days=number) for number in range(max(0, (end - start).days + 1)))
    days = (day for day in span if _is_turn(rule, start, day) and _fits(rule, start, day))
    if not rule.positions:
        yield from days
        return
    for _, group in groupby(days, key=lambda day: (day.year, day.month if rule.every == "MONTHLY" else 0)):
        held = list(group)
        yield from (day for at, day in enumerate(held) if at + 1 in rule.positions or at - len(held) in rule.positions)


def _is_turn(rule: _Rule, start: date, day: date) -> bool:
    """Say whether the rule's interval comes round in the week, month or year of this day."""
    match rule.every:
        case "DAILY":
            passed = (day - start).days
        case "WEEKLY":
            passed = ((day - timedelta(days=day.weekday())) - (start - timedelta(days=start.weekday()))).days // 7
        case "MONTHLY":
            passed = (day.year - start.year) * 12 + day.month - start.month
        case _:
            passed = day.year - start.year
    return passed % rule.interval == 0


def _fits(rule: _Rule, start: date, day: date) -> bool:
    """Say whether a day is one of those that a rule names; what it does not name is as on the first day."""
    last = monthrange(day.year, day.month)[1]
    months = rule.months or ({start.month} if rule.every == "YEARLY" else ())
    if months and day.month not in months:
        return False
    if rule.monthdays and not {day.day, day.day - last - 1} & rule.monthdays:
        return False
    if rule.weekdays:
        weeks = (0, (day.day - 1) // 7 + 1, -((last - day.day) // 7 + 1))
        return any((week, day.weekday()) in rule.weekdays for week in weeks)
    if rule.monthdays or rule.every == "DAILY":
        return True
    return day.weekday() == start.weekday() if rule.every == "WEEKLY" else day.day == start.day


def _listed(property_: Any) -> Iterator[date]:
    for one in property_ if isinstance(property_, list) else [property_]:
        for when in getattr(one, "dts", []):
            if isinstance(when.dt, date):
                yield when.dt


def _clock(when: date, start: date) -> datetime:
    """Write any date as the event's own wall clock shows it, so that a meeting at noon stays at noon when clocks change."""
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day)  # noqa: DTZ001 - a wall clock has no zone
    zone = start.tzinfo if isinstance(start, datetime) else UTC
    shown = (when.astimezone(zone) if when.tzinfo is not None else when).replace(tzinfo=None)
    return shown if isinstance(start, datetime) else shown.replace(hour=0, minute=0, second=0, microsecond=0)


def _like(when: datetime, start: date) -> date:
    return when.replace(tzinfo=start.tzinfo) if isinstance(start, datetime) else when.date()
