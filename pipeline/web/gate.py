"""The gate that every visit goes through: the rules of the door before it, the headers after it, and the one place where errors become answers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import PipelineError
from pipeline.web import security
from pipeline.web.problems import RefusedVisitError

log = logging.getLogger(__name__)

_SECRET = re.compile(r"^(/(?:invitation|confirm|preferences|unsubscribe|useful|used|suggest|survey)/).+", re.DOTALL)
"""What follows in these addresses opens something, and stands in no log."""
_STRICT = "SameSite=Strict"
"""The cookie of the forms goes with no visit that another site began."""
_PROBES = ("/healthz", "/readyz")
_LONGEST = 2_000  # characters of a path; ours have under a hundred


class Explain(Protocol):
    """Turn an error into an answer; `None` is a bug, of which the visitor learns nothing more."""

    def __call__(self, request: Request, error: PipelineError | None) -> Response: ...


class Gate:
    """ASGI middleware. `admit` says who comes to the desk, and whether they may: `None` to go on, or an answer instead."""

    def __init__(self, app: ASGIApp, *, public_url: Callable[[], str], admit: Callable[[Request], Response | None], explain: Explain) -> None:
        self._app = app
        self._public_url = public_url
        self._admit = admit
        self._explain = explain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        https = security.is_https(request, self._public_url())
        request.state.token = security.token_of(request, https=https)
        request.state.person, request.state.scopes, request.state.sign_in = None, frozenset(), ""
        answer = _Answer(request, send, https=https)
        try:
            await self._pass(request, answer, https=https)
        except PipelineError as error:
            await self._tell(request, answer, error)
        except Exception:
            log.exception("failed method=%s path=%s", request.method, _SECRET.sub(r"\1…", request.url.path))
            await self._tell(request, answer, None)

    async def _pass(self, request: Request, answer: _Answer, *, https: bool) -> None:
        path = request.scope["path"]
        if path not in _PROBES:
            security.check_host(request.headers.get("host"), self._public_url())
        if len(path) > _LONGEST:
            raise RefusedVisitError("This address is too long.", status=414)
        is_program = security.is_program(path)
        if request.method not in ("GET", "HEAD", "POST") and not is_program:
            raise RefusedVisitError(f"{request.method} is not something that this desk answers.", status=405)
        # In a thread, as it asks the database. What a program sends is no form, and brings no cookie that a page elsewhere could misuse.
        instead = await run_in_threadpool(self._admit, request) if is_program or security.in_desk(path) else None
        if instead is None and request.method == "POST" and not is_program:
            request.state.form = await security.read_form(request)
            security.check_form(request, request.state.form, https=https)
        await (instead or self._app)(request.scope, request.receive, answer.send)

    async def _tell(self, request: Request, answer: _Answer, error: PipelineError | None) -> None:
        if not answer.started:
            await self._explain(request, error)(request.scope, request.receive, answer.send)


class _Answer:
    """The way out: adds the headers of every answer, and the cookie that our forms need."""

    def __init__(self, request: Request, send: Send, *, https: bool) -> None:
        self._request = request
        self._https = https
        self._send = send
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            path = self._request.scope["path"]
            headers = MutableHeaders(scope=message)
            for name, value in security.headers(path).items():
                headers.setdefault(name, value)
            token = self._request.state.token
            if security.is_program(path) and message["status"] == 401:
                headers.setdefault("www-authenticate", "Bearer")
            name = security.token_cookie(self._https)
            if security.in_desk(path) and self._request.cookies.get(name) != token:
                secure = "; Secure" if self._https else ""
                headers.append("set-cookie", f"{name}={token}; Path=/; HttpOnly; {_STRICT}{secure}")
        await self._send(message)
