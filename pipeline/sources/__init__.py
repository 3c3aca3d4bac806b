"""Bytes of a source to what it says exists. One file for each kind; every kind offers `check`, `title` and `leads`. Fetches nothing.

What comes in is hostile: each kind gives leads or raises `ParseError`, within bounds of time and memory, whatever the bytes are.
A kind that needs more bytes (a next page, a nested sitemap) gives a `Request` and is called again with that page. One that must remember how far it
came gives a `Mark`, and gets it back as `Source.mark`, at once with the next page and at the next survey.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import ParseError
from pipeline.late import late
from pipeline.model import Lead, Mark, Page, Request, Source, SourceState
from pipeline.sources.channels import feed_address
from pipeline.sources.options import Options
from pipeline.text import nearest

if TYPE_CHECKING:
    from pipeline.sources import calendar, edition, feed, listing, mailbox, oai, opml, overrides, search, sitemap
    from pipeline.sources import page as one_page
else:
    calendar = late("pipeline.sources.calendar")
    edition = late("pipeline.sources.edition")
    feed = late("pipeline.sources.feed")
    listing = late("pipeline.sources.listing")
    mailbox = late("pipeline.sources.mailbox")
    oai = late("pipeline.sources.oai")
    opml = late("pipeline.sources.opml")
    overrides = late("pipeline.sources.overrides")
    search = late("pipeline.sources.search")
    sitemap = late("pipeline.sources.sitemap")
    one_page = late("pipeline.sources.page")

__all__ = ["KINDS", "SourceKind", "address", "check", "leads", "opening", "resumed", "title"]


class SourceKind(Protocol):
    """What a kind of source can do."""

    def check(self, options: Options) -> Iterator[str]:
        """Say what is wrong with a source's options, a sentence for each."""

    def title(self, source: Source, page: Page) -> str | None:
        """Read the source's own title."""

    def leads(self, source: Source, page: Page) -> Iterator[Lead | Request | Mark]:
        """Read what the source says exists, in its own order."""


KINDS: Mapping[str, SourceKind] = MappingProxyType(
    {
        "feed": feed,
        "listing": listing,
        "sitemap": sitemap,
        "calendar": calendar,
        "mailbox": mailbox,
        "oai": oai,
        "search": search,
        "edition": edition,
        "page": one_page,
        "opml": opml,
    }
)
MARKED = frozenset(("oai", "page"))
"""Kinds that give a `Mark`. It stands where other sources have their ETag."""
PATIENCE = 3
"""So many surveys in a row may fail to go on with a list that was cut; then it is begun anew."""
NEWEST_FIRST = frozenset(("feed", "search"))
"""Kinds of which no further page is asked for once a page names what is known."""


def check(kind: str, options: Options) -> Iterator[str]:
    """Say what is wrong with a source's kind and options, a sentence for each; nothing where all is well."""
    if kind in KINDS:
        yield from overrides.check(options)
        yield from KINDS[kind].check({key: value for key, value in options.items() if key != overrides.OPTION})
        return
    near = nearest(kind, KINDS)
    yield f"there is no kind of source {kind!r}" + (f"; did you mean {near!r}?" if near else f"; the kinds are {', '.join(KINDS)}")


def address(source: Source) -> str:
    """Tell the address to fetch: that of the source, or the feed of the channel, playlist or podcast that it names."""
    return feed_address(source.url) if source.kind == "feed" else source.url


def resumed(source: Source, state: SourceState) -> Source:
    """Give a source with the mark that its last survey left, where its kind keeps one."""
    if source.kind not in MARKED:
        return source
    marked = replace(source, mark=state.etag or "")
    return oai.anew(marked) if source.kind == "oai" and state.failures >= PATIENCE else marked


def opening(source: Source, *, now: datetime, contact: str = "", state: SourceState | None = None) -> Request:
    """Tell what to ask a source first: its address, with the validators of last time, or a question of what is new. `contact` is told to
    services that want to know who asks."""
    match source.kind:
        case "oai":
            return Request(url=oai.address(source, now=now))
        case "search":
            return Request(url=search.address(source, now=now, contact=contact))
    etag = state.etag if state and source.kind not in MARKED else None
    return Request(url=address(source), etag=etag, last_modified=state.last_modified if state else None)


def leads(source: Source, page: Page) -> Iterator[Lead | Request | Mark]:
    """Read what a source's page says exists, in the source's own order. Raises `ParseError` where the page is not what the kind promises."""
    yield from _kind(source).leads(source, page)


def title(source: Source, page: Page) -> str | None:
    """Read the source's own title, such as that of a feed; `None` where it has none. Raises `ParseError` as `leads` does."""
    return _kind(source).title(source, page)


def _kind(source: Source) -> SourceKind:
    if source.kind not in KINDS:
        raise ParseError(f"{source.id}: {'; '.join(check(source.kind, {}))}.", source=source.id)
    return KINDS[source.kind]
