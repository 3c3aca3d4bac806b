"""The errand of the operator that stays: serve."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.rooms import settings
from pipeline.cli.session import Session, command, here, now

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.store import Store


@command("serve", "serve", "serve --host 0.0.0.0 --port 8080 --metrics-port 9765")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port to listen on.")
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Tell figures for Prometheus on this port, to this machine only.")
@click.option("--no-harvest", is_flag=True, help="Do not harvest; another machine does.")
@here
def serve_command(session: Session, host: str, port: int, metrics_port: int | None, no_harvest: bool) -> None:
    """Run the desk, the public pages and the scheduler. One instance for one database."""
    config = settings(session)
    late.log.set_up(level=min(logging.INFO, logging.getLogger().level))

    def open_store() -> Store:
        return late.store.Store.open(config.db)

    app = late.app.create_app(config, open_store, now)
    site = app.state.site
    doors = late.service.Doors(
        app=app, open_store=open_store, clock=now, child=_child(config), pulse=site.pulse, settings=site.settings, metrics=site.metrics
    )

    def tell(address: str) -> None:
        session.say(f"The desk is at {address}desk/queue. Ctrl-C ends it.")

    late.service.serve(config, doors, host=host, port=port, harvest=not no_harvest, metrics_port=metrics_port, tell=tell)


def _child(config: Config) -> tuple[str, ...]:
    files = ("--dir", str(config.folder), "--config", str(config.path.resolve()), "--db", str(config.db.resolve()))
    return (sys.executable, "-m", "pipeline", *files, "harvest", "--for-service")
