"""The option `page` of every kind of source: where the fields of its pages stand, as CSS selectors. Checks and hands on; reads no page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.late import late
from pipeline.sources.options import Options, problems
from pipeline.text import clip, squeeze

if TYPE_CHECKING:
    import soupsieve
else:
    soupsieve = late("soupsieve")

OPTION = "page"
_FIELDS = {"title": str, "authors": str, "date": str, "description": str, "text": str}


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with the selectors for pages, a sentence for each."""
    given = options.get(OPTION)
    if given is None:
        return
    if not isinstance(given, dict):
        yield f"{OPTION} must be a group of CSS selectors, not {given!r}; for example `{OPTION}: {{title: h1, authors: .byline a}}`"
        return
    yield from problems(given, _FIELDS, where=OPTION)
    for field, selector in given.items():
        if field in _FIELDS and isinstance(selector, str) and (fault := problem(selector)):
            yield f"{OPTION}: {field} is no CSS selector: {fault}"


def problem(selector: str) -> str:
    """Say why a selector cannot be read; "" where it can."""
    try:
        soupsieve.compile(selector)
    except (soupsieve.SelectorSyntaxError, ValueError) as error:
        return clip(squeeze(str(error)), 120)
    return ""


def selectors(options: Options) -> Mapping[str, str]:
    """Give the selectors by field; empty where the source has none."""
    given = options.get(OPTION)
    return {str(field): str(selector) for field, selector in given.items()} if isinstance(given, dict) else {}
