"""The edition's events as iCalendar (RFC 5545). An event without a date stays out; nothing is made up for it.

Moments are in UTC, so that no zone needs to be described. Each correction of an event raises its SEQUENCE, and one that was withdrawn is cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import icalendar

from pipeline import dates
from pipeline.model import Edition, Entry, Event
from pipeline.render import words
from pipeline.render.notices import Notice, marks
from pipeline.render.prepare import prepare


def render(edition: Edition) -> bytes:
    """Write the events in the edition's order. A UID is made of item and host alone, so that a later edition updates and never doubles."""
    made = prepare(edition)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Gleanings//Digest//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", words.name(made))
    known = marks(made)
    for entry in made.entries:
        if entry.event and entry.event.start:
            calendar.add_component(_component(entry, made, known.get(entry.id, ())))
    written: bytes = calendar.to_ical(sorted=False)
    return written


def _component(entry: Entry, edition: Edition, changes: Sequence[Notice]) -> icalendar.Event:
    component = icalendar.Event()
    released = _utc(edition.released or edition.composed)
    last = max((released, *(_utc(one.made) for one in changes)))
    earlier = sum(one.item == entry.id for one in edition.errata)  # an event that an earlier issue had wrong has been changed before
    component.add("uid", f"item-{entry.id}@{_place(edition.url)}")
    component.add("dtstamp", last)
    component.add("last-modified", last)
    component.add("sequence", len(changes) + earlier)
    component.add("summary", entry.title)
    start, end = _span(entry.event) if entry.event else (None, None)
    component.add("dtstart", start)
    if end is not None:
        component.add("dtend", end)
    changed = (f"Changed on {one.day}: {one.note}" for one in changes)
    about = "\n\n".join(part for part in (*changed, entry.blurb, entry.note, entry.url) if part)
    if about:
        component.add("description", about)
    if entry.event and entry.event.location:
        component.add("location", entry.event.location)
    if entry.url:
        component.add("url", entry.url)
    if any(one.withdrawn for one in changes):
        component.add("status", "CANCELLED")
    return component


def _place(url: str) -> str:
    try:
        return urlsplit(url).hostname or "localhost"
    except ValueError:
        return "localhost"


def _span(event: Event) -> tuple[date | None, date | None]:
    """Give DTSTART and DTEND: both days, the end exclusive, or both moments in UTC. An end before the start is left out."""
    start, end = event.start, event.end
    if isinstance(start, datetime) and not event.all_day:
        until = _utc(end) if isinstance(end, datetime) else None
        return _utc(start), until if until and until > _utc(start) else None
    first = dates.day(start) if start else None
    last = dates.day(end) if end else None
    return first, last + timedelta(days=1) if first and last and date.max > last >= first else None


def _utc(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).replace(microsecond=0)
    except OverflowError:  # a moment at the very edge of the calendar
        return aware.replace(tzinfo=UTC, microsecond=0)
