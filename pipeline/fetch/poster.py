"""Telling another server something: one POST to an address of the operator's, through the same guard as everything. Follows no redirect, keeps no
answer, and tries nothing twice: whoever asks decides when again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from pipeline import urls
from pipeline.errors import FetchError, RefusedError, UnreachableError
from pipeline.fetch import body, failures
from pipeline.fetch.exchange import agent_header
from pipeline.fetch.guard import Guard
from pipeline.fetch.transports import Transports
from pipeline.model import HarvestSettings

PATIENCE = 15.0
"""Seconds for one POST, its answer included."""
_GONE = 410


class Poster:
    """Posts, within `async with`."""

    def __init__(self, settings: HarvestSettings) -> None:
        self._guard = Guard(settings.allow_private)
        self._transports = Transports(self._guard, os.environ)
        self._agent = agent_header(settings.contact)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._transports.close()

    async def __call__(self, url: str, content: bytes, headers: Mapping[str, str]) -> int:
        """Post JSON and give the status, which is 2xx.

        Raises `RefusedError` where the server wants no more (410) or may not be asked, `UnreachableError` for every other answer, and for none.
        """
        if not urls.is_web(url):
            raise failures.no_address(url)
        try:
            self._guard.check(urlsplit(url).hostname or "", ())
            async with asyncio.timeout(PATIENCE):
                status = await self._once(url, content, headers)
        except FetchError:
            raise
        except TimeoutError as error:
            raise UnreachableError(f"{failures.name(url)} did not answer within {PATIENCE:g} seconds.", url=url) from error
        except failures.Trouble as error:
            raise failures.explain(error, url) from error
        if status == _GONE:
            raise RefusedError(f"{failures.name(url)} wants to be told no more (410).", url=url, status=status)
        if not 200 <= status < 300:
            raise UnreachableError(f"{failures.name(url)} did not take it ({status}).", url=url, status=status)
        return status

    async def _once(self, url: str, content: bytes, headers: Mapping[str, str]) -> int:
        sent = {"User-Agent": self._agent, "Content-Type": "application/json", **headers}
        request = httpx.Request("POST", url, content=content, headers=sent)
        response = await self._transports.choose(url).handle_async_request(request)
        try:
            with suppress(httpx.HTTPError):
                await body.drain(response)
            return response.status_code
        finally:
            await response.aclose()
