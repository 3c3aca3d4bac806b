"""Whom this desk tells what happens: what was told, and a trial."""

from __future__ import annotations

import click

from pipeline.cli import late
from pipeline.cli.rooms import desk, settings
from pipeline.cli.session import Session, command, day, group, here, now
from pipeline.errors import NotFoundError, UnavailableError

_NONE = "No address is told anything. Name one under `webhooks:` in sources.yaml."


@group("hooks", "hooks list", "hooks test")
def hooks_command() -> None:
    """List what other programs were told, and try whether they can be."""


@command("list", "hooks list", "hooks list --limit 20", group=hooks_command)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many events, the newest.")
@here
def list_command(session: Session, limit: int) -> None:
    """List the last events and what became of each."""
    with desk(session) as (config, store):
        calls = store.calls(limit=limit)
    for one in calls:
        session.emit({"id": one.id, "at": one.at, "event": one.event, "url": one.hook, "state": one.state, "attempts": one.attempts,
                      "again": one.again_at, "error": one.error})  # fmt: skip
    if calls:
        rows = [(day(one.at), one.event, one.hook, one.state, str(one.attempts), one.error or "") for one in calls]
        session.table(("when", "event", "address", "state", "tries", "why"), rows)
    else:
        session.say("Nothing was told yet." if config.webhooks else _NONE)


@command("test", "hooks test", "hooks test https://hooks.example.org/gleanings", group=hooks_command)
@click.argument("url", required=False)
@here
def test_command(session: Session, url: str | None) -> None:
    """Send an event of the type `test` to each address that is configured, or to one of them."""
    config = settings(session)
    wanted = [one for one in config.webhooks if url in (None, one.url)]
    if not wanted:
        raise NotFoundError("webhook", url or "yet", hint=_NONE)
    tried = late.hooks.trial(config, wanted, now=now)
    for one in tried:
        session.emit({"url": one.url, "taken": not one.error, "error": one.error or None})
        session.say(f"{one.url}: {one.error or 'taken.'}")
    if all(one.error for one in tried):
        raise UnavailableError("No address took it.", hint="Look at the server there, then try again.")
