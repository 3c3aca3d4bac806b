"""JSON Feed 1.0 and 1.1 (jsonfeed.org) to leads, and the answer of a podcast directory to the feed that it names. Trusts no type in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from pipeline import dates, text, urls
from pipeline.errors import ParseError
from pipeline.model import Kind, Lead, Page, Request, Source
from pipeline.sources import loose, markup

DESCRIPTION = 2_000
MAX_ENTRIES = 10_000


def title(source: Source, page: Page) -> str | None:
    """Read the feed's own title."""
    return loose.words(loose.document(source, page).get("title")) or None


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read the items in their order. Raises `ParseError` where the JSON is broken or no feed."""
    document = loose.document(source, page)
    for found in loose.each(document.get("results")):
        if url := urls.join(page.url, loose.string(loose.of(found).get("feedUrl"))):
            yield Request(url=url)
            return
    if not isinstance(document.get("items"), list):
        raise ParseError(f"{source.id}: {page.url} is JSON, but no JSON Feed: it has no list of items.", source=source.id)
    own = loose.string(document.get("feed_url"))
    here = replace(page, url=own) if urls.is_web(own) else page  # addresses are relative to where the feed says that it stands
    for item in document["items"][:MAX_ENTRIES]:
        if lead := _lead(source, here, loose.of(item)):
            yield lead
    following = urls.join(page.url, loose.string(document.get("next_url"))) if document.get("next_url") else None
    if following and following != page.url and source.options.get("follow", True):
        yield Request(url=following)


def _lead(source: Source, page: Page, item: loose.Object) -> Lead | None:
    refs = (loose.string(item.get(key)) for key in ("url", "external_url", "id"))
    url = next((found for ref in refs if ref and (found := _address(page, ref))), None)
    heading = loose.words(item.get("title")) or None
    files = [loose.of(one) for one in loose.each(item.get("attachments"))]
    if url is None:
        url = next((found for one in files if (found := _address(page, loose.string(one.get("url"))))), None)
    name = loose.words(item.get("id")) or heading
    if url is None and not name:
        return None
    return Lead(
        source=source.id,
        url=url or markup.stand_in(page.url, name or ""),
        page=url is not None,
        title=heading,
        description=_description(item),
        published=_published(item),
        creators=_creators(item),
        kind=_kind(files),
        duration=next((timedelta(seconds=int(one["duration_in_seconds"])) for one in files if _is_length(one.get("duration_in_seconds"))), None),
    )


def _address(page: Page, ref: str) -> str | None:
    return markup.resolve(page.url, ref) if ref.startswith(("http:", "https:", "/", "./", "../")) or "/" in ref or "." in ref else None


def _description(item: loose.Object) -> str | None:
    found = loose.words(item.get("summary")) or text.plain(loose.string(item.get("content_html"))) or loose.words(item.get("content_text"))
    return text.clip(found, DESCRIPTION) or None


def _published(item: loose.Object) -> date | None:
    return next((found for key in ("date_published", "date_modified") if (found := dates.parse(loose.string(item.get(key)), dayfirst=False))), None)


def _creators(item: loose.Object) -> tuple[str, ...]:
    people = loose.each(item.get("authors")) or [item.get("author")]
    names = (loose.words(loose.of(one).get("name")) or loose.words(one) for one in people)
    return tuple(dict.fromkeys(text.clip(name, 120) for name in names if name))[:50]


def _kind(files: list[loose.Object]) -> Kind | None:
    types = [loose.string(one.get("mime_type")) for one in files]
    if any(one.startswith("audio/") for one in types):
        return Kind.PODCAST
    return Kind.VIDEO if any(one.startswith("video/") for one in types) else None


def _is_length(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1_000_000
