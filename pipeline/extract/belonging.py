"""Where a page belongs: its series and its number there, and the links with which it says that it follows up, supports or records another thing.

Takes what is stated. Whether the other thing is one of ours nobody knows here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pipeline import text, ties, urls
from pipeline.extract import jsonld
from pipeline.extract.document import Document, Element, Found
from pipeline.model import Mention

_BLOCKS = frozenset({"p", "li", "dd", "td", "figcaption", "blockquote", "h2", "h3", "h4"})
_MOST_LINKS = 1_000  # of a page
_PIECES = 100  # of the text of one block
_LONG = 3_000  # characters of one block that are read
_ASIDE = frozenset({"nav", "footer", "header", "aside", "form"})
_HIGHEST = 10_000  # no show has more episodes
_OURS = frozenset({"title", "text"})  # rules of `worded`, which are applied anew where a better title has come


def series(document: Document) -> Found[str]:
    """The series, podcast or show that it is a part of."""
    names = next((found for one in _owners(document) if (found := jsonld.names(one, jsonld.by_id(document.nodes)))), [])
    return (text.clip(text.squeeze(names[0]), ties.LONGEST), "json-ld") if names and names[0].strip() else None


def part(document: Document) -> Found[int]:
    """Its number in its series: an episode's, else its position where it says that it is part of a series."""
    for name in ("episodeNumber", "position") if any(True for _ in _owners(document)) else ("episodeNumber",):
        said = str(document.main.get(name, "")).strip()
        if said.isascii() and said.isdecimal() and len(said) < 6 and 0 < int(said) < _HIGHEST:
            return int(said), "json-ld"
    return None


def linked(document: Document) -> Found[tuple[Mention, ...]]:
    """The links that stand behind such words as "a follow-up to", or are themselves called "Watch the recording"; those around the page left out."""
    found: list[Mention] = []
    for block in _telling(document.tree):
        if len(found) >= ties.MOST:
            break
        found += _in_block(block, document.url)
    kept = ties.unique(found)
    return (kept, "links") if kept else None


def worded(findings: Mapping[str, Found[Any]]) -> dict[str, Found[Any]]:
    """Add what title, description and opening say of series, part and of other things, where it is not stated better."""
    stated = {name: one for name, one in findings.items() if one is not None and not (name in ("series", "part") and one[1] in _OURS)}
    title, description, words = (str(stated[name][0]) if name in stated else "" for name in ("title", "description", "text"))
    name, number, rule = ties.series(title, description, words[:500])
    said = ties.unique([*(stated["mentions"][0] if "mentions" in stated else ()), *ties.mentions(description, words)])
    read = {"series": (name, rule) if name else None, "part": (number, rule) if number else None}
    rules = {"mentions": (said, stated["mentions"][1] if "mentions" in stated else "text") if said else None}
    return {**read, **stated, **rules}


def _owners(document: Document) -> Iterator[object]:
    """What the page says that it is part of, where that is a series."""
    named = {node["@id"]: node for node in document.nodes if isinstance(node.get("@id"), str)}
    for name in ("partOfSeries", "isPartOf"):
        value = document.main.get(name)
        for one in value[:20] if isinstance(value, list) else [value]:
            node = named.get(str(one.get("@id")), one) if isinstance(one, dict) and not one.get("name") else one
            if node and (name == "partOfSeries" or (isinstance(node, dict) and jsonld.type_of(node).endswith("Series"))):
                yield node


def _telling(tree: Element) -> Iterator[Element]:
    """The blocks with links in which such words may stand, each once; those around the page left out."""
    seen = set[Element]()
    for link in islice(tree.iter("a"), _MOST_LINKS):
        block = link.getparent()
        while block is not None and block.tag not in _BLOCKS:
            block = block.getparent()
        if block is not None and block not in seen:
            seen.add(block)
            if next(block.iterancestors(*_ASIDE), None) is None and ties.is_telling(" ".join(islice(block.itertext(), _PIECES))):
                yield block


def _in_block(block: Element, base: str) -> Iterator[Mention]:
    """Read the links of one block, each with the words before and behind it in the block."""
    said = ""
    places: list[tuple[int, int, Element]] = []
    for words, link in _pieces(block):
        if link is not None and len(places) < _PIECES:
            places.append((len(said), len(said) + len(words), link))
        said += words
        if len(said) > _LONG:
            break
    for start, end, link in places:
        url = urls.join(base, link.get("href") or "")
        if url and urls.is_web(url) and (found := ties.linked(said[:start], said[start:end], urls.clean(url), after=said[end : end + 20])):
            yield found


def _pieces(block: Element) -> Iterator[tuple[str, Element | None]]:
    """Cut the text of a block into pieces, those of a link with the link."""
    yield block.text or "", None
    for one in block:
        if one.tag == "a":
            yield "".join(islice(one.itertext(), 50))[:_LONG], one
        elif isinstance(one.tag, str) and one.tag not in _BLOCKS:  # blocks inside are read by themselves
            yield from _pieces(one)
        yield one.tail or "", None
