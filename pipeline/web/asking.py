"""Asking the organiser of an event whose dates are in doubt: the letter is written here, and sent by the curator's own mail program."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import ConflictError
from pipeline.model import Decision, Item, ItemId, State, Verdict
from pipeline.review import allowed
from pipeline.store import Store
from pipeline.text import clean, clip, squeeze
from pipeline.web import fields, second, words
from pipeline.web.site import Site, desk_path, field, page, person_of, site_of

WAIT = timedelta(days=7)
"""How long an item waits for the answer, counted in days of the desk."""
_LOOKED_AT = 200_000  # characters of a text in which an address is looked for
_ADDRESSES = 3


def ask(request: Request) -> Response:
    """Show the letter with what is in doubt, the addresses that the page names, and the button that says that it was sent."""
    site, asked = site_of(request), ItemId(request.path_params["id"])
    with site.open_store() as store:
        item = _doubtful(store.item(asked))
    doubts, found = doubts_of(item, site), addresses(item)
    subject, letter = f"When is “{clip(item.title or words.host(item.resource.url), 120)}”?", _letter(item, doubts, site, _signed(request))
    mail = f"mailto:{quote(found[0], safe='@') if found else ''}?{urlencode({'subject': subject, 'body': letter}, quote_via=quote)}"
    until = site.today + WAIT
    to = desk_path(request.query_params.get("to", ""))
    return page(request, "ask.html", item=item, doubts=doubts, addresses=found, subject=subject, letter=letter, mail=mail, until=until, to=to)


def asked(request: Request) -> Response:
    """Keep that the organiser was asked as a remark, and put the item off until the answer is due; a decision that undo takes back."""
    site, number = site_of(request), ItemId(request.path_params["id"])
    now, by = site.clock(), person_of(request).name
    with site.open_store() as store, store.transaction():
        before = store.item(number)
        if first := second.moved_on(request, before):
            return second.told(request, store, before, sentence=first)
        item = _doubtful(before)
        store.remark(number, f"Asked the organiser: {clip(' '.join(doubts_of(item, site)), 1_500)}", by=by, now=now)
        if Verdict.DEFER in allowed(item.state, item.lane):
            _put_off(item, store, site, by=by, now=now)
    path = desk_path(field(request, "to"))
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}did={number}", status_code=303)


def doubts_of(item: Item, site: Site) -> tuple[str, ...]:
    """Say in sentences what is in doubt about an event, each once."""
    proposed = fields.repairs_of(item, zone=site.zone)
    plain = (problem.partition(": ")[2] or problem for problem in (item.event.problems if item.event else ()))
    return tuple(dict.fromkeys(_sentence(one) for one in ([repair.wrong for repair in proposed] or plain)))


def addresses(item: Item) -> tuple[str, ...]:
    """Find mail addresses in what we keep of an item, in their order, each once."""
    said = f"{item.description or ''} {item.resource.text}"[:_LOOKED_AT]
    found = (word.removeprefix("mailto:").strip("()[]<>{}\"'“”‘’,;:.!?|*") for word in said.split() if "@" in word)
    return tuple(dict.fromkeys(one for one in found if _is_address(one)))[:_ADDRESSES]


def _is_address(word: str) -> bool:
    name, _, host = word.rpartition("@")
    plain = all(one.isascii() and (one.isalnum() or one in ".-_+") for one in name + host)
    return plain and bool(name) and "." in host.strip(".") and not host.startswith((".", "-")) and len(word) <= 254


def _letter(item: Item, doubts: tuple[str, ...], site: Site, by: str) -> str:
    lines = (
        "Hello,",
        f"we would like to tell our readers of “{squeeze(item.title)}” ({item.resource.url}). One thing there is not clear to us:",
        "\n".join(doubts),
        "Would you tell us when it begins and when it ends, and where it is?",
        f"Thank you,\n{', '.join(part for part in (by, site.config.desk.organisation or site.config.desk.name) if part)}",
    )
    return clean("\n\n".join(lines))


def _signed(request: Request) -> str:
    """The name under a letter: of whoever has an account."""
    person = person_of(request)
    return person.name if person.id else ""


def _sentence(said: str) -> str:
    text = squeeze(said)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _put_off(item: Item, store: Store, site: Site, *, by: str, now: datetime) -> None:
    until = datetime.combine(site.today + WAIT, time.min, tzinfo=site.zone)
    store.decide(Decision(item=item.id, verdict=Verdict.DEFER, decided=now, curator=by, until=until))


def _doubtful(item: Item) -> Item:
    """Give the item if there is something to ask. Raises `ConflictError`."""
    if item.event is None or not item.event.problems:
        raise ConflictError("Nothing about its dates is in doubt.", hint="The item's page shows when it is.")
    if item.state in (State.MERGED, State.PUBLISHED):
        raise ConflictError("This is folded into another item, or published.", hint="Ask for the item that stands for it, or correct the edition.")
    return item


routes = [Route("/desk/items/{id:int}/ask", ask), Route("/desk/items/{id:int}/ask", asked, methods=["POST"])]
