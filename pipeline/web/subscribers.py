"""The readers, for the operator alone: who they are, when they said yes, what comes back from them, and how the list grows and is mailed.

What is personal stands on these pages and nowhere else at the desk. Wishes are the readers' own to change, by the links in their mails.
"""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from pipeline import wishes
from pipeline.errors import ConflictError, NotFoundError
from pipeline.late import late
from pipeline.model import Subscriber, SubscriberState
from pipeline.store import Store
from pipeline.text import clip, counted, squeeze
from pipeline.web import upload
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import Site, field, form_of, page, site_of
from pipeline.web.worth import spark

if TYPE_CHECKING:
    from pipeline.exchange import people
    from pipeline.publish import readers
else:
    readers = late("pipeline.publish.readers")
    people = late("pipeline.exchange.people")

PAGE = 50
WEEKS = 26
"""Of growth that are drawn."""
STATES = {
    SubscriberState.CONFIRMED: ("ok", "On the list"),
    SubscriberState.PENDING: ("plain", "Not confirmed yet"),
    SubscriberState.BOUNCED: ("warn", "Paused"),
    SubscriberState.UNSUBSCRIBED: ("plain", "Left"),
}
ORIGINS = {"form": "subscribed on our page", "list": "came with a list", "desk": "added at the desk"}
DONE = {
    "add": "Added.",
    "asked": "A mail asks for the confirmation. Nobody is on the list before they press the button in it.",
    "pause": "Paused: nothing is mailed from now on.",
    "resume": "On the list again; the day of consent is as it was.",
    "leave": "Taken off the list.",
    "erase": "Erased with everything that was known. A keyed hash keeps any list from bringing the address back.",
}
_COUNTED = {
    "new": "will be on the list",
    "without consent": "have no day of consent and wait until their owners ask",
    "known": "are known already",
    "forgotten": "were erased and stay away",
    "unsubscribed": "have left",
    "bounced": "came back",
    "pending": "wait for confirmation",
}


def overview(request: Request) -> Response:
    """List readers, the last that came first, with how the list grew and how the last editions were mailed."""
    site = site_of(request)
    asked = {name: request.query_params.get(name, "").strip()[:200] for name in ("q", "state")}
    state = _state(asked["state"])
    after = request.query_params.get("after", "")
    with site.open_store() as store:
        found = store.readers(asked["q"], state=state, after=int(after) if after.isascii() and after.isdecimal() and len(after) < 16 else None)
        counts, mailed = store.reader_counts(), store.mailed_editions()
        bounced = store.bounced_times(one.id for one in found.people)
        came, left = store.growth(site.clock(), WEEKS)
    query = {name: value for name, value in asked.items() if value}
    return page(
        request,
        "desk_subscribers.html",
        people=found.people,
        more=f"/desk/subscribers?{urlencode({**query, 'after': found.after})}" if found.after else "",
        asked=asked,
        counts=counts,
        bounced=bounced,
        mailed=mailed,
        came=came,
        left=left,
        spark=spark,
        did=DONE.get(request.query_params.get("did", "")),
        **_words(site),
    )


def one(request: Request) -> Response:
    """Show what is stored about one reader."""
    site = site_of(request)
    with site.open_store() as store:
        person = _person(request, store)
        bounces, mails = store.bounces(person.id), store.mails_to(person.id)
    return page(
        request,
        "desk_subscriber.html",
        one=person,
        bounces=bounces[::-1],
        mails=mails,
        did=DONE.get(request.query_params.get("did", "")),
        **_words(site),
    )


def add(request: Request) -> Response:
    """Add an address: on the list at once where its owner said yes to the operator, else a mail asks first."""
    site = site_of(request)
    now, form = site.clock(), form_of(request)
    said = {name: form.get(name, ()) for name in ("topics", "frequency", "at_most", "form", "language", "timezone")}
    wanted = wishes.read(said, topics=[topic.id for topic in site.config.topics])
    address = wishes.address(field(request, "email"))
    with site.open_store() as store:
        known = store.subscriber(address)
        if known is not None and known.state is not SubscriberState.PENDING:
            raise ConflictError(f"{known.email} is known already: {STATES[known.state][1].lower()}.", hint="Search for the address in the list.")
        if not field(request, "confirmed"):
            readers.ask(address, wanted, site.config, store, now=now)
            return _back("asked")
        name = clip(squeeze(field(request, "name")), 200)
        with store.transaction():
            person = store.add_subscriber(address, name=name, state=SubscriberState.CONFIRMED, origin="desk", now=now)
            store.change_subscriber(readers.wishing(replace(person, name=name or person.name), wanted))
    return _back("add", person.id)


def act(request: Request) -> Response:
    """Pause a reader, go on, take one off the list, or erase one, which the typed address must confirm."""
    site, what = site_of(request), request.path_params["act"]
    now = site.clock()
    with site.open_store() as store:
        person = _person(request, store)
        match what:
            case "pause":
                store.quarantine(person.id, now)
            case "resume":
                store.lift_quarantine(person.id)
            case "leave":
                store.leave(person.id, now=now)
            case "erase":
                _check_typed(request, person)
                store.erase_subscriber(person.email, reason="erased at the desk", now=now)
            case _:
                raise NotFoundError("act", f"“{what[:40]}”", hint="Load the page again.")
    return _back(what, None if what == "erase" else person.id)


def export_one(request: Request) -> Response:
    """Give all that is stored about one reader, as one file of JSON."""
    with site_of(request).open_store() as store:
        person = _person(request, store)
        found = store.export_of(person.email)
    body = json.dumps(found, ensure_ascii=False, indent=1)
    return Response(body, media_type="application/json", headers={"content-disposition": f'attachment; filename="reader-{person.id}.json"'})


def export_all(request: Request) -> Response:
    """Give the whole list as a table."""
    with site_of(request).open_store() as store:
        lines = list(people.export_subscribers(store))
    return StreamingResponse(iter(lines), media_type="text/csv; charset=utf-8", headers={"content-disposition": 'attachment; filename="readers.csv"'})


def take_in(request: Request) -> Response:
    """Show what a list would bring, or take it in once that was seen."""
    site = site_of(request)
    table = _table(request)
    is_real = field(request, "sure") == "yes"
    with site.open_store() as store:
        topics, zone = [topic.id for topic in site.config.topics], ZoneInfo(site.config.desk.timezone)
        result = people.import_subscribers(io.BytesIO(table), store, topics=topics, now=site.clock(), zone=zone, dry_run=not is_real)
    return page(
        request,
        "desk_subscribers_import.html",
        result=result,
        counts=[(count, _COUNTED.get(what, what)) for what, count in result.counts.items()],
        done=is_real,
        kept=base64.b64encode(table).decode() if not is_real else "",
        summary=counted(result.total, "line"),
    )


def _words(site: Site) -> dict[str, Any]:
    return {
        "states": STATES,
        "origins": ORIGINS,
        "topics": site.config.topics,
        "topic_names": {topic.id: topic.name for topic in site.config.topics},
        "frequencies": wishes.FREQUENCIES,
    }


def _state(name: str) -> SubscriberState | None:
    try:
        return SubscriberState(name) if name else None
    except ValueError as error:
        raise NotFoundError("state", f"“{name[:40]}”", hint="Choose one of the list.") from error


def _person(request: Request, store: Store) -> Subscriber:
    number = request.path_params["id"]
    person = store.subscriber(number) if number < 2**62 else None
    if person is None:
        raise NotFoundError("subscriber", number, hint="They may have been erased. /desk/subscribers lists those there are.")
    return person


def _check_typed(request: Request, person: Subscriber) -> None:
    if field(request, "typed").strip().casefold() != person.email.casefold():
        raise RefusedVisitError("The address that you typed is another one.", status=422, hint="Nothing was erased. Type the address as it stands.")


def _table(request: Request) -> bytes:
    """Give the list of a form: as a file, as pasted lines, or as it was shown before. Raises `RefusedVisitError` where there is none."""
    kept, file = field(request, "kept"), field(request, "file")
    try:
        table = base64.b64decode(kept, validate=True) if kept else upload.raw(file) if file else field(request, "list").encode("utf-8", "replace")
    except ValueError as error:
        raise RefusedVisitError("This list cannot be read.", status=400, hint="Choose the file once more.") from error
    if not table.strip():
        raise RefusedVisitError("There is no list here.", status=422, hint="Choose a file, or paste the lines of one with their heading.")
    return table


def _back(did: str, number: int | None = None) -> Response:
    path = "/desk/subscribers" + (f"/{number}" if number is not None else "")
    return RedirectResponse(f"{path}?{urlencode({'did': did})}", status_code=303)


routes = [
    Route("/desk/subscribers", overview),
    Route("/desk/subscribers", add, methods=["POST"]),
    Route("/desk/subscribers.csv", export_all),
    Route(upload.PATH, take_in, methods=["POST"]),
    Route("/desk/subscribers/{id:int}", one),
    Route("/desk/subscribers/{id:int}/export.json", export_one),
    Route("/desk/subscribers/{id:int}/{act}", act, methods=["POST"]),
]
