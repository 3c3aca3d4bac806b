"""Which headings of a bulletin head a section and which one item each: told by the company that headings of one style keep."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.sources.heads import SHORT, Line, Style, Use, is_when

_FEW = 12  # characters beside a link that say nothing


@dataclass(slots=True)
class Piece:
    """A heading (or none, at the beginning) and the lines until the next one."""

    head: Line | None
    body: list[Line] = field(default_factory=list)

    @property
    def style(self) -> Style | None:
        return self.head.style if self.head else None


def pieces(found: Iterable[Line]) -> list[Piece]:
    """Part lines at the headings."""
    parts = [Piece(None)]
    for line in found:
        if line.style is not None:
            parts.append(Piece(line))
        else:
            parts[-1].body.append(line)
    return parts


def roles(found: Sequence[Line]) -> tuple[list[Piece], frozenset[Style]]:
    """Part lines into pieces, and say which styles head one item each; the others head sections.

    A heading's own link, or one link below it that only invites, speaks for an item; several titles below it, or another heading at once,
    for a section.
    """
    below = _subtitles(pieces(found))
    for line in found:
        if line.style in below:
            line.style = None
    parts = pieces(found)
    repeated = [style for style, number in Counter(piece.style for piece in parts).items() if style is not None and number > 1]
    votes: dict[Style, float] = defaultdict(float)
    for piece, following in pairwise([*parts, Piece(None)]):
        if piece.style is not None:
            votes[piece.style] += _vote(piece, following, alone=len(repeated) == 1)
    return parts, frozenset(style for style, balance in votes.items() if balance > 0)


def _subtitles(parts: Sequence[Piece]) -> set[Style]:
    """Styles that only follow another heading at once, one to one: a date, an author, a place below the title, no headings of their own."""
    under: dict[Style, list[Style | None]] = defaultdict(list)
    linked: Counter[Style] = Counter()
    for before, piece in pairwise(parts):
        if piece.style is None or piece.head is None or piece.head.links:
            continue
        bare = before.style is not None and not before.body and before.style > piece.style
        under[piece.style].append(before.style if bare else None)
        linked[piece.style] += bool(bare and before.head and before.head.links)
    counts = Counter(piece.style for piece in parts)
    found = set()
    for style, above in under.items():
        upper, times = Counter(above).most_common(1)[0]
        paired = upper is not None and times == counts[style] == counts[upper] > 2 and _is_below(upper, counts)
        if linked[style] >= 0.6 * counts[style] or paired:
            found.add(style)
    return found


def _is_below(style: Style, counts: Counter[Style | None]) -> bool:
    """Whether a stronger style comes up several times, which then heads the sections."""
    return any(other is not None and other > style and number > 1 for other, number in counts.items())


def _vote(piece: Piece, following: Piece, *, alone: bool) -> float:
    """Weigh whether a piece is one item (above 0) or a section (below). `alone` says that there are no headings of another style."""
    head = piece.head
    if head is None or piece.style is None:
        return 0
    opens = following.style is not None and following.style < piece.style
    if head.links:
        return -1 if opens and not any(line.words for line in piece.body) else 1
    leads = [line for line in piece.body if line.of(Use.LEAD) or (line.bold and not is_when(line.words))]
    if leads:
        return -1
    if any(line.of(Use.LABEL) for line in piece.body):
        return -1 if _ended(piece.body) > 1 or (alone and _is_named_below(piece)) else 1
    if any(line.links for line in piece.body):
        return -0.5 if sum(bool(line.links) for line in piece.body) > 1 else 0.5
    return -1 if opens else 0


def _is_named_below(piece: Piece) -> bool:
    """Whether a heading of a word or two stands over a line that reads like the title of the one item there."""
    said = [line for line in piece.body if line.words and not is_when(line.words)]
    if piece.head is None or len(said) < 2 or len(piece.head.words.split()) > 3:
        return False
    first = said[0]
    return not first.links and len(piece.head.words) < len(first.words) <= SHORT and first.words[-1] not in ".!:;," and len(first.words.split()) > 2


def _ended(body: Iterable[Line]) -> int:
    """Count the texts that a link ends which only invites."""
    number, told = 0, False
    for line in body:
        labels = line.of(Use.LABEL)
        told = told or len(line.words) > sum(len(link.words) for link in labels) + _FEW
        if labels and told:
            number, told = number + 1, False
    return number
