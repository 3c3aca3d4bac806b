"""Somebody was first: what the second person is told, and given back. Nothing that was typed is lost, and nothing is overwritten."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.model import Item, State
from pipeline.store import Store
from pipeline.text import clean
from pipeline.web import fields
from pipeline.web.crowd import decided_by
from pipeline.web.items import item_page
from pipeline.web.security import wants_json
from pipeline.web.site import field, form_of, person_of, site_of

_NAMES = {
    "title": "the title",
    "kind": "the kind",
    "audience": "for whom it is",
    "image_alt": "the words for the image",
    "description": "what it is",
    "why": "why it matters",
} | dict.fromkeys(fields.EVENT, "when and where")


def moved_on(request: Request, item: Item) -> str:
    """Say who decided an item since the posted form was made, and how long ago; empty where it stands as it was shown."""
    was = field(request, "state")
    if not was or was == item.state.value:
        return ""
    if item.state is State.QUEUED:
        return "This waits in the queue again."
    by = item.decision.curator if item.decision else ""
    said = decided_by(item, now=site_of(request).clock())
    return f"You{said.removeprefix(by)}." if by and by == person_of(request).name else f"{said}."


def rewritten(names: tuple[str, ...]) -> str:
    """Say which fields somebody else has changed meanwhile."""
    told = " and ".join(dict.fromkeys(_NAMES[name] for name in names))
    return f"{told[:1].upper()}{told[1:]} was changed meanwhile."


def told(request: Request, store: Store, item: Item, *, sentence: str, hint: str = "", status: int = 409) -> Response:
    """Answer the second person: who was first, where the item stands, and, on a page, the form with what was typed."""
    hint = hint or "What you typed is kept in the form; look at the item, then decide."
    if wants_json(request):
        by = item.decision.curator if item.decision else ""
        facts = {"item": item.id, "state": item.state.value, "by": by, "mine": bool(by) and by == person_of(request).name}
        return JSONResponse(
            {"error": sentence, "hint": hint, **facts, "url": f"/desk/items/{item.id}", "mark": fields.mark(item)}, status_code=status
        )
    return item_page(request, store, item, status=status, notice=f"{sentence} {hint}", typed=typed_words(request))


def typed_words(request: Request) -> Mapping[str, str]:
    """Give what the posted form says, so that a page can show it again."""
    return {name: clean(values[-1])[: fields.LONGEST] for name, values in form_of(request).items() if values}
