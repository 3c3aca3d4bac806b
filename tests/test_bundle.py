"""What people wrote, in a file beside each copy of the database: whole, put back elsewhere, and never over what is there."""

from __future__ import annotations

import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.config import Config, bundle, load
from pipeline.errors import StoreError
from pipeline.publish import keep
from pipeline.store import Store
from tests import kept
from tests.builders import NOW

LETTER = "Dear all, a year of questions."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A desk with settings in two files, a charter, questions, a letter of an edition that is not begun, and its nightly copy."""
    config = kept.make(tmp_path_factory.mktemp("desk"))
    (config.folder / "survey.yaml").write_text((Path(bundle.__file__).with_name("survey.yaml")).read_text())
    (config.digests / "2026-12").mkdir()
    (config.digests / "2026-12" / "letter.md").write_text(LETTER)
    (config.digests / "2026-12" / "notes.md").write_text("nothing that we read")
    with Store.open(config.db) as store:
        keep.nightly(config, store, now=NOW)
    return config


def written(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.suffix in {".yaml", ".md"}}


def test_a_copy_holds_all_that_people_wrote_and_belongs_to_its_owner_alone(desk: Config) -> None:
    path = keep.home(desk) / "latest.settings.zip"
    assert bundle.names(path) == ("sources.yaml", "topics.yaml", "charter.md", "survey.yaml", "digests/2026-12/letter.md")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_copy_alone_makes_the_desk_in_an_empty_folder(desk: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(tmp_path), "restore", str(keep.home(desk))]) == 0
    assert f"{tmp_path / 'charter.md'} comes from the copy." in capsys.readouterr().out
    for name in ("sources.yaml", "topics.yaml", "charter.md", "survey.yaml", "digests/2026-12/letter.md"):
        assert (tmp_path / name).read_bytes() == (desk.folder / name).read_bytes()
    assert {path.name for path in (tmp_path / "digests" / "2026-11").glob("*.html")} == {
        path.name for path in (desk.digests / "2026-11").glob("*.html")
    }
    with Store.open(tmp_path / "curated.db") as there, Store.open(desk.db) as here:
        assert there.counts() == here.counts()
    assert load(tmp_path / "sources.yaml", {}).sources == desk.sources


def test_what_is_here_stays_and_is_named(desk: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours = kept.SETTINGS.replace("What's new", "Our own")
    (tmp_path / "sources.yaml").write_text(ours)
    (tmp_path / "topics.yaml").write_text(kept.TOPICS)
    assert main(["--dir", str(tmp_path), "restore", str(keep.home(desk))]) in {0, 4}
    assert (tmp_path / "sources.yaml").read_text() == ours
    assert "sources.yaml is not that of the copy, and stays; --with-settings takes the copy's." in capsys.readouterr().out
    assert (tmp_path / "charter.md").exists()


def test_who_says_so_gets_the_settings_of_the_copy_and_keeps_the_own(desk: Config, tmp_path: Path) -> None:
    ours = kept.SETTINGS.replace("What's new", "Our own")
    (tmp_path / "sources.yaml").write_text(ours)
    (tmp_path / "topics.yaml").write_text(kept.TOPICS)
    assert main(["--dir", str(tmp_path), "restore", str(keep.home(desk)), "--with-settings"]) in {0, 4}
    assert (tmp_path / "sources.yaml").read_bytes() == desk.path.read_bytes()
    (aside,) = tmp_path.glob("sources.yaml.before-restore-*")
    assert aside.read_text() == ours
    assert not list(tmp_path.glob("topics.yaml.*"))  # it was the same


def test_a_copy_of_before_there_were_settings_in_it_restores_as_ever(desk: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store.open(desk.db) as store:
        store.backup(tmp_path / "old.db")
    (tmp_path / "sources.yaml").write_text(kept.SETTINGS)
    (tmp_path / "topics.yaml").write_text(kept.TOPICS)
    assert main(["--dir", str(tmp_path), "restore", str(tmp_path / "old.db")]) == 0
    assert "No settings lie beside this copy (old.settings.zip)." in capsys.readouterr().err
    assert main(["restore", "--verify", str(tmp_path / "old.db")]) == 0
    assert "No settings lie beside it." in capsys.readouterr().out


def test_a_copy_that_is_no_good_brings_no_settings_either(desk: Config, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(b"no database")
    (tmp_path / "copy.settings.zip").write_bytes((keep.home(desk) / "latest.settings.zip").read_bytes())
    (tmp_path / "new").mkdir()
    assert main(["--dir", str(tmp_path / "new"), "restore", str(tmp_path / "copy.db")]) == 1
    assert list((tmp_path / "new").iterdir()) == []


def test_the_same_files_are_the_same_copy(desk: Config, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert bundle.pack(desk, tmp_path / name) == 5
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    "name",
    ["../evil.yaml", "/etc/evil.yaml", ".ssh/authorized_keys", "a/../../b.md", "a//b.md", "a\\b.md", "curated.db", "", "a/.hidden", "x" * 300],
)
def test_a_copy_with_a_name_that_leads_elsewhere_is_refused_whole(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.settings.zip", "w") as made:
        made.writestr("sources.yaml", "sources: []")
        made.writestr(zipfile.ZipInfo(name), "evil")
    (tmp_path / "new").mkdir()
    with pytest.raises(StoreError, match=r"which no desk wrote|cannot be read"):
        bundle.unpack(tmp_path / "evil.settings.zip", tmp_path / "new" / "sources.yaml", tmp_path / "new", overwrite=True, now=NOW)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_copy_that_swells_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("charter.md", b"0" * 20_000_001)
    with pytest.raises(StoreError, match="which no desk wrote"):
        bundle.names(tmp_path / "bomb.zip")


def test_a_copy_of_too_many_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as made:
        for number in range(5_001):
            made.writestr(f"{number}.md", "")
    with pytest.raises(StoreError, match="more than 5,000 files"):
        bundle.names(tmp_path / "many.zip")


@given(st.data())
def test_whatever_became_of_a_copy_it_is_read_or_refused_with_a_sentence(desk: Config, data: st.DataObject) -> None:
    raw = bytearray((keep.home(desk) / "latest.settings.zip").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.zip"
        path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
        with suppress(StoreError):
            assert set(bundle.names(path)) <= {"sources.yaml", "topics.yaml", "charter.md", "survey.yaml", "digests/2026-12/letter.md"}


def test_a_place_that_cannot_be_written_is_a_sentence(desk: Config, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="The settings cannot be copied to"):
        bundle.pack(desk, tmp_path / "nowhere" / "copy.zip")
    (tmp_path / "topics.yaml").mkdir()
    (tmp_path / "digests").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        bundle.unpack(keep.home(desk) / "latest.settings.zip", tmp_path / "sources.yaml", tmp_path, overwrite=False, now=NOW)
    assert (tmp_path / "topics.yaml").is_dir()
