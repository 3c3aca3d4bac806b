"""What must happen to an edition before any format touches it: no deceiving characters, no endless words, no links but to pages and mail.

Cores made the edition from other people's pages, so everything in it is hostile until it went through here. Cleaning twice changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipeline import text
from pipeline.model import Credit, Edition, Entry, Event, Section, TopicTrend

_TITLE, _BLURB, _LETTER, _NAME, _URL = 300, 1200, 20_000, 120, 2000  # characters
_MANY = 12  # topics, people or places named with one entry
_PILE = re.compile("([\u0300-\u036f]{3})[\u0300-\u036f]+")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"'\\^`{|}]+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_NO_NAME = "Untitled"


def prepare(edition: Edition) -> Edition:
    """Give the edition with every text cleaned and bounded, and every link that is not http, https or mailto taken away."""
    language = _language(edition.language, "en")
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
        letter=text.clip(_normal(text.clean(edition.letter)), _LETTER),
        editor=line(edition.editor, _NAME),
        sections=tuple(_sections(edition.sections, language)),
        tally=replace(edition.tally, reasons=tuple((line(reason, _NAME), count) for reason, count in edition.tally.reasons)),
        trends=tuple(
            TopicTrend(topic=line(one.topic, _NAME), counts=one.counts) for one in edition.trends if len(one.counts) == len(edition.months) > 0
        ),
    )


def line(words: str, limit: int) -> str:
    """Clean one line of text and shorten it to `limit` characters."""
    # Cut first, with room for what squeezing takes away: a title of ten megabytes must not be normalised.
    return text.clip(_normal(text.squeeze(words[: limit * 8])), limit)


def link(url: str) -> str:
    """Give an address that is safe to print as a link, or nothing."""
    address = text.squeeze(url[: _URL + 1])
    return address if len(address) <= _URL and _LINK.fullmatch(address) else ""


def _normal(words: str) -> str:
    return _PILE.sub(r"\1", unicodedata.normalize("NFC", words))


def _language(code: str, otherwise: str) -> str:
    return code if _LANGUAGE.fullmatch(code) else otherwise


def _sections(sections: Iterable[Section], language: str) -> Iterator[Section]:
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
                entries=tuple(_entry(entry, language) for entry in reversed(once.values())),
            )


def _entry(entry: Entry, language: str) -> Entry:
    url = link(entry.url)
    return replace(
        entry,
        url=url,
        kind_name=line(entry.kind_name, _NAME),
        link_label=line(entry.link_label, _NAME) or "Open",
        title=line(entry.title, _TITLE) or _without_scheme(url) or _NO_NAME,
        source=line(entry.source, _NAME),
        credits=tuple(Credit(role=line(one.role, _NAME), name=line(one.name, _NAME)) for one in entry.credits[:_MANY] if line(one.name, _NAME)),
        blurb=line(entry.blurb, _BLURB),
        note=line(entry.note, _BLURB),
        language=_language(entry.language, language),
        topics=tuple(topic for topic in (line(one, _NAME) for one in entry.topics[:_MANY]) if topic),
        event=_event(entry.event) if entry.event else None,
        also_seen=tuple(line(one, _NAME) for one in entry.also_seen[:_MANY]),
    )


def _event(event: Event) -> Event:
    return replace(
        event,
        timezone=line(event.timezone, _NAME) if event.timezone else None,
        location=line(event.location, _NAME) if event.location else None,
        problems=tuple(line(one, _TITLE) for one in event.problems),
    )


def _without_scheme(url: str) -> str:
    return line(url.partition("//")[2] or url, _TITLE)
