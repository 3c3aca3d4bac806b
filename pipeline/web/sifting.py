"""The filters beside the queue: which choices each offers, how many items stand behind each, and where each leads. Values for the template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote_plus

from pipeline.config import Config
from pipeline.model import Kind, State
from pipeline.publish.submissions import SOURCE
from pipeline.web import words
from pipeline.web.facets import MANY
from pipeline.web.filters import ANY, SORTS, Filters, Sort

MOST = 24
"""Choices of one filter, those with the most items."""
_STATES = {
    "": "Waiting",
    State.DEFERRED: "Put off",
    State.ACCEPTED: "Accepted",
    State.REJECTED: "Rejected",
    State.PUBLISHED: "Published",
    State.MERGED: "Folded",
    ANY: "Any but folded",
}
_ORDERS: Mapping[Sort, str] = {"best": "Best match first", "newest": "Newest first", "soonest": "Soonest event first"}

_quoted = lru_cache(maxsize=4_000)(quote_plus)
Address = Callable[..., str]
"""Writes the address of the queue with some filters changed, given by name."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One link. `count` is `None` where nothing is counted."""

    url: str
    label: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One filter with its choices; the first one takes it away."""

    name: str
    title: str
    choices: tuple[Choice, ...]


def groups(filters: Filters, counts: Mapping[str, Mapping[str, int]], *, config: Config, address: Address) -> tuple[Group, ...]:
    """List the filters by state, topic, kind, source and person. Without counts the configured choices are offered."""
    named = {
        "topic": {topic.id: topic.name for topic in config.topics},
        "kind": {kind.value: words.kind_name(kind).capitalize() for kind in Kind},
        "source": {**{source.id: source.title or source.id for source in config.sources}, SOURCE: "Suggested by readers"},
        "person": {},
    }
    usual = {
        "topic": tuple(named["topic"]),
        "kind": tuple(dict.fromkeys(kind.value for section in config.digest.sections for kind in section.kinds)),
        "source": tuple(named["source"]),
    }
    made = [Group("state", "State", tuple(_states(filters, counts.get("state"), address)))]
    for name, title in (("topic", "Topic"), ("kind", "Kind"), ("source", "Source"), ("person", "Person")):
        chosen, counted = getattr(filters, name), counts.get(name)
        offered = tuple(sorted(counted, key=counted.__getitem__, reverse=True)) if counted is not None else usual.get(name, ())
        values = dict.fromkeys((*offered[:MOST], *((chosen,) if chosen else ())))
        choices = _choices(name, values, chosen=chosen, counted=counted, named=named[name], address=address)
        made.append(Group(name, title, tuple(choices)))
    return tuple(made)


def orders(order: Sort, address: Address) -> tuple[Choice, ...]:
    """List the orders in which the queue can stand."""
    return tuple(Choice(address(order="" if one == "best" else one), _ORDERS[one], None, one == order) for one in SORTS)


def order_of(text: str) -> Sort:
    """Read the order from an address; anything else is the best first."""
    return next((one for one in SORTS if one == text), "best")


def _choices(
    name: str, values: Iterable[str], *, chosen: str, counted: Mapping[str, int] | None, named: Mapping[str, str], address: Address
) -> Iterable[Choice]:
    without = address(**{name: ""})
    begins = f"{without}{'&' if '?' in without else '?'}{name}="
    yield Choice(without, "All", None, not chosen)
    for value in values:
        count = None if counted is None else counted.get(value, 0)
        yield Choice(begins + _quoted(value), named.get(value, value), count, value == chosen)


def _states(filters: Filters, counted: Mapping[str, int] | None, address: Address) -> Iterable[Choice]:
    for state, label in _STATES.items():
        count = None if counted is None or state == ANY else counted.get(state or State.QUEUED, 0)
        if count or count is None or state == filters.state or not state:
            yield Choice(address(state=state, lane=""), label, count, state == filters.state)


def found(filters: Filters, total: int | None, *, is_partial: bool) -> str:
    """Say what a search found, and where it did not look."""
    if not filters.q.strip():
        return ""
    if is_partial:
        return f"More than {MANY:,} items hold these words: the newest {MANY:,} are looked through."
    return "" if total is None else f"{total:,} found."
