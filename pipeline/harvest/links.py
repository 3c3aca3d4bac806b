"""Ask addresses whether they still lead where they led. Reads no page, keeps nothing, and says what is wrong in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from pipeline import urls
from pipeline.errors import FetchError, RefusedError, TooLargeError
from pipeline.fetch import Fetcher
from pipeline.fetch.follow import follow
from pipeline.model import Fetch, HarvestSettings, ItemId, Page, Request

AT_ONCE = 8
"""Addresses that are asked at the same time; of one host never more than the settings allow."""


def broken(
    addresses: Mapping[ItemId, str], settings: HarvestSettings, *, report: Callable[[int, int], None] = lambda done, total: None
) -> Mapping[ItemId, str]:
    """Ask each address, politely, and say of those that are gone or have moved for good what became of them. A page that we may not read
    (robots.txt) or that is too large is no broken link."""

    async def ask() -> dict[ItemId, str]:
        found: dict[ItemId, str] = {}
        done = 0
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(item: ItemId, url: str) -> None:
            nonlocal done
            async with turns:
                said = await _fate(url, fetch)
            if said:
                found[item] = said
            done += 1
            report(done, len(addresses))

        async with Fetcher(settings) as fetch:
            await asyncio.gather(*(one(item, url) for item, url in addresses.items()))
        return {item: found[item] for item in addresses if item in found}

    return asyncio.run(ask())


async def _fate(url: str, fetch: Fetch) -> str:
    """Say what is wrong with an address; nothing where it leads to a page."""
    if not urls.is_web(url):
        return ""
    try:
        answer = await follow(Request(url=url), fetch)
    except TooLargeError:
        return ""
    except RefusedError as error:
        return error.sentence if error.status is not None else ""
    except FetchError as error:
        return error.sentence
    moved = isinstance(answer, Page) and answer.permanent and urls.canonical(answer.url) != urls.canonical(url)
    return f"moved to {answer.url} for good" if moved and isinstance(answer, Page) else ""
