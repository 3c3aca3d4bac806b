"""Whose turn it is: how many requests to one host are under way, and how far apart they start. What the delay is, others say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from pipeline import politeness


class Hosts:
    """All hosts: when each was last asked, and of those that somebody asks now, or waits for, the places."""

    def __init__(self, concurrency: int, asked: Mapping[str, datetime]) -> None:
        self.asked = dict(asked)
        self._concurrency = max(concurrency, 1)
        self._busy: WeakValueDictionary[str, Host] = WeakValueDictionary()

    def host(self, name: str) -> Host:
        """Give a host by its name, as `urls.host` writes it."""
        found = self._busy.get(name)
        if found is None:
            found = self._busy[name] = Host(name, self._concurrency, self.asked)
        return found


class Host:
    """The places of one host; when it was last asked stands in `asked`, which outlives it."""

    __slots__ = ("__weakref__", "_asked", "_name", "_seats", "_start")

    def __init__(self, name: str, concurrency: int, asked: dict[str, datetime]) -> None:
        self._name, self._asked = name, asked
        self._seats = asyncio.Semaphore(concurrency)
        self._start = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, delay: timedelta) -> AsyncIterator[None]:
        """Wait until the host may be asked, and hold one of its places."""
        async with self._seats:
            async with self._start:
                pause = politeness.wait(self._asked.get(self._name), datetime.now(UTC), delay)
                await asyncio.sleep(pause.total_seconds())
                self._asked[self._name] = datetime.now(UTC)
            yield


class Budget:
    """The time that one request may take with all its redirects. Waiting for our turn does not count."""

    def __init__(self, total: timedelta) -> None:
        self.total = total
        self._left = total.total_seconds()

    @asynccontextmanager
    async def spend(self) -> AsyncIterator[None]:
        """Take the time from what is left; raises `TimeoutError` when nothing is."""
        clock = asyncio.get_running_loop().time
        start = clock()
        try:
            async with asyncio.timeout(self._left):
                yield
        finally:
            self._left -= clock() - start
