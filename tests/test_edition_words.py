"""What a tester from outside tried on editions of her own, and found wanting: each test failed before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.model import Credit, Edition, Entry, Event, ItemId, Section
from pipeline.render import fonts, render, words
from pipeline.render.prepare import prepare
from tests import builders

PARIS = timezone(timedelta(hours=1))
HASSAN = "ليلى حسن"


def _holding(*entries: Entry, picks: tuple[ItemId, ...] = ()) -> Edition:
    return builders.edition(sections=(Section(id="events", title="Events", entries=entries),), picks=picks)


@pytest.mark.parametrize("name", [HASSAN, "דוד לוי"])
def test_a_day_after_a_name_that_runs_to_the_left_is_not_drawn_into_it(name: str) -> None:
    entry = builders.entry(credits=(Credit(role="author", name=name),), source=name)
    assert f"By {name}\u200e, " in words.byline(entry, "en-GB")
    assert f", {name}\u200e. By" in words.facts(entry, "en-GB")
    assert fonts.showable(f"{name}\u200e, 18 November", fonts.typecase((name,))).count("\u200e") == 1


def test_other_names_are_left_as_they_are() -> None:
    assert [words.apart(said) for said in ("", "Ada Marsh", "Łukasz", "李")] == ["", "Ada Marsh", "Łukasz", "李"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Event(start=datetime(2026, 12, 2, 14, tzinfo=PARIS), location="Online"), "13:00"),
        (Event(start=datetime(2026, 12, 2, 14, tzinfo=PARIS), online=True, location="By Zoom"), "13:00"),
        (Event(start=datetime(2026, 12, 2, 14, tzinfo=PARIS)), "13:00"),
        (Event(start=datetime(2026, 12, 2, 14, tzinfo=PARIS), location="Lyon"), "14:00 UTC+1"),
        (Event(start=datetime(2026, 12, 2, tzinfo=PARIS), all_day=True, online=True), ""),
    ],
)
def test_an_event_that_nobody_travels_to_has_the_hours_of_the_desk(event: Event, said: str) -> None:
    made = prepare(_holding(builders.entry(event=event)))
    found = made.entries[0].event
    assert found is not None
    assert words.hours(found, made) == said
    assert prepare(made).entries[0].event == found


def test_a_late_webinar_elsewhere_stands_under_the_day_on_which_it_is_here() -> None:
    late = Event(start=datetime(2026, 12, 15, 23, 30, tzinfo=timezone(-timedelta(hours=5))), online=True)
    made = prepare(_holding(builders.entry(event=late)))
    assert (found := made.entries[0].event) is not None
    assert words.when(found, made) == "16 December 2026, 04:30"


def test_a_moment_at_the_edge_of_the_calendar_is_printed_as_it_stands() -> None:
    edge = Event(start=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), end=datetime(9999, 12, 31, 23, tzinfo=UTC), online=True)
    assert prepare(_holding(builders.entry(event=edge))).entries[0].event is not None


@pytest.mark.parametrize("form", ["html", "email"])
def test_a_pick_says_how_long_a_recording_is(form: str) -> None:
    entry = builders.entry(minutes=None, pages=None, duration_minutes=65, kind_name="Talk")
    said = render(_holding(entry, picks=(entry.id,)), form).body.decode()
    assert "Talk</b>, 65 minutes" in said or "Talk, 65 minutes" in said


def test_on_paper_the_picks_stand_on_one_page_with_their_heading() -> None:
    said = render(builders.edition(), "html").body.decode()
    paper = said[said.index("@media print") :]
    assert ".picks,.opener{break-inside:avoid}" in paper[: paper.index("</style>")]
