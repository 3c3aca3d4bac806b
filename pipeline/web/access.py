"""Who may sit at the desk: whoever is on this machine, or, where a password is set, whoever knows it. Named accounts are not its business."""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline.web.problems import RefusedVisitError
from pipeline.web.security import is_local, wants_json

SESSION_COOKIE = "gleanings_session"
SESSION = timedelta(days=14)
"""How long a login holds."""

_TRIES = 10
_WINDOW = timedelta(minutes=10)


class Access:
    """The lock of the desk. Keeps the times of wrong passwords, so that guessing is slow."""

    def __init__(self, password: str, *, clock: Callable[[], datetime]) -> None:
        self._password = password.encode()
        self._clock = clock
        self._wrong: deque[datetime] = deque(maxlen=_TRIES)
        # The key follows from the password, slowly: sessions outlive a restart, and a new password ends them all.
        self._key = hashlib.scrypt(self._password, salt=b"gleanings desk session", n=2**14, r=8, p=1) if password else b""

    def admit(self, request: Request) -> Response | None:
        """Let a visitor into the desk (`None`), or send the visitor to the login page. Raises `RefusedVisitError`."""
        if not self._password:
            if is_local(request):
                return None
            raise RefusedVisitError(
                "The desk is open to this machine only.",
                status=403,
                hint="Set GLEANINGS_DESK_PASSWORD (or GLEANINGS_DESK_PASSWORD_FILE) and start again to work from elsewhere.",
            )
        if request.url.path == "/desk/login" or self._is_known(request.cookies.get(SESSION_COOKIE, "")):
            return None
        if request.method == "POST" or wants_json(request):
            raise RefusedVisitError("You are not logged in.", status=401, hint="Log in at /desk/login and repeat what you did.")
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/desk/login?{urlencode({'to': path})}", status_code=303)

    def open(self, password: str) -> str:
        """Check a password and give the value of the session cookie. Raises `RefusedVisitError`."""
        now = self._clock()
        if len(self._wrong) == _TRIES and now - self._wrong[0] < _WINDOW:
            raise RefusedVisitError("Too many wrong passwords.", status=429, hint="Wait ten minutes and try again.")
        if not self._password or not hmac.compare_digest(password.encode(), self._password):
            self._wrong.append(now)
            raise RefusedVisitError("This is not the password of the desk.", status=403, hint="Try again.")
        ends = str(int((now + SESSION).timestamp()))
        return f"{ends}.{self._sign(ends)}"

    def _is_known(self, cookie: str) -> bool:
        ends, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(ends).encode()):
            return False
        return int(ends) > self._clock().timestamp()

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
