"""Works that were withdrawn after they stood in an edition: `gleanings retractions`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, group, here
from pipeline.cli.written import account, dry_run_option, path_argument
from pipeline.text import counted

if TYPE_CHECKING:
    from pipeline.publish.retractions import Proposal
    from pipeline.store import Retraction

_STEP = 1_000


@group("retractions", "retractions list", "retractions import retraction_watch.csv")
def retractions_command() -> None:
    """Watch for works that were withdrawn, by a list that you bring."""


@command("list", "retractions list", "retractions list --json", group=retractions_command)
@here
def list_retractions(session: Session) -> None:
    """List what stood in an edition and was withdrawn since, each with the command that puts it right."""
    with desk(session) as (_, store):
        found = late.retractions.proposals(store)
    for one in found:
        session.emit(_document(one))
        session.say(f"{one.sentence}\n  {one.command}")
    if not found:
        session.say("No released edition holds a work that the list calls withdrawn and no correction names yet.")


@command("import", "retractions import retraction_watch.csv", "retractions import dois.txt --dry-run", group=retractions_command)
@path_argument
@dry_run_option
@here
def import_retractions(session: Session, path: Path, dry_run: bool) -> int:
    """Take in a list: the Retraction Watch data as Crossref publishes them (CSV), or DOIs, one a line. `retractions list` says what it means."""
    result = late.exchange.Result()
    with desk(session) as (_, store), path.open("rb") as file:
        with progress() as report:
            rows = _told(late.exchange.read_retractions(file, result), report)
            if dry_run:
                deque(rows, maxlen=0)
            else:
                store.keep_retractions(rows)
        concerned = len(late.retractions.proposals(store))
    code = account(session, result, dry_run=dry_run)
    if concerned and not dry_run:
        session.note(f"{counted(concerned, 'entry', 'entries')} of released editions should be put right: `gleanings retractions list`.")
    return code


def _told(rows: Iterator[Retraction], report: Callable[[str, int, int], None]) -> Iterator[Retraction]:
    for number, row in enumerate(rows, 1):
        if number % _STEP == 0:
            report("reading", number, 0)
        yield row


def _document(one: Proposal) -> dict[str, object]:
    return {
        "edition": one.edition,
        "item": one.item,
        "place": one.place,
        "title": one.title,
        "nature": one.retraction.nature,
        "day": one.retraction.day,
        "reason": one.retraction.reason,
        "notice": one.retraction.notice,
        "severity": one.severity,
        "note": one.note,
        "command": one.command,
    }
