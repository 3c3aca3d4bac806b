"""The edition builder: the draft in sections as cards, every move a form of its own, and the balance of it all beside the last six editions.

What a step does is `digest.steps`' business, what is kept `publish.arranging`'s. Here is read what was asked, and whether this person may: a section
editor changes what stands in her sections, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Account, Arrangement, Edition, Item, ItemId, Kind, Role, SectionRule
from pipeline.store import Store
from pipeline.text import clean
from pipeline.web.editions import closing
from pipeline.web.problems import RefusedVisitError
from pipeline.web.public import prose
from pipeline.web.security import wants_json
from pipeline.web.site import Site, field, page, person_of, site_of

if TYPE_CHECKING:
    import pipeline.digest.balance as balances
    from pipeline.digest import arrange, steps
    from pipeline.digest.balance import Balance, Count
    from pipeline.publish import arranging
    from pipeline.publish.arranging import Board
else:
    steps = late("pipeline.digest.steps")
    balances = late("pipeline.digest.balance")
    arrange = late("pipeline.digest.arrange")
    arranging = late("pipeline.publish.arranging")

SHOWN = 6
"""Names of one kind that the balance lists; of needs all."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NO_LEAD = frozenset({Kind.EVENT, Kind.WEBINAR, Kind.OFFER, Kind.REQUEST})
"""Kinds whose first item is no lead: they stand by their dates, or are answered."""
_LONGEST = 20_000
_WHY = {  # by the words of `Absence`
    "left out": "Left out by hand, kept for a later edition",
    "no room": "No room: over the cap of its section or of the edition",
    "over": "Over: its date is past",
    "members": "For members only, and this edition is for everybody",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What was asked: who, on which draft, and the fields of the form."""

    person: Account
    board: Board
    form: Callable[[str], str]

    @property
    def arrangement(self) -> Arrangement:
        return self.board.arrangement

    @property
    def item(self) -> ItemId:
        return ItemId(number(self.form("item"), "item"))

    @property
    def rule(self) -> SectionRule:
        asked = self.form("section")
        found = next((rule for rule in self.board.rules if rule.id == asked), None)
        if found is None:
            raise NotFoundError("section", f"“{asked[:80]}”", hint="Load the page again: the settings may have changed.")
        return found

    @property
    def home(self) -> str:
        return steps.found(self.board.edition, self.item)[0]


def number(words: str, name: str) -> int:
    """Read a whole number. Raises `RefusedVisitError` for anything else."""
    if not words.removeprefix("-").isdecimal() or not words.isascii() or len(words) > 12:
        raise RefusedVisitError(f"The form names no {name}.", status=422, hint="Load the page again.")
    return int(words)


def show(request: Request) -> Response:
    """Show the draft as a board of cards."""
    site, edition_id = site_of(request), request.path_params["edition"]
    with site.open_store() as store:
        board = _board(edition_id, site, store)
        history = [one for one in store.editions() if one.is_released]
        standing = arranging.standing(site.config, store, now=site.clock())
        last = store.decisions(limit=1)
    closed = board.edition.state.value if board.edition.state.value != "draft" else ""
    person = person_of(request)
    return page(
        request,
        "builder.html",
        board=board,
        edition=board.edition,
        groups={section.id: section.entries for section in board.edition.sections},
        absent=[(item, _WHY[why], why is arrange.Absence.LEFT_OUT) for item, why in board.absent],
        sources={item.id: _maker(item) for item, _ in board.absent},
        slots=arrange.slots(site.config.digest, board.arrangement),
        balance=_charts(balances.even(board.edition, history, topics=site.config.topics, spellings=site.config.spellings)),
        own={rule.id for rule in board.rules if not closed and may_change(person, [rule.id])},
        is_editor=not closed and person.role.may(Role.EDITOR),
        closed=closed,
        closing=closing(standing, now=site.clock()) if standing.id == edition_id else "",
        is_behind=bool(last) and last[0].decided > board.edition.composed,
        no_lead=NO_LEAD,
        caps={rule.id: rule.cap for rule in board.rules},
        stood=arranging.fingerprint(board.letter),
        letter_html=prose(board.edition.letter),
        may_undo=not closed and board.arrangement.said and (person.role.may(Role.EDITOR) or board.arrangement.by == person.name),
    )


def step(request: Request) -> Response:
    """Do one step. Raises `ConflictError` where another editor was first, or the edition takes no more changes."""
    site, edition_id, act = site_of(request), request.path_params["edition"], request.path_params["act"]
    person = person_of(request)
    if act not in ACTS:
        raise NotFoundError("step", f"“{act[:40]}”", hint=f"There are: {', '.join(ACTS)}.")
    with site.open_store() as store, store.transaction():
        asked = Step(person=person, board=_board(edition_id, site, store), form=lambda name: field(request, name))
        made = ACTS[act](asked, site, store)
        expected = number(field(request, "version"), "version")
        edition = arranging.arrange(replace(made, by=person.name), site.config, store, expected_version=expected, now=site.clock())
        if act == "back":
            _check(person, [_landed(edition, asked.item)])
    return _done(request, said=made.said, version=expected + 1)


def undo(request: Request) -> Response:
    """Take the last step back; a section editor only her own."""
    site, edition_id, person = site_of(request), request.path_params["edition"], person_of(request)
    with site.open_store() as store, store.transaction():
        last = store.arrangement(edition_id)
        if not person.role.may(Role.EDITOR) and last.by != person.name:
            raise RefusedVisitError("The last step is not yours.", status=403, hint="An editor can take it back.")
        made = arranging.undo(edition_id, site.config, store, expected_version=number(field(request, "version"), "version"), now=site.clock())
    return _done(request, said=f"Taken back: {last.said}", version=made.version)


def letter(request: Request) -> Response:
    """Keep the letter, if it is still the one that was shown."""
    site, person = site_of(request), person_of(request)
    _check_editor(person)
    written = arranging.Letter(
        edition=request.path_params["edition"], words=_prose(field(request, "letter")), stood=field(request, "stood"), by=person.name
    )
    with site.open_store() as store:
        made = arranging.write(written, site.config, store, now=site.clock())
    if wants_json(request):
        return JSONResponse({"said": made.said, "version": made.version, "stood": arranging.fingerprint(made.letter)})
    return _done(request, said=made.said, version=made.version)


def preview(request: Request) -> Response:
    """Show what a letter will look like. Keeps nothing."""
    return HTMLResponse(prose(_prose(field(request, "letter"))))


def _board(edition_id: str, site: Site, store: Store) -> Board:
    try:
        return arranging.board(edition_id, site.config, store, now=site.clock())
    except NotFoundError as error:
        raise NotFoundError("edition", edition_id[:80], hint="The page of editions offers to begin the next one.") from error


def _done(request: Request, *, said: str, version: int) -> Response:
    if wants_json(request):
        return JSONResponse({"said": said, "version": version})
    item = field(request, "item")
    place = f"#card-{item}" if item.isascii() and item.isdecimal() else ""
    return RedirectResponse(f"/desk/editions/{request.path_params['edition']}/arrange{place}", status_code=303)


# ---------------------------------------------------------------- rights


def may_change(person: Account, sections: Iterable[str]) -> bool:
    """Say whether a person may change what stands in all these sections."""
    return person.role.may(Role.EDITOR) or (person.role is Role.SECTION_EDITOR and set(sections) <= set(person.sections))


def _check(person: Account, sections: Iterable[str]) -> None:
    if not may_change(person, sections):
        raise RefusedVisitError("This section is not one of yours.", status=403, hint="An editor can change it, or give it to you.")


def _check_editor(person: Account) -> None:
    if not person.role.may(Role.EDITOR):
        raise RefusedVisitError("This takes the role of an editor: it is about the whole edition.", status=403)


def _landed(edition: Edition, item: ItemId) -> str:
    return next((section.id for section in edition.sections for entry in section.entries if entry.id == item), "")


# ---------------------------------------------------------------- steps


def _place(asked: Step, site: Site, store: Store) -> Arrangement:
    _check(asked.person, (asked.home, asked.rule.id))
    at = asked.form("at")
    return steps.place(asked.arrangement, asked.board.edition, asked.item, rule=asked.rule, at=number(at, "place") if at else steps.MOST)


def _lead(asked: Step, site: Site, store: Store) -> Arrangement:
    _check(asked.person, [asked.home])
    return steps.lead(asked.arrangement, asked.board.edition, asked.item)


def _pick(asked: Step, site: Site, store: Store) -> Arrangement:
    _check_editor(asked.person)
    return steps.pick(asked.arrangement, asked.board.edition, asked.item)


def _unpick(asked: Step, site: Site, store: Store) -> Arrangement:
    _check_editor(asked.person)
    return steps.unpick(asked.arrangement, asked.board.edition, asked.item)


def _leave(asked: Step, site: Site, store: Store) -> Arrangement:
    _check(asked.person, [asked.home])
    return steps.leave_out(asked.arrangement, asked.board.edition, asked.item)


def _back(asked: Step, site: Site, store: Store) -> Arrangement:
    return steps.bring_back(asked.arrangement, asked.item, title=store.item(asked.item).title)


def _cap(asked: Step, site: Site, store: Store) -> Arrangement:
    _check(asked.person, [asked.rule.id])
    most = asked.form("most").strip()
    return steps.cap(asked.arrangement, asked.rule, number(most, "number") if most else None)


def _shift(asked: Step, site: Site, store: Store) -> Arrangement:
    _check_editor(asked.person)
    return steps.shift(asked.arrangement, asked.board.edition, asked.rule, by=number(asked.form("by"), "direction"), settings=site.config.digest)


ACTS: dict[str, Callable[[Step, Site, Store], Arrangement]] = {
    "place": _place,
    "lead": _lead,
    "pick": _pick,
    "unpick": _unpick,
    "leave": _leave,
    "back": _back,
    "cap": _cap,
    "shift": _shift,
}
"""The steps by the last word of their address."""


# ---------------------------------------------------------------- shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One line of the balance: a name, how often it is here, its bars (place and height in twentieths of the greatest), and all of it in words."""

    name: str
    here: int
    bars: tuple[tuple[int, int], ...]
    words: str


def _charts(balance: Balance) -> dict[str, object]:
    months = [f"{MONTHS[int(one[5:7]) - 1]} {one[:4]}" for one in balance.months]
    groups = {
        "Publishers": balance.publishers[:SHOWN],
        "Kinds": balance.kinds[:SHOWN],
        "Topics": balance.topics[:SHOWN],
        "Sent in or recommended by": balance.contributors[:SHOWN],
        "What members need": balance.needs,
    }
    drawn = {title: [_chart(one, months, max(max(one.here, *one.before, 1) for one in counts)) for one in counts] for title, counts in groups.items()}
    return {"sentences": balance.sentences, "groups": drawn, "total": balance.total, "months": months}


def _chart(count: Count, months: list[str], most: int) -> Chart:
    numbers = (*count.before, count.here)
    said = ", ".join(f"{month} {number}" for month, number in zip([*months, "this one"], numbers, strict=True))
    return Chart(name=count.name, here=count.here, bars=tuple((place, round(20 * one / most)) for place, one in enumerate(numbers)), words=said)


def _prose(words: str) -> str:
    if len(words) > _LONGEST:
        raise RefusedVisitError(f"A letter has at most {_LONGEST:,} characters; this one has {len(words):,}.", status=422, hint="Make it shorter.")
    return clean(words).strip()


def _maker(item: Item) -> str:
    return item.resource.publisher or item.resource.site_name or ""


routes = [
    Route("/desk/editions/{edition}/arrange", show),
    Route("/desk/editions/{edition}/arrange/undo", undo, methods=["POST"]),
    Route("/desk/editions/{edition}/arrange/letter", letter, methods=["POST"]),
    Route("/desk/editions/{edition}/arrange/preview", preview, methods=["POST"]),
    Route("/desk/editions/{edition}/arrange/{act}", step, methods=["POST"]),
]
