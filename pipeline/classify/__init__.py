"""Which topics a resource speaks of, and how likely it is wanted, both with reasons. Suggests, never decides, and keeps no state of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.classify.features import features
from pipeline.model import Example, Features, Topic

if TYPE_CHECKING:
    from pipeline.classify.order import OrderModel
    from pipeline.classify.topics import TopicModel

__all__ = ["Model", "features", "learn", "learn_order"]


@dataclass(frozen=True, slots=True)
class Model:
    """All that the desk has learnt."""

    topics: TopicModel
    order: OrderModel


def learn(topics: Sequence[Topic], background: Sequence[Features], examples: Sequence[Example] = ()) -> Model:
    """Learn from the taxonomy, from what the desk holds and from what was decided."""
    from pipeline.classify import topics as subjects  # here and not above: scipy takes half a second to load, and most commands learn nothing

    return Model(subjects.learn(topics, background, examples), learn_order(background, examples))


def learn_order(background: Sequence[Features], examples: Sequence[Example]) -> OrderModel:
    """Learn the queue's order alone."""
    from pipeline.classify import order  # as in `learn`

    return order.learn(background, examples)
