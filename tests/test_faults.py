"""Small versions of the faults that `python -m benchmarks.faults` tries by the hundred: the same code, one or two of each."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks import disks, kills, outages
from benchmarks.endurance import Life, Month, verdict
from benchmarks.stage import Toll
from pipeline.model import Lead
from pipeline.store import Store
from tests import builders


def held(toll: Toll, *, faults: int = 1) -> None:
    """Everything that must hold did, and the faults struck."""
    assert toll.faults == []
    assert toll.cut >= faults


def test_a_kill_in_the_midst_of_a_sending_leaves_nobody_twice_and_nobody_out() -> None:
    held(kills.send(1))


def test_a_database_of_the_first_schema_survives_a_kill_while_it_is_brought_up_to_date() -> None:
    held(kills.migrate(1, items=200))


def test_a_log_that_is_cut_off_or_damaged_leaves_whole_decisions_only() -> None:
    held(disks.cut_log(3), faults=3)


def test_a_full_disk_under_a_decision_is_a_sentence_and_the_same_command_decides_later() -> None:
    for toll in disks.full(rooms=(0,), names=("decide",)):
        held(toll)


def test_a_damaged_database_names_the_last_backup_and_the_backup_restores_it() -> None:
    held(disks.damaged(1, items=60))


def test_a_page_that_failed_while_the_clock_was_ahead_is_tried_when_the_clock_is_back(tmp_path: Path) -> None:
    ahead = builders.NOW + timedelta(days=400)
    with Store.open(tmp_path / "curated.db") as store:
        store.sync_sources((builders.source(),), builders.NOW)
        store.offer("north-blog", [Lead(source="north-blog", url="https://north.example/1")], ahead)
        (claim,) = store.lease(ahead, limit=1, seconds=60, owner="test")
        store.settle_failure(claim.id, "no answer", again_at=ahead + timedelta(hours=1), now=ahead)
        assert store.pending(ahead) == 0
        assert store.pending(builders.NOW) == 1
        assert len(store.lease(builders.NOW, limit=1, seconds=60, owner="test")) == 1


def test_the_clock_may_jump_a_year_each_way_and_nothing_goes_out_by_itself() -> None:
    held(outages.clock(pages=4), faults=7)


def test_a_month_of_a_desk_ends_with_its_edition_mailed_and_is_measured() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (month,) = Life(Path(folder), items=24 * 40, sources=4).months(1)
    assert month.items >= 40
    assert month.memory > 0
    assert month.files > 0


@pytest.mark.parametrize(("leak", "told"), [(0.0, 0), (3.0, 1)])
def test_memory_that_grows_each_month_is_not_called_flat(leak: float, told: int) -> None:
    seen = [Month(items=100 * n, memory=200 + leak * n, files=12, database=20 + 0.5 * n, took=1, harvest=1) for n in range(24)]
    assert sum("NOT FLAT" in line for line in verdict(seen)) == told
