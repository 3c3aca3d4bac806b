"""The archive by item, topic, person, collection, and by words: what stood in released public editions, and nothing else."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Edition, Entry, ItemId
from pipeline.publish import submissions
from pipeline.render import FORMATS
from pipeline.store import Store
from pipeline.text import clip, counted
from pipeline.web import fates, ties
from pipeline.web.archive import published_file
from pipeline.web.finding import folded, score, wanted
from pipeline.web.public import About, by_place, group_of, label_of, linked, listing, prose, shelf_of, shelf_only, show
from pipeline.web.shelf import Group, Holding, Label, Shelf, person_label
from pipeline.web.site import site_of

if TYPE_CHECKING:
    from pipeline.names import parts as names
    from pipeline.publish import collections as living
    from pipeline.publish import impact
    from pipeline.render import cite, works
else:
    living = late("pipeline.publish.collections")
    impact = late("pipeline.publish.impact")
    cite = late("pipeline.render.cite")
    names = late("pipeline.names.parts")
    works = late("pipeline.render.works")

_LONGEST = 200  # characters of a query that are shown again
_ALIKE = 4  # other items that the page of one names
_CHOICES = 12  # topics or kinds beside a search, the fullest first


COLLECTION_FILES = (
    ("collection.pdf", "PDF"),
    ("collection-large-print.pdf", "PDF in large print"),
    ("index.html", "One file to keep"),
    ("collection.ris", "For reference managers (RIS)"),
    ("collection.bib", "BibTeX"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave: the question as it was understood, and the items, best first. `scores` has every item that answers the words."""

    query: str
    words: tuple[str, ...]
    topic: str
    kind: str
    holdings: tuple[Holding, ...]
    scores: Mapping[ItemId, int]

    def key(self, holding: Holding) -> tuple[int, int]:
        """The order of answers: the best first, of equal ones the newest."""
        return (-self.scores.get(holding.id, 0), holding.place)


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter beside a list: what it is called, how many there are with it, where it leads, and whether it is on."""

    name: str
    count: int
    to: str
    on: bool


def item(request: Request) -> Response:
    """Show a published item as its newest edition prints it. What is in no public edition is not there."""
    asked = ItemId(request.path_params["id"])
    with site_of(request).open_store() as store:
        shelf = shelf_of(request, store)
        holding = shelf.holdings.get(asked)
        if holding is None:
            raise NotFoundError("item", asked, hint="It may not be published yet. The editions are on the first page.")
        marked = fates.marks(request, store, [(holding.entry, holding.edition)])
        tied = ties.beside(holding, shelf, store)
    entry, gone = holding.entry, holding.is_withdrawn
    return show(
        request,
        "public_item.html",
        About(title=entry.title, sentence=clip(entry.blurb or entry.note or entry.title, 200), linked=None if gone else linked(holding)),
        holding=holding,
        entry=entry,
        people=_by_role(holding),
        cited=() if gone else cite.meta(works.work(entry, holding.edition)),
        alike=_alike(holding, shelf),
        beside=tied,
        **ties.series_of(holding, shelf),
        fates=marked,
    )


def topics(request: Request) -> Response:
    shelf = shelf_only(request)
    facets: dict[str, list[Group]] = {}
    for group in sorted(shelf.topics.values(), key=lambda one: one.label.name.casefold()):
        facets.setdefault(group.facet or "topic", []).append(group)
    about = About(title="Topics", sentence=f"{counted(len(shelf.listed), 'resource')} by what they are about and what they are.")
    return show(request, "topics.html", about, facets=facets, kinds=_fullest(shelf.kinds.values()))


def topic(request: Request) -> Response:
    shelf = shelf_only(request)
    return _group(request, shelf, label_of(request, shelf, "topic", request.path_params["id"]), kind="topic")


def people(request: Request) -> Response:
    """List everybody by the first letter of the last name."""
    shelf = shelf_only(request)
    letters: dict[str, list[tuple[str, Group]]] = {}
    for group in shelf.people.values():
        sorted_as = filed(group.label.name)
        letters.setdefault(sorted_as[:1].upper(), []).append((sorted_as, group))
    held = {letter: [group for _, group in sorted(letters[letter], key=lambda pair: (pair[0], pair[1].label.id))] for letter in sorted(letters)}
    sentence = f"{counted(len(shelf.people), 'person', 'people')} who wrote, spoke, or passed something on."
    return show(request, "people.html", About(title="People", sentence=sentence), letters=held)


def person(request: Request) -> Response:
    """Show what somebody wrote or passed on, and what readers said of it all together."""
    site = site_of(request)
    with site.open_store() as store:
        shelf = shelf_of(request, store)
        asked = request.path_params["id"]
        if asked not in shelf.people and shelf.moved.get(asked) in shelf.people:
            return RedirectResponse(f"/people/{quote(shelf.moved[asked])}")
        group = group_of(shelf.people, "person", asked)
        said = impact.contributions(sorted(group.ids), store)
        taken = submissions.taken(lambda name: person_label(name, site.config.spellings).id == group.label.id, store)
    return _group(request, shelf, group, kind="person", said=said, taken=taken)


def collections(request: Request) -> Response:
    site = site_of(request)
    with site.open_store() as store:
        held = [collection_of(request, store, one.id) for one in site.config.collections]
        reviews = living.reviews(site.config, store, now=site.clock())
    sentence = "Living collections: what we found on one subject, looked through again and again."
    return show(request, "collections.html", About(title="Collections", sentence=sentence), held=held, reviews=reviews)


def collection(request: Request) -> Response:
    """Show a living collection as it is now."""
    site = site_of(request)
    with site.open_store() as store:
        made = collection_of(request, store, request.path_params["id"])
        review = living.reviews(site.config, store, now=site.clock())[made.id]
        shelf = shelf_of(request, store)
        marked = fates.marks(request, store, ((entry, _read_for(entry, made, shelf)) for entry in made.entries))
    sentence = f"{counted(len(made.entries), 'resource')}. {made.month_name}."
    return show(
        request,
        "collection.html",
        About(title=made.title, sentence=sentence),
        edition=made,
        introduction=prose(made.letter),
        reviewed=review.reviewed,
        files=[(name, said) for name, said in COLLECTION_FILES if name in _built(request, made.id)],
        holdings=shelf.holdings,
        fates=marked,
    )


def _read_for(entry: Entry, made: Edition, shelf: Shelf) -> Edition:
    """Give the edition for which an entry of a collection was read."""
    holding = shelf.holdings.get(entry.id)
    return holding.edition if holding else made


def collection_file(request: Request) -> Response:
    """Serve a file of a collection, as it was built last."""
    asked, name = request.path_params["id"], request.path_params["file"]
    body = _built(request, asked).get(name)
    if body is None:
        raise NotFoundError("file", f"{name[:80]} of collection {asked[:80]}", hint="/collections lists what there is.")
    return published_file(request, body.read_bytes(), _collection_types().get(name, "application/octet-stream"))


def search(request: Request) -> Response:
    """Find published items by words, topic and kind. Without any of these it lists all, the newest first."""
    with site_of(request).open_store() as store:
        shelf = shelf_of(request, store)
        found = find(request, shelf, store)
    made = listing(request, found.holdings, key=found.key, shelf=shelf)
    said = f"Search: “{found.query}”" if found.query else "Search"
    return show(
        request,
        "search.html",
        About(title=said, sentence=f"{counted(made.total, 'resource')} from our editions.", asked=found.words),
        found=found,
        listing=made,
        feed=urlencode(_question(found)),
        topics=tuple(_choices(found, shelf, "topic")),
        kinds=tuple(_choices(found, shelf, "kind")),
        chosen=[group.label.name for group in (shelf.topics.get(found.topic), shelf.kinds.get(found.kind)) if group],
    )


def find(request: Request, shelf: Shelf, store: Store) -> Found:
    """Answer the question of an address (`q`, `topic`, `kind`). A topic or kind that is none is left aside."""
    query = request.query_params.get("q", "").strip()
    words = wanted(query)
    topic_id, kind_id = (request.query_params.get(name, "") for name in ("topic", "kind"))
    if query:  # signs without a word are found nowhere
        inside = [store.published_with(word) for word in words]
        scores = {one.id: found for one in shelf.listed if (found := score(one.words, words, inside, one.id))}
    else:  # no question at all is answered with everything
        scores = dict.fromkeys((one.id for one in shelf.listed), 0)
    topic_id, kind_id = (topic_id if topic_id in shelf.topics else ""), (kind_id if kind_id in shelf.kinds else "")
    kept = _under(scores.keys(), shelf.topics, topic_id) & _under(scores.keys(), shelf.kinds, kind_id)
    # The shelf is sorted by place already, and sorting keeps the order of equals.
    best = sorted((one for one in shelf.listed if one.id in kept), key=lambda one: -scores[one.id])
    return Found(clip(query, _LONGEST), words, topic_id, kind_id, tuple(best), scores)


def collection_of(request: Request, store: Store, collection_id: str) -> Edition:
    """Give a living collection. Raises `NotFoundError`."""
    site = site_of(request)
    return site.memory.collection(collection_id, site.config, store, now=site.clock())


def _built(request: Request, collection_id: str) -> dict[str, Path]:
    """Give the files of a configured collection by name: those that its manifest vouches for and that are there."""
    config = site_of(request).config
    if all(one.id != collection_id for one in config.collections):
        raise NotFoundError("collection", f'"{collection_id[:80]}"', hint="/collections lists those there are.")
    folder = living.folder_of(config, collection_id)
    try:
        named = json.loads((folder / living.MANIFEST).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {name: folder / name for name in _collection_types() if name in named and (folder / name).is_file()}


def _group(request: Request, shelf: Shelf, group: Group, *, kind: str, said: tuple[str, ...] = (), taken: str = "") -> Response:
    """Show everything under one topic or by one person, newest edition first."""
    made = listing(request, group.holdings, key=by_place, shelf=shelf)
    about = About(title=group.label.name, sentence=group.about or f"{counted(len(group.holdings), 'resource')} from our editions.")
    roles = sorted({role for one in group.holdings for role, label in one.people if label.id == group.label.id})
    return show(request, "group.html", about, group=group, listing=made, kind=kind, roles=roles, said=said, taken=taken)


def filed(name: str) -> str:
    """Write a name as a catalogue files it, folded: "Ada Marsh" under "marsh, ada", a body under itself."""
    return folded(names.split(name).turned)


def _under(items: Set[ItemId], groups: Mapping[str, Group], chosen: str) -> Set[ItemId]:
    """Keep the items under a filter; all where none is chosen."""
    return items & groups[chosen].ids if chosen else items


def _question(found: Found, **changes: str) -> list[tuple[str, str]]:
    """Write a question as the parts of an address, what is empty left out."""
    asked = {"q": found.query, "topic": found.topic, "kind": found.kind, **changes}
    return [(name, value) for name, value in asked.items() if value]


def _choices(found: Found, shelf: Shelf, name: str) -> Iterator[Choice]:
    """Give the filters of one sort, each with how many answers it would leave: those of the words, under the other sort's filter."""
    groups, chosen = (shelf.topics, found.topic) if name == "topic" else (shelf.kinds, found.kind)
    others = _under(found.scores.keys(), *((shelf.kinds, found.kind) if name == "topic" else (shelf.topics, found.topic)))
    counts = {key: count for key, group in groups.items() if (count := len(group.ids & others))}
    fullest = sorted(counts, key=lambda key: (-counts[key], groups[key].label.name))[:_CHOICES]
    yield Choice("All", len(others), _to(_question(found, **{name: ""})), not chosen)
    for key in (*fullest, *([chosen] if chosen and chosen not in fullest else ())):
        yield Choice(groups[key].label.name, counts.get(key, 0), _to(_question(found, **{name: key})), key == chosen)


def _to(question: list[tuple[str, str]]) -> str:
    return f"/search?{urlencode(question)}" if question else "/search"


def _fullest(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda one: (-len(one.holdings), one.label.name))


def _by_role(holding: Holding) -> dict[str, list[Label]]:
    """Put the people of an item under their roles, in the order in which it names these."""
    found: dict[str, list[Label]] = {}
    for role, label in holding.people:
        found.setdefault(role, []).append(label)
    return found


def _alike(holding: Holding, shelf: Shelf) -> tuple[Holding, ...]:
    """Give a few other items with most topics in common, the newest first."""
    shared = Counter(one.id for label in holding.topics if label.id in shelf.topics for one in shelf.topics[label.id].holdings)
    others = [shelf.holdings[item] for item in shared if item != holding.id]
    return tuple(sorted(others, key=lambda one: (-shared[one.id], one.place))[:_ALIKE])


@cache
def _collection_types() -> dict[str, str]:
    """The files of a collection, each with its media type."""
    kinds = ((re.sub(r"^(digest|edition)", "collection", form.filename), form.media_type, name) for name, form in FORMATS.items())
    return {filename: media_type for filename, media_type, name in kinds if name in living.FORMATS}


routes = [
    Route("/items/{id:int}", item),
    Route("/topics", topics),
    Route("/topics/{id}", topic),
    Route("/people", people),
    Route("/people/{id}", person),
    Route("/collections", collections),
    Route("/collections/{id}", collection),
    Route("/collections/{id}/{file}", collection_file),
    Route("/search", search),
]
