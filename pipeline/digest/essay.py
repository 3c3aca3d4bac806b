"""An essay in Markdown for editions of the template `essay`: which entries one cites, and a draft to begin from.

The draft holds what the entries say, in their own words, between phrases that claim nothing of the world. It invents no link between two things.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline import dates
from pipeline.digest.bounds import bounded
from pipeline.digest.letter import plain
from pipeline.digest.sections import BOARD_KINDS, EVENT_KINDS
from pipeline.digest.series import sentences
from pipeline.model import Edition, Entry, ItemId

MARK = re.compile(r"\[@\d{1,18}(?:\s*;\s*@\d{1,18})*\]")
"""A reference as it is written: `[@214]`, `[@214; @215]`."""
_ITEM = re.compile(r"\d+")
_THEME = 2
"""Entries that make a topic a theme of its own."""
_SAID = 2
"""Sentences of a description that the draft takes."""
_OPENINGS = ("From {source} comes {named}", "There is also {named} from {source}", "{source} has {named}", "To these {source} adds {named}")
_INLINE = re.compile(r"([\\`*_\[\]<>&|~])")


def cited(essay: str) -> tuple[ItemId, ...]:
    """List the ids that an essay refers to as `[@214]` or `[@214; @215]`, each once, in the order of first reference."""
    return tuple(dict.fromkeys(ItemId(int(item)) for mark in MARK.findall(essay) for item in _ITEM.findall(mark)))


def draft_essay(edition: Edition) -> str:
    """Draft an essay in Markdown: a paragraph for each theme, every sentence from notes, descriptions and sources, every entry cited."""
    if not edition.entries:
        return ""
    edition = bounded(edition)
    parts = [f"## {plain(theme)}\n\n{_paragraph(entries, edition)}" for theme, entries in _themes(edition)]
    return "\n\n".join(parts) + "\n"


def is_draft(edition: Edition) -> bool:
    """Say whether the essay of an edition is still the draft."""
    return bool(edition.essay.strip()) and edition.essay.strip() == draft_essay(edition).strip()


def _themes(edition: Edition) -> Iterator[tuple[str, list[Entry]]]:
    """Give each entry to the most frequent of its topics; what stands alone there goes under its section's heading, dates and the board last."""
    heading = {entry.id: section.title for section in edition.sections for entry in section.entries}
    found = list({entry.id: entry for entry in edition.entries}.values())
    readable = [entry for entry in found if entry.kind not in EVENT_KINDS | BOARD_KINDS]
    topics = Counter(topic for entry in readable for topic in dict.fromkeys(entry.topics))
    theme = {entry.id: max(entry.topics, key=lambda topic: topics[topic], default="") for entry in readable}
    own = Counter(theme.values())
    themes: dict[str, list[Entry]] = {}
    for entry in [*readable, *(one for one in found if one.kind in EVENT_KINDS | BOARD_KINDS)]:
        topic = theme.get(entry.id, "")
        themes.setdefault(topic if topic and own[topic] >= _THEME else heading[entry.id], []).append(entry)
    # A stable sort: the board and the dates stay at the end, as readers expect them.
    yield from sorted(themes.items(), key=lambda one: one[1][0].kind in EVENT_KINDS | BOARD_KINDS)


def _paragraph(entries: Sequence[Entry], edition: Edition) -> str:
    return " ".join(_told(entry, place, edition) for place, entry in enumerate(entries))


def _told(entry: Entry, place: int, edition: Edition) -> str:
    """One entry in prose: where it comes from, what it is, what it says, and why it is here."""
    named = f"*{_inline(entry.title) or _inline(entry.url)}* ({_inline(entry.kind_name[:1].lower() + entry.kind_name[1:])}) [@{entry.id}]"
    if entry.event and entry.event.start:
        opening = f"On {dates.long(entry.event.start, edition.language)} there is {named}"
    elif entry.source:
        opening = _OPENINGS[place % len(_OPENINGS)].format(source=_inline(entry.source), named=named)
    else:
        opening = f"There is {named}"
    said = (_inline(one) for one in (*sentences(entry.blurb)[:_SAID], *sentences(entry.note)))
    return " ".join([f"{opening}.", *map(_ended, said)])


def _inline(words: str) -> str:
    """Write words so that Markdown shows them as they are in the middle of a line, and an editor can still read them."""
    return _INLINE.sub(r"\\\1", " ".join(words.split()))


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…", "”", '"', "’", "'", ")")) else f"{sentence}."
