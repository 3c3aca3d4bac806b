"""Ridge regression for all topics at once, over sparse rows of terms and a few dense columns beside them. Knows no topic and no decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

Matrix = NDArray[np.float32]

ROUNDS = 8
"""Of conjugate gradients; at the penalties that we take they change nothing any more after these."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each term (terms × targets) and each dense column (columns × targets) is worth."""

    terms: Matrix
    sides: Matrix

    def __call__(self, rows: sparse.csr_array, sides: Matrix) -> Matrix:
        """Give the scores of rows (n × targets)."""
        return np.asarray(rows @ self.terms + sides @ self.sides)


def exact(rows: sparse.csr_array, sides: Matrix, targets: Matrix, *, penalty: float | NDArray[np.float64]) -> tuple[Weights, Matrix]:
    """Solve in the dual, by one n × n; give the weights, and for each row the scores of a model that never saw it. A row of its own `penalty` (n)
    counts for as many rows as it is smaller than the others'.

    The diagonal of the inverse makes leaving one out exact: target − coefficient / diagonal (Cawley and Talbot 2004). The matrix is symmetric
    and positive, so half of it is enough (Cholesky), which takes half the time of a plain inverse.
    """
    gram = np.asarray((rows @ rows.T).toarray() + sides @ sides.T, dtype=np.float32)
    gram[np.diag_indices(len(gram))] += penalty
    half, _ = linalg.lapack.spotrf(gram, lower=True)
    coefficients = np.asarray(linalg.cho_solve((half, True), targets, check_finite=False))
    inverse, _ = linalg.lapack.spotri(half, lower=True)  # its lower half
    left_out = np.asarray(targets - coefficients / np.diag(inverse)[:, None], np.float32)
    return _primal(rows, sides, coefficients), left_out


def nearly(rows: sparse.csr_array, sides: Matrix, targets: Matrix, *, penalty: float) -> Weights:
    """Solve by conjugate gradients, for thousands of rows and a strong penalty; needs no n × n (Hestenes and Stiefel 1952)."""
    coefficients = np.zeros_like(targets)
    rest, direction = targets.copy(), targets.copy()
    size = (rest * rest).sum(axis=0)
    for _ in range(ROUNDS):
        image = _primal(rows, sides, direction)(rows, sides) + penalty * direction
        step = size / np.maximum((direction * image).sum(axis=0), 1e-12)
        coefficients += step * direction
        rest -= step * image
        before, size = size, (rest * rest).sum(axis=0)
        direction = rest + size / np.maximum(before, 1e-12) * direction
    return _primal(rows, sides, coefficients)


def _primal(rows: sparse.csr_array, sides: Matrix, coefficients: Matrix) -> Weights:
    return Weights(np.asarray(rows.T @ coefficients), sides.T @ coefficients)
