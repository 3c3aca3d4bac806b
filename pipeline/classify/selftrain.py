"""What the unlabelled harvest makes of cold scores: what resembles the items that a topic surely fits belongs to it too. Learns from no decision.

One round of self-training with soft labels: each item's scores become shares of topics, and of none; a ridge with a strong penalty learns the
shares from the items' words. So words that the taxonomy's author did not think of get their weight, and a topic as much room as it has in this
harvest. A small harvest has little to teach, and is believed little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.classify.ridge import Weights, nearly

Matrix = NDArray[np.float32]

SHARPNESS = 2.0
"""How much more room a topic gets that stands out by one spread more."""
NONE = 1.0
"""Spreads that a topic must stand out by to get as much room as no topic at all."""
PENALTY = 20.0
LEAST_SPREAD = 0.02
"""Of shares; a harvest in which topics differ less than that says little of them."""
HALF_BELIEVED = 100
"""Items in a harvest that is believed half."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What was learnt: a share for each topic by words, in units of `spread`, believed to `belief`."""

    weights: Weights
    level: Matrix
    spread: float
    belief: float

    def scores(self, cold: Matrix, rows: sparse.csr_array, sides: Matrix) -> Matrix:
        """Mix the cold scores with what the harvest says (n × topics)."""
        taught = (self.weights(rows, sides) + self.level) / self.spread
        return np.asarray(self.belief * taught + (1 - self.belief) * cold, np.float32)

    def worth(self, columns: NDArray[np.int32], number: int) -> Matrix:
        """Say what terms give to a topic's score."""
        return np.asarray(self.belief / self.spread * self.weights.terms[columns, number])


def learn(cold: Matrix, rows: sparse.csr_array, sides: Matrix) -> Harvest:
    """Learn from the harvest's own cold scores (n × topics), its rows of terms and the dense columns beside these."""
    shares = _shares(cold)
    level = shares.sum(axis=0) / max(1, len(shares))
    weights = nearly(rows, sides, shares - level, penalty=PENALTY)
    spread = float((weights(rows, sides) + level).std()) if shares.size else 0.0
    return Harvest(weights, level, max(spread, LEAST_SPREAD), len(shares) / (len(shares) + HALF_BELIEVED))


def _shares(cold: Matrix) -> Matrix:
    room = np.maximum(np.exp(SHARPNESS * cold) - 1, 0)  # none for what does not stand out at all
    return np.asarray(room / (room.sum(axis=1, keepdims=True) + np.exp(SHARPNESS * NONE)), np.float32)
