"""The pages of `docs/`: what is made from the program is fresh, the site builds, every link leads somewhere, and nothing is asked of another host."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
from bs4 import BeautifulSoup
from click.shell_completion import CompletionItem

from pipeline import cli
from pipeline.cli.app import COMMANDS, gleanings
from pipeline.cli.completion import SHELLS, VARIABLE
from tests.desk import ROOT

DOCS = ROOT / "docs"
MADE = ("commands.md", "settings.md", "database.md", "http-api.md", "errors.md", "keys.md", "formats.md", "metrics.md", "gleanings.1")
_LOADED = "script[src], img[src], iframe, link[rel=stylesheet], link[rel*=icon]"
RUN = [sys.executable, "-c", "import sys; from pipeline.cli import run; sys.exit(run())"]


def test_what_is_made_from_the_program_is_fresh() -> None:
    done = subprocess.run([sys.executable, "docs/site/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_made_page_is_there() -> None:
    assert all((DOCS / name).stat().st_size > 500 for name in MADE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    if "CI" not in os.environ:
        pytest.importorskip("mkdocs", reason="mkdocs is not installed; `make install` brings it")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", "docs/site/mkdocs.yml", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built_and_can_be_found(site: Path) -> None:
    pages = {path.stem for path in site.glob("*.html")}
    assert {path.stem for path in DOCS.glob("*.md")} <= pages
    assert "fold" in (site / "search" / "search_index.json").read_text(encoding="utf-8")


def test_every_link_and_anchor_of_the_site_leads_somewhere(site: Path) -> None:
    pages = {path.name: BeautifulSoup(path.read_bytes(), "lxml") for path in site.glob("*.html")}
    anchors = {name: {str(tag["id"]) for tag in page.find_all(id=True)} for name, page in pages.items()}
    dead = []
    for name, page in pages.items():
        for tag in page.find_all(href=True):
            parts = urlsplit(str(tag["href"]))
            if parts.scheme or name == "404.html" or parts.path.startswith("/"):
                continue
            target = unquote(parts.path) or name
            there = target in anchors and (not parts.fragment or unquote(parts.fragment) in anchors[target])
            if not there and not ((site / target).exists() and target not in anchors):
                dead.append(f"{name}: {tag['href']}")
    assert not dead


def test_a_page_asks_nothing_of_another_host(site: Path) -> None:
    asked = [
        f"{path.name}: {tag}"
        for path in site.glob("*.html")
        for tag in BeautifulSoup(path.read_bytes(), "lxml").select(
            "script[src], img[src], iframe, link[rel=stylesheet], link[rel=icon], link[rel*=icon]"
        )
        if urlsplit(str(tag.get("src") or tag.get("href"))).netloc
    ]
    styles = [path.name for path in site.rglob("*.css") if re.search(r"@import|url\(['\"]?(https?:)?//", path.read_text(encoding="utf-8"))]
    assert not asked
    assert not styles


def test_the_manual_page_names_every_command() -> None:
    words = (DOCS / "gleanings.1").read_text(encoding="utf-8").replace("\\-", "-")
    assert not [name for name in COMMANDS if not re.search(rf'^\.SS "{re.escape(name)}[ "]', words, re.MULTILINE)]


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_manual_page_is_set_without_a_complaint() -> None:
    command = ["groff", "-man", "-Tutf8", "-ww", "-rLL=100n", str(DOCS / "gleanings.1")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "sources repair" in re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    assert not [line for line in done.stderr.splitlines() if "cannot adjust line" not in line and "cannot break line" not in line]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_is_given_the_script_that_asks_us(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"{VARIABLE}={shell}_complete" in script
    if program := shutil.which(shell):
        assert subprocess.run([program, "-n"], input=script, text=True, check=False).returncode == 0


def test_what_could_come_next_is_answered() -> None:
    asked = {**os.environ, VARIABLE: "bash_complete", "COMP_WORDS": "gleanings sources re", "COMP_CWORD": "2"}
    done = subprocess.run(RUN, env=asked, capture_output=True, text=True, check=True)
    assert {"plain,record", "plain,repair", "plain,resume"} <= set(done.stdout.split())


def test_every_command_can_be_completed() -> None:
    found: list[CompletionItem] = gleanings.shell_complete(click.Context(gleanings), "")
    assert {item.value for item in found} >= set(COMMANDS)
