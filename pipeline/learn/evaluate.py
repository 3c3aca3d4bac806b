"""How good suggestions and order are, by decisions that were held back: each is judged by what was not learnt from it. Changes nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline import classify
from pipeline.classify import stopping
from pipeline.config import Config
from pipeline.learn.figures import AuditFigures, Batch, Bin, Evaluation, Share, Spent, TopicFigures, Week
from pipeline.learn.fit import BACKGROUND, examples
from pipeline.learn.train import REST
from pipeline.model import Example, Lane
from pipeline.store import Store

FOLDS = 5
MOST = 2_000
"""Decisions with topics that are judged, the latest."""
FIRST = 20
"""Decisions of a sitting that tell how good the head of the queue was."""
SITTING = timedelta(minutes=30)
"""A longer pause ends a sitting."""
LEAST = 5
"""Kept and rejected items before a rank was shown as a probability."""
SITTINGS, WEEKS = 20, 26
_BINS = 10
_PACED = 5_000
_TRAY = (Lane.UNLIKELY, Lane.AUDIT)
_NO_DECISION = ("steer", "past")

Pair = tuple[float, bool]
"""A probability, and whether it came true."""


def evaluate(config: Config, store: Store, *, now: datetime) -> Evaluation:
    """Say how good suggestions and order have been, on what is counted. Learns five times; at thousands of decisions that takes seconds."""
    given = [one for one in examples(store) if one.shown not in _NO_DECISION]
    judged = _judged(config, store, given)
    shown = [one for one in _after_the_first(given) if one.probability]
    ranked = bins((one.probability or 0.0, one.kept) for one in shown)
    by_topic, unseen = bins(judged.topic_pairs), bins(judged.rank_pairs)
    return Evaluation(
        decisions=len(given),
        micro=_micro(judged.topics),
        topics=judged.topics,
        topic_bins=by_topic,
        topic_error=error(by_topic),
        rank_bins=ranked,
        rank_error=error(ranked),
        unseen_bins=unseen,
        unseen_error=error(unseen),
        batches=tuple(_batches(given))[-SITTINGS:],
        shown=_shares(given),
        weeks=tuple(_weeks(given))[-WEEKS:],
        audit=_audit(store, given, shown),
        spent=_spent(store, given, shown),
    )


def bins(pairs: Iterable[Pair]) -> tuple[Bin, ...]:
    """Gather probabilities into ten bins of equal width; empty ones are left out."""
    found: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[min(int(pair[0] * _BINS), _BINS - 1)].append(pair)
    return tuple(
        Bin(
            shown=round(sum(probability for probability, _ in held) / len(held), 4),
            true=round(sum(true for _, true in held) / len(held), 4),
            count=len(held),
        )
        for _, held in sorted(found.items())
    )


def error(found: Sequence[Bin]) -> float | None:
    """Give the expected calibration error: the mean distance of shown and true, each bin by its count (Naeini, Cooper and Hauskrecht 2015)."""
    total = sum(one.count for one in found)
    return round(sum(abs(one.shown - one.true) * one.count for one in found) / total, 4) if total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What models said of decisions that they had not seen."""

    topics: tuple[TopicFigures, ...]
    topic_pairs: list[Pair]
    rank_pairs: list[Pair]


def _judged(config: Config, store: Store, given: Sequence[Example]) -> _Judged:
    """Judge by cross-validation: the items of each fold by a model that learnt from the others."""
    asked = given[-MOST:]
    background = store.background(BACKGROUND)
    positives, suggested, right = Counter[str](), Counter[str](), Counter[str]()
    topic_pairs: list[Pair] = []
    rank_pairs: list[Pair] = []
    for fold in range(FOLDS if len(asked) >= FOLDS else 0):
        held = [one for one in asked if one.candidate.item % FOLDS == fold]
        model = classify.learn(config.topics, background, [one for one in given if one.candidate.item % FOLDS != fold])
        if model.order.calibrated:
            ranks = (model.order.ranks([one.candidate], now=one.decided)[0] for one in held)
            rank_pairs += [(rank, one.kept) for rank, one in zip(ranks, held, strict=True)]
        told = [one for one in held if one.kept and one.topics is not None]
        for one, suggestions in zip(told, model.topics.suggest([one.candidate.features for one in told]), strict=True):
            true = set(one.topics or ())
            set_for = {suggestion.topic for suggestion in suggestions if suggestion.is_assigned}
            positives.update(true)
            suggested.update(set_for)
            right.update(true & set_for)
            topic_pairs += [(suggestion.probability, suggestion.topic in true) for suggestion in suggestions if suggestion.calibrated]
    found = (TopicFigures(topic=one.id, positives=positives[one.id], suggested=suggested[one.id], right=right[one.id]) for one in config.topics)
    return _Judged(topics=tuple(found), topic_pairs=topic_pairs, rank_pairs=rank_pairs)


def _micro(topics: Sequence[TopicFigures]) -> TopicFigures:
    return TopicFigures(
        topic="",
        positives=sum(one.positives for one in topics),
        suggested=sum(one.suggested for one in topics),
        right=sum(one.right for one in topics),
    )


def _after_the_first(given: Sequence[Example]) -> Iterator[Example]:
    """Yield what was decided once ranks were probabilities: enough was decided on either side, and then there was a pause to learn in."""
    seen: Counter[bool] = Counter()
    before, learnt = None, False
    for one in given:
        rested = before is not None and one.decided - before >= REST
        learnt = learnt or (rested and min(seen[True], seen[False]) >= LEAST)
        if learnt:
            yield one
        seen[one.kept] += 1
        before = one.decided


def _spent(store: Store, given: Sequence[Example], shown: Sequence[Example]) -> Spent | None:
    """Compare what was kept of what the queue brought with what there is to keep in all that came: decided items count as they were decided, those
    that wait by their probability. `None` without a pace, or before five items were kept of what the queue brought."""
    pace, trained = stopping.pace(store.decisions(limit=_PACED)), store.trained()
    brought = [one for one in shown if one.shown == Lane.RANKED]
    kept = sum(one.kept for one in brought)
    if pace is None or kept < LEAST or trained is None or not trained.calibrated:
        return None
    waiting = [one.rank for one in store.waiting() if one.queued]
    there = (sum(one.kept for one in given) + sum(waiting)) / (len(given) + len(waiting))
    return Spent(ranked=round(pace / 60 * len(brought) / kept, 2), arrival=round(pace / 60 / there, 2))


def _batches(given: Sequence[Example]) -> Iterator[Batch]:
    sitting: list[Example] = []
    for one in given:
        if one.shown in _TRAY:
            continue
        if sitting and one.decided - sitting[-1].decided > SITTING:
            yield _batch(sitting)
            sitting = []
        sitting.append(one)
    if sitting:
        yield _batch(sitting)


def _batch(sitting: Sequence[Example]) -> Batch:
    first = sitting[:FIRST]
    kept = sum(one.kept for one in first)
    return Batch(started=sitting[0].decided, decided=len(sitting), first=len(first), precision=round(kept / len(first), 3))


def _shares(given: Sequence[Example]) -> tuple[Share, ...]:
    decided, kept = Counter(one.shown for one in given), Counter(one.shown for one in given if one.kept)
    return tuple(Share(shown=shown, decided=decided[shown], kept=kept[shown]) for shown in sorted(decided))


def _weeks(given: Sequence[Example]) -> Iterator[Week]:
    weeks: dict[date, list[bool]] = defaultdict(list)
    for one in given:
        weeks[one.decided.date() - timedelta(days=one.decided.weekday())].append(one.kept)
    for monday, kept in sorted(weeks.items()):
        yield Week(monday=monday, decided=len(kept), kept=sum(kept))


def _audit(store: Store, given: Sequence[Example], shown: Sequence[Example]) -> AuditFigures | None:
    """Weigh each audited item by how many of the tray it stands for (Horvitz and Thompson 1952), so that what nobody looked at counts too."""
    audited = [one for one in shown if one.shown == Lane.AUDIT]
    if not audited:
        return None
    lanes = store.lanes()
    tray = lanes[Lane.UNLIKELY] + lanes[Lane.AUDIT] + len(audited)
    weight = tray / len(audited)
    seen = [(one, 1.0) for one in shown if one.shown == Lane.RANKED] + [(one, weight) for one in audited]
    right = sum(share for one, share in seen if one.kept == ((one.probability or 0.0) >= 0.5))
    kept = sum(one.kept for one in audited)
    found = sum(one.kept for one in given if one.shown == Lane.RANKED)
    least, most = stopping.keepers_left(tray, len(audited), kept)
    return AuditFigures(
        audited=len(audited),
        kept=kept,
        weight=round(weight, 2),
        accuracy=round(right / sum(share for _, share in seen), 4),
        recall=(_share(found, kept + most), _share(found, kept + least)),
    )


def _share(found: int, missed: int) -> float:
    return round(found / (found + missed), 4) if found + missed else 1.0
