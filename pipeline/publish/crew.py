"""Several connections at once: each carries one message at a time and reports what became of it. Decides nothing and keeps nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Self

from pipeline.errors import PipelineError, UnavailableError
from pipeline.model import Delivery, Mailer, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a message: taken where there is no trouble. `carrier` is the number of the connection, `lost` says that it carries no more."""

    carrier: int
    delivery: Delivery
    trouble: Exception | None = None
    lost: bool = False


class Crew:
    """The connections, each with a thread of its own. Ask for all `reports` before leaving the block: what is under way then is left alone."""

    def __init__(self, mailers: Sequence[Mailer]) -> None:
        self._reports: SimpleQueue[Report] = SimpleQueue()
        self._jobs: list[SimpleQueue[tuple[Delivery, Message] | None]] = [SimpleQueue() for _ in mailers]
        self._free = list(range(len(mailers)))[::-1]
        self.busy = 0
        self._threads = [
            threading.Thread(target=_carry, args=(number, mailer, self._jobs[number], self._reports), daemon=True)
            for number, mailer in enumerate(mailers)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for jobs in self._jobs:
            jobs.put(None)
        for thread in self._threads if not self.busy else ():
            thread.join()

    @property
    def free(self) -> int:
        """Connections that could take a message."""
        return len(self._free)

    def give(self, delivery: Delivery, message: Message) -> None:
        """Give a message to a free connection."""
        self.busy += 1
        self._jobs[self._free.pop()].put((delivery, message))

    def reports(self, seconds: float | None) -> list[Report]:
        """Wait for a report, at most so long, and give all that are there. A connection whose server is gone gets no more to do."""
        found: list[Report] = []
        try:
            found.append(self._reports.get(timeout=seconds))
            while True:
                found.append(self._reports.get_nowait())
        except Empty:
            pass
        self.busy -= len(found)
        self._free += [one.carrier for one in found if not one.lost]
        return found


def _carry(number: int, mailer: Mailer, jobs: SimpleQueue[tuple[Delivery, Message] | None], reports: SimpleQueue[Report]) -> None:
    while (job := jobs.get()) is not None:
        delivery, message = job
        # What no door promises to raise ends this thread, and nobody can know how far the message came.
        report = Report(carrier=number, delivery=delivery, trouble=ConnectionError("The sender failed while the message was under way."), lost=True)
        try:
            mailer.send(message)
            report = Report(carrier=number, delivery=delivery)
        except (PipelineError, OSError) as error:
            report = Report(carrier=number, delivery=delivery, trouble=error, lost=isinstance(error, UnavailableError))
        finally:
            reports.put(report)
