"""Items from a file into the store, by the same doors as harvested ones: folded, handed on to be suggested, and never fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from pipeline import dedupe
from pipeline.exchange.ahead import Count, Taken, taken
from pipeline.exchange.lines import Result
from pipeline.model import Fold, Folding, ItemId, Match
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
    folding: Folding | None = None,
    dry_run: bool = False,
    report: Callable[[int], None] = lambda done: None,
) -> Result:
    """Take every line as an item, folded into what it is the same as. A line that came before is counted as `known`.

    The other place's `id` becomes `origin_id`. `count` takes the features of what stands by itself. At the end `suggest` is given the numbers of
    what came in: all words are known then, and a thousand items together cost little. With `dry_run` lines are compared with what is in the store,
    and nothing is written; of lines of the file that are the same as each other only an `id` that comes again is then noticed. `folding` are the
    words of the desk, where it has its own.
    """
    result = Result()
    return keep(by(folding, taken(raw_lines, result, count=count)), result, store, suggest=suggest, now=now, dry_run=dry_run, report=report)


def by(folding: Folding | None, todo: Iterator[Taken]) -> Iterator[Taken]:
    """Take the fingerprints once more by the words of the desk, where it has its own."""
    return (replace(one, fingerprint=dedupe.fingerprint(one.incoming.resource, folding)) for one in todo) if folding else todo


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
    store.be_patient()
    added: list[ItemId] = []
    known: list[ItemId] = []
    seen = set[tuple[str, str]]()
    while batch := list(islice(todo, BATCH)):
        if dry_run:
            for one in batch:
                line = (one.incoming.origin_id or "", one.incoming.resource.url)
                verdict = _verdict(one, store)
                result.count(_word(verdict) if isinstance(verdict, Match) and line not in seen else "known")
                if one.incoming.origin_id:
                    seen.add(line)
        else:
            some, others = _batch(batch, result, store, now=now)
            added += some
            known += others
        report(result.total)
    if bare := [*added, *store.unranked(known)]:  # what an import that was killed brought is known, and nothing was suggested for it yet
        suggest(bare)
    return result


def _batch(batch: Sequence[Taken], result: Result, store: Store, *, now: datetime) -> tuple[list[ItemId], list[ItemId]]:
    """Keep lines together, all or none of them: what dedupe says of a line and the line itself go in by one transaction, so that of two processes
    which offer the same the second one finds what the first one brought. Gives what was added, and what was known."""
    added: list[ItemId] = []
    known: list[ItemId] = []
    counted: list[Counted] = []
    with store.transaction():
        for one in batch:
            verdict = _verdict(one, store)
            if isinstance(verdict, Match):
                result.count(_word(verdict))
                added.append(_keep(one, verdict, store, counted, now=now))
            else:
                result.count("known")
                known.append(verdict)
        store.keep_features(counted)
    return added, known


def _verdict(one: Taken, store: Store) -> Match | ItemId:
    """Say what a line is to us: the row that it made when it came before, or what dedupe says of it."""
    line = one.incoming
    if line.origin_id and (found := store.imported(line.origin_id, line.resource.url)) is not None:
        return found
    near = store.neighbours(one.fingerprint)
    if line.origin_id is None and (same := next((other.id for other in near if other.resource == line.resource), None)):
        return same  # a line without a number is known by all that it says
    return dedupe.match(line.resource, one.fingerprint, near)


def _word(match: Match) -> str:
    return "folded" if match.fold in (Fold.SAME, Fold.REVISION) else "new"


def _keep(one: Taken, match: Match, store: Store, counted: list[Counted], *, now: datetime) -> ItemId:
    line = one.incoming
    if match.fold is Fold.REVISION:
        match = replace(match, fold=Fold.SAME)  # every line keeps a row of its own, by whose origin_id it can be joined
    number = store.add(line.resource, one.fingerprint, match, now=now, origin_id=line.origin_id, extra=line.extra)
    if match.fold is not Fold.SAME:
        counted.append(replace(one.counted, item=number))
    return number
