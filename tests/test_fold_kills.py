"""The small form of `python -m benchmarks.fold_kills`: several imports of the same items at once, killed and started again."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fold_kills import generated, strike


def test_imports_that_run_at_once_and_are_killed_lose_nothing_and_leave_nothing_twice(tmp_path: Path) -> None:
    toll = strike(tmp_path, 60, 3, processes=3)
    assert toll.faults == []
    assert toll.cut >= 1
    assert toll.note.endswith("0 more, 0 fewer")


def test_the_items_that_are_offered_hold_every_sort_of_repetition() -> None:
    lines = generated(200)
    assert lines == generated(200)
    assert len({line["id"] for line in lines}) == 200
    assert 100 < len({line["text"] for line in lines}) < 180
    assert {"utm_", "http:", "copy"} <= {part for line in lines for part in ("utm_", "http:", "copy") if part in str(line["url"])}
