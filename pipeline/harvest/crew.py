"""Where `work` runs: here, or in a pool of processes that heals itself.

The pool of the standard library is lost as a whole when one worker is killed. Here the shards that were under way are then given out again in
a new pool, one at a time to a worker, so that a page that kills its worker is found: its shard is cut in halves until the page is alone, and
that page is set aside with a reason.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import replace

from pipeline import processes
from pipeline.harvest.work import set_aside, work
from pipeline.model import HarvestSettings, Shard, ShardDone

INLINE = 3
"""So few leads are not worth a process."""


Work = Callable[[Shard, HarvestSettings], ShardDone]


def run(shards: Sequence[Shard], settings: HarvestSettings, *, workers: int, work: Work = work) -> Generator[ShardDone, None, None]:
    """Work every shard and give each back as it completes. Never raises for a lost worker. Close it to stop: what is under way is dropped."""
    if workers <= 1 or sum(len(shard.claims) for shard in shards) <= INLINE:
        for shard in shards:
            yield work(shard, settings)
        return
    yield from _pooled(shards, settings, workers=workers, work=work)


def _pooled(shards: Sequence[Shard], settings: HarvestSettings, *, workers: int, work: Work) -> Iterator[ShardDone]:
    waiting = list(shards)
    alone = False
    while waiting:
        lost: list[Shard] = []
        with closing(_round(waiting[:1] if alone else waiting, settings, workers=1 if alone else workers, work=work)) as answers:
            for shard, done in answers:
                if done is not None:
                    yield done
                elif alone and len(shard.claims) == 1:
                    yield set_aside(shard, "This page brought its worker down; it is set aside.")
                else:
                    lost += _halves(shard) if alone else [shard]
        waiting = lost + (waiting[1:] if alone else [])
        alone = alone or bool(lost)


def _round(shards: Sequence[Shard], settings: HarvestSettings, *, workers: int, work: Work) -> Generator[tuple[Shard, ShardDone | None], None, None]:
    """One pool's life: each shard with what came of it, `None` where its worker was lost."""
    others = multiprocessing.active_children()
    with processes.pool(min(workers, len(shards)), preload=["pipeline.harvest.work"]) as crew:
        try:
            yield from _answers(crew, shards, settings, work)
        except BaseException:  # an interrupt, or a caller that stops: the pool would work off all that waits, which leases bring back later
            crew.shutdown(wait=False, cancel_futures=True)
            for worker in set(multiprocessing.active_children()).difference(others):
                worker.kill()
            raise


def _answers(pool: ProcessPoolExecutor, shards: Sequence[Shard], settings: HarvestSettings, work: Work) -> Iterator[tuple[Shard, ShardDone | None]]:
    futures: dict[Future[ShardDone], Shard] = {}
    for shard in shards:
        try:
            futures[pool.submit(work, shard, settings)] = shard
        except BrokenProcessPool:
            yield shard, None
    for future in as_completed(futures):
        try:
            yield futures[future], future.result()
        except BrokenProcessPool:
            yield futures[future], None


def _halves(shard: Shard) -> list[Shard]:
    middle = max(1, len(shard.claims) // 2)
    return [replace(shard, claims=part) for part in (shard.claims[:middle], shard.claims[middle:]) if part]


def hands(asked: int | None, configured: int) -> int:
    """How many processes to use: what was asked for, else configured, else one for each core that we may run on."""
    return asked or configured or processes.cores()
