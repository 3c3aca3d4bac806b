"""What editors moved by hand, put over what composing would make: order, sections, leads, picks, caps, and what waits for a later edition.

Refuses to keep what is gone: an item that is no longer accepted, or a section that the settings no longer have, falls out without a word. What
nobody touched stands where composing puts it, and so does what is accepted afterwards: behind the item that comes before it by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import TypeVar

from pipeline.digest import entries
from pipeline.digest.sections import ALSO_NEW, DEFAULT_SECTIONS, by_merit
from pipeline.model import Arrangement, DigestSettings, Edition, Item, ItemId, SectionRule, State

PICKS = 3
"""Items that stand under "If you read only three"."""

Key = TypeVar("Key", bound=Hashable)


class Absence(StrEnum):
    """Why something that was accepted does not stand in an edition."""

    LEFT_OUT = "left out"
    OVER = "over"
    MEMBERS = "members"
    NO_ROOM = "no room"


def all_sections(settings: DigestSettings) -> tuple[SectionRule, ...]:
    """Give the sections that an edition may have, in the settings' order, with the one that takes the rest."""
    rules = settings.sections or DEFAULT_SECTIONS
    return rules if any(rule.id == ALSO_NEW.id for rule in rules) else (*rules, ALSO_NEW)


def capped(settings: DigestSettings, arrangement: Arrangement) -> DigestSettings:
    """Give the settings with the caps that an editor set for this edition."""
    if not arrangement.caps:
        return settings
    known = settings.sections or DEFAULT_SECTIONS
    rules = all_sections(settings) if ALSO_NEW.id in arrangement.caps else known
    return replace(settings, sections=tuple(replace(rule, cap=arrangement.caps.get(rule.id, rule.cap)) for rule in rules))


def slots(settings: DigestSettings, arrangement: Arrangement) -> int:
    """Say how many items an edition has room for: its own bound, or the caps of its sections together where every one has a cap."""
    caps = [rule.cap for rule in capped(settings, arrangement).sections]
    known = [cap for cap in caps if cap is not None]
    return min(settings.max_items, sum(known)) if known and len(known) == len(caps) else settings.max_items


def homes(arrangement: Arrangement, settings: DigestSettings) -> dict[ItemId, str]:
    """Say into which section an editor put an item; of several the first has it."""
    found: dict[ItemId, str] = {}
    for rule in all_sections(settings):
        for item in arrangement.sections.get(rule.id, ()):
            found.setdefault(item, rule.id)
    return found


def precedence(arrangement: Arrangement) -> Callable[[Item], tuple[bool | float, ...]]:
    """Give the order in which items get room: must-have first, then what was chosen by hand (leads, picks, places), then by merit."""
    placed = dict.fromkeys((*arrangement.leads.values(), *arrangement.picks, *(item for items in arrangement.sections.values() for item in items)))
    places = {item: place for place, item in enumerate(placed)}

    def key(item: Item) -> tuple[bool | float, ...]:
        must, *merit = by_merit(item)
        return (must, places.get(item.id, len(places)), *merit)

    return key


def in_order(section: str, share: Sequence[Item], arrangement: Arrangement) -> tuple[Item, ...]:
    """Put the items of a section, given as composing orders them, into the order made by hand, the lead first."""
    known = {item.id: item for item in share}
    order = merged(arrangement.sections.get(section, ()), list(known))
    lead = arrangement.leads.get(section)
    first = [lead] if lead in known else []
    return tuple(known[item] for item in dict.fromkeys((*first, *order)))


def picks(composed: Sequence[ItemId], present: Collection[ItemId], arrangement: Arrangement) -> tuple[ItemId, ...]:
    """Give the picks made by hand that are present, else those that were composed."""
    chosen = tuple(dict.fromkeys(item for item in arrangement.picks if item in present))[:PICKS]
    return chosen or tuple(composed)


def merged(by_hand: Iterable[Key], composed: Sequence[Key]) -> list[Key]:
    """Put keys into the order made by hand. One that is not in it stands behind the one that precedes it in `composed`, or first of all."""
    known = set(composed)
    made = list(dict.fromkeys(key for key in by_hand if key in known))
    placed = set(made)
    for before, key in zip((None, *composed), composed, strict=False):
        if key not in placed:
            made.insert(0 if before is None else made.index(before) + 1, key)
            placed.add(key)
    return made


def belongs(item: Item, edition_id: str, settings: DigestSettings) -> bool:
    """Say whether an item may stand in an edition: accepted or published there, and for its audience."""
    return _is_kept(item, edition_id) and not (settings.audience == "public" and item.audience != "public")


def absent(
    items: Iterable[Item], edition: Edition, *, arrangement: Arrangement, settings: DigestSettings, now: datetime, zone: tzinfo
) -> tuple[tuple[Item, Absence], ...]:
    """List what was accepted and does not stand in an edition, best first, each with the reason."""
    present = {entry.id for entry in edition.entries}
    missing = sorted((item for item in items if item.id not in present and _is_kept(item, edition.id)), key=by_merit)
    return tuple((item, _why(item, edition.id, arrangement, settings=settings, is_over=entries.is_over(item, now, zone))) for item in missing)


def _why(item: Item, edition_id: str, arrangement: Arrangement, *, settings: DigestSettings, is_over: bool) -> Absence:
    if item.id in arrangement.left_out:
        return Absence.LEFT_OUT
    if not belongs(item, edition_id, settings):
        return Absence.MEMBERS
    return Absence.OVER if is_over else Absence.NO_ROOM


def _is_kept(item: Item, edition_id: str) -> bool:
    return item.state is State.ACCEPTED or (item.state is State.PUBLISHED and item.edition == edition_id)
