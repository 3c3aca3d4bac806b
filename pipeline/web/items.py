"""One item: with everything we know of it for the curator, and as published for everybody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import learn
from pipeline.errors import NotFoundError
from pipeline.model import Entry, Item, ItemId, State
from pipeline.store import Store
from pipeline.web.archive import is_public
from pipeline.web.decide import REASONS, SAID
from pipeline.web.queue import item_id
from pipeline.web.rows import Desk, row
from pipeline.web.site import page, site_of

_HISTORY = 50
_WHOLE = 20_000  # characters of a text that the item's own page shows


def desk_item(request: Request) -> Response:
    """Show an item with the origin of every field, where it was seen, and what was done to it."""
    site = site_of(request)
    asked = ItemId(request.path_params["id"])
    with site.open_store() as store:
        item = store.item(asked)
        url = f"/desk/items/{asked}"
        made = row(item, Desk(config=site.config, store=store, record=store.source_record(), length=_WHOLE), url=url, to=url)
        calibrated = learn.outlook(store, now=site.clock()).expected_all is not None
        history = store.decisions(asked, limit=_HISTORY)
    notice = f"{SAID[item.state]}." if item_id(request.query_params.get("did", "")) == asked else ""
    return page(request, "item.html", row=made, said=SAID, history=history, calibrated=calibrated, notice=notice, reasons=REASONS)


def public_item(request: Request) -> Response:
    """Show a published item as its edition printed it. What is not published, or for members only, is not there."""
    site = site_of(request)
    asked = ItemId(request.path_params["id"])
    with site.open_store() as store:
        item = store.item(asked)
        entry = _published(item, store)
    if entry is None:
        raise NotFoundError("item", asked, hint="It may not be published yet. The editions are on the first page.")
    return page(request, "public_item.html", item=item, entry=entry)


def _published(item: Item, store: Store) -> Entry | None:
    if item.state is not State.PUBLISHED or item.audience != "public" or item.edition is None:
        return None
    edition = store.edition(item.edition)
    if not is_public(edition):
        return None
    return next((entry for entry in edition.entries if entry.id == item.id), None)


routes = [Route("/items/{id:int}", public_item), Route("/desk/items/{id:int}", desk_item)]
