"""Errands around files: what comes in and what goes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

import click

from pipeline import exchange, urls
from pipeline.cli.people import export_people, import_people
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk, settings
from pipeline.cli.session import Session, command, group, here, now
from pipeline.cli.written import account, dry_run_option, output_option, path_argument, write
from pipeline.config import add_sources
from pipeline.exchange import Result
from pipeline.model import ItemId, State
from pipeline.plain import json_line

format_option = click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True, help="JSON Lines or CSV.")


class Imports(click.Group):
    """The group of what comes in. Some of its commands need rooms that take long to load, and are loaded when they are called."""

    late = ("bulletins", "mail")

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self.late]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.late:
            return super().get_command(ctx, cmd_name)
        command = getattr(import_module(f"pipeline.cli.{cmd_name}"), f"import_{cmd_name}")
        return command if isinstance(command, click.Command) else None


@group("import", "import items items.jsonl", "import subscribers readers.csv --dry-run", kind=Imports)
def import_command() -> None:
    """Take in items, decisions, past issues, mail, subscribers or OPML."""


@command("items", "import items items.jsonl --dry-run", group=import_command)
@path_argument
@dry_run_option
@here
def import_items(session: Session, path: Path, dry_run: bool) -> int:
    """Take in items (JSON Lines). Each is folded and suggested like a harvested one; nothing is fetched."""
    from pipeline import learn  # here and not above: it takes half a second to load, and the other errands do not need it

    with desk(session) as (config, store), path.open("rb") as file, progress() as report:

        def done(lines: int) -> None:
            report("importing", lines, 0)

        def suggest(items: Sequence[ItemId]) -> None:
            learn.suggest(config, store, items=items, model=learn.fit(config, store, report=report), now=now(), report=report)

        result = exchange.import_items(
            exchange.lines(file), store, count=learn.counted, suggest=suggest, now=now(), dry_run=dry_run, report=done
        )
    return account(session, result, dry_run=dry_run)


@command("decisions", "import decisions decisions.jsonl", group=import_command)
@path_argument
@dry_run_option
@here
def import_decisions(session: Session, path: Path, dry_run: bool) -> int:
    """Take in decisions (JSON Lines) on items that are here."""
    with desk(session) as (config, store), path.open("rb") as file:
        topics = [topic.id for topic in config.topics]
        result = exchange.import_decisions(exchange.lines(file), store, topics=topics, now=now(), dry_run=dry_run)
    return account(session, result, dry_run=dry_run)


@command("opml", "import opml subscriptions.opml", group=import_command)
@path_argument
@dry_run_option
@here
def import_opml(session: Session, path: Path, dry_run: bool) -> int:
    """Take in the feeds of a feed reader: they are added to sources.yaml."""
    config = settings(session)
    known = {urls.canonical(source.url) for source in config.sources}
    found = exchange.read_opml(path.read_bytes(), taken=[source.id for source in config.sources], where=path.name)
    fresh = [source for source in found if urls.canonical(source.url) not in known]
    if not dry_run:
        add_sources(config.path, fresh)
        settings(session)
    result = Result()
    for source in found:
        result.count("new" if source in fresh else "known")
    return account(session, result, dry_run=dry_run)


@group("export", "export items -o items.jsonl", "export subscribers -o readers.csv")
def export_command() -> None:
    """Write out items, decisions, subscribers or OPML."""


@command("items", "export items --state accepted --format csv -o accepted.csv", group=export_command)
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only in this state.")
@format_option
@output_option
@here
def export_items(session: Session, state: str | None, form: str, output: Path | None) -> None:
    """Write out the items, folded ones too."""
    with desk(session) as (_, store):
        _write_rows(output, exchange.export_items(store, State(state) if state else None), form, exchange.ITEM_COLUMNS)


@command("decisions", "export decisions -o decisions.jsonl", group=export_command)
@format_option
@output_option
@here
def export_decisions(session: Session, form: str, output: Path | None) -> None:
    """Write out every decision, oldest first."""
    with desk(session) as (_, store):
        _write_rows(output, exchange.export_decisions(store), form, exchange.DECISION_COLUMNS)


@command("opml", "export opml -o subscriptions.opml", group=export_command)
@output_option
@here
def export_opml(session: Session, output: Path | None) -> None:
    """Write out the sources for a feed reader (OPML)."""
    config = settings(session)
    write(output, [exchange.write_opml(config.sources, f"{config.desk.name}: sources")])


def _write_rows(output: Path | None, rows: Iterable[dict[str, object]], form: str, columns: tuple[str, ...]) -> None:
    write(output, exchange.as_csv(rows, columns) if form == "csv" else (json_line(row) + "\n" for row in rows))


import_command.add_command(import_people, "subscribers")
export_command.add_command(export_people, "subscribers")
