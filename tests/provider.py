"""A provider of OpenID Connect on loopback, in a thread: a small Starlette application with RS256 keys, honest unless a test makes it lie.

with Provider() as provider:
    provider.settings                       # what goes into desk.sign_in.oidc
    provider.visit(location, "ada")         # what the browser of Ada brings back: the address to go on to
    provider.claims["aud"] = "another"      # from now on every ID token says so
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.model import OidcSignIn
from tests import builders
from tests.web import listening

CLIENT, SECRET = "gleanings", "a secret: with/marks %"


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": name, "use": "sig", "alg": "RS256"})


KEYS = {name: _key(name) for name in ("first", "second", "strange")}


@dataclass
class Provider:
    """The server. `claims` and `header` change what its ID tokens say, `document` what it says of itself, `published` which keys it shows."""

    now: Callable[[], datetime] = lambda: builders.NOW.astimezone(UTC)
    claims: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    published: list[str] = field(default_factory=lambda: ["first"])
    signs: str = "first"
    way: Callable[[Provider, dict[str, Any]], str] | None = None
    answer: Callable[[dict[str, Any]], Response] | None = None
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def reset(self) -> None:
        """Be honest again."""
        fresh = Provider()
        for name in ("claims", "document", "published", "signs", "way", "answer", "asked", "codes"):
            setattr(self, name, getattr(fresh, name))

    def __enter__(self) -> Self:
        routes = [
            Route("/.well-known/openid-configuration", self._document),
            Route("/keys", self._keys),
            Route("/token", self._token, methods=["POST"]),
        ]
        self._listener = listening()
        self.issuer = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._listener.close()

    @property
    def settings(self) -> OidcSignIn:
        return OidcSignIn(issuer=self.issuer, client=CLIENT, name="University login")

    def visit(self, location: str, subject: str) -> str:
        """Sign somebody in on the provider's page; give the address that the browser is sent back to."""
        parts = urlsplit(location)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        asked = dict(parse_qsl(parts.query))
        assert (asked["response_type"], asked["client_id"], asked["scope"], asked["code_challenge_method"]) == ("code", CLIENT, "openid", "S256")
        code = secrets.token_urlsafe(12)
        self.codes[code] = {**asked, "sub": subject}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    # ------------------------------------------------------------ what it answers

    def _document(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return JSONResponse(said | self.document)

    def _keys(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return JSONResponse({"keys": [KEYS[name].as_dict(private=False) for name in self.published]})

    async def _token(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        given = self.codes.pop(form.get("code", ""), None)
        challenge = _coded(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            not self._is_client(request, form)
            or given is None
            or given["code_challenge"] != challenge
            or given["redirect_uri"] != form["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(self.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": given["sub"], "nonce": given["nonce"], "iat": now, "exp": now + 300, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        made = {"access_token": "x", "token_type": "Bearer", "id_token": self.way(self, claims) if self.way else self.signed(claims)}
        return self.answer(made) if self.answer else JSONResponse(made)

    def _is_client(self, request: Request, form: dict[str, str]) -> bool:
        kind, _, pair = request.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            name, _, secret = base64.b64decode(pair).decode().partition(":")
            return (unquote(name), unquote(secret)) == (CLIENT, SECRET)
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)

    # ------------------------------------------------------------ ID tokens

    def signed(self, claims: dict[str, Any], name: str = "") -> str:
        key = KEYS[name or self.signs]
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


def by_nobody(_provider: Provider, claims: dict[str, Any]) -> str:
    """`alg` none: anybody can write it."""
    parts = [_coded(json.dumps(one).encode()) for one in ({"alg": "none"}, claims)]
    return ".".join([*parts, ""])


def by_public_key(_provider: Provider, claims: dict[str, Any]) -> str:
    """HS256 with the public key as the secret, which everybody knows."""
    key = KEYS["first"]
    parts = [_coded(json.dumps(one).encode()) for one in ({"alg": "HS256", "kid": key.kid}, claims)]
    signature = hmac.digest(key.as_pem(private=False), ".".join(parts).encode(), hashlib.sha256)
    return ".".join([*parts, _coded(signature)])


def by_a_stranger(_provider: Provider, claims: dict[str, Any]) -> str:
    """A key that is not the provider's, under the name of one that is."""
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, KEYS["strange"])


def with_its_own_key(_provider: Provider, claims: dict[str, Any]) -> str:
    """A token that brings the key to check it by."""
    strange = KEYS["strange"]
    return jwt.encode({"alg": "RS256", "jwk": strange.as_dict(private=False)}, claims, strange)


def changed_afterwards(provider: Provider, claims: dict[str, Any]) -> str:
    """Somebody else's name put in after it was signed."""
    head, _, signature = provider.signed(claims).split(".")
    body = _coded(json.dumps({**claims, "sub": "ada"}).encode())
    return f"{head}.{body}.{signature}"
