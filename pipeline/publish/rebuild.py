"""Every released edition made again from its snapshot, and each file held against the SHA-256 that was kept of it. Writes nothing but that record."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from pipeline.model import Edition
from pipeline.publish import renditions
from pipeline.store import Store

_PACKAGES = (
    *("gleanings", "typst", "jinja2", "markdown-it-py", "nh3", "css-inline", "segno", "icalendar"),
    *("font-source-sans-pro", "font-source-serif-pro", "tzdata"),
)
"""What takes part in the bytes of an edition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unequal:
    """A file that did not come out as it was released, and why, as far as can be known."""

    edition: str
    revision: int
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How many released editions there are, how many corrections, how many files of them were made again, and what came out otherwise."""

    editions: int
    corrections: int
    files: int
    unequal: tuple[Unequal, ...]


def versions() -> dict[str, str]:
    """Give the versions of what makes the files of an edition."""
    return {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}}


def record(edition: Edition, store: Store) -> None:
    """Keep what the files of an edition that was just released or corrected were made with."""
    store.keep_made_with(edition.id, 1 + len(edition.corrections), versions())


def rebuild(store: Store, *, report: Callable[[str, int, int], None] = lambda what, done, total: None) -> Rebuilt:
    """Make all forms of all released editions again, and what corrections replaced too; compare each file with what was kept of it.

    A form that an edition was not released in is not asked for.
    """
    released = [one for one in store.editions() if one.is_released]
    corrections = files = 0
    unequal: list[Unequal] = []
    for done, edition in enumerate(released):
        report("rebuilding", done, len(released))
        states = [*store.revisions(edition.id), (edition, store.files(edition.id))]
        corrections += len(states) - 1
        for number, (state, known) in enumerate(states, start=1):
            files += len(known)
            unequal += _compared(state, known, number, made_with=store.made_with(edition.id, number))
    return Rebuilt(editions=len(released), corrections=corrections, files=files, unequal=tuple(unequal))


def _compared(edition: Edition, known: Mapping[str, str], number: int, *, made_with: Mapping[str, str]) -> Iterator[Unequal]:
    made = renditions.hashes(renditions.rendered(edition)[1])
    if not known:
        yield Unequal(edition=edition.id, revision=number, name="manifest.json", why="no SHA-256 was kept of its files")
    for name, digest in known.items():
        if name not in made:
            yield Unequal(edition=edition.id, revision=number, name=name, why="this Gleanings does not make such a file")
        elif made[name] != digest:
            yield Unequal(edition=edition.id, revision=number, name=name, why=_why(made_with))


def _why(made_with: Mapping[str, str]) -> str:
    here = versions()
    others = [f"{name} {then} then, {here.get(name, 'none')} here" for name, then in made_with.items() if here.get(name) != then]
    if others:
        return "it was made with other versions: " + "; ".join(others)
    if made_with:
        return "the versions of all packages are the same: the snapshot was changed, or this machine has other fonts"
    return "with what it was made was not recorded; here are " + ", ".join(f"{name} {one}" for name, one in here.items())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
