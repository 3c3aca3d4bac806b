"""The pages of readers: subscribe, confirm, preferences, unsubscribe. No login, no cookie, no script: a signed link says who it is for.

Opening a page changes nothing, whoever opens it; the button on it does. A link that is cut, altered, over or of another purpose gets one page that
says what to do instead, and never why, so that nobody learns who is on the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import wishes
from pipeline.errors import UnavailableError
from pipeline.late import late
from pipeline.model import Subscriber, SubscriberState, Topic
from pipeline.publish.notices import can_send
from pipeline.store import Store
from pipeline.text import folded
from pipeline.web.public import shelf_of
from pipeline.web.security import is_one_click
from pipeline.web.site import Site, field, form_of, page, site_of
from pipeline.wishes import WishError, Wishes

if TYPE_CHECKING:
    from pipeline.publish import readers
else:
    readers = late("pipeline.publish.readers")

USUAL = Wishes(cap=7)
"""What the form proposes."""
_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def subscribe(request: Request) -> Response:
    """Show the form; where nothing can be mailed, say whom to write to."""
    site = site_of(request)
    if site.still or not can_send(site.config):
        return page(request, "subscribe.html")
    return _form(request, USUAL)


def subscribed(request: Request) -> Response:
    """Take down that somebody asks. The answer is the same for every address."""
    site = site_of(request)
    if not can_send(site.config):
        return page(request, "subscribe.html")
    email = field(request, "email")
    if field(request, "website"):  # nobody sees this field: a machine filled it in
        return _look(request, email)
    try:
        wanted = _wanted(request)
        with site.open_store() as store:
            readers.ask(email, wanted, site.config, store, now=site.clock())
    except (WishError, UnavailableError) as error:
        return _form(request, USUAL, email=email, refusal=error, status=422 if isinstance(error, WishError) else 503)
    return _look(request, email)


def confirming(request: Request) -> Response:
    """Show the button that confirms."""
    with site_of(request).open_store() as store:
        person = readers.asked(_token(request), store, now=site_of(request).clock())
        if person is not None and person.state is SubscriberState.CONFIRMED:
            return _welcome(request, store, person)
    if person is None:
        return _lost(request)
    said = f"We mail {site_of(request).config.desk.name} to {person.email} when you press the button: {_in_words(request, person)}."
    return _card(request, "One button, and you are in", said, buttons=(("", "Yes, mail it to me", "ok"),))


def confirmed(request: Request) -> Response:
    """Put the reader on the list; the page behind the redirect shows the current issue."""
    with site_of(request).open_store() as store:
        person = readers.confirm(_token(request), store, now=site_of(request).clock())
    return _lost(request) if person is None else _again(request)


def preferences(request: Request) -> Response:
    """Show what a reader gets, to be changed."""
    with site_of(request).open_store() as store:
        person = readers.whose(_token(request), "preferences", store, now=site_of(request).clock())
        if person is None or person.state is SubscriberState.UNSUBSCRIBED:
            return _gone(request, person)
        return _wishes(request, store, person, kept="kept" in request.query_params)


def preferred(request: Request) -> Response:
    """Keep what a reader wishes from now on."""
    site = site_of(request)
    with site.open_store() as store:
        person = readers.whose(_token(request), "preferences", store, now=site.clock())
        if person is None or person.state is SubscriberState.UNSUBSCRIBED:
            return _gone(request, person)
        try:
            readers.change(_token(request), _wanted(request), store, now=site.clock())
        except WishError as error:
            return _wishes(request, store, person, refusal=error)
    return _again(request, "?kept=1")


def leaving(request: Request) -> Response:
    """Show the two buttons: leave, and erase everything."""
    with site_of(request).open_store() as store:
        person = readers.whose(_token(request), "unsubscribe", store, now=site_of(request).clock())
    if person is None:
        return _lost(request)
    if person.state is SubscriberState.UNSUBSCRIBED:
        return _left(request, person)
    said = f"{person.email} gets {site_of(request).config.desk.name}: {_in_words(request, person)}. Leaving takes effect at once."
    return _card(request, "Leave the list?", said, buttons=(("leave", "Unsubscribe", "ok"), ("erase", "Erase everything", "no")), small=_ERASED)


def left(request: Request) -> Response:
    """Take a reader off the list, or erase all that is known. A mail program's one click (RFC 8058) comes here too."""
    site, token = site_of(request), _token(request)
    with site.open_store() as store:
        if field(request, "do") == "erase":
            person = readers.forget(token, store, now=site.clock())
            return _lost(request) if person is None else _card(request, "Everything is erased", _GONE)
        person = readers.leave(token, store, now=site.clock())
    if person is None:
        return _lost(request)
    # A mail program must not be sent on (RFC 8058, 3.1); a browser is, so that going back does not ask to send the form again.
    return _left(request, person) if is_one_click(request.url.path, form_of(request)) else _again(request)


_ERASED = (
    "Unsubscribe deletes your wishes, and keeps your address, the day, what was mailed and what you said of items, so that no list brings you back "
    "and sums stay true. Erase everything deletes all of it; a fingerprint stays, from which nobody can tell who you are."
)
_NO_MORE = "Nothing is mailed to you, and your wishes were deleted when you left. If you would like to read along again, ask anew."
_GONE = (
    "Nothing about you is kept but a fingerprint of the address, so that no list brings you back. Nobody can tell from it who you are. Copies in "
    "backups go as those are replaced."
)


def _again(request: Request, query: str = "") -> Response:
    """Go on to the page at the same address, which shows how things are now."""
    return RedirectResponse(f"{request.url.path}{query}", status_code=303)


def _gone(request: Request, person: Subscriber | None) -> Response:
    """Say to somebody without wishes why: the link is no good, or they have left."""
    return _lost(request) if person is None else _card(request, "You have left the list", _NO_MORE, links=(("/subscribe", "Subscribe again"),))


def _left(request: Request, person: Subscriber) -> Response:
    said = f"Nothing more is mailed to {person.email}. Thank you for having read along."
    return _card(request, "You are off the list", said, buttons=(("erase", "Erase everything", "no"),), small=_ERASED)


def _welcome(request: Request, store: Store, person: Subscriber) -> Response:
    """Say that somebody is on the list, and where the current issue is."""
    site = site_of(request)
    latest = next(iter(shelf_of(request, store).editions), None)
    links = [("/", "To the first page")]
    said = "The first issue comes to you on the day it is released."
    if latest is not None:
        said, links = "Here is the current issue.", [(f"/editions/{latest.id}", f"Read {latest.month_name}")]
    wanted = readers.link(site.config, store, "preferences", person.id).removeprefix(site.config.desk.url)
    return _card(request, "You are in", said, links=(*links, (wanted, "Change what you get")))


def _look(request: Request, email: str) -> Response:
    said = (
        f"We have written to {email.strip()[:254]}. Open the link in that mail and press the button: then you are in. "
        "Nothing there in a quarter of an hour? Look among the unwanted mail, or ask again in an hour."
    )
    return _card(request, "Look into your mailbox", said)


def _lost(request: Request) -> Response:
    """Say what to do about a link that is no good, whatever is wrong with it."""
    said = (
        "It may be cut off, used up, or older than a week. Open it again from the mail, the whole of it; or ask for a new one here: "
        "whoever is on the list already gets a mail with fresh links."
    )
    return _card(request, "This link does not work", said, links=(("/subscribe", "Get a new link"), ("/", "To the first page")), status=404)


def _form(request: Request, wanted: Wishes, *, email: str = "", refusal: Exception | None = None, status: int = 200) -> Response:
    return _page(request, "reader_subscribe.html", _choices(request, wanted), status=status, email=email, refusal=refusal)


def _wishes(request: Request, store: Store, person: Subscriber, *, kept: bool = False, refusal: Exception | None = None) -> Response:
    config = site_of(request).config
    away = readers.link(config, store, "unsubscribe", person.id).removeprefix(config.desk.url)
    choices = _choices(request, wishes.of(person))
    status = 422 if refusal else 200
    return _page(request, "reader_preferences.html", choices, status=status, reader=person, kept=kept, refusal=refusal, away=away)


def _card(
    request: Request,
    heading: str,
    said: str,
    *,
    buttons: Sequence[tuple[str, str, str]] = (),
    links: Sequence[tuple[str, str]] = (),
    small: str = "",
    status: int = 200,
) -> Response:
    """Show one card. A button is what it does, its words and its look; a link its address and words."""
    return _page(request, "reader_card.html", {}, status=status, heading=heading, said=said, buttons=buttons, links=links, small=small)


def _page(request: Request, template: str, choices: Mapping[str, object], *, status: int, **values: object) -> Response:
    """Render a page that no cache keeps: it is one reader's own."""
    answer = page(request, template, status=status, **choices, **values)
    answer.headers["cache-control"] = "no-store"
    return answer


def _choices(request: Request, wanted: Wishes) -> dict[str, object]:
    """Give what a form offers, and what of it is chosen: what was typed, where the form comes back."""
    site = site_of(request)
    typed = getattr(request.state, "form", {})
    chosen = {name: typed.get(name, ())[-1:] for name in ("frequency", "form", "language", "timezone", "at_most")} if typed else {}
    known = {
        "frequency": wanted.frequency,
        "form": wanted.form,
        "language": wanted.language,
        "timezone": wanted.timezone,
        "at_most": str(wanted.cap or ""),
    }
    return {
        "topics": _offered(site, wanted),
        "languages": wishes.LANGUAGES,
        "frequencies": wishes.FREQUENCIES,
        "zones": _zones(),
        "most": wishes.MOST,
        "chosen": {name: (chosen.get(name) or (value,))[0] for name, value in known.items()},
        "picked": typed.get("topics", ()) if typed else wanted.topics,
    }


def _offered(site: Site, wanted: Wishes) -> tuple[Topic, ...]:
    """Give all topics but those that stand only in what members were mailed: their names are for members too. What this reader has stays."""
    with site.open_store() as store:
        shelf = site.memory.shelf(site.config, store)
    return tuple(topic for topic in site.config.topics if folded(topic.name) not in shelf.inside or topic.id in wanted.topics)


@lru_cache(maxsize=1)
def _zones() -> dict[str, tuple[tuple[str, str], ...]]:
    """Give the time zones by continent: IANA name, and the words for it."""
    names = sorted(name for name in available_timezones() if name.partition("/")[0] in _AREAS)
    return {
        area: tuple((name, name.partition("/")[2].replace("_", " ").replace("/", ", ")) for name in names if name.partition("/")[0] == area)
        for area in _AREAS
    }


def _wanted(request: Request) -> Wishes:
    return wishes.read(form_of(request), topics={topic.id for topic in site_of(request).config.topics})


def _in_words(request: Request, person: Subscriber) -> str:
    return readers.in_words(wishes.of(person), site_of(request).config)


def _token(request: Request) -> str:
    return str(request.path_params["token"])


routes = [
    Route("/subscribe", subscribe),
    Route("/subscribe", subscribed, methods=["POST"]),
    Route("/confirm/{token}", confirming),
    Route("/confirm/{token}", confirmed, methods=["POST"]),
    Route("/preferences/{token}", preferences),
    Route("/preferences/{token}", preferred, methods=["POST"]),
    Route("/unsubscribe/{token}", leaving),
    Route("/unsubscribe/{token}", left, methods=["POST"]),
]
