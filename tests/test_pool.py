"""Connections kept between visits: lent again while they are good, and no longer."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.store import Store
from pipeline.web.pool import KEPT, Pool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Store.open(tmp_path / "curated.db").close()
    return tmp_path / "curated.db"


def test_the_connection_of_one_visit_is_lent_to_the_next(path: Path) -> None:
    pool = Pool(lambda: Store.open(path))
    with pool.lend() as first:
        pass
    with pool.lend() as second, pool.lend() as other:
        assert second is first
        assert other is not first
    first.close()
    other.close()


def test_of_many_at_once_only_some_are_kept(path: Path) -> None:
    pool = Pool(lambda: Store.open(path))
    lent = [pool.lend() for _ in range(KEPT + 2)]
    stores = [one.__enter__() for one in lent]
    for one in lent:
        one.__exit__(None, None, None)
    closed = []
    for store in stores:
        try:
            store.last_item()
        except sqlite3.ProgrammingError:
            closed.append(store)
        store.close()
    assert closed == stores[KEPT:]


def test_after_a_failure_another_is_opened(path: Path) -> None:
    pool = Pool(lambda: Store.open(path))
    with pytest.raises(ZeroDivisionError), pool.lend() as first:
        raise ZeroDivisionError
    with pool.lend() as second:
        assert second is not first
    second.close()


def test_a_file_put_in_the_place_of_the_old_one_is_opened_anew(path: Path) -> None:
    pool = Pool(lambda: Store.open(path))
    with pool.lend() as first:
        pass
    copy = path.with_name("copy.db")
    Store.open(copy).close()
    copy.replace(path)
    with pool.lend() as second:
        assert second is not first
        assert second.last_item() == 0
    second.close()


def test_a_file_that_a_newer_program_has_brought_to_its_schema_is_refused(path: Path) -> None:
    pool = Pool(lambda: Store.open(path))
    with pool.lend() as first:
        version = first.schema_version
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {version + 1}")
    db.close()
    with pytest.raises(StoreError, match="newer"), pool.lend():
        pass
