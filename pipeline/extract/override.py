"""Fields of a page where a curator says they stand: CSS selectors of its source, which win over every rule of ours. Fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import soupsieve
from bs4 import BeautifulSoup, Tag

from pipeline import dates, text
from pipeline.extract import authors
from pipeline.extract.document import MAX_BYTES, Found, decode
from pipeline.extract.maintext import MAX_TEXT
from pipeline.extract.metadata import MAX_DESCRIPTION
from pipeline.extract.titles import MAX_TITLE
from pipeline.model import Page

_MOST = 200  # elements of one selector that are read


def overrides(page: Page, select: Mapping[str, str]) -> dict[str, Found[Any]]:
    """Read the fields that the selectors name (`title authors date description text`); a selector that matches nothing says nothing."""
    if not select:
        return {}
    soup = BeautifulSoup(decode(page.body[:MAX_BYTES], page.charset), "lxml")
    found = {field: _words(soup, selector) for field, selector in select.items()}
    joined = {field: " ".join(words) for field, words in found.items()}
    values: dict[str, Any] = {
        "title": text.clip(joined.get("title", ""), MAX_TITLE),
        "creators": authors.people(found.get("authors", [])),
        "published": dates.parse(joined.get("date", "")),
        "description": text.clip(joined.get("description", ""), MAX_DESCRIPTION),
        "text": text.clip("\n".join(found.get("text", [])), MAX_TEXT),
    }
    return {field: (value, "select") for field, value in values.items() if value}


def _words(soup: BeautifulSoup, selector: str) -> list[str]:
    """The words of each element that matches: what a machine is told of a time or a meta, else what a reader sees."""
    try:
        matched = soup.select(selector, limit=_MOST)
    except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError, RecursionError):
        return []
    return [words for one in matched if (words := text.squeeze(_told(one)))]


def _told(element: Tag) -> str:
    told = element.get("datetime") or element.get("content")
    return told if isinstance(told, str) else element.get_text(" ")
