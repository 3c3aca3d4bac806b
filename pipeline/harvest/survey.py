"""The first half of a harvest: ask each source what exists, and keep its leads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline import sources
from pipeline.errors import ParseError, PipelineError
from pipeline.fetch import Fetcher
from pipeline.fetch.follow import follow
from pipeline.harvest import watch
from pipeline.harvest.watch import Told
from pipeline.late import late
from pipeline.model import Fetch, HarvestSettings, Lead, Mark, NotModified, Page, Request, Run, Source, SourceState
from pipeline.store import Store

if TYPE_CHECKING:
    from pipeline.harvest import letters
    from pipeline.sources import mailbox
    from pipeline.sources.mailbox import Opened
else:  # most sources are no mailbox
    letters, mailbox = late("pipeline.harvest.letters"), late("pipeline.sources.mailbox")

log = logging.getLogger("gleanings")

PAGES = 50
"""Pages of one source in one survey: a sitemap index or a paged listing ends here."""
FEED_PAGES = 10
"""Pages of one feed: enough to close a gap, and no whole archive at the first survey."""
AT_ONCE = 32
"""Sources under way at once."""
MOMENT = 0.1
"""Seconds that what a survey tells may wait for others, so that they are stored by one write to the disk."""
SURVEYS, LEADS = 50, 500
"""So many surveys, or leads that they bring, wait for no more."""


def survey_all(
    chosen: Sequence[Source],
    store: Store,
    settings: HarvestSettings,
    *,
    now: Callable[[], datetime],
    report: Callable[[str, int, int], None],
) -> tuple[list[Run], Mapping[str, datetime]]:
    """Survey many sources at once and store what each says; one that fails stops no other. Says too when each host was last asked."""

    async def all_of_them() -> tuple[list[Run], Mapping[str, datetime]]:
        runs: dict[str, Run] = {}
        waiting = iter(chosen)

        async def some(keeper: _Keeper) -> None:
            for source in waiting:  # what many share: each takes the next
                told = await survey(source, store, fetch, settings=settings, now=now)
                keeper.keep(told, source)
                runs[source.id] = told.run
                report("surveying", len(runs), len(chosen))

        async with Fetcher(settings, robots=_Known(store)) as fetch:
            with closing(_Keeper(store, now)) as keeper:
                await asyncio.gather(*(some(keeper) for _ in range(AT_ONCE)))
            store.keep_robots(fetch.robots, now())
        return [runs[source.id] for source in chosen], fetch.asked

    return asyncio.run(all_of_them()) if chosen else ([], {})


class _Known:
    """The robots.txt that the store knows, looked up when their host is asked: of very many sources nobody waits for all of them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, host: str, /) -> str | None:
        return self._store.robots((host,)).get(host)


class _Keeper:
    """Stores what surveys tell: those that end within the same moment by one write to the disk, and of each all or nothing."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._waiting: list[tuple[Told, Source, datetime]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None

    def keep(self, told: Told, source: Source) -> None:
        """Take what a survey tells. Raises what went wrong with what was taken before."""
        if self._error:
            raise self._error
        self._waiting.append((told, source, self._now()))
        if len(self._waiting) >= SURVEYS or sum(len(one.leads) for one, _, _ in self._waiting) >= LEADS:
            self._write()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(MOMENT, self._due)

    def close(self) -> None:
        """Store what waits still."""
        self._write()
        if self._error:
            raise self._error

    def _due(self) -> None:
        try:
            self._write()
        except Exception as error:  # noqa: BLE001 - nobody calls this: it is raised to the next who does
            self._error = error

    def _write(self) -> None:
        if self._timer:
            self._timer.cancel()
        waiting, self._waiting, self._timer = self._waiting, [], None
        if waiting:
            with self._store.transaction():
                for told, source, moment in waiting:
                    _keep(told, source, self._store, moment)


async def survey(source: Source, store: Store, fetch: Fetch, *, settings: HarvestSettings, now: Callable[[], datetime]) -> Told:
    """Survey one source."""
    started = now()
    state = store.source_state(source.id, counted=False)
    try:
        if source.kind == "mailbox":
            run, leads = await asyncio.to_thread(_open, source, state, settings, started)
            told = Told(run=run, leads=leads)
        else:
            told = await _ask(source, state, store, fetch=fetch, contact=settings.contact, started=started)
    except PipelineError as error:
        told = await watch.failed(source, state, error, store=store, fetch=fetch, now=started)
    except Exception:
        log.exception("internal error source=%s", source.id)
        told = Told(run=Run(source=source.id, started=started, error="An internal error; the log has the details."))
    return told


def _keep(told: Told, source: Source, store: Store, now: datetime) -> None:
    """Store the leads of a survey, the validators that came with them and what was learnt, together or not at all."""
    name = source.id
    with store.transaction():
        store.offer(name, told.leads, now, moved=told.moved, folding=source.folding)
        for item in store.reschedule(name, told.leads, now, folding=source.folding):
            log.info("event rescheduled item=%s source=%s", item, name)
        store.record_run(told.run)
        if told.heard:
            store.hear(name, told.heard)
        if told.kept:
            store.keep_page(name, told.kept, good=told.good)


async def _ask(source: Source, state: SourceState, store: Store, *, fetch: Fetch, contact: str, started: datetime) -> Told:
    source = sources.resumed(source, state)
    request = watch.redirected(sources.opening(source, now=started, contact=contact, state=state), source, state)
    first = await follow(request, fetch)
    if isinstance(first, NotModified):
        run = Run(source=source.id, started=started, unchanged=True, etag=state.etag, last_modified=state.last_modified, title=state.title)
        return Told(run=run, heard=watch.unchanged(first, request, state, now=started))
    try:
        found, mark = await read(source, first, fetch, known=lambda addresses: store.known(source.id, addresses, source.folding))
        title = sources.title(source, first)
    except ParseError as error:
        broken = Told(run=Run(source=source.id, started=started, error=str(error)))
        return watch.judged(broken, first, request=request, source=source, state=state, store=store)
    leads = list({lead.url: lead for lead in reversed(found)}.values())[::-1]  # of several dates the first
    etag = mark if source.kind in sources.MARKED else first.etag
    run = Run(source=source.id, started=started, found=len(leads), title=title, etag=etag, last_modified=first.last_modified)
    return watch.judged(Told(run=run, leads=leads), first, request=request, source=source, state=state, store=store)


def _open(source: Source, state: SourceState, settings: HarvestSettings, started: datetime) -> tuple[Run, list[Lead]]:
    """Read the mails that came since the last survey; how far that was stands where other sources have their validator."""
    read: list[Opened] = []
    cursor = state.etag
    try:
        for opened, after in letters.letters(source, letters.look(source, settings, cursor=state.etag), started):
            cursor = after
            read.append(opened)
    except PipelineError as error:
        if cursor == state.etag:
            raise
        log.warning("a mailbox broke off source=%s error=%s", source.id, error)  # what was read is kept, and the next survey goes on from there
    if cursor == state.etag:
        return Run(source=source.id, started=started, unchanged=True, etag=cursor), []
    leads = [replace(lead, timezone=source.timezone) for lead in mailbox.together(read)]
    return Run(source=source.id, started=started, found=len(leads), etag=cursor), leads


async def read(source: Source, first: Page, fetch: Fetch, *, known: Callable[[Sequence[str]], bool] | None = None) -> tuple[list[Lead], str]:
    """Read all leads of a source from its first page on, in the source's order, and the mark where that ended. A further page that fails ends the
    reading, not the source. Of a kind that tells the newest first, no further page is asked for once one names what is `known`."""
    reading = _Reading(source)
    reading.take(first)
    seen = {first.url}
    newest_first = source.kind in sources.NEWEST_FIRST
    while reading.asked and len(seen) < (FEED_PAGES if source.kind == "feed" else PAGES):
        if newest_first and known and reading.names and known(reading.names):
            break
        url = reading.asked.pop(0)
        if url in seen:
            continue
        seen.add(url)
        try:
            page = await follow(Request(url=url), fetch)
            if isinstance(page, Page):
                reading.take(page)
        except PipelineError as error:
            log.warning("further page failed source=%s url=%s error=%s", source.id, url, error)
    return list(reading.leads.values()), reading.source.mark


class _Reading:
    """What a source has said so far: its leads, the pages still to ask for, how far it came, and the addresses that the last page named."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.leads: dict[tuple[str, object], Lead] = {}  # an address may stand for several dates of one event
        self.asked: list[str] = []
        self.names: list[str] = []

    def take(self, page: Page) -> None:
        """Read one page more. What it gave before it turned out broken counts."""
        self.names = []
        for found in sources.leads(self.source, page):
            match found:
                case Request():
                    self.asked.append(found.url)
                case Mark():
                    self.source = replace(self.source, mark=found.value)
                case Lead():
                    lead = found if found.timezone == self.source.timezone else replace(found, timezone=self.source.timezone)
                    self.leads.setdefault((lead.url, lead.event.start if lead.event else None), lead)
                    self.names.append(lead.url)
