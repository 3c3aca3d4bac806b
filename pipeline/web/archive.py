"""The public pages: the latest edition, each edition with its files, the feed and the calendar. Shows only what is released for everybody."""

from __future__ import annotations

import base64
import hashlib
import html
import re

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.model import Edition
from pipeline.render import FORMATS, letter
from pipeline.store import Store
from pipeline.web.security import policy
from pipeline.web.site import Site, page, site_of

_MANIFEST = "manifest.json"
MEDIA_TYPES = {kind.filename: kind.media_type for kind in FORMATS.values()} | {_MANIFEST: "application/json"}
OFFERED = (
    ("digest.pdf", "PDF"),
    ("digest-large-print.pdf", "PDF in large print"),
    ("index.html", "One page to keep"),
    ("digest.md", "Markdown"),
    ("events.ics", "Dates for your calendar"),
    ("edition.json", "For other desks (JSON)"),
)
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_STYLE_ATTRIBUTE = re.compile(r'\sstyle="([^"]*)"')


def latest(request: Request) -> Response:
    """Show the latest edition, or say that there is none yet."""
    site = site_of(request)
    with site.open_store() as store:
        editions = public_editions(store)
        if not editions:
            return page(request, "soon.html")
        return _show(request, site, store, editions[0], editions)


def one(request: Request) -> Response:
    site = site_of(request)
    with site.open_store() as store:
        edition = _public(store, request.path_params["edition"])
        return _show(request, site, store, edition, public_editions(store))


def file(request: Request) -> Response:
    """Serve a file of an edition, if the edition was released with a file of that name."""
    with site_of(request).open_store() as store:
        edition = _public(store, request.path_params["edition"])
        return _file(request, store, edition, request.path_params["file"])


def feed(request: Request) -> Response:
    return _of_latest(request, "atom.xml")


def calendar(request: Request) -> Response:
    return _of_latest(request, "events.ics")


def is_public(edition: Edition) -> bool:
    return edition.is_released and edition.audience == "public"


def public_editions(store: Store) -> tuple[Edition, ...]:
    """List the editions that everybody may see, newest first."""
    return tuple(sorted((edition for edition in store.editions() if is_public(edition)), key=lambda edition: edition.id, reverse=True))


def _public(store: Store, edition_id: str) -> Edition:
    edition = store.edition(edition_id)
    if not is_public(edition):
        raise NotFoundError("edition", edition_id)
    return edition


def _show(request: Request, site: Site, store: Store, edition: Edition, editions: tuple[Edition, ...]) -> Response:
    folder = site.config.digests / edition.id
    released = store.files(edition.id)
    files = tuple((name, words) for name, words in OFFERED if name in released and (folder / name).is_file())
    said = Markup(letter.as_html(edition.letter))  # noqa: S704 - sanitised there
    return page(request, "edition.html", edition=edition, editions=editions, files=files, letter=said)


def _of_latest(request: Request, name: str) -> Response:
    with site_of(request).open_store() as store:
        editions = public_editions(store)
        if not editions:
            raise NotFoundError("edition", "yet", hint="The first one is being made. Come back later.")
        return _file(request, store, editions[0], name)


def _file(request: Request, store: Store, edition: Edition, name: str) -> Response:
    """Send one file of a released edition. Only names that the release knows are ever joined to a folder."""
    path = site_of(request).config.digests / edition.id / name
    if (name not in store.files(edition.id) and name != _MANIFEST) or not path.is_file():
        raise NotFoundError("file", f"{name} of edition {edition.id}", hint=f"/editions/{edition.id} lists what there is.")
    body = path.read_bytes()
    headers = {"etag": f'"{hashlib.sha256(body).hexdigest()}"', "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if name.endswith(".html"):
        headers["content-security-policy"] = policy(_styles(body))
    return Response(body, media_type=MEDIA_TYPES.get(name, "application/octet-stream"), headers=headers)


def _styles(body: bytes) -> tuple[str, ...]:
    """Name the styles inside a published page by their hashes (CSP Level 3), so that it keeps them and nothing else may style it.

    A mail carries its styles in attributes; hashes count for those only beside `'unsafe-hashes'`.
    """
    page = body.decode("utf-8", "replace")
    sheets = [_hash(style) for style in _STYLE.findall(page)]
    attributes = [_hash(html.unescape(style)) for style in dict.fromkeys(_STYLE_ATTRIBUTE.findall(page))]
    return (*sheets, *(["'unsafe-hashes'", *attributes] if attributes else ()))


def _hash(style: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def subscribe(request: Request) -> Response:
    """Say how to get the digest by mail: an editor adds whoever asks."""
    return page(request, "subscribe.html")


routes = [
    Route("/", latest),
    Route("/subscribe", subscribe),
    Route("/editions/{edition}", one),
    Route("/editions/{edition}/{file}", file),
    Route("/feeds/all.atom", feed),
    Route("/calendar.ics", calendar),
]
