"""The page on which a person changes the keys of the desk. With accounts they are kept with the person, else in the browser, by its script."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.web import keyboard
from pipeline.web.security import wants_json
from pipeline.web.site import field, page, person_of, site_of

GROUPS = tuple(dict.fromkeys(act.group for act in keyboard.ACTS))


def keys_page(request: Request) -> Response:
    """Show each act with its key."""
    return _page(request, keyboard.keys_for(person_of(request)))


def change_keys(request: Request) -> Response:
    """Keep what was typed, unless two acts would have the same key: then all of it is shown again with what is wrong."""
    keys, problems = _typed(request)
    if problems:
        return _wrong(request, keys, problems)
    own, person = keyboard.changed(keys), person_of(request)
    if person.id:
        with site_of(request).open_store() as store:
            store.set_keys(person.id, own)
    if wants_json(request):
        return JSONResponse({"said": "Your keys are kept.", "keys": keys, "kept": bool(person.id)})
    return RedirectResponse("/desk/keys?kept=1", status_code=303)


def _typed(request: Request) -> tuple[dict[str, str], tuple[str, ...]]:
    """Read the form: the keys as far as they are ones, and a sentence for whatever is wrong with them."""
    if field(request, "usual"):
        return keyboard.keys_for(None), ()
    keys: dict[str, str] = {}
    problems: list[str] = []
    for act in keyboard.ACTS:
        text = "" if field(request, f"off-{act.name}") else field(request, f"key-{act.name}")
        try:
            keys[act.name] = keyboard.read(act, text)
        except keyboard.KeyChoiceError as error:
            keys[act.name] = text[:20]
            problems.append(f"{error.sentence} {error.hint}")
    return keys, tuple(problems) or tuple(str(clash) for clash in keyboard.clashes(keys))


def _wrong(request: Request, keys: dict[str, str], problems: tuple[str, ...]) -> Response:
    if wants_json(request):
        return JSONResponse({"error": " ".join(problems), "hint": "Nothing was changed."}, status_code=422)
    return _page(request, keys, problems=problems, status=422)


def _page(request: Request, keys: dict[str, str], *, problems: tuple[str, ...] = (), status: int = 200) -> Response:
    kept = "Your keys are kept." if request.method == "GET" and request.query_params.get("kept") else ""
    return page(
        request,
        "keys.html",
        status=status,
        acts=keyboard.ACTS,
        groups=GROUPS,
        chosen=keys,
        digits=keyboard.DIGITS,
        problems=problems,
        notice=kept,
    )


routes = [Route("/desk/keys", keys_page), Route("/desk/keys", change_keys, methods=["POST"])]
