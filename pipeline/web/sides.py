"""Two items beside one another, with the words in which they differ. Pure: takes items, gives values for a template.

Of long texts only the passages that differ are shown, with a few words around them. Time is bounded by the number of words, whatever they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.late import late
from pipeline.model import Item, Resource
from pipeline.text import counted
from pipeline.web import words

if TYPE_CHECKING:
    from rapidfuzz import distance
else:  # asked for when two items are compared
    distance = late("rapidfuzz.distance")

MOST_WORDS = 12_000
"""Of each text; comparing two such texts takes less than a tenth of a second, even where no word is shared."""
AROUND = 12
"""Words that both have, shown before and behind a passage that differs."""
PASSAGE = 150
"""Words of one passage that are shown."""
PASSAGES = 40
"""Passages of one text that are shown."""
_LEAST = 2
_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, and whether the other side has them not; or, in `left_out`, what is said in the place of words that are not shown."""

    text: str
    differs: bool
    left_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two: its item, who stands behind it, and title, description and text in pieces."""

    item: Item
    source: str
    title: tuple[Piece, ...]
    description: tuple[Piece, ...]
    text: tuple[Piece, ...]


Pieces = tuple[Piece, ...]
Change = tuple[str, Pieces, Pieces]
"""What changed, as it was, as it is."""


def sides(one: Item, other: Item, *, texts: bool = True) -> tuple[Side, Side]:
    """Set two items side by side, as their sources tell of them; without `texts` their titles and descriptions only."""
    first, then = one.resource, other.resource
    title = differing(first.title, then.title)
    description = differing(first.description or "", then.description or "")
    text = passages(first.text, then.text) if texts else ((), ())
    left, right = (
        Side(item=item, source=words.maker(item.resource), title=title[place], description=description[place], text=text[place])
        for place, item in enumerate((one, other))
    )
    return left, right


def revised(before: Resource, now: Resource) -> tuple[Change, ...]:
    """Say in which of title, description and text a source has changed: the name of each that differs, as it was and as it is."""
    pairs = (("title", before.title, now.title), ("description", before.description or "", now.description or ""))
    told = [(name, *differing(old, new)) for name, old, new in pairs if old != new]
    return (*told, ("text", *passages(before.text, now.text))) if before.text != now.text else tuple(told)


def differing(one: str, other: str) -> tuple[Pieces, Pieces]:
    """Cut two texts, of each at most 12,000 words, into pieces that both have and such as only one has. Neither case nor marks at word ends count."""
    left, right = _words(one), _words(other)
    common = _common(left, right)
    return _pieces(left, [(a, a + size) for a, _, size in common]), _pieces(right, [(b, b + size) for _, b, size in common])


def passages(one: str, other: str) -> tuple[Pieces, Pieces]:
    """As `differing`, but of what both have only a few words around each passage that differs, and so many of what stands between."""
    left, right = differing(one, other)
    whole = [len(_WORD.findall(said)) for said in (one, other)]
    return _shortened(left, whole[0]), _shortened(right, whole[1])


def _shortened(pieces: Pieces, whole: int) -> Pieces:
    made: list[Piece] = []
    last, seen, passage = len(pieces) - 1, 0, 0
    for place, piece in enumerate(pieces):
        found = _words(piece.text)
        seen += len(found)
        passage += piece.differs
        if passage > PASSAGES:
            return (*made, Piece("", False, f"{counted(whole - seen + len(found), 'more word')}"))
        made += _clipped(found) if piece.differs else _context(found, first=place == 0, last=place == last)
    return (*made, Piece("", False, f"{counted(whole - seen, 'more word')}, not compared")) if whole > seen else tuple(made)


def _clipped(found: Sequence[str]) -> Iterator[Piece]:
    """A passage that only one has; of a very long one its beginning."""
    yield Piece("".join(found[:PASSAGE]), True)
    if len(found) > PASSAGE:
        yield Piece("", True, f"{counted(len(found) - PASSAGE, 'more word')} that only this has")


def _context(found: Sequence[str], *, first: bool, last: bool) -> Iterator[Piece]:
    """What both have between two passages that differ; where nothing differs at all, its beginning."""
    before = (PASSAGE if last else 0) if first else AROUND
    behind = 0 if last else AROUND
    hidden = len(found) - before - behind
    if hidden <= AROUND:
        yield Piece("".join(found), False)
        return
    if before:
        yield Piece("".join(found[:before]), False)
    yield Piece("", False, f"{counted(hidden, 'word')} the same")
    if behind:
        yield Piece("".join(found[-behind:]), False)


def _words(said: str) -> list[str]:
    return [found[0] for found, _ in zip(_WORD.finditer(said), range(MOST_WORDS), strict=False)]


def _common(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int, int]]:
    """Find the runs of words that both have, as place, place and length. Bit-parallel (Hyyrö 2004), so that no text makes it slow."""
    blocks = distance.LCSseq.opcodes([_bare(word) for word in left], [_bare(word) for word in right])
    runs = ((one.src_start, one.dest_start, one.src_end - one.src_start) for one in blocks if one.tag == "equal")
    # A word or two that both have by chance, between words that differ, would only be noise.
    return [run for run in runs if run[2] >= _LEAST or run[2] in (len(left), len(right))]


def _pieces(found: Sequence[str], common: Sequence[tuple[int, int]]) -> Pieces:
    made: list[Piece] = []
    last = 0
    for start, end in (*common, (len(found), len(found))):
        if start == last and made and not made[-1].differs:  # two runs that follow each other here, because words stand between them there
            made[-1] = Piece(made[-1].text + "".join(found[start:end]), False)
        else:
            made += [Piece("".join(found[last:start]), True), Piece("".join(found[start:end]), False)]
        last = end
    return tuple(one for one in made if one.text)


def _bare(word: str) -> str:
    return word.strip().strip(".,;:!?“”\"'()").casefold()
