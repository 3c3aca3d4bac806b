"""Why an item stands where it does, in the exact terms of the model; and the form that asks for more or less of its like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline import learn
from pipeline.errors import NotFoundError
from pipeline.model import ItemId
from pipeline.store import Store
from pipeline.web import words
from pipeline.web.problems import RefusedVisitError
from pipeline.web.rows import Desk, row
from pipeline.web.security import wants_json
from pipeline.web.site import Site, desk_path, field, page, person_of, site_of

_LEAST = 0.005
"""Log odds below which a term is shown as nothing, so it is not shown."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A kept item that is like this one, and in which month it was kept."""

    item: ItemId
    title: str
    month: str


def why(request: Request) -> Response:
    """Show what a rank is made of. A page of its own; the queue's script opens its main part beside the item."""
    site = site_of(request)
    asked = ItemId(request.path_params["id"])
    url = f"/desk/items/{asked}"
    with site.open_store() as store:
        item = store.item(asked)
        model = site.memory.model(site.config, store, now=site.clock())
        explained = learn.explain(site.config, store, item=item, model=model, now=site.clock())
        alike = _alike(explained.nearest, store, site)
        made = row(
            item, Desk(config=site.config, store=store, me=person_of(request).name, now=site.clock(), facets=site.facets), url=url, to=f"{url}/why"
        )
    terms = [term for term in explained.terms if abs(term.value) >= _LEAST]
    return page(request, "why.html", row=made, explained=explained, terms=terms, alike=alike)


def steer(request: Request) -> Response:
    """Ask for more or less of what is like an item."""
    site = site_of(request)
    asked = ItemId(request.path_params["id"])
    wish = field(request, "steer")
    if wish not in ("more", "less"):
        raise RefusedVisitError("The form asks for neither more nor less.", status=422, hint="Load the page again.")
    with site.open_store() as store:
        item = store.item(asked)
        said = learn.steer(site.config, store, item=asked, more=wish == "more", by=person_of(request).name, now=site.clock())
    if wants_json(request):
        return JSONResponse({"said": said, "item": item.id, "steer": wish})
    path = desk_path(field(request, "here"))
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}steered={asked}", status_code=303)


def _alike(nearest: Sequence[tuple[ItemId, float]], store: Store, site: Site) -> tuple[Alike, ...]:
    made = []
    for other, _ in nearest:
        try:
            item = store.item(other)
        except NotFoundError:  # erased meanwhile
            continue
        month = words.month(item.decision.decided.astimezone(site.zone).date(), today=site.today) if item.decision else ""
        made.append(Alike(other, item.title, month))
    return tuple(made)


routes = [Route("/desk/items/{id:int}/why", why), Route("/desk/items/{id:int}/steer", steer, methods=["POST"])]
