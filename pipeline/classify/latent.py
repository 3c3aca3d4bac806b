"""Latent subjects: directions in the space of terms along which what the desk holds differs most, so that items meet that share no word.

Latent semantic analysis (Deerwester and others 1990, doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9) of a part of the
harvest. Needs no decision and knows none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

SIZE = 50
"""Directions."""
MAX_READ = 1_000
"""Resources that it is wise to learn them from: time goes with the square."""

_SPARE = 10  # directions that are carried along so that the last ones settle, too
_ROUNDS = 4

Matrix = NDArray[np.float32]


def fit(rows: sparse.csr_array) -> Matrix:
    """Give the directions (terms × 50, fewer where there are fewer resources) of TF-IDF rows, by subspace iteration on the similarities."""
    near = (rows @ rows.T).toarray()
    size = min(SIZE, len(near) // 4)  # were there as many directions as resources, none would be shared
    basis = np.random.default_rng(0).standard_normal((len(near), min(size + _SPARE, len(near))), dtype=np.float32)
    for _ in range(_ROUNDS):
        basis, _ = np.linalg.qr(near @ basis)
    values, turned = np.linalg.eigh(basis.T @ near @ basis)
    kept = [place for place in range(len(values) - 1, -1, -1) if values[place] > 1e-4][:size]
    return np.asarray(rows.T @ ((basis @ turned[:, kept]) / np.sqrt(values[kept])), dtype=np.float32)


def project(rows: sparse.csr_array, directions: Matrix) -> Matrix:
    """Place TF-IDF rows among the directions, at length one (n × directions); a row of zeros where no term is known."""
    placed = np.asarray(rows @ directions, dtype=np.float32)
    placed /= np.maximum(np.linalg.norm(placed, axis=1, keepdims=True), 1e-6)
    return placed
