"""A dated happening, from markup or from what readers see, and what is wrong with its dates. What is wrong is named, never silently mended.

A time keeps the offset that was written; one without a zone is in the zone of its place, of its page, else of its source, which the lead names.
Markup says the day, unless readers are told another and it cannot be or is told to be wrong; visible words say the time where markup has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from lxml import etree

from pipeline import dates
from pipeline.extract import jsonld, labels, lines, marked, moments, occasion, signs, standing, whereabouts, zones
from pipeline.extract.document import Document, Found
from pipeline.extract.doubts import before, checked, day_of
from pipeline.model import Event

__all__ = ["Notice", "checked", "notice", "of_page"]

_YEAR = re.compile(r"(?<![\d.-])20[2-4]\d(?![\d.-])")
_OF_POSTING = re.compile(r"/20\d\d/\d\d?(?=/)")  # a weblog's address says when it was posted
_MAX_SHOWN = 100_000  # characters of a page in which its event may stand; each date among them is weighed
_MAX_ABOUT = 5_000  # characters: an announcement says when at its top
_BRIEF_PAGE = 1_500  # characters: a notice is short; in an article a time is one of many things told
_DIGIT = re.compile(r"\d")
_CLASSES = etree.XPath(
    "//body[@class]/@class | //article[@class]/@class | //h1/ancestor::*[@class][position() < 4]/@class | //*[@typeof]/@typeof |"
    " //*[@itemtype]/@itemtype"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a page shows and says of itself that an event can be read from. `nodes` are its markup in the form of JSON-LD, `link` the dates of its
    link to a calendar; `posted` when it was published, `fetched` when it was read."""

    words: str
    nodes: tuple[jsonld.Node, ...]
    is_marked: bool
    language: str
    posted: date | None
    fetched: datetime
    title: str = ""
    url: str = ""
    link: jsonld.Node | None = None
    is_other: bool = False
    placed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The days of a page, and the one of them that is most plainly the event's."""

    best: occasion.Occasion | None
    all: tuple[occasion.Occasion, ...]
    zone: tzinfo
    month_first: bool | None


def notice(document: Document, *, title: str, posted: date | None) -> Notice:
    """Gather what may announce an event, before the tree is spoiled for its text."""
    nodes = marked.nodes_of(document, title)
    words = lines.shown(document)[:_MAX_SHOWN]
    marks = bool(nodes) or signs.ADDRESS.search(document.url) is not None or signs.HAPPENS.search(title) is not None
    return Notice(
        words=words,
        nodes=nodes,
        is_marked=marks or _calls_itself_one(document),
        language=document.tree.get("lang") or "",
        posted=posted,
        fetched=document.fetched,
        title=title,
        url=document.url,
        link=marked.linked(document) if marks or _DIGIT.search(words) else None,
        placed=marked.placed(document) if marks or _DIGIT.search(words) else "",
        is_other=any(jsonld.type_of(node) == "JobPosting" for node in document.nodes),
    )


def _calls_itself_one(document: Document) -> bool:
    """Whether the page, or what holds its heading, is of a class or type of events; the tree is asked only where anything is."""
    if not document.called(dict.fromkeys(("class", "typeof", "itemtype"), _may_be_called)):
        return False
    return any(signs.BODY.search(str(one)) for one in _CLASSES(document.tree)[:12])


def _may_be_called(value: str) -> bool:
    return "event" in (low := value.lower()) or "webinar" in low


def of_page(page: Notice, about: str, *, zone: tzinfo) -> Found[Event]:
    """The happening that the page announces, `None` where it announces none with a date. `about` are its description and text."""
    about = about[:_MAX_ABOUT]
    tokens = moments.tokens(page.words)
    if not page.nodes and not _may_announce(page, tokens, about):
        return None
    seen = _seen(page, zone, tokens)
    if page.nodes:
        found: Found[Event] = _agreed(page, seen), "json-ld"
    elif page.is_other:
        return None
    else:
        found = _of_labels(page, seen, about) or _of_occasion(page, seen, about)
    if not found or not _is_announced(page, found[0], f"{about}\n{page.words}"):
        return None
    return _finished(page, found[0], seen, about), found[1]


def _may_announce(page: Notice, tokens: tuple[moments.Token, ...], about: str) -> bool:
    """Whether there is anything to weigh: most pages name no day beside a time, and are not asked further."""
    if labels.START.search(page.words) or labels.START.search(about):
        return True
    days = [one for one in tokens if isinstance(one, moments.Day)]
    if page.is_marked or not days:
        return page.is_marked
    return any(isinstance(one, moments.Clock) and one.told for one in tokens) or whereabouts.labelled(page.words) is not None


def _is_announced(page: Notice, event: Event, words: str) -> bool:
    """Whether it is a happening still to come or held, not an offer without a time, nor by now a recording."""
    if signs.OFFER.search(words) and not isinstance(event.start, datetime):
        return False
    over = event.start is None or before(event.start, page.fetched.date())
    return not (over and standing.is_recording(page.words, page.title))


def _seen(page: Notice, zone: tzinfo, tokens: tuple[moments.Token, ...]) -> _Seen:
    node = page.nodes[0] if page.nodes else {}
    place = f"{marked.location(node.get('location')) or ''}, {marked.region(node)}" if node else whereabouts.labelled(page.words) or ""
    zone = zones.zone_of(page.words, language=page.language, place=place, address=page.url) or zone
    years = {
        int(one) for one in _YEAR.findall(f"{page.title} {page.words.partition(chr(10))[0]} {_OF_POSTING.sub('/', page.url.split('//', 1)[-1])}")
    }
    posted = page.posted or page.fetched.date()
    year = next(iter(years)) if len(years) == 1 else None
    found = occasion.all_of(page.words, zone=zone, posted=posted, language=page.language, year=year, tokens=tokens)
    order = occasion.month_first(page.words, tokens, page.language, zone)
    return _Seen(best=occasion.best(found), all=found, zone=zone, month_first=order)


# ---------------------------------------------------------------- from what is seen


def _of_labels(page: Notice, seen: _Seen, about: str) -> Found[Event]:
    """The event after "Start Date:", unless the words give that day a time which stands apart from it."""
    found = labels.of_words(page.words, zone=seen.zone, language=page.language) or labels.of_words(about, zone=seen.zone, language=page.language)
    timed = seen.best is not None and isinstance(seen.best.start, datetime) and found is not None and found[0].all_day and not found[0].problems
    return None if timed and found and seen.best and day_of(seen.best.start) == found[0].start else found


def _of_occasion(page: Notice, seen: _Seen, about: str) -> Found[Event]:
    """A day with a time is an event where the page is marked as one; elsewhere only if the page is short and invites. A day alone needs its label."""
    best = seen.best
    if best is None or not _is_own(page, best) or signs.NO_EVENT.search(page.words) or signs.is_hours(page.words):
        return _of_link(page, seen)
    whole = not isinstance(best.start, datetime)
    event = Event(start=best.start, end=best.end, all_day=whole, problems=best.problems)
    event = replace(event, location=_place(page, best))
    event = replace(event, online=whereabouts.online(event.location or "", f"{page.title}\n{page.words[:_BRIEF_PAGE]}"))
    written = best.written if best.swappable else ""
    return checked(event, written=written, about=f"{page.title}\n{about}", month_first=seen.month_first), "words of the page"


def _is_own(page: Notice, best: occasion.Occasion) -> bool:
    """Whether the day on the page is that of an event which the page announces."""
    posted = page.posted or page.fetched.date()
    told = page.posted is not None and before(best.start, day_of(page.posted) or posted)
    placed = (whereabouts.labelled(page.words) or whereabouts.given(page.placed)) is not None
    if told and (signs.NEWS.search(page.url) or not page.is_marked or not (best.labelled or placed or signs.ADDRESS.search(page.url))):
        return False
    titled = placed and day_of(best.start) in occasion.plain_days(page.title)  # "Agenda for the board on 10 September"
    if (
        not page.is_marked
        and not best.labelled
        and not titled
        and day_of(page.posted) in (None, day_of(best.start))
        and before(best.start, page.fetched.date())
    ):
        return False  # a thank-you, or a story of it
    short = len(page.words) < _BRIEF_PAGE
    invites = signs.INVITES.search(page.words) is not None
    if not isinstance(best.start, datetime):
        named = best.labelled or (placed and page.is_marked and best.ranged)
        return named and not before(best.start, page.fetched.date()) and (placed or (page.is_marked and (invites or best.ranged)))
    return (
        page.is_marked
        or (placed and (best.labelled or titled or not before(best.start, page.fetched)))
        or (short and (best.ranged or (invites and not before(best.start, page.fetched))))
    )


def _of_link(page: Notice, seen: _Seen) -> Found[Event]:
    """The day of the page's own link to a calendar, where its words name none."""
    if not page.link or seen.best is not None or not page.is_marked:
        return None
    event = marked.of_node(page.link, seen.zone)
    place = whereabouts.labelled(page.words)
    return (
        (replace(event, location=place, online=whereabouts.online(place or "", page.words[:_BRIEF_PAGE])), "link to a calendar")
        if event.start
        else None
    )


def _place(page: Notice, best: occasion.Occasion | None) -> str | None:
    if not whereabouts.is_room(page.url) and (found := whereabouts.labelled(page.words)):
        return found
    if whereabouts.is_room(page.url):
        return "Online"
    if found := whereabouts.given(page.placed):
        return found
    if best is None:
        return None
    if found := whereabouts.following(page.words, best.at, best.until):
        return found
    if found := whereabouts.in_prose(page.words[best.until : best.until + 200].split("\n")[0]):
        return found
    online = whereabouts.online("", f"{page.title}\n{page.words[:_BRIEF_PAGE]}")
    return "Online" if online else whereabouts.in_prose(page.words[:_BRIEF_PAGE])


# ---------------------------------------------------------------- from markup, with what is seen


def _agreed(page: Notice, seen: _Seen) -> Event:
    """The event of the markup, put right by the words that readers see where the two differ."""
    coming = [node for node in page.nodes if (start := marked.of_node(node, seen.zone).start) and not before(start, page.fetched)]
    node = (coming or list(page.nodes))[0]
    event = marked.of_node(node, seen.zone)
    if len({jsonld.string(one, "startDate") for one in page.nodes}) > 1 and not any(one.startswith("series") for one in event.problems):
        event = replace(event, problems=(*event.problems, "series: it is one of several dates"))
    written = " ".join(jsonld.string(node, key) or "" for key in ("startDate", "endDate"))
    is_posting = day_of(event.start) == day_of(page.posted) and event.start is not None and before(event.start, page.fetched)
    same = [
        one for one in seen.all if event.start and day_of(one.start) == day_of(event.start) and (isinstance(one.start, datetime) or not is_posting)
    ]
    best = occasion.best(tuple(same))
    if _is_corrected(page, event, best, seen.best) or (seen.best and not _is_timed(best) and _is_left(page, event, seen.best)):
        best = None
    if best is None and (event.start is None or (seen.best is not None and (_is_left(page, event, seen.best) or not _is_shown(page, event)))):
        event = _conflicting(event, seen.best, page)
    elif best is not None:
        event = _timed(event, best, seen.zone)
    if event.location is None:
        place = _place(page, best or seen.best)
        online = event.online if event.online is not None else whereabouts.online(place or "", f"{page.title}\n{page.words[:_BRIEF_PAGE]}")
        event = replace(event, location=place, online=online)
    event = checked(event, written=written, about=f"{page.title}\n{page.words}", zone=seen.zone, month_first=seen.month_first)
    zone = zones.fitting(event.start, place=marked.region(node), country=marked.country(node), language=page.language)
    return replace(event, timezone=zone.key) if zone else event


def _is_timed(one: occasion.Occasion | None) -> bool:
    return one is not None and isinstance(one.start, datetime)


def _is_corrected(page: Notice, event: Event, same: occasion.Occasion | None, told: occasion.Occasion | None) -> bool:
    """Whether the words name the day of the markup only to say that it is a mistake, and another one in full."""
    bare = same is None or (not isinstance(same.start, datetime) and any(one.startswith("missing") for one in same.problems))
    other = told is not None and isinstance(told.start, datetime) and day_of(told.start) != day_of(event.start)
    return bare and other and told is not None and told.weekday and not told.problems and signs.CORRECTS.search(page.words) is not None


def _is_left(page: Notice, event: Event, told: occasion.Occasion) -> bool:
    """Whether markup that is over and has no end stands for the posting, where the words invite to a coming day from one time to another."""
    if event.start is None or event.end not in (None, event.start) or not before(event.start, page.fetched):
        return False
    return isinstance(told.start, datetime) and (told.ranged or told.weekday) and not before(told.start, page.fetched)


def _is_shown(page: Notice, event: Event) -> bool:
    """Whether the day of the markup stands in the words as well, not as a mistake."""
    if event.start is None or (day_of(event.start) == day_of(page.posted) and before(event.start, page.fetched)):
        return False
    return day_of(event.start) in occasion.plain_days(page.words)


def _conflicting(event: Event, best: occasion.Occasion | None, page: Notice) -> Event:
    """Markup and words name different days. Words with a time are right where the markup is over, or they correct it, or their weekday fits."""
    if best is None or (not isinstance(best.start, datetime) and event.start is not None and not best.labelled):
        return event
    times = {"start": best.start, "end": best.end, "all_day": not isinstance(best.start, datetime)}
    if event.start is None:
        return replace(event, problems=(*event.problems, *best.problems), **times)  # type: ignore[arg-type]
    start = event.start
    if (
        isinstance(start, datetime)
        and start.utcoffset() == timedelta(0)
        and start.hour in (21, 22, 23)
        and day_of(start + timedelta(hours=3)) == day_of(best.start)
    ):
        problem = f"utc_shift: {start:%H:%M} is a midnight of local time, written in UTC" if not isinstance(best.start, datetime) else ""
        return replace(event, problems=(*event.problems, problem) if problem else event.problems, **times)  # type: ignore[arg-type]
    if before(best.start, page.fetched.date()):
        return event
    stale = before(start, page.fetched)
    sure = best.weekday and not any(one.startswith(("weekday", "missing")) for one in best.problems)
    if not (stale or signs.CORRECTS.search(page.words) or (sure and best.labelled)):
        return event
    posted = stale and (event.end in (None, start) or (page.posted is not None and day_of(page.posted) == day_of(start)))
    problem = f"{'posting_date' if posted else 'date_conflict'}: the markup says {dates.iso(start)}, the text {best.written}"
    kept = tuple(one for one in best.problems if not one.startswith("missing"))
    return replace(event, problems=(*event.problems, *kept, problem), **times)  # type: ignore[arg-type]


def _timed(event: Event, best: occasion.Occasion, zone: tzinfo) -> Event:
    """The event of one day in markup and in words: with the times of the words where the markup has none, or has them in another clock."""
    if not isinstance(best.start, datetime) or event.start is None:
        return event
    found = replace(event, problems=(*event.problems, *(one for one in best.problems if not one.startswith("missing"))))
    end = best.end if best.end is not None else found.end if isinstance(found.end, datetime) and not before(found.end, best.start) else None
    if not isinstance(event.start, datetime):
        return _lasting(replace(found, start=best.start, end=end, all_day=False), event, best)
    if (event.start.hour, event.start.minute) == (0, 0) and (best.start.hour, best.start.minute) != (0, 0):
        problem = "midnight_placeholder: 00:00 stands in the markup, the time in the text"
        return replace(found, start=best.start, end=end, all_day=False, problems=(*found.problems, problem))
    off = best.start.utcoffset() or timedelta(0)
    apart = best.start - event.start
    if off and abs(apart) == abs(off) and event.start.utcoffset() in (timedelta(0), off):
        shifted = _length(found, best.start)
        problem = f"utc_shift: the markup says {dates.iso(event.start)}, the text {best.written}"
        return replace(found, start=best.start, end=best.end or shifted, problems=(*found.problems, problem))
    if apart == timedelta(0) or event.end is None:
        found = replace(
            found, start=best.start if apart == timedelta(0) else found.start, end=event.end or (best.end if apart == timedelta(0) else None)
        )
        return _lasting(found, event, best) if apart == timedelta(0) else found
    return event


def _lasting(found: Event, event: Event, best: occasion.Occasion) -> Event:
    """The event with the end that readers see, where the markup has one days later."""
    first, last, seen = day_of(event.start), day_of(event.end), day_of(best.end)
    if first is None or last is None or seen is None or last - first < timedelta(days=2) or seen - first >= timedelta(days=2):
        return found
    problem = f"duration_mismatch: the text says {best.written}, the dates say {(last - first).days + 1} days"
    return replace(found, end=best.end, problems=(*found.problems, problem))


def _length(event: Event, start: datetime) -> datetime | None:
    if isinstance(event.start, datetime) and isinstance(event.end, datetime) and event.end > event.start:
        return start + (event.end - event.start)
    return None


# ---------------------------------------------------------------- how it stands, and when that is


def _finished(page: Notice, event: Event, seen: _Seen, about: str) -> Event:
    """The event with its zone, how it stands, and whether it is over."""
    problems = list(event.problems)
    told = {one.partition(":")[0] for one in problems}
    if event.start is None:
        problems.append("no_date: a day is not stated yet")
    elif before(event.end or event.start, page.fetched.date()):
        problems.append(f"past: it was on {dates.iso(event.start)}")
    state = standing.state(page.words, page.title, event.start)
    if state and not told & {"cancelled", "rescheduled"} and state not in told:
        problems = [one for one in problems if not one.startswith("postponed")] + [f"{state}: the page says so"]
    if "series" not in told and standing.is_series(page.words, page.title, seen.best, seen.all):
        problems.append("series: it is one of several dates")
    hybrid = event.hybrid or (event.online is not True and whereabouts.is_hybrid(event.location or "", f"{page.title}\n{page.words[:_BRIEF_PAGE]}"))
    place, online = (whereabouts.room(event.location), None) if hybrid else (event.location, event.online)
    return _in_a_gap(_zoned(replace(event, problems=tuple(problems), location=place, online=online, hybrid=hybrid), seen))


def _zoned(event: Event, seen: _Seen) -> Event:
    start = event.start
    if not isinstance(start, datetime):
        return event
    beside = zones.named(seen.best.zone) if seen.best and seen.best.zone and seen.best.start == start else None
    for zone in (beside, ZoneInfo(event.timezone) if event.timezone else None, start.tzinfo, seen.zone):
        if isinstance(zone, ZoneInfo) and zone.key != "UTC" and start.utcoffset() == start.astimezone(zone).utcoffset():
            return replace(event, timezone=zone.key)
    if isinstance(seen.zone, ZoneInfo) and start.utcoffset() == timedelta(0):
        return replace(event, timezone=seen.zone.key)
    return replace(event, timezone=None)


def _in_a_gap(event: Event) -> Event:
    """Name a time that does not exist, because clocks go forward over it."""
    start = event.start
    if not isinstance(start, datetime) or not isinstance(start.tzinfo, ZoneInfo):
        return event
    back = datetime.fromtimestamp(start.timestamp(), start.tzinfo)
    if back.replace(tzinfo=None) == start.replace(tzinfo=None):
        return event
    return replace(event, problems=(*event.problems, f"dst_gap: there is no {start:%H:%M} on that day, because clocks go forward"))
