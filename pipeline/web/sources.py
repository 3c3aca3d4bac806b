"""The sources: which answer, which are silent, when each is asked again, what each was worth, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import schedule
from pipeline.classify import record, stopping
from pipeline.classify.record import Proposal, SourceRecord
from pipeline.model import Health, Source, SourceState
from pipeline.web.site import page, site_of

PACED = 300
"""Decisions, the last ones, that say how long one takes."""

HEIGHT = 24
"""Of the tallest bar; the template's drawing is as high."""

_ORDER = ("failing", "silent", "new", "unchanged", "ok", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One source on the page. `bars` are the heights of its weeks, the oldest first."""

    source: Source
    state: SourceState
    health: Health
    record: SourceRecord
    proposal: Proposal
    bars: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.source.title or self.state.title or self.source.id


def sources(request: Request) -> Response:
    site = site_of(request)
    now = site.clock()
    configured = site.config.sources
    with site.open_store() as store:
        states = {state.id: state for state in store.source_states()}
        runs = store.runs(limit=12)
        failures = store.failures(8)
        brought, pace = store.brought(now - record.YEAR), stopping.pace(store.decisions(limit=PACED))
    records = record.records([source.id for source in configured], brought, now=now, pace=pace)
    proposals = record.proposals(records, now=now)
    proposed = {one.source: one for one in proposals}
    rows = [_row(one, states.get(one.id), found, proposal=proposed[one.id], now=now) for one, found in zip(configured, records, strict=True)]
    rows.sort(key=lambda row: (_ORDER.index(row.health.state) if row.health.state in _ORDER else 0, row.name))
    return page(
        request,
        "sources.html",
        rows=rows,
        proposals=[one for one in proposals if one.what in ("drop", "demote")],
        runs=runs,
        counts={name: sum(row.health.state == name for row in rows) for name in _ORDER},
        names={row.source.id: row.name for row in rows},
        failures=failures,
        now=now,
    )


def _row(source: Source, state: SourceState | None, found: SourceRecord, *, proposal: Proposal, now: datetime) -> Row:
    state = state or SourceState(id=source.id, kind=source.kind, url=source.url, title=source.title)
    most = max(found.weeks)
    bars = tuple(max(2, round(HEIGHT * count / most)) if count else 0 for count in found.weeks)
    return Row(source=source, state=state, health=schedule.health(state, source, now), record=found, proposal=proposal, bars=bars)


routes = [Route("/desk/sources", sources)]
