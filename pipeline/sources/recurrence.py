"""The coming dates of an event that repeats (RFC 5545, RRULE, RDATE, EXDATE), within fixed bounds. Reads no clock.

A rule may be written so that it never yields a date and a naive reader never returns. So only rules by day, week, month and year are followed,
and only from a start within ten years of the present to a horizon of thirteen months.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # dateutil has no types

MAX_DATES = 12
HORIZON = timedelta(days=400)
BACK = timedelta(days=3660)

_FOLLOWED = re.compile(r"FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)")
_BOUND = re.compile(r"(?:^|;)(?:UNTIL|COUNT|INTERVAL)=[^;]*")


def coming(event: Any, start: date, *, after: datetime, without: frozenset[datetime | date]) -> tuple[date, ...]:
    """List the next dates of an event after a moment, at most twelve; empty where it does not repeat, or not any more.

    `without` are the dates that were moved elsewhere. Times come back in the zone of `start`.
    """
    if "RRULE" not in event and "RDATE" not in event:
        return ()
    gone = {_key(one, start) for one in (*without, *_listed(event.get("EXDATE")))}
    found = {_key(start, start), *(_key(one, start) for one in _listed(event.get("RDATE")))}
    found.update(_ruled(event, start, after=after))
    floor = _key(after, start)
    kept = sorted(one for one in found if one >= floor and one not in gone)
    return tuple(_like(one, start) for one in kept[:MAX_DATES])


def _ruled(event: Any, start: date, *, after: datetime) -> Iterator[datetime]:
    rule = event.get("RRULE")
    written = rule.to_ical().decode() if rule is not None and not isinstance(rule, list) else ""
    first, now = _key(start, start), _key(after, start)
    if not _FOLLOWED.search(written) or first < now - BACK:
        return
    end, count, interval = now + HORIZON, _number(rule, "COUNT"), max(1, _number(rule, "INTERVAL") or 1)
    until = (rule.get("UNTIL") or [None])[0]
    if isinstance(until, date):
        end = min(end, _key(until, start) + (timedelta(0) if isinstance(until, datetime) else timedelta(hours=23, minutes=59)))
    bounded = f"{_BOUND.sub('', written).lstrip(';')};INTERVAL={min(interval, 1000)};UNTIL={end:%Y%m%dT%H%M%S}"
    dates = takewhile(lambda one: one <= end, rrulestr(bounded, dtstart=first))
    yield from islice(dates, count or 20_000)


def _number(rule: Any, key: str) -> int | None:
    value = (rule.get(key) or [None])[0]
    return value if isinstance(value, int) else None


def _listed(property_: Any) -> Iterator[date]:
    for one in property_ if isinstance(property_, list) else [property_]:
        for when in getattr(one, "dts", []):
            if isinstance(when.dt, date):
                yield when.dt


def _key(when: date, start: date) -> datetime:
    """Write any date as the event's own wall clock shows it, so that a meeting at noon stays at noon when clocks change."""
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day)  # noqa: DTZ001 - wall clock by purpose
    zone = start.tzinfo if isinstance(start, datetime) else UTC
    shown = (when.astimezone(zone) if when.tzinfo is not None else when).replace(tzinfo=None)
    return shown if isinstance(start, datetime) else datetime(shown.year, shown.month, shown.day)  # noqa: DTZ001


def _like(when: datetime, start: date) -> date:
    return when.replace(tzinfo=start.tzinfo) if isinstance(start, datetime) else when.date()
