"""Errand of the first day: past issues of a bulletin come in, and the first ranked queue learns from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from pipeline.cli import late
from pipeline.cli.progress import Report, progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import PARTLY, Session, by_option, command, here, in_words, now
from pipeline.cli.written import dry_run_option
from pipeline.errors import PipelineError
from pipeline.text import counted

if TYPE_CHECKING:
    from pipeline.exchange import Result
    from pipeline.exchange.bulletins import Issue


@command("bulletins", "import bulletins past-issues/ --dry-run", "import bulletins april.docx may.pdf")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path, exists=True))
@dry_run_option
@by_option
@here
def import_bulletins(session: Session, paths: tuple[Path, ...], dry_run: bool, by: str) -> int:
    """Take in past issues (.html .eml .docx .pdf .md, or folders of them): their items count as kept and published then."""
    with desk(session) as (config, store), progress() as report:
        issues, refused = _read(session, paths, ZoneInfo(config.desk.timezone), report=report)
        result = late.bulletins.keep(issues, config, store, by=by, now=now(), dry_run=dry_run)
        if result.counts.get("kept") and not dry_run:
            late.learn.train(config, store, now=now(), report=report)
    for problem in result.problems:
        session.note(problem)
    _account(session, issues, result, dry_run=dry_run)
    wrong = refused + result.wrong
    return 0 if not wrong else PARTLY if result.counts else 1


def _read(session: Session, paths: tuple[Path, ...], zone: ZoneInfo, *, report: Report) -> tuple[list[Issue], int]:
    """Read every file, and say at once what is in it, or why it cannot be read."""
    issues: list[Issue] = []
    found = list(late.bulletins.files(paths))
    if not found:
        session.note(f"There is nothing to read there: issues are files that end in {', '.join(late.bulletins.READERS)}.")
    for number, path in enumerate(found, start=1):
        try:
            issue = late.bulletins.read(path)
        except PipelineError as error:
            session.note(f"{error.sentence} {error.hint}".strip())
            session.emit({"file": path.name, "issue": None, "sections": [], "items": [], "error": error.sentence})
            continue
        issues.append(issue)
        session.emit(late.bulletins.issue_line(issue, zone))
        session.say(
            f"{path.name}: {issue.bulletin}, {issue.month or 'of no known month'}: "
            f"{counted(len(issue.entries), 'item')}, {counted(len(issue.sections), 'section')}"
        )
        report("reading", number, len(found))
    return issues, len(found) - len(issues) or int(not found)


def _account(session: Session, issues: Sequence[Issue], result: Result, *, dry_run: bool) -> None:
    """Say what became of the items, and print the draft of sections and topics, which nobody but the curator writes into her settings."""
    if not issues:
        return
    session.say(f"\n{'Would take in' if dry_run else 'Taken in'}: {in_words(result.counts, 'nothing')}.")
    if draft := late.bulletins.draft(issues):
        session.say(f"\nTheir headings as a draft for sources.yaml, to be read before it is pasted:\n\n{draft}")
