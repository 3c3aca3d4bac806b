"""Errands of the operator: serve, status, train."""

from __future__ import annotations

import logging
import sys
from collections import Counter

import click

from pipeline import harvest, schedule, service
from pipeline.cli.digest import summary
from pipeline.cli.progress import progress
from pipeline.cli.rooms import FAILURES, desk, settings, unread
from pipeline.cli.session import Session, command, day, here, in_words, now
from pipeline.config import Config
from pipeline.model import Health
from pipeline.plain import to_plain
from pipeline.store import Store
from pipeline.text import clip
from pipeline.web.app import create_app

EDITIONS = 12


@command("serve", "serve", "serve --host 0.0.0.0 --port 8080 --no-harvest")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port to listen on.")
@click.option("--no-harvest", is_flag=True, help="Do not harvest; another machine does.")
@here
def serve_command(session: Session, host: str, port: int, no_harvest: bool) -> None:
    """Run the desk, the public pages and the scheduler. One instance for one database."""
    config = settings(session)
    logging.getLogger().setLevel(min(logging.INFO, logging.getLogger().level))

    def open_store() -> Store:
        return Store.open(config.db)

    doors = service.Doors(app=create_app(config, open_store, now), open_store=open_store, clock=now, child=_child(config))
    session.say(f"The desk is at http://{f'[{host}]' if ':' in host else host}:{port}/desk/queue. Ctrl-C ends it.")
    service.serve(config, doors, host=host, port=port, harvest=not no_harvest)


def _child(config: Config) -> tuple[str, ...]:
    files = ("--dir", str(config.folder), "--config", str(config.path.resolve()), "--db", str(config.db.resolve()))
    return (sys.executable, "-m", "pipeline", *files, "harvest")


@command("status", "status", "status --json")
@here
def status_command(session: Session) -> None:
    """Say how the sources, the queue and the editions are."""
    moment = now()
    with desk(session) as (config, store):
        store.sync_sources(config.sources, moment)
        states = {state.id: state for state in store.source_states()}
        healths = [schedule.health(states[source.id], source, moment) for source in config.sources]
        counts = {state.value: count for state, count in store.counts().items()}
        editions = store.editions()[:EDITIONS]
        waiting, failures = store.pending(moment), store.failures(FAILURES)
        outbox = {one.id: _outbox(one.id, store) for one in editions if one.is_released}
    session.emit(
        {
            "sources": [_health(one) for one in healths],
            "queue": counts | {"leads": waiting},
            "editions": [summary(one) for one in editions],
            "outbox": outbox,
            "failures": [to_plain(one) for one in failures],
        }
    )
    session.table(("source", "state", "next", "what"), [_row(one) for one in healths])
    session.say(f"\nitems: {in_words(counts)}; {waiting} links wait to be visited")
    unread(session, failures)
    for one in editions:
        session.say(f"edition {one.id}: {one.state}" + (f"; mails: {in_words(outbox[one.id])}" if one.id in outbox else ""))


def _row(health: Health) -> tuple[str, str, str, str]:
    what = health.error or ("nothing new for longer than usual" if health.silent else "")
    return health.source, health.state, day(health.next) if health.next else "", clip(what, 110)


def _health(health: Health) -> dict[str, object]:
    plain = to_plain(health)
    return {"id": health.source, **{key: value for key, value in plain.items() if key != "source"}} if isinstance(plain, dict) else {}


def _outbox(edition_id: str, store: Store) -> dict[str, int]:
    return dict(Counter(delivery.state.value for delivery in store.deliveries(edition_id)))


@command("train", "train")
@here
def train_command(session: Session) -> None:
    """Make suggestions and ranks anew, from today's topics and all that was harvested and decided."""
    with desk(session) as (config, store), progress():
        count = harvest.suggest_all(config, store, now=now)
    session.emit({"suggested": count})
    session.say(f"{count} waiting items have new suggestions and ranks.")
