"""One item with everything that we know of it, for the curator; and its reading pane alone, to be fetched ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.model import Item, ItemId
from pipeline.store import Store
from pipeline.web.crowd import decided_by, people_of
from pipeline.web.fields import AUDIENCES
from pipeline.web.rows import SAID, Desk, queue_url, row
from pipeline.web.site import page, person_of, site_of

_HISTORY = 50
_WHOLE = 20_000  # characters of a text that the item's own page shows
_LONGEST_FILTER = 200


def desk_item(request: Request) -> Response:
    """Show an item with the origin of every field, where it was seen, and what was done to it."""
    asked = ItemId(request.path_params["id"])
    with site_of(request).open_store() as store:
        item = store.item(asked)
        did = str(asked) in (request.query_params.get("did"), request.query_params.get("edited"))
        said = SAID[item.state] if "did" in request.query_params else "Saved"
        return item_page(request, store, item, notice=f"{said}." if did else "")


def item_page(
    request: Request,
    store: Store,
    item: Item,
    *,
    notice: str = "",
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    earlier: int | None = None,
    pictured: Mapping[str, str] | None = None,
) -> Response:
    """Make the page of an item. `typed` stands in the form in place of what is kept, and `pictured` in that of its picture; `earlier` offers to undo
    what was done before that act."""
    site, url = site_of(request), f"/desk/items/{item.id}"
    me, now = person_of(request).name, site.clock()
    made = row(item, Desk(config=site.config, store=store, me=me, now=now, facets=site.facets, length=_WHOLE), url=url, to=url)
    if typed:
        made = replace(made, fields={name: typed.get(name, said) for name, said in made.fields.items()}, is_typed=True)
    return page(
        request,
        "item.html",
        status=status,
        row=made,
        said=SAID,
        history=store.decisions(item.id, limit=_HISTORY),
        notice=notice,
        earlier=earlier,
        picture=store.illustration(item.id),
        pictured=pictured or {},
        **around(request, store),
    )


def pane(request: Request) -> Response:
    """Give the reading pane of one item without a page around it. The query is that of the queue in which it stands."""
    site, asked = site_of(request), ItemId(request.path_params["id"])
    filters = {name: value[:_LONGEST_FILTER] for name, value in request.query_params.items() if name not in ("item", "did", "steered")}
    with site.open_store() as store:
        desk = Desk(config=site.config, store=store, me=person_of(request).name, now=site.clock(), facets=site.facets)
        item = store.item(asked)
        first = decided_by(item, now=desk.now) if not filters.get("state") else ""  # somebody was quicker, since the list was made
        made = row(item, desk, url=queue_url(filters, item=asked), to=queue_url(filters))
        return page(request, "pane.html", row=made, first=f"{first}." if first else "", **around(request, store))


def around(request: Request, store: Store) -> dict[str, Any]:
    """Give what a pane needs beside its item."""
    site = site_of(request)
    trained = store.trained()
    calibrated = trained is not None and trained.calibrated
    people = people_of(store, person_of(request).name)
    return {"calibrated": calibrated, "people": people, "audiences": AUDIENCES, "today": site.today}


routes = [Route("/desk/items/{id:int}", desk_item), Route("/desk/items/{id:int}/pane", pane)]
