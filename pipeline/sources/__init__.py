"""Bytes of a source to what it says exists. One file for each kind; every kind offers `check`, `title` and `leads`. Fetches nothing.

What comes in is hostile: each kind gives leads or raises `ParseError`, within bounds of time and memory, whatever the bytes are.
A kind that needs more bytes (a next page, a nested sitemap) gives a `Request` and is called again with that page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Protocol

from pipeline.errors import ParseError
from pipeline.model import Lead, Page, Request, Source
from pipeline.sources import calendar, feed, listing, mailbox, sitemap
from pipeline.sources.channels import feed_address
from pipeline.sources.options import Options
from pipeline.text import nearest

__all__ = ["KINDS", "SourceKind", "address", "check", "leads", "title"]


class SourceKind(Protocol):
    """What a kind of source can do."""

    def check(self, options: Options) -> Iterator[str]:
        """Say what is wrong with a source's options, a sentence for each."""

    def title(self, source: Source, page: Page) -> str | None:
        """Read the source's own title."""

    def leads(self, source: Source, page: Page) -> Iterator[Lead | Request]:
        """Read what the source says exists, in its own order."""


KINDS: Mapping[str, SourceKind] = MappingProxyType({"feed": feed, "listing": listing, "sitemap": sitemap, "calendar": calendar, "mailbox": mailbox})


def check(kind: str, options: Options) -> Iterator[str]:
    """Say what is wrong with a source's kind and options, a sentence for each; nothing where all is well."""
    if kind in KINDS:
        yield from KINDS[kind].check(options)
        return
    near = nearest(kind, KINDS)
    yield f"there is no kind of source {kind!r}" + (f"; did you mean {near!r}?" if near else f"; the kinds are {', '.join(KINDS)}")


def address(source: Source) -> str:
    """Tell the address to fetch: that of the source, or the feed of the channel, playlist or podcast that it names."""
    return feed_address(source.url) if source.kind == "feed" else source.url


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read what a source's page says exists, in the source's own order. Raises `ParseError` where the page is not what the kind promises."""
    yield from _kind(source).leads(source, page)


def title(source: Source, page: Page) -> str | None:
    """Read the source's own title, such as that of a feed; `None` where it has none. Raises `ParseError` as `leads` does."""
    return _kind(source).title(source, page)


def _kind(source: Source) -> SourceKind:
    if source.kind not in KINDS:
        raise ParseError(f"{source.id}: {'; '.join(check(source.kind, {}))}.", source=source.id)
    return KINDS[source.kind]
