"""The web application: the rooms' routes behind one gate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline.config import Config
from pipeline.config.living import Settings
from pipeline.errors import PipelineError
from pipeline.store import Store
from pipeline.watch import Pulse
from pipeline.watch.metrics import Metrics, World
from pipeline.web import (
    accounts,
    api,
    archive,
    asking,
    builder,
    bulk,
    collections,
    compare,
    crowd,
    decide,
    edit,
    editions,
    feeds,
    health,
    illustrating,
    items,
    keys,
    learning,
    leave,
    library,
    log,
    login,
    people,
    pictures,
    queue,
    reader_api,
    readers,
    releasing,
    rules,
    similar,
    source,
    sources,
    subscribers,
    suggest,
    survey,
    ties,
    today,
    views,
    votes,
    why,
)
from pipeline.web.access import Access
from pipeline.web.archive import published_file
from pipeline.web.facets import Facets
from pipeline.web.frame import Frame
from pipeline.web.gate import Gate
from pipeline.web.journal import Journal
from pipeline.web.limits import Limit
from pipeline.web.memory import Memory
from pipeline.web.pool import Pool
from pipeline.web.problems import RefusedVisitError, status_of
from pipeline.web.prospect import Prospect
from pipeline.web.security import is_program, wants_json
from pipeline.web.site import Site, environment, page

STATIC = Path(__file__).parent / "static"
_ROOMS = (
    archive,
    library,
    feeds,
    suggest,
    items,
    why,
    pictures,
    illustrating,
    today,
    queue,
    decide,
    edit,
    compare,
    ties,
    crowd,
    bulk,
    similar,
    views,
    builder,
    releasing,
    editions,
    collections,
    sources,
    source,
    subscribers,
    people,
    log,
    rules,
    learning,
    keys,
    asking,
    leave,
    login,
    accounts,
    health,
    votes,
    readers,
    survey,
    api,
    reader_api,
)


def create_app(config: Config, open_store: Callable[[], Store], clock: Callable[[], datetime]) -> Starlette:
    """Make the desk and the public pages. `open_store` opens the database: connections are kept between visits; `clock` gives aware UTC."""
    routes = [route for room in _ROOMS for route in room.routes]
    settings, pulse = Settings(config), Pulse()
    metrics = Metrics(World(config=lambda: settings.config, problem=lambda: settings.problem, open_store=open_store, clock=clock, pulse=pulse))
    access = Access(settings, routes=routes, open_store=open_store, clock=clock)
    app = Starlette(
        routes=[*routes, Route("/favicon.ico", _icon), Mount("/static", StaticFiles(directory=STATIC), name="static")],
        middleware=[
            Middleware(Journal, settings=settings, metrics=metrics),
            Middleware(Gate, public_url=lambda: settings.config.desk.url, admit=access.admit, explain=explain),
        ],
        exception_handlers={HTTPException: _as_ours},
    )
    app.state.site = Site(
        config=config,
        settings=settings,
        pulse=pulse,
        metrics=metrics,
        open_store=Pool(open_store).lend,
        clock=clock,
        access=access,
        memory=Memory(),
        facets=Facets(open_store, clock),
        prospect=Prospect(open_store, clock),
        suggestions=Limit(suggest.HOURLY, timedelta(hours=1)),
        templates=environment(),
        frame=Frame(environment(), access.rights),
    )
    app.state.buckets, app.state.reader_tries = api.Buckets(), Limit(reader_api.TRIES, timedelta(minutes=10))
    return app


def explain(request: Request, error: PipelineError | None) -> Response:
    """Answer with what went wrong and what to do next, as page or JSON. Of a bug (`None`) nothing is told but that it is one."""
    answer = _explained(request, error)
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["allow"] = _allowed(request)
    return answer


def _explained(request: Request, error: PipelineError | None) -> Response:
    if is_program(request.url.path):
        return api.problem(error)
    status = 500 if error is None else status_of(error)
    sentence = "Something went wrong here." if error is None else error.sentence
    hint = "It has been written to the log. Nothing was changed." if error is None else error.hint
    if wants_json(request):
        return JSONResponse({"error": sentence, "hint": hint}, status_code=status)
    return page(request, "problem.html", status=status, sentence=sentence, hint=hint, code=status)


def _allowed(request: Request) -> str:
    """List what an address answers (RFC 9110, 15.5.6), of all the routes that it has."""
    visit = {"type": "http", "method": "GET", "path": request.url.path, "root_path": "", "headers": []}
    routes = [route for route in request.app.routes if isinstance(route, Route) and route.matches(visit)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in routes for method in route.methods or ()})) or "GET, HEAD"


def _icon(request: Request) -> Response:
    """Give the icon to browsers that ask for it by custom: a published page names none."""
    return published_file(request, (STATIC / "icon.svg").read_bytes(), "image/svg+xml")


def _as_ours(request: Request, error: Exception) -> Response:
    """Say in our words what the router found: no such page, or a method that it does not answer."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return explain(request, RefusedVisitError(f"{request.method} is not answered here.", status=status, hint=f"Use {_allowed(request)}."))
    said = "There is no such page." if status == 404 else f"{HTTPStatus(status).phrase}."
    return explain(request, RefusedVisitError(said, status=status))
