"""The command line: one command per errand over the rooms. Decides nothing itself; turns errors into sentences and exit codes.

Only click is loaded at the start. A command's module, and the rooms it needs, are loaded when that command is called, so that `--help` is quick.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence

import click
from click.shell_completion import shell_complete

from pipeline.cli.app import gleanings
from pipeline.cli.completion import VARIABLE
from pipeline.errors import ConfigError, PipelineError
from pipeline.plain import json_line
from pipeline.text import clean

__all__ = ["main", "run"]

BUG, INTERRUPTED = 70, 130
_TOLD = 40  # lines of one mistake; the rest are counted, and all of them are in --json


def run() -> None:
    """Run the command that was typed, or tell a shell how it could go on, and end the process with its exit code."""
    if asked := os.environ.get(VARIABLE):
        sys.exit(shell_complete(gleanings, {}, "gleanings", VARIABLE, asked))
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command and give its exit code: 0 done, 1 a named error, 2 usage, 3 configuration, 4 partly done, 69, 70, 75, 130."""
    as_json = "--json" in argv
    try:
        code = _invoke(argv)
        if sys.stdout is not None:  # it was closed before we began (`>&-`)
            sys.stdout.flush()
    except PipelineError as error:
        return _tell(error, as_json)
    except click.ClickException as error:
        return _usage(error, as_json)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. Nothing is lost: the same command goes on from here.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _hush()
        return 0
    except Exception as error:  # noqa: BLE001 - one of the three places
        return _unexpected(error, as_json)
    return code


def _invoke(argv: Sequence[str]) -> int:
    try:
        with gleanings.make_context("gleanings", list(argv)) as context:
            result = gleanings.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    return result if isinstance(result, int) else 0


def _tell(error: PipelineError, as_json: bool) -> int:
    if as_json:
        words: dict[str, object] = {"error": str(error), "hint": error.hint}
        if isinstance(error, ConfigError):
            words["problems"] = error.problems
        click.echo(json_line(words), err=True)
        return error.exit_code
    lines = clean(str(error)).splitlines()
    click.echo("\n".join(lines[:_TOLD]), err=True)
    if len(lines) > _TOLD:
        click.echo(f"and {len(lines) - _TOLD:,} more like these.", err=True)
    if error.hint:
        click.echo(clean(error.hint), err=True)
    return error.exit_code


def _unexpected(error: Exception, as_json: bool) -> int:
    """A disk that fills while we print is nobody's mistake. All else is a bug, told with everything needed to find it."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        _hush()
        return _tell(PipelineError("The disk is full.", hint="Make room; then give the same command again."), as_json)
    click.echo(clean(traceback.format_exc()), err=True)
    click.echo("This is a mistake in Gleanings, not yours. Please report it with the lines above.", err=True)
    return BUG


def _usage(error: click.ClickException, as_json: bool) -> int:
    if as_json:
        click.echo(json_line({"error": error.format_message(), "hint": "Add --help to see what the command takes."}), err=True)
    else:
        error.show()
    return error.exit_code


def _hush() -> None:
    """Nobody takes what we print (`| head`, a full disk): let nothing else complain at the end of the process."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - stays open until the process ends
