"""Where readers say whether something was useful, and later whether they used it; and what a year's editions came to, for everybody.

The link in a mail leads to a page with buttons, and only a pressed button says anything: mail programs and scanners follow every link. The source is
a plain link on the page; nobody is led there by a detour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Voice, Vote
from pipeline.store import Store
from pipeline.store.votes import ANSWERS
from pipeline.text import clip, counted, squeeze
from pipeline.web.problems import RefusedVisitError
from pipeline.web.public import About, shelf_of, show
from pipeline.web.site import field, page, site_of

if TYPE_CHECKING:
    from pipeline.publish import impact, readers, votes
else:
    impact = late("pipeline.publish.impact")
    votes = late("pipeline.publish.votes")
    readers = late("pipeline.publish.readers")

VOICES = {Voice.USEFUL: "Useful", Voice.WILL_USE: "I will use it", Voice.NOT_FOR_ME: "Not for me"}
USED = dict(zip(ANSWERS, ("I used it", "I passed it on", "Not yet", "No"), strict=True))
TAKE_BACK = "take-back"
LONGEST = 500
"""Characters of what a reader says with an answer."""

_PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex"}


def useful(request: Request) -> Response:
    """Show an item and ask whether it was useful; a posted button is kept."""
    site = site_of(request)
    with site.open_store() as store:
        asked = _asked(request, store, "useful")
        if request.method == "POST":
            said = _chosen(request, "voice", list(VOICES))
            store.vote(asked.item, asked.person, edition=asked.edition, voice=Voice(said) if said else None, now=site.clock())
        vote = store.vote_of(asked.item, asked.person)
        return _answered(request, store, asked, template="useful.html", vote=vote, voices=VOICES, same=_same(vote, store))


def used(request: Request) -> Response:
    """Ask whether an item was used that a reader had found useful; a posted answer is kept."""
    site = site_of(request)
    with site.open_store() as store:
        asked = _asked(request, store, "question")
        if request.method == "POST":
            said = _chosen(request, "used", ANSWERS)
            store.answer(asked.item, asked.person, used=said, words=clip(squeeze(field(request, "words")), LONGEST) if said else "")
        vote = store.vote_of(asked.item, asked.person)
        if vote is None:
            raise NotFoundError("question", asked.item, hint="You took back what you had said of it, so nothing is asked any more.")
        line = next(map(impact.outcome, store.tallies_of((asked.item,))), "")
        return _answered(request, store, asked, template="used.html", vote=vote, answers=USED, line=line, longest=LONGEST)


def yearly(request: Request) -> Response:
    """Show what readers said of the public editions of a year, of the newest one where none is named."""
    site = site_of(request)
    with site.open_store() as store:
        shelf = shelf_of(request, store)
        known = impact.years(shelf.editions, site.zone)
        if not known:
            return page(request, "soon.html")
        made = impact.report(request.path_params.get("year", known[0]), shelf.editions, store, zone=site.zone)
    sentence = f"What readers found useful and used of {counted(len(made.editions), 'edition')} of {made.year}."
    about = About(title=f"Impact {made.year}", sentence=sentence)
    items = [(entry, impact.words(said)) for entry, said in made.items if entry.id in shelf.holdings and not shelf.holdings[entry.id].is_withdrawn]
    return show(
        request,
        "impact.html",
        about,
        report=made,
        items=items,
        years=known,
        count=impact.count,
        used=impact.outcome(made.said),
        measured=impact.MEASURED,
    )


def _asked(request: Request, store: Store, purpose: str) -> votes.Asked:
    """Read the link. One that is cut, altered, over, or of a reader who was erased is answered alike."""
    token = request.path_params["token"]
    asked = votes.asked(store.kept_secret(readers.KEY), purpose, token, now=site_of(request).clock())
    if asked is None or store.subscriber(asked.person) is None:
        hint = "Mail programs sometimes cut long links, and a question can be answered for three months. Nothing was stored."
        raise RefusedVisitError("This link does not lead anywhere.", status=404, hint=hint)
    return asked


def _chosen(request: Request, name: str, known: Sequence[str]) -> str | None:
    """Give which button was pressed, nothing for the one that takes back. Raises `RefusedVisitError` for none of ours."""
    said = field(request, name)
    if said not in (*known, TAKE_BACK):
        raise RefusedVisitError("No answer came with this form.", status=422, hint="Press one of the buttons.")
    return None if said == TAKE_BACK else said


def _same(vote: Vote | None, store: Store) -> int | None:
    """Count the other readers who said the same of an item, where there are enough of them."""
    if vote is None:
        return None
    (said,) = store.tallies_of((vote.item,))
    counts = {Voice.USEFUL: said.useful, Voice.WILL_USE: said.will_use, Voice.NOT_FOR_ME: said.not_for_me}
    return impact.shown(counts[vote.vote] - 1)


def _answered(request: Request, store: Store, asked: votes.Asked, *, template: str, **values: object) -> Response:
    """Show an item as its edition printed it, to one reader: no cache keeps the page, and no search engine."""
    entry = votes.entry_of(asked.edition, asked.item, store)
    title = entry.title if entry else store.item(asked.item).resource.title
    values |= {"entry": entry, "title": title, "posted": request.method == "POST", "take_back": TAKE_BACK}
    answer = page(request, template, status=200, **values)
    answer.headers.update(_PRIVATE)
    return answer


routes = [
    Route("/useful/{token}", useful, methods=["GET", "POST"]),
    Route("/used/{token}", used, methods=["GET", "POST"]),
    Route("/impact", yearly),
    Route("/impact/{year:int}", yearly),
]
