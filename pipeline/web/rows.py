"""Items as the desk shows them: names instead of ids, and where to go next. Values for the templates; asks the store only for fold proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from pipeline import review
from pipeline.config import Config
from pipeline.errors import NotFoundError
from pipeline.model import Item, ItemId, Match, State, Verdict
from pipeline.publish.submissions import SOURCE
from pipeline.store import Store
from pipeline.web import words
from pipeline.web.marks import TOPICS, Marked, marked

OTHER_TOPICS = 12
"""Topics without a suggestion that a pane offers beside the suggested ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChoice:
    """A topic with a box to tick. `probability` is `None` where nothing was suggested, and `chance` says it in words; `number` is that of its
    marks in the text, 0 where no words speak for it; they stand at so many `places`."""

    id: str
    name: str
    chosen: bool
    probability: float | None = None
    chance: str = ""
    reasons: tuple[str, ...] = ()
    number: int = 0
    places: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """How a source has fared: of so many decided items so many were kept."""

    source: str
    kept: int
    decided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Another item that this one may be the same as, and on what evidence."""

    match: Match
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One item for the list and for the reading pane. `to` is where its form leads on to, `seen` names its sources; `steer` is 1 where more
    like it was asked for, -1 where less; `suggested` names the reader who suggested it."""

    item: Item
    source: str
    seen: tuple[tuple[str, str], ...]
    topics: tuple[TopicChoice, ...]
    marked: Marked
    records: tuple[Record, ...]
    steer: int
    proposals: tuple[Proposal, ...]
    allowed: frozenset[Verdict]
    suggested: str
    url: str
    to: str
    previous: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What rows are made from, read once for all of them."""

    config: Config
    store: Store
    record: Mapping[str, tuple[int, int]]
    length: int = words.EXCERPT


def rows(items: Sequence[Item], desk: Desk, *, filters: dict[str, str]) -> tuple[Row, ...]:
    """Make the rows of the queue, each knowing its neighbours. `filters` are the queue's own query parameters."""
    addresses = [queue_url(filters, item=item.id) for item in items]
    made = []
    for place, item in enumerate(items):
        before = addresses[place - 1] if place else ""
        after = addresses[place + 1] if place + 1 < len(items) else ""
        made.append(row(item, desk, url=addresses[place], to=after or queue_url(filters), previous=before, following=after))
    return tuple(made)


def row(item: Item, desk: Desk, *, url: str, to: str, previous: str = "", following: str = "") -> Row:
    """Make the row of one item."""
    names = {source.id: source.title or source.id for source in desk.config.sources}
    sources = tuple(dict.fromkeys(s.lead.source for s in item.sightings))
    speaking = [one for one in item.suggestions if one.reasons][:TOPICS]
    made = marked(
        item.title or item.resource.url,
        words.excerpt(item.description or ""),
        words.excerpt(item.resource.text, limit=desk.length),
        topics=[one.reasons for one in speaking],
    )
    return Row(
        item=item,
        source=words.maker(item.resource),
        seen=tuple(dict.fromkeys((names.get(s.lead.source, s.lead.source), s.lead.url) for s in item.sightings)),
        topics=_topics(item, desk.config, marks={one.topic: (place + 1, made.places[place]) for place, one in enumerate(speaking)}),
        marked=made,
        records=tuple(Record(names.get(one, one), *desk.record[one]) for one in sources if one in desk.record),
        steer=desk.store.steered(item.id),
        proposals=tuple(_proposals(item, desk.store)) if item.state is not State.MERGED else (),
        allowed=review.allowed(item.state, item.lane),
        suggested=next((s.lead.recommended_by or "" for s in item.sightings if s.lead.source == SOURCE), ""),
        url=url,
        to=to,
        previous=previous,
        next=following,
    )


def queue_url(filters: dict[str, str], *, item: ItemId | None = None) -> str:
    """Write the address of the queue with the filters that are set, and of one item in it."""
    query = {name: value for name, value in filters.items() if value}
    if item is not None:
        query["item"] = str(item)
    return "/desk/queue" + (f"?{urlencode(query)}" if query else "")


def _topics(item: Item, config: Config, *, marks: Mapping[str, tuple[int, int]]) -> tuple[TopicChoice, ...]:
    """List suggested and chosen topics first, the likeliest at the head, then a few others of the taxonomy."""
    suggested = {suggestion.topic: suggestion for suggestion in item.suggestions}
    chosen = item.topics
    made = []
    for topic in config.topics:
        one = suggested.get(topic.id)
        choice = TopicChoice(id=topic.id, name=topic.name, chosen=topic.id in chosen)
        if one is not None:
            number, places = marks.get(topic.id, (0, 0))
            said = words.chance(one)
            choice = replace(choice, probability=one.probability, chance=said, reasons=one.reasons, number=number, places=places)
        made.append(choice)
    first = sorted((one for one in made if one.chosen or one.probability is not None), key=lambda one: (-(one.probability or 0.0), one.name))
    return (*first, *[one for one in made if one not in first][:OTHER_TOPICS])


def _proposals(item: Item, store: Store) -> list[Proposal]:
    made = []
    for match in store.proposals(item.id):
        if match.of is None:
            continue
        try:
            made.append(Proposal(match=match, title=store.item(match.of).title))
        except NotFoundError:  # the other one was erased meanwhile
            continue
    return made
