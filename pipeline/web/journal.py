"""What is kept of each visit: a number, how long it took, which part of the desk answered and how. No words, no addresses, nobody's name.

A visit's number goes out in `X-Request-Id` and stands in every line that the visit leaves in the log. One that comes in is taken over only from
a proxy that the settings name: anybody else could write into our log what they like.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.config.living import Settings
from pipeline.log import about
from pipeline.watch.metrics import Metrics
from pipeline.web.proxy import is_named

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = ("health", "static")  # asked every few seconds, or with every page
_HOUSE = "pipeline.web."


class Journal:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, *, settings: Settings, metrics: Metrics, ticks: Callable[[], float] = time.perf_counter) -> None:
        self._app, self._settings, self._metrics, self._ticks = app, settings, metrics, ticks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number, began, status = self._number(scope), self._ticks(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = number
            await send(message)

        with about(request=number):
            try:
                await self._app(scope, receive, sent)
            finally:
                self._note(scope, status, self._ticks() - began)

    def _number(self, scope: Scope) -> str:
        proxy, peer = self._settings.config.desk.proxy, scope.get("client")
        if proxy is not None and peer is not None and is_named(peer[0], proxy.networks):
            brought = Headers(scope=scope).getlist("x-request-id")
            if len(brought) == 1 and _NUMBER.fullmatch(brought[0]):
                return brought[0]
        return secrets.token_hex(8)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        room = room_of(scope)
        self._metrics.answered(room, status, seconds)
        level = logging.DEBUG if room in _QUIET and status < 500 else logging.INFO
        log.log(level, "answered method=%s room=%s status=%d ms=%.1f", _method(scope), room, status, seconds * 1000)


def room_of(scope: Scope) -> str:
    """Name the part of the desk that answered: a module of `web`, `static` for files, `none` where no route was found or the gate refused."""
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return "none"
    module: str = getattr(endpoint, "__module__", "")
    return module.removeprefix(_HOUSE) if module.startswith(_HOUSE) else "static"


def _method(scope: Scope) -> str:
    method = str(scope.get("method", ""))
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
