"""The end of a sitting: what was done in it, and what stays. Shows; nothing is changed by leaving."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.model import Lane
from pipeline.web import plan
from pipeline.web.site import page, site_of

_LATEST = 1_000


def leave(request: Request) -> Response:
    """Say how the minutes were used. Where no sitting is named, or it is long over, lead to the queue."""
    site, now = site_of(request), site_of(request).clock()
    minutes = plan.minutes_of(request.query_params.get("minutes", ""))
    with site.open_store() as store:
        sitting = plan.sitting(minutes, request.query_params.get("began", ""), decisions=store.decisions(limit=_LATEST), now=now)
        if sitting is None:
            return RedirectResponse("/desk/queue", status_code=303)
        lanes = store.lanes()
        outlook = site.prospect.outlook(store, minutes=0)
        days = store.days_in_a_row(plan.midnights(site.today, site.zone))
    return page(
        request,
        "leave.html",
        sitting=sitting,
        closing=plan.closing(sitting),
        waiting=lanes[Lane.RANKED] + lanes[Lane.MUST_HAVE],
        days=days,
        stop=plan.stop(outlook),
    )


routes = [Route("/desk/leave", leave)]
