"""The queue's order before anything is learned: what an item is about, how its source has fared, how fresh it is, how many name it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.dates import day
from pipeline.model import Item
from pipeline.text import counted

TOPIC, RECORD, FRESH, SEEN = 0.55, 0.20, 0.15, 0.10
"""Shares of the rank; they sum to one."""
HALF_LIFE = 30
"""Days after which an item counts half as fresh."""
USUAL_KEPT, USUAL_DECIDED = 1.5, 5.0
"""What we take a source to be before anybody decided on it: three of ten are kept, as of five decisions."""


@dataclass(frozen=True, slots=True)
class _Term:
    """One reason for a rank: its share, how well the item does in it (0 to 1), and the sentence that says so."""

    share: float
    value: float
    sentence: str


def rank(item: Item, *, now: datetime, record: tuple[int, int]) -> float:
    """Say how likely the item is wanted, from 0 to 1. `record` is how many of its source's decided items were kept: (kept, decided)."""
    return round(sum(term.share * term.value for term in _terms(item, now, record)), 4)


def why(item: Item, *, now: datetime, record: tuple[int, int]) -> tuple[str, ...]:
    """Say in sentences what the rank is made of, the weightiest first."""
    terms = sorted(_terms(item, now, record), key=lambda term: -term.share * term.value)
    return tuple(f"{term.sentence} That gives {term.share * term.value:.2f} of {term.share:.2f}." for term in terms)


def _terms(item: Item, now: datetime, record: tuple[int, int]) -> tuple[_Term, ...]:
    return (_topic(item), _record(record), _fresh(item, now), _seen(item))


def _topic(item: Item) -> _Term:
    best = max(item.suggestions, key=lambda suggestion: suggestion.probability, default=None)
    if best is None:
        return _Term(TOPIC, 0.0, "No topic is suggested.")
    words = f" for its words {', '.join(best.reasons[:3])}" if best.reasons else ""
    return _Term(TOPIC, min(1.0, max(0.0, best.probability)), f"The likeliest topic is {best.topic}, at {best.probability:.2f}{words}.")


def _record(record: tuple[int, int]) -> _Term:
    kept, decided = record
    value = (kept + USUAL_KEPT) / (decided + USUAL_DECIDED)
    sentence = f"Of {decided} decided items of its source {kept} were kept." if decided else "Nothing of its source has been decided yet."
    return _Term(RECORD, min(1.0, value), sentence)


def _fresh(item: Item, now: datetime) -> _Term:
    event = item.resource.event
    if event and event.start:
        left = (day(event.end or event.start) - now.date()).days
        return _Term(FRESH, float(left >= 0), "The event is over." if left < 0 else f"The event is over in {counted(left, 'day')}.")
    stated = item.resource.published
    age = max(0, (now.date() - day(stated or item.added)).days)
    verb = "published" if stated else "found"
    return _Term(FRESH, 0.5 ** (age / HALF_LIFE), f"It was {verb} {counted(age, 'day')} ago.")


def _seen(item: Item) -> _Term:
    sources = len({sighting.lead.source for sighting in item.sightings}) or 1
    return _Term(SEEN, 1 - 0.5 ** (sources - 1), f"{counted(sources, 'source')} {'names' if sources == 1 else 'name'} it.")
