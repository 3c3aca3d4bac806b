"""The drill: a copy is taken back, and every edition that was released comes out of it as it was, byte for byte."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.config import Config
from pipeline.errors import LockedError, StoreError
from pipeline.model import ItemId, Role, Run, Scope, SubscriberState, Verdict
from pipeline.publish import keep, rebuild
from pipeline.store import Store, copies, restoring
from pipeline.store.connection import SCHEMA
from pipeline.store.forms import dump
from pipeline.store.lock import hold
from tests import builders, kept, old
from tests.builders import NOW
from tests.forks import killed
from tests.test_publish import accepted


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A desk, and its copy in `backups`."""
    config = kept.make(tmp_path_factory.mktemp("desk"))
    with Store.open(config.db) as store:
        keep.nightly(config, store, now=NOW)
    return config


@pytest.fixture
def copy(desk: Config, tmp_path: Path) -> Path:
    return Path(shutil.copy(keep.home(desk) / keep.LATEST, tmp_path / "copy.db"))


@pytest.fixture
def elsewhere(desk: Config, tmp_path: Path) -> Path:
    """Another folder with the same settings and nothing else."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name in ("sources.yaml", "topics.yaml"):
        shutil.copy(desk.folder / name, folder / name)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def change(path: Path, sql: str, *values: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(sql, values)
        db.commit()


# ---------------------------------------------------------------- the drill


def test_all_editions_of_a_copy_rebuild_byte_identical(desk: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(tmp_path), "restore", "--verify", str(keep.home(desk))]) == 0
    assert capsys.readouterr().out == (
        "3 items, 1 edition; the one edition rebuilds byte-identical, 1 earlier revision too.\nBeside it: sources.yaml, topics.yaml, charter.md.\n"
        "Nothing was put back; the same command without --verify does that.\n"
    )
    assert list(tmp_path.iterdir()) == []  # nothing was needed here, and nothing is left


def test_a_desk_restored_elsewhere_has_the_same_editions(desk: Config, elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(elsewhere), "restore", str(keep.home(desk)), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["items"], said["editions"], said["before"], said["problems"]) == (3, 1, None, [])
    assert files(elsewhere / "digests") == files(desk.digests)
    with Store.open(elsewhere / "curated.db") as there, Store.open(desk.db) as here:
        assert there.editions() == here.editions()
        assert [dump(item) for item in there.each_item()] == [dump(item) for item in here.each_item()]


def test_a_file_that_comes_out_otherwise_is_named_with_the_versions_that_differ(copy: Path) -> None:
    change(copy, "UPDATE editions SET files = json_set(files, '$.\"digest.pdf\"', 'other')")
    change(copy, "UPDATE made_with SET versions = json_set(versions, '$.typst', '0.1.0') WHERE revision = 2")
    with Store.open(copy) as store:
        made = rebuild.rebuild(store)
    (unequal,) = made.unequal
    assert (unequal.edition, unequal.revision, unequal.name) == (kept.EDITION, 2, "digest.pdf")
    assert unequal.why.startswith("it was made with other versions: typst 0.1.0 then, ")
    assert (made.editions, made.corrections) == (1, 1)


def test_a_changed_snapshot_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(copy, "UPDATE revisions SET snapshot = replace(snapshot, 'How network 2', 'How networc 2')")
    assert main(["restore", "--verify", str(copy)]) == 4
    said = capsys.readouterr().out
    assert "3 items, 1 edition; 1 of 1 does not rebuild byte-identical:" in said
    assert "2026-11, revision 1: digest.pdf: the versions of all packages are the same: the snapshot was changed" in said


def test_an_edition_of_before_this_record_says_that_it_is_not_known(tmp_path: Path) -> None:
    path = old.make(tmp_path / "old.db", 3)
    change(path, 'UPDATE editions SET files = \'{"digest.md": "other"}\'')
    with Store.open(path) as store:
        (unequal,) = rebuild.rebuild(store).unequal
    assert unequal.why.startswith("with what it was made was not recorded; here are python ")


def test_an_edition_is_asked_only_for_what_it_was_released_in(tmp_path: Path) -> None:
    with Store.open(old.make(tmp_path / "old.db", 3)) as store:
        made = rebuild.rebuild(store)
    assert (made.files, made.unequal) == (len(old.QUICK), ())


# ---------------------------------------------------------------- into this desk's place


def test_what_was_there_is_kept(copy: Path, tmp_path: Path) -> None:
    db = tmp_path / "curated.db"
    with Store.open(db) as store:
        accepted(store, 7)
    restored = restoring.restore(copy, db, now=NOW)
    assert restored.before == tmp_path / "curated.db.before-restore-20261120T120000Z"
    with Store.open(db) as store, Store.open(restored.before) as before:
        assert (len(list(store.each_item())), [item.title for item in before.each_item()]) == (3, ["How network 7 learns"])


def test_what_still_stood_beside_a_killed_process_is_kept_too(copy: Path, tmp_path: Path) -> None:
    db, home = tmp_path / "curated.db", tmp_path / "home"
    home.mkdir()
    with Store.open(home / "curated.db") as store:
        accepted(store, 7)
        for one in home.iterdir():  # as a killed process leaves them
            shutil.copy(one, tmp_path / one.name)
    assert (tmp_path / "curated.db-wal").stat().st_size
    restored = restoring.restore(copy, db, now=NOW)
    assert restored.before
    with Store.open(restored.before) as before, Store.open(db) as store:
        assert (len(list(before.each_item())), len(list(store.each_item()))) == (1, 3)


def test_a_damaged_database_gives_way_and_is_kept_as_it_is(copy: Path, tmp_path: Path) -> None:
    db = tmp_path / "curated.db"
    damaged = b"SQLite format 3\0" + b"nonsense" * 1000
    db.write_bytes(damaged)
    Path(f"{db}-wal").write_bytes(b"more of it")
    restored = restoring.restore(copy, db, now=NOW)
    assert restored.before
    assert restored.before.read_bytes() == damaged
    with Store.open(db) as store:
        assert len(list(store.each_item())) == 3


def test_a_restore_killed_at_any_step_leaves_what_was_there_or_the_copy(copy: Path, tmp_path: Path) -> None:
    db, found = tmp_path / "curated.db", 0
    with Store.open(db) as store:
        accepted(store, 7)
    for at in range(1, 100):
        code = killed(lambda: restoring.restore(copy, db, now=NOW + timedelta(seconds=at)), at=at, about="curated")  # noqa: B023 - at once
        found = copies.check(db).rows["items"]
        assert found in (1, 3)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert (code, found, at > 8) == (0, 3, True)
    kept_ones = [copies.check(path).rows["items"] for path in tmp_path.glob("curated.db.before-restore-*")]
    assert 1 in kept_ones


def test_a_restore_killed_at_any_step_brings_nobody_back(here: Config) -> None:
    path, code = keep.home(here) / keep.LATEST, 1
    for at in range(1, 100, 3):
        code = killed(lambda: restoring.restore(path, here.db, now=NOW + timedelta(seconds=at)), at=at, about="curated")  # noqa: B023 - at once
        with copies.reading(here.db) as db:
            states = dict(db.execute("SELECT email, state FROM subscribers").fetchall())
        assert (states["lee@example.org"], "ana@example.org" in states) == ("unsubscribed", False)
        if code == 0:
            break
    assert (code, "new@example.org" in states) == (0, False)
    assert not [one.name for one in here.folder.iterdir() if ".restoring" in one.name]


@pytest.mark.parametrize("errand", ["serve", "harvest", "send"])
def test_nothing_is_restored_while_another_is_at_work(copy: Path, tmp_path: Path, errand: str) -> None:
    db = tmp_path / "curated.db"
    Store.open(db).close()
    before = db.read_bytes()
    with hold(db, errand, now=NOW), pytest.raises(LockedError, match="Another Gleanings is at work"):
        restoring.restore(copy, db, now=NOW)
    assert db.read_bytes() == before


def test_nothing_is_restored_while_another_program_has_it_open(copy: Path, tmp_path: Path) -> None:
    db = tmp_path / "curated.db"
    with Store.open(db) as store:
        accepted(store, 1)
        with pytest.raises(LockedError, match="Another program has"):
            restoring.restore(copy, db, now=NOW)
        assert len(list(store.each_item())) == 1
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")) == ["copy.db", "curated.db"]


def test_a_copy_from_the_future_is_refused_before_anything_is_touched(copy: Path, tmp_path: Path) -> None:
    change(copy, f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(StoreError, match=f"written by a newer Gleanings \\(schema {SCHEMA + 1}"):
        restoring.restore(copy, tmp_path / "curated.db", now=NOW)
    assert not (tmp_path / "curated.db").exists()


def test_a_damaged_copy_is_refused_and_the_desk_stays(copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy.write_bytes(copy.read_bytes()[:200_000])
    assert main(["restore", "--verify", str(copy)]) == 1
    assert "copy.db" in capsys.readouterr().err
    assert not (tmp_path / "curated.db").exists()


def test_a_copy_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no copy"):
        restoring.found(tmp_path / "backups")


def test_a_copy_is_named_by_its_file_its_folder_or_without_its_ending(desk: Config) -> None:
    folder = keep.home(desk)
    assert len({restoring.found(path) for path in (folder, folder / "latest", folder / "latest.db")}) == 1


@pytest.fixture
def here(tmp_path: Path) -> Config:
    """A desk with four readers, copied; then one left, one was erased and one came."""
    config = kept.make(tmp_path / "here")
    with Store.open(config.db) as store:
        for name in ("lee", "ana", "bo"):
            store.add_subscriber(f"{name}@example.org", state=SubscriberState.CONFIRMED, now=NOW)
        store.erase_subscriber("bo@example.org", reason="asked", now=NOW)
        store.add_subscriber("bo@example.org", state=SubscriberState.CONFIRMED, now=NOW + timedelta(minutes=1))  # came back before the copy
        keep.nightly(config, store, now=NOW + timedelta(hours=1))
        later = NOW + timedelta(hours=2)
        for name in ("lee", "kim"):
            person = store.subscriber(f"{name}@example.org")
            assert person
            store.leave(person.id, now=later)
        store.erase_subscriber("ana@example.org", reason="asked", now=later)
        store.add_subscriber("new@example.org", state=SubscriberState.CONFIRMED, now=later)
    return config


def restored_here(config: Config, *more: str) -> int:
    return main(["--dir", str(config.folder), "restore", str(keep.home(config)), *more])


def test_who_left_or_was_erased_after_the_copy_was_made_is_not_brought_back(here: Config, capsys: pytest.CaptureFixture[str]) -> None:
    assert restored_here(here) == 0
    assert "is not brought back: 2 readers had left, 1 erased." in capsys.readouterr().out
    with Store.open(here.db) as store:
        states = {one.email: one.state for one in store.subscribers()}
        assert states == {
            "kim@example.org": SubscriberState.UNSUBSCRIBED,
            "lee@example.org": SubscriberState.UNSUBSCRIBED,
            "bo@example.org": SubscriberState.CONFIRMED,
        }
        assert store.is_forgotten("ana@example.org")
    assert b"ana@example.org" not in here.db.read_bytes()


def test_a_number_that_was_given_after_the_copy_is_not_given_again(here: Config) -> None:
    with Store.open(here.db) as store:
        known = store.subscriber("new@example.org")
        assert known
    assert restored_here(here) == 0
    with Store.open(here.db) as store:
        assert store.add_subscriber("other@example.org", now=NOW).id > known.id


def test_where_what_gave_way_cannot_be_read_it_is_said_and_no_number_is_given_again(here: Config, capsys: pytest.CaptureFixture[str]) -> None:
    change(here.db, "DROP TABLE forgotten")
    assert restored_here(here) == 0
    assert "cannot be read: readers who left" in capsys.readouterr().err
    with Store.open(here.db) as store:
        assert store.add_subscriber("other@example.org", now=NOW).id > 1_000_000


def test_who_agreed_anew_in_a_newer_copy_stays(here: Config) -> None:
    older = Path(shutil.copy(keep.home(here) / keep.LATEST, here.folder / "older.db"))
    with Store.open(older) as store:
        person = store.subscriber("lee@example.org")
        assert person
        store.confirm_subscriber(person.id, now=NOW + timedelta(days=2))
    assert main(["--dir", str(here.folder), "restore", str(older)]) == 0
    with Store.open(here.db) as store:
        lee = store.subscriber("lee@example.org")
        assert lee
        assert lee.state is SubscriberState.CONFIRMED


def test_of_two_files_with_the_same_decisions_the_one_with_later_surveys_says_who_may_come_in(here: Config) -> None:
    with Store.open(here.db) as store:
        account = store.add_account("Ana", Role.EDITOR, now=NOW)
    newer = Path(shutil.copy(here.db, here.folder / "newer.db"))
    with Store.open(newer) as store:
        store.set_disabled(account.id, since=NOW)
        store.record_run(Run(source="north-blog", started=NOW + timedelta(days=3), finished=NOW + timedelta(days=3)))
    assert main(["--dir", str(here.folder), "restore", str(newer)]) == 0
    with Store.open(here.db) as store:
        assert store.account_of(account.id).disabled


def test_another_desk_says_nothing_about_who_left_here(here: Config, copy: Path) -> None:
    change(copy, "UPDATE secrets SET value = zeroblob(32) WHERE name = 'links'")
    change(copy, "INSERT OR IGNORE INTO secrets (name, value) VALUES ('links', zeroblob(32))")
    assert main(["--dir", str(here.folder), "restore", str(copy)]) == 0
    with Store.open(here.db) as store:
        kim = store.subscriber("kim@example.org")
        assert kim
        assert kim.state is SubscriberState.CONFIRMED


def test_a_door_that_was_closed_after_the_copy_is_not_opened_by_it(tmp_path: Path) -> None:
    config = kept.make(tmp_path / "here")
    with Store.open(config.db) as store:
        for name, role in (("Ana", Role.OPERATOR), ("Lee", Role.EDITOR), ("Kim", Role.CURATOR)):
            account = store.add_account(name, role, now=NOW)
            store.set_password(account.id, f"old {name}")
            store.add_token(account.id, name, label="Feed reader", scopes=(Scope.READ,), now=NOW)
            store.sign_in(f"browser of {name}", account=account.id, agent="", now=NOW)
        store.invite(1, "link", ends=NOW + timedelta(days=2))
        keep.nightly(config, store, now=NOW)
        store.set_password(1, "new Ana")
        store.set_role(2, Role.SCOUT)
        store.revoke_tokens(2, NOW)
        store.set_disabled(3, since=NOW)
    assert restored_here(config) == 0
    with Store.open(config.db) as store:
        ana, kim, lee = store.accounts()
        assert (store.password(ana.id), lee.role, kim.disabled) == ("new Ana", Role.SCOUT, NOW)
        assert [store.token(name) is not None for name in ("Ana", "Lee", "Kim")] == [True, False, False]
        assert [store.sign_ins(one.id, NOW) for one in (ana, lee, kim)] == [(), (), ()]
        assert store.account_invited("link", NOW) is None


def test_an_older_database_does_not_undo_what_a_newer_copy_says_of_accounts(tmp_path: Path) -> None:
    config = kept.make(tmp_path / "here")
    with Store.open(config.db) as store:
        store.add_account("Ana", Role.OPERATOR, now=NOW)
        store.set_password(1, "old")
        newer = store.backup(tmp_path / "newer.db").path
    with Store.open(newer) as store:
        store.set_password(1, "new")
        store.decide(builders.decision(item=ItemId(3), verdict=Verdict.REOPEN))
    assert main(["--dir", str(config.folder), "restore", str(newer)]) == 0
    with Store.open(config.db) as store:
        assert store.password(1) == "new"


def test_what_a_killed_restore_left_is_not_read_into_the_next_one(copy: Path, tmp_path: Path) -> None:
    other, db = tmp_path / "other.db", tmp_path / "curated.db"
    with Store.open(other) as store:
        accepted(store, 7)
        accepted(store, 8)
        for ending in ("", "-wal"):
            shutil.copy(f"{other}{ending}", f"{db}.restoring{ending}")
    assert Path(f"{db}.restoring-wal").stat().st_size
    restoring.restore(copy, db, now=NOW)
    assert copies.check(db).rows["items"] == 3


def test_an_older_copy_is_brought_up_to_date(tmp_path: Path) -> None:
    restoring.restore(old.make(tmp_path / "old.db", 2), tmp_path / "curated.db", now=NOW + timedelta(days=1))
    with Store.open(tmp_path / "curated.db") as store:
        assert (store.schema_version, len(store.editions())) == (SCHEMA, 1)
    assert not [one.name for one in tmp_path.iterdir() if ".restoring" in one.name]


def test_going_back_to_an_older_gleanings_is_a_restore_of_the_copy_that_was_kept(tmp_path: Path) -> None:
    db = old.make(tmp_path / "curated.db", 6)
    Store.open(db).close()
    before = tmp_path / f"curated.db.before-schema-{SCHEMA}"
    restored = restoring.restore(before, db, now=NOW)
    assert restored.copy.schema == 6


def test_every_release_and_correction_records_what_made_it(desk: Config) -> None:
    with Store.open(desk.db) as store:
        assert store.made_with(kept.EDITION, 1) == store.made_with(kept.EDITION, 2) == rebuild.versions()
