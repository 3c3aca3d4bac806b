"""What several people say to one another over an item: who reads it, who is asked to decide, who would keep it, and remarks that no reader sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.model import Assignment, Item, ItemId, Opinion, Reading, Remark, Role, State
from pipeline.store import Store
from pipeline.text import clean
from pipeline.web.problems import RefusedVisitError
from pipeline.web.security import wants_json
from pipeline.web.site import desk_path, field, page, person_of, site_of

MOST_ASKED = 200
"""Items that one question about claims may name: a page of the queue has fewer."""
LONGEST = 2_000
"""Characters of a remark."""
DONE = {State.ACCEPTED: "accepted", State.REJECTED: "rejected", State.DEFERRED: "put off", State.MERGED: "folded", State.PUBLISHED: "published"}

_OPINIONS = {"keep": True, "not": False, "none": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What is said of one item, as one person sees it: `readings` are those of others."""

    item: ItemId
    me: str
    readings: tuple[Reading, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    assignment: Assignment | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def readers(self) -> tuple[str, ...]:
        """Names of the others who have the item open."""
        return tuple(one.by for one in self.readings)

    @property
    def assigned(self) -> str:
        """Who is asked to decide, empty where nobody is."""
        return self.assignment.to if self.assignment else ""

    @property
    def mine(self) -> bool | None:
        """What this person thinks, `None` where nothing was said."""
        return next((one.keep for one in self.opinions if one.by == self.me), None)

    @property
    def keep(self) -> tuple[str, ...]:
        """Who would keep it."""
        return tuple(one.by for one in self.opinions if one.keep)

    @property
    def against(self) -> tuple[str, ...]:
        """Who would not."""
        return tuple(one.by for one in self.opinions if not one.keep)

    @property
    def votes(self) -> str:
        """The opinions in short: "2 keep, 1 not"."""
        said = [f"{len(names)} {word}" for names, word in ((self.keep, "keep"), (self.against, "not")) if names]
        return ", ".join(said)

    @property
    def is_silent(self) -> bool:
        """Whether nobody has said anything that stays."""
        return not (self.opinions or self.assignment or self.remarks)


def crowd_of(store: Store, items: Sequence[ItemId], *, me: str, now: datetime) -> Mapping[ItemId, Crowd]:
    """Say of each of these items what people say of it: four questions to the store for all of them."""
    readings: dict[ItemId, list[Reading]] = {}
    for reading in store.readings(items, now=now):
        if reading.by != me:
            readings.setdefault(reading.item, []).append(reading)
    opinions: dict[ItemId, list[Opinion]] = {}
    for opinion in store.opinions(items):
        opinions.setdefault(opinion.item, []).append(opinion)
    remarks: dict[ItemId, list[Remark]] = {}
    for remark in store.remarks(items):
        remarks.setdefault(remark.item, []).append(remark)
    asked = {one.item: one for one in store.assignments(items)}
    return {
        item: Crowd(
            item=item,
            me=me,
            readings=tuple(readings.get(item, ())),
            opinions=tuple(opinions.get(item, ())),
            assignment=asked.get(item),
            remarks=tuple(remarks.get(item, ())),
        )
        for item in items
    }


def people_of(store: Store, me: str) -> tuple[str, ...]:
    """Name those who may be asked to decide: everybody with an account that may, by name; where there are none, who sits there."""
    return tuple(one.name for one in store.accounts() if one.disabled is None and one.role.may(Role.CURATOR)) or (me,)


def ago(seconds: float) -> str:
    """Say how long ago something was, as one says it to a colleague: "4 s ago"."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return f"{max(0, int(seconds))} s ago"


def decided_by(item: Item, *, now: datetime) -> str:
    """Say who did what to an item, and how long ago: "Tom accepted this 4 s ago". Empty where it waits."""
    if item.state not in DONE:
        return ""
    if item.decision is None:
        return f"It is {DONE[item.state]}"
    return f"{item.decision.curator or 'Somebody'} {DONE[item.state]} this {ago((now - item.decision.decided).total_seconds())}"


# ---------------------------------------------------------------- pages and forms


def talk(request: Request) -> Response:
    """Show what is said of one item, on a page of its own."""
    site = site_of(request)
    me, asked, now = person_of(request).name, ItemId(request.path_params["id"]), site.clock()
    with site.open_store() as store:
        item = store.item(asked)
        head = item.cluster or asked
        return page(
            request,
            "crowd.html",
            item=item,
            crowd=crowd_of(store, [head], me=me, now=now)[head],
            people=people_of(store, me),
            here=f"/desk/items/{asked}/crowd",
        )


def reading(request: Request) -> Response:
    """Say that this person has the item open (or, with `leave`, nothing), and tell of the items named in `items` who else reads them, and what
    was decided on them meanwhile."""
    site = site_of(request)
    me, asked, now = person_of(request).name, ItemId(request.path_params["id"]), site.clock()
    wanted = numbers(field(request, "items"))
    with site.open_store() as store:
        if field(request, "leave"):
            store.stop_reading(me)
        else:
            store.read(asked, by=me, now=now)
        readings = [one for one in store.readings([*wanted, asked], now=now) if one.by != me]
        gone = [store.item(item.id) for item in store.outlines(wanted) if item.state in DONE]
    if not wants_json(request):
        return RedirectResponse(_back(request, asked), status_code=303)
    return JSONResponse(
        {
            "readings": [{"item": one.item, "by": one.by} for one in readings],
            "here": list(dict.fromkeys(one.by for one in readings)),
            "decided": [{"item": item.id, "state": item.state.value, "said": decided_by(item, now=now)} for item in gone],
        }
    )


def assign(request: Request) -> Response:
    """Ask one person to decide an item; nobody where the form names nobody."""
    site = site_of(request)
    me, asked, to = person_of(request).name, ItemId(request.path_params["id"]), field(request, "assignee")
    with site.open_store() as store:
        item = store.item(asked)
        if to and to not in people_of(store, me):
            raise RefusedVisitError(f"Nobody who may decide is called “{to[:40]}”.", status=422, hint="Choose one of the list.")
        if to:
            store.assign([asked], to=to, by=me, now=site.clock())
        else:
            store.unassign([asked])
    return _said(request, item, f"{to} is asked to decide" if to and to != me else "It is yours to decide" if to else "Nobody in particular is asked")


def opinion(request: Request) -> Response:
    """Keep what this person thinks of an item; the same again takes it back."""
    site = site_of(request)
    me, asked, said = person_of(request).name, ItemId(request.path_params["id"]), field(request, "opinion")
    if said not in _OPINIONS:
        raise RefusedVisitError("The form says neither keep nor not.", status=422, hint="Load the page again.")
    with site.open_store() as store:
        item = store.item(asked)
        store.opine(asked, keep=_OPINIONS[said], by=me, now=site.clock())
    words = {"keep": "You would keep it", "not": "You would not keep it", "none": "Your opinion is taken back"}[said]
    return _said(request, item, words)


def remark(request: Request) -> Response:
    """Keep a remark, or take one's own back."""
    site = site_of(request)
    me, asked, now = person_of(request).name, ItemId(request.path_params["id"]), site.clock()
    regretted = field(request, "take-back")
    text = clean(field(request, "remark")).strip()
    if not text and not regretted:
        raise RefusedVisitError("The remark is empty.", status=422, hint="Write something first.")
    if len(text) > LONGEST:
        raise RefusedVisitError(f"The remark is longer than {LONGEST:,} characters.", status=422, hint="Say it in fewer words.")
    with site.open_store() as store:
        item = store.item(asked)
        if regretted:
            store.take_back(next(iter(numbers(regretted)), ItemId(0)), by=me, now=now)
        else:
            store.remark(asked, text, by=me, now=now)
    return _said(request, item, "Your remark is taken back" if regretted else "Remark kept; no reader sees it")


def _said(request: Request, item: Item, said: str) -> Response:
    if wants_json(request):
        return JSONResponse({"said": f"{said}: {item.title}", "item": item.id})
    return RedirectResponse(_back(request, item.id), status_code=303)


def _back(request: Request, item: ItemId) -> str:
    here = field(request, "here")
    return desk_path(here) if here else f"/desk/items/{item}/crowd"


def numbers(text: str) -> list[ItemId]:
    """Read item numbers with commas between; what is none is left out."""
    words = text[: 16 * MOST_ASKED].split(",")
    return [ItemId(int(one)) for one in words if one.isascii() and one.isdecimal() and len(one) < 16][:MOST_ASKED]


routes = [
    Route("/desk/items/{id:int}/crowd", talk),
    Route("/desk/items/{id:int}/reading", reading, methods=["POST"]),
    Route("/desk/items/{id:int}/assign", assign, methods=["POST"]),
    Route("/desk/items/{id:int}/opinion", opinion, methods=["POST"]),
    Route("/desk/items/{id:int}/remark", remark, methods=["POST"]),
]
