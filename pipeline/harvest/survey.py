"""The first half of a harvest: ask each source what exists, and keep its leads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline import sources, urls
from pipeline.errors import ParseError, PipelineError
from pipeline.fetch import Fetcher
from pipeline.fetch.follow import follow
from pipeline.harvest import letters, watch
from pipeline.harvest.watch import Told
from pipeline.model import Fetch, HarvestSettings, Lead, Mark, NotModified, Page, Request, Run, Source, SourceState
from pipeline.sources import mailbox
from pipeline.sources.mailbox import Opened
from pipeline.store import Store

log = logging.getLogger("gleanings")

PAGES = 50
"""Pages of one source in one survey: a sitemap index or a paged listing ends here."""
FEED_PAGES = 10
"""Pages of one feed: enough to close a gap, and no whole archive at the first survey."""
AT_ONCE = 32
"""Sources under way at once."""


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
        gate, done = asyncio.Semaphore(AT_ONCE), 0

        async def one(source: Source) -> Run:
            nonlocal done
            async with gate:
                run = await survey(source, store, fetch, settings=settings, now=now)
            done += 1
            report("surveying", done, len(chosen))
            return run

        known = store.robots({urls.host(sources.address(source)) for source in chosen})
        async with Fetcher(settings, robots=known) as fetch:
            runs = list(await asyncio.gather(*map(one, chosen)))
            store.keep_robots({host: text for host, text in fetch.robots.items() if known.get(host) != text}, now())
        return runs, fetch.asked

    return asyncio.run(all_of_them()) if chosen else ([], {})


async def survey(source: Source, store: Store, fetch: Fetch, *, settings: HarvestSettings, now: Callable[[], datetime]) -> Run:
    """Survey one source. The leads, the validators that came with them and what was learnt are stored together or not at all."""
    started = now()
    state = store.source_state(source.id)
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
    _keep(told, source, store, now())
    return told.run


def _keep(told: Told, source: Source, store: Store, now: datetime) -> None:
    name = source.id
    with store.transaction():
        store.offer(name, told.leads, now, moved=told.moved, folding=source.folding)
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
                    lead = replace(found, timezone=self.source.timezone)
                    self.leads.setdefault((lead.url, lead.event.start if lead.event else None), lead)
                    self.names.append(lead.url)
