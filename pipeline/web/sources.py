"""The sources: which answer, which are silent, when each is asked again, what each was worth, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import harvest, schedule
from pipeline.classify import record, stopping
from pipeline.classify.record import Proposal, SourceRecord
from pipeline.config import flow
from pipeline.errors import NotFoundError
from pipeline.model import Health, Source, SourceState
from pipeline.sources import repair
from pipeline.web.site import page, site_of

PACED = 300
"""Decisions, the last ones, that say how long one takes."""

HEIGHT = 24
"""Of the tallest bar; the template's drawing is as high."""

_ORDER = ("failing", "alarm", "gone", "silent", "new", "unchanged", "ok", "paused")
TROUBLED = 20
"""Sources whose trouble is shown at length."""


DONE = {
    "accept": "Written into the settings. What is on the kept page waits to be visited, and the source is asked again at the next harvest.",
    "pause": "The source is paused; what it brought stays.",
    "resume": "The source is asked again when it is due.",
    "run": "The source is asked at the next harvest, within a minute where this desk harvests.",
}
"""What was done, in words, by the act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One source on the page. `bars` are the heights of its weeks, the oldest first."""

    source: Source
    state: SourceState
    health: Health
    record: SourceRecord
    proposal: Proposal
    bars: tuple[int, ...]
    told: str

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
        troubles = [harvest.standing(one, store) for one in configured if _is_troubled(states.get(one.id))][:TROUBLED]
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
        troubles=[(one, flow(dict(one.repair.select)) if one.repair and one.repair.select else "") for one in troubles],
        did=DONE.get(request.query_params.get("did", "")),
        file=site.config.path.name,
        says=repair.sentence,
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
    health = schedule.health(state, source, now)
    return Row(source=source, state=state, health=health, record=found, proposal=proposal, bars=bars, told=schedule.told(health, now))


def _is_troubled(state: SourceState | None) -> bool:
    """Say whether a source gives no longer what it gave, or is known to be elsewhere."""
    return state is not None and not state.paused and bool(state.alarm or state.drift or harvest.proposed(state))


def act(request: Request) -> Response:
    """Take over what is proposed for a source, stop or go on asking it, or ask it as soon as may be."""
    site = site_of(request)
    name, what = request.path_params["id"], request.path_params["act"]
    source = next((one for one in site.config.sources if one.id == name), None)
    if source is None or what not in DONE:
        raise NotFoundError("source", f"“{name}”" if source is None else f"act “{what}”", hint="Load the page again.")
    with site.open_store() as store:
        match what:
            case "accept":
                harvest.accept(source, harvest.standing(source, store).repair, config=site.config, store=store, now=site.clock)
            case "run":
                store.want(name)
            case _:
                store.pause(name, what == "pause")
    return RedirectResponse(f"/desk/sources?{urlencode({'did': what})}", status_code=303)


routes = [Route("/desk/sources", sources), Route("/desk/sources/{id}/{act}", act, methods=["POST"])]
