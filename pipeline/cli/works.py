"""Errands around references: items out for reference managers and calendars, and reference managers' files in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from pipeline.cli import late, rooms
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, here, now
from pipeline.cli.written import account, dry_run_option, output_option, path_argument, write
from pipeline.model import ItemId, State

state_option = click.option(
    "--state", type=click.Choice([state.value for state in State]), help="Only in this state; what is accepted and published if left out."
)
topic_option = click.option("--topic", help="Only on this topic.")


@command("ris", "import ris library.ris --dry-run")
@path_argument
@dry_run_option
@here
def import_ris(session: Session, path: Path, dry_run: bool) -> int:
    """Take in references (RIS, or PubMed's form of it) from a reference manager; what is here already is folded."""
    return _read(session, late.exchange.read_ris, path, dry_run=dry_run)


@command("bibtex", "import bibtex library.bib --dry-run")
@path_argument
@dry_run_option
@here
def import_bibtex(session: Session, path: Path, dry_run: bool) -> int:
    """Take in references (BibTeX or BibLaTeX) from a reference manager; what is here already is folded."""
    return _read(session, late.exchange.read_bibtex, path, dry_run=dry_run)


@command("csl", "import csl library.json --dry-run")
@path_argument
@dry_run_option
@here
def import_csl(session: Session, path: Path, dry_run: bool) -> int:
    """Take in references (CSL-JSON) from a reference manager; what is here already is folded."""
    return _read(session, late.exchange.read_csl, path, dry_run=dry_run)


def _read(session: Session, read: Callable[..., Iterator[tuple[int, dict[str, Any]]]], path: Path, *, dry_run: bool) -> int:
    with desk(session) as (config, store), progress() as report:

        def suggest(items: Sequence[ItemId]) -> None:
            late.learn.suggest(config, store, items=items, model=late.learn.fit(config, store, report=report), now=now(), report=report)

        body = path.read_bytes()
        result = late.exchange.import_references(
            lambda result: read(body, result, where=path.name),
            store,
            count=late.learn.counted,
            suggest=suggest,
            now=now(),
            folding=config.folding,
            dry_run=dry_run,
        )
    return account(session, result, dry_run=dry_run)


@command("ris", "export ris -o accepted.ris", "export ris --topic leadership")
@state_option
@topic_option
@output_option
@here
def export_ris(session: Session, state: str | None, topic: str | None, output: Path | None) -> None:
    """Write out items as references for EndNote, Zotero and their like (RIS)."""
    _write(session, "ris", state, topic=topic, output=output)


@command("bibtex", "export bibtex -o accepted.bib")
@state_option
@topic_option
@output_option
@here
def export_bibtex(session: Session, state: str | None, topic: str | None, output: Path | None) -> None:
    """Write out items as references for LaTeX (BibTeX)."""
    _write(session, "bibtex", state, topic=topic, output=output)


@command("csl", "export csl -o accepted.json")
@state_option
@topic_option
@output_option
@here
def export_csl(session: Session, state: str | None, topic: str | None, output: Path | None) -> None:
    """Write out items as references for citation processors (CSL-JSON)."""
    _write(session, "csl", state, topic=topic, output=output)


@command("ics", "export ics -o events.ics")
@state_option
@topic_option
@output_option
@here
def export_ics(session: Session, state: str | None, topic: str | None, output: Path | None) -> None:
    """Write out the events among the items (iCalendar)."""
    _write(session, "ics", state, topic=topic, output=output)


def _write(session: Session, form: str, state: str | None, *, topic: str | None, output: Path | None) -> None:
    with desk(session) as (config, store):
        if topic is not None:
            rooms.topics((topic,), config)
        items = late.exchange.kept(store, State(state) if state else None, topic)
    names = {one.id: one.name for one in config.topics}
    write(output, [late.exchange.calendar(items, config.desk, names).decode() if form == "ics" else late.exchange.references(items, form, names)])
