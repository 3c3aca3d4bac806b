"""The record of each source: what it brought, what was kept, why the rest was not, what it cost, and what to do about it. Proposes, never acts.

A source is judged by the last twelve weeks, or by a year where these hold fewer than ten decisions, and never on fewer. Shares are taken with their
95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953), so that a few unlucky items condemn nobody.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.model import Brought, ItemId, State
from pipeline.text import counted

WEEKS = 12
YEAR = timedelta(days=365)
"""How far back anything counts: what `records` wants to be given."""
ENOUGH = 10
"""Decided items before a source is judged."""
POOR = 0.2
"""Share kept below which a source is proposed for dropping, where at least twice that is kept of others; else half of what is kept of these."""
PACE = 20.0
"""Seconds that a decision takes, before ten could be timed."""

_Z = 1.959964  # two-sided 95 %
_KEPT = (State.ACCEPTED, State.PUBLISHED)
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """What became of a source's items. `span` is "twelve weeks" or "a year"; `reasons` those of rejections, `overlap` other sources with how many
    of its decided items they named too, `alone` the kept items that nobody else named; `minutes` what deciding took, shared among the sources
    of an item; `weeks` new items in each of the last twelve, the oldest first."""

    source: str
    span: str = "twelve weeks"
    kept: int = 0
    rejected: int = 0
    published: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    overlap: tuple[tuple[str, int], ...] = ()
    shared: int = 0
    alone: int = 0
    minutes: float = 0.0
    last_kept: datetime | None = None
    weeks: tuple[int, ...] = (0,) * WEEKS

    @property
    def decided(self) -> int:
        return self.kept + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What to do about a source (`drop`, `demote`, `watch` or `keep`) and why; `how` is the command that drops it, or the rule that puts it by.
    `low` and `high` bound the share that is kept of it, at 95 %."""

    source: str
    what: str
    sentence: str
    how: str = ""
    low: float = 0.0
    high: float = 1.0


def wilson(kept: int, decided: int) -> tuple[float, float]:
    """Bound a share from both sides, at 95 % (Wilson score interval); (0, 1) where nothing was decided."""
    if not decided:
        return 0.0, 1.0
    share, square = kept / decided, _Z * _Z / decided
    middle = (share + square / 2) / (1 + square)
    reach = math.sqrt(share * (1 - share) * square + square * square / 4) / (1 + square)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def records(sources: Sequence[str], brought: Iterable[Brought], *, now: datetime, pace: float | None = None) -> tuple[SourceRecord, ...]:
    """Make the record of each of these sources, which are all that are asked, from what was brought within a year. `pace` is seconds for a decision.

    Imports and links by hand are no sources that an item could come from again: they share nothing.
    """
    known = frozenset(sources)
    naming: dict[ItemId, list[str]] = defaultdict(list)
    by_source: dict[str, list[Brought]] = defaultdict(list)
    for one in brought:
        by_source[one.source].append(one)
        if one.source in known:
            naming[one.item].append(one.source)
    return tuple(_record(source, by_source[source], naming=naming, now=now, pace=pace or PACE) for source in sources)


def _record(source: str, rows: Sequence[Brought], *, naming: dict[ItemId, list[str]], now: datetime, pace: float) -> SourceRecord:
    judged = [one for one in rows if one.decided and now - YEAR <= one.decided <= now and one.state in (*_KEPT, State.REJECTED)]
    recent = [one for one in judged if one.decided and one.decided >= now - timedelta(weeks=WEEKS)]
    chosen, span = (recent, "twelve weeks") if len(recent) >= ENOUGH or len(recent) == len(judged) else (judged, "a year")
    kept = [one for one in chosen if one.state in _KEPT]
    rejected = [one for one in chosen if one.state is State.REJECTED]
    others = Counter(other for one in chosen for other in naming[one.item] if other != source)
    return SourceRecord(
        source=source,
        span=span,
        kept=len(kept),
        rejected=len(rejected),
        published=sum(one.state is State.PUBLISHED for one in kept),
        reasons=_ranked(Counter(one.reason for one in rejected if one.reason)),
        overlap=_ranked(others),
        shared=sum(len(naming[one.item]) > 1 for one in chosen),
        alone=sum(len(naming[one.item]) == 1 for one in kept),
        minutes=round(sum(pace / len(naming[one.item]) for one in chosen) / 60, 1),
        last_kept=max((one.decided for one in judged if one.decided and one.state in _KEPT), default=None),
        weeks=_weeks(rows, now),
    )


def _ranked(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _weeks(rows: Sequence[Brought], now: datetime) -> tuple[int, ...]:
    ages = Counter((now - one.first_seen) // timedelta(weeks=1) for one in rows)
    return tuple(ages[week] for week in reversed(range(WEEKS)))


# ---------------------------------------------------------------- what to do about it


def proposals(records: Sequence[SourceRecord], *, now: datetime) -> tuple[Proposal, ...]:
    """Say of each source whether to drop, demote, watch or keep it, the most pressing first. Nothing is done by itself."""
    kept, decided = sum(record.kept for record in records), sum(record.decided for record in records)
    made = [_proposal(record, _usual(kept - record.kept, decided - record.decided), now) for record in records]
    order = ("drop", "demote", "watch", "keep")
    cost = {record.source: record.minutes for record in records}
    return tuple(sorted(made, key=lambda one: (order.index(one.what), -cost[one.source], one.source)))


def verdict(kept: int, decided: int, usual: float) -> str:
    """Judge a share against what is kept of other sources: `drop` where it is surely poor, `demote` where it is surely below the usual.

    `keep` where it surely reaches half of the usual, `watch` between these and where too little was decided.
    """
    if decided < ENOUGH:
        return "watch"
    low, high = wilson(kept, decided)
    if high < min(POOR, usual / 2):
        return "drop"
    if high < usual:
        return "demote"
    return "keep" if kept and low >= usual / 2 else "watch"


def _usual(kept: int, decided: int) -> float:
    """The share kept of other sources; where there are none, one by which `POOR` is poor."""
    return kept / decided if decided else 2 * POOR


def _proposal(record: SourceRecord, usual: float, now: datetime) -> Proposal:
    what = verdict(record.kept, record.decided, usual)
    low, high = wilson(record.kept, record.decided)
    sentence, how = _sentence(record, what, usual, now), _how(record.source).get(what, "")
    return Proposal(source=record.source, what=what, sentence=sentence, how=how, low=round(low, 4), high=round(high, 4))


def _how(source: str) -> dict[str, str]:
    """What a curator may write. The rule leaves alone what other sources name too: that has somebody else's word."""
    rule = f"{{id: less-of-{source}, when: {{source: [{source}], seen_below: 2}}, then: unlikely}}"
    return {"drop": f"gleanings sources pause {source}", "demote": rule}


def _sentence(record: SourceRecord, what: str, usual: float, now: datetime) -> str:
    if not record.decided:
        return "Nothing of it was decided in a year."
    facts = [f"{record.kept} kept of {record.decided}"]
    facts += [f"{count} {reason}" for reason, count in record.reasons[:2] if 3 * count >= record.rejected]
    facts += [f"{counted(max(1, round(record.minutes)), 'minute')} in {record.span}"]
    more = {
        "drop": "drop it?",
        "demote": f"below the {usual:.0%} kept of other sources. Put it after them?",
        "watch": "too few to judge." if record.decided < ENOUGH else "not clear yet.",
        "keep": "keep it.",
    }[what]
    return f"{', '.join(facts)}: {more}{_unique(record, what, now)}"


def _unique(record: SourceRecord, what: str, now: datetime) -> str:
    """What speaks for or against a source beyond its share: whether anything kept came from it alone, and when."""
    if what not in ("drop", "demote") or not record.last_kept:
        return ""
    if not record.alone:
        names = ", ".join(name for name, _ in record.overlap[:_SHOWN])
        return f" All that was kept of it came from others too ({names})." if record.kept else ""
    return f" Of what was kept, {record.alone} came from nobody else; the last was kept {counted((now - record.last_kept).days, 'day')} ago."
