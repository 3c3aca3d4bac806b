"""Two items beside one another, with the words in which they differ. Pure: takes items, gives values for a template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.model import Item, Resource
from pipeline.text import clip
from pipeline.web import words

EXCERPT = 1_500
"""Characters of each text that are held against each other."""
_MOST_WORDS = 400
_LEAST = 2
_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, and whether the other side has them not."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two: its item, who stands behind it, and title, description and text in pieces."""

    item: Item
    source: str
    title: tuple[Piece, ...]
    description: tuple[Piece, ...]
    text: tuple[Piece, ...]


Change = tuple[str, tuple[Piece, ...], tuple[Piece, ...]]
"""What changed, as it was, as it is."""


def sides(one: Item, other: Item) -> tuple[Side, Side]:
    """Set two items side by side, as their sources tell of them."""
    first, then = one.resource, other.resource
    title = differing(first.title, then.title)
    description = differing(first.description or "", then.description or "")
    text = differing(clip(first.text, EXCERPT), clip(then.text, EXCERPT))
    left, right = (
        Side(item=item, source=words.maker(item.resource), title=title[place], description=description[place], text=text[place])
        for place, item in enumerate((one, other))
    )
    return left, right


def revised(before: Resource, now: Resource) -> tuple[Change, ...]:
    """Say in which of title, description and text a source has changed: the name of each that differs, as it was and as it is."""
    pairs = (("title", before.title, now.title), ("description", before.description or "", now.description or ""))
    cut = [clip(one.text, EXCERPT) for one in (before, now)]
    return tuple((name, *differing(old, new)) for name, old, new in (*pairs, ("text", *cut)) if old != new)


def differing(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Cut two texts into pieces that both have and pieces that only one has. At most 400 words of each; case and marks at word ends do not count."""
    left, right = (_WORD.findall(said)[:_MOST_WORDS] for said in (one, other))
    matcher = SequenceMatcher(None, [_bare(word) for word in left], [_bare(word) for word in right], autojunk=False)
    # A word or two that both have by chance, between words that differ, would only be noise.
    common = [one for one in matcher.get_matching_blocks() if one.size >= _LEAST or one.size in (len(left), len(right))]
    return _pieces(left, [(one.a, one.a + one.size) for one in common]), _pieces(right, [(one.b, one.b + one.size) for one in common])


def _pieces(found: Sequence[str], common: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    made, last = [], 0
    for start, end in (*common, (len(found), len(found))):
        made += [Piece("".join(found[last:start]), True), Piece("".join(found[start:end]), False)]
        last = end
    return tuple(one for one in made if one.text)


def _bare(word: str) -> str:
    return word.strip().strip(".,;:!?“”\"'()").casefold()
