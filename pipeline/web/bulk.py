"""One act on all that a filter of the queue holds: first a page that shows exactly what would happen, then a button that names the number.

A visit changes nothing. The form carries the items that the page showed, so that what has changed since is told and left out; what others have a
hand in (who reads it, who is asked, who thinks otherwise) is never swept along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Item, ItemId, Role
from pipeline.review import DEFERRED, REASONS
from pipeline.store import Store
from pipeline.store.bulk import Act, Batch
from pipeline.web import words
from pipeline.web.crowd import crowd_of, decided_by, numbers, people_of
from pipeline.web.facets import Filters
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import Site, field, page, person_of, site_of
from pipeline.web.sweep import MOST, Deed, carry_out, digest, hindrance, moment_of, packed, unpacked
from pipeline.web.views import described

SAMPLES = 5
NAMED = 20
"""Items that are named of those that were left out."""
_DEEDS = {"accept": "accept", "reject": "reject", "defer": "later", "edit": "topic"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Items that the act would pass over, and why."""

    why: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One of the items that the act would meet; `place` counts from one."""

    item: Item
    place: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen: to which items, shown by which samples, past which others."""

    items: tuple[Item, ...]
    samples: tuple[Sample, ...]
    skipped: tuple[Skipped, ...]


def bulk(request: Request) -> Response:
    """Show the acts, and what the chosen one would do."""
    site = site_of(request)
    me, now = person_of(request).name, site.clock()
    asked = request.query_params
    filters = Filters.from_query(asked)
    deed = Deed(
        act=asked.get("act", "")[:20], reason=asked.get("reason", "")[:40], topic=asked.get("topic-to-add", "")[:200], to=asked.get("to", "")[:200]
    )
    with site.open_store() as store:
        people = people_of(store, me)
        problem = deed.problem(topics=site.config.topics, people=people) if deed.act else ""
        found = site.facets.members(store, filters, limit=MOST + 1)
        preview = _preview(store, found, deed, site=site, me=me) if deed.act and not problem else None
    shown = preview.items if preview else ()
    return page(
        request,
        "bulk.html",
        said=described(filters.query(), site.config),
        query=parse_qsl(filters.query()),
        filter_query=filters.query(),
        may_do=person_of(request).role.may(Role.CURATOR),
        back="/desk/queue" + (f"?{filters.query()}" if filters.query() else ""),
        count=min(len(found), MOST),
        more=len(found) > MOST,
        most=MOST,
        deed=deed,
        problem=problem,
        preview=preview,
        button=deed.sentence(len(shown), topics=site.config.topics),
        would=deed.would(len(shown), topics=site.config.topics),
        packed=packed([item.id for item in shown]),
        seen=now.isoformat(),
        digest=digest(deed, [item.id for item in shown], now),
        people=people,
        reasons=REASONS,
        topics=site.config.topics,
        until=now + DEFERRED,
    )


def sweep(request: Request) -> Response:
    """Do to the items that the page showed what its button said."""
    site = site_of(request)
    me = person_of(request).name
    deed = Deed(act=field(request, "act"), reason=field(request, "reason"), topic=field(request, "topic-to-add"), to=field(request, "to"))
    items, seen = unpacked(field(request, "items")), moment_of(field(request, "seen"), now=site.clock())
    with site.open_store() as store:
        problem = deed.problem(topics=site.config.topics, people=people_of(store, me))
        if problem or not items or digest(deed, items, seen) != field(request, "digest"):
            raise RefusedVisitError(problem or "The form does not say what the page showed.", status=422, hint="Look at the preview again.")
        done = carry_out(store, items, deed, me=me, now=site.clock(), seen=seen)
    return RedirectResponse(onward(deed, done, field(request, "query")), status_code=303)


def told(request: Request) -> Response:
    """Tell what one act did, as the log has it, and of what was left out where it stands now."""
    site = site_of(request)
    number = int(request.path_params["id"])
    with site.open_store() as store:
        act = _act(store, number)
        met = store.outlines(act.items)
        others = [store.item(item.id) for item in store.outlines(numbers(request.query_params.get("left", ""))[:NAMED])]
        crowds = crowd_of(store, [item.id for item in others], me=person_of(request).name, now=site.clock())
    deed = Deed(act=_DEEDS.get(act.act, ""), reason=act.reason or "", topic=(act.decision.topics or ("",))[-1])
    standing = [(item, decided_by(item, now=site.clock()) or hindrance(item, crowds[item.id], deed) or "changed since you looked") for item in others]
    return page(
        request,
        "bulk_done.html",
        act=act,
        said=deed.done(act.standing + act.undone, topics=site.config.topics),
        items=met,
        left=standing,
        left_count=max(_number(request.query_params.get("n", "")), len(standing)),
        may_undo=act.standing > 0 and _may_undo(request, act.by),
    )


def undo(request: Request) -> Response:
    """Take one act on many items back."""
    site = site_of(request)
    me, number = person_of(request).name, int(request.path_params["id"])
    with site.open_store() as store:
        act = _act(store, number)
        if not _may_undo(request, act.by):
            raise RefusedVisitError(f"{act.by} did this, not you.", status=403, hint="An editor can take it back.")
        back = store.undo_batch(number, by=me, now=site.clock())
    if not back.done:
        raise ConflictError("There is nothing left of it to take back.", hint="Each of the items has changed since, or it was taken back already.")
    return RedirectResponse(onward(Deed(act=""), back, ""), status_code=303)


# ---------------------------------------------------------------- steps


def _preview(store: Store, found: Sequence[ItemId], deed: Deed, *, site: Site, me: str) -> Preview:
    """Judge every item as carrying out will, and choose samples from end to end of the order."""
    wanted = found[:MOST]
    crowds = crowd_of(store, wanted, me=me, now=site.clock())
    free: list[Item] = []
    passed: dict[str, list[Item]] = {}
    for item in store.outlines(wanted):
        why = hindrance(item, crowds[item.id], deed)
        (passed.setdefault(why, []) if why else free).append(item)
    places = sorted({round(part * (len(free) - 1) / (SAMPLES - 1)) for part in range(SAMPLES)}) if free else ()
    samples = []
    for place in places:
        item = store.item(free[place].id)
        samples.append(Sample(item=item, place=place + 1, source=words.maker(item.resource)))
    skipped = sorted((Skipped(why=why, items=tuple(items)) for why, items in passed.items()), key=lambda one: (-len(one.items), one.why))
    return Preview(items=tuple(free), samples=tuple(samples), skipped=tuple(skipped))


def onward(deed: Deed, done: Batch, query: str) -> str:
    """Give the page that tells what was done: that of the act in the log, else (an assignment stands in none) the preview, which has nothing left."""
    if done.number is None:
        return f"/desk/bulk?{urlencode([*parse_qsl(query), *deed.query()])}"
    left = ",".join(str(one) for one in done.left[:NAMED])
    return f"/desk/bulk/{done.number}" + (f"?{urlencode({'left': left, 'n': len(done.left)})}" if left else "")


def _act(store: Store, number: int) -> Act:
    act = store.batch(number)
    if act is None:
        raise NotFoundError("act on many items", number, hint="The log lists what was done.")
    return act


def _may_undo(request: Request, by: str) -> bool:
    person = person_of(request)
    return person.name == by or person.role.may(Role.EDITOR)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


routes = [
    Route("/desk/bulk", bulk),
    Route("/desk/bulk", sweep, methods=["POST"]),
    Route("/desk/bulk/{id:int}", told),
    Route("/desk/bulk/{id:int}/undo", undo, methods=["POST"]),
]
