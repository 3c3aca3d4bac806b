"""What a list of items may be asked for, and what it gives: values only, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pipeline.model import ItemId, Kind, Lane, State


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQuery:
    """Which items, in which order, how many.

    `states` empty means every state but merged, which never appears in a list unless it is named. `topic` and `kind` are what a reader sees
    (the curator's word, else the suggested). `lanes` empty means every lane, and those skipped by a rule only of items that do not wait.
    `person` is whom an item was given to, or who decided it last. `order` is `rank` (must-haves, then best first), `newest` (last added first),
    `soonest` (by the beginning of an event; others are left out) or `id` (first added first). `after` is the last item of the page before. `text`
    is what a person typed; it can hold anything.
    """

    states: tuple[State, ...] = (State.QUEUED,)
    lanes: tuple[Lane, ...] = ()
    topic: str | None = None
    kind: Kind | None = None
    source: str | None = None
    person: str | None = None
    edition: str | None = None
    text: str = ""
    limit: int = 50
    after: ItemId | None = None
    order: Literal["rank", "newest", "soonest", "id"] = "rank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item as a list shows it, in a reader's words. `by` is its publisher or site, empty where neither is known; `is_doubtful` is an event whose
    date somebody must look at. `places` are those that named it or what is folded into it, the first at the head: source, address, who recommended
    it there."""

    id: ItemId
    state: State
    lane: Lane
    rank: float
    kind: Kind
    title: str
    url: str
    by: str
    published: date | None
    minutes: int | None
    is_doubtful: bool
    places: tuple[tuple[str, str, str], ...]
