"""Which topics a resource speaks of, and how likely it is wanted, both with reasons. Suggests, never decides, and keeps no state of its own.

A kind of classifier is a module with `build(topics, background) -> Classifier`; `KINDS` names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pipeline.classify import cold
from pipeline.classify.rank import rank, why
from pipeline.model import Resource, Suggestion, Topic

__all__ = ["KINDS", "Classifier", "ClassifierKind", "build", "rank", "why"]


class Classifier(Protocol):
    """Suggests topics for a resource, the likeliest first."""

    def __call__(self, resource: Resource, /) -> tuple[Suggestion, ...]: ...


class ClassifierKind(Protocol):
    """A way to make a classifier."""

    def build(self, topics: Sequence[Topic], background: Iterable[Resource], /) -> Classifier: ...


KINDS: Mapping[str, ClassifierKind] = {"cold": cold}


def build(topics: Sequence[Topic], background: Iterable[Resource]) -> Classifier:
    """Make the classifier that needs no decisions. `background` is what the desk holds: it says which words are common; it may be empty."""
    return KINDS["cold"].build(topics, background)
