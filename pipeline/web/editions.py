"""Editions as their editor sees them: how one stands, what to look at before release, and every form of it to look at."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import digest, publish
from pipeline.errors import NotFoundError, RenderError
from pipeline.late import late
from pipeline.model import Delivery, DeliveryState, Edition, EditionState, Role, Severity
from pipeline.render import FORMATS
from pipeline.store import Store
from pipeline.web.archive import own_policy
from pipeline.web.site import page, person_of, site_of
from pipeline.web.words import span

if TYPE_CHECKING:
    from pipeline.publish import arranging, moved, press, retractions
    from pipeline.publish.arranging import Standing
else:
    arranging = late("pipeline.publish.arranging")
    moved = late("pipeline.publish.moved")
    retractions = late("pipeline.publish.retractions")
    press = late("pipeline.publish.press")

GROUPS = {
    "To read": {"html": "web page", "pdf": "PDF", "pdf-large": "large print", "one-page": "one page"},
    "Mail": {"email": "as it is sent", "text": "plain text", "draft": "draft for Outlook", "teaser": "teaser"},
    "Feeds": {"atom": "Atom", "json-feed": "JSON Feed", "ics": "calendar"},
    "References": {"ris": "RIS", "bibtex": "BibTeX", "csl": "CSL-JSON"},
    "Text and data": {"markdown": "Markdown", "json": "JSON"},
}
"""What to call the formats on the page, and which stand together."""
SETTLED = {"arrived": DeliveryState.SENT, "again": DeliveryState.QUEUED}
"""What the operator can say of a mail of which nobody knew whether it was taken."""
RENDITIONS = ("preview", "preview-public")
SEVERITIES = {
    Severity.SLIP: ("plain", "Slip"),
    Severity.ERROR: ("warn", "Error"),
    Severity.RETRACTED: ("err", "Retracted"),
    Severity.HARM: ("err", "Harm"),
}


def overview(request: Request) -> Response:
    """List the editions, the newest first."""
    site = site_of(request)
    with site.open_store() as store:
        editions = store.editions()
        standing = arranging.standing(site.config, store, now=site.clock())
    return page(
        request,
        "desk_editions.html",
        editions=editions,
        standing=standing,
        closing=closing(standing, now=site.clock()),
        only_next=False,
        may_begin=person_of(request).role.may(Role.EDITOR),
    )


def closing(standing: Standing, *, now: datetime) -> str:
    """Say when the next edition closes: "cut-off in 6 days"."""
    if standing.edition is not None and standing.edition.state is not EditionState.DRAFT:
        return str(standing.edition.state)
    return f"cut-off in {span(standing.cutoff - now)}" if standing.cutoff > now else "cut-off is past"


def upcoming(request: Request) -> Response:
    """Lead to the draft of the next edition, or offer to begin it."""
    site = site_of(request)
    with site.open_store() as store:
        standing = arranging.standing(site.config, store, now=site.clock())
    if standing.edition is not None:
        return RedirectResponse(f"/desk/editions/{standing.id}/arrange", status_code=303)
    may_begin = person_of(request).role.may(Role.EDITOR)
    return page(request, "desk_editions.html", editions=(), standing=standing, closing="", only_next=True, may_begin=may_begin)


def draft(request: Request) -> Response:
    """Show an edition as it stands: before its release with its findings, afterwards with its files and corrections."""
    site = site_of(request)
    with site.open_store() as store:
        edition = _edition(request, store)
        findings = () if edition.is_released else publish.findings(edition, site.config, store)
        files = store.files(edition.id)
        mails = store.delivery_counts(edition.id)
        uncertain = _uncertain(edition, store)
        to_right = (*retractions.proposals(store, edition), *moved.proposals(store, edition, now=site.clock()))
        mailed = {number: len(store.deliveries(edition.id, correction=number)) for number in range(1, 1 + len(edition.corrections))}
    return page(
        request,
        "desk_edition.html",
        edition=edition,
        is_editor=person_of(request).role.may(Role.EDITOR),
        findings=findings,
        groups={group: [(FORMATS[name].filename, words) for name, words in forms.items()] for group, forms in GROUPS.items()},
        files=files,
        severities=SEVERITIES,
        mailed=mailed,
        mails=mails,
        uncertain=uncertain,
        to_right=to_right,
        outside=None if edition.audience == "public" else digest.public(edition),
    )


def gathered(request: Request) -> Response:
    """Say what became of the mail of a week or a quarter, which has no page of its own, and let the operator settle what is uncertain."""
    with site_of(request).open_store() as store:
        edition = _edition(request, store)
        return page(request, "desk_mail.html", edition=edition, mails=store.delivery_counts(edition.id), uncertain=_uncertain(edition, store))


def preview(request: Request) -> Response:
    """Show an edition in one format, as it stands, under the name of its file, so that links from one to another hold. `preview-public` is what
    everybody gets where the edition is for members."""
    asked, rendition = request.path_params["file"], request.path_params["rendition"]
    name = next((name for name, form in FORMATS.items() if form.filename == asked), None)
    if name is None or rendition not in RENDITIONS:
        raise NotFoundError("file", asked[:80], hint=f"An edition has {', '.join(form.filename for form in FORMATS.values())}.")
    with site_of(request).open_store() as store:
        edition = _edition(request, store)
    printed = press.print_all(edition if rendition == "preview" else digest.public(edition), (name,))
    if not printed.files:
        raise RenderError(printed.findings[-1].problem, place=printed.findings[-1].place, hint=printed.findings[-1].remedy)
    (file,) = printed.files
    headers = {"content-disposition": f'inline; filename="{file.filename}"', "cache-control": "no-store"}
    if file.media_type.startswith("text/html"):
        headers["content-security-policy"] = own_policy(file.body)
    return Response(file.body, media_type=file.media_type, headers=headers)


def settle(request: Request) -> Response:
    """Keep what the operator knows of a mail that is uncertain: it arrived, or it is to go again. Raises `NotFoundError` for any other."""
    site, asked = site_of(request), request.path_params
    with site.open_store() as store:
        edition = _edition(request, store)
        chosen = [one for one in _uncertain(edition, store) if (one.correction, one.subscriber) == (asked["correction"], asked["subscriber"])]
        if not chosen or asked["act"] not in SETTLED:
            raise NotFoundError("uncertain mail", "of that number", hint="Somebody may have settled it: load the page again.")
        store.settle_deliveries(chosen, SETTLED[asked["act"]], site.clock())
    return RedirectResponse(f"/desk/editions/{edition.id}#mail", status_code=303)


def _uncertain(edition: Edition, store: Store) -> tuple[Delivery, ...]:
    """List the mails of which nobody knows whether they were taken: of the edition, and of its corrections."""
    found = (one for number in range(1 + len(edition.corrections)) for one in store.deliveries(edition.id, correction=number))
    return tuple(one for one in found if one.state is DeliveryState.UNCERTAIN)


def _edition(request: Request, store: Store) -> Edition:
    params = request.path_params
    asked = params["edition"] if "edition" in params else f"mail/{params['mail']}"
    try:
        return store.edition(asked)
    except NotFoundError as error:
        raise NotFoundError("edition", asked, hint=f"`gleanings digest build {asked}` makes a draft of it.") from error


routes = [
    Route("/desk/editions", overview),
    Route("/desk/editions/draft", upcoming),
    Route("/desk/editions/mail/{mail}", gathered),
    Route("/desk/editions/mail/{mail}/mails/{correction:int}/{subscriber:int}/{act}", settle, methods=["POST"]),
    Route("/desk/editions/{edition}", draft),
    Route("/desk/editions/{edition}/mails/{correction:int}/{subscriber:int}/{act}", settle, methods=["POST"]),
    Route("/desk/editions/{edition}/{rendition}/{file}", preview),
]
