"""Several people over the same items: claims that end by themselves, who is asked, opinions, remarks, and many at once on one file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import lxml.html
import pytest

from pipeline import dedupe
from pipeline.errors import ConflictError, NotFoundError, TransitionError
from pipeline.model import Fold, ItemId, Match, State, Verdict
from pipeline.store import Store
from pipeline.store.crowd import MOST_REMARKS
from pipeline.web.crowd import LONGEST, Crowd, ago, crowd_of, decided_by
from tests import builders
from tests.crowd import crowd, person
from tests.test_web import JSON, Site

NOW = builders.NOW


def add(store: Store, number: int, **changes: object) -> ItemId:
    url = f"https://north.example/{number}"
    resource = replace(builders.resource(url=url, canonical_url=url, title=f"How network {number} learns"), **changes)  # type: ignore[arg-type]
    return store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=NOW)


def text(body: str) -> str:
    return " ".join(lxml.html.document_fromstring(body).text_content().split())


# ---------------------------------------------------------------- the store


def test_a_claim_is_seen_by_others_until_it_was_not_heard_of_for_45_seconds() -> None:
    with Store.open(":memory:") as store:
        item = add(store, 1)
        store.read(item, by="Priya", now=NOW)
        assert [one.by for one in store.readings([item], now=NOW + timedelta(seconds=45))] == ["Priya"]
        assert store.readings([item], now=NOW + timedelta(seconds=46)) == ()
        store.read(item, by="Priya", now=NOW + timedelta(seconds=40))
        (reading,) = store.readings([item], now=NOW + timedelta(seconds=80))
        assert (reading.since, reading.seen) == (NOW, NOW + timedelta(seconds=40))


def test_a_claim_of_a_clock_that_was_ahead_is_none_when_it_is_back() -> None:
    with Store.open(":memory:") as store:
        item = add(store, 1)
        store.read(item, by="Priya", now=NOW + timedelta(days=400))
        assert store.readings([item], now=NOW) == ()
        store.read(item, by="Priya", now=NOW)
        assert [(one.since, one.seen) for one in store.readings([item], now=NOW)] == [(NOW, NOW)]


def test_who_comes_back_to_an_item_after_a_while_claims_it_anew() -> None:
    with Store.open(":memory:") as store:
        item = add(store, 1)
        store.read(item, by="Priya", now=NOW)
        store.read(item, by="Priya", now=NOW + timedelta(minutes=5))
        (reading,) = store.readings([item], now=NOW + timedelta(minutes=5))
        assert reading.since == NOW + timedelta(minutes=5)


def test_a_person_has_one_item_open_and_going_on_closes_the_one_before() -> None:
    with Store.open(":memory:") as store:
        first, second = add(store, 1), add(store, 2)
        store.read(first, by="Priya", now=NOW)
        store.read(first, by="Tom", now=NOW)
        store.read(second, by="Priya", now=NOW)
        assert [(one.item, one.by) for one in store.readings([first, second], now=NOW)] == [(first, "Tom"), (second, "Priya")]
        store.stop_reading("Tom")
        assert [one.by for one in store.readings([first, second], now=NOW)] == ["Priya"]


def test_nobody_reads_what_is_not_there() -> None:
    with Store.open(":memory:") as store:
        with pytest.raises(NotFoundError):
            store.read(ItemId(7), by="Priya", now=NOW)
        with pytest.raises(NotFoundError):
            store.remark(ItemId(7), "a word", by="Priya", now=NOW)
        with pytest.raises(NotFoundError):
            store.opine(ItemId(7), keep=True, by="Priya", now=NOW)
        assert store.assign([ItemId(7)], to="Tom", by="Ann", now=NOW) == 0


def test_what_one_is_asked_to_decide_waits_in_the_order_asked_and_ends_with_the_decision() -> None:
    with Store.open(":memory:") as store:
        items = [add(store, number) for number in range(4)]
        assert store.assign(items[1:3], to="Tom", by="Ann", now=NOW + timedelta(minutes=1)) == 2
        assert store.assign(items[3:], to="Tom", by="Ann", now=NOW) == 1
        assert store.assign(items[3:], to="Tom", by="Priya", now=NOW + timedelta(hours=1)) == 0
        assert [one.item for one in store.assigned("Tom")] == [items[3], items[1], items[2]]
        store.decide(builders.decision(item=items[3]))
        assert store.assign(items[1:2], to="Priya", by="Tom", now=NOW) == 1
        assert [one.item for one in store.assigned("Tom")] == [items[2]]
        assert [(one.item, one.to, one.by) for one in store.assignments(items[1:2])] == [(items[1], "Priya", "Tom")]
        assert store.unassign(items) == 3
        assert store.assignments(items) == ()


def test_the_last_opinion_of_each_person_counts() -> None:
    with Store.open(":memory:") as store:
        item = add(store, 1)
        store.opine(item, keep=True, by="Priya", now=NOW)
        store.opine(item, keep=True, by="Tom", now=NOW + timedelta(seconds=1))
        store.opine(item, keep=False, by="Priya", now=NOW + timedelta(seconds=2))
        assert [(one.by, one.keep) for one in store.opinions([item])] == [("Tom", True), ("Priya", False)]
        store.opine(item, keep=None, by="Tom", now=NOW)
        assert [one.by for one in store.opinions([item])] == ["Priya"]


def test_what_was_said_of_an_item_goes_with_it_into_the_one_that_it_is_folded_into_and_comes_back() -> None:
    with Store.open(":memory:") as store:
        head, tail = add(store, 1), add(store, 2)
        store.opine(tail, keep=True, by="Priya", now=NOW)
        store.opine(head, keep=False, by="Priya", now=NOW + timedelta(seconds=1))
        store.remark(tail, "Seen at the conference.", by="Priya", now=NOW)
        store.fold(head, tail, by="Tom", now=NOW)
        assert [(one.item, one.keep) for one in store.opinions([head])] == [(head, False)]
        assert [(one.item, one.text) for one in store.remarks([head])] == [(head, "Seen at the conference.")]
        store.remark(tail, "Said of the folded one.", by="Tom", now=NOW)
        store.unfold(tail, by="Tom", now=NOW)
        assert [one.text for one in store.remarks([tail])] == ["Seen at the conference."]
        assert [one.text for one in store.remarks([head])] == ["Said of the folded one."]
        assert [(one.item, one.keep) for one in store.opinions([tail])] == [(tail, True)]


def test_only_the_writer_takes_a_remark_back_and_only_within_the_hour() -> None:
    with Store.open(":memory:") as store:
        item = add(store, 1)
        remark = store.remark(item, "Too early?", by="Priya", now=NOW)
        with pytest.raises(ConflictError, match="not yours"):
            store.take_back(remark.id, by="Tom", now=NOW)
        with pytest.raises(ConflictError, match="older than an hour"):
            store.take_back(remark.id, by="Priya", now=NOW + timedelta(minutes=61))
        assert store.take_back(remark.id, by="Priya", now=NOW + timedelta(minutes=60)) == remark
        with pytest.raises(NotFoundError):
            store.take_back(remark.id, by="Priya", now=NOW)
        assert store.remarks([item]) == ()


def test_of_a_long_talk_the_latest_remarks_are_given_in_the_order_written() -> None:
    with Store.open(":memory:") as store:
        item, other = add(store, 1), add(store, 2)
        with store.transaction():
            for number in range(MOST_REMARKS + 3):
                store.remark(item, str(number), by="Priya", now=NOW)
        store.remark(other, "alone", by="Tom", now=NOW)
        found = [one.text for one in store.remarks([item, other])]
        assert found == [str(number) for number in range(3, MOST_REMARKS + 3)] + ["alone"]


# ---------------------------------------------------------------- at the desk


@pytest.mark.parametrize(
    ("seconds", "said"), [(-3, "0 s ago"), (4.9, "4 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7_199, "1 h ago"), (200_000, "2 d ago")]
)
def test_how_long_ago_is_said_in_the_largest_unit(seconds: float, said: str) -> None:
    assert ago(seconds) == said


def test_a_second_person_is_told_who_decided_and_when() -> None:
    item = builders.item(state=State.ACCEPTED, decision=builders.decision(curator="Tom"))
    assert decided_by(item, now=NOW + timedelta(seconds=4)) == "Tom accepted this 4 s ago"
    assert decided_by(replace(item, state=State.QUEUED), now=NOW) == ""


def test_a_crowd_counts_votes_and_knows_its_own(tmp_path: Path) -> None:
    with Store.open(":memory:") as store:
        item = add(store, 1)
        for name, keep in (("Ann", True), ("Priya", True), ("Tom", False)):
            store.opine(item, keep=keep, by=name, now=NOW)
            store.read(item, by=name, now=NOW)
        one = crowd_of(store, [item], me="Tom", now=NOW)[item]
        assert (one.votes, one.mine, one.keep, one.against, one.readers) == ("2 keep, 1 not", False, ("Ann", "Priya"), ("Tom",), ("Ann", "Priya"))
        assert Crowd(item=item, me="Tom").is_silent
        assert not one.is_silent


def test_one_question_tells_who_reads_what_of_a_list_and_what_was_decided_meanwhile(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    items = [site.add(number) for number in range(3)]
    priya, tom = person(site, "Priya"), person(site, "Tom")
    assert priya.post(f"/desk/items/{items[0]}/reading", {"items": ""}, JSON).json() == {"readings": [], "here": [], "decided": []}
    listed = ",".join(str(one) for one in items)
    told = tom.post(f"/desk/items/{items[0]}/reading", {"items": listed}, JSON).json()
    assert told == {"readings": [{"item": items[0], "by": "Priya"}], "here": ["Priya"], "decided": []}
    with site.open() as store:
        store.decide(builders.decision(item=items[1], curator="Priya", decided=site.now - timedelta(seconds=4)))
    told = tom.post(f"/desk/items/{items[2]}/reading", {"items": listed + ",999,x,"}, JSON).json()
    assert told["decided"] == [{"item": items[1], "state": "accepted", "said": "Priya accepted this 4 s ago"}]
    tom.post(f"/desk/items/{items[2]}/reading", {"leave": "1"}, JSON)
    assert priya.post(f"/desk/items/{items[2]}/reading", {"items": listed}, JSON).json()["readings"] == []


def test_looking_claims_nothing(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    item = site.add(1)
    for path in (f"/desk/items/{item}/crowd", f"/desk/queue?item={item}"):
        assert person(site, "Priya").get(path).status_code == 200
    assert person(site, "Priya").get(f"/desk/items/{item}/reading").status_code == 405
    with site.open() as store:
        assert store.readings([item], now=site.now) == ()


def test_people_talk_an_item_over_without_scripts(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    item = site.add(1)
    priya, tom, path = person(site, "Priya"), person(site, "Tom"), f"/desk/items/{item}"
    assert priya.post(f"{path}/opinion", {"opinion": "keep"}).headers["location"] == f"{path}/crowd"
    assert tom.post(f"{path}/opinion", {"opinion": "not", "here": "/desk/queue?item=1"}).headers["location"] == "/desk/queue?item=1"
    assert tom.post(f"{path}/remark", {"remark": "  <b>Sold</b> by its maker \n"}).status_code == 303
    assert priya.post(f"{path}/assign", {"assignee": "Ann"}, JSON).json() == {"said": "Ann is asked to decide: How network 1 learns", "item": item}
    body = tom.get(f"{path}/crowd").text
    assert "1 keep, 1 not" in text(body)
    assert "<b>Sold</b>" not in body
    assert "Ann is asked to decide by Priya" in text(body)
    remark = lxml.html.document_fromstring(body).xpath("//button[@name='take-back']/@value")[0]
    assert "take-back" not in priya.get(f"{path}/crowd").text
    refused = priya.post(f"{path}/remark", {"take-back": remark}, JSON)
    assert (refused.status_code, refused.json()["error"]) == (409, "This remark is not yours.")
    assert tom.post(f"{path}/remark", {"take-back": remark}).status_code == 303
    assert tom.post(f"{path}/opinion", {"opinion": "none"}).status_code == 303
    assert tom.post(f"{path}/assign", {"assignee": ""}).status_code == 303
    with site.open() as store:
        assert (store.remarks([item]), store.assignments([item])) == ((), ())
        assert [one.by for one in store.opinions([item])] == ["Priya"]


@pytest.mark.parametrize(
    ("act", "form", "status"),
    [
        ("opinion", {"opinion": "perhaps"}, 422),
        ("remark", {"remark": " \n "}, 422),
        ("remark", {"remark": "x" * (LONGEST + 1)}, 422),
        ("remark", {"take-back": "x"}, 404),
        ("assign", {"assignee": "Mallory"}, 422),
        ("assign", {"assignee": "Sue"}, 422),
        ("reading", {"token": "forged"}, 403),
    ],
)
def test_a_form_that_says_nothing_of_use_is_refused_with_a_sentence(tmp_path: Path, act: str, form: dict[str, str], status: int) -> None:
    site = crowd(tmp_path)
    item = site.add(1)
    answer = person(site, "Priya").post(f"/desk/items/{item}/{act}", form, JSON)
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


def test_a_scout_says_what_she_thinks_and_assigns_nobody(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    item, sue = site.add(1), person(site, "Sue")
    assert sue.post(f"/desk/items/{item}/opinion", {"opinion": "keep"}).status_code == 303
    assert sue.post(f"/desk/items/{item}/remark", {"remark": "From our hospital."}).status_code == 303
    assert sue.post(f"/desk/items/{item}/assign", {"assignee": "Tom"}).status_code == 403
    assert "nobody in particular" not in sue.get(f"/desk/items/{item}/crowd").text


def test_what_people_say_at_the_desk_no_reader_sees(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    item = site.add(1)
    with site.open() as store:
        store.remark(item, "zebra crossing", by="Priya", now=site.now)
        store.decide(builders.decision(item=item))
    site.release(builders.edition(sections=(builders.edition().sections[0].__class__(id="e", title="E", entries=(builders.entry(id=item),)),)))
    for path in ("/", f"/items/{item}", "/editions/2026-11", "/search?q=zebra", "/feeds/all.atom"):
        assert "zebra crossing" not in site.visitor().get(path).text


# ---------------------------------------------------------------- at once


def together(*works: Callable[[], object]) -> list[object]:
    """Start all at one moment; give what each gave, or the error that it ended with."""
    barrier = threading.Barrier(len(works))

    def begin(work: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return work()
        except (ConflictError, TransitionError) as error:
            return error

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(begin, works))


def test_two_who_decide_the_same_items_at_once_lose_none_and_double_none(tmp_path: Path) -> None:
    site = Site(tmp_path)
    items = [site.add(number) for number in range(60)]

    def decide(name: str, verdict: Verdict) -> int:
        done = 0
        with site.open() as store:
            for item in items:
                with store.transaction():
                    if store.item(item).state is State.QUEUED:
                        store.decide(builders.decision(item=item, curator=name, verdict=verdict))
                        done += 1
        return done

    done = together(lambda: decide("Tom", Verdict.ACCEPT), lambda: decide("Priya", Verdict.REJECT))
    assert all(isinstance(one, int) for one in done)
    with site.open() as store:
        decisions = store.decisions(limit=1_000)
    assert sum(one for one in done if isinstance(one, int)) == len(decisions) == len({one.item for one in decisions}) == 60


def test_a_bulk_and_single_decisions_at_once_meet_each_item_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    items = [site.add(number) for number in range(60)]
    rejections = [builders.decision(item=item, curator="Priya", verdict=Verdict.REJECT, reason="old") for item in items]

    def sweep() -> tuple[ItemId, ...]:
        with site.open() as store:
            return tuple(item for start in range(0, 60, 20) for item in store.decide_all(rejections[start : start + 20]).done)

    def one_by_one() -> tuple[ItemId, ...]:
        done = []
        with site.open() as store:
            for item in reversed(items):
                with store.transaction():
                    if store.item(item).state is State.QUEUED:
                        store.decide(builders.decision(item=item, curator="Tom"))
                        done.append(item)
        return tuple(done)

    swept, single = together(sweep, one_by_one)
    assert isinstance(swept, tuple)
    assert isinstance(single, tuple)
    assert sorted((*swept, *single)) == items
    with site.open() as store:
        assert {one.item: one.curator for one in store.decisions(limit=1_000)} == {**dict.fromkeys(swept, "Priya"), **dict.fromkeys(single, "Tom")}


def test_many_who_read_vote_and_remark_at_once_wait_for_one_another(tmp_path: Path) -> None:
    site = Site(tmp_path)
    items = [site.add(number) for number in range(5)]

    def work(name: str) -> int:
        with site.open() as store:
            for item in items * 4:
                store.read(item, by=name, now=NOW)
                store.opine(item, keep=True, by=name, now=NOW)
                store.remark(item, "a word", by=name, now=NOW)
        return 1

    names = [f"Person {number}" for number in range(6)]
    assert together(*[lambda name=name: work(name) for name in names]) == [1] * 6
    with site.open() as store:
        assert len(store.readings(items, now=NOW)) == 6
        assert len(store.opinions(items)) == 30
        assert len(store.remarks(items)) == 120


def test_a_pane_fetched_ahead_says_what_somebody_else_decided_since_the_list_was_made(tmp_path: Path) -> None:
    site = Site(tmp_path)
    item, visitor = site.add(1), site.visitor()
    assert "conflict" not in visitor.get(f"/desk/items/{item}/pane").text
    with site.open() as store:
        store.decide(builders.decision(item=item, verdict=Verdict.ACCEPT, curator="Kim"))
    assert "Kim accepted this 0 s ago." in visitor.get(f"/desk/items/{item}/pane").text
    assert "Kim accepted" not in visitor.get(f"/desk/items/{item}/pane?state=accepted").text
