"""Which ways of cutting a page go together: a page may show a table and then bullets, or one item large above the others.

The best way is only the beginning: others join it where they cut what it left over, on the same part of the page, into pieces that each lead to
one resource. Beside a list stand other lists (related pages, partners, what people read most); they are known by their headings and do not join.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pipeline import urls
from pipeline.sources.lines import Sheet

Range = tuple[int, int]

_BEGINNINGS = 6  # ways that are tried as the first
_WAYS = 200
_STRUCTURE = 0.8  # ways of less weight are guesses, and begin nothing
_BETTER = 1.1  # by so much must ways together that begin with another be better
_TELLING = 14  # characters; names of menus are shorter
_FEW = 3  # characters; less beside a name tells nothing of it
_NEAR = 40  # lines between a list and the heading over it; characters of a line that is a date

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ASIDE = re.compile(
    r"(?:see also|siehe auch|voir aussi|related|verwandte|mehr zum thema|further (?:links|information)|external links|get in touch|about us"
    r"|who we are"
    r"|our (?:partners?|team|funders|people)|most (?:read|viewed|popular)|recent (?:posts|comments)|in this section|on this page|quick ?links"
    r"|useful links|liens utiles|follow us|subscribe|newsletter|sign up|join (?:us|our|the)|never miss|need help|explore (?:by|more)|more from"
    r"|you may|you might|what.s next|upcoming|work with us|(?:latest|recent) tweets)\b"
    r"|(?:references|footnotes|contacts?|about|partners?|funders|sponsors|popular|trending|categor(?:y|ies)|tags|archives?|contents|share|support"
    r"|company|legal|policies|help|navigation|kontakt|browse|filter|sort|topics|events|jobs|vacancies|submit|contribute|social|twitter)\W*$",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"(?:^|[\s_/.-])(?:promo|cta|call-to-action|newsletter|subscribe|sign-?up|partners?|sponsors?|banner|footer|related|popular|recent|sidebar"
    r"|widget|comments?|share|social|author|profile|filters?|facets?|toc|breadcrumbs?|menu|nav|tabs|pager|pagination)(?=$|[\s_-])",
    re.IGNORECASE,
)


class Way(NamedTuple):
    """One way to cut a page: its pieces, and how much each of its words counts."""

    ranges: Sequence[Range]
    weight: float


class Judge(NamedTuple):
    """What is known of pieces: their worth, the first address of one, and the words that name the one resource to which it leads (or none)."""

    worth: Callable[[Sequence[Range]], float]
    address: Callable[[Range], str]
    name: Callable[[Range], str]


def best(ways: Sequence[Way], sheet: Sheet, judge: Judge) -> tuple[list[Range], frozenset[Range]]:
    """Choose the ways that together explain most of a page. Gives all their pieces in order, and those that the first way cut."""
    weighed = sorted(((way.weight * judge.worth(way.ranges), -at) for at, way in enumerate(ways)), reverse=True)
    ranked = [ways[-at] for worth, at in weighed[:_WAYS] if worth > 0]
    if not ranked:
        return [], frozenset()
    table = _Table(ranked, sheet, judge)
    first, (chosen, more) = ranked[0], table.joined(ranked[0])
    most = (weighed[0][0] + more) * _BETTER
    whole = all(judge.name(piece) for piece in chosen) and not table.leaves(chosen)
    for way in ranked[1:_BEGINNINGS] if not whole else ():
        kept = Way([piece for piece in way.ranges if table.is_item(piece)], way.weight)
        if way.weight < _STRUCTURE or len(kept.ranges) < 2 or 2 * len(kept.ranges) < len(way.ranges):
            continue
        found, more = table.joined(kept)
        if (worth := kept.weight * judge.worth(kept.ranges) + more) > most:
            most, first, chosen = worth, way, [*found, *_unlinked(way, found, judge)]
    return sorted(chosen), frozenset(first.ranges)


class _Table:
    """The ways of one page, and what is known of its parts."""

    def __init__(self, ways: Sequence[Way], sheet: Sheet, judge: Judge) -> None:
        self._ways, self._sheet, self._judge = ways, sheet, judge
        self._top = next((at for at, line in enumerate(sheet.lines) if line.top), 0)
        self._heads = [at for at, line in enumerate(sheet.lines) if line.heading and not line.links]
        half = len(sheet.lines) / 2
        self._beside = [(span.start, span.end) for span in sheet.spans if span.end - span.start < half and _BESIDE.search(f" {span.names}")]
        self._known: dict[Range, bool] = {}

    def leaves(self, chosen: Sequence[Range]) -> bool:
        """Say whether links are left over."""
        taken = _lines(chosen)
        return any(line.links and at not in taken for at, line in enumerate(self._sheet.lines[self._top :], self._top))

    def is_item(self, piece: Range) -> bool:
        """Say whether a piece, for itself, could be an item of the page."""
        if piece not in self._known:
            self._known[piece] = piece[0] >= self._top and bool(self._judge.name(piece)) and not self._is_beside(piece)
        return self._known[piece]

    def _is_beside(self, piece: Range) -> bool:
        """Say whether a piece stands under a heading, or in an element, that is about something else than the list."""
        if any(start <= piece[0] and piece[1] <= end for start, end in self._beside):
            return True
        at = bisect(self._heads, piece[0] - 1)
        over = self._heads[at - 1 : at] if at and piece[0] - self._heads[at - 1] <= _NEAR else []
        inside = next((number for number in range(*piece) if self._sheet.lines[number].heading), None)
        return any(_ASIDE.match(self._sheet.lines[number].words) is not None for number in (*over, *([] if inside is None else [inside])))

    def joined(self, way: Way) -> tuple[list[Range], float]:
        """Add to one way what others cut of the rest. Gives the pieces, and what the others add to its worth."""
        chosen, more = list(way.ranges), 0.0
        taken, scope = _lines(chosen), _scope(chosen, self._sheet)
        led = {self._judge.address(piece) for piece in chosen}
        for other in self._ways if self.leaves(chosen) else ():
            left = [piece for piece in other.ranges if _is_free(piece, taken, scope) and self.is_item(piece) and self._leads_alike(piece, led)]
            if self._are_items(left, chosen) and not _is_between(left, chosen):
                chosen = sorted([*chosen, *left])
                more += other.weight * self._judge.worth(left)
                taken |= _lines(left)
                led.update(self._judge.address(piece) for piece in left)
        return chosen, more

    def _are_items(self, pieces: Sequence[Range], chosen: Sequence[Range]) -> bool:
        """Say whether pieces are items too: several that are told of or well named; or one with a date, or with a heading above the others."""
        if not pieces:
            return False
        lines = self._sheet.lines
        names = [self._judge.name(piece) for piece in pieces]
        told = [self._told(piece) for piece in pieces]
        if len(pieces) == 1:
            start, end = pieces[0]
            dated = any(line.time or (len(line.words) <= _NEAR and _YEAR.search(line.words)) for line in lines[start:end])
            above = end <= chosen[0][0] and any(line.heading for line in lines[start:end])
            return (above or dated) and told[0] > _TELLING and len(names[0]) >= _TELLING
        average = sum(map(len, names)) / len(names)
        if 2 * sum(extra > _FEW for extra in told) >= len(told):
            return average >= _TELLING / 2
        return average >= _TELLING and all(" " in name for name in names)

    def _leads_alike(self, piece: Range, led: set[str]) -> bool:
        """Say whether a piece leads to something new, and a bare link to where items lead: beside a site's own things stand partners and posts."""
        url, hosts = self._judge.address(piece), {urls.host(one) for one in led if one}
        return url not in led and (self._told(piece) > _FEW or len(hosts) > 1 or urls.host(url) in hosts)

    def _told(self, piece: Range) -> int:
        """Count the characters that a piece has besides its name."""
        return sum(len(line.words) for line in self._sheet.lines[piece[0] : piece[1]]) - len(self._judge.name(piece))


def _lines(pieces: Sequence[Range]) -> set[int]:
    return {number for start, end in pieces for number in range(start, end)}


def _unlinked(way: Way, found: Sequence[Range], judge: Judge) -> list[Range]:
    """Give the pieces that stand between those found: what is only on paper has no link."""
    taken = _lines(found)
    between = [piece for piece in way.ranges if found and found[0][0] < piece[0] < found[-1][0] and not judge.address(piece)]
    return [piece for piece in between if taken.isdisjoint(range(*piece))]


def _is_free(piece: Range, taken: set[int], scope: Range) -> bool:
    return scope[0] <= piece[0] and piece[1] <= scope[1] and taken.isdisjoint(range(*piece))


def _is_between(pieces: Sequence[Range], chosen: Sequence[Range]) -> bool:
    """Say whether pieces come one by one between the items: then they are parts of those (authors), or head them (weeks, themes)."""
    starts = [start for start, _ in chosen]
    gaps = {bisect(starts, start) for start, _ in pieces}
    held = {bisect(pieces, piece) for piece in chosen}
    return _is_spread(len(gaps), len(pieces)) or _is_spread(len(held), len(chosen))


def _is_spread(gaps: int, pieces: int) -> bool:
    return pieces > 1 and 2 * gaps > pieces + 1


def _scope(chosen: Sequence[Range], sheet: Sheet) -> Range:
    """Tell which lines are the part of the page that holds the list: the nearest element around it that is the matter, or has the main heading."""
    first, last = min(start for start, _ in chosen), max(end for _, end in chosen)
    for span in reversed([span for span in sheet.spans if span.start <= first and last <= span.end]):
        top = next((at for at in range(span.start, span.end) if sheet.lines[at].top), None)
        if top is not None or span.tag in ("main", "body"):
            return (span.start if top is None or top > first else top + 1), span.end
    return 0, len(sheet.lines)
