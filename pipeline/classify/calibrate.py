"""From scores to probabilities: one logistic curve whose slopes all topics share, and a level for each topic (Platt 1999, shrunk).

Starts from given slopes and moves away from them only as far as the decisions ask, so that the first few do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

TRUST = 2.0
"""How firmly we hold to the given slopes, and to one level for all topics: as much as this many decisions on the edge weigh."""
STEPS = 25


@dataclass(frozen=True, slots=True)
class Curve:
    """`slopes` belong to the kinds of evidence, `levels` to the topics."""

    slopes: Matrix
    levels: Matrix

    def __call__(self, evidence: Matrix) -> Matrix:
        """Give probabilities (n × topics) from evidence (kinds × n × topics)."""
        return sigmoid(np.tensordot(self.slopes, evidence, 1) + self.levels)


def fit(evidence: Matrix, truth: Matrix, start: Curve, *, weights: Matrix) -> Curve:
    """Find the likeliest curve near `start` by Newton's method. `truth` is n × topics of 0 and 1, `evidence` kinds × n × topics, `weights` (n) say
    for how many decisions each counts."""
    kinds, _, topics = evidence.shape
    weighs = weights[:, None]
    change = np.zeros(kinds + 1 + topics)
    hold = np.concatenate((np.full(kinds, TRUST), [TRUST / 10], np.full(topics, TRUST)))
    for _ in range(STEPS):
        curve = _moved(start, change)
        chances = curve(evidence)
        slope = _slope(evidence, weighs * (chances - truth)) + hold * change
        step = np.linalg.solve(_curvature(evidence, weighs * chances * (1 - chances)) + np.diag(hold), slope)
        change -= step * min(1.0, 3.0 / max(1e-9, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-4:
            break
    return _moved(start, change)


def sigmoid(odds: Matrix) -> Matrix:
    """Turn log odds into probabilities, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)))


def _moved(start: Curve, change: Matrix) -> Curve:
    kinds = len(start.slopes)
    return Curve(start.slopes + change[:kinds], start.levels + change[kinds] + change[kinds + 1 :])


def _slope(evidence: Matrix, error: Matrix) -> Matrix:
    return np.concatenate(((evidence * error).sum(axis=(1, 2)), [error.sum()], error.sum(axis=0)))


def _curvature(evidence: Matrix, weight: Matrix) -> Matrix:
    kinds, _, topics = evidence.shape
    weighed = evidence * weight
    by_topic = weighed.sum(axis=1)
    level = weight.sum(axis=0)
    result = np.zeros((kinds + 1 + topics,) * 2)
    result[:kinds, :kinds] = np.tensordot(weighed, evidence, ((1, 2), (1, 2)))
    result[:kinds, kinds] = by_topic.sum(axis=1)
    result[:kinds, kinds + 1 :] = by_topic
    result[kinds, kinds], result[kinds, kinds + 1 :] = level.sum(), level
    result[kinds + 1 :, kinds + 1 :] = np.diag(level)
    upper = np.triu(result)
    return upper + np.triu(upper, 1).T
