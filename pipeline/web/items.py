"""One item with everything that we know of it, for the curator."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import learn
from pipeline.model import ItemId
from pipeline.review import REASONS
from pipeline.web.decide import SAID
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


routes = [Route("/desk/items/{id:int}", desk_item)]
