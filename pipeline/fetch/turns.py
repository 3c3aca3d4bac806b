"""Whose turn it is: how many requests to one host are under way, and how far apart they start. What the delay is, others say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from pipeline import politeness


class Host:
    """The places of one host, and when it was last asked."""

    def __init__(self, concurrency: int, last: datetime | None = None) -> None:
        self._seats = asyncio.Semaphore(max(concurrency, 1))
        self._start = asyncio.Lock()
        self.last = last

    @asynccontextmanager
    async def turn(self, delay: timedelta) -> AsyncIterator[None]:
        """Wait until the host may be asked, and hold one of its places."""
        async with self._seats:
            async with self._start:
                pause = politeness.wait(self.last, datetime.now(UTC), delay)
                await asyncio.sleep(pause.total_seconds())
                self.last = datetime.now(UTC)
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
