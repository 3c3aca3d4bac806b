"""Errands around files: what comes in and what goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import click

from pipeline import urls
from pipeline.cli import late
from pipeline.cli.people import export_people, import_people
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk, settings
from pipeline.cli.session import Session, command, group, here, now
from pipeline.cli.written import account, dry_run_option, output_option, path_argument, write
from pipeline.model import ItemId, State
from pipeline.plain import json_line
from pipeline.text import nearest

format_option = click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True, help="JSON Lines or CSV.")


class Files(click.Group):
    """A group of what comes in or goes out. Some of its commands have modules of their own, which are loaded when they are called."""

    elsewhere: Mapping[str, str] = MappingProxyType({})
    """Command → its module in this package, where it is named `<group>_<command>`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self.elsewhere]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.elsewhere:
            return super().get_command(ctx, cmd_name)
        command = getattr(import_module(f"pipeline.cli.{self.elsewhere[cmd_name]}"), f"{self.name}_{cmd_name}")
        return command if isinstance(command, click.Command) else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in (known := self.list_commands(ctx)) and not args[0].startswith("-"):
            near = nearest(args[0], known)
            said = f"Did you mean “{near}”?" if near else f"There are {', '.join(known)}."
            ctx.fail(f"{self.name} knows no “{args[0]}”. {said}")
        return super().resolve_command(ctx, args)


class Imports(Files):
    elsewhere = MappingProxyType(
        {"ris": "works", "bibtex": "works", "csl": "works", "bulletins": "bulletins", "mail": "mail", "everything": "everything"}
    )


class Exports(Files):
    elsewhere = MappingProxyType({"ris": "works", "bibtex": "works", "csl": "works", "ics": "works", "site": "site", "everything": "everything"})


@group("import", "import items items.jsonl", "import ris library.ris --dry-run", kind=Imports)
def import_command() -> None:
    """Take in items, decisions, references, past issues, mail, subscribers or OPML."""


@command("items", "import items items.jsonl --dry-run", group=import_command)
@path_argument
@dry_run_option
@here
def import_items(session: Session, path: Path, dry_run: bool) -> int:
    """Take in items (JSON Lines). Each is folded and suggested like a harvested one; nothing is fetched."""
    with desk(session) as (config, store), path.open("rb") as file, progress() as report:

        def done(lines: int) -> None:
            report("importing", lines, 0)

        def suggest(items: Sequence[ItemId]) -> None:
            late.learn.suggest(config, store, items=items, model=late.learn.fit(config, store, report=report), now=now(), report=report)

        result = late.exchange.import_items(
            late.exchange.lines(file),
            store,
            count=late.learn.counted,
            suggest=suggest,
            now=now(),
            folding=config.folding,
            dry_run=dry_run,
            report=done,
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
        result = late.exchange.import_decisions(late.exchange.lines(file), store, topics=topics, now=now(), dry_run=dry_run)
    return account(session, result, dry_run=dry_run)


@command("opml", "import opml subscriptions.opml", group=import_command)
@path_argument
@dry_run_option
@here
def import_opml(session: Session, path: Path, dry_run: bool) -> int:
    """Take in the feeds of a feed reader: they are added to sources.yaml."""
    config = settings(session)
    known = {urls.canonical(source.url) for source in config.sources}
    found = late.exchange.read_opml(path.read_bytes(), taken=[source.id for source in config.sources], where=path.name)
    fresh = [source for source in found if urls.canonical(source.url) not in known]
    if not dry_run:
        late.config.add_sources(config.path, fresh)
        settings(session)
    result = late.exchange.Result()
    for source in found:
        result.count("new" if source in fresh else "known")
    return account(session, result, dry_run=dry_run)


@group("export", "export items -o items.jsonl", "export ris -o accepted.ris", kind=Exports)
def export_command() -> None:
    """Write out items, decisions, references, events, subscribers or OPML."""


@command("items", "export items --state accepted --format csv -o accepted.csv", group=export_command)
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only in this state.")
@format_option
@output_option
@here
def export_items(session: Session, state: str | None, form: str, output: Path | None) -> None:
    """Write out the items, folded ones too."""
    with desk(session) as (_, store):
        _write_rows(output, late.exchange.export_items(store, State(state) if state else None), form, late.exchange.ITEM_COLUMNS)


@command("decisions", "export decisions -o decisions.jsonl", group=export_command)
@format_option
@output_option
@here
def export_decisions(session: Session, form: str, output: Path | None) -> None:
    """Write out every decision, oldest first."""
    with desk(session) as (_, store):
        _write_rows(output, late.exchange.export_decisions(store), form, late.exchange.DECISION_COLUMNS)


@command("opml", "export opml -o subscriptions.opml", group=export_command)
@output_option
@here
def export_opml(session: Session, output: Path | None) -> None:
    """Write out the sources for a feed reader (OPML)."""
    config = settings(session)
    write(output, [late.exchange.write_opml(config.sources, f"{config.desk.name}: sources")])


def _write_rows(output: Path | None, rows: Iterable[dict[str, object]], form: str, columns: tuple[str, ...]) -> None:
    write(output, late.exchange.as_csv(rows, columns) if form == "csv" else (json_line(row) + "\n" for row in rows))


import_command.add_command(import_people, "subscribers")
export_command.add_command(export_people, "subscribers")
