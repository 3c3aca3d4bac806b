"""What is due, which source is silent, when the next edition comes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import schedule
from pipeline.errors import ConfigError
from pipeline.model import Alarm, DigestSettings, SourceState
from tests.builders import NOW, source

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def state(**changes: Any) -> SourceState:
    defaults: dict[str, Any] = {"last_run": NOW - HOUR, "last_ok": NOW - HOUR, "last_new": NOW - DAY, "since": NOW - 90 * DAY}
    return SourceState(id="north-blog", kind="feed", url="https://north.example/feed", **(defaults | changes))


def next_edition(line: str, now: datetime, zone: str = "Europe/London") -> datetime:
    return schedule.next_edition(DigestSettings(schedule=line), zone, now)


# ---------------------------------------------------------------- due


def test_a_source_never_read_is_due() -> None:
    assert schedule.due([], [source()], NOW) == (source(),)
    assert schedule.due([state(last_run=None)], [source()], NOW) == (source(),)


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(None, 6 * HOUR), (4 * HOUR, 2 * HOUR), (timedelta(seconds=1), timedelta(minutes=15)), (90 * DAY, 7 * DAY)],
)
def test_a_source_that_adapts_is_asked_twice_as_often_as_it_publishes(gap: timedelta | None, expected: timedelta) -> None:
    assert schedule.interval(source(every=6 * HOUR, adapt=True), state(usual_gap=gap)) == expected


def test_a_source_that_does_not_adapt_is_asked_as_configured() -> None:
    assert schedule.interval(source(every=6 * HOUR), state(usual_gap=4 * HOUR)) == 6 * HOUR


def test_a_source_is_due_within_a_tenth_after_its_interval_and_not_before() -> None:
    assert schedule.due([state(last_run=NOW - 6.6 * HOUR)], [source()], NOW) == (source(),)
    assert schedule.due([state(last_run=NOW - 6 * HOUR + timedelta(seconds=1))], [source()], NOW) == ()


def test_sources_asked_together_are_not_asked_together_the_next_time_and_the_times_can_be_foretold() -> None:
    asked = [schedule.health(replace(state(), id=f"source-{n}"), source(), NOW).next for n in range(50)]
    assert len(set(asked)) == 50
    assert asked == [schedule.health(replace(state(), id=f"source-{n}"), source(), NOW).next for n in range(50)]


def test_a_source_that_its_server_wants_left_alone_is_not_due_until_then() -> None:
    patient = state(last_run=NOW - 90 * DAY, not_before=NOW + HOUR)
    assert schedule.due([patient], [source()], NOW) == ()
    assert schedule.due([patient], [source()], NOW + HOUR) == (source(),)


def test_a_source_that_is_gone_is_never_due_and_one_that_a_person_wants_always_is() -> None:
    assert schedule.due([state(gone=NOW - DAY, last_run=NOW - 90 * DAY)], [source()], NOW) == ()
    assert schedule.due([state(wanted=True)], [source()], NOW) == (source(),)
    assert schedule.due([state(wanted=True, paused=True)], [source()], NOW) == ()


@given(gap=st.timedeltas(timedelta(seconds=1), timedelta(days=400)), failures=st.integers(0, 50), name=st.text(max_size=20))
def test_whatever_happened_a_source_is_asked_between_a_quarter_of_an_hour_and_a_week(gap: timedelta, failures: int, name: str) -> None:
    found = schedule.health(state(usual_gap=gap, failures=failures), source(id=name, adapt=True), NOW).next
    assert found is not None
    assert timedelta(minutes=15) <= found - (NOW - HOUR) <= timedelta(days=7)


def test_a_paused_source_is_never_due() -> None:
    assert schedule.due([state(paused=True, last_run=None)], [source()], NOW) == ()
    assert schedule.due([state(paused=True, last_run=NOW - 90 * DAY)], [source()], NOW) == ()


def test_what_waited_longest_comes_first() -> None:
    other = source(id="a-blog")
    states = [state(last_run=NOW - 20 * HOUR), SourceState(id="a-blog", kind="feed", url="x", last_run=NOW - 10 * HOUR)]
    assert [one.id for one in schedule.due(states, [other, source()], NOW)] == ["north-blog", "a-blog"]


def test_a_source_that_is_no_longer_configured_is_not_due() -> None:
    assert schedule.due([state(last_run=NOW - 90 * DAY)], [], NOW) == ()


@pytest.mark.parametrize(("failures", "hours"), [(0, 6), (1, 6), (2, 6), (3, 12), (4, 24), (10, 168), (10_000, 168)])
def test_a_source_that_keeps_failing_is_asked_less_often_but_each_week(failures: int, hours: int) -> None:
    found = schedule.health(state(failures=failures, error="It is gone."), source(), NOW).next
    assert found is not None
    assert hours * HOUR <= found - (NOW - HOUR) <= min(1.1 * hours, 168) * HOUR


def test_a_source_asked_once_a_month_is_not_asked_more_often_because_it_fails() -> None:
    assert schedule.health(state(failures=9, error="It is gone."), source(every=30 * DAY), NOW).next == NOW - HOUR + 30 * DAY


# ---------------------------------------------------------------- health


@pytest.mark.parametrize(
    ("changes", "word", "since"),
    [
        ({}, "ok", NOW - HOUR),
        ({"paused": True, "error": "It is gone."}, "paused", NOW - HOUR),
        ({"error": "It is gone.", "last_ok": NOW - DAY}, "failing", NOW - DAY),
        ({"error": "It is gone.", "last_ok": None}, "failing", NOW - 90 * DAY),
        ({"last_ok": None}, "new", NOW - 90 * DAY),
        ({"usual_gap": 3 * DAY, "last_new": NOW - 19 * DAY}, "silent", NOW - 19 * DAY),
        ({"alarm": Alarm(since=NOW - DAY, sentence="Nothing is found.")}, "alarm", NOW - DAY),
        ({"drift": "The texts are short."}, "alarm", NOW - DAY),
        ({"gone": NOW - 2 * DAY, "error": "It is gone."}, "gone", NOW - 2 * DAY),
    ],
)
def test_health_says_how_a_source_does_and_since_when(changes: dict[str, Any], word: str, since: datetime) -> None:
    found = schedule.health(state(**changes), source(), NOW)
    assert (found.state, found.since, found.error) == (word, since, changes.get("error"))


@pytest.mark.parametrize(
    ("gap", "quiet", "silent"),
    [(DAY, 7 * DAY, False), (DAY, 7 * DAY + HOUR, True), (10 * DAY, 39 * DAY, False), (10 * DAY, 41 * DAY, True), (None, 900 * DAY, False)],
)
def test_silence_is_measured_by_the_habit_of_the_source(gap: timedelta | None, quiet: timedelta, silent: bool) -> None:
    assert schedule.health(state(usual_gap=gap, last_new=NOW - quiet), source(), NOW).silent is silent


def test_a_source_that_fails_and_is_silent_is_both() -> None:
    found = schedule.health(state(usual_gap=DAY, last_new=NOW - 30 * DAY, error="It is gone."), source(), NOW)
    assert (found.state, found.silent) == ("failing", True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ""),
        ({"usual_gap": 3 * DAY, "last_new": NOW - 19 * DAY}, "Nothing new: usual gap 3 days, now 19."),
        ({"usual_gap": DAY, "last_new": NOW - 9 * DAY}, "Nothing new: usual gap 1 day, now 9."),
        ({"usual_gap": 5 * HOUR, "last_new": NOW - 9 * DAY}, "Nothing new: usual gap 5 hours, now 9 days."),
        ({"error": "It is gone.", "moved_to": "https://b.example/", "moved_seen": 3}, "It is gone. It has moved to https://b.example/ for good."),
        ({"moved_to": "https://b.example/", "moved_seen": 2}, ""),
        ({"alarm": Alarm(since=NOW, sentence="Nothing is found."), "drift": "Texts are short."}, "Nothing is found. Texts are short."),
    ],
)
def test_what_is_to_be_known_of_a_source_is_said_with_numbers(changes: dict[str, Any], expected: str) -> None:
    assert schedule.told(schedule.health(state(**changes), source(), NOW), NOW) == expected


def test_of_a_source_that_is_gone_it_is_said_how_to_have_it_back() -> None:
    said = schedule.told(schedule.health(state(gone=NOW, error="It is gone (410)."), source(), NOW), NOW)
    assert said == "It is gone (410). It is not asked any more; `gleanings sources resume north-blog` asks again."


def daily(*days: float) -> list[datetime]:
    return [NOW - day * DAY for day in days]


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([], None),
        (daily(1, 2), None),
        (daily(1, 1, 1, 1), None),
        (daily(1, 8, 15), 7),
        (daily(*range(20)), 1),
        (daily(*range(20), *range(80, 95)), 1),  # a summer without news
        (daily(*(7 * week + hour / 240 for week in range(8) for hour in range(5))), 7 - 4 / 240),  # five at a time, once a week
        (daily(*(30 * month + day for month in range(6) for day in range(3))), 28),  # three days of each month
    ],
)
def test_the_usual_gap_is_the_one_in_which_half_of_the_time_passes(moments: list[datetime], expected: float | None) -> None:
    found = schedule.usual_gap(moments)
    assert found == (None if expected is None else pytest.approx(expected * DAY, abs=timedelta(minutes=1)))


@given(st.lists(st.integers(0, 10_000).map(lambda hours: NOW - hours * HOUR), min_size=3, unique=True))
def test_a_usual_gap_is_one_of_the_gaps_whatever_their_order(moments: list[datetime]) -> None:
    gaps = {later - earlier for earlier, later in pairwise(sorted(moments))}
    assert schedule.usual_gap(moments) in gaps
    assert schedule.usual_gap(reversed(moments)) == schedule.usual_gap(moments)


# ---------------------------------------------------------------- the next edition


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 7 1 * *", datetime(2026, 12, 1, 7)),
        ("30 13 * * *", datetime(2026, 11, 20, 13, 30)),
        ("0 12 * * *", datetime(2026, 11, 21, 12)),  # NOW is noon: the next one is tomorrow
        ("*/20 * * * *", datetime(2026, 11, 20, 12, 20)),
        ("5/20 * * * *", datetime(2026, 11, 20, 12, 5)),
        ("0 9 * * mon", datetime(2026, 11, 23, 9)),
        ("0 9 * * 1-5", datetime(2026, 11, 23, 9)),
        ("0 9 * * fri-sun/2", datetime(2026, 11, 22, 9)),
        ("0 9 * * 7", datetime(2026, 11, 22, 9)),
        ("0 9 * * 0", datetime(2026, 11, 22, 9)),
        ("0 9 13 * fri", datetime(2026, 11, 27, 9)),  # day or weekday, as crontab(5) says
        ("0 9 */2 * sat", datetime(2026, 11, 21, 9)),
        ("0 9 1,15 JAN,jul *", datetime(2027, 1, 1, 9)),
        ("0 0 29 2 *", datetime(2028, 2, 29)),
        ("59 23 31 12 *", datetime(2026, 12, 31, 23, 59)),
    ],
)
def test_a_cron_line_names_the_next_moment(line: str, expected: datetime) -> None:
    assert next_edition(line, NOW) == expected.replace(tzinfo=UTC)  # London is on GMT in winter


def test_the_hour_is_the_desks_own_on_both_sides_of_a_clock_change() -> None:
    assert next_edition("0 7 1 * *", datetime(2026, 3, 2, tzinfo=UTC)) == datetime(2026, 4, 1, 6, tzinfo=UTC)
    assert next_edition("0 7 1 * *", datetime(2026, 10, 2, tzinfo=UTC)) == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert next_edition("0 7 1 * *", NOW, "Pacific/Auckland") == datetime(2026, 11, 30, 18, tzinfo=UTC)


def test_a_time_that_the_clock_skips_comes_an_hour_later_on_the_clock() -> None:
    assert next_edition("30 1 * * *", datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert next_edition("30 1 * * *", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_a_time_that_the_clock_shows_twice_counts_once() -> None:
    first = next_edition("30 1 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_edition("30 1 * * *", first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    assert next_edition("30 1 * * *", datetime(2026, 10, 25, 1, 10, tzinfo=UTC)) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "line", ["", "0 7 1 *", "60 7 1 * *", "x 7 1 * *", "0 7 0 * *", "5-1 * * * *", "*/0 * * * *", "*/-1 * * * *", "0 7 1 foo *", "- - - - -"]
)
def test_a_line_that_cannot_be_read_is_a_sentence(line: str) -> None:
    with pytest.raises(ConfigError, match=r"digest\.schedule"):
        next_edition(line, NOW)


def test_a_day_that_never_comes_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="never comes"):
        next_edition("0 7 31 2 *", NOW)


MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC, microsecond=0))
ZONES = st.sampled_from(["UTC", "Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(now=MOMENTS, zone=ZONES, hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_a_daily_edition_comes_once_a_day(now: datetime, zone: str, hour: int, minute: int) -> None:
    moments = [now]
    for _ in range(4):
        moments.append(next_edition(f"{minute} {hour} * * *", moments[-1], zone))
    days = [moment.astimezone(ZoneInfo(zone)).date() for moment in moments[1:]]
    assert days == [days[0] + index * DAY for index in range(4)]
    assert moments[0] < moments[1] <= now + 2 * DAY


@given(text=st.text(max_size=30))
def test_any_line_gives_a_later_moment_or_the_named_error(text: str) -> None:
    with suppress(ConfigError):
        assert next_edition(text, NOW) > NOW


def test_an_edition_is_named_by_its_month_in_the_desks_zone() -> None:
    assert schedule.edition_id(datetime(2026, 11, 30, 18, tzinfo=UTC), "Pacific/Auckland") == "2026-12"
    assert schedule.edition_id(datetime(2026, 11, 30, 18, tzinfo=UTC), "Europe/London") == "2026-11"
