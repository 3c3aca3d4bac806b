"""Items as the desk shows them: names instead of ids, and where to go next. Values for the templates; asks the store only for fold proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from pipeline import review
from pipeline.config import Config
from pipeline.errors import NotFoundError
from pipeline.model import Item, ItemId, Match, State, Verdict
from pipeline.store import Store
from pipeline.web import words

OTHER_TOPICS = 12
"""Topics without a suggestion that a pane offers beside the suggested ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChoice:
    """A topic with a box to tick. `probability` is `None` where nothing was suggested."""

    id: str
    name: str
    chosen: bool
    probability: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Another item that this one may be the same as, and on what evidence."""

    match: Match
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One item for the list and for the reading pane. `to` is where its form leads on to, `seen` names its sources."""

    item: Item
    source: str
    seen: tuple[tuple[str, str], ...]
    topics: tuple[TopicChoice, ...]
    reasons: tuple[str, ...]
    proposals: tuple[Proposal, ...]
    allowed: frozenset[Verdict]
    url: str
    to: str
    previous: str = ""
    next: str = ""


def rows(items: Sequence[Item], *, config: Config, store: Store, filters: dict[str, str]) -> tuple[Row, ...]:
    """Make the rows of the queue, each knowing its neighbours. `filters` are the queue's own query parameters."""
    addresses = [queue_url(filters, item=item.id) for item in items]
    made = []
    for place, item in enumerate(items):
        before = addresses[place - 1] if place else ""
        after = addresses[place + 1] if place + 1 < len(items) else ""
        made.append(row(item, config=config, store=store, url=addresses[place], to=after or queue_url(filters), previous=before, following=after))
    return tuple(made)


def row(item: Item, *, config: Config, store: Store, url: str, to: str, previous: str = "", following: str = "") -> Row:
    """Make the row of one item."""
    titles = {source.id: source.title for source in config.sources}
    seen = tuple(dict.fromkeys((titles.get(s.lead.source) or s.lead.source, s.lead.url) for s in item.sightings))
    return Row(
        item=item,
        source=words.maker(item.resource),
        seen=seen,
        topics=_topics(item, config),
        reasons=words.reasons(item),
        proposals=tuple(_proposals(item, store)) if item.state is not State.MERGED else (),
        allowed=review.allowed(item.state),
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


def _topics(item: Item, config: Config) -> tuple[TopicChoice, ...]:
    """List suggested and chosen topics first, the likeliest at the head, then a few others of the taxonomy."""
    suggested = {suggestion.topic: suggestion for suggestion in item.suggestions}
    chosen = item.topics
    made = [
        TopicChoice(
            id=topic.id,
            name=topic.name,
            chosen=topic.id in chosen,
            probability=suggested[topic.id].probability if topic.id in suggested else None,
            reasons=suggested[topic.id].reasons if topic.id in suggested else (),
        )
        for topic in config.topics
    ]
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
