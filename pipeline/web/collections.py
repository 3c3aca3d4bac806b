"""Living collections at the desk: what each holds, what came in since somebody looked through it, and the button that says that somebody did.

What belongs to a collection is written in the settings, by hand; here nothing but the day of the review is written there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.late import late
from pipeline.web.site import page, site_of

if TYPE_CHECKING:
    from pipeline.publish import collections
else:
    collections = late("pipeline.publish.collections")

SHOWN = 12
"""Newcomers of one collection that the page lists."""


def overview(request: Request) -> Response:
    """List the collections, those that wait for a review first."""
    site = site_of(request)
    with site.open_store() as store:
        found = collections.standings(site.config, store, now=site.clock())
    ordered = sorted(found, key=lambda one: not one.review.is_overdue)
    names = {topic.id: topic.name for topic in site.config.topics}
    return page(request, "desk_collections.html", standings=ordered, names=names, shown=SHOWN, file=site.config.path.name)


def reviewed(request: Request) -> Response:
    """Write into the settings that a collection was looked through today."""
    site = site_of(request)
    collection_id = request.path_params["id"]
    collections.mark(collection_id, site.config, now=site.clock())
    return RedirectResponse(f"/desk/collections#{collection_id}", status_code=303)


routes = [Route("/desk/collections", overview), Route("/desk/collections/{id}/reviewed", reviewed, methods=["POST"])]
