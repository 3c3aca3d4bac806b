"""What was put right, as every format prints it: the corrections of this edition, numbered and dated, and those of earlier issues."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pipeline import dates
from pipeline.model import Correction, Edition, ItemId, Severity
from pipeline.render import words

_LABELS = {Severity.RETRACTED: "Withdrawn", Severity.HARM: "Important correction"}
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One correction in words. `item` is an entry of this edition, else None; `issue` names an earlier issue and `url` leads to it."""

    number: int
    label: str
    day: str
    title: str
    note: str
    made: datetime
    item: ItemId | None = None
    issue: str = ""
    url: str = ""

    @property
    def withdrawn(self) -> bool:
        """Whether the work was withdrawn."""
        return self.label == _LABELS[Severity.RETRACTED]


def notices(edition: Edition) -> tuple[Notice, ...]:
    """Number the corrections of a prepared edition, oldest first."""
    return tuple(_notices(edition.corrections, edition, {entry.id: entry.title for entry in edition.entries}))


def marks(edition: Edition) -> Mapping[ItemId, tuple[Notice, ...]]:
    """Give the corrections of each entry that has some."""
    made = notices(edition)
    return {one.item: tuple(other for other in made if other.item == one.item) for one in made if one.item is not None}


def errata(edition: Edition) -> tuple[Notice, ...]:
    """Number the corrections of earlier issues that this edition prints."""
    return tuple(_notices(edition.errata, edition, {}))


def _notices(made: tuple[Correction, ...], edition: Edition, titles: Mapping[ItemId, str]) -> Iterator[Notice]:
    for number, one in enumerate(made, 1):
        known = one.item if one.item in titles else None
        earlier = one.edition != edition.id
        yield Notice(
            number=number,
            label=_LABELS.get(one.severity, "Corrected"),
            day=words.on_day(one.made, edition),
            title=words.apart(one.title or (titles[known] if known is not None else "")),
            note=one.note,
            made=one.made,
            item=known,
            issue=_issue(one.edition, edition.language) if earlier else "",
            url=words.issue_page(edition, one.edition) if earlier else "",
        )


def _issue(edition_id: str, language: str) -> str:
    found = _MONTH.match(edition_id)
    return dates.month(date(int(found[1]), int(found[2]), 1), language) if found and int(found[1]) else edition_id
