"""The reading pane and what can be done to an item: dates put right, must-have, later with a day, one's own undo, and who was first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import lxml.html
import pytest

from pipeline.model import Event, Fold, ItemId, Kind, Match, Section, State, Verdict
from tests import builders
from tests.test_edit import form, look
from tests.test_web import JSON, Site

ENDS_EARLY = Event(
    start=datetime(2018, 9, 10, 13, tzinfo=UTC),
    timezone="Europe/London",
    problems=("end_before_start: it would end 2018-09-09, before it starts 2018-09-10T14:00:00+01:00",),
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


def act(site: Site, item: ItemId, by: str, verdict: Verdict = Verdict.ACCEPT) -> None:
    """Somebody else decides."""
    with site.open() as store:
        store.decide(builders.decision(item=item, verdict=verdict, curator=by, decided=site.now))


# ---------------------------------------------------------------- the pane


def test_the_pane_of_an_item_comes_alone_and_is_one_form(site: Site) -> None:
    item = site.add(1)
    answer = site.visitor().get(f"/desk/items/{item}/pane?topic=learning&lane=audit")
    part = lxml.html.fragment_fromstring(answer.text)
    assert part.tag == "form"
    assert part.xpath("count(.//form)") == 0
    assert part.xpath(".//input[@name='to']/@value") == ["/desk/queue?topic=learning&lane=audit"]
    acts = set(part.xpath(".//@data-act"))
    assert {"accept", "must-have", "reject", "later", "edit", "why", "more", "less", "original"} <= acts


def test_enter_in_a_field_saves_and_decides_nothing(site: Site) -> None:
    part = lxml.html.fragment_fromstring(site.visitor().get(f"/desk/items/{site.add(1)}/pane").text)
    first = part.xpath(".//button")[0]  # what a browser presses on Enter
    assert first.get("formaction", "").endswith("/edit")


def test_every_field_and_button_has_a_name_for_those_who_do_not_see(site: Site) -> None:
    item = site.add(1, kind=Kind.EVENT, image="https://north.example/a.png")
    part = lxml.html.fragment_fromstring(site.visitor().get(f"/desk/items/{item}/pane").text)
    for field in part.xpath(".//input[not(@type='hidden')] | .//select | .//textarea"):
        labelled = field.get("aria-label") or field.xpath("ancestor::label") or part.xpath(f".//label[@for='{field.get('id')}']")
        assert labelled, field.get("name")


def test_where_an_item_came_out_stands_beside_it(site: Site) -> None:
    item, other = site.accept(1), site.accept(2)
    entries = tuple(builders.entry(id=one) for one in (other, item))
    site.release(builders.edition(month_name="March 2026", sections=(Section(id="evidence", title="Reports", entries=entries),)))
    assert "was in March 2026, item 2" in site.visitor().get(f"/desk/items/{item}").text


def test_a_proposal_that_readers_know_says_where_they_know_it_from(site: Site) -> None:
    known = site.accept(1)
    site.release(builders.edition(month_name="March 2026", sections=(Section(id="e", title="R", entries=(builders.entry(id=known),)),)))
    item = site.add(2, match=Match(fold=Fold.MAYBE, of=known, rule="title", evidence="The titles are alike."))
    assert "was in March 2026, item 1" in site.visitor().get(f"/desk/items/{item}/pane").text


# ---------------------------------------------------------------- dates


def test_a_date_that_cannot_be_has_a_proposal_in_words_and_one_key_takes_it(site: Site) -> None:
    item = site.add(1, kind=Kind.EVENT, event=ENDS_EARLY)
    part = lxml.html.fragment_fromstring(site.visitor().get(f"/desk/items/{item}/pane").text)
    (note,) = part.xpath(".//div[contains(@class, 'repair')]")
    assert "End Sun 9 Sep 2018 is before start Mon 10 Sep 2018, 14:00." in note.text_content()
    assert "Suggest: Mon 10 Sep 2018, 14:00–15:00" in note.text_content()
    (button,) = note.xpath(".//button[@data-act='repair']")
    answer = site.visitor().post(button.get("formaction"), form(site, item) | {"repair": button.get("value")}, JSON)
    assert answer.status_code == 200
    event = look(site, item).event
    assert event is not None
    assert event.start is not None
    assert event.end == event.start + timedelta(hours=1)
    assert event.problems == ()
    with site.open() as store:
        (done,) = store.acts()
    assert done.decision.note == "end_before_start/usual-length: when: “Mon 10 Sep 2018, 14:00” → “Mon 10 Sep 2018, 14:00–15:00”"


def test_a_repair_is_taken_back_like_anything_else(site: Site) -> None:
    item = site.add(1, kind=Kind.EVENT, event=ENDS_EARLY)
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/repair", form(site, item) | {"repair": "end_before_start/usual-length"})
    visitor.post("/desk/undo", {})
    assert look(site, item).event == ENDS_EARLY


def test_a_repair_keeps_what_was_typed_beside_it(site: Site) -> None:
    item = site.add(1, kind=Kind.EVENT, event=ENDS_EARLY)
    said = form(site, item) | {"repair": "end_before_start/usual-length", "why": "Go there."}
    site.visitor().post(f"/desk/items/{item}/repair", said)
    assert look(site, item).overlay.note == "Go there."


def test_a_proposal_that_is_gone_is_told_and_changes_nothing(site: Site) -> None:
    item = site.add(1, kind=Kind.EVENT, event=ENDS_EARLY)
    answer = site.visitor().post(f"/desk/items/{item}/repair", form(site, item) | {"repair": "end_before_start/nonsense"}, JSON)
    assert answer.status_code == 409
    assert answer.json()["error"] == "This is not proposed any more."
    assert look(site, item).event == ENDS_EARLY


# ---------------------------------------------------------------- verdicts


def test_must_have_accepts_and_says_so(site: Site) -> None:
    item = site.add(1)
    answer = site.visitor().post(f"/desk/items/{item}/decide", form(site, item) | {"verdict": "must-have"}, JSON)
    assert answer.json()["state"] == "accepted"
    assert look(site, item).overlay.must_have


@pytest.mark.parametrize(
    ("choice", "day"),
    [
        ({"until": "tomorrow"}, "2026-11-21"),
        ({"until": "week"}, "2026-11-23"),  # the Monday after this Friday
        ({"until": "month"}, "2026-12-01"),
        ({"until": "date", "day": "2027-03-28"}, "2027-03-28"),
    ],
)
def test_later_can_be_a_day_of_ones_choice(tmp_path: Path, choice: dict[str, str], day: str) -> None:
    site = Site(tmp_path, timezone="Europe/London")
    item = site.add(1)
    site.visitor().post(f"/desk/items/{item}/decide", form(site, item) | choice)
    until = look(site, item).deferred_until
    assert until is not None
    assert until.isoformat() == f"{day}T00:00:00+00:00"
    assert look(site, item).state is State.DEFERRED


def test_later_alone_is_for_a_fortnight_as_ever(site: Site) -> None:
    item = site.add(1)
    site.visitor().post(f"/desk/items/{item}/decide", form(site, item) | {"verdict": "defer"})
    assert look(site, item).deferred_until == site.now + timedelta(days=14)


@pytest.mark.parametrize(
    "choice", [{"until": "date"}, {"until": "date", "day": "2020-01-01"}, {"until": "date", "day": "2999-01-01"}, {"until": "x"}]
)
def test_a_day_that_makes_no_sense_is_refused(site: Site, choice: dict[str, str]) -> None:
    item = site.add(1)
    assert site.visitor().post(f"/desk/items/{item}/decide", form(site, item) | choice).status_code == 422
    assert look(site, item).state is State.QUEUED


def test_accepting_again_does_not_lose_what_was_said_when_it_was_accepted(site: Site) -> None:
    item = site.add(1)
    with site.open() as store:
        store.decide(builders.decision(item=item, note="Read page four."))
    site.visitor().post(f"/desk/items/{item}/decide", form(site, item) | {"verdict": "accept"})
    assert look(site, item).note == "Read page four."


# ---------------------------------------------------------------- who was first


def test_the_second_person_is_told_who_was_first_and_gets_back_what_was_typed(site: Site) -> None:
    item = site.add(1)
    shown = form(site, item)
    act(site, item, "Tom")
    site.now += timedelta(seconds=4)
    answer = site.visitor().post(f"/desk/items/{item}/decide", shown | {"reason": "weak", "why": "My long words."})
    assert answer.status_code == 409
    assert "Tom accepted this 4 s ago." in answer.text
    assert lxml.html.fromstring(answer.text).xpath("//textarea[@name='why']")[0].text.strip() == "My long words."
    assert look(site, item).state is State.ACCEPTED


def test_a_program_is_told_who_was_first_and_where_it_stands(site: Site) -> None:
    item = site.add(1)
    shown = form(site, item)
    act(site, item, "Tom", Verdict.REJECT)
    told = site.visitor().post(f"/desk/items/{item}/decide", shown | {"verdict": "accept"}, JSON)
    assert told.status_code == 409
    facts = {name: told.json()[name] for name in ("item", "state", "by", "mine", "url")}
    assert facts == {"item": item, "state": "rejected", "by": "Tom", "mine": False, "url": f"/desk/items/{item}"}


def test_an_answer_that_was_lost_can_be_asked_for_again(site: Site) -> None:
    item = site.add(1)
    shown = form(site, item) | {"verdict": "accept"}
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/decide", shown)
    told = visitor.post(f"/desk/items/{item}/decide", shown, JSON).json()
    assert (told["error"], told["mine"], told["state"]) == ("You accepted this 0 s ago.", True, "accepted")


# ---------------------------------------------------------------- undo


def test_undo_takes_back_ones_own_act_although_others_did_something_since(site: Site) -> None:
    mine, theirs = site.add(1), site.add(2)
    visitor = site.visitor()
    visitor.post(f"/desk/items/{mine}/decide", form(site, mine) | {"verdict": "accept"})
    act(site, theirs, "Tom")
    told = visitor.post("/desk/undo", {}, JSON).json()
    assert told["item"] == mine
    assert (site.state(mine), site.state(theirs)) == (State.QUEUED, State.ACCEPTED)
    assert visitor.post("/desk/undo", {}, JSON).status_code == 409  # what Tom did is his
    assert site.state(theirs) is State.ACCEPTED


def test_undo_goes_back_without_limit_and_across_browsers(site: Site) -> None:
    items = [site.add(number) for number in range(5)]
    for item in items:
        site.visitor().post(f"/desk/items/{item}/decide", form(site, item) | {"verdict": "accept"})
    taken = [site.visitor().post("/desk/undo", {}, JSON).json()["item"] for _ in items]
    assert taken == items[::-1]
    assert {site.state(item) for item in items} == {State.QUEUED}


def test_what_somebody_changed_since_is_told_and_undo_does_not_end_there(site: Site) -> None:
    earlier, item = site.add(1), site.add(2)
    visitor = site.visitor()
    for one in (earlier, item):
        visitor.post(f"/desk/items/{one}/decide", form(site, one) | {"verdict": "accept"})
    act(site, item, "Tom", Verdict.REJECT)
    told = visitor.post("/desk/undo", {}, JSON)
    assert told.status_code == 409
    assert "cannot be taken back: the item has changed since (reject by Tom, 2026-11-20), and is rejected now." in told.json()["error"]
    page = visitor.post("/desk/undo", {})
    assert page.status_code == 409
    (again,) = [one for one in lxml.html.fromstring(page.text).forms if one.get("action") == "/desk/undo" and "before" in dict(one.form_values())]
    assert dict(again.form_values())["before"] == str(told.json()["before"])
    assert visitor.post("/desk/undo", {"before": str(told.json()["before"])}, JSON).json()["item"] == earlier
    assert (site.state(earlier), site.state(item)) == (State.QUEUED, State.REJECTED)


@pytest.mark.parametrize("before", ["", "-1", "x", "9" * 40])
def test_a_number_that_is_none_undoes_the_last_act(site: Site, before: str) -> None:
    item = site.add(1)
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/decide", form(site, item) | {"verdict": "accept"})
    assert visitor.post("/desk/undo", {"before": before}, JSON).json()["item"] == item


def test_what_cannot_be_read_from_outside_is_no_markup_in_the_pane(site: Site) -> None:
    evil = '"><script>alert(1)</script>'
    known = site.add(1, title=evil, description=evil, text=evil * 20)
    item = site.add(2, title=evil, text=evil * 30, match=Match(fold=Fold.MAYBE, of=known, rule=evil, evidence=evil), kind=Kind.EVENT,
                    event=Event(location=evil, problems=(f"weekday_mismatch: {evil}",)))  # fmt: skip
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/edit", form(site, item) | {"why": evil, "title": evil + "!", "location": evil + "?"})
    for path in (f"/desk/items/{item}", f"/desk/items/{item}/pane", f"/desk/items/{item}/compare/{known}"):
        page = lxml.html.fromstring(visitor.get(path).text)
        assert not [one for one in page.iter("script") if "alert" in (one.text or "")]
    assert look(site, item).title == evil + "!"
