"""The table of commands, and the group that loads a command's module only when it is called."""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path

import click

from pipeline.cli.session import Session
from pipeline.text import clean, nearest, squeeze

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("system", "Write a commented sources.yaml and a charter.md to start from."),
    "check": ("system", "Read sources.yaml and name every problem."),
    "sources": ("sources", "List, add, test, judge, repair, pause and resume sources."),
    "harvest": ("harvest", "Ask the sources that are due, and visit what they name."),
    "add": ("harvest", "Take a link by hand."),
    "queue": ("queue", "List what waits for a decision, best first."),
    "show": ("queue", "Show an item, with the origin of every field."),
    "explain": ("learn", "Say why these topics, this rank, this fold."),
    "accept": ("decide", "Accept items for the digest."),
    "reject": ("decide", "Reject items."),
    "defer": ("decide", "Put items off for two weeks."),
    "reopen": ("decide", "Put decided items back into the queue."),
    "picture": ("picture", "Give an item a picture for the editions."),
    "fold": ("decide", "Say that two items are the same."),
    "unfold": ("decide", "Say that a folded item is another one."),
    "undo": ("decide", "Take back the last decisions."),
    "more": ("learn", "Ask for more of what an item is."),
    "less": ("learn", "Ask for less of what an item is."),
    "rules": ("rules", "Show what the filters would have done to the items of the last days."),
    "topics": ("topics", "Show the taxonomy in force against sources.yaml, and what would move."),
    "digest": ("digest", "List, build, show, check, freeze, release and correct editions."),
    "collections": ("collections", "List, build, show and review living collections."),
    "links": ("links", "Ask links of old editions whether they still lead somewhere."),
    "retractions": ("retractions", "Watch for works that were withdrawn, by a list that you bring."),
    "send": ("send", "Mail a released edition to its subscribers."),
    "outbox": ("send", "Say what became of each message."),
    "user": ("user", "List, add and change the people at the desk, and make tokens for programs."),
    "people": ("spellings", "List spellings of people and publishers that may be one, and write down which are."),
    "subscribers": ("people", "List, add, confirm, import, export and erase subscribers."),
    "mail": ("incoming", "Read the mailboxes in which bounces and replies arrive."),
    "survey": ("survey", "Ask the members how the network is doing: open a round, end it, read its results."),
    "import": ("files", "Take in items, decisions, references, past issues, mail, subscribers or OPML."),
    "export": ("files", "Write out items, decisions, references, events, subscribers or OPML."),
    "impact": ("impact", "Say what readers found useful and used in a year's editions."),
    "train": ("learn", "Learn from the decisions, and order the queue anew."),
    "evaluate": ("learn", "Say how good suggestions and order are."),
    "serve": ("service", "Run the desk, the public pages and the scheduler."),
    "status": ("status", "Say how the sources, the queue and the editions are."),
    "doctor": ("doctor", "Look at everything that could stand in the way."),
    "hooks": ("hooks", "List what other programs were told, and try whether they can be."),
    "datasette": ("datasette", "Write metadata.json, which explains the database to Datasette."),
    "backup": ("keep", "Write a checked copy of the database, while others use it."),
    "restore": ("keep", "Put a copy in the place of this desk's database."),
    "migrate": ("keep", "Bring an older database up to date."),
    "prune": ("keep", "Let go of old page copies, runs and words of what was rejected."),
    "config": ("system", "Show the settings in force, secrets masked."),
    "completion": ("completion", "Print the script that lets a shell complete commands and options."),
}
"""Command → its module in this package (where it is named `<command>_command`), and its line in the help."""

EXAMPLE = """\b
Examples:
  gleanings init
  gleanings sources add https://www.example.org/blog
  gleanings harvest
  gleanings queue --limit 10
  gleanings accept 214 --topic leadership
  gleanings digest build 2026-12
"""


class Commands(click.Group):
    """A group whose commands stand in `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"pipeline.cli.{COMMANDS[cmd_name][0]}"), f"{cmd_name}_command")
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by their lines in the table: click would load every module to ask."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = nearest(name, COMMANDS)
            ctx.fail(f"There is no command “{name}”." + (f" Did you mean “{near}”?" if near else " `gleanings --help` lists them."))
        return super().resolve_command(ctx, args)


class _Lines(logging.Formatter):
    """One line for each message, whatever it quotes from the web: it must neither begin a line of its own nor steer the terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - its name in the library
        return squeeze(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))


@click.group(cls=Commands, epilog=EXAMPLE, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder of the desk; the current one if left out."
)
@click.option("--config", "config", type=click.Path(path_type=Path, dir_okay=False), help="Settings; DIR/sources.yaml if left out.")
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="Database; DIR/curated.db if left out.")
@click.option("-v", "--verbose", count=True, help="Say more on standard error; twice, say all.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one document, or a line for each entry of a list.")
@click.version_option(package_name="gleanings", message="%(package)s %(version)s")
@click.pass_context
def gleanings(context: click.Context, folder: Path, config: Path | None, db: Path | None, verbose: int, as_json: bool) -> None:
    """The desk between a feed reader and a mailing list: harvest, fold, suggest, decide, digest."""
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    context.obj = Session(folder=folder, path=config or folder / "sources.yaml", db=db, as_json=as_json)
