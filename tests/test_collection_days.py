"""The day of a collection: it belongs to what the database knows, and to no folder and no build."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.model import ItemId, Overlay, Severity
from pipeline.publish import collections
from pipeline.store import Store, restoring
from tests.builders import NOW
from tests.test_collections import Room, corrected

DAY = timedelta(days=1)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.store.close()


def written(config: Config, store: Store, *, days: int) -> dict[str, bytes]:
    """Build all collections so many days later, and give every file."""
    collections.build(config, store, now=NOW + days * DAY)
    folder = config.digests / collections.FOLDER
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def day_of(room: Room, *, days: int) -> date:
    return collections.current("useful", room.config, room.store, now=NOW + days * DAY).composed.date()


def test_one_database_gives_the_same_bytes_in_any_folder_and_on_any_day(room: Room, tmp_path: Path) -> None:
    room.add(1)
    first = written(room.config, room.store, days=0)
    assert written(replace(room.config, digests=tmp_path / "elsewhere"), room.store, days=50) == first


def test_a_restored_database_gives_the_same_bytes_in_an_empty_folder(room: Room, tmp_path: Path) -> None:
    room.add(1)
    first = written(room.config, room.store, days=0)
    copy, other = tmp_path / "copy.db", tmp_path / "other"
    room.store.backup(copy)
    other.mkdir()
    restoring.restore(copy, other / "desk.db", now=NOW + 9 * DAY)
    with Store.open(other / "desk.db") as store:
        assert written(replace(room.config, digests=other / "digests"), store, days=9) == first


def test_a_folder_that_was_built_by_another_database_dates_nothing(room: Room) -> None:
    room.add(1)
    written(room.config, room.store, days=0)
    (before,) = room.folder.glob("**/useful/collection.json")
    old = before.read_bytes()
    room.add(2, at=NOW + 5 * DAY)
    written(room.config, room.store, days=5)
    before.write_bytes(old)
    (built,) = collections.freshen(room.config, room.store, now=NOW + 8 * DAY)
    assert built.standing.edition.composed == NOW + 5 * DAY


@pytest.mark.parametrize("what", ["edit", "undo", "withdraw", "introduce", "pin", "exclude", "rename"])
def test_each_change_of_what_it_shows_moves_the_day_and_then_the_day_stays(room: Room, what: str) -> None:
    for number in (1, 2):
        room.add(number)
    written(room.config, room.store, days=0)
    (one,) = room.config.collections
    if what == "edit":
        room.store.edit(ItemId(1), Overlay(blurb="Read page four.", topics=("networks",)), by="Sam", now=NOW + 3 * DAY)
    elif what == "undo":
        room.store.undo(1, by="Sam", now=NOW + 3 * DAY)
    elif what == "withdraw":
        corrected(room, ItemId(1), Severity.RETRACTED, at=NOW + 3 * DAY)
    else:
        changes = {
            "introduce": replace(one, introduction="For *busy* people."),
            "pin": replace(one, pin=("2",)),
            "exclude": replace(one, exclude=("2",)),
            "rename": replace(one, title="Most useful"),
        }
        room.config = replace(room.config, collections=(changes[what],))
    assert day_of(room, days=3) == (NOW + 3 * DAY).date()
    (built,) = collections.freshen(room.config, room.store, now=NOW + 3 * DAY)
    assert built.changed
    assert day_of(room, days=90) == (NOW + 3 * DAY).date()
    assert collections.freshen(room.config, room.store, now=NOW + 90 * DAY) == ()
    assert collections.reviews(room.config, room.store, now=NOW)["useful"].first == NOW.date()


def test_reading_a_collection_dates_nothing(room: Room) -> None:
    room.add(1)
    collections.current("useful", room.config, room.store, now=NOW)
    collections.standings(room.config, room.store, now=NOW)
    assert room.store.collection_told("useful") is None


def test_a_clock_that_was_ahead_is_put_right(room: Room, tmp_path: Path) -> None:
    room.add(1)
    written(room.config, room.store, days=400)
    assert room.build(NOW).standing.edition.composed == NOW
    assert day_of(room, days=400) == NOW.date()
    assert collections.reviews(room.config, room.store, now=NOW)["useful"].first == NOW.date()
