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
        rows, hashes, counts = _stacked(packed)
        place = np.searchsorted(self.vocabulary, hashes)
        place[place == len(self.vocabulary)] = 0
        known = self.vocabulary[place] == hashes if len(self.vocabulary) else np.zeros(len(hashes), dtype=bool)
        shape = (len(packed), len(self.vocabulary))
        return sparse.csr_array((counts[known].astype(np.float32), (rows[known], place[known])), shape=shape)

    def rows(self, packed: Sequence[Features]) -> sparse.csr_array:
        """Give TF-IDF rows of length one (n × terms): (1 + ln count) × rarity."""
        weights = self.counts(packed)
        weights.data = (1 + np.log(weights.data)) * self.rarity[weights.indices]
        norms = np.sqrt(weights.multiply(weights).sum(axis=1))
        norms[norms == 0] = 1
        return sparse.csr_array(sparse.diags_array(1 / norms, dtype=np.float32) @ weights)


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
    """Put the terms of all resources one under the other: row number, hash, count."""
    unpacked = [unpack(one) for one in packed]
    sizes = [len(hashes) for hashes, _ in unpacked]
    rows = np.repeat(np.arange(len(packed)), sizes)
    hashes = np.concatenate([hashes for hashes, _ in unpacked]) if unpacked else np.empty(0, np.uint32)
    counts = np.concatenate([counts for _, counts in unpacked]) if unpacked else np.empty(0, np.uint8)
    return rows, hashes, counts
