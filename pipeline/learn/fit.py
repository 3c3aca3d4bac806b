"""From the store to a model: counts the features that are missing, reads the examples, and has the core learn. Writes nothing but features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec

from xxhash import xxh64_hexdigest

from pipeline import classify
from pipeline.classify import Model
from pipeline.config import Config
from pipeline.dates import day
from pipeline.model import Example, ItemId, Resource
from pipeline.plain import json_line
from pipeline.store import Counted, Store

Report = Callable[[str, int, int], None]
"""Takes what is going on ("reading", "suggesting"), how much is done, and of how much (0: not known)."""

EXAMPLES = 20_000
"""Decisions learnt from, the latest: years of a busy desk, and some 40 MB."""
BACKGROUND = 5_000
"""Items that say what is common here, the latest."""
BATCH = 200
"""Items in one transaction, so that a curator's click waits a few tenths of a second at most."""
_PEOPLE, _NAME = 10, 100  # people of an item that count, and characters of each


def quiet(what: str, done: int, total: int) -> None:
    """Report to nobody."""


def fit(config: Config, store: Store, *, report: Report = quiet) -> Model:
    """Learn from all that the store holds: taxonomy, harvest and decisions. A second or so for some thousands of each."""
    count(store, report=report)
    return as_counted(config, store)


def as_counted(config: Config, store: Store) -> Model:
    """Learn from what is counted by now, for who only looks: nothing is written. What came since waits for the next training."""
    return learnt(config, store, examples(store))


def learnt(config: Config, store: Store, given: Sequence[Example]) -> Model:
    """Learn from these examples and the harvest; features are counted."""
    return classify.learn(config.topics, store.background(BACKGROUND), given)


def examples(store: Store) -> tuple[Example, ...]:
    """Read what there is to learn from."""
    return store.examples(EXAMPLES)


def state(config: Config, store: Store, *, now: datetime) -> str:
    """Say in short what a model would be learnt from. Equal words mean equal decisions, taxonomy and settings, in the same month (of the audit)."""
    settings = xxh64_hexdigest(json_line((config.topics, config.rules, config.desk.skip_unlikely)).encode())
    return f"{store.decided_until()[0]} {settings} {now:%Y-%m}"


def count(store: Store, *, among: Sequence[ItemId] = (), report: Report = quiet) -> None:
    """Count the features of all items, or of some, that have none or have them from another way of counting, a batch at a time."""
    way, done, last = _way(), 0, None
    while batch := store.uncounted(way, among=among, below=last, limit=BATCH):
        store.keep_features([counted(item, resource) for item, resource in batch])
        done, last = done + len(batch), batch[-1][0]
        report("reading", done, 0)


def counted(item: ItemId, resource: Resource) -> Counted:
    """Count the features of one item."""
    people = tuple(name[:_NAME] for name in resource.creators[:_PEOPLE])
    return Counted(item=item, features=classify.features(resource), people=people, ends=_ends(resource), way=_way())


def _ends(resource: Resource) -> date | None:
    event = resource.event
    return day(event.end or event.start) if event and event.start else None


@cache
def _way() -> str:
    """Name the way of counting: with word vectors, once their table is installed, everything is counted anew."""
    return "terms and vectors" if find_spec("wordllama") and find_spec("tokenizers") else "terms"
