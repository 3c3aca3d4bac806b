"""Opening, transactions, several users of one file, and what goes wrong with files: real SQLite, real files, real processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlite_utils import Database

from pipeline.errors import LockedError, StoreError
from pipeline.model import Fingerprint, Fold, Match, State
from pipeline.store import Store
from pipeline.store.connection import SCHEMA, _answer
from pipeline.store.lock import hold
from pipeline.store.schema import changes
from tests.builders import NOW, edition, resource, source

ROOT = Path(__file__).resolve().parents[1]
NEW = Match(fold=Fold.NEW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "curated.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as made:
        yield made


def add(store: Store, number: int = 1) -> int:
    url = f"https://north.example/{number}"
    return store.add(resource(url=url, canonical_url=url), Fingerprint(keys=(f"url:north.example/{number}",)), NEW, now=NOW)


# ---------------------------------------------------------------- opening


def test_a_new_file_has_the_newest_schema_and_opens_again_with_what_was_in_it(path: Path) -> None:
    with Store.open(path) as store:
        number = add(store)
    with Store.open(path) as store:
        with closing(sqlite3.connect(":memory:")) as bare:
            assert store.schema_version == SCHEMA == len(changes.pending(Database(bare)))
        assert store.counts()[State.QUEUED] == number == 1


def test_every_table_is_strict(store: Store, path: Path) -> None:
    with sqlite3.connect(path) as other:
        tables = other.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND schema = 'main'").fetchall()
    other.close()
    assert {name for (name,) in tables if not name.startswith(("search", "sqlite_", "_sqlite"))} == set()


def test_every_view_can_be_read(store: Store) -> None:
    store.sync_sources([source()], NOW)
    add(store)
    store.save_edition(edition())
    counted = {view: len(store._rows(f"SELECT * FROM {view}")) for view in ("v_items", "v_decisions", "v_editions", "v_sources", "v_deliveries")}  # noqa: S608
    assert counted == {"v_items": 1, "v_decisions": 0, "v_editions": 1, "v_sources": 1, "v_deliveries": 0}


def test_a_newer_schema_is_refused_and_left_as_it_is(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    other.close()
    with pytest.raises(
        StoreError, match=rf"curated\.db was written by a newer Gleanings \(schema {SCHEMA + 1}, this one knows {SCHEMA}\)\."
    ) as refusal:
        Store.open(path)
    assert "Upgrade" in refusal.value.hint


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_text("Dear diary, " * 500)
    with pytest.raises(StoreError, match="is no database"):
        Store.open(path)
    assert path.read_text() == "Dear diary, " * 500


def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE moz_places (id INTEGER)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="none of Gleanings"):
        Store.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["missing/curated.db", "."])
def test_a_place_where_no_file_can_be_is_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match=r"There is no folder|cannot be opened") as refusal:
        Store.open(tmp_path / name)
    assert refusal.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match=r"cannot be (opened|written)"):
        Store.open(tmp_path / "curated.db")


def test_a_damaged_file_is_a_sentence(path: Path) -> None:
    with Store.open(path) as store:
        for number in range(60):
            add(store, number)
        store._rows("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = bytearray(path.read_bytes())
    raw[8192:-4096] = os.urandom(len(raw) - 8192 - 4096)
    path.write_bytes(raw)
    with pytest.raises(StoreError, match="is damaged") as refusal, Store.open(path) as store:
        list(store.each_item())
    assert "backup" in refusal.value.hint


def test_a_full_disk_is_a_sentence_and_what_was_stored_before_is_safe(store: Store) -> None:
    add(store)
    pages = store._rows("PRAGMA page_count")[0][0]
    store._rows(f"PRAGMA max_page_count = {pages + 3}")
    big = resource(url="https://north.example/big", canonical_url=None, text="word " * 50_000)
    with pytest.raises(StoreError, match=r"The disk is full: curated\.db cannot grow") as refusal:
        store.add(big, Fingerprint(keys=("url:north.example/big",)), NEW, now=NOW)
    assert "what was stored before is safe" in refusal.value.hint
    assert store.counts()[State.QUEUED] == 1
    store._rows("PRAGMA max_page_count = 100000")
    assert add(store, 2) == 2


# ---------------------------------------------------------------- transactions


def test_a_transaction_that_fails_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        _add_and_fail(store, 1)
    assert store.counts()[State.QUEUED] == 0
    assert store.search("network") == ()


def _add_and_fail(store: Store, number: int) -> None:
    with store.transaction():
        add(store, number)
        raise ZeroDivisionError


def test_a_part_of_a_transaction_can_fail_by_itself(store: Store) -> None:
    with store.transaction():
        first = add(store, 1)
        with pytest.raises(ZeroDivisionError):
            _add_and_fail(store, 2)
        third = add(store, 3)
    assert [item.id for item in store.each_item()] == [first, third]
    assert set(store.search("network")) == {first, third}


def test_another_writer_is_waited_for_and_then_named(path: Path, store: Store) -> None:
    store._rows("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"curated\.db is busy"):
        add(store)
    assert store.counts()[State.QUEUED] == 0  # reading goes on
    other.execute("COMMIT")
    other.close()
    assert add(store) == 1


def test_a_long_errand_waits_longer_and_says_so(store: Store) -> None:
    store.be_patient()
    assert store._rows("PRAGMA busy_timeout")[0][0] == 300_000
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    with pytest.raises(StoreError, match="has been writing for 300 seconds"), store._answering():
        raise error


def test_threads_that_share_a_store_do_not_mix_their_transactions(store: Store) -> None:
    def work(offset: int) -> None:
        for number in range(5):
            with suppress(ZeroDivisionError):
                _add_and_fail(store, offset + number)
            add(store, offset + 50 + number)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.counts()[State.QUEUED] == 15
    assert len(store.search("network")) == 15


def test_two_processes_may_write_to_one_file(path: Path, store: Store) -> None:
    add(store, 1)
    _python(f"from tests.test_store_life import *\nwith Store.open({str(path)!r}) as store: add(store, 2)")
    assert store.counts()[State.QUEUED] == 2


def test_a_killed_writer_loses_its_open_transaction_and_nothing_else(path: Path) -> None:
    code = f"""
import os, signal
from tests.test_store_life import *
from tests.builders import lead
store = Store.open({str(path)!r})
add(store, 1)
store.offer("north-blog", [lead(), lead(url="https://north.example/b")], NOW)
store.lease(NOW, limit=5, seconds=60, owner="dies")
with store.transaction():
    add(store, 2)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert _python(code, expect=-signal.SIGKILL) == ""
    with Store.open(path) as store:
        assert store.counts()[State.QUEUED] == 1
        assert store.lease(NOW, limit=5, seconds=60, owner="next") == ()
        assert store.release_leases() == 2
        assert len(store.lease(NOW, limit=5, seconds=60, owner="next")) == 2


def _python(code: str, *, expect: int = 0) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stderr
    return done.stdout


def test_closing_twice_does_nothing(path: Path) -> None:
    store = Store.open(path)
    store.close()
    store.close()


# ---------------------------------------------------------------- backup


def test_a_backup_is_a_whole_database(store: Store, tmp_path: Path) -> None:
    add(store)
    store.backup(tmp_path / "copy.db")
    with Store.open(tmp_path / "copy.db") as copy:
        assert [item.id for item in copy.each_item()] == [1]
    assert not (tmp_path / "copy.db.part").exists()


def test_a_backup_replaces_an_older_one_and_never_the_database_itself(store: Store, path: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("old")
    store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_bytes().startswith(b"SQLite format 3")
    with pytest.raises(StoreError, match="is the database itself"):
        store.backup(path)


def test_a_backup_that_cannot_be_written_is_a_sentence(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        store.backup(tmp_path / "missing" / "copy.db")


# ---------------------------------------------------------------- one instance


def test_a_lock_is_held_by_one_and_the_sentence_names_the_holder(path: Path) -> None:
    with hold(path, "harvest", now=NOW):
        with (
            pytest.raises(LockedError, match=rf"\(harvest: process {os.getpid()}, since 2026-11-20 12:00\)") as refusal,
            hold(path, "harvest", now=NOW),
        ):
            pass
        with hold(path, "serve", now=NOW):
            pass
    assert refusal.value.exit_code == 75
    with hold(path, "harvest", now=NOW):
        pass


@pytest.mark.parametrize("words", [b"", b"\xff\xfe", b"[]", b'{"pid": "x", "since": 3}', json.dumps({"pid": 1}).encode()])
def test_whatever_stands_in_a_lock_file_the_sentence_stands(path: Path, words: bytes) -> None:
    with hold(path, "harvest", now=NOW):
        Path(f"{path}.harvest.lock").write_bytes(words)
        with pytest.raises(LockedError, match=r"\(harvest\)"), hold(path, "harvest", now=NOW):
            pass


def test_a_lock_dies_with_its_process(path: Path) -> None:
    code = (
        f"import os, signal\nfrom tests.test_store_life import *\nwith hold({str(path)!r}, 'harvest', now=NOW): os.kill(os.getpid(), signal.SIGKILL)"
    )
    _python(code, expect=-signal.SIGKILL)
    with hold(path, "harvest", now=NOW):
        pass


def test_a_lock_where_no_file_can_be_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"), hold(tmp_path / "missing" / "curated.db", "serve", now=NOW):
        pass


def test_a_new_file_that_several_open_at_once_is_made_once(path: Path) -> None:
    start, opened = threading.Barrier(4), []

    def work() -> None:
        start.wait()
        with Store.open(path) as mine:
            opened.append((mine.schema_version, add(mine, threading.get_ident())))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == [(SCHEMA, number) for number in (1, 2, 3, 4)]


def test_a_file_that_may_only_be_read_is_a_sentence(store: Store) -> None:
    store._rows("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match=r"curated\.db cannot be written"):
        add(store)
    assert store.counts()[State.QUEUED] == 0


def test_a_disk_that_fails_is_a_sentence() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    answer = _answer(error, "/srv/curated.db")
    assert str(answer) == "The disk failed while curated.db was used (disk I/O error)."


def test_a_mistake_of_our_own_is_not_dressed_up(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        store._rows("SELECT nonsense")
