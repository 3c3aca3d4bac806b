"""What may have been meant where the dates of an event cannot be: proposals in words, for a curator to take or leave. Changes nothing by itself.

An event comes with `problems`, each a code and what was seen (`event.checked`). For each code there are rules; each rule looks at the event and at
its text and proposes dates, or says nothing. What is cancelled or not yet dated cannot be repaired by thinking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from pipeline import dates, text
from pipeline.extract import occasion
from pipeline.model import Event

_MAX_CHARACTERS = 20_000
_NEAR = timedelta(days=14)
"""How long after its start an event may end, where a date is put right."""
_YEARS = range(1900, 2200)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?")
_LENGTH = re.compile(
    r"\b(?P<half>half[- ]an[- ]hour|half[- ]day)"
    r"|\b(?P<count>an|one|two|three|four|five|six|seven|eight|\d{1,3}(?:\.5)?)[- ](?P<unit>hours?|minutes?|days?)\b(?![- ](?:read|ago|later|before))",
    re.IGNORECASE,
)
_UNITS = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1), "day": timedelta(days=1)}
_HALVES = {"half an hour": timedelta(minutes=30), "half day": timedelta(hours=4)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One proposal. `rule` names it, `wrong` says what cannot be, `reason` why this may be meant; `event` is how the event would stand."""

    rule: str
    wrong: str
    suggestion: str
    reason: str
    event: Event


@dataclass(frozen=True, slots=True)
class _Case:
    """One problem of an event: its code, what was seen, and the words around."""

    event: Event
    seen: str
    words: str
    zone: tzinfo
    posted: date | None


def repairs(event: Event, *, words: str, zone: tzinfo, posted: date | None = None) -> tuple[Repair, ...]:
    """Propose how an event may be put right, the likeliest first. `words` are its title, description and text, `zone` that of times without one."""
    made: list[Repair] = []
    named = dates.zone(event.timezone) if event.timezone else None
    own = named or zone
    event = replace(event, start=_told(event.start, own, named), end=_told(event.end, own, named))
    if not _is_near(event.start) or not _is_near(event.end):
        return ()
    for problem in event.problems:
        code, _, seen = problem.partition(": ")
        rules = _RULES.get(code, ())
        rest = tuple(one for one in event.problems if one != problem)
        case = _Case(event, seen, words[:_MAX_CHARACTERS], own, posted)
        for rule, propose in rules:
            found = propose(case)
            if found is None or not _is_possible(found[0]):
                continue
            meant, reason = replace(found[0], problems=rest), found[1]
            if all(_dates(one.event) != _dates(meant) for one in made):
                made.append(Repair(rule=f"{code}/{rule}", wrong=_sentence(code, case), suggestion=spoken(meant), reason=reason, event=meant))
    return tuple(made)


def spoken(event: Event) -> str:
    """Write the dates of an event: `Mon 10 Sep 2018, 14:00–15:00`, `Mon 10 – Tue 11 Sep 2018` with each day whole."""
    named = dates.zone(event.timezone) if event.timezone else None
    event = replace(event, start=_told(event.start, UTC, named), end=_told(event.end, UTC, named))
    if event.start is None:
        return "no date"
    first = _day(event.start) + (f", {event.start:%H:%M}" if isinstance(event.start, datetime) else "")
    if event.end is None or event.end == event.start:
        return first
    if isinstance(event.end, datetime) and dates.day(event.end) == dates.day(event.start):
        return f"{first}–{event.end:%H:%M}"
    return f"{first} – {_day(event.end)}" + (f", {event.end:%H:%M}" if isinstance(event.end, datetime) else "")


# ---------------------------------------------------------------- an end that cannot be


def _by_length(case: _Case) -> tuple[Event, str] | None:
    """The text says how long it takes."""
    length = _length(case.words)
    if length is None or not isinstance(case.event.start, datetime):
        return None
    return replace(case.event, end=case.event.start + length[0]), f"The text says “{length[1]}”."


def _by_shift(case: _Case) -> tuple[Event, str] | None:
    """A month or a year too early, or day and month the wrong way round."""
    start, end = case.event.start, _written(case.seen)
    if start is None or end is None:
        return None
    for meant, reason in _shifted(end):
        if timedelta(0) <= dates.day(meant) - dates.day(start) <= _NEAR and not _is_before(meant, start):
            return replace(case.event, end=meant), reason
    return None


def _by_clock(case: _Case) -> tuple[Event, str] | None:
    """The day of the end is wrong and its time is not."""
    start, end = case.event.start, _written(case.seen)
    if not isinstance(start, datetime) or not isinstance(end, datetime) or end.time() <= start.time():
        return None
    return replace(case.event, end=datetime.combine(start.date(), end.time(), end.tzinfo)), "The time of its end fits the day of its start."


def _an_hour(case: _Case) -> tuple[Event, str] | None:
    if not isinstance(case.event.start, datetime):
        return replace(case.event, end=case.event.start), "No length is found in the text: one day is taken."
    return replace(case.event, end=case.event.start + timedelta(hours=1)), "No length is found in the text: an hour is usual."


def _one_day(case: _Case) -> tuple[Event, str] | None:
    """A length in hours, and dates of days: only its first day is meant."""
    if isinstance(case.event.start, datetime) or case.event.start is None:
        return None
    return replace(case.event, end=case.event.start), "It is over on the day on which it begins."


def _shifted(end: date) -> Iterator[tuple[date, str]]:
    for change, reason in (
        ({"month": end.day, "day": end.month}, "Day and month of its end are the wrong way round."),
        ({"month": end.month % 12 + 1, "year": end.year + end.month // 12}, "Its end is a month too early."),
        ({"year": end.year + 1}, "Its end is a year too early."),
    ):
        try:
            yield end.replace(**change), reason
        except ValueError:  # there is no such day
            continue


# ---------------------------------------------------------------- which date is meant


def _from_text(case: _Case) -> tuple[Event, str] | None:
    """The first day with a time that the text states."""
    seen = occasion.find(case.words, zone=case.zone, posted=case.posted)
    if seen is None or (seen.start, seen.end) == (case.event.start, case.event.end):
        return None
    return replace(case.event, start=seen.start, end=seen.end, all_day=False), f"The text says “{text.clip(seen.written, 80)}”."


def _time_from_text(case: _Case) -> tuple[Event, str] | None:
    found = _from_text(case)
    if found is None or case.event.start is None or found[0].start is None or dates.day(found[0].start) != dates.day(case.event.start):
        return None
    return found


def _from_markup(case: _Case) -> tuple[Event, str] | None:
    """The other date of two: what the page tells machines."""
    written = _written(case.seen)
    if written is None:
        return None
    return replace(case.event, start=written, end=None, all_day=not isinstance(written, datetime)), "The page says so where only machines read."


def _swapped(case: _Case) -> tuple[Event, str] | None:
    """Day and month the other way round."""
    try:
        start, end = (one and one.replace(month=one.day, day=one.month) for one in (case.event.start, case.event.end))
    except ValueError:
        return None
    return replace(case.event, start=start, end=end), "The month may stand first."


def _weekday(case: _Case) -> tuple[Event, str] | None:
    """The year, one before or after, in which the weekday fits."""
    start, end = case.event.start, case.event.end
    wanted = next((place for place, name in enumerate(_WEEKDAYS) if case.seen[:3].casefold() == name), None)
    if start is None or wanted is None:
        return None
    for step in (1, -1):
        try:
            first, last = (one and one.replace(year=one.year + step) for one in (start, end))
        except ValueError:
            continue
        if first is not None and first.weekday() == wanted:
            return replace(case.event, start=first, end=last), f"In {first.year} it is a {first:%A}."
    return None


def _next_year(case: _Case) -> tuple[Event, str] | None:
    try:
        start, end = (one and one.replace(year=one.year + 1) for one in (case.event.start, case.event.end))
    except ValueError:
        return None
    return (replace(case.event, start=start, end=end), "No year is stated: it may be the one after.") if start else None


def _hour_later(case: _Case) -> tuple[Event, str] | None:
    start, end = case.event.start, case.event.end
    if not isinstance(start, datetime):
        return None
    later = end + timedelta(hours=1) if isinstance(end, datetime) else end
    return replace(case.event, start=start + timedelta(hours=1), end=later), "Clocks go forward in that hour."


def _next_midnight(case: _Case) -> tuple[Event, str] | None:
    """A late evening that is the next day's midnight, written in UTC."""
    start = case.event.start
    if not isinstance(start, datetime) or start.hour not in (22, 23):
        return None
    day = start.date() + timedelta(days=1)
    return replace(
        case.event, start=day, end=max(day, dates.day(case.event.end or day)), all_day=True
    ), "That is midnight of the day after, in local time."


def _as_it_is(case: _Case) -> tuple[Event, str] | None:
    """The reading that was chosen when the page came in."""
    return (case.event, "It was read so when the page came in.") if case.event.start else None


_Rule = tuple[str, Callable[[_Case], "tuple[Event, str] | None"]]
_RULES: dict[str, tuple[_Rule, ...]] = {
    "end_before_start": (("length", _by_length), ("shifted-end", _by_shift), ("end-time", _by_clock), ("usual-length", _an_hour)),
    "duration_mismatch": (("length", _by_length), ("one-day", _one_day), ("as-read", _as_it_is)),
    "midnight_placeholder": (("time-in-text", _time_from_text), ("all-day", _as_it_is)),
    "utc_shift": (("next-midnight", _next_midnight), ("as-read", _as_it_is)),
    "ambiguous_day_month": (("day-first", _as_it_is), ("month-first", _swapped)),
    "invalid_date": (("text", _from_text), ("as-read", _as_it_is)),
    "date_conflict": (("text", _as_it_is), ("markup", _from_markup)),
    "posting_date": (("text", _as_it_is), ("markup", _from_markup)),
    "weekday_mismatch": (("year-of-weekday", _weekday), ("as-read", _as_it_is)),
    "missing_year": (("as-read", _as_it_is), ("next-year", _next_year)),
    "zone_conflict": (("local-time", _as_it_is),),
    "dst_gap": (("hour-later", _hour_later),),
    "no_date": (("text", _from_text),),
}
_WRONG = {
    "midnight_placeholder": "00:00 stands where no time was given",
    "utc_shift": "Its times mix local time and UTC",
    "ambiguous_day_month": "Nothing on the page tells which number is the day",
    "invalid_date": "The page gives a date that is none",
    "missing_year": "No year is stated",
    "zone_conflict": "GMT stands where summer time is meant",
    "dst_gap": "There is no such time on that day",
    "no_date": "A day is not stated yet",
}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# ---------------------------------------------------------------- small parts


def _sentence(code: str, case: _Case) -> str:
    if code == "end_before_start" and (end := _written(case.seen)) and case.event.start:
        return f"End {spoken(Event(start=end))} is before start {spoken(Event(start=case.event.start))}."
    if code in _WRONG:
        return f"{_WRONG[code]}."
    seen = text.squeeze(case.seen)
    return f"{seen[:1].upper()}{text.clip(seen[1:], 200)}." if seen else f"{code.replace('_', ' ').capitalize()}."


def _length(words: str) -> tuple[timedelta, str] | None:
    """How long it takes, and how the text says so; days count as the first and the last."""
    found = next((one for one in _LENGTH.finditer(words) if one["half"] or not one["unit"].lower().startswith("day")), None)
    if found is None:
        return None
    if found["half"]:
        return _HALVES[found["half"].lower().replace("-", " ")], found[0]
    count = 1.0 if found["count"].lower() in ("an", "one") else float(text.number(found["count"]) or 0) or _number(found["count"])
    length = count * _UNITS[found["unit"].lower().removesuffix("s")]
    return (length, found[0]) if timedelta(0) < length <= timedelta(hours=12) else None


def _number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        return 0.0


def _written(seen: str) -> date | None:
    """The first date that a problem's words name."""
    found = _ISO.search(seen)
    value = dates.parse(found[0]) if found else None
    return value if _is_near(value) else None


def _is_near(value: date | None) -> bool:
    """Whether a date is one that people meet at, and far from where calendars end."""
    return value is None or value.year in _YEARS


def _is_possible(event: Event) -> bool:
    return event.start is not None and (event.end is None or not _is_before(event.end, event.start))


def _told(value: date | None, zone: tzinfo, named: tzinfo | None) -> date | None:
    """A time as people tell it: in the zone of its event where that is named."""
    if not isinstance(value, datetime) or not _is_near(value):
        return value
    aware = value if value.tzinfo else value.replace(tzinfo=zone)
    return aware.astimezone(named) if named else aware


def _is_before(end: date, start: date) -> bool:
    return _moment(end, start) < _moment(start, start)


def _moment(value: date, like: date) -> datetime:
    zone = like.tzinfo if isinstance(like, datetime) else UTC
    return value if isinstance(value, datetime) else datetime.combine(value, time.max if isinstance(like, datetime) else time.min, zone)


def _dates(event: Event) -> tuple[date | None, date | None]:
    return event.start, event.end


def _day(value: date) -> str:
    return f"{value:%a} {value.day} {dates.short_month(value, 'en')} {value.year}"
