"""Which of many resources are most like one of them, and by which words. Knows no decision and suggests nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.classify import space
from pipeline.classify.features import contents, term_hash, written
from pipeline.model import Features, Resource

LEAST = 0.1
"""Cosine below which two resources have only everyday words in common."""
TERMS = 12
"""Terms kept of what two resources have in common, the weightiest."""


@dataclass(frozen=True, slots=True)
class Near:
    """One of the others: its place among them, its likeness (cosine of TF-IDF rows, 0 to 1), hashes of the terms that make it, weightiest first."""

    place: int
    likeness: float
    terms: tuple[int, ...]


def nearest(one: Features, others: Sequence[Features], *, limit: int) -> tuple[Near, ...]:
    """Give those of the others that are most like this one, the nearest first, at most `limit` and none below `LEAST`.

    What is rare is judged by all of them together (Salton and Buckley, 1988).
    """
    packed = [one, *others]
    fitted = space.fit(packed)
    rows = fitted.rows(packed)
    likeness = (rows[1:] @ rows[[0]].T).toarray()[:, 0]
    order = np.lexsort((np.arange(len(others)), -likeness))[:limit]
    own = dict(zip(rows[[0]].indices.tolist(), rows[[0]].data.tolist(), strict=True))
    made = []
    for place in (int(one) for one in order if likeness[one] >= LEAST):
        row = rows[[place + 1]]
        shared = sorted((-own[term] * weight, term) for term, weight in zip(row.indices.tolist(), row.data.tolist(), strict=True) if term in own)
        terms = tuple(int(fitted.vocabulary[term]) for _, term in shared[:TERMS])
        made.append(Near(place, round(min(1.0, float(likeness[place])), 4), terms))
    return tuple(made)


def spoken(near: Near, resource: Resource) -> tuple[str, ...]:
    """Give the words of a resource that make it like the other, as written there, the weightiest first; of a pair of words not its halves too."""
    wanted = {number: place for place, number in enumerate(near.terms)}
    found: dict[int, str] = {}
    for content in contents(resource):
        for term, words in written(content):
            place = wanted.get(term_hash(term))
            if place is not None:
                found.setdefault(place, words)
    chosen = [found[place].casefold() for place in sorted(found)]
    return tuple(one for one in dict.fromkeys(chosen) if not any(one != other and one in other.split() for other in chosen))
