"""An address to the sources that it offers: itself, the feeds it names, the editions of another desk, its sitemap, what its program keeps at
a well-known place. Looks at one page and fetches nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline import urls
from pipeline.errors import ParseError
from pipeline.model import Page, Source
from pipeline.sources import calendar, edition, feed, listing, loose, markup, oai, opml
from pipeline.sources.channels import channel_feed

_ROOTS = {
    **{"rss": "feed", "rdf": "feed", "feed": "feed", "channel": "feed"},
    **{"urlset": "sitemap", "sitemapindex": "sitemap", "oai-pmh": "oai", "opml": "opml"},
}
_FEEDS = ("/feed", "/rss.xml", "/atom.xml", "/feed.xml")
"""Where programs put a site's feed, should its pages not name it."""
_REPOSITORIES = {
    "dspace": ("/server/oai/request", "/oai/request"),
    "eprints": ("/cgi/oai2",),
    "open journal systems": ("/index.php/index/oai",),
    "invenio": ("/oai2d",),
    "omeka": ("/oai-pmh-repository/request",),
    "islandora": ("/oai/request",),
}
"""Programs of libraries, by the name that their pages give, and where each speaks OAI-PMH."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A source that could be added. `guess` marks an address that nobody named: fetch it before you trust it."""

    kind: str
    url: str
    title: str = ""
    guess: bool = False


def offers(page: Page) -> tuple[Offer, ...]:
    """List what an address offers, the best first: itself where it is a source as it stands; else the feeds of a web page, the editions that it
    lists, the page as a listing, and the places where more might be. Empty for what is none of these (a picture, an empty answer)."""
    kind = _kind_of(page)
    source = Source(id="offer", kind=kind or "", url=page.url)
    try:
        match kind:
            case None:
                return ()
            case "listing":
                return _of_web_page(source, page)
        named = _TITLED[kind](source, page) if kind in _TITLED else ""
        return (Offer(kind=kind, url=page.url, title=named or ""),)
    except ParseError:
        return ()


def _of_web_page(source: Source, page: Page) -> tuple[Offer, ...]:
    heading = listing.title(source, page) or ""
    if channel := channel_feed(page):
        return (Offer(kind="feed", url=channel, title=heading.removesuffix(" - YouTube")),)
    root = markup.html(source, page)
    feeds = tuple(Offer(kind="feed", url=url, title=name) for url, name in markup.alternates(root, page))
    editions = [Offer(kind="edition", url=page.url, title=heading)] if edition.lists(root, page) else []
    guesses = () if feeds else _guesses("feed", _FEEDS, page)
    repository = next((places for name, places in _REPOSITORIES.items() if name in _program(root)), ())
    listed = Offer(kind="listing", url=page.url, title=heading)
    return (*feeds, *editions, *_guesses("oai", repository, page), *guesses, listed, *_guesses("sitemap", ("/sitemap.xml",), page))


def _guesses(kind: str, places: tuple[str, ...], page: Page) -> tuple[Offer, ...]:
    return tuple(Offer(kind=kind, url=url, guess=True) for place in places if (url := urls.join(page.url, place)))


def _program(root: markup.Element) -> str:
    """Read which program made a page, in small letters (`<meta name="generator">`)."""
    said = (one.get("content") or "" for one in root.iter("meta") if (one.get("name") or "").lower() == "generator")
    return " ".join(said).lower()


def _kind_of(page: Page) -> str | None:
    """Tell the kind by the bytes; a server's media type is too often wrong."""
    if page.body.startswith(b"\x1f\x8b"):
        return "sitemap"
    if edition.is_edition(page):
        return "edition"
    if loose.is_json(page):
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


_TITLED = {"feed": feed.title, "calendar": calendar.title, "oai": oai.title, "opml": opml.title, "edition": edition.title}
