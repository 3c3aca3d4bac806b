"""The sources: which answer, which are silent, what each brings week by week, when each is asked again, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import schedule
from pipeline.config import flow
from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Health, Role, Source, SourceState
from pipeline.store import Store
from pipeline.store.counts import Hour
from pipeline.text import folded
from pipeline.web.filters import Filters
from pipeline.web.site import Site, page, person_of, site_of
from pipeline.web.worth import Spark, Worth, spark

if TYPE_CHECKING:
    from pipeline import harvest
    from pipeline.classify import record as records
    from pipeline.classify.record import Proposal, SourceRecord
    from pipeline.harvest import Examined
    from pipeline.sources import repair
else:
    harvest = late("pipeline.harvest")
    repair = late("pipeline.sources.repair")
    records = late("pipeline.classify.record")

TROUBLED = 20
"""Sources whose trouble is shown at length."""
SHOWN = 500
"""Sources in the table at once."""
HOURS = 48
"""So far back the harvests are drawn, an hour each."""
TALL = 40
"""Of the tallest bar."""
LOOKS = {
    "failing": ("err", "Failing"),
    "alarm": ("warn", "Changed"),
    "gone": ("err", "Gone"),
    "silent": ("warn", "Silent"),
    "new": ("plain", "Not asked yet"),
    "ok": ("ok", "Healthy"),
    "paused": ("plain", "Paused"),
}
"""Each state of a source, what needs attention first: how it looks, and what it is called."""
BAD = ("failing", "alarm", "gone", "silent")
DONE = {
    "accept": "Written into the settings. What is on the kept page waits to be visited, and the source is asked again at the next harvest.",
    "pause": "The source is paused; what it brought stays.",
    "resume": "The source is asked again when it is due.",
    "run": "The source is asked at the next harvest, within a minute where this desk harvests.",
    "all": "All sources are asked at the next harvest, within a minute where this desk harvests.",
    "topics": "Written into the settings. It holds for what comes from now on.",
    "add": "Written into the settings. The source is asked with the next harvest.",
}
"""What was done, in words, by the act."""
ACTS = ("accept", "pause", "resume", "run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One source on the page. `spark` draws its weeks, `told` says what an operator must know."""

    source: Source
    state: SourceState
    health: Health
    record: SourceRecord
    proposal: Proposal
    spark: Spark
    told: str

    @property
    def name(self) -> str:
        return self.source.title or self.state.title or self.source.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The harvests of one hour, drawn; `look` is warn or err where a part or all of its runs failed."""

    x: int
    height: int
    look: str


def sources(request: Request) -> Response:
    """Show all sources, those that need attention first, or those under a filter."""
    site = site_of(request)
    now, configured = site.clock(), sources_of(site)
    with site.open_store() as store:
        states = {state.id: state for state in store.source_states(counted=False)}
        runs, failures = store.runs(limit=8), store.failures(8)
        judged = site.memory.worth(configured, store, now=now)
        troubles, hours = troubles_of(configured, states, store), store.harvest_hours(now - timedelta(hours=HOURS))
        lanes = site.facets.look(store, Filters(), limit=1).every.get("lane") or store.lanes()
    rows = sorted((row_of(one, states.get(one.id), judged, now=now) for one in configured), key=_by_need)
    asked = {name: request.query_params.get(name, "").strip()[:100] for name in ("state", "q")}
    shown = [row for row in rows if _fits(row, asked)]
    return page(
        request,
        "sources.html",
        rows=shown[:SHOWN],
        found=len(shown),
        of=len(rows),
        asked=asked,
        looks=LOOKS,
        proposals=judged.pressing,
        troubles=troubles,
        did=DONE.get(request.query_params.get("did", "")),
        file=site.config.path.name,
        says=repair.sentence,
        runs=runs,
        next_runs=sorted((row for row in rows if row.health.next), key=lambda row: (max(row.health.next or now, now), row.name))[:6],
        errors=[row for row in rows if row.health.error][:8],
        counts={name: sum(row.health.state == name for row in rows) for name in LOOKS},
        names={row.source.id: row.name for row in rows},
        failures=failures,
        week=[sum(row.record.weeks[place] for row in rows) for place in range(records.WEEKS)],
        bars=bars(hours, now),
        hours=hours,
        waiting=sum(lanes.values()),
        operates=person_of(request).role.may(Role.OPERATOR),
        topics=site.config.topics,
        now=now,
        spark=spark,
    )


def act(request: Request) -> Response:
    """Take over what is proposed for a source, stop or go on asking it, or ask it as soon as may be."""
    site = site_of(request)
    name, what = request.path_params["id"], request.path_params["act"]
    if what not in ACTS:
        raise NotFoundError("source", f"act “{what[:40]}”", hint="Load the page again.")
    source = source_of(site, name)
    with site.open_store() as store:
        match what:
            case "accept":
                harvest.accept(source, harvest.standing(source, store).repair, config=site.config, store=store, now=site.clock)
            case "run":
                store.want(name)
            case _:
                store.pause(name, what == "pause")
    return RedirectResponse(f"/desk/sources?{urlencode({'did': what})}", status_code=303)


def run_all(request: Request) -> Response:
    """Ask every source that is not paused or gone as soon as may be."""
    site = site_of(request)
    known = {one.id for one in sources_of(site)}
    with site.open_store() as store, store.transaction():
        for state in store.source_states(counted=False):
            if state.id in known and not state.paused and not state.gone:
                store.want(state.id)
    return RedirectResponse("/desk/sources?did=all", status_code=303)


def sources_of(site: Site) -> tuple[Source, ...]:
    """Give the sources as the settings file has them now: the desk itself writes into it."""
    return site.settings.look().sources


def source_of(site: Site, name: str) -> Source:
    """Give one source. Raises `NotFoundError`."""
    source = next((one for one in sources_of(site) if one.id == name), None)
    if source is None:
        raise NotFoundError("source", f"“{name[:80]}”", hint="/desk/sources lists those there are.")
    return source


def row_of(source: Source, state: SourceState | None, judged: Worth, *, now: datetime) -> Row:
    """Put together what the page says of one source."""
    state = state or SourceState(id=source.id, kind=source.kind, url=source.url, title=source.title)
    record, health = judged.records[source.id], schedule.health(state, source, now)
    return Row(
        source=source,
        state=state,
        health=health,
        record=record,
        proposal=judged.proposals[source.id],
        spark=spark(record.weeks),
        told=schedule.told(health, now),
    )


def is_troubled(state: SourceState | None) -> bool:
    """Say whether a source gives no longer what it gave, or is known to be elsewhere."""
    return state is not None and not state.paused and bool(state.alarm or state.drift or harvest.proposed(state))


def troubles_of(configured: Sequence[Source], states: Mapping[str, SourceState], store: Store) -> list[tuple[Examined, str]]:
    """Say what is wrong with the first sources that give no longer what they gave, with the selectors proposed for each as they would be written."""
    troubled = [one for one in configured if is_troubled(states.get(one.id))]
    found = [harvest.standing(one, store) for one in troubled[:TROUBLED]]
    return [(one, flow(dict(one.repair.select)) if one.repair and one.repair.select else "") for one in found]


def bars(hours: Sequence[Hour], now: datetime) -> list[Bar]:
    """Draw the harvests hour by hour, the last hour at the right. The tallest brought most."""
    most = max((one.new for one in hours), default=0) or 1
    made = []
    for one in hours:
        place = HOURS - 1 - (now - one.start) // timedelta(hours=1)
        look = "" if not one.failed else "err" if one.failed == one.runs else "warn"
        if place >= 0:
            made.append(Bar(x=10 * place, height=max(2, round(TALL * one.new / most)), look=look))
    return made


def _by_need(row: Row) -> tuple[int, str]:
    order, state = tuple(LOOKS), row.health.state
    return (order.index(state) if state in order else 0, row.name.casefold())


def _fits(row: Row, asked: dict[str, str]) -> bool:
    state = asked["state"]
    if state and row.health.state != state and not (state == "attention" and row.health.state in BAD):
        return False
    return all(word in folded(f"{row.name} {row.source.id} {row.source.kind} {row.source.url}") for word in folded(asked["q"]).split())


routes = [
    Route("/desk/sources", sources),
    Route("/desk/sources/all/run", run_all, methods=["POST"]),
]
last_routes = [Route("/desk/sources/{id}/{act}", act, methods=["POST"])]
"""Those that would answer for others, too: they come after the pages of one source."""
