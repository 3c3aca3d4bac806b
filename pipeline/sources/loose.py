"""JSON that nobody vouches for: read within bounds, and every value taken as what it should be or as nothing. Never raises but `ParseError`."""

from __future__ import annotations

import json
from typing import Any

from pipeline import text
from pipeline.errors import ParseError
from pipeline.model import Page, Source
from pipeline.sources import markup

Object = dict[str, Any]  # whatever JSON may hold


def is_json(page: Page) -> bool:
    """Say whether these bytes are JSON rather than XML or HTML."""
    return page.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def document(source: Source, page: Page) -> Object:
    """Read the object that a page is; an empty one where it is another value. Raises `ParseError` for broken JSON."""
    if len(page.body) > markup.MAX_BYTES:
        raise ParseError(f"{source.id}: {page.url} is larger than {markup.MAX_BYTES // 1_000_000} MB, and so no list of resources.", source=source.id)
    try:
        found = json.loads(markup.decode(page), strict=False)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{source.id}: {page.url} is broken JSON: {text.clip(str(error), 120)}.", source=source.id) from error
    return of(found)


def of(value: object) -> Object:
    """Take an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def each(value: object) -> list[Any]:
    """Take a list, or an empty one."""
    return value if isinstance(value, list) else []


def string(value: object) -> str:
    """Take a text, or a whole number as one; else nothing."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else ""


def words(value: object) -> str:
    """Take a text on one line."""
    return text.squeeze(string(value))
