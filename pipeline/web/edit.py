"""The forms that write words: what an item is, why it matters, its dates. An edit is an act of its own; checking changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline import digest, review
from pipeline.errors import PipelineError
from pipeline.model import Item, ItemId, Overlay
from pipeline.store import Store
from pipeline.web import fields, second
from pipeline.web.problems import status_of
from pipeline.web.security import wants_json
from pipeline.web.site import Site, desk_path, field, form_of, page, person_of, site_of

if TYPE_CHECKING:
    from pipeline.digest import Checked


def edit(request: Request) -> Response:
    """Keep what was typed, if nobody else changed the same fields meanwhile."""
    site, asked = site_of(request), ItemId(request.path_params["id"])
    with site.open_store() as store, store.transaction():
        before = store.item(asked)
        try:
            typed = fields.typed(form_words(request), before)
            if typed.overtaken:
                return second.told(request, store, before, sentence=second.rewritten(typed.overtaken))
            after = keep(request, store, before, fields.overlay_of(typed.new, before, zone=site.zone))
        except PipelineError as error:
            return second.told(request, store, before, sentence=error.sentence, hint=error.hint, status=status_of(error))
        return _saved(request, before, after)


def repair(request: Request) -> Response:
    """Take one of the proposals for an event's dates; what was typed beside it is kept with it."""
    site, asked = site_of(request), ItemId(request.path_params["id"])
    with site.open_store() as store, store.transaction():
        before = store.item(asked)
        chosen = next((one for one in fields.repairs_of(before, zone=site.zone) if one.rule == field(request, "repair")), None)
        if chosen is None:
            return second.told(request, store, before, sentence="This is not proposed any more.")
        typed = fields.typed(form_words(request), before)
        words = {name: said for name, said in typed.new.items() if name not in (*fields.EVENT, *typed.overtaken)}
        overlay = replace(fields.overlay_of(words, before, zone=site.zone), event=chosen.event)
        after = keep(request, store, before, overlay, rule=chosen.rule)
        return _saved(request, before, after)


def check(request: Request) -> Response:
    """Hold the words of a form against the source, without keeping them."""
    site, asked = site_of(request), ItemId(request.path_params["id"])
    with site.open_store() as store:
        item = store.item(asked)
    words = {name: said for name, said in fields.typed(form_words(request), item).new.items() if name not in fields.EVENT}
    found = checked(replace(item, overlay=fields.overlay_of(words, item, zone=site.zone)), site)
    if wants_json(request):
        return JSONResponse(_plain(found))
    return page(request, "checked.html", checked=found)


def keep(request: Request, store: Store, before: Item, overlay: Overlay, *, rule: str = "") -> Item:
    """Keep a curator's words as an edit that is signed and says in the log what changed; gives the item as it was where nothing did."""
    after = review.edited(before, overlay)
    if after.overlay == before.overlay:
        return before
    told = fields.changes(before, after)
    note = f"{rule}: {told}" if rule else told
    return store.edit(before.id, overlay, by=person_of(request).name, now=site_of(request).clock(), note=note)


def checked(item: Item, site: Site) -> Checked:
    """Hold an item's words against its source, by the settings of this desk."""
    config = site.config
    return digest.checked(item, desk=config.desk, topics=config.topics, allowance=config.digest.copied_words, now=site.clock())


def form_words(request: Request) -> Mapping[str, str]:
    """Give the last value of each field of the posted form."""
    return {name: values[-1] for name, values in form_of(request).items() if values}


def _saved(request: Request, before: Item, after: Item) -> Response:
    site = site_of(request)
    said = f"Saved: {after.title}" if after.overlay != before.overlay else f"Nothing has changed: {after.title}"
    if wants_json(request):
        found = checked(after, site)
        return JSONResponse({"said": said, "item": after.id, "mark": fields.mark(after), "fields": fields.shown(after), "checked": _plain(found)})
    path = desk_path(field(request, "here"))
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}edited={after.id}", status_code=303)


def _plain(found: Checked) -> dict[str, object]:
    return {
        "copied": found.copied,
        "allowance": found.allowance,
        "over": found.is_over,
        "sentence": found.sentence,
        "fields": {
            name: {
                "said": found.sentence if name == "description" else "",
                "marks": [{"from": one.start, "to": one.end, "kind": one.kind, "said": one.said} for one in found.marks if one.field == name],
            }
            for name in found.words
        },
    }


routes = [
    Route("/desk/items/{id:int}/edit", edit, methods=["POST"]),
    Route("/desk/items/{id:int}/repair", repair, methods=["POST"]),
    Route("/desk/items/{id:int}/check", check, methods=["POST"]),
]
