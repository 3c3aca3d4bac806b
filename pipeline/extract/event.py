"""A dated happening, from JSON-LD or from labelled words, and what is wrong with its dates. What is wrong is named, never silently mended.

A time keeps the offset that was written; one without a zone is in the zone of its source, which the lead names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from lxml import etree

from pipeline import dates, text
from pipeline.extract import jsonld, occasion
from pipeline.extract.document import Document, Found, inner
from pipeline.model import Event

_START = re.compile(r"\bstart(?:s|ing)?(?: date| time)?\s*(?::\s*|\s(?=\d))", re.IGNORECASE)
_END = re.compile(r"\bend(?:s)?(?: date| time)?\s*(?::\s*|\s(?=\d))", re.IGNORECASE)
_PLACE = re.compile(r"\b(?:location|venue|where|lieu|veranstaltungsort)\s*(?::\s*|\n|\s(?=(?-i:[A-Z])))([^.\n(]{2,120})", re.IGNORECASE)
_MARKUP = {"startDate": "startDate", "endDate": "endDate", "location": "location"} | {
    **dict.fromkeys(("dtstart", "dt-start"), "startDate"),
    **dict.fromkeys(("dtend", "dt-end"), "endDate"),
}
_MARKED = etree.XPath("//*[@itemprop] | //time[@class] | //abbr[@class]")
_ADDRESS = re.compile(
    r"/(?:events?|webinars?|workshops?|agenda|diary|whats-on|calendar|trainings?|termine?|veranstaltung(?:en)?)(?=[/.?_-]|$)", re.IGNORECASE
)
_HAPPENS = re.compile(
    r"\b(?:webinar|workshop|conference|training|lecture|seminar|forum|meeting|masterclass|summit|tagung|réunion|rencontre)\b", re.IGNORECASE
)
_OFFER = re.compile(
    r"\b(?:is|are) (?:now |currently )?offering\b|\bget in touch and we\b|\bno (?:appointment|booking) (?:needed|necessary|required)\b|\bon request\b"
    r"|\b(?:available|open) all year\b|\bongoing (?:offer|support|programme)\b",
    re.IGNORECASE,
)
_MAX_SHOWN = 100_000  # characters of a page in which its event may stand; each date among them is weighed
_MAX_ABOUT = 5_000  # characters: an announcement says when at its top
_BRIEF_PAGE = 1_500  # characters: a notice is short; in an article a time is one of many things told
_SPAN = 60  # characters after a label in which its date must stand
_ONLINE = re.compile(r"\b(?:webinar|online|virtual(?:ly)?|zoom|ms teams|microsoft teams|livestream)\b", re.IGNORECASE)
_MIXED = re.compile(r"\b(?:hybrid|in person and online|online and in person)\b", re.IGNORECASE)
_TWO_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.]\d{2,4}")
_BRIEF = re.compile(r"\b(?:one|two|an|half an|\d{1,2})[- ](?:hours?|minutes?)\b|\bhalf[- ]day\b|\bone[- ]hour\b", re.IGNORECASE)
_WHOLE_DAYS = (timedelta(0), timedelta(hours=23, minutes=59), timedelta(hours=23, minutes=59, seconds=59))
_STATUS = {"EventCancelled": "cancelled", "EventPostponed": "postponed", "EventRescheduled": "rescheduled"}
_MODES = {"OnlineEventAttendanceMode": True, "OfflineEventAttendanceMode": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a page shows and says of itself that an event can be read from. `node` is its microdata in the form of JSON-LD; `posted` when it
    was published, `fetched` when it was read."""

    words: str
    nodes: tuple[jsonld.Node, ...]
    is_marked: bool
    language: str
    posted: date | None
    fetched: datetime


def notice(document: Document, *, title: str, posted: date | None) -> Notice:
    """Gather what may announce an event, before the tree is spoiled for its text."""
    nodes = [node for node in jsonld.described(document.nodes, document.main) if jsonld.type_of(node).endswith("Event") and node.get("startDate")]
    nodes += [node for node in (_marked_up(document),) if node]
    marked = bool(nodes) or _ADDRESS.search(document.url) is not None or _HAPPENS.search(title) is not None
    return Notice(
        words=occasion.shown(document)[:_MAX_SHOWN],
        nodes=tuple(nodes),
        is_marked=marked,
        language=document.tree.get("lang") or "",
        posted=posted,
        fetched=document.fetched,
    )


def _marked_up(document: Document) -> jsonld.Node:
    """The dates of microdata and of hCalendar."""
    node: dict[str, str] = {}
    for element in _MARKED(document.tree):
        marks = (element.get("itemprop") or "").split() + (element.get("class") or "").split()
        for mark in marks:
            if (name := _MARKUP.get(mark)) and name not in node:
                node[name] = element.get("datetime") or element.get("content") or element.get("title") or inner(element)
    if "startDate" not in node:
        return {}
    place = document.tree.find(".//*[@class='location']")
    return node if place is None else {"location": inner(place)} | node


def of_page(page: Notice, about: str, *, zone: tzinfo) -> Found[Event]:
    """The happening that the page announces, `None` where it announces none with a date. `about` are its description and text."""
    zone = occasion.zone_of(page.words, page.language) or zone
    seen = occasion.find(page.words, zone=zone, posted=page.posted or page.fetched.date())
    about = about[:_MAX_ABOUT]
    words = f"{about}\n{page.words}"
    found: Found[Event] = None
    if page.nodes:
        found = _placed(_agreed(_of_node(page.nodes[0], words, zone), seen, page), page), "json-ld"
    else:
        found = of_words(page.words, zone=zone) or of_words(about, zone=zone) or _of_occasion(seen, page)
    if not found or (_OFFER.search(words) and not isinstance(found[0].start, datetime)):
        return None
    return _dated(found[0], page, zone), found[1]


def _of_occasion(seen: occasion.Occasion | None, page: Notice) -> Found[Event]:
    """A day with a time is an event where the page is marked as one; elsewhere only if it also says until when, and little else."""
    if seen is None or not (page.is_marked or (seen.ranged and len(page.words) < _BRIEF_PAGE)):
        return None
    event = _placed(Event(start=seen.start, end=seen.end, problems=seen.problems), page)
    if event.location is None:
        event = replace(event, location=seen.place, online=_online(seen.place or ""))
    return checked(event, written=seen.written, about=page.words), "words of the page"


def _agreed(event: Event, seen: occasion.Occasion | None, page: Notice) -> Event:
    """The event of the markup, put right by the text that readers see where the two differ and the markup cannot be."""
    if seen is None or (event.start and _day(event.start) == seen.start.date()):
        return event
    if event.start is None:
        return replace(event, start=seen.start, end=seen.end, all_day=False)
    if not _before(event.start, page.fetched) or _before(seen.start, page.fetched):
        return event
    code = "date_conflict" if event.end else "posting_date"
    problem = f"{code}: the markup says {dates.iso(event.start)}, the text {seen.written}"
    return replace(event, start=seen.start, end=seen.end, all_day=False, problems=(*event.problems, problem))


def _placed(event: Event, page: Notice) -> Event:
    place = _PLACE.search(page.words) if event.location is None else None
    return replace(event, location=text.squeeze(place[1]), online=_online(place[1])) if place else event


def _dated(event: Event, page: Notice, zone: tzinfo) -> Event:
    """The event with its zone, and whether it is over."""
    problems = list(event.problems)
    if event.start is None:
        problems.append("no_date: a day is not stated yet")
    elif _before(event.end or event.start, page.fetched.date()):
        problems.append(f"past: it was on {dates.iso(event.start)}")
    return replace(_zoned(event, zone), problems=tuple(problems))


def _zoned(event: Event, zone: tzinfo) -> Event:
    if not isinstance(event.start, datetime) or not isinstance(zone, ZoneInfo):
        return event
    agrees = event.start.utcoffset() in (event.start.astimezone(zone).utcoffset(), timedelta(0))
    return replace(event, timezone=zone.key) if agrees else event


def of_words(words: str, *, zone: tzinfo = UTC) -> Found[Event]:
    """The happening in words such as "Start Date: 10/09/2018 14:00 End Date: 10/09/2018 Location: Webinar"."""
    started = _START.search(words)
    written = words[started.end() : started.end() + _SPAN] if started else ""
    ended = _END.search(words, started.end()) if started else None
    if ended and started and ended.start() < started.end() + _SPAN:
        written = words[started.end() : ended.start()]
    first = occasion.day_first(words) is not False
    start = dates.parse(written, zone=zone, dayfirst=first)
    if start is None or started is None:
        return None
    last = words[ended.end() : ended.end() + _SPAN] if ended else ""
    place = _PLACE.search(words, started.end())
    location = text.squeeze(place[1]) if place else None
    event = Event(
        start=start, end=_before_label(last, zone, first), location=location, online=_online(location or ""), all_day=not isinstance(start, datetime)
    )
    return checked(event, written=f"{written} {last}", about=words, zone=zone), "labelled words"


def _before_label(written: str, zone: tzinfo, dayfirst: bool) -> date | None:
    """The date of a piece of text that may run on into the next label."""
    place = _PLACE.search(written)
    return dates.parse(written[: place.start()] if place else written, zone=zone, dayfirst=dayfirst)


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
    return checked(replace(event, problems=tuple(problems)), written=f"{first} {last}", about=words, zone=zone)


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


def checked(event: Event, *, written: str, about: str, zone: tzinfo = UTC) -> Event:
    """The event with everything named that is wrong with its dates; an end that cannot be is held back, a midnight that means none becomes a day."""
    problems = list(event.problems)
    if occasion.day_first(about) is None:
        problems += _ambiguous(written)
    if shift := _shifted(event):
        problems.append(shift)
        event = _unshifted(event, zone)
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
