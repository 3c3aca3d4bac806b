"""Errands that come round: what is due says the database, where it stands when each was begun and done last.

So a restart repeats nothing, what was missed while nobody served is done once, and an errand whose last time lies in what is now the future (the
clock went back) is due. An errand that fails is tried again after a while, and never keeps the others from being done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.config import Config
from pipeline.errors import PipelineError
from pipeline.late import late
from pipeline.model import Errand
from pipeline.store import Store

if TYPE_CHECKING:
    from pipeline import processes
else:
    processes = late("pipeline.processes")

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=1)
"""So long after a failure an errand of the day or the month is tried again."""
_EARLY = timedelta(seconds=30)
"""A minute's tick comes now and then a little early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One errand: its name, how often, and what it does."""

    name: str
    every: timedelta
    do: Callable[[Config, Store, datetime], object]


def is_due(errand: Errand | None, every: timedelta, now: datetime) -> bool:
    """Say whether an errand is to be done now."""
    if errand is None or errand.begun > now + _EARLY:
        return True
    wait = min(every, AGAIN) if errand.failed is not None or errand.done is None or errand.done < errand.begun else every
    return now - errand.begun >= wait - _EARLY


def attend(rounds: tuple[Round, ...], config: Config, open_store: Callable[[], Store], *, clock: Callable[[], datetime]) -> None:
    """Do what is due, one after the other, each with a store of its own. An expected trouble is kept and logged."""
    with open_store() as store:
        known = {one.name: one for one in store.errands()}
    for one in rounds:
        if is_due(known.get(one.name), one.every, clock()):
            with open_store() as store, noted(one.name, one.every, store, clock=clock):
                one.do(config, store, clock())
            processes.give_back()


@contextmanager
def noted(name: str, every: timedelta, store: Store, *, clock: Callable[[], datetime]) -> Iterator[None]:
    """Keep that an errand was begun, and how it ended. A `PipelineError` ends here; any other one is kept as a bug and goes on."""
    store.begin_errand(name, every, clock())
    try:
        yield
    except PipelineError as error:
        log.warning("%s failed: %s", name, error)
        store.end_errand(name, clock(), failed=str(error))
    except BaseException:
        store.end_errand(name, clock(), failed="Something went wrong that nobody foresaw; it stands in the log.")
        raise
    else:
        store.end_errand(name, clock())
