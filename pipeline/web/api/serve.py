"""Operations as routes: who asks, how often, what was sent, and the answer as JSON. The operations themselves know nothing of HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import PipelineError
from pipeline.model import Account, Scope
from pipeline.plain import to_plain
from pipeline.store import secret_hash
from pipeline.web.api.operation import Call, File, Operation
from pipeline.web.api.problem import FaultyError, RefusedProgramError, problem
from pipeline.web.api.rate import Buckets
from pipeline.web.api.schema import Reader, fields, from_words, noted
from pipeline.web.problems import RefusedVisitError
from pipeline.web.security import bearer
from pipeline.web.site import site_of

LARGEST = 1_000_000
"""Bytes of a body."""
CHALLENGE = {"www-authenticate": 'Bearer realm="Gleanings"'}
_MEDIA_TYPE = "application/json"


def routes(operations: Sequence[Operation], *, base: str) -> list[Route]:
    """Make a route for each path, which knows its methods."""
    paths: dict[str, dict[str, Operation]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method] = one
    return [_route(base + path, known) for path, known in paths.items()]


def sure(request: Request, scope: Scope) -> Account:
    """Give the person of the request's token, where the token has this scope and is not asking too fast. Raises `RefusedProgramError`."""
    person = cast("Account | None", getattr(request.state, "person", None))
    if person is None:
        hint = "Send `Authorization: Bearer …` with a token; at the desk you make one on the page of your account."
        raise RefusedProgramError("This needs a token that is in force.", status=401, hint=hint, headers=CHALLENGE)
    key = secret_hash(bearer(request))  # of the token, however the header is written
    if seconds := cast("Buckets", request.app.state.buckets).wait(key, site_of(request).clock()):
        hint = f"Ask again in {seconds} s, and more slowly."
        raise RefusedProgramError("This token asks too often.", status=429, hint=hint, headers={"retry-after": str(seconds)})
    check_scope(request, scope)
    return person


def check_scope(request: Request, scope: Scope) -> None:
    """Raise `RefusedProgramError` where the request's token has not this scope."""
    if scope not in request.state.scopes:
        headers = {"www-authenticate": f'{CHALLENGE["www-authenticate"]}, error="insufficient_scope", scope="{scope}"'}
        raise RefusedProgramError(f"This token may not do this: it lacks the scope “{scope}”.", status=403, hint="Make another one.", headers=headers)


def answered(request: Request, body: bytes, *, media_type: str = _MEDIA_TYPE) -> Response:
    """Answer a question whose answer may be known already (RFC 9110, 13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "authorization"}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _route(path: str, known: dict[str, Operation]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            one = known["GET" if request.method == "HEAD" else request.method]
            person = sure(request, one.scope)
            if not person.role.may(one.role):
                said = f"This is for people with the role “{one.role}” and above."
                raise RefusedProgramError(said, status=403, hint=f"{person.name} has the role “{person.role}”.", headers={})
            sent = await _read(request) if one.method == "POST" else b""
            return await run_in_threadpool(_answer, one, request, person=person, sent=sent)
        except PipelineError as error:
            return problem(error)

    return Route(path, endpoint, methods=[*known])


def _answer(one: Operation, request: Request, *, person: Account, sent: bytes) -> Response:
    site = site_of(request)
    params, body = _params(one, request), _body(one, request, sent)
    with site.open_store() as store:
        made = one.run(Call(site=site, store=store, person=person, params=params, body=body))
    if isinstance(made, File):
        return answered(request, made.body, media_type=made.media_type)
    raw = json.dumps(to_plain(made), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    if one.method == "GET":
        return answered(request, raw)
    return Response(raw, status_code=one.status, media_type=_MEDIA_TYPE, headers={"cache-control": "no-store"})


def _params(one: Operation, request: Request) -> object:
    """Read what stands in the path and behind it."""
    reader, hints = Reader(), fields(one.params)
    words: dict[str, list[str]] = {}
    for name, word in request.query_params.multi_items():
        words.setdefault(name, []).append(word)
    for name in one.in_path:
        if name in words:
            reader.fault(name, "This stands in the path already.", "Take it out of the query.")
        words[name] = [str(request.path_params[name])]
    for name, given in words.items():
        if len(given) > 1 and not str(noted(hints.get(name))[1]).startswith("tuple"):
            reader.fault(name, "This parameter stands there twice.", "Give it once.")
    plain = {name: from_words(hints[name], given) if name in hints else given for name, given in words.items()}
    return _made(one.params, reader, plain, what="parameter")


def _body(one: Operation, request: Request, sent: bytes) -> object:
    if one.body is None:
        if sent:
            raise RefusedVisitError("This operation takes no body.", status=422, hint="Send none.")
        return None
    return _made(one.body, Reader(), _object(sent), what="field")


def _made(kind: type, reader: Reader, plain: dict[str, object], *, what: str) -> object:
    values = reader.members(kind, plain, what=what)
    if reader.faults:
        raise FaultyError(reader.faults)
    return kind(**values)


async def _read(request: Request) -> bytes:
    """Read a body within our bounds: UTF-8 JSON, or nothing."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                raise RefusedVisitError("This body is too large.", status=413, hint=f"A body may have {LARGEST:,} bytes.")
    except ClientDisconnect as error:
        raise RefusedVisitError("The body did not arrive.", status=400) from error
    media, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.partition("charset=")[2].strip(' "').lower()
    if body and (media.strip().lower() != _MEDIA_TYPE or charset not in ("", "utf-8")):
        raise RefusedVisitError("This is no JSON.", status=415, hint="Send `Content-Type: application/json`, in UTF-8.")
    return bytes(body)


def _object(sent: bytes) -> dict[str, object]:
    """Read a JSON object in which no name stands twice and no number is none."""
    try:
        read = json.loads(sent.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, json.JSONDecodeError) else "The body cannot be read as JSON."
        raise RefusedVisitError("This body is no JSON that we can read.", status=400, hint=said[:200]) from error
    if not isinstance(read, dict):
        raise RefusedVisitError("The body must be a JSON object.", status=400, hint="Send `{…}`.")
    return read


def _once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    made: dict[str, object] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(name)
        made[name] = value
    return made


def _no_number(word: str) -> object:
    raise ValueError(word)
