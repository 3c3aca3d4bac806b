"""The fields of an item's form: what they show, and what a posted form makes of them. Reads no request and no store.

A field that comes back as it was shown changes nothing, so that a form that was only looked at writes nothing. What a person typed always wins over
what was left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, tzinfo
from typing import TYPE_CHECKING

from pipeline import dates
from pipeline.digest.sections import EVENT_KINDS
from pipeline.late import late
from pipeline.model import Event, Item, Kind, Overlay
from pipeline.text import clean, clip, squeeze
from pipeline.web.problems import RefusedVisitError

if TYPE_CHECKING:
    from pipeline.extract import repair
else:
    repair = late("pipeline.extract.repair")

LONGEST = 4_000
"""Characters of a field of several lines."""
AUDIENCES = ("public", "members")
EVENT = ("start_day", "start_time", "end_day", "end_time", "location")
_LINE = 500


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed by field, and which of these fields somebody else, or the source, has changed meanwhile."""

    new: Mapping[str, str]
    overtaken: tuple[str, ...]


def shown(item: Item) -> dict[str, str]:
    """Give what the fields of an item show."""
    overlay, resource = item.overlay, item.resource
    what = overlay.blurb if overlay.blurb is not None else item.description or ""
    said = {
        "title": _line(item.title),
        "kind": item.kind.value,
        "audience": item.audience,
        "image_alt": _line(overlay.image_alt if overlay.image_alt is not None else resource.image_alt or ""),
        "description": _lines(what),
        "why": _lines(item.note),
    }
    event = item.event or (Event() if item.kind in EVENT_KINDS else None)
    return said if event is None else said | _event_fields(event)


def mark(item: Item) -> str:
    """Give a short text that says of each field what it shows, so that a form that comes back tells what was typed from what was left alone."""
    return ".".join(f"{name}-{_digest(said)}" for name, said in shown(item).items())


def is_worded(item: Item) -> bool:
    """Say whether a curator has written words of this item."""
    overlay = item.overlay
    return overlay.description is not None or overlay.blurb is not None or bool(item.note)


def repairs_of(item: Item, *, zone: tzinfo) -> tuple[repair.Repair, ...]:
    """Propose how the dates of an item may be put right."""
    if item.event is None or not item.event.problems:
        return ()
    words = "\n".join((item.title, item.description or "", item.resource.text))
    return repair.repairs(item.event, words=words, zone=zone, posted=item.resource.published)


def typed(form: Mapping[str, str], item: Item) -> Typed:
    """Tell what was typed into a posted form from what was left alone, by the mark that the form brings."""
    now, parts = shown(item), [part.rpartition("-") for part in form.get("mark", "").split(".")]
    then = {name: digest for name, _, digest in parts}
    said = {name: (_lines if name in ("description", "why") else _line)(value) for name, value in form.items() if name in now}
    new = {name: value for name, value in said.items() if _digest(value) != then.get(name, _digest(now[name])) and value != now[name]}
    return Typed(new, tuple(name for name in new if _digest(now[name]) != then.get(name, _digest(now[name]))))


def overlay_of(new: Mapping[str, str], item: Item, *, zone: tzinfo) -> Overlay:
    """Give the overlay with what was typed. Raises `RefusedVisitError` where a field says what cannot be."""
    was, overlay = shown(item), item.overlay
    if "title" in new:
        overlay = replace(overlay, title=new["title"] or None)
    if "kind" in new:
        overlay = replace(overlay, kind=_kind(new["kind"]))
    if "audience" in new:
        overlay = replace(overlay, audience=_audience(new["audience"]))
    if "image_alt" in new:
        overlay = replace(overlay, image_alt=new["image_alt"])
    if "description" in new:
        overlay = replace(overlay, description=new["description"], blurb=None)
    if "why" in new:
        overlay = replace(overlay, note=new["why"] if new["why"] or was["why"] else None)
    if any(name in new for name in EVENT):
        overlay = replace(overlay, event=_event({name: new.get(name, was[name]) for name in EVENT}, item.event or Event(), zone))
    return overlay


def changes(before: Item, after: Item) -> str:
    """Say in a line what an edit changed, with the old and the new value."""
    old, new = _told(before), _told(after)
    return "; ".join(f"{name}: {_quoted(old[name])} → {_quoted(new[name])}" for name in old if old[name] != new[name])


def _told(item: Item) -> dict[str, str]:
    said = shown(item)
    event = item.event
    return {
        "title": said["title"],
        "kind": said["kind"],
        "audience": said["audience"],
        "image text": said["image_alt"],
        "what it is": said["description"],
        "why": said["why"],
        "when": repair.spoken(event) if event else "",
        "where": (event.location or "") if event else "",
    }


def _quoted(said: str) -> str:
    return f"“{clip(squeeze(said), 120)}”" if said else "nothing"


def _event_fields(event: Event) -> dict[str, str]:
    start, end = (_local(one, _zone(event)) for one in (event.start, event.end))
    return {
        "start_day": dates.day(start).isoformat() if start else "",
        "start_time": _clock(start),
        "end_day": dates.day(end).isoformat() if end else "",
        "end_time": _clock(end),
        "location": _line(event.location or ""),
    }


def _clock(value: date | None) -> str:
    return f"{value:%H:%M}" if isinstance(value, datetime) else ""


def _event(said: Mapping[str, str], event: Event, zone: tzinfo) -> Event:
    own = _zone(event) or zone
    start = _moment(said["start_day"], said["start_time"], own)
    end = _moment(said["end_day"] or (said["start_day"] if said["end_time"] else ""), said["end_time"], own)
    if end is not None and start is None:
        raise _refused("An end without a start says nothing.")
    if isinstance(start, datetime) != isinstance(end, datetime) and None not in (start, end):
        raise _refused("Start and end both have a time of day, or neither has.")
    if start is not None and end is not None and end < start:
        raise _refused("It would end before it starts.")
    same = (start, end) == (event.start, event.end)
    timezone = event.timezone or (getattr(own, "key", None) if isinstance(start, datetime) else None)
    return replace(
        event,
        start=start,
        end=end,
        all_day=start is not None and not isinstance(start, datetime),
        timezone=timezone,
        location=said["location"] or None,
        problems=event.problems if same else (),
    )


def _zone(event: Event) -> tzinfo | None:
    """The zone in which an event's times are told: its own, else the offset of its start."""
    named = dates.zone(event.timezone) if event.timezone else None
    return named or (event.start.tzinfo if isinstance(event.start, datetime) else None)


def _local(value: date | None, zone: tzinfo | None) -> date | None:
    return value.astimezone(zone) if isinstance(value, datetime) and value.tzinfo and zone else value


def _moment(day: str, clock: str, zone: tzinfo) -> date | None:
    if not day:
        if clock:
            raise _refused("A time needs its day.")
        return None
    try:
        found = date.fromisoformat(day)
        return datetime.combine(found, time.fromisoformat(clock), zone) if clock else found
    except ValueError as error:
        raise _refused(f"“{clip(f'{day} {clock}'.strip(), 40)}” is no day.") from error


def _refused(said: str) -> RefusedVisitError:
    return RefusedVisitError(said, status=422, hint="Write days as 2026-09-10 and times as 14:00.")


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError as error:
        raise RefusedVisitError(f'The form says "{name[:40]}", which is no kind.', status=422, hint="Load the page again.") from error


def _audience(name: str) -> str:
    if name not in AUDIENCES:
        raise RefusedVisitError(f'The form says "{name[:40]}", which is no audience.', status=422, hint="Load the page again.")
    return name


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:10]


def _line(said: str) -> str:
    return squeeze(said)[:_LINE]


def _lines(said: str) -> str:
    """Text of several lines as a browser sends it back: line ends of one sort, nothing around it."""
    return clean(said.replace("\r\n", "\n").replace("\r", "\n")).strip()[:LONGEST]
