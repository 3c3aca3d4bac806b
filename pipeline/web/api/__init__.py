"""The desk for programs: `/api/v1`, and the document that says what can be asked there. Takes a token and never a cookie."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.web.api import desk, items, publications, submitted
from pipeline.web.api.document import document
from pipeline.web.api.operation import OPERATIONS
from pipeline.web.api.problem import problem
from pipeline.web.api.rate import Buckets
from pipeline.web.api.serve import answered
from pipeline.web.api.serve import routes as _routes
from pipeline.web.site import site_of

__all__ = ["BASE", "Buckets", "document", "problem", "routes"]

BASE = "/api/v1"
_ROOMS = (desk, items, submitted, publications)
"""Where the operations are declared."""


def openapi(request: Request) -> Response:
    """Give the OpenAPI document, to anybody: it says nothing of what the desk holds."""
    made = document(OPERATIONS, base=BASE, name=site_of(request).config.desk.name)
    return answered(request, json.dumps(made, ensure_ascii=False, indent=1).encode())


routes = [Route(f"{BASE}/openapi.json", openapi), *_routes(OPERATIONS, base=BASE)]
