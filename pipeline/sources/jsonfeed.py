"""JSON Feed 1.0 and 1.1 (jsonfeed.org) to leads, and the answer of a podcast directory to the feed that it names. Trusts no type in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from pipeline import dates, text, urls
from pipeline.errors import ParseError
from pipeline.model import Kind, Lead, Page, Request, Source
from pipeline.sources import markup

DESCRIPTION = 2_000
MAX_ENTRIES = 10_000


def is_json(page: Page) -> bool:
    """Say whether these bytes are JSON rather than XML or HTML."""
    return page.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def title(source: Source, page: Page) -> str | None:
    """Read the feed's own title."""
    return _words(_document(source, page).get("title")) or None


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read the items in their order. Raises `ParseError` where the JSON is broken or no feed."""
    document = _document(source, page)
    for found in _list(document.get("results")):
        if url := urls.join(page.url, _text(_object(found).get("feedUrl"))):
            yield Request(url=url)
            return
    if not isinstance(document.get("items"), list):
        raise ParseError(f"{source.id}: {page.url} is JSON, but no JSON Feed: it has no list of items.", source=source.id)
    for item in document["items"][:MAX_ENTRIES]:
        if lead := _lead(source, page, _object(item)):
            yield lead


def _lead(source: Source, page: Page, item: dict[str, Any]) -> Lead | None:
    refs = (_text(item.get(key)) for key in ("url", "external_url", "id"))
    url = next((found for ref in refs if ref and (found := _address(page, ref))), None)
    heading = _words(item.get("title")) or None
    files = [_object(one) for one in _list(item.get("attachments"))]
    if url is None:
        url = next((found for one in files if (found := _address(page, _text(one.get("url"))))), None)
    name = _words(item.get("id")) or heading
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


def _document(source: Source, page: Page) -> dict[str, Any]:
    if len(page.body) > markup.MAX_BYTES:
        raise ParseError(f"{source.id}: {page.url} is larger than {markup.MAX_BYTES // 1_000_000} MB, and so no list of resources.", source=source.id)
    try:
        document = json.loads(markup.decode(page), strict=False)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{source.id}: {page.url} is broken JSON: {text.clip(str(error), 120)}.", source=source.id) from error
    return _object(document)


def _address(page: Page, ref: str) -> str | None:
    return markup.resolve(page.url, ref) if ref.startswith(("http:", "https:", "/", "./", "../")) or "/" in ref or "." in ref else None


def _description(item: dict[str, Any]) -> str | None:
    found = _words(item.get("summary")) or text.plain(_text(item.get("content_html"))) or _words(item.get("content_text"))
    return text.clip(found, DESCRIPTION) or None


def _published(item: dict[str, Any]) -> date | None:
    return next((found for key in ("date_published", "date_modified") if (found := dates.parse(_text(item.get(key)), dayfirst=False))), None)


def _creators(item: dict[str, Any]) -> tuple[str, ...]:
    people = _list(item.get("authors")) or [item.get("author")]
    names = (_words(_object(one).get("name")) or _words(one) for one in people)
    return tuple(dict.fromkeys(text.clip(name, 120) for name in names if name))[:50]


def _kind(files: list[dict[str, Any]]) -> Kind | None:
    types = [_text(one.get("mime_type")) for one in files]
    if any(one.startswith("audio/") for one in types):
        return Kind.PODCAST
    return Kind.VIDEO if any(one.startswith("video/") for one in types) else None


def _is_length(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1_000_000


def _text(value: object) -> str:
    return (
        value.strip()
        if isinstance(value, str)
        else str(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18
        else ""
    )


def _words(value: object) -> str:
    return text.squeeze(_text(value))


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
