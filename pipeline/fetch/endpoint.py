"""Asking a server that the operator named for a JSON object: one GET, or one POST of a form, through the same guard as everything.

Follows no redirect, tries nothing twice and keeps no cookie. What the server names in its answers (other addresses) is judged like a stranger's.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import httpx

from pipeline import urls
from pipeline.errors import FetchError, UnreachableError
from pipeline.fetch import body, failures
from pipeline.fetch.exchange import agent_header
from pipeline.fetch.guard import Guard
from pipeline.fetch.transports import Transports
from pipeline.model import HarvestSettings

PATIENCE = 10.0
"""Seconds for one question, its answer included: somebody is waiting at a page."""
LONGEST = 256_000
"""Bytes of an answer; what providers send is under 20,000."""


def ask(
    url: str,
    settings: HarvestSettings,
    *,
    allow: str,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Ask, in a thread that may wait, and give the JSON object that comes back. `allow` is the host that may be inside our own network.

    Raises `FetchError`: `RefusedError` for an address that may not be asked, `UnreachableError` for no answer, and for one that is no JSON object.
    """
    if not urls.is_web(url):
        raise failures.no_address(url)
    guard = Guard((*settings.allow_private, allow))
    guard.check(urlsplit(url).hostname or "", ())
    sent = {"User-Agent": agent_header(settings.contact), "Accept": "application/json", "Accept-Encoding": "gzip", **(headers or {})}
    request = httpx.Request("GET", url, headers=sent)
    if form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        request = httpx.Request("POST", url, headers=sent, content=urlencode(form).encode())
    try:
        return _object(asyncio.run(_within(request, guard)), url)
    except FetchError:
        raise
    except TimeoutError as error:
        raise UnreachableError(f"{failures.name(url)} did not answer within {PATIENCE:g} seconds.", url=url) from error
    except failures.Trouble as error:
        raise failures.explain(error, url) from error


async def _within(request: httpx.Request, guard: Guard) -> bytes:
    transports = Transports(guard, os.environ)
    try:
        async with asyncio.timeout(PATIENCE):
            return await _answer(request, await transports.choose(str(request.url)).handle_async_request(request))
    finally:
        await transports.close()


async def _answer(request: httpx.Request, response: httpx.Response) -> bytes:
    url = str(request.url)
    try:
        if response.status_code != httpx.codes.OK:
            raise UnreachableError(f"{failures.name(url)} answered with {response.status_code}.", url=url, status=response.status_code)
        return await body.read(response, url, limit=LONGEST)
    finally:
        await response.aclose()


def _object(content: bytes, url: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnreachableError(f"{failures.name(url)} answered with something that is no JSON.", url=url) from error
    if not isinstance(found, dict):
        raise UnreachableError(f"{failures.name(url)} answered with JSON that is no object.", url=url)
    return cast("dict[str, Any]", found)
