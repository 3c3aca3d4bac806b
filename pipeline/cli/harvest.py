"""Errands of harvesting: ask the sources, and take a link by hand."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import PARTLY, Session, command, here, now
from pipeline.errors import PipelineError
from pipeline.model import Health, Run
from pipeline.text import counted

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.store import Store

log = logging.getLogger(__name__)

_LOGGED = "harvested source=%s found=%s new=%s same=%s failed=%s seconds=%s error=%s"
_LOGGED_ALL = "harvest done sources=%s found=%s new=%s same=%s failed=%s seconds=%s errors=%s unchanged=%s folded=%s silent=%s"
NAMED = 5
"""Sources that the last line names of those that need a look."""


@command("harvest", "harvest", "harvest kings-fund --limit 20", "harvest --all --json")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Ask every source, due or not.")
@click.option("--limit", type=click.IntRange(min=1), help="Visit so many links at most.")
@click.option("--workers", type=click.IntRange(min=1, max=256), help="Processes that fetch and read; one for each core if left out.")
@click.option("--cluster", default="", metavar="ADDRESS", help="Let the workers of this Dask scheduler fetch and read: tls://host:port.")
@click.option("--for-service", is_flag=True, hidden=True, help="Read the settings in force from standard input, and log as the service does.")
@here
def harvest_command(
    session: Session, ids: tuple[str, ...], everything: bool, limit: int | None, workers: int | None, cluster: str, for_service: bool
) -> int:
    """Ask the sources that are due, and visit what they name."""
    if for_service:
        late.log.set_up(level=min(logging.INFO, logging.getLogger().level))
    with desk(session, given=for_service) as (config, store), late.lock.hold(config.db, "harvest", now=now()), progress() as report:
        if cluster:
            config = _with_cluster(config, cluster)
        began = now()
        runs = late.harvest.harvest(config, store, only=ids, everything=everything, limit=limit, workers=workers, now=now, report=report)
        folded, silent = store.came_since(began)[1], _silent(runs, config, store)
    for run in runs:
        log.info(_LOGGED, *_line(run).values())
        session.emit(_line(run))
        session.say(_words(run))
    total = _total(runs) | {"folded": folded, "silent": [one.source for one in silent]}
    log.info(_LOGGED_ALL, *total.values())
    session.emit(total)
    session.say(_sum(runs, total, silent))
    return PARTLY if any(run.error for run in runs) else 0


def _with_cluster(config: Config, address: str) -> Config:
    return replace(config, harvest=replace(config.harvest, cluster=replace(config.harvest.cluster, address=address)))


def _line(run: Run) -> dict[str, object]:
    return {
        "source": run.source,
        "found": run.found,
        "new": run.new,
        "same": run.same,
        "failed": run.failed,
        "seconds": _seconds(run),
        "error": run.error,
    }


def _seconds(run: Run) -> float | None:
    return round((run.finished - run.started).total_seconds(), 2) if run.finished else None


def _words(run: Run) -> str:
    if run.error:
        return f"{run.source}: {run.error}"
    visited = f"{run.new} new, {run.same} known, {run.failed} failed"
    if run.unchanged:
        return f"{run.source}: unchanged" + (f"; of links that waited {visited}" if run.new or run.same or run.failed else "")
    return f"{run.source}: {run.found} found, {visited}"


def _total(runs: Sequence[Run]) -> dict[str, object]:
    return {
        "sources": len(runs),
        **{name: sum(getattr(run, name) for run in runs) for name in ("found", "new", "same", "failed")},
        "seconds": round(max((_seconds(run) or 0 for run in runs), default=0), 2),
        "errors": sum(run.error is not None for run in runs),
        "unchanged": sum(run.unchanged for run in runs),
    }


def _silent(runs: Sequence[Run], config: Config, store: Store) -> list[Health]:
    """Give those of the sources just asked that have brought nothing for much longer than usual."""
    asked = {run.source for run in runs}
    states = {state.id: state for state in store.source_states(counted=False)}
    found = [late.schedule.health(states[one.id], one, now()) for one in config.sources if one.id in asked]
    return [one for one in found if one.silent]


def _sum(runs: Sequence[Run], total: Mapping[str, object], silent: Sequence[Health]) -> str:
    """Say in one line what a harvest came to, and which sources need a look."""
    if not runs:
        return "No source is due. `gleanings harvest --all` asks them all the same."
    counts = f"{total['found']} found, {total['new']} new, {total['same']} known, {total['failed']} failed"
    unread = [run.source for run in runs if run.error]
    said = [counts, f"{counted(len(unread), 'source')} could not be read{_named(unread)}"]
    said += [f"{total[word]} {word}" for word in ("unchanged", "folded") if total[word]]
    said += [f"{len(silent)} silent{_named([_quiet(one) for one in silent])}"] if silent else []
    return f"{counted(len(runs), 'source')}: {'; '.join(said)}"


def _named(names: Sequence[str]) -> str:
    more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f" ({', '.join(names[:NAMED])}{more})" if names else ""


def _quiet(one: Health) -> str:
    quiet = late.schedule.quiet(one, now())
    return f"{one.source}: {quiet}" if quiet else one.source


@command("add", "add https://www.example.org/a-report --note 'Read the table on page 4.' --by Sam")
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--note", help="Why it is worth reading.")
@click.option("--by", help="Who recommends it.")
@here
def add_command(session: Session, urls: tuple[str, ...], note: str | None, by: str | None) -> int:
    """Take a link by hand."""
    failed = 0
    with desk(session) as (config, store), late.lock.hold(config.db, "harvest", now=now()):
        for url in urls:
            try:
                item = store.item(late.harvest.add_address(url, config, store, note=note, by=by, now=now))
            except PipelineError as error:
                failed += 1
                session.note(f"{url}: {error} {error.hint}".rstrip())
                session.emit({"url": url, "id": None, "error": str(error)})
            else:
                session.emit({"url": url, "id": item.id, "error": None})
                session.say(f"{item.id}  {item.title}")
    return 0 if not failed else 1 if failed == len(urls) else PARTLY
