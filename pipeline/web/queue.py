"""The review queue: what waits, the likeliest first, and one item to read. Shows; deciding is the business of `decide`.

Nothing here reads more the more items there are: lists are read by their key, counts come from memory (`facets`), expectations are kept (`prospect`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import schedule
from pipeline.errors import NotFoundError
from pipeline.model import Item, ItemId, Lane, Outlook, State, Verdict
from pipeline.store import Store
from pipeline.web import plan, sifting, words
from pipeline.web.crowd import Crowd, crowd_of
from pipeline.web.facets import Filters, Look
from pipeline.web.items import around
from pipeline.web.listing import Listing, groups
from pipeline.web.plan import minutes_of
from pipeline.web.rows import SAID, Desk, Row, queue_url, row
from pipeline.web.site import Site, page, person_of, site_of
from pipeline.web.views import views_of
from pipeline.web.worth import little

PAGE = 40
_SITTING = ("minutes", "began", "order")
_LATEST = 1_000
_SHOWN = 32  # pages whose filters are kept as they were written
_STEERED = {1: "More of this from now on", -1: "Less of this from now on"}
_TRAYS = {
    Lane.RANKED: ("Queue", ""),
    Lane.AUDIT: ("Audit", "Drawn by lot from “Probably not”. What you decide here tells how many keepers that tray hides."),
    Lane.UNLIKELY: ("Probably not", "What you will hardly keep, by all that was decided so far. Nothing is thrown away: decide on it as anywhere."),
    Lane.SKIPPED: ("Skipped", "Put aside by a rule of this desk or by the machine, for the reason shown. What you put back is not skipped again."),
}
"""The trays by their lanes, in the order of the side: name, and what stands in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What was decided today, counted by item: a decision taken back does not count."""

    accept: int
    reject: int
    defer: int

    @property
    def all(self) -> int:
        return self.accept + self.reject + self.defer


@dataclass(frozen=True, slots=True, kw_only=True)
class Tray:
    """A lane of the queue as the side shows it: where it opens, how many wait there, and what it holds."""

    lane: Lane
    name: str
    url: str
    count: int
    of: int
    about: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: the filters, the rest of what goes on from page to page, and both by the names of the address, empty ones too."""

    filters: Filters
    rest: dict[str, str]
    all: dict[str, str]
    after: ItemId | None
    item: ItemId | None

    @classmethod
    def of(cls, request: Request) -> Asked:
        query = request.query_params
        filters, rest = Filters.from_query(query), {name: query.get(name, "")[:200] for name in _SITTING}
        every = {**{name: getattr(filters, name) for name in Filters.__dataclass_fields__}, **rest}
        return cls(filters, rest, every, item_id(query.get("after", "")), item_id(query.get("item", "")))

    @property
    def is_whole(self) -> bool:
        """Say whether the queue itself is asked for, without a filter and in its own order."""
        return self.filters == Filters() and not self.rest["order"]

    def address(self, **changes: str) -> str:
        """Write the address of the queue with some filters changed."""
        return queue_url({**self.all, **changes})


def queue(request: Request) -> Response:
    site, asked = site_of(request), Asked.of(request)
    now, minutes = site.clock(), minutes_of(asked.rest["minutes"])
    if minutes and not asked.rest["began"]:
        return RedirectResponse(asked.address(began=str(int(now.timestamp()))), status_code=303)
    with site.open_store() as store:
        began = _began(asked.rest["began"])
        made = store.decisions(limit=_LATEST, since=began) if minutes and began else ()
        sitting = plan.sitting(minutes, asked.rest["began"], decisions=made, now=now)
        left = sitting.left if sitting else 0
        outlook = site.prospect.outlook(store, minutes=left)
        look = site.facets.look(store, asked.filters, order=sifting.order_of(asked.rest["order"]), after=asked.after, limit=PAGE + 1)
        values = {**around(request, store), **_numbers(asked, look, site, store, outlook)}
        values |= _lists(asked, _page(asked, look, site, store, minutes=left), request, store, is_calibrated=values["calibrated"])
    return page(
        request,
        "queue.html",
        status=200,
        **values,
        **_choices(asked, site),
        sitting=sitting,
        forecast=plan.forecast(sitting, outlook) if sitting else "",
        stop=plan.stop(outlook),
    )


def home(request: Request) -> Response:
    return RedirectResponse("/desk/queue", status_code=303)


def item_id(text: str) -> ItemId | None:
    """Read an item's number from an address; `None` where none stands there."""
    return ItemId(int(text)) if text.isascii() and text.isdecimal() and len(text) < 16 else None


# ---------------------------------------------------------------- what is listed


def _lists(asked: Asked, numbers: tuple[ItemId, ...], request: Request, store: Store, *, is_calibrated: bool) -> dict[str, object]:
    """Give a page of the list, the item to read, and what people say of them."""
    site, me = site_of(request), person_of(request).name
    now = site.clock()
    items = store.listed(_with_asked(numbers[:PAGE], asked, store))
    if asked.is_whole:  # a plan of some seconds ago may name what was decided since
        items = tuple(item for item in items if item.state is State.QUEUED)
    crowds = crowd_of(store, [item.id for item in items], me=me, now=now)
    desk = Desk(config=site.config, store=store, me=me, now=now, facets=site.facets)
    current = _current([item.id for item in items], asked, desk, crowds)
    listing = Listing(
        crowds,
        filters=asked.all,
        proposed=store.proposed([item.id for item in items]),
        today=site.today,
        calibrated=is_calibrated,
        current=current.item.id if current else 0,
    )
    return {
        "lines": listing.rows(items),
        "current": current,
        "views": views_of(store, me, asked.filters.query(), site.config),
        **_notice(request, store),
        "more": asked.address(after=str(numbers[PAGE - 1])) if len(numbers) > PAGE else "",
    }


def _page(asked: Asked, look: Look, site: Site, store: Store, *, minutes: int) -> tuple[ItemId, ...]:
    """List a page of numbers and one more: in the order asked for or, with minutes and no filter, what brings most in them."""
    planned = site.prospect.plan(store, minutes=minutes) if minutes and asked.is_whole else ()
    if not planned:
        return look.page
    begin = planned.index(asked.after) + 1 if asked.after in planned else 0
    return planned[begin : begin + PAGE + 1]


def _with_asked(shown: tuple[ItemId, ...], asked: Asked, store: Store) -> tuple[ItemId, ...]:
    """Put the item that the address asks for at the head, if it waits but stands further down or outside the filter."""
    if asked.item is None or asked.item in shown:
        return shown
    waits = any(item.state is State.QUEUED for item in store.listed((asked.item,)))
    return (asked.item, *shown) if waits else shown


def _current(shown: list[ItemId], asked: Asked, desk: Desk, crowds: Mapping[ItemId, Crowd]) -> Row | None:
    """Make the pane of the item that is asked for, else of the first."""
    if not shown:
        return None
    place = shown.index(asked.item) if asked.item in shown else 0
    urls = [queue_url(asked.all, item=one) for one in shown[max(0, place - 1) : place + 2]]
    before = urls.pop(0) if place else ""
    after = urls[1] if len(urls) > 1 else ""
    item, crowd = desk.store.item(shown[place]), crowds[shown[place]]
    return row(item, desk, url=urls[0], to=after or asked.address(), previous=before, following=after, crowd=crowd)


# ---------------------------------------------------------------- what is counted


def _numbers(asked: Asked, look: Look, site: Site, store: Store, outlook: Outlook) -> dict[str, object]:
    """Give the counts. Until they stand in memory the trays are counted by SQL, and the filters without counts."""
    every = look.every
    lanes = {lane: every["lane"].get(lane, 0) for lane in Lane} if every else store.lanes()
    states = {state: every["state"].get(state, 0) for state in State} if every else store.counts()
    trays = _trays(asked, lanes, outlook)
    waiting = trays[0].count
    return {
        "facets": _facets(asked, look, site),
        "found": sifting.found(asked.filters, look.total, is_partial=look.is_partial),
        "total": look.total,
        "trays": trays,
        "elsewhere": [] if look.total else [replace(one, count=count) for one in trays if (count := look.counts.get("lane", {}).get(one.lane, 0))],
        "tray": next((tray for tray in trays if tray.lane == asked.filters.lane), trays[0]),
        "waiting": waiting,
        "deferred": states[State.DEFERRED],
        "accepted": states[State.ACCEPTED],
        "today": _today(site, store),
        "pace": plan.pace(outlook, waiting),
        "days": store.days_in_a_row(plan.midnights(site.today, site.zone)),
    }


def _facets(asked: Asked, look: Look, site: Site) -> Markup:
    """Write the filters with their counts; what was written is kept until a count or the settings change."""
    key = tuple(asked.all.values())
    kept = look.shown.get(key)
    if kept is None or kept[0] is not site.config:
        if len(look.shown) >= _SHOWN:
            look.shown.clear()
        kept = site.config, groups(sifting.groups(asked.filters, look.counts, config=site.config, address=asked.address))
        look.shown[key] = kept
    return kept[1]


def _trays(asked: Asked, lanes: Mapping[Lane, int], outlook: Outlook) -> tuple[Tray, ...]:
    """List the queue and its trays."""
    made = []
    for lane, (name, about) in _TRAYS.items():
        count = lanes[lane] + (lanes[Lane.MUST_HAVE] if lane is Lane.RANKED else 0)
        of = outlook.audited + count if lane is Lane.AUDIT else 0
        url = asked.address(lane="" if lane is Lane.RANKED else lane.value, state="")
        made.append(Tray(lane=lane, name=name, url=url, count=count, of=of, about=about))
    return tuple(made)


def _today(site: Site, store: Store) -> Today:
    start = datetime.combine(site.today, time.min, tzinfo=site.zone).astimezone(UTC)
    count = site.prospect.today(store, since=start)
    return Today(accept=count[Verdict.ACCEPT], reject=count[Verdict.REJECT], defer=count[Verdict.DEFER])


# ---------------------------------------------------------------- what is said


def _choices(asked: Asked, site: Site) -> dict[str, object]:
    """Give what follows from the settings and from the filters: choices, addresses, the close of the next edition."""
    return {
        "filters": asked.filters,
        "filtered": asked.filters != Filters(lane=asked.filters.lane),
        "fields": [(name, value) for name, value in asked.all.items() if value and name not in ("q", "minutes", "began")],
        "query": asked.filters.query(),
        "orders": sifting.orders(sifting.order_of(asked.rest["order"]), asked.address),
        "closing": _closing(site),
        "here": asked.address(),
        "end": asked.address(minutes="", began=""),
    }


def _began(text: str) -> datetime | None:
    """Read when a sitting began, in whole seconds since 1970."""
    return datetime.fromtimestamp(int(text), UTC) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _closing(site: Site) -> str:
    """Say how long the next edition still takes items in."""
    now, settings = site.clock(), site.config.digest
    due = schedule.next_edition(settings, site.config.desk.timezone, now)
    left = due - settings.cutoff - now
    return f"next edition closes in {words.span(left)}" if left > timedelta(0) else f"next edition is due in {words.span(due - now)}"


def _notice(request: Request, store: Store) -> dict[str, object]:
    """Give the `notice` of what the form before did, as the database has it: an address can name an item but put no words on the page. After a
    rejection it says how little is kept of the source, and less of the `offered` item can be asked for."""
    did, steered = (item_id(request.query_params.get(name, "")) for name in ("did", "steered"))
    asked = did or steered
    item = None if asked is None else _known(asked, store)
    if item is None:
        return {"notice": "", "offered": None}
    steer = store.steered(item.id)
    said = SAID[item.state] if did else _STEERED.get(steer, "")
    site, reason = site_of(request), item.decision.reason if did and item.state is State.REJECTED and item.decision and steer >= 0 else None
    sentence = little(item, reason, store, site.facets, site.config.sources)[1] if reason else ""
    notice = " · ".join(part for part in (f"{said}: {item.title}" if said else "", sentence) if part)
    return {"notice": notice, "offered": item.id if sentence else None}


def _known(asked: ItemId, store: Store) -> Item | None:
    try:
        return store.item(asked)
    except NotFoundError:
        return None


routes = [Route("/desk", home), Route("/desk/queue", queue)]
