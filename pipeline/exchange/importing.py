"""Items from a file into the store, by the same doors as harvested ones: folded, handed on to be suggested, and never fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from pipeline import dedupe
from pipeline.exchange.lines import BadLineError, Result, records
from pipeline.exchange.reading import Incoming, incoming
from pipeline.model import Fingerprint, Fold, ItemId, Match
from pipeline.store import Store

BATCH = 100
"""Lines in one transaction: a few tenths of a second, so that a curator's click waits no longer than that."""

Taken = tuple[Incoming, Fingerprint]


def import_items(
    raw_lines: Iterable[bytes],
    store: Store,
    *,
    suggest: Callable[[Sequence[ItemId]], None],
    now: datetime,
    dry_run: bool = False,
    report: Callable[[int], None] = lambda done: None,
) -> Result:
    """Take every line as an item, folded into what it is the same as. A line that came before is counted as `known`.

    The other place's `id` becomes `origin_id`. At the end `suggest` is given the numbers of what came in: all words are known then, and a thousand
    items together cost little. With `dry_run` lines are compared with what is in the store, and nothing is written; lines of the file that are the
    same as each other are then not noticed.
    """
    result = Result()
    added: list[ItemId] = []
    todo = _taken(records(raw_lines, result), result)
    while batch := list(islice(todo, BATCH)):
        if dry_run:
            for one in batch:
                result.count(_verdict(one, store)[1])
        else:
            with store.transaction():
                for one in batch:
                    word, number = _keep(one, store, now=now)
                    result.count(word)
                    added += [] if number is None else [number]
        report(result.total)
    if added:
        suggest(added)
    return result


def _taken(rows: Iterator[tuple[int, dict[str, Any]]], result: Result) -> Iterator[Taken]:
    """Read and fingerprint, outside of any transaction: this is most of the work."""
    for one in _read(rows, result):
        yield one, dedupe.fingerprint(one.resource)


def _read(rows: Iterator[tuple[int, dict[str, Any]]], result: Result) -> Iterator[Incoming]:
    for number, row in rows:
        try:
            yield incoming(row)
        except BadLineError as error:
            result.refuse(number, error)


def _verdict(one: Taken, store: Store) -> tuple[Match | None, str]:
    """Say what a line is to us: known, or what dedupe says, in a word for the account."""
    taken, fingerprint = one
    if taken.origin_id and (found := store.find(taken.origin_id)) is not None and store.item(found).resource.url == taken.resource.url:
        return None, "known"
    match = dedupe.match(taken.resource, fingerprint, store.neighbours(fingerprint))
    return match, "folded" if match.fold in (Fold.SAME, Fold.REVISION) else "new"


def _keep(one: Taken, store: Store, *, now: datetime) -> tuple[str, ItemId | None]:
    match, word = _verdict(one, store)
    if match is None:
        return word, None
    taken, fingerprint = one
    if match.fold is Fold.REVISION:
        match = replace(match, fold=Fold.SAME)  # every line keeps a row of its own, by whose origin_id it can be joined
    return word, store.add(taken.resource, fingerprint, match, now=now, origin_id=taken.origin_id, extra=taken.extra)
