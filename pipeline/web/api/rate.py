"""How often one token may ask: a bucket that fills steadily, so that a burst is fine and a flood is not. Kept in memory."""

from __future__ import annotations

import math
from datetime import datetime
from threading import Lock

BURST = 300
"""Questions that may come at once."""
STEADY = 10.0
"""Questions a second that may come for ever."""
_MOST_KNOWN = 1_000


class Buckets:
    """A bucket for each key."""

    def __init__(self, *, burst: int = BURST, steady: float = STEADY) -> None:
        self._burst, self._steady = burst, steady
        self._left: dict[str, tuple[float, datetime]] = {}
        self._lock = Lock()

    def wait(self, key: str, now: datetime) -> int:
        """Take one question out of the bucket and give 0; where it is empty, give the seconds to wait."""
        with self._lock:
            left, since = self._left.pop(key, (float(self._burst), now))
            left = min(left + max((now - since).total_seconds(), 0.0) * self._steady, self._burst)
            allowed = left >= 1
            self._left[key] = (left - 1 if allowed else left, now)
            if len(self._left) > _MOST_KNOWN:
                del self._left[next(iter(self._left))]
            return 0 if allowed else math.ceil((1 - left) / self._steady)
