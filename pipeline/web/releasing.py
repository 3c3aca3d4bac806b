"""Beginning, freezing, releasing and correcting an edition from the desk. A release asks a second time, with what was found about it.

The rules are those of the command line, which calls the same. Releasing prints every form in the request itself, which takes a few seconds; mails
are sent by the command line, because that takes hours.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import publish
from pipeline.errors import ConflictError, NotFoundError, PipelineError
from pipeline.model import Edition, Finding, ItemId, Severity
from pipeline.store import Store
from pipeline.store.lock import hold
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import field, form_of, page, person_of, site_of

SEVERITIES = {
    Severity.SLIP: "A slip of the pen: noted on the page only",
    Severity.ERROR: "An error: printed in the next edition, too",
    Severity.RETRACTED: "The work was withdrawn: printed in the next edition, too",
    Severity.HARM: "It could do harm: to be mailed to its readers",
}
_LONGEST = 4_000


def begin(request: Request) -> Response:
    """Compose a draft of what is accepted now. Also of a draft that there is: it is composed anew."""
    site, edition_id = site_of(request), request.path_params["edition"]
    with site.open_store() as store:
        publish.build(edition_id, site.config, store, now=site.clock(), formats=())
    return RedirectResponse(f"/desk/editions/{edition_id}/arrange", status_code=303)


def freeze(request: Request) -> Response:
    """Stop entry."""
    site, edition_id = site_of(request), request.path_params["edition"]
    with site.open_store() as store:
        publish.freeze(edition_id, site.config, store, now=site.clock())
    return _back(edition_id)


def thaw(request: Request) -> Response:
    """Make a frozen edition a draft again."""
    site, edition_id = site_of(request), request.path_params["edition"]
    with site.open_store() as store:
        publish.thaw(edition_id, site.config, store, now=site.clock())
    return _back(edition_id)


def ask(request: Request) -> Response:
    """Ask whether it is to be released, with everything that was found."""
    with site_of(request).open_store() as store:
        edition = _open(request.path_params["edition"], store)
        found = publish.findings(edition, site_of(request).config, store)
    return _asked(request, edition, found)


def release(request: Request) -> Response:
    """Publish. What stops it and was not ticked is shown again, and nothing is changed."""
    site, edition_id = site_of(request), request.path_params["edition"]
    waive = tuple(one[:200] for one in form_of(request).get("waive", ()))
    with site.open_store() as store:
        edition = _open(edition_id, store)
        found = publish.findings(edition, site.config, store)
        if field(request, "seen") != str(len(found)):
            return _asked(request, edition, found, problem="Something changed since you looked: this is how it stands now.")
        try:
            publish.release(edition_id, site.config, store, now=site.clock(), waive=waive, by=person_of(request).name)
        except PipelineError as error:
            return _asked(request, edition, found, problem=f"{error.sentence} {error.hint}".strip(), ticked=waive, status=422)
    return _back(edition_id)


def consider(request: Request) -> Response:
    """Offer the form that puts a released edition right."""
    with site_of(request).open_store() as store:
        return _form(request, _released(request.path_params["edition"], store))


def correct(request: Request) -> Response:
    """Put a released edition right, visibly: a note for its readers, and every form made anew."""
    site, edition_id = site_of(request), request.path_params["edition"]
    try:
        with site.open_store() as store, hold(site.config.db, "send", now=site.clock()):  # a mailing under way must not mix two revisions
            edition = _released(edition_id, store)
            publish.correct(edition_id, _amendment(request, edition), site.config, store, now=site.clock())
    except (RefusedVisitError, ConflictError, NotFoundError):
        raise
    except PipelineError as error:
        return _form(request, edition, problem=f"{error.sentence} {error.hint}".strip(), status=422)
    return RedirectResponse(f"/desk/editions/{edition_id}#corrections", status_code=303)


def _amendment(request: Request, edition: Edition) -> publish.Amendment:
    severity = field(request, "severity")
    if severity not in list(Severity):
        raise RefusedVisitError("The form does not say how bad it is.", status=422, hint="Choose one of the four.")
    words = {name: field(request, name).strip()[:_LONGEST] or None for name in ("title", "blurb", "url", "why")}
    asked = field(request, "item")
    item = next((entry.id for entry in edition.entries if str(entry.id) == asked), None)
    if asked and item is None:
        raise NotFoundError("item", f"“{asked[:20]}” in edition {edition.id}")
    return publish.Amendment(
        severity=Severity(severity),
        note=field(request, "note")[:_LONGEST],
        by=person_of(request).name,
        item=ItemId(item) if item else None,
        without_picture=bool(field(request, "without_picture")),
        when=bool(field(request, "when")),
        **words,
    )


def _asked(
    request: Request, edition: Edition, found: tuple[Finding, ...], *, problem: str = "", ticked: tuple[str, ...] = (), status: int = 200
) -> Response:
    return page(request, "desk_release.html", status=status, edition=edition, findings=found, problem=problem, ticked=ticked)


def _form(request: Request, edition: Edition, *, problem: str = "", status: int = 200) -> Response:
    posted = request.method == "POST"
    given = {name: field(request, name) if posted else "" for name in ("item", "severity", "note", "title", "blurb", "url", "why", "when")}
    return page(
        request,
        "desk_correct.html",
        status=status,
        edition=edition,
        severities=SEVERITIES,
        given=given if posted else {**given, **_begun(request)},
        problem=problem,
    )


def _begun(request: Request) -> dict[str, str]:
    """What a link to the form has filled in already, such as that of a proposal."""
    severity = request.query_params.get("severity", "")
    return {
        "item": request.query_params.get("item", ""),
        "severity": severity if severity in list(Severity) else Severity.ERROR.value,
        "note": request.query_params.get("note", "")[:_LONGEST],
        "when": "yes" if request.query_params.get("when") else "",
    }


def _back(edition_id: str) -> Response:
    return RedirectResponse(f"/desk/editions/{edition_id}", status_code=303)


def _open(edition_id: str, store: Store) -> Edition:
    edition = store.edition(edition_id)
    if edition.is_released:
        raise ConflictError(f"Edition {edition_id} is released already.", hint="A mistake in it is put right by a correction.")
    return edition


def _released(edition_id: str, store: Store) -> Edition:
    edition = store.edition(edition_id)
    if not edition.is_released:
        raise ConflictError(f"Edition {edition_id} is {edition.state}, not released: nothing is wrong with it yet.", hint="Put the item right.")
    return edition


routes = [
    Route("/desk/editions/{edition}/begin", begin, methods=["POST"]),
    Route("/desk/editions/{edition}/freeze", freeze, methods=["POST"]),
    Route("/desk/editions/{edition}/thaw", thaw, methods=["POST"]),
    Route("/desk/editions/{edition}/release", ask),
    Route("/desk/editions/{edition}/release", release, methods=["POST"]),
    Route("/desk/editions/{edition}/correct", consider),
    Route("/desk/editions/{edition}/correct", correct, methods=["POST"]),
]
