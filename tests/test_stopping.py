"""When a curator may stop: bounds that are exact, a sample that is reproducible, and a promise that simulated curators see kept."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.classify import stopping
from pipeline.model import Decision, ItemId, Lane, Verdict
from tests.builders import NOW, decision

ITEMS = [ItemId(n) for n in range(1, 1001)]


def verdicts(kept: str, *, shown: str = "ranked", gap: float = 12, start: datetime = NOW) -> list[Decision]:
    """A decision for each letter, `k` for one that keeps, evenly in time."""
    return [
        decision(item=ItemId(n), verdict=Verdict.ACCEPT if one == "k" else Verdict.REJECT, decided=start + timedelta(seconds=gap * n), shown=shown)
        for n, one in enumerate(kept)
    ]


def test_pace_leaves_out_pauses_and_decisions_made_in_one_go() -> None:
    steady = verdicts("k" * 20)
    later = verdicts("k" * 20, start=NOW + timedelta(hours=3))
    at_once = verdicts("r" * 50, gap=0, start=NOW + timedelta(days=1))
    assert stopping.pace([*later, *at_once, *steady]) == 12.0


def test_pace_is_each_curators_own_and_unknown_at_first() -> None:
    two = [*verdicts("k" * 12), *(decision(curator="Kim", decided=one.decided + timedelta(seconds=5)) for one in verdicts("k" * 12))]
    assert stopping.pace(two) == 12.0
    assert stopping.pace(verdicts("k" * 10)) is None


def test_a_few_long_looks_hardly_move_the_pace() -> None:
    slow = verdicts("kk", gap=290, start=NOW + timedelta(hours=1))
    assert stopping.pace([*verdicts("k" * 31), *slow]) == 12.0


def test_the_audit_takes_one_in_twenty_and_ten_at_least() -> None:
    assert len(stopping.audit(ITEMS, "2026-11")) == 50
    assert len(stopping.audit(ITEMS[:60], "2026-11")) == 10
    assert stopping.audit(ITEMS[:4], "2026-11") == set(ITEMS[:4])
    assert stopping.audit((), "2026-11") == frozenset()


def test_the_audit_is_the_same_however_often_it_is_drawn_and_another_next_month() -> None:
    drawn = stopping.audit(ITEMS, "2026-11")
    assert drawn == stopping.audit(reversed(ITEMS), "2026-11")
    assert len(drawn & stopping.audit(ITEMS, "2026-12")) < 10


def test_the_audit_favours_no_item() -> None:
    months = [f"{year}-{month:02}" for year in range(2000, 2040) for month in range(1, 13)]
    times = [sum(ItemId(n) in stopping.audit(ITEMS[:200], month) for month in months) for n in (1, 57, 200)]
    assert all(10 <= count <= 42 for count in times)  # 24 expected of 480 draws


def test_unlikely_items_hold_one_in_twenty_of_the_keepers_expected() -> None:
    ranks = {ItemId(n): (0.9 if n < 10 else 0.01) for n in range(111)}
    below = stopping.unlikely(ranks)
    assert sum(ranks[item] for item in below) <= 0.05 * sum(ranks.values())
    assert len(below) == 50
    assert all(ranks[item] == 0.01 for item in below)
    assert stopping.unlikely({}) == frozenset()


def test_bounds_of_keepers_left_are_those_of_counting_every_sample() -> None:
    population, sampled, kept = 9, 4, 1
    least, most = stopping.keepers_left(population, sampled, kept, doubt=0.2)
    for left in range(population - sampled + 1):
        total = kept + left
        draws = [sum(place < total for place in draw) for draw in combinations(range(population), sampled)]
        fewer, more = sum(d <= kept for d in draws) / len(draws), sum(d >= kept for d in draws) / len(draws)
        assert (least <= left <= most) == (fewer > 0.1 and more > 0.1)


def test_a_whole_sample_leaves_nothing_and_no_sample_leaves_all() -> None:
    assert stopping.keepers_left(30, 30, 4) == (0, 0)
    assert stopping.keepers_left(30, 0, 0) == (0, 30)


@given(st.integers(0, 60), st.data())
def test_bounds_never_leave_what_is_possible(population: int, data: st.DataObject) -> None:
    sampled = data.draw(st.integers(0, population))
    kept = data.draw(st.integers(0, sampled))
    least, most = stopping.keepers_left(population, sampled, kept)
    assert 0 <= least <= most <= population - sampled


def test_a_long_run_without_keepers_bounds_the_recall() -> None:
    found = [True] * 60
    assert stopping.least_recall(found, 1_000) == pytest.approx(60 / 1060, abs=1e-4)
    bounds = [stopping.least_recall([*found, *[False] * n], 1_000 - n) or 0 for n in (100, 300, 600, 900)]
    assert bounds == sorted(bounds)
    assert bounds[-1] > 0.95
    assert stopping.least_recall([False] * 10, 10) is None
    assert stopping.least_recall(found, 0) == 1.0


def test_the_stated_recall_holds_in_nineteen_of_twenty_simulated_screenings_and_saves_a_sixth() -> None:
    """Screenings of 800 whose order is good, middling or no better than chance: stop once 95 % is stated."""
    right, saved, runs = 0, 0.0, 0
    for seed in range(60):
        lot = random.Random(seed)  # noqa: S311 - a simulation
        skill = (0.0, 1.5, 3.0)[seed % 3]
        wanted = [lot.random() < 0.08 for _ in range(800)]
        order = sorted(range(800), key=lambda n: -(skill * wanted[n] + lot.gauss(0, 1)))
        outcomes = [wanted[n] for n in order]
        seen = next((n for n in range(40, 800, 40) if (stopping.least_recall(outcomes[:n], 800 - n) or 0) >= stopping.STOP_RECALL), 800)
        right += sum(outcomes[:seen]) >= stopping.STOP_RECALL * sum(outcomes)
        saved += 1 - seen / 800 if skill else 0
        runs += bool(skill)
    assert right / 60 >= 0.95
    assert saved / runs >= 0.17


def test_what_the_queue_holds_is_bounded_by_what_the_tray_may_still_hold() -> None:
    most = stopping.keepers_left(200, 60, 0)[1]
    assert stopping.least_held(200, 0, unseen=140, audited=[False] * 60) == pytest.approx(200 / (200 + most), abs=1e-4)
    assert stopping.least_held(98, 2, unseen=0, audited=[False] * 60 + [True]) == 0.98
    assert stopping.least_held(0, 0, unseen=5, audited=[False]) is None
    assert stopping.least_held(5, 0, unseen=5, audited=()) is None


def test_the_bound_of_what_the_queue_holds_is_right_in_nineteen_of_twenty_audits() -> None:
    right = 0
    for seed in range(400):
        lot = random.Random(seed)  # noqa: S311 - a simulation
        tray = [place < seed % 13 for place in range(300)]
        lot.shuffle(tray)
        held = stopping.least_held(150, sum(tray[:90]), unseen=210, audited=tray[:90]) or 0
        right += held <= 150 / (150 + seed % 13) + 1e-4
    assert right >= 0.95 * 400


def lanes(unlikely: int) -> dict[ItemId, Lane]:
    return {ItemId(n): Lane.UNLIKELY if n >= 1000 - unlikely else Lane.RANKED for n in range(900, 1000)}


RANKS = {ItemId(n): (1000 - n) / 200 for n in range(900, 1000)}


def test_minutes_hold_items_at_the_curators_own_pace_and_the_keepers_expected_in_them() -> None:
    seen = stopping.outlook(RANKS, lanes(40), decisions=verdicts("kr" * 20), minutes=2)
    assert (seen.waiting, seen.unlikely, seen.pace, seen.fits) == (100, 40, 12.0, 10)
    assert seen.expected == pytest.approx(sum(sorted(RANKS.values())[-10:]), abs=0.06)
    assert seen.expected_all == pytest.approx(25.25, abs=0.06)


def test_without_a_pace_or_an_audit_nothing_is_made_up() -> None:
    seen = stopping.outlook(RANKS, lanes(40), decisions=(), minutes=25)
    assert (seen.pace, seen.fits, seen.expected, seen.left, seen.recall, seen.may_stop) == (None, 0, None, None, None, False)


def test_the_audit_bounds_what_is_left_in_the_tray() -> None:
    audited = verdicts("r" * 40, shown="audit", start=NOW + timedelta(hours=1))
    seen = stopping.outlook(RANKS, lanes(100), decisions=[*verdicts("k" * 200), *audited])
    assert (seen.audited, seen.left) == (40, stopping.keepers_left(140, 40, 0))
    assert seen.recall == pytest.approx(200 / (200 + stopping.most_left(100, 40, 0)), abs=1e-4)
    assert seen.may_stop


def test_skipped_items_and_postponed_ones_count_for_nothing() -> None:
    skipped = dict.fromkeys(RANKS, Lane.SKIPPED)
    later = [decision(item=ItemId(5), verdict=Verdict.DEFER, shown="audit")]
    seen = stopping.outlook(RANKS, skipped, decisions=later)
    assert (seen.waiting, seen.unlikely, seen.audited, seen.left) == (0, 0, 0, None)
