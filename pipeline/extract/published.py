"""When it was published and changed: what the page states, never later than the day on which it was fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import htmldate
from lxml import etree

from pipeline import dates
from pipeline.extract import jsonld
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Found, inner

_METAS = (
    *("article:published_time", "og:article:published_time", "citation_date", "citation_publication_date", "citation_online_date"),
    *("dc.date.issued", "dcterms.issued", "dcterms.date", "dcterms.created", "dc.date", "dc.date.created", "datepublished", "uploaddate"),
    *(
        "parsely-pub-date",
        "sailthru.date",
        "publish-date",
        "publish_date",
        "published_time",
        "pubdate",
        "publication_date",
        "publicationdate",
        "pub_date",
    ),
    *("date", "date.issued", "article.published", "video:release_date", "music:release_date", "og:video:release_date", "og:pubdate"),
    *(
        "cxenseparse:recs:publishtime",
        "article:created",
        "release_date",
        "originalpublicationdate",
        "bt:pubdate",
        "published-date",
        "artpublicationdate",
    ),
    "iso-8601-publish-date",
)
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")
_TIMES = etree.XPath("//time")
_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-]?(\d\d)[/-]?(\d\d)(?=[/\-_.]|$)")
_DATED = re.compile(r"date|time(?!line)|publi|posted|datum|byline|meta(?:data)?\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATELINE = re.compile(
    r"\s*(?:[^\W\d_][^\d]{1,60}[,:|·•–-]\s*)?(?:[^\W\d_]+,\s+)?"
    r"(\d{1,2}(?:st|nd|rd|th|\.)?\s(?:de\s)?[^\W\d_]{3,10}\.?,?\s(?:de\s)?\d{4}|[^\W\d_]{3,10}\.?\s\d{1,2},\s\d{4}|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{4}-\d\d-\d\d)\W*"
)
_SHORT = 100  # characters of a line that only says when and by whom
_TOO_OLD = date(1900, 1, 1)


def published(document: Document) -> Found[date]:
    """The day (with its time where one is stated) on which the page says it was published."""
    for written, rule in _stated(document):
        value = dates.parse(written)
        if value and plausible(value, document.fetched):
            return value, rule
    if jsonld.type_of(document.main).endswith("Event"):
        return None  # the days that it shows are its own
    return _shown(document) or _dateline(document) or _guessed(document)


def modified(document: Document, published: date | None) -> Found[date]:
    """The day of the last change, where the page states one that is not before its publication."""
    written = [(jsonld.string(document.main, "dateModified"), "json-ld"), document.meta(*_MODIFIED)]
    for found in written:
        value = dates.parse(found[0]) if found and found[0] else None
        if found and value and plausible(value, document.fetched) and (published is None or day(value) >= day(published)):
            return value, found[1]
    return None


def plausible(value: date, fetched: datetime) -> bool:
    """Whether a thing can have been published on this day: not tomorrow (time zones apart), not before 1900."""
    return _TOO_OLD <= day(value) <= fetched.date() + timedelta(days=1)


def day(value: date) -> date:
    """The day of a value that may have a time."""
    return value.date() if isinstance(value, datetime) else value


def _stated(document: Document) -> Iterator[tuple[str, str]]:
    for node in jsonld.described(document.nodes, document.main):
        if not jsonld.type_of(node).endswith("Event"):
            yield from ((stated, "json-ld") for name in ("datePublished", "uploadDate", "dateCreated") if (stated := jsonld.string(node, name)))
    for name in _METAS:
        yield from ((content, f"meta {name}") for content in document.metas.get(name, ()))
    for element in _TIMES(document.tree)[:40]:
        marks = f"{element.get('class') or ''} {element.get('itemprop') or ''}".lower()
        if (element.get("pubdate") is not None or "publish" in marks or "entry-date" in marks) and not is_chrome(element):
            yield element.get("datetime") or inner(element), "time element"
    if found := _IN_ADDRESS.search(document.url):
        yield "-".join(found.groups()), "address"


def _shown(document: Document) -> Found[date]:
    """The date in a short text that the markup calls a date, or that stands in a `<time>`, outside menus and comments."""
    for element in document.tree.iter():
        names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
        if element.tag != "time" and not _DATED.search(names):
            continue
        words = element.get("datetime") or inner(element)
        value = dates.parse(words) if 6 <= len(words) < _SHORT else None
        if value and plausible(value, document.fetched) and not is_chrome(element):
            return value, "marked as date"
    return None


def _dateline(document: Document) -> Found[date]:
    """The date that is a short line of its own, with or without a place before it ("Otterby, 11 November 2021")."""
    for element in document.tree.iter("p", "span", "div", "em", "strong", "small", "td", "h4", "h5"):
        if len(element) > 3 or not _YEAR.search((element.text or "")[:_SHORT]):
            continue
        words = inner(element)
        line = _DATELINE.fullmatch(words) if len(words) < _SHORT else None
        value = dates.parse(line[1]) if line else None
        if value and plausible(value, document.fetched) and not is_chrome(element):
            return value, "line with a date"
    return None


def _guessed(document: Document) -> Found[date]:
    """What htmldate finds in the text. It makes a first of the month out of a month and a year, so a first must stand in the page."""
    try:
        found = htmldate.find_date(document.tree, url=document.url, original_date=True, extensive_search=False, max_date=document.fetched)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, etree.LxmlError):  # what it raises on hostile pages
        return None
    value = date.fromisoformat(found) if found else None
    if value is None or not plausible(value, document.fetched) or (value.day == 1 and not _is_written(value, document)):
        return None
    return value, "htmldate"


def _is_written(value: date, document: Document) -> bool:
    """Whether this first of a month stands in the page as a whole date."""
    source = etree.tostring(document.tree, encoding="unicode")
    month = rf"(?:{value:%m}|{value.month})"
    numeric = rf"{value.year}[-/.]{month}[-/.]0?1(?!\d)|(?<!\d)0?1[-/.]\s?{month}[-/.]\s?{value.year}|(?<!\d){month}/0?1/{value.year}"
    named = rf"(?<!\d)0?1(?:st|er|\.)?\s+(?:de\s+)?[^\W\d_]{{3,12}}\.?,?\s+(?:de\s+)?{value.year}|[^\W\d_]{{3,12}}\.?\s+0?1(?:st)?,?\s+{value.year}"
    return re.search(f"{numeric}|{named}", source) is not None
