"""The tutorial and the how-tos are true: every command that they show is given, in the order of the pages, at one desk with a small web around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console import Console, steps
from tests.desk import ROOT
from tests.docs_web import belongings, furnished
from tests.web import Web

DOCS = ROOT / "docs"
PAGES = (
    *("tutorial", "from-feed-reader", "from-word", "from-alert-mails", "from-mailchimp"),
    *("first-month", "member-request", "repair", "backup", "leave"),
)
"""In the order in which somebody would read them: what one page made, the next one finds."""


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch, Web() as web:
        for name in ("NO_PROXY", "no_proxy"):
            patch.delenv(name, raising=False)
        for name, value in web.environment(folder).items():
            patch.setenv(name, value)
        furnished(web)
        belongings(folder / "whats-new")
        yield Console(folder)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_does_what_the_page_shows(page: str, console: Console) -> None:
    given = steps(DOCS / f"{page}.md")
    assert given
    for step in given:
        told = console.run(step.command)
        assert told.code == 0, f"{page}: {step.command}\n{told.words}"
        assert step.lacking(told.words) == [], f"{page}: {step.command}\n{told.words}"
        if step.command.startswith("gleanings init"):
            _hurry(console.folder / "whats-new" / "sources.yaml")


def test_every_page_that_shows_a_terminal_is_run() -> None:
    assert {path.stem for path in DOCS.glob("*.md") if steps(path)} == set(PAGES)


@pytest.mark.parametrize(
    ("shown", "told"), [("3 new, …", "17 new, 0 known"), ("… is whole", "/a/b.db is whole"), ("…", "whatever"), ("a  b", "x\na b")]
)
def test_numbers_and_dots_stand_for_what_comes_out(shown: str, told: str, tmp_path: Path) -> None:
    assert _lacking(tmp_path, shown, told) == []


@pytest.mark.parametrize(("shown", "told"), [("3 new", "3 known"), ("new", "3 new"), ("b\na", "a\nb")])
def test_other_words_than_are_shown_are_noticed(shown: str, told: str, tmp_path: Path) -> None:
    assert _lacking(tmp_path, shown, told)


def _lacking(folder: Path, shown: str, told: str) -> list[str]:
    page = folder / "page.md"
    page.write_text(f"```console\n$ gleanings status\n{shown}\n```\n", encoding="utf-8")
    (step,) = steps(page)
    return step.lacking(told)


def _hurry(settings: Path) -> None:
    """Leave out the pause between two questions to one host: this web is ours."""
    words = settings.read_text(encoding="utf-8")
    assert "delay: 1s" in words
    settings.write_text(words.replace("delay: 1s", "delay: 0s"), encoding="utf-8")
