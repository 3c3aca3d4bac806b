"""The scheduler, and a clock that may jump. APScheduler reckons in wall-clock time: after a step back it would wait until the old time comes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)

JUMP = timedelta(seconds=30)
"""A clock that goes differently from steady time by more than this was set."""
LOOK = 5.0
"""Seconds between two looks."""


def jumped(before: tuple[datetime, float], after: tuple[datetime, float]) -> timedelta:
    """Say by how much the clock was set between two moments, each by the clock and in seconds of steady time; nothing where it just went on."""
    gone = (after[0] - before[0]) - timedelta(seconds=after[1] - before[1])
    return gone if abs(gone) > JUMP else timedelta()


def scheduler() -> BackgroundScheduler:
    """Make the scheduler: missed runs are made good by one, however late."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a line for every tick, or for one that waits for the one before, tells nobody anything
    return BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1})


class Watchman(threading.Thread):
    """Looks every few seconds of steady time, whatever the clock says: whether it was set (then everything is due at once), and calls `look`."""

    def __init__(self, jobs: BackgroundScheduler, look: Callable[[], None]) -> None:
        super().__init__(name="watchman", daemon=True)
        self._jobs, self._look = jobs, look
        self._over = threading.Event()

    def run(self) -> None:
        before = _moment()
        while not self._over.wait(LOOK):
            after = _moment()
            if by := jumped(before, after):
                log.warning("the clock was set by=%s", by)
                wake(self._jobs)
            before = after
            self._look()

    def stop(self) -> None:
        self._over.set()


def wake(jobs: BackgroundScheduler) -> None:
    """Let every job run now, and from now on again by its interval."""
    for job in jobs.get_jobs():
        job.modify(next_run_time=datetime.now(UTC))


def _moment() -> tuple[datetime, float]:
    return datetime.now(UTC), time.monotonic()
