"""The review queue: what waits, the likeliest first, and one item to read. Shows; deciding is the business of `decide`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import learn, schedule
from pipeline.errors import NotFoundError
from pipeline.model import Decision, Item, ItemId, Kind, Lane, Outlook, State, Verdict
from pipeline.review import REASONS
from pipeline.store import ItemQuery, Store
from pipeline.web import plan, words
from pipeline.web.decide import SAID
from pipeline.web.plan import minutes_of
from pipeline.web.rows import Desk, Row, queue_url, rows
from pipeline.web.site import Site, page, site_of

PAGE = 40
_FILTERS = ("topic", "kind", "source", "q", "lane", "minutes", "began")
_LATEST = 1_000
_STEERED = {1: "More of this from now on", -1: "Less of this from now on"}
_TRAYS = {
    Lane.RANKED: ("Queue", ""),
    Lane.AUDIT: ("Audit", "Drawn by lot from “Probably not”. What you decide here tells how many keepers that tray hides."),
    Lane.UNLIKELY: ("Probably not", "What you will hardly keep, by all that was decided so far. Nothing is thrown away: decide on it as anywhere."),
    Lane.SKIPPED: ("Skipped by rules", "A rule of this desk put these aside, for the reason shown. One that you put back is not skipped again."),
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


def queue(request: Request) -> Response:
    site = site_of(request)
    now = site.clock()
    filters = {name: request.query_params.get(name, "")[:200] for name in _FILTERS}
    minutes = minutes_of(filters["minutes"])
    if minutes and not filters["began"]:
        return RedirectResponse(queue_url({**filters, "began": str(int(now.timestamp()))}), status_code=303)
    with site.open_store() as store:
        decisions = store.decisions(limit=_LATEST)
        sitting = plan.sitting(minutes, filters["began"], decisions=decisions, now=now)
        left = sitting.left if sitting else 0
        outlook = learn.outlook(store, now=now, minutes=left or None)
        lane = _lane(filters["lane"])
        waiting = _waiting(request, filters, site=site, store=store, lane=lane, minutes=left)
        shown = _with_asked(waiting[:PAGE], request, store)
        made = rows(shown, Desk(config=site.config, store=store, record=store.source_record()), filters=filters)
        lanes, counts = store.lanes(), store.counts()
        notice = _notice(request, store)
    trays = _trays(lanes, filters, outlook)
    return page(
        request,
        "queue.html",
        status=200,
        rows=made,
        current=_current(made, request),
        tray=next((tray for tray in trays if tray.lane is lane), trays[0]),
        trays=trays,
        sitting=sitting,
        forecast=plan.forecast(sitting, outlook) if sitting else "",
        stop=plan.stop(outlook),
        pace=round(outlook.pace) if outlook.pace else None,
        calibrated=outlook.expected_all is not None,
        deferred=counts.get(State.DEFERRED, 0),
        accepted=counts.get(State.ACCEPTED, 0),
        today=_today(decisions, site),
        notice=notice,
        more=queue_url({**filters, "after": str(shown[-1].id)}) if len(waiting) > PAGE else "",
        **_choices(filters, site),
    )


def _choices(filters: dict[str, str], site: Site) -> dict[str, object]:
    """Give what follows from the settings and from the filters: choices, addresses, the close of the next edition."""
    return {
        "filters": filters,
        "reasons": REASONS,
        "closing": _closing(site),
        "topics": site.config.topics,
        "kinds": tuple(dict.fromkeys(kind for section in site.config.digest.sections for kind in section.kinds)),
        "sources": site.config.sources,
        "here": queue_url(filters),
        "end": queue_url({**filters, "minutes": "", "began": ""}),
        "filter_url": lambda name, value: queue_url({**filters, name: value}),
    }


def home(request: Request) -> Response:
    return RedirectResponse("/desk/queue", status_code=303)


def _waiting(request: Request, filters: dict[str, str], *, site: Site, store: Store, lane: Lane, minutes: int) -> tuple[Item, ...]:
    """List a page of what waits in a lane and one more: the best first or, with minutes and no filter, what brings most in them."""
    after = item_id(request.query_params.get("after", ""))
    if minutes and lane is Lane.RANKED and not any(filters[name] for name in ("topic", "kind", "source", "q")):
        planned = learn.plan(store, now=site.clock(), minutes=minutes)
        rest = planned[planned.index(after) + 1 :] if after in planned else planned
        if planned:
            return tuple(store.item(one) for one in rest[: PAGE + 1])
    return store.items(
        ItemQuery(
            lanes=(Lane.MUST_HAVE, Lane.RANKED) if lane is Lane.RANKED else (lane,),
            topic=filters["topic"] or None,
            kind=_kind(filters["kind"]),
            source=filters["source"] or None,
            text=filters["q"],
            limit=PAGE + 1,
            after=after,
        )
    )


def _lane(name: str) -> Lane:
    """Read which tray the address opens; anything else is the queue itself."""
    return Lane(name) if name in _TRAYS else Lane.RANKED


def _trays(lanes: Mapping[Lane, int], filters: dict[str, str], outlook: Outlook) -> tuple[Tray, ...]:
    """List the queue and its trays."""
    made = []
    for lane, (name, about) in _TRAYS.items():
        count = lanes[lane] + (lanes[Lane.MUST_HAVE] if lane is Lane.RANKED else 0)
        of = outlook.audited + count if lane is Lane.AUDIT else 0
        url = queue_url({**filters, "lane": "" if lane is Lane.RANKED else lane.value})
        made.append(Tray(lane=lane, name=name, url=url, count=count, of=of, about=about))
    return tuple(made)


def _kind(name: str) -> Kind | None:
    if not name:
        return None
    try:
        return Kind(name)
    except ValueError as error:
        raise NotFoundError("kind", f'"{name}"', hint="Choose one of the list.") from error


def item_id(text: str) -> ItemId | None:
    """Read an item's number from an address; `None` where none stands there."""
    return ItemId(int(text)) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _with_asked(shown: tuple[Item, ...], request: Request, store: Store) -> tuple[Item, ...]:
    """Put the item that the address asks for at the head, if it waits but stands further down or outside the filter."""
    asked = item_id(request.query_params.get("item", ""))
    if asked is None or any(item.id == asked for item in shown):
        return shown
    try:
        item = store.item(asked)
    except NotFoundError:
        return shown
    return (item, *shown) if item.state is State.QUEUED else shown


def _current(made: tuple[Row, ...], request: Request) -> Row | None:
    asked = item_id(request.query_params.get("item", ""))
    return next((row for row in made if row.item.id == asked), made[0] if made else None)


def _today(decisions: tuple[Decision, ...], site: Site) -> Today:
    start = datetime.combine(site.today, time.min, tzinfo=site.zone).astimezone(UTC)
    last: dict[ItemId, Verdict] = {}
    for decision in decisions:
        if decision.decided >= start:
            last.setdefault(decision.item, decision.verdict)
    count = Counter(last.values())
    return Today(accept=count[Verdict.ACCEPT], reject=count[Verdict.REJECT], defer=count[Verdict.DEFER])


def _closing(site: Site) -> str:
    """Say how long the next edition still takes items in."""
    now, settings = site.clock(), site.config.digest
    due = schedule.next_edition(settings, site.config.desk.timezone, now)
    left = due - settings.cutoff - now
    return f"next edition closes in {words.span(left)}" if left > timedelta(0) else f"next edition is due in {words.span(due - now)}"


def _notice(request: Request, store: Store) -> str:
    """Say what the form before did, as the database has it: an address can name an item but put no words on the page."""
    did, steered = (item_id(request.query_params.get(name, "")) for name in ("did", "steered"))
    asked = did or steered
    if asked is None:
        return ""
    try:
        item = store.item(asked)
    except NotFoundError:
        return ""
    said = SAID[item.state] if did else _STEERED.get(store.steered(asked), "")
    return f"{said}: {item.title}" if said else ""


routes = [Route("/desk", home), Route("/desk/queue", queue)]
