"""Everything public as files: a copy of the site that opens from a stick, with its search, and needs neither server nor network.

Each page is the one that the application gives; nothing is rendered twice in two manners. What leads from page to page becomes a relative path.
The folder is written whole or not at all: beside its place first, then put there in one step. Equal input gives equal bytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import posixpath
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from starlette.applications import Starlette
from starlette.types import Message, Scope

from pipeline import dates
from pipeline.config import Config
from pipeline.errors import PipelineError
from pipeline.plain import Json
from pipeline.store import Store
from pipeline.web.app import STATIC, create_app
from pipeline.web.public import is_public_address
from pipeline.web.shelf import Holding, Shelf
from pipeline.web.site import Site

MARKER = ".gleanings-site"
"""Names the files of an export, so that the next one knows what it may take away."""
INDEX = "static/search-index.js"

_LISTS = "editions|topics|people|collections|impact"
_PAGE = re.compile(rf"/|/(?:{_LISTS}|search|subscribe|charter)|/(?:{_LISTS}|items)/[^/]+")
_LINK = re.compile(r'(?<!rel="canonical" )(?<=\s)(href|src|action)="([^"]*)"')
_AFTER = re.compile(r"(?:^|&)after=(\d+)(?:&|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written, and whether the feeds carry an address that people elsewhere can follow."""

    folder: Path
    pages: int
    files: int
    items: int
    has_address: bool


def export(config: Config, open_store: Callable[[], Store], clock: Callable[[], datetime], folder: Path) -> Exported:
    """Write the site into `folder`, in the place of a former export. Raises `PipelineError` where the folder holds anything else."""
    target = folder.resolve()
    stale = _former(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    app = create_app(config, open_store, clock)
    site: Site = app.state.site
    app.state.site = replace(site, still=True)
    with open_store() as store:
        shelf = site.memory.shelf(config, store)
    if not shelf.editions:
        raise PipelineError("No edition is released yet, so there is nothing to export.", hint="`gleanings digest release` publishes one.")
    try:
        draft.mkdir(parents=True)
        pages = asyncio.run(_written(app, config, shelf, draft))
        names = sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file())
        (draft / MARKER).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        _put(draft, target, stale)
    except OSError as error:
        raise PipelineError(f"{folder} cannot be written: {error.strerror}.", hint="Choose another place with -o, or make room.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Exported(folder=folder, pages=pages, files=len(names), items=len(shelf.listed), has_address=is_public_address(config.desk))


# ---------------------------------------------------------------- the pages


async def _written(app: Starlette, config: Config, shelf: Shelf, draft: Path) -> int:
    """Visit every page, beginning with those that nothing may lead to, and write what comes; then turn addresses into paths."""
    host = urlsplit(config.desk.url).netloc or "localhost"
    waiting = deque(_beginnings(config, shelf))
    known = {"/static/search-index.js", *waiting}
    pages: list[str] = []
    while waiting:
        address = waiting.popleft()
        body = await _asked(app, address, host)
        _write(draft, _file(address), body)
        if not _is_page(address):
            continue
        pages.append(address)
        fresh = [one for one in dict.fromkeys(_internal(body.decode())) if one not in known]
        known.update(fresh)
        waiting.extend(fresh)
    for source in sorted((STATIC / "fonts").iterdir()):
        _write(draft, f"static/fonts/{source.name}", source.read_bytes())
    _write(draft, INDEX, _index(shelf, config).encode())
    for address in pages:
        path = draft / _file(address)
        path.write_text(_relative(path.read_text(encoding="utf-8"), address, config.desk.url, known), encoding="utf-8")
    return len(pages)


def _beginnings(config: Config, shelf: Shelf) -> Iterator[str]:
    yield from ("/", "/editions", "/topics", "/people", "/collections", "/search", "/subscribe", "/sitemap.xml", "/robots.txt")
    for edition in shelf.editions:
        yield f"/editions/{edition.id}"
    for item in shelf.holdings:
        yield f"/items/{item}"
    feeds = ["all", *(f"topic/{quote(name)}" for name in shelf.topics), *(f"kind/{name}" for name in shelf.kinds)]
    feeds += [f"collection/{quote(one.id)}" for one in config.collections]
    for feed in feeds:
        yield f"/feeds/{feed}.atom"
        yield f"/feeds/{feed}.json"


async def _asked(app: Starlette, address: str, host: str) -> bytes:
    """Ask the application as a visitor does, without a network. Raises `PipelineError` where it does not answer."""
    path, _, query = address.partition("?")
    status, parts, gone = 0, [], asyncio.Event()
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": unquote(path),
        "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "headers": [(b"host", host.encode())],
        "client": ("127.0.0.1", 0), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def receive() -> Message:
        await gone.wait()  # a visitor without a form has nothing to say; who is asked here listens for a hang-up only
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        parts.append(message.get("body", b""))

    await app(scope, receive, send)
    if status != 200:
        raise PipelineError(f"{address} could not be made (answer {status}).", hint="Nothing was written. The log says more; please report it.")
    return b"".join(parts)


# ---------------------------------------------------------------- addresses and paths


def _is_page(address: str) -> bool:
    return _PAGE.fullmatch(address.partition("?")[0]) is not None


def _file(address: str) -> str:
    """Name the file of an address: `/items/14` is `items/14.html`, the second page of a list stands in a folder of the list's name."""
    path, _, query = address.partition("?")
    if not _is_page(address):
        return unquote(path).lstrip("/")
    after = _AFTER.search(query)
    name = unquote(path).strip("/") or "index"
    return f"{name}/after-{after[1]}.html" if after else f"{name}.html"


def _internal(page: str) -> Iterator[str]:
    """Give the addresses of ours that a page leads to, without places within pages. Of the search there is one page only."""
    for _, value in _LINK.findall(page):
        address = unescape(value).partition("#")[0]
        if address.startswith("/") and not address.startswith("//"):
            yield "/search" if address.startswith("/search?") else address


def _relative(page: str, address: str, url: str, known: set[str]) -> str:
    """Turn the addresses of a page into paths from its own file. What an editor wrote with our public address leads to the copy too."""
    start = posixpath.dirname(_file(address))

    def turned(found: re.Match[str]) -> str:
        whole = unescape(found[2])
        ours = whole.removeprefix(url) if whole.startswith(f"{url}/") else whole
        to, sign, place = ours.partition("#")
        query = to.partition("?")[2] if to.startswith("/search?") else ""
        to = "/search" if query else to
        if to not in known:
            return found[0]
        path = posixpath.relpath(_file(to), start or ".")
        return f'{found[1]}="{escape(quote(path) + (f"?{query}" if query else "") + sign + place)}"'

    return _LINK.sub(turned, page)


# ---------------------------------------------------------------- the search


def _index(shelf: Shelf, config: Config) -> str:
    """Write what the search of the copy knows, as a script: a file may not fetch another one."""
    made: Json = {
        "topics": {name: group.label.name for name, group in shelf.topics.items()},
        "kinds": {name: group.label.name for name, group in shelf.kinds.items()},
        "items": [_row(one, config.desk.language) for one in shelf.listed],
    }
    return f"globalThis.gleanings = {json.dumps(made, ensure_ascii=False, separators=(',', ':'))};\n"


def _row(holding: Holding, language: str) -> dict[str, Json]:
    entry = holding.entry
    return {
        "id": holding.id,
        "place": holding.place,
        "title": entry.title,
        "blurb": entry.blurb,
        "note": entry.note,
        "source": entry.source,
        "series": entry.series,
        "kind": entry.kind.value,
        "topics": [label.id for label in holding.topics],
        "people": [label.name for _, label in holding.people],
        "date": dates.long(entry.published, language) if entry.published and not entry.event else "",
        "edition": holding.edition.month_name,
        "language": entry.language,
    }


# ---------------------------------------------------------------- the folder


def _former(target: Path) -> bool:
    """Say whether a former export stands there. Raises `PipelineError` where something else does."""
    if not target.exists():
        return False
    if not target.is_dir():
        raise PipelineError(f"{target} is a file.", hint="Name a folder with -o.")
    found = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    if not found:
        return True
    try:
        ours = {MARKER, *(target / MARKER).read_text(encoding="utf-8").splitlines()}
    except (OSError, UnicodeDecodeError) as error:
        raise PipelineError(f"{target} holds other files.", hint="Name an empty folder with -o, or one of a former export.") from error
    strange = sorted(found - ours)
    if strange:
        raise PipelineError(f"{target} holds files that are not of the export, such as {strange[0]}.", hint="Move them elsewhere, then try again.")
    return True


def _put(draft: Path, target: Path, stale: bool) -> None:
    """Put the new folder in the place of the old one. Where that fails the old one is back."""
    if not stale:
        draft.rename(target)
        return
    old = draft.with_name(f"{draft.name}.old")
    target.rename(old)
    try:
        draft.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old)


def _write(folder: Path, name: str, body: bytes) -> None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise PipelineError(f"{name} would stand outside of the folder.", hint="Nothing was written; please report it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
