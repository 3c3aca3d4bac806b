"""One source: its runs, its last items, what was kept of it, its settings as written, a test that keeps nothing; and adding one by its address.

What is asked of the network goes through the same door as a harvest, with the same guard, and ends after some seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import config as written
from pipeline import urls
from pipeline.errors import NotFoundError, RefusedError
from pipeline.late import late
from pipeline.model import Role, Source
from pipeline.sources import KINDS
from pipeline.store.counts import MOST
from pipeline.text import clip, squeeze
from pipeline.web import sources
from pipeline.web.site import field, form_of, page, person_of, site_of
from pipeline.web.sources import DONE, LOOKS, row_of, source_of, sources_of, troubles_of
from pipeline.web.worth import spark

if TYPE_CHECKING:
    from pipeline import harvest
    from pipeline.harvest import Probe
    from pipeline.sources import repair
else:
    harvest = late("pipeline.harvest")
    repair = late("pipeline.sources.repair")

SECONDS = 20.0
"""So long a test of a source may take; of an address that is to be added, so long each of its offers."""
FEW = 5
"""Leads of each offer that are shown."""
BROUGHT = 12
"""Leads of a test that are shown."""
_LONGEST = 2_000


def one(request: Request) -> Response:
    """Show one source."""
    return _show(request)


def test(request: Request) -> Response:
    """Ask a source now, show what it brings, and keep nothing."""
    site = site_of(request)
    found = harvest.probe(source_of(site, request.path_params["id"]), site.config.harvest, now=site.clock, seconds=SECONDS)
    return _show(request, found)


def topics(request: Request) -> Response:
    """Write into the settings what nearly everything of a source is about."""
    site = site_of(request)
    source = source_of(site, request.path_params["id"])
    ticked = set(form_of(request).get("topic", ()))
    written.change_source(site.config.path, source.id, {"topics": [topic.id for topic in site.config.topics if topic.id in ticked]})
    return _back(source.id, "topics")


def add(request: Request) -> Response:
    """Show what an address offers, five leads of each offer; or, where an offer was chosen, write that into the settings."""
    site = site_of(request)
    url = squeeze(field(request, "url"))[:_LONGEST]
    if not urls.is_web(url):  # the command line reads files by their path, too; a page of the desk must not
        raise RefusedError(f"“{clip(url, 80)}” is no web address.", url=url, hint="Give it whole, for example https://www.example.org/blog.")
    kind = field(request, "kind")
    if kind:
        return _added(request, url, kind)
    offers = harvest.discover(urls.clean(url), site.config.harvest, now=site.clock, seconds=SECONDS)[:6]
    probes = harvest.probed(offers, site.config.harvest, now=site.clock, seconds=SECONDS)
    return page(request, "desk_source_add.html", url=url, probes=probes, few=FEW, topics=site.config.topics)


def _added(request: Request, url: str, kind: str) -> Response:
    site = site_of(request)
    if kind not in KINDS:
        raise NotFoundError("kind of source", f"“{kind[:40]}”", hint="Load the page again.")
    chosen = set(form_of(request).get("topic", ()))
    found = harvest.Probe(source=Source(id="new", kind=kind, url=urls.clean(url), title=field(request, "title")))
    current = replace(site.config, sources=sources_of(site))
    made = harvest.named(found, current, topics=tuple(topic.id for topic in current.topics if topic.id in chosen))
    written.add_source(site.config.path, made)
    with site.open_store() as store:
        store.sync_sources(sources_of(site), site.clock())
    return _back(made.id, "add")


def _show(request: Request, found: Probe | None = None) -> Response:
    site, name = site_of(request), request.path_params["id"]
    source, now = source_of(site, name), site.clock()
    with site.open_store() as store:
        known = {state.id: state for state in store.source_states(counted=False)}
        judged = site.memory.worth(sources_of(site), store, now=now)
        runs, items, count = store.runs(name, limit=20), store.last_of(name), store.brought_by(name)
        troubles = troubles_of([source], known, store)
    row = row_of(source, known.get(name), judged, now=now)
    return page(
        request,
        "desk_source.html",
        row=row,
        look=LOOKS.get(row.health.state, ("plain", row.health.state)),
        runs=runs,
        items=items,
        count=f"more than {MOST:,}" if count > MOST else f"{count:,}",
        troubles=troubles,
        says=repair.sentence,
        settings=settings_of(source),
        topics=site.config.topics,
        file=site.config.path.name,
        found=found,
        few=BROUGHT,
        did=DONE.get(request.query_params.get("did", "")),
        operates=person_of(request).role.may(Role.OPERATOR),
        wide=spark(row.record.weeks, width=600, height=80),
        now=now,
    )


def settings_of(source: Source) -> Mapping[str, str]:
    """Give the settings of a source as they would be written, its id left out."""
    chosen = {"kind": source.kind, "url": source.url, "title": source.title or None, "topics": list(source.topics) or None, **source.options}
    return {key: value if isinstance(value, str) else written.flow(value) for key, value in chosen.items() if value is not None}


def _back(name: str, did: str) -> Response:
    return RedirectResponse(f"/desk/sources/{name}?{urlencode({'did': did})}", status_code=303)


routes = [
    Route("/desk/sources", add, methods=["POST"]),
    Route("/desk/sources/{id}", one),
    Route("/desk/sources/{id}/test", test, methods=["POST"]),
    Route("/desk/sources/{id}/topics", topics, methods=["POST"]),
    *sources.last_routes,
]
