"""In and out of the desk, where it has a password."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.web.access import SESSION, SESSION_COOKIE
from pipeline.web.problems import RefusedVisitError
from pipeline.web.security import is_https
from pipeline.web.site import desk_path, field, page, site_of


def login_page(request: Request) -> Response:
    return page(request, "login.html", to=desk_path(request.query_params.get("to", "")))


def login(request: Request) -> Response:
    site = site_of(request)
    try:
        session = site.access.open(field(request, "password"))
    except RefusedVisitError as refusal:
        return page(request, "login.html", status=refusal.status, to=desk_path(field(request, "to")), refusal=refusal)
    answer = RedirectResponse(desk_path(field(request, "to")), status_code=303)
    https = is_https(request, site.config.desk.url)
    answer.set_cookie(SESSION_COOKIE, session, max_age=int(SESSION.total_seconds()), path="/", httponly=True, samesite="lax", secure=https)
    return answer


def logout(request: Request) -> Response:
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


routes = [Route("/desk/login", login_page), Route("/desk/login", login, methods=["POST"]), Route("/desk/logout", logout, methods=["POST"])]
