"""Events that were moved after we had printed them: what to put right, in words and as a command.

Corrects nothing by itself: a person reads the proposal and gives the command, or takes it at the desk.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline import dates
from pipeline.errors import NotFoundError
from pipeline.model import Edition, Entry, Event, ItemId, Severity
from pipeline.render import words
from pipeline.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A released entry whose event is at another time or place now. `note` is the sentence for readers, `sentence` the one for the desk."""

    edition: str
    item: ItemId
    note: str
    sentence: str

    @property
    def asked(self) -> dict[str, str]:
        """What the form of a correction begins with."""
        return {"item": str(self.item), "severity": Severity.ERROR.value, "note": self.note, "when": "yes"}

    @property
    def command(self) -> str:
        """What puts it right at the command line."""
        asked = ("--item", str(self.item), "--severity", Severity.ERROR.value, "--when", "--note", self.note)
        return shlex.join(("gleanings", "digest", "correct", self.edition, *asked))


def proposals(store: Store, edition: Edition, *, now: datetime) -> tuple[Proposal, ...]:
    """List the events of a released edition that are still to come and stand elsewhere now than it says."""
    return tuple(_proposals(store, edition, now)) if edition.is_released else ()


def _proposals(store: Store, edition: Edition, now: datetime) -> Iterator[Proposal]:
    for place, entry in enumerate(edition.entries, 1):
        event = _event(store, entry)
        if event is None or entry.event is None or event.when_and_where == entry.event.when_and_where:
            continue
        if event.start is not None and dates.day(event.end or event.start) >= now.date():
            where = f", {said}" if (said := words.where(event)) else ""
            note = f"{edition.month_name or edition.id}, item {place}, was moved: it is now on {words.when(event, edition)}{where}."
            yield Proposal(edition=edition.id, item=entry.id, note=note, sentence=f'{note} "{entry.title}"')


def _event(store: Store, entry: Entry) -> Event | None:
    """The event of the item as it stands now; `None` where the entry has none, or the item is not kept any more."""
    if entry.event is None:
        return None
    try:
        return store.item(entry.id).event
    except NotFoundError:
        return None
