"""The health of the sources: which answer, which are silent, when each is asked again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import schedule
from pipeline.model import Health, Source, SourceState
from pipeline.web.site import page, site_of

_ORDER = ("failing", "silent", "new", "unchanged", "ok", "paused")


def sources(request: Request) -> Response:
    site = site_of(request)
    with site.open_store() as store:
        states = {state.id: state for state in store.source_states()}
        record = store.source_record()
        runs = store.runs(limit=12)
        failures = store.failures(8)
    now = site.clock()
    made: list[tuple[Source, SourceState, Health]] = []
    for source in site.config.sources:
        state = states.get(source.id) or SourceState(id=source.id, kind=source.kind, url=source.url, title=source.title)
        made.append((source, state, schedule.health(state, source, now)))
    made.sort(key=lambda one: (_ORDER.index(one[2].state) if one[2].state in _ORDER else 0, one[0].title or one[0].id))
    counts = {name: sum(1 for _, _, health in made if health.state == name) for name in _ORDER}
    names = {source.id: source.title or state.title or source.id for source, state, _ in made}
    return page(request, "sources.html", sources=made, record=record, runs=runs, counts=counts, names=names, failures=failures, now=now)


routes = [Route("/desk/sources", sources)]
