"""A link that leads to a calendar file: the first event to come is the item, the others are leads. Read as a source that is a calendar is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from pipeline import extract
from pipeline.errors import ExtractError
from pipeline.model import Event, Lead, Page, Resource, Source
from pipeline.sources import calendar
from pipeline.text import counted

MOST = 50
"""Other events of one file that become leads, the next ones first."""

TYPES = frozenset({"text/calendar", "application/ics", "application/x-ical"})


def read(page: Page, lead: Lead) -> tuple[Resource, tuple[Lead, ...]]:
    """Describe the first event to come, and name the others that come. Raises `ExtractError` where there is none, `ParseError` for a broken file.

    A lead that itself came out of a calendar brings no others, so that files which name each other end.
    """
    source = Source(id=lead.source, kind="calendar", url=page.url, timezone=lead.timezone or "UTC")
    said = [one for one in calendar.leads(source, page) if isinstance(one, Lead) and one.title]
    if not said:
        raise ExtractError(f"{page.url} is a calendar without an event.", url=page.url, reason="not-a-document")
    coming = sorted((one for one in said if _is_coming(one.event, page.fetched)), key=_start)
    first = coming[0] if coming else max(said, key=_start)
    others = {one.url: one for one in coming if one.url != first.url and lead.event is None}
    return _item(first, lead, page, others=len(others)), tuple(others.values())[:MOST]


def _item(first: Lead, lead: Lead, page: Page, *, others: int) -> Resource:
    known = extract.from_lead(replace(first, url=page.url, page=True, note=lead.note, timezone=lead.timezone))
    rule = f"calendar, the first to come; it names {counted(others, 'other event')}" if others else "calendar"
    origin = {name: "calendar" if said == "lead" else said for name, said in known.origin.items()} | {"event": rule}
    own = {"canonical_url": first.url} if first.page else {}
    return replace(known, origin=origin | dict.fromkeys(own, "calendar"), canonical_url=own.get("canonical_url"))


def _is_coming(event: Event | None, now: datetime) -> bool:
    last = event.end or event.start if event else None
    return last is not None and _moment(last) >= now - timedelta(days=1)


def _start(lead: Lead) -> datetime:
    start = lead.event.start if lead.event else None
    return _moment(start) if start else datetime.min.replace(tzinfo=UTC)


def _moment(when: date) -> datetime:
    return when if isinstance(when, datetime) else datetime(when.year, when.month, when.day, tzinfo=UTC)
