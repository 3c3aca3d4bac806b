"""What every command shares: where the desk is, how to answer, and the look of its help. Loads nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipeline.plain import json_line
from pipeline.text import clean


@dataclass(slots=True)
class Session:
    """One call of the command: its folder and files, and whether to answer in JSON."""

    folder: Path
    path: Path
    db: Path | None
    as_json: bool

    def say(self, words: str) -> None:
        """Print for a person. What came from the web must not steer the terminal."""
        if not self.as_json:
            click.echo(clean(words))

    def emit(self, value: object) -> None:
        """Print one line of JSON, where JSON was asked for."""
        if self.as_json:
            click.echo(json_line(value).encode("utf-8", "replace"))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print rows under their heads, in columns as wide as needed."""
        if self.as_json:
            return
        lines = [[clean(cell).replace("\n", " ") for cell in row] for row in (heads, *rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

    def note(self, words: str) -> None:
        """Print beside the results, on standard error."""
        click.echo(clean(words), err=True)


PARTLY = 4
"""Exit code of what was done but for some of it."""

here = click.make_pass_decorator(Session)
by_option = click.option("--by", default="", metavar="NAME", help="Who decides; stands in the record.", envvar="USER")


def command(name: str, *examples: str, group: click.Group | None = None) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command whose help shows examples, and which takes `--json` behind its name too."""

    def make(function: Callable[..., Any]) -> click.Command:
        option = click.option("--json", is_flag=True, expose_value=False, callback=_ask_json, help="Print JSON.")
        maker = group.command if group is not None else click.command
        return maker(name, epilog=_epilog(examples))(option(function))

    return make


def group(name: str, *examples: str, kind: type[click.Group] = click.Group) -> Callable[[Callable[..., Any]], click.Group]:
    """Make a group of commands on one subject."""
    return click.group(name, cls=kind, epilog=_epilog(examples))


def now() -> datetime:
    return datetime.now(UTC)


def day(value: datetime | None) -> str:
    """Write a moment as a person at this machine reads it."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M") if value else "never"


def in_words(counts: Mapping[str, int], nothing: str = "none") -> str:
    """Write counts by name in one line: "2 failed, 40 sent"."""
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or nothing


def _ask_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Session).as_json = True


def _epilog(examples: Sequence[str]) -> str:
    return "\b\n" + "\n".join(["Example:" if len(examples) == 1 else "Examples:", *(f"  gleanings {one}" for one in examples)])
