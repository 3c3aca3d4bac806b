"""Days and months that tell one page of a form from the next: behind "When:", over the text, in the address. Reads, decides nothing."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.dedupe.editions import MONTHS, days_named, marks

Dates = frozenset[tuple[int, int, int]]
"""Year, month, day, each 0 where it is not said."""

_WHEN = re.compile(
    r"(?:(?:^|\n|[.;|•]\s)[^\w\n]{0,4}(?:when|date (?:and|&) time|event date|date of (?:the )?event|session date|wann|termin|quand|cu[áa]ndo"
    r"|fecha y hora|wanneer)\??[ \t]*(?::\s*|[-–—]|\n)|\btakes place on\b|\bwhen:)(?P<rest>[^\n]{0,60})",
    re.IGNORECASE,
)
WHENS = ("when", "date", "takes place", "wann", "termin", "quand", "cuándo", "cuando", "fecha y hora")
"""Of what `days_when` finds there is one in it, in small letters."""
_ISO = re.compile(r"\b((?:19|20)\d\d)-(0[1-9]|1[0-2])-([0-2]\d|3[01])\b")
_NUMERIC = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./]((?:19|20)\d\d)\b")
_MONTH = "|".join(sorted((name for name in MONTHS if name.isascii()), key=len, reverse=True))
_Y, _M, _D = r"((?:19|20)\d\d)", r"(0[1-9]|1[0-2])", r"([0-2]\d|3[01])"
_DATED = (
    (re.compile(rf"(?<![^/=_-]){_Y}[-_.]?{_M}(?:[-_.]?{_D})?(?![^/&_-])"), (0, 1, 2)),
    (re.compile(rf"(?<![^/=_-]){_Y}/{_M}(?:/{_D})?(?=/?\Z)"), (0, 1, 2)),
    (re.compile(rf"(?<![^/=_-])(?:(\d\d?)[-_])?({_MONTH})[-_]{_Y}(?![^/&_-])", re.IGNORECASE), (2, 1, 0)),
    (re.compile(rf"(?<![^/=_-]){_Y}[-_/]({_MONTH})(?:[-_](\d\d?))?(?=/?\Z|&)", re.IGNORECASE), (0, 1, 2)),
)
"""Dates of a day or a month in an address, and where year, month and day stand. What a blog puts before its slugs, `/2024/05/slug`, is none: who
changes the day of an article changes it too."""
_BLOG = re.compile(r"/(?:19|20)\d\d/(?:0[1-9]|1[0-2])/(?:[0-2]\d/|3[01]/)?[^/]+")
_STAMP = re.compile(
    r"\b(?:publi\w+|updated?|posted?|reviewed|modified|added|accessed|since|until|by|from|copyright|gepr\w+|stand|aktualisiert\w*|ver[öo]ff\w+)\b"
)
_OVER, _LINES, _SHORT = 400, 5, 10
"""Characters, lines, and words of a line, in which the month of an edition is looked for."""


def days_when(content: str) -> Dates:
    """Read the days that stand behind "When:" and its like, in a text or line of its own."""
    return frozenset(day for found in _WHEN.finditer(content) for day in _days(found["rest"]))


def other_days(one: Dates, other: Dates) -> bool:
    """Say whether both name days and none is of both; where one leaves out the year, the years of the other say nothing."""
    if not one or not other:
        return False
    if all(year for year, _, _ in one | other):
        return not one & other
    return not {day[1:] for day in one} & {day[1:] for day in other}


def months_over(content: str) -> Dates:
    """Read the months, each with its year and without a day, that stand in the short lines over a text, and say nothing of when it was put there."""
    lines = [line for line in content[:_OVER].splitlines() if line.strip()][:_LINES]
    found = {_slots(line) for line in lines if len(line.split()) <= _SHORT and not _STAMP.search(line.lower())}
    return frozenset(day for day in found if day[0] and day[1] and not day[2])


@lru_cache(4096)
def dates_at(address: str) -> tuple[str, Dates]:
    """Split an address, in its canonical form, into what is left without the days and months in it, and these."""
    days: set[tuple[int, int, int]] = set()
    if not re.search(r"(?:19|20)\d\d", address) or _BLOG.search(address):
        return address, frozenset()
    for form, places in _DATED:
        for found in form.finditer(address):
            year, month, day = (found.groups()[place] or "0" for place in places)
            days.add((int(year), MONTHS.get(month.lower(), 0) or int(month), int(day)))
        address = form.sub("~", address)
    return address, frozenset(days)


def days_written(content: str) -> Dates:
    """Read every whole day that a text writes: "12 May 2025", "2025-05-12", "12.05.2025"."""
    named = {*days_named(content), *((int(found[1]), int(found[2]), int(found[3])) for found in _ISO.finditer(content))}
    for found in _NUMERIC.finditer(content):  # 8/2 is read both ways
        one, other, year = int(found[1]), int(found[2]), int(found[3])
        named |= {(year, month, day) for day, month in ((one, other), (other, one)) if month <= 12 and day <= 31}
    return frozenset(named)


def _days(said: str) -> Dates:
    named, whole = days_written(said), _slots(said)
    return named or (frozenset({whole}) if whole[1] and whole[2] else frozenset())


def _slots(said: str) -> tuple[int, int, int]:
    slots = dict(sorted(marks(said).slots, reverse=True, key=str))
    year, month, day = (slots.get(name, 0) for name in ("year", "month", "day"))
    return int(year), int(month), int(day)
