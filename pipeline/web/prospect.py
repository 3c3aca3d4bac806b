"""What a curator may expect, kept between visits: it takes thousands of decisions to say, and is nearly the same after one more.

A small desk is reckoned anew after every change. A large one answers with what was true some seconds ago and reckons beside the visits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread
from time import monotonic, sleep

from pipeline import learn
from pipeline.model import ItemId, Outlook, Verdict
from pipeline.store import Store
from pipeline.web.facets import BREATH

AT_ONCE = 20_000
"""Items of a desk that is reckoned anew while somebody waits."""
REST = 5.0
"""Seconds between two reckonings of a large desk."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was reckoned, as of which change and when."""

    change: int
    at: float
    outlook: Outlook
    plan: tuple[ItemId, ...]


_UNKNOWN = _Known(0, 0.0, Outlook(waiting=0), ())
"""What is said for the first seconds of a large desk: nothing."""


class Prospect:
    """Keeps the outlook, the plan of a sitting and the tally of today. Safe to use from several threads."""

    def __init__(self, open_store: Callable[[], Store], clock: Callable[[], datetime]) -> None:
        self._open_store = open_store
        self._clock = clock
        self._lock = Lock()
        self._known: dict[int, _Known] = {}
        self._working = False
        self._today: tuple[object, Mapping[Verdict, int]] | None = None

    def outlook(self, store: Store, *, minutes: int) -> Outlook:
        """Say what may be expected of what waits, and of so many minutes (0: of no certain time)."""
        return self._latest(store, minutes).outlook

    def plan(self, store: Store, *, minutes: int) -> tuple[ItemId, ...]:
        """Choose the items that fit into so many minutes; of a large desk some of them may be decided since."""
        return self._latest(store, minutes).plan

    def today(self, store: Store, *, since: datetime) -> Mapping[Verdict, int]:
        """Count what was decided since this morning, each item by the last word on it."""
        state = (since, store.last_act_state())
        kept = self._today
        if kept is None or kept[0] != state:
            self._today = kept = state, store.verdicts_since(since)
        return kept[1]

    def _latest(self, store: Store, minutes: int) -> _Known:
        change = store.last_change()
        known = self._known.get(minutes)
        if known is not None and known.change == change:
            return known
        if store.last_item() <= AT_ONCE or (known is None and minutes):
            return self._reckon(store, minutes, change)
        if known is None or monotonic() - known.at >= REST:
            self._begin(minutes, change)
        return known or _UNKNOWN

    def _reckon(self, store: Store, minutes: int, change: int) -> _Known:
        now = self._clock()
        outlook = learn.outlook(store, now=now, minutes=minutes or None)
        known = _Known(change, monotonic(), outlook, learn.plan(store, now=now, minutes=minutes) if minutes else ())
        with self._lock:
            self._known = {minutes: known, **{key: one for key, one in self._known.items() if key != minutes and one.change == change}}
        return known

    def _begin(self, minutes: int, change: int) -> None:
        with self._lock:
            if self._working:
                return
            self._working = True
        Thread(target=self._work, args=(minutes, change), name="prospect", daemon=True).start()

    def _work(self, minutes: int, change: int) -> None:
        sleep(BREATH)
        try:
            with self._open_store() as store:
                self._reckon(store, minutes, change)
        except Exception:
            log.exception("what may be expected could not be reckoned")
        finally:
            self._working = False
