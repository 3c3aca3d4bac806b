"""The fetcher: one request in, one value out, politely. It follows redirects within a host and hands on those to another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Self

from pipeline import urls
from pipeline.errors import RefusedError
from pipeline.fetch import answers, failures
from pipeline.fetch.exchange import Exchange, Question
from pipeline.fetch.guard import Guard
from pipeline.fetch.robots import Known, Robots
from pipeline.fetch.transports import Transports
from pipeline.fetch.turns import Budget
from pipeline.model import Fetched, HarvestSettings, Moved, Request

MAX_REDIRECTS = 5
MARGIN, LONGEST_IDLE = 1.0, 30.0
"""Seconds. A connection is kept until its host may be asked again, and so much longer; of thousands of hosts all would be open at once."""


class Fetcher:
    """Fetches, within `async with`. One instance serves many requests at once, and there should be one in a process: two would not know
    of each other's turns."""

    def __init__(
        self,
        settings: HarvestSettings,
        *,
        robots: Known = MappingProxyType({}),
        asked: Mapping[str, datetime] = MappingProxyType({}),
    ) -> None:
        """Take robots.txt texts that are still fresh, and when hosts were last asked by others, both by host as `urls.host` writes it. Raises
        `ConfigError` where the environment names certificates that cannot be read."""
        guard = Guard(settings.allow_private)
        self._settings = settings
        self._transports = Transports(guard, os.environ, idle=min(settings.delay.total_seconds() + MARGIN, LONGEST_IDLE))
        self._exchange = Exchange(settings, guard, self._transports, asked)
        self._robots = Robots(self._exchange, settings, robots)

    @property
    def robots(self) -> Mapping[str, str]:
        """The robots.txt texts that this fetcher read itself, by host. Those that it was given are not among them, so that they can age."""
        return MappingProxyType(self._robots.read)

    @property
    def asked(self) -> Mapping[str, datetime]:
        """When each host was last asked, for whoever asks after us."""
        return self._exchange.asked

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._transports.close()

    async def __call__(self, request: Request) -> Fetched:
        """Fetch one page, following redirects within its host; `Moved` says that it is on another. Raises `FetchError`."""
        url = urls.clean(request.url)
        self._exchange.judge(url)
        budget = Budget(self._settings.total)
        limit = self._settings.max_bytes if request.limit is None else request.limit
        seen, permanent = {url}, True
        while True:
            delay = await self._robots.obey(url)
            question = Question(url=url, limit=limit, conditions=answers.conditions(request), head=request.head)
            answer = await self._exchange.ask(question, budget, delay=delay)
            onward = answers.target(answer)
            if onward is None:
                return replace(answers.read(answer, request), permanent=permanent)
            permanent = permanent and answer.status in answers.PERMANENT
            self._judge(onward, url)
            if urls.host(onward) != urls.host(url):
                return Moved(url=request.url, to=onward, permanent=permanent)
            if onward in seen:
                raise failures.circle(url, answer.status)
            if len(seen) > MAX_REDIRECTS:
                raise failures.too_many_redirects(url, answer.status)
            seen.add(onward)
            url = onward

    def _judge(self, onward: str, url: str) -> None:
        try:
            self._exchange.judge(onward)
        except RefusedError as error:
            raise RefusedError(f"{failures.name(url)} sends us elsewhere: {error.sentence}", url=url, hint=error.hint) from error
