"""What programs read: feeds of everything, of a topic, a kind, a collection or a search; the calendar; the map of the site. Public items only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipeline import dates, render
from pipeline.errors import NotFoundError
from pipeline.model import Edition, Section
from pipeline.plain import Json
from pipeline.render import words
from pipeline.store import Store
from pipeline.web.archive import published_file
from pipeline.web.library import collection_of, find
from pipeline.web.public import label_of, shelf_of, shelf_only
from pipeline.web.shelf import Group, Holding, Shelf, makers
from pipeline.web.site import site_of

MOST = 100
"""Items of a feed, the newest first."""

_ATOM, _JSON = "application/atom+xml; charset=utf-8", "application/feed+json"
_CALENDAR = "text/calendar; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed before it is written. `path` is its own address without the ending, `page` that of the page with the same items."""

    title: str
    path: str
    page: str
    query: str = ""
    holdings: Sequence[Holding]


def feed(request: Request) -> Response:
    """Answer `/feeds/all.atom`, `/feeds/topic/ID.json` and so on."""
    what, _, form = request.path_params["name"].rpartition(".")
    if form not in ("atom", "json"):
        raise NotFoundError("feed", f'"{request.path_params["name"][:80]}"', hint="Feeds end in .atom or .json.")
    sort = request.path_params.get("sort", "")
    with site_of(request).open_store() as store:
        if sort == "collection":
            made = render.render(collection_of(request, store, what), "atom" if form == "atom" else "json-feed")
            return published_file(request, made.body, made.media_type)
        shelf = shelf_of(request, store)
        asked = _feed(request, store, shelf, (sort, what))
    latest = _latest(request, shelf)
    body = _atom(request, asked, latest) if form == "atom" else _json(request, asked, latest)
    return published_file(request, body, _ATOM if form == "atom" else _JSON)


def calendar(request: Request) -> Response:
    """Give the events of all editions that are not over, the next one first. Each keeps its UID from edition to edition."""
    site = site_of(request)
    shelf = shelf_only(request)
    coming = sorted((one for one in shelf.listed if is_coming(one, site.today)), key=lambda one: (_first_day(one), one.place))
    latest = _latest(request, shelf)
    section = Section(id="events", title="Coming events", entries=tuple(one.entry for one in coming))
    made = replace(latest, sections=(section,) if coming else (), month_name="coming events")
    return published_file(request, render.render(made, "ics").body, _CALENDAR)


def _latest(request: Request, shelf: Shelf) -> Edition:
    """The newest edition; before the first one of nothing, so that who subscribes on the first day gets an empty feed and no error."""
    if shelf.editions:
        return shelf.editions[0]
    desk = site_of(request).config.desk
    return Edition(
        id="none",
        title=desk.name,
        organisation=desk.organisation,
        url=desk.url,
        contact=desk.contact,
        language=desk.language,
        timezone=str(desk.timezone),
        composed=datetime.combine(site_of(request).today, time(), UTC),
    )


def sitemap(request: Request) -> Response:
    """Name every public page, with the day of its last change where that is known (https://www.sitemaps.org/protocol.html)."""
    site = site_of(request)
    shelf = shelf_only(request)
    latest = words.changed(shelf.editions[0]).date().isoformat() if shelf.editions else ""
    found = [("/", latest), *((path, latest) for path in ("/editions", "/topics", "/people", "/collections", "/search", "/subscribe"))]
    found += [(f"/editions/{one.id}", words.changed(one).date().isoformat()) for one in shelf.editions]
    found += [(f"/items/{one.id}", one.updated.date().isoformat()) for one in shelf.listed]
    found += [(f"/topics/{quote(name)}", "") for name in shelf.topics]
    found += [(f"/people/{quote(name)}", "") for name in shelf.people]
    found += [(f"/collections/{quote(one.id)}", "") for one in site.config.collections]
    rows = (f"<url><loc>{escape(site.config.desk.url + path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>\n" for path, day in found)
    body = f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{"".join(rows)}</urlset>\n'
    return Response(body, media_type="application/xml")


def robots(request: Request) -> Response:
    return PlainTextResponse(f"User-agent: *\nDisallow: /desk\nDisallow: /search\nSitemap: {site_of(request).config.desk.url}/sitemap.xml\n")


def is_coming(holding: Holding, today: date) -> bool:
    """Say whether an item is an event that is not over on this day."""
    event = holding.entry.event
    return event is not None and event.start is not None and max(dates.day(event.start), dates.day(event.end or event.start)) >= today


def _first_day(holding: Holding) -> date:
    event = holding.entry.event
    return dates.day(event.start) if event and event.start else date.max


def _feed(request: Request, store: Store, shelf: Shelf, asked: tuple[str, str]) -> Feed:
    desk = site_of(request).config.desk
    match asked:
        case ("", "all"):
            return Feed(title=desk.name, path="/feeds/all", page="/", holdings=shelf.listed)
        case ("", "search"):
            found = find(request, shelf, store)
            query = urlencode([(name, value) for name, value in (("q", found.query), ("topic", found.topic), ("kind", found.kind)) if value])
            newest = sorted(found.holdings, key=lambda one: one.place)
            return Feed(title=f"{desk.name}: {found.query or 'search'}", path="/feeds/search", page="/search", query=query, holdings=newest)
        case ("topic", name):
            group = label_of(request, shelf, "topic", name)
            return _of(group, f"{desk.name}: {group.label.name}", path=f"/feeds/topic/{quote(name)}", page=f"/topics/{quote(name)}")
        case ("kind", name):
            group = label_of(request, shelf, "kind", name)
            return replace(_of(group, f"{desk.name}: {group.label.name}", path=f"/feeds/kind/{name}", page="/search"), query=f"kind={name}")
    raise NotFoundError("feed", f'"{"/".join(part for part in asked if part)[:80]}"', hint="/feeds/all.atom has everything.")


def _of(group: Group, title: str, *, path: str, page: str) -> Feed:
    return Feed(title=title, path=path, page=page, holdings=group.holdings)


def _atom(request: Request, asked: Feed, latest: Edition) -> bytes:
    site = site_of(request)
    base, query = site.config.desk.url, f"?{asked.query}" if asked.query else ""
    shown = asked.holdings[:MOST]
    text = site.templates.get_template("feed.xml").render(
        feed=asked,
        base=base,
        own=f"{base}{asked.path}.atom{query if asked.path == '/feeds/search' else ''}",
        home=f"{base}{asked.page}{query}",
        desk=site.config.desk,
        holdings=shown,
        makers=makers,
        moment=_moment,
        updated=_moment(max((one.updated for one in shown), default=words.changed(latest))),
    )
    return text.encode()


def _json(request: Request, asked: Feed, latest: Edition) -> bytes:
    desk = site_of(request).config.desk
    query = f"?{asked.query}" if asked.query else ""
    made: dict[str, Json] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": asked.title,
        "home_page_url": f"{desk.url}{asked.page}{query}",
        "feed_url": f"{desk.url}{asked.path}.json{query if asked.path == '/feeds/search' else ''}",
        "description": desk.strap,
        "language": latest.language,
        "authors": [{"name": desk.organisation}],
        "items": [_json_item(one, desk.url) for one in asked.holdings[:MOST]],
    }
    return (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()


def _json_item(holding: Holding, base: str) -> dict[str, Json]:
    entry = holding.entry
    # content_text may not be missing (JSON Feed 1.1, "Items"): without a description the title is all that we know.
    item: dict[str, Json] = {
        "id": f"{base}/items/{entry.id}",
        "url": f"{base}/items/{entry.id}",
        "title": entry.title,
        "content_text": "\n\n".join(part for part in (entry.blurb, entry.note) if part) or entry.title,
        "date_published": _moment(holding.edition.released or holding.edition.composed),
        "date_modified": _moment(holding.updated),
        "language": entry.language,
        "tags": [entry.kind_name, *entry.topics],
    }
    authors: list[Json] = [{"name": label.name} for label in makers(holding)]
    return item | ({"external_url": entry.url} if entry.url else {}) | ({"authors": authors} if authors else {})


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


routes = [
    Route("/feeds/{name}", feed),
    Route("/feeds/{sort}/{name}", feed),
    Route("/calendar.ics", calendar),
    Route("/sitemap.xml", sitemap),
    Route("/robots.txt", robots),
]
