"""Which topics a resource speaks of: what the taxonomy and the harvest say from the first minute, and what decisions teach. Suggests, never decides.

No hidden state: the same taxonomy, background and decisions give the same model. Rejected items and items whose topics nobody named teach
nothing here; all others speak for the topics that they have and against all that they have not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.classify import calibrate, cold, embeddings, ridge, selftrain, space
from pipeline.classify.calibrate import Curve
from pipeline.classify.cold import Cold
from pipeline.classify.features import contents, features, term_hash, written
from pipeline.classify.ridge import Weights
from pipeline.classify.selftrain import Harvest
from pipeline.classify.space import Space
from pipeline.model import Example, Features, Resource, Suggestion, Topic

Matrix = NDArray[np.float32]

MAX_BACKGROUND = 2_000
"""Resources of the harvest that are learnt from, evenly taken."""
LATEST, MAX_EXAMPLES = 1_500, 2_000
"""Decisions that are learnt from: the latest, and so many with older ones on rare topics."""
RARE = 50
"""Positives of a topic that are kept, however old they are."""
LEAST = 0.1
"""Probability below which a topic is not worth a line."""
ASSIGNED = 0.3
"""Probability from which we would tick a topic: about half of the F1 that can be reached (Lipton, Elkan and Naryanaswamy 2014)."""
CALIBRATED_FROM = 5
"""Positives of a topic before its probability may be shown as a percentage."""
WORDS = 8
"""Reasons given at most."""

_PENALTY = 0.5
_VECTORS, _COLD = 0.7, 0.3  # what word vectors and cold scores count beside the terms' 1
_EACH = 1.9  # topics of an item that has any, before decisions tell; fitted, as are the curves, across collections
_COLD_SLOPES = (0.0, 1.6, 0.0, 1.0)  # by the learnt score, the cold score, and how near each comes to the best
_YOUNG_SLOPES, _YOUNG_LEVEL = (0.0, 1.4, 0.0, 1.2), -5.1  # the same where there is hardly a harvest
_LEARNT_SLOPE, _NEAR_SLOPE, _COLD_LEFT, _LEVEL_CHANGE = 1.0, 0.5, 0.75, -0.5  # what decisions change of the curve before they move it themselves
_PRIOR = 20  # decisions that the harvest's own share of each topic weighs
_OVER = 2.0  # items that we pretend to have come with each topic, and to have been decided
_LEAST_STANDS, _MOST_STANDS = 0.01, 4.0  # for how many items a decision may stand
_HALF_BELIEVED = 5.0  # decisions at which the curve has half moved to where decisions take it


@dataclass(frozen=True, slots=True)
class Ground:
    """All that is known without a decision: the space of the harvest and the scores in it. `centre` is the mean word vector, `usual` the mean
    score of each topic, `curve` leads from scores to chances, of which `shares` are the means."""

    space: Space
    centre: Matrix
    cold: Cold
    harvest: Harvest
    usual: Matrix
    curve: Curve
    shares: NDArray[np.float64]

    def look(self, packed: Sequence[Features]) -> _Seen:
        """See resources in the space."""
        rows, vectors = self.space.rows(packed), _centred(embeddings.unpack(packed), self.centre)
        scores = self.harvest.scores(self.cold.scores(packed, rows, vectors), rows, _VECTORS * vectors)
        sides = np.hstack((_VECTORS * vectors, _COLD * np.clip(scores - self.usual, -2, 4)))
        return _Seen(rows, sides, scores)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Resources in the space: rows of terms, the dense columns beside them, and what the topics score without decisions."""

    rows: sparse.csr_array
    sides: Matrix
    scores: Matrix


@dataclass(frozen=True, slots=True)
class _Near:
    """One resource in the space: its row of terms, the taxonomy's terms in it, and what the topics score, learnt and without decisions."""

    row: sparse.csr_array
    told: sparse.csr_array
    learnt: Matrix
    scores: Matrix


@dataclass(frozen=True, slots=True)
class TopicModel:
    """What is known of the topics. `weights` and `level` give the learnt score, `positives` how many decisions named each topic."""

    topics: tuple[Topic, ...]
    ground: Ground
    weights: Weights
    level: Matrix
    curve: Curve
    positives: tuple[int, ...]

    def suggest(self, packed: Sequence[Features]) -> list[tuple[Suggestion, ...]]:
        """Suggest topics for each resource, the likeliest first, without reasons; none where nothing is likely."""
        if not self.topics or not packed:
            return [()] * len(packed)
        seen = self.ground.look(packed)
        return [self._suggestions(row) for row in self.curve(_evidence(self.weights(seen.rows, seen.sides) + self.level, seen.scores))]

    def reasons(self, resource: Resource, topics: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Give for each topic the words of the resource that speak for it, as written, the strongest first: each is a term of the model above
        nothing."""
        return self.reasons_of([(resource, features(resource), topics)])[0]

    def reasons_of(self, asked: Sequence[tuple[Resource, Features, Iterable[str]]]) -> list[dict[str, tuple[str, ...]]]:
        """Give the same for many resources at once, whose features are known: a millisecond each, and not four."""
        numbers = {topic.id: number for number, topic in enumerate(self.topics)}
        if not numbers or not asked:
            return [{} for _ in asked]
        seen = self.ground.look([packed for _, packed, _ in asked])
        learnt, told = self.weights(seen.rows, seen.sides) + self.level, self.ground.cold.bm25([packed for _, packed, _ in asked])
        found = []
        for place, (resource, _, topics) in enumerate(asked):
            words = _written(resource)
            near = _Near(seen.rows[[place]], told[[place]], learnt[place], seen.scores[place])
            found.append({topic: self._strongest(words, self._worth(near, numbers[topic])) for topic in topics if topic in numbers})
        return found

    def _suggestions(self, chances: NDArray[np.float64]) -> tuple[Suggestion, ...]:
        likely = [number for number in np.argsort(-chances, kind="stable") if chances[number] >= LEAST]
        return tuple(
            Suggestion(
                topic=self.topics[number].id,
                probability=round(float(chances[number]), 4),
                calibrated=self.positives[number] >= CALIBRATED_FROM,
                assigned=bool(chances[number] >= ASSIGNED),
            )
            for number in likely
        )

    @staticmethod
    def _strongest(found: Mapping[int, str], worth: Counter[int]) -> tuple[str, ...]:
        strongest = sorted((key for key in found if worth[key] > 0), key=lambda key: (-worth[key], found[key]))
        return tuple(dict.fromkeys(found[key] for key in strongest))[:WORDS]

    def _worth(self, one: _Near, number: int) -> Counter[int]:
        """Add up what each term gives to the log odds of a topic."""
        ground, columns = self.ground, one.row.indices
        learnt, known = _steepness(float(one.learnt[number]), float(one.scores[number]))
        learnt, known = learnt * float(self.curve.slopes[0]), known * float(self.curve.slopes[1])
        terms = learnt * self.weights.terms[columns, number] + known * ground.harvest.worth(columns, number)
        doubt = known * (1 - ground.harvest.belief)
        worth: Counter[int] = Counter()
        for keys, values in (
            (ground.space.vocabulary[columns], one.row.data * (terms + doubt * ground.cold.near(one.row, number))),
            ground.cold.told(one.told, number, doubt),
        ):
            for key, value in zip(keys.tolist(), values.tolist(), strict=True):
                worth[key] += value
        return worth


def learn(topics: Sequence[Topic], background: Sequence[Features], examples: Sequence[Example] = ()) -> TopicModel:
    """Learn the topics from the taxonomy, from what the desk holds (`background`, of which at most 2,000 are read) and from decisions."""
    held = background if topics else ()  # without a topic there is nothing to learn of the harvest
    places = np.linspace(0, len(held) - 1, min(len(held), MAX_BACKGROUND)).astype(int)
    return _taught(tuple(topics), _ground(topics, [held[place] for place in places]), examples)


def _ground(topics: Sequence[Topic], background: Sequence[Features]) -> Ground:
    fitted = space.fit(background)
    rows, vectors = fitted.rows(background), embeddings.unpack(background)
    centre = vectors.sum(axis=0) / (np.count_nonzero(vectors.any(axis=1)) + _PRIOR)
    vectors = _centred(vectors, centre)
    first = cold.fit(topics, background, space=fitted, rows=rows, vectors=vectors)
    plain = first.scores(background, rows, vectors)
    harvest = selftrain.learn(plain, rows, _VECTORS * vectors)
    scores = harvest.scores(plain, rows, _VECTORS * vectors)
    usual = scores.sum(axis=0) / (len(scores) + _PRIOR)
    curve = _cold_curve(scores, harvest)
    return Ground(fitted, centre, first, harvest, usual, curve, _expected(curve, scores).sum(axis=0) / max(1, len(scores)))


def _cold_curve(scores: Matrix, harvest: Harvest) -> Curve:
    """Set the level so that the harvest has as many topics as is usual, as far as the harvest is believed; else take the curve of young desks."""
    evidence = _evidence(np.zeros_like(scores), scores)
    wanted = _EACH * float(harvest.level.sum()) * len(scores)
    low, high = -30.0, 10.0
    for _ in range(40):
        middle = (low + high) / 2
        too_many = Curve(np.array(_COLD_SLOPES), np.array(middle))(evidence).sum() > wanted
        low, high = (low, middle) if too_many else (middle, high)
    doubt = (1 - harvest.belief) ** 2  # a level takes fewer items to find than words do
    belief = 1 - doubt
    slopes = belief * np.array(_COLD_SLOPES) + doubt * np.array(_YOUNG_SLOPES)
    return Curve(slopes, np.full(scores.shape[1], belief * low + doubt * _YOUNG_LEVEL))


def _taught(topics: tuple[Topic, ...], ground: Ground, examples: Sequence[Example]) -> TopicModel:
    numbers = {topic.id: number for number, topic in enumerate(topics)}
    told = {one.candidate.item: one for one in sorted(examples, key=lambda one: one.decided) if one.kept and one.topics is not None}
    positives = Counter(topic for one in told.values() for topic in set(one.topics or ()))
    counts = tuple(positives[topic.id] for topic in topics)
    chosen = worth_learning(list(told.values()))
    if not chosen or not topics:
        nothing = Weights(np.zeros_like(ground.harvest.weights.terms), np.zeros((embeddings.SIZE + len(topics), len(topics)), np.float32))
        return TopicModel(topics, ground, nothing, np.zeros(len(topics), np.float32), ground.curve, counts)
    truth = np.zeros((len(chosen), len(topics)), np.float32)
    for row, one in zip(truth, chosen, strict=True):
        row[[numbers[topic] for topic in one.topics or () if topic in numbers]] = 1
    seen = ground.look([one.candidate.features for one in chosen])
    stands = _stands_for(ground.shares, _expected(ground.curve, seen.scores), truth)
    level = ((stands @ truth + _PRIOR * ground.harvest.level) / (stands.sum() + _PRIOR)).astype(np.float32)
    weights, left_out = ridge.exact(seen.rows, seen.sides, truth - level, penalty=_PENALTY / stands)
    start = _start(ground.curve, float(stands.sum()))
    curve = calibrate.fit(_evidence(left_out + level, seen.scores), truth.astype(np.float64), start, weights=stands)
    return TopicModel(topics, ground, weights, level, curve, counts)


def _start(known: Curve, decisions: float) -> Curve:
    """Give the curve that so many decisions start from: the harvest's own, and the more of them the more the learnt score counts beside it."""
    believed = decisions / (decisions + _HALF_BELIEVED)
    _, by_score, _, best = known.slopes
    slopes = (believed * _LEARNT_SLOPE, by_score * (1 - believed * (1 - _COLD_LEFT)), believed * _NEAR_SLOPE, best)
    return Curve(np.array(slopes), known.levels + believed * _LEVEL_CHANGE)


def _stands_for(shares: NDArray[np.float64], expected: NDArray[np.float64], truth: Matrix) -> NDArray[np.float64]:
    """Say for how many items of the harvest each decision stands (n), one on the average or less: who looks for examples of a topic decides more of
    it than comes, and would make it seem likelier than it is. `shares` are the topics' in the harvest, `expected` the chances in what was decided,
    both without decisions, so that what these get wrong is the same on both sides; to the third, for they confuse topics and see only a part of a
    difference. Of its topics that which is decided most too often tells."""
    if not shares.any():
        return np.ones(len(truth))
    ratio = ((len(truth) * shares + _OVER) / (expected.sum(axis=0) + _OVER)) ** 3
    least = np.where(truth > 0, ratio, np.inf).min(axis=1)
    stands = np.clip(np.where(np.isfinite(least), least, 1.0), _LEAST_STANDS, _MOST_STANDS)
    return np.asarray(stands / max(1.0, stands.mean()))


def worth_learning(examples: Sequence[Example]) -> list[Example]:
    """Take the latest of decisions in order of time, and of the older ones those that carry a topic of which there are few."""
    seen: Counter[str] = Counter()
    chosen: list[Example] = []
    for number, one in enumerate(reversed(examples)):
        if number < LATEST or (len(chosen) < MAX_EXAMPLES and any(seen[topic] < RARE for topic in one.topics or ())):
            chosen.append(one)
            seen.update(one.topics or ())
    return chosen


def _written(resource: Resource) -> dict[int, str]:
    """Give the terms of a resource with their words."""
    found: dict[int, str] = {}
    for content in contents(resource):
        for term, words in written(content):
            found.setdefault(term_hash(term), words.casefold())
    return found


def _evidence(learnt: Matrix, scores: Matrix) -> NDArray[np.float64]:
    """Give what the curve takes: roots of both scores, for they grow as chances do and not as log odds; and how near each topic comes to the
    best one in each, squared, as far as that stands out at all: a second topic is likely beside a weak first and unlikely beside a strong one."""
    roots = 4 * np.sqrt(np.maximum(learnt, 0) + 0.02), 2 * np.sqrt(np.maximum(scores, 0) + 0.1)
    return np.stack((*roots, _nearness(learnt, 0.25), _nearness(scores, 1.0))).astype(np.float64)


def _nearness(scores: Matrix, least: float) -> Matrix:
    near = np.maximum(scores, 0) / np.maximum(scores.max(axis=1, keepdims=True, initial=-np.inf), least)
    return np.asarray(near**2, np.float32)


def _expected(curve: Curve, scores: Matrix) -> NDArray[np.float64]:
    """Give the chances of topics without decisions (n × topics)."""
    return curve(_evidence(np.zeros_like(scores), scores))


def _steepness(learnt: float, score: float) -> tuple[float, float]:
    """Say how fast both roots grow there."""
    return 2 / math.sqrt(max(learnt, 0) + 0.02), 1 / math.sqrt(max(score, 0) + 0.1)


def _centred(vectors: Matrix, centre: Matrix) -> Matrix:
    return cold.unit(np.where(vectors.any(axis=1, keepdims=True), vectors - centre, 0).astype(np.float32))
