"""When it was published and changed: what the page states, never later than the day on which it was fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from lxml import etree

from pipeline import dates
from pipeline.extract import jsonld
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Found, inner
from pipeline.extract.shown import Shown

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
_TIMES = etree.XPath("//time | //*[@itemprop='datePublished']")
_OPENS_TITLE = re.compile(r"(\d{1,2}[./]\d{1,2}[./]\d{4})\s*[-–—|:]\s")
_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-]?(\d\d)[/-]?(\d\d)(?=[/\-_.]|$)")
_ZONE = re.compile(r"[+-](?!00)\d\d:?\d\d$")  # a zone of its own, and not the server's
_NO_HOUR = re.compile(r"\d{4}(?:[-/]0?1){0,2}(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?)?")  # what systems make of a year alone
_TOO_OLD = date(1900, 1, 1)
_NO_DAY = date(1970, 1, 1)  # what systems write for none
_SURE, _UNSURE = ("published", "marked", "line"), ("ago", "recorded", "changed")
_RULES = {
    "published": "shown as published",
    "marked": "marked as date",
    "line": "line with a date",
    "ago": "shown as time ago",
    "recorded": "shown as recorded",
    "changed": "shown as changed",
}


def published(document: Document, shown: Sequence[Shown]) -> Found[date]:
    """The day (with its time where one is stated) on which the page says it was published; `shown` are the days that its readers see.

    A machine's time in another zone than the reader's can be a day off: then the day that is shown is right.
    """
    of_event = jsonld.type_of(document.main).endswith("Event")
    seen = None if of_event else next((one for role in _SURE for one in shown if one.role == role), None)
    for written, rule in _stated(document):
        value = dates.parse(written)
        if value and plausible(value, document.fetched):
            return (seen.day, "shown beside it") if seen and _is_better(seen, written, value) else (value, rule)
    unsure = ("recorded",) if of_event else _UNSURE  # the other days that an event shows are its own
    found = seen or next((one for role in unsure for one in shown if one.role == role), None)
    return (found.day, _RULES[found.role]) if found else None


def _is_better(seen: Shown, written: str, value: date) -> bool:
    """Whether the day that is shown is the right one: a zone apart, or said where the machine has only a year, or has a later day."""
    if _is_zone_apart(written, value, seen.day):
        return True
    stated, shown = dates.day(value), dates.day(seen.day)
    if (stated.month, stated.day) == (1, 1) and _NO_HOUR.fullmatch(written.strip()) and stated.year == shown.year:
        return True
    return seen.role == "published" and stated > shown + timedelta(days=1)


def _is_zone_apart(written: str, value: date, seen: date) -> bool:
    return abs(dates.day(value) - dates.day(seen)) == timedelta(days=1) and not _ZONE.search(written)


def modified(document: Document, published: date | None, shown: Sequence[Shown]) -> Found[date]:
    """The day of the last change, where the page states one that is not before its publication."""
    written = [(jsonld.string(document.main, "dateModified"), "json-ld"), document.meta(*_MODIFIED)]
    for found in written:
        value = dates.parse(found[0]) if found and found[0] else None
        if found and value and plausible(value, document.fetched) and (published is None or dates.day(value) >= dates.day(published)):
            return value, found[1]
    seen = next((one.day for one in shown if one.role == "changed" and (published is None or dates.day(one.day) > dates.day(published))), None)
    return (seen, _RULES["changed"]) if seen else None


def plausible(value: date, fetched: datetime) -> bool:
    """Whether a thing can have been published on this day: not tomorrow (time zones apart), not before 1900."""
    return _TOO_OLD <= dates.day(value) <= fetched.date() + timedelta(days=1) and dates.day(value) != _NO_DAY


def _stated(document: Document) -> Iterator[tuple[str, str]]:
    for node in jsonld.described(document.nodes, document.main):
        if not jsonld.type_of(node).endswith("Event"):
            yield from (
                (stated, "json-ld") for name in ("datePublished", "uploadDate", "dateCreated", "datePosted") if (stated := jsonld.string(node, name))
            )
    for name in _METAS:
        yield from ((content, f"meta {name}") for content in document.metas.get(name, ()))
    for element in _TIMES(document.tree)[:40]:
        marks = f"{element.get('class') or ''} {element.get('itemprop') or ''}".lower()
        if (element.get("pubdate") is not None or "publish" in marks or "entry-date" in marks) and not is_chrome(element):
            yield element.get("datetime") or element.get("content") or inner(element), "time element"
    if found := _OPENS_TITLE.match(document.heading):
        yield found[1], "title element"
    if found := _IN_ADDRESS.search(document.url):
        yield "-".join(found.groups()), "address"
