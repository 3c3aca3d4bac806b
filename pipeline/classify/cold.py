"""Topics from the taxonomy alone: names, keywords and descriptions, looked up in title and text with BM25. Learns from no decision.

A score means little by itself: a topic with everyday keywords scores on every page. So each score is measured against what the same topic scores
on the background, and only what stands out is suggested.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.model import Resource, Suggestion, Topic

TITLE_WEIGHT = 3
"""How many times a word of the title counts."""
NAME, KEYWORD, DESCRIPTION = 2.0, 1.0, 0.25
"""Weights of a term by where the taxonomy has it."""
LONGEST = 3
"""Words in a term at most."""
MAX_CHARACTERS = 30_000
"""Of a text; what a page is about, it says before."""
MAX_BACKGROUND = 2_000
LEAST = 0.15
"""Probability below which a topic is not worth a line."""

_SATURATION, _LENGTH_SHARE = 1.6, 0.5  # k1 and b of BM25 (Robertson and Zaragoza 2009)
_PRIOR_SIZE = 20  # background pages that we pretend to have seen, so that the first pages of a new desk do not swing everything
_PRIOR_LENGTH = 300.0
_PRIOR_SPREAD = 4.0
# From score to probability, fitted on labelled collections: even odds at 1.8 spreads above the topic's mean, at 0.8 for the best topic of an item.
_EVEN, _BEST, _STEEPNESS = 1.8, 1.0, 0.7

_WORD = re.compile(r"[^\W_](?:[\w&+.'’-]*[^\W_])?")
_EMPTY_WORDS = (
    "about also among another because been being between both could does each else every from have having here into just like "
    "made make many more most much must often only other others over same should since some something such than that their "
    "them then there these they this those through under upon very want were what when where which while whom whose will with "
    "within without would your"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())
"""Words of a description that tell nothing of its subject."""
_PARTS = re.compile(r"\s+(?:and|und|et|y|or)\s+|[,/;()]")
_ENDINGS = ("ing", "ers", "er", "ed", "es", "s", "e")


@dataclass(frozen=True, slots=True)
class _Model:
    """The taxonomy turned round: term → its topics with weights; what the background says of terms and topics."""

    topics: tuple[Topic, ...]
    terms: Mapping[str, tuple[tuple[int, float], ...]]
    firsts: frozenset[str]
    rarity: Mapping[str, float]
    length: float
    mean: tuple[float, ...]
    spread: tuple[float, ...]


def build(topics: Sequence[Topic], background: Iterable[Resource]) -> Callable[[Resource], tuple[Suggestion, ...]]:
    """Make a classifier from the taxonomy; reads at most 2,000 resources of the background, about a millisecond each."""
    terms = _terms(topics)
    firsts = frozenset(term.partition(" ")[0] for term in terms)
    counted = [_counted(resource, terms, firsts) for resource, _ in zip(background, range(MAX_BACKGROUND), strict=False)]
    model = _measured(tuple(topics), terms, firsts, counted)

    def classify(resource: Resource) -> tuple[Suggestion, ...]:
        return _suggestions(model, resource)

    return classify


@dataclass(frozen=True, slots=True)
class _Counted:
    """The terms of one resource: how often, as written, and how many words there were."""

    terms: Mapping[str, int]
    written: Mapping[str, str]
    length: int


def _terms(topics: Sequence[Topic]) -> dict[str, tuple[tuple[int, float], ...]]:
    found: dict[str, dict[int, float]] = {}
    for number, topic in enumerate(topics):
        for phrase, weight in ((topic.name, NAME), *((keyword, KEYWORD) for keyword in topic.keywords)):
            for part in _PARTS.split(phrase):
                _keep(found, _stems(part), number, weight)
        for word in _WORD.findall(topic.description):
            if len(word) > 3 and word.casefold() not in _EMPTY:
                _keep(found, _stems(word), number, DESCRIPTION)
    return {term: tuple(weights.items()) for term, weights in found.items()}


def _keep(found: dict[str, dict[int, float]], stems: list[str], number: int, weight: float) -> None:
    if stems:
        weights = found.setdefault(" ".join(stems[:LONGEST]), {})
        weights[number] = max(weights.get(number, 0.0), weight)


def _counted(resource: Resource, terms: Mapping[str, object], firsts: frozenset[str]) -> _Counted:
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    length = 0
    body = f"{resource.description or ''}\n{resource.text}"[:MAX_CHARACTERS]
    for content, weight in ((resource.title[:1_000], TITLE_WEIGHT), (body, 1)):
        words = _WORD.findall(content)
        stems = [_stem(word[:40]) for word in words]
        length += weight * len(words)
        for place, first in enumerate(stems):
            if first not in firsts:
                continue
            for size in range(1, LONGEST + 1):
                term = " ".join(stems[place : place + size])
                if term in terms and place + size <= len(stems):
                    counts[term] += weight
                    written.setdefault(term, " ".join(words[place : place + size]))
    return _Counted(counts, written, length)


def _measured(
    topics: tuple[Topic, ...], terms: Mapping[str, tuple[tuple[int, float], ...]], firsts: frozenset[str], counted: list[_Counted]
) -> _Model:
    held = Counter(term for one in counted for term in one.terms)
    size = len(counted) + _PRIOR_SIZE
    rarity = {term: math.log(1 + (size - held[term] + 0.5) / (held[term] + 0.5)) for term in terms}
    length = (sum(one.length for one in counted) + _PRIOR_SIZE * _PRIOR_LENGTH) / size
    blank = _Model(topics, terms, firsts, rarity, length, (0.0,) * len(topics), (_PRIOR_SPREAD,) * len(topics))
    scores = [_scores(blank, one) for one in counted]
    mean = tuple(sum(score[n] for score in scores) / size for n in range(len(topics)))
    squares = (sum((score[n] - mean[n]) ** 2 for score in scores) for n in range(len(topics)))
    spread = tuple(math.sqrt((square + _PRIOR_SIZE * _PRIOR_SPREAD**2) / size) for square in squares)
    return _Model(topics, terms, firsts, rarity, length, mean, spread)


def _strengths(model: _Model, one: _Counted) -> dict[str, float]:
    """Give what each term found is worth: often in a short text, and rare elsewhere."""
    norm = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * one.length / model.length)
    return {term: model.rarity[term] * count * (_SATURATION + 1) / (count + norm) for term, count in one.terms.items()}


def _scores(model: _Model, one: _Counted) -> list[float]:
    scores = [0.0] * len(model.topics)
    for term, strength in _strengths(model, one).items():
        for number, weight in model.terms[term]:
            scores[number] += strength * weight
    return scores


def _suggestions(model: _Model, resource: Resource) -> tuple[Suggestion, ...]:
    one = _counted(resource, model.terms, model.firsts)
    away = {n: (score - model.mean[n]) / model.spread[n] for n, score in enumerate(_scores(model, one)) if score > 0}
    best = max(away, key=lambda n: away[n], default=None)
    found = []
    for number, distance in away.items():
        probability = _probability(distance + _BEST * (number == best))
        if probability >= LEAST:
            found.append(Suggestion(topic=model.topics[number].id, probability=round(probability, 4), reasons=_reasons(model, one, number)))
    return tuple(sorted(found, key=lambda suggestion: (-suggestion.probability, suggestion.topic)))


def _probability(distance: float) -> float:
    return 1 / (1 + math.exp(-_STEEPNESS * (min(distance, 100.0) - _EVEN)))


def _reasons(model: _Model, one: _Counted, number: int) -> tuple[str, ...]:
    weighed = {term: strength * dict(model.terms[term]).get(number, 0.0) for term, strength in _strengths(model, one).items()}
    strongest = sorted((term for term, worth in weighed.items() if worth > 0), key=lambda term: (-weighed[term], term))
    return tuple(dict.fromkeys(one.written[term].casefold() for term in strongest[:5]))


def _stems(phrase: str) -> list[str]:
    return [_stem(word[:40]) for word in _WORD.findall(phrase)]


@lru_cache(65_536)
def _stem(word: str) -> str:
    """Take off the commonest endings, so that "networks" meets "network" and "studies" meets "study"."""
    word = word.casefold()
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
