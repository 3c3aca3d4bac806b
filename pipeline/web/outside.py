"""Signing in elsewhere: one browser's way to a provider and back. Keeps no attempt: what proves one follows from the browser's own cookie and a key
of this process, so that nobody fills a list by beginning. What a browser brought back once is refused the second time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.util import find_spec
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from pipeline.config import Config
from pipeline.config.living import Settings
from pipeline.errors import ConfigError, Problem
from pipeline.model import OidcSignIn
from pipeline.web.problems import RefusedVisitError

if TYPE_CHECKING:
    from pipeline.web.oidc import Proof, Provider

PATIENCE = timedelta(minutes=10)
"""So long somebody may take at the provider."""
OUTSIDE, BACK = "/desk/login/outside", "/desk/login/back"
"""Where a browser leaves for the provider, and where that sends it back to; the second stands in the provider's own settings too."""
_FRESH = timedelta(minutes=10)  # the discovery document is kept so long
_AT_ONCE = 4  # visits that wait for the provider; threads beyond stay for everybody else
_LONGEST = 2_000  # characters of what a browser brings


class Outside:
    """The provider that the settings name, and the attempts to come in by it."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        """Raises `ConfigError` where a provider is set and the extra is not installed."""
        self._settings, self._clock = settings, clock
        self._key = secrets.token_bytes(32)
        self._used: dict[str, datetime] = {}
        self._lock, self._asking = Lock(), BoundedSemaphore(_AT_ONCE)
        self._known: tuple[OidcSignIn, datetime, Provider] | None = None
        if settings.config.desk.oidc:
            require(settings.config)

    @property
    def provider(self) -> OidcSignIn | None:
        """The provider, if one is set."""
        return self._settings.config.desk.oidc

    def begin(self, to: str) -> tuple[str, str]:
        """Give the address to send a browser to, and its cookie. `to` is where it goes on afterwards."""
        from pipeline.web import oidc  # here and not above: only a desk with a provider has it, and pays for loading it

        cookie = f"{int(self._clock().timestamp())}.{secrets.token_urlsafe(24)}.{_coded(to.encode())}"
        config, settings = self._set()
        return oidc.address(self._provider(config, settings), settings, self._proof(cookie), back=config.desk.url + BACK), cookie

    def check(self, cookie: str, state: str, issuer: str = "") -> str:
        """Say where a browser goes on that came back with the state which we gave it. Raises `RefusedVisitError` for any other."""
        _, settings = self._set()
        if len(cookie) > _LONGEST or not hmac.compare_digest(state.encode("utf-8", "replace"), self._proof(cookie).state.encode()):
            raise _again("This browser did not begin to sign in here, or the desk was started anew meanwhile.")
        begun, _, to = cookie.split(".")  # ours, as the state follows from it
        if self._clock().timestamp() - int(begun) > PATIENCE.total_seconds():
            raise _again("Signing in took too long.")
        if issuer and issuer != settings.issuer:  # RFC 9207
            raise _again("Another provider sent you here.")
        return base64.urlsafe_b64decode(to + "==").decode()

    def finish(self, cookie: str, *, state: str, code: str) -> str:
        """Say who came back with this code, as issuer and subject; a second time nobody. `check` was called before.

        Raises `RefusedVisitError`, or `UnavailableError` where the provider does not answer.
        """
        from pipeline.web import oidc

        self._use_up(state)
        if not 0 < len(code) <= _LONGEST:
            raise _again("The provider brought nothing to sign in with.")
        config, settings = self._set()
        provider = self._provider(config, settings)
        with self._turn():
            return oidc.redeem(
                provider, settings, config, code=code, proof=self._proof(cookie), back=config.desk.url + BACK, now=self._clock()
            )  # fmt: skip

    def _set(self) -> tuple[Config, OidcSignIn]:
        config = self._settings.config
        if config.desk.oidc is None:
            raise RefusedVisitError("There is no such page.", status=404)
        require(config)
        return config, config.desk.oidc

    def _provider(self, config: Config, settings: OidcSignIn) -> Provider:
        from pipeline.web import oidc

        known, now = self._known, self._clock()
        if known is None or known[0] != settings or not timedelta() <= now - known[1] < _FRESH:
            with self._turn():
                self._known = known = settings, now, oidc.discover(settings, config)
        return known[2]

    def _turn(self) -> _Turn:
        return _Turn(self._asking)

    def _use_up(self, state: str) -> None:
        now = self._clock()
        with self._lock:
            self._used = {one: at for one, at in self._used.items() if now - at <= PATIENCE}
            if state in self._used:
                raise _again("This was used already.")
            self._used[state] = now

    def _proof(self, cookie: str) -> Proof:
        from pipeline.web import oidc

        state, nonce, verifier = (self._of(cookie, what) for what in ("state", "nonce", "verifier"))
        return oidc.Proof(state=state, nonce=nonce, verifier=verifier)

    def _of(self, cookie: str, what: str) -> str:
        return _coded(hmac.digest(self._key, f"{what} {cookie}".encode("utf-8", "replace"), hashlib.sha256))


class _Turn:
    """One visit's wait for the provider. Too many at once are told to come back."""

    def __init__(self, asking: BoundedSemaphore) -> None:
        self._asking = asking

    def __enter__(self) -> None:
        if not self._asking.acquire(blocking=False):
            raise RefusedVisitError("Many people sign in at this moment.", status=503, hint="Wait a moment and try again.")

    def __exit__(self, *error: object) -> None:
        self._asking.release()


def require(config: Config) -> None:
    """Check that what a provider takes is installed, without loading it. Raises `ConfigError`."""
    if find_spec("authlib") is None or find_spec("joserfc") is None:
        what = "desk.sign_in.oidc: Authlib is not installed"
        raise ConfigError((Problem(file=config.path.name, line=0, what=what, remedy="`pip install 'gleanings[oidc]'`, or remove the setting"),))


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _again(said: str) -> RefusedVisitError:
    return RefusedVisitError(said, status=403, hint="Begin again at the desk's login page.")
