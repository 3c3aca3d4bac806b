"""Signing in by a provider: who comes in, who does not, and what a lying provider or a stranger on the way gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
from starlette.responses import JSONResponse

from pipeline.config import load
from pipeline.errors import ConfigError
from pipeline.model import OidcSignIn, Role
from pipeline.store import INVITED, new_secret, secret_hash
from pipeline.web import create_app, outside
from tests.provider import SECRET, Provider
from tests.staff import person, signed_in
from tests.test_web import Site, Visitor

HERE, IN, OUT, REFUSED, WRONG, GONE = "/desk/account", 200, 303, 403, 422, 503


@pytest.fixture(autouse=True)
def straight(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between the desk and a server on this machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def served() -> Iterator[Provider]:
    with Provider() as made:
        yield made


@pytest.fixture
def provider(served: Provider) -> Provider:
    served.reset()
    return served


@pytest.fixture
def site(tmp_path: Path, provider: Provider) -> Site:
    """A desk with the provider, and Ada, whom it signs in."""
    made = Site(tmp_path)
    at(made, provider.settings)
    ada = person(made, "Ada Marsh", Role.EDITOR, password=False)
    with made.open() as store:
        store.invite(ada.id, secret_hash("hers"), ends=made.now + INVITED)
        store.take_up(secret_hash("hers"), f"{provider.issuer}|ada", made.now)
    return made


def at(site: Site, settings: OidcSignIn) -> None:
    """Have a desk send people to this provider."""
    site.config = replace(site.config, desk=replace(site.config.desk, oidc=settings), oidc_secret=SECRET)
    site.app = create_app(site.config, site.open, lambda: site.now)


def leave(visitor: Visitor, path: str = "/desk/login/outside") -> str:
    """Go to the provider; give the address of its page."""
    answer = visitor.get(path)
    assert answer.status_code == OUT, answer.text
    return answer.headers["location"]


def come_back(visitor: Visitor, address: str) -> httpx.Response:
    """Follow what the provider says, and press the button that stands there."""
    parts = urlsplit(address)
    shown = visitor.get(f"{parts.path}?{parts.query}")
    return visitor.post(parts.path, dict(parse_qsl(parts.query))) if shown.status_code == IN else shown


def sign_in(site: Site, provider: Provider, subject: str = "ada", **query: str) -> tuple[Visitor, httpx.Response]:
    visitor = site.visitor("198.51.100.7")
    location = leave(visitor, "/desk/login/outside" + (f"?{urlencode(query)}" if query else ""))
    return visitor, come_back(visitor, provider.visit(location, subject))


def counted(site: Site) -> int:
    with site.open() as store:
        return sum(len(store.sign_ins(one.id, site.now)) for one in store.accounts())


# ---------------------------------------------------------------- coming in


def test_whom_the_provider_signs_in_sits_at_the_desk_from_anywhere(site: Site, provider: Provider) -> None:
    visitor, answer = sign_in(site, provider, to="/desk/log?by=Ada")
    assert (answer.status_code, answer.headers["location"]) == (OUT, "/desk/log?by=Ada")
    assert "<h1>Ada Marsh</h1>" in visitor.get(HERE).text
    assert not visitor.cookies.get("gleanings_outside")
    assert provider.asked == ["/.well-known/openid-configuration", "/token", "/keys"]


def test_the_login_page_offers_the_provider_and_the_door_is_locked_without(site: Site) -> None:
    assert site.visitor().get(HERE).headers["location"].startswith("/desk/login")
    shown = site.visitor().get("/desk/login?to=/desk/log").text
    assert '<a class="btn" href="/desk/login/outside?to=/desk/log">Sign in with University login</a>' in shown


def test_each_attempt_has_a_state_a_nonce_and_a_challenge_of_its_own(site: Site) -> None:
    asked = [parse_qs(urlsplit(leave(site.visitor())).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) == 43
    assert asked[0]["redirect_uri"] == ["http://127.0.0.1:8765/desk/login/back"]


def test_the_cookie_of_an_attempt_is_for_this_host_https_and_no_script(site: Site, provider: Provider) -> None:
    site.config = replace(site.config, desk=replace(site.config.desk, url="https://digest.example.org"))
    site.app = create_app(site.config, site.open, lambda: site.now)
    set_cookie = site.visitor(home="https://digest.example.org").get("/desk/login/outside").headers["set-cookie"]
    assert re.match(r"__Host-gleanings_outside=[\w.-]+; HttpOnly; Max-Age=600; Path=/; SameSite=lax; Secure", set_cookie)


def test_looking_at_the_address_that_the_provider_sends_to_signs_nobody_in(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    parts = urlsplit(provider.visit(leave(visitor), "ada"))
    for _ in range(2):
        assert "Go on to the desk" in visitor.get(f"{parts.path}?{parts.query}").text
    assert counted(site) == 0
    assert "/token" not in provider.asked


def test_an_invitation_can_be_taken_up_by_the_provider_once(site: Site, provider: Provider) -> None:
    tom, secret = person(site, "Tom Reed", Role.CURATOR, password=False), new_secret()
    with site.open() as store:
        store.invite(tom.id, secret_hash(secret), ends=site.now + INVITED)
    visitor, path = site.visitor("198.51.100.8"), f"/invitation/{secret}"
    assert f'href="{path}/outside"' in visitor.get(path).text
    first = come_back(visitor, provider.visit(leave(visitor, f"{path}/outside"), "tom"))
    assert (first.status_code, first.headers["location"]) == (OUT, "/desk")
    assert "<h1>Tom Reed</h1>" in visitor.get(HERE).text
    assert visitor.get(f"{path}/outside").status_code == visitor.get(path).status_code == 404
    assert sign_in(site, provider, "tom")[1].status_code == OUT
    shown = signed_in(site, person(site)).get("/desk/accounts").text
    assert "Invited" not in shown


def test_a_sign_in_that_is_somebodys_already_takes_up_no_other_invitation(site: Site, provider: Provider) -> None:
    tom, secret = person(site, "Tom Reed", Role.OPERATOR, password=False), new_secret()
    with site.open() as store:
        store.invite(tom.id, secret_hash(secret), ends=site.now + INVITED)
    visitor = site.visitor()
    answer = come_back(visitor, provider.visit(leave(visitor, f"/invitation/{secret}/outside"), "ada"))
    assert answer.status_code == 409
    assert "This sign-in is that of Ada Marsh already." in answer.text
    assert counted(site) == 0
    assert visitor.get(f"/invitation/{secret}").status_code == IN


@pytest.mark.parametrize("subject", ["nobody", "ADA", "ada ", "Ada Marsh", "ada|", "|ada"])
def test_who_has_no_account_is_told_so_and_gets_none(site: Site, provider: Provider, subject: str) -> None:
    visitor, answer = sign_in(site, provider, subject)
    assert answer.status_code == REFUSED
    assert "There is no account for you at this desk." in answer.text
    assert "An operator can invite you" in answer.text
    assert visitor.get(HERE).status_code == OUT
    with site.open() as store:
        assert [one.name for one in store.accounts()] == ["Ada Marsh"]


def test_a_closed_account_stays_closed_whatever_the_provider_says(site: Site, provider: Provider) -> None:
    person(site)
    with site.open() as store:
        ada = store.account("Ada Marsh")
        assert ada is not None
        store.set_disabled(ada.id, since=site.now)
    assert sign_in(site, provider)[1].status_code == REFUSED


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(site: Site, provider: Provider) -> None:
    provider.document["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert sign_in(site, provider)[1].status_code == OUT


def test_keys_may_change_from_one_sign_in_to_the_next(site: Site, provider: Provider) -> None:
    assert sign_in(site, provider)[1].status_code == OUT
    provider.published, provider.signs = ["first", "second"], "second"
    assert sign_in(site, provider)[1].status_code == OUT
    provider.published = ["second"]
    assert sign_in(site, provider)[1].status_code == OUT
    provider.signs = "first"
    assert sign_in(site, provider)[1].status_code == REFUSED


# ---------------------------------------------------------------- attacks on the way


def test_what_was_brought_back_once_is_refused_the_second_time(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    address = provider.visit(leave(visitor), "ada")
    kept = visitor.cookies.get("gleanings_outside") or ""
    provider.answer = lambda made: JSONResponse({**made, "id_token": ""})  # it did not work, and the code is used
    assert come_back(visitor, address).status_code == REFUSED
    provider.answer = None
    again = provider.visit(leave(site.visitor()), "ada")
    visitor.cookies.set("gleanings_outside", kept, domain="127.0.0.1")
    state, code = parse_qs(urlsplit(address).query)["state"][0], parse_qs(urlsplit(again).query)["code"][0]
    answer = visitor.post("/desk/login/back", {"state": state, "code": code})
    assert answer.status_code == REFUSED
    assert "This was used already." in answer.text
    assert counted(site) == 0


def test_a_code_of_another_browser_is_worth_nothing(site: Site, provider: Provider) -> None:
    """An attacker who signs in as herself and has a victim bring her code: the verifier is another, and so is the nonce."""
    hers = provider.visit(leave(site.visitor()), "ada")
    victim = site.visitor()
    own = parse_qs(urlsplit(leave(victim)).query)["state"][0]
    code = parse_qs(urlsplit(hers).query)["code"][0]
    assert victim.post("/desk/login/back", {"state": own, "code": code}).status_code == REFUSED
    assert come_back(site.visitor(), hers).status_code == REFUSED
    assert counted(site) == 0


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda cookie: "",
        lambda cookie: cookie[:-1] + ("A" if cookie[-1] != "A" else "B"),
        lambda cookie: cookie.replace(cookie.split(".")[0], str(int(cookie.split(".")[0]) + 1)),
        lambda cookie: f"{cookie}.x",
        lambda cookie: "x" * 3_000,
        lambda cookie: "..",
        lambda cookie: "é",
    ],
)
def test_a_state_goes_with_one_cookie_alone(site: Site, provider: Provider, spoilt: Callable[[str], str]) -> None:
    visitor = site.visitor()
    address = provider.visit(leave(visitor), "ada")
    cookie = visitor.cookies.get("gleanings_outside") or ""
    visitor.cookies.delete("gleanings_outside")
    parts = urlsplit(address)
    sent = {"cookie": f"gleanings_outside={spoilt(cookie)}".encode("latin-1")}
    assert visitor.ask("GET", f"{parts.path}?{parts.query}", headers=sent).status_code == REFUSED  # type: ignore[arg-type]  # bytes, as a stranger sends


def test_an_attempt_ends_after_ten_minutes_and_with_the_process(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    address = provider.visit(leave(visitor), "ada")
    site.now += timedelta(minutes=10, seconds=1)
    late = come_back(visitor, address)
    assert (late.status_code, "took too long" in late.text) == (REFUSED, True)
    address = provider.visit(leave(visitor), "ada")
    site.app = create_app(site.config, site.open, lambda: site.now)
    assert come_back(visitor, address).status_code == REFUSED


def test_another_provider_sends_nobody_here(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    address = provider.visit(leave(visitor), "ada").replace("iss=", "iss=https%3A%2F%2Fzq.example&was=")
    assert come_back(visitor, address).status_code == REFUSED


def test_whom_the_provider_refuses_reads_a_sentence_of_ours(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    state = parse_qs(urlsplit(leave(visitor)).query)["state"][0]
    for error, said in (("access_denied", "You did not sign in."), ("<zq>", "The provider could not sign you in.")):
        answer = visitor.get(f"/desk/login/back?{urlencode({'state': state, 'error': error, 'error_description': '<zq>'})}")
        assert answer.status_code == REFUSED
        assert said in answer.text
        assert "<zq" not in answer.text


@pytest.mark.parametrize(
    "to", ["https://zq.example/", "//zq.example", "/\\zq.example", "/desk//zq.example", "javascript:zq()", "/invitation/x", "/desk\r\nX: 1"]
)
def test_nobody_is_led_elsewhere_after_signing_in(site: Site, provider: Provider, to: str) -> None:
    answer = sign_in(site, provider, to=to)[1]
    assert (answer.status_code, answer.headers["location"]) == (OUT, "/desk")


def test_a_form_of_another_site_signs_nobody_in(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    address = provider.visit(leave(visitor), "ada")
    visitor.get(f"/desk/login/back?{urlsplit(address).query}")
    fields = dict(parse_qsl(urlsplit(address).query))
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://zq.example"}):
        assert visitor.post("/desk/login/back", fields, headers).status_code == REFUSED
    assert visitor.post("/desk/login/back", {**fields, "token": "B" * 32}).status_code == REFUSED
    assert counted(site) == 0


def test_guessing_is_counted(site: Site, provider: Provider) -> None:
    visitor = site.visitor("198.51.100.9")
    state = parse_qs(urlsplit(leave(visitor)).query)["state"][0]
    found = [visitor.post("/desk/login/back", {"state": state, "code": f"guess {number}"}).status_code for number in range(31)]
    assert found == [REFUSED] * 30 + [429]


# ---------------------------------------------------------------- settings

FILE = "desk: {{name: A, sign_in: {{oidc: {}}}}}\nsources:\n  - {{id: a, kind: feed, url: 'https://a.example/f'}}\n"


def read(folder: Path, said: str, environ: dict[str, str] | None = None) -> Any:
    (folder / "sources.yaml").write_text(FILE.format(said), encoding="utf-8")
    return load(folder / "sources.yaml", environ or {})


def test_the_settings_name_the_provider_and_the_environment_its_secret(tmp_path: Path) -> None:
    made = read(tmp_path, "{issuer: 'https://id.example.org/realm', client: desk}", {"GLEANINGS_OIDC_SECRET": "s3cret"})
    assert (made.desk.oidc.issuer, made.desk.oidc.client, made.desk.oidc.name) == ("https://id.example.org/realm", "desk", "id.example.org")
    assert made.oidc_secret == "s3cret"
    assert "s3cret" not in repr(made)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("{client: a}", "`issuer` is missing"),
        ("{issuer: 'https://a.example'}", "`client` is missing"),
        ("{issuer: 'http://a.example', client: a}", "is no issuer"),
        ("{issuer: 'https://a.example?x=1', client: a}", "is no issuer"),
        ("{issuer: 'https://u:p@a.example', client: a}", "is no issuer"),
        ("{issuer: 'https://a.example', client: a, secret: b}", "secret"),
    ],
)
def test_settings_that_cannot_be_are_named(tmp_path: Path, said: str, what: str) -> None:
    with pytest.raises(ConfigError) as found:
        read(tmp_path, said)
    assert what in str(found.value.problems)


def test_without_the_setting_there_is_no_such_page(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for path in ("/desk/login/outside", "/desk/login/back"):
        assert site.visitor().get(path).status_code == 404
    assert "Sign in with" not in site.visitor().get("/desk/login").text


def test_without_the_extra_the_start_is_refused_with_a_sentence(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "find_spec", lambda name: None)
    with pytest.raises(ConfigError) as found:
        create_app(site.config, site.open, lambda: site.now)
    assert found.value.exit_code == 3
    assert "pip install 'gleanings[oidc]'" in str(found.value.problems[0])
