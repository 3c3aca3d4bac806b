"""A whole desk as a folder that opens without any program of ours, and a desk from such a folder.

Everything is there twice: as the database, which another Gleanings goes on with, and as files of the usual formats, which need none. Secrets are in
neither, readers only where somebody says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from pipeline.config import Config, bundle
from pipeline.errors import ConflictError, PipelineError
from pipeline.exchange.csvfile import as_csv
from pipeline.exchange.decisions import COLUMNS as DECISION_COLUMNS
from pipeline.exchange.decisions import export_decisions
from pipeline.exchange.items import COLUMNS as ITEM_COLUMNS
from pipeline.exchange.items import export_items
from pipeline.exchange.opml import write_opml
from pipeline.exchange.people import export_subscribers
from pipeline.exchange.works import kept, references
from pipeline.plain import json_line
from pipeline.store import Store, leaving
from pipeline.store.restoring import Restored, restore, usable

DB, SETTINGS, EDITIONS, SITE, MANIFEST, INDEX = "curated.db", "settings", "editions", "site", "manifest.json", "index.html"
SUBSCRIBERS = "subscribers.csv"
_COUNTED = ("items", "decisions", "editions", "revisions", "subscribers")
_LARGEST = 100_000_000
"""Bytes of a manifest that are read."""

_WORDS = {
    "site/index.html": "the public pages, with their search",
    EDITIONS: "every released edition in all its formats, PDFs too, as its readers had it",
    "items.csv": "all items as a table; items.jsonl has every field",
    "references.ris": "what was kept, for EndNote, Zotero and their like",
    "decisions.csv": "who decided what, and when; decisions.jsonl for programs",
    "sources.opml": "the sources, for a feed reader",
    SUBSCRIBERS: "the subscribers: personal data, keep it safe",
    SETTINGS: "sources.yaml and what lies beside it",
    DB: "the database (SQLite): another Gleanings goes on with it by `gleanings import everything`",
    MANIFEST: "SHA-256 of each file",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: rows by table, files, and all bytes."""

    folder: Path
    counts: Mapping[str, int]
    files: int
    bytes: int


def export(config: Config, store: Store, folder: Path, *, site: Callable[[Path], None] | None, with_subscribers: bool, now: datetime) -> Exported:
    """Write everything into a new folder, whole or not at all. `site` writes the public pages into a folder; without it there are none.

    Raises `ConflictError` where the folder holds something, `PipelineError` where it cannot be written.
    """
    target = folder.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConflictError(f"{folder} holds something already.", hint="Name a folder that is empty or not there yet.")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        store.backup(draft / DB)
        left = leaving.strip(draft / DB, with_subscribers=with_subscribers)
        _settings(config, draft / SETTINGS)
        _tables(config, store, draft, with_subscribers=with_subscribers)
        _editions(config, store, draft / EDITIONS)
        if site is not None:
            site(draft / SITE)
        counts = {name: left.rows[name] for name in _COUNTED}
        (draft / INDEX).write_text(_index(config, draft, counts, now), encoding="utf-8")
        files = _digests(draft)
        _manifest(draft, files, {"made": now.isoformat(), "schema": left.schema, "subscribers": with_subscribers, "counts": counts})
        size = sum(path.stat().st_size for path in draft.rglob("*") if path.is_file())
        if target.exists():
            target.rmdir()
        draft.rename(target)
    except OSError as error:
        raise PipelineError(f"{folder} cannot be written: {error.strerror}.", hint="Choose another place, or make room.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Exported(folder=folder, counts=counts, files=len(files) + 1, bytes=size)


def take_in(folder: Path, path: Path, db: Path, digests: Path, *, now: datetime) -> tuple[Restored, Mapping[str, int]]:
    """Make a desk of an export: settings at `path`, database at `db`, editions in `digests`. Gives back the database and its counts.

    Nothing is overwritten. Raises `ConflictError` where there is a desk already, `PipelineError` where a file is not what the manifest says.
    """
    said = _checked(folder)
    for there in (path, db):
        if there.exists():
            raise ConflictError(f"{there} is there already and stays as it is.", hint="Name an empty folder with --dir.")
    usable(folder / DB)
    try:
        for name in said:
            if name.startswith(f"{SETTINGS}/"):
                _copy(folder / name, path if name == f"{SETTINGS}/{bundle.MAIN}" else path.parent / name.removeprefix(f"{SETTINGS}/"))
            elif name.startswith(f"{EDITIONS}/"):
                _copy(folder / name, digests / name.removeprefix(f"{EDITIONS}/"))
    except OSError as error:
        raise PipelineError(f"{error.filename or path} cannot be written: {error.strerror}.", hint="Choose another folder with --dir.") from error
    restored = restore(folder / DB, db, now=now)
    return restored, {name: restored.copy.rows.get(name, 0) for name in _COUNTED}


# ---------------------------------------------------------------- writing


def _settings(config: Config, folder: Path) -> None:
    """Copy the settings. No secret ever stands in them: those come from the environment."""
    for name, path in bundle.handwritten(config):
        _copy(path, folder / name)


def _tables(config: Config, store: Store, folder: Path, *, with_subscribers: bool) -> None:
    _write(folder / "sources.opml", [write_opml(config.sources, f"{config.desk.name}: sources")])
    _write(folder / "items.jsonl", (f"{json_line(row)}\n" for row in export_items(store)))
    _write(folder / "items.csv", as_csv(export_items(store), ITEM_COLUMNS))
    _write(folder / "decisions.jsonl", (f"{json_line(row)}\n" for row in export_decisions(store)))
    _write(folder / "decisions.csv", as_csv(export_decisions(store), DECISION_COLUMNS))
    _write(folder / "references.ris", [references(kept(store), "ris", {topic.id: topic.name for topic in config.topics})])
    if with_subscribers:
        _write(folder / SUBSCRIBERS, export_subscribers(store))


def _editions(config: Config, store: Store, folder: Path) -> None:
    """Copy the files of released editions, and the living collections."""
    for name in (*(one.id for one in store.editions() if one.is_released), "collections"):
        if (config.digests / name).is_dir():
            shutil.copytree(config.digests / name, folder / name, ignore=shutil.ignore_patterns(".*"))


def _index(config: Config, folder: Path, counts: Mapping[str, int], now: datetime) -> str:
    """A page that leads to everything, and loads nothing."""
    rows = "".join(f'<li><a href="{escape(name)}">{escape(name)}</a>: {escape(words)}</li>\n' for name, words in _there(folder))
    editions = "".join(
        f'<li><a href="{EDITIONS}/{one.name}/index.html">{escape(one.name)}</a></li>\n'
        for one in sorted((folder / EDITIONS).glob("*-*"), reverse=True)
    )
    numbers = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    name, language = escape(config.desk.name), escape(config.desk.language)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{name}: everything</title>\n<style>body{{font:1rem/1.5 sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem}}</style>\n"
        f"<h1>{name}: everything</h1>\n<p>{escape(config.desk.organisation)}, {now:%Y-%m-%d}. {numbers}.</p>\n<ul>\n{rows}</ul>\n"
        f"<h2>Editions</h2>\n<ul>\n{editions}</ul>\n</html>\n"
    )


def _there(folder: Path) -> Iterator[tuple[str, str]]:
    return ((name, words) for name, words in _WORDS.items() if name == MANIFEST or (folder / name).exists())


def _manifest(folder: Path, files: Mapping[str, str], said: Mapping[str, object]) -> None:
    words = {"by": f"Gleanings {version('gleanings')}", **said, "files": files}
    (folder / MANIFEST).write_text(json.dumps(words, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _digests(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _digest(path) for path in paths}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, parts: Iterable[str]) -> None:
    with path.open("wb") as file:
        file.writelines(part.encode("utf-8", "replace") for part in parts)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


# ---------------------------------------------------------------- reading


def _checked(folder: Path) -> tuple[str, ...]:
    """Hold every file against the manifest; their names. Raises `PipelineError`."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            files = json.loads(file.read(_LARGEST))["files"]
        names = {str(name): str(digest) for name, digest in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PipelineError(f"{folder} is no export of everything.", hint="Name the folder that `gleanings export everything` wrote.") from error
    for name, digest in names.items():
        if (
            PurePosixPath(name).is_absolute()
            or ".." in PurePosixPath(name).parts
            or not (folder / name).is_file()
            or _digest(folder / name) != digest
        ):
            raise PipelineError(f"{name} is not what the manifest says.", hint="Copy the folder anew; nothing was taken in.")
    for name in (DB, f"{SETTINGS}/{bundle.MAIN}"):
        if name not in names:
            raise PipelineError(f"{name} is missing in the manifest.", hint="Copy the folder anew; nothing was taken in.")
    return tuple(names)
