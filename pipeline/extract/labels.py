"""The event in words that label its dates ("Start Date: 10/09/2018 14:00 End Date: 10/09/2018"), as old systems write them. Reads no page."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo

from pipeline import dates, text
from pipeline.extract import occasion, whereabouts
from pipeline.extract.document import Found
from pipeline.extract.doubts import checked
from pipeline.model import Event

START = re.compile(r"\bstart(?:s|ing)?(?: date| time)?\s*(?::\s*|\s(?=\d))", re.IGNORECASE)
_END = re.compile(r"\bend(?:s)?(?: date| time)?\s*(?::\s*|\s(?=\d))", re.IGNORECASE)
_PLACE = re.compile(r"\b(?:location|venue|where|lieu|veranstaltungsort)\s*(?::\s*|\n|\s(?=(?-i:[A-Z])))([^.\n(]{2,120})", re.IGNORECASE)
_SPAN = 60  # characters after a label in which its date must stand


def of_words(words: str, *, zone: tzinfo = UTC, language: str = "") -> Found[Event]:
    """The happening in words such as "Start Date: 10/09/2018 14:00 End Date: 10/09/2018 Location: Webinar"."""
    started = START.search(words)
    if started is None:
        return None
    ended = _END.search(words, started.end())
    near = ended is not None and ended.start() < started.end() + _SPAN
    written = words[started.end() : ended.start() if ended and near else started.end() + _SPAN]
    order = occasion.order(words, language, zone)
    start = dates.parse(written, zone=zone, dayfirst=not order)
    if start is None:
        return None
    last = words[ended.end() : ended.end() + _SPAN] if ended else ""
    place = _PLACE.search(words, started.end()) or _PLACE.search(words)
    location = text.squeeze(place[1]) if place else None
    online = whereabouts.online(location or "")
    event = Event(
        start=start, end=_before_label(last, zone, day_first=not order), location=location, online=online, all_day=not isinstance(start, datetime)
    )
    return checked(event, written=f"{written} {last}", about=words, zone=zone, month_first=order), "labelled words"


def _before_label(written: str, zone: tzinfo, *, day_first: bool) -> date | None:
    """The date of a piece of text that may run on into the next label."""
    place = _PLACE.search(written)
    return dates.parse(written[: place.start()] if place else written, zone=zone, dayfirst=day_first)
