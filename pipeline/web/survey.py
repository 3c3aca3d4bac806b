"""The members' survey: the form behind the link of an invitation, and at the desk how the rounds stand and what came of them.

The link is all that a visitor shows, and it leads to no person: nothing here asks, sets or writes down who somebody is. A visit changes nothing;
the button at the end sends the form, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.survey import Round
from pipeline.web.archive import own_policy
from pipeline.web.site import form_of, page, site_of

if TYPE_CHECKING:
    from pipeline.digest import survey as surveys
    from pipeline.publish import survey as rounds
else:
    rounds = late("pipeline.publish.survey")
    surveys = late("pipeline.digest.survey")

MEDIA_TYPES = {"results.html": "text/html", "results.pdf": "application/pdf", "results.json": "application/json"}
_PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex"}


def form(request: Request) -> Response:
    """Show the form, and take it when it is posted: whole, once, and while the round is under way."""
    site = site_of(request)
    secret, now = request.path_params["secret"], site.clock()
    with site.open_store() as store:
        found = store.survey_for(secret, now=now)
        if found is None:
            return _private(page(request, "survey_gone.html", status=410))
        if request.method != "POST":
            return _form(request, found)
        said = {name: values[-1] for name, values in form_of(request).items()}
        reply = surveys.read(found.survey, said)
        if wrong := dict(surveys.faults(found.survey, reply)):
            return _form(request, found, said=said, wrong=wrong)
        is_taken = store.answer_survey(secret, reply, now=now)
    return (
        RedirectResponse("/survey/thanks", status_code=303, headers=_PRIVATE) if is_taken else _private(page(request, "survey_gone.html", status=410))
    )


def thanks(request: Request) -> Response:
    """Say that the answer is kept. The address holds no link any more, so that going back sends nothing again."""
    return _private(page(request, "survey_thanks.html"))


def overview(request: Request) -> Response:
    """List the rounds: those under way with how many have answered, the others with their results."""
    site = site_of(request)
    with site.open_store() as store:
        found = store.surveys()
    now, desk = site.clock(), site.config.desk
    listed = [(one, rounds.last_day(one, desk), one.is_over(now)) for one in found]
    return page(request, "desk_surveys.html", rounds=listed, least=rounds.LEAST, files=MEDIA_TYPES)


def results(request: Request) -> Response:
    """Show the results of a round that is over."""
    return _file(request, "results.html")


def file(request: Request) -> Response:
    """Give the results of a round as a file."""
    return _file(request, request.path_params["file"])


def _form(request: Request, found: Round, *, said: dict[str, str] | None = None, wrong: dict[str, str] | None = None) -> Response:
    until = rounds.last_day(found, site_of(request).config.desk)
    shown = page(request, "survey.html", status=422 if wrong else 200, survey=found.survey, until=until, said=said or {}, wrong=wrong or {})
    return _private(shown)


def _file(request: Request, name: str) -> Response:
    if name not in MEDIA_TYPES:
        raise NotFoundError("file", f'"{name[:80]}"', hint="/desk/surveys lists what there is.")
    site = site_of(request)
    with site.open_store() as store:
        body = rounds.files(request.path_params["id"], site.config, store, now=site.clock(), names=(name,))[name]
    headers = {"content-security-policy": own_policy(body)} if name.endswith(".html") else {}
    return Response(body, media_type=MEDIA_TYPES[name], headers=headers)


def _private(answer: Response) -> Response:
    answer.headers.update(_PRIVATE)
    return answer


routes = [
    Route("/survey/thanks", thanks),
    Route("/survey/{secret}", form, methods=["GET", "POST"]),
    Route("/desk/surveys", overview),
    Route("/desk/surveys/{id}", results),
    Route("/desk/surveys/{id}/{file}", file),
]
