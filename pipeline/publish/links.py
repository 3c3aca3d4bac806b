"""Links of released editions, asked again now and then: a few each week, politely, by the fetcher's own rules.

What is found is kept beside the editions and shown on the web pages; a released file is never changed by it. A link is called gone only when its
server says so (410), or when nothing was there three times in two weeks or more; what keeps programs out (captcha, login, robots.txt) says nothing
of what readers find.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pipeline import extract, urls
from pipeline.config import Config
from pipeline.errors import ExtractError, FetchError, NotFoundError, RefusedError, TooLargeError, UnavailableError, UnreachableError
from pipeline.fetch import Fetcher, failures
from pipeline.fetch.follow import follow
from pipeline.model import Edition, Fetch, Lead, NotModified, Page, Request
from pipeline.store import LinkCheck, LinkState, Store

COUNT = 25
"""Links that the service asks each week: a hundred a month."""
AT_ONCE = 8
"""Links that are asked at the same time; of one host never more than the settings allow."""
FROM_HOST = 3
"""Links of one host, before others have had their turn."""
LIMIT = 1_000_000
"""Bytes of a page that is read; a larger one is there, and that is enough."""
DAY = timedelta(days=1)
"""Two checks within a day say no more than one."""
TIMES, PATIENCE = 3, timedelta(days=14)
"""A link is gone when nothing was there so many times, and for so long."""
SUSPECT = timedelta(days=60)
"""For so long a link in trouble comes again sooner than others; then in its turn."""

_FILES = frozenset({".pdf", ".docx", ".doc", ".pptx", ".ppt", ".xlsx", ".xls", ".zip", ".epub", ".mp3", ".m4a", ".mp4", ".csv"})
_HOME = re.compile(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?|home/?|(?:index|default)\.\w{2,5})?", re.I)
_NOTHING = frozenset({404, 410})


class Fate(Enum):
    """What one asking found. `NOTHING`: no such page, no such name; `CLOSED`: the server says that it is gone for good."""

    THERE = auto()
    NOTHING = auto()
    CLOSED = auto()
    TROUBLE = auto()
    UNASKED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one asking found, and where the link was sent on to for good. `met` is False where no server was met at all."""

    fate: Fate
    moved_to: str = ""
    reason: str = ""
    etag: str | None = None
    last_modified: str | None = None
    met: bool = True


def look(config: Config, store: Store, *, now: datetime) -> tuple[LinkCheck, ...]:
    """Ask the links that are due this week: what the service does by itself. Raises as `sample` does."""
    return sample(config, store, now=now, count=COUNT)


def sample(
    config: Config,
    store: Store,
    *,
    now: datetime,
    count: int,
    edition: str = "",
    report: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[LinkCheck, ...]:
    """Ask some links of released editions, or those of one of them, and keep what is found.

    Raises `NotFoundError` for an edition that is not released, `UnavailableError` where no server at all could be met: then nothing is kept.
    """
    known = {one.url: one for one in store.link_checks()}
    if edition:
        chosen = tuple(_links([_released(store, edition)]))[:count]
    else:
        chosen = choose(_links(one for one in store.editions() if one.is_released), known, count=count, now=now)
    answers = _ask(chosen, known, config, store, now=now, report=report)
    hosts = {urls.host(url) for url in chosen}
    if len(hosts) > 1 and not any(one.met for one in answers.values()):
        raise UnavailableError(f"None of {len(hosts)} hosts could be reached, so it is this machine that is cut off.", hint="Nothing was kept.")
    found = tuple(judge(known.get(url), answer, url=url, now=now) for url, answer in answers.items())
    store.keep_link_checks(found)
    return found


def choose(links: Iterable[str], known: Mapping[str, LinkCheck], *, count: int, now: datetime) -> tuple[str, ...]:
    """Choose what to ask: at most half of them links in trouble, then those never asked, then those asked longest ago; spread over hosts. What was
    asked within a day is left in peace."""
    due = [url for url in dict.fromkeys(links) if url not in known or not _is_fresh(known[url], now)]
    suspects = [url for url in due if url in known and _is_suspect(known[url], now)]
    doubted = set(suspects)
    others = [url for url in due if url not in doubted]
    first = _spread(_oldest(suspects, known), -(-count // 2))
    return (*first, *_spread(_oldest(others, known), count - len(first)))


def judge(previous: LinkCheck | None, answer: Answered, *, url: str, now: datetime) -> LinkCheck:
    """Say how a link stands, from how it stood and what was found now."""
    again = previous is None or not _is_fresh(previous, now)
    state, failures_now = _state(previous, answer, again=again, now=now)
    begins = previous is None or previous.state is not state or (state is LinkState.FAILING and failures_now > previous.failures == 0)
    return LinkCheck(
        url=url,
        checked=now,
        state=state,
        since=now if begins or previous is None else previous.since,
        moved_to=previous.moved_to if previous and answer.fate in (Fate.TROUBLE, Fate.UNASKED) else answer.moved_to,
        failures=failures_now,
        reason=answer.reason,
        etag=answer.etag,
        last_modified=answer.last_modified,
    )


# ---------------------------------------------------------------- choosing


def _released(store: Store, edition_id: str) -> Edition:
    edition = store.edition(edition_id)
    if not edition.is_released:
        raise NotFoundError("released edition", edition_id, hint="`gleanings digest check EDITION --links` asks the links of a draft.")
    return edition


def _links(editions: Iterable[Edition]) -> Iterable[str]:
    return dict.fromkeys(entry.url for edition in editions for entry in edition.entries if urls.is_web(entry.url))


def _is_fresh(check: LinkCheck, now: datetime) -> bool:
    """Whether it was asked within a day. A check of tomorrow was made by a clock that went wrong, and counts for nothing."""
    return timedelta() <= now - check.checked < DAY


def _is_suspect(check: LinkCheck, now: datetime) -> bool:
    is_doubtful = check.state is LinkState.FAILING or (check.state is LinkState.OK and check.moved_to != "")
    return is_doubtful and now - check.since < SUSPECT


def _oldest(links: Iterable[str], known: Mapping[str, LinkCheck]) -> list[str]:
    return sorted(links, key=lambda url: known[url].checked.timestamp() if url in known else 0.0)


def _spread(links: Sequence[str], count: int) -> tuple[str, ...]:
    """Take the first so many, no host more than a few before all others had their turn."""
    turns: Counter[str] = Counter()
    placed = []
    for place, url in enumerate(links):
        host = urls.host(url)
        placed.append((turns[host] // FROM_HOST, place, url))
        turns[host] += 1
    return tuple(url for _, _, url in sorted(placed)[: max(count, 0)])


# ---------------------------------------------------------------- judging


def _state(previous: LinkCheck | None, answer: Answered, *, again: bool, now: datetime) -> tuple[LinkState, int]:
    """Give the state, and how often in a row nothing was there."""
    before = previous.failures if previous else 0
    match answer.fate:
        case Fate.THERE:
            return _there(previous, answer, again=again), 0
        case Fate.CLOSED:
            return LinkState.GONE, before + 1
        case Fate.NOTHING:
            times = before + again
            lasting = previous is not None and times >= TIMES and now - previous.since >= PATIENCE
            was_gone = previous is not None and previous.state is LinkState.GONE
            return LinkState.GONE if lasting or was_gone else LinkState.FAILING, times
        case Fate.TROUBLE:
            was_gone = previous is not None and previous.state is LinkState.GONE
            return LinkState.GONE if was_gone else LinkState.FAILING, before
        case Fate.UNASKED:
            return LinkState.UNASKED, before


def _there(previous: LinkCheck | None, answer: Answered, *, again: bool) -> LinkState:
    """Tell a link that moved from one that is where it was: it has moved when it was sent to the same place twice."""
    if not answer.moved_to or previous is None or previous.moved_to != answer.moved_to:
        return LinkState.OK
    return LinkState.MOVED if again or previous.state is LinkState.MOVED else LinkState.OK


# ---------------------------------------------------------------- asking


def _ask(
    chosen: Sequence[str], known: Mapping[str, LinkCheck], config: Config, store: Store, *, now: datetime, report: Callable[[int, int], None]
) -> dict[str, Answered]:
    """Ask all, many hosts at once, and keep the robots.txt texts that were read on the way."""
    robots = store.robots({urls.host(url) for url in chosen})

    async def all_of_them() -> tuple[dict[str, Answered], Mapping[str, str]]:
        found: dict[str, Answered] = {}
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(url: str) -> None:
            async with turns:
                found[url] = await _asked(url, known.get(url), fetch)
            report(len(found), len(chosen))

        async with Fetcher(config.harvest, robots=robots) as fetch:
            await asyncio.gather(*map(one, chosen))
            return {url: found[url] for url in chosen}, dict(fetch.robots)

    answers, read = asyncio.run(all_of_them())
    store.keep_robots(read, now)
    return answers


async def _asked(url: str, known: LinkCheck | None, fetch: Fetch) -> Answered:
    """Ask one link. Of a file the head of the answer is enough, where the server gives one; a page is read, since a polite "not found" is a page
    like others."""
    if PurePosixPath(urlsplit(url).path).suffix.lower() in _FILES:
        answer = await _answered(Request(url=url, head=True), fetch)
        if answer.fate is Fate.THERE or not answer.met:
            return answer
    return await _answered(
        Request(url=url, limit=LIMIT, etag=known.etag if known else None, last_modified=known.last_modified if known else None), fetch
    )


async def _answered(request: Request, fetch: Fetch) -> Answered:
    try:
        page = await follow(request, fetch)
    except TooLargeError:
        return Answered(fate=Fate.THERE)
    except RefusedError as error:
        return _refused(error)
    except UnreachableError as error:
        nameless = failures.is_nameless(error)
        return Answered(fate=Fate.NOTHING if nameless else Fate.TROUBLE, reason=error.sentence, met=error.status is not None)
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
