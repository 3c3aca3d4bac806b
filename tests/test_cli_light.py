"""Help is quick: it loads the command line and none of the rooms behind it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pipeline.cli import late
from pipeline.cli.sources import KINDS
from pipeline.sources import KINDS as ALL_KINDS

ROOMS = ("config", "deliver", "exchange", "extract", "fetch", "harvest", "learn", "publish", "schedule", "service", "sources", "store", "web")
LIBRARIES = (
    *("apscheduler", "argon2", "asyncio", "bs4", "httpx", "icalendar", "jinja2", "lxml", "numpy", "PIL", "pypdfium2", "scipy", "sqlite3", "ssl"),
    *("starlette", "trafilatura", "typst", "uvicorn", "yaml"),
)
HEAVY = (*LIBRARIES, *(f"pipeline.{room}" for room in ROOMS))

ASK = f"""
import contextlib, io, json, sys
import click
from pipeline.cli import main
from pipeline.cli.app import gleanings

seen = set()

def ask(group, path):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = main([*path, "--help"])
    loaded = sorted(set({HEAVY!r}) & set(sys.modules) - seen)
    seen.update(loaded)
    print(json.dumps([" ".join(path), code, "Usage:" in said.getvalue(), loaded]))
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            ask(group.get_command(context, name), [*path, name])

ask(gleanings, [])
"""


@pytest.fixture(scope="module")
def asked() -> list[tuple[str, int, bool, list[str]]]:
    """Every command and subcommand, asked for help in one process: its path, exit code, whether help came, and what it loaded first."""
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_no_help_loads_a_room_or_a_library_of_one(asked: list[tuple[str, int, bool, list[str]]]) -> None:
    assert {path: loaded for path, _, _, loaded in asked if loaded} == {}


def test_every_command_has_help(asked: list[tuple[str, int, bool, list[str]]]) -> None:
    assert [path for path, code, helped, _ in asked if code or not helped] == []
    paths = {path for path, *_ in asked}
    assert {"digest build", "sources add", "import ris", "export ris", "export bibtex", "export csl", "export ics", "export site"} <= paths


def test_the_kinds_of_sources_in_the_help_are_all_there_are() -> None:
    assert tuple(ALL_KINDS) == KINDS


@pytest.mark.parametrize("room", late.__all__)
def test_every_room_opens(room: str) -> None:
    assert getattr(late, room).__name__.endswith(room)


def test_a_room_that_is_none_is_refused() -> None:
    assert not hasattr(late, "cellar")
