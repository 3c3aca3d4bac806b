"""Saved views: filters of the queue under a name, one's own or everybody's. What a view shows is the queue's business."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.config import Config
from pipeline.model import View
from pipeline.store import Store
from pipeline.text import squeeze
from pipeline.web.facets import Filters
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import desk_path, field, page, person_of, site_of

LONGEST = 60
"""Characters of a name."""
_LONGEST_QUERY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A view as it is shown: where it opens, what it filters in words, whether it is one's own and the one that is open."""

    view: View
    url: str
    said: str
    mine: bool
    current: bool


def views_of(store: Store, me: str, query: str, config: Config) -> tuple[Shown, ...]:
    """List one's own views in one's own order, then those that others share. `query` is what the queue shows now."""
    here = tidy(query)
    return tuple(
        Shown(view=one, url=_url(one.query), said=described(one.query, config), mine=one.owner == me, current=bool(here) and one.query == here)
        for one in store.views(me)
    )


def tidy(query: str) -> str:
    """Write the filters of an address in one way, whatever stood beside them there."""
    return Filters.from_query(QueryParams(query[:_LONGEST_QUERY])).query()


def described(query: str, config: Config) -> str:
    """Say filters in words: "topic Integrated care, source North Network blog"."""
    names = {
        "topic": {topic.id: topic.name for topic in config.topics},
        "source": {source.id: source.title or source.id for source in config.sources},
    }
    made = []
    for name, value in parse_qsl(query):
        said = names.get(name, {}).get(value, value.replace("-", " ") if name in ("kind", "lane", "state") else value)
        made.append(f"“{said}” in the text" if name == "q" else f"{name} {said}")
    return ", ".join(made) or "all that waits"


def views(request: Request) -> Response:
    """Show the views, and the filters of the address to be saved."""
    site, me = site_of(request), person_of(request).name
    query = tidy(request.url.query)
    with site.open_store() as store:
        shown = views_of(store, me, query, site.config)
    return page(request, "views.html", views=shown, query=query, said=described(query, site.config), longest=LONGEST, back=_url(query))


def save(request: Request) -> Response:
    """Keep filters under a name; one's own view of that name gets these filters."""
    site, me = site_of(request), person_of(request).name
    with site.open_store() as store:
        view = store.save_view(me, _name(request), tidy(field(request, "query")), shared=bool(field(request, "shared")))
    back = field(request, "here")
    return RedirectResponse(desk_path(back) if back else _url(view.query), status_code=303)


def change(request: Request) -> Response:
    """Move, rename, share or drop a view of one's own."""
    site, me, view = site_of(request), person_of(request).name, int(request.path_params["id"])
    with site.open_store() as store:
        match request.path_params["act"]:
            case "up" | "down" as way:
                store.move_view(view, me, up=way == "up")
            case "change":
                store.change_view(view, me, name=_name(request), shared=bool(field(request, "shared")))
            case "drop":
                store.drop_view(view, me)
            case _:
                raise RefusedVisitError("There is no such page.", status=404)
    return RedirectResponse("/desk/views", status_code=303)


def _name(request: Request) -> str:
    name = squeeze(field(request, "name"))
    if not 0 < len(name) <= LONGEST:
        raise RefusedVisitError(f"A view needs a name of at most {LONGEST} characters.", status=422, hint="Give it one.")
    return name


def _url(query: str) -> str:
    return "/desk/queue" + (f"?{query}" if query else "")


routes = [
    Route("/desk/views", views),
    Route("/desk/views", save, methods=["POST"]),
    Route("/desk/views/{id:int}/{act}", change, methods=["POST"]),
]
