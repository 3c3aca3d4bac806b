"""When something happens, as a page says it: days and times of day put together, those of posting, closing and changing left out.

Reads words; whether they announce an event is decided elsewhere. A day counts only with a time of day that belongs to it, because a page is full of
days on which something was posted, changed or closes; a day alone counts where a label names it the day of the event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from pipeline import text
from pipeline.extract import cues, moments, zones
from pipeline.extract.moments import Clock, Day, Token

_LEAD = 90  # characters before a day in which a word may say what day it is
_NEAR = 60  # characters between a day and its time
_FAR = 160  # characters after a day in which a sentence may still name its time
_WRITTEN = 160  # characters of what is quoted of a page
_Times = tuple[time, time | None, date | None, int, str]
"""The time at which it begins, that at which it ends, the day of that where one is written, where the words end, and the zone they name."""
_EVENING, _DAWN = time(17), time(7)
_PAST = timedelta(days=100)
"""A day without a year that lies so far before the day of posting, and fits its weekday, is told and not announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A day with its time as a text states it, or a day alone; `ranged` where it also says until when, `labelled` where a label says that it is the
    day of the event. `at` and `until` are its places in the words."""

    start: date
    end: date | None
    place: str | None
    ranged: bool
    written: str
    problems: tuple[str, ...] = ()
    labelled: bool = False
    repeated: bool = False
    weekday: bool = False
    swappable: bool = False
    at: int = 0
    until: int = 0
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What the days of a text are read by."""

    words: str
    tokens: tuple[Token, ...]
    zone: tzinfo
    posted: date | None
    month_first: bool
    years: tuple[int, ...]


def find(words: str, *, zone: tzinfo, posted: date | None, language: str = "", year: int | None = None) -> Occasion | None:
    """Find the day with a time that the words most plainly name as that of the event: a labelled one, else the first. `None` where there is none."""
    return best(found for found in all_of(words, zone=zone, posted=posted, language=language, year=year) if isinstance(found.start, datetime))


def best(found: Iterator[Occasion] | tuple[Occasion, ...]) -> Occasion | None:
    """Choose the most plainly named one."""
    return max(found, key=lambda one: (isinstance(one.start, datetime), one.labelled, one.ranged and one.weekday, -one.at), default=None)


def all_of(
    words: str, *, zone: tzinfo, posted: date | None, language: str = "", year: int | None = None, tokens: tuple[Token, ...] | None = None
) -> tuple[Occasion, ...]:
    """Find all days of a text that may be the event's, those with a time and those without, in its order.

    A time is in the zone that stands beside it, else in the one given. `year` is that of the page's own heading.
    """
    tokens = moments.tokens(words) if tokens is None else tokens
    if not any(isinstance(one, Day) for one in tokens):
        return ()
    page = _Page(
        words=words,
        tokens=tokens,
        zone=zone,
        posted=posted,
        month_first=month_first(words, tokens, language, zone) is True,
        years=(year,) if year else (),
    )
    found: list[Occasion] = []
    last = 0
    for place, token in enumerate(tokens):
        if isinstance(token, Day) and token.at >= last and not _is_other(words, token) and (occasion := _at(page, place, token)):
            found.append(occasion)
            last = occasion.until
    return tuple(found)


def _is_other(words: str, day: Day) -> bool:
    lead = words[max(0, day.at - _LEAD) : day.at]
    return cues.OTHER_DAY.search(lead) is not None or cues.OTHER_AFTER.match(words, day.until) is not None


def month_first(words: str, tokens: tuple[Token, ...], language: str, zone: tzinfo) -> bool | None:
    """Say whether numbers put the month first: by those that can be read in one way only, by a weekday or a written month beside them, by the
    language. `None` where nothing tells."""
    days = [one for one in tokens if isinstance(one, Day)]
    plain = {(one.month, one.day) for one in days if not one.swappable}
    told = day_first(words)
    if told is not None:
        return not told
    for one in days:
        if one.swappable:
            readings = (moments.make(one.year, one.month, one.day), moments.make(one.year, one.day, one.month))
            fits = [
                reading is not None and (reading.weekday() == one.weekday if one.weekday is not None else (reading.month, reading.day) in plain)
                for reading in readings
            ]
            if fits[0] != fits[1]:
                return fits[1]
    return zones.month_first(words, language, zone)


def order(words: str, language: str, zone: tzinfo) -> bool | None:
    """Say whether the numbers of a text put the month first; `None` where nothing tells."""
    return month_first(words, moments.tokens(words), language, zone)


def plain_days(words: str) -> tuple[date, ...]:
    """Give the days that a text names with a year, except those that it calls a mistake, posted or closing."""
    days = (one.date() for one in moments.tokens(words) if isinstance(one, Day) and one.year and not _is_other(words, one))
    return tuple(one for one in days if one)


_TWO_NUMBERS = re.compile(r"(?<![\d.])(\d{1,2})[/.](\d{1,2})[/.](?:\d{4}|\d\d)(?!\d)")


def day_first(*words: str) -> bool | None:
    """Whether numbers put the day first, by those that can be read in one way only; `None` where none can."""
    pairs = [(int(first), int(second)) for part in words for first, second in _TWO_NUMBERS.findall(part)]
    if any(first > 12 for first, _ in pairs):
        return True
    return False if any(second > 12 for _, second in pairs) else None


# ---------------------------------------------------------------- one day


def _at(page: _Page, place: int, day: Day) -> Occasion | None:
    """The occasion whose first day stands at this place of the tokens."""
    problems: list[str] = []
    first, last, after = _days(page, place, day, problems)
    if first is None:
        return None
    until = page.tokens[after - 1].until
    found = Occasion(
        start=first,
        end=last,
        place=None,
        ranged=last is not None,
        written=text.squeeze(page.words[day.at : until]),
        problems=tuple(problems),
        labelled=cues.LABELLED.search(page.words, max(0, day.at - _LEAD), day.at) is not None,
        repeated=day.plural or _EVERY.search(page.words, max(0, day.at - 30), day.at) is not None,
        weekday=day.weekday is not None,
        swappable=day.swappable and day.year is not None,
        at=day.at,
        until=until,
    )
    times = _times(page, after, day)
    return found if times is None else _timed(page, found, times)


def _timed(page: _Page, found: Occasion, times: _Times) -> Occasion:
    """A day with its times, and what is wrong with them."""
    begins, ends, end_day, until, named = times
    problems = list(found.problems)
    start = datetime.combine(found.start, begins, zones.named(named) or page.zone)
    end = _end(start, ends, end_day or (None if found.repeated else found.end)) if ends else None
    if named.strip().upper() == "GMT" and start.utcoffset() != timedelta(0):
        problems.append("zone_conflict: GMT stands where summer time is meant")
    if end is not None and end < start:
        problems.append(f"end_before_start: it would end {end.isoformat(timespec='minutes')}")
        end = None
    until = max(until, found.until)
    written = text.squeeze(page.words[found.at : until])[:_WRITTEN]
    return replace(found, start=start, end=end, ranged=ends is not None, written=written, problems=tuple(problems), until=until, zone=named)


_EVERY = re.compile(r"\b(?:every|each|weekly|monthly|jeden|jede|tous les|chaque|todos los|cada|bob)\W+(?:\w+\W+){0,2}$", re.IGNORECASE)


def _days(page: _Page, place: int, day: Day, problems: list[str]) -> tuple[date | None, date | None, int]:
    """The first day, the last where there are several, and the place of the token after them."""
    following = page.tokens[place + 1] if place + 1 < len(page.tokens) else None
    gap = page.words[day.until : following.at] if following else ""
    if isinstance(following, Day) and len(gap) < 20 and "\n" not in gap.strip(" \t") and re.search(r"[-–—\w]", gap) and cues.UNTIL.fullmatch(gap):
        last = _resolved(page, following, [])
        first = _resolved(page, replace(day, year=day.year or (last.year if last else None)), problems)
        if first and last and day.year is None and first > last:
            first = moments.make(last.year - 1, first.month, first.day)
        if first and last and first < last:
            return first, last, place + 2
    last = _resolved(page, day if day.before is None else replace(day, weekday=None), problems)
    if day.before is None or last is None or not 1 <= day.before < 32:
        return last, None, place + 1
    first = moments.make(last.year, last.month, day.before)
    return (first, last, place + 1) if first and first < last else (last, None, place + 1)


def _resolved(page: _Page, day: Day, problems: list[str]) -> date | None:
    """A day with its year: the one that is written, that another place of the page writes, or that follows from the posting and the weekday."""
    if day.year is not None:
        found = day.date(day_first=not page.month_first)
        if found and day.weekday is not None and found.weekday() != day.weekday:
            problems.append(f"weekday_mismatch: {text.squeeze(page.words[day.at : day.until])} is a {found:%A}")
        return found
    if (found := _elsewhere(page, day)) or page.posted is None:
        return found
    years = [page.posted.year - 1, page.posted.year, page.posted.year + 1, page.posted.year + 2]
    dated = [one for year in years if (one := day.date(year=year, day_first=not page.month_first))]
    posted = page.posted if not isinstance(page.posted, datetime) else page.posted.date()
    fitting = [one for one in dated if day.weekday is None or one.weekday() == day.weekday] or dated
    coming = [one for one in fitting if one >= posted]
    told = [one for one in fitting if posted - _PAST <= one < posted] if day.weekday is not None else []
    chosen = told[-1] if told and (not coming or coming[0] - posted > timedelta(days=330)) else next(iter(coming), None)
    if chosen:
        written = text.squeeze(page.words[day.at : day.until])
        problems.append(f"missing_year: {written} is taken for the first one after {posted.isoformat()}")
        if day.weekday is not None and chosen.weekday() != day.weekday:
            problems.append(f"weekday_mismatch: {written} is a {chosen:%A}")
    return chosen


def _elsewhere(page: _Page, day: Day) -> date | None:
    """The day in the year in which the page writes it elsewhere, or that stands in its heading; its weekday must fit."""
    same = [one.year for one in page.tokens if isinstance(one, Day) and one.year and (one.month, one.day) == (day.month, day.day)]
    for year in (*same, *page.years):
        found = moments.make(year, day.month, day.day)
        if found and (day.weekday is None or found.weekday() == day.weekday):
            return found
    return None


# ---------------------------------------------------------------- its times


def _times(page: _Page, after: int, day: Day) -> _Times | None:
    """The time at which it begins, that at which it ends, the day of that where one is written, where the words end, and the zone they name."""
    tokens, words = page.tokens, page.words
    until = tokens[after - 1].until
    following = tokens[after] if after < len(tokens) else None
    if isinstance(following, Clock) and following.at - until <= _NEAR and cues.JOIN.fullmatch(words, until, following.at):
        return _span(page, after, following)
    before = after - 2 if tokens[after - 1] is day else after - 3
    if found := _before(page, before, day):
        return found
    for place in range(after, min(after + 8, len(tokens))):
        one = tokens[place]
        if isinstance(one, Day) or one.at - until > 3 * _FAR:
            break
        gap = words[until : one.at]
        if one.at - until <= _FAR + 200 and cues.SENTENCE_TIME.fullmatch(gap[-_FAR:]) and not cues.NOT_START.search(gap[-40:]):
            return _span(page, place, one)
    return None


def _before(page: _Page, place: int, day: Day) -> _Times | None:
    """The times right before the day ("10am to noon on Tuesday 9 March")."""
    if (
        place < 0
        or not isinstance(one := page.tokens[place], Clock)
        or not cues.BACK.fullmatch(page.words, one.until, day.at)
        or day.at - one.until > 12
    ):
        return None
    first = page.tokens[place - 1] if place else None
    if isinstance(first, Clock) and one.at - first.until < 16 and cues.UNTIL.fullmatch(page.words, first.until, one.at):
        begins, ends = _clocks(first, one)
        if begins:
            return begins, ends, None, day.until, one.zone or first.zone
    if "\n" in page.words[one.until : day.at]:
        return None
    begins, _ = _clocks(one, None)
    return (begins, None, None, day.until, one.zone) if begins else None


def _span(page: _Page, place: int, first: Clock) -> _Times | None:
    tokens, words = page.tokens, page.words
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    if isinstance(following, Clock) and _is_until(words, first, following):
        begins, ends = _clocks(first, following)
        if begins and ends:
            return begins, ends, None, following.until, following.zone or first.zone
    second = tokens[place + 2] if place + 2 < len(tokens) else None
    begins, _ = _clocks(first, None)
    if begins is None:
        return None
    if isinstance(following, Day) and _is_until(words, first, following) and re.search(r"[-–—\w]", words[first.until : following.at]):
        end_day = _resolved(page, following, [])
        if isinstance(second, Clock) and cues.JOIN.fullmatch(words, following.until, second.at):
            _, ends = _clocks(first, second)
            ends = moments.clock(second) if second.told else ends
            return begins, ends, end_day, second.until, second.zone or first.zone
    return begins, _finish(words, first, following), None, first.until, first.zone


def _finish(words: str, first: Clock, following: Token | None) -> time | None:
    """The time at which a sentence soon after says that it is over ("we hope to finish by eight o'clock")."""
    if (
        not isinstance(following, Clock)
        or following.at - first.until > _FAR
        or not cues.FINISH.search(words, max(first.until, following.at - 40), following.at)
    ):
        return None
    begins, ends = _clocks(first, following)
    return ends if begins and ends and ends > begins else None


def _is_until(words: str, first: Token, second: Token) -> bool:
    gap = words[first.until : second.at]
    if len(gap) > 40 or not gap.strip(" ") or not cues.UNTIL.fullmatch(gap):
        return False
    bare = not gap.strip("\n\t ")
    return not bare or (isinstance(first, Clock) and isinstance(second, Clock) and bool(first.half and second.half))


def _clocks(first: Clock, last: Clock | None) -> tuple[time | None, time | None]:
    """Two times of day; what the second says of its half of the day goes for the first ("2–3.30pm"), unless that came after it ("11–2pm")."""
    if not first.told and not (last and last.told):
        return None, None
    begin = moments.clock(first, last.half if last else "")
    if last is None:
        return begin, None
    end = moments.clock(last)
    if begin and end and begin > end and last.half:
        begin = moments.clock(first)
    if begin and end and not first.half and not last.half and not first.padded and not last.padded and not first.spoken:
        begin, end = _in_the_day(begin, end)
    if begin and end and last.spoken and not last.half and end <= begin and end.hour < 12:
        end = end.replace(hour=end.hour + 12)
    if begin and end and first.half and not last.half and last.hour <= 12 and end <= begin and end.hour < 12 and not last.padded:
        end = end.replace(hour=end.hour + 12)
    return begin, end


def _in_the_day(begin: time, end: time) -> tuple[time, time]:
    """Two times without a half of the day: "2.00 – 3.30" is an afternoon, and "10.00 – 1.00" ends in one."""
    if 1 <= begin.hour < 7 and begin < end and end.hour < 8:
        return begin.replace(hour=begin.hour + 12), end.replace(hour=end.hour + 12)
    if 7 <= begin.hour <= 12 and end < begin and 1 <= end.hour < 8:
        return begin, end.replace(hour=end.hour + 12)
    return begin, end


def _end(start: datetime, ends: time, day: date | None) -> datetime:
    end = datetime.combine(day or start.date(), ends, start.tzinfo)
    if end <= start and day is None and (ends == time() or (start.time() >= _EVENING and ends <= _DAWN)):
        end += timedelta(days=1)
    return end
