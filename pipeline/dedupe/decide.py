"""The rule: of two resources, whether they are one, and why. Vetoes come first, then identities, then texts with titles, then titles alone.

The order is the rule. Each step speaks or leaves the pair to the next, and what it says carries its evidence as a sentence for the curator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from pipeline.dedupe.pair import Pair, paired
from pipeline.dedupe.side import Side, side
from pipeline.dedupe.steps import BARS, FEW, IDENTITIES, Call, judge
from pipeline.model import Fingerprint, Fold, ItemId, Match, Resource, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An item that shares a key with what came in; one that was folded into another is a neighbour too, and says into which `head`."""

    id: ItemId
    resource: Resource
    fingerprint: Fingerprint
    state: State = State.QUEUED
    head: ItemId | None = None


_WEIGHT = {Fold.NEW: 0, Fold.MAYBE: 1, Fold.SAME: 2, Fold.REVISION: 3}


def match(resource: Resource, fingerprint: Fingerprint, neighbours: Sequence[Neighbour]) -> Match:
    """Decide whether a resource is one of its neighbours: the surest verdict wins, and of equals the neighbour named first.

    `of` may be an item that is itself folded: then the resource is the same as that item's head, or a later state of the folded copy. Clusters do
    not grow by chains: where one member is another edition of the resource, the others are only proposed. All clusters that the resource is the same
    as become one, so that the clusters do not hang on who came first.
    """
    if not neighbours:
        return Match(fold=Fold.NEW)
    new = side(resource, fingerprint)
    judged = [_judged(new, neighbour) for neighbour in neighbours]
    best = max(judged, key=lambda one: _WEIGHT[one.call.fold])
    if best.call.fold is Fold.NEW:
        return Match(fold=Fold.NEW)
    if best.call.fold is Fold.MAYBE:
        return Match(fold=Fold.MAYBE, of=best.of.id, rule=best.call.rule, evidence=best.call.evidence)
    barred = {one.head: one for one in judged if not one.is_one and one.call.rule in BARS}
    sure = [one for one in judged if one.is_one and (one.head not in barred or one.call.rule in IDENTITIES)]
    if not sure:
        return _between(best, barred[best.head])
    if twice := _listed_twice(sure):
        return Match(fold=Fold.MAYBE, of=best.of.id, rule=twice.rule, evidence=twice.evidence)
    best = max(sure, key=lambda one: _WEIGHT[one.call.fold])
    also = tuple(dict.fromkeys(one.head for one in sure if one.head != best.head and _may_join(best, one)))
    better = best.call.fold is Fold.SAME and _better(Pair(new, best.side))
    return Match(fold=best.call.fold, of=best.of.id, rule=best.call.rule, evidence=best.call.evidence, better=better, also=also)


def _between(one: _Judged, other: _Judged) -> Match:
    """What came in is the same as one member of a cluster and not the same as another. Where titles alone held the cluster together it falls apart:
    a catalogue that lists the title twice shows that the title does not tell which is which, and so it would have been had this one come first."""
    doubtful = other.call.rule == "listed-twice"
    parts = tuple(found.of.id for found in (one, other) if doubtful and found.of.id != found.head)
    evidence = f"{one.call.evidence} But of what it was folded with: {other.call.evidence}"
    return Match(fold=Fold.MAYBE, of=one.of.id, rule=other.call.rule, evidence=evidence, parts=parts)


def _listed_twice(sure: Sequence[_Judged]) -> Call | None:
    """What tells apart two clusters that the newcomer has only the title of: one catalogue lists both, so it may be either."""
    if any(one.call.rule != "title" for one in sure):
        return None
    calls = (judge(paired(one.side, other.side)) for one, other in combinations(sure, 2) if one.head != other.head)
    return next((call for call in calls if call.rule == "listed-twice"), None)


def _may_join(one: _Judged, other: _Judged) -> bool:
    """Whether two clusters may be one through a third: a page that holds two articles is like both, and their texts have nothing in common."""
    pair = paired(one.side, other.side)
    if judge(pair).rule in BARS:
        return False
    return bool({one.call.rule, other.call.rule} & IDENTITIES) or pair.shorter < FEW or pair.contained >= 0.25


@dataclass(frozen=True, slots=True)
class _Judged:
    """A neighbour, and what is said of it and the newcomer."""

    of: Neighbour
    side: Side
    call: Call

    @property
    def head(self) -> ItemId:
        return self.of.head or self.of.id

    @property
    def is_one(self) -> bool:
        return self.call.fold in (Fold.SAME, Fold.REVISION)


def _judged(new: Side, neighbour: Neighbour) -> _Judged:
    old = side(neighbour.resource, neighbour.fingerprint)
    return _Judged(neighbour, old, judge(paired(new, old)))


def _better(pair: Pair) -> bool:
    """Whether the newcomer should stand for both: a page before its PDF, and what came out first before what was taken over from it."""
    if pair.new.is_pdf != pair.old.is_pdf:
        return pair.old.is_pdf
    return bool(pair.new.day and pair.old.day and pair.new.day < pair.old.day and not pair.same_host)
