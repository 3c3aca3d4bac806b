"""The grammar of days and times of day, as people write them in six languages: words in, tokens with their places out. Decides nothing.

A text is read from its numbers: few of them stand on a page, and each day and nearly each time has one. What no number announces (noon, half past
six) is looked for only where one of its words stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time

from pipeline import dates

_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "mon monday montag lundi lunes dydd|llun nos|lun lunedì maandag segunda-feira",
            "tue tues tuesday dienstag mardi martes dydd|mawrth nos|fawrth martedì dinsdag terça-feira",
            "wed weds wednesday mittwoch mercredi miércoles miercoles dydd|mercher nos|fercher mercoledì woensdag quarta-feira",
            "thu thur thurs thursday donnerstag jeudi jueves dydd|iau nos|iau giovedì donderdag quinta-feira",
            "fri friday freitag vendredi viernes dydd|gwener nos|wener venerdì vrijdag sexta-feira",
            "sat saturday samstag sonnabend samedi sábado sabado dydd|sadwrn nos|sadwrn sabato zaterdag",
            "sun sunday sonntag dimanche domingo dydd|sul nos|sul domenica zondag",
        )
    )
    for name in names.replace("|", " ").split(" ")
    if name not in ("dydd", "nos")
} | {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6, "lun": 0, "mar": 1, "mer": 2, "jeu": 3, "ven": 4, "sam": 5, "dim": 6}
_WEEKDAY = re.compile(
    r"(?P<welsh>\b(?:dydd|nos)\s)?(?<![^\W\d_])(?P<name>[^\W\d_]{2,9}(?:-feira)?)(?P<dot>\.?,?)[\s(]{1,2}(?:the\s|le\s|den\s|dem\s|el\s)?$",
    re.IGNORECASE,
)
_NAMES = frozenset(name for name in _WEEKDAYS if len(name) > 3) | {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
"""Weekdays that need no mark after them; of "mo", "di", "mer" and the like, one does."""
_ORDINAL = r"(?:\s?(?:st|nd|rd|th)\b|er\b|º|°|ª|\.|(?:ain|af|ail|fed|ydd|eg)\b)?"
_YEAR = r"(?P<year>(?:19|20)\d\d(?!\d)|['’]\d\d(?!\d)|[23]\d(?!\s?(?:[\d:.h,%]|[ap]\.?m|st|nd|rd|th)|\d))"
_MONTH = r"(?P<month>[^\W\d_]{3,12})"
_AND = r"(?:[-–—,&+/]|to|and|till|until|bis|und|au|et|al|y|a|i|tan|hyd)"
_PAST_DAYS = rf"(?:(?P<day0>\d{{1,2}}){_ORDINAL}\s?(?P<and>{_AND})\s?(?:[^\W\d_]{{2,10}}[.,]?\s(?:the\s)?)?)?"
_DAY_MONTH = re.compile(
    rf"{_PAST_DAYS}(?P<day>\d{{1,2}}){_ORDINAL}[\s-]{{0,2}}(?:of\s|de\s|o\s)?{_MONTH}\b\.?(?:[\s,/-]{{0,3}}(?:del?\s|of\s)?{_YEAR})?", re.IGNORECASE
)
_MONTH_DAY = re.compile(
    rf"(?P<day>\d{{1,2}})(?![\d:%]|\.\d|\s?[ap]\.?m\b){_ORDINAL}(?:\s?(?P<and>[-–—&]|and"
    rf"|to)\s?(?:[^\W\d_]{{3,9}},?\s)?(?P<day1>\d{{1,2}})(?![\d:.]|\s?[ap]\.?m\b){_ORDINAL})?"
    r"(?:[\s,]{1,3}(?P<year>(?:19|20)\d\d)(?!\d))?",
    re.IGNORECASE,
)
_MONTH_BEFORE = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,10})\.?\s(?:the\s)?$")
_ISO = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)T?")
_NUMERIC = re.compile(
    r"(?:(?P<day0>\d{1,2})\.?\s?[-–/]\s?)?(?P<one>\d{1,2})(?P<mark>[./-])(?P<two>\d{1,2})(?P=mark)(?P<year>\s?(?:19|20)\d\d|\d\d)(?![\d/]|[.-]\d)"
)
_SHORT = re.compile(r"(?P<one>\d{1,2})(?P<mark>[./])(?P<two>\d{1,2})(?:\.(?!\d)|(?![\d/:.]))")
_HAN = re.compile(r"(?P<year>\d{4})\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]")
_ZONE = (
    r"(?:\s?[|,·]?\s?[(\[]?\s?(?P<zone>(?:GMT|UTC)\s?[+-]\d{1,2}(?::?\d\d)?\b(?:\)[ ](?-i:[A-Z])[^\W\d_]+(?:,?[ ](?-i:[A-Z])[^\W\d_]+)*(?:[ ]\(US"
    r" & Canada\))?)?|(?:GMT|UTC)\b|BST\b|IST\b|WES?T\b|CES?T\b|ME[SZ]?Z\b|EES?T\b|E[DS]?T\b|C[DS]?T\b|M[DS]T\b|P[DS]?T\b|AK[DS]T\b|HST\b"
    r"|A[DS]T\b|NZ[DS]?T\b|AE[DS]?T\b|AWST\b|AC[DS]T\b|SAST\b|JST\b|HKT\b|SGT\b|(?-i:Eastern|Central(?: European)?|Mountain|Pacific|British(?:"
    r" Summer)?|UK|London|Irish|NZ|New Zealand)"
    r"(?:\s(?:Standard |Daylight |Summer )?Time)?\b|heure de Paris|hora peninsular))?"
)
_MARK = r"(?:\s?(?P<mark>[ap]\.?\s?m\b\.?|y\.?[bhp]\b\.?|uhr\b|h\b|o['’]clock\b|heures\b))?"
_CLOCK = re.compile(
    rf"(?P<hour>\d{{1,2}})(?:(?P<sep>:|\s?h\s?|\.)(?P<minute>[0-5]\d)(?!\d|\.\d)(?::[0-5]\d)?(?:\s?min\b)?)?{_MARK}(?![\d%])"
    r"(?:\s?(?P<noon>noon|midday|midnight))?(?P<military>)",
    re.IGNORECASE,
)
_MILITARY = re.compile(
    r"(?P<hour>[01]\d|2[0-3])[:.]?(?P<minute>[0-5]\d)(?=\s?(?:hrs?|hours)\b|\s?[-–—]\s?\d{4}\s?(?:hrs?|hours)\b)(?:\s?(?:hrs?|hours)\b)?",
    re.IGNORECASE,
)
_AFTER_CLOCK = re.compile(
    r"(?:\s(?:in the |at |this |le |du |de la |por la |y |yr |o['’]r )?(?P<part>morning|afternoon|evening|night|matin|après-midi|soir|mañana"
    r"|tarde|noche|bore|prynhawn|hwyr"
    r"|morgens|vormittags|nachmittags|abends)\b)?" + _ZONE,
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\s?(?:[-–—]|(?:to|until|till|bis|à|a|al|and|et|y|und|hyd|tan|in the|at night|du|de la|this|morgens|vormittags|nachmittags"
    r"|abends)\b)",
    re.IGNORECASE,
)
"""What follows a number that is a time although nothing in it says so."""
_FOR = re.compile(r"\sfor\s\d{1,2}(?:[.:]\d\d)?\s?(?P<half>[ap])\.?m\b", re.IGNORECASE)
"""People are asked "7 for 7.30pm": to come at seven."""
_NUMERALS = {
    name: n for n, name in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1)
}
_HOUR = "|".join(_NUMERALS)
_SPOKEN = re.compile(
    rf"\b(?:(?P<noon>(?:12\s(?:del?\s)?|twelve\s)?(?:noon|midday|midnight|mittags?|mitternacht|midi|minuit"
    rf"|mediod[ií]a|medianoche|hanner (?:dydd|nos)))"
    rf"|(?:(?P<off>half|quarter|five|ten|twenty|twenty-five)[\s-](?:minutes\s)?(?P<way>past|to)\s(?P<base>{_HOUR}|\d{{1,2}})"
    rf"|(?P<full>{_HOUR})(?:\so['’]\s?clock|(?=\s(?:in the|at)\s(?:morning|afternoon|evening|night))))\b)",
    re.IGNORECASE,
)
_SPOKEN_SIGNS = (  # in small letters; without one of them no time is said in words
    *("noon", "midday", "midnight", "midi", "clock", "past", "quarter", "in the morn", "in the aft", "in the eve"),
    *("mittag", "mittern", "minuit", "mediod", "medianoche", "hanner"),
)
_OFFS = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20, "twenty-five": 25}
_NUMBER = re.compile(r"(?<![\w.£$€#:+/@])(?<!\d,)\d")
_AFTERNOON = ("p", "afternoon", "evening", "night", "après-midi", "soir", "tarde", "noche", "yp", "yh", "prynhawn", "hwyr", "nachmittags", "abends")
_MORNING = ("a", "morning", "matin", "mañana", "yb", "bore", "morgens", "vormittags")
_MAX = 400  # tokens of a text


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day as it is written, from `at` to `until`. `one` and `two` are its numbers where they may be day and month or month and day; a year is
    `None` where none is stated. `before` are days that share its month ("3 and 4 February": 3)."""

    at: int
    until: int
    year: int | None
    month: int
    day: int
    weekday: int | None = None
    plural: bool = False
    swappable: bool = False
    before: int | None = None

    def date(self, *, year: int | None = None, day_first: bool = True) -> date | None:
        """Give the day it means, in the year that is said or given; `None` where there is no such day."""
        month, day = (self.month, self.day) if day_first or not self.swappable else (self.day, self.month)
        return make(self.year or year, month, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time of day. `half` is "a" or "p" where it is said, `told` whether it can be nothing else than a time."""

    at: int
    until: int
    hour: int
    minute: int
    half: str = ""
    told: bool = False
    padded: bool = False
    spoken: bool = False
    zone: str = ""


Token = Day | Clock


def make(year: int | None, month: int, day: int) -> date | None:
    """Give the day of a calendar; `None` where there is none, or no year."""
    try:
        return date(year, month, day) if year else None
    except ValueError:
        return None


def tokens(words: str) -> tuple[Token, ...]:
    """Find the days and the times of day of a text, in its order."""
    found: list[Token] = []
    last = 0
    for number in _NUMBER.finditer(words):
        if number.start() < last or len(found) >= _MAX:
            continue
        day = _day(words, number.start())
        token = day if day and day.at >= last else _clock(words, number.start())
        if token:
            found.append(token)
            last = token.until
    low = words.lower()
    if any(sign in low for sign in _SPOKEN_SIGNS):
        found += [token for token in _spoken(words) if not any(one.at < token.until and token.at < one.until for one in found)]
        found.sort(key=lambda one: one.at)
    return tuple(found)


def _day(words: str, at: int) -> Day | None:
    if found := _ISO.match(words, at) or _HAN.match(words, at):
        return _made(words, found, month=int(found["month"]), day=int(found["day"]), year=found["year"])
    if found := _NUMERIC.match(words, at):
        one, two = int(found["one"]), int(found["two"])
        return _numeric(words, found, one, two)
    if (found := _DAY_MONTH.match(words, at)) and (month := dates.month_number(found["month"])):
        before = int(found["day0"]) if found["day0"] else None
        return _made(words, found, month=month, day=int(found["day"]), year=found["year"], before=before)
    return _month_first(words, at) or _short(words, at)


def _numeric(words: str, found: re.Match[str], one: int, two: int) -> Day | None:
    before = int(found["day0"]) if found["day0"] else None
    if two > 12 >= one:
        return _made(words, found, month=one, day=two, year=found["year"])
    swappable = found["mark"] != "." and one <= 12 and one != two
    return _made(words, found, month=two, day=one, year=found["year"], swappable=swappable, before=before)


def _month_first(words: str, at: int) -> Day | None:
    if at < 4 or not words[at - 1].isspace():
        return None
    name = _MONTH_BEFORE.search(words, max(0, at - 16), at)
    month = dates.month_number(name[1]) if name else None
    found = _MONTH_DAY.match(words, at) if name and month else None
    if not name or not month or not found:
        return None
    days = (int(found["day1"]), int(found["day"])) if found["day1"] else (int(found["day"]), None)
    return _made(words, found, month=month, day=days[0], year=found["year"], begins=name.start(), before=days[1])


def _short(words: str, at: int) -> Day | None:
    """A day and a month in numbers without a year: only after a weekday, or with the two points of German."""
    found = _SHORT.match(words, at) if words[at + 1 : at + 3].strip("0123456789")[:1] in ("/", ".") else None
    if not found or (found["mark"] == "." and not found[0].endswith(".")):
        return None
    weekday = _weekday(words, at)
    if weekday is None and found["mark"] == "/":
        return None
    one, two = int(found["one"]), int(found["two"])
    return _made(words, found, month=two, day=one, year=None, swappable=found["mark"] == "/" and one <= 12 and one != two)


def _made(
    words: str,
    found: re.Match[str],
    *,
    month: int,
    day: int,
    year: str | None,
    begins: int | None = None,
    swappable: bool = False,
    before: int | None = None,
) -> Day | None:
    if not 1 <= month <= 12 or not 1 <= day <= 31 or make(2028, month, day) is None:
        return None
    at = found.start() if begins is None else begins
    weekday = _weekday(words, at)
    digits = int(year.lstrip("'’")) if year else None
    full = digits + 2000 if digits is not None and digits < 100 else digits
    return Day(
        at=weekday[1] if weekday else at,
        until=found.end(),
        year=full,
        month=month,
        day=day,
        weekday=weekday[0] if weekday else None,
        plural=bool(weekday and weekday[2]),
        swappable=swappable,
        before=before,
    )


def _weekday(words: str, at: int) -> tuple[int, int, bool] | None:
    """The weekday right before a place: its number, where it begins, and whether it is one of many ("Thursdays")."""
    found = _WEEKDAY.search(words, max(0, at - 24), at)
    if not found:
        return None
    name = found["name"].lower()
    plural = name.endswith("s") and name[:-1] in _NAMES and name not in _WEEKDAYS
    name = name[:-1] if plural else name
    if name not in _WEEKDAYS or (name not in _NAMES and not found["dot"] and not found["welsh"]):
        return None
    return _WEEKDAYS[name], found.start(), plural


def _clock(words: str, at: int) -> Clock | None:
    military = _MILITARY.match(words, at)
    found = military or _CLOCK.match(words, at)
    if not found or int(found["hour"]) > 24:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    mark = "hrs" if military else (found["mark"] or "").lower().replace(".", "").replace(" ", "")
    noon = "" if military else (found["noon"] or "").lower()
    invited = None if mark else _FOR.match(words, found.end())
    mark = invited["half"].lower() if invited else mark
    if not (mark or noon or found["minute"]) and not _GOES_ON.match(words, found.end()):
        return None
    after = _AFTER_CLOCK.match(words, found.end())
    part = (after["part"] or "").lower() if after else ""
    half = _half(mark[:1] if mark[:1] in "ap" and mark else mark, part)
    if noon:
        hour, half = (0, "") if noon == "midnight" else (12, "p")
    told = bool(mark or part or noon or found["minute"])
    if half and hour > 12:
        half = ""
    until = invited.end() if invited else after.end() if after else found.end()
    return Clock(
        at=at,
        until=until,
        hour=hour,
        minute=minute,
        half=half,
        told=told,
        padded=found["hour"].startswith("0"),
        zone=(after["zone"] or "") if after else "",
    )


def _half(mark: str, part: str) -> str:
    if mark in _AFTERNOON or part in _AFTERNOON:
        return "p"
    return "a" if mark in _MORNING or part in _MORNING else ""


def _spoken(words: str) -> list[Clock]:
    found: list[Clock] = []
    for one in _SPOKEN.finditer(words):
        after = _AFTER_CLOCK.match(words, one.end())
        half = _half("", (after["part"] or "").lower() if after else "")
        if one["noon"]:
            night = one["noon"].lower().endswith(("night", "nacht", "minuit", "medianoche", "nos"))
            hour, minute, half = (0, 0, "") if night else (12, 0, "p")
        elif one["full"]:
            hour, minute = _NUMERALS[one["full"].lower()], 0
        else:
            base = one["base"].lower()
            hour, off = _NUMERALS.get(base) or int(base), _OFFS[one["off"].lower()]
            hour, minute = (hour, off) if one["way"].lower() == "past" else ((hour - 2) % 12 + 1, 60 - off)
        if hour < 24:
            found.append(
                Clock(
                    at=one.start(),
                    until=after.end() if after else one.end(),
                    hour=hour,
                    minute=minute,
                    half=half,
                    told=True,
                    spoken=not one["noon"],
                    zone=(after["zone"] or "") if after else "",
                )
            )
    return found


def clock(one: Clock, half: str = "") -> time | None:
    """Give a time of day; `half` goes for one that says none of its own. 24:00 is the midnight at the end of a day (ISO 8601)."""
    if (one.hour, one.minute) == (24, 0):
        return time(0)
    said = one.half or ("" if one.padded or one.hour > 12 else half)
    hour = one.hour
    if said and 1 <= hour <= 12:
        hour = hour % 12 + (12 if said == "p" else 0)
    if one.spoken and not said and 1 <= hour < 8:
        hour += 12
    return time(hour, one.minute) if hour < 24 and one.minute < 60 else None
