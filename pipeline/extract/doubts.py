"""What is wrong with the dates of an event: each doubt is named, an end that cannot be is held back, a midnight that means none becomes a day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from pipeline import dates, text
from pipeline.extract import occasion
from pipeline.model import Event

_TWO_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}|(?<!\d)(\d{1,2})\.(\d{1,2})\.\d{2,4}")
_HELD = (
    r"(?:webinar|workshop|session|event|course|masterclass|call|meeting|talk|lecture|training|briefing|seminar|class|conversation|discussion"
    r"|presentation|tutorial|introduction|online|virtual|lunchtime|interactive|live|coaching|taster)"
)
_BRIEF = re.compile(
    rf"\b(?:single )?(?:sitting|session|meeting) of (?:one|two|three|an|half an) hours?\b"
    rf"|\b(?:one|two|three|an|half an|\d{{1,3}})[- ](?:hours?|minutes?)[- ](?:long )?(?:\w+ )?{_HELD}"
    rf"|\bhalf[- ]day (?:\w+ )?{_HELD}|\b(?:lasts?"
    rf"|lasting|takes|runs? for|duration:?|length:?|for) (?:about |around |just |only |approximately )?"
    r"(?:one|two|three|an|half an|\d{1,3})[- ](?:hours?|minutes?)\b|\b(?:one|an) hour,? (?:once|only|online)\b|\b(?:half[- ]day|one-hour"
    r"|60-minute|90-minute)\b(?![- ](?:walk|drive|train|journey|read|bus|flight))",
    re.IGNORECASE,
)
_WHOLE_DAYS = (timedelta(0), timedelta(hours=23, minutes=59), timedelta(hours=23, minutes=59, seconds=59))
_MIDNIGHT = re.compile(r"\b(?:midnight|minuit|mitternacht|medianoche|hanner nos)\b", re.IGNORECASE)


def checked(event: Event, *, written: str, about: str, zone: tzinfo = UTC, month_first: bool | None = None) -> Event:
    """The event with everything named that is wrong with its dates. `written` are these as they stand on the page, `about` the words around them,
    `month_first` what is known of how the page writes numbers."""
    problems = list(event.problems)
    if month_first is None and occasion.day_first(written, about) is None:
        problems += _ambiguous(written)
    if shift := _shifted(event):
        problems.append(shift)
        event = _unshifted(event, zone)
    elif (placeholder := _placeholder(event)) and not (event.end is None and _MIDNIGHT.search(about)):
        problems.append(placeholder)
        event = replace(event, start=day_of(event.start), end=day_of(event.end), all_day=True)
    if event.start and event.end and before(event.end, event.start):
        problems.append(f"end_before_start: it would end {dates.iso(event.end)}, before it starts {dates.iso(event.start)}")
        event = replace(event, end=None)
    elif long := _too_long(event, about):
        problems.append(long)
    return replace(event, problems=tuple(dict.fromkeys(problems)))


def day_of(value: date | None) -> date | None:
    """Give the day of a date or a time."""
    return value.date() if isinstance(value, datetime) else value


def before(end: date, start: date) -> bool:
    """Say whether one is before the other: times by their moments, else by their days."""
    if isinstance(end, datetime) and isinstance(start, datetime):
        return end < start
    last, first = day_of(end), day_of(start)
    return last is not None and first is not None and last < first


def _placeholder(event: Event) -> str | None:
    """00:00, or 00:00 to 23:59: a system that wants a time was given none."""
    start, end = event.start, event.end
    if not isinstance(start, datetime) or (start.hour, start.minute) != (0, 0):
        return None
    if isinstance(end, datetime) and (end.hour, end.minute) not in ((0, 0), (23, 59)):
        return None
    return "midnight_placeholder: 00:00 stands where no time was given"


def _shifted(event: Event) -> str | None:
    """23:00 or 22:00 to the same hour, to a minute before it, or to a day alone: midnights of a zone east of Greenwich (or of Britain in summer),
    written in UTC."""
    start, end = event.start, event.end
    if not isinstance(start, datetime) or start.hour not in (22, 23) or start.minute or end is None:
        return None
    if not isinstance(end, datetime):
        is_shift = start.date() <= end <= start.date() + timedelta(days=1)
    else:
        is_shift = start.utcoffset() == timedelta(0) and (end - start) % timedelta(days=1) in _WHOLE_DAYS
    return f"utc_shift: {start:%H:%M} is a midnight of local time, written in UTC" if is_shift else None


def _unshifted(event: Event, zone: tzinfo) -> Event:
    """The days that were meant, where they begin at midnight in the zone of the page; otherwise the event as it was written."""
    first = _local(event.start, zone)
    if first is None or (first.hour, first.minute) != (0, 0):
        return event
    last = _local(event.end, zone) if isinstance(event.end, datetime) else None
    end = (last - timedelta(seconds=1)).date() if last and last > first else first.date()
    return replace(event, start=first.date(), end=end, all_day=True)


def _local(value: date | None, zone: tzinfo) -> datetime | None:
    """A time that was written in UTC, whatever zone it was taken for, in the zone given."""
    return value.replace(tzinfo=UTC).astimezone(zone) if isinstance(value, datetime) else None


def _ambiguous(written: str) -> Iterator[str]:
    """05/06 may be June or May. Points put the day first everywhere; a second date in the same writing with a number above twelve settles it."""
    pairs = [(int(one), int(two)) for one, two, *_ in _TWO_NUMBERS.findall(written) if one]
    if pairs and all(first <= 12 and second <= 12 for first, second in pairs) and any(first != second for first, second in pairs):
        yield f"ambiguous_day_month: {text.squeeze(written)[:80]}"


def _is_over_a_day(event: Event) -> bool:
    """Whether its times are more than a day apart: what lasts an hour and ends on the next day at a later hour."""
    return isinstance(event.start, datetime) and isinstance(event.end, datetime) and event.end - event.start > timedelta(days=1)


def _too_long(event: Event, about: str) -> str | None:
    first, last = day_of(event.start), day_of(event.end)
    if first is None or last is None or last - first < timedelta(days=1 if _is_over_a_day(event) else 2):
        return None
    spoken = _BRIEF.search(about)
    return f"duration_mismatch: the text says {spoken[0].lower()}, the dates say {(last - first).days + 1} days" if spoken else None
