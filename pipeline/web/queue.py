"""The review queue: what waits, the likeliest first, and one item to read. Shows; deciding is the business of `decide`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import schedule
from pipeline.errors import NotFoundError
from pipeline.model import Decision, Item, ItemId, Kind, State, Verdict
from pipeline.store import ItemQuery, Store
from pipeline.web import words
from pipeline.web.decide import REASONS, SAID
from pipeline.web.rows import Row, queue_url, rows
from pipeline.web.site import Site, page, site_of

PAGE = 40
_FILTERS = ("topic", "kind", "source", "q")
_LATEST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What was decided today, counted by item: a decision taken back does not count."""

    accept: int
    reject: int
    defer: int

    @property
    def all(self) -> int:
        return self.accept + self.reject + self.defer


def queue(request: Request) -> Response:
    site = site_of(request)
    filters = {name: request.query_params.get(name, "")[:200] for name in _FILTERS}
    with site.open_store() as store:
        waiting = store.items(_query(request, filters))
        more = len(waiting) > PAGE
        shown = _with_asked(waiting[:PAGE], request, store)
        made = rows(shown, config=site.config, store=store, filters=filters)
        counts = store.counts()
        today = _today(store.decisions(limit=_LATEST), site)
        notice = _notice(request, store)
    return page(
        request,
        "queue.html",
        rows=made,
        current=_current(made, request),
        waiting=counts.get(State.QUEUED, 0),
        deferred=counts.get(State.DEFERRED, 0),
        accepted=counts.get(State.ACCEPTED, 0),
        today=today,
        notice=notice,
        filters=filters,
        topics=site.config.topics,
        kinds=tuple(dict.fromkeys(kind for section in site.config.digest.sections for kind in section.kinds)),
        sources=site.config.sources,
        more=queue_url({**filters, "after": str(shown[-1].id)}) if more else "",
        filter_url=lambda name, value: queue_url({**filters, name: value}),
        reasons=REASONS,
        closing=_closing(site),
    )


def home(request: Request) -> Response:
    return RedirectResponse("/desk/queue", status_code=303)


def _query(request: Request, filters: dict[str, str]) -> ItemQuery:
    return ItemQuery(
        topic=filters["topic"] or None,
        kind=_kind(filters["kind"]),
        source=filters["source"] or None,
        text=filters["q"],
        limit=PAGE + 1,
        after=item_id(request.query_params.get("after", "")),
    )


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
    did = item_id(request.query_params.get("did", ""))
    if did is None:
        return ""
    try:
        item = store.item(did)
    except NotFoundError:
        return ""
    return f"{SAID[item.state]}: {item.title}"


routes = [Route("/desk", home), Route("/desk/queue", queue)]
