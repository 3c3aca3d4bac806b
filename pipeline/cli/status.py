"""The errand of looking whether all is well: status."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pipeline import schedule
from pipeline.cli.digest import summary
from pipeline.cli.rooms import FAILURES, desk, unread
from pipeline.cli.session import Session, command, day, here, in_words, now
from pipeline.model import Health
from pipeline.plain import to_plain
from pipeline.store import Store
from pipeline.text import clip

EDITIONS = 12
WIDE = 200
"""Characters of what is told of a source."""


@command("status", "status", "status --json")
@here
def status_command(session: Session) -> None:
    """Say how the sources, the queue and the editions are."""
    moment = now()
    with desk(session) as (config, store):
        store.sync_sources(config.sources, moment)
        moving = store.sync_topics(config.topics, moment)
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
            "topics_waiting": moving,
            "failures": [to_plain(one) for one in failures],
        }
    )
    session.table(("source", "state", "next", "what"), [_row(one, moment) for one in healths])
    session.say(f"\nitems: {in_words(counts)}; {waiting} links wait to be visited")
    if moving:
        session.say(f"the taxonomy changed ({', '.join(moving)}): `gleanings topics` shows what moves, `gleanings topics --apply` takes it over")
    unread(session, failures)
    for one in editions:
        session.say(f"edition {one.id}: {one.state}" + (f"; mails: {in_words(outbox[one.id])}" if one.id in outbox else ""))


def _row(health: Health, moment: datetime) -> tuple[str, str, str, str]:
    return health.source, health.state, day(health.next) if health.next else "", clip(schedule.told(health, moment), WIDE)


def _health(health: Health) -> dict[str, object]:
    plain = to_plain(health)
    return {"id": health.source, **{key: value for key, value in plain.items() if key != "source"}} if isinstance(plain, dict) else {}


def _outbox(edition_id: str, store: Store) -> dict[str, int]:
    return dict(Counter(delivery.state.value for delivery in store.deliveries(edition_id)))
