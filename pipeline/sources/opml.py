"""A list of feeds (OPML, opml.org/spec2.opml), such as a colleague's blogroll, to leads: the feeds that it names. Fetches nothing.

To take such a list over as sources of one's own there is `gleanings import opml`; this kind watches somebody else's for what is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pipeline import text, urls
from pipeline.errors import ParseError
from pipeline.model import Kind, Lead, Page, Request, Source
from pipeline.sources import markup
from pipeline.sources.markup import Element
from pipeline.sources.options import Options, problems

MAX_FEEDS = 5_000


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with the options: it has none."""
    yield from problems(options, {}, where="a list of feeds")


def title(source: Source, page: Page) -> str | None:
    """Read the list's own title."""
    found = next((one for head in _root(source, page) if markup.local(head) == "head" for one in head if markup.local(one) == "title"), None)
    return text.clip(markup.words(found), 300) or None if found is not None else None


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read the feeds in the list's order, whatever folders they stand in. Raises `ParseError` for what is no OPML."""
    found = (one for one in _root(source, page).iter() if markup.local(one) == "outline")
    for one in islice(found, MAX_FEEDS):
        said = {key.lower(): value for key, value in one.attrib.items()}
        url = said.get("xmlurl", "").strip()
        if urls.is_web(url):
            name = text.squeeze(said.get("title") or said.get("text") or "") or None
            yield Lead(
                source=source.id, url=url, page=False, title=name, description=text.squeeze(said.get("description", "")) or None, kind=Kind.WEBSITE
            )


def _root(source: Source, page: Page) -> Element:
    root = markup.xml(source, page)
    if markup.local(root) != "opml":
        raise ParseError(f"{source.id}: {page.url} is no list of feeds (OPML).", source=source.id)
    return root
