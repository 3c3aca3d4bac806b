"""An address to the sources that it offers: itself, the feeds it names, its sitemap. Looks at one page and fetches nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline import urls
from pipeline.errors import ParseError
from pipeline.model import Page, Source
from pipeline.sources import calendar, feed, jsonfeed, listing, markup
from pipeline.sources.channels import channel_feed

_ROOTS = {"rss": "feed", "rdf": "feed", "feed": "feed", "channel": "feed", "urlset": "sitemap", "sitemapindex": "sitemap"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A source that could be added. `guess` marks an address that nobody named: fetch it before you trust it."""

    kind: str
    url: str
    title: str = ""
    guess: bool = False


def offers(page: Page) -> tuple[Offer, ...]:
    """List what an address offers, the best first: itself where it is a feed, sitemap or calendar; else the feeds of a web page, the page as a
    listing, and the place where its sitemap might be. Empty for what is none of these (a picture, an empty answer)."""
    kind = _kind_of(page)
    source = Source(id="offer", kind=kind or "", url=page.url)
    try:
        match kind:
            case "feed":
                return (Offer(kind="feed", url=page.url, title=feed.title(source, page) or ""),)
            case "calendar":
                return (Offer(kind="calendar", url=page.url, title=calendar.title(source, page) or ""),)
            case "sitemap":
                return (Offer(kind="sitemap", url=page.url),)
            case "listing":
                return _of_web_page(source, page)
    except ParseError:
        return ()
    return ()


def _of_web_page(source: Source, page: Page) -> tuple[Offer, ...]:
    heading = listing.title(source, page) or ""
    if channel := channel_feed(page):
        return (Offer(kind="feed", url=channel, title=heading.removesuffix(" - YouTube")),)
    feeds = tuple(Offer(kind="feed", url=url, title=name) for url, name in markup.alternates(markup.html(source, page), page))
    root = urls.join(page.url, "/sitemap.xml")
    return (*feeds, Offer(kind="listing", url=page.url, title=heading), *([Offer(kind="sitemap", url=root, guess=True)] if root else []))


def _kind_of(page: Page) -> str | None:
    """Tell the kind by the bytes; a server's media type is too often wrong."""
    if page.body.startswith(b"\x1f\x8b"):
        return "sitemap"
    if jsonfeed.is_json(page):
        return "feed"
    head = markup.decode(page)[:20_000]
    if re.search(r"^BEGIN:V(?:CALENDAR|EVENT)", head, re.IGNORECASE | re.MULTILINE):
        return "calendar"
    try:
        root = markup.local(markup.xml(Source(id="offer", kind="", url=page.url), page))
    except ParseError:
        root = ""
    if root in _ROOTS:
        return _ROOTS[root]
    return "listing" if root == "html" or re.search(r"<(?:!doctype html|html|head|body|a\s|p\b|div|ul|table|h1)", head, re.IGNORECASE) else None
