"""What the sources were worth, together: new items week by week, what was kept of each, and what to do about it. Only what may be asked at a visit.

The command line counts over a whole year; a page counts by the last 20,000 decisions, so that it does not grow with the desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.classify import stopping
from pipeline.late import late
from pipeline.model import Item, Source
from pipeline.store import Store
from pipeline.web.facets import Facets

if TYPE_CHECKING:
    from pipeline.classify import record
    from pipeline.classify.record import Proposal, SourceRecord
else:
    record = late("pipeline.classify.record")

PACED = 300
"""Decisions, the last ones, that say how long one takes."""
PRESSING = ("drop", "demote")
WIDTH, HEIGHT = 120, 28
"""Of a sparkline's drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The record of each source by its id, what is proposed for it, and of all proposals those to drop or demote one, the most pressing first."""

    records: Mapping[str, SourceRecord]
    proposals: Mapping[str, Proposal]
    pressing: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Spark:
    """A line of numbers, drawn: the path of the line, and that of the ground under it."""

    line: str
    ground: str


def worth(sources: Sequence[Source], store: Store, *, now: datetime) -> Worth:
    """Work out what each of these sources was worth."""
    ids = [one.id for one in sources]
    pace = stopping.pace(store.decisions(limit=PACED))
    weeks = store.weeks(ids, now, record.WEEKS)
    found = record.records(ids, store.judged(now - record.YEAR), now=now, pace=pace)
    records = [replace(one, weeks=weeks[one.source]) for one in found]
    proposals = record.proposals(records, now=now)
    return Worth(
        records={one.source: one for one in records},
        proposals={one.source: one for one in proposals},
        pressing=tuple(one for one in proposals if one.what in PRESSING),
    )


def little(item: Item, reason: str, store: Store, facets: Facets, sources: Sequence[Source]) -> tuple[str, str]:
    """After a rejection: the one source that named the item, and how little is kept of it, where that is surely less than of others. Else empty."""
    names = {one.id: one.title or one.id for one in sources}
    named = {one.lead.source for one in item.sightings} & names.keys()
    if len(named) != 1:
        return "", ""
    (source,) = named
    kept, decided = facets.record(store, named).get(source, (0, 0))
    kept_in_all, in_all = facets.decided(store)
    others = in_all - decided
    usual = (kept_in_all - kept) / others if others else 2 * record.POOR
    if record.verdict(kept, decided, usual) not in PRESSING:
        return "", ""
    return source, f"{names[source]}: {kept} kept of {decided}, {store.refused(source, reason)} {reason}."


def spark(numbers: Sequence[int], *, width: int = WIDTH, height: int = HEIGHT) -> Spark:
    """Draw numbers as a line from left to right, the greatest at the top; all zero is a line at the bottom."""
    most, step = max((*numbers, 1)), (width - 2) / max(len(numbers) - 1, 1)
    points = [f"{1 + step * place:.1f} {height - 2 - (height - 4) * number / most:.1f}" for place, number in enumerate(numbers)]
    line = f"M{' L'.join(points)}" if points else ""
    return Spark(line, f"{line} L{width - 1} {height} L1 {height} Z" if line else "")
