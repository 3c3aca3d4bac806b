"""Words and paths that an operator mistypes: what is meant is done, or named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli.app import gleanings


def said(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(gleanings, ["--dir", str(folder), *words])
    return done.exit_code, done.output


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    assert said(tmp_path, "init", str(tmp_path))[0] == 0
    return tmp_path


def test_a_backup_to_a_path_with_a_slash_at_its_end_goes_into_a_folder(desk: Path) -> None:
    code, words = said(desk, "backup", f"{desk}/new/copies/")
    assert code == 0, words
    assert (desk / "new" / "copies").is_dir()
    assert len([one for one in (desk / "new" / "copies").glob("*.db") if not one.is_symlink()]) == 1


@pytest.mark.parametrize(
    ("group", "word", "meant"),
    [("export", "everythng", "everything"), ("export", "item", "items"), ("import", "bulletin", "bulletins"), ("import", "bibtx", "bibtex")],
)
def test_a_mistyped_errand_is_answered_with_the_near_one(desk: Path, group: str, word: str, meant: str) -> None:
    code, words = said(desk, group, word)
    assert code == 2
    assert f"Did you mean “{meant}”?" in words


def test_an_errand_that_is_like_none_is_answered_with_all(desk: Path) -> None:
    code, words = said(desk, "export", "zzzzzz")
    assert code == 2
    assert "items" in words
    assert "everything" in words
