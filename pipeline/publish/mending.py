"""Find what in an edition cannot be set, and put a plain line in its place. Knows no format: it is handed a way to try an edition.

A culprit is found by halving (log2 n tries for one among n). An item keeps its place and its link, so that no reader misses it unawares and all
forms agree; a part of the frame (letter, essay, …) is left out, and the editor must look at it before release.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.model import Edition, Entry, Finding, ItemId

RULE = "not-set"
_RUNS = 60
"""So many parts of an edition are tried; what is suspect then is set aside as a whole."""
_URL = 300
"""Characters of an address that a plain line keeps. It must be ASCII: the address may be what cannot be set."""
_PARTS: Mapping[str, Mapping[str, Any]] = {
    "letter": {"letter": ""},
    "essay": {"essay": "", "template": "list"},
    "corrections": {"corrections": (), "errata": ()},
    "figures": {"trends": (), "months": ()},
    **{name: {name: ""} for name in ("strap", "editor", "organisation", "contact", "title")},
}
"""What stands in an edition besides its entries and may be left out, by the place that a finding names."""

Attempt = Callable[[Edition], str]
"""Tries to make a form of an edition: gives back why it cannot be made, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """An edition with plain lines for what could not be set, and what the editor must know. `is_lost`: nothing that was tried helps."""

    edition: Edition
    findings: tuple[Finding, ...]
    is_lost: bool = False


def mend(edition: Edition, attempt: Attempt, *, file: str, why: str) -> Mended:
    """Make an edition that `attempt` can set from one that it cannot. `file` and `why` are for the findings."""
    frame = replace(edition, sections=(), picks=())
    if fault := attempt(frame):
        return _without_part(edition, frame, attempt, file=file, why=fault)
    if not attempt(untitled := _untitled(edition)):
        return Mended(edition=untitled, findings=(_of_part("section titles", file, why),))
    found = _culprits(edition, attempt, why)
    for remaining in (_plainly, _without):
        if found and not attempt(mended := remaining(edition, found)):
            return Mended(edition=mended, findings=tuple(_of_item(item, file, fault) for item, fault in sorted(found.items())))
    return lost(edition, file, why, "Publish fewer items at once, or look for what is unusual in the newest ones; the other files are there.")


def _culprits(edition: Edition, attempt: Attempt, why: str) -> dict[ItemId, str]:
    """Give the items that cannot be set, each with the reason; none where all can be set alone and only not together."""
    everyone = tuple(dict.fromkeys(entry.id for entry in edition.entries))
    found: dict[ItemId, str] = {}
    waiting, runs = [(everyone, why)], 0
    while waiting:
        part, fault = waiting.pop()
        if len(part) <= 1 or runs >= _RUNS:
            found |= dict.fromkeys(part, fault)
            continue
        middle = len(part) // 2
        guilty = [(half, fault) for half in (part[:middle], part[middle:]) if (fault := attempt(_only(edition, half)))]
        runs += 2
        if not guilty and part is everyone:
            return {}
        if not guilty:  # these fail with each other and not alone
            found |= dict.fromkeys(part, fault)
        waiting += guilty
    return found


def _without_part(edition: Edition, frame: Edition, attempt: Attempt, *, file: str, why: str) -> Mended:
    for place, nothing in _PARTS.items():
        if not attempt(replace(frame, **nothing)):
            return Mended(edition=replace(edition, **nothing), findings=(_of_part(place, file, why),))
    return lost(edition, file, why, "Look at the name, the organisation and the addresses under `desk` in sources.yaml; the items are not at fault.")


def lost(edition: Edition, file: str, why: str, remedy: str) -> Mended:
    """Give a form up: the edition as it is, with a finding that stops its release."""
    finding = Finding(severity="error", place="edition", problem=f"{file} could not be made: {why}.", remedy=remedy, rule=RULE)
    return Mended(edition=edition, findings=(finding,), is_lost=True)


def _of_part(place: str, file: str, why: str) -> Finding:
    problem = f"The {place} could not be set in {file}: {why}. The files were made without."
    return Finding(severity="error", place=place, problem=problem, remedy=f"Write the {place} anew, or shorten it.", rule=RULE)


def _of_item(item: ItemId, file: str, why: str) -> Finding:
    return Finding(
        severity="warning",
        place=f"item {item}",
        problem=f"Item {item} could not be set in {file}: {why}. A plain line stands in its place.",
        remedy=f"Edit the title and the words of item {item}, or leave it out.",
        rule=RULE,
    )


def _untitled(edition: Edition) -> Edition:
    sections = (replace(section, title=f"Section {place}", standfirst="") for place, section in enumerate(edition.sections, start=1))
    return replace(edition, sections=tuple(sections))


def _only(edition: Edition, items: Collection[ItemId]) -> Edition:
    """Leave only these items, in their sections, among everything else that the edition says."""
    wanted = frozenset(items)
    sections = (replace(section, entries=tuple(one for one in section.entries if one.id in wanted)) for section in edition.sections)
    return replace(
        edition, sections=tuple(section for section in sections if section.entries), picks=tuple(pick for pick in edition.picks if pick in wanted)
    )


def _without(edition: Edition, items: Collection[ItemId]) -> Edition:
    return _only(edition, {entry.id for entry in edition.entries}.difference(items))


def _plainly(edition: Edition, items: Collection[ItemId]) -> Edition:
    return replace(
        edition,
        sections=tuple(
            replace(section, entries=tuple(_plain(one, edition) if one.id in items else one for one in section.entries))
            for section in edition.sections
        ),
    )


def _plain(entry: Entry, edition: Edition) -> Entry:
    """Keep number, kind, link and audience of an entry, and none of the words that came from outside."""
    has_link = entry.url.isascii() and len(entry.url) <= _URL
    way = "The link leads to it." if has_link else "Ask the editor for it."
    return Entry(
        id=entry.id,
        url=entry.url if has_link else "",
        kind=entry.kind,
        kind_name=entry.kind.value.replace("-", " ").capitalize(),
        link_label="Open",
        title=f"Item {entry.id}: its words could not be set",
        blurb=f"This item came with words that cannot be printed here. {way}",
        language=edition.language,
        audience=entry.audience,
    )
