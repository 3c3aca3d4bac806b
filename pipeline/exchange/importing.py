"""Items from a file into the store, by the same doors as harvested ones: folded, handed on to be suggested, and never fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from pipeline import dedupe
from pipeline.exchange.ahead import Count, Taken, taken
from pipeline.exchange.lines import Result
from pipeline.model import Fold, ItemId, Match
from pipeline.store import Counted, Store

BATCH = 100
"""Lines in one transaction: a few tenths of a second, so that a curator's click waits no longer than that."""


def import_items(
    raw_lines: Iterable[bytes],
    store: Store,
    *,
    count: Count,
    suggest: Callable[[Sequence[ItemId]], None],
    now: datetime,
    dry_run: bool = False,
    report: Callable[[int], None] = lambda done: None,
) -> Result:
    """Take every line as an item, folded into what it is the same as. A line that came before is counted as `known`.

    The other place's `id` becomes `origin_id`. `count` takes the features of what stands by itself. At the end `suggest` is given the numbers of
    what came in: all words are known then, and a thousand items together cost little. With `dry_run` lines are compared with what is in the store,
    and nothing is written; lines of the file that are the same as each other are then not noticed.
    """
    result = Result()
    return keep(taken(raw_lines, result, count=count), result, store, suggest=suggest, now=now, dry_run=dry_run, report=report)


def keep(
    todo: Iterator[Taken],
    result: Result,
    store: Store,
    *,
    suggest: Callable[[Sequence[ItemId]], None],
    now: datetime,
    dry_run: bool,
    report: Callable[[int], None],
) -> Result:
    """Put what was read into the store, in batches, and hand on what is new. Counts in `result`."""
    added: list[ItemId] = []
    while batch := list(islice(todo, BATCH)):
        if dry_run:
            for one in batch:
                result.count(_verdict(one, store)[1])
        else:
            added += _batch(batch, result, store, now=now)
        report(result.total)
    if added:
        suggest(added)
    return result


def _batch(batch: Sequence[Taken], result: Result, store: Store, *, now: datetime) -> list[ItemId]:
    """Keep lines together, all or none of them."""
    added: list[ItemId] = []
    counted: list[Counted] = []
    with store.transaction():
        for one in batch:
            word, number = _keep(one, store, counted, now=now)
            result.count(word)
            added += [] if number is None else [number]
        store.keep_features(counted)
    return added


def _verdict(one: Taken, store: Store) -> tuple[Match | None, str]:
    """Say what a line is to us: known, or what dedupe says, in a word for the account."""
    line = one.incoming
    if line.origin_id and (found := store.imported(line.origin_id)) is not None and store.item(found).resource.url == line.resource.url:
        return None, "known"
    match = dedupe.match(line.resource, one.fingerprint, store.neighbours(one.fingerprint))
    return match, "folded" if match.fold in (Fold.SAME, Fold.REVISION) else "new"


def _keep(one: Taken, store: Store, counted: list[Counted], *, now: datetime) -> tuple[str, ItemId | None]:
    match, word = _verdict(one, store)
    if match is None:
        return word, None
    line = one.incoming
    if match.fold is Fold.REVISION:
        match = replace(match, fold=Fold.SAME)  # every line keeps a row of its own, by whose origin_id it can be joined
    number = store.add(line.resource, one.fingerprint, match, now=now, origin_id=line.origin_id, extra=line.extra)
    if match.fold is not Fold.SAME:
        counted.append(replace(one.counted, item=number))
    return word, number
