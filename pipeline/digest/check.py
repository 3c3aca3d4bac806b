"""What an editor should look at before release. Finds; repairs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from urllib.parse import urlsplit

from pipeline import dates
from pipeline.digest.entries import ended
from pipeline.digest.letter import default_letter
from pipeline.digest.sections import EVENT_KINDS
from pipeline.model import Edition, Entry, Finding

_NO_TITLES = frozenset({"", "untitled", "home", "homepage", "index", "document", "download", "pdf", "video", "no title", "(no title)"})


def preflight(edition: Edition) -> tuple[Finding, ...]:
    """List what is wrong or missing in an edition: errors, which must stop a release, before warnings and notes."""
    order = ("error", "warning", "note")
    return tuple(sorted(_findings(edition), key=lambda finding: order.index(finding.severity)))


def _findings(edition: Edition) -> Iterator[Finding]:
    if not edition.entries:
        yield Finding(severity="error", place="edition", problem="The edition is empty.", remedy="Accept some items, then build it again.")
    if not edition.letter.strip():
        yield Finding(severity="warning", place="letter", problem="There is no letter.", remedy="Write a few lines to your readers.")
    elif edition.letter == default_letter(edition):
        yield Finding(
            severity="warning",
            place="letter",
            problem="The letter was made from the numbers.",
            remedy="Write a few lines of your own to your readers.",
        )
    for entry in edition.entries:
        yield from _of_entry(entry, edition)


def _of_entry(entry: Entry, edition: Edition) -> Iterator[Finding]:
    place = f"item {entry.id}"
    if _is_bare(entry):
        yield Finding(
            severity="warning", place=place, problem=f'"{entry.title}" is no title.', remedy=f"Give item {entry.id} a title that says what it is."
        )
    if entry.kind in EVENT_KINDS:
        yield from _of_event(entry, edition, place)
    if not entry.blurb.strip():
        yield Finding(severity="warning", place=place, problem=f'"{entry.title}" has no description.', remedy="Say in a sentence what it is.")
    if not entry.note.strip():
        yield Finding(
            severity="note", place=place, problem=f'"{entry.title}" does not say why it is here.', remedy="Add a note: who should read it, and why."
        )


def _of_event(entry: Entry, edition: Edition, place: str) -> Iterator[Finding]:
    if entry.event is None or entry.event.start is None:
        yield Finding(severity="warning", place=place, problem=f'"{entry.title}" has no date.', remedy="Look its date up, or reject it.")
    elif ended(entry.event, edition.released or edition.composed, dates.zone(edition.timezone) or UTC):
        yield Finding(
            severity="error", place=place, problem=f'"{entry.title}" is over.', remedy="Build the edition again: events that are over are left out."
        )


def _is_bare(entry: Entry) -> bool:
    title = entry.title.strip().casefold()
    return (
        title in _NO_TITLES
        or title in (entry.url.casefold(), (urlsplit(entry.url).hostname or "").casefold())
        or title.startswith(("http:", "https:"))
    )
