"""Proposals for the dates of events: for each thing that can be wrong, what is proposed first, and that nothing is proposed that cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import event as reading
from pipeline.extract.repair import Repair, repairs, spoken
from pipeline.model import Event

LONDON = ZoneInfo("Europe/London")
TWO = datetime(2018, 9, 10, 14, tzinfo=LONDON)


def proposed(event: Event, words: str = "") -> tuple[Repair, ...]:
    return repairs(event, words=words, zone=LONDON, posted=date(2018, 8, 1))


def checked(event: Event, words: str = "") -> Event:
    return reading.checked(event, written="", about=words, zone=LONDON)


def test_an_end_before_its_start_is_said_in_words_with_a_suggestion() -> None:
    (first, *_) = proposed(checked(Event(start=TWO, end=date(2018, 9, 9))))
    assert first.wrong == "End Sun 9 Sep 2018 is before start Mon 10 Sep 2018, 14:00."
    assert first.suggestion == "Mon 10 Sep 2018, 14:00–15:00"
    assert first.reason == "No length is found in the text: an hour is usual."
    assert first.rule == "end_before_start/usual-length"
    assert first.event.problems == ()


@pytest.mark.parametrize(
    ("end", "words", "suggestion"),
    [
        (date(2018, 9, 9), "A one-hour webinar.", "Mon 10 Sep 2018, 14:00–15:00"),
        (date(2018, 9, 9), "It takes 90 minutes.", "Mon 10 Sep 2018, 14:00–15:30"),
        (date(2018, 9, 9), "Half a day? No: a half-day workshop.", "Mon 10 Sep 2018, 14:00–18:00"),
        (date(2018, 9, 9), "A 10 minute read. It lasts two hours.", "Mon 10 Sep 2018, 14:00–16:00"),
        (datetime(2018, 9, 9, 16, tzinfo=LONDON), "", "Mon 10 Sep 2018, 14:00–16:00"),
        (datetime(2018, 7, 1, 9, tzinfo=LONDON), "", "Mon 10 Sep 2018, 14:00–15:00"),
        (datetime(2017, 9, 11, 16, tzinfo=LONDON), "", "Mon 10 Sep 2018, 14:00 – Tue 11 Sep 2018, 16:00"),
        (datetime(2018, 8, 12, 16, tzinfo=LONDON), "", "Mon 10 Sep 2018, 14:00 – Wed 12 Sep 2018, 16:00"),
    ],
)
def test_the_end_follows_from_the_text_or_from_what_was_written(end: date, words: str, suggestion: str) -> None:
    assert proposed(checked(Event(start=TWO, end=end)), words)[0].suggestion == suggestion


@pytest.mark.parametrize(
    ("event", "words", "suggestions"),
    [
        (
            Event(start=date(2026, 6, 5), problems=("ambiguous_day_month: 05/06/2026",), all_day=True),
            "",
            ["Fri 5 Jun 2026", "Wed 6 May 2026"],
        ),
        (
            Event(start=date(2018, 9, 10), problems=("midnight_placeholder: 00:00 stands where no time was given",), all_day=True),
            "Join us on 10 September 2018, 2pm to 3.30pm.",
            ["Mon 10 Sep 2018, 14:00–15:30", "Mon 10 Sep 2018"],
        ),
        (
            Event(start=TWO, problems=("date_conflict: the markup says 2018-10-09T14:00:00+01:00, the text 10 September 2pm",)),
            "",
            ["Mon 10 Sep 2018, 14:00", "Tue 9 Oct 2018, 14:00"],
        ),
        (Event(start=date(2018, 9, 11), problems=("weekday_mismatch: Wed 11 September is a Tuesday",)), "", ["Wed 11 Sep 2019", "Tue 11 Sep 2018"]),
        (
            Event(start=date(2018, 9, 10), end=date(2018, 9, 20), problems=("duration_mismatch: the text says one hour, the dates say 11 days",)),
            "one hour",
            ["Mon 10 Sep 2018", "Mon 10 Sep 2018 – Thu 20 Sep 2018"],
        ),
        (Event(start=TWO, problems=("missing_year: 10 September is taken for the first one after 2018-08-01",)), "", [
            "Mon 10 Sep 2018, 14:00", "Tue 10 Sep 2019, 14:00"]),
        (Event(start=datetime(2018, 9, 9, 23, tzinfo=UTC), end=date(2018, 9, 10), problems=("utc_shift: 23:00 is a midnight",)), "", [
            "Mon 10 Sep 2018", "Sun 9 Sep 2018, 23:00 – Mon 10 Sep 2018"]),
        (Event(problems=("no_date: a day is not stated yet",)), "On 12 October 2018, 10am to 11am.", ["Fri 12 Oct 2018, 10:00–11:00"]),
        (Event(start=datetime(2027, 3, 28, 1, 30, tzinfo=LONDON), problems=("dst_gap",)), "", ["Sun 28 Mar 2027, 02:30"]),
    ],
)  # fmt: skip
def test_each_thing_that_can_be_wrong_has_its_proposals(event: Event, words: str, suggestions: list[str]) -> None:
    assert [one.suggestion for one in proposed(event, words)] == suggestions


@pytest.mark.parametrize("code", ["cancelled: the page says so", "past: it was on 2018-09-10", "no_date", "a code of tomorrow"])
def test_what_thinking_cannot_repair_is_left_alone(code: str) -> None:
    assert proposed(Event(start=None if code == "no_date" else TWO, problems=(code,))) == ()


def test_a_repair_takes_out_its_own_problem_and_no_other() -> None:
    event = Event(start=TWO, problems=("missing_year: 10 September", "cancelled: the page says so"))
    assert {one.event.problems for one in proposed(event)} == {("cancelled: the page says so",)}


_MOMENTS = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.sampled_from([UTC, LONDON]))
_CODES = ["end_before_start", "duration_mismatch", "midnight_placeholder", "utc_shift", "ambiguous_day_month", "invalid_date", "date_conflict",
          "posting_date", "weekday_mismatch", "missing_year", "zone_conflict", "dst_gap", "no_date"]  # fmt: skip


@given(
    st.one_of(st.none(), st.dates(), _MOMENTS),
    st.one_of(st.none(), st.dates(), _MOMENTS),
    st.sampled_from(_CODES),
    st.one_of(st.text(max_size=80), _MOMENTS.map(lambda one: f"it would end {one.isoformat()}"), st.dates().map(str)),
    st.text(max_size=200),
)
def test_whatever_a_page_says_a_proposal_can_be_spoken(start: date | None, end: date | None, code: str, seen: str, words: str) -> None:
    for one in proposed(Event(start=start, end=end, problems=(f"{code}: {seen}",)), words):
        assert one.wrong.endswith(".")
        assert one.suggestion == spoken(one.event) != "no date"
        assert one.event.problems == ()
        if code == "end_before_start" and isinstance(one.event.start, datetime) and isinstance(one.event.end, datetime):
            assert one.event.end >= one.event.start
