"""How many words a curator copied from a source: what stands there in a row of six words or more, counted once.

A source's own description is meant to be copied, and does not count. Says nothing of whether copying was right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline import text
from pipeline.digest.entries import EXCERPT
from pipeline.model import Entry, Resource

RUN = 6
"""Words in a row that are no accident: of shorter runs much is idiom."""
MAX_CHARACTERS = 1_000_000
"""Characters of a source that are read: a book of two hundred thousand words."""
_PIECE = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """How many words of note and blurb stand in the source, in runs of six and more, and the longest such run as it was written."""

    words: int = 0
    longest: str = ""


def own_words(entry: Entry, resource: Resource) -> tuple[str, ...]:
    """Give what the curator wrote of an entry: the note, and the blurb unless it is the source's own description, whole or cut."""
    theirs = text.words(resource.description or "")
    mine = text.words(entry.blurb)
    is_theirs = entry.blurb == text.clip(resource.description or "", EXCERPT) or (bool(mine) and _stands_in(mine, theirs))
    return tuple(one for one in (entry.note, "" if is_theirs else entry.blurb) if one.strip())


def copied(entry: Entry, resource: Resource) -> Copied:
    """Count the words of an entry that the curator took over from the resource's text or description."""
    said = [_split(one) for one in own_words(entry, resource)]
    if not any(len(words) >= RUN for words in said):
        return Copied()
    source = _source(resource)
    runs = [run for words in said for run in _taken(words, source)]
    longest = max(runs, key=len, default=[])
    return Copied(words=sum(map(len, runs)), longest=" ".join(longest))


def stretches(said: str, resource: Resource) -> Iterator[tuple[int, int]]:
    """Yield from where to where a text stands in the source, its own description included: runs of `RUN` words and more, in characters."""
    placed = [(word, found.start(), found.end()) for found in _PIECE.finditer(said) for word in text.words(found[0])]
    source = _source(resource)
    inside = _places([word for word, _, _ in placed], source)
    for is_taken, run in groupby(range(len(placed)), key=lambda place: place in inside):
        if is_taken:
            places = list(run)
            yield placed[places[0]][1], placed[places[-1]][2]


def _source(resource: Resource) -> str:
    theirs = "\n".join((resource.description or "", resource.text))[:MAX_CHARACTERS]
    return f" {' '.join(text.words(theirs))} "


def _split(said: str) -> list[str]:
    return [word for piece in said.split() for word in text.words(piece)]


def _taken(words: list[str], source: str) -> Iterator[list[str]]:
    """Yield the runs of words that stand in the source, each as long as it goes."""
    places = _places(words, source)
    for inside, run in groupby(range(len(words)), key=lambda place: place in places):
        if inside:
            yield [words[place] for place in run]


def _places(words: Sequence[str], source: str) -> set[int]:
    return {place + offset for place, run in enumerate(_runs(words)) if f" {' '.join(run)} " in source for offset in range(RUN)}


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[place : place + RUN]) for place in range(len(words) - RUN + 1))


def _stands_in(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    return f" {' '.join(mine)} " in f" {' '.join(theirs)} "
