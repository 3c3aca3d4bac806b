"""The forms of the desk: a verdict on one item, and taking one's own last act back. The rules are `review`'s and the store's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import ConflictError
from pipeline.model import Decision, Item, ItemId, Kind, Verdict
from pipeline.review import REASONS
from pipeline.store import LastAct, Store
from pipeline.text import clean
from pipeline.web import edit, fields, second
from pipeline.web.items import item_page
from pipeline.web.problems import RefusedVisitError
from pipeline.web.rows import SAID as SAID
from pipeline.web.security import wants_json
from pipeline.web.site import Site, desk_path, field, form_of, person_of, site_of
from pipeline.web.worth import little

MUST_HAVE = "must-have"
"""What a form says that accepts an item and wants it in the next edition whatever else is there."""
LATEST = timedelta(days=731)
"""How far off the day may be until which an item is put off."""
_LONGEST = 4_000

Choice = TypeVar("Choice", bound=StrEnum)


def decide(request: Request) -> Response:
    """Put a verdict on an item, if it still stands as the page showed it; words that were typed beside are kept as an edit before it."""
    site, asked = site_of(request), ItemId(request.path_params["id"])
    with site.open_store() as store, store.transaction():
        before = store.item(asked)
        if first := second.moved_on(request, before):
            return second.told(request, store, before, sentence=first)
        wanted = _decision(request, before, site)
        typed = fields.typed(edit.form_words(request), before) if field(request, "mark") else None
        if typed and typed.overtaken:
            return second.told(request, store, before, sentence=second.rewritten(typed.overtaken))
        if typed and typed.new:
            edit.keep(request, store, before, fields.overlay_of(typed.new, before, zone=site.zone))
        after = store.decide(wanted)
    said = f"{SAID[after.state]}: {after.title}"
    if wants_json(request):
        return JSONResponse({"said": said, "item": asked, "state": after.state.value, **_offer(after, wanted, site)})
    return RedirectResponse(_onward(request, asked), status_code=303)


def _offer(item: Item, made: Decision, site: Site) -> dict[str, str]:
    """After a rejection: say how little is kept of its source, where it is."""
    if not made.reason:
        return {}
    with site.open_store() as store:
        source, sentence = little(item, made.reason, store, site.facets, site.config.sources)
    return {"source": source, "little": sentence} if sentence else {}


def undo(request: Request) -> Response:
    """Take back one's own last act, or with `before` the last one before that."""
    site, by = site_of(request), person_of(request).name
    before = int(said) if (said := field(request, "before")).isdecimal() and len(said) < 16 else None
    with site.open_store() as store:
        last = store.last_act(by, before=before)
        if last is None:
            raise ConflictError("There is nothing to undo.", hint="You can take back what you did yourself; the log shows what others did.")
        try:
            (sentence,) = store.undo(1, by=by, now=site.clock(), mine=True, before=before)
        except ConflictError as error:
            return _stuck(request, store, last, error)
    if wants_json(request):
        moved = last.item if last.moves and not last.many else None
        return JSONResponse({"said": sentence, "item": moved, "touched": last.item, "act": last.act, "id": last.id})
    return RedirectResponse("/desk/queue" + (f"?item={last.item}&did={last.item}" if last.moves else f"?item={last.item}"), status_code=303)


def _stuck(request: Request, store: Store, last: LastAct, error: ConflictError) -> Response:
    """What was done cannot be taken back. Say why, and offer what was done before it: undo must not end here."""
    if wants_json(request):
        return JSONResponse({"error": error.sentence, "hint": error.hint, "before": last.id, "touched": last.item}, status_code=409)
    return item_page(request, store, store.item(last.item), status=409, notice=f"{error.sentence} {error.hint}", earlier=last.id)


def _decision(request: Request, item: Item, site: Site) -> Decision:
    reason, verdict = field(request, "reason"), field(request, "verdict")
    if reason and reason not in REASONS:
        raise RefusedVisitError("This is not one of the reasons.", status=422, hint=f"Choose one of: {', '.join(REASONS)}.")
    until = _until(request, site)
    meant = Verdict.REJECT if reason else Verdict.DEFER if until else Verdict.ACCEPT if verdict == MUST_HAVE else _member(Verdict, verdict)
    accepting, kind = meant is Verdict.ACCEPT, field(request, "kind")
    said_before = item.decision.note if item.decision and item.decision.verdict is Verdict.ACCEPT else None
    return Decision(
        item=item.id,
        verdict=meant,
        decided=site.clock(),
        curator=person_of(request).name,
        topics=_topics(request, site) if accepting else None,
        kind=_member(Kind, kind) if accepting and kind and not field(request, "mark") else None,
        reason=reason or None,
        blurb=_words(request, "blurb") if accepting else None,
        note=_words(request, "note") or (said_before if accepting else None),
        must_have=accepting and verdict == MUST_HAVE,
        until=until,
    )


def _until(request: Request, site: Site) -> datetime | None:
    """Read from when an item that is put off waits again: the morning of a day that was chosen, `None` where none was."""
    today, choice = site.today, field(request, "until")
    if not choice:
        return None
    days = {"tomorrow": today + timedelta(days=1), "week": today + timedelta(days=7 - today.weekday()), "month": _next_month(today)}
    try:
        day = days[choice] if choice in days else date.fromisoformat(field(request, "day") if choice == "date" else choice)
    except ValueError as error:
        raise RefusedVisitError("Until when should it wait?", status=422, hint="Choose a day.") from error
    if not today < day <= today + LATEST:
        raise RefusedVisitError("This day is past, or too far off.", status=422, hint="Choose a day from tomorrow on, within two years.")
    return datetime.combine(day, time.min, tzinfo=site.zone).astimezone(UTC)


def _next_month(today: date) -> date:
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)


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
