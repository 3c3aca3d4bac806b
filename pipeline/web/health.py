"""For programs that watch: is the process alive, can it work, and its figures. What is wrong is named in a word; nobody's data is told."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline import watch
from pipeline.errors import StoreError
from pipeline.model import Role
from pipeline.watch.looking import free
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import Site, person_of, site_of

_PATIENCE = 2.0
"""Seconds to wait for whoever writes at this moment: their steps take a fraction of one."""


def healthz(request: Request) -> Response:
    """Answer that the process lives; asks nothing and nobody."""
    return JSONResponse({"ok": True})


def readyz(request: Request) -> Response:
    """Answer 200 if all that the desk needs is there, else 503 with what is wrong: `db`, `scheduler`, `disk`, `harvest`."""
    site = site_of(request)
    db, schema = _database(site)
    room = free(site.config.folder)
    found = wrong(db, free=room, deaths=site.pulse.deaths, stands_still=site.pulse.stands_still)
    told = {
        "ok": not found,
        "wrong": found,
        "db": db,
        "migrations": f"{schema:04d}" if schema is not None else None,
        "scheduler": _scheduler(site),
        "disk_free_gb": round(room / 1e9, 1) if room is not None else None,
        "harvest": _harvest(site),
    }
    return JSONResponse(told, status_code=503 if found else 200)


def wrong(db: str, *, free: int | None, deaths: int, stands_still: bool) -> list[str]:
    """Name what keeps the desk from its work."""
    judged = {"db": db != "ok", "scheduler": stands_still, "disk": free is None or free < watch.FULL, "harvest": deaths >= watch.DEATHS}
    return [name for name, is_wrong in judged.items() if is_wrong]


def metrics(request: Request) -> Response:
    """Give the figures to an operator's program. (`serve --metrics-port` tells them on this machine without a token.)"""
    if person_of(request).role is not Role.OPERATOR:
        raise RefusedVisitError("The figures are for operators.", status=403, hint="Make a token as an operator, or use `serve --metrics-port`.")
    return Response(site_of(request).metrics.text(), media_type=None, headers={"content-type": CONTENT_TYPE_LATEST})


def _database(site: Site) -> tuple[str, int | None]:
    """Say whether the database can be read and written, and its schema."""
    try:
        with site.open_store() as store:
            schema = store.schema_version
            store.counts()
            try:
                store.check_writable(seconds=_PATIENCE)
            except StoreError:
                return "not writable", schema
    except StoreError:
        return "unreadable", None
    return "ok", schema


def _scheduler(site: Site) -> str:
    age = site.pulse.age
    return "not here" if age is None else f"beat {age.total_seconds():.0f}s ago"


def _harvest(site: Site) -> str:
    pulse = site.pulse
    if pulse.child:
        return "at work"
    if pulse.deaths:
        return f"died {pulse.deaths} times in a row ({pulse.death})"
    return "paused: disk" if pulse.halted else "waits"


routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
"""`/metrics` is a program's address: the gate lets in whoever brings a good token, and nobody else."""
