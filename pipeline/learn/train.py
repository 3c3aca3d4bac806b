"""Learning anew and putting all that waits in order: topics, ranks, lanes. The machine puts by only what a random audit watches over."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline import classify
from pipeline.classify import stopping
from pipeline.classify.rules import Ruling
from pipeline.config import Config
from pipeline.learn.fit import BACKGROUND, BATCH, Report, count, examples, learnt, quiet, state
from pipeline.learn.skipping import weighed
from pipeline.learn.suggest import READ, UNRULED, explain_topics, rulings, score
from pipeline.model import Candidate, Example, ItemId, Lane, State, Verdict
from pipeline.store import SKIPPED_UNASKED, ItemQuery, Store, Training

log = logging.getLogger(__name__)

REST = timedelta(seconds=20)
"""After so long without a decision the curator pauses, and the machine may learn."""
STALE = timedelta(days=60)
"""What nobody decided in so long is put by."""
ENOUGH = 5
"""Kept items of a topic from which it counts as learnt."""
_BELOW = Lane.UNLIKELY, "It is among those of lowest rank that together hold one in twenty of the keepers expected."
_STALE = Lane.UNLIKELY, f"It waited for {STALE.days} days and nobody decided."
_SKIPPED = Lane.SKIPPED, SKIPPED_UNASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a training did: waiting items that were put in order, decisions learnt from, topics with five kept items or more."""

    items: int
    examples: int
    topics: int


def is_due(config: Config, store: Store, *, now: datetime) -> bool:
    """Say whether something was decided or set otherwise since the last training, and the curator rests."""
    last, changed = store.trained(), store.decided_until()[1]
    resting = changed is None or now - changed >= REST
    return resting and state(config, store, now=now) != (last.state if last else "")


def train(config: Config, store: Store, *, now: datetime, report: Report = quiet) -> Trained:
    """Learn from everything that was decided, and give all that waits its topics, rank and lane. Reads and writes in batches."""
    if moving := store.sync_topics(config.topics, now):
        log.warning("taxonomy: %s wait for `gleanings topics --apply`", ", ".join(moving))
    known = state(config, store, now=now)
    count(store, report=report)
    given = examples(store)
    model = learnt(config, store, given)
    ruled: dict[ItemId, Ruling] = {}
    done, total = 0, sum(store.counts()[state] for state in (State.QUEUED, State.DEFERRED))
    for batch in _batches(store):
        named = rulings(config, store, [one.item for one in batch], now=now)
        score(store, batch, model=model, ruled=named, now=now)
        ruled |= named
        done += len(batch)
        report("suggesting", done, total)
    _put_by(config, store, ruled, calibrated=model.order.calibrated, now=now)
    for lanes in ((), (Lane.AUDIT,)):
        explain_topics(store, store.items(ItemQuery(lanes=lanes, limit=READ)), model=model)
    store.keep_training(Training(at=now, state=known, calibrated=model.order.calibrated))
    return Trained(items=done, examples=len(given), topics=_learnt(given))


def steer(config: Config, store: Store, *, item: ItemId, more: bool, by: str, now: datetime) -> str:
    """Keep that a curator wants more, or less, of what an item is, and put what waits into the new order at once; gives the sentence.

    Topics and lanes follow at the next training.
    """
    store.steer(item, more=more, by=by, now=now)
    count(store)
    model = classify.learn_order(store.background(BACKGROUND), examples(store))
    for batch in _batches(store):
        store.rerank(zip((one.item for one in batch), model.ranks(batch, now=now), strict=True))
    return f"The queue brings {'more' if more else 'less'} of what item {item} is: “{store.item(item).title}”."


def _batches(store: Store) -> Iterator[tuple[Candidate, ...]]:
    after: ItemId | None = None
    while batch := store.candidates(after=after, limit=BATCH):
        yield batch
        after = batch[-1].item


def _put_by(config: Config, store: Store, ruled: Mapping[ItemId, Ruling], *, calibrated: bool, now: datetime) -> None:
    """Put each waiting item into its lane: where a rule wants it, else where its rank belongs, unless a curator has touched it."""
    waiting = store.waiting()
    free = {one.item: one.rank for one in waiting if not one.touched and ruled.get(one.item, UNRULED).lane is None}
    below = stopping.unlikely(free) if calibrated else frozenset()
    stale = frozenset(one.item for one in waiting if one.queued and one.item in free and now - one.added >= STALE)
    tray = {*below, *stale, *(item for item, one in ruled.items() if one.lane is Lane.UNLIKELY)}
    drawn = _drawn(store, tray, now=now)
    lower = _SKIPPED if weighed(config, store, unseen=len(tray), now=now).is_on else _BELOW
    low = {**dict.fromkeys(below, lower), **dict.fromkeys(stale, _STALE)}
    moves = ((one, *_lane(one.item, ruled, low=low, drawn=drawn, month=f"{now:%Y-%m}")) for one in waiting)
    changed = [(one.item, lane, reason) for one, lane, reason in moves if (lane, reason) != (one.lane, one.lane_reason)]
    for start in range(0, len(changed), BATCH):
        with store.transaction():
            for item, lane, reason in changed[start : start + BATCH]:
                store.set_lane(item, lane, reason)


def _lane(
    item: ItemId, ruled: Mapping[ItemId, Ruling], *, low: Mapping[ItemId, tuple[Lane, str]], drawn: frozenset[ItemId], month: str
) -> tuple[Lane, str]:
    rule = ruled.get(item, UNRULED)
    if item in drawn:
        return Lane.AUDIT, f"Drawn by lot for {month} from what seems unlikely, to see that nothing wanted is missed. {rule.reason}".strip()
    if rule.lane is not None:
        return rule.lane, rule.reason
    return low.get(item, (Lane.RANKED, ""))


def _drawn(store: Store, tray: set[ItemId], *, now: datetime) -> frozenset[ItemId]:
    """Draw this month's audit. What was audited this month already belongs to the sample, so that a diligent curator is not asked without end."""
    month = datetime(now.year, now.month, 1, tzinfo=UTC)
    done = {one.item for one in store.decisions(limit=100_000, since=month) if one.shown == Lane.AUDIT and one.verdict is not Verdict.REOPEN}
    return stopping.audit(tray | done, f"{now:%Y-%m}") & tray


def _learnt(given: tuple[Example, ...]) -> int:
    kept: dict[str, int] = {}
    for example in given:
        for topic in (example.topics or ()) if example.kept else ():
            kept[topic] = kept.get(topic, 0) + 1
    return sum(number >= ENOUGH for number in kept.values())
