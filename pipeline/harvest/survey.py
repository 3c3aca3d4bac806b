"""The first half of a harvest: ask each source what exists, and keep its leads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline import sources, urls
from pipeline.errors import PipelineError, UnreachableError
from pipeline.fetch import Fetcher
from pipeline.harvest import letters
from pipeline.model import Fetch, HarvestSettings, Lead, Moved, NotModified, Page, Request, Run, Source, SourceState
from pipeline.sources import mailbox
from pipeline.sources.mailbox import Opened
from pipeline.store import Store

log = logging.getLogger("gleanings")

PAGES = 50
"""Pages of one source in one survey: a sitemap index or a paged listing ends here."""
HOPS = 5
AT_ONCE = 32
"""Sources under way at once."""


def survey_all(
    chosen: Sequence[Source],
    store: Store,
    settings: HarvestSettings,
    *,
    now: Callable[[], datetime],
    report: Callable[[str, int, int], None],
) -> list[Run]:
    """Survey many sources at once and store what each says; one that fails stops no other."""

    async def all_of_them() -> list[Run]:
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
        return runs

    return asyncio.run(all_of_them()) if chosen else []


async def survey(source: Source, store: Store, fetch: Fetch, *, settings: HarvestSettings, now: Callable[[], datetime]) -> Run:
    """Survey one source. The leads and the validators that came with them are stored together or not at all."""
    started = now()
    try:
        if source.kind == "mailbox":
            run, leads = await asyncio.to_thread(_open, source, store.source_state(source.id), settings, started)
        else:
            run, leads = await _ask(source, store, fetch, started)
    except PipelineError as error:
        run, leads = Run(source=source.id, started=started, error=str(error)), []
    except Exception:
        log.exception("internal error source=%s", source.id)
        run, leads = Run(source=source.id, started=started, error="An internal error; the log has the details."), []
    with store.transaction():
        store.offer(source.id, leads, now())
        store.record_run(run)
    return run


async def _ask(source: Source, store: Store, fetch: Fetch, started: datetime) -> tuple[Run, list[Lead]]:
    state = store.source_state(source.id)
    address = sources.address(source)
    first = await follow(Request(url=address, etag=state.etag, last_modified=state.last_modified), fetch)
    if isinstance(first, NotModified):
        return Run(source=source.id, started=started, unchanged=True, etag=state.etag, last_modified=state.last_modified, title=state.title), []
    leads = list({lead.url: lead for lead in reversed(await read(source, first, fetch))}.values())[::-1]  # of several dates the first
    title = sources.title(source, first)
    run = Run(source=source.id, started=started, found=len(leads), title=title, etag=first.etag, last_modified=first.last_modified)
    return run, leads


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


async def read(source: Source, first: Page, fetch: Fetch) -> list[Lead]:
    """Read all leads of a source from its first page on, in the source's order. A further page that fails ends the reading, not the source."""
    leads: dict[tuple[str, object], Lead] = {}  # an address may stand for several dates of one event
    asked: list[str] = []
    _take(source, first, leads, asked)
    seen = {first.url}
    while asked and len(seen) < PAGES:
        url = asked.pop(0)
        if url in seen:
            continue
        seen.add(url)
        try:
            page = await follow(Request(url=url), fetch)
            if isinstance(page, Page):
                _take(source, page, leads, asked)
        except PipelineError as error:
            log.warning("further page failed source=%s url=%s error=%s", source.id, url, error)
    return list(leads.values())


def _take(source: Source, page: Page, leads: dict[tuple[str, object], Lead], asked: list[str]) -> None:
    for found in sources.leads(source, page):
        if isinstance(found, Request):
            asked.append(found.url)
        else:
            lead = replace(found, timezone=source.timezone)
            leads.setdefault((lead.url, lead.event.start if lead.event else None), lead)


async def follow(request: Request, fetch: Fetch) -> Page | NotModified:
    """Fetch a page and go where it moved, host by host; for one process alone at work, to which every host is free."""
    for _ in range(HOPS):
        answer = await fetch(request)
        if not isinstance(answer, Moved):
            return answer
        request = Request(url=answer.to)
    raise UnreachableError(f"{urls.host(request.url)} sends us on and on; it was given up after {HOPS} hosts.", url=request.url)
