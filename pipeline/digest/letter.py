"""The letter that stands in an edition when the editor wrote none: the numbers, and where to begin. It claims nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.model import Edition, Entry
from pipeline.text import counted

_OURS = re.compile(
    r"Dear colleagues,\n\n(?:nothing new was kept for this edition\."
    r"| ?(?:[\d,]+ new things? came in(?: from [\d,]+ sources?)?\. ?(?:\w+ of them we had already, by another road\. )?)?"
    r"This edition holds [\d,]+ entr(?:y|ies)(?: in \d+ sections)?\.(?:\n\nIf you are short of time, begin with \*\*[^\n]*)?\n\nGood reading!)"
)
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~&])")


def is_default(letter: str) -> bool:
    """Say whether a letter is one that `default_letter` wrote, for this edition or for an earlier state of it."""
    return _OURS.fullmatch(letter.strip()) is not None


def default_letter(edition: Edition) -> str:
    """Write a letter in Markdown from what the edition itself counts."""
    found = edition.entries
    if not found:
        return "Dear colleagues,\n\nnothing new was kept for this edition."
    parts = ["Dear colleagues,", " ".join((_came(edition), _holds(edition, len(found)))), _begin(edition, found), "Good reading!"]
    return "\n\n".join(part for part in parts if part)


def _came(edition: Edition) -> str:
    tally = edition.tally
    if not tally.received:
        return ""
    sources = f" from {counted(tally.sources, 'source')}" if tally.sources else ""
    came = f"{counted(tally.received, 'new thing')} came in{sources}."
    if tally.folded:
        came += f" {tally.folded} of them we had already, by another road." if tally.folded > 1 else " One of them we had already, by another road."
    return came


def _holds(edition: Edition, entries: int) -> str:
    sections = len(edition.sections)
    return f"This edition holds {counted(entries, 'entry', 'entries')}" + (f" in {sections} sections." if sections > 1 else ".")


def _begin(edition: Edition, entries: Sequence[Entry]) -> str:
    wanted = edition.picks[0] if edition.picks else entries[0].id
    first = next((entry for entry in entries if entry.id == wanted), entries[0])
    if not first.title.strip():
        return ""
    source = f", from {plain(first.source)}" if first.source else ""
    time = f" It takes about {counted(first.minutes, 'minute')}." if first.minutes else ""
    return f"If you are short of time, begin with **{plain(first.title)}**{source}.{time}"


def plain(words: str) -> str:
    """Write words so that Markdown shows them as they are, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(words.split()))
