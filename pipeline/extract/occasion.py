"""When and where, as people write it: "Tue 4th Sept, 2–3.30pm, at the library". Reads words; whether they announce an event is decided elsewhere.

A day counts only with a time of day beside it, because a page is full of days on which something was posted, changed or closes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

from lxml import etree

from pipeline import dates, text
from pipeline.extract.document import Document

_MAX_WORDS = 4_000  # characters read of a page, from its heading on: an announcement says when at its top
_MAX_STEPS = 4_000  # beginnings and ends of elements
_SILENT = frozenset({"script", "style", "noscript", "template"})
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s+"
_MONTH = r"[^\W\d_]{3,10}\.?"
_DAY = (
    rf"(?:{_WEEKDAY})?(?:the\s)?\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s(?:of\s|de\s)?{_MONTH}(?:,?\s\d{{4}})?"
    rf"|(?:{_WEEKDAY})?{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?"
    rf"|(?:{_WEEKDAY})?(?:\d{{1,2}}[./]\d{{1,2}}[./](?:\d{{4}}|\d\d)|\d{{4}}-\d\d-\d\d)"
)
_CLOCK = r"(?:12\s?)?(?:noon|midday|midnight)|\d{1,2}(?:[:.h]\d\d)?\s?(?:[ap]\.?m\b\.?|uhr\b|h\b)?"
_WHEN = re.compile(
    rf"(?<![\w/.-])(?P<day>{_DAY})[\s,;|@·–()-]{{1,4}}(?:(?:at|from|um|ab|à|de|von)\s)?(?P<first>{_CLOCK})"
    rf"(?:(?:\s?(?:-|–|—|to\b|until\b|bis\b|à)\s?|\n)(?:(?P<last_day>{_DAY})[\s,@]{{1,3}}(?:at\s)?)?(?P<last>{_CLOCK}))?"
    r"(?P<gmt>\s?\(?GMT\b)?",
    re.IGNORECASE,
)
_CLOCK_PARTS = re.compile(r"(\d{1,2})(?:[:.h](\d\d))?\s?(?:uhr|h)?\s?([ap])?", re.IGNORECASE)
_TELLING = re.compile(r"noon|midday|midnight|[:.h]\d\d|[ap]\.?m|uhr|h$", re.IGNORECASE)
_OTHER_DAY = re.compile(
    r"\b(?:published|posted|updated|created|modified|uploaded|recorded|by|before|until|since|closes?|opens?|deadline|reach|on or after|planned for)"
    r"\W{1,3}(?:(?:[^\W\d_]+|\d\d?[:.]\d\d|\d\d?[ap]m)[^\w\n]{1,3}){0,4}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:\s?\([A-Z]{2,4}\)|\s[A-Z]{3,4}\b)?(?:,\s?|\sat\s|\sin\s|\n(?!(?:In|On|We|The|All|Come|Join)\b))(?:at\s)?(?P<place>[A-Z][^\n.(]{2,80})"
)
_TWO_NUMBERS = re.compile(r"(?<![\d.])(\d{1,2})[/.](\d{1,2})[/.](?:\d{4}|\d\d)(?!\d)")
_ZONES = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\bNZ[DS]?T\b|\bNew Zealand time\b", "Pacific/Auckland"),
        (r"\bAE[DS]?T\b", "Australia/Sydney"),
        (r"\bE[DS]T\b|\bEastern Time\b", "America/New_York"),
        (r"\bC[DS]T\b|\bCentral Time\b", "America/Chicago"),
        (r"\bP[DS]T\b|\bPacific Time\b", "America/Los_Angeles"),
        (r"\bCES?T\b|\bMES?Z\b", "Europe/Berlin"),
        (r"\bBST\b|\bUK time\b", "Europe/London"),
    )
)

_NAMES_ZONE = re.compile(r"ST\b|DT\b|ET\b|CT\b|PT\b|NZT\b|MES?Z\b|[Tt]ime\b")  # one of them stands in all of those
_SPOKEN_IN = {
    **{"fr-fr": "Europe/Paris", "de-de": "Europe/Berlin", "de-at": "Europe/Vienna", "de-ch": "Europe/Zurich", "it-it": "Europe/Rome"},
    **{"nl-nl": "Europe/Amsterdam", "da-dk": "Europe/Copenhagen", "sv-se": "Europe/Stockholm", "pl-pl": "Europe/Warsaw", "ja-jp": "Asia/Tokyo"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A day with its time as a text states it; `ranged` where it also says until when."""

    start: datetime
    end: datetime | None
    place: str | None
    ranged: bool
    written: str
    problems: tuple[str, ...] = ()


def shown(document: Document) -> str:
    """The words of a page from its heading on, a line for each piece of text."""
    body = document.tree.find("body")
    heading = next(document.tree.iter("h1"), None)
    begun, pieces, length = heading is None, [], 0
    for event, element in islice(etree.iterwalk(body if body is not None else document.tree, events=("start", "end")), _MAX_STEPS):
        begun = begun or element is heading
        piece = element.tail if event == "end" else element.text if element.tag not in _SILENT else None
        if begun and piece and (words := text.squeeze(piece)):
            pieces.append(words)
            length += len(words)
            if length > _MAX_WORDS:
                break
    return "\n".join(pieces)


def zone_of(words: str, language: str) -> ZoneInfo | None:
    """The zone that the words name, else that of the country in the language tag where the language is spoken in one zone only."""
    named = next((name for pattern, name in _ZONES if pattern.search(words)), None) if _NAMES_ZONE.search(words) else None
    named = named or _SPOKEN_IN.get(language.replace("_", "-").lower())
    return ZoneInfo(named) if named else None


def day_first(*words: str) -> bool | None:
    """Whether numbers put the day first, by those that can be read in one way only; `None` where none can."""
    pairs = [(int(first), int(second)) for part in words for first, second in _TWO_NUMBERS.findall(part)]
    if any(first > 12 for first, _ in pairs):
        return True
    return False if any(second > 12 for _, second in pairs) else None


def find(words: str, *, zone: tzinfo, posted: date | None) -> Occasion | None:
    """The first day with a time that is not one of posting, closing or changing. A year that is not stated follows from the day of posting."""
    first = day_first(words)
    for found in _WHEN.finditer(words):
        if _OTHER_DAY.search(words[max(0, found.start() - 40) : found.start()]):
            continue
        if occasion := _read(found, zone=zone, posted=posted, dayfirst=first is not False):
            after = _AFTER.match(words, found.end())
            place = text.squeeze(after["place"]) if after else None
            return replace(occasion, place=place)
    return None


def _read(found: re.Match[str], *, zone: tzinfo, posted: date | None, dayfirst: bool) -> Occasion | None:
    problems: list[str] = []
    day = _day(found["day"], posted=posted, dayfirst=dayfirst, problems=problems)
    begin, end = _clocks(found["first"], found["last"])
    if day is None or begin is None:
        return None
    start = datetime.combine(day, begin, zone)
    if found["gmt"] and start.utcoffset() != timedelta(0):
        problems.append("zone_conflict: GMT stands where summer time is meant")
    last_day = _day(found["last_day"], posted=day, dayfirst=dayfirst, problems=[]) if found["last_day"] else day
    finish = datetime.combine(last_day, end, zone) if end and last_day else None
    if finish and finish <= start and not found["last_day"]:
        finish += timedelta(days=1)
    return Occasion(start=start, end=finish, place=None, ranged=finish is not None, written=text.squeeze(found[0]), problems=tuple(problems))


def _day(written: str, *, posted: date | None, dayfirst: bool, problems: list[str]) -> date | None:
    weekday = re.match(_WEEKDAY, written, re.IGNORECASE)
    bare = written[weekday.end() :] if weekday else written
    value = dates.parse(bare, dayfirst=dayfirst)
    if value is None and posted is not None and (value := dates.parse(f"{bare} {posted.year}", dayfirst=dayfirst)):
        problems.append(f"missing_year: {text.squeeze(written)} is taken for the first one after {posted.isoformat()[:10]}")
        if value.isoformat()[:10] < posted.isoformat()[:10]:
            value = dates.parse(f"{bare} {posted.year + 1}", dayfirst=dayfirst)
    day = value.date() if isinstance(value, datetime) else value
    if day and weekday and written[:3].lower() != _WEEKDAYS[day.weekday()]:
        problems.append(f"weekday_mismatch: {text.squeeze(written)} is a {day:%A}")
    return day


def _clocks(first: str, last: str | None) -> tuple[time | None, time | None]:
    """Two times of day; what the second says of its half of the day goes for the first ("2–3.30pm"), unless that came after it ("11–2pm")."""
    if not _TELLING.search(first) and not (last and _TELLING.search(last)):
        return None, None
    end = _clock(last, "") if last else None
    half = _CLOCK_PARTS.match(last) if last else None
    begin = _clock(first, (half[3] or "").lower() if half else "")
    if begin and end and begin > end and half and half[3]:
        begin = _clock(first, "")
    return begin, end


def _clock(written: str, half: str) -> time | None:
    lowered = written.lower()
    if "noon" in lowered or "midday" in lowered:
        return time(12)
    if "midnight" in lowered:
        return time(0)
    parts = _CLOCK_PARTS.match(lowered)
    if not parts:
        return None
    hour, minute = int(parts[1]), int(parts[2] or 0)
    half = parts[3] or half
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
