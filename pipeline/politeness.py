"""May we ask this host, when, and again? Reads what robots.txt and the past say; asks nobody and knows no clock.

robots.txt is read as RFC 9309 says, with the Crawl-delay that the standard left out and many sites still write.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from protego import Protego

ROBOTS_LIMIT = 500 * 1024
"""Bytes of robots.txt that are read (RFC 9309, 2.5)."""

MAX_CRAWL_DELAY = timedelta(seconds=30)
"""A site that asks for more would hold up the whole harvest; nobody reads it faster than this."""

LATER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(hours=72))
"""How long to leave a page alone after the first, second … failed attempt. After the fifth we give it up."""

MAX_RETRY_AFTER = timedelta(days=7)
MAX_HINT = timedelta(days=1)

_AGENT_LINE = re.compile(r"^[ \t]*user[- ]?agent(?:[ \t]*:|[ \t])(.*)$", re.I | re.M)


def allowed(robots: str, url: str, agent: str) -> bool:
    """Say whether this robots.txt lets the product `agent` (its name alone, without version) visit the address."""
    try:
        return bool(_rules(robots, agent).can_fetch(url, agent))
    except ValueError:  # an address that cannot be taken apart
        return False


def delay(robots: str, agent: str, default: timedelta) -> timedelta:
    """Say how far apart the starts of two requests must be: `default`, or the site's Crawl-delay where that is longer (at most 30 s)."""
    asked = _rules(robots, agent).crawl_delay(agent)
    if asked is None:
        return default
    return max(default, timedelta(seconds=min(asked, MAX_CRAWL_DELAY.total_seconds())))


def wait(last: datetime | None, now: datetime, delay: timedelta) -> timedelta:
    """Say how long to wait before a host is asked again. Never longer than `delay`, whatever the clock did in between."""
    if last is None:
        return timedelta()
    return min(max(last + delay - now, timedelta()), max(delay, timedelta()))


def retry(attempts: int, *, retry_after: timedelta | None = None) -> timedelta | None:
    """Say when to try again after so many failed attempts (1 is the first): 1 h, 6 h, 24 h, 72 h, then `None`, which is to give up.
    A Retry-After (RFC 9110, 10.2.3) can make it later, up to a week, never sooner: who is down for a minute may be down for an hour."""
    if attempts > len(LATER):
        return None
    step = LATER[max(attempts, 1) - 1]
    return step if retry_after is None else max(step, min(retry_after, MAX_RETRY_AFTER))


def hold(now: datetime, *, retry_after: timedelta | None = None, hint: timedelta | None = None) -> datetime | None:
    """Say until when a source is to be left alone at the wish of its server: by a Retry-After up to a week, by a `hint` (how long the answer stays
    fresh, how often the feed is written) up to a day, since such hints are often set without thought. `None` where nothing was asked."""
    asked = [*([min(retry_after, MAX_RETRY_AFTER)] if retry_after else []), *([min(hint, MAX_HINT)] if hint else [])]
    return now + max(asked) if asked else None


def moved(known: str | None, seen: int, *, target: str | None, is_same: bool) -> tuple[str | None, int]:
    """Count the surveys in a row that were sent on for good to the same address; `target` is `None` where this one was not. Whether the source's own
    things are there is seen the first time: where they are not, its place is never counted, however often we are sent there."""
    if target is None:
        return None, 0
    if target != known:
        return target, int(is_same)
    return target, seen + 1 if seen else 0


@lru_cache(256)
def _rules(robots: str, agent: str) -> Protego:
    return Protego.parse(_calm(robots[:ROBOTS_LIMIT], agent))


def _calm(robots: str, agent: str) -> str:
    """Give all groups that are not ours one name. A hostile file with thousands of agents over thousands of rules would
    otherwise fill the memory, because the parser keeps each rule for each agent."""
    ours = agent.lower()

    def renamed(line: re.Match[str]) -> str:
        name = line[1].partition("#")[0].strip().lower().replace("*", "")
        return line[0] if ours.startswith(name) else "User-agent: -"

    return _AGENT_LINE.sub(renamed, "\n".join(robots.splitlines()))
