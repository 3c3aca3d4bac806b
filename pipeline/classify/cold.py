"""Topics from the taxonomy and the unlabelled harvest alone. Learns from no decision.

Three looks at the same question: the taxonomy's words in the item (BM25), its nearness to the taxonomy in the space of the harvest (LSA), and
its nearness in general English (word vectors, where installed). A look's score means little by itself: a topic with everyday words scores on
every page. So each is measured against what the same topic scores on the background.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.classify import embeddings
from pipeline.classify.features import features, term_hash, unpack, written
from pipeline.classify.space import Space
from pipeline.model import Features, Resource, Topic

Matrix = NDArray[np.float32]

NAME, KEYWORD, DESCRIPTION = 2.0, 1.0, 0.25
"""Weights of a term by where the taxonomy has it; examples count as keywords do."""
PART = 0.25
"""Weight of a word that is only part of a name or keyword."""
SHARES = (1.0, 0.5, 1.0)
"""Of BM25, LSA and word vectors."""
DIMENSIONS = 100
"""Of the space of the harvest that LSA works in."""
LEAST_HARVEST = 200
"""Items from which a harvest has directions; those of a smaller one are its accidents, and led astray on every collection."""
LIMIT = 5.0
"""Spreads from the mean beyond which more says no more."""

_SATURATION, _LENGTH_SHARE = 2.0, 0.5  # k1 and b of BM25 (Robertson and Zaragoza 2009)
_PRIOR_SIZE = 20  # background pages that we pretend to have seen, so that the first pages of a new desk do not swing everything
_PRIOR_LENGTH = 300.0  # terms of a page
_PRIOR_TOPICS = 3
_PRIORS = ((0.5, 3.0), (0.05, 0.1), (0.05, 0.1))  # mean and spread that each look had there
_PRIOR_SUMS = (0.9, 1.5)  # spread of the sum, without word vectors and with them
_ADDRESS = re.compile(r"https?://[^/]*", re.IGNORECASE)
_JOINTS = str.maketrans("-_.?=&%+", "        ")
_PARTS = re.compile(r"\s+(?:and|und|et|y|or)\s+|[,/;()]")


@dataclass(frozen=True, slots=True)
class Measure:
    """What each topic scores on the background: mean and spread (topics)."""

    mean: Matrix
    spread: Matrix

    def z(self, scores: Matrix) -> Matrix:
        """Give scores as spreads from the mean."""
        return np.asarray(np.clip((scores - self.mean) / self.spread, -LIMIT, LIMIT), np.float32)


@dataclass(frozen=True, slots=True)
class Cold:
    """The taxonomy as three looks see it. `words` is the space of the taxonomy's terms and `weights` what each is worth (terms × topics); `basis`
    are the directions of the harvest (terms × dimensions), `places` the topics among them (topics × dimensions); `vectors` are the topics' own
    (topics × 256); `looks` and `whole` say what each look, and their sum, gives on the background."""

    words: Space
    weights: Matrix
    basis: Matrix
    places: Matrix
    vectors: Matrix
    looks: tuple[Measure, ...]
    whole: Measure

    def scores(self, packed: Sequence[Features], rows: sparse.csr_array, vectors: Matrix) -> Matrix:
        """Say how far each topic stands out in each resource, in spreads (n × topics). `rows` are their TF-IDF rows, `vectors` theirs, centred."""
        return self.whole.z(_sum(self.looks, self.raw(packed, rows, vectors), vectors))

    def raw(self, packed: Sequence[Features], rows: sparse.csr_array, vectors: Matrix) -> tuple[Matrix, ...]:
        """Give what each look says by itself (n × topics each)."""
        return np.asarray(self.bm25(packed) @ self.weights), unit(rows @ self.basis) @ self.places.T, vectors @ self.vectors.T

    def told(self, row: sparse.csr_array, number: int, share: float) -> tuple[NDArray[np.uint32], Matrix]:
        """Give the taxonomy's terms in a resource, by its row of `bm25`, and what each adds to a topic's score, times `share`."""
        per = share * SHARES[0] / (self.looks[0].spread[number] * self.whole.spread[number])
        return self.words.vocabulary[row.indices], np.asarray(per * row.data * self.weights[row.indices, number])

    def near(self, row: sparse.csr_array, number: int) -> Matrix:
        """Say what each term in the row of one resource adds to a topic's score by LSA, for its weight there."""
        length = max(float(np.linalg.norm(row @ self.basis)), 1e-9)
        per = SHARES[1] / (length * self.looks[1].spread[number] * self.whole.spread[number])
        return np.asarray(per * (self.basis[row.indices] @ self.places[number]))

    def bm25(self, packed: Sequence[Features]) -> sparse.csr_array:
        """Give what each term of the taxonomy is worth in each resource (n × terms)."""
        counts = self.words.counts(packed)
        lengths = np.array([unpack(one)[1].sum() for one in packed], np.float32)
        norms = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * lengths / self.words.length)
        norms = np.repeat(norms, np.diff(counts.indptr))
        counts.data = self.words.rarity[counts.indices] * counts.data * (_SATURATION + 1) / (counts.data + norms)
        return counts


def fit(topics: Sequence[Topic], background: Sequence[Features], *, space: Space, rows: sparse.csr_array, vectors: Matrix) -> Cold:
    """Turn the taxonomy round, and measure each topic on the background; `rows` and `vectors` are the background's."""
    own = [features(_as_resource(topic)) for topic in topics]
    terms = [_terms(topic) for topic in topics]
    words = _words(terms, background)
    weights = np.zeros((len(words.vocabulary), len(topics)), np.float32)
    for number, worth in enumerate(terms):
        weights[np.searchsorted(words.vocabulary, list(worth)), number] = list(worth.values())
    basis = _basis(rows)
    meaning = embeddings.unpack(own) * _tells(topics, background)[:, np.newaxis]
    centre = meaning.sum(axis=0) / (len(topics) + _PRIOR_TOPICS)
    centred = unit(np.where(meaning.any(axis=1, keepdims=True), meaning - centre, 0).astype(np.float32))
    cold = Cold(words, weights, basis, unit(space.rows(own) @ basis), centred, (), _measure(np.zeros((0, len(topics)), np.float32), 0.0, 1.0))
    raw = cold.raw(background, rows, vectors)
    looks = tuple(_measure(one, *prior) for one, prior in zip(raw, _PRIORS, strict=True))
    meant = bool(vectors.any() if len(vectors) else meaning.any())
    return replace(cold, looks=looks, whole=_measure(_sum(looks, raw, vectors), 0.0, _PRIOR_SUMS[meant]))


def unit(matrix: Matrix) -> Matrix:
    """Give each row the length one; a row of zeros stays."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 0))


def _sum(looks: Sequence[Measure], raw: Sequence[Matrix], vectors: Matrix) -> Matrix:
    words, harvest, english = (share * look.z(one) for share, look, one in zip(SHARES, looks, raw, strict=True))
    return np.asarray(words + harvest + english * vectors.any(axis=1, keepdims=True), np.float32)


def _measure(scores: Matrix, mean: float, spread: float) -> Measure:
    size = len(scores) + _PRIOR_SIZE
    means = (scores.sum(axis=0) + _PRIOR_SIZE * mean) / size
    squares = ((scores - means) ** 2).sum(axis=0) + _PRIOR_SIZE * spread**2
    return Measure(means.astype(np.float32), np.sqrt(squares / size).astype(np.float32))


def _tells(topics: Sequence[Topic], background: Sequence[Features]) -> NDArray[np.bool_]:
    """Say of each topic whether its word vector means anything: a word of its own, not one of an address, stands in the harvest or in the table.
    The vector of "Xqz" is put together from letters, and would be near to items by accident alone."""
    harvest = np.unique(np.concatenate([np.empty(0, np.uint32), *(unpack(one)[0] for one in background)]))
    tells = np.zeros(len(topics), dtype=bool)
    for number, topic in enumerate(topics):
        told = (topic.name, *topic.keywords, *(one for one in topic.examples if not _ADDRESS.match(one)), topic.description[:5_000])
        own = [(term_hash(term), word) for phrase in told for term, word in written(phrase) if " " not in term]
        heard = np.isin(np.array([key for key, _ in own], np.uint32), harvest).any()
        tells[number] = heard or any(embeddings.knows(word) for _, word in own)
    return tells


def _as_resource(topic: Topic) -> Resource:
    return Resource(url="", title=topic.name, description=topic.description, text=". ".join((*topic.keywords, *_examples(topic))))


def _examples(topic: Topic) -> list[str]:
    """Give the words of the examples; of an address those of its path."""
    return [_ADDRESS.sub("", example).translate(_JOINTS) if _ADDRESS.match(example) else example for example in topic.examples]


def _terms(topic: Topic) -> dict[int, float]:
    """Give the hashes of a topic's words with what each is worth."""
    worth: dict[int, float] = {}
    for phrase, weight in ((topic.name, NAME), *((keyword, KEYWORD) for keyword in (*topic.keywords, *_examples(topic)))):
        for part in _PARTS.split(phrase[:500]):
            terms = [term for term, _ in written(part)]
            longest = max((term.count(" ") for term in terms), default=0)
            for term in terms:
                _keep(worth, term, weight if term.count(" ") == longest else PART * weight)
    for term, _ in written(topic.description[:5_000]):
        if " " not in term and len(term) > 2:
            _keep(worth, term, DESCRIPTION)
    return worth


def _keep(worth: dict[int, float], term: str, weight: float) -> None:
    key = term_hash(term)
    worth[key] = max(worth.get(key, 0.0), weight)


def _words(terms: Sequence[dict[int, float]], background: Sequence[Features]) -> Space:
    """Make the space of the taxonomy's terms with the rarity that BM25 takes."""
    vocabulary = np.array(sorted({term for worth in terms for term in worth}), np.uint32)
    hashes, counts = zip(*(unpack(one) for one in background), strict=True) if background else ((), ())
    known, held = np.unique(np.concatenate((vocabulary, *hashes)), return_counts=True)
    held = held[np.searchsorted(known, vocabulary)] - 1
    size = len(background) + _PRIOR_SIZE
    length = (sum(int(one.sum()) for one in counts) + _PRIOR_SIZE * _PRIOR_LENGTH) / size
    return Space(vocabulary, np.log(1 + (size - held + 0.5) / (held + 0.5)).astype(np.float32), length)


def _basis(rows: sparse.csr_array) -> Matrix:
    """Find the directions in which the harvest spreads most: randomised SVD with one power step (Halko, Martinsson and Tropp 2011)."""
    size = min(DIMENSIONS, min(rows.shape) - 1)
    if rows.shape[0] < LEAST_HARVEST or size < 2:
        return np.zeros((rows.shape[1], 0), np.float32)
    start = np.random.default_rng(0).standard_normal((rows.shape[1], size + 10), np.float32)
    spread, _ = np.linalg.qr(rows @ (rows.T @ (rows @ start)))
    inside = np.asarray(rows.T @ spread)
    values, turns = np.linalg.eigh(inside.T @ inside)  # the same as the SVD of `inside`, and quick, for it is tall and narrow
    return np.asarray(inside @ (turns[:, -size:] / np.sqrt(np.maximum(values[-size:], 1e-9))), np.float32)
