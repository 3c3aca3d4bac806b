"""When a curator may stop: her pace, a random audit of what seems unlikely, and how many keepers are still below, with 95 % confidence.

Says what is known and no more: where nothing was sampled there is no figure. Puts nothing aside itself, and what it calls unlikely is a tray.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from math import exp, lgamma
from statistics import fmean

from xxhash import xxh64_intdigest

from pipeline.model import Decision, ItemId, Lane, Outlook, Verdict

AUDIT_SHARE = 0.05
AUDIT_LEAST = 10
"""Of what is unlikely, looked at by lot each month: this share, and at least so many."""
LOSS = 0.05
"""Of the keepers expected among waiting items, so many may be expected among those put by as unlikely."""
DOUBT = 0.05
"""Chance that a stated bound is wrong."""
STOP_RECALL = 0.95
"""Least recall at which a curator may stop."""
SKIP_RECALL = 0.98
"""Least share of the keepers that the queue must hold before the machine may skip the rest by itself."""
PAUSE = 300.0
"""Seconds between two decisions beyond which the curator did something else."""
_LEAST_GAPS = 10
_LATEST_GAPS = 300
_TAILS = 40
_AT_ONCE = 0.5  # seconds: faster than a person decides, so several were decided in one go


def pace(decisions: Iterable[Decision]) -> float | None:
    """Give the seconds that a decision takes the curators, pauses left out; `None` before ten could be timed."""
    last: dict[str, float] = {}
    gaps = []
    for decision in sorted(decisions, key=lambda one: one.decided):
        at = decision.decided.timestamp()
        gap = at - last.get(decision.curator, -PAUSE)
        last[decision.curator] = at
        if _AT_ONCE <= gap <= PAUSE:
            gaps.append(gap)
    if len(gaps) < _LEAST_GAPS:
        return None
    usual = sorted(gaps[-_LATEST_GAPS:])
    tenth = len(usual) // 10
    return round(fmean(usual[tenth : len(usual) - tenth]), 1)


def audit(items: Iterable[ItemId], month: str, *, share: float = AUDIT_SHARE, least: int = AUDIT_LEAST) -> frozenset[ItemId]:
    """Draw a sample for a month (`2026-11`): by the hash of item and month, so that it is as good as random and the same whenever it is drawn."""
    drawn = sorted(items, key=lambda item: xxh64_intdigest(f"{month}:{item}".encode()))
    return frozenset(drawn[: max(least, round(share * len(drawn)))])


def unlikely(ranks: Mapping[ItemId, float], *, loss: float = LOSS) -> frozenset[ItemId]:
    """Name the items of lowest rank that together hold no more than this share of the keepers expected. Takes calibrated ranks."""
    ordered = sorted(ranks, key=lambda item: (ranks[item], item))
    allowed = loss * sum(ranks.values())
    below = bisect_right(list(accumulate(ranks[item] for item in ordered)), allowed)
    return frozenset(ordered[:below])


def keepers_left(population: int, sampled: int, kept: int, *, doubt: float = DOUBT) -> tuple[int, int]:
    """Bound the keepers among the unseen of a population from a random sample of it, exactly (hypergeometric, Clopper and Pearson 1934).

    The chance that there are fewer or more is at most `doubt`, half of it on each side.
    """
    unseen = max(0, population - sampled)
    least = _first(unseen, lambda left: 1 - _at_most(kept - 1, unseen + sampled, kept + left, sampled) > doubt / 2)
    return least, most_left(unseen, sampled, kept, doubt=doubt / 2)


def most_left(unseen: int, sampled: int, kept: int, *, doubt: float = DOUBT) -> int:
    """Give the most keepers that may be among the unseen: with more of them, a sample as poor as this has at most the chance `doubt`."""
    return _first(unseen, lambda left: _at_most(kept, unseen + sampled, kept + left + 1, sampled) <= doubt)


def least_held(found: int, missed: int, *, unseen: int, audited: Sequence[bool]) -> float | None:
    """Give the least share of all keepers that came up in the queue, at 95 %: `found` did, `missed` were kept from the tray, in which `unseen` are
    left. `audited` says of each item drawn from it whether it was kept. `None` before anything was found or audited."""
    if not found or not audited:
        return None
    return round(found / (found + missed + keepers_left(unseen + len(audited), len(audited), sum(audited))[1]), 4)


def least_recall(outcomes: Sequence[bool], waiting: int, *, doubt: float = DOUBT) -> float | None:
    """Give the least share of all keepers that is found by now, if what was decided last was no less likely kept than what is waiting.

    `outcomes` says of each decision, the latest last, whether it kept. Each tail of these is taken for a sample of what was waiting before it,
    and the best bound counts (Callaghan and Müller-Hansen 2020, doi:10.1186/s13643-020-01521-4). `None` before anything was kept. Several tails are
    looked at, again and again, which would cost some of the 95 %; but an order that is better than chance gives more back: see the benchmark.
    """
    found = [place for place, kept in enumerate(reversed(outcomes)) if kept]
    if not found:
        return None
    tails = [*found, len(outcomes)][:_TAILS]  # the longest with no keeper, with one, with two…
    left = waiting
    for kept, size in enumerate(tails):
        if left and _at_most(kept, waiting + size, kept + left, size) <= doubt:  # only a tail that betters the bound is worth the search
            left = most_left(waiting, size, kept, doubt=doubt)
    return round(len(found) / (len(found) + left), 4)


def _first(most: int, holds: Callable[[int], bool]) -> int:
    """Find the least number up to `most` of which it holds, by bisection."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _at_most(kept: int, population: int, total: int, sampled: int) -> float:
    """Give the chance that a sample holds at most so many of the population's keepers, `total` in all."""
    if kept >= min(total, sampled):
        return 1.0
    draws = _ways(population, sampled)
    least = max(0, sampled + total - population)
    return sum(exp(_ways(total, some) + _ways(population - total, sampled - some) - draws) for some in range(least, kept + 1))


def _ways(of: int, some: int) -> float:
    """Give the logarithm of the number of ways to choose some of them."""
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)


def outlook(ranks: Mapping[ItemId, float], lanes: Mapping[ItemId, Lane], *, decisions: Sequence[Decision], minutes: float | None = None) -> Outlook:
    """Say what a curator may expect of the waiting items. `decisions` are those of the period of which it speaks, each verdict once.

    Items without a lane are ranked, skipped ones count for nothing.
    """
    waiting = {item: rank for item, rank in ranks.items() if lanes.get(item) is not Lane.SKIPPED}
    tray = sum(lanes.get(item) in (Lane.UNLIKELY, Lane.AUDIT) for item in waiting)
    found = prospect(waiting=len(waiting), tray=tray, expected=sum(waiting.values()), decisions=decisions, minutes=minutes)
    best = sorted(waiting.values(), reverse=True)[: found.fits]
    return replace(found, expected=round(sum(best), 1) if found.fits else None)


def prospect(*, waiting: int, tray: int, expected: float, decisions: Sequence[Decision], minutes: float | None = None) -> Outlook:
    """Say the same where of the waiting items no more is known than how many they are, how many of them lie in the tray of what is unlikely, and the
    sum of their ranks; which of them fit into the minutes is left open."""
    seconds = pace(decisions)
    judged = sorted((one for one in decisions if one.verdict in (Verdict.ACCEPT, Verdict.REJECT)), key=lambda one: one.decided)
    audited = [one.verdict is Verdict.ACCEPT for one in judged if one.shown == "audit"]
    recall = _recall(judged, audited, waiting=waiting, tray=tray)
    return Outlook(
        waiting=waiting,
        unlikely=tray,
        pace=seconds,
        fits=min(waiting, int(minutes * 60 / seconds)) if minutes is not None and seconds else 0,
        expected=None,
        expected_all=round(expected, 1),
        left=keepers_left(tray + len(audited), len(audited), sum(audited)) if audited else None,
        recall=recall,
        audited=len(audited),
        may_stop=recall is not None and recall >= STOP_RECALL,
    )


def _recall(judged: Sequence[Decision], audited: Sequence[bool], *, waiting: int, tray: int) -> float | None:
    """Take the better of two bounds: from the order of what was decided, and from the audit once only the tray is left."""
    bounds = [least_recall([one.verdict is Verdict.ACCEPT for one in judged if one.shown != "audit"], waiting)]
    found = sum(one.verdict is Verdict.ACCEPT for one in judged)
    if audited and found and waiting == tray:
        bounds.append(round(found / (found + most_left(tray, len(audited), sum(audited))), 4))
    return max((bound for bound in bounds if bound is not None), default=None)
