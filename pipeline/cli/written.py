"""What commands share that read and write files: their options, the account of what came in, and a file written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click

from pipeline.cli.session import Session
from pipeline.errors import PipelineError
from pipeline.exchange import Result

PARTLY = 4

path_argument = click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
output_option = click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; standard output if left out.")


def account(session: Session, result: Result, *, dry_run: bool) -> int:
    """Say what became of a file, each bad line by its number, and give the exit code."""
    session.emit({"read": result.total, **result.counts, "wrong": result.wrong, "problems": result.problems, "dry_run": dry_run})
    for problem in result.problems:
        session.note(problem)
    if result.wrong > len(result.problems):
        session.note(f"… and {result.wrong - len(result.problems)} more lines.")
    counts = ", ".join(f"{number} {what}" for what, number in sorted(result.counts.items())) or "nothing"
    session.say(f"{'Would take in' if dry_run else 'Taken in'}: {counts}." + (f" {result.wrong} lines left out." if result.wrong else ""))
    return 0 if not result.wrong else PARTLY if result.counts else 1


def write(output: Path | None, parts: Iterable[str]) -> None:
    """Write to a file, whole or not at all, or to standard output."""
    if output is None or str(output) == "-":
        for part in parts:
            click.echo(part.encode("utf-8", "replace"), nl=False)
        return
    whole = output.is_file() or not output.exists()  # a pipe or a device is written as it stands, and never replaced
    place = output.resolve() if whole else output
    draft = place.with_name(f".{place.name}.{os.getpid()}") if whole else place
    try:
        with draft.open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(parts)
        if whole:
            draft.replace(place)
    except OSError as error:
        raise PipelineError(f"{output} cannot be written: {error.strerror}.", hint="Choose another place with -o, or make room.") from error
    finally:
        with suppress(OSError):
            if whole:
                draft.unlink(missing_ok=True)
