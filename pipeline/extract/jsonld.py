"""JSON-LD (schema.org) as pages really write it: found, repaired, flattened, and asked by property. https://schema.org/docs/full.html"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from pipeline import text

Node: TypeAlias = Mapping[str, Any]  # JSON enters here; each property is checked where it is read

_MAX_SCRIPT = 1_000_000  # characters
_MAX_NODES = 2_000
_OPENING = re.compile(r"(?://|/\*)?\s*<!\[CDATA\[(?:\s*\*/)?|<!--")
_CLOSING = re.compile(r"(?:(?://|/\*)?\s*\]\]>(?:\s*\*/)?|-->)\s*;?\s*$")
_MAX_CLOSING = 60  # characters at the end that are looked at: a search through a long run of spaces would begin at each of them
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_DESCRIBES = re.compile(
    r"(?:Article|Posting|Report|VideoObject|Episode|AudioObject|Event|Recipe|Book|Course|DigitalDocument|Product|MusicRecording|Review"
    r"|WebPage|MediaObject|CreativeWork"
    r"|Dataset|SoftwareApplication|SoftwareSourceCode|HowTo|Thesis|Movie|PodcastSeries|LearningResource)$"
)
# A page often describes itself twice; the more telling type speaks first.
_VAGUE = {"WebPage": 9, "Product": 8, "MediaObject": 7, "CreativeWork": 7, "PodcastSeries": 6, "AudioObject": 4}
_WITHIN = ("mainEntity", "mainEntityOfPage", "hasPart")


def nodes(tree: Any) -> tuple[Node, ...]:
    """Every node of every JSON-LD script of a parsed page, in order, those under `@graph` and `mainEntity` included."""
    found: list[Node] = []
    for script in tree.iterfind('.//script[@type="application/ld+json"]'):
        pending = [_load(script.text or "")]
        while pending and len(found) < _MAX_NODES:
            value = pending.pop()
            if isinstance(value, list):
                pending.extend(reversed(value[:_MAX_NODES]))
            elif isinstance(value, dict):
                found.append(value)
                pending.extend(value[key] for key in _WITHIN if isinstance(value.get(key), dict))
                pending.append(value.get("@graph"))
    return tuple(found)


def _load(script: str) -> object:
    """Read JSON with the faults that pages have: wrapped in comments, line ends inside strings, commas too many. `None` where it is none."""
    if len(script) > _MAX_SCRIPT:
        return None
    script = script.strip()
    script = script[found.end() :] if (found := _OPENING.match(script)) else script
    script = (script[:-_MAX_CLOSING] + _CLOSING.sub("", script[-_MAX_CLOSING:])).strip().rstrip(";")
    for attempt in (script, _TRAILING_COMMA.sub(r"\1", script.replace("\n", " "))):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def type_of(node: Node) -> str:
    """The type of a node without its vocabulary, "" where none is given."""
    kind = node.get("@type")
    if isinstance(kind, list):
        kind = next((one for one in kind if isinstance(one, str)), "")
    return kind.rsplit("/", 1)[-1].rsplit(":", 1)[-1] if isinstance(kind, str) else ""


def main(nodes: tuple[Node, ...], hints: str, url: str = "") -> Node:
    """The node that describes the page at `url`; among several of one rank the one whose name stands in `hints`. Empty where there is none."""
    described = sorted((node for node in nodes if _DESCRIBES.search(type_of(node)) and not _is_elsewhere(node, hints, url)), key=_rank)
    if not described:
        return {}
    first = [node for node in described if _rank(node) == _rank(described[0])]
    words = f" {' '.join(text.words(hints))} "
    for node in first if len(first) > 1 else ():
        name = " ".join(text.words(string(node, "headline", "name") or ""))
        if name and f" {name} " in words:
            return node
    return described[0]


def _is_elsewhere(node: Node, hints: str, url: str) -> bool:
    """Whether a node announces an event of another page: its address is another, and most words of its name are not in the title."""
    address = link(node.get("url") or node.get("mainEntityOfPage"))
    if not url or not hints or not type_of(node).endswith("Event") or not address or not address.startswith("http"):
        return False
    here, there = (one.partition("//")[2].partition("#")[0].rstrip("/").removeprefix("www.") for one in (url, address))
    named = {word for word in text.words(string(node, "name") or "") if len(word) > 3}
    return here.partition("?")[0] != there.partition("?")[0] and bool(named) and len(named & set(text.words(hints))) * 2 < len(named)


def described(nodes: tuple[Node, ...], main: Node) -> Iterator[Node]:
    """The main node, then the others that describe something, the more telling first."""
    if main:
        yield main
    yield from sorted((node for node in nodes if node is not main and _DESCRIBES.search(type_of(node))), key=_rank)


def _rank(node: Node) -> int:
    return _VAGUE.get(type_of(node), 1)


def string(node: Node, *properties: str) -> str | None:
    """The first of the properties that is a text, on one line."""
    for name in properties:
        value = node.get(name)
        if isinstance(value, list):
            value = next((one for one in value if isinstance(one, str)), None)
        if isinstance(value, str) and (squeezed := text.squeeze(value)):
            return squeezed
    return None


def by_id(nodes: tuple[Node, ...]) -> dict[str, Node]:
    """The nodes that have a name, by their `@id`, to follow references."""
    return {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and node.get("name")}


def names(value: object, ids: Mapping[str, Node], depth: int = 3) -> list[str]:
    """The names in a property that may be a text, a node, a reference, or a list of these."""
    if isinstance(value, str):
        return [value]
    if depth < 1:
        return []
    if isinstance(value, list):
        return [name for one in value[:50] for name in names(one, ids, depth - 1)]
    if not isinstance(value, dict):
        return []
    reference = value.get("@id")
    if not value.get("name") and isinstance(reference, str) and reference in ids:
        return names(ids[reference].get("name"), ids, depth - 1)
    if not value.get("name") and (parts := [part for key in ("givenName", "familyName") if isinstance(part := value.get(key), str)]):
        return [" ".join(parts)]
    return names(value.get("name"), ids, depth - 1)


def bodies(nodes: tuple[Node, ...]) -> frozenset[str]:
    """The names of the organisations that the nodes name as makers or publishers."""
    roles = [value for node in nodes for role in ("author", "creator", "publisher") for value in _several(node.get(role))]
    named = (string(one, "name") for one in (*nodes, *roles) if isinstance(one, dict) and type_of(one).endswith("Organization"))
    return frozenset(name for name in named if name)


def _several(value: object) -> list[object]:
    return value[:50] if isinstance(value, list) else [value]


def link(value: object) -> str | None:
    """The address in a property that may be a text, a node with `url`, or a list of these."""
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl") or value.get("@id")
    return value if isinstance(value, str) else None
