"""Numbers and dates that a text states, and whether another text states them too, however either is written.

17 %, 17 per cent and 17% are one number, 1,200 and 1 200 another, and 3 November 2026 is 2026-11-03. What a curator counts in passing (two pages, ten
minutes, page 4) is no claim about a source. Where a reading is open, it speaks for the curator: a false alarm costs more trust than it brings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, timedelta
from functools import cached_property

from pipeline import dates, text

MAX_CHARACTERS = 1_000_000
"""Characters of a source that are read."""
_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "pl")
_MONTHS = {dates.month(date(2000, month, 1), tag).split()[0].casefold(): month for tag in _LANGUAGES for month in range(1, 13)}
_MONTHS |= {dates.short_month(date(2000, month, 1), tag).casefold(): month for tag in _LANGUAGES[:4] for month in range(1, 13)} | {"sept": 9}
_MONTH = r"(?P<name>[^\W\d_]{3,12})"
_TO = r"\s*(?:-|–|—|to|and|until|&|/|bis|,)\s*"
_TH = r"(?:st|nd|rd|th|er|\.)?"
_DAY = rf"(?P<d>\d{{1,2}})(?!\d){_TH}(?:{_TO}(?P<e>\d{{1,2}})(?!\d){_TH})?"
_YEAR = r"(?P<y>\d{4})"
_FORMS = (
    re.compile(rf"(?<!\d){_YEAR}-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}})(?!\d)"),
    re.compile(r"(?<![\d.,/-])(?P<d>\d{1,2})(?P<sep>[./-])\s?(?P<m>\d{1,2})(?P=sep)\s?(?P<y>\d{4}|\d\d)(?![\d/])"),
    re.compile(rf"(?<![\d.,]){_DAY}[\s-]{{1,3}}(?:(?:of|de)\s)?{_MONTH}\b\.?(?:,?[\s-]{{1,3}}(?:del?\s)?{_YEAR})?(?!\d)", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\b\.?\s{{1,3}}{_DAY}(?:,?\s{{1,3}}{_YEAR})?(?!\d)", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\b\.?,?\s{{1,3}}(?:de\s)?{_YEAR}(?!\d)", re.IGNORECASE),
)
"""Ways to write a day or a month, the surest first; what one has read the next does not see."""
_DIGIT = re.compile(r"\d")
_VERBS = frozenset({"may", "march", "mar"})
"""Months that are words, too, when written small."""

_GAP = "[ ,.’'\u00a0\u2009\u202f]"
_NUMBER = re.compile(
    rf"(?<![\w.,])(?<![^\W\d_]-)(?P<digits>\d{{1,3}}(?:{_GAP}\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,·]\d+)?)(?=(?P<after>.{{0,24}}))", re.DOTALL
)
_WORDS = re.compile(
    r"\b(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine)\b)?"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)\b(?=(?P<after>.{0,24}))",
    re.IGNORECASE | re.DOTALL,
)
_PERCENT = re.compile(r"\s?(?:%|٪|％|per\s?cent|percent|pct\b|pc\b|p\.c\.|prozent|pour\s?cent|por\s?ciento|procent)", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:-|–|—|−|to|and|or|,|&|bis)\s?[£$€]?\d[\d.,]*", re.IGNORECASE)
_TIMES = re.compile(r"[\s-]?(?P<unit>k|m|mn|bn|tn|thousand|million|billion|trillion|hundred)\b", re.IGNORECASE)
_UNITS = {"hundred": 2, "k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "bn": 9, "billion": 9, "tn": 12, "trillion": 12}
_PARTS = {"half": 50, "third": 33, "thirds": 67, "quarter": 25, "quarters": 75, "fifth": 20, "tenth": 10, "doubled": 100, "halved": 50}
_SHARE_WORDS = re.compile(rf"\b(?:{'|'.join(_PARTS)})\b", re.IGNORECASE)
_IN = re.compile(
    r"\b(?P<some>\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s(?:in|out\sof|of)\s(?:every\s|a\s|an\s)?(?P<all>\w{1,12})\b",
    re.IGNORECASE,
)

_ASIDE = re.compile(
    r"https?://\S+|www\.\S+|\S{1,100}@\S+|\b10\.\d{4,9}/\S+|(?<!\d)\d{1,2}[:.]\d\d\s?(?:[ap]\.?m\b\.?|h\b|uhr\b)|(?<!\d)\d{1,2}:\d\d(?!\d)"
    r"|\b\d{1,2}\s?[ap]m\b|(?<![\d/])\d{1,4}/\d{1,4}(?![\d/])",
    re.IGNORECASE,
)
"""Addresses, times of day and fractions: they are not read."""
_POINTS_AT = re.compile(
    r"(?:\b(?:pages?|pp?\.|chapters?|ch\.|sections?|tables?|figures?|fig\.|box|boxes|steps?|slides?|appendix|parts?|blogs?|items?|no\.|number|type"
    r"|level|version|day|week)|[#§@])\s?$",
    re.IGNORECASE,
)
_IN_PASSING = re.compile(r"[\s-]?(?:min(?:ute)?s?|hours?|seconds?|pages?|words|slides|reads?|o'clock)\b", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|around|some|roughly|nearly|almost|over|under|up\sto|more\sthan|less\sthan|fewer\sthan|at\sleast|ca\.?|circa|approximately)"
    r"\s(?:[£$€]\s?)?$",
    re.IGNORECASE,
)
_SMALL = 10
_NEAR = 0.1

Day = tuple[int | None, int, int | None]
"""Year, month and day of the month; what is not stated is `None`."""


class Stated:
    """What texts state: numbers and percentages in one spelling each, and days. Each is read when it is asked for, and once."""

    def __init__(self, texts: Iterable[str] = (), days: Iterable[date] = ()) -> None:
        self._said = "\n;\n".join(one[:MAX_CHARACTERS] for one in texts)
        self._days = tuple(days)

    @cached_property
    def _figures(self) -> str:
        """The lines with digits in them: of most texts a small part."""
        return "\n".join(line for line in self._said.split("\n") if _DIGIT.search(line))

    @cached_property
    def days(self) -> frozenset[Day]:
        read = (day for _, readings in _dates(self._figures) for day in readings)
        return frozenset((*read, *((one.year, one.month, one.day) for one in self._days)))

    @cached_property
    def numbers(self) -> frozenset[str]:
        digits = (one for match in _NUMBER.finditer(self._figures) for one in _readings(match["digits"], match["after"]))
        spoken = (one for match in _WORDS.finditer(self._said) for one in _spoken(match))
        return frozenset((*digits, *spoken, *(str(one.year) for one in self._days)))

    @cached_property
    def percents(self) -> frozenset[str]:
        digits = (one for match in _NUMBER.finditer(self._figures) if _is_share(match["after"]) for one in _readings(match["digits"], ""))
        spoken = (one for match in _WORDS.finditer(self._said) if _PERCENT.match(match["after"]) for one in _spoken(match))
        return frozenset((*digits, *spoken, *_fractions(self._said)))


def without_source(said: str, *known: Stated) -> Iterator[tuple[str, str]]:
    """Yield what a text states and no known one does, as written, with the sort of claim: `date` or `number`."""
    said = text.squeeze(_ASIDE.sub(" ; ", said[:MAX_CHARACTERS]))
    rest = said
    for written, readings in _dates(said, strict=True):
        rest = rest.replace(written, " ; ", 1)
        if not any(_is_known(day, one.days) for one in known for day in readings):
            yield "date", written
    yield from (("number", one) for one in _numbers(rest, known))


# ---------------------------------------------------------------- numbers


def _numbers(said: str, known: Sequence[Stated]) -> Iterator[str]:
    for match in (*_NUMBER.finditer(said), *_WORDS.finditer(said)):
        before, after = said[max(0, match.start() - 24) : match.start()], match["after"]
        share = _PERCENT.match(after)
        readings = set(_readings(match["digits"], after) if "digits" in match.groupdict() else _spoken(match))
        if not share and (_POINTS_AT.search(before) or _IN_PASSING.match(after) or _is_small(readings) or _is_code(match, after)):
            continue
        near = _ABOUT.search(before) is not None
        if not any(_has(one.percents if share else one.numbers, readings, near=near) for one in known):
            unit = share or _TIMES.match(after)
            yield text.squeeze(match[0] + (unit[0] if unit else ""))


def _readings(digits: str, after: str) -> Iterator[str]:
    """Every value that digits may mean: separators of thousands or decimals, and a unit of thousands behind."""
    times = 10 ** _UNITS[unit["unit"].casefold()] if (unit := _TIMES.match(after)) else 1
    bare = re.sub("[^\\d.,·]", "", digits).replace("·", ".")
    values = set()
    if re.fullmatch(r"\d{1,3}(?:[.,]?\d{3})+", bare):
        values.add(float(re.sub(r"\D", "", bare)))
    head, mark, tail = bare.replace(",", ".").rpartition(".")
    if not mark or tail != "000":  # nobody means three by 3,000
        values.add(float(f"{head.replace('.', '') or 0}.{tail}") if mark else float(bare))
    if " " in digits and times == 1:  # "in 12 340 cases" may be two numbers
        yield from (_spelt(float(part)) for part in digits.split() if part.isdigit())
    yield from {_spelt(value * times) for value in values}


def _spoken(match: re.Match[str]) -> Iterator[str]:
    value = text.number(match[0])
    if value is not None:
        unit = _TIMES.match(match["after"])
        yield _spelt(value * 10 ** (_UNITS[unit["unit"].casefold()] if unit else 0))


def _spelt(value: float) -> str:
    return f"{value:.12g}"


def _is_share(after: str) -> bool:
    """Whether a number in a source counts as a percentage: the sign stands behind it, or behind the range or the list that it begins."""
    rest = after
    while found := _RANGE.match(rest):
        rest = rest[found.end() :]
    return _PERCENT.match(rest) is not None


def _is_small(readings: Set[str]) -> bool:
    return all(float(one) <= _SMALL and float(one).is_integer() for one in readings)


def _is_code(match: re.Match[str], after: str) -> bool:
    """Whether the number is part of a word: "3D", "21st", "COVID-19"."""
    return after[:1].isalpha() and "digits" in match.groupdict() and not _TIMES.match(after)


def _has(pool: Set[str], readings: Set[str], *, near: bool) -> bool:
    """Whether one of the readings is in the pool; where it was rounded, whether something near is."""
    if not readings.isdisjoint(pool):
        return True
    return near and any(abs(float(one) - float(other)) <= _NEAR * abs(float(one)) for one in readings for other in pool)


def _fractions(said: str) -> Iterator[str]:
    """Percentages that are told in other words: "half", "a quarter", "one in five", "eleven in a hundred"."""
    yield from (str(_PARTS[match[0].casefold()]) for match in _SHARE_WORDS.finditer(said))
    for match in _IN.finditer(said):
        some, whole = text.number(match["some"]), 100 if match["all"].casefold() == "hundred" else text.number(match["all"])
        if some and whole and some <= whole:
            yield str(round(100 * some / whole))


# ---------------------------------------------------------------- days


def _dates(said: str, *, strict: bool = False) -> Iterator[tuple[str, tuple[Day, ...]]]:
    """Yield dates as written, with their readings: day before month and month before day. `strict` takes no small "may" for a month."""
    if not _DIGIT.search(said):
        return
    for form in _FORMS:
        found: list[re.Match[str]] = []

        def take(match: re.Match[str], found: list[re.Match[str]] = found) -> str:
            name = match.groupdict().get("name", "january")
            if name.casefold() not in _MONTHS or (strict and name in _VERBS):
                return match[0]
            found.append(match)
            return " ; "

        said = form.sub(take, said)
        yield from ((match[0], tuple(_days(match.groupdict()))) for match in found)


def _days(found: Mapping[str, str]) -> Iterator[Day]:
    year = int(found["y"]) if found.get("y") else None
    year = year + 2000 if year is not None and year < 100 else year
    name = found.get("name")
    month = _MONTHS[name.casefold()] if name else int(found["m"])
    first = int(found["d"]) if found.get("d") else None
    if first is None:
        yield year, month, None
        return
    last = int(found["e"]) if found.get("e") else first
    yield from ((year, month, day) for day in (range(first, min(last, first + 31) + 1) if first <= last else (first, last)))
    if found.get("sep"):
        yield year, first, month


def _is_known(day: Day, known: Set[Day]) -> bool:
    """Whether a day is among the known ones. What one side leaves out, the other may say."""
    year, month, number = day
    return any(month == m and (number is None or number == d) and (year is None or y is None or year == y) for y, m, d in known)


def span(first: date | None, last: date | None) -> Iterator[date]:
    """Yield the days from one to another, a month at most; one that is missing leaves the other alone."""
    start, end = (dates.day(one) if one else None for one in (first, last))
    if start and end and start <= end:
        yield from (start + timedelta(days=number) for number in range(min((end - start).days, 31) + 1))
    else:
        yield from (one for one in (start, end) if one)
