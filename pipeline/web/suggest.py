"""Suggesting a link without a login, what became of it, and the charter that decides. Nothing is visited here, and a GET keeps nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import PipelineError, RefusedError
from pipeline.late import late
from pipeline.publish import submissions
from pipeline.publish.notices import can_send
from pipeline.publish.submissions import LONGEST, Stand, Status, TooManyError
from pipeline.text import clean, squeeze
from pipeline.web.limits import visitor
from pipeline.web.problems import RefusedVisitError
from pipeline.web.public import About, prose, shelf_of, show
from pipeline.web.site import field, site_of
from pipeline.wishes import WishError

if TYPE_CHECKING:
    from pipeline.render import letter
else:
    letter = late("pipeline.render.letter")

HOURLY = 20
"""Suggestions in an hour from one network address; a whole library may share one."""

_LINK = re.compile(r"https?://[^\s<>\"']{3,2000}", re.IGNORECASE)
_FIELDS = ("url", "note", "name", "email")
_TRAP = "comment"
"""A field that no person sees, and programs fill in."""
_STEPS = ("Received", "In the queue", "Accepted", "In the digest")
_REACHED = {Stand.RECEIVED: 1, Stand.WAITING: 2, Stand.ACCEPTED: 3, Stand.PRINTED: 4}


def form(request: Request) -> Response:
    """Show the form, filled in with what was shared or what a bookmark brings (`url`, `title`, `text`)."""
    asked = {name: clean(request.query_params.get(name, ""))[:4_000] for name in ("url", "title", "text")}
    shared = _LINK.search(f"{asked['url']} {asked['text']} {asked['title']}")  # phones put the address into any of the three
    said = squeeze(_LINK.sub(" ", asked["text"])) or squeeze(_LINK.sub(" ", asked["title"]))
    url = squeeze(asked["url"]) or (shared[0] if shared else "")
    return _form(request, {"url": url[: LONGEST["url"]], "note": said[: LONGEST["note"]], "name": "", "email": ""})


def take(request: Request) -> Response:
    """Take a suggestion in and lead on to its own page, or show the form again with what is wrong."""
    site, given = site_of(request), {name: field(request, name) for name in _FIELDS}
    try:
        _check_visitor(request)
        with site.open_store() as store:
            made = submissions.take(**given, way="form", config=site.config, store=store, now=site.clock())
            path = f"/suggest/{submissions.token(made, store)}"
    except (RefusedError, RefusedVisitError, TooManyError, WishError) as error:
        status = 429 if isinstance(error, TooManyError) else 422
        return _form(request, {name: said[: LONGEST[name]] for name, said in given.items()}, error=error, status=status)
    return RedirectResponse(path, status_code=303, headers={"cache-control": "no-store"})


def standing(request: Request) -> Response:
    """Show what became of a suggestion, to whoever has its signed link."""
    site = site_of(request)
    with site.open_store() as store:
        one = submissions.named(request.path_params["token"], store, now=site.clock())
        found = submissions.status(one, config=site.config, store=store, now=site.clock())
        is_listed = found.item in shelf_of(request, store).holdings
    answer = show(
        request,
        "suggest_status.html",
        About(title="Your suggestion", sentence=found.sentence),
        one=one,
        found=found,
        is_listed=is_listed,
        steps=_steps(found),
        inline=inline,
    )
    answer.headers["cache-control"] = "no-store"
    answer.headers["x-robots-tag"] = "noindex, nofollow"
    return answer


def charter(request: Request) -> Response:
    """Show what the desk takes in, and who decides."""
    found = submissions.charter_of(site_of(request).config)
    sentence = f"What {site_of(request).config.desk.name} takes in, how often it comes out, and who decides."
    return show(
        request, "charter.html", About(title=found.title if found else "Charter", sentence=sentence), charter=found, prose=prose, inline=inline
    )


def manifest(request: Request) -> Response:
    """Tell a browser that links can be shared to this site once it stands on a phone (W3C Web App Manifest, Web Share Target)."""
    desk = site_of(request).config.desk
    return JSONResponse(
        {
            "id": "/",
            "name": desk.name,
            "short_name": desk.name[:12].strip(),
            "description": desk.strap or desk.organisation,
            "start_url": "/",
            "scope": "/",
            "display": "minimal-ui",
            "background_color": "#f4f2ec",
            "theme_color": "#0b5a50",
            "icons": [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
            "share_target": {"action": "/suggest", "method": "GET", "params": {"title": "title", "text": "text", "url": "url"}},
        },
        media_type="application/manifest+json",
    )


def bookmarklet(url: str) -> str:
    """Write the bookmark that suggests the page one is looking at."""
    words = "'&title='+encodeURIComponent(document.title)+'&text='+encodeURIComponent(String(getSelection()).slice(0,900))"
    return f"javascript:void(location.href='{quote(url, safe=':/[]')}/suggest?url='+encodeURIComponent(location.href)+{words})"


def inline(markdown: str) -> Markup:
    """Give one point of the charter as safe HTML, without a paragraph of its own."""
    made = letter.as_html(markdown).strip()
    return Markup(made.removeprefix("<p>").removesuffix("</p>") if made.count("<p>") == 1 else made)  # noqa: S704 - sanitised there


def _form(request: Request, given: dict[str, str], *, error: PipelineError | None = None, status: int = 200) -> Response:
    answer = show(
        request,
        "suggest.html",
        About(title="Suggest a link", sentence="What should our readers know of? Anybody may say so, and everybody is told what became of it."),
        given=given,
        error=error,
        longest=LONGEST,
        charter=submissions.charter_of(site_of(request).config),
        inline=inline,
        bookmarklet=bookmarklet(site_of(request).config.desk.url),
        trap=_TRAP,
        answers=can_send(site_of(request).config),
    )
    answer.status_code = status
    return answer


def _check_visitor(request: Request) -> None:
    if field(request, _TRAP):
        raise RefusedVisitError("This looks like a program's doing.", status=422, hint="Leave the last field empty and send the form again.")
    if not site_of(request).suggestions.allows(visitor(request), site_of(request).clock()):
        raise TooManyError("More links came from your network in this hour than we take.", hint="Please come again in an hour.")


def _steps(found: Status) -> list[tuple[str, bool, bool]]:
    """Give the steps on the way into the digest: what each is called, whether it is done, and whether it is the last one done."""
    reached = _REACHED.get(found.stand, 0)
    return [(name, place <= reached, place == reached) for place, name in enumerate(_STEPS, 1)] if reached else []


routes = [
    Route("/suggest", form),
    Route("/suggest", take, methods=["POST"]),
    Route("/suggest/{token}", standing),
    Route("/charter", charter),
    Route("/manifest.webmanifest", manifest),
]
