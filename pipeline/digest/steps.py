"""The steps of an editor who arranges a draft: each gives the arrangement after it, with a sentence on what was done.

A step starts from the draft as it stands, so that what she sees is what she changes. Refuses what makes no sense there, in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline import text
from pipeline.digest.arrange import PICKS, all_sections, merged
from pipeline.errors import ConflictError, NotFoundError, PipelineError
from pipeline.model import Arrangement, DigestSettings, Edition, Entry, ItemId, SectionRule

MOST = 200
"""The greatest cap of a section."""
_TITLE = 80


def place(before: Arrangement, draft: Edition, item: ItemId, *, rule: SectionRule, at: int) -> Arrangement:
    """Put an item of the draft into a section, at a place counted from 0; the last place where `at` is too great."""
    home, entry = found(draft, item)
    order = [one for one in standing(draft, rule.id) if one != item]
    at = min(max(at, 0), len(order))
    order.insert(at, item)
    sections = {name: tuple(one for one in items if one != item) for name, items in before.sections.items()}
    leads = {name: lead for name, lead in before.leads.items() if lead != item and not (name == rule.id and at == 0)}
    where = f"place {at + 1} of {len(order)}"
    said = f"{_named(entry)}: {where} in {rule.title}." if home == rule.id else f"{_named(entry)}: moved to {rule.title}, {where}."
    return replace(before, sections={**sections, rule.id: tuple(order)}, leads=leads, said=said)


def lead(before: Arrangement, draft: Edition, item: ItemId) -> Arrangement:
    """Make an item the first of its section, whatever comes in later."""
    home, entry = found(draft, item)
    return replace(before, leads={**before.leads, home: item}, said=f"{_named(entry)}: lead of its section.")


def pick(before: Arrangement, draft: Edition, item: ItemId) -> Arrangement:
    """Put an item under "If you read only three". The last one there makes room where three are picked."""
    _, entry = found(draft, item)
    if item in draft.picks:
        raise ConflictError(f"{_named(entry)} is picked already.")
    kept = draft.picks[: PICKS - 1]
    gone = [_named(found(draft, one)[1]) for one in draft.picks[PICKS - 1 :]]
    said = f"{_named(entry)}: picked{f' in the place of {gone[0]}' if gone else ''}."
    return replace(before, picks=(*kept, item), said=said)


def unpick(before: Arrangement, draft: Edition, item: ItemId) -> Arrangement:
    """Take a pick back. Where it was the last one made by hand, the desk picks again."""
    _, entry = found(draft, item)
    if item not in draft.picks:
        raise ConflictError(f"{_named(entry)} is not picked.")
    return replace(before, picks=tuple(one for one in draft.picks if one != item), said=f"{_named(entry)}: picked no longer.")


def leave_out(before: Arrangement, draft: Edition, item: ItemId) -> Arrangement:
    """Keep an item for a later edition: it stays accepted."""
    _, entry = found(draft, item)
    return replace(before, left_out=(*before.left_out, item), said=f"{_named(entry)}: left out, kept for a later edition.")


def bring_back(before: Arrangement, item: ItemId, *, title: str) -> Arrangement:
    """Take an item that was left out into this edition again."""
    if item not in before.left_out:
        raise ConflictError(f"“{text.clip(title, _TITLE)}” is not left out.")
    kept = tuple(one for one in before.left_out if one != item)
    return replace(before, left_out=kept, said=f"“{text.clip(title, _TITLE)}”: back in this edition.")


def cap(before: Arrangement, rule: SectionRule, most: int | None) -> Arrangement:
    """Bound a section to so many items; `None` is as configured."""
    if most is not None and not 0 < most <= MOST:
        raise PipelineError(f"A section takes between 1 and {MOST} items.", hint="Leave the field empty for what the settings say.")
    caps = {name: number for name, number in before.caps.items() if name != rule.id}
    said = f"{rule.title}: at most {text.counted(most, 'item')}." if most else f"{rule.title}: as many items as the settings say."
    return replace(before, caps={**caps, rule.id: most} if most else caps, said=said)


def shift(before: Arrangement, draft: Edition, rule: SectionRule, *, by: int, settings: DigestSettings) -> Arrangement:
    """Move a section of the draft up (`by` is -1) or down (1) among those that have items."""
    order = [section.id for section in draft.sections]
    if rule.id not in order:
        raise ConflictError(f"{rule.title} has no items, so it does not stand in this edition.")
    here = order.index(rule.id)
    there = min(max(here + by, 0), len(order) - 1)
    order.insert(there, order.pop(here))
    every = merged(order, [one.id for one in all_sections(settings)])
    return replace(before, order=tuple(every), said=f"{rule.title}: section {there + 1} of {len(order)}.")


def found(draft: Edition, item: ItemId) -> tuple[str, Entry]:
    """Give the section and entry of an item. Raises `NotFoundError` where the draft does not hold it."""
    for section in draft.sections:
        for entry in section.entries:
            if entry.id == item:
                return section.id, entry
    raise NotFoundError("item", f"{item} in edition {draft.id}", hint="It may have been left out or reopened meanwhile: load the page again.")


def standing(draft: Edition, section: str) -> Sequence[ItemId]:
    """Give the items of a section as they stand in a draft."""
    return [entry.id for one in draft.sections if one.id == section for entry in one.entries]


def _named(entry: Entry) -> str:
    return f"“{text.clip(entry.title, _TITLE)}”"
