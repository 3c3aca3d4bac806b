"""The queue's order: how likely an item is wanted, learnt from what was kept and rejected, and said in sentences. Suggests, never decides.

The learnt part is one logistic regression on all that is known of an item, in its dual form, so that it costs by decisions and not by words.
Beside it stands a plain sum that needs no decision (topic, source, freshness, how many name it) and fades as items are kept. Both are sums,
so each sentence of `why` is an exact term of the rank. Nothing is drawn by lot and nothing kept: same decisions, same model.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from pipeline.classify import embeddings, latent
from pipeline.classify.features import MAX_CHARACTERS, term_hash, written
from pipeline.classify.space import Space, fit
from pipeline.model import Candidate, Example, Features, ItemId, Kind, Resource
from pipeline.text import counted

MAX_EXAMPLES = 1_000
"""Decisions of each kind that are learnt from, the latest."""
MAX_BACKGROUND = 5_000
LEAST_CALIBRATED = 5
"""Kept and rejected items that it takes before a rank may be called a probability."""
HALF_LIFE = 30
"""Days after which an item counts half as fresh."""
NEAREST = 3
WORDS = 8

_PENALTY = 1.0
_STEPS = 4  # of Newton's method: more change no order
_SCALES = {"text": 1.0, "vector": 0.45, "latent": 0.55, "topic": 0.5, "source": 0.3, "kind": 0.3, "person": 0.3, "fresh": 0.3, "seen": 0.3}
_SUBJECTS = {"topic": "topic", "source": "record", "kind": "kind", "person": "people", "fresh": "fresh", "seen": "seen"}
_SHARES = {"topic": 0.55, "record": 0.20, "fresh": 0.15, "seen": 0.10}  # of the plain order; they sum to one
_STEEPNESS, _EVEN = 6.0, 0.65  # from the plain sum to log odds: .3 gives one in ten, .8 seven in ten
_USUAL_KEPT, _USUAL_DECIDED = 1.5, 5.0  # what we take a source to be before anybody decided on it
_FADES = 1.0  # the plain order weighs as much as so many kept items
_CURVE, _TRUST = (3.0, -1.0), (2.0, 0.5)  # slope and level of the probabilities before decisions tell, and how firmly they are held there
_LATE = 3  # a decision counts half for the probabilities after a third of all: the first came from the top of the queue, what waits is below
_YEAR, _LEAST_RECENT = 365.0, 0.25  # a curator's taste moves: a decision counts half after a year, and never less than a quarter
_NO_DECISION = ("steer", "past")
_PEOPLE = 10

Vector = NDArray[np.float64]
Records = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Term:
    """One addend of a rank's log odds, and the sentence that says it."""

    subject: str
    value: float
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """How texts are seen, from what the desk holds: by their terms, and by what these mean."""

    space: Space
    directions: NDArray[np.float32]

    def look(self, packed: Sequence[Features]) -> tuple[sparse.csr_array, NDArray[np.float32]]:
        """Give rows of terms (n × terms) and of meaning (n × numbers): word vectors and latent subjects side by side."""
        rows = self.space.rows(packed)
        subjects = latent.project(rows, self.directions)
        return rows, np.hstack((_SCALES["vector"] * embeddings.unpack(packed), _SCALES["latent"] * subjects)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class OrderModel:
    """What was learnt, as addends of log odds: `text` for each term of the space, `meaning` for each number of what the words mean, `columns`
    for each other thing known, `level` for every item, `share` times the plain order. `records` are (kept, decided) of each source."""

    ground: Ground
    text: Vector
    meaning: Vector
    columns: Mapping[str, float]
    records: Records
    kept: tuple[Candidate, ...]
    share: float
    level: float
    calibrated: bool

    def ranks(self, candidates: Sequence[Candidate], *, now: datetime) -> list[float]:
        """Say how likely each is wanted, from 0 to 1; a probability where `calibrated`."""
        rows, meaning = self.ground.look([candidate.features for candidate in candidates])
        odds = rows @ self.text + meaning @ self.meaning + self.level
        for place, candidate in enumerate(candidates):
            odds[place] += sum(value * self.columns.get(name, 0.0) for name, value in _sides(candidate, now.date()))
            odds[place] += self.share * sum(_plain(candidate, now.date(), self.records).values())
        return [round(float(one), 6) for one in _logistic(odds)]

    def terms(self, candidate: Candidate, resource: Resource, *, now: datetime) -> tuple[Term, ...]:
        """Give the addends of the rank's log odds with a sentence for each, the weightiest first."""
        values = defaultdict(float, {subject: self.share * value for subject, value in _plain(candidate, now.date(), self.records).items()})
        for name, value in _sides(candidate, now.date()):
            values[_SUBJECTS[name.partition(":")[0]]] += value * self.columns.get(name, 0.0)
        rows, meaning = self.ground.look([candidate.features])
        values["words"], values["meaning"] = float((rows @ self.text)[0]), float((meaning @ self.meaning)[0])
        values["level"] = self.level
        found = [Term(subject, value, self._sentence(subject, value, candidate, resource, now.date())) for subject, value in values.items() if value]
        return tuple(sorted(found, key=lambda term: (-abs(term.value), term.subject)))

    def why(self, candidate: Candidate, resource: Resource, *, now: datetime) -> tuple[str, ...]:
        """Say in sentences what the rank is made of, the weightiest first, with what each adds to its log odds."""
        return tuple(f"{term.sentence} ({term.value:+.2f})" for term in self.terms(candidate, resource, now=now))

    def words(self, resource: Resource) -> tuple[str, ...]:
        """Give the words of an item that speak for it, as written, the strongest first; none before anything was learnt."""
        known: dict[str, float] = {}
        body = f"{resource.description or ''}\n{resource.text}"[:MAX_CHARACTERS]
        for content in (resource.title[:1_000], body):
            for term, words in written(content):
                weight = self._weight(term_hash(term))
                if weight > 0:
                    known[words.casefold()] = weight
        return tuple(sorted(known, key=lambda words: (-known[words], words))[:WORDS])

    def nearest(self, candidate: Candidate) -> tuple[tuple[ItemId, float], ...]:
        """Give the three kept items that are most like this one, from 0 to 1, the nearest first."""
        others = [other for other in self.kept if other.item != candidate.item]
        rows, meaning = self.ground.look([candidate.features, *(other.features for other in others)])
        near = (rows[1:] @ rows[[0]].T).toarray()[:, 0] + meaning[1:] @ meaning[0]
        near /= 1 + float(meaning[0] @ meaning[0])
        best = sorted(range(len(others)), key=lambda place: (-near[place], others[place].item))[:NEAREST]
        return tuple((others[place].item, round(float(near[place]), 4)) for place in best if near[place] > 0)

    def _weight(self, number: int) -> float:
        place = int(np.searchsorted(self.ground.space.vocabulary, number))
        known = place < len(self.text) and int(self.ground.space.vocabulary[place]) == number
        return float(self.text[place] * self.ground.space.rarity[place]) if known else 0.0

    def _sentence(self, subject: str, value: float, candidate: Candidate, resource: Resource, today: date) -> str:
        if subject == "words":
            words = ", ".join(self.words(resource)[:3])
            return f"Its words {'speak for it' if value > 0 else 'speak against it'}{f', for it {words}' if words else ''}."
        if subject == "meaning":
            return f"What its words mean is {'like' if value > 0 else 'unlike'} what was kept."
        if subject == "record":
            kept, decided = self.records.get(candidate.sources[0], (0, 0)) if candidate.sources else (0, 0)
            return f"Of its source {kept} of {decided} were kept." if decided else "Nothing of its source has been decided yet."
        return _said(subject, candidate, today)


def learn(background: Sequence[Features], examples: Sequence[Example]) -> OrderModel:
    """Learn from decisions, the latest counting most; without any, give the plain order. `background` says which words are common."""
    chosen = _latest(examples)
    ground = _ground(list(dict.fromkeys((*_spread(background), *(example.candidate.features for example in chosen)))))  # each page once
    records, words = _records(examples), len(ground.space.vocabulary)
    if not chosen:
        nothing = np.zeros(embeddings.SIZE + ground.directions.shape[1])
        return OrderModel(ground, np.zeros(words), nothing, {}, records, (), 1.0, 0.0, calibrated=False)
    names, sides = _columns(chosen)
    text, meaning = ground.look([example.candidate.features for example in chosen])
    rows = sparse.csr_array(sparse.hstack((text, sides)))
    kept = np.array([example.kept for example in chosen], dtype=bool)
    alpha, left_out = _fitted((rows @ rows.T).toarray() + meaning @ meaning.T + np.float32(1), kept, _weights(chosen, kept))
    share = _FADES / (_FADES + float(kept.sum()))
    plain = share * np.array([sum(_plain(one.candidate, one.decided.date(), _without(records, one)).values()) for one in chosen])
    real = np.array([example.shown not in _NO_DECISION for example in chosen], dtype=bool)
    calibrated = bool(min((kept & real).sum(), (~kept & real).sum()) >= LEAST_CALIBRATED)
    told = real if calibrated else np.ones(len(chosen), dtype=bool)
    slope, level = _slope_and_level(left_out[told], plain[told], kept[told])
    weights = slope * (rows.T @ alpha)
    return OrderModel(
        ground,
        weights[:words],
        slope * (meaning.T @ alpha),
        {name: float(weights[words + place]) for name, place in names.items()},
        records,
        tuple(example.candidate for example in chosen if example.kept),
        share,
        level + slope * float(alpha.sum()),
        calibrated,
    )


def _ground(packed: Sequence[Features]) -> Ground:
    space = fit(packed)
    part = packed[:: max(1, math.ceil(len(packed) / latent.MAX_READ))]
    return Ground(space, latent.fit(space.rows(part)))


def _fitted(kernel: NDArray[np.float32], kept: NDArray[np.bool_], weights: Vector) -> tuple[Vector, Vector]:
    """Fit by Newton's method: each step is a weighted ridge regression; give the coefficients, and the score of each example by a model that
    never saw it, which the last ridge gives at no cost (Rahnama Rad and Maleki 2020, https://arxiv.org/abs/1801.10243)."""
    sign = np.where(kept, 1.0, -1.0)
    scores = np.zeros(len(sign))
    for _ in range(_STEPS):
        wrong = _logistic(-sign * scores)
        curvature = np.maximum(weights * wrong * (1 - wrong), 1e-4)
        working = scores + weights * sign * wrong / curvature
        damped = kernel.copy()
        damped.flat[:: len(sign) + 1] += _PENALTY / curvature
        factor = linalg.cholesky(damped, lower=True, overwrite_a=True, check_finite=False)
        alpha = linalg.cho_solve((factor, True), working.astype(np.float32), check_finite=False).astype(np.float64)
        scores = kernel @ alpha
    inverse, _ = linalg.lapack.strtri(factor, lower=1)
    return alpha, working - alpha / (inverse.astype(np.float64) ** 2).sum(axis=0)


def _slope_and_level(left_out: Vector, plain: Vector, kept: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit log odds to scores of examples left out, beside what the plain order adds (Platt 1999, with his targets).

    What was decided last is most like what waits and counts most.
    """
    yes, no = int(kept.sum()), int((~kept).sum())
    target = np.where(kept, (yes + 1) / (yes + 2), 1 / (no + 2))
    both = np.stack((left_out, np.ones(len(left_out))))
    hold, start = np.diag(_TRUST), np.array(_CURVE)
    late = 0.5 ** (_LATE * np.arange(len(kept))[::-1] / len(kept))
    curve = start
    for _ in range(25):
        chance = _logistic(plain + curve @ both)
        gradient = both @ (late * (chance - target)) + hold @ (curve - start)
        curve = curve - np.clip(np.linalg.solve((both * (late * chance * (1 - chance))) @ both.T + hold, gradient), -1, 1)
    return max(float(curve[0]), 0.25), float(curve[1])


def _weights(chosen: Sequence[Example], kept: NDArray[np.bool_]) -> Vector:
    """Weigh both sides alike, and old decisions less."""
    last = max(example.decided for example in chosen)
    ages = np.array([(last - example.decided).total_seconds() / 86_400 for example in chosen])
    weights: Vector = np.maximum(_LEAST_RECENT, 0.5 ** (ages / _YEAR)) * np.array([example.weight for example in chosen])
    for side in (kept, ~kept):
        weights[side] *= len(chosen) / 2 / max(1e-9, float(weights[side].sum()))
    return weights


def _latest(examples: Sequence[Example]) -> list[Example]:
    """Take the latest of both kinds, in the order of deciding."""
    ordered = sorted(examples, key=lambda example: (example.decided, example.candidate.item))
    sides = ([example for example in ordered if example.kept is kept][-MAX_EXAMPLES:] for kept in (True, False))
    return sorted((example for side in sides for example in side), key=lambda example: (example.decided, example.candidate.item))


def _spread(background: Sequence[Features]) -> Sequence[Features]:
    """Take a bounded part, evenly."""
    return background[:: max(1, math.ceil(len(background) / MAX_BACKGROUND))]


def _columns(chosen: Sequence[Example]) -> tuple[dict[str, int], sparse.csr_array]:
    """Put what is known beside the text into columns: a row for each example."""
    names: dict[str, int] = {}
    rows, places, values = [], [], []
    for row, example in enumerate(chosen):
        for name, value in _sides(example.candidate, example.decided.date()):
            rows.append(row)
            places.append(names.setdefault(name, len(names)))
            values.append(value)
    return names, sparse.csr_array((values, (rows, places)), shape=(len(chosen), len(names)), dtype=np.float32)


def _sides(candidate: Candidate, today: date) -> Iterator[tuple[str, float]]:
    """Yield what is known beside the text: name of a column and value."""
    for topic, probability in candidate.topics:
        yield f"topic:{topic}", _SCALES["topic"] * probability
    for source in dict.fromkeys(candidate.sources):
        yield f"source:{source}", _SCALES["source"]
    yield f"kind:{candidate.kind}", _SCALES["kind"]
    for person in dict.fromkeys(name.casefold() for name in candidate.people[:_PEOPLE]):
        yield f"person:{person}", _SCALES["person"]
    yield "fresh", _SCALES["fresh"] * _freshness(candidate, today)
    yield "seen", _SCALES["seen"] * _often(candidate)


def _plain(candidate: Candidate, today: date, records: Records) -> dict[str, float]:
    """Give the order that needs no decision, as log odds in four parts."""
    kept, decided = records.get(candidate.sources[0], (0, 0)) if candidate.sources else (0, 0)
    values = {
        "topic": max((probability for _, probability in candidate.topics), default=0.0),
        "record": (kept + _USUAL_KEPT) / (decided + _USUAL_DECIDED),
        "fresh": _freshness(candidate, today),
        "seen": _often(candidate),
    }
    return {subject: _STEEPNESS * _SHARES[subject] * (value - _EVEN) for subject, value in values.items()}


def _freshness(candidate: Candidate, today: date) -> float:
    if candidate.ends:
        return float(candidate.ends >= today)
    return float(0.5 ** (max(0, (today - candidate.day).days) / HALF_LIFE))


def _often(candidate: Candidate) -> float:
    return 1 - 0.5 ** max(0, len(set(candidate.sources)) - 1)


def _said(subject: str, candidate: Candidate, today: date) -> str:
    """Say in a sentence what is known of an item, of one subject."""
    if subject == "topic":
        best = max(candidate.topics, key=lambda one: (one[1], one[0]), default=None)
        return f"The likeliest topic is {best[0]}, at {best[1]:.2f}." if best else "No topic is suggested."
    if subject == "seen":
        sources = len(set(candidate.sources)) or 1
        return f"{counted(sources, 'source')} {'names' if sources == 1 else 'name'} it."
    if subject == "fresh":
        return _age(candidate, today)
    if subject == "kind":
        return f"It is of the kind {Kind(candidate.kind).value}."
    return f"It is by {', '.join(candidate.people[:3])}." if subject == "people" else "Every item starts here."


def _age(candidate: Candidate, today: date) -> str:
    if candidate.ends:
        left = (candidate.ends - today).days
        return "The event is over." if left < 0 else f"The event is over in {counted(left, 'day')}."
    return f"It is {counted(max(0, (today - candidate.day).days), 'day')} old."


def _records(examples: Sequence[Example]) -> dict[str, tuple[int, int]]:
    """Count what was kept and decided of each source, by the source that named it first."""
    records: dict[str, tuple[int, int]] = {}
    for example in examples:
        if example.shown in _NO_DECISION:
            continue
        for source in example.candidate.sources[:1]:
            kept, decided = records.get(source, (0, 0))
            records[source] = (kept + example.kept, decided + 1)
    return records


def _without(records: Records, example: Example) -> dict[str, tuple[int, int]]:
    """Give the record of an example's source as it is without it."""
    if example.shown in _NO_DECISION:
        return dict(records)
    return {source: (records[source][0] - example.kept, records[source][1] - 1) for source in example.candidate.sources[:1]}


def _logistic(odds: Vector) -> Vector:
    chances: Vector = 0.5 * (1 + np.tanh(0.5 * odds))
    return chances
