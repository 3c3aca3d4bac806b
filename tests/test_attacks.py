"""The attacks of `tests/attacks.py` against a running desk: each refused as it should be, nothing written, nothing told; and no GET that writes."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.routing import Route

from pipeline.exchange.csvfile import as_csv, as_typed
from pipeline.model import Role
from pipeline.store import connection
from pipeline.text import clean
from tests.attacks import ACTS, POSTED, all_attacks
from tests.stage import FORMULAS, HOME, Answer, Attack, Stage, own
from tests.web import Web

TRACES = re.compile(r"Traceback|File \"|sqlite3\.|site-packages|pipeline/web|StrictUndefined|\bat 0x[0-9a-f]{6,}")
SORTS = sorted({attack.sort for attack in all_attacks()})
RUN = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")


@contextmanager
def bare() -> Iterator[None]:
    """No proxy between the desk and what it asks."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            patch.delenv(name, raising=False)
            patch.delenv(name.upper(), raising=False)
        yield


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with bare(), Web() as inner, Stage(tmp_path_factory.mktemp("stage")) as made:
        made.known["inner"] = str(inner.port)
        yield made
        assert inner.asked == []


def faults(attack: Attack, stage: Stage, place: int = 0) -> list[str]:
    """Say why an attack is not held; an empty list where it is."""
    answer = stage.send(attack, place=place)
    # When a program was last at work is kept, also of one that asks for what it may not.
    changed = [name for name in stage.changed() if name != "tokens" or not (attack.bearer or dict(attack.headers).get("Authorization"))]
    found = [f"answers {answer.status}"] if answer.status >= 500 or (attack.status and answer.status not in attack.status) else []
    found += [f"says {said!r}" for said in attack.never if said in answer.text]
    found += [f"writes {changed}"] if changed and not attack.writes else []
    found += _faults(answer, stage)
    return [*found, *_cells(attack, answer)]


def _faults(answer: Answer, stage: Stage) -> Iterator[str]:
    """What no answer may do, whatever was asked."""
    if not answer.status or (answer.status == 400 and not answer.header("content-security-policy")):
        return  # the server's own word for what is no HTTP
    names = Counter(name.lower() for name, _ in answer.headers)
    if any(name.startswith(("x-zq", "bcc")) for name in names) or any(
        "zq=" in value for name, value in answer.headers if name.lower() == "set-cookie"
    ):
        yield "has a header of the attacker's"
    if answer.header("location") and not own(answer.header("location"), stage):
        yield f"leads to {answer.header('location')!r}"
    if not answer.header("content-security-policy").startswith("default-src 'none'") or answer.header("x-content-type-options") != "nosniff":
        yield "comes without our headers"
    if trace := TRACES.search(answer.text):
        yield f"tells of our inside: {trace[0]!r}"
    if answer.status >= 400 and answer.header("content-type").startswith("text/html") and not re.search(r"<h1[^>]*>\s*\S", answer.text):
        yield "is an error without a sentence"


def _cells(attack: Attack, answer: Answer) -> Iterator[str]:
    """Look for formulas in a table, read with each separator that a spreadsheet may take."""
    if attack.sort != "csv":
        return
    for separator in (",", ";", "\t"):
        for row in csv.reader(io.StringIO(answer.text, newline=""), delimiter=separator):
            for cell in row:
                if is_run(cell):
                    yield f"has the formula {cell[:40]!r} between {separator!r}"


def is_run(cell: str) -> bool:
    """Say whether a spreadsheet would run a cell."""
    said = cell.lstrip(" \u200b\ufeff\x00")
    return said.startswith(RUN) and not re.fullmatch(r"[-+]?\d+([.,]\d+)?", said)


@pytest.mark.parametrize("sort", SORTS)
def test_every_attack_is_held(sort: str, stage: Stage) -> None:
    attacks = [attack for attack in all_attacks() if attack.sort == sort]
    stage.changed()
    found = {str(attack): wrong for place, attack in enumerate(attacks) if (wrong := faults(attack, stage, place))}
    assert found == {}


def test_there_are_three_hundred_attacks_and_none_stands_twice() -> None:
    names = Counter(map(str, all_attacks()))
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) >= 300


# ---------------------------------------------------------------- looking changes nothing

FILLED = {
    "{edition}": "2026-11",
    "{id:int}": "§item§",
    "{other:int}": "§other§",
    "{year:int}": "2026",
    "{token}": "x",
    "{secret}": "§ticket§",
    "{what}": "midnight",
    "{rendition}": "preview",
    "{file}": "digest.html",
    "{name}": "all.xml",
    "{sort}": "topics",
    "{stream:path}": "user/-/state/com.google/reading-list",
}
NAMED = {
    "/topics/{id}": "/topics/learning",
    "/desk/sources/{id}": "/desk/sources/north-blog",
    "/desk/surveys/{id}": "/desk/surveys/2026-11-01",
    "/desk/surveys/{id}/{file}": "/desk/surveys/2026-11-01/results.json",
    "/desk/subscribers/{id:int}": "/desk/subscribers/§ann§",
    "/desk/subscribers/{id:int}/export.json": "/desk/subscribers/§ann§/export.json",
    "/desk/people/{name}": "/desk/people/Ada%20Marsh",
    "/desk/editions/{edition}/arrange": "/desk/editions/2026-12/arrange",
    "/desk/editions/{edition}/release": "/desk/editions/2026-12/release",
    "/suggest/{token}": "/suggest/§suggestion§",
    "/invitation/{token}": "/invitation/§invitation.link§",
    **{f"/{purpose}/{{token}}": f"/{purpose}/§ann.{purpose}§" for purpose in ("confirm", "preferences", "unsubscribe", "useful")},
    "/api/v1/sources/{id}": "/api/v1/sources/north-blog",
    "/api/v1/submissions/{id}": "/api/v1/submissions/1",
    "/api/v1/items/{id}": "/api/v1/items/§item§",
    "/api/v1/editions/{id}": "/api/v1/editions/2026-11",
    "/api/v1/editions/{id}/files": "/api/v1/editions/2026-11/files",
    "/api/v1/editions/{id}/files/{name}": "/api/v1/editions/2026-11/files/digest.html",
}
"""What exists, for each part of an address: a visit has to reach the page."""
QUERIES = {
    "/desk/queue": "?topic=learning&q=network&item=§item§",
    "/search": "?q=learns",
    "/desk/log": "?by=Vera+Victim",
    "/api/v1/search": "?q=learns",
    "/suggest": "?url=https://a.example/",
}


def addresses(stage: Stage) -> list[str]:
    """Every address that answers a GET, filled with what exists."""
    found = [route.path for route in stage.site.app.routes if isinstance(route, Route) and "GET" in (route.methods or ())]
    return [NAMED.get(path) or fill(path) + QUERIES.get(path, "") for path in dict.fromkeys(found)]


def fill(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path.replace("{id}", "useful")


def visits(stage: Stage) -> Iterator[Attack]:
    """Each address as everybody sees it; those of the desk as each account does, those of programs with a token that may everything."""
    for path in addresses(stage):
        whose: tuple[Role | None, ...] = (None, *Role) if path.startswith("/desk") else (None, Role.OPERATOR)
        for who in whose:
            yield Attack(
                sort="look",
                name=f"{path} by {who}",
                path=path,
                who=who,
                bearer="operator.all" if who and path.startswith(("/api", "/reader", "/metrics")) else "",
            )
        yield Attack(sort="look", name=f"HEAD {path}", path=path, who=Role.OPERATOR, method="HEAD")


def test_looking_changes_nothing_whoever_looks_and_wherever(stage: Stage) -> None:
    stage.changed()
    reached = Counter[int]()
    for place, visit in enumerate(visits(stage)):
        answer = stage.send(visit, place=place)
        reached[answer.status] += 1
        assert stage.changed() == [], visit
        assert list(_faults(answer, stage)) == [] or visit.method == "HEAD", visit
        assert answer.status < 500 or visit.path == "/readyz", visit
    assert reached[200] > 150, reached


def test_looking_takes_no_turn_at_writing_on_a_desk_as_an_import_leaves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing counted, nothing trained, no key made yet; and another process writes all the while, so that who wanted to write would be told off."""
    monkeypatch.setattr(connection, "WAIT", 0.0)
    with bare(), Stage(tmp_path) as made, closing(sqlite3.connect(made.site.config.db, isolation_level=None)) as writer:
        for table in ("features", "trained", "secrets"):
            writer.execute(f"DELETE FROM {table}")  # noqa: S608 - named above
        made.changed()
        writer.execute("BEGIN IMMEDIATE")
        reached = Counter[int]()
        for place, visit in enumerate(one for one in visits(made) if one.who in (None, Role.OPERATOR)):
            answer = made.send(visit, place=place)
            reached[answer.status] += 1
            assert answer.status < 500 or visit.path == "/readyz", (visit, answer.text[-400:])
        writer.execute("ROLLBACK")
        assert made.changed() == []
    assert reached[200] > 100, reached


# ---------------------------------------------------------------- who is there is not told


def said(answer: Answer, *own_words: str) -> tuple[int, str, tuple[str, ...]]:
    """What an answer tells, without what the visitor sent."""
    text = answer.text
    for word in own_words:
        text = text.replace(f"item {word}" if word.isdecimal() else word, "…")
    return answer.status, text, tuple(sorted(name.lower() for name, _ in answer.headers))


ALIKE: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    # what is asked: method and path with §?§ for what differs, what differs, form
    "subscribe": ("POST", "/subscribe", ("ann@example.org", "nobody@example.org", "kim@example.org"), ("email",)),
    "a password": ("POST", "/desk/login", ("The operator", "Nobody Here", "Gone Gwen", "Invited invitation"), ("name",)),
    "a token": ("POST", "/accounts/ClientLogin", ("The operator", "Nobody Here", "Gone Gwen"), ("Email",)),
    "an invitation": ("GET", "/invitation/§?§", ("§used.link§", "§late.link§", "none-such" * 43), ()),
    "preferences": (
        "GET",
        "/preferences/§?§",
        ("§ann.unsubscribe§", "none-such", "MjEuMC4.AAAAAAAAAAAAAAAAAAAAAA", "OTk5LjAu.AAAAAAAAAAAAAAAAAAAAAA"),
        (),
    ),
    "leaving": ("GET", "/unsubscribe/§?§", ("§ann.preferences§", "none-such", "MjEuMC4.AAAAAAAAAAAAAAAAAAAAAA"), ()),
    "confirming": ("GET", "/confirm/§?§", ("§ann.confirm§", "none-such"), ()),
    "a voice": ("GET", "/useful/§?§", ("§ann.preferences§", "none-such"), ()),
    "a survey": ("GET", "/survey/§?§", ("§ann.preferences§", "none-such" * 32), ()),
    "a suggestion": ("GET", "/suggest/§?§", ("§ann.preferences§", "Mi4wLg.AAAAAAAAAAAAAAAAAAAAAA", "none-such"), ()),
    "an item": ("GET", "/items/§?§", ("§kept§", "4711", "99999"), ()),
    "an edition": ("GET", "/editions/§?§", ("2026-12", "2026-10", "2031-01"), ()),
    "a file": ("GET", "/editions/§?§/digest.html", ("2026-12", "2026-10", "2031-01"), ()),
}
"""Questions to which who is there, and who is not, get the same answer."""


@pytest.mark.parametrize("what", sorted(ALIKE))
def test_who_is_there_and_who_is_not_get_the_same_answer(what: str, stage: Stage) -> None:
    method, path, different, fields = ALIKE[what]
    made = []
    for place, one in enumerate(map(stage.filled, different)):
        form = (*((name, one) for name in fields), ("password", "wrong words"), ("Passwd", "wrong words")) if fields else None
        attack = Attack(
            sort="alike", name=what, path=path.replace("§?§", one), method=method, form=form, who=Role.READER if "login" in path else None
        )
        made.append(said(stage.send(attack, place=9_000 + place), one, one.replace("@", "&#64;")))
    assert all(one == made[0] for one in made), [one[:2] for one in made]
    stage.changed()


def test_a_wrong_password_costs_as_much_for_a_name_that_nobody_has(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def matches(known: str | None, _password: str) -> bool:
        asked.append(known)
        return False

    monkeypatch.setattr(stage.site.app.state.site.access.passwords, "matches", matches)
    for name in ("The operator", "Nobody Here", "Gone Gwen", "Invited invitation", ""):
        form = (("name", name), ("password", "x"))
        stage.send(Attack(sort="", name="", path="/desk/login", method="POST", who=Role.READER, form=form), place=9_100)
    assert [known is not None for known in asked] == [True, False, False, False, False]


# ---------------------------------------------------------------- the attacks are not refused for a wrong reason


def test_what_is_attacked_works_for_whom_it_is_for(stage: Stage) -> None:
    """Last, as it changes what the others look at."""
    for purpose in ("preferences", "unsubscribe", "useful"):
        assert stage.get(f"/{purpose}/§ann.{purpose}§").status == 200
    assert (
        stage.get("/invitation/§invitation.link§").status == stage.get("/survey/§ticket§").status == stage.get("/suggest/§suggestion§").status == 200
    )
    assert stage.get("/desk/accounts", Role.OPERATOR).status == 200
    secure = Attack(sort="", name="", path="/desk/accounts", who=Role.OPERATOR, host=HOME)
    assert stage.send(secure).status == 200
    stage.changed()
    for path, who, form in POSTED:
        attack = Attack(sort="", name="", path=path, method="POST", who=who, form=form)
        for one in (attack, replace(attack, headers=(("Sec-Fetch-Site", "same-origin"),))) if path.endswith("/remark") else (attack,):
            answer = stage.send(one)
            assert answer.status in (200, 303), (path, answer.status, answer.text[-600:])
            assert stage.changed(), path
    for path, body, scope in ACTS[:2]:
        headers = (("Content-Type", "application/json"),)
        answer = stage.send(
            Attack(
                sort="", name="", path=f"/api/v1/{path}", method="POST", bearer=f"operator.{scope}", body=json.dumps(body).encode(), headers=headers
            )
        )
        assert answer.status in (200, 202), (path, answer.text)
    answer = stage.send(Attack(sort="", name="", path="/suggest", method="POST", form=(("url", "https://west.example/new"),)))
    assert answer.status == 303
    assert stage.changed()


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("value", [str, lambda said: [said, said], lambda said: {"a": said}])
def test_no_cell_of_any_table_is_a_formula_and_words_come_back_as_they_were(formula: str, value: Callable[[str], object]) -> None:
    table = "".join(as_csv([{"first": value(formula), "second": value(formula)}], ("first", "second")))
    answer = Answer(status=200, body=table.encode())
    assert list(_cells(Attack(sort="csv", name=""), answer)) == []
    cell = list(csv.reader(io.StringIO(table, newline="")))[1][0]
    if value is str:
        assert as_typed(cell) == clean(formula)
    elif isinstance(value(formula), dict):
        assert json.loads(cell) == {"a": formula}
