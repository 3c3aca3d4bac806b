"""`/api/v1` as a program meets it: what it may, what it is told, and that nobody's decision is lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import EditionState, Role, Scope, State, Verdict
from pipeline.review import REASONS
from pipeline.web.api.items import Reason
from pipeline.web.api.operation import OPERATIONS, Operation
from pipeline.web.api.rate import Buckets
from pipeline.web.api.schema import Reader
from tests import builders
from tests.program import Programs


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Programs]:
    made = Programs(tmp_path)
    made.person("Priya Shah", Role.OPERATOR)
    yield made
    made.close()


def state(desk: Programs, item: int) -> State:
    with desk.open() as store:
        return store.item(item).state  # type: ignore[arg-type]  # a number that came as JSON


# ---------------------------------------------------------------- who may


def test_without_a_token_nothing_is_told_but_what_there_is(desk: Programs) -> None:
    desk.secret = "wrong"
    answer = desk.get("/api/v1/items")
    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json["status"] == 401
    assert desk.get("/api/v1/openapi.json").status == 200


def test_a_cookie_opens_nothing(desk: Programs) -> None:
    secret = desk.secret
    desk.secret = ""
    answer = desk.ask("GET", "/api/v1/me", headers={"authorization": "", "cookie": f"gleanings_session={secret}; token={secret}"})
    assert answer.status == 401


def test_a_page_elsewhere_is_given_no_leave_to_read(desk: Programs) -> None:
    answer = desk.get("/api/v1/me", origin="https://elsewhere.example")
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert desk.ask("OPTIONS", "/api/v1/me", headers={"origin": "https://elsewhere.example"}).status == 405


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_an_operation_takes_its_scope_and_its_role_and_no_less(one: Operation, desk: Programs) -> None:
    """The path of a thing that is not there: 404 or 422 say that the door was open."""
    path = "/api/v1" + one.path.replace("{id}", "77").replace("{name}", "x")
    desk.person("Tom", one.role, *(scope for scope in Scope if scope is not one.scope))
    assert desk.ask(one.method, path).status == 403
    roles = list(Role)
    if one.role is not Role.READER:
        desk.person("Uma", roles[roles.index(one.role) - 1])
        assert desk.ask(one.method, path).status == 403
    desk.person("Vera", one.role, one.scope)
    assert desk.ask(one.method, path).status not in (401, 403)


def test_a_token_asks_in_bursts_but_not_for_ever(desk: Programs) -> None:
    desk.app.state.buckets = Buckets(burst=20, steady=1)
    answers = [desk.get("/api/v1/me").status for _ in range(21)]
    assert answers == [200] * 20 + [429]
    assert desk.get("/api/v1/me").headers["retry-after"] == "1"
    desk.now += timedelta(seconds=1)
    assert desk.get("/api/v1/me").status == 200


def test_a_token_is_one_however_its_header_is_written(desk: Programs) -> None:
    desk.app.state.buckets = Buckets(burst=3, steady=1)
    forms = (f"{way}{desk.secret}" for way in ("Bearer ", "bearer ", "Bearer   ", "GoogleLogin auth="))
    assert [desk.get("/api/v1/me", authorization=one).status for one in forms] == [200, 200, 200, 429]


@given(st.lists(st.floats(0, 30), max_size=60))
def test_a_bucket_never_gives_more_than_its_burst_and_what_flowed_in(pauses: list[float]) -> None:
    buckets, now, given_out = Buckets(burst=5, steady=0.5), builders.NOW, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        given_out += buckets.wait("one", now) == 0
    assert given_out <= 5 + sum(pauses) * 0.5 + 1e-6
    assert buckets.wait("another", now) == 0


# ---------------------------------------------------------------- reading


def test_the_queue_comes_page_by_page_and_every_item_once(desk: Programs) -> None:
    wanted = [desk.add(number, rank=number / 10) for number in range(1, 8)]
    seen: list[int] = []
    path = "/api/v1/items?limit=3"
    while path:
        page = desk.get(path).json
        seen += [item["id"] for item in page["items"]]
        path = f"/api/v1/items?limit=3&cursor={page['next']}" if page["next"] else ""
    assert seen == wanted[::-1]


def test_items_are_listed_by_what_is_asked(desk: Programs) -> None:
    item, other = desk.add(1), desk.add(2, title="A quiet valley")
    desk.post(f"/api/v1/items/{item}/decision", {"verdict": "accept", "topics": ["care"]})

    def found(query: str) -> list[int]:
        return [one["id"] for one in desk.get(f"/api/v1/items?{query}").json["items"]]

    assert found("state=accepted") == [item]
    assert found("state=accepted&state=queued&order=id") == [item, other]
    assert found("topic=learning") == [other]
    assert found("state=accepted&topic=care") == [item]
    assert found("q=valley") == [other]
    assert found("source=south") == []
    assert [one["id"] for one in desk.get("/api/v1/search?q=quiet+vall").json["items"]] == [other]


def test_an_answer_that_is_known_is_not_sent_again(desk: Programs) -> None:
    item = desk.add(1)
    first = desk.get(f"/api/v1/items/{item}")
    again = desk.get(f"/api/v1/items/{item}", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    desk.post(f"/api/v1/items/{item}/decision", {"verdict": "accept"})
    assert desk.get(f"/api/v1/items/{item}", if_none_match=first.headers["etag"]).status == 200


def test_the_desk_says_how_it_stands(desk: Programs) -> None:
    desk.add(1)
    status = desk.get("/api/v1/status").json
    assert (status["items"]["queued"], status["waiting"]["ranked"], status["sources"]) == (1, 1, {"new": 2})
    assert desk.get("/api/v1/me").json == {"name": "Priya Shah", "role": "operator", "may": [role.value for role in Role]}
    assert [topic["id"] for topic in desk.get("/api/v1/topics").json["topics"]] == ["learning", "care"]


def test_an_edition_and_its_files_are_what_was_released(desk: Programs) -> None:
    item = desk.add(1)
    body = b"%PDF-1.7 the digest"
    with desk.open() as store:
        store.decide(builders.decision(item=item))
        section = replace(builders.edition().sections[0], entries=(builders.entry(id=item),))
        store.release(builders.edition(sections=(section,)), files={"digest.pdf": hashlib.sha256(body).hexdigest()}, now=desk.now)
        store.save_edition(builders.edition(id="2026-12", state=EditionState.DRAFT))
    folder = desk.config.digests / "2026-11"
    folder.mkdir(parents=True)
    (folder / "digest.pdf").write_bytes(body)
    (folder / "secret.txt").write_bytes(b"no file of the edition")
    assert [one["id"] for one in desk.get("/api/v1/editions").json["editions"]] == ["2026-12", "2026-11"]
    assert desk.get("/api/v1/editions/2026-11").json["sections"][0]["entries"][0]["id"] == item
    assert [one["name"] for one in desk.get("/api/v1/editions/2026-11/files").json["files"]] == ["digest.pdf"]
    got = desk.get("/api/v1/editions/2026-11/files/digest.pdf")
    assert (got.body, got.headers["content-type"]) == (body, "application/pdf")
    assert desk.get("/api/v1/editions/2026-11/files/secret.txt").status == 404
    desk.person("Rita", Role.READER)
    assert [one["id"] for one in desk.get("/api/v1/editions").json["editions"]] == ["2026-11"]
    assert desk.get("/api/v1/editions/2026-12").status == 404


def test_a_collection_holds_what_was_kept(desk: Programs) -> None:
    item = desk.add(1)
    assert desk.get("/api/v1/collections/useful").json["sections"] == []
    desk.post(f"/api/v1/items/{item}/decision", {"verdict": "accept"})
    sections = desk.get("/api/v1/collections/useful").json["sections"]
    assert [entry["id"] for section in sections for entry in section["entries"]] == [item]
    assert desk.get("/api/v1/collections").json["collections"][0]["id"] == "useful"
    assert "useful" in desk.get("/api/v1/collections/usefull").json["hint"]


# ---------------------------------------------------------------- deciding


def test_a_decision_is_signed_with_the_name_of_the_token(desk: Programs) -> None:
    item = desk.add(1)
    answer = desk.post(f"/api/v1/items/{item}/decision", {"verdict": "reject", "reason": "off topic", "note": "Not ours."})
    assert (answer.status, answer.json["state"]) == (200, "rejected")
    decision = answer.json["decision"]
    assert (decision["by"], decision["reason"], decision["note"]) == ("Priya Shah", "off topic", "Not ours.")


def test_whoever_saw_an_older_state_is_told_and_loses_nothing(desk: Programs) -> None:
    item = desk.add(1)
    assert desk.post(f"/api/v1/items/{item}/decision", {"verdict": "accept", "state": "queued", "version": 1}).status == 200
    desk.person("Tom", Role.CURATOR)
    late = desk.post(f"/api/v1/items/{item}/decision", {"verdict": "reject", "state": "queued"})
    assert late.status == 409
    assert "Priya Shah" in late.json["detail"]
    assert desk.post(f"/api/v1/items/{item}/decision", {"verdict": "reject", "version": 2}).status == 409
    assert state(desk, item) is State.ACCEPTED


def test_undo_takes_back_ones_own_last_act_only(desk: Programs) -> None:
    mine, theirs = desk.add(1), desk.add(2)
    desk.post(f"/api/v1/items/{mine}/decision", {"verdict": "accept"})
    priya = desk.secret
    desk.person("Tom", Role.CURATOR)
    desk.post(f"/api/v1/items/{theirs}/decision", {"verdict": "accept"})
    desk.secret = priya
    said = desk.post("/api/v1/undo", {}).json["said"]
    assert len(said) == 1
    assert (state(desk, mine), state(desk, theirs)) == (State.QUEUED, State.ACCEPTED)


def test_folding_and_unfolding_come_back_to_where_they_began(desk: Programs) -> None:
    head, tail = desk.add(1), desk.add(2)
    assert desk.post(f"/api/v1/items/{tail}/fold", {"into": head}).json["id"] == head
    assert desk.get(f"/api/v1/items/{tail}").json["folded_into"] == head
    assert desk.post(f"/api/v1/items/{tail}/fold", {"into": head}).status == 409
    assert desk.post(f"/api/v1/items/{tail}/unfold").json["state"] == "queued"
    assert desk.post(f"/api/v1/items/{tail}/unfold").status == 409


def test_the_log_goes_on_from_its_cursor_and_tells_what_was_taken_back(desk: Programs) -> None:
    items = [desk.add(number) for number in range(3)]
    for item in items:
        desk.post(f"/api/v1/items/{item}/decision", {"verdict": "accept"})
    first = desk.get("/api/v1/decisions?limit=2").json
    assert ([one["item"] for one in first["decisions"]], first["more"]) == (items[:2], True)
    second = desk.get(f"/api/v1/decisions?limit=2&cursor={first['cursor']}").json
    assert ([one["item"] for one in second["decisions"]], second["more"]) == (items[2:], False)
    desk.now += timedelta(minutes=5)
    desk.post("/api/v1/undo", {"count": 2})
    third = desk.get(f"/api/v1/decisions?limit=1&cursor={second['cursor']}").json
    fourth = desk.get(f"/api/v1/decisions?limit=1&cursor={third['cursor']}").json
    assert {one["item"] for page in (third, fourth) for one in page["undone"]} == set(items[1:])
    assert (third["more"], fourth["more"]) == (True, False)
    desk.now += timedelta(minutes=5)
    settled = desk.get(f"/api/v1/decisions?cursor={fourth['cursor']}").json
    assert desk.get(f"/api/v1/decisions?cursor={settled['cursor']}").json["undone"] == []


def test_a_suggestion_waits_for_its_visit_under_the_name_of_the_token(desk: Programs) -> None:
    answer = desk.post("/api/v1/items", {"url": "https://east.example/report", "note": "Page 4."})
    assert (answer.status, answer.json["stand"], answer.json["name"]) == (202, "received", "Priya Shah")
    assert desk.post("/api/v1/items", {"url": "https://east.example/report", "note": "Page 4."}).json["id"] == answer.json["id"]
    assert [one["id"] for one in desk.get("/api/v1/submissions").json["submissions"]] == [answer.json["id"]]
    assert desk.post("/api/v1/items", {"url": "http://169.254.169.254/latest"}).status == 422
    with desk.open() as store:
        assert [lead.url for lead in (claim.lead for claim in store.lease(desk.now, limit=5, seconds=9, owner="t"))] == [
            "https://east.example/report"
        ]


def test_a_source_is_paused_and_asked_again(desk: Programs) -> None:
    assert desk.post("/api/v1/sources/south/pause").json["health"] == "paused"
    assert desk.get("/api/v1/sources/south").json["health"] == "paused"
    assert desk.post("/api/v1/sources/south/resume").json["health"] == "new"
    assert "south" in desk.get("/api/v1/sources/sout").json["hint"]


# ---------------------------------------------------------------- what is refused, and how


BAD = [
    (b"{", "application/json", 400, ""),
    (b"[1]", "application/json", 400, ""),
    (b'{"verdict": "accept", "verdict": "reject"}', "application/json", 400, ""),
    (b'{"verdict": NaN}', "application/json", 400, ""),
    (b"[" * 100_000, "application/json", 400, ""),
    (b'{"verdict": "accept", "note": "\xff"}', "application/json", 400, ""),
    (b'{"verdict": "accept"}', "text/plain", 415, ""),
    (b'{"verdict": "accept"}', "application/json; charset=latin-1", 415, ""),
    (b'{"verdict": "accept", "note": "' + b"x" * 1_000_000 + b'"}', "application/json", 413, ""),
    (b"", "application/json", 400, ""),
    (b"{}", "application/json", 422, "verdict"),
    (b'{"verdict": "acept"}', "application/json", 422, "accept"),
    (b'{"verdict": "accept", "topic": ["learning"]}', "application/json", 422, "topics"),
    (b'{"verdict": "accept", "topics": ["lerning"]}', "application/json", 422, "learning"),
    (b'{"verdict": "accept", "topics": "learning"}', "application/json", 422, "list"),
    (b'{"verdict": "reject", "reason": "of topic"}', "application/json", 422, "off topic"),
    (b'{"verdict": "accept", "version": "1"}', "application/json", 422, "number"),
    (b'{"verdict": "accept", "version": true}', "application/json", 422, "number"),
    (b'{"verdict": "accept", "must_have": 1}', "application/json", 422, "true"),
    (b'{"verdict": "defer", "until": "2026-12-01"}', "application/json", 422, "zone"),
    (b'{"verdict": "accept", "note": "\\ud800"}', "application/json", 422, "surrogate"),
    (b'{"verdict": "accept", "note": "' + b"x" * 4_001 + b'"}', "application/json", 422, "4,000"),
]


@pytest.mark.parametrize(("body", "media", "status", "said"), BAD, ids=[f"{place}-{one[2]}" for place, one in enumerate(BAD)])
def test_a_body_that_does_not_fit_is_refused_with_what_to_write_instead(body: bytes, media: str, status: int, said: str, desk: Programs) -> None:
    item = desk.add(1)
    answer = desk.ask("POST", f"/api/v1/items/{item}/decision", body=body, headers={"content_type": media})
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert set(answer.json) == {"type", "title", "status", "detail", "hint", "errors"}
    assert said in json.dumps(answer.json, ensure_ascii=False)
    assert state(desk, item) is State.QUEUED


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("items?stat=queued", "state"),
        ("items?limit=0", "limit"),
        ("items?limit=many", "whole number"),
        ("items?limit=5&limit=6", "once"),
        ("items?cursor=x", "next"),
        ("items/x", "whole number"),
        ("items/5?id=6", "path"),
        ("items?q=%00", "NUL"),
        ("decisions?cursor=1", "cursor"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(path: str, said: str, desk: Programs) -> None:
    answer = desk.get(f"/api/v1/{path}")
    assert answer.status == 422
    assert said in json.dumps(answer.json, ensure_ascii=False)


def test_an_operation_without_a_body_takes_none(desk: Programs) -> None:
    assert desk.post("/api/v1/sources/south/pause", {}).status == 422


def test_what_is_not_there_and_what_is_not_answered_are_told_apart(desk: Programs) -> None:
    assert desk.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"
    assert desk.get("/api/v1/nothing").status == 404
    assert desk.get("/api/v1/items/999").status == 404
    assert (desk.get("/api/v1/undo").status, desk.get("/api/v1/undo").headers["allow"]) == (405, "POST")
    assert desk.ask("DELETE", "/api/v1/items/1").status == 405


def test_a_get_changes_nothing(desk: Programs) -> None:
    item = desk.add(1)
    desk.post(f"/api/v1/items/{item}/decision", {"verdict": "accept"})
    with desk.open() as store:
        before = list(store._db.iterdump())
    for one in OPERATIONS:
        if one.method == "GET":
            path = "/api/v1" + one.path.replace("{id}", str(item)).replace("{name}", "x")
            for method in ("GET", "HEAD"):
                assert desk.ask(method, path).status < 500
    with desk.open() as store:
        assert list(store._db.iterdump()) == before


def test_reasons_and_verdicts_are_those_of_the_desk() -> None:
    assert Reason.__args__ == REASONS  # type: ignore[attr-defined]  # of a Literal
    assert {one.value for one in Verdict} == {"accept", "reject", "defer", "reopen"}


@given(st.dictionaries(st.text(max_size=20), st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()), max_size=8))
def test_reading_a_body_gives_values_or_faults_and_never_falls(plain: dict[str, object]) -> None:
    body = next(one.body for one in OPERATIONS if one.name == "decide_item")
    assert body is not None
    reader = Reader()
    values = reader.members(body, plain, what="field")
    assert reader.faults or values == {} or "verdict" in values
