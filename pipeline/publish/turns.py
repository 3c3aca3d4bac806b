"""Whose turn it is: the mails that wait, domain by domain, none faster than its rate and none while its domain asks to be left in peace.

Domains take turns, so that one that is slow or full holds up nobody else. Sends nothing, and knows the time only from its caller.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from pipeline.model import Delivery, DeliveryState

FIRST, LONGEST = timedelta(seconds=10), timedelta(minutes=15)
"""A domain that puts a mail off is left in peace for so long, then twice as long each time, at most."""

_SLACK = timedelta(milliseconds=50)
"""What a domain missed of its rate it may make up for, within so long."""


class Turns:
    """The deliveries that wait, in the order given within each domain."""

    def __init__(self, waiting: Iterable[Delivery], *, per_second: int, now: datetime) -> None:
        self._step = timedelta(seconds=1 / per_second)
        self._waiting: dict[str, deque[Delivery]] = {}
        for one in waiting:
            self._waiting.setdefault(_domain(one), deque()).append(one)
        self._free: dict[str, datetime] = {}  # when the domain may have its next mail
        self._put_off: dict[str, int] = {}  # how often in a row
        self._line = [(now, place, domain) for place, domain in enumerate(self._waiting)]
        self._place = len(self._line)

    def take(self, most: int, now: datetime) -> list[Delivery]:
        """Take at most so many whose turn it is."""
        taken: list[Delivery] = []
        while len(taken) < most and self._line and self._line[0][0] <= now:
            _, _, domain = heapq.heappop(self._line)
            free = max(self._free.get(domain, now), now - _SLACK)
            if free <= now:
                taken.append(self._waiting[domain].popleft())
                free = self._free[domain] = free + self._step
            if self._waiting[domain]:
                self._place += 1
                heapq.heappush(self._line, (free, self._place, domain))
        return taken

    def next_turn(self, now: datetime) -> timedelta | None:
        """Say in how long the next one may have its turn; nothing where none waits."""
        while self._line and self._line[0][0] < self._free.get(self._line[0][2], now):
            _, _, domain = heapq.heappop(self._line)
            self._place += 1
            heapq.heappush(self._line, (self._free[domain], self._place, domain))
        return max(self._line[0][0] - now, timedelta()) if self._line else None

    def give_back(self, delivery: Delivery, now: datetime) -> None:
        """Let one wait again, before the others of its domain."""
        domain = _domain(delivery)
        if not self._waiting[domain]:
            self._place += 1
            heapq.heappush(self._line, (now, self._place, domain))
        self._waiting[domain].appendleft(delivery)

    def put_off(self, delivery: Delivery, now: datetime) -> None:
        """Leave a domain in peace: it asked for it."""
        domain = _domain(delivery)
        times = self._put_off[domain] = self._put_off.get(domain, 0) + 1
        self._free[domain] = now + min(FIRST * 2 ** min(times - 1, 20), LONGEST)

    def remember(self, past: Iterable[Delivery], now: datetime) -> None:
        """Go on leaving in peace whom these deliveries, offered before, found putting mails off; one of a clock that was ahead counts as of now."""
        for when, one in sorted(((one.changed, one) for one in past if one.changed and one.attempts), key=lambda pair: pair[0]):
            if one.state is DeliveryState.SENT:
                self.went_well(one)
            elif one.state is DeliveryState.QUEUED:
                self.put_off(one, min(when, now))

    def went_well(self, delivery: Delivery) -> None:
        """Forget how often a domain put mails off: it takes them again."""
        self._put_off.pop(_domain(delivery), None)


def _domain(delivery: Delivery) -> str:
    return delivery.email.rpartition("@")[2].lower()
