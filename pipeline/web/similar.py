"""What waits and is most like one item, and one act for all that are ticked: "Reject these 7 like the one before". A visit changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import classify
from pipeline.late import late
from pipeline.model import Item, ItemId, Role, State
from pipeline.review import REASONS
from pipeline.store import Store
from pipeline.text import counted
from pipeline.web import words
from pipeline.web.bulk import onward
from pipeline.web.crowd import crowd_of, decided_by, numbers
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import field, form_of, page, person_of, site_of
from pipeline.web.sweep import Deed, carry_out, hindrance, moment_of

if TYPE_CHECKING:
    from pipeline.classify import alike
else:
    alike = late("pipeline.classify.alike")

LATEST = 5_000
"""Waiting items that are compared, the newest: it takes a third of a second."""
SHOWN = 20
VERY = 0.5
"""Cosine from which an item is ticked beforehand, and called very like."""
SOMEWHAT = 0.25
WORDS = 5

_DEEDS = {State.ACCEPTED: "accept", State.REJECTED: "reject", State.DEFERRED: "later"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """One that is like it: how much, by which words, and why it may not be swept along (empty: it may)."""

    item: Item
    source: str
    likeness: float
    by: tuple[str, ...]
    hindered: str

    @property
    def said(self) -> str:
        return "very like" if self.likeness >= VERY else "like" if self.likeness >= SOMEWHAT else "a little like"

    @property
    def ticked(self) -> bool:
        return self.likeness >= VERY and not self.hindered


def similar(request: Request) -> Response:
    """Show what is most like an item among what waits."""
    site = site_of(request)
    me, asked = person_of(request).name, ItemId(request.path_params["id"])
    with site.open_store() as store:
        item = store.item(asked)
        deed = _like_before(item)
        alike = _alike(item, store, deed, me=me, request=request)
    ticked = sum(one.ticked for one in alike) + (item.state is State.QUEUED)
    return page(
        request,
        "similar.html",
        item=item,
        source=words.maker(item.resource),
        decided=decided_by(item, now=site.clock()),
        deed=deed,
        button=_button(deed),
        alike=alike,
        ticked=ticked,
        reasons=REASONS,
        latest=LATEST,
        seen=site.clock().isoformat(),
        may_do=person_of(request).role.may(Role.CURATOR),
    )


def sweep(request: Request) -> Response:
    """Do to all that are ticked what the button says."""
    site = site_of(request)
    me = person_of(request).name
    ticked = numbers(",".join(form_of(request).get("item", ())))[: SHOWN + 1]
    reason, seen = field(request, "reason"), moment_of(field(request, "seen"), now=site.clock())
    deed = Deed(act="reject" if reason else field(request, "act"), reason=reason)
    problem = deed.problem(topics=(), people=()) if deed.act in _DEEDS.values() else "Choose what shall be done."
    if not ticked or problem:
        raise RefusedVisitError(problem or "No item is ticked.", status=422, hint="Tick those that you mean, then choose.")
    with site.open_store() as store:
        done = carry_out(store, list(dict.fromkeys(ticked)), deed, me=me, now=site.clock(), seen=seen)
    if done.number is None:
        raise RefusedVisitError(f"Nothing was done: {counted(len(done.left), 'item')} had changed.", status=409, hint="Load the page again.")
    return RedirectResponse(onward(deed, done, ""), status_code=303)


def _like_before(item: Item) -> Deed | None:
    """What was done to the item, to be done to its like; `None` where it waits."""
    act = _DEEDS.get(item.state)
    reason = (item.decision.reason or "") if item.decision and act == "reject" else ""
    return Deed(act=act, reason=reason or "other" if act == "reject" else "") if act else None


def _button(deed: Deed | None) -> tuple[str, str]:
    """Words of the button before and after the number."""
    if deed is None:
        return "", ""
    after = f"as {deed.reason}, like the one before" if deed.reason else "like the one before"
    return {"accept": "Accept", "reject": "Reject", "later": "Put off"}[deed.act], after


def _alike(item: Item, store: Store, deed: Deed | None, *, me: str, request: Request) -> Sequence[Alike]:
    own = classify.features(item.resource)
    waiting = [(other, features) for other, features in store.waiting_features(LATEST) if other != item.id]
    near = alike.nearest(own, [features for _, features in waiting], limit=SHOWN)
    numbers_of = [waiting[one.place][0] for one in near]
    crowds = crowd_of(store, numbers_of, me=me, now=site_of(request).clock())
    made = []
    for one, number in zip(near, numbers_of, strict=True):
        other = store.item(number)
        hindered = hindrance(other, crowds[number], deed or Deed(act="reject"))
        by = alike.spoken(one, other.resource)[:WORDS]
        made.append(Alike(item=other, source=words.maker(other.resource), likeness=one.likeness, by=by, hindered=hindered))
    return made


routes = [Route("/desk/items/{id:int}/similar", similar), Route("/desk/items/{id:int}/similar", sweep, methods=["POST"])]
