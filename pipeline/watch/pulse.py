"""How the service itself is, as one part of it tells another: when the scheduler last ticked, and whether the harvesting child lives.

Ages are taken from a clock that only goes forward, so that a jump of the machine's own clock is no standstill.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

STILL = timedelta(minutes=3)
"""A scheduler that ticks each minute and did not for so long stands still."""


@dataclass(slots=True)
class Pulse:
    """Shared by the threads of one process. `child` is the number of the harvesting process, 0 while none is at work; `death` says how the last one
    ended, where that was badly; `halted` says why no harvest begins, empty where one may."""

    ticks: Callable[[], float] = time.monotonic
    child: int = 0
    deaths: int = 0
    death: str = ""
    halted: str = ""
    _began: float | None = None
    _last: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def beat(self) -> None:
        """Say that the scheduler ticks."""
        with self._lock:
            self._last = self.ticks()
            if self._began is None:
                self._began = self._last

    @property
    def age(self) -> timedelta | None:
        """Give how long ago the last beat was; `None` where no scheduler runs here."""
        return None if self._began is None else timedelta(seconds=self.ticks() - self._last)

    @property
    def up(self) -> timedelta | None:
        """Give how long the scheduler has been running; `None` where none runs here."""
        return None if self._began is None else timedelta(seconds=self.ticks() - self._began)

    @property
    def stands_still(self) -> bool:
        age = self.age
        return age is not None and age > STILL
