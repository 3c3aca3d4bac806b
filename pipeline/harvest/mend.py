"""Mend a source that gives no longer what it gave: what stands against it, what is proposed, and the proposal taken over. A person decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline import config as settings
from pipeline import schedule, sources
from pipeline.config import Config
from pipeline.errors import ConflictError, NotFoundError, PipelineError
from pipeline.fetch import Fetcher
from pipeline.fetch.follow import follow
from pipeline.harvest import watch
from pipeline.model import Alarm, Fetch, KeptPage, Lead, Page, Repair, Request, Source, SourceState
from pipeline.sources import repair
from pipeline.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What is wrong with a source and what would mend it, with its last good page and today's, where they are kept. `then` are some of the
    items that it named when all was well; `sentence` is empty where nothing is wrong."""

    source: Source
    sentence: str = ""
    since: datetime | None = None
    repair: Repair | None = None
    then: tuple[Lead, ...] = ()
    good: KeptPage | None = None
    today: KeptPage | None = None


def proposed(state: SourceState) -> Repair | None:
    """Give what would mend a source, as far as its surveys found out: its own new address, or what stands in its alarm."""
    if state.moved_to and state.moved_seen >= schedule.MOVES:
        return Repair(kind=state.kind, url=state.moved_to)
    return state.alarm.repair if state.alarm else None


def standing(source: Source, store: Store) -> Examined:
    """Say what its surveys have found wrong with a source. Asks nobody."""
    return _examined(source, store.source_state(source.id, counted=False), store)


def examine(source: Source, config: Config, store: Store, *, now: Callable[[], datetime]) -> Examined:
    """Say what is wrong with a source and propose what would mend it. Where its surveys have found nothing that would, the source is asked once
    more, and then the home page of its site; nothing is stored but a page that is kept for the repair."""
    state = store.source_state(source.id)
    if proposed(state) is None:
        found = asyncio.run(_ask(source, state, config=config, store=store, now=now))
        state = replace(state, alarm=found or state.alarm)
    return _examined(source, state, store)


def _examined(source: Source, state: SourceState, store: Store) -> Examined:
    said = [state.error, state.alarm.sentence if state.alarm else None, state.drift]
    if state.moved_to and state.moved_seen >= schedule.MOVES:
        said.append(f"It has moved to {state.moved_to} for good, and what it named before is there.")
    return Examined(
        source=source,
        sentence=" ".join(one for one in dict.fromkeys(said) if one),
        since=state.alarm.since if state.alarm else None,
        repair=proposed(state),
        then=store.said(source.id, limit=repair.PREVIEW),
        good=store.kept_page(source.id, good=True),
        today=store.kept_page(source.id, good=False),
    )


def accept(source: Source, proposal: Repair | None, *, config: Config, store: Store, now: Callable[[], datetime]) -> tuple[int, int]:
    """Take a proposal over: write it into the settings, take the alarm back, and read the kept page again, so that what was missed comes in. How many
    leads that gave, and how many new ones. Raises `ConfigError` where the file cannot be changed, and then nothing is changed."""
    if proposal is None:
        hint = f"`gleanings sources repair {source.id}` looks for one."
        raise NotFoundError("proposal for", source.id, hint=hint)
    changes: dict[str, object] = {}
    if proposal.url != source.url:
        changes["url"] = proposal.url
    if proposal.kind != source.kind:
        changes["kind"] = proposal.kind
    if proposal.select:
        changes["select"] = dict(proposal.select)
    if not changes:
        raise ConflictError(f"{config.path.name} says so already.", hint="The next harvest takes it up.")
    options = {key: value for key, value in changes.items() if key == "select"}
    mended = replace(source, url=proposal.url, kind=proposal.kind, options={**source.options, **options})
    today = store.kept_page(source.id, good=False)
    leads = _read(mended, today.page) if today and today.page.body and proposal.select else []
    settings.change_source(config.path, source.id, changes)
    with store.transaction():
        store.mended(source.id)
        return store.offer(source.id, leads, now(), folding=source.folding)


def _read(source: Source, page: Page) -> list[Lead]:
    """Read a kept page with what is proposed. Its further pages are read by the next harvest."""
    return [replace(one, timezone=source.timezone) for one in sources.leads(source, page) if isinstance(one, Lead)]


async def _ask(source: Source, state: SourceState, *, config: Config, store: Store, now: Callable[[], datetime]) -> Alarm | None:
    """Look at a source as it is today, and where it is nowhere to be seen, round about it."""
    if source.kind not in watch.WATCHED:
        return None
    async with Fetcher(config.harvest) as fetch:
        page, error = await _today(source, state, fetch)
        if page is not None:
            return _judge(source, page, store=store, now=now())
        proposal = await watch.elsewhere(source, watch.recent(source, store), fetch)
    return Alarm(since=now(), sentence=f"It may be at {proposal.url} now." if proposal else "", repair=proposal) if error else None


async def _today(source: Source, state: SourceState, fetch: Fetch) -> tuple[Page | None, str]:
    """Ask for the page of a source in full. One that is no page of its kind any more counts as none, except a listing's."""
    try:
        answer = await follow(Request(url=state.moved_to or sources.address(source)), fetch)
        if isinstance(answer, Page) and source.kind != "listing":
            next(iter(sources.leads(source, answer)), None)
    except PipelineError as error:
        return None, str(error)
    return (answer, "") if isinstance(answer, Page) else (None, "")


def _judge(source: Source, page: Page, *, store: Store, now: datetime) -> Alarm | None:
    known, good = store.said(source.id), store.kept_page(source.id, good=True)
    try:
        found = _read(source, page)
    except PipelineError:
        found = []
    sentence = repair.fault(source, page, found=found, good=good, known=known)
    if not sentence or source.kind != "listing":
        return Alarm(since=now, sentence=sentence) if sentence else None
    store.keep_page(source.id, KeptPage(page=page, leads=len(found), titled=repair.titled(found)), good=False)
    return Alarm(since=now, sentence=sentence, repair=repair.reselect(source, page, known))
