"""Gathering the facts, and keeping what came of them."""

from __future__ import annotations

import logging
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from pipeline import schedule
from pipeline.config import Config
from pipeline.errors import StoreError
from pipeline.model import Alert, DeliveryState, Health, SourceState, TroubleKind
from pipeline.publish import keep
from pipeline.store import Store
from pipeline.watch.pulse import Pulse
from pipeline.watch.troubles import Facts, troubles

log = logging.getLogger(__name__)

KEPT = timedelta(days=365)
"""So long it stays known what was wrong."""


def look(config: Config, store: Store, *, now: datetime, pulse: Pulse, problem: str = "") -> tuple[Alert, ...]:
    """Compare how things are with the alerts that are open, and give those that are open now. `problem` is what is wrong with the settings file."""
    opened, closed = store.compare_alerts(troubles(facts(config, store, now=now, pulse=pulse, problem=problem), now=now), now)
    store.drop_alerts(now - KEPT)
    if opened or closed:
        log.warning("alerts opened=%d closed=%d", opened, closed)
    return store.open_alerts()


def open_alerts(store: Store) -> tuple[Alert, ...]:
    """List what is wrong, the oldest first."""
    return store.open_alerts()


def facts(config: Config, store: Store, *, now: datetime, pulse: Pulse, problem: str = "") -> Facts:
    """Say how things are. A disk that cannot be asked is left to whoever writes there."""
    states = {state.id: state for state in store.source_states(counted=False)}
    return Facts(
        healths=healths(config, states, now),
        failures={name: state.failures for name, state in states.items()},
        mails=store.mailings(),
        singles=len(store.notices(state=DeliveryState.UNCERTAIN)),
        errands=store.errands(),
        free=free(config.folder),
        was_full=any(one.kind is TroubleKind.DISK for one in store.open_alerts()),
        up=pulse.up,
        deaths=pulse.deaths,
        death=pulse.death,
        keeps=bool(config.backup.daily or config.backup.weekly or config.backup.monthly),
        backup=last_backup(config),
        born=min((state.since for state in states.values() if state.since), default=None),
        settings=problem,
    )


def healths(config: Config, states: dict[str, SourceState], now: datetime) -> tuple[Health, ...]:
    """Say how each configured source does that was ever taken over."""
    return tuple(schedule.health(states[one.id], one, now) for one in config.sources if one.id in states)


def free(folder: Path) -> int | None:
    """Give the bytes that are free where the desk works; `None` where that cannot be asked."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def last_backup(config: Config) -> datetime | None:
    """Give when the last of the nightly copies was made; `None` where there is none, or none that can be seen."""
    try:
        copies = keep.copies(keep.home(config))
    except StoreError:
        return None
    return copies[0][0] if copies else None
