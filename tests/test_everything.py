"""Leaving with everything, and arriving elsewhere with it: equal counts, equal editions, no secret, and readers only where somebody said so."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.config import Config
from pipeline.model import Role
from pipeline.publish import rebuild
from pipeline.store import Store, copies, new_secret, secret_hash
from pipeline.store.forms import dump
from tests import kept
from tests.builders import NOW
from tests.test_restore import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A desk that was left, and the folder with everything: without readers and with them."""

    config: Config
    folder: Path
    with_readers: Path
    key: bytes
    token: str


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    home = tmp_path_factory.mktemp("everything")
    config, token = kept.make(home / "desk"), new_secret()
    with Store.open(config.db) as store:
        sam = store.add_account("Sam", Role.EDITOR, now=NOW)
        store.add_token(sam.id, secret_hash(token), label="a program", scopes=(), now=NOW)
        key = store.secret("links")
    for name, extra in (("out", []), ("readers", ["--with-subscribers"])):
        assert main(["--dir", str(config.folder), "export", "everything", str(home / name), *extra]) == 0
    return Left(config=config, folder=home / "out", with_readers=home / "readers", key=key, token=token)


class Links(HTMLParser):
    """The addresses that a page leads to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


# ---------------------------------------------------------------- leaving


def test_everything_is_there_in_the_usual_formats(left: Left) -> None:
    names = set(files(left.folder))
    assert names >= {
        *("index.html", "manifest.json", "curated.db", "settings/sources.yaml", "settings/topics.yaml", "settings/charter.md", "site/index.html"),
        *("sources.opml", "items.jsonl", "items.csv", "decisions.jsonl", "decisions.csv", "references.ris"),
        *(f"editions/2026-11/{name}" for name in ("digest.pdf", "digest-large-print.pdf", "one-page.pdf", "index.html", "edition.json")),
    }
    with (left.folder / "items.csv").open(encoding="utf-8-sig") as table:
        assert len(list(csv.DictReader(table))) == len((left.folder / "items.jsonl").read_text().splitlines()) == 3
    assert (left.folder / "references.ris").read_text().count("ER  -") == 2


def test_the_first_page_leads_to_files_that_are_there_and_loads_nothing(left: Left) -> None:
    page = (left.folder / "index.html").read_text()
    links = Links(page).found
    assert len(links) >= 9
    assert all((left.folder / link).exists() for link in links)
    assert not [link for link in links if ":" in link or link.startswith("/")]


def test_the_manifest_vouches_for_every_file(left: Left) -> None:
    manifest = json.loads((left.folder / "manifest.json").read_text())
    there = files(left.folder)
    del there["manifest.json"]
    assert manifest["files"] == {name: hashlib.sha256(body).hexdigest() for name, body in there.items()}
    assert manifest["counts"] == {"items": 3, "decisions": 5, "editions": 1, "revisions": 1, "subscribers": 0}


def test_no_reader_and_no_secret_is_in_it(left: Left) -> None:
    for name, body in files(left.folder).items():
        assert kept.READER.encode() not in body, name
        assert b"Kim Reed" not in body, name
        for secret in (left.key, left.token.encode(), secret_hash(left.token).encode()):
            assert secret not in body, name
    assert not (left.folder / "subscribers.csv").exists()


def test_readers_go_along_when_somebody_says_so_and_secrets_never(left: Left) -> None:
    assert kept.READER in (left.with_readers / "subscribers.csv").read_text()
    assert copies.check(left.with_readers / "curated.db").rows["subscribers"] == 1
    assert json.loads((left.with_readers / "manifest.json").read_text())["subscribers"] is True
    for name, body in files(left.with_readers).items():
        assert left.key not in body, name
        assert secret_hash(left.token).encode() not in body, name


def test_it_is_said_plainly_whether_readers_are_in_it(left: Left, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = ["--dir", str(left.config.folder), "export", "everything"]
    assert main([*desk, str(tmp_path / "a")]) == 0
    assert "Readers are not in it" in capsys.readouterr().out
    assert main([*desk, str(tmp_path / "b"), "--with-subscribers"]) == 0
    assert "Readers are in it: personal data, keep it safe." in capsys.readouterr().out


def test_a_desk_without_an_edition_can_leave_too(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "sources.yaml").write_text(kept.SETTINGS.replace("topics: topics.yaml", ""))
    assert main(["--dir", str(tmp_path / "desk"), "export", "everything", str(tmp_path / "out")]) == 0
    assert not (tmp_path / "out" / "site").exists()
    assert "curated.db" in (tmp_path / "out" / "index.html").read_text()


def test_a_folder_that_holds_something_stays_as_it_is(left: Left, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["--dir", str(left.config.folder), "export", "everything", str(tmp_path)]) == 1
    assert "holds something already" in capsys.readouterr().err
    assert files(tmp_path) == {"notes.txt": b"mine"}


# ---------------------------------------------------------------- arriving


def test_a_desk_made_of_it_elsewhere_has_equal_counts_and_equal_editions(left: Left, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(tmp_path / "new"), "import", "everything", str(left.folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["counts"] == json.loads((left.folder / "manifest.json").read_text())["counts"]
    assert (said["editions"], said["problems"]) == (1, [])
    assert files(tmp_path / "new" / "digests") == files(left.config.digests)
    with Store.open(tmp_path / "new" / "curated.db") as there, Store.open(left.config.db) as here:
        assert there.editions() == here.editions()
        assert [dump(item) for item in there.each_item()] == [dump(item) for item in here.each_item()]
        assert there.decisions(limit=99) == here.decisions(limit=99)
        assert rebuild.rebuild(there).unequal == ()
        assert there.secret("links") != left.key
    assert main(["--dir", str(tmp_path / "new"), "check"]) == 0


def test_a_desk_that_is_there_is_not_overwritten(left: Left, capsys: pytest.CaptureFixture[str]) -> None:
    before = (left.config.folder / "sources.yaml").read_bytes()
    assert main(["--dir", str(left.config.folder), "import", "everything", str(left.folder)]) == 1
    assert "is there already and stays as it is" in capsys.readouterr().err
    assert (left.config.folder / "sources.yaml").read_bytes() == before


@pytest.mark.parametrize("name", ["curated.db", "editions/2026-11/digest.pdf", "settings/sources.yaml"])
def test_a_file_that_was_changed_on_the_way_is_named_and_nothing_is_taken_in(
    left: Left, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(left.folder, tmp_path / "out")
    (tmp_path / "out" / name).write_bytes((left.folder / name).read_bytes() + b" ")
    assert main(["--dir", str(tmp_path / "new"), "import", "everything", str(tmp_path / "out")]) == 1
    assert f"{name} is not what the manifest says." in capsys.readouterr().err
    assert files(tmp_path / "new") == {}


@pytest.mark.parametrize("words", ["", "[]", '{"files": 3}', '{"files": {}}', '{"files": {"../../etc/passwd": "x"}}'])
def test_a_manifest_that_is_none_is_a_sentence(tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text(words)
    assert main(["--dir", str(tmp_path / "new"), "import", "everything", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err
