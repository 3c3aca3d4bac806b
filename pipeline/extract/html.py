"""A web page → resource. One parse; metadata first, the text last, because taking it spoils the tree."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pipeline import text
from pipeline.extract import (
    authors,
    belonging,
    citing,
    describe,
    event,
    kind,
    licences,
    media,
    metadata,
    override,
    published,
    shown,
    site,
    titles,
    walls,
)
from pipeline.extract.document import Document, Found, parse
from pipeline.extract.maintext import main_text
from pipeline.model import Kind, Lead, Page, Resource


def extract(page: Page, lead: Lead, select: Mapping[str, str] = MappingProxyType({})) -> Resource:
    """Describe a web page; what `select` finds wins over every rule. Raises `ExtractError` where it is a wall, a shell or nothing."""
    document = parse(page)
    signs = walls.signs(document)
    chosen = override.overrides(page, select)
    findings = _metadata(document, lead) | chosen
    notice = _notice(document, findings)
    kind_found = _kind(document, lead, findings)
    if kind_found[0] in media.TIMED and not findings["duration"]:
        findings["duration"] = media.shown(document)
    given = chosen.get("text")
    words = given[0] if given else main_text(document.tree, findings["title"][0] if findings["title"] else "")
    count = len(text.words(words))
    walls.check(page, signs, words, count)
    findings |= _of_text(document, lead, findings, words=words, count=count, kind_found=kind_found) | chosen
    about = "\n".join(filter(None, (lead.description, lead.note, words)))
    findings["event"] = event.of_page(notice, about, zone=describe.zone_of(lead))
    filled = dict(describe.filled(findings, lead))
    filled["description"] = chosen.get("description") or describe.description(findings["description"], lead, metadata.opening(words))
    if not filled["title"] and document.heading:  # only the name of the site, but better than nothing
        filled["title"] = document.heading, "title element"
    return describe.assemble(page.url, filled)


def _metadata(document: Document, lead: Lead) -> dict[str, Found[Any]]:
    owner = site.site(document)
    days = shown.days(document)
    day = published.published(document, days)
    picture = metadata.image(document)
    return {
        "title": titles.title(document, owner),
        "creators": authors.creators(document, owner),
        "published": day,
        "modified": published.modified(document, day[0] if day else None, days),
        "description": metadata.description(document, owner),
        "canonical_url": metadata.canonical_url(document),
        "identifiers": metadata.identifiers(document),
        "site_name": site.site_name(owner),
        "publisher": metadata.publisher(document) or media.channel(document),
        "citation": citing.citation(document, dated=day is not None),
        "licence": licences.of_page(document),
        "image": picture,
        "image_alt": metadata.image_alt(document, picture[0] if picture else None),
        "series": belonging.series(document),
        "part": belonging.part(document),
        "mentions": belonging.linked(document),
        "duration": media.duration(document, lead),
    }


def _notice(document: Document, findings: dict[str, Found[Any]]) -> event.Notice:
    title, posted = findings["title"], findings["published"]
    return event.notice(document, title=title[0] if title else "", posted=posted[0] if posted else None)


def _kind(document: Document, lead: Lead, findings: dict[str, Found[Any]]) -> tuple[Kind, str]:
    """What kind of thing it is; asked before its text is taken out."""
    title, description = (found[0] if found else "" for found in (findings["title"], findings["description"]))
    about = " ".join(filter(None, (description, lead.description, lead.note, lead.label)))
    marks = tuple(kind.of_markup(document))
    return kind.of_page(document, lead, kind.Words(title=title or lead.title or "", about=about, marks=marks))


def _of_text(
    document: Document, lead: Lead, findings: dict[str, Found[Any]], *, words: str, count: int, kind_found: tuple[Kind, str]
) -> dict[str, Found[Any]]:
    """What the text tells: its length and its language."""
    description = findings["description"][0] if findings["description"] else ""
    timed = kind_found[0] in media.TIMED
    return {
        "text": (words, "trafilatura"),
        "words": (count, "text") if count else None,
        "minutes": None if timed else media.reading_minutes(words, count, lead=lead, document=document),
        "language": metadata.language(document, words or description),
        "kind": kind_found,
    }
