"""The queue in a feed reader: the part of the Google Reader API that apps use, as other servers of it answer it.

To read is to have seen, a star is an accept, a label is a topic. Nobody's password goes through here: an app signs in with a person's name and one
of the tokens that the person made.

What apps never ask of a queue is not here: adding and renaming subscriptions, sharing, liking.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipeline.errors import NotFoundError, PipelineError
from pipeline.model import Account, ItemId, Role, Scope
from pipeline.plain import Json
from pipeline.store import secret_hash
from pipeline.store.staff import name_key
from pipeline.web import reader_stream as streams
from pipeline.web.api.problem import RefusedProgramError
from pipeline.web.api.serve import CHALLENGE, LARGEST, check_scope, sure
from pipeline.web.limits import visitor
from pipeline.web.problems import RefusedVisitError, status_of
from pipeline.web.reader_marks import mark_all, tag
from pipeline.web.reader_stream import READING, STARRED, Asked
from pipeline.web.site import Site, site_of

SIGN_IN = "/accounts/ClientLogin"
BASE = "/reader/api/0"
TRIES = 10
"""Wrong tokens from one network address in ten minutes."""

Form = Mapping[str, tuple[str, ...]]


def sign_in(request: Request, form: Form) -> Response:
    """Check a name and a token, and give the token back as the one to send from now on."""
    site, given = site_of(request), (form.get("Passwd") or ("",))[-1]
    now = site.clock()
    if not request.app.state.reader_tries.allows(visitor(request), now):
        raise RefusedProgramError("Too many tries.", status=429, hint="Wait ten minutes.", headers={"retry-after": "600"})
    with site.open_store() as store:
        found = store.token(secret_hash(given))
    if found is None or name_key(found[0].name) != name_key((form.get("Email") or ("",))[-1]):
        return PlainTextResponse("Error=BadAuthentication\n", status_code=401, headers=CHALLENGE)
    if (form.get("output") or ("",))[-1] == "json":
        return _json({"SID": "none", "LSID": "none", "Auth": given})
    return PlainTextResponse(f"SID=none\nLSID=none\nAuth={given}\n", headers={"cache-control": "no-store"})


def token(_request: Request, _person: Account, _form: Form) -> Response:
    """Give what apps send with each change. Ours need none: the token in the header is what another site's page cannot send."""
    return PlainTextResponse("none", headers={"cache-control": "no-store"})


def user_info(_request: Request, person: Account, _form: Form) -> Response:
    """Say who is signed in."""
    return _json({"userId": str(person.id), "userName": person.name, "userProfileId": str(person.id), "userEmail": ""})


def subscriptions(request: Request, _person: Account, _form: Form) -> Response:
    """List the sources as subscriptions, each under its topics as labels."""
    config = site_of(request).config
    names = {topic.id: topic.name for topic in config.topics}
    made: list[Json] = [
        {
            "id": streams.feed(one.id),
            "title": one.title or one.id,
            "categories": [{"id": streams.label(topic), "label": names.get(topic, topic)} for topic in one.topics],
            "url": one.url if one.url.startswith("http") else "",
            "htmlUrl": one.url if one.url.startswith("http") else "",
            "iconUrl": "",
            "sortid": f"{place:08x}",
            "firstitemmsec": "0",
        }
        for place, one in enumerate(config.sources)
    ]
    return _json({"subscriptions": made})


def tags(request: Request, _person: Account, _form: Form) -> Response:
    """List the star and the topics."""
    labels: list[Json] = [{"id": streams.label(topic.id), "type": "folder", "sortid": topic.id} for topic in site_of(request).config.topics]
    return _json({"tags": [{"id": STARRED, "sortid": "0"}, *labels]})


def unread(request: Request, person: Account, _form: Form) -> Response:
    """Count what the person has not seen, in all and by source."""
    site = site_of(request)
    with site.open_store() as store:
        counts = store.unseen(person.name)
    made: list[Json] = [
        {
            "id": streams.feed(source) if source else READING,
            "count": min(count, streams.SHOWN),
            "newestItemTimestampUsec": streams.microseconds(newest),
        }
        for source, (count, newest) in counts.items()
    ]
    return _json({"max": streams.SHOWN, "unreadcounts": made})


def ids(request: Request, person: Account, form: Form) -> Response:
    """List the numbers of the items in a stream."""
    asked = _asked(request, form)
    with site_of(request).open_store() as store:
        found, onward = streams.page(asked, store, by=person.name, most=streams.MOST_IDS)
    refs: list[Json] = [{"id": str(item), "directStreamIds": [], "timestampUsec": streams.microseconds(added)} for item, added in found]
    return _json({"itemRefs": refs, **onward})


def contents(request: Request, person: Account, form: Form) -> Response:
    """Give the items in a stream."""
    asked = _asked(request, form)
    site = site_of(request)
    with site.open_store() as store:
        found, onward = streams.page(asked, store, by=person.name, most=streams.MOST)
        items = streams.entries([item for item, _ in found], store, site=site, by=person.name)
    return _json({**_head(site, asked.stream), "items": items, **onward})


def by_ids(request: Request, person: Account, form: Form) -> Response:
    """Give items by their numbers; those that are none are left out."""
    site = site_of(request)
    wanted = [number for word in form.get("i", ())[: streams.MOST] if (number := streams.number(word)) is not None]
    with site.open_store() as store:
        items = streams.entries(wanted, store, site=site, by=person.name)
    return _json({**_head(site, READING), "items": items})


def edit_tag(request: Request, person: Account, form: Form) -> Response:
    """Mark items as seen, accept them, or give them a topic; and take that back. All of it or nothing."""
    given, taken = form.get("a", ()), form.get("r", ())
    if not streams.only_seen((*given, *taken)):
        check_scope(request, Scope.DECIDE)
    items = [_number(word) for word in form.get("i", ())]
    tag(items, given, taken, site=site_of(request), person=person)
    return PlainTextResponse("OK")


def mark_all_read(request: Request, person: Account, form: Form) -> Response:
    """Mark all of a stream as seen, up to a moment. Nothing is decided by that."""
    stream = (form.get("s") or (READING,))[-1]
    mark_all(streams.asked(stream, form), site=site_of(request), person=person)
    return PlainTextResponse("OK")


def _asked(request: Request, form: Form) -> Asked:
    stream = str(request.path_params.get("stream") or (form.get("s") or (READING,))[-1])
    return streams.asked(stream, form)


def _head(site: Site, stream: str) -> dict[str, Json]:
    return {"direction": "ltr", "id": stream, "title": site.config.desk.name, "updated": int(site.clock().timestamp())}


def _number(word: str) -> ItemId:
    found = streams.number(word)
    if found is None:
        raise NotFoundError("item", f"“{word[:80]}”")
    return found


def _json(value: Json) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, media_type="application/json", headers={"cache-control": "private, no-store"})


# ---------------------------------------------------------------- routes


def _route(path: str, act: Callable[[Request, Account, Form], Response], *, methods: tuple[str, ...] = ("GET",)) -> Route:
    """Make a route whose parameters may stand behind the address or in a form, as apps please; a GET changes nothing whatever it brings."""

    async def endpoint(request: Request) -> Response:
        try:
            person = sure(request, Scope.READ)
            if not person.role.may(Role.SCOUT):
                raise RefusedProgramError("The queue is for scouts and above.", status=403, headers={})
            return await run_in_threadpool(act, request, person, await _form(request))
        except PipelineError as error:
            return _told(error)

    return Route(path, endpoint, methods=list(methods))


async def _enter(request: Request) -> Response:
    try:
        return await run_in_threadpool(sign_in, request, await _form(request))
    except PipelineError as error:
        return _told(error)


def _told(error: PipelineError) -> Response:
    headers = dict(error.headers) if isinstance(error, RefusedProgramError) else {}
    return PlainTextResponse(f"{error.sentence} {error.hint}".strip() + "\n", status_code=status_of(error), headers=headers)


async def _form(request: Request) -> Form:
    """Read the parameters behind the address and, of a POST, those of its form. A token never stands in an address: addresses are logged."""
    pairs = list(request.query_params.multi_items()) if request.url.path != SIGN_IN else []
    body = bytearray()
    if request.method == "POST":
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST:
                    raise RefusedVisitError("This form is too large.", status=413)
            pairs += parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=12_000)
        except ClientDisconnect as error:
            raise RefusedVisitError("The form did not arrive.", status=400) from error
        except ValueError as error:
            raise RefusedVisitError("This form cannot be read.", status=400) from error
    made: dict[str, list[str]] = {}
    for name, value in pairs:
        made.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in made.items()}


_BOTH = ("GET", "POST")
routes = [
    Route(SIGN_IN, _enter, methods=["POST"]),
    _route(f"{BASE}/token", token),
    _route(f"{BASE}/user-info", user_info),
    _route(f"{BASE}/subscription/list", subscriptions),
    _route(f"{BASE}/tag/list", tags),
    _route(f"{BASE}/unread-count", unread),
    _route(f"{BASE}/stream/items/ids", ids, methods=_BOTH),
    _route(f"{BASE}/stream/items/contents", by_ids, methods=_BOTH),
    _route(f"{BASE}/stream/contents", contents, methods=_BOTH),
    _route(f"{BASE}/stream/contents/{{stream:path}}", contents, methods=_BOTH),
    _route(f"{BASE}/edit-tag", edit_tag, methods=("POST",)),
    _route(f"{BASE}/mark-all-as-read", mark_all_read, methods=("POST",)),
]
