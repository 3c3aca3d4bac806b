"""Who wrote a page by the data that its JavaScript framework hands the browser (Next.js, Nuxt, SvelteKit), nobody where its title is not in them,
or by what it tells those who count its visits.

Such data hold the teasers of other pages as well: an author counts only beside the title of this one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from pipeline.extract import jsonld
from pipeline.extract.document import Document, Element, written
from pipeline.extract.site import fold

_MAX_SCRIPT = 100_000  # characters
_COUNTS = re.compile(r"dataLayer|digitalData|utag_data")
_AUTHOR_KEY = re.compile(r"""["']?(?:\w*_)?[aA]uthor(?:s|Name)?["']?\s*:\s*\[?\s*["']([^"'<>{}]{3,60})["']""")
_SCRIPTS = etree.XPath("//script[@type='application/json' or @id='__NEXT_DATA__']")
_MOST_SCRIPTS = 8
_LONGEST = 1_000_000  # characters
_MOST_NODES = 20_000
_TITLES = ("title", "headline", "name", "heading")
_AUTHORS = ("authors", "author", "writers", "writer", "contributors", "byline", "authorName", "author_name")
_NAMES = ("name", "fullName", "full_name", "displayName", "display_name", "title")
_FIELDS = (*_NAMES, "firstName", "lastName", "attributes", "fields")
_LENGTHS = ("duration", "durationSeconds", "durationInSeconds", "duration_seconds", "lengthSeconds")
_SHORTEST = 60  # seconds; a smaller number may count minutes
_SEVERAL = 12
_DEPTH = 4
_MOST_OWN = 20  # objects with the title of the page
_LONGEST_TITLE = 500


def authors(document: Document) -> list[str]:
    """The names beside the title of this page, as they are written there; none where no data name it."""
    for node, table in _own(document, ("uthor", "yline", "writer")):
        if names := [name for key in _AUTHORS for name in _names(_pointed(node.get(key), table, _DEPTH))]:
            return list(dict.fromkeys(names))
    return []


def length(document: Document) -> str:
    """How long what the page plays runs, beside its title: seconds, a clock or ISO 8601; "" where no data tell."""
    for node, table in _own(document, ("uration", "engthSeconds")):
        for key in _LENGTHS:
            value = _pointed(node.get(key), table, 1)
            if isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool) and value >= _SHORTEST):
                return value if isinstance(value, str) else str(int(value))
    return ""


def _own(document: Document, hints: tuple[str, ...]) -> Iterator[tuple[jsonld.Node, list[object] | None]]:
    """The objects that bear the title of the page, in data that hold one of the hints, each with the table of values of its data."""
    for script in _SCRIPTS(document.tree)[:_MOST_SCRIPTS]:
        words = script.text or ""
        if len(words) > _LONGEST or not any(hint in words for hint in hints):
            continue
        try:
            root = json.loads(words)
        except (ValueError, RecursionError):
            continue
        called = {fold(one) for one in _titles(document)}
        table = root if isinstance(root, list) else None
        own = (node for node in _nodes(root) if any(_is_title(_pointed(node.get(key), table, 1), called) for key in _TITLES))
        yield from ((node, table) for node in islice(own, _MOST_OWN))


def _is_title(value: object, called: set[str]) -> bool:
    return isinstance(value, str) and len(value) < _LONGEST_TITLE and fold(value) in called


def _titles(document: Document) -> Iterator[str]:
    yield from map(written, document.tree.findall(".//h1")[:2])
    yield from document.metas.get("og:title", ())
    yield document.heading


def _nodes(root: object) -> Iterator[jsonld.Node]:
    """Every object, the outer before the inner."""
    pending, seen = [root], 0
    while pending and seen < _MOST_NODES:
        value = pending.pop()
        seen += 1
        if isinstance(value, dict):
            yield value
            pending.extend(one for one in value.values() if isinstance(one, (dict, list)))
        elif isinstance(value, list):
            pending.extend(reversed(value[:_MOST_NODES]))


def _pointed(value: object, table: list[object] | None, depth: int) -> object:
    """What a number stands for in a table of values, with what that holds: so Nuxt and SvelteKit write. Any other value as it is."""
    if table is None or depth < 1 or isinstance(value, bool) or not isinstance(value, int) or not 0 < value < len(table):
        return value
    found = table[value]
    if isinstance(found, dict):
        return {key: _pointed(found[key], table, depth - 1) for key in _FIELDS if key in found}
    if isinstance(found, list):
        return [_pointed(one, table, depth - 1) for one in found[:_SEVERAL]]
    return found


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value[:_SEVERAL]:
            yield from _names(one)
    elif isinstance(value, dict):
        fields = value.get("attributes") or value.get("fields") or value
        fields = fields if isinstance(fields, dict) else value
        given, family = (fields.get(key) for key in ("firstName", "lastName"))
        if isinstance(given, str) and isinstance(family, str):
            yield f"{given} {family}"
        else:
            yield from islice((one for key in _NAMES if isinstance(one := fields.get(key), str)), 1)


def measured(tree: Element) -> list[str]:
    """What the page tells those who count its visits."""
    for script in tree.iter("script"):
        words = (script.text or "")[:_MAX_SCRIPT]
        if _COUNTS.search(words) and (found := _AUTHOR_KEY.search(words)):
            return [found[1]]
    return []
