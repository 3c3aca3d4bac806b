"""README and `docs/` are true: whatever can be typed, configured or go wrong stands in them, and what they show works."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import click
import pytest

from pipeline import cli, errors, model, render, sources
from pipeline.cli.app import gleanings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = "\n".join([README, *(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("*.md")))])
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def commands(group: click.Group, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    context = click.Context(group)
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found += commands(command, (*before, name)) if isinstance(command, click.Group) else [(*before, name)]
    return found


@pytest.mark.parametrize("words", commands(gleanings), ids=" ".join)
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    assert re.search(rf"`(?:gleanings )?{re.escape(' '.join(words))}[\s`]", PAGES)


@pytest.mark.parametrize("words", commands(gleanings), ids=" ".join)
def test_every_command_shows_an_example(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*words, "--help"]) == 0
    examples = capsys.readouterr().out.partition("Example")[2]
    assert f"gleanings {' '.join(words)}" in examples or f"gleanings {' '.join(reversed(words))}" in examples


def shown() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGES, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("gleanings ")]


@pytest.mark.parametrize("line", shown())
def test_every_command_that_is_shown_is_understood(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse it down to the last option; `test_demo` and `test_journey` run them."""
    monkeypatch.chdir(tmp_path)
    Path("past-issues").mkdir()
    Path("ward.jpg").touch()
    words = shlex.split(line)[1:]
    command: click.Command = gleanings
    context = click.Context(gleanings, info_name="gleanings")
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
    with command.make_context(command.name, words, parent=context, resilient_parsing=False) as made:
        assert made.command is command


@pytest.mark.parametrize("kind", sources.KINDS)
def test_every_kind_of_source_is_documented(kind: str) -> None:
    assert f"| `{kind}` |" in PAGES


@pytest.mark.parametrize("name", render.FORMATS)
def test_every_format_is_documented_with_its_file(name: str) -> None:
    assert f"`{name}`" in PAGES
    assert f"`{render.FORMATS[name].filename}`" in PAGES


@pytest.mark.parametrize("error", [name for name, kind in vars(errors).items() if isinstance(kind, type) and name.endswith("Error")])
def test_every_error_is_documented(error: str) -> None:
    general = {"PipelineError", "FetchError"}  # never raised by themselves
    assert error in general or f"| `{error}` |" in PAGES


WRITTEN_OTHERWISE = {
    "sender": "from", "host": "smtp", "port": "smtp", "password": "GLEANINGS_SMTP_PASSWORD", "concurrency": "concurrency",
    "mail_passwords": "GLEANINGS_IMAP_PASSWORD", "listmonk_token": "GLEANINGS_LISTMONK_TOKEN",
}  # fmt: skip


@pytest.mark.parametrize("settings", [model.Desk, model.HarvestSettings, model.DigestSettings, model.MailSettings, model.Topic, model.SectionRule])
def test_every_setting_is_documented(settings: type) -> None:
    names = [WRITTEN_OTHERWISE.get(field.name, field.name) for field in dataclasses.fields(settings)]
    assert not [name for name in names if not re.search(rf"[`.]{re.escape(name)}[`.]", PAGES)]


def test_every_room_is_in_the_architecture() -> None:
    rooms = [path.name for path in (ROOT / "pipeline").iterdir() if path.name not in ("__pycache__", "__init__.py", "__main__.py")]
    assert not [room for room in rooms if f"`{room}`" not in ARCHITECTURE and f"`{room}/`" not in ARCHITECTURE]


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"
