"""Editions and their files.

A draft may be built at any time. A release is a snapshot in the database first and files second: whatever happens in between, the same
command writes the same files again from the snapshot.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline import digest, render
from pipeline.config import Config
from pipeline.errors import ConflictError, NotFoundError, PipelineError, RenderError
from pipeline.files import write_whole
from pipeline.model import Edition, EditionState, Finding, Item, Rendition, State
from pipeline.store import ItemQuery, Store

NAME = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])")
MOST = 1_000
"""Accepted items that one edition looks at."""
LETTER = "letter.md"
"""The editor's letter: a Markdown file in the edition's folder, hers to write."""


def build(
    edition_id: str, config: Config, store: Store, *, now: datetime, formats: Iterable[str] | None = None, letter: str | None = None
) -> tuple[Edition, tuple[Finding, ...], Path]:
    """Compose the draft from what is accepted now, keep it, and write its files. Gives back edition, findings and folder.

    A frozen edition keeps its items; what is said of them may still change. Raises `ConflictError` for a released one.
    """
    _named(edition_id)
    folder = config.digests / edition_id
    before = _known(edition_id, store)
    if before is not None and before.is_released:
        raise ConflictError(f"Edition {edition_id} is released and stays as it is.", hint=f"`gleanings digest show {edition_id}` shows it.")
    if letter is not None:
        _write(folder / LETTER, letter.encode())
    edition = _composed(edition_id, config, store, before=before, now=now)
    store.save_edition(edition)
    files = _rendered(edition, formats)
    _write_all(folder, files)
    return edition, digest.preflight(edition), folder


def freeze(edition_id: str, config: Config, store: Store, *, now: datetime) -> Edition:
    """Stop entry: nothing gets into this edition by itself any more."""
    edition, _, folder = build(edition_id, config, store, now=now, formats=())
    frozen = replace(edition, state=EditionState.FROZEN)
    store.save_edition(frozen)
    _write_all(folder, _rendered(frozen, None))
    return frozen


def release(edition_id: str, config: Config, store: Store, *, now: datetime) -> Path:
    """Publish an edition: render everything, keep the snapshot, write the files. Doing it again writes the same files again.

    Raises `RenderError` naming the finding that stands in the way, before anything is changed.
    """
    _named(edition_id)
    folder = config.digests / edition_id
    before = _known(edition_id, store)
    if before is not None and before.is_released:
        _write_all(folder, _rendered(before, None))
        return folder
    edition = _composed(edition_id, config, store, before=before, now=now)
    for finding in digest.preflight(edition):
        if finding.severity == "error":
            raise RenderError(f"Edition {edition_id} is not ready: {finding.problem}", place=finding.place, hint=finding.remedy)
    edition = replace(edition, state=EditionState.RELEASED, released=now)
    files = _rendered(edition, None)
    store.release(edition, files={file.filename: hashlib.sha256(file.body).hexdigest() for file in files}, now=now)
    _write_all(folder, files)
    return folder


def _named(edition_id: str) -> None:
    if not NAME.fullmatch(edition_id):
        raise NotFoundError("edition", f'"{edition_id}"', hint="An edition is named by its month, for example 2026-12.")


def _known(edition_id: str, store: Store) -> Edition | None:
    return next((edition for edition in store.editions() if edition.id == edition_id), None)


def _composed(edition_id: str, config: Config, store: Store, *, before: Edition | None, now: datetime) -> Edition:
    history = [edition for edition in store.editions() if edition.is_released and edition.id < edition_id]
    edition = digest.compose(
        edition_id,
        _items(store, before),
        desk=config.desk,
        settings=config.digest,
        topics=config.topics,
        tally=store.tally(_since(edition_id, history, config), now),
        now=now,
        letter=_letter(config.digests / edition_id / LETTER),
        history=history,
        number=len(history) + 1,
    )
    return replace(edition, state=before.state) if before is not None else edition


def _items(store: Store, before: Edition | None) -> tuple[Item, ...]:
    accepted = store.items(ItemQuery(states=(State.ACCEPTED,), limit=MOST))
    if before is None or before.state is EditionState.DRAFT:
        return accepted
    kept = {entry.id for entry in before.entries}
    return tuple(item for item in accepted if item.id in kept)


def _since(edition_id: str, history: list[Edition], config: Config) -> datetime:
    """From when this edition counts: the release before it, else the first of its month before, in the desk's zone."""
    released = [edition.released for edition in history if edition.released]
    if released:
        return max(released)
    year, month = map(int, edition_id.split("-"))
    return datetime(year - (month == 1), 12 if month == 1 else month - 1, 1, tzinfo=ZoneInfo(config.desk.timezone)).astimezone(UTC)


def _letter(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise RenderError(f"The editor's letter {path} cannot be read.", place="letter", hint="Save it as plain text in UTF-8.") from error


def _rendered(edition: Edition, formats: Iterable[str] | None) -> list[Rendition]:
    names = tuple(render.FORMATS) if formats is None else tuple(formats)
    for name in names:
        if name not in render.FORMATS:
            raise NotFoundError("format", f'"{name}"', hint=f"Known formats: {', '.join(render.FORMATS)}.")
    return [render.render(edition, name) for name in names]


def _write_all(folder: Path, files: list[Rendition]) -> None:
    """Write each file whole or not at all, the manifest last, so that a reader never sees half an edition as finished."""
    if not files:
        return
    for file in files:
        _write(folder / file.filename, file.body)
    mine = {kind.filename for kind in render.FORMATS.values()}
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir()) if path.name in mine}
    _write(folder / "manifest.json", (json.dumps({"files": hashes}, indent=1) + "\n").encode())


def _write(path: Path, body: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (body,))
    except OSError as error:
        raise PipelineError(
            f"{path} cannot be written: {error.strerror}.", hint="Make room or mend the folder's rights; then give the command again."
        ) from error
