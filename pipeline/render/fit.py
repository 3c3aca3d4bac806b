"""How much of an edition a mail can hold: mail readers cut what is longer than about 100 KB, and nobody reads that much in a mail.

What a mail has no room for is named there, with a link to the page that has it; nothing is left out without a word.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline import text
from pipeline.model import Edition

SMALL, LARGE, FEW = 50_000, 90_000, 60
"""Bytes of a mail with at most `FEW` entries, and of any mail."""
_LONGER = 12
"""Bytes by which the signed address of an entry can be longer than the place that stands for it while the mail is written."""
_PARAGRAPH = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What a mail prints at most: characters of a text, entries of a section, sections, notices of one sort, bytes of prose."""

    words: int = 1_200
    entries: int = 100_000
    sections: int = 40
    notices: int = 100
    prose: int = 40_000

    def clip(self, said: str) -> str:
        """Shorten a text."""
        return text.clip(said, self.words)


_GENTLE = (Cut(), Cut(words=420), Cut(words=240, notices=20, prose=20_000), Cut(words=120, notices=20, prose=12_000))
_FIRM = Cut(words=160, notices=10, prose=12_000)
_LAST = Cut(words=80, entries=0, sections=20, notices=3, prose=2_000)


def fitted(edition: Edition, write: Callable[[Cut], bytes], *, markup: int) -> bytes:
    """Write a prepared edition with the mildest cut that fits: first texts are shortened, then sections.

    `markup` are the bytes that any entry needs beside its words, at least. Places that are filled for each reader count as what will stand there.
    """

    def size(made: bytes) -> int:
        return len(made) + _LONGER * made.count(b"/useful/")

    room = SMALL if len(edition.entries) <= FEW else LARGE
    for cut in _GENTLE:
        if _least(edition, cut, markup) <= room and size(made := write(cut)) <= room:
            return made
    # The more entries of each section are shown the longer the mail is: the first number that is too many is looked for by halves.
    longest = max((len(section.entries) for section in edition.sections), default=0)
    most = bisect_right(range(1, longest + 1), room, key=lambda number: _least(edition, replace(_FIRM, entries=number), markup))
    shown = bisect_right(range(1, most + 1), room, key=lambda number: size(write(replace(_FIRM, entries=number))))
    made = write(replace(_FIRM, entries=shown))
    return made if size(made) <= room else write(_LAST)


def paragraphs(prose: str, room: int, write: Callable[[str], str]) -> str:
    """Give as many whole paragraphs of a Markdown text as fit into `room` bytes once written; of a first one that is too long, its beginning."""
    if len(prose) <= room and len(write(prose).encode()) <= room:
        return prose
    parts = prose[:room].split(_PARAGRAPH)
    if len(prose) > room:  # the last of them may have lost its end
        del parts[-1]

    def size(number: int) -> int:
        return len(write(_PARAGRAPH.join(parts[:number])).encode())

    # Mostly all of them fit, and to write two thousand paragraphs a dozen times takes seconds.
    fits = len(parts) if size(len(parts)) <= room else bisect_right(range(1, len(parts)), room, key=size)
    return _PARAGRAPH.join(parts[:fits]) or text.clip(prose.partition(_PARAGRAPH)[0], room // 12)


def _least(edition: Edition, cut: Cut, markup: int) -> int:
    """Count the bytes that the entries need at least, so that a hopeless cut is not tried."""
    if edition.template == "essay":
        return 0  # what is cited stands in one line
    shown = (entry for section in edition.sections[: cut.sections] for entry in section.entries[: cut.entries])
    return sum(markup + len(one.title) + len(one.url) + min(len(one.blurb), cut.words) + min(len(one.note), cut.words) for one in shown)
