"""Links of released editions, asked again now and then: a few each week, politely, by the fetcher's own rules.

What is found is kept beside the editions and shown on the web pages; a released file is never changed by it. A link is called gone only when its
server says so (410), or when nothing was there three times in two weeks or more; what keeps programs out (captcha, login, robots.txt) says nothing
of what readers find.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pipeline import urls
from pipeline.config import Config
from pipeline.errors import NotFoundError, UnavailableError
from pipeline.model import Edition, ItemId
from pipeline.publish.answered import Answered, Fate
from pipeline.publish.asking import ask
from pipeline.store import LinkCheck, LinkState, Store

COUNT = 25
"""Links that the service asks each week: a hundred a month."""
FROM_HOST = 3
"""Links of one host, before others have had their turn."""
DAY = timedelta(days=1)
"""Two checks within a day say no more than one."""
TIMES, PATIENCE = 3, timedelta(days=14)
"""A link is gone when nothing was there so many times, and for so long."""
SUSPECT = timedelta(days=60)
"""For so long a link in trouble comes again sooner than others; then in its turn."""


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
    answers = _asked(chosen, known, config, store, now=now, report=report)
    found = tuple(judge(known.get(url), answer, url=url, now=now) for url, answer in answers.items())
    store.keep_link_checks(found)
    return found


def of_draft(
    edition: Edition, config: Config, store: Store, *, now: datetime, report: Callable[[int, int], None] = lambda done, total: None
) -> dict[ItemId, Answered]:
    """Ask the link of each entry of an edition, for preflight. What is found is kept nowhere. Raises `UnavailableError` as `sample` does."""
    answers = _asked(tuple(_links([edition])), {}, config, store, now=now, report=report)
    return {entry.id: answers[entry.url] for entry in edition.entries if entry.url in answers}


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


def _asked(
    chosen: Sequence[str], known: Mapping[str, LinkCheck], config: Config, store: Store, *, now: datetime, report: Callable[[int, int], None]
) -> dict[str, Answered]:
    """Ask all, and keep the robots.txt texts that were read on the way. Raises `UnavailableError` where nobody was met."""
    hosts = {urls.host(url) for url in chosen}
    answers, read = ask(chosen, known, config.harvest, robots=store.robots(hosts), report=report)
    store.keep_robots(read, now)
    if len(hosts) > 1 and not any(one.met for one in answers.values()):
        raise UnavailableError(f"None of {len(hosts)} hosts could be reached, so it is this machine that is cut off.", hint="Nothing was kept.")
    return answers


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
