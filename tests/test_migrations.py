"""An older database is brought up to date, from every schema that was released, and whatever happens meanwhile nothing of it is lost."""

from __future__ import annotations

import hashlib
import resource as limits
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.errors import StoreError
from pipeline.model import ItemId, State
from pipeline.store import Store, copies, hashes, migration, schema_desk
from pipeline.store.connection import SCHEMA
from tests import old
from tests.forks import forked, killed

OF_EVERY_VERSION = pytest.mark.parametrize("version", old.VERSIONS)


def rows(path: Path) -> dict[str, int]:
    with copies.reading(path) as db:
        return {name: count for name, count in copies.rows(db).items() if not name.startswith(("search", "shingles", "titles", "_sqlite"))}


def schema(path: Path) -> int:
    with copies.reading(path) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


# ---------------------------------------------------------------- all is still there


@OF_EVERY_VERSION
def test_a_database_of_every_released_schema_opens_with_everything_still_in_it(tmp_path: Path, version: int) -> None:
    path = old.make(tmp_path / "curated.db", version)
    before = rows(path)
    with Store.open(path) as store:
        assert store.schema_version == SCHEMA
        assert sum(store.counts().values()) == old.ITEMS
        assert [item.title for item in store.each_item(State.QUEUED)] == ["How network 1 learns"]
        assert store.edition("2026-11") == old.edition()
        assert [person.email for person in store.subscribers()] == ["Kim@example.org"]
        assert [one.state for one in store.deliveries("2026-11")] == ["sent"]
        assert [one.verdict for one in store.decisions(item=ItemId(2))] == ["reject"]
        assert len(store.search("network")) == 3  # the folded one is found as its head
        assert len(store.runs(limit=5)) == 1
    after = rows(path)
    assert {name: after[name] for name in before} == before


@OF_EVERY_VERSION
def test_the_older_database_is_kept_whole_beside_the_new_one(tmp_path: Path, version: int) -> None:
    path = old.make(tmp_path / "curated.db", version)
    before = rows(path)
    Store.open(path).close()
    copy = tmp_path / f"curated.db.before-schema-{SCHEMA}"
    assert (copies.check(copy).schema, rows(copy)) == (version, before)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["curated.db", copy.name]


@OF_EVERY_VERSION
def test_from_every_schema_the_tables_come_out_as_in_a_new_file(tmp_path: Path, version: int) -> None:
    def tables(path: Path) -> list[tuple[str, ...]]:
        with copies.reading(path) as db:
            return db.execute("SELECT type, name, tbl_name FROM sqlite_master ORDER BY 1, 2").fetchall()

    Store.open(tmp_path / "new.db").close()
    path = old.make(tmp_path / "curated.db", version)
    Store.open(path).close()
    assert tables(path) == tables(tmp_path / "new.db")


def test_a_new_or_an_up_to_date_file_needs_no_copy(tmp_path: Path) -> None:
    for _ in range(2):
        Store.open(tmp_path / "curated.db").close()
    assert [one.name for one in tmp_path.iterdir()] == ["curated.db"]


# ---------------------------------------------------------------- what is going to happen


@OF_EVERY_VERSION
def test_the_changes_that_wait_are_listed_with_their_sql(tmp_path: Path, version: int) -> None:
    path = old.make(tmp_path / "curated.db", version)
    before = path.read_bytes()
    pending = migration.pending(path)
    assert [int(one.name[1:4]) for one in pending] == list(range(version + 1, SCHEMA + 1))
    assert all(one.statements for one in pending)
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as db:  # what is shown is what would happen
        hashes.teach(db)
        for sql in (sql for one in pending for sql in one.statements):
            db.execute(sql)
        assert "made_with" in copies.rows(db)


def test_a_dry_run_shows_the_sql_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(tmp_path), "init"]) == 0
    path = old.make(tmp_path / "curated.db", 4)
    assert main(["--dir", str(tmp_path), "migrate", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert ("-- m005_readers" in said, "CREATE TABLE votes" in said, "m004" in said) == (True, True, False)
    assert schema(path) == 4
    assert main(["--dir", str(tmp_path), "migrate"]) == 0
    assert (schema(path), f"curated.db.before-schema-{SCHEMA}" in capsys.readouterr().out) == (SCHEMA, True)
    assert main(["--dir", str(tmp_path), "migrate"]) == 0
    assert "is up to date." in capsys.readouterr().out


# ---------------------------------------------------------------- what can happen on the way


def _opened(path: Path, at: int) -> int:
    """Open a database in a process of its own, which is killed at its step number `at`; how it ended."""

    def apply(db: sqlite3.Connection, apply: Callable[[sqlite3.Connection], None] = migration.apply) -> None:
        sys.audit("tests.step", "curated before")
        apply(db)
        sys.audit("tests.step", "curated after")

    def work() -> None:
        migration.apply = apply
        Store.open(path).close()

    return killed(work, at=at, about="curated")


def test_a_process_killed_at_any_step_leaves_the_old_database_or_the_new_one(tmp_path: Path) -> None:
    path = old.make(tmp_path / "curated.db", 3)
    before = rows(path)
    ends = []
    for at in range(1, 40):
        if (code := _opened(path, at)) == 0:
            break
        assert code == -signal.SIGKILL
        found = copies.check(path)
        ends.append(found.schema)
        assert {name: rows(path)[name] for name in before} == before
        if found.schema == SCHEMA:
            break
    assert len(ends) > 6
    assert set(ends[:-1]) == {3}
    with Store.open(path) as store:
        assert sum(store.counts().values()) == old.ITEMS
    assert copies.check(migration.kept(path)).schema == 3
    assert not [one.name for one in tmp_path.iterdir() if one.suffix in (".part", ".migrating")]


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95, 1.01, 1.2])
def test_a_disk_that_fills_up_leaves_the_old_database_and_says_so(tmp_path: Path, part: float) -> None:
    path, said = old.make(tmp_path / "curated.db", 1), tmp_path / "said"
    before, digest = rows(path), hashlib.sha256(path.read_bytes()).hexdigest()
    limit = int(path.stat().st_size * part)

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limits.setrlimit(limits.RLIMIT_FSIZE, (limit, limit))
        try:
            Store.open(path)
        except StoreError as error:
            said.write_text(f"{error.sentence} {error.hint}")
            raise

    assert forked(work) == 1
    assert "curated.db" in said.read_text()
    assert (schema(path), rows(path), hashlib.sha256(path.read_bytes()).hexdigest()) == (1, before, digest)
    Store.open(path).close()
    assert schema(path) == SCHEMA


def test_a_change_that_loses_rows_is_found_on_the_copy_and_the_database_stays(tmp_path: Path) -> None:
    path, said = old.make(tmp_path / "curated.db", 5), tmp_path / "said"

    def work() -> None:
        schema_desk._EDITING = schema_desk._EDITING.replace("FROM decisions;", "FROM decisions WHERE id > 1;", 1)
        try:
            Store.open(path)
        except StoreError as error:
            said.write_text(error.sentence)
            raise

    assert forked(work) == 1
    assert said.read_text() == "Brought up to date on a copy, decisions has 1 rows instead of 2."
    assert schema(path) == 5
    assert not list(tmp_path.glob("*.migrating"))


def test_of_two_that_open_an_old_file_at_once_one_brings_it_up_to_date(tmp_path: Path) -> None:
    path, start = old.make(tmp_path / "curated.db", 2), threading.Barrier(2)

    def work(_: int) -> int:
        start.wait()
        with Store.open(path) as store:
            return sum(store.counts().values())

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(work, range(2))) == [old.ITEMS] * 2


# ---------------------------------------------------------------- back again


def test_a_database_from_the_future_is_refused_and_the_sentence_names_the_copy_to_restore(tmp_path: Path) -> None:
    path = tmp_path / "curated.db"
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA + 2}")
    with pytest.raises(StoreError, match="written by a newer Gleanings") as refused:
        Store.open(path)
    assert refused.value.hint == "Upgrade Gleanings, or restore a backup that was made before the upgrade."
    kept = tmp_path / f"curated.db.before-schema-{SCHEMA + 1}"
    kept.write_bytes(path.read_bytes())
    with pytest.raises(StoreError) as refused:
        Store.open(path)
    assert refused.value.hint.endswith(f"before the upgrade: `gleanings restore {kept}`.")


def test_a_damaged_file_names_the_last_copy(tmp_path: Path) -> None:
    path = tmp_path / "curated.db"
    path.write_bytes(b"SQLite format 3\0" + b"nonsense" * 600)
    (tmp_path / "backups").mkdir()
    latest = tmp_path / "backups" / "latest.db"
    latest.write_bytes(b"")
    with pytest.raises(StoreError) as refused:
        Store.open(path)
    assert f"`gleanings restore {latest}`" in refused.value.hint
