"""A sitemap to leads (sitemaps.org, with Google's news and video extensions): addresses, and rarely more. Fetches nothing.

`lastmod` is left alone: it says when a page was touched, not when it was published, and most systems set it to today.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace

from pipeline import dates, urls
from pipeline.errors import ParseError
from pipeline.model import Lead, Page, Request, Source
from pipeline.sources import markup
from pipeline.sources.markup import Element
from pipeline.sources.options import Options, problems, texts

MAX_ADDRESSES = 50_000
"""What one file may hold by the standard."""

_GZIP = b"\x1f\x8b"


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with a sitemap's options: `include` and `exclude` are texts that an address must, or must not, contain."""
    yield from problems(options, {"include": list, "exclude": list}, where="a sitemap")


def title(source: Source, page: Page) -> None:
    """A sitemap has no title of its own."""
    del source, page


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read the addresses of a sitemap that the options let through; those of nested sitemaps become requests. Raises `ParseError`."""
    page = _unpacked(source, page)
    if page.body.lstrip()[:4].lower() == b"http":  # the standard allows a plain list, one address a line
        yield from _listed(source, markup.decode(page).splitlines())
        return
    root = markup.xml(source, page)
    match markup.local(root):
        case "urlset":
            yield from _pages(source, root, page)
        case "sitemapindex":
            yield from (Request(url=url) for url in dict.fromkeys(_addresses(root, page)) if url != page.url)
        case "rss" | "rdf" | "feed":
            raise ParseError(f"{source.id}: {page.url} is no sitemap, this is a feed; try kind: feed.", source=source.id)
        case "html":
            hint = "The site's robots.txt often names the sitemap."
            raise ParseError(f"{source.id}: {page.url} is no sitemap, this is a web page; try kind: listing.", source=source.id, hint=hint)
        case name:
            raise ParseError(f"{source.id}: {page.url} is no sitemap; its first element is <{name[:40]}>.", source=source.id)


def _unpacked(source: Source, page: Page) -> Page:
    """Unpack a sitemap that is a gzip file (`sitemap.xml.gz`), up to the bound of every source."""
    if not page.body.startswith(_GZIP):
        return page
    try:
        stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        body = stream.decompress(page.body, markup.MAX_BYTES)
    except zlib.error as error:
        raise ParseError(f"{source.id}: {page.url} is a broken gzip file.", source=source.id) from error
    if stream.unconsumed_tail:
        raise ParseError(f"{source.id}: {page.url} unpacks to more than {markup.MAX_BYTES // 1_000_000} MB.", source=source.id)
    return replace(page, body=body)


def _pages(source: Source, root: Element, page: Page) -> Iterator[Lead]:
    seen: set[str] = set()
    for entry in root.iterchildren():
        parts = {markup.local(part): part for part in entry.iter() if part is not entry and markup.local(part) != "link"}
        url = _address(entry, page)
        if url is None or url in seen or not _wanted(source, url):
            continue
        seen.add(url)
        heading = parts.get("title")
        day = parts.get("publication_date")
        yield Lead(
            source=source.id,
            url=url,
            title=(markup.words(heading) or None) if heading is not None else None,
            published=dates.parse(markup.words(day), dayfirst=False) if day is not None else None,
        )
        if len(seen) == MAX_ADDRESSES:
            return


def _addresses(root: Element, page: Page) -> Iterator[str]:
    return (url for entry in root.iterchildren() if (url := _address(entry, page)))


def _address(entry: Element, page: Page) -> str | None:
    """Read an entry's own `<loc>`; images and videos in it have `<loc>`s of their own further down."""
    own = next((part for part in entry.iterchildren() if markup.local(part) == "loc"), None)
    return markup.resolve(page.url, markup.words(own)) if own is not None else None


def _listed(source: Source, lines: list[str]) -> Iterator[Lead]:
    found = dict.fromkeys(line.strip() for line in lines[:MAX_ADDRESSES])
    yield from (Lead(source=source.id, url=url) for url in found if urls.is_web(url) and _wanted(source, url))


def _wanted(source: Source, url: str) -> bool:
    included = texts(source.options, "include")
    return (not included or any(part in url for part in included)) and not any(part in url for part in texts(source.options, "exclude"))
