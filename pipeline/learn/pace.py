"""How long the curators take for an item of each kind: a film or a report is not looked through as quickly as a blog post. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pipeline.classify import stopping
from pipeline.model import Decision, ItemId, Kind

LATEST = 300
"""Timed decisions that tell, the latest."""
LEAST = 10
"""Timed decisions on a kind before it has a pace of its own; the general pace weighs as much as so many."""
_AT_ONCE = 0.5  # seconds: faster than a person decides


def by_kind(decisions: Iterable[Decision], kinds: Mapping[ItemId, Kind], *, usual: float) -> Mapping[Kind, float]:
    """Give the seconds that each kind takes that was decided often enough, drawn towards the usual ones."""
    took: dict[Kind, list[float]] = defaultdict(list)
    for item, seconds in list(timed(decisions))[-LATEST:]:
        if item in kinds:
            took[kinds[item]].append(seconds)
    return {kind: round((sum(held) + LEAST * usual) / (len(held) + LEAST), 1) for kind, held in took.items() if len(held) >= LEAST}


def timed(decisions: Iterable[Decision]) -> Iterator[tuple[ItemId, float]]:
    """Yield items with the seconds since the same curator's decision before, in order of time; pauses and decisions made in one go are left out."""
    last: dict[str, float] = {}
    for decision in sorted(decisions, key=lambda one: one.decided):
        at = decision.decided.timestamp()
        seconds = at - last.get(decision.curator, at)
        last[decision.curator] = at
        if _AT_ONCE <= seconds <= stopping.PAUSE:
            yield decision.item, seconds
