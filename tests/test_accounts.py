"""People at the desk: how they come in, what ends it, and what nobody learns on the way."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from string import ascii_lowercase, digits

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from hypothesis import assume, given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.errors import ConflictError, PipelineError
from pipeline.model import Account, Role, Scope
from pipeline.store import INVITED, Store, new_secret, secret_hash
from pipeline.store.staff import person_name
from pipeline.web import create_app
from pipeline.web.access import TRIES, TRIES_OF_VISITOR
from pipeline.web.passwords import Passwords, weakness
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import person_of
from tests.desk import Desk
from tests.staff import PASSWORD, carrying, kept, person, signed_in
from tests.test_web import Site, Visitor

IN, OUT = 200, 303
HERE = "/desk/account"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def rows(site: Site, sql: str) -> list[tuple[object, ...]]:
    """Read the file past the store."""
    connection = sqlite3.connect(site.config.db)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def enter(visitor: Visitor, name: str = "Priya Nair", password: str = PASSWORD, to: str = HERE) -> httpx.Response:
    return visitor.post("/desk/login", {"name": name, "password": password, "to": to})


def invited(site: Site, account: Account) -> str:
    secret = new_secret()
    with site.open() as store:
        store.invite(account.id, secret_hash(secret), ends=site.now + INVITED)
    return f"/invitation/{secret}"


def setting(visitor: Visitor, link: str, password: str = PASSWORD, again: str | None = None) -> httpx.Response:
    return visitor.post(link, {"password": password, "again": password if again is None else again})


# ---------------------------------------------------------------- the first


def test_the_first_operator_comes_by_a_link_from_the_command_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (made,) = desk.must("user", "add", "Priya Nair", "--role", "operator")
    assert re.fullmatch(r"https://digest\.example\.org/invitation/[\w-]{43}", made["link"])
    site = Site(tmp_path)
    with site.open() as store:
        site.now = store.accounts()[0].made
    path, visitor = made["link"].removeprefix("https://digest.example.org"), site.visitor()
    for _ in range(2):  # a mail program looks first
        assert "Welcome, Priya Nair" in visitor.get(path).text
    answer = setting(visitor, path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert "<h1>Priya Nair</h1>" in visitor.get(HERE).text
    assert setting(site.visitor(), path, "another one of these").status_code == 404
    assert site.visitor().get(path).status_code == 404


def test_a_link_is_over_after_two_days_and_when_another_was_made(site: Site) -> None:
    account = person(site, password=False)
    first, second = invited(site, account), invited(site, account)
    assert site.visitor().get(first).status_code == 404
    assert site.visitor().get(second).status_code == 200
    site.now += timedelta(hours=48)
    said = {setting(site.visitor(), link).text for link in (first, second, "/invitation/nobody-made-this", "/invitation/" + "x" * 1_000)}
    assert len(said) == len({re.search(r"<h1>[^<]+</h1><p class=\"lead\">[^<]+", text)[0] for text in said})  # type: ignore[index]
    assert all("This link is good no more." in text for text in said)
    assert rows(site, "SELECT password FROM accounts") == [(None,)]


def test_a_link_is_posted_to_from_our_own_page_only(site: Site) -> None:
    link = invited(site, person(site, password=False))
    fields = str(httpx.QueryParams({"password": PASSWORD, "again": PASSWORD})).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "cross-site"}
    assert site.visitor().ask("POST", link, body=fields, headers=headers).status_code == 403
    assert site.visitor().get(link).headers["cache-control"] == "no-store"
    assert site.visitor().get(link).headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", None, "at least 10 characters"),
        ("password123", None, "one of the first"),
        ("PASSWORD!!!!", None, "one of the first"),
        ("1234567890", None, "one of the first"),
        ("aaaaaaaaaaaa", None, "one of the first"),
        ("Priya Nair", None, "your name"),
        ("x" * 501, None, "one of the first"),
        ("abcde" * 101, None, "at most 500 characters"),
        (PASSWORD, "another", "not the same"),
    ],
)
def test_a_weak_password_is_refused_with_a_reason_and_the_link_stays_good(site: Site, password: str, again: str | None, said: str) -> None:
    link = invited(site, person(site, password=False))
    answer = setting(site.visitor(), link, password, again)
    assert answer.status_code == 422
    assert said in answer.text or "at most 500" in answer.text
    assert site.visitor().get(link).status_code == 200
    assert rows(site, "SELECT password FROM accounts") == [(None,)]


@given(st.lists(st.sampled_from(ascii_lowercase + digits), min_size=12, unique=True).map("".join))
def test_what_is_long_and_not_common_will_do(password: str) -> None:
    assume(not ascii_lowercase.startswith("".join(filter(str.isalpha, password))))  # the alphabet is common
    assert weakness(password, name="Priya Nair") == ""


def test_a_link_stands_in_no_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Store:
        raise RuntimeError("out of order")

    site.app = create_app(site.config, broken, lambda: site.now)
    assert site.visitor().get("/invitation/this-opens-a-door").status_code == 500
    assert [record.getMessage() for record in caplog.records if record.exc_info] == ["failed method=GET path=/invitation/…"]


def test_once_anybody_has_a_password_everybody_signs_in_by_name(tmp_path: Path) -> None:
    for word in ("", "open sesame"):
        site = Site(tmp_path / (word or "none"), password=word)
        site.config.folder.mkdir()
        early = site.visitor()
        if word:
            assert enter(early, password=word).status_code == OUT
        assert early.get(HERE).status_code == IN
        account = person(site, password=False)
        assert early.get(HERE).status_code == IN
        assert setting(site.visitor(), invited(site, account)).status_code == OUT
        assert early.get(HERE).status_code == OUT
        assert enter(site.visitor(), name="", password="open sesame").status_code == 403
        assert enter(site.visitor()).status_code == OUT
        with site.open() as store:
            store.add_account("Another", Role.OPERATOR, now=site.now)
            store.set_disabled(account.id, since=site.now)
        assert site.visitor().get(HERE).status_code == OUT  # a closed account does not open the desk


def test_without_accounts_the_desk_has_one_person_who_may_everything(tmp_path: Path) -> None:
    text = Site(tmp_path, editor="Sam Reed").visitor().get(HERE).text
    assert "<h1>Sam Reed</h1>" in text
    assert "You are an operator" in text


def test_another_desk_password_ends_what_the_old_one_opened(tmp_path: Path) -> None:
    before = Site(tmp_path, password="open sesame")
    visitor = before.visitor()
    enter(visitor, password="open sesame")
    assert visitor.get(HERE).status_code == IN
    visitor.site = Site(tmp_path, password="open sesame")
    assert visitor.get(HERE).status_code == IN  # a restart ends nothing
    visitor.site = Site(tmp_path, password="close sesame")
    assert visitor.get(HERE).status_code == OUT


# ---------------------------------------------------------------- browsers


def test_of_what_opens_a_door_the_database_has_the_hash_alone(site: Site) -> None:
    account = person(site)
    link, visitor = invited(site, account), site.visitor()
    enter(visitor)
    secret = visitor.cookies["gleanings_session"]
    token = re.search(r'class="secret">([\w-]{43})', visitor.post(f"{HERE}/token", {"label": "Dashboard", "scope": "read"}).text)
    assert token is not None
    stored = "\n".join(repr(rows(site, f"SELECT * FROM {table}")) for table in ("accounts", "invitations", "sign_ins", "tokens"))  # noqa: S608 - our own names
    for one in (link.rpartition("/")[2], secret, token[1]):
        assert secret_hash(one) in stored
        assert one not in stored
    assert PASSWORD not in stored
    assert "$argon2id$v=19$m=47104,t=1,p=1$" in stored


def test_what_was_read_from_the_database_opens_nothing(site: Site) -> None:
    account = person(site)
    signed_in(site, account)
    ((stolen,),) = rows(site, "SELECT hash FROM sign_ins")
    visitor = site.visitor()
    carrying(visitor, str(stolen))
    assert visitor.get(HERE).status_code == OUT


def test_every_sign_in_has_a_secret_of_its_own_and_ends_the_one_before(site: Site) -> None:
    person(site)
    visitor = site.visitor()
    carrying(visitor, "chosen-by-somebody-else")
    enter(visitor)
    first = visitor.cookies["gleanings_session"]
    assert first != "chosen-by-somebody-else"
    enter(visitor)
    assert visitor.cookies["gleanings_session"] != first
    assert len(rows(site, "SELECT * FROM sign_ins")) == 1
    other = site.visitor()
    carrying(other, first)
    assert other.get(HERE).status_code == OUT


@pytest.mark.parametrize("home", ["https://digest.example.org", "http://127.0.0.1:8765"])
def test_over_https_no_neighbour_can_set_our_cookies(tmp_path: Path, home: str) -> None:
    site = Site(tmp_path, url="https://digest.example.org")
    person(site)
    visitor = site.visitor(home=home)
    cookie = next(one for one in enter(visitor).headers.get_list("set-cookie") if "session" in one)
    is_https = home.startswith("https")
    assert cookie.startswith("__Host-gleanings_session=" if is_https else "gleanings_session=")
    assert ("Secure" in cookie, "Path=/" in cookie, "HttpOnly" in cookie, "SameSite=lax" in cookie, "Domain" in cookie) == (
        is_https, True, True, True, False,
    )  # fmt: skip
    if is_https:
        planted = site.visitor(home=home)
        carrying(planted, visitor.cookies["__Host-gleanings_session"])
        assert planted.get(HERE).status_code == OUT


def test_a_browser_that_changes_nothing_for_two_weeks_is_signed_out(site: Site) -> None:
    account = person(site)
    idle, busy = signed_in(site, account), signed_in(site, account)
    for _ in range(2):
        site.now += timedelta(days=8)
        busy.post(f"{HERE}/sign-out", {"browser": "none"})
        idle.get(HERE)
    assert [idle.get(HERE).status_code, busy.get(HERE).status_code] == [OUT, IN]


def test_after_ninety_days_every_browser_is_signed_out(site: Site) -> None:
    busy = signed_in(site, person(site))
    for _ in range(9):
        assert busy.post(f"{HERE}/sign-out", {"browser": "none"}).status_code == 303
        site.now += timedelta(days=10)
    assert busy.get(HERE).status_code == OUT


def test_those_whose_time_is_over_are_forgotten(site: Site) -> None:
    account = person(site)
    signed_in(site, account)
    site.now += timedelta(days=15)
    signed_in(site, account)
    assert len(rows(site, "SELECT * FROM sign_ins")) == 1


def test_looking_writes_nothing_down(site: Site) -> None:
    account = person(site)
    visitor = signed_in(site, account)
    link = invited(site, account)
    site.now += timedelta(days=3)
    tables = [f"SELECT * FROM {table}" for table in ("accounts", "invitations", "sign_ins", "tokens")]  # noqa: S608 - our own names
    before = [rows(site, sql) for sql in tables]
    for path in (HERE, "/desk/accounts", "/desk/login", link, "/desk/account/password", "/desk/accounts/1/disable"):
        for method in ("GET", "HEAD"):
            visitor.ask(method, path)
    assert [rows(site, sql) for sql in tables] == before


def test_a_new_role_ends_every_browser_of_theirs(site: Site) -> None:
    boss = signed_in(site, person(site))
    tom = person(site, "Tom", Role.CURATOR)
    his = signed_in(site, tom)
    assert his.get(HERE).status_code == IN
    boss.post(f"/desk/accounts/{tom.id}/role", {"role": "editor"})
    assert his.get(HERE).status_code == OUT
    assert boss.get(HERE).status_code == IN


def test_a_new_password_ends_the_other_browsers_and_gives_this_one_a_new_secret(site: Site) -> None:
    account = person(site)
    mine, other, link = signed_in(site, account), signed_in(site, account), invited(site, account)
    before = mine.cookies["gleanings_session"]
    fields = {"old": PASSWORD, "password": "quite another sentence", "again": "quite another sentence"}
    assert mine.post(f"{HERE}/password", fields).status_code == 303
    assert mine.cookies["gleanings_session"] != before
    assert [mine.get(HERE).status_code, other.get(HERE).status_code, site.visitor().get(link).status_code] == [IN, OUT, 404]
    assert enter(site.visitor()).status_code == 403
    assert enter(site.visitor(), password="quite another sentence").status_code == OUT


def test_a_new_password_takes_the_old_one(site: Site) -> None:
    mine = signed_in(site, person(site))
    answer = mine.post(f"{HERE}/password", {"old": "a guess of a stranger", "password": "quite another sentence", "again": "quite another sentence"})
    assert answer.status_code == 403
    assert "The password that you have now is another one." in answer.text
    assert enter(site.visitor()).status_code == OUT


def test_one_signs_out_ones_own_browsers_one_or_all(site: Site) -> None:
    priya, tom = person(site), person(site, "Tom", Role.CURATOR)
    here, there, his = signed_in(site, priya), signed_in(site, priya), signed_in(site, tom)
    text = here.get(HERE).text
    assert text.count("Firefox on Linux</b>") == 2
    assert text.count(">this one<") == 1
    for visitor in (there, his):
        here.post(f"{HERE}/sign-out", {"browser": secret_hash(visitor.cookies["gleanings_session"])})
    assert [one.get(HERE).status_code for one in (here, there, his)] == [IN, OUT, IN]
    third = signed_in(site, priya)
    here.post(f"{HERE}/sign-out", {})
    assert [one.get(HERE).status_code for one in (here, third, his)] == [OUT, OUT, IN]


def test_signing_out_ends_it_on_our_side_too(site: Site) -> None:
    visitor = signed_in(site, person(site))
    secret = visitor.cookies["gleanings_session"]
    visitor.post("/desk/logout", {})
    again = site.visitor()
    carrying(again, secret)
    assert again.get(HERE).status_code == OUT


def test_a_disabled_account_is_closed_at_once_everywhere(site: Site) -> None:
    boss, tom = signed_in(site, person(site)), person(site, "Tom", Role.CURATOR)
    his, link = signed_in(site, tom), invited(site, tom)
    secret = new_secret()
    with site.open() as store:
        store.add_token(tom.id, secret_hash(secret), label="x", scopes=(Scope.READ,), now=site.now)
    boss.post(f"/desk/accounts/{tom.id}/disable", {})
    assert his.get(HERE).status_code == OUT
    assert site.visitor().get(link).status_code == 404
    assert enter(site.visitor(), "Tom").status_code == 403
    assert site.visitor().get("/api/v1/nowhere", authorization=f"Bearer {secret}").status_code == 401
    assert signed_in(site, tom).get(HERE).status_code == OUT  # as when he signed in at the same moment
    boss.post(f"/desk/accounts/{tom.id}/enable", {})
    assert his.get(HERE).status_code == OUT
    assert enter(site.visitor(), "Tom").status_code == OUT


# ---------------------------------------------------------------- guessing


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare passwords without the work, where a test counts tries."""

    def verify(self: PasswordHasher, hash: str | bytes, password: str | bytes) -> bool:
        if password == PASSWORD and hash == kept():
            return True
        raise VerifyMismatchError

    monkeypatch.setattr(PasswordHasher, "verify", verify)


def test_a_name_is_the_same_however_it_is_written(site: Site) -> None:
    person(site)
    assert enter(site.visitor(), "  pRIYA nair ").status_code == OUT
    with site.open() as store, pytest.raises(ConflictError, match="is taken"):
        store.add_account("PRIYA NAIR", Role.READER, now=site.now)


def test_known_and_unknown_names_get_the_same_answer_for_the_same_work(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person(site)
    person(site, "Invited", Role.CURATOR, password=False)
    closed = person(site, "Closed", Role.CURATOR)
    with site.open() as store:
        store.set_disabled(closed.id, since=site.now)
    work: list[str] = []
    verify = PasswordHasher.verify

    def seen(self: PasswordHasher, hash: str | bytes, password: str | bytes) -> bool:
        work.append(str(hash).rpartition("$")[0].rpartition("$")[0])
        return verify(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", seen)
    said = set()
    for name in ("Priya Nair", "Nobody", "Invited", "Closed", "", "x" * 10_000):
        answer = enter(site.visitor(), name, "wrong password")
        said.add((answer.status_code, re.sub(r' value="[^"]*"', "", answer.text)))
    assert len(said) == 1
    assert work == ["$argon2id$v=19$m=47104,t=1,p=1"] * 6


@pytest.mark.usefixtures("quick")
def test_a_name_may_be_tried_ten_times_in_ten_minutes_known_or_not(site: Site) -> None:
    person(site)
    for place, name in enumerate(("Priya Nair", "Nobody")):
        tries = [enter(site.visitor(f"192.0.2.{place}{number}"), name, "wrong password").status_code for number in range(TRIES + 1)]
        assert tries == [403] * TRIES + [429]
        assert enter(site.visitor("192.0.2.99"), name).status_code == 429
    site.now += timedelta(minutes=10)
    assert enter(site.visitor("192.0.2.99")).status_code == OUT


@pytest.mark.usefixtures("quick")
def test_a_visitor_may_try_thirty_times_whatever_the_names(site: Site) -> None:
    person(site)
    tries = [enter(site.visitor("192.0.2.7"), f"name {number}", "wrong password").status_code for number in range(TRIES_OF_VISITOR + 1)]
    assert tries == [403] * TRIES_OF_VISITOR + [429]
    assert enter(site.visitor("192.0.2.7")).status_code == 429
    assert enter(site.visitor("192.0.2.8")).status_code == OUT


@pytest.mark.usefixtures("quick")
def test_signing_in_rightly_counts_for_nothing(site: Site) -> None:
    person(site)
    assert {enter(site.visitor()).status_code for _ in range(TRIES + 1)} == {OUT}


def test_a_hash_with_old_parameters_is_made_anew_at_the_next_sign_in(site: Site) -> None:
    account = person(site)
    with site.open() as store:
        store.set_password(account.id, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD))
    assert enter(site.visitor()).status_code == OUT
    ((now,),) = rows(site, "SELECT password FROM accounts")
    assert str(now).startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert enter(site.visitor()).status_code == OUT


def test_one_password_typed_on_two_keyboards_is_one() -> None:
    passwords = Passwords()
    assert passwords.matches(passwords.hash("fünf Wörter für dich"), "fu\u0308nf Wo\u0308rter fu\u0308r dich")
    assert not passwords.matches(kept(), PASSWORD + " ")
    assert not passwords.matches(None, "anything")
    assert not passwords.matches("no hash at all", PASSWORD)


def test_only_a_few_hash_at_once_and_the_next_is_told_to_come_back() -> None:
    passwords = Passwords()
    waiting: list[Callable[[], None]] = []
    while passwords._inside.acquire(blocking=False):
        waiting.append(passwords._inside.release)
    assert len(waiting) == 8
    with pytest.raises(RefusedVisitError, match="Many people sign in") as refused:
        passwords.matches(kept(), PASSWORD)
    assert refused.value.status == 503
    waiting.pop()()
    assert passwords.matches(kept(), PASSWORD)


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/desk/../..//evil.example", "/desk\r\nx: y", "/elsewhere"]
)
def test_signing_in_leads_to_the_desk_only(site: Site, to: str) -> None:
    person(site)
    assert enter(site.visitor(), to=to).headers["location"] == "/desk"


def test_who_may_not_see_what_was_asked_for_lands_where_everybody_may_be(site: Site) -> None:
    person(site)
    person(site, "Ruth", Role.READER)
    assert enter(site.visitor(), "Ruth", to="/desk/queue?topic=care").headers["location"] == HERE
    assert enter(site.visitor(), to="/desk/queue?topic=care").headers["location"] == "/desk/queue?topic=care"


# ---------------------------------------------------------------- operators


def test_an_operator_invites_and_the_link_is_shown_once(site: Site) -> None:
    boss = signed_in(site, person(site))
    text = boss.post("/desk/accounts", {"name": " Tom   Okafor ", "role": "section-editor", "section": "evidence"}).text
    link = re.search(r'class="secret">http://127\.0\.0\.1:8765(/invitation/[\w-]{43})', text)
    assert link is not None
    assert link[1] not in boss.get("/desk/accounts").text
    tom = site.visitor()
    assert setting(tom, link[1]).headers["location"] == "/desk"
    assert "You are a section editor" in tom.get(HERE).text
    assert "Your sections: evidence" in tom.get(HERE).text


def test_the_first_account_is_an_operators(site: Site) -> None:
    answer = site.visitor().post("/desk/accounts", {"name": "Tom", "role": "curator"})
    assert answer.status_code == 422
    assert "The first account is an operator" in answer.text
    assert rows(site, "SELECT * FROM accounts") == []


@pytest.mark.parametrize("act", ["disable", "role"])
def test_the_last_operator_stays_one(site: Site, act: str) -> None:
    account = person(site)
    boss = signed_in(site, account)
    answer = boss.post(f"/desk/accounts/{account.id}/{act}", {"role": "reader"})
    assert answer.status_code == 409
    assert "Priya Nair is the last operator." in answer.text
    assert boss.get("/desk/accounts").status_code == IN


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Tom\x00", "Tom\u202e", "...", "a\nb" * 30])
def test_what_is_no_name_is_refused(site: Site, name: str) -> None:
    boss = signed_in(site, person(site))
    assert boss.post("/desk/accounts", {"name": name, "role": "curator"}).status_code == 422
    assert len(rows(site, "SELECT * FROM accounts")) == 1


@given(st.text(max_size=80))
def test_a_name_is_one_line_or_none(said: str) -> None:
    try:
        name = person_name(said)
    except PipelineError:
        return
    assert name == " ".join(name.split()) == person_name(name)
    assert name.isprintable()


def test_what_does_not_exist_is_a_sentence(site: Site) -> None:
    boss = signed_in(site, person(site))
    assert boss.post("/desk/accounts/99/disable", {}).status_code == 404
    assert boss.post(f"/desk/accounts/{10**30}/disable", {}).status_code == 404
    assert boss.post("/desk/accounts/1/promote", {}).status_code == 404
    assert boss.post("/desk/accounts/1/role", {"role": "queen"}).status_code == 422
    assert boss.post(f"{HERE}/promote", {}).status_code == 404
    assert boss.post(f"{HERE}/revoke", {"number": "9" * 30}).status_code == 404


def test_a_name_cannot_become_markup(site: Site) -> None:
    boss = signed_in(site, person(site))
    for text in (boss.post("/desk/accounts", {"name": "<img src=x onerror=alert(1)>", "role": "curator"}).text, boss.get("/desk/accounts").text):
        assert "<img" not in text
        assert "&lt;img src=x" in text


# ---------------------------------------------------------------- programs


@pytest.fixture
def program(site: Site) -> Site:
    """A desk with an address for programs that says who asks."""

    def who(request: Request) -> Response:
        return JSONResponse({"name": person_of(request).name, "scopes": sorted(request.state.scopes)})

    site.app.router.routes.insert(0, Route("/api/who", who, methods=["GET", "POST", "PUT"]))
    return site


def tokened(site: Site, account: Account, *scopes: Scope) -> str:
    secret = new_secret()
    with site.open() as store:
        store.add_token(account.id, secret_hash(secret), label="Dashboard", scopes=scopes, now=site.now)
    return secret


@pytest.mark.parametrize("way", ["Bearer {}", "bearer  {}", "GoogleLogin auth={}"])
def test_a_program_acts_for_its_person(program: Site, way: str) -> None:
    secret = tokened(program, person(program), Scope.READ, Scope.DECIDE)
    answer = program.visitor("192.0.2.7").get("/api/who", authorization=way.format(secret))
    assert answer.json() == {"name": "Priya Nair", "scopes": ["decide", "read"]}


def test_a_token_never_does_more_than_its_person_may(program: Site) -> None:
    person(program)
    scout = person(program, "Ruth", Role.SCOUT)
    secret = tokened(program, scout, *Scope)
    assert program.visitor().get("/api/who", authorization=f"Bearer {secret}").json()["scopes"] == ["read", "suggest"]


@pytest.mark.parametrize("way", ["", "Bearer ", "Bearer x", "Basic {}", "Bearer {} {}", "Token {}", "Bearer " + "x" * 5_000])
def test_without_a_good_token_a_program_is_refused(program: Site, way: str) -> None:
    account = person(program)
    secret = tokened(program, account, Scope.READ)
    for visitor in (program.visitor(), signed_in(program, account)):  # a cookie opens nothing here: other sites can have it sent
        answer = visitor.get("/api/who", **({"authorization": way.format(secret, secret)} if way else {}))
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["cache-control"] == "no-store"
        assert "A token is missing here" in answer.text


def test_a_token_opens_no_page_of_the_desk(program: Site) -> None:
    secret = tokened(program, person(program), *Scope)
    assert program.visitor().get(HERE, authorization=f"Bearer {secret}").status_code == OUT


def test_a_program_sends_no_form_and_uses_other_methods(program: Site) -> None:
    secret = tokened(program, person(program), Scope.READ)
    for method in ("POST", "PUT"):
        answer = program.visitor().ask(
            method, "/api/who", body=b"{}", headers={"authorization": f"Bearer {secret}", "content-type": "application/json"}
        )
        assert answer.status_code == 200


def test_what_a_token_changed_last_is_kept_and_what_it_read_is_not(program: Site) -> None:
    account = person(program)
    secret = tokened(program, account, Scope.READ)
    headers = {"authorization": f"Bearer {secret}"}
    program.visitor().ask("GET", "/api/who", headers=headers)
    assert rows(program, "SELECT seen FROM tokens") == [(None,)]
    program.visitor().ask("POST", "/api/who", headers=headers)
    ((seen,),) = rows(program, "SELECT seen FROM tokens")
    assert datetime.fromisoformat(str(seen)) == program.now


def test_a_token_ends_when_its_person_says_so_and_nobody_elses(program: Site) -> None:
    priya, tom = person(program), person(program, "Tom", Role.CURATOR)
    secret = tokened(program, priya, Scope.READ)
    asked = {"authorization": f"Bearer {secret}"}
    assert signed_in(program, tom).post(f"{HERE}/revoke", {"number": "1"}).status_code == 404
    assert program.visitor().ask("GET", "/api/who", headers=asked).status_code == 200
    assert signed_in(program, priya).post(f"{HERE}/revoke", {"number": "1"}).status_code == 303
    assert program.visitor().ask("GET", "/api/who", headers=asked).status_code == 401


def test_one_makes_tokens_for_what_one_may_oneself(site: Site) -> None:
    person(site)
    scout = signed_in(site, person(site, "Ruth", Role.SCOUT))
    assert scout.post(f"{HERE}/token", {"label": "x", "scope": "decide"}).status_code == 422
    assert scout.post(f"{HERE}/token", {"label": "", "scope": "read"}).status_code == 422
    assert rows(site, "SELECT * FROM tokens") == []
    assert scout.post(f"{HERE}/token", {"label": "My reader", "scope": "read"}).status_code == 200
    assert json.loads(str(rows(site, "SELECT scopes FROM tokens")[0][0])) == ["read"]


# ---------------------------------------------------------------- the command line


def test_the_command_line_does_what_the_page_does(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert "The first account is an operator" in desk.run("user", "add", "Tom").err
    desk.must("user", "add", "Priya Nair", "--role", "operator")
    assert desk.must("user", "add", "Tom")[0]["role"] == "curator"
    assert desk.must("user", "role", "tom", "section-editor", "--section", "evidence")[0]["sections"] == ["evidence"]
    assert "There is no section nowhere." in desk.run("user", "role", "Tom", "section-editor", "--section", "nowhere").err
    assert "may not edit" in desk.run("user", "token", "Tom", "--scope", "edit", "--label", "x").err
    (made,) = desk.must("user", "token", "Tom", "--scope", "read", "--scope", "decide", "--label", "Reading list")
    assert desk.rows("SELECT hash, label FROM tokens") == [(secret_hash(made["token"]), "Reading list")]
    assert desk.run("user", "token", "Tom", "--scope", "read", "--label", "y").out.strip() not in desk.run("user", "list", "--json").out
    assert desk.must("user", "sign-out", "Tom", "--programs") == [{"name": "Tom", "browsers": 0, "tokens": 2}]
    desk.must("user", "disable", "Tom")
    assert "is disabled" in desk.run("user", "link", "Tom").err
    desk.must("user", "enable", "Tom")
    assert desk.must("user", "link", "Tom")[0]["link"].startswith("https://digest.example.org/invitation/")
    assert "is the last operator" in desk.run("user", "disable", "Priya Nair").err
    assert "There is no account of Nobody." in desk.run("user", "role", "Nobody", "reader").err
    assert [(one["name"], one["role"], one["state"]) for one in desk.must("user", "list")] == [
        ("Priya Nair", "operator", "invited"),
        ("Tom", "section-editor", "invited"),
    ]


# ---------------------------------------------------------------- what opens the desk for others


def test_an_operator_ends_one_token_and_one_browser_of_somebody_and_no_other(site: Site) -> None:
    boss, tom = signed_in(site, person(site)), person(site, "Tom Reed", Role.CURATOR)
    first, second = signed_in(site, tom), signed_in(site, tom)
    with site.open() as store:
        for label in ("reading list", "dashboard"):
            store.add_token(tom.id, secret_hash(label), label=label, scopes=(Scope.READ,), now=site.now)
        kept = secret_hash(first.cookies.get("gleanings_session") or "")
        number = store.tokens(tom.id)[0].id
    shown = boss.get("/desk/accounts").text
    assert "2 browsers, 2 programs" in shown
    assert 'aria-label="End the token of Tom Reed for dashboard"' in shown
    assert boss.post(f"/desk/accounts/{tom.id}/end-browser", {"browser": kept}).status_code == OUT
    assert boss.post(f"/desk/accounts/{tom.id}/end-token", {"number": str(number)}).status_code == OUT
    assert (first.get(HERE).status_code, second.get(HERE).status_code) == (OUT, IN)
    with site.open() as store:
        assert [one.label for one in store.tokens(tom.id)] == ["reading list"]
    assert "1 browser, 1 program" in boss.get("/desk/accounts").text


def test_what_is_ended_already_or_is_anothers_is_a_sentence(site: Site) -> None:
    chief = person(site)
    boss, tom, ann = signed_in(site, chief), person(site, "Tom Reed", Role.CURATOR), person(site, "Ann Poe", Role.SCOUT)
    other = signed_in(site, ann)
    kept = secret_hash(other.cookies.get("gleanings_session") or "")
    with site.open() as store:
        number = store.add_token(ann.id, secret_hash("x"), label="hers", scopes=(Scope.READ,), now=site.now).id
    for act, fields in (
        ("end-browser", {"browser": kept}),
        ("end-browser", {}),
        ("end-token", {"number": str(number)}),
        ("end-token", {"number": "²"}),
    ):
        answer = boss.post(f"/desk/accounts/{tom.id}/{act}", fields)
        assert answer.status_code == 404
        assert "ended already" in answer.text or "signed out already" in answer.text
    assert other.get(HERE).status_code == IN
