"""What the corrections of released editions say of items, for what else shows the same items: which were withdrawn, and which words are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.model import Correction, Edition, Entry, ItemId, Severity
from pipeline.store import Store

_WITHDRAWN = (Severity.RETRACTED, Severity.HARM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Righted:
    """`withdrawn` holds the correction that took an item away, `words` its entry as put right last and when that was."""

    withdrawn: Mapping[ItemId, Correction] = field(default_factory=dict)
    words: Mapping[ItemId, tuple[Entry, datetime]] = field(default_factory=dict)

    def put(self, edition: Edition, decided: Mapping[ItemId, datetime]) -> Edition:
        """Put the words of an edition right, but for items on which somebody decided after the correction: these speak for themselves."""
        sections = tuple(
            replace(section, entries=tuple(self._better(one, decided.get(one.id)) for one in section.entries)) for section in edition.sections
        )
        return replace(edition, sections=sections)

    def _better(self, entry: Entry, decided: datetime | None) -> Entry:
        put_right, made = self.words.get(entry.id, (None, None))
        if put_right is None or made is None or (decided is not None and decided > made):
            return entry
        return replace(entry, title=put_right.title, url=put_right.url, blurb=put_right.blurb, note=put_right.note)


def righted(store: Store) -> Righted:
    """Read what corrections say. Words that only members may see are not among it."""
    withdrawn: dict[ItemId, Correction] = {}
    words: dict[ItemId, tuple[Entry, datetime]] = {}
    for edition in store.corrected():
        entries = {entry.id: entry for entry in edition.entries if entry.audience == "public"}
        for one in edition.corrections:
            if one.item is not None and one.severity in _WITHDRAWN:
                withdrawn[one.item] = one
            if one.item in entries and (one.item not in words or words[one.item][1] <= one.made):
                words[one.item] = entries[one.item], one.made
    return Righted(withdrawn=withdrawn, words=words)
