"""Look at a source without keeping anything: what it would bring, and what an address offers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import sources, urls
from pipeline.errors import PipelineError, RefusedError, UnreachableError
from pipeline.fetch import Fetcher
from pipeline.fetch.follow import follow
from pipeline.harvest import letters
from pipeline.harvest.survey import read
from pipeline.late import late
from pipeline.model import Fetch, HarvestSettings, Lead, Page, Request, Resource, Source
from pipeline.sources import mailbox, overrides
from pipeline.sources.discover import Offer, offers
from pipeline.sources.mailbox import Opened

if TYPE_CHECKING:
    from pipeline import extract
    from pipeline.harvest import asides, happenings
else:
    extract = late("pipeline.extract")
    asides, happenings = late("pipeline.harvest.asides"), late("pipeline.harvest.happenings")

MEDIA_TYPES = {".ics": "text/calendar", ".xml": "application/xml", ".json": "application/json", ".html": "text/html"}
LOOKED = 20
"""Mails of a mailbox that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a source says, and how its first lead would be read. `error` is a sentence; `mail` is the mail that was looked at, where it is one."""

    source: Source
    title: str | None = None
    leads: tuple[Lead, ...] = ()
    item: Resource | None = None
    error: str | None = None
    mail: Opened | None = None


def probe(source: Source, settings: HarvestSettings, *, now: Callable[[], datetime], with_item: bool = True, seconds: float | None = None) -> Probe:
    """Ask a source for its leads and read one of them; store nothing. Failures become the probe's `error`, and so does more than so many seconds."""

    async def ask() -> Probe:
        async with asyncio.timeout(seconds):
            return await _probe(source, settings, now=now, with_item=with_item)

    try:
        return asyncio.run(ask())
    except TimeoutError:
        return Probe(source=source, error=f"It took longer than {seconds:.0f} seconds, so we stopped. A harvest takes the time that it needs.")


def discover(url: str, settings: HarvestSettings, *, now: Callable[[], datetime], seconds: float | None = None) -> tuple[Offer, ...]:
    """Say what an address offers: feeds, a sitemap, a calendar, a channel, or itself as a listing. Raises `FetchError`, also where that took longer
    than so many seconds."""

    async def ask() -> tuple[Offer, ...]:
        async with asyncio.timeout(seconds), Fetcher(settings) as fetch:
            return offers(await _page(url, fetch, now=now))

    try:
        return asyncio.run(ask())
    except TimeoutError as error:
        raise UnreachableError(f"{urls.host(url)} took longer than {seconds:.0f} seconds, so we stopped.", url=url) from error


async def _probe(source: Source, settings: HarvestSettings, *, now: Callable[[], datetime], with_item: bool) -> Probe:
    async with Fetcher(settings) as fetch:
        try:
            if source.kind == "mailbox" or letters.is_place(source.url):
                return await _probe_mail(replace(source, kind="mailbox"), settings, fetch, now=now(), with_item=with_item)
            asked = sources.opening(source, now=now(), contact=settings.contact).url if source.kind else source.url
            first = await _page(asked, fetch, now=now)
            if not source.kind:
                source = _guessed(source, first)
            leads = tuple((await read(source, first, fetch))[0])
            title = sources.title(source, first)
            item = await _first_item(leads, fetch, overrides.selectors(source.options)) if with_item else None
        except PipelineError as error:
            return Probe(source=source, error=str(error).removeprefix(f"{source.id}: "))
    return Probe(source=source, title=title, leads=leads, item=item)


async def _probe_mail(source: Source, settings: HarvestSettings, fetch: Fetch, *, now: datetime, with_item: bool) -> Probe:
    """Look into the oldest mails of a mailbox, or at the one mail that it is."""
    asked = replace(letters.look(source, settings), limit=LOOKED)
    read = await asyncio.to_thread(lambda: [opened for opened, _ in letters.letters(source, asked, now)])
    leads = await letters.resolved(mailbox.together(read), fetch)
    item = await _first_item(leads, fetch, overrides.selectors(source.options)) if with_item else None
    mail = read[0] if len(read) == 1 else None
    return Probe(source=source, title=mail.subject if mail else None, leads=leads, item=item, mail=mail)


def _guessed(source: Source, page: Page) -> Source:
    """The kind of an address that came without one: what the page itself is."""
    here = next((offer for offer in offers(page) if offer.url in (source.url, page.url)), None)
    return Source(id=source.id, kind=here.kind if here else "listing", url=source.url, title=source.title, options=source.options)


async def _first_item(leads: tuple[Lead, ...], fetch: Fetch, select: Mapping[str, str]) -> Resource | None:
    for lead in leads[:1]:
        if not lead.page:
            return extract.from_lead(lead)
        page = await follow(Request(url=lead.url), fetch)
        return await _item(page, lead, fetch, select) if isinstance(page, Page) else None
    return None


async def _item(page: Page, lead: Lead, fetch: Fetch, select: Mapping[str, str]) -> Resource | None:
    """Read a page as a visit does, with what it names beside itself; nothing where another host would have to be asked first."""
    if extract.media_type(page) in happenings.TYPES:
        return happenings.read(page, lead)[0]
    found = await asides.read(page, lead, fetch, select)
    return found if isinstance(found, Resource) else None


async def _page(url: str, fetch: Fetch, *, now: Callable[[], datetime]) -> Page:
    if not urls.is_web(url):
        return _file(Path(url), now())
    answer = await follow(Request(url=url), fetch)
    if isinstance(answer, Page):
        return answer
    raise UnreachableError(f"{urls.host(url)} says that nothing has changed, although we asked for the whole page.", url=url)


def _file(path: Path, now: datetime) -> Page:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise RefusedError(
            f"{path} cannot be read: {error.strerror}.", url=str(path), hint="Give an address (https://…) or the path of a file."
        ) from error
    return Page(url=path.resolve().as_uri(), body=body, fetched=now, media_type=MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"))
