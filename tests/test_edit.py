"""Editing at the desk: two fields apart, counted and checked against the source, kept as an act, and never over somebody else's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.digest import entries
from pipeline.model import Event, Fold, Item, ItemId, Kind, Match, Overlay, Section, State
from pipeline.web import fields
from pipeline.web.problems import RefusedVisitError
from tests import builders
from tests.test_web import JSON, Site, Visitor

TEXT = "In the second year 17 % of practices met each month. " + "Networks that meet in person last longer than those that only write. " * 6
TAKEN = "Networks that meet in person last longer than those that only write."


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


def form(site: Site, item: ItemId, visitor: Visitor | None = None) -> dict[str, str]:
    """Give the fields of an item's form as a browser would send them."""
    page = lxml.html.fromstring((visitor or site.visitor()).get(f"/desk/items/{item}").text)
    (found,) = [one for one in page.forms if one.get("action") == f"/desk/items/{item}/decide"]
    return {name: value for name, value in found.form_values() if name not in ("token", "topic")}


def look(site: Site, item: ItemId) -> Item:
    with site.open() as store:
        return store.item(item)


def test_what_it_is_and_why_are_kept_apart_and_printed_apart(site: Site) -> None:
    item = site.add(1, text=TEXT)
    said = form(site, item) | {"description": "What three networks learnt.", "why": "Take the table to your next meeting."}
    answer = site.visitor().post(f"/desk/items/{item}/edit", said)
    assert answer.status_code == 303
    kept = look(site, item)
    assert kept.overlay == Overlay(description="What three networks learnt.", note="Take the table to your next meeting.")
    assert kept.state is State.QUEUED
    printed = entries.entry(kept, {}, lead=False)
    assert (printed.blurb, printed.note) == ("What three networks learnt.", "Take the table to your next meeting.")


def test_title_kind_audience_and_image_text_are_edited_too(site: Site) -> None:
    item = site.add(1, image="https://north.example/a.png")
    new = {"title": "Ours", "kind": "report", "audience": "members", "image_alt": "A table"}
    site.visitor().post(f"/desk/items/{item}/edit", form(site, item) | new)
    assert look(site, item).overlay == Overlay(title="Ours", kind=Kind.REPORT, audience="members", image_alt="A table")


def test_a_form_that_was_only_looked_at_writes_nothing(site: Site) -> None:
    item = site.add(1, description="Two\r\nlines, and  spaces. ")
    answer = site.visitor().post(f"/desk/items/{item}/edit", form(site, item), JSON)
    assert answer.json()["said"].startswith("Nothing has changed")
    assert look(site, item).overlay == Overlay()
    with site.open() as store:
        assert store.last_act() is None


def test_what_the_source_says_anyway_is_no_word_of_the_curator(site: Site) -> None:
    item = site.add(1)
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/edit", form(site, item) | {"title": "Ours"})
    visitor.post(f"/desk/items/{item}/edit", form(site, item) | {"title": "How network 1 learns"})
    assert look(site, item).overlay == Overlay()


def test_an_edit_is_signed_in_the_log_with_old_and_new_and_can_be_undone(site: Site) -> None:
    item = site.add(1)
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/edit", form(site, item) | {"title": "Ours"})
    with site.open() as store:
        (act,) = store.acts()
    assert (act.act, act.by, act.decision.note) == ("edit", "desk", "title: “How network 1 learns” → “Ours”")
    told = visitor.post("/desk/undo", {}, JSON).json()
    assert told["act"] == "edit"
    assert told["item"] is None  # it never left the queue
    assert told["touched"] == item
    assert look(site, item).overlay == Overlay()


def test_two_people_who_edit_different_fields_both_keep_their_words(site: Site) -> None:
    item = site.add(1)
    first, second = form(site, item), form(site, item)
    site.visitor().post(f"/desk/items/{item}/edit", first | {"title": "Ours"})
    site.visitor().post(f"/desk/items/{item}/edit", second | {"why": "Read page four."})
    assert look(site, item).overlay == Overlay(title="Ours", note="Read page four.")


def test_two_people_who_edit_the_same_field_do_not_overwrite_each_other(site: Site) -> None:
    item = site.add(1)
    shown = form(site, item)
    site.visitor().post(f"/desk/items/{item}/edit", shown | {"why": "Hers."})
    answer = site.visitor().post(f"/desk/items/{item}/edit", shown | {"why": "Mine, and <b>long</b>."})
    assert answer.status_code == 409
    assert "Why it matters was changed meanwhile." in answer.text
    page = lxml.html.fromstring(answer.text)
    assert page.xpath("//textarea[@name='why']")[0].text.strip() == "Mine, and <b>long</b>."
    assert look(site, item).overlay.note == "Hers."
    # Sent again from that page, it is known what is overwritten.
    (again,) = [one for one in page.forms if (one.get("action") or "").endswith("/decide")]
    values = {name: value for name, value in again.form_values() if name not in ("token", "topic")}
    assert site.visitor().post(f"/desk/items/{item}/edit", values).status_code == 303
    assert look(site, item).overlay.note == "Mine, and <b>long</b>."


def test_a_program_is_told_what_was_changed_and_the_new_mark(site: Site) -> None:
    item = site.add(1)
    shown = form(site, item)
    saved = site.visitor().post(f"/desk/items/{item}/edit", shown | {"why": "Hers."}, JSON).json()
    assert saved["mark"] == fields.mark(look(site, item))
    assert saved["fields"]["why"] == "Hers."
    told = site.visitor().post(f"/desk/items/{item}/edit", shown | {"why": "Mine."}, JSON)
    assert told.status_code == 409
    assert told.json()["mark"] == saved["mark"]


def test_a_verdict_keeps_what_was_typed_as_an_edit_before_it(site: Site) -> None:
    item = site.add(1)
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/decide", form(site, item) | {"verdict": "accept", "why": "Read page four."})
    assert (look(site, item).state, look(site, item).overlay.note) == (State.ACCEPTED, "Read page four.")
    visitor.post("/desk/undo", {})
    assert (look(site, item).state, look(site, item).overlay.note) == (State.QUEUED, "Read page four.")
    visitor.post("/desk/undo", {})
    assert look(site, item).overlay.note is None


def test_copied_words_are_counted_against_the_allowance(site: Site) -> None:
    item = site.add(1, text=TEXT)
    told = site.visitor().post(f"/desk/items/{item}/check", form(site, item) | {"description": f"{TAKEN} {TAKEN}"}, JSON).json()
    assert told["sentence"] == "24 words copied, limit 40"
    assert not told["over"]
    (mark,) = told["fields"]["description"]["marks"]
    assert (mark["kind"], mark["from"], mark["to"]) == ("source", 0, 2 * len(TAKEN) + 1)


def test_a_number_that_is_not_in_the_source_is_marked_until_it_is_put_right(site: Site) -> None:
    item = site.add(1, text=TEXT)
    visitor = site.visitor()
    shown = form(site, item)
    told = visitor.post(f"/desk/items/{item}/check", shown | {"why": "There 27 % met, says Ada Marsh."}, JSON).json()
    assert [(one["kind"], one["said"]) for one in told["fields"]["why"]["marks"]] == [("number", "“27 %” is not in the source text")]
    told = visitor.post(f"/desk/items/{item}/check", shown | {"why": "There 17 % met."}, JSON).json()
    assert told["fields"]["why"]["marks"] == []


def test_names_and_dates_that_are_not_in_the_source_are_marked_where_they_stand(site: Site) -> None:
    item = site.add(1, text=TEXT)
    why = "They met on 4 May 2031 with Priscilla Quarrington."
    marks = site.visitor().post(f"/desk/items/{item}/check", form(site, item) | {"why": why}, JSON).json()["fields"]["why"]["marks"]
    assert {(one["kind"], why[one["from"] : one["to"]]) for one in marks} == {("date", "4 May 2031"), ("name", "Priscilla Quarrington")}


def test_checking_changes_nothing_and_comes_as_a_page_part_too(site: Site) -> None:
    item = site.add(1, text=TEXT)
    before = look(site, item)
    answer = site.visitor().post(f"/desk/items/{item}/check", form(site, item) | {"description": TAKEN, "why": "In <i>2031</i> it ends."})
    part = lxml.html.fragment_fromstring(answer.text)
    assert part.get("data-check") is not None
    assert part.xpath(".//u[@class='source']")[0].text == TAKEN
    assert part.xpath(".//mark")[0].text == "2031"
    assert part.xpath(".//ul[@class='doubts']/li")[0].text == "“2031” is not in the source text"
    assert "<i>" not in answer.text
    assert look(site, item) == before
    with site.open() as store:
        assert store.last_act() is None


def test_the_source_s_own_description_is_meant_to_be_copied(site: Site) -> None:
    item = site.add(1, text=TEXT, description="What three networks of practices learnt in a whole year.")
    site.visitor().post(f"/desk/items/{item}/edit", form(site, item) | {"why": "Ours."})
    page = site.visitor().get(f"/desk/items/{item}").text
    assert "0 words copied, limit 40" in page
    assert "the source's own description does not count" in lxml.html.fromstring(page).text_content()


def test_dates_and_place_are_edited_by_hand_in_the_zone_of_the_event(site: Site) -> None:
    start = datetime(2026, 9, 10, 13, tzinfo=UTC)
    item = site.add(1, kind=Kind.EVENT, event=Event(start=start, timezone="Europe/London", problems=("missing_year: 10 September",)))
    shown = form(site, item)
    new = {"start_day": "2026-09-11", "start_time": "14:00", "end_day": "", "end_time": "15:30", "location": "Leeds"}
    site.visitor().post(f"/desk/items/{item}/edit", shown | new)
    event = look(site, item).event
    assert event is not None
    assert event.start is not None
    assert event.end is not None
    assert event.start.isoformat() == "2026-09-11T14:00:00+01:00"
    assert event.end.isoformat() == "2026-09-11T15:30:00+01:00"
    assert (event.location, event.problems) == ("Leeds", ())


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({"start_day": "2026-13-41"}, "is no day"),
        ({"start_day": "", "start_time": "14:00", "end_day": "", "end_time": ""}, "A time needs its day"),
        ({"start_day": "2026-09-10", "end_day": "2026-09-09"}, "It would end before it starts"),
        ({"start_day": "2026-09-10", "start_time": "14:00", "end_day": "2026-09-10", "end_time": ""}, "have a time of day"),
        ({"start_day": "", "end_day": "2026-09-10"}, "An end without a start"),
        ({"kind": "nonsense"}, "is no kind"),
        ({"audience": "martians"}, "is no audience"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_is_given_back(site: Site, new: dict[str, str], said: str) -> None:
    item = site.add(1, kind=Kind.EVENT)
    answer = site.visitor().post(f"/desk/items/{item}/edit", form(site, item) | new | {"why": "My long words."})
    assert answer.status_code == 422
    assert said in answer.text
    assert "My long words." in answer.text
    assert look(site, item).overlay == Overlay()


def test_a_published_item_is_corrected_and_not_edited(site: Site) -> None:
    item = site.accept(1)
    shown = form(site, item)
    site.release(builders.edition(sections=(Section(id="evidence", title="Reports", entries=(builders.entry(id=item),)),)))
    answer = site.visitor().post(f"/desk/items/{item}/edit", shown | {"title": "Ours"}, JSON)
    assert answer.status_code == 409
    assert "correct the edition instead" in answer.json()["error"]


def test_a_source_that_changed_since_the_edit_is_noted_with_what_changed(site: Site) -> None:

    item = site.add(1, text=TEXT)
    site.visitor().post(f"/desk/items/{item}/edit", form(site, item) | {"why": "Ours."})
    resource = replace(look(site, item).resource, title="How network 1 unlearns")
    with site.open() as store:
        store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.REVISION, of=item), now=site.now.replace(hour=18))
    page = lxml.html.fromstring(site.visitor().get(f"/desk/items/{item}").text)
    note = page.xpath("//p[contains(@class, 'edited')]")[0]
    assert "The source has changed since desk edited this" in note.text_content()
    assert [one.text for one in note.iter("del", "ins")] == ["learns", "unlearns"]


@given(st.dictionaries(st.sampled_from(["mark", "title", "description", "why", "kind", "start_day", "location"]), st.text(max_size=60)))
def test_any_form_gives_an_overlay_or_a_sentence(form: dict[str, str]) -> None:
    item = builders.item(resource=builders.resource(kind=Kind.EVENT))
    new = fields.typed(form, item).new
    try:
        overlay = fields.overlay_of(new, item, zone=UTC)
    except RefusedVisitError:
        assert {"kind", "start_day", "location"} & set(new)
    else:
        assert overlay.title == (new.get("title") or None)


@given(st.text(), st.text())
def test_a_field_that_comes_back_as_it_was_shown_is_not_typed(title: str, description: str) -> None:
    item = builders.item(resource=builders.resource(title=title, description=description))
    assert fields.typed(fields.shown(item) | {"mark": fields.mark(item)}, item).new == {}
