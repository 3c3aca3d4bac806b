"""Ask each source of a new desk once: which answer, which have moved for good, which are dead. Keeps nothing and writes nothing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline import sources as kinds
from pipeline import urls
from pipeline.errors import PipelineError
from pipeline.fetch import Fetcher
from pipeline.fetch.follow import follow
from pipeline.model import Fetch, HarvestSettings, Page, Request, Source

HOSTS = 30
"""Hosts that are asked at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one: the source, at the address to which it moved for good where it did (`moved`); or `error`, a sentence."""

    source: Source
    moved: bool = False
    error: str | None = None


def answers(sources: Sequence[Source], settings: HarvestSettings, *, seconds: float) -> tuple[Answer, ...]:
    """Ask sources that have addresses on the web, in their order, for so many seconds in all. Those that were not reached by then have an error."""
    return asyncio.run(_answers(sources, settings, seconds=seconds))


async def _answers(sources: Sequence[Source], settings: HarvestSettings, *, seconds: float) -> tuple[Answer, ...]:
    found: dict[str, Answer] = {}
    by_host: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_host[urls.host(source.url)].append(source)
    at_once = asyncio.Semaphore(HOSTS)

    async def ask(those: Iterable[Source], fetch: Fetch) -> None:
        async with at_once:
            for source in those:
                found[source.id] = await _answer(source, fetch)

    async with Fetcher(settings) as fetch:
        try:
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                for those in by_host.values():
                    group.create_task(ask(those, fetch))
        except TimeoutError:
            pass
    late = f"No answer came within the {seconds:g} seconds that all of them had; the first harvest takes the time that it needs."
    return tuple(found.get(source.id) or Answer(source=source, error=late) for source in sources)


async def _answer(source: Source, fetch: Fetch) -> Answer:
    try:
        page = await follow(Request(url=source.url), fetch)
        if not isinstance(page, Page):
            return Answer(source=source)
        moved = page.permanent and urls.canonical(page.url) != urls.canonical(source.url)
        there = replace(source, url=page.url) if moved else source
        next(iter(kinds.leads(there, page)), None)  # what is no feed says so
    except PipelineError as error:
        return Answer(source=source, error=str(error))
    return Answer(source=there, moved=moved)
