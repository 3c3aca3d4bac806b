"""An edition as files: all of its forms, for members and for the public, and a manifest that vouches for them.

Where an edition is for `members`, its folder holds all of it and `public/` within holds what everybody may read; else there is one rendition,
and it lies in the folder itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline import digest, render
from pipeline.config import Config
from pipeline.errors import PipelineError
from pipeline.files import sweep, write_whole
from pipeline.model import Edition, Finding, Rendition
from pipeline.publish.press import Printed, print_all
from pipeline.render import picture
from pipeline.render.prepare import prepare
from pipeline.store import Store

PUBLIC = "public"
MANIFEST = "manifest.json"
_PAGE = "html"

Earlier = Sequence[tuple[Edition, Mapping[str, str]]]
"""What corrections replaced, as `Store.revisions` gives it."""


def public_edition(edition: Edition) -> Edition | None:
    """Give what everybody may read of an edition; `None` before its release."""
    if not edition.is_released:
        return None
    return edition if edition.audience == "public" else digest.public(edition)


def public_folder(config: Config, edition: Edition) -> Path:
    """Give the folder whose files everybody may have."""
    folder = config.digests / edition.id
    return folder if edition.audience == "public" else folder / PUBLIC


def public_files(store: Store, edition: Edition) -> Mapping[str, str]:
    """Give the SHA-256 of each file in `public_folder` by its name, as released or corrected last."""
    files = store.files(edition.id)
    return files if edition.audience == "public" else _within(files)


def rendered(edition: Edition, formats: Iterable[str] | None = None) -> tuple[Edition, tuple[Rendition, ...], tuple[Finding, ...]]:
    """Make the files of an edition, in all formats or some. Gives back the edition as it could be set, its files, and what was set aside."""
    names = tuple(render.FORMATS) if formats is None else tuple(formats)
    inside = print_all(edition, names)
    if edition.audience == "public":
        return inside.edition, _with_pictures(inside, names), inside.findings
    outside = print_all(digest.public(inside.edition), names)
    files = (*_with_pictures(inside, names), *(replace(file, filename=f"{PUBLIC}/{file.filename}") for file in _with_pictures(outside, names)))
    return inside.edition, files, tuple(dict.fromkeys((*inside.findings, *outside.findings)))


def _with_pictures(printed: Printed, names: Iterable[str]) -> tuple[Rendition, ...]:
    """Put the pictures beside the web page, which shows them."""
    return (*printed.files, *picture.renditions(prepare(printed.edition))) if _PAGE in names else printed.files


def hashes(files: Iterable[Rendition]) -> dict[str, str]:
    """Give the SHA-256 of each file by its name."""
    return {file.filename: hashlib.sha256(file.body).hexdigest() for file in files}


def is_intact(path: Path, digest: str) -> bool:
    """Say whether a file is there and has this SHA-256."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False


def write_all(folder: Path, edition: Edition, files: Sequence[Rendition], *, earlier: Earlier = ()) -> None:
    """Write each file whole or not at all, the manifest last, so that a reader never sees half an edition as finished."""
    for file in files:
        write(folder / file.filename, file.body)
    sweep(folder)
    _drop_pictures(folder, edition)
    if edition.audience != "public":
        _drop_pictures(folder / PUBLIC, digest.public(edition))
    there = dict(_there(folder))
    past = [files for _, files in earlier]
    if edition.audience != "public":
        there |= {f"{PUBLIC}/{name}": digest for name, digest in _there(folder / PUBLIC)}
        write(folder / PUBLIC / MANIFEST, _manifest(edition, _within(there), [_within(files) for files in past]))
    write(folder / MANIFEST, _manifest(edition, there, past))


def write(path: Path, body: bytes) -> None:
    """Write one file whole or not at all, making its folder. Raises `PipelineError` with a sentence where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (body,))
    except OSError as error:
        raise PipelineError(
            f"{path} cannot be written: {error.strerror}.", hint="Make room or mend the folder's rights; then give the command again."
        ) from error


def _there(folder: Path) -> Iterator[tuple[str, str]]:
    """What lies in a folder, of this building or one before: a draft may be built in one format and then in another."""
    mine = {kind.filename for kind in render.FORMATS.values()}
    for path in sorted(folder.iterdir()):
        if path.name in mine:
            yield path.name, hashlib.sha256(path.read_bytes()).hexdigest()
    for path in _pictures(folder):
        yield f"{picture.FOLDER}/{path.name}", hashlib.sha256(path.read_bytes()).hexdigest()


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / picture.FOLDER).glob("*") if picture.is_path(f"{picture.FOLDER}/{path.name}"))


def _drop_pictures(folder: Path, edition: Edition) -> None:
    """Let go of pictures that lie there from an earlier draft and are not of this edition."""
    if there := _pictures(folder):
        wanted = {one.name for one in picture.pictures(prepare(edition))}
        for path in there:
            if path.name not in wanted:
                path.unlink(missing_ok=True)


def _manifest(edition: Edition, files: Mapping[str, str], earlier: Sequence[Mapping[str, str]]) -> bytes:
    said = {
        "edition": edition.id,
        "state": edition.state,
        "revision": 1 + len(edition.corrections),
        "files": files,
        "earlier": [{"revision": number, "files": one} for number, one in enumerate(earlier, start=1)],
    }
    return (json.dumps(said, indent=1) + "\n").encode()


def _within(files: Mapping[str, str]) -> dict[str, str]:
    """The files of the public folder, by their names in there."""
    return {name.removeprefix(f"{PUBLIC}/"): digest for name, digest in files.items() if name.startswith(f"{PUBLIC}/")}
