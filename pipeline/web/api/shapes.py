"""What operations answer about items and people, as types; made from ours, so that ours may change without breaking a program elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pipeline.exchange.items import address
from pipeline.model import Citation, Decision, Event, Item, ItemId, Kind, Lane, Relation, RelationState, State, Tie, Verdict
from pipeline.store import Memory
from pipeline.web.api.schema import Note

MOST = 200
"""Entries of one page at most."""

Limit = Annotated[int, Note(about="Entries of one page at most.", least=1, most=MOST)]
Cursor = Annotated[str | None, Note(about="`next` of the page before; the first page without it.")]
Next = Annotated[str | None, Note(about="Cursor of the next page; null where this is the last.")]
Id = Annotated[int, Note(about="Number of the item.", least=1)]
Day = date | datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTopic:
    """A topic of an item: chosen by a curator (probability null), or suggested."""

    id: str
    probability: Annotated[float | None, Note(about="How likely a curator would choose it, from 0 to 1.")]
    assigned: Annotated[bool, Note(about="Whether the item counts as having it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSeen:
    """Where an item was seen."""

    source: str
    url: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDecision:
    """The verdict that stands."""

    verdict: Verdict
    by: str
    at: datetime
    reason: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEvent:
    """When and where something takes place. An all-day event ends on its last day."""

    start: Day | None
    end: Day | None
    all_day: bool
    timezone: str | None
    location: str | None
    online: bool | Literal["mixed"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCitation:
    """Where a paper came out."""

    journal: str | None
    volume: str | None
    issue: str | None
    pagination: str | None
    year: Annotated[int | None, Note(about="Where no day of publication is known.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBrief:
    """An item as it stands now. Where a curator's words say otherwise than the source, they count."""

    id: ItemId
    url: str | None
    title: str
    kind: Kind
    state: State
    version: Annotated[int, Note(about="Counts the revisions of what was read.")]
    lane: Lane
    rank: Annotated[float, Note(about="How likely a curator would keep it, from 0 to 1.")]
    topics: tuple[ItemTopic, ...]
    description: Annotated[str | None, Note(about="What it is.")]
    note: Annotated[str, Note(about="Why it matters to our readers.")]
    creators: tuple[str, ...]
    publisher: str | None
    published: Day | None
    added: datetime
    language: str | None
    minutes: Annotated[int | None, Note(about="Of reading.")]
    duration_seconds: Annotated[int | None, Note(about="Of what is watched or heard.")]
    audience: str
    must_have: bool
    sources: tuple[str, ...]
    folded_into: ItemId | None
    edition: str | None
    deferred_until: datetime | None
    decision: ItemDecision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTie:
    """That one item continues, supports, accompanies or records another."""

    item: ItemId
    tie: Tie
    other: ItemId
    words: Annotated[str, Note(about="What was read that says so.")]
    state: RelationState
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAppearance:
    """Where an item, or the one that it is folded into, came out."""

    edition: str
    month: str
    item: Annotated[int | None, Note(about="Its place there, where that is known.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemVersion:
    """An earlier state of what an item was read from."""

    version: int
    until: datetime
    title: str
    words: int
    changed: Annotated[tuple[str, ...], Note(about="Fields in which the next version differs.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFolded:
    """An item that is folded into another."""

    id: ItemId
    title: str
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetail(ItemBrief):
    """An item with all that was read of it."""

    text: str
    words: int
    pages: int | None
    event: ItemEvent | None
    identifiers: dict[str, str]
    citation: ItemCitation | None
    licence: Annotated[str | None, Note(about="Its short name where it has one (CC BY 4.0), else the address or words of the page.")]
    image: str | None
    image_alt: Annotated[str | None, Note(about="The words that stand for the picture.")]
    series: str | None
    part: Annotated[int | None, Note(about="Its number in its series.")]
    ties: Annotated[tuple[ItemTie, ...], Note(about="How it belongs with other items; readers are told of what is taken.")]
    seen: tuple[ItemSeen, ...]
    may_be: Annotated[tuple[ItemId, ...], Note(about="Items that may be the same thing.")]
    was: Annotated[ItemAppearance | None, Note(about="Readers have had it; repeat it only as an update.")]
    source_changed: Annotated[datetime | None, Note(about="When the source changed last, where that was after a curator put words on the item.")]
    versions: Annotated[tuple[ItemVersion, ...], Note(about="What its source said before, the first first.")]
    fold_rule: Annotated[str, Note(about="Where it is folded: by which rule.")]
    fold_evidence: str
    folded: Annotated[tuple[ItemFolded, ...], Note(about="What is folded into it, at most twenty.")]
    kept_apart: Annotated[tuple[ItemId, ...], Note(about="Items that a curator said to be different; no rule folds them together.")]
    origin: Annotated[dict[str, str], Note(about="By which rule each field was read.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A page of items."""

    items: tuple[ItemBrief, ...]
    next: Next


def brief(item: Item) -> ItemBrief:
    """Write an item for a list."""
    return ItemBrief(**_brief(item))  # type: ignore[arg-type]  # the fields of one dictionary


def detail(item: Item, memory: Memory, *, may_be: tuple[ItemId, ...], ties: tuple[Relation, ...]) -> ItemDetail:
    """Write an item with all that was read of it."""
    resource = item.resource
    return ItemDetail(
        **_brief(item),  # type: ignore[arg-type]  # the fields of one dictionary
        text=resource.text,
        words=resource.words,
        pages=resource.pages,
        event=event(item.event),
        identifiers=dict(resource.identifiers),
        citation=_citation(resource.citation),
        licence=resource.licence,
        image=resource.image,
        image_alt=item.overlay.image_alt or resource.image_alt,
        series=resource.series,
        part=resource.part,
        ties=tuple(ItemTie(item=one.item, tie=one.tie, other=one.other, words=one.words, state=one.state, by=one.by) for one in ties),
        seen=tuple(ItemSeen(source=one.lead.source, url=address(one.lead.url), at=one.first_seen) for one in item.sightings),
        may_be=may_be,
        origin=dict(resource.origin),
        **_remembered(item, memory),  # type: ignore[arg-type]  # the fields of one dictionary
    )


def _remembered(item: Item, memory: Memory) -> dict[str, object]:
    was = memory.was
    return {
        "was": ItemAppearance(edition=was.edition, month=was.month, item=was.place or None) if was else None,
        "source_changed": memory.source_changed,
        "versions": tuple(
            ItemVersion(version=one.number, until=one.until, title=one.resource.title, words=one.resource.words, changed=one.changed)
            for one in memory.versions
        ),
        "fold_rule": item.fold_rule,
        "fold_evidence": item.fold_evidence,
        "folded": tuple(ItemFolded(id=one.id, title=one.title, rule=one.rule, evidence=one.evidence) for one in memory.folded),
        "kept_apart": memory.apart,
    }


def _citation(of: Citation | None) -> ItemCitation | None:
    if of is None:
        return None
    return ItemCitation(journal=of.journal, volume=of.volume, issue=of.issue, pagination=of.pagination, year=of.year)


def event(of: Event | None) -> ItemEvent | None:
    """Write an event."""
    if of is None:
        return None
    return ItemEvent(
        start=of.start, end=of.end, all_day=of.all_day, timezone=of.timezone, location=of.location, online="mixed" if of.hybrid else of.online
    )


def _brief(item: Item) -> dict[str, object]:
    resource = item.resource
    return {
        "id": item.id,
        "url": address(resource.url),
        "title": item.title,
        "kind": item.kind,
        "state": item.state,
        "version": item.version,
        "lane": item.lane,
        "rank": item.rank,
        "topics": _topics(item),
        "description": item.description,
        "note": item.note,
        "creators": resource.creators,
        "publisher": resource.publisher,
        "published": resource.published,
        "added": item.added,
        "language": resource.language,
        "minutes": resource.minutes,
        "duration_seconds": int(resource.duration.total_seconds()) if resource.duration is not None else None,
        "audience": item.audience,
        "must_have": item.overlay.must_have,
        "sources": tuple(dict.fromkeys(one.lead.source for one in item.sightings)),
        "folded_into": item.merged_into,
        "edition": item.edition,
        "deferred_until": item.deferred_until,
        "decision": _decision(item.decision),
    }


def _topics(item: Item) -> tuple[ItemTopic, ...]:
    if item.overlay.topics is not None:
        return tuple(ItemTopic(id=one, probability=None, assigned=True) for one in item.overlay.topics)
    return tuple(ItemTopic(id=one.topic, probability=round(one.probability, 4), assigned=one.is_assigned) for one in item.suggestions)


def _decision(of: Decision | None) -> ItemDecision | None:
    if of is None:
        return None
    return ItemDecision(verdict=of.verdict, by=of.curator, at=of.decided, reason=of.reason, note=of.note)
