"""Why an item has these topics and this rank: exact terms of the model, in words of the item and sentences. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.classify import Model, rules
from pipeline.config import Config
from pipeline.learn.fit import counted
from pipeline.model import Candidate, Item, ItemId
from pipeline.store import Store

if TYPE_CHECKING:
    from pipeline.classify.order import Term

_STEERED = {1: "A curator asked for more of this.", -1: "A curator asked for less of this.", 0: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why: for each topic the words that speak for it, the words that speak for the rank, the nearest kept items with their likeness (cosine),
    the addends of the rank's log odds and the same as sentences, what the rules say; `steer` is 1 where more of this is wanted, -1 for less."""

    topics: tuple[tuple[str, tuple[str, ...]], ...] = ()
    words: tuple[str, ...] = ()
    nearest: tuple[tuple[ItemId, float], ...] = ()
    terms: tuple[Term, ...] = ()
    why: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    steer: int = 0


def explain(config: Config, store: Store, *, item: Item, model: Model, now: datetime) -> Explanation:
    """Say why, by a model that was learnt from what the store holds now. An item that is not counted yet is counted here and forgotten again."""
    candidate = next(iter(store.candidates_of((item.id,))), None) or _counted(item)
    steer = store.steered(item.id)
    met = rules.judge(config.rules, item, now=now)
    words = model.topics.reasons(item.resource, [one.topic for one in item.suggestions if not one.reasons])
    return Explanation(
        topics=tuple((one.topic, one.reasons or words.get(one.topic, ())) for one in item.suggestions),
        words=model.order.words(item.resource),
        nearest=model.order.nearest(candidate),
        terms=model.order.terms(candidate, item.resource, now=now),
        why=(*filter(None, [_STEERED[steer]]), *model.order.why(candidate, item.resource, now=now)),
        rules=tuple(f"The rule {one.id} says {one.then}{f' {one.topic}' if one.topic else ''}{f': {one.why}' if one.why else '.'}" for one in met),
        steer=steer,
    )


def _counted(item: Item) -> Candidate:
    made = counted(item.id, item.resource)
    return Candidate(
        item=item.id,
        features=made.features,
        sources=tuple(dict.fromkeys(one.lead.source for one in item.sightings)),
        kind=item.kind,
        people=made.people,
        day=item.resource.published or item.added.date(),
        ends=made.ends,
        topics=tuple((one.topic, one.probability) for one in item.suggestions),
    )
