"""What tells two things with nearly one title apart: editions, parts, issues, dates, and whether one is a notice about the other.

"July 2018" is not "August 2018", part 1 is not part 2, and a correction is not the article that it corrects. Reads titles and named
days, decides nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline import text

MONTHS = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr - jun jul aug sep oct nov dec",
        "- - - - - - - - sept - - -",
        "januar februar märz - mai juni juli - - oktober - dezember",
        "janvier février mars avril - juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "januari februari mars april maj juni juli augusti - - - -",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    )
    for number, name in enumerate(names.split(), start=1)
    if name != "-"
}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_SURE_MONTH = "|".join(sorted((name for name in MONTHS if len(name) > 4 and name not in ("march", "mars")), key=len, reverse=True))
_COUNTS = {
    name: number
    for names in (
        "one two three four five six seven eight nine ten eleven twelve",
        "first second third fourth fifth sixth seventh eighth ninth tenth",
        "i ii iii iv v vi vii viii ix x xi xii",
        "eins zwei drei vier fünf",
    )
    for number, name in enumerate(names.split(), start=1)
}
_COUNT = rf"\d{{1,4}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))}"
_YEAR = r"(?:19|20)\d\d"
_NUMBERED = (
    "issue|number|no|nr|vol|volume|folge|ausgabe|episode|ep|session|sitzung|week|woche|kw|module|modul|unit|lesson|lektion|chapter|kapitel|webinar|workshop|"
    "round|wave|phase|roundup|bulletin|newsletter|day|tag|numéro|semaine|épisode|chapitre|número|semana|episodio|capítulo|boletín|numero|settimana|capitolo"
    "|boletim|episódio|aflevering|hoofdstuk|nummer|uke|vecka|avsnitt|выпуск|часть|неделя"
)

# Read in this order, and what one form has read the next does not see again. Groups are named by the slot that they fill.
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"\b(?P<day>\d{{1,2}})\.?(?:\s*(?:st|nd|rd|th|er))?\s+(?:of\s+|de\s+)?(?P<month>{_MONTH})\.?\s*(?:,\s*)?(?:de\s+)?(?P<year>{_YEAR})\b",
        rf"(?P<year>{_YEAR})\s?年\s?(?P<month>1[0-2]|0?[1-9])\s?月(?:\s?(?P<day>[0-3]?\d)\s?日)?",
        rf"\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,)?\s+(?P<year>{_YEAR})\b",
        rf"\b(?P<month>{_MONTH})\.?\s*(?:,\s*)?(?:[-–]\s*)?(?P<year>{_YEAR})\b",
        rf"\b(?P<month>{_MONTH})\.?\s*['’-]?(?P<year>\d\d)\b",
        rf"\b(?P<day>\d{{1,2}})\.?(?:\s*(?:st|nd|rd|th))?\s+(?P<month>{_SURE_MONTH})\b",
        rf"\b(?P<year>{_YEAR})-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>\d\d))?\b",
        rf"\b(?:(?P<day>\d{{1,2}})\s*[./]\s*)?(?P<month>0?[1-9]|1[0-2])\s*[./]\s*(?P<year>{_YEAR})\b",
        r"\b(?:q|quarter\s+|quartal\s+)(?P<quarter>[1-4])\b",
        rf"\b(?:part|pt|teil|parte|partie|deel)\b\.?\s*(?P<part>{_COUNT})\b",
        rf"\((?P<part>\d{{1,2}}|{_COUNT})(?:\s*(?:/|of|von)\s*\d{{1,2}})?\)",
        r"\b(?P<part>\d{1,2})\s*(?:/|of|von)\s*\d{1,2}\b",
        rf"\b(?:{_NUMBERED})\b\.?\s*(?P<issue>{_COUNT})\b",
        r"#\s?(?P<issue>\d{1,4})\b",
        r"\bn\s?°\s?(?P<issue>\d{1,4})\b",
        r"第\s?(?P<issue>\d{1,4})\s?[期号號回話话集]",
        r"\bs(?P<season>\d{1,2})[\s,:]{0,2}e(?:p\s?)?(?P<issue>\d{1,3})\b",
        r"\b(?:season|series|staffel|saison|temporada|stagione|seizoen)\s(?P<season>\d{1,2})\b",
        rf"\b(?P<edition>{_COUNT})(?:st|nd|rd|th|\.)?\s+(?:edition|auflage|ausgabe)\b",
        rf"\b(?P<year>{_YEAR})(?:\s*[-–/]\s*(?P<until>\d\d|{_YEAR}))?\b",
        r"\bv(?:ersion\s*)?(?P<version>\d{1,3}(?:\.\d+)*)\b",
        rf"\b(?P<month>{_SURE_MONTH})\b",
        r"\b(?P<stage>draft|interim|final|entwurf)\b",
    )
)
_IN_WORDS = tuple(form for form in _FORMS if _COUNT in form.pattern or r"\d" not in form.pattern)
"""Those that can find something where there is no digit."""
_DATED = frozenset({"day", "month", "year", "quarter", "issue", "edition"})
_HEAD, _BEHIND = 400, 30
"""Characters in which a text repeats its title, and of what is read behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a title says of its edition: slots with their numbers, plain numbers left over, and the role that it plays to another work."""

    slots: frozenset[tuple[str, int | str]]
    numbers: frozenset[str]
    role: str


@lru_cache(4096)
def marks(title: str, role: str = "") -> Marks:
    """Read the marks of a title that plays this role."""
    rest = unicodedata.normalize("NFKC", title[:500]).casefold()
    slots: set[tuple[str, int | str]] = set()
    for form in _FORMS if re.search(r"\d", rest) else _IN_WORDS:
        if found := list(form.finditer(rest)):
            slots.update((slot, _value(slot, value)) for one in found for slot, value in one.groupdict().items() if value)
            rest = form.sub(" ", rest)
    return Marks(slots=frozenset(slots), numbers=frozenset(re.findall(r"\d+", rest)), role=role)


def headed(found: Marks, title: str, content: str) -> Marks:
    """Add the days, months, quarters, issues and editions that stand behind the title where a text repeats it among its first lines."""
    said = text.squeeze(title).casefold()
    start = content[:_HEAD].casefold()
    at = start.find(said) if len(said) > 5 else -1
    if at < 0:
        return found
    behind = start[at + len(said) :].partition("\n")[0][:_BEHIND]
    fresh = frozenset((slot, value) for slot, value in marks(behind).slots if slot in _DATED)
    return replace(found, slots=found.slots | fresh) if fresh else found


def clash(one: Marks, other: Marks) -> str:
    """Say where both titles fill the same slot differently ("month 7 against 8"); empty where they do not."""
    slots, others = _by_slot(one), _by_slot(other)
    for slot, values in sorted(slots.items(), reverse=True):  # the year before the day
        if slot in others and not values & others[slot]:
            return f"{slot} {_listed(values)} against {_listed(others[slot])}"
    return ""


def days_named(content: str) -> frozenset[tuple[int, int, int]]:
    """Find every whole day (year, month, day) that a text names by the month's name, as announcements do."""
    found = set()
    plain = unicodedata.normalize("NFC", text.unpiled(content)).casefold()
    for form in _FORMS[:3]:
        for day in form.finditer(plain):
            if day["day"]:
                found.add((int(day["year"]), int(_value("month", day["month"])), int(day["day"])))
    return frozenset(found)


def _by_slot(found: Marks) -> dict[str, set[int | str]]:
    slots: dict[str, set[int | str]] = {}
    for slot, value in found.slots:
        slots.setdefault(slot, set()).add(value)
    return slots


def _listed(values: set[int | str]) -> str:
    return ", ".join(sorted(map(str, values)))


def _value(slot: str, value: str) -> int | str:
    if slot == "month" and value in MONTHS:
        return MONTHS[value]
    if slot in ("stage", "version"):
        return value
    number = int(value) if value.isdigit() else _COUNTS[value]
    return 2000 + number if slot in ("year", "until") and number < 100 else number
