"""Finding among what is public: which items hold the words that somebody typed, which of them first, and where the words stand.

A word is found by its beginning ("network" finds "networks"), without regard to case and accents. `static/find.js` does the same in the copy
that needs no server. Takes what people type, and no language of queries.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

from pipeline import text

MOST = 12
"""Words of a query that count."""

_PIECE = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_EXACT_TITLE, _TITLE, _EXACT, _BEGINS, _INSIDE = 12, 8, 4, 2, 1


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an item, each with a space before and after it: those of its title, and all others that are printed with it."""

    title: str
    rest: str

    @classmethod
    def of(cls, title: str, rest: str) -> Words:
        return cls(*(f" {' '.join(text.words(folded(one)))} " for one in (title, rest)))


def folded(words: str) -> str:
    """Give the text in the form in which words are equal here: case folded, one sort of apostrophe, without accents."""
    made = text.folded(words)
    return made if made.isascii() else "".join(letter for letter in unicodedata.normalize("NFKD", made) if not unicodedata.combining(letter))


def wanted(query: str) -> tuple[str, ...]:
    """Give the words of a query, each once."""
    return tuple(dict.fromkeys(text.words(folded(query[:1_000]))))[:MOST]


def score(words: Words, asked: Sequence[str], inside: Sequence[Set[int]], item: int) -> int:
    """Say how well an item answers a query; 0 where a word is missing. `inside` are, for each word, the items whose whole text holds it."""
    total = 0
    for word, texts in zip(asked, inside, strict=True):
        found = _worth(words, word) or (_INSIDE if item in texts else 0)
        if not found:
            return 0
        total += found
    return total


def marked(words: str, asked: Sequence[str]) -> Markup:
    """Escape a text, and mark in it each word that begins with one that was asked for."""
    return Markup("".join(_pieces(words, tuple(asked)))) if asked else escape(words)  # noqa: S704 - each piece is ours or escaped


def _worth(words: Words, word: str) -> int:
    if f" {word}" in words.title:
        return _EXACT_TITLE if f" {word} " in words.title else _TITLE
    if f" {word}" in words.rest:
        return _EXACT if f" {word} " in words.rest else _BEGINS
    return 0


@lru_cache(maxsize=20_000)
def _folded_words(word: str) -> str:
    """Give a word as it is compared, each of its parts behind a space: titles share most of theirs."""
    return f" {' '.join(text.words(folded(word)))}"


def _pieces(words: str, asked: tuple[str, ...]) -> Iterator[str]:
    wanted, at = [f" {one}" for one in asked], 0
    for found in _PIECE.finditer(words):
        folded_word = _folded_words(found[0])
        if any([one in folded_word for one in wanted]):  # noqa: C419 - a list of a few is quicker
            yield escape(words[at : found.start()])
            yield f"<mark>{escape(found[0])}</mark>"
            at = found.end()
    yield escape(words[at:])
