"""What an item is tied to: proposed ties for a curator to take or to refuse, and taken ones for readers, as far as both items are public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline import dedupe
from pipeline.errors import ConflictError
from pipeline.late import late
from pipeline.model import Item, ItemId, Relation, RelationState, State, Tie
from pipeline.store import Store
from pipeline.text import folded
from pipeline.web.security import wants_json
from pipeline.web.shelf import Holding, Shelf
from pipeline.web.site import desk_path, field, person_of, site_of

if TYPE_CHECKING:
    from pipeline.digest import series
else:
    series = late("pipeline.digest.series")

MOST_PARTS = 30
"""Other parts of a series that a page names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A tie as the desk shows it beside one of its items: `label` is what the `other` is to this one, `name` what a form calls the tie."""

    tie: Relation
    label: str
    other: Item
    name: str

    @property
    def title(self) -> str:
        return self.other.title or self.other.resource.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A tie as readers are told of it: what the other thing is to this one, and where it stands."""

    label: str
    holding: Holding


def of_item(item: Item, store: Store) -> tuple[Shown, ...]:
    """List the ties of an item for the desk: what waits for a word first, then what was taken, then what was refused."""
    if item.state is State.MERGED:
        return ()
    order = (RelationState.PROPOSED, RelationState.TAKEN, RelationState.REFUSED)
    return tuple(_shown(one, item.id, store) for one in sorted(store.ties([item.id]), key=lambda one: order.index(one.state)))


def beside(holding: Holding, shelf: Shelf, store: Store) -> tuple[Beside, ...]:
    """List what a published item is tied to, of that what is published too, and for everybody."""
    found = []
    for one in store.taken_ties([holding.id]):
        other = shelf.holdings.get(one.other if one.item == holding.id else one.item)
        if other is not None and not other.is_withdrawn:
            label = dedupe.label(one.tie, of_other=one.other == holding.id, kind=other.entry.kind)
            found.append(Beside(label=label, holding=other))
    return tuple(found)


def series_of(holding: Holding, shelf: Shelf) -> dict[str, object]:
    """Give the page of an item its `series` by name, its own `number` there, and the other `parts` that are public, by their numbers."""
    key, number = series.key(holding.entry), series.ordinal(holding.entry)
    if not key or number is None:
        return {"series": "", "number": None, "parts": ()}
    begins = key.partition(" ")[0]  # most have not even that in common, which is told at once
    alike = (one for one in shelf.listed if one.id != holding.id and begins in folded(one.entry.series or one.entry.title))
    others = ((at, one) for one in alike if (at := series.ordinal(one.entry)) and series.key(one.entry) == key)
    parts = tuple(sorted(others, key=lambda one: (one[0], one[1].id))[:MOST_PARTS])
    return {"series": series.name_of(holding.entry), "number": number, "parts": parts}


def settle(request: Request) -> Response:
    """Take a proposed tie, or refuse it; the other button says the contrary later. The form names it by its items and its sort,
    or with `related` the other item of a fold proposal: that it belongs to this one, and is not the same."""
    site, asked = site_of(request), ItemId(request.path_params["id"])
    if related := field(request, "related"):
        return _relate(request, asked, related)
    take, refuse = field(request, "take"), field(request, "refuse")
    wanted = _named(take or refuse, RelationState.TAKEN if take else RelationState.REFUSED)
    with site.open_store() as store:
        if asked not in (wanted.item, wanted.other):
            raise ConflictError("The form names a tie of other items.", hint="Load the page again.")
        store.settle_tie(wanted, by=person_of(request).name, now=site.clock())
        shown = _shown(wanted, asked, store)
    return _told(request, asked, f"{shown.label}: {shown.title}" if take else f"Not tied to: {shown.title}", wanted.state)


def _relate(request: Request, asked: ItemId, related: str) -> Response:
    """Tie the item to one that it was held to be the same as: related, and kept apart."""
    if not (related.isascii() and related.isdecimal() and len(related) < 16):
        raise ConflictError("The form names no other item.", hint="Load the page again.")
    site = site_of(request)
    with site.open_store() as store:
        other = store.item(ItemId(int(related)))
        store.relate(asked, other.id, by=person_of(request).name, now=site.clock())
    return _told(request, asked, f"Related, not the same: {other.title or other.resource.url}", RelationState.TAKEN)


def _told(request: Request, asked: ItemId, said: str, state: RelationState) -> Response:
    if wants_json(request):
        return JSONResponse({"said": said, "item": asked, "state": state.value})
    path = desk_path(field(request, "here"))
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}edited={asked}", status_code=303)


def _shown(tie: Relation, me: ItemId, store: Store) -> Shown:
    of_other = tie.other == me
    other = store.item(tie.item if of_other else tie.other)
    return Shown(
        tie=tie,
        label=dedupe.label(tie.tie, of_other=of_other, kind=other.kind),
        other=other,
        name=f"{tie.item}.{tie.other}.{tie.tie.value}",
    )


def _named(said: str, state: RelationState) -> Relation:
    """Read which tie a form names. Raises `ConflictError`."""
    first, _, rest = said.partition(".")
    second, _, sort = rest.partition(".")
    if not all(one.isascii() and one.isdecimal() and len(one) < 16 for one in (first, second)) or sort not in set(Tie):
        raise ConflictError("The form names no tie.", hint="Load the page again.")
    return Relation(item=ItemId(int(first)), other=ItemId(int(second)), tie=Tie(sort), words="", state=state)


routes = [Route("/desk/items/{id:int}/tie", settle, methods=["POST"])]
