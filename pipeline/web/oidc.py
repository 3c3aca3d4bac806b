"""OpenID Connect Core 1.0 with a provider that the operator named: its discovery document, where to send a browser, and what a code is worth.

Authorization code with PKCE (RFC 7636, S256), state and nonce. An ID token is believed only with a signature by one of the provider's own keys,
by an algorithm of a key pair: `none` and shared secrets are refused. The keys are asked for at each sign-in, so that a provider may change them at
any time. Imported only where a provider is set (`pip install 'gleanings[oidc]'`); keeps nothing and knows no accounts.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from pipeline.config import Config
from pipeline.errors import FetchError, UnavailableError
from pipeline.fetch.endpoint import ask
from pipeline.model import OidcSignIn
from pipeline.web.problems import RefusedVisitError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by a key pair (RFC 7518, 3.1; RFC 8037; RFC 9864)."""
LEEWAY = 60
"""Seconds by which two clocks may differ."""
_LONGEST = 255  # characters of a subject (OpenID Connect Core, 2)
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where the provider is asked for what, by its own word, and how it wants to be told our secret."""

    authorize: str
    token: str
    keys: str
    secret_in_form: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What one browser's attempt is known by: to the provider (`state`, `nonce`, the hash of `verifier`) and to us (`verifier`)."""

    state: str
    nonce: str
    verifier: str


def discover(settings: OidcSignIn, config: Config) -> Provider:
    """Read the discovery document (OpenID Connect Discovery 1.0, 4). Raises `UnavailableError`."""
    found = _asked(f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration", settings, config)
    endpoints = [found.get(name) for name in _ENDPOINTS]
    if found.get("issuer") != settings.issuer or not all(_is_address(one, settings.issuer) for one in endpoints):
        raise _unusable(settings, "says something of itself that does not fit desk.sign_in.oidc.issuer")
    authorize, token, keys = map(str, endpoints)
    ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Provider(authorize=authorize, token=token, keys=keys, secret_in_form="client_secret_basic" not in ways)


def address(provider: Provider, settings: OidcSignIn, proof: Proof, *, back: str) -> str:
    """Write where the browser goes: the provider's page, with what it has to bring back to `back`."""
    challenge = create_s256_code_challenge(proof.verifier)
    made: str = prepare_grant_uri(
        provider.authorize, client_id=settings.client, response_type="code", redirect_uri=back, scope="openid", state=proof.state,
        nonce=proof.nonce, code_challenge=challenge, code_challenge_method="S256",
    )  # fmt: skip
    return made


def redeem(provider: Provider, settings: OidcSignIn, config: Config, *, code: str, proof: Proof, back: str, now: datetime) -> str:
    """Exchange a code for who it stands for: issuer and subject, `https://id.example.org|248289761001`.

    Raises `UnavailableError` where the provider does not answer, `RefusedVisitError` where what it says proves nothing.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": proof.verifier}
    headers: dict[str, str] = {}
    if config.oidc_secret and not provider.secret_in_form:
        pair = f"{quote(settings.client, safe='')}:{quote(config.oidc_secret, safe='')}"  # RFC 6749, 2.3.1
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = settings.client
        form |= {"client_secret": config.oidc_secret} if config.oidc_secret else {}
    answer = _asked(provider.token, settings, config, form=form, headers=headers)
    keys = _asked(provider.keys, settings, config)
    return subject(answer, keys, settings, nonce=proof.nonce, now=now)


def subject(answer: Mapping[str, Any], keys: Mapping[str, Any], settings: OidcSignIn, *, nonce: str, now: datetime) -> str:
    """Read who an ID token stands for, by the provider's keys (OpenID Connect Core, 3.1.3.7). Raises `RefusedVisitError`."""
    wanted = {"iss": {"essential": True, "value": settings.issuer}, "aud": {"essential": True, "value": settings.client}}
    params = {"nonce": nonce, "client_id": settings.client, "access_token": answer.get("access_token")}
    try:
        token = jwt.decode(str(answer.get("id_token") or ""), KeySet.import_key_set({"keys": _public(keys)}), algorithms=ALGORITHMS)
        claims = CodeIDToken(token.claims, token.header, wanted, params)
        claims.validate(int(now.timestamp()), LEEWAY)
        said = claims["sub"]
    except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _nothing(settings) from error
    if not isinstance(said, str) or not 0 < len(said) <= _LONGEST or not said.isprintable():
        raise _nothing(settings)
    return f"{settings.issuer}|{said}"


def _public(keys: Mapping[str, Any]) -> list[Any]:
    """Take the keys for signatures; a secret that both sides know (`oct`) is none that a provider would publish."""
    listed = keys.get("keys")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [one for one in found if one.get("kty") in ("RSA", "EC", "OKP") and one.get("use", "sig") == "sig"]


def _asked(url: str, settings: OidcSignIn, config: Config, **more: Any) -> dict[str, Any]:
    try:
        return ask(url, config.harvest, allow=urlsplit(settings.issuer).hostname or "", **more)
    except FetchError as error:
        if getattr(error, "status", None) in (400, 401):  # RFC 6749, 5.2: the code is none, or was used
            raise _nothing(settings) from error
        raise _unusable(settings, f"cannot be asked: {error.sentence}") from error


def _is_address(said: object, issuer: str) -> bool:
    """Say whether the provider names an address where a secret may be sent: https, unless it runs on this machine itself."""
    return isinstance(said, str) and said.isprintable() and said.startswith(("https://", "http://")[: 2 if issuer.startswith("http:") else 1])


def _unusable(settings: OidcSignIn, what: str) -> UnavailableError:
    return UnavailableError(
        f"{settings.name} {what.rstrip('.')}.", hint="Try again in a moment; your password, if you have one, still opens the desk."
    )


def _nothing(settings: OidcSignIn) -> RefusedVisitError:
    return RefusedVisitError(f"{settings.name} did not say who you are.", status=403, hint="Sign in again from the desk's login page.")
