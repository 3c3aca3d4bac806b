"""Copies of the database: whole, checked, made while others write, and kept by the day, the week and the month."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.config import BackupSettings, Config, bundle, load
from pipeline.errors import StoreError
from pipeline.publish import keep
from pipeline.store import Store, copies
from tests.builders import NOW
from tests.test_publish import accepted, config

DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as store:
        yield store


# ---------------------------------------------------------------- one copy


def test_a_copy_has_every_row_and_says_how_many(store: Store, tmp_path: Path) -> None:
    accepted(store, 1)
    made = store.backup(tmp_path / "copy.db")
    assert (made.rows["items"], made.rows["decisions"]) == (1, 1)
    assert made == copies.check(tmp_path / "copy.db")
    with Store.open(tmp_path / "copy.db") as copy:
        assert [item.title for item in copy.each_item()] == ["How network 1 learns"]
        assert copy.search("network")


def test_a_copy_can_be_read_by_its_owner_alone(store: Store, tmp_path: Path) -> None:
    store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_copy_made_while_others_write_is_a_state_that_there_was(store: Store, tmp_path: Path) -> None:
    first, end = threading.Event(), threading.Event()

    def write() -> None:
        with Store.open(store.path) as other:
            number = 0
            while not end.is_set() or not number:
                number += 1
                accepted(other, number)
                first.set()

    writer = threading.Thread(target=write)
    writer.start()
    first.wait()
    made = [store.backup(tmp_path / f"{number}.db") for number in range(5)]
    end.set()
    writer.join()
    for copy in made:
        assert copy.rows["resources"] == copy.rows["items"] >= 1
        assert copy.rows["decisions"] in (copy.rows["items"], copy.rows["items"] - 1)
    assert [copy.rows["items"] for copy in made] == sorted(copy.rows["items"] for copy in made)


def test_a_copy_that_is_damaged_does_not_take_the_place_of_a_good_one(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    store.backup(target)
    good = target.read_bytes()
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("INSERT INTO overlay (item, overlay) VALUES (99, '{}')")
        db.commit()
    with pytest.raises(StoreError, match="a row of overlay refers to one of items that is not there"):
        store.backup(target)
    assert target.read_bytes() == good
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]


def test_a_file_cut_short_is_no_copy(store: Store, tmp_path: Path) -> None:
    for number in range(30):
        accepted(store, number)
    path = tmp_path / "copy.db"
    store.backup(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError, match=r"damaged|cannot be read as a database"):
        copies.check(path)


def test_a_database_of_another_program_is_no_copy(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE places (id)")
    with pytest.raises(StoreError, match="none of Gleanings"):
        copies.check(tmp_path / "other.db")


# ---------------------------------------------------------------- which ones stay


def nights(count: int) -> list[datetime]:
    return [datetime(2024, 1, 1, 2, tzinfo=UTC) + number * DAY for number in range(count)]


def test_after_two_years_of_nights_seven_days_four_weeks_and_twelve_months_are_there() -> None:
    there: list[datetime] = []
    for night in nights(731):
        there = sorted(keep.kept([*there, night], BackupSettings()))
    last = there[-1]
    assert last == nights(731)[-1]
    assert [last - number * DAY for number in range(7)] == there[:-8:-1]
    assert len({one.isocalendar()[:2] for one in there[-11:]}) >= 4
    assert len({(one.year, one.month) for one in there}) == 12
    assert len(there) <= 7 + 4 + 12


@given(st.lists(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)), min_size=1), st.tuples(*[st.integers(0, 15)] * 3))
def test_the_newest_always_stays_and_deciding_again_changes_nothing(moments: list[datetime], numbers: tuple[int, int, int]) -> None:
    wanted = BackupSettings(daily=numbers[0], weekly=numbers[1], monthly=numbers[2])
    stay = keep.kept(moments, wanted)
    assert max(moments) in stay
    assert stay <= set(moments)
    assert keep.kept(stay, wanted) == stay
    assert len(stay) <= sum(numbers) + 1


def test_a_month_without_copies_takes_nothing_away() -> None:
    there = keep.kept(nights(60), BackupSettings())
    late = nights(60)[-1] + 200 * DAY
    assert keep.kept([*there, late], BackupSettings()) >= {late, *sorted(there)[-6:]}


# ---------------------------------------------------------------- each night


def test_each_day_has_one_copy_by_the_clock_of_the_desk(store: Store, tmp_path: Path) -> None:
    made = config(tmp_path)
    made = replace(made, desk=replace(made.desk, timezone="Asia/Tokyo"))
    late = datetime(2026, 11, 20, 14, 59, tzinfo=UTC)  # in Tokyo a minute before midnight
    found = [
        keep.nightly(made, store, now=late + minutes)
        for minutes in (timedelta(0), timedelta(seconds=59), timedelta(minutes=1), DAY + timedelta(minutes=1))
    ]
    assert [copy is not None for copy in found] == [True, False, True, True]
    assert [moment.isoformat() for moment, _ in keep.copies(tmp_path / "backups")] == [
        "2026-11-21T15:00:00+00:00",
        "2026-11-20T15:00:00+00:00",
        "2026-11-20T14:59:00+00:00",
    ]


def test_the_last_copy_has_a_name_that_stays_and_old_ones_go(store: Store, tmp_path: Path) -> None:
    made, folder = replace(config(tmp_path), backup=BackupSettings(folder="kept", daily=2, weekly=0, monthly=0)), tmp_path / "kept"
    for number in range(4):
        keep.nightly(made, store, now=NOW + number * DAY)
    (folder / "notes.txt").write_text("not ours")
    names = sorted(path.name for path in folder.iterdir())
    pairs = [f"curated-202611{day}T120000Z.{ending}" for day in (22, 23) for ending in ("db", "settings.zip")]
    assert names == [*pairs, "latest.db", "latest.settings.zip", "notes.txt"]
    assert (folder / "latest.db").resolve().name == "curated-20261123T120000Z.db"
    assert (folder / "latest.settings.zip").resolve().name == "curated-20261123T120000Z.settings.zip"


@given(st.lists(st.integers(0, 900), min_size=1, max_size=40, unique=True))
@settings(max_examples=15)
def test_after_each_night_there_are_whole_pairs_and_as_many_as_wanted(nights_lived: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name, Store.open(":memory:") as store:
        folder = Path(name)
        (folder / "sources.yaml").write_text("sources: []\n")
        made = load(folder / "sources.yaml", {})
        for night in sorted(nights_lived):
            stamp = f"curated-{NOW + night * DAY:%Y%m%dT%H%M%SZ}"  # as if copied: a real copy each night would only take time
            (folder / f"{stamp}.db").touch()
            (folder / f"{stamp}.settings.zip").touch()
        last = keep.backup(made, store, folder, now=NOW + 901 * DAY).path
        there = {path.name.removesuffix(".db") for path in folder.glob("curated-*.db")}
        assert there == {path.name.removesuffix(".settings.zip") for path in folder.glob("curated-*.zip")}
        stay = keep.kept([NOW + night * DAY for night in (*nights_lived, 901)], BackupSettings())
        assert there == {f"curated-{moment:%Y%m%dT%H%M%SZ}" for moment in stay}
        assert last.stem in there


def test_copies_of_a_clock_that_was_ahead_neither_count_nor_go(store: Store, tmp_path: Path) -> None:
    made, folder = replace(config(tmp_path), backup=BackupSettings(daily=2, weekly=0, monthly=0)), tmp_path / "backups"
    for number in range(3):
        keep.nightly(made, store, now=NOW + (400 + number) * DAY)
    for number in range(3):
        assert keep.nightly(made, store, now=NOW + number * DAY) is not None
    assert [(moment - NOW).days for moment, _ in keep.copies(folder)] == [402, 401, 2, 1]
    assert (folder / "latest.db").resolve() == keep.copies(folder)[2][1].resolve()


def test_a_night_whose_settings_could_not_be_copied_is_tried_again(store: Store, tmp_path: Path) -> None:
    made = config(tmp_path)
    (tmp_path / "backups").mkdir()
    blocked = tmp_path / "backups" / f"curated-{NOW:%Y%m%dT%H%M%SZ}.settings.zip.part"
    blocked.mkdir()
    with pytest.raises(StoreError, match="The settings cannot be copied"):
        keep.nightly(made, store, now=NOW)
    assert len(keep.copies(tmp_path / "backups")) == 1  # the database is safe
    blocked.rmdir()
    assert keep.nightly(made, store, now=NOW + timedelta(hours=1)) is not None
    assert keep.nightly(made, store, now=NOW + timedelta(hours=2)) is None


def test_no_copies_are_wanted_where_all_numbers_are_nought(store: Store, tmp_path: Path) -> None:
    made = replace(config(tmp_path), backup=BackupSettings(daily=0, weekly=0, monthly=0))
    assert keep.nightly(made, store, now=NOW) is None
    assert not (tmp_path / "backups").exists()


def test_where_a_copy_cannot_be_made_the_older_ones_stay(store: Store, tmp_path: Path) -> None:
    made = replace(config(tmp_path), backup=BackupSettings(daily=1, weekly=0, monthly=0))
    keep.nightly(made, store, now=NOW)
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("INSERT INTO overlay (item, overlay) VALUES (99, '{}')")
        db.commit()
    with pytest.raises(StoreError, match="damaged"):
        keep.nightly(made, store, now=NOW + DAY)
    assert [moment.date() for moment, _ in keep.copies(tmp_path / "backups")] == [date(2026, 11, 20)]


def test_a_folder_that_cannot_be_made_is_a_sentence(store: Store, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("in the way")
    with pytest.raises(StoreError, match="backups cannot be"):
        keep.nightly(config(tmp_path), store, now=NOW)


# ---------------------------------------------------------------- settings and command


def configured(folder: Path, words: str) -> Config:
    path = folder / "sources.yaml"
    path.write_text(f"sources: []\n{words}")
    return load(path, {})


def test_the_settings_say_where_and_how_many(tmp_path: Path) -> None:
    assert configured(tmp_path, "").backup == BackupSettings(folder="backups", daily=7, weekly=4, monthly=12)
    made = configured(tmp_path, "backup: {folder: /mnt/disk, daily: 3}\n")
    assert (keep.home(made), made.backup.daily) == (Path("/mnt/disk"), 3)


def test_the_command_takes_a_file_a_folder_or_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured(tmp_path, "")
    (tmp_path / "disk").mkdir()
    here = ["--dir", str(tmp_path), "backup", "--json"]
    written = []
    for argument in ([str(tmp_path / "one.db")], [str(tmp_path / "disk")], []):
        assert main([*here, *argument]) == 0
        written.append(Path(json.loads(capsys.readouterr().out)["written"]))
    assert [path.parent.name for path in written] == [tmp_path.name, "disk", "backups"]
    assert [bundle.names(bundle.beside(path)) for path in written] == [("sources.yaml",)] * 3
    assert all(copies.check(path).rows["items"] == 0 for path in written)
    assert (tmp_path / "disk" / "latest.db").resolve() == written[1]
