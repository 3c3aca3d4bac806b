"""robots.txt: read once for each host, obeyed for each address. What its words mean, `politeness` knows.

By RFC 9309, 2.3.1: a file that is not there (4xx) allows everything; one that cannot be had (5xx, no answer) forbids everything for now.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from pipeline import politeness, urls
from pipeline.errors import FetchError, RefusedError, UnreachableError
from pipeline.fetch import answers, failures
from pipeline.fetch.exchange import AGENT, Exchange, Question
from pipeline.fetch.turns import Budget
from pipeline.model import HarvestSettings

MAX_REDIRECTS = 5
"""RFC 9309, 2.3.1.2. Unlike a page's, these lead to other hosts too."""


class Known(Protocol):
    """Texts that are still fresh, by host as `urls.host` writes it."""

    def get(self, host: str, /) -> str | None:
        """Give the text of a host."""


class Robots:
    """The robots.txt of all hosts, as far as they are known. `read` holds the texts that were fetched here."""

    def __init__(self, exchange: Exchange, settings: HarvestSettings, known: Known) -> None:
        self.read: dict[str, str] = {}
        self._exchange = exchange
        self._settings = settings
        self._given = known
        self._known: dict[str, str | UnreachableError] = {}
        self._reading: dict[str, asyncio.Lock] = {}

    async def obey(self, url: str) -> timedelta:
        """Give the time between two requests to this host. Raises `RefusedError` where robots.txt forbids the address, `UnreachableError`
        where it cannot be had; that failure is remembered, so that a host in trouble is asked once."""
        host = urls.host(url)
        if host not in self._known:
            async with self._reading.setdefault(host, asyncio.Lock()):
                if host not in self._known:
                    await self._find(host, url)
        self._reading.pop(host, None)
        text = self._known[host]
        if isinstance(text, UnreachableError):
            raise UnreachableError(text.sentence, url=url, status=text.status, retry_after=text.retry_after) from text
        if not politeness.allowed(text, url, AGENT):
            raise RefusedError(f"robots.txt of {failures.name(url)} asks programs not to visit this page.", url=url)
        return politeness.delay(text, AGENT, self._settings.delay)

    async def _find(self, host: str, url: str) -> None:
        text = self._given.get(host)
        if text is None:
            await self._learn(host, url)
        else:
            self._known[host] = text

    async def _learn(self, host: str, url: str) -> None:
        parts = urlsplit(url)
        try:
            text = await self._fetch(f"{parts.scheme}://{parts.netloc}/robots.txt")
        except RefusedError as error:
            if error.status is None:  # the guard keeps us from the host: we have not read its rules
                raise RefusedError(error.sentence, url=url, hint=error.hint) from error
            text = ""
        except FetchError as error:
            reason = "" if failures.is_stranger(error) else " (That was its robots.txt; we stay away until it can be read.)"
            later = error.retry_after if isinstance(error, UnreachableError) else None
            status = error.status if isinstance(error, UnreachableError) else None
            self._known[host] = trouble = UnreachableError(error.sentence + reason, url=url, status=status, retry_after=later)
            trouble.__cause__ = error  # so that whoever meets it can tell a name that nobody has from a server in trouble
            return
        self._known[host] = self.read[host] = text

    async def _fetch(self, url: str) -> str:
        budget = Budget(self._settings.total)
        hops = 0
        while True:
            question = Question(url=url, limit=politeness.ROBOTS_LIMIT, cut=True)
            answer = await self._exchange.ask(question, budget, delay=self._settings.delay)
            onward = answers.target(answer)
            if onward is None:
                return answers.content(answer).decode("utf-8-sig", "replace")
            if hops == MAX_REDIRECTS:
                raise failures.too_many_redirects(url, answer.status)
            url, hops = onward, hops + 1
