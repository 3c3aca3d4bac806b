"""A dated happening, from JSON-LD or from labelled words, and what is wrong with its dates. What is wrong is named, never silently mended.

A time keeps the offset that was written; one without a zone is in the zone of its source, which the lead names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from pipeline import dates, text
from pipeline.extract import jsonld
from pipeline.extract.document import Document, Found
from pipeline.model import Event

_START = re.compile(r"\bstart(?:s|ing)?(?: date| time)?\s*:\s*", re.IGNORECASE)
_END = re.compile(r"\bend(?:s)?(?: date| time)?\s*:\s*", re.IGNORECASE)
_PLACE = re.compile(r"\b(?:location|venue|where)\s*:\s*([^.\n]{2,120})", re.IGNORECASE)
_SPAN = 60  # characters after a label in which its date must stand
_ONLINE = re.compile(r"\b(?:webinar|online|virtual(?:ly)?|zoom|ms teams|microsoft teams|livestream)\b", re.IGNORECASE)
_MIXED = re.compile(r"\b(?:hybrid|in person and online|online and in person)\b", re.IGNORECASE)
_TWO_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.]\d{2,4}")
_BRIEF = re.compile(r"\b(?:one|two|an|half an|\d{1,2})[- ](?:hours?|minutes?)\b|\bhalf[- ]day\b|\bone[- ]hour\b", re.IGNORECASE)
_STATUS = {"EventCancelled": "cancelled", "EventPostponed": "postponed", "EventRescheduled": "rescheduled"}
_MODES = {"OnlineEventAttendanceMode": True, "OfflineEventAttendanceMode": False}


def of_page(document: Document, words: str, *, zone: tzinfo) -> Found[Event]:
    """The happening that the page announces, `None` where it announces none with a date."""
    for node in jsonld.described(document.nodes, document.main):
        if jsonld.type_of(node).endswith("Event") and node.get("startDate"):
            return _of_node(node, words, zone), "json-ld"
    return of_words(words, zone=zone)


def of_words(words: str, *, zone: tzinfo = UTC) -> Found[Event]:
    """The happening in words such as "Start Date: 10/09/2018 14:00 End Date: 10/09/2018 Location: Webinar"."""
    started = _START.search(words)
    written = words[started.end() : started.end() + _SPAN] if started else ""
    ended = _END.search(words, started.end()) if started else None
    if ended and started and ended.start() < started.end() + _SPAN:
        written = words[started.end() : ended.start()]
    start = dates.parse(written, zone=zone)
    if start is None or started is None:
        return None
    last = words[ended.end() : ended.end() + _SPAN] if ended else ""
    place = _PLACE.search(words, started.end())
    location = text.squeeze(place[1]) if place else None
    event = Event(
        start=start, end=_before_label(last, zone), location=location, online=_online(location or ""), all_day=not isinstance(start, datetime)
    )
    return checked(event, written=f"{written} {last}", about=words), "labelled words"


def _before_label(written: str, zone: tzinfo) -> date | None:
    """The date of a piece of text that may run on into the next label."""
    place = _PLACE.search(written)
    return dates.parse(written[: place.start()] if place else written, zone=zone)


def _of_node(node: jsonld.Node, words: str, zone: tzinfo) -> Event:
    first, last = jsonld.string(node, "startDate") or "", jsonld.string(node, "endDate") or ""
    start, end = dates.parse(first, zone=zone), dates.parse(last, zone=zone)
    location = _location(node.get("location"))
    mode = jsonld.string(node, "eventAttendanceMode") or ""
    online = _MODES.get(mode.rsplit("/", 1)[-1]) if mode else _online(location or "")
    event = Event(start=start, end=end, location=location, online=online, all_day=start is not None and not isinstance(start, datetime))
    status = _STATUS.get((jsonld.string(node, "eventStatus") or "").rsplit("/", 1)[-1])
    problems = [f"{status}: the page says so"] if status else []
    problems += [f"invalid_date: {written}" for written, value in ((first, start), (last, end)) if written and value is None]
    return checked(replace(event, problems=tuple(problems)), written=f"{first} {last}", about=words)


def _location(value: object) -> str | None:
    """A place in one line: its name, and its town where the address is written out."""
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, str):
        return text.squeeze(value)[:200] or None
    if not isinstance(value, dict):
        return None
    if jsonld.type_of(value) == "VirtualLocation":
        return jsonld.string(value, "name") or "Online"
    address = value.get("address")
    town = jsonld.string(address, "addressLocality") if isinstance(address, dict) else jsonld.string(value, "address")
    name = jsonld.string(value, "name")
    parts = [name] if name and town and town in name else [name, town]
    return ", ".join(part for part in parts if part)[:200] or None


def _online(place: str) -> bool | None:
    if not place or _MIXED.search(place):
        return None
    return _ONLINE.search(place) is not None


def checked(event: Event, *, written: str, about: str) -> Event:
    """The event with everything named that is wrong with its dates; an end that cannot be is held back, a midnight that means none becomes a day."""
    problems = [*event.problems, *_ambiguous(written)]
    if shift := _shifted(event):
        problems.append(shift)
    elif placeholder := _placeholder(event):
        problems.append(placeholder)
        event = replace(event, start=_day(event.start), end=_day(event.end), all_day=True)
    if event.start and event.end and _before(event.end, event.start):
        problems.append(f"end_before_start: it would end {dates.iso(event.end)}, before it starts {dates.iso(event.start)}")
        event = replace(event, end=None)
    elif long := _too_long(event, about):
        problems.append(long)
    return replace(event, problems=tuple(dict.fromkeys(problems)))


def _day(value: date | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value


def _before(end: date, start: date) -> bool:
    if isinstance(end, datetime) and isinstance(start, datetime):
        return end < start
    last, first = _day(end), _day(start)
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
    """23:00 or 22:00 UTC to the same hour, or to 22:59: midnights of a zone east of Greenwich (or of Britain in summer), written in UTC."""
    start, end = event.start, event.end
    if not isinstance(start, datetime) or start.utcoffset() != timedelta(0) or start.hour not in (22, 23) or start.minute:
        return None
    if isinstance(end, datetime) and (end - start) % timedelta(days=1) in (timedelta(0), timedelta(hours=23, minutes=59)):
        return f"utc_shift: {start.astimezone(UTC):%H:%M} UTC is a midnight of local time"
    return None


def _ambiguous(written: str) -> Iterator[str]:
    """05/06 may be June or May. A second date in the same writing with a number above twelve settles it."""
    pairs = [(int(first), int(second)) for first, second in _TWO_NUMBERS.findall(written)]
    if pairs and all(first <= 12 and second <= 12 for first, second in pairs) and any(first != second for first, second in pairs):
        yield f"ambiguous_day_month: {text.squeeze(written)[:80]}"


def _too_long(event: Event, about: str) -> str | None:
    first, last = _day(event.start), _day(event.end)
    if first is None or last is None or last - first < timedelta(days=2):
        return None
    spoken = _BRIEF.search(about)
    return f"duration_mismatch: the text says {spoken[0].lower()}, the dates say {(last - first).days + 1} days" if spoken else None
