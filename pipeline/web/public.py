"""What the public pages share: the shelf at hand, one page of a long list, and what a page tells programs about itself. Changes nothing, ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipeline import dates
from pipeline.digest.words import KIND_WORDS
from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Desk, ItemId, Kind
from pipeline.plain import Json
from pipeline.render import words
from pipeline.store import Store
from pipeline.web.art import drawing
from pipeline.web.finding import folded, marked
from pipeline.web.shelf import Group, Holding, Label, Shelf
from pipeline.web.site import page, site_of

if TYPE_CHECKING:
    from pipeline.render import letter
else:
    letter = late("pipeline.render.letter")

LENGTH = 30
"""Items on one page of a list."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", ""})
_FAMILIES = {
    "am": frozenset({Kind.VIDEO, Kind.PODCAST, Kind.AUDIO, Kind.TALK, Kind.SLIDES, Kind.EVENT, Kind.WEBINAR}),
    "in": frozenset({Kind.GUIDE, Kind.TOOLKIT, Kind.TEMPLATE, Kind.COURSE, Kind.SOFTWARE, Kind.DATASET, Kind.OFFER, Kind.REQUEST, Kind.CASE_STUDY}),
}
_SCHEMAS = {
    **dict.fromkeys((Kind.REPORT, Kind.WHITE_PAPER), "Report"),
    **dict.fromkeys((Kind.RESEARCH, Kind.REVIEW, Kind.PAPER), "ScholarlyArticle"),
    **dict.fromkeys((Kind.EVENT, Kind.WEBINAR), "Event"),
    **dict.fromkeys((Kind.ARTICLE, Kind.BLOG, Kind.INTERVIEW, Kind.CASE_STUDY), "Article"),
    Kind.NEWS: "NewsArticle",
    Kind.VIDEO: "VideoObject",
    Kind.PODCAST: "PodcastEpisode",
    Kind.AUDIO: "AudioObject",
    Kind.COURSE: "Course",
    Kind.BOOK: "Book",
    Kind.DATASET: "Dataset",
    Kind.SOFTWARE: "SoftwareApplication",
    Kind.WEBSITE: "WebSite",
}
"""Types of https://schema.org; what has none there is a CreativeWork."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list: its items, how many there are in all, how many stand before, and where the next page is (empty on the last one)."""

    holdings: tuple[Holding, ...]
    total: int
    before: int
    older: str
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a page says of itself: its title, one sentence, JSON-LD, and the words that are marked in what it lists."""

    title: str
    sentence: str
    linked: Json = None
    asked: tuple[str, ...] = ()


def shelf_of(request: Request, store: Store) -> Shelf:
    """Give what the public may read, as it is now."""
    site = site_of(request)
    return site.memory.shelf(site.config, store)


def shelf_only(request: Request) -> Shelf:
    """Give the shelf to a page that needs nothing else of the store."""
    with site_of(request).open_store() as store:
        return shelf_of(request, store)


def group_of(groups: Mapping[str, Group], what: str, asked: str) -> Group:
    """Find a topic, kind or person. Raises `NotFoundError`."""
    found = groups.get(asked)
    if found is None:
        raise NotFoundError(what, f'"{asked[:80]}"', hint="It may have another name by now. The search on the first page finds it.")
    return found


def label_of(request: Request, shelf: Shelf, what: str, asked: str) -> Group:
    """Find a topic or a kind, empty where no public item has it yet. A topic that only members met is not named. Raises `NotFoundError`."""
    if what == "kind":
        known = {kind.value: Group(label=Label(kind.value, name)) for kind, (name, _) in KIND_WORDS.items()}
        return group_of(known | dict(shelf.kinds), what, asked)
    topics = [topic for topic in site_of(request).config.topics if folded(topic.name) not in shelf.inside]
    met = {topic.id: Group(label=Label(topic.id, topic.name), about=topic.description, facet=topic.facet) for topic in topics}
    return group_of(met | dict(shelf.topics), what, asked)


def listing(request: Request, holdings: Sequence[Holding], *, key: Callable[[Holding], tuple[int, int]], shelf: Shelf) -> Listing:
    """Cut out the page that was asked for. `after` names the last item of the page before; what came or went since moves nothing on the way.

    `holdings` must be sorted by `key`.
    """
    after = _after(request, shelf)
    rest = [one for one in holdings if key(one) > key(after)] if after is not None else list(holdings)
    shown = tuple(rest[:LENGTH])
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "after" and value]
    older = f"{request.url.path}?{urlencode([*asked, ('after', str(shown[-1].id))])}" if len(rest) > LENGTH else ""
    first = f"{request.url.path}?{urlencode(asked)}" if asked else request.url.path
    return Listing(holdings=shown, total=len(holdings), before=len(holdings) - len(rest), older=older, first=first if after is not None else "")


def by_place(holding: Holding) -> tuple[int, int]:
    """The order of lists: newest edition first."""
    return (0, holding.place)


def show(request: Request, template: str, about: About, **values: object) -> HTMLResponse:
    """Render a public page."""
    desk = site_of(request).config.desk
    values |= {
        "about": about.sentence,
        "heading": about.title,
        "linked": as_script(about.linked) if about.linked else "",
        "canonical": canonical(desk, request.url.path),
        "when_event": words.when,
        "where_event": words.where,
        "reading": words.reading,
        "long": lambda value: dates.long(value, desk.language),
        "direction": words.direction,
        "drawing": drawing,
        "family": family,
        "mark": lambda said: marked(said, about.asked),
    }
    return page(request, template, status=200, **values)


def family(kind: Kind) -> str:
    """Say in which of three colours an item is drawn: to hear and see, to use, to read."""
    return next((name for name, kinds in _FAMILIES.items() if kind in kinds), "rd")


def canonical(desk: Desk, path: str) -> str:
    """Give the public address of a page; empty where the desk has none but this machine's own."""
    return f"{desk.url}{path}" if is_public_address(desk) else ""


def is_public_address(desk: Desk) -> bool:
    """Whether people elsewhere can follow the desk's address."""
    return (urlsplit(desk.url).hostname or "") not in _LOOPBACK


def prose(markdown: str) -> Markup:
    """Give what an editor wrote as safe HTML."""
    return Markup(letter.as_html(markdown))  # noqa: S704 - sanitised there


def as_script(value: Json) -> Markup:
    """Write JSON that may stand inside a script element: no `<` that could end it, no `&` that could be read as more."""
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(text)  # noqa: S704 - escaped above, as the HTML standard has it for scripts


def linked(holding: Holding) -> dict[str, Json]:
    """Describe the work in the words of schema.org."""
    entry = holding.entry
    said: dict[str, Json] = {
        "@context": "https://schema.org",
        "@type": _SCHEMAS.get(entry.kind, "CreativeWork"),
        "name": entry.title,
        "url": entry.url,
        "description": entry.blurb,
        "inLanguage": entry.language,
        "datePublished": dates.iso(entry.published) if entry.published else "",
        "keywords": ", ".join(entry.topics),
        "author": [{"@type": "Person", "name": label.name} for role, label in holding.people if role == "author"],
        "publisher": {"@type": "Organization", "name": entry.source} if entry.source else "",
    }
    if entry.event and entry.event.start:
        said["startDate"] = dates.iso(entry.event.start)
        said["endDate"] = dates.iso(entry.event.end) if entry.event.end else ""
        said["location"] = entry.event.location or ""
    return {name: value for name, value in said.items() if value}


def _after(request: Request, shelf: Shelf) -> Holding | None:
    asked = request.query_params.get("after", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
    return shelf.holdings.get(ItemId(number))
