"""The first page of a report, for those who work at the desk. Nowhere else: the page is somebody's work, and a picture of it is a copy."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.model import ItemId
from pipeline.web.site import site_of


def picture(request: Request) -> Response:
    """Send the picture of an item. Raises `NotFoundError` where there is none."""
    asked = ItemId(request.path_params["id"])
    with site_of(request).open_store() as store:
        png = store.picture(asked)
    if png is None:
        raise NotFoundError("picture of item", str(asked))
    return Response(png, media_type="image/png")


routes = [Route("/desk/items/{id:int}/picture", picture)]
