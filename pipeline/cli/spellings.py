"""Errands around names: which spellings of people and publishers may be one, and writing into `people.yaml` that they are."""

from __future__ import annotations

import click

from pipeline.cli import late
from pipeline.cli.rooms import desk, settings
from pipeline.cli.session import Session, command, group, here
from pipeline.text import clip


@group("people", "people alike", "people join 'Becky Malby' 'Rebecca Malby'")
def people_command() -> None:
    """List spellings of people and publishers that may be one, and write down which are."""


@command("alike", "people alike", "people alike --json", group=people_command)
@here
def list_alike(session: Session) -> None:
    """List spellings that may be one, with how often each comes up and one example. Nothing is brought together by this."""
    with desk(session) as (config, store):
        found = late.proposals.proposed(config.spellings, late.contributors.contributors(store, config.spellings), store)
    rows = []
    for part, one in (*(("person", one) for one in found.people), *(("publisher", one) for one in found.publishers)):
        session.emit({"sort": part, "why": one.why, "names": one.names})
        rows += [(part if name is one.names[0] else "", name.name, str(name.count), name.place, clip(name.title, 60)) for name in one.names]
    session.table(("sort", "name", "times", "item", "for example"), rows)
    if rows:
        session.say("\n`gleanings people join 'Name' 'Other spelling'` writes down that two are one.")


@command("join", "people join 'Becky Malby' 'Rebecca Malby'", "people join --publisher \"The King's Fund\" 'King Fund'", group=people_command)
@click.argument("name")
@click.argument("others", metavar="SPELLING...", nargs=-1, required=True)
@click.option("--publisher", is_flag=True, help="They are publishers, not people.")
@here
def join_names(session: Session, name: str, others: tuple[str, ...], publisher: bool) -> None:
    """Write into people.yaml that these spellings are NAME. To take it back, edit the file."""
    path = settings(session).people
    late.config.add_spellings(path, "publishers" if publisher else "people", name, others)
    found = settings(session).spellings
    called = found.publisher(name) if publisher else found.person(name)
    session.emit({"name": called, "spellings": others, "file": path.name})
    session.say(f"{', '.join(others)}: {called}, written into {path.name}.")
