"""Role by role over every address of the desk: who may look, who may act, and that no address was forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.routing import Route

from pipeline.model import Account, Role
from pipeline.web.rights import RIGHTS, words
from pipeline.web.security import in_desk
from tests.staff import person, signed_in
from tests.test_web import Site

REFUSED = "An operator can change that."
ROLES = tuple(Role)
COMING_AND_GOING = {"/desk/login", "/desk/logout"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("rights"))


@pytest.fixture(scope="module")
def people(site: Site) -> dict[Role, Account]:
    return {role: person(site, f"The {role.value}", role) for role in Role}


def routes(site: Site) -> list[Route]:
    return [route for route in site.app.routes if isinstance(route, Route) and in_desk(route.path)]


def address(template: str) -> str:
    """Fill a path template with what exists nowhere."""
    return re.sub(r"\{\w+(:\w+)?\}", lambda found: "999" if found[1] == ":int" else "nowhere", template)


def test_every_address_of_the_desk_has_a_line_and_every_line_an_address(site: Site) -> None:
    assert {route.path for route in routes(site)} == set(RIGHTS)


def test_an_address_without_a_line_is_refused_to_everybody(site: Site, people: dict[Role, Account], tmp_path: Path) -> None:
    other = Site(tmp_path)
    line = RIGHTS.pop("/desk/learning")
    try:
        answer = other.visitor().get("/desk/learning")
    finally:
        RIGHTS["/desk/learning"] = line
    assert answer.status_code == 403
    assert "Nobody has said yet who may come here." in answer.text


@pytest.mark.parametrize("template", sorted(set(RIGHTS) - COMING_AND_GOING))
def test_who_may_less_is_refused_with_a_sentence_and_who_may_is_not(template: str, site: Site, people: dict[Role, Account]) -> None:
    mine = {method for route in routes(site) if route.path == template for method in route.methods or ()}
    for place, method in enumerate(("GET", "POST")):
        if method not in mine:
            continue
        needed = RIGHTS[template][place]
        for role in {needed, ROLES[max(ROLES.index(needed) - 1, 0)]}:
            visitor = signed_in(site, people[role])
            answer = visitor.post(address(template), {}) if method == "POST" else visitor.get(address(template))
            if role.may(needed):
                assert REFUSED not in answer.text, (method, role)
            else:
                assert answer.status_code == 403
                assert f"{words(needed)}." in answer.text
                assert f"You are signed in as The {role.value}, {words(role)}. {REFUSED}" in answer.text


def test_a_head_needs_what_a_get_needs(site: Site, people: dict[Role, Account]) -> None:
    assert signed_in(site, people[Role.READER]).ask("HEAD", "/desk/queue").status_code == 403
    assert signed_in(site, people[Role.EDITOR]).ask("HEAD", "/desk/accounts").status_code == 403


def test_each_role_may_what_those_before_may() -> None:
    for place, role in enumerate(ROLES):
        assert [role.may(other) for other in ROLES] == [index <= place for index in range(len(ROLES))]


def test_nobody_is_let_in_without_signing_in(site: Site, people: dict[Role, Account]) -> None:
    for template in sorted(one for one in RIGHTS if not one.startswith("/desk/login")):
        assert site.visitor().get(address(template)).status_code == 303, template
        assert site.visitor().post(address(template), {}).status_code == 401, template


def test_links_stand_only_where_they_open(site: Site, people: dict[Role, Account]) -> None:
    for role in Role:
        text = signed_in(site, people[role]).get("/desk/account").text
        linked = set(re.findall(r'href="(/desk/[a-z]+)"', text.partition("</nav>")[0]))
        assert {path for path in linked if path in RIGHTS and not role.may(RIGHTS[path][0])} == set()
        assert ("/desk/accounts" in linked) == (role is Role.OPERATOR)


@pytest.mark.parametrize(("role", "said"), [(Role.OPERATOR, "an operator"), (Role.SECTION_EDITOR, "a section editor"), (Role.READER, "a reader")])
def test_a_role_is_named_as_one_would_say_it(role: Role, said: str) -> None:
    assert words(role) == said
