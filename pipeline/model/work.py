"""The work of the harvest: runs, claims of leads, health of sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.model.items import State
from pipeline.model.kinds import ItemId
from pipeline.model.resources import Fingerprint, Resource
from pipeline.model.sources import Lead, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One survey of one source. `error` is a sentence; `found` counts leads, `new` those not known before."""

    source: str
    started: datetime
    finished: datetime | None = None
    found: int = 0
    new: int = 0
    same: int = 0
    failed: int = 0
    unchanged: bool = False
    error: str | None = None
    title: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A lead under lease: `id` names the row, `attempts` counts this one, `hops` the hosts it was sent on to."""

    id: int
    lead: Lead
    url: str
    attempts: int = 1
    hops: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Leads of whole hosts, to be visited by one worker. `robots` are the rules already known, text by host; `asked` when hosts were last asked;
    `select` the CSS selectors that sources have for fields of their pages."""

    id: int
    claims: tuple[Claim, ...]
    robots: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, datetime] = field(default_factory=dict)
    select: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one lead: a resource with its fingerprint, or where it moved, or why not. `again` says that a later try may help,
    `retry_after` when the server asked for a time. `picture` is the first page of a report, a PNG;
    `leads` are what was found beside the thing itself, such as the other events of a calendar."""

    claim: int
    resource: Resource | None = None
    fingerprint: Fingerprint | None = None
    moved: str | None = None
    reason: str | None = None
    again: bool = False
    retry_after: timedelta | None = None
    picture: bytes | None = None
    leads: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardDone:
    """All outcomes of one shard, with the robots.txt texts read on the way and when hosts were last asked, by host."""

    shard: int
    outcomes: tuple[Outcome, ...]
    robots: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A lead that could not be read, and why; `again` is when it is tried once more, `None` where that is no use."""

    url: str
    source: str
    reason: str
    again: datetime | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What would mend a source: another `kind` at another `url`, or other selectors. It finds `matched` of the `known` items that are there to be
    found, and `fresh` ones; `preview` are some of all."""

    kind: str
    url: str
    select: Mapping[str, str] = field(default_factory=dict)
    matched: int = 0
    known: int = 0
    fresh: int = 0
    preview: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """That a source gives no longer what it gave, in a sentence, and what would mend it where that was found."""

    since: datetime
    sentence: str
    repair: Repair | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a survey learnt about a source besides its leads; fields as in `SourceState`. Where it is not `judged`, an earlier alarm stands."""

    not_before: datetime | None = None
    gone: datetime | None = None
    moved_to: str | None = None
    moved_seen: int = 0
    alarm: Alarm | None = None
    judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """The page of a source as it was when all was well, or as it is under an alarm. `leads` were found on it, `titled` titles among them. The body
    is empty for kinds whose pages are not kept."""

    page: Page
    leads: int
    titled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source as an operator sees it: what is configured and what happened. `usual_gap` is between new leads.

    `not_before` is a time that its server asked for, `gone` when that said that the source is no more (410). `moved_to` is where it was sent on to
    for good, in `moved_seen` surveys. `drift` says how its last items differ from those before. `wanted` marks one that a person wants asked now.
    """

    id: str
    kind: str
    url: str
    title: str = ""
    paused: bool = False
    absent: bool = False
    last_run: datetime | None = None
    last_ok: datetime | None = None
    last_new: datetime | None = None
    since: datetime | None = None
    error: str | None = None
    failures: int = 0
    usual_gap: timedelta | None = None
    items: int = 0
    failed: int = 0
    etag: str | None = None
    last_modified: str | None = None
    not_before: datetime | None = None
    gone: datetime | None = None
    moved_to: str | None = None
    moved_seen: int = 0
    alarm: Alarm | None = None
    drift: str | None = None
    wanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """That a source named an item, when it first did, and what became of the item; `reason` is that of a rejection."""

    source: str
    item: ItemId
    first_seen: datetime
    state: State
    decided: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What an operator must know. `state` is gone, failing, alarm, silent, paused, new or ok; `next` when it is due. `alarm` says that what it gives
    is not what it gave, `moved_to` is the address that it has moved to for good."""

    source: str
    state: str
    since: datetime | None = None
    error: str | None = None
    next: datetime | None = None
    usual_gap: timedelta | None = None
    silent: bool = False
    last_new: datetime | None = None
    alarm: str | None = None
    moved_to: str | None = None
