"""What is in our keeping, and what curators decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.model.kinds import ItemId, Kind
from pipeline.model.machine import Lane, Suggestion
from pipeline.model.resources import Resource
from pipeline.model.sources import Event, Lead


class State(StrEnum):
    """Where an item stands. Moves only through `review.apply`."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    MERGED = "merged"
    PUBLISHED = "published"


class Verdict(StrEnum):
    """What a curator may do to an item."""

    ACCEPT = "accept"
    REJECT = "reject"
    DEFER = "defer"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where an item was seen: what one source said of it. `url` is the address as the source gave it."""

    lead: Lead
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A curator's own words on an item. The harvest never writes here. `None` leaves what was extracted.

    `description` says what it is and `note` why it matters to our readers; `blurb`, given with a verdict, is printed in place of the description.
    """

    title: str | None = None
    kind: Kind | None = None
    description: str | None = None
    topics: tuple[str, ...] | None = None
    blurb: str | None = None
    note: str | None = None
    image_alt: str | None = None
    audience: str | None = None
    must_have: bool = False
    event: Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a curator did to an item; append-only. `probability` is the rank that stood beside it then, `shown` how it had come up: ranked, audit,
    random, or empty where it was not the queue that showed it. `must_have` goes with an accept, `until` with a deferral: from when it waits again."""

    item: ItemId
    verdict: Verdict
    decided: datetime
    curator: str = ""
    topics: tuple[str, ...] | None = None
    kind: Kind | None = None
    reason: str | None = None
    blurb: str | None = None
    note: str | None = None
    must_have: bool = False
    until: datetime | None = None
    probability: float | None = None
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A resource in our keeping. What a reader sees is the overlay where it speaks, else the resource: see `shown`."""

    id: ItemId
    resource: Resource
    state: State = State.QUEUED
    added: datetime
    version: int = 1
    origin_id: str | None = None
    rank: float = 0.0
    lane: Lane = Lane.RANKED
    lane_reason: str = ""
    overlay: Overlay = field(default_factory=Overlay)
    suggestions: tuple[Suggestion, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    decision: Decision | None = None
    merged_into: ItemId | None = None
    fold_rule: str = ""
    fold_evidence: str = ""
    cluster: ItemId | None = None
    edition: str | None = None
    deferred_until: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.overlay.title or self.resource.title

    @property
    def kind(self) -> Kind:
        return self.overlay.kind or self.resource.kind

    @property
    def description(self) -> str | None:
        return self.overlay.description if self.overlay.description is not None else self.resource.description

    @property
    def topics(self) -> tuple[str, ...]:
        """What the curator chose, else what is assigned of what is suggested."""
        if self.overlay.topics is not None:
            return self.overlay.topics
        return tuple(s.topic for s in self.suggestions if s.is_assigned)

    @property
    def event(self) -> Event | None:
        """What a curator set right of it, else what was read."""
        return self.overlay.event or self.resource.event

    @property
    def note(self) -> str:
        """Why it matters to our readers: what a curator wrote of it, else what was said when it was accepted."""
        if self.overlay.note is not None:
            return self.overlay.note
        return (self.decision.note or "") if self.decision and self.decision.verdict is Verdict.ACCEPT else ""

    @property
    def audience(self) -> str:
        return self.overlay.audience or self.resource.audience
