"""Lists of feeds (OPML 2.0, http://opml.org/spec2.opml), as feed readers write and read them. No document type is read and no entity is expanded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from pipeline import text, urls
from pipeline.config import new_id
from pipeline.errors import ParseError
from pipeline.model import Source

MAX_BYTES = 20_000_000
MAX_FEEDS = 5_000


def read_opml(body: bytes, *, taken: Collection[str] = (), where: str = "OPML") -> tuple[Source, ...]:
    """Read the feeds of an OPML file as sources, each with an id that is not among `taken`. Raises `ParseError`."""
    if len(body) > MAX_BYTES:
        raise ParseError(f"{where} is larger than {MAX_BYTES // 1_000_000} MB.", source=where)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"{where} is no XML: {error}.", source=where, hint="Export the list from the feed reader again.") from error
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise ParseError(f"{where} is no OPML file.", source=where, hint="A feed reader calls it “export subscriptions” or “OPML”.")
    if root.getroottree().docinfo.internalDTD is not None:
        raise ParseError(f"{where} has a document type (DTD), which is not read.", source=where, hint="Take out the line that begins with <!DOCTYPE.")
    found = tuple(islice(_sources(root, set(taken)), MAX_FEEDS + 1))
    if len(found) > MAX_FEEDS:
        raise ParseError(f"{where} names more than {MAX_FEEDS} feeds.", source=where, hint="Export a part of them; no desk can read so many.")
    return found


def _sources(root: etree._Element, taken: set[str]) -> Iterator[Source]:
    seen: set[str] = set()
    for outline in root.iter("outline"):
        url = text.squeeze(outline.get("xmlUrl") or outline.get("xmlurl") or "")
        if not urls.is_web(url) or urls.canonical(url) in seen:
            continue
        seen.add(urls.canonical(url))
        title = text.clip(text.squeeze(outline.get("title") or outline.get("text") or ""), 200)
        name = new_id(title or urls.host(url), taken)
        taken.add(name)
        yield Source(id=name, kind="feed", url=url, title=title)


def write_opml(sources: Sequence[Source], title: str) -> str:
    """Write sources as OPML. Those that are no feeds are links, which a feed reader passes over; mailboxes are nobody else's."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', f"<head><title>{escape(text.squeeze(title))}</title></head>", "<body>"]
    for source in (one for one in sources if one.kind != "mailbox"):
        name = quoteattr(text.squeeze(source.title or source.id))
        address = f"xmlUrl={quoteattr(source.url)}" if source.kind == "feed" else f"url={quoteattr(source.url)}"
        kind = "rss" if source.kind == "feed" else "link"
        category = f" category={quoteattr(','.join(source.topics))}" if source.topics else ""
        lines.append(f'<outline type="{kind}" text={name} title={name} {address}{category}/>')
    return "\n".join([*lines, "</body>", "</opml>", ""])
