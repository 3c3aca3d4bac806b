"""The lines of a file read, fingerprinted and counted ahead: a long file in other processes, while this one folds and writes.

Reading and counting is half of an import. Lines come out in the order of the file, whoever read them; a worker that is lost costs its lines a second
reading, here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice

from pipeline import dedupe, processes
from pipeline.exchange.lines import BadLineError, Result, record
from pipeline.exchange.reading import Incoming, incoming
from pipeline.model import Fingerprint, ItemId, Resource
from pipeline.store import Counted

LONG = 300
"""Lines from which a file is worth a second process."""
_LOT, _LOT_BYTES = 50, 2_000_000  # lines, and bytes, that are handed to a worker at once
_HERE = 8  # lots that this process reads itself while the workers come
_AHEAD = 4  # lots for each worker that wait or are under way: what bounds the memory

Count = Callable[[ItemId, Resource], Counted]
Line = tuple[int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A line as it goes into the store; the item of `counted` is not known yet."""

    incoming: Incoming
    fingerprint: Fingerprint
    counted: Counted


def taken(raw_lines: Iterable[bytes], result: Result, *, count: Count) -> Iterator[Taken]:
    """Yield each line that can be taken, in order; the others are refused in `result`. `count` must be a function that a process can be sent."""
    numbered = enumerate(raw_lines, 1)
    first = list(islice(numbered, LONG))
    lots = _lots(chain(first, numbered))
    done = _pooled(lots, count) if len(first) == LONG and processes.cores() > 1 else (_read(lot, count) for lot in lots)
    for lot in done:
        for number, one in lot:
            if isinstance(one, Taken):
                yield one
            else:
                result.refuse(number, one)


def _lots(lines: Iterable[Line]) -> Iterator[list[Line]]:
    lot: list[Line] = []
    size = 0
    for line in lines:
        lot.append(line)
        size += len(line[1])
        if len(lot) >= _LOT or size >= _LOT_BYTES:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot


def _pooled(lots: Iterator[list[Line]], count: Count) -> Iterator[list[tuple[int, Taken | str]]]:
    workers = min(processes.cores() - 1, 4)  # one core writes
    waiting: deque[tuple[list[Line], Future[list[tuple[int, Taken | str]]]]] = deque()
    with processes.pool(workers, preload=[__name__, count.__module__]) as pool:
        try:
            yield from (_read(lot, count) for lot in islice(lots, _HERE))  # the workers take a second or two to come
            for lot in lots:
                waiting.append((lot, _handed(pool, lot, count)))
                if len(waiting) > workers * _AHEAD:
                    yield _answer(*waiting.popleft(), count)
            while waiting:
                yield _answer(*waiting.popleft(), count)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _handed(pool: ProcessPoolExecutor, lot: list[Line], count: Count) -> Future[list[tuple[int, Taken | str]]]:
    try:
        return pool.submit(_read, lot, count)
    except BrokenProcessPool as error:
        lost: Future[list[tuple[int, Taken | str]]] = Future()
        lost.set_exception(error)
        return lost


def _answer(lot: list[Line], future: Future[list[tuple[int, Taken | str]]], count: Count) -> list[tuple[int, Taken | str]]:
    try:
        return future.result()
    except BrokenProcessPool:
        return _read(lot, count)


def _read(lot: list[Line], count: Count) -> list[tuple[int, Taken | str]]:
    """Give each line of a lot with what it holds, or with the sentence that says why it cannot be taken. Empty lines are nothing."""
    found: list[tuple[int, Taken | str]] = []
    for number, raw in lot:
        try:
            row = record(raw, first=number == 1)
            if row is not None:
                found.append((number, _taken(incoming(row), count)))
        except BadLineError as error:
            found.append((number, str(error)))
    return found


def _taken(one: Incoming, count: Count) -> Taken:
    return Taken(incoming=one, fingerprint=dedupe.fingerprint(one.resource), counted=count(ItemId(0), one.resource))
