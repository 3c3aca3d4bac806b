"""One question to one host and its answer: in its turn, through the guard, within bytes and time. Follows nothing and judges no page."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from urllib.parse import urlsplit

import httpx
import stamina

from pipeline import urls
from pipeline.errors import RefusedError
from pipeline.fetch import body, failures
from pipeline.fetch.answers import Answer
from pipeline.fetch.guard import Guard
from pipeline.fetch.transports import Transports
from pipeline.fetch.turns import Budget, Hosts
from pipeline.model import HarvestSettings

AGENT = "Gleanings"
"""The product name that robots.txt may speak to."""


stamina.instrumentation.set_on_retry_hooks(())  # a second try is no news; if it fails too, the error tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask: an address that is clean, the bound of its body in bytes, whether a longer body is cut instead of refused, and whether only
    the head of the answer is wanted."""

    url: str
    limit: int
    conditions: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    head: bool = False


class Exchange:
    """Asks hosts, and remembers of each when it was asked."""

    def __init__(self, settings: HarvestSettings, guard: Guard, transports: Transports, asked: Mapping[str, datetime]) -> None:
        self._guard = guard
        self._transports = transports
        self._hosts = Hosts(settings.concurrency, asked)
        self._headers = {
            "User-Agent": agent_header(settings.contact),
            "Accept": "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8",
            "Accept-Encoding": "gzip",
        }

    @property
    def asked(self) -> dict[str, datetime]:
        """When each host was last asked."""
        return dict(self._hosts.asked)

    def judge(self, url: str) -> None:
        """Raise `RefusedError` where an address, as it is written, is none that we may visit."""
        if not urls.is_web(url):
            raise failures.no_address(url)
        try:
            self._guard.check(urlsplit(url).hostname or "", ())
        except RefusedError as error:
            raise _about(url, error) from error

    async def ask(self, question: Question, budget: Budget, *, delay: timedelta) -> Answer:
        """Ask in the host's turn, twice where the connection was cut before the answer. Raises `FetchError`."""
        self.judge(question.url)
        try:
            async for attempt in stamina.retry_context(on=failures.is_transient, attempts=2, timeout=budget.total, wait_initial=0.2, wait_jitter=0.3):
                with attempt:
                    async with self._hosts.host(urls.host(question.url)).turn(delay), budget.spend():
                        return await self._once(question)
        except RefusedError as error:
            raise _about(question.url, error) from error
        except TimeoutError as error:
            raise failures.too_slow(question.url, budget.total) from error
        except failures.Trouble as error:
            raise failures.explain(error, question.url) from error
        raise AssertionError("stamina ends with an answer or an error")

    async def _once(self, question: Question) -> Answer:
        request = httpx.Request("HEAD" if question.head else "GET", question.url, headers={**self._headers, **question.conditions})
        response = await self._transports.choose(question.url).handle_async_request(request)
        try:
            content = b""
            if response.is_success and not question.head:
                content = await body.read(response, question.url, limit=question.limit, cut=question.cut)
            elif not response.is_success:
                with suppress(httpx.HTTPError):
                    await body.drain(response)
            return Answer(url=question.url, status=response.status_code, headers=response.headers, body=content, received=datetime.now(UTC))
        finally:
            await response.aclose()


def agent_header(contact: str) -> str:
    """Say who we are and where to complain, in what a header may hold."""
    contact = "".join(char for char in contact if char.isascii() and char.isprintable() and char not in "()\\")[:200].strip()
    return f"{AGENT}/{version('gleanings')}" + (f" (+{contact})" if contact else "")


def _about(url: str, error: RefusedError) -> RefusedError:
    """Say of an address what the guard, which knows hosts only, said of its host."""
    return RefusedError(error.sentence, url=url, hint=error.hint)
