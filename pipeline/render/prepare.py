"""What must happen to an edition before any format touches it: no deceiving characters, no endless words, no links but to pages and mail.

Cores made the edition from other people's pages, so everything in it is hostile until it went through here. Cleaning twice changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, tzinfo

from pipeline import citations, dates, text
from pipeline.model import Correction, Credit, Edition, Entry, Event, Picture, Section, Tally, TopicTrend
from pipeline.model.illustrations import MOST
from pipeline.render import picture

_TITLE, _BLURB, _LETTER, _ESSAY, _NAME, _URL, _ALT = 300, 1200, 20_000, 60_000, 120, 2000, 500  # characters
_MANY = 12  # topics, people or places named with one entry
_NOTICES = 100  # corrections of one edition
_LONGEST, _MOST = 100_000, 10**9  # minutes or pages of one work; things counted
_PILE = re.compile("([\u0300-\u036f]{3})[\u0300-\u036f]+")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"'\\^`{|}]+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_NO_NAME = "Untitled"
_last: deque[tuple[Edition, Edition]] = deque(maxlen=2)  # for members and for everybody
_SEEN = "LNPS"  # letters, numbers, punctuation, symbols: first letters of what Unicode calls categories


def prepare(edition: Edition) -> Edition:
    """Give the edition with every text cleaned and bounded, and every link that is not http, https or mailto taken away.

    An edition is printed in sixteen forms, one after the other, so what was prepared last is given again.
    """
    for given, made in tuple(_last):
        if edition is given or edition is made:
            return made
    made = _prepared(edition)
    _last.append((edition, made))
    return made


def _prepared(edition: Edition) -> Edition:
    language, zone = _language(edition.language, "en"), dates.zone(edition.timezone)
    return replace(
        edition,
        id=line(edition.id, _NAME),
        title=line(edition.title, _NAME) or _NO_NAME,
        organisation=line(edition.organisation, _NAME),
        url=link(edition.url).rstrip("/"),
        contact=line(edition.contact, _NAME),
        language=language,
        month_name=line(edition.month_name, _NAME) or line(edition.id, _NAME),
        months=tuple(line(month, _NAME) for month in edition.months),
        strap=line(edition.strap, _TITLE),
        letter=prose(edition.letter, _LETTER),
        editor=line(edition.editor, _NAME),
        sections=_illustrated(tuple(_sections(edition.sections, language, zone))),
        template=line(edition.template, _NAME),
        essay=prose(edition.essay, _ESSAY),
        form=line(edition.form, _NAME),
        corrections=_corrections(edition.corrections),
        errata=_corrections(edition.errata),
        audience=_audience(edition.audience),
        number=_bounded(edition.number, _MOST),
        made=tuple(said for said in (line(one, _BLURB) for one in edition.made[:_MANY]) if said),
        waived=tuple(
            replace(one, rule=line(one.rule, _NAME), place=line(one.place, _TITLE), by=line(one.by, _NAME)) for one in edition.waived[:_NOTICES]
        ),
        tally=_tally(edition.tally),
        trends=tuple(
            TopicTrend(topic=line(one.topic, _NAME), counts=tuple(_bounded(count, _MOST) for count in one.counts))
            for one in edition.trends
            if len(one.counts) == len(edition.months) > 0
        ),
    )


def prose(words: str, limit: int) -> str:
    """Clean a text of several lines and shorten it to `limit` characters."""
    return text.clip(_normal(text.clean(words[: limit * 8])), limit)


def line(words: str, limit: int) -> str:
    """Clean one line of text and shorten it to `limit` characters; empty where nothing of it can be seen."""
    if len(words) <= limit and words.isascii() and words.isprintable() and "  " not in words and words.strip() == words:
        return words  # nearly every one, and thousands of them
    # Cut first, with room for what squeezing takes away: a title of ten megabytes must not be normalised.
    made = text.clip(_normal(text.squeeze(words[: limit * 8])), limit)
    return made if made.isascii() or any(unicodedata.category(letter)[0] in _SEEN for letter in made) else ""


def link(url: str) -> str:
    """Give an address that is safe to print as a link, or nothing."""
    address = text.squeeze(url[: _URL + 1])
    return address if len(address) <= _URL and _LINK.fullmatch(address) else ""


def _normal(words: str) -> str:
    return words if words.isascii() else _PILE.sub(r"\1", unicodedata.normalize("NFC", text.unpiled(words)))


def _language(code: str, otherwise: str) -> str:
    return code if _LANGUAGE.fullmatch(code) else otherwise


def _audience(said: str) -> str:
    """Give "public" for exactly that word: what we do not understand is for members."""
    return "public" if said == "public" else "members"


def _bounded(number: int, most: int) -> int:
    return min(max(0, number), most)


def _length(number: int | None) -> int | None:
    """Give minutes or pages, or nothing where no work has so many."""
    return number if number is not None and 0 < number <= _LONGEST else None


def _tally(tally: Tally) -> Tally:
    return Tally(
        received=_bounded(tally.received, _MOST),
        folded=_bounded(tally.folded, _MOST),
        kept=_bounded(tally.kept, _MOST),
        rejected=_bounded(tally.rejected, _MOST),
        sources=_bounded(tally.sources, _MOST),
        reasons=tuple((line(reason, _NAME), _bounded(count, _MOST)) for reason, count in tally.reasons[:_NOTICES]),
    )


def _corrections(made: Iterable[Correction]) -> tuple[Correction, ...]:
    """Clean the corrections and put the oldest first, as they are numbered."""
    cleaned = (
        replace(
            one,
            edition=line(one.edition, _NAME),
            title=line(one.title, _TITLE),
            note=line(one.note, _BLURB),
            by=line(one.by, _NAME),
            audience=_audience(one.audience),
        )
        for one in made
    )
    return tuple(sorted(cleaned, key=lambda one: one.made))[-_NOTICES:]


def _sections(sections: Iterable[Section], language: str, zone: tzinfo | None) -> Iterator[Section]:
    """Clean the sections. An item stands once in an edition, since its number is its anchor; a section without entries is none."""
    said: set[int] = set()
    for section in sections:
        once = {entry.id: entry for entry in reversed(section.entries) if entry.id not in said}
        said |= once.keys()
        if once:
            yield Section(
                id=line(section.id, _NAME),
                title=line(section.title, _NAME) or _NO_NAME,
                standfirst=line(section.standfirst, _TITLE),
                entries=tuple(_entry(entry, language, zone) for entry in reversed(once.values())),
            )


def _entry(entry: Entry, language: str, zone: tzinfo | None) -> Entry:
    url = link(entry.url)
    return replace(
        entry,
        url=url,
        kind_name=line(entry.kind_name, _NAME),
        link_label=line(entry.link_label, _NAME) or "Open",
        title=line(entry.title, _TITLE) or _without_scheme(url) or _NO_NAME,
        source=line(entry.source, _NAME),
        credits=tuple(
            Credit(role=line(one.role, _NAME), name=line(one.name, _NAME), about=line(one.about, _NAME))
            for one in entry.credits[:_MANY]
            if line(one.name, _NAME)
        ),
        blurb=line(entry.blurb, _BLURB),
        note=line(entry.note, _BLURB),
        language=_language(entry.language, language),
        topics=tuple(topic for topic in (line(one, _NAME) for one in entry.topics[:_MANY]) if topic),
        event=_event(entry.event, zone) if entry.event else None,
        minutes=_length(entry.minutes),
        duration_minutes=_length(entry.duration_minutes),
        pages=_length(entry.pages),
        audience=_audience(entry.audience),
        series=line(entry.series, _TITLE),
        part=_length(entry.part),
        ties=tuple(
            replace(one, label=line(one.label, _NAME), title=line(one.title, _TITLE), url=link(one.url), audience=_audience(one.audience))
            for one in entry.ties[:_MANY]
        ),
        citation=citations.bounded(entry.citation),
        identifiers={line(scheme, _NAME): line(value, _TITLE) for scheme, value in sorted(entry.identifiers.items())[:_MANY] if line(scheme, _NAME)},
        also_seen=tuple(line(one, _NAME) for one in entry.also_seen[:_MANY]),
        picture=_picture(entry),
    )


def _picture(entry: Entry) -> Picture | None:
    found = picture.checked(entry)
    return found and replace(found, alt="" if found.decorative else line(found.alt, _ALT), credit=line(found.credit, _TITLE))


def _illustrated(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Leave out the pictures beyond what an edition may have."""
    shown = [entry.id for section in sections for entry in section.entries if entry.picture]
    if len(shown) <= MOST:
        return sections
    kept = frozenset(shown[:MOST])
    return tuple(
        replace(one, entries=tuple(entry if entry.id in kept else replace(entry, picture=None) for entry in one.entries)) for one in sections
    )


def _event(event: Event, zone: tzinfo | None) -> Event:
    """Clean an event, and give its hours in the desk's zone where nobody travels to it; one in a place keeps the clock of that place."""
    place = line(event.location, _NAME) if event.location else None
    is_online = event.online or (event.online is None and (place or "online").casefold() == "online")
    here = zone if is_online and not event.all_day else None
    return replace(
        event,
        start=_at(event.start, here),
        end=_at(event.end, here),
        timezone=line(event.timezone, _NAME) if event.timezone else None,
        location=place,
        problems=tuple(line(one, _TITLE) for one in event.problems),
    )


def _at(value: date | None, zone: tzinfo | None) -> date | None:
    if zone is None or not isinstance(value, datetime) or value.tzinfo is None:
        return value
    try:
        return value.astimezone(zone)
    except (OverflowError, ValueError):  # a moment at the very edge of the calendar
        return value


def _without_scheme(url: str) -> str:
    return line(url.partition("//")[2] or url, _TITLE)
