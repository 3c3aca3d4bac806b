"""The commands as click knows them: the page `commands.md` and the manual page `gleanings.1`. Nothing is written by hand here but the frame."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import click

from pipeline.cli.app import gleanings

EXIT_CODES = {
    0: "done",
    1: "a named error: one sentence, and what to do next",
    2: "usage: the command was typed wrongly",
    3: "configuration: every problem is listed with its line",
    4: "partly done: some of it failed, the rest is done",
    69: "a server that is needed does not answer",
    70: "a mistake in Gleanings, with a traceback",
    75: "another instance is at work; try later",
    130: "interrupted; nothing is lost",
}
_WIDTH = 96
_COMMON = {"json", "help"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One command that does something: its words, and click's own account of it."""

    words: str
    command: click.Command
    context: click.Context

    @property
    def usage(self) -> str:
        return f"gleanings {self.words} {' '.join(self.command.collect_usage_pieces(self.context))}"

    @property
    def about(self) -> str:
        return " ".join((self.command.help or "").split("\f")[0].replace("\b", "").split())

    @property
    def options(self) -> list[tuple[str, str]]:
        """Each option with its words, without those that every command has."""
        rows = [parameter.get_help_record(self.context) for parameter in self.command.params if parameter.name not in _COMMON]
        return [(name, " ".join(words.split())) for name, words in filter(None, rows)]

    @property
    def examples(self) -> list[str]:
        lines = (self.command.epilog or "").replace("\b", "").splitlines()
        return [line.strip() for line in lines if line.strip().startswith("gleanings ")]


def entries(group: click.Group = gleanings, before: tuple[str, ...] = (), parent: click.Context | None = None) -> Iterator[Entry]:
    """Go through the commands in the order of the help, those of a group one by one."""
    context = click.Context(group, info_name=(before or ("gleanings",))[-1], parent=parent, max_content_width=_WIDTH)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from entries(command, (*before, name), context)
        elif command is not None:
            yield Entry(" ".join((*before, name)), command, click.Context(command, info_name=name, parent=context))


def _general() -> list[tuple[str, str]]:
    context = click.Context(gleanings, info_name="gleanings")
    rows = [parameter.get_help_record(context) for parameter in gleanings.get_params(context)]
    return [(name, " ".join(words.split())) for name, words in filter(None, rows)]


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("<", "&lt;")


def page() -> str:
    """Write `commands.md`."""
    lines = ["# Commands", "", "Made from the program itself. `gleanings COMMAND --help` says the same.", "", "## For every command", ""]
    lines += ["```", "gleanings [OPTIONS] COMMAND", "```", "", "| Option | Means |", "|---|---|"]
    lines += [f"| `{_cell(name)}` | {_cell(words)} |" for name, words in _general()]
    lines += ["", "`--json` may also stand behind the command.", "", "## Exit codes", "", "| Code | Means |", "|---|---|"]
    lines += [f"| {code} | {words} |" for code, words in EXIT_CODES.items()]
    for entry in entries():
        lines += ["", f"## `{entry.words}`", "", _cell(entry.about), "", "```", *textwrap.wrap(entry.usage, _WIDTH, subsequent_indent="  "), "```"]
        if entry.options:
            lines += ["", "| Option | Means |", "|---|---|", *(f"| `{_cell(name)}` | {_cell(words)} |" for name, words in entry.options)]
        lines += ["", "```", *entry.examples, "```"] if entry.examples else []
    return "\n".join(lines) + "\n"


def _roff(words: str) -> str:
    """Write words so that the formatter takes none for its own."""
    safe = words.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return re.sub(r"^\.", r"\\&.", safe)


def manual() -> str:
    """Write `gleanings.1`, in the macros of man(7). It has no date: the same program gives the same bytes."""
    lines = [f'.TH GLEANINGS 1 "" "gleanings {version("gleanings")}" "User Commands"', ".SH NAME"]
    lines += [f"gleanings \\- {_roff((gleanings.help or '').strip().rstrip('.'))}", ".SH SYNOPSIS", ".B gleanings"]
    lines += [_roff("[OPTIONS] COMMAND [ARGUMENTS]"), ".SH OPTIONS"]
    for name, words in _general():
        lines += [".TP", f"\\fB{_roff(name)}\\fR", _roff(words)]
    lines.append(".SH COMMANDS")
    for entry in entries():
        lines += [f'.SS "{_roff(entry.words)}"', f"\\fB{_roff(entry.usage)}\\fR", ".PP", _roff(entry.about)]
        for name, words in entry.options:
            lines += [".TP", f"\\fB{_roff(name)}\\fR", _roff(words)]
        lines += [".PP", ".nf", *(f"    {_roff(example)}" for example in entry.examples), ".fi"] if entry.examples else []
    lines.append(".SH EXIT STATUS")
    for code, words in EXIT_CODES.items():
        lines += [".TP", f"\\fB{code}\\fR", _roff(words)]
    lines += [".SH FILES", ".TP", "\\fIsources.yaml\\fR", "settings, sources, topics and rules: yours", ".TP", "\\fIcurated.db\\fR"]
    lines += ["everything that happened (SQLite)", ".TP", "\\fIdigests/\\fR", "what was published"]
    return "\n".join(lines) + "\n"
