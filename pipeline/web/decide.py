"""The forms of the desk: a verdict on one item, and taking the last one back. The rules are `review`'s and the store's."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import ConflictError
from pipeline.model import Decision, Item, ItemId, Kind, State, Verdict
from pipeline.review import REASONS
from pipeline.text import clean
from pipeline.web.problems import RefusedVisitError
from pipeline.web.security import wants_json
from pipeline.web.site import Site, desk_path, field, form_of, site_of

SAID = {
    State.QUEUED: "Back in the queue",
    State.ACCEPTED: "Accepted",
    State.REJECTED: "Rejected",
    State.DEFERRED: "Put off until later",
    State.MERGED: "Folded",
    State.PUBLISHED: "Published",
}
_LONGEST = 4_000

Choice = TypeVar("Choice", bound=StrEnum)


def decide(request: Request) -> Response:
    """Put a verdict on an item, if it still stands as the page showed it. Raises `ConflictError` if somebody decided first."""
    site = site_of(request)
    item_id = ItemId(request.path_params["id"])
    with site.open_store() as store, store.transaction():
        before = store.item(item_id)
        _check_unchanged(before, field(request, "state"))
        after = store.decide(_decision(request, item_id, site))
    said = f"{SAID[after.state]}: {after.title}"
    if wants_json(request):
        return JSONResponse({"said": said, "item": item_id, "state": after.state.value})
    return RedirectResponse(_onward(request, item_id), status_code=303)


def undo(request: Request) -> Response:
    """Take the last decision back, whoever made it."""
    site = site_of(request)
    with site.open_store() as store, store.transaction():
        last = store.decisions(limit=1)
        said = store.undo(1, by=site.curator, now=site.clock())
        decided = bool(last) and store.decisions(limit=1) != last  # else it was a fold or a wish, and no item comes back
    if not said:
        raise ConflictError("There is nothing to undo.")
    item_id = last[0].item if decided else None
    if wants_json(request):
        return JSONResponse({"said": " ".join(said), "item": item_id})
    return RedirectResponse("/desk/queue" + (f"?item={item_id}&did={item_id}" if item_id else ""), status_code=303)


def _check_unchanged(item: Item, shown: str) -> None:
    if shown and shown != item.state.value:
        by = f" ({item.decision.curator})" if item.decision and item.decision.curator else ""
        said = f"Somebody decided first{by}. {SAID[item.state]}: {item.title}"
        raise ConflictError(said, hint="Load the page again to see where it stands.")


def _decision(request: Request, item_id: ItemId, site: Site) -> Decision:
    reason = field(request, "reason")
    if reason and reason not in REASONS:
        raise RefusedVisitError("This is not one of the reasons.", status=422, hint=f"Choose one of: {', '.join(REASONS)}.")
    verdict = Verdict.REJECT if reason else _member(Verdict, field(request, "verdict"))
    kind = field(request, "kind")
    accepting = verdict is Verdict.ACCEPT
    return Decision(
        item=item_id,
        verdict=verdict,
        decided=site.clock(),
        curator=site.curator,
        topics=_topics(request, site) if accepting else None,
        kind=_member(Kind, kind) if accepting and kind else None,
        reason=reason or None,
        blurb=_words(request, "blurb") if accepting else None,
        note=_words(request, "note"),
    )


def _topics(request: Request, site: Site) -> tuple[str, ...] | None:
    """Read the ticked topics; `None` where the form had no boxes, so that what is suggested stands."""
    form = form_of(request)
    if "topics" not in form:
        return None
    ticked = set(form.get("topic", ()))
    return tuple(topic.id for topic in site.config.topics if topic.id in ticked)


def _words(request: Request, name: str) -> str | None:
    return clean(field(request, name)).strip()[:_LONGEST] or None


def _member(kind: type[Choice], name: str) -> Choice:
    try:
        return kind(name)
    except ValueError as error:
        said = f'The form says "{name[:40]}", which is no {kind.__name__.lower()}.'
        raise RefusedVisitError(said, status=422, hint="Load the page again.") from error


def _onward(request: Request, item_id: ItemId) -> str:
    path = desk_path(field(request, "to"))
    return path + ("&" if "?" in path else "?") + urlencode({"did": item_id})


routes = [Route("/desk/items/{id:int}/decide", decide, methods=["POST"]), Route("/desk/undo", undo, methods=["POST"])]
