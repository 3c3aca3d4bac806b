"""A calendar (iCalendar, RFC 5545) to leads: one for each event, and for the coming dates of an event that repeats. Fetches nothing.

Times keep the zone that the calendar states. The end of an all-day event is its last day, where the standard writes the day after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any

from pipeline import dates, text, urls
from pipeline.errors import ParseError
from pipeline.late import late
from pipeline.model import Event, Kind, Lead, Page, Request, Source
from pipeline.sources import markup
from pipeline.sources.options import Options, problems
from pipeline.sources.recurrence import coming

if TYPE_CHECKING:
    import icalendar
else:
    icalendar = late("icalendar")

MAX_EVENTS = 5_000
MAX_LINES = 60_000
MAX_REPEATS = 200
"""Events whose repetitions are worked out; of the others, only the first date."""
DESCRIPTION = 2_000

_IANA = re.compile(r"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z_]{2,20}(?:/[A-Za-z_]{2,20})?")
_LINK = re.compile(r"https?://[^\s<>\"'\\]{4,2000}")
_MEETING_LINK = (
    r"https?://(?:[\w-]{1,63}\.){0,5}(?:zoom\.us|teams\.(?:microsoft|live)\.com|meet\.google\.com|webex\.com|goto(?:meeting|webinar)\.com|whereby\.com|meet\.jit\.si)"
    r"/(?!rec/)"
)
_REMOTE_PLACE = re.compile(r"\b(?:online|on-line|virtual(?:ly)?(?! reality)|webinar|zoom|teams|webex|live ?stream|google meet)\b", re.IGNORECASE)
_REMOTE_WORDS = re.compile(
    rf"{_MEETING_LINK}|\bwebinar\b|[(\[](?:online|zoom|teams|virtual)[)\]]"
    r"|\b(?:on|via|by|over|using|through|join|ms|microsoft) (?:zoom|teams|webex|google meet)\b"
    r"|\b(?:online|virtual|zoom|teams) (?:event|meeting|workshop|session|seminar|talk|lecture|conference|training|call|gathering)s?\b"
    r"|\b(?:held|takes? place|taking place|meets?|meeting|running|delivered|entirely|fully) (?:entirely |fully )?(?:online|virtually)\b",
    re.IGNORECASE,
)
"""What says of a whole event that it is online. The word alone does not: one books online for a hall."""
_MIXED = re.compile(r"\b(?:hybrid|in[ -]person (?:and|or|&|/) ?online|online (?:and|or|&|/) ?in[ -]person)\b", re.IGNORECASE)
_NO_PLACE = re.compile(
    r"(?:(?:the )?(?:venue|location|place|address|room)\W*)?(?:is )?(?:still )?"
    r"(?:tb[acd]|to be (?:confirmed|announced|decided|advised)|n/?a|none|unknown|various\s.*|see\s.*)?",
    re.IGNORECASE | re.DOTALL,
)
_ALSO = re.compile(r"\b(?:and|or)\b|[/&+;|]", re.IGNORECASE)
_FAULTS = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
)


@dataclass(frozen=True, slots=True)
class _Place:
    """The calendar that an event stands in: its source, its page, the zone it names for all, and where that calendar's dates were changed."""

    source: Source
    page: Page
    zone: tzinfo | None
    local: tzinfo
    moved: Mapping[str, frozenset[datetime | date]]


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with a calendar's options: it has none."""
    yield from problems(options, {}, where="a calendar")


def title(source: Source, page: Page) -> str | None:
    """Read the calendar's own name (`NAME`, RFC 7986, or `X-WR-CALNAME`)."""
    for calendar in _calendars(source, page):
        for key in ("NAME", "X-WR-CALNAME"):
            if name := _words(calendar.get(key)):
                return name
    return None


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read the events in the calendar's own order. Raises `ParseError` for what is no calendar."""
    for calendar in _calendars(source, page):
        events = list(islice(calendar.walk("VEVENT"), MAX_EVENTS))
        place = _Place(
            source=source,
            page=page,
            zone=dates.zone(_words(calendar.get("X-WR-TIMEZONE"))),
            local=dates.zone(source.timezone) or UTC,
            moved=_moved(events),
        )
        repeats = 0
        for event in events:
            repeats += "RRULE" in event
            for lead in _leads(event, place, expand=repeats <= MAX_REPEATS):
                yield replace(lead, event=_without_midnights(lead.event)) if lead.event is not None else lead


def _calendars(source: Source, page: Page) -> list[Any]:
    words = markup.decode(page).replace("\x00", "").lstrip("\ufeff \t\r\n")
    if words[:12].upper() == "BEGIN:VEVENT":  # some programs send the event alone
        words = f"BEGIN:VCALENDAR\r\n{words}\r\nEND:VCALENDAR\r\n"
    if "BEGIN:VCALENDAR" not in words[:10_000].upper():
        what = "a web page; try kind: listing" if re.match(r"<(?:!doctype\s+)?html", words[:50], re.IGNORECASE) else "something else"
        raise ParseError(f"{source.id}: {page.url} is no calendar but {what}.", source=source.id, hint="A calendar's address often ends in .ics.")
    if len(page.body) > markup.MAX_BYTES or words.count("\n") > MAX_LINES:
        raise ParseError(f"{source.id}: {page.url} has more than {MAX_LINES} lines, too many for a calendar of events.", source=source.id)
    try:
        return list(icalendar.Calendar.from_ical(words, multiple=True))
    except _FAULTS as error:
        reason = text.clip(text.squeeze(str(error)), 120)
        raise ParseError(f"{source.id}: {page.url} is a broken calendar: {reason}.", source=source.id) from error


def _leads(event: Any, place: _Place, *, expand: bool) -> Iterator[Lead]:
    try:
        first = _lead(event, place)
    except _FAULTS:  # one broken event must not hide the others
        return
    when = first.event
    if when is None or when.start is None or "RECURRENCE-ID" in event or not expand:
        yield first
        return
    try:
        starts = coming(event, when.start, after=place.page.fetched, without=place.moved.get(_words(event.get("UID")), frozenset()))
    except _FAULTS:
        starts = ()
    if not starts:
        yield first
        return
    length = when.end - when.start if when.end is not None else None
    for start in starts:
        end = start + length if length is not None else None
        shown = replace(when, start=start, end=end, problems=tuple(one for one in when.problems if not one.startswith("past")))
        yield replace(first, event=shown)


def _lead(event: Any, place: _Place) -> Lead:
    words = str(event.get("DESCRIPTION") or "")
    url = _url(event, words, place.page)
    return Lead(
        source=place.source.id,
        url=url or markup.stand_in(place.page.url, _words(event.get("UID")) or _words(event.get("SUMMARY")) or "event"),
        page=url is not None,
        title=_words(event.get("SUMMARY")) or None,
        description=text.clip(text.plain(words), DESCRIPTION) or None,
        kind=Kind.EVENT,
        event=_event(event, place),
    )


def _url(event: Any, words: str, page: Page) -> str | None:
    own = markup.resolve(page.url, str(event.get("URL") or ""))
    if own and urls.clean(own) != urls.clean(page.url):
        return own
    for found in _LINK.finditer(words):
        if urls.is_web(link := found[0].rstrip(".,;:!?)]")):
            return link
    return None


def _event(event: Any, place: _Place) -> Event:
    start, end = _when(event.get("DTSTART"), place), _when(event.get("DTEND"), place)
    if end is None and start is not None and (length := getattr(event.get("DURATION"), "dt", None)):
        end = start + length
    all_day = start is not None and not isinstance(start, datetime)
    if all_day and end is not None and start is not None:
        last = (end.date() if isinstance(end, datetime) else end) - timedelta(days=1)
        end = max(last, start) if end >= start else last
    location = _words(event.get("LOCATION")) or None
    online, hybrid = _attendance(location or "", _about(event))
    return Event(
        start=start,
        end=end if start is not None and end is not None and isinstance(end, datetime) == isinstance(start, datetime) else None,
        all_day=all_day,
        timezone=getattr(start.tzinfo, "key", None) if isinstance(start, datetime) else None,
        location=location,
        online=online,
        hybrid=hybrid,
        problems=tuple(_problems(event, start, end, place.page.fetched)),
    )


def _about(event: Any) -> str:
    """Join all that an event says besides its place: its words, and the property in which programs put the link to a call."""
    keys = ("SUMMARY", "DESCRIPTION", "URL", "CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")
    return "\n".join(text.clip(str(event.get(key) or ""), DESCRIPTION) for key in keys)


def _attendance(location: str, about: str) -> tuple[bool | None, bool]:
    """Say whether an event is online (by its place, and by its words where it names none; `None` where neither tells), and whether it is both."""
    words = _LINK.sub(" ", location)
    if _MIXED.search(location) or _MIXED.search(about):
        return None, True
    parts = () if _is_no_place(words) else _ALSO.split(words)
    remote = [_REMOTE_PLACE.search(part) is not None for part in parts if not _is_no_place(part)]
    told = _REMOTE_WORDS.search(about) is not None or re.search(_MEETING_LINK, location, re.IGNORECASE) is not None
    if any(remote) or (remote and told):
        return (True, False) if all(remote) else (None, True)
    return (False, False) if remote else (True if told else None, False)


def _is_no_place(words: str) -> bool:
    return _NO_PLACE.fullmatch(words.strip(" \t.,:()[]-–—_?*")) is not None


def _without_midnights(event: Event) -> Event:
    """Make whole days of an event that runs from midnight to midnight or to 23:59: its program wants a time and was given none."""
    start, end = event.start, event.end
    if not isinstance(start, datetime) or (start.hour, start.minute) != (0, 0):
        return event
    last = None
    if isinstance(end, datetime):
        if (end.hour, end.minute) not in ((0, 0), (23, 59)) or end < start:
            return event
        last = max(start.date(), (end - timedelta(minutes=1)).date())
    problem = f"midnight_placeholder: {start:%H:%M} to {end or start:%H:%M} stands where no time was given"
    return replace(event, start=start.date(), end=last, all_day=True, problems=(*event.problems, problem))


def _problems(event: Any, start: date | None, end: date | None, now: datetime) -> Iterator[str]:
    status = _words(event.get("STATUS")).upper()
    if status == "CANCELLED":
        yield "cancelled: the calendar says so"
    if start is None:
        yield "no_date: the calendar gives no start"
        return
    if end is not None and _instant(end) < _instant(start):
        yield f"end_before_start: {start} to {end}"
    if _instant(end if end is not None and _instant(end) > _instant(start) else start) < now - timedelta(days=1):
        yield f"past: it ended on {end or start}"


def _when(property_: Any, place: _Place) -> date | None:
    """Read a time in the zone it states; one without a zone, or in UTC, in the zone that the calendar names for all; else that of the source."""
    when = getattr(property_, "dt", None)
    if not isinstance(when, datetime):
        return when if isinstance(when, date) else None
    when = _named(when, str(getattr(property_, "params", {}).get("TZID") or ""))
    if when.tzinfo is None:
        return when.replace(tzinfo=place.zone or place.local)
    zone = place.zone
    return when.astimezone(zone) if zone is not None and getattr(when.tzinfo, "key", "UTC") == "UTC" and when.utcoffset() == timedelta(0) else when


def _named(when: datetime, stated: str) -> datetime:
    """Put a zone that a program describes under a name of its own ("GMT Standard Time") under its common name, where their clocks agree."""
    if when.tzinfo is None or getattr(when.tzinfo, "key", None) is not None or not stated:
        return when
    found = _IANA.search(stated)
    name = found[0] if found else icalendar.timezone.windows_to_olson.WINDOWS_TO_OLSON.get(stated.strip('"'))
    zone = dates.zone(name) if name else None
    meant = when.replace(tzinfo=zone) if zone is not None else when
    return meant if meant.utcoffset() == when.utcoffset() else when


def _instant(when: date) -> datetime:
    return when if isinstance(when, datetime) else datetime(when.year, when.month, when.day, tzinfo=UTC)


def _moved(events: list[Any]) -> dict[str, frozenset[datetime | date]]:
    """Find the dates of repeating events that an entry of their own replaces."""
    moved: dict[str, set[datetime | date]] = {}
    for event in events:
        try:
            when = getattr(event.get("RECURRENCE-ID"), "dt", None)
        except _FAULTS:
            continue
        if isinstance(when, date):
            moved.setdefault(_words(event.get("UID")), set()).add(when)
    return {uid: frozenset(dates) for uid, dates in moved.items()}


def _words(value: object) -> str:
    if isinstance(value, list):  # a property given twice
        value = value[0] if value else ""
    return text.clip(text.squeeze(str(value or "")), 500)
