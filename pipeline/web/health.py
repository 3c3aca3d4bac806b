"""For programs that watch: is the process alive, can it work? Tells nothing else."""

from __future__ import annotations

import shutil

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.errors import StoreError
from pipeline.web.site import site_of

_LEAST_FREE = 100_000_000
"""Bytes. With less than this, writing fails soon: the database and the next edition need room."""


def healthz(request: Request) -> Response:
    return JSONResponse({"ok": True})


def readyz(request: Request) -> Response:
    """Answer 200 if the database can be read and the disk has room, else 503 with what is wrong."""
    site = site_of(request)
    free = shutil.disk_usage(site.config.folder).free
    try:
        with site.open_store() as store:
            store.counts()
            schema: int | None = store.schema_version
    except StoreError:
        schema = None
    ok = schema is not None and free >= _LEAST_FREE
    told = {"ok": ok, "db": "ok" if schema is not None else "unreadable", "schema": schema, "disk_free": free}
    return JSONResponse(told, status_code=200 if ok else 503)


routes = [Route("/healthz", healthz), Route("/readyz", readyz)]
