"""The words of an item that speak for its topics, marked where they stand. What comes in is hostile: every piece is escaped before it is marked.

Each topic has a number from 1. A piece of text that speaks for topics 1 and 3 becomes `<mark class="m1 m3">`, and the first one of a topic
carries the id `m1`, so that the page can point there. Which marks are seen is the style sheet's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

TOPICS = 4
"""Topics whose words are marked, the likeliest first."""

_MOST_WORDS = 40
_BETWEEN = r"\W{1,4}(?:\w{1,4}\W{1,4}){0,2}"


@dataclass(frozen=True, slots=True)
class Marked:
    """Title, description and text with marks, and at how many places each topic's words stand."""

    title: Markup
    description: Markup
    text: Markup
    places: tuple[int, ...]


def marked(title: str, description: str, text: str, *, topics: Sequence[Sequence[str]]) -> Marked:
    """Escape three texts and mark in them the words of each topic, as whole words in any case."""
    wanted = [_pattern(words) for words in topics[:TOPICS]]
    places = [0] * len(wanted)
    first, second, third = (_mark(one, wanted, places) for one in (title, description, text))
    return Marked(first, second, third, tuple(places))


def _pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    """One expression for the words of a topic, the longest first. Between the words of a pair empty ones may stand ("learning in practice"),
    because a classifier passes over these."""
    found = sorted({word.strip() for word in words} - {""}, key=lambda word: (-len(word), word))[:_MOST_WORDS]
    spelled = "|".join(_BETWEEN.join(re.escape(part) for part in word.split()) for word in found)
    return re.compile(rf"(?<!\w)(?:{spelled})(?!\w)", re.IGNORECASE) if spelled else None


def _mark(text: str, wanted: Sequence[re.Pattern[str] | None], places: list[int]) -> Markup:
    """Mark one text. Counts into `places`, because an id may stand only once on a page."""
    edges: dict[int, set[int]] = {}  # where topics begin and end
    for number, pattern in enumerate(wanted):
        for found in pattern.finditer(text) if pattern else ():
            edges.setdefault(found.start(), set()).symmetric_difference_update({number})
            edges.setdefault(found.end(), set()).symmetric_difference_update({number})
    return Markup("").join(_pieces(text, edges, places))


def _pieces(text: str, edges: dict[int, set[int]], places: list[int]) -> Iterator[Markup]:
    start, speaking = 0, frozenset[int]()
    for end in [*sorted(edges), len(text)]:
        piece = escape(text[start:end])
        if speaking and piece:
            names = " ".join(f"m{number + 1}" for number in sorted(speaking))
            first = next((f' id="m{number + 1}"' for number in sorted(edges[start] & speaking) if not places[number]), "")
            for number in edges[start] & speaking:
                places[number] += 1
            piece = Markup(f'<mark class="{names}"{first}>{piece}</mark>')  # noqa: S704 - numbers, and a piece that is escaped
        yield piece
        start, speaking = end, speaking ^ edges.get(end, set())
