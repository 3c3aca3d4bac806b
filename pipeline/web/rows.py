"""Items as the desk shows them: names instead of ids, and where to go next. Values for the templates; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pipeline import digest, review
from pipeline.config import Config
from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Item, ItemId, Lead, Match, State, Verdict
from pipeline.publish.submissions import SOURCE
from pipeline.store import Folded, LastEdit, Store
from pipeline.web import fields, ties, words
from pipeline.web.crowd import Crowd, crowd_of
from pipeline.web.facets import Facets
from pipeline.web.marks import TOPICS, Marked, marked
from pipeline.web.sides import Change, Side, revised, sides

if TYPE_CHECKING:
    from pipeline.digest import Checked
    from pipeline.extract import repair
    from pipeline.publish import retractions
else:
    repair = late("pipeline.extract.repair")
    retractions = late("pipeline.publish.retractions")

SAID = {
    State.QUEUED: "Back in the queue",
    State.ACCEPTED: "Accepted",
    State.REJECTED: "Rejected",
    State.DEFERRED: "Put off until later",
    State.MERGED: "Folded",
    State.PUBLISHED: "Published",
}
"""What was done to an item that stands so now."""

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
    """Another item that this one may be the same as, and on what evidence. `was` says where that one came out, empty where it did not."""

    match: Match
    item: Item
    was: str

    @property
    def title(self) -> str:
        return self.item.title or self.item.resource.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One item for the reading pane. `to` is where its form leads on to, `seen` names its sources; `steer` is 1 where more like it was asked for,
    -1 where less; `suggested` names the reader who suggested it.

    `fields` are what its form shows (`is_typed` where that is what somebody typed and is not kept yet), `mark` says as of when; `checked` is what
    was found in a curator's words, `None` where there are none. `repairs` are proposals for its dates, `sides` sets it beside the first of
    `proposals`; `was` says where it came out, `retracted` that its work was withdrawn or doubted; `pictured` that
    the first page of the report can be shown.
    """

    item: Item
    source: str
    seen: tuple[Place, ...]
    topics: tuple[TopicChoice, ...]
    marked: Marked
    records: tuple[Record, ...]
    steer: int
    proposals: tuple[Proposal, ...]
    ties: tuple[ties.Shown, ...]
    allowed: frozenset[Verdict]
    suggested: str
    fields: Mapping[str, str]
    mark: str
    checked: Checked | None
    when: str
    repairs: tuple[repair.Repair, ...]
    folded: tuple[Folded, ...]
    sides: tuple[Side, Side] | None
    was: str
    retracted: str
    pictured: bool
    edited: LastEdit | None
    revised: tuple[Change, ...]
    crowd: Crowd
    url: str
    to: str
    previous: str = ""
    next: str = ""
    is_typed: bool = False

    @property
    def near(self) -> tuple[TopicChoice, ...]:
        """Topics that were suggested or chosen."""
        return tuple(one for one in self.topics if one.probability is not None or one.chosen)

    @property
    def far(self) -> tuple[TopicChoice, ...]:
        """The other topics."""
        return tuple(one for one in self.topics if one.probability is None and not one.chosen)

    @property
    def speaking(self) -> tuple[TopicChoice, ...]:
        """Topics for which words of the text speak."""
        return tuple(one for one in self.topics if one.number)


Place = tuple[str, str, str]
"""Where an item was seen: the name of the source, the address as it gave it, and whom it credits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What rows are made from: the settings, the store of this request, who looks and when. `length` is how much of a text is shown."""

    config: Config
    store: Store
    me: str
    now: datetime
    facets: Facets
    length: int = words.EXCERPT


def places(item: Item, names: Mapping[str, str]) -> tuple[Place, ...]:
    """List where an item was seen, each place once. `names` are the titles of sources."""
    leads = [one.lead for one in item.sightings]
    return tuple(dict.fromkeys((names.get(one.source, one.source), one.url, _credited(one)) for one in leads))


def _credited(lead: Lead) -> str:
    said = (("posted by", lead.posted_by), ("recommended by", lead.recommended_by))
    return ", ".join(f"{role} {name}" for role, name in said if name)


def row(item: Item, desk: Desk, *, url: str, to: str, previous: str = "", following: str = "", crowd: Crowd | None = None) -> Row:
    """Make the pane of one item. `crowd` is what people say of it, where that was asked already."""
    store, config = desk.store, desk.config
    names = {source.id: source.title or source.id for source in config.sources}
    speaking = [one for one in item.suggestions if one.reasons][:TOPICS]
    made = _marked(item, [one.reasons for one in speaking], length=desk.length)
    proposals = _proposals(item, store) if item.state is not State.MERGED else ()
    edited, was = store.last_edit(item.id), store.appearances([item.cluster or item.id]).get(item.cluster or item.id)
    return Row(
        item=item,
        source=words.maker(item.resource),
        seen=places(item, names),
        topics=_topics(item, config, marks={one.topic: (place + 1, made.places[place]) for place, one in enumerate(speaking)}),
        marked=made,
        records=_records(item, names, desk),
        steer=store.steered(item.id),
        proposals=proposals,
        ties=ties.of_item(item, store),
        allowed=review.allowed(item.state, item.lane),
        suggested=_suggested(item),
        fields=fields.shown(item),
        mark=fields.mark(item),
        checked=_checked(item, desk),
        when=repair.spoken(item.event) if item.event and item.event.start else "",
        repairs=fields.repairs_of(item, zone=ZoneInfo(config.desk.timezone)),
        folded=store.folded_into(item.id) if item.state is not State.MERGED else (),
        sides=sides(item, proposals[0].item, texts=False) if proposals else None,
        was=was.said if was else "",
        retracted=retractions.of_item(item, store, language=config.desk.language),
        pictured=store.has_picture(item.id),
        edited=edited,
        revised=revised(edited.before, item.resource) if edited and edited.before else (),
        crowd=crowd or crowd_of(store, [item.id], me=desk.me, now=desk.now)[item.id],
        url=url,
        to=to,
        previous=previous,
        next=following,
    )


def _marked(item: Item, topics: list[tuple[str, ...]], *, length: int) -> Marked:
    title, description = item.title or item.resource.url, words.excerpt(item.description or "")
    return marked(title, description, words.excerpt(item.resource.text, limit=length), topics=topics)


def queue_url(filters: dict[str, str], *, item: ItemId | None = None) -> str:
    """Write the address of the queue with the filters that are set, and of one item in it."""
    named = {name: value for name, value in filters.items() if value}
    if item is not None:
        named["item"] = str(item)
    return "/desk/queue" + (f"?{urlencode(named)}" if named else "")


def _topics(item: Item, config: Config, *, marks: Mapping[str, tuple[int, int]]) -> tuple[TopicChoice, ...]:
    """List suggested and chosen topics first, the likeliest at the head, then a few others of the taxonomy."""
    suggested = {suggestion.topic: suggestion for suggestion in item.suggestions}
    chosen = item.topics
    first: list[TopicChoice] = []
    others: list[TopicChoice] = []
    for topic in config.topics:
        one = suggested.get(topic.id)
        if one is not None:
            number, places = marks.get(topic.id, (0, 0))
            known = TopicChoice(id=topic.id, name=topic.name, chosen=topic.id in chosen, number=number, places=places)
            first.append(replace(known, probability=one.probability, chance=words.chance(one), reasons=one.reasons))
        elif topic.id in chosen:
            first.append(TopicChoice(id=topic.id, name=topic.name, chosen=True))
        elif len(others) < OTHER_TOPICS:
            others.append(TopicChoice(id=topic.id, name=topic.name, chosen=False))
    return (*sorted(first, key=lambda one: (-(one.probability or 0.0), one.name)), *others)


def _records(item: Item, names: Mapping[str, str], desk: Desk) -> tuple[Record, ...]:
    sources = tuple(dict.fromkeys(one.lead.source for one in item.sightings))
    record = desk.facets.record(desk.store, sources)
    return tuple(Record(names.get(one, one), *record[one]) for one in sources if one in record)


def _proposals(item: Item, store: Store) -> tuple[Proposal, ...]:
    matches = {match.of: match for match in store.proposals(item.id) if match.of is not None}
    was = store.appearances(tuple(matches))
    made = []
    for of, match in matches.items():
        try:
            made.append(Proposal(match=match, item=store.item(of), was=was[of].said if of in was else ""))
        except NotFoundError:  # the other one was erased meanwhile
            continue
    return tuple(made)


def _suggested(item: Item) -> str:
    return next((s.lead.recommended_by or "" for s in item.sightings if s.lead.source == SOURCE), "")


def _checked(item: Item, desk: Desk) -> Checked | None:
    if not fields.is_worded(item):
        return None
    config = desk.config
    return digest.checked(item, desk=config.desk, topics=config.topics, allowance=config.digest.copied_words, now=desk.now)
