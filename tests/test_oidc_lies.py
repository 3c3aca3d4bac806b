"""Signing in by a provider that lies, breaks or is gone: nobody comes in, and what is said is a sentence. Each check switched off lets one in."""

from __future__ import annotations

import base64
import hmac
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwt import Token
from starlette.responses import JSONResponse, Response

from pipeline.fetch import endpoint
from pipeline.web import login, oidc
from pipeline.web.outside import Outside
from tests import provider as providers
from tests.provider import Provider
from tests.test_oidc import GONE, HERE, IN, OUT, REFUSED, at, counted, leave, provider, served, sign_in, site, straight
from tests.test_web import Site

__all__ = ["provider", "served", "site", "straight"]  # fixtures


HOUR = 3_600
LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "for another client": {"aud": "another"},
    "for nobody": {"aud": None},
    "for others too, and not by us": {"aud": ["gleanings", "another"], "azp": "another"},
    "for others too, and by nobody": {"aud": ["gleanings", "another"]},
    "by us for another": {"aud": "another", "azp": "gleanings"},
    "of another issuer": {"iss": "https://zq.example"},
    "of no issuer": {"iss": None},
    "of our issuer with a slash": {"iss": "…/"},
    "over": {"exp": -61},
    "without an end": {"exp": None},
    "with words for an end": {"exp": "tomorrow"},
    "of tomorrow": {"iat": 24 * HOUR},
    "not yet good": {"nbf": HOUR},
    "for nobody in particular": {"sub": None},
    "with an empty subject": {"sub": ""},
    "with a number for a subject": {"sub": 7},
    "with a list for a subject": {"sub": ["ada"]},
    "with a very long subject": {"sub": "a" * 256},
    "with a line end in its subject": {"sub": "ada\n"},
    "with the hash of another access token": {"at_hash": "x"},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_id_token_that_does_not_fit_signs_nobody_in(site: Site, provider: Provider, lie: str) -> None:
    now = int(site.now.timestamp())
    said = LIES[lie]
    moments = {name: now + value for name, value in said.items() if name in ("exp", "iat", "nbf") and isinstance(value, int)}
    provider.claims = {**said, **moments, **({"iss": f"{provider.issuer}/"} if said.get("iss") == "…/" else {})}
    visitor, answer = sign_in(site, provider)
    assert answer.status_code == REFUSED
    assert "University login did not say who you are." in answer.text
    assert visitor.get(HERE).status_code == OUT
    assert counted(site) == 0


@pytest.mark.parametrize(
    "way", [providers.by_nobody, providers.by_public_key, providers.by_a_stranger, providers.with_its_own_key, providers.changed_afterwards]
)
def test_an_id_token_that_the_provider_did_not_sign_signs_nobody_in(site: Site, provider: Provider, way: Callable[..., str]) -> None:
    provider.way = way
    assert sign_in(site, provider, "ada" if way is not providers.changed_afterwards else "tom")[1].status_code == REFUSED
    assert counted(site) == 0


def test_a_secret_among_the_published_keys_is_no_key(site: Site, provider: Provider) -> None:
    shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "first"}
    assert oidc._public({"keys": [shared, "x", {"kty": "RSA", "use": "enc"}]}) == []
    assert oidc._public({"keys": "x"}) == oidc._public({}) == []


@pytest.mark.parametrize(
    "broken",
    [
        lambda made: JSONResponse([]),
        lambda made: JSONResponse({}),
        lambda made: JSONResponse({**made, "id_token": 7}),
        lambda made: JSONResponse({**made, "id_token": "a.b.c"}),
        lambda made: JSONResponse({**made, "id_token": "é.é.é"}),
        lambda made: Response("<html>", media_type="text/html"),
        lambda made: Response("[" * 100_000),
        lambda made: Response("x" * 300_000),
        lambda made: Response(status_code=500),
        lambda made: Response(status_code=302, headers={"location": "http://169.254.169.254/"}),
    ],
)
def test_an_answer_that_is_none_is_a_sentence(site: Site, provider: Provider, broken: Callable[[dict[str, Any]], Response]) -> None:
    provider.answer = broken
    answer = sign_in(site, provider)[1]
    assert answer.status_code in (REFUSED, GONE)
    assert "University login" in answer.text
    assert counted(site) == 0


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://zq.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:zq()"},
        {"jwks_uri": ["x"]},
        {"authorization_endpoint": "https://a.example/\r\nX: 1"},
    ],
)
def test_a_discovery_document_that_does_not_fit_sends_nobody_anywhere(site: Site, provider: Provider, document: dict[str, Any]) -> None:
    provider.document = document
    answer = site.visitor().get("/desk/login/outside")
    assert answer.status_code == GONE
    assert "does not fit desk.sign_in.oidc.issuer" in answer.text


@pytest.mark.parametrize(
    "inside", ["http://169.254.169.254/token", "http://10.0.0.1/token", "http://metadata.google.internal/", "https://db.internal/"]
)
def test_a_provider_has_us_ask_nothing_inside_our_network(site: Site, provider: Provider, inside: str) -> None:
    provider.document = {"token_endpoint": inside}
    answer = sign_in(site, provider)[1]
    assert answer.status_code == GONE
    assert "on the public web" in answer.text


def test_a_provider_that_is_gone_is_a_sentence_and_the_password_still_opens(site: Site, provider: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        issuer = f"http://127.0.0.1:{closed.getsockname()[1]}"
    at(site, replace(provider.settings, issuer=issuer))
    answer = site.visitor().get("/desk/login/outside")
    assert answer.status_code == GONE
    assert "University login cannot be asked" in answer.text
    assert "your password, if you have one, still opens the desk" in answer.text
    assert site.visitor().get("/desk/login").status_code == IN


def test_a_provider_that_never_answers_is_waited_for_no_longer_than_a_moment(site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        at(site, replace(provider.settings, issuer=issuer))
        answer = site.visitor().get("/desk/login/outside")
    assert answer.status_code == GONE
    assert "did not answer within 0.2 seconds" in answer.text


def test_a_few_wait_for_the_provider_and_the_next_is_told_to_come_back(site: Site) -> None:
    turn = site.app.state.site.access.outside._turn
    with turn(), turn(), turn(), turn():
        assert site.visitor().get("/desk/login/outside").status_code == GONE
    assert site.visitor().get("/desk/login/outside").status_code == OUT


# ---------------------------------------------------------------- each check switched off


def test_a_foreign_nonce_gets_through_where_claims_are_not_judged(site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.claims = {"nonce": "x"}
    assert sign_in(site, provider)[1].status_code == REFUSED
    monkeypatch.setattr(CodeIDToken, "validate", lambda self, now, leeway: None)
    assert sign_in(site, provider)[1].status_code == OUT


def test_a_token_of_nobody_gets_through_where_signatures_are_not_judged(site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    def unjudged(token: str, keys: object, algorithms: object) -> Token:
        head, body, _ = (json.loads(base64.urlsafe_b64decode(part + "==") or "0") for part in token.split("."))
        return Token(head, body)

    provider.way = providers.by_nobody
    assert sign_in(site, provider)[1].status_code == REFUSED
    monkeypatch.setattr(jwt, "decode", unjudged)
    assert sign_in(site, provider)[1].status_code == OUT


def test_a_browser_that_did_not_begin_gets_on_where_states_are_not_compared(site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown() -> int:
        victim, query = site.visitor(), urlsplit(provider.visit(leave(site.visitor()), "ada")).query
        leave(victim)
        return victim.get(f"/desk/login/back?{query}").status_code

    assert shown() == REFUSED
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: True)
    assert shown() == IN


def test_what_was_used_is_asked_again_where_nothing_is_remembered(site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> int:
        visitor = site.visitor()
        address = provider.visit(leave(visitor), "nobody")
        for _ in range(2):
            visitor.post("/desk/login/back", dict(parse_qsl(urlsplit(address).query)))
        return provider.asked.count("/token")

    assert asked() == 1
    monkeypatch.setattr(Outside, "_use_up", lambda self, state: None)
    assert asked() == 1 + 2


def test_somebody_is_led_elsewhere_where_addresses_are_not_judged(site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "desk_path", lambda path, otherwise: path)
    monkeypatch.setattr(site.app.state.site.access.rights, "may_see", lambda path, account: True)
    assert sign_in(site, provider, to="//zq.example")[1].headers["location"] == "//zq.example"
