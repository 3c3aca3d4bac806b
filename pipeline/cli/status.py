"""The errand of looking whether all is well: status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.cli import late
from pipeline.cli.digest import summary
from pipeline.cli.rooms import FAILURES, desk, unread
from pipeline.cli.session import Session, command, day, here, in_words, now
from pipeline.model import Alert, Collection, Errand, Health
from pipeline.plain import to_plain
from pipeline.text import clip, counted

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.publish.collections import Review
    from pipeline.store import Store

EDITIONS = 12
WIDE = 200
"""Characters of what is told of a source."""


@command("status", "status", "status --json")
@here
def status_command(session: Session) -> None:
    """Say how the sources, the queue and the editions are."""
    moment = now()
    with desk(session) as (config, store):
        overdue = late.collections.overdue(config, store, now=moment)
        store.sync_sources(config.sources, moment)
        moving = store.sync_topics(config.topics, moment)
        states = {state.id: state for state in store.source_states()}
        healths = [late.schedule.health(states[source.id], source, moment) for source in config.sources]
        counts = {state.value: count for state, count in store.counts().items()}
        editions = store.editions()[:EDITIONS]
        waiting, failures = store.pending(moment), store.failures(FAILURES)
        outbox = {one.id: _outbox(one.id, store) for one in editions if one.is_released}
        held = len(store.quarantined())
        alerts, running = store.open_alerts(), _running(config, store, moment)
    session.emit(
        {
            "sources": [_health(one) for one in healths],
            "queue": counts | {"leads": waiting},
            "editions": [summary(one) for one in editions],
            "outbox": outbox,
            "quarantined": held,
            "topics_waiting": moving,
            **running,
            "collections_overdue": [one.id for one, _ in overdue],
            "failures": [to_plain(one) for one in failures],
        }
    )
    session.table(("source", "state", "next", "what"), [_row(one, moment) for one in healths])
    session.say(f"\nitems: {in_words(counts)}; {waiting} links wait to be visited")
    if moving:
        session.say(f"the taxonomy changed ({', '.join(moving)}): `gleanings topics` shows what moves, `gleanings topics --apply` takes it over")
    for one, review in overdue:
        session.say(nag(one, review))
    _warn(session, alerts)
    unread(session, failures)
    for edition in editions:
        session.say(f"edition {edition.id}: {edition.state}" + (f"; mails: {in_words(outbox[edition.id])}" if edition.id in outbox else ""))
    if held:
        addresses = counted(held, "address is", "addresses are")
        session.say(f"{addresses} in quarantine, because mail came back: `gleanings subscribers list --state bounced`")


def nag(one: Collection, review: Review) -> str:
    """Say that a collection waits for somebody to look through it."""
    last = f"was last looked through on {review.reviewed.isoformat()}" if review.reviewed else "was never looked through"
    when = f", and should have been by {review.due.isoformat()}" if review.due else ""
    return f"collection {one.id} {last}{when}: `gleanings collections reviewed {one.id}` says that it was"


def _running(config: Config, store: Store, moment: datetime) -> dict[str, object]:
    """Say how the service does: what is wrong, when each errand was done, the last copy, the next edition."""
    return {
        "alerts": [to_plain(one) for one in store.open_alerts()],
        "errands": [_errand(one, moment) for one in store.errands()],
        "backup": to_plain(late.looking.last_backup(config)),
        "next_edition": to_plain(late.schedule.next_edition(config.digest, config.desk.timezone, moment)),
    }


def _warn(session: Session, alerts: Sequence[Alert]) -> None:
    for one in alerts:
        session.say(f"look at: {one.kind} {one.about}".rstrip() + f", since {day(one.since)}: {one.sentence}")


def _errand(one: Errand, moment: datetime) -> dict[str, object]:
    return {"name": one.name, "done": one.done, "failed": one.failed, "every_seconds": one.every, "overdue": late.watch.overdue(one, moment)}


def _row(health: Health, moment: datetime) -> tuple[str, str, str, str]:
    return health.source, health.state, day(health.next) if health.next else "", clip(late.schedule.told(health, moment), WIDE)


def _health(health: Health) -> dict[str, object]:
    plain = to_plain(health)
    return {"id": health.source, **{key: value for key, value in plain.items() if key != "source"}} if isinstance(plain, dict) else {}


def _outbox(edition_id: str, store: Store) -> dict[str, int]:
    return dict(Counter(delivery.state.value for delivery in store.deliveries(edition_id)))
