"""The queue in a feed reader, asked as Reeder, NetNewsWire and FeedMe ask: reading is seeing, a star accepts, a label is a topic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import ItemId, Role, Scope, State
from pipeline.web.reader_stream import number, plain
from tests.program import Programs

API = "/reader/api/0"
READING, STARRED, READ = (f"user/-/state/com.google/{name}" for name in ("reading-list", "starred", "read"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Programs]:
    made = Programs(tmp_path)
    made.person("Priya Shah", Role.CURATOR)
    yield made
    made.close()


def stream(desk: Programs, name: str, more: str = "") -> list[int]:
    """The numbers of the items in a stream."""
    found = desk.get(f"{API}/stream/items/ids?s={quote(name, safe='')}&output=json{more}").json
    return [int(one["id"]) for one in found["itemRefs"]]


def long(item: int) -> str:
    return f"tag:google.com,2005:reader/item/{item:016x}"


def mark(desk: Programs, *fields: tuple[str, str]) -> int:
    return desk.form(f"{API}/edit-tag", *fields).status


def item_of(desk: Programs, item: ItemId) -> Any:
    with desk.open() as store:
        return store.item(item)


# ---------------------------------------------------------------- signing in


def test_an_app_signs_in_with_a_name_and_a_token_and_is_known_from_then_on(desk: Programs) -> None:
    token, desk.secret = desk.secret, ""
    answer = desk.form("/accounts/ClientLogin", ("Email", "priya shah"), ("Passwd", token), ("service", "reader"))
    lines = dict(line.split("=", 1) for line in answer.text.splitlines())
    assert (answer.status, lines["Auth"]) == (200, token)
    assert desk.get(f"{API}/user-info", authorization=f"GoogleLogin auth={lines['Auth']}").json["userName"] == "Priya Shah"
    assert desk.form("/accounts/ClientLogin", ("Email", "Priya Shah"), ("Passwd", token), ("output", "json")).json["Auth"] == token


def test_a_wrong_token_and_a_wrong_name_get_the_same_answer(desk: Programs) -> None:
    token = desk.secret
    wrong = desk.form("/accounts/ClientLogin", ("Email", "Priya Shah"), ("Passwd", "guess"))
    nobody = desk.form("/accounts/ClientLogin", ("Email", "Nobody"), ("Passwd", token))
    empty = desk.form("/accounts/ClientLogin")
    assert wrong.status == nobody.status == empty.status == 401
    assert wrong.body == nobody.body == empty.body == b"Error=BadAuthentication\n"


def test_a_token_is_never_taken_from_an_address(desk: Programs) -> None:
    assert desk.form(f"/accounts/ClientLogin?Email=Priya+Shah&Passwd={desk.secret}").status == 401
    assert desk.get(f"/accounts/ClientLogin?Email=Priya+Shah&Passwd={desk.secret}").status == 405


def test_guessing_is_slow(desk: Programs) -> None:
    tries = [desk.form("/accounts/ClientLogin", ("Email", "x"), ("Passwd", str(one))).status for one in range(12)]
    assert tries == [401] * 10 + [429] * 2
    desk.now += timedelta(minutes=10)
    assert desk.form("/accounts/ClientLogin", ("Email", "Priya Shah"), ("Passwd", desk.secret)).status == 200


def test_readers_of_the_digest_do_not_see_the_queue(desk: Programs) -> None:
    desk.person("Rita", Role.READER)
    assert desk.get(f"{API}/unread-count").status == 403
    desk.secret = "nobody"
    assert desk.get(f"{API}/unread-count").status == 401


# ---------------------------------------------------------------- reading


def test_sources_are_subscriptions_and_topics_are_labels(desk: Programs) -> None:
    found = desk.get(f"{API}/subscription/list?output=json").json["subscriptions"]
    assert [(one["id"], one["title"]) for one in found] == [("feed/north-blog", "North Network blog"), ("feed/south", "South")]
    assert found[0]["categories"] == [{"id": "user/-/label/learning", "label": "Learning networks"}]
    assert [one["id"] for one in desk.get(f"{API}/tag/list").json["tags"]] == [STARRED, "user/-/label/learning", "user/-/label/care"]
    assert desk.get(f"{API}/token").text


def test_what_was_not_seen_is_counted(desk: Programs) -> None:
    items = [desk.add(one) for one in range(1, 4)]
    mark(desk, ("i", str(items[0])), ("a", READ))
    counts = {one["id"]: one["count"] for one in desk.get(f"{API}/unread-count?output=json").json["unreadcounts"]}
    assert counts == {READING: 2, "feed/north-blog": 2}
    desk.person("Tom", Role.CURATOR)
    assert desk.get(f"{API}/unread-count").json["unreadcounts"][0]["count"] == 3


def test_streams_come_newest_first_page_by_page(desk: Programs) -> None:
    items = []
    for one in range(1, 8):
        desk.now += timedelta(minutes=1)
        items.append(desk.add(one))
    assert stream(desk, READING) == items[::-1]
    assert stream(desk, READING, "&r=o") == items
    assert stream(desk, "feed/north-blog") == items[::-1]
    assert stream(desk, "feed/south") == []
    assert stream(desk, "user/-/label/learning") == items[::-1]
    assert stream(desk, "user/1234/state/com.google/reading-list", f"&ot={int(desk.now.timestamp()) - 60}") == items[:-3:-1]
    seen, more = [], ""
    while True:
        page = desk.get(f"{API}/stream/contents/{quote(READING, safe='/')}?n=3{more}").json
        seen += [number(one["id"]) for one in page["items"]]
        if "continuation" not in page:
            break
        more = f"&c={page['continuation']}"
    assert seen == items[::-1]


def test_an_item_is_what_apps_expect_and_its_words_are_never_markup(desk: Programs) -> None:
    item = desk.add(1, description="<script>alert(1)</script>", text="One & two\n<img src=x onerror=alert(1)>")
    (found,) = desk.form(f"{API}/stream/items/contents", ("i", long(item)), ("i", "99999"), ("i", "nonsense")).json["items"]
    assert found["id"] == long(item)
    assert found["canonical"][0]["href"] == "https://north.example/1"
    assert found["origin"] == {"streamId": "feed/north-blog", "title": "North Network blog", "htmlUrl": "https://north.example/1"}
    assert found["summary"]["content"] == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p><p>One &amp; two</p><p>&lt;img src=x onerror=alert(1)&gt;</p>"
    assert found["categories"] == [READING, "user/-/label/learning"]
    assert desk.form(f"{API}/stream/items/contents", ("i", str(item))).json["items"] == [found]


def test_a_stream_that_is_none_is_not_found(desk: Programs) -> None:
    assert desk.get(f"{API}/stream/items/ids?s=user/-/state/com.google/broadcast").status == 404
    assert desk.get(f"{API}/stream/contents/splice/x").status == 404


# ---------------------------------------------------------------- marking


def test_reading_is_seeing_and_decides_nothing(desk: Programs) -> None:
    item, other = desk.add(1), desk.add(2)
    assert mark(desk, ("i", long(item)), ("a", READ)) == 200
    assert stream(desk, READING, f"&xt={READ}") == [other]
    assert stream(desk, READ) == [item]
    assert item_of(desk, item).state is State.QUEUED
    assert mark(desk, ("i", long(item)), ("r", READ)) == 200
    assert stream(desk, READ) == []
    mark(desk, ("i", str(item)), ("a", READ))
    assert mark(desk, ("i", str(item)), ("a", "user/-/state/com.google/kept-unread")) == 200
    assert stream(desk, READ) == []


def test_a_star_accepts_and_its_end_takes_that_back(desk: Programs) -> None:
    item = desk.add(1)
    assert mark(desk, ("i", str(item)), ("a", STARRED)) == 200
    assert (item_of(desk, item).state, item_of(desk, item).decision.curator) == (State.ACCEPTED, "Priya Shah")
    assert stream(desk, STARRED) == [item]
    assert stream(desk, READING) == []
    assert mark(desk, ("i", str(item)), ("a", STARRED)) == 200
    assert mark(desk, ("i", str(item)), ("r", STARRED)) == 200
    assert item_of(desk, item).state is State.QUEUED


def test_a_label_is_a_topic_of_the_desk(desk: Programs) -> None:
    item = desk.add(1)
    assert mark(desk, ("i", str(item)), ("a", "user/-/label/care")) == 200
    assert set(item_of(desk, item).topics) == {"learning", "care"}
    assert mark(desk, ("i", str(item)), ("r", "user/-/label/learning")) == 200
    assert item_of(desk, item).topics == ("care",)
    assert mark(desk, ("i", str(item)), ("a", "user/-/label/unheard-of")) == 404
    assert mark(desk, ("i", str(item)), ("a", "user/-/state/com.google/like")) == 400


def test_several_marks_are_set_together_or_not_at_all(desk: Programs) -> None:
    item = desk.add(1)
    assert mark(desk, ("i", str(item)), ("i", "4711"), ("a", STARRED)) == 404
    assert item_of(desk, item).state is State.QUEUED
    assert mark(desk, *(("i", str(one)) for one in range(1, 60)), ("a", STARRED)) == 413


def test_a_token_that_only_reads_sees_but_does_not_decide(desk: Programs) -> None:
    item = desk.add(1)
    desk.person("Tom", Role.CURATOR, Scope.READ)
    assert mark(desk, ("i", str(item)), ("a", READ)) == 200
    assert mark(desk, ("i", str(item)), ("a", STARRED)) == 403
    assert item_of(desk, item).state is State.QUEUED


def test_marking_all_as_read_sees_up_to_the_moment_and_decides_nothing(desk: Programs) -> None:
    early = desk.add(1)
    desk.now += timedelta(hours=1)
    late = desk.add(2)
    moment = int((desk.now - timedelta(minutes=1)).timestamp()) * 1_000_000
    assert desk.form(f"{API}/mark-all-as-read", ("s", READING), ("ts", str(moment))).status == 200
    assert stream(desk, READING, f"&xt={READ}") == [late]
    assert desk.form(f"{API}/mark-all-as-read", ("s", "feed/north-blog")).status == 200
    assert stream(desk, READING, f"&xt={READ}") == []
    assert desk.form(f"{API}/mark-all-as-read", ("s", STARRED)).status == 400
    assert (item_of(desk, early).state, item_of(desk, late).state) == (State.QUEUED, State.QUEUED)


def test_a_get_marks_nothing(desk: Programs) -> None:
    item = desk.add(1)
    assert desk.get(f"{API}/edit-tag?i={item}&a={STARRED}").status == 405
    assert desk.get(f"{API}/mark-all-as-read?s={READING}").status == 405
    assert item_of(desk, item).state is State.QUEUED


@given(st.integers(1, 2**62 - 1))
def test_long_and_short_names_are_the_same_number(item: int) -> None:
    assert number(long(item)) == number(str(item)) == item or item >= 10**18


@given(st.text(max_size=80))
def test_names_of_strangers_are_read_or_refused_and_never_fall(word: str) -> None:
    assert number(word) is None or isinstance(number(word), int)
    assert plain(plain(word)) == plain(word)
