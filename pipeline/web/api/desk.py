"""Operations on the desk itself: who asks, how it stands, its topics and sources, and what everybody did."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pipeline import schedule
from pipeline.errors import NotFoundError
from pipeline.model import ItemId, Role, Scope, Source, SourceState
from pipeline.store import LoggedAct
from pipeline.text import nearest
from pipeline.web.api.operation import Call, Nothing, operation
from pipeline.web.api.problem import FaultyError
from pipeline.web.api.schema import Fault, Note
from pipeline.web.api.shapes import Cursor, Limit

_CURSOR = re.compile(r"(\d{1,15})\.(\d{1,17})\.(\d{1,15})", re.ASCII)
_SETTLED = timedelta(minutes=1)
"""What was taken back less than so long ago is told once more at the next call: another writer may not have come to its end yet."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The person whose token this is."""

    name: str
    role: Role
    may: Annotated[tuple[Role, ...], Note(about="All roles that this one includes.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the desk stands."""

    name: str
    organisation: str
    items: Annotated[dict[str, int], Note(about="How many items there are in each state.")]
    waiting: Annotated[dict[str, int], Note(about="How many items wait in each lane of the queue.")]
    sources: Annotated[dict[str, int], Note(about="How many sources are in each state of health.")]
    next_edition: datetime
    closes: Annotated[datetime, Note(about="Until when the next edition takes items in.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicEntry:
    """A topic of the taxonomy."""

    id: str
    name: str
    facet: str
    description: str
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """The taxonomy."""

    topics: tuple[TopicEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """A source and how it does."""

    id: str
    kind: str
    url: str
    title: str
    health: Annotated[str, Note(about="ok, new, silent, failing, alarm, gone or paused.")]
    since: Annotated[datetime | None, Note(about="Since when it is so.")]
    told: Annotated[str, Note(about="What an operator should know, in words; empty where all is well.")]
    last_run: datetime | None
    last_new: datetime | None
    next_run: datetime | None
    usual_gap_seconds: Annotated[float | None, Note(about="Between new things there, usually.")]
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The sources."""

    sources: tuple[SourceEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWanted:
    """One source."""

    id: Annotated[str, Note(about="Its id, as in the settings.", most=80)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of a curator."""

    id: int
    item: ItemId
    title: str
    act: Annotated[str, Note(about="accept, reject, defer, reopen, fold, unfold, more, less or edit.")]
    by: str
    at: datetime
    reason: str
    undone: datetime | None
    undone_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What happened since the cursor. `decisions` are new acts, the first first; `undone` are acts that were taken back meanwhile."""

    decisions: tuple[Act, ...]
    undone: tuple[Act, ...]
    cursor: Annotated[str, Note(about="Where to go on; always there, so that you can ask again later.")]
    more: Annotated[bool, Note(about="Whether there is more already.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActsWanted:
    """Since when."""

    cursor: Cursor = None
    limit: Limit = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How many acts to take back."""

    count: Annotated[int, Note(about="How many of your own last acts, all of them or none.", least=1, most=50)] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What was taken back."""

    said: Annotated[tuple[str, ...], Note(about="A sentence for each act.")]


@operation("GET", "/me", scope=Scope.READ, role=Role.READER, tag="desk")
def get_me(call: Call[Nothing, None]) -> Me:
    """Say whose token this is."""
    return Me(name=call.person.name, role=call.person.role, may=tuple(role for role in Role if call.person.role.may(role)))


@operation("GET", "/status", scope=Scope.READ, role=Role.SCOUT, tag="desk")
def get_status(call: Call[Nothing, None]) -> Standing:
    """Say how the desk stands: items, queue, sources, the next edition."""
    config = call.site.config
    due = schedule.next_edition(config.digest, config.desk.timezone, call.now)
    healths = [one.health for one in _sources(call)]
    return Standing(
        name=config.desk.name,
        organisation=config.desk.organisation,
        items={state.value: number for state, number in call.store.counts().items()},
        waiting={lane.value: number for lane, number in call.store.lanes().items()},
        sources={word: healths.count(word) for word in sorted(set(healths))},
        next_edition=due,
        closes=due - config.digest.cutoff,
    )


@operation("GET", "/topics", scope=Scope.READ, role=Role.READER, tag="desk")
def list_topics(call: Call[Nothing, None]) -> Topics:
    """List the taxonomy in force."""
    return Topics(
        topics=tuple(
            TopicEntry(id=one.id, name=one.name, facet=one.facet, description=one.description, keywords=one.keywords)
            for one in call.site.config.topics
        )
    )


@operation("GET", "/sources", scope=Scope.READ, role=Role.SCOUT, tag="sources")
def list_sources(call: Call[Nothing, None]) -> Sources:
    """List the sources and how they do."""
    return Sources(sources=_sources(call))


@operation("GET", "/sources/{id}", scope=Scope.READ, role=Role.SCOUT, tag="sources")
def get_source(call: Call[SourceWanted, None]) -> SourceEntry:
    """Say how one source does."""
    return _source(_configured(call), call.store.source_state(call.params.id), call.now)


@operation("POST", "/sources/{id}/pause", scope=Scope.EDIT, role=Role.OPERATOR, tag="sources")
def pause_source(call: Call[SourceWanted, None]) -> SourceEntry:
    """Stop asking a source; what it brought stays."""
    return _paused(call, paused=True)


@operation("POST", "/sources/{id}/resume", scope=Scope.EDIT, role=Role.OPERATOR, tag="sources")
def resume_source(call: Call[SourceWanted, None]) -> SourceEntry:
    """Ask a source again when it is due."""
    return _paused(call, paused=False)


@operation("GET", "/decisions", scope=Scope.READ, role=Role.SCOUT, tag="decisions")
def list_decisions(call: Call[ActsWanted, None]) -> Acts:
    """List what curators did since a cursor.

    Ask without a cursor first, then with the one of the last answer. An act that was taken back less than a minute ago may be told twice.
    """
    number, mark = _since(call.params.cursor, call.now)
    limit = call.params.limit
    found = call.store.acts(number, limit + 1, oldest_first=True)
    undone = call.store.undone_since(*mark, limit=limit + 1)
    page, told = found[:limit], undone[:limit]
    mark = (told[-1].undone or mark[0], told[-1].id) if len(undone) > limit else max(mark, (call.now - _SETTLED, 0))
    return Acts(
        decisions=tuple(map(_act, page)),
        undone=tuple(map(_act, told)),
        cursor=f"{page[-1].id if page else number}.{_ticks(mark[0])}.{mark[1]}",
        more=len(found) > limit or len(undone) > limit,
    )


@operation("POST", "/undo", scope=Scope.DECIDE, role=Role.CURATOR, tag="decisions")
def undo_decisions(call: Call[Nothing, Undo]) -> Undone:
    """Take back your own last acts, the last first; refused (409) where an item has changed since."""
    return Undone(said=call.store.undo(call.body.count, by=call.person.name, now=call.now, mine=True))


def _sources(call: Call[Nothing, None]) -> tuple[SourceEntry, ...]:
    states = {state.id: state for state in call.store.source_states()}
    return tuple(_source(one, states.get(one.id) or _unasked(one), call.now) for one in call.site.config.sources)


def _unasked(source: Source) -> SourceState:
    return SourceState(id=source.id, kind=source.kind, url=source.url, title=source.title)


def _source(source: Source, state: SourceState, now: datetime) -> SourceEntry:
    health = schedule.health(state, source, now)
    return SourceEntry(
        id=source.id,
        kind=source.kind,
        url=source.url,
        title=source.title or state.title or source.id,
        health=health.state,
        since=health.since,
        told=schedule.told(health, now),
        last_run=state.last_run,
        last_new=state.last_new,
        next_run=health.next if health.next and health.next > _EPOCH else None,
        usual_gap_seconds=state.usual_gap.total_seconds() if state.usual_gap else None,
        items=state.items,
    )


def _configured(call: Call[SourceWanted, None]) -> Source:
    known = {one.id: one for one in call.site.config.sources}
    if call.params.id not in known:
        near = nearest(call.params.id, known)
        raise NotFoundError("source", f"“{call.params.id}”", hint=f"Did you mean “{near}”?" if near else "`GET /api/v1/sources` lists them.")
    return known[call.params.id]


def _paused(call: Call[SourceWanted, None], *, paused: bool) -> SourceEntry:
    source = _configured(call)
    call.store.pause(source.id, paused)
    return _source(source, call.store.source_state(source.id), call.now)


def _since(cursor: str | None, now: datetime) -> tuple[int, tuple[datetime, int]]:
    """Read a cursor: the last act that was told; and of those that were taken back, when the last one told was, and its number."""
    if cursor is None:
        return 0, (now - _SETTLED, 0)
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise FaultyError([Fault(where="cursor", problem="This is no cursor of ours.", hint="Give `cursor` of the answer before, as it is.")])
    return int(found[1]), (_EPOCH + timedelta(microseconds=int(found[2])), int(found[3]))


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _act(one: LoggedAct) -> Act:
    return Act(
        id=one.id,
        item=one.item,
        title=one.title,
        act=one.act,
        by=one.by,
        at=one.at,
        reason=one.reason,
        undone=one.undone,
        undone_by=one.undone_by,
    )
