"""Hands on this machine: this process itself, or a pool of others.

The pool of the standard library is lost as a whole when one worker is killed; here a new one takes its place, and what was under way comes back
as lost.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Protocol, Self

from pipeline import processes
from pipeline.model import HarvestSettings, Shard, ShardDone

Work = Callable[[Shard, HarvestSettings], ShardDone]
Answer = tuple[Shard, ShardDone | None]
"""A shard with what came of it; nothing where its worker was lost."""

READY = ("pipeline.harvest.work", "pipeline.harvest.asides", "pipeline.harvest.happenings", "pipeline.dedupe.keys")
"""What a worker has loaded before it begins; this process itself loads it with the first page."""

AHEAD = 2
"""Shards in hand for each worker: the one at work, and one that it finds when it is done. More would only be lost with it."""


class Hands(Protocol):
    """Who works shards, one caller at a time."""

    @property
    def size(self) -> int:
        """How many shards are worked at once."""

    @property
    def busy(self) -> int:
        """How many shards are in hand."""

    def room(self, *, alone: bool = False) -> int:
        """How many more may be given now; `alone` where each must be the only one with its worker."""

    def give(self, shard: Shard) -> None:
        """Hand out a shard."""

    def take(self) -> list[Answer]:
        """Wait for answers, a second or until there is one. Raises `UnavailableError` where none will come."""


class Inline:
    """This process: a shard is worked when its answer is taken."""

    size = 1

    def __init__(self, settings: HarvestSettings, work: Work) -> None:
        self._settings, self._work = settings, work
        self._given: list[Shard] = []

    @property
    def busy(self) -> int:
        return len(self._given)

    def room(self, *, alone: bool = False) -> int:
        return 1 - self.busy

    def give(self, shard: Shard) -> None:
        self._given.append(shard)

    def take(self) -> list[Answer]:
        return [(shard, self._work(shard, self._settings)) for shard in (self._given.pop(),)]


class Pool:
    """Processes on this machine, opened when the first shard comes. Use it with `with`: leaving it kills what is still at work."""

    def __init__(self, settings: HarvestSettings, work: Work, *, workers: int) -> None:
        self.settings, self.work, self.size = settings, work, workers
        self._pool: ProcessPoolExecutor | None = None
        self._others = set[object]()
        self._given: dict[Future[ShardDone], Shard] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is None:
            return
        if self._given:  # an interrupt, or a caller that stops: leases bring back what was under way
            for worker in multiprocessing.active_children():
                if worker not in self._others:
                    worker.kill()
        # The pool's own thread is waited for: one that still closes its pipes while the interpreter ends meets the interpreter there.
        self._pool.shutdown(cancel_futures=True)

    @property
    def busy(self) -> int:
        return len(self._given)

    def room(self, *, alone: bool = False) -> int:
        return (1 if alone else self.size * AHEAD) - self.busy

    def give(self, shard: Shard) -> None:
        if self._pool is None:
            self._others = set(multiprocessing.active_children())
            self._pool = processes.pool(self.size, preload=READY)
        try:
            future = self._pool.submit(self.work, shard, self.settings)
        except BrokenProcessPool as error:
            future = Future()
            future.set_exception(error)
        self._given[future] = shard

    def take(self) -> list[Answer]:
        if not self._given:
            return []
        done, _ = wait(self._given, return_when=FIRST_COMPLETED)
        answers = [(self._given.pop(future), _result(future)) for future in done]
        if self._pool is not None and any(answer is None for _, answer in answers):
            answers += [(shard, _result(future)) for future, shard in self._given.items()]  # the pool ends all that it had
            self._given.clear()
            self._pool.shutdown()
            self._pool = None
        return answers


def _result(future: Future[ShardDone]) -> ShardDone | None:
    try:
        return future.result()
    except BrokenProcessPool:
        return None
