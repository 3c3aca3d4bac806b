"""Fetch a page and go where it moved, for one process alone at work, to which every host is free."""

from __future__ import annotations

from dataclasses import replace

from pipeline import urls
from pipeline.errors import UnreachableError
from pipeline.model import Fetch, Moved, NotModified, Page, Request

HOPS = 5


async def follow(request: Request, fetch: Fetch) -> Page | NotModified:
    """Fetch a page and go where it moved, host by host. Raises `FetchError`."""
    permanent = True
    for _ in range(HOPS):
        answer = await fetch(request)
        if not isinstance(answer, Moved):
            return replace(answer, permanent=permanent and answer.permanent)
        permanent = permanent and answer.permanent
        # Without validators: another host would take the date of ours for its own.
        request = Request(url=answer.to, limit=request.limit, head=request.head)
    raise UnreachableError(f"{urls.host(request.url)} sends us on and on; it was given up after {HOPS} hosts.", url=request.url)
