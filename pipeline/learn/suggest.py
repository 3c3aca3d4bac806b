"""Topics, ranks and the rules' word for waiting items, from one model. Puts nothing into the machine's tray: that takes all ranks, see `train`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.classify import Model, rules
from pipeline.classify.rules import Ruling
from pipeline.config import Config
from pipeline.learn.fit import BATCH, Report, count, quiet
from pipeline.model import Candidate, Item, ItemId, Lane
from pipeline.store import Store

UNRULED = Ruling()
READ = 200
"""Waiting items whose words are looked up: what a curator sees in some sittings. Of the others the desk's "all reasons" finds them when asked."""


def suggest(config: Config, store: Store, *, items: Sequence[ItemId], model: Model, now: datetime, report: Report = quiet) -> None:
    """Give new items their topics, ranks and, where a rule says so, lanes. About a millisecond an item where many come together.

    What is folded into another item needs none of its own.
    """
    heads = store.standing(items)
    for start in range(0, len(heads), BATCH):
        batch = heads[start : start + BATCH]
        with store.transaction():
            count(store, among=batch)
            ruled = rulings(config, store, batch, now=now)
            score(store, store.candidates_of(batch), model=model, ruled=ruled, now=now)
            for item, one in ruled.items():
                store.set_lane(item, one.lane or Lane.RANKED, one.reason)
        report("suggesting", start + len(batch), len(heads))
    explain_topics(store, [store.item(item) for item in heads[:READ]], model=model)


def explain_topics(store: Store, items: Sequence[Item], *, model: Model) -> None:
    """Write down which words speak for the topics suggested for these items, where none are written; a rule has said its own already."""
    bare = {item.id: item for item in items if not all(one.reasons for one in item.suggestions)}
    asked = [
        (one.item, bare[one.item].resource, one.features, [it.topic for it in bare[one.item].suggestions if not it.reasons])
        for one in store.candidates_of(tuple(bare))
    ]
    words = model.topics.reasons_of([(resource, packed, topics) for _, resource, packed, topics in asked])
    with store.transaction():
        for (item, *_), found in zip(asked, words, strict=True):
            store.keep_reasons(item, found)


def rulings(config: Config, store: Store, items: Sequence[ItemId], *, now: datetime) -> Mapping[ItemId, Ruling]:
    """Ask the rules, if there are any, about items: they read them whole. Only those are named of which they say something."""
    asked = ((item, rules.ruling(config.rules, store.item(item), now=now)) for item in items) if config.rules else ()
    return {item: ruled for item, ruled in asked if ruled != UNRULED}


def score(store: Store, batch: Sequence[Candidate], *, model: Model, ruled: Mapping[ItemId, Ruling], now: datetime) -> None:
    """Write topics and ranks of candidates into the store, topics only where they are others than before."""
    learnt = model.topics.suggest([one.features for one in batch])
    suggested = [rules.joined(found, ruled.get(one.item, UNRULED)) for one, found in zip(batch, learnt, strict=True)]
    known = [replace(one, topics=tuple((it.topic, it.probability) for it in found)) for one, found in zip(batch, suggested, strict=True)]
    others: list[tuple[ItemId, float]] = []
    with store.transaction():
        for one, new, found, rank in zip(batch, known, suggested, model.order.ranks(known, now=now), strict=True):
            if new.topics != one.topics or one.item in ruled:
                store.suggest(one.item, found, rank)
            else:
                others.append((one.item, rank))
        store.rerank(others)
