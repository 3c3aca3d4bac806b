"""Errands around the members' survey: opening a round, ending it, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, group, here, now
from pipeline.cli.written import dry_run_option
from pipeline.errors import NotFoundError
from pipeline.text import counted, squeeze

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.store import Store
    from pipeline.survey import Round

id_argument = click.argument("survey_id", metavar="[ID]", required=False)
_LONGEST = 120  # characters of a title, which stands in the subject of mails


@group("survey", "survey open --ends 2026-12-13 --dry-run", "survey results")
def survey_command() -> None:
    """Ask the members how the network is doing: open a round, end it, read its results."""


@command(
    "open", "survey open --dry-run", "survey open --ends 2026-12-13 --title 'Half a year on'", "survey open --to members.csv", group=survey_command
)
@click.option("--ends", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day on which answers are taken; in three weeks if left out.")
@click.option("--title", default="", help="What this round is called; what survey.yaml says if left out.")
@click.option(
    "--to", "path", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="CSV with a column `email`: invite these, not the subscribers."
)
@dry_run_option
@here
def open_survey(session: Session, ends: datetime | None, title: str, path: Path | None, dry_run: bool) -> None:
    """Open a round and invite all confirmed subscribers. The questions are those of survey.yaml beside sources.yaml, or ours without one."""
    with desk(session) as (config, store):
        survey = late.config.load_survey(config.path.parent)
        if title.strip():
            survey = replace(survey, title=squeeze(title)[:_LONGEST])
        addresses = _addresses(session, path) if path else None
        planned = late.survey.plan(config, store, survey, ends=ends.date() if ends else None, addresses=addresses, now=now())
        opened = planned.opening if dry_run else late.survey.open_round(config, store, planned)
    last = late.survey.last_day(opened, config.desk)
    asked = sum(len(area.statements) for area in survey.areas)
    session.emit({"id": opened.id, "ends": last, "invited": len(planned.invited), "left_out": len(planned.left_out), "dry_run": dry_run})
    session.say(
        f"{'Would open' if dry_run else 'Opened'} {opened.id}: {survey.title} {counted(asked, 'statement')}, until {last},"
        f" {counted(len(planned.invited), 'invitation')}."
    )
    if planned.left_out:
        session.say(f"{counted(len(planned.left_out), 'address', 'addresses')} left out: they have left the list, or mail to them comes back.")
    if not dry_run:
        session.say("`gleanings serve` mails the invitations; `gleanings survey list` shows how many went out.")


@command("close", "survey close", "survey close 2026-11-22", group=survey_command)
@id_argument
@here
def close_survey(session: Session, survey_id: str | None) -> None:
    """End a round now; the one under way, if none is named. It cannot be opened again."""
    with desk(session) as (config, store):
        found = store.close_survey(survey_id or _newest(store, under_way=True), now=now())
    session.emit(_line(found, config))
    session.say(f"{found.id} is over with {counted(found.answered, 'answer')}. `gleanings survey results {found.id}` writes what came of it.")


@command("results", "survey results", "survey results 2026-11-22 -o workshop", "survey results --json", group=survey_command)
@id_argument
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder to write into; digests/surveys/ID if left out."
)
@here
def survey_results(session: Session, survey_id: str | None, folder: Path | None) -> None:
    """Write the results of a round that is over as page, PDF and JSON; of the newest, if none is named."""
    with desk(session) as (config, store):
        moment = now()
        name = survey_id or _newest(store, under_way=False)
        results, lines, rounds = late.survey.results_of(name, store, now=moment)
        written = late.survey.write(name, config, store, folder=folder, now=moment)
    session.emit(late.survey.as_json(results, lines, rounds))
    session.say(f"{results.title}: {counted(results.answered, 'answer')}.")
    if results.answered < results.least:
        session.say(f"That is fewer than {results.least}, so no figure and no comment is shown.")
    session.table(("area", "mean", "change"), [(line.text, _number(line.means[-1]), _number(line.change)) for line in lines if line.is_area])
    for path in written:
        session.say(str(path))


@command("list", "survey list --json", group=survey_command)
@here
def list_surveys(session: Session) -> None:
    """List the rounds, the newest first."""
    with desk(session) as (config, store):
        found = store.surveys()
    moment = now()
    for one in found:
        session.emit(_line(one, config))
    rows = [
        (
            one.id,
            "over" if one.is_over(moment) else f"until {late.survey.last_day(one, config.desk)}",
            str(one.invited),
            str(one.answered),
            one.survey.title,
        )
        for one in found
    ]
    session.table(("id", "state", "invited", "answered", "title"), rows)


def _line(one: Round, config: Config) -> dict[str, object]:
    return {
        "id": one.id,
        "title": one.survey.title,
        "opened": one.opened,
        "ends": late.survey.last_day(one, config.desk),
        "over": one.is_over(now()),
        "invited": one.invited,
        "answered": one.answered,
    }


def _newest(store: Store, *, under_way: bool) -> str:
    moment = now()
    for one in store.surveys():
        if not under_way or not one.is_over(moment):
            return one.id
    raise NotFoundError("survey", "under way" if under_way else "yet", hint="`gleanings survey open` opens one, `gleanings survey list` shows them.")


def _addresses(session: Session, path: Path) -> tuple[str, ...]:
    """Read whom to invite, and say which lines are no good."""
    with path.open("rb") as file:
        found, result = late.exchange.addresses(file)
    for problem in result.problems:
        session.note(problem)
    return found


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
