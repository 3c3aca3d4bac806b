"""Which topics a resource speaks of, and how likely it is wanted, both with reasons. Suggests, never decides, and keeps no state of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.classify import order as _order
from pipeline.classify import topics as _topics
from pipeline.classify.features import features
from pipeline.classify.order import OrderModel
from pipeline.classify.topics import TopicModel
from pipeline.model import Example, Features, Topic

__all__ = ["Model", "OrderModel", "TopicModel", "features", "learn"]


@dataclass(frozen=True, slots=True)
class Model:
    """All that the desk has learnt."""

    topics: TopicModel
    order: OrderModel


def learn(topics: Sequence[Topic], background: Sequence[Features], examples: Sequence[Example] = ()) -> Model:
    """Learn from the taxonomy, from what the desk holds and from what was decided."""
    return Model(_topics.learn(topics, background, examples), _order.learn(background, examples))
