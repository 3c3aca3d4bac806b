"""What a reference manager is told of an entry or an item: one value that every format of references is written from.

Takes nothing on trust: every word is one clean line of bounded length, every address a web address, every identifier of the form that its scheme has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from pipeline import citations, dates, text, urls
from pipeline.citations import identifier
from pipeline.model import Citation, Edition, Entry, Event, Item, Kind
from pipeline.names.parts import Name, split

_TITLE, _LINE, _ABSTRACT, _WORD, _NUMBER = 1_000, 300, 10_000, 120, 40  # characters
_MANY = 100  # people or keywords
_MAKERS = ("author", "speaker", "in conversation with", "by", "editor", "host", "interviewee", "interviewer")
_ISSUED = re.compile(r"[12]\d{3}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}")
_LANGUAGES = {
    **dict.fromkeys(("eng", "english"), "en"),
    **dict.fromkeys(("fre", "fra", "french", "français"), "fr"),
    **dict.fromkeys(("ger", "deu", "german", "deutsch"), "de"),
    **dict.fromkeys(("spa", "spanish", "español"), "es"),
    **dict.fromkeys(("ita", "italian", "italiano"), "it"),
    **dict.fromkeys(("dut", "nld", "dutch", "nederlands"), "nl"),
    **dict.fromkeys(("por", "portuguese", "português"), "pt"),
    **dict.fromkeys(("wel", "cym", "welsh", "cymraeg"), "cy"),
    **dict.fromkeys(("hun", "hungarian"), "hu"),
    **dict.fromkeys(("chi", "zho", "chinese"), "zh"),
    **dict.fromkeys(("jpn", "japanese"), "ja"),
    **dict.fromkeys(("kor", "korean"), "ko"),
}
_DATED = frozenset({Kind.EVENT, Kind.WEBINAR, Kind.TALK})
_SCHEME = re.compile(r"[a-z][a-z0-9]{1,11}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One reference. `issued` and `accessed` are ISO 8601, as exact as is known ("2024", "2024-03", "2024-03-05"); `container` is the publisher or
    site, `journal` the journal where one is known; `id` is the item's number, or that of the place it came from."""

    id: str
    kind: Kind
    title: str
    people: tuple[Name, ...] = ()
    container: str = ""
    journal: str = ""
    issued: str = ""
    accessed: str = ""
    url: str = ""
    language: str = ""
    abstract: str = ""
    note: str = ""
    keywords: tuple[str, ...] = ()
    duration: timedelta | None = None
    event: Event | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    identifiers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def doi(self) -> str:
        return self.identifiers.get("doi", "")


def work(entry: Entry, edition: Edition) -> Work:
    """Describe an entry as its edition prints it."""
    makers = [one.written or one.name for one in entry.credits if one.role in _MAKERS]
    return _clean(
        Work(
            id=str(entry.id),
            kind=entry.kind,
            title=entry.title,
            people=_people(makers, language(entry.language)),
            container=entry.source,
            issued=_day(entry.published) or _year(entry.citation),
            accessed=_day(edition.released or edition.composed),
            url=entry.url,
            language=entry.language,
            abstract=entry.blurb,
            note=entry.note,
            keywords=entry.topics,
            duration=timedelta(minutes=min(entry.duration_minutes, 60_000)) if entry.duration_minutes and entry.duration_minutes > 0 else None,
            event=entry.event,
            identifiers=entry.identifiers,
            **_place(entry.citation),
        )
    )


def work_of(item: Item, topic_names: Mapping[str, str] = MappingProxyType({})) -> Work:
    """Describe an item as a curator sees it. What an import brought that no field of ours holds (a month alone) is in `Item.extra`."""
    resource = item.resource
    said = {key: value for key, value in item.extra.items() if isinstance(value, str)}
    return _clean(
        Work(
            id=item.origin_id or str(item.id),
            kind=item.kind,
            title=item.title,
            people=_written(resource.creators, item.extra.get("authors"), language(resource.language or "")),
            container=resource.publisher or resource.site_name or "",
            issued=_day(resource.published) or said.get("issued", "") or _year(resource.citation),
            accessed=said.get("accessed") or _day(item.added),
            url=resource.canonical_url or resource.url,
            language=resource.language or "",
            abstract=item.description or "",
            note=item.note or said.get("note", ""),
            keywords=_keywords(item, topic_names),
            duration=resource.duration,
            event=item.event,
            identifiers=resource.identifiers,
            **_place(resource.citation or _brought(said)),
        )
    )


def _place(given: Citation | None) -> dict[str, str]:
    """Where it came out, as the fields of a work."""
    if given is None:
        return {}
    said = {"journal": given.journal, "volume": given.volume, "issue": given.issue, "pages": given.pagination}
    return {name: value or "" for name, value in said.items()}


def _brought(said: Mapping[str, str]) -> Citation | None:
    """What an import left beside an item before items had a citation."""
    return citations.citation(volume=said.get("volume"), issue=said.get("issue"), pages=said.get("page_range"))


def _year(given: Citation | None) -> str:
    return str(given.year) if given and given.year else ""


def language(stated: str) -> str:
    """Write a language as its tag (BCP 47), also where it is named ("English") or has its three letters ("eng"); empty where it is none."""
    known = _LANGUAGES.get(stated.casefold(), stated)
    return known if _LANGUAGE.fullmatch(known) else ""


def _clean(raw: Work) -> Work:
    """The one door for a `Work`: everything is cleaned and bounded here."""
    address = urls.clean(raw.url) if urls.is_web(raw.url) else ""
    held = (key.partition(":") for key in urls.identity(address))
    stated = {scheme: value for scheme, _, value in held if scheme != "url"} | dict(raw.identifiers)
    named = {scheme: found for scheme, value in sorted(stated.items()) if _SCHEME.fullmatch(scheme) and (found := identifier(scheme, value))}
    event = _event(raw.event) if raw.kind in _DATED else None
    return replace(
        raw,
        id=_line(raw.id, _WORD),
        title=_line(raw.title, _TITLE) or address or "Untitled",
        container=_line(raw.container, _LINE),
        journal=_line(raw.journal, _LINE),
        issued=_day(event.start) if event else raw.issued if _ISSUED.fullmatch(raw.issued) else "",
        accessed=raw.accessed if _ISSUED.fullmatch(raw.accessed) else "",
        url=address or (f"https://doi.org/{named['doi']}" if "doi" in named else ""),
        language=language(raw.language),
        abstract=_line(raw.abstract, _ABSTRACT),
        note=_line(raw.note, _ABSTRACT),
        keywords=_lines(raw.keywords),
        duration=raw.duration if raw.duration and timedelta(seconds=1) <= raw.duration < timedelta(days=30) else None,
        event=event,
        volume=_line(raw.volume, _NUMBER),
        issue=_line(raw.issue, _NUMBER),
        pages=citations.pagination(raw.pages),
        identifiers=MappingProxyType(named),
    )


def _people(names: Iterable[str], tag: str) -> tuple[Name, ...]:
    found = [split(name, tag) for name in tuple(names)[:_MANY]]
    return tuple(one for one in found if one.written)


def _written(creators: Sequence[str], authors: object, tag: str) -> tuple[Name, ...]:
    """The people of an item: as an import wrote them, family name first, where these are still the same people."""
    if isinstance(authors, list) and len(authors) == len(creators) and all(isinstance(one, str) for one in authors):
        stated = [split(str(one), tag) for one in authors]
        if all(name.written == creator for name, creator in zip(stated, creators, strict=True)):
            return tuple(stated[:_MANY])
    return _people(creators, tag)


def _keywords(item: Item, topic_names: Mapping[str, str]) -> tuple[str, ...]:
    brought = item.extra.get("keywords")
    theirs = [one for one in brought if isinstance(one, str)] if isinstance(brought, list) else []
    named = (*(topic_names.get(topic, topic) for topic in item.topics), *theirs)
    return tuple(word.strip() for one in named for word in one.split(";") if word.strip())  # between keywords stands a semicolon


def _event(event: Event | None) -> Event | None:
    if event is None or event.start is None or not 1000 <= event.start.year < 3000:
        return None
    start, end = (_moment(one, all_day=event.all_day) for one in (event.start, event.end))
    end = end if start and end and dates.day(end) >= dates.day(start) else None
    return Event(start=start, end=end, location=_line(event.location or "", _LINE) or ("Online" if event.online else None))


def _moment(value: date | None, *, all_day: bool) -> date | None:
    if not isinstance(value, datetime):
        return value
    return dates.day(value) if all_day else value.replace(microsecond=0, tzinfo=value.tzinfo or UTC)


def _day(value: date | None) -> str:
    return dates.day(value).isoformat() if value else ""


def _line(words: str, limit: int) -> str:
    return text.clip(text.squeeze(words[: limit * 8]), limit)


def _lines(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in (_line(word, _WORD) for word in words[:_MANY]) if one))
