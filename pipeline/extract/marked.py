"""The event that a page tells machines of: JSON-LD, microdata, RDFa, hCalendar, the meta tags of Facebook, and its own links to calendars."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, timedelta, tzinfo
from itertools import islice
from urllib.parse import parse_qs, urlsplit

from pipeline import dates, text
from pipeline.extract import jsonld, whereabouts
from pipeline.extract.document import Document, Element, inner
from pipeline.model import Event

_MARKUP = {name: name for name in ("startDate", "endDate", "location", "eventStatus", "eventAttendanceMode")} | {
    **dict.fromkeys(("dtstart", "dt-start", "event:start_time"), "startDate"),
    **dict.fromkeys(("dtend", "dt-end", "event:end_time"), "endDate"),
}
_HCALENDAR = re.compile("dt-?(?:start|end)")
_CALENDAR = re.compile("dates=|startdt=")
_PLACED = re.compile("venue|location")
_PLACE = re.compile(r"(?:^|\s)(?:[\w-]+[-_])?(?:venue|location)(?:[-_]?name)?(?=\s|$)", re.IGNORECASE)
_SPAN = re.compile(r"(\d{8}(?:T\d{6}Z?)?)/(\d{8}(?:T\d{6}Z?)?)")
_STATUS = {"EventCancelled": "cancelled", "EventPostponed": "postponed", "EventRescheduled": "rescheduled"}
_MODES = {"OnlineEventAttendanceMode": True, "OfflineEventAttendanceMode": False}
_ALSO = frozenset({"EventSeries", "Festival", "Hackathon"})
"""Types of events whose names do not say so."""
_MAX_DATES = 50
_MAX_PLACE = 90  # characters of the place of an event


def nodes_of(document: Document, title: str) -> tuple[jsonld.Node, ...]:
    """The nodes of events, the page's own first: the one whose name stands in the title, and its other dates. None where the page lists several."""
    described = [
        node for node in jsonld.described(document.nodes, document.main) if jsonld.type_of(node).endswith(("Event", "Festival", "Hackathon"))
    ]
    described += [node for node in document.nodes if jsonld.type_of(node) in _ALSO]
    found = [one for node in described for one in (_dates(node) or [node]) if one.get("startDate")]
    if found:
        return _own(found, title)
    return tuple(node for node in (_marked_up(document),) if node)


def _dates(node: jsonld.Node) -> list[jsonld.Node]:
    """The single dates of a series, each with what its series says."""
    within = node.get("subEvent") or node.get("eventSchedule")
    several = within if isinstance(within, list) else [within]
    named = [one for one in several[:_MAX_DATES] if isinstance(one, dict) and one.get("startDate")]
    if node.get("startDate") and jsonld.type_of(node) != "EventSeries" and _is_programme(named):
        return []  # the items of its programme
    whole = {key: value for key, value in node.items() if key not in ("subEvent", "startDate", "endDate", "eventSchedule")}
    is_series = jsonld.type_of(node) == "EventSeries" or len(named) > 1
    return [whole | one | {"@series": True, "location": one.get("location") or whole.get("location")} for one in named] if is_series and named else []


def _is_programme(parts: Iterable[jsonld.Node]) -> bool:
    """Whether dates are those of what happens within one event: of other names, on the same day or on days together."""
    parts = tuple(parts)
    days = sorted(dates.day(found) for one in parts if (found := dates.parse(jsonld.string(one, "startDate") or "", zone=UTC)))
    return len({jsonld.string(one, "name") for one in parts}) > 1 and bool(days) and days[-1] - days[0] < timedelta(days=4)


def _own(found: list[jsonld.Node], title: str) -> tuple[jsonld.Node, ...]:
    names = [" ".join(text.words(jsonld.string(node, "name") or "")) for node in found]
    if len(set(names)) == 1:
        return tuple(found)
    plain = " ".join(text.words(title))
    own = [node for node, name in zip(found, names, strict=True) if name and plain and (name in plain or plain in name)]
    return tuple(own or (found if len(set(names)) < 4 else ()))


def _marked_up(document: Document) -> jsonld.Node:
    """The dates of microdata, of RDFa, of hCalendar, and of meta tags."""
    node: dict[str, str] = {}
    for element in document.called({"itemprop": bool, "property": bool, "class": _HCALENDAR.search}):
        marks = f"{element.get('itemprop') or ''} {element.get('property') or ''} {element.get('class') or ''}".split()
        for mark in marks:
            if (name := _MARKUP.get(mark.removeprefix("schema:"))) and name not in node and (said := _said(element, name)):
                node[name] = said
    if "startDate" not in node:
        return {}
    place = document.tree.find(".//*[@class='location']")
    return node if place is None else {"location": inner(place)} | node


def _said(element: Element, name: str) -> str:
    if name != "location":
        return element.get("datetime") or element.get("content") or element.get("title") or element.get("href") or inner(element)
    own = element.xpath("(.//*[@itemprop='name' or @property='name' or @property='schema:name'])[1]")
    return element.get("content") or (inner(own[0]) if own else "") or inner(element)


def placed(document: Document) -> str:
    """The words of the element that a system calls its venue or location, where they are few."""
    named = document.called({"class": _PLACED.search})
    for element in islice((one for one in named if next(one.iterancestors("body"), None) is not None), 12):
        if _PLACE.search(element.get("class") or "") and element.tag not in ("body", "html", "form", "select", "nav", "input", "i", "svg"):
            said = text.squeeze(" ".join(element.itertext()))
            if 3 < len(said) <= _MAX_PLACE:
                return said
    return ""


def linked(document: Document) -> jsonld.Node:
    """The dates in the page's own link to a calendar, where it has one only."""
    named = document.called({"href": _CALENDAR.search})
    links = {found for one in [one for one in named if one.tag == "a"][:20] if (found := _of_link(one.get("href")))}
    return {"startDate": (link := next(iter(links)))[0], "endDate": link[1]} if len(links) == 1 else {}


def _of_link(href: str) -> tuple[str, str] | None:
    try:
        query = parse_qs(urlsplit(href[:4000]).query, max_num_fields=40)
    except ValueError:
        return None
    span = _SPAN.fullmatch((query.get("dates") or [""])[0])
    if span:
        return span[1], span[2]
    start = (query.get("startdt") or [""])[0]
    return (start, (query.get("enddt") or [""])[0]) if start else None


def of_node(node: jsonld.Node, zone: tzinfo) -> Event:
    """The event of a node as it is written; what cannot be read as a date is named."""
    first, last = jsonld.string(node, "startDate") or "", jsonld.string(node, "endDate") or ""
    start, end = dates.parse(first, zone=zone), dates.parse(last, zone=zone)
    place = location(node.get("location"))
    mode = (jsonld.string(node, "eventAttendanceMode") or "").rsplit("/", 1)[-1]
    online = _MODES.get(mode) if mode else whereabouts.online(place or "")
    status = _STATUS.get((jsonld.string(node, "eventStatus") or "").rsplit("/", 1)[-1])
    problems = [f"{status}: the page says so"] if status else []
    problems += [f"invalid_date: {written}" for written, value in ((first, start), (last, end)) if written and value is None]
    if node.get("@series"):
        problems.append("series: it is one of several dates")
    event = Event(start=start, end=end, location=place, online=online, hybrid=mode == "MixedEventAttendanceMode")
    return replace(event, all_day=start is not None and not hasattr(start, "hour"), problems=tuple(problems))


def country(node: jsonld.Node) -> str:
    """The country of the place of a node, as it is written."""
    place = node.get("location")
    place = next(iter(place), None) if isinstance(place, list) else place
    address = place.get("address") if isinstance(place, dict) else None
    if not isinstance(address, dict):
        return ""
    inside = address.get("addressCountry")
    return (jsonld.string(inside, "name") if isinstance(inside, dict) else jsonld.string(address, "addressCountry")) or ""


def region(node: jsonld.Node) -> str:
    """All that the place of a node says of where it is, in one line."""
    place = node.get("location")
    place = next(iter(place), None) if isinstance(place, list) else place
    address = place.get("address") if isinstance(place, dict) else place
    if isinstance(address, str):
        return text.squeeze(address)[:300]
    return (
        ", ".join(jsonld.string(address, key) or "" for key in ("addressLocality", "addressRegion", "addressCountry"))
        if isinstance(address, dict)
        else ""
    )


def location(value: object) -> str | None:
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
