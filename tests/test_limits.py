"""How often a visitor may send a form: so many times in a window, whatever the clock does meanwhile."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.web.limits import Limit
from tests.builders import NOW

WINDOW = timedelta(minutes=10)
SECONDS = st.floats(-4e7, 4e7).map(lambda one: timedelta(seconds=one))


def test_so_many_times_in_a_window_and_each_visitor_for_itself() -> None:
    limit = Limit(2, WINDOW)
    assert [limit.allows("one", NOW + timedelta(minutes=n)) for n in (0, 6, 9, 10, 15, 16)] == [True, True, False, True, False, True]
    assert limit.allows("other", NOW)


def test_what_is_taken_back_may_be_sent_again() -> None:
    limit = Limit(1, WINDOW)
    assert limit.allows("one", NOW)
    limit.take_back("one")
    assert [limit.allows("one", NOW), limit.allows("one", NOW)] == [True, False]


def test_a_clock_set_back_by_a_year_keeps_a_visitor_out_for_a_window_and_no_longer() -> None:
    limit = Limit(1, WINDOW)
    assert limit.allows("one", NOW + timedelta(days=400))
    assert not limit.allows("one", NOW)
    assert not limit.allows("one", NOW + WINDOW - timedelta(seconds=1))
    assert limit.allows("one", NOW + WINDOW)


@given(jumps=st.lists(SECONDS, max_size=12), last=SECONDS)
def test_wherever_the_clock_went_one_window_of_peace_is_enough(jumps: list[timedelta], last: timedelta) -> None:
    limit = Limit(3, WINDOW)
    for jump in jumps:
        limit.allows("one", NOW + jump)
    limit.allows("one", NOW + last)
    assert limit.allows("one", NOW + last + WINDOW)


@given(steps=st.lists(st.floats(0, 900), min_size=1, max_size=40))
def test_no_window_of_a_clock_that_goes_forward_holds_more(steps: list[float]) -> None:
    limit, moment, taken = Limit(3, WINDOW), NOW, []
    for step in steps:
        moment += timedelta(seconds=step)
        if limit.allows("one", moment):
            taken.append(moment)
    assert all(later - earlier >= WINDOW for earlier, later in zip(taken, taken[3:], strict=False))
