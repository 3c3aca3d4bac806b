"""Asking links whether they still lead where they led: many hosts at once, of each host one link after the other, twice where once may be bad luck.

Keeps nothing. What keeps programs out (captcha, login, robots.txt) says nothing of what readers find.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pipeline import extract, urls
from pipeline.errors import ExtractError, FetchError, RefusedError, TooLargeError, UnreachableError
from pipeline.fetch import Fetcher, failures
from pipeline.fetch.follow import follow
from pipeline.model import Fetch, HarvestSettings, Lead, NotModified, Page, Request
from pipeline.publish.answered import Answered, Fate
from pipeline.store import LinkCheck

AT_ONCE = 32
"""Hosts that are asked at the same time."""
LIMIT = 1_000_000
"""Bytes of a page that is read; a larger one is there, and that is enough."""
PAUSE, PATIENT = timedelta(seconds=3), timedelta(seconds=20)
"""What failed is asked again after so long, or after what the server asks for; one that asks for more is left in peace."""
SILENT = 2
"""So many links of a host in a row without any answer, and its others are not asked in this round: each may take the whole time."""

_FILES = frozenset({".pdf", ".docx", ".doc", ".pptx", ".ppt", ".xlsx", ".xls", ".zip", ".epub", ".mp3", ".m4a", ".mp4", ".csv"})
_HOME = re.compile(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?|home/?|(?:index|default)\.\w{2,5})?", re.I)
_NOTHING = frozenset({404, 410})


def ask(
    links: Sequence[str],
    known: Mapping[str, LinkCheck],
    settings: HarvestSettings,
    *,
    robots: Mapping[str, str],
    report: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, Answered], dict[str, str]]:
    """Ask all links, and those again that failed by what may pass; give the answers by address, and the robots.txt texts that were read."""

    async def both_rounds() -> tuple[dict[str, Answered], dict[str, str]]:
        async with Fetcher(settings, robots=robots) as fetch:
            found: dict[str, Answered] = {}
            await _round(links, known, fetch, found, lambda: report(len(found), len(links)))
            failed = {url: one.again for url in links if (one := found[url]).again is not None}
            if failed:
                await asyncio.sleep(max(pause.total_seconds() for pause in failed.values() if pause))
                await _round(tuple(failed), None, fetch, found, lambda: None)
            return {url: found[url] for url in links}, dict(fetch.robots)

    return asyncio.run(both_rounds())


async def _round(
    links: Sequence[str], known: Mapping[str, LinkCheck] | None, fetch: Fetch, found: dict[str, Answered], report: Callable[[], None]
) -> None:
    """Ask each link once. In the second round, where nothing is `known`, a file is asked for like a page: some servers never answer to HEAD."""
    seats, by_host = asyncio.Semaphore(AT_ONCE), defaultdict(list)
    for url in links:
        by_host[urls.host(url)].append(url)

    async def host(those: Sequence[str]) -> None:
        silent: list[Answered] = []
        for url in those:
            async with seats:
                answer = silent[-1] if len(silent) >= SILENT else await _asked(url, known, fetch)
            silent = [] if answer.met else [*silent[-SILENT:], answer]
            found[url] = answer
            report()

    await asyncio.gather(*map(host, by_host.values()))


async def _asked(url: str, known: Mapping[str, LinkCheck] | None, fetch: Fetch) -> Answered:
    """Ask one link. Of a file the head of the answer is enough, where the server gives one; a page is read, since a polite "not found" is a page
    like others."""
    if known is not None and PurePosixPath(urlsplit(url).path).suffix.lower() in _FILES:
        answer = await _answered(Request(url=url, head=True), fetch)
        if answer.fate is Fate.THERE or not answer.met:
            return answer
    before = known.get(url) if known else None
    return await _answered(
        Request(url=url, limit=LIMIT, etag=before.etag if before else None, last_modified=before.last_modified if before else None), fetch
    )


async def _answered(request: Request, fetch: Fetch) -> Answered:
    try:
        page = await follow(request, fetch)
    except TooLargeError:
        return Answered(fate=Fate.THERE)
    except RefusedError as error:
        return _refused(error)
    except UnreachableError as error:
        fate = Fate.NOTHING if failures.is_nameless(error) else Fate.TROUBLE
        again = max(error.retry_after or PAUSE, PAUSE)
        return Answered(fate=fate, reason=error.sentence, met=error.status is not None, again=again if again <= PATIENT else None)
    except FetchError as error:
        return Answered(fate=Fate.TROUBLE, reason=error.sentence)
    return _read(page, request)


def _refused(error: RefusedError) -> Answered:
    if error.status is None:
        return Answered(fate=Fate.UNASKED, reason=error.sentence)
    if error.status in _NOTHING:
        return Answered(fate=Fate.CLOSED if error.status == 410 else Fate.NOTHING, reason=error.sentence)
    return Answered(fate=Fate.TROUBLE, reason=error.sentence)


def _read(page: Page | NotModified, request: Request) -> Answered:
    """Say what a page that came shows: the page itself, another one for good, or a wall in front of it."""
    if _is_home(page.url) and not _is_home(request.url):
        fate = Fate.NOTHING if page.permanent else Fate.TROUBLE
        return Answered(fate=fate, reason=f"{urls.host(request.url)} sends us to the first page of {urls.host(page.url)} instead.")
    moved = page.url if page.permanent and urls.canonical(page.url) != urls.canonical(request.url) else ""
    if isinstance(page, NotModified):
        return Answered(fate=Fate.THERE, moved_to=moved, etag=request.etag, last_modified=request.last_modified)
    if not request.head:
        try:
            extract.extract(page, Lead(source="", url=page.url))
        except ExtractError as error:
            if error.reason != "not-a-document":
                return Answered(fate=Fate.NOTHING if error.reason == "soft-404" else Fate.TROUBLE, reason=str(error))
    return Answered(fate=Fate.THERE, moved_to=moved, etag=page.etag, last_modified=page.last_modified)


def _is_home(url: str) -> bool:
    parts = urlsplit(url)
    return not parts.query and _HOME.fullmatch(parts.path) is not None
