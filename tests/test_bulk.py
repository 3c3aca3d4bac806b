"""One act on many items: a preview that tells exactly what would happen, nothing swept along that others have in hand, undone as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import classify
from pipeline.classify.alike import nearest, spoken
from pipeline.errors import ConflictError
from pipeline.learn import counted
from pipeline.model import Assignment, Decision, ItemId, Lane, Opinion, Reading, State, Suggestion, Verdict
from pipeline.store import Store
from pipeline.store.bulk import AT_ONCE
from pipeline.web.crowd import Crowd
from pipeline.web.sweep import MOST, Deed, carry_out, digest, hindrance, moment_of, packed, unpacked
from tests import builders
from tests.crowd import crowd, person
from tests.test_crowd import add, text
from tests.test_web import FORM, JSON, Site, Visitor

NOW = builders.NOW


def fields(body: str, action: str = "/desk/bulk") -> dict[str, str]:
    """The hidden fields of the last form of a page that posts there."""
    forms = lxml.html.document_fromstring(body).xpath(f"//form[@method='post' and @action='{action}']")
    return {one.get("name"): one.get("value") for one in forms[-1].xpath(".//input[@type='hidden']") if one.get("name") != "token"}


def button(body: str) -> str:
    return " ".join(lxml.html.document_fromstring(body).xpath("//form[@class='do']/button")[0].text_content().split())


def rejections(items: Sequence[ItemId], **changes: object) -> list[Decision]:
    return [builders.decision(item=item, verdict=Verdict.REJECT, reason="promotional", **changes) for item in items]


# ---------------------------------------------------------------- the store


def test_many_decisions_leave_what_single_ones_would() -> None:
    with Store.open(":memory:") as store, Store.open(":memory:") as other:
        items = [add(one, number) for number in range(3) for one in (store, other)][::2]
        for one in (store, other):
            one.set_lane(items[1], Lane.MUST_HAVE, "a rule")
            one.suggest(items[2], (), 0.7)
        made = store.decide_all(decisions := [builders.decision(item=item, topics=("care",)) for item in items])
        for decision in decisions:
            other.decide(decision)
        assert (made.done, made.left) == (tuple(items), ())
        assert [store.item(item) for item in items] == [other.item(item) for item in items]
        assert store.decisions() == other.decisions()
        assert store.item(items[1]).overlay.must_have


def test_an_item_in_another_state_or_that_is_not_there_is_left_out_and_named() -> None:
    with Store.open(":memory:") as store:
        items = [add(store, number) for number in range(4)]
        store.decide(builders.decision(item=items[1]))
        store.fold(items[0], items[2], by="Tom", now=NOW)
        made = store.decide_all(rejections([*items, ItemId(99)]))
        assert made.done == (items[0], items[3])
        assert made.left == (items[1], items[2], 99)
        assert store.item(items[1]).state is State.ACCEPTED


def test_nothing_done_leaves_no_trace() -> None:
    with Store.open(":memory:") as store:
        made = store.decide_all(rejections([ItemId(5)]))
        assert (made.number, made.done) == (None, ())
        assert store.batch(1) is None
        assert store.decisions() == ()


def test_a_bulk_is_taken_back_as_one() -> None:
    with Store.open(":memory:") as store:
        items = [add(store, number) for number in range(5)]
        before = [store.item(item) for item in items]
        made = store.decide_all(rejections(items[:3]))
        made = made.with_next(store.decide_all(rejections(items[3:]), batch=made.number))
        act = store.batch(made.number or 0)
        assert act is not None
        assert (act.act, act.by, act.reason, act.standing, act.undone, act.items) == ("reject", "Sam", "promotional", 5, 0, tuple(items))
        back = store.undo_batch(act.number, by="Sam", now=NOW)
        assert sorted(back.done) == items
        assert [store.item(item) for item in items] == before
        assert store.undo_batch(act.number, by="Sam", now=NOW).done == ()


def test_undo_takes_a_bulk_as_one_act_and_goes_on_to_the_one_before() -> None:
    with Store.open(":memory:") as store:
        items = [add(store, number) for number in range(4)]
        store.decide(builders.decision(item=items[3]))
        store.decide_all(rejections(items[:3]))
        (said,) = store.undo(1, by="Sam", now=NOW)
        assert "3 items" in said
        assert [store.item(item).state for item in items] == [State.QUEUED] * 3 + [State.ACCEPTED]
        store.undo(1, by="Sam", now=NOW)
        assert store.item(items[3]).state is State.QUEUED


def test_what_changed_since_a_bulk_stays_when_it_is_taken_back() -> None:
    with Store.open(":memory:") as store:
        items = [add(store, number) for number in range(3)]
        made = store.decide_all(rejections(items))
        store.decide(builders.decision(item=items[1], curator="Tom"))
        back = store.undo_batch(made.number or 0, by="Sam", now=NOW)
        assert (sorted(back.done), back.left) == ([items[0], items[2]], (items[1],))
        assert [store.item(item).state for item in items] == [State.QUEUED, State.ACCEPTED, State.QUEUED]


def test_a_topic_more_is_an_edit_that_keeps_the_others_and_can_be_taken_back() -> None:
    with Store.open(":memory:") as store:
        items = [add(store, number) for number in range(3)]
        store.suggest(items[0], (Suggestion(topic="learning", probability=0.9),), 0.5)
        store.decide(builders.decision(item=items[2]))
        made = store.add_topic(items, "care", by="Sam", now=NOW)
        assert (made.done, made.left) == (tuple(items[:2]), (items[2],))
        assert [store.item(item).topics for item in items] == [("learning", "care"), ("care",), ()]
        assert store.add_topic(items, "care", by="Sam", now=NOW).done == ()
        store.undo_batch(made.number or 0, by="Sam", now=NOW)
        assert [store.item(item).topics for item in items] == [("learning",), (), ()]


def test_an_outline_knows_what_the_whole_item_knows_but_for_its_text() -> None:
    with Store.open(":memory:") as store:
        items = [add(store, number) for number in range(3)]
        store.decide(builders.decision(item=items[0], topics=("care",)))
        store.fold(items[1], items[2], by="Tom", now=NOW)
        outlines = store.outlines([items[2], items[0], ItemId(99)])
        assert [one.id for one in outlines] == [items[2], items[0]]
        for one in outlines:
            whole = store.item(one.id)
            assert (one.state, one.title, one.kind, one.topics, one.overlay, one.lane, one.rank, one.merged_into, one.edition) == (
                whole.state, whole.title, whole.kind, whole.topics, whole.overlay, whole.lane, whole.rank, whole.merged_into, whole.edition,
            )  # fmt: skip


def test_what_somebody_acted_on_since_a_moment_is_known() -> None:
    with Store.open(":memory:") as store:
        items = [add(store, number) for number in range(3)]
        store.decide(builders.decision(item=items[0], decided=NOW - timedelta(minutes=1)))
        store.decide(builders.decision(item=items[1], decided=NOW + timedelta(minutes=1)))
        assert store.touched(items, since=NOW) == {items[1]}
        store.undo(2, by="Sam", now=NOW + timedelta(minutes=2))
        assert store.touched(items, since=NOW) == {items[0], items[1]}


# ---------------------------------------------------------------- what an act may not meet


@pytest.mark.parametrize(
    ("changes", "said", "deed", "why"),
    [
        ({}, {}, Deed(act="accept"), ""),
        ({"state": State.ACCEPTED}, {}, Deed(act="reject", reason="old"), "accepted already"),
        ({"state": State.MERGED}, {}, Deed(act="assign", to="Tom"), "folded already"),
        ({"state": State.DEFERRED}, {}, Deed(act="later"), "put off already"),
        ({"state": State.DEFERRED}, {}, Deed(act="accept"), ""),
        ({"lane": Lane.MUST_HAVE}, {}, Deed(act="reject", reason="old"), "a must-have"),
        ({"lane": Lane.MUST_HAVE}, {}, Deed(act="accept"), ""),
        ({}, {"readings": ("Priya",)}, Deed(act="later"), "Priya is reading"),
        ({}, {"readings": ("Priya",)}, Deed(act="topic", topic="care"), ""),
        ({}, {"assigned": "Tom"}, Deed(act="accept"), "Tom is asked to decide"),
        ({}, {"assigned": "Me"}, Deed(act="accept"), ""),
        ({}, {"assigned": "Tom"}, Deed(act="assign", to="Tom"), "Tom is asked already"),
        ({}, {}, Deed(act="assign"), "nobody is asked"),
        ({}, {"keep": ("Ann",)}, Deed(act="reject", reason="old"), "Ann would keep"),
        ({}, {"keep": ("Me",)}, Deed(act="reject", reason="old"), ""),
        ({}, {"against": ("Ann",)}, Deed(act="accept"), "Ann would not keep"),
        ({}, {"against": ("Ann",)}, Deed(act="later"), ""),
    ],
)
def test_what_others_have_in_hand_is_left_to_them(changes: dict[str, object], said: dict[str, object], deed: Deed, why: str) -> None:
    assert hindrance(builders.item(**changes), _crowd(said), deed) == why


def _crowd(said: dict[str, object]) -> Crowd:
    one = ItemId(1)
    return Crowd(
        item=one,
        me="Me",
        readings=tuple(Reading(item=one, by=name, since=NOW, seen=NOW) for name in said.get("readings", ())),  # type: ignore[attr-defined]
        opinions=tuple(
            Opinion(item=one, by=name, keep=keep, at=NOW)
            for keep in (True, False)
            for name in said.get("keep" if keep else "against", ())  # type: ignore[attr-defined]
        ),
        assignment=Assignment(item=one, to=str(said["assigned"]), by="Ann", at=NOW) if "assigned" in said else None,
    )


# ---------------------------------------------------------------- what the form carries


@given(st.sets(st.integers(1, 2**50), min_size=1, max_size=300))
def test_numbers_of_items_come_back_from_a_form_as_they_went(numbers: set[int]) -> None:
    assert unpacked(packed([ItemId(one) for one in numbers])) == tuple(sorted(numbers))


@given(st.text(max_size=200))
def test_whatever_stands_in_the_field_is_read_without_fear(said: str) -> None:
    assert all(one < 2**63 for one in unpacked(said))


def test_five_thousand_items_of_a_million_fit_into_the_form() -> None:
    chosen = [200 * place + place * place % 199 + 1 for place in range(MOST)]
    assert len(packed([ItemId(one) for one in chosen])) < 32_000
    assert unpacked(".".join(["1"] * (MOST + 1))) == ()


def test_the_digest_tells_another_act_another_item_and_another_moment() -> None:
    one = (Deed(act="reject", reason="old"), (ItemId(1), ItemId(2)), NOW)
    others = [
        (Deed(act="reject", reason="weak"), *one[1:]),
        (one[0], (ItemId(1),), NOW),
        (*one[:2], NOW + timedelta(seconds=1)),
    ]
    assert digest(*one) == digest(Deed(act="reject", reason="old"), (ItemId(2), ItemId(1)), NOW)
    assert digest(*one) not in {digest(*other) for other in others}


@pytest.mark.parametrize("said", ["", "soon", "2026-11-20", "2030-01-01T00:00:00+00:00"])
def test_a_moment_that_is_none_of_the_past_is_now(said: str) -> None:
    assert moment_of(said, now=NOW) == NOW


# ---------------------------------------------------------------- at the desk


def sweep(visitor: Visitor, address: str) -> httpx.Response:
    """Look at a preview and press its button."""
    return visitor.post("/desk/bulk", {**fields(visitor.get(address).text)})


def test_a_preview_names_the_number_and_five_samples_from_end_to_end_and_changes_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    items = [site.add(number, rank=1 - number / 100) for number in range(9)]
    body = site.visitor().get("/desk/bulk?act=reject&reason=promotional").text
    assert button(body) == "Reject 9 items as promotional"
    titles = lxml.html.document_fromstring(body).xpath("//ol[contains(@class, 'samples')]//a/text()")
    assert titles == [f"How network {number} learns" for number in (0, 2, 4, 6, 8)]
    assert unpacked(fields(body)["items"]) == tuple(items)
    assert {site.state(item) for item in items} == {State.QUEUED}


def test_the_button_does_what_it_says_and_one_undo_takes_all_of_it_back(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    items = [site.add(number) for number in range(7)]
    tom = person(site, "Tom")
    done = sweep(tom, "/desk/bulk?act=reject&reason=promotional").headers["location"]
    assert {site.state(item) for item in items} == {State.REJECTED}
    body = tom.get(done).text
    assert "7 items were rejected as promotional" in text(body)
    assert "by Tom" in text(body)
    with site.open() as store:
        assert {one.reason for one in store.decisions()} == {"promotional"}
    assert person(site, "Priya").post(f"{done}/undo", {}).status_code == 403
    assert tom.post(f"{done}/undo", {}).headers["location"] == done
    assert {site.state(item) for item in items} == {State.QUEUED}
    assert "All of it is taken back" in text(tom.get(done).text)
    assert tom.post(f"{done}/undo", {}).status_code == 409


def test_an_editor_takes_back_what_another_did(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    item = site.add(1)
    done = sweep(person(site, "Tom"), "/desk/bulk?act=later").headers["location"]
    assert site.state(item) is State.DEFERRED
    assert person(site, "Ann").post(f"{done}/undo", {}).status_code == 303
    assert site.state(item) is State.QUEUED


def test_what_others_have_in_hand_is_shown_as_left_with_the_reason(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    items = [site.add(number) for number in range(5)]
    with site.open() as store:
        store.read(items[0], by="Priya", now=site.now)
        store.assign([items[1]], to="Ann", by="Priya", now=site.now)
        store.opine(items[2], keep=True, by="Sue", now=site.now)
    tom = person(site, "Tom")
    body = tom.get("/desk/bulk?act=reject&reason=weak").text
    assert button(body) == "Reject 2 items as weak"
    for why in ("Priya is reading", "Ann is asked to decide", "Sue would keep"):
        assert f"{why}1" in text(body)
    sweep(tom, "/desk/bulk?act=reject&reason=weak")
    assert [site.state(item) is State.REJECTED for item in items] == [False, False, False, True, True]


def test_what_changes_between_preview_and_button_is_left_out_and_told(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    items = [site.add(number) for number in range(6)]
    tom = person(site, "Tom")
    form = fields(tom.get("/desk/bulk?act=reject&reason=old").text)
    site.now += timedelta(seconds=10)
    with site.open() as store:
        store.decide(builders.decision(item=items[0], curator="Priya", decided=site.now - timedelta(seconds=4)))
        store.decide(builders.decision(item=items[1], curator="Priya", verdict=Verdict.DEFER, decided=site.now - timedelta(seconds=3)))
        store.read(items[2], by="Priya", now=site.now)
    late = site.add(7)
    body = tom.get(tom.post("/desk/bulk", form).headers["location"]).text
    assert "3 items were rejected as old" in text(body)
    assert "Priya accepted this 4 s ago" in text(body)
    assert "Priya put off this 3 s ago" in text(body)
    assert "Priya is reading." in text(body)
    assert [site.state(item).value for item in (*items, late)] == ["accepted", "deferred", "queued", "rejected", "rejected", "rejected", "queued"]


def test_filters_choose_what_a_bulk_meets(tmp_path: Path) -> None:
    site = Site(tmp_path)
    chosen, other = site.bring(1), site.add(2)
    visitor = site.visitor()
    body = visitor.get("/desk/bulk?source=north-blog&act=topic&topic-to-add=care").text
    assert button(body) == "Give 1 item the topic “Integrated care”"
    assert "source North Network blog" in text(body)
    visitor.post("/desk/bulk", fields(body))
    with site.open() as store:
        assert ["care" in store.item(item).topics for item in (chosen, other)] == [True, False]
        assert store.item(chosen).state is State.QUEUED


def test_many_are_given_to_one_person_and_taken_from_them(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    items = [site.add(number) for number in range(3)]
    ann = person(site, "Ann")
    assert button(ann.get("/desk/bulk?act=assign&to=Tom").text) == "Ask Tom to decide 3 items"
    told = ann.get(sweep(ann, "/desk/bulk?act=assign&to=Tom").headers["location"]).text
    assert "Tom is asked already3" in text(told)
    with site.open() as store:
        assert [one.item for one in store.assigned("Tom")] == items
    sweep(ann, "/desk/bulk?act=assign")
    with site.open() as store:
        assert store.assigned("Tom") == ()


def test_more_than_one_transaction_holds_is_one_act(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.open() as store, store.transaction():
        items = [add(store, number) for number in range(AT_ONCE + 5)]
    visitor = site.visitor()
    done = sweep(visitor, "/desk/bulk?act=accept").headers["location"]
    with site.open() as store:
        act = store.batch(int(done.rsplit("/", 1)[1]))
        assert act is not None
        assert act.standing == AT_ONCE + 5
    assert visitor.post(f"{done}/undo", {}).status_code == 303
    with site.open() as store:
        assert store.counts()[State.QUEUED] == len(items)


def test_no_more_than_the_best_are_taken_at_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.open() as store:
        items = [add(store, number) for number in range(3)]
        left = carry_out(store, [*items, ItemId(77)], Deed(act="accept"), me="Sam", now=NOW, seen=NOW).left
    assert left == (77,)


@pytest.mark.parametrize(
    "change", [{"items": "1"}, {"items": ""}, {"digest": "x"}, {"reason": "weak"}, {"act": "accept"}, {"act": "erase"}, {"seen": ""}]
)
def test_a_form_that_is_not_what_the_page_showed_does_nothing(tmp_path: Path, change: dict[str, str]) -> None:
    site = Site(tmp_path)
    items = [site.add(number) for number in range(2)]
    site.now += timedelta(seconds=1)
    visitor = site.visitor()
    form = fields(visitor.get("/desk/bulk?act=reject&reason=old").text)
    site.now += timedelta(seconds=1)
    assert visitor.post("/desk/bulk", {**form, **change}).status_code == 422
    assert {site.state(item) for item in items} == {State.QUEUED}


@pytest.mark.parametrize("query", ["act=reject", "act=reject&reason=ugly", "act=topic&topic-to-add=none", "act=assign&to=Mallory", "act=erase"])
def test_a_preview_without_a_whole_act_says_what_is_missing(tmp_path: Path, query: str) -> None:
    site = Site(tmp_path)
    site.add(1)
    body = site.visitor().get(f"/desk/bulk?{query}").text
    assert lxml.html.document_fromstring(body).xpath("//*[@role='alert']/text()")[0].startswith("Choose")
    assert not lxml.html.document_fromstring(body).xpath("//form[@class='do']")


def test_a_scout_sees_what_would_happen_and_has_no_button(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    site.add(1)
    sue = person(site, "Sue")
    body = sue.get("/desk/bulk?act=accept")
    assert body.status_code == 200
    assert not lxml.html.document_fromstring(body.text).xpath("//form[@class='do']")
    assert sue.post("/desk/bulk", {"act": "accept"}).status_code == 403


def test_words_of_items_are_never_markup_on_these_pages(tmp_path: Path) -> None:
    site = Site(tmp_path)
    item = site.add(1, title="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>")
    visitor = site.visitor()
    pages = [f"/desk/items/{item}/{name}" for name in ("crowd", "similar")] + ["/desk/bulk?act=accept&q=<script>", "/desk/views?q=<script>"]
    for path in pages:
        body = visitor.get(path).text
        assert "<script>alert" not in body
        assert "<img" not in body
        assert "q=<script>" not in body


def test_an_act_that_there_is_not_has_no_page(tmp_path: Path) -> None:
    visitor = Site(tmp_path).visitor()
    assert visitor.get("/desk/bulk/7").status_code == 404
    assert visitor.post("/desk/bulk/7/undo", {}).status_code == 404


# ---------------------------------------------------------------- its like


def vendor(number: int) -> dict[str, object]:
    words = f"Our award winning rostering platform saves your hospital money. Book a demo of the rostering platform today, offer {number}."
    return {"title": f"Rostering platform offer {number}", "text": words * 3, "description": "Book a demo."}


def like(site: Site) -> tuple[list[ItemId], list[ItemId]]:
    """Five offers of one vendor among eight other pages, counted."""
    others = [
        site.add(number, title=f"Falls in ward {number}", text=f"Nurses of ward {number} met about falls and beds. " * 6) for number in range(8)
    ]
    offers = [site.add(20 + number, **vendor(number)) for number in range(5)]  # type: ignore[arg-type]
    with site.open() as store:
        store.keep_features([counted(item, store.item(item).resource) for item in (*others, *offers)])
    return offers, others


def test_the_nearest_are_those_that_share_rare_words() -> None:
    resources = [builders.resource(**vendor(number)) for number in range(3)]
    resources += [builders.resource(title=f"Falls {number}", text=f"Nurses met about falls and beds in ward {number}. " * 5) for number in range(9)]
    packed_all = [classify.features(one) for one in resources]
    near = nearest(packed_all[0], packed_all[1:], limit=5)
    assert [one.place for one in near] == [0, 1]
    assert near[0].likeness > 0.5
    assert "rostering platform" in spoken(near[0], resources[1])
    assert nearest(packed_all[0], [], limit=5) == ()
    assert nearest(classify.features(builders.resource(title="", text="", description="")), packed_all, limit=5) == ()


def test_a_page_is_most_like_itself() -> None:
    features = [
        classify.features(builders.resource(title=f"Page {number} of {number * 7}", text=f"word{number} other{number} " * 9)) for number in range(20)
    ]
    assert nearest(features[3], features, limit=1)[0].place == 3


def test_the_like_of_a_rejected_item_are_rejected_by_one_button(tmp_path: Path) -> None:
    site = Site(tmp_path)
    offers, others = like(site)
    with site.open() as store:
        store.decide(rejections(offers[:1])[0])
    visitor, path = site.visitor(), f"/desk/items/{offers[0]}/similar"
    page = lxml.html.document_fromstring(visitor.get(path).text)
    ticked = [int(one.get("value")) for one in page.xpath("//input[@name='item' and @checked]")]
    assert sorted(ticked) == offers[1:]
    assert "both speak of" in page.text_content()
    button = page.xpath("//button[@name='reason']")[0]
    for hidden in button.xpath(".//*[@hidden]"):
        hidden.drop_tree()
    assert " ".join(button.text_content().split()) == "Reject those ticked as promotional, like the one before"
    body = "&".join([*(f"item={one}" for one in ticked[1:]), "reason=promotional", f"token={visitor.token}"]).encode()
    done = visitor.ask("POST", path, body=body, headers=FORM).headers["location"]
    assert "3 items were rejected as promotional" in text(visitor.get(done).text)
    assert site.state(ItemId(ticked[0])) is State.QUEUED
    assert {site.state(item) for item in others} == {State.QUEUED}
    visitor.post("/desk/undo", {})
    assert [site.state(item) for item in offers] == [State.REJECTED] + [State.QUEUED] * 4


def test_an_item_that_waits_is_decided_with_its_like(tmp_path: Path) -> None:
    site = Site(tmp_path)
    offers, _ = like(site)
    visitor, path = site.visitor(), f"/desk/items/{offers[0]}/similar"
    assert f'value="{offers[0]}" checked' in visitor.get(path).text
    assert visitor.post(path, {"item": str(offers[0]), "act": "later"}).status_code == 303
    assert site.state(offers[0]) is State.DEFERRED


def test_what_somebody_else_reads_cannot_be_ticked(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    offers, _ = like(site)
    with site.open() as store:
        store.read(offers[1], by="Priya", now=site.now)
    tom = person(site, "Tom")
    page = lxml.html.document_fromstring(tom.get(f"/desk/items/{offers[0]}/similar").text)
    assert page.xpath(f"//input[@value='{offers[1]}']/@disabled")
    answer = tom.post(f"/desk/items/{offers[0]}/similar", {"item": str(offers[1]), "reason": "old"}, JSON)
    assert (answer.status_code, site.state(offers[1])) == (409, State.QUEUED)


@pytest.mark.parametrize("form", [{}, {"item": "x", "act": "accept"}, {"item": "1"}, {"item": "1", "reason": "ugly"}, {"item": "1", "act": "assign"}])
def test_a_form_of_likes_that_says_too_little_is_refused(tmp_path: Path, form: dict[str, str]) -> None:
    site = Site(tmp_path)
    item = site.add(1)
    assert site.visitor().post(f"/desk/items/{item}/similar", form).status_code == 422
    assert site.state(item) is State.QUEUED


def test_only_the_newest_that_wait_are_compared() -> None:
    with Store.open(":memory:") as store:
        items = [add(store, number) for number in range(4)]
        store.keep_features([counted(item, store.item(item).resource) for item in items])
        store.decide(builders.decision(item=items[3]))
        assert [item for item, _ in store.waiting_features(2)] == [items[2], items[1]]


def test_nothing_is_forced_when_a_bulk_cannot_be_taken_back() -> None:
    with Store.open(":memory:") as store:
        item = add(store, 1)
        store.decide_all(rejections([item]))
        store.decide(builders.decision(item=item, curator="Tom"))
        with pytest.raises(ConflictError):
            store.undo(2, by="Sam", now=NOW, mine=True)
        assert store.item(item).state is State.ACCEPTED
