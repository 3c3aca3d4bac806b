"""Two items that may be the same, side by side; and the forms that fold them together or keep them apart."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline import dates, urls
from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Fold, Item, ItemId, Match, Overlay, Resource, State
from pipeline.store import ActFilter, LoggedAct, Store
from pipeline.text import counted
from pipeline.web import second, words
from pipeline.web.rows import SAID, places
from pipeline.web.security import wants_json
from pipeline.web.sides import sides
from pipeline.web.site import desk_path, field, page, person_of, site_of


def compare(request: Request) -> Response:
    """Show two items with the words in which they differ, and what speaks for their being the same."""
    site = site_of(request)
    with site.open_store() as store:
        one, other = (store.item(ItemId(request.path_params[name])) for name in ("id", "other"))
        if one.id == other.id:
            raise NotFoundError("other item", f"than {one.id}", hint="Compare two items.")
        was = {id_: one.said for id_, one in store.appearances([one.id, other.id]).items()}
        match, done = _match(one, other, store), _acts(one, other, store)
    names = {source.id: source.title or source.id for source in site.config.sources}
    return page(
        request,
        "compare.html",
        sides=sides(one, other),
        facts=_facts(one, other),
        seen=[places(each, names) for each in (one, other)],
        match=match,
        done=done,
        joined=one.cluster == other.cluster,
        head=_head(one, other),
        was=was,
        said=SAID,
        may_fold=_may_fold(one, other),
    )


def fold(request: Request) -> Response:
    """Fold an item and another together: into the other one, or into `keep`."""
    site, asked = site_of(request), ItemId(request.path_params["id"])
    with site.open_store() as store, store.transaction():
        item, other = store.item(asked), store.item(_number(field(request, "fold")))
        if first := second.moved_on(request, item):
            return second.told(request, store, item, sentence=first)
        keep = item.id if field(request, "keep") == str(item.id) else other.id
        head = store.fold(keep, item.id if keep == other.id else other.id, by=person_of(request).name, now=site.clock())
        after = store.item(asked)
    said = f"Folded into “{head.title}”" if head.id != asked else f"Folded “{other.title}” into this"
    return _done(request, after, said)


def unfold(request: Request) -> Response:
    """Take a folded item out again, or say of one that it differs from the one that `apart` names."""
    site, asked, apart = site_of(request), ItemId(request.path_params["id"]), field(request, "apart")
    with site.open_store() as store, store.transaction():
        other = _number(apart) if apart else None
        after = store.unfold(asked, by=person_of(request).name, now=site.clock(), other=other)
    return _done(request, after, f"Kept apart: {after.title}" if apart else f"{SAID[after.state]}: {after.title}")


def _done(request: Request, item: Item, said: str) -> Response:
    if wants_json(request):
        return JSONResponse({"said": said, "item": item.id, "state": item.state.value})
    path = desk_path(field(request, "to" if item.state is State.MERGED else "here"))
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}did={item.id}", status_code=303)


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of both, and whether it differs; an address is also a link."""

    name: str
    values: tuple[str, str]
    differs: bool


def _facts(one: Item, other: Item) -> tuple[Fact, ...]:
    told = [_told(each.resource) for each in (one, other)]
    rows = ((name, (told[0][name], told[1][name])) for name in told[0])
    return tuple(Fact(name, values, values[0] != values[1]) for name, values in rows if any(values))


def _told(resource: Resource) -> dict[str, str]:
    known = resource.canonical_url or ""
    return {
        "Address": resource.url,
        "Calls itself": known if urls.canonical(known) != urls.canonical(resource.url) else "",
        "Date": dates.long(resource.published, "en-GB") if resource.published else "",
        "People": ", ".join(resource.creators),
        "Publisher": words.maker(resource),
        "Event": dates.long(resource.event.start, "en-GB") if resource.event and resource.event.start else "",
        "Numbers": ", ".join(f"{scheme.upper()} {value}" for scheme, value in sorted(resource.identifiers.items())),
        "Length": counted(resource.words, "word") if resource.words else "",
    }


def _acts(one: Item, other: Item, store: Store) -> tuple[LoggedAct, ...]:
    """What people folded and took apart of the two, the last first."""
    found = [act for each in (one, other) for name in ("fold", "unfold") for act in store.acts(limit=20, wanted=ActFilter(item=each.id, act=name))]
    return tuple(sorted(found, key=lambda act: -act.id))


def _head(one: Item, other: Item) -> ItemId:
    """The one that stands for both, or would: what somebody decided on or edited, else what came first."""
    if one.cluster == other.cluster:
        return one.merged_into or one.id
    known = [each for each in (one, other) if each.decision or each.overlay != Overlay() or each.state is State.PUBLISHED]
    return known[0].id if len(known) == 1 else ItemId(min(one.id, other.id))


def _match(one: Item, other: Item, store: Store) -> Match | None:
    if one.cluster == other.cluster:
        folded = next((each for each in (one, other) if each.fold_rule), None)
        return Match(fold=Fold.SAME, rule=folded.fold_rule, evidence=folded.fold_evidence) if folded else None
    found = [match for match in store.proposals(one.id) if match.of in (other.id, other.cluster)]
    return found[0] if found else None


def _may_fold(one: Item, other: Item) -> bool:
    return one.cluster != other.cluster and not one.state is other.state is State.PUBLISHED


def _number(said: str) -> ItemId:
    if not said.isdecimal() or len(said) > 15:
        raise ConflictError("The form names no other item.", hint="Load the page again.")
    return ItemId(int(said))


routes = [
    Route("/desk/items/{id:int}/compare/{other:int}", compare),
    Route("/desk/items/{id:int}/fold", fold, methods=["POST"]),
    Route("/desk/items/{id:int}/unfold", unfold, methods=["POST"]),
]
