"""Each layer of the locks switched off in turn: an attack that is held gets through then, so the test of that attack would tell."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import jinja2
import pytest
from starlette.requests import Request
from starlette.responses import Response

from pipeline import tokens
from pipeline.exchange import csvfile
from pipeline.fetch import Guard
from pipeline.model import Role, Scope
from pipeline.web import access, crowd, gate, security
from pipeline.web.api import serve
from pipeline.web.limits import Limit
from pipeline.web.rights import Rights
from tests.attacks import NO, all_attacks
from tests.staff import PASSWORD
from tests.stage import HOME, Answer, Attack, Stage
from tests.test_attacks import bare, faults
from tests.web import Web

Patch = pytest.MonkeyPatch
ROLE = Attack(sort="role", name="a reader among the accounts", path="/desk/accounts", who=Role.READER, status=NO, never=("Vera",))
REMARK = "csrf: /desk/items/§item§/remark"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A layer, the attack that it holds (by its name where it stands in the table), and how to switch it off."""

    layer: str
    attack: str | Attack
    off: Callable[[Patch, Stage], object]


def without(owner: object, name: str, value: Any) -> Callable[[Patch, Stage], object]:
    """Put something in the place of a function or a value."""
    return lambda patch, stage: patch.setattr(owner, name, value)


def unescaped(patch: Patch, stage: Stage) -> None:
    site = stage.site.app.state.site
    patch.setitem(stage.site.app.state._state, "site", replace(site, templates=unescaping(site.templates)))


def unescaping(templates: jinja2.Environment) -> jinja2.Environment:
    """Give the same templates without escaping."""
    made = templates.overlay(autoescape=False)
    made.cache = jinja2.environment.create_cache(400)
    return made


def of_any_purpose(patch: Patch, _stage: Stage) -> None:
    read = tokens.read

    def reading(key: bytes, _purpose: str, token: str, *, now: Any) -> tokens.Claims | None:
        return next((claims for one in ("confirm", "preferences", "unsubscribe", "useful") if (claims := read(key, one, token, now=now))), None)

    patch.setattr(tokens, "read", reading)


def any_program(self: access.Access, request: Request) -> None:
    request.state.person, request.state.scopes = self._machine, frozenset(Scope)


MUTANTS = (
    Mutant("names of this machine", "host: 'zq.example' at /", without(security, "check_host", lambda header, url: None)),
    Mutant("spelling of a name", f"host: 'zq.example@{HOME}' at /", without(security, "_HOST", re.compile(".*", re.DOTALL))),
    Mutant("Sec-Fetch-Site", f"{REMARK}, from another site", without(security, "_is_own", lambda headers: True)),
    Mutant("Origin", f"{REMARK}, of another origin", without(security, "_is_own", lambda headers: True)),
    Mutant("form token", f"{REMARK}, another's token", without(hmac, "compare_digest", lambda sent, known: True)),
    Mutant("forms of readers", "csrf: /suggest, cross-site", without(security, "check_form", lambda request, form, *, https: None)),
    Mutant(
        "__Host- cookie", "session: a cookie of plain http at the public name", without(security, "session_cookie", lambda https: "gleanings_session")
    ),
    Mutant("hash of sign-ins", "session: gleanings_session=§operator.browser§", without(access, "secret_hash", lambda secret: secret)),
    Mutant("escaping", "xss: /suggest?text=<zq>", unescaped),
    Mutant("content security policy", "xss: /suggest?text=<zq>", without(security, "policy", lambda styles=(): "default-src *")),
    Mutant("headers of every answer", "xss: /suggest?text=<zq>", without(security, "headers", lambda path: {})),
    Mutant("rights", ROLE, without(Rights, "check", lambda self, request, person: None)),
    Mutant("tokens of programs", "scope: /api/v1/me without a token", without(access.Access, "_admit_program", any_program)),
    Mutant("scopes", "scope: sources/north-blog/pause with read alone", without(serve, "check_scope", lambda request, scope: None)),
    Mutant("public web only", "ssrf: suggested http://169.254.169.254/x", without(Guard, "check", lambda self, host, addresses: None)),
    Mutant("formulas", "csv: /desk/log.csv, '+1+1'", without(csvfile, "_cell", lambda value: "" if value is None else str(value))),
    Mutant("formulas within a cell", "csv: /desk/subscribers.csv, 'x;=1+1'", without(csvfile, "_WITHIN", re.compile("(?!)"))),
    Mutant("size of forms", "body: /suggest, too large", without(security, "FORM_LIMIT", 10**9)),
    Mutant("size of programs' bodies", "body: API, too large", without(serve, "LARGEST", 10**9)),
    Mutant("names once in JSON", "body: API, twice", without(serve, "_once", dict)),
    Mutant("where a form leads on", "redirect: opinion, here '//zq.example'", without(crowd, "desk_path", lambda path: path)),
    Mutant("purpose of links", "others: a preferences link at /unsubscribe, posted", of_any_purpose),
)


@pytest.fixture(scope="module")
def inner() -> Iterator[Web]:
    with bare(), Web() as made:
        yield made


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, inner: Web) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("mutants")) as made:
        made.known["inner"] = str(inner.port)
        yield made


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.layer)
def test_an_attack_gets_through_where_its_layer_is_off(mutant: Mutant, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    attack = mutant.attack if isinstance(mutant.attack, Attack) else next(one for one in all_attacks() if str(one) == mutant.attack)
    place = 8_000 + MUTANTS.index(mutant)
    stage.changed()
    assert faults(attack, stage, place) == []
    mutant.off(monkeypatch, stage)
    assert faults(attack, stage, place) != []


def tries(stage: Stage, place: int) -> list[int]:
    attack = Attack(sort="", name="", path="/desk/login", method="POST", who=Role.READER, form=(("name", "Vera Victim"), ("password", "no")))
    return [stage.send(attack, place=place).status for _ in range(12)]


def test_passwords_are_guessed_without_end_where_the_limit_is_off(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.site.app.state.site.access.passwords, "matches", lambda kept, password: False)  # hashing takes its time
    assert tries(stage, 8_500) == [403] * 10 + [429] * 2
    monkeypatch.setattr(Limit, "allows", lambda self, visitor, now: True)
    assert tries(stage, 8_501) == [403] * 12


def test_the_fetcher_reaches_inside_where_its_guard_is_off(stage: Stage, inner: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    attack = next(one for one in all_attacks() if str(one) == "ssrf: source http://127.0.0.1:§inner§/x")
    assert faults(attack, stage, 8_600) == []
    assert inner.asked == []
    monkeypatch.setattr(Guard, "check", lambda self, host, addresses: None)
    stage.send(attack, place=8_601)
    assert inner.asked


def cookies(stage: Stage) -> dict[str, set[str]]:
    """The cookies that signing in sets at the public name, with their attributes."""
    form = (("name", "The curator"), ("password", PASSWORD))
    answer = stage.send(Attack(sort="", name="", path="/desk/login", method="POST", who=Role.READER, form=form, host=HOME))
    page = stage.send(Attack(sort="", name="", path="/desk/login", host=HOME))
    return dict(_cookie(value) for one in (answer, page) for value in _set(one))


def _set(answer: Answer) -> list[str]:
    return [value for name, value in answer.headers if name.lower() == "set-cookie"]


def _cookie(said: str) -> tuple[str, set[str]]:
    first, *rest = said.split("; ")
    return first.partition("=")[0], {one.lower() for one in rest}


def test_cookies_are_for_this_host_https_and_no_script_and_the_test_would_tell(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    made = cookies(stage)
    assert made["__Host-gleanings_session"] >= {"httponly", "secure", "path=/", "samesite=lax"}
    assert made["__Host-gleanings_token"] >= {"httponly", "secure", "path=/", "samesite=strict"}
    assert not any(one.startswith("domain") for attributes in made.values() for one in attributes)
    monkeypatch.setattr(security, "is_https", lambda request, public_url: False)
    assert all("secure" not in attributes for attributes in cookies(stage).values())


def test_another_site_sends_no_cookie_of_ours_and_the_test_would_tell(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [brought(attributes, "POST") for attributes in cookies(stage).values()] == [False, False]
    assert [brought(attributes, "GET") for _, attributes in sorted(cookies(stage).items())] == [True, False]
    set_cookie = Response.set_cookie

    def lax_no_more(self: Response, *named: Any, **said: Any) -> None:
        set_cookie(self, *named, **{**said, "samesite": "none"})

    monkeypatch.setattr(Response, "set_cookie", lax_no_more)
    monkeypatch.setattr(gate, "_STRICT", "SameSite=None")
    assert [brought(attributes, "POST") for attributes in cookies(stage).values()] == [True, True]


def brought(attributes: set[str], method: str) -> bool:
    """Say whether a browser sends a cookie when a page of another site leads or posts to us (RFC 6265bis, 5.8.3)."""
    rule = next((one.partition("=")[2] for one in attributes if one.startswith("samesite=")), "lax")
    return rule == "none" or (rule == "lax" and method == "GET")
