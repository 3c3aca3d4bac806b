"""Editions as their editor sees them: the draft with its sections and what to look at before release. Building is the command line's business."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import digest
from pipeline.errors import NotFoundError
from pipeline.web.site import page, site_of


def overview(request: Request) -> Response:
    """List the editions, the newest first."""
    with site_of(request).open_store() as store:
        editions = store.editions()
    return page(request, "desk_editions.html", editions=editions)


def draft(request: Request) -> Response:
    """Show an edition as it stands, with its findings."""
    asked = request.path_params["edition"]
    with site_of(request).open_store() as store:
        try:
            edition = store.edition(asked)
        except NotFoundError as error:
            raise NotFoundError("edition", asked, hint=f"`gleanings digest build {asked}` makes a draft of it.") from error
    return page(request, "desk_edition.html", edition=edition, findings=digest.preflight(edition))


routes = [Route("/desk/editions", overview), Route("/desk/editions/{edition}", draft)]
