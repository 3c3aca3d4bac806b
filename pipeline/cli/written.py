"""What commands share that read and write files: their options, the account of what came in, and a file written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.session import PARTLY, Session, in_words
from pipeline.errors import PipelineError
from pipeline.files import write_whole

if TYPE_CHECKING:
    from pipeline.exchange import Result

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
    session.say(
        f"{'Would take in' if dry_run else 'Taken in'}: {in_words(result.counts, 'nothing')}."
        + (f" {result.wrong} lines left out." if result.wrong else "")
    )
    return 0 if not result.wrong else PARTLY if result.counts else 1


def write(output: Path | None, parts: Iterable[str]) -> None:
    """Write to a file, whole or not at all, or to standard output."""
    encoded = (part.encode("utf-8", "replace") for part in parts)
    if output is None or str(output) == "-":
        for part in encoded:
            click.echo(part, nl=False)
        return
    try:
        if output.is_file() or not output.exists():
            write_whole(output, encoded)
        else:  # a pipe or a device is written as it stands, and never replaced
            with output.open("wb") as file:
                file.writelines(encoded)
    except OSError as error:
        raise PipelineError(f"{output} cannot be written: {error.strerror}.", hint="Choose another place with -o, or make room.") from error
