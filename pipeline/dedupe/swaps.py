"""What stands in the place of what in two texts that are nearly one. Who copies a text adds and leaves out; who fills in a form puts another day,
place or name where the other stood. Reads words, decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from pipeline.dedupe import keys
from pipeline.dedupe.editions import MONTHS as NAMED

MONTHS = {keys.words(name)[0]: number for name, number in NAMED.items()}
"""As they stand among the words of a text, without accents."""
READ = 600
"""Words of a text that are read."""
LONGEST = 14
"""Words of a swap: what is longer is another passage."""
_AROUND = 3
"""Words that both texts share before and after a swap."""
_WEEKDAYS = frozenset(
    day
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "mon tue tues wed thu thurs fri sat sun",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lunes martes miercoles jueves viernes sabado domingo",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    )
    for day in names.split()
)
_DATED = _WEEKDAYS | frozenset(MONTHS)


@dataclass(frozen=True, slots=True)
class Swap:
    """Words of one text, and those of the other in their place; `dated` where both are of a date."""

    one: frozenset[str]
    other: frozenset[str]
    dated: bool


def swaps(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[Swap, ...]:
    """Find the swaps between two texts, in order; slips of a machine that reads or spells are none."""
    one, other = one[:READ], other[:READ]
    return tuple(found for place in _places(one, other) if (found := _swap(one, other, place)))


def _places(one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[tuple[int, int, int, int]]:
    """Where words that both share stand before and behind: the beginning and end in one text, and in the other."""
    blocks = [op for op in Levenshtein.opcodes(one, other) if op.tag == "equal" and op.src_end - op.src_start >= _AROUND]
    for before, behind in pairwise(blocks):
        place = (before.src_end, behind.src_start, before.dest_end, behind.dest_start)
        if 0 < place[1] - place[0] <= LONGEST and 0 < place[3] - place[2] <= LONGEST:
            yield place


def _swap(one: tuple[str, ...], other: tuple[str, ...], place: tuple[int, int, int, int]) -> Swap | None:
    begin, end, first, last = place
    some, others = one[begin:end], other[first:last]
    if fuzz.ratio("".join(some), "".join(others)) >= 75 and not any(word.isdigit() for word in (*some, *others)):
        return None
    own, theirs = frozenset(some) - frozenset(others), frozenset(others) - frozenset(some)
    if not own or not theirs:
        return None
    dated = _is_dated(one, begin, end, own) and _is_dated(other, first, last, theirs) and not _one_day(some, others)
    return Swap(own, theirs, dated)


def _one_day(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether both write one day, month and all, each in its own way: "17 October, 9:30" and "17/10, 9:30 to 13:00"."""
    named = [{MONTHS[word] for word in words if word in MONTHS} for words in (some, others)]
    if all(named) and named[0] != named[1]:
        return False
    one, other = ({MONTHS.get(word) or int(word) for word in words if word in MONTHS or word.isdecimal()} for words in (some, others))
    fewer = min(one, other, key=len)
    return len(fewer) >= 2 and fewer <= one & other


def _is_dated(found: tuple[str, ...], begin: int, end: int, own: frozenset[str]) -> bool:
    """Whether words are of a date: they name a month or a weekday, or are numbers beside one or beside a year."""
    near = found[max(0, begin - 2) : end + 2]
    named = any(word in _DATED or (len(word) == 4 and word[:2] in ("19", "20") and word.isdigit()) for word in near)
    return bool(own & _DATED) or (named and any(word.isdigit() and len(word) <= 4 for word in own))
