"""Signing in by a proxy before us: whom it names, who may name anybody, and what its settings must say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.errors import ConfigError
from pipeline.model import ProxySignIn, Role
from pipeline.web import create_app
from tests.staff import PASSWORD, person
from tests.test_web import Site

HERE = "/desk/account"
PROXY = "10.1.2.3"
OPEN, LOGIN, REFUSED = 200, 303, 403


def behind(folder: Path, *, role: Role | None = None, password: str = "") -> Site:
    """Make a desk behind a proxy in 10.0.0.0/8."""
    site = Site(folder, password=password)
    proxy = ProxySignIn(networks=("10.0.0.0/8", "fd00::/8"), role=role)
    site.config = replace(site.config, desk=replace(site.config.desk, proxy=proxy))
    site.app = create_app(site.config, site.open, lambda: site.now)
    return site


def names(site: Site) -> list[str]:
    with site.open() as store:
        return [account.name for account in store.accounts()]


def test_who_the_proxy_names_is_signed_in_as_that_account(tmp_path: Path) -> None:
    site = behind(tmp_path)
    person(site, "Zoë Blanc", Role.CURATOR, password=False)
    for peer in (PROXY, "::ffff:10.1.2.3", "fd00::7"):
        answer = site.visitor(peer).ask("GET", HERE, headers=[("remote-user", "zoë blanc".encode())])  # type: ignore[arg-type]  # bytes, as a proxy sends
        assert answer.status_code == OPEN
        assert "<h1>Zoë Blanc</h1>" in answer.text
        assert "You are a curator" in answer.text


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.7", "11.0.0.1", "fe80::1", "::ffff:192.0.2.7", "testclient", ""])
def test_a_stranger_who_brings_the_header_is_refused(tmp_path: Path, peer: str) -> None:
    site = behind(tmp_path)
    person(site, password=False)
    answer = site.visitor(peer).get(HERE, Remote_User="Priya Nair")
    assert answer.status_code == REFUSED
    assert "a header that only our proxy may send" in answer.text
    forged = site.visitor(peer).ask("GET", HERE, headers={"remote-user": "Priya Nair", "x-forwarded-for": PROXY})
    assert forged.status_code == REFUSED


def test_without_the_setting_the_header_means_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    person(site)
    assert site.visitor(PROXY).get(HERE, Remote_User="Priya Nair").status_code == LOGIN


@pytest.mark.parametrize("alike", ["\uff30riya Nair", "Priya\u3000Nair", "Pr\u0131ya Nair"])
def test_who_only_looks_like_somebody_is_not_that_person(tmp_path: Path, alike: str) -> None:
    site = behind(tmp_path)
    person(site, password=False)
    assert site.visitor(PROXY).get(HERE, Remote_User="priya NAIR").status_code == OPEN
    answer = site.visitor(PROXY).ask("GET", HERE, headers=[("remote-user", alike.encode())])  # type: ignore[arg-type]  # bytes, as a proxy sends
    assert answer.status_code == REFUSED


def test_two_headers_name_nobody(tmp_path: Path) -> None:
    site = behind(tmp_path)
    person(site, password=False)
    twice = [("remote-user", "Priya Nair"), ("remote-user", "Tom")]
    assert site.visitor(PROXY).ask("GET", HERE, headers=twice).status_code == REFUSED  # type: ignore[arg-type]  # twice the same name
    assert site.visitor(PROXY).get(HERE, Remote_User="x" * 101).status_code == REFUSED


def test_past_the_proxy_nobody_comes_in_not_even_from_this_machine(tmp_path: Path) -> None:
    site = behind(tmp_path)
    assert site.visitor().get(HERE).status_code == REFUSED
    assert site.visitor(PROXY).get(HERE).status_code == REFUSED
    assert site.visitor(PROXY).get(HERE, Remote_User=" ").status_code == REFUSED
    assert site.visitor().get("/").status_code == 200


def test_past_the_proxy_a_password_still_opens_where_there_is_one(tmp_path: Path) -> None:
    site = behind(tmp_path)
    person(site)
    visitor = site.visitor()
    assert visitor.get(HERE).status_code == LOGIN
    visitor.post("/desk/login", {"name": "Priya Nair", "password": PASSWORD})
    assert visitor.get(HERE).status_code == OPEN


def test_somebody_without_an_account_is_told_so(tmp_path: Path) -> None:
    site = behind(tmp_path)
    answer = site.visitor(PROXY).get(HERE, Remote_User="mallory")
    assert answer.status_code == REFUSED
    assert "There is no account for mallory at this desk." in answer.text


def test_a_disabled_account_stays_closed_whoever_names_it(tmp_path: Path) -> None:
    site = behind(tmp_path, role=Role.READER)
    closed = person(site, "Tom", Role.CURATOR, password=False)
    with site.open() as store:
        store.set_disabled(closed.id, since=site.now)
    assert site.visitor(PROXY).get(HERE, Remote_User="Tom").status_code == REFUSED


def test_with_a_role_in_the_settings_an_account_comes_with_the_first_change(tmp_path: Path) -> None:
    site = behind(tmp_path, role=Role.CURATOR)
    visitor = site.visitor(PROXY)
    assert "You are a curator" in visitor.get(HERE, Remote_User="ruth").text
    assert names(site) == []  # looking changes nothing
    item = site.add(1)
    answer = visitor.post(f"/desk/items/{item}/decide", {"verdict": "accept"}, {"remote-user": "ruth"})
    assert answer.status_code == 303
    with site.open() as store:
        decision = store.item(item).decision
    assert decision is not None
    assert decision.curator == "ruth"
    visitor.post("/desk/undo", {}, {"remote-user": "ruth"})
    assert names(site) == ["ruth"]
    assert visitor.get("/desk/accounts", Remote_User="ruth").status_code == REFUSED


def test_a_form_from_elsewhere_is_refused_though_the_proxy_vouches_for_the_person(tmp_path: Path) -> None:
    site = behind(tmp_path)
    person(site, password=False)
    item = site.add(1)
    headers = {"remote-user": "Priya Nair", "origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert site.visitor(PROXY).post(f"/desk/items/{item}/decide", {"verdict": "accept"}, headers).status_code == REFUSED


# ---------------------------------------------------------------- its settings


def settings(folder: Path, proxy: str) -> Path:
    path = folder / "sources.yaml"
    path.write_text(f"desk: {{name: Desk, sign_in: {{proxy: {proxy}}}}}\nsources: []\n", encoding="utf-8")
    return path


def test_the_settings_are_read(tmp_path: Path) -> None:
    found = load(settings(tmp_path, "{networks: [10.0.0.0/8, 192.0.2.1], header: X-User, role: scout}"), {}).desk.proxy
    assert found == ProxySignIn(networks=("10.0.0.0/8", "192.0.2.1/32"), header="X-User", role=Role.SCOUT)
    assert load(settings(tmp_path, "{networks: [10.0.0.0/8]}"), {}).desk.proxy == ProxySignIn(networks=("10.0.0.0/8",))


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("{header: X-User}", "`networks` is missing"),
        ("{networks: [0.0.0.0/0]}", "is everybody"),
        ("{networks: ['::/0']}", "is everybody"),
        ("{networks: [proxy.example]}", "is no network"),
        ("{networks: [10.0.0.0/8], header: 'X User'}", "is no name of a header"),
        ("{networks: [10.0.0.0/8], role: king}", "role"),
        ("{networks: [10.0.0.0/8], rank: scout}", "the key `rank` is unknown"),
    ],
)
def test_settings_that_would_let_anybody_in_are_problems(tmp_path: Path, proxy: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(settings(tmp_path, proxy), {})
