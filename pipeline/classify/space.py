"""The space in which resources lie: TF-IDF over hashed terms, fitted on what the desk holds. Knows no topic and no decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.classify.features import unpack
from pipeline.model import Features

LEAST_HELD = 2
"""A term in fewer resources than this cannot join two of them."""
MOST_SHARE = 0.5
"""A term in more than this share of the resources says nothing."""
MOST_TERMS = 60_000


@dataclass(frozen=True, slots=True)
class Space:
    """`vocabulary` are the hashes in ascending order, a column each, `rarity` their inverse document frequencies,
    `length` the mean number of terms in a resource."""

    vocabulary: NDArray[np.uint32]
    rarity: NDArray[np.float32]
    length: float

    def counts(self, packed: Sequence[Features]) -> sparse.csr_array:
        """Count known terms: a row for each resource (n × terms)."""
        starts, hashes, counts = _stacked(packed)
        place = np.searchsorted(self.vocabulary, hashes)
        place[place == len(self.vocabulary)] = 0
        known = self.vocabulary[place] == hashes if len(self.vocabulary) else np.zeros(len(hashes), dtype=bool)
        ends = np.concatenate(([0], np.cumsum(known)))[starts].astype(np.int32)
        shape = (len(packed), len(self.vocabulary))
        return sparse.csr_array((counts[known].astype(np.float32), place[known].astype(np.int32), ends), shape=shape)

    def rows(self, packed: Sequence[Features]) -> sparse.csr_array:
        """Give TF-IDF rows of length one (n × terms): (1 + ln count) × rarity."""
        weights = self.counts(packed)
        weights.data = (1 + np.log(weights.data)) * self.rarity[weights.indices]
        owner = np.repeat(np.arange(len(packed)), np.diff(weights.indptr))
        norms = np.sqrt(np.bincount(owner, weights.data**2, minlength=len(packed))).astype(np.float32)
        weights.data /= norms[owner]
        return weights


def fit(packed: Sequence[Features]) -> Space:
    """Learn from these resources which terms there are and how rare each is."""
    _, hashes, counts = _stacked(packed)
    vocabulary, held = np.unique(hashes, return_counts=True)
    kept = (held >= LEAST_HELD) & (held <= max(LEAST_HELD, MOST_SHARE * len(packed)))
    if kept.sum() > MOST_TERMS:
        kept &= held > np.partition(held[kept], -MOST_TERMS)[-MOST_TERMS]
    rarity = np.log((1 + len(packed)) / (1 + held[kept])) + 1
    length = float(counts.sum()) / len(packed) if packed else 1.0
    return Space(vocabulary[kept], rarity.astype(np.float32), max(1.0, length))


def _stacked(packed: Sequence[Features]) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint8]]:
    """Put the terms of all resources one under the other: where each resource begins, and the end; hashes in ascending order, counts."""
    unpacked = [unpack(one) for one in packed]
    starts = np.concatenate(([0], np.cumsum([len(hashes) for hashes, _ in unpacked], dtype=np.int64)))
    hashes = np.concatenate([hashes for hashes, _ in unpacked]) if unpacked else np.empty(0, np.uint32)
    counts = np.concatenate([counts for _, counts in unpacked]) if unpacked else np.empty(0, np.uint8)
    return starts, hashes, counts
