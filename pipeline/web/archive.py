"""The editions as the public reads them: the latest one, all of them, each with its files. Shows only what is released, and of that only what is
for everybody."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import publish
from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Edition
from pipeline.plain import Json
from pipeline.render import FORMATS, notices, picture
from pipeline.render import words as phrases
from pipeline.store import Store
from pipeline.text import counted
from pipeline.web import fates
from pipeline.web.public import About, prose, shelf_of, shelf_only, show
from pipeline.web.security import policy
from pipeline.web.shelf import Shelf
from pipeline.web.site import page, site_of

if TYPE_CHECKING:
    from pipeline.render import essay
else:
    essay = late("pipeline.render.essay")

_MANIFEST = "manifest.json"
MEDIA_TYPES = {kind.filename: kind.media_type for kind in FORMATS.values()} | {_MANIFEST: "application/json"}
OFFERED = (
    ("digest.pdf", "PDF"),
    ("digest-large-print.pdf", "PDF in large print"),
    ("one-page.pdf", "One page for your team"),
    ("index.html", "One file to keep"),
    ("digest.md", "Markdown"),
    ("events.ics", "Dates for your calendar"),
    ("digest.ris", "For reference managers (RIS)"),
    ("digest.bib", "BibTeX"),
    ("edition.json", "For other desks (JSON)"),
)
BESIDE = 12
"""Editions that stand beside one, the newest first; all have a page of their own."""
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_STYLE_ATTRIBUTE = re.compile(r'\sstyle="([^"]*)"')


def latest(request: Request) -> Response:
    """Show the latest edition, or say that there is none yet."""
    with site_of(request).open_store() as store:
        shelf = shelf_of(request, store)
        if not shelf.editions:
            return page(request, "soon.html")
        return _show(request, store, shelf.editions[0], shelf)


def one(request: Request) -> Response:
    with site_of(request).open_store() as store:
        shelf = shelf_of(request, store)
        return _show(request, store, public_edition(shelf, request.path_params["edition"]), shelf)


def every(request: Request) -> Response:
    """List all editions by year, the newest first."""
    shelf = shelf_only(request)
    years: dict[str, list[Edition]] = {}
    for edition in shelf.editions:
        years.setdefault(edition.id[:4], []).append(edition)
    sentence = f"{counted(len(shelf.editions), 'edition')} with {counted(len(shelf.listed), 'resource')}."
    return show(request, "editions.html", About(title="Editions", sentence=sentence), years=years)


def file(request: Request) -> Response:
    """Serve a file of an edition, if the public edition was released with a file of that name."""
    with site_of(request).open_store() as store:
        shelf = shelf_of(request, store)
        edition = as_released(public_edition(shelf, request.path_params["edition"]), shelf)
        return _file(request, store, edition, request.path_params["file"])


def shown(request: Request) -> Response:
    """Serve a picture of an edition."""
    with site_of(request).open_store() as store:
        shelf = shelf_of(request, store)
        edition = as_released(public_edition(shelf, request.path_params["edition"]), shelf)
        return _file(request, store, edition, f"{picture.FOLDER}/{request.path_params['file']}")


def public_edition(shelf: Shelf, edition_id: str) -> Edition:
    """Give an edition that everybody may see. Raises `NotFoundError`."""
    edition = shelf.edition(edition_id)
    if edition is None:
        raise NotFoundError("edition", edition_id[:80], hint="/editions lists those there are.")
    return edition


def files_of(request: Request, store: Store, edition: Edition, shelf: Shelf) -> tuple[tuple[str, str], ...]:
    """List the files of an edition that are there, in the order in which they are offered, with what to call them."""
    whole = as_released(edition, shelf)
    folder, released = publish.public_folder(site_of(request).config, whole), publish.public_files(store, whole)
    return tuple((name, words) for name, words in OFFERED if name in released and (folder / name).is_file())


def as_released(edition: Edition, shelf: Shelf) -> Edition:
    """Give a public edition the audience of the whole one, on which it depends where its files lie."""
    return replace(edition, audience="members" if edition.id in shelf.for_members else "public")


def _show(request: Request, store: Store, edition: Edition, shelf: Shelf) -> Response:
    at = shelf.editions.index(edition)
    said = essay.essay(edition)
    sentence = edition.strap or f"{counted(len(edition.entries), 'resource')}, read and picked by hand for {edition.organisation}."
    return show(
        request,
        "edition.html",
        About(title=phrases.name(edition), sentence=sentence, linked=_linked(edition)),
        edition=edition,
        pictures=picture,
        shelf=shelf,
        beside=shelf.editions[:BESIDE],
        newer=shelf.editions[at - 1] if at else None,
        older=shelf.editions[at + 1] if at + 1 < len(shelf.editions) else None,
        files=files_of(request, store, edition, shelf),
        letter=prose(edition.letter),
        essay=said,
        essay_html=Markup(said.html),  # noqa: S704 - sanitised there
        corrections=notices.notices(edition),
        errata=notices.errata(edition),
        notes=notices.marks(edition),
        holdings=shelf.holdings,
        fates=fates.marks(request, store, ((entry, edition) for entry in edition.entries)),
    )


def _linked(edition: Edition) -> dict[str, Json]:
    """Describe an edition in the words of schema.org."""
    moment = edition.released or edition.composed
    return {
        "@context": "https://schema.org",
        "@type": "PublicationIssue",
        "name": phrases.name(edition),
        "issueNumber": edition.number,
        "datePublished": moment.date().isoformat(),
        "inLanguage": edition.language,
        "publisher": {"@type": "Organization", "name": edition.organisation},
    }


def _file(request: Request, store: Store, edition: Edition, name: str) -> Response:
    """Send one file of a released edition. Only names that the release knows are ever joined to a folder."""
    path = publish.public_folder(site_of(request).config, edition) / name
    if (name not in publish.public_files(store, edition) and name != _MANIFEST) or not path.is_file():
        raise NotFoundError("file", f"{name[:80]} of edition {edition.id}", hint=f"/editions/{edition.id} lists what there is.")
    media_type = picture.media_type(name) if picture.is_path(name) else MEDIA_TYPES.get(name, "application/octet-stream")
    return published_file(request, path.read_bytes(), media_type)


def published_file(request: Request, body: bytes, media_type: str) -> Response:
    """Send a file that anybody may take, from any page. What stands inside a page of ours keeps its own styles, and nothing else may style it."""
    headers = {"etag": f'"{hashlib.sha256(body).hexdigest()}"', "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if media_type.startswith("text/html"):
        headers["content-security-policy"] = own_policy(body)
    return Response(body, media_type=media_type, headers=headers)


def own_policy(body: bytes) -> str:
    """Write the policy for a page that carries its own styles."""
    return policy(_styles(body))


def _styles(body: bytes) -> tuple[str, ...]:
    """Name the styles inside a published page by their hashes (CSP Level 3), so that it keeps them and nothing else may style it.

    A mail carries its styles in attributes; hashes count for those only beside `'unsafe-hashes'`.
    """
    said = body.decode("utf-8", "replace")
    sheets = [_hash(style) for style in _STYLE.findall(said)]
    attributes = [_hash(html.unescape(style)) for style in dict.fromkeys(_STYLE_ATTRIBUTE.findall(said))]
    return (*sheets, *(["'unsafe-hashes'", *attributes] if attributes else ()))


def _hash(style: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


routes = [
    Route("/", latest),
    Route("/editions", every),
    Route("/editions/{edition}", one),
    Route("/editions/{edition}/{file}", file),
    Route(f"/editions/{{edition}}/{picture.FOLDER}/{{file}}", shown),
]
