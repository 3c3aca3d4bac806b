"""A curator's words on one item while they are written: what stands in the source, how much of it is copied, and what the source does not say.

The rules are those of preflight (`copying.py`, `claims.py`, `names.py`); here they point at the places. Changes nothing, forbids nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from pipeline.digest import claims, names, wording
from pipeline.digest.copying import copied, own_words, stretches
from pipeline.digest.entries import entry
from pipeline.model import Desk, Edition, Item, Section, Topic
from pipeline.text import counted

FIELDS = ("description", "why")
"""What it is, and why it matters to our readers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A piece of a field, from one character to another. `kind` is source, number, date or name; `said` says in words what is to be told of it."""

    field: str
    start: int
    end: int
    kind: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found in a curator's words. `is_theirs` where what it is was left to the source; `is_kept` where we have a text to look it up in."""

    words: Mapping[str, str]
    copied: int
    allowance: int
    longest: str
    marks: tuple[Mark, ...]
    is_theirs: bool
    is_kept: bool

    @property
    def is_over(self) -> bool:
        """Whether more is copied than we allow ourselves."""
        return self.copied > self.allowance

    @property
    def sentence(self) -> str:
        """Say how much is copied."""
        return f"{counted(self.copied, 'word')} copied, limit {self.allowance}"

    @property
    def doubts(self) -> tuple[Mark, ...]:
        """The marks of what the source does not say."""
        return tuple(one for one in self.marks if one.kind != "source")

    def pieces(self, field: str) -> tuple[tuple[str, str, str], ...]:
        """Cut a field where its marks begin and end: each piece with the kind of its mark, doubts before the source, and what is to be said of it."""
        said, marks = self.words[field], [one for one in self.marks if one.field == field]
        edges = sorted({0, len(said), *(one.start for one in marks), *(one.end for one in marks)})
        made = []
        for start, end in pairwise(edges):
            here = [one for one in marks if one.start <= start and end <= one.end]
            one = min(here, key=lambda mark: mark.kind == "source", default=None)
            made.append((said[start:end], one.kind if one else "", one.said if one else ""))
        return tuple(made)


def checked(item: Item, *, desk: Desk, topics: Sequence[Topic], allowance: int, now: datetime) -> Checked:
    """Hold the words of an item, as they would be printed, against its source. `allowance` are the words of one source that may be copied."""
    printed = replace(entry(item, {topic.id: topic.name for topic in topics}, lead=False), note=item.note)
    edition = Edition(
        id="",
        title=desk.name,
        organisation=desk.organisation,
        url=desk.url,
        contact=desk.contact,
        language=desk.language,
        editor=desk.editor,
        composed=now,
        sections=(Section(id="", title="", entries=(printed,)),),
    )
    evidence = wording.Evidence(printed, item.resource, edition)
    shared = wording.shared_names(edition, topics)
    taken = copied(printed, item.resource)
    words = {"description": item.overlay.blurb if item.overlay.blurb is not None else item.description or "", "why": item.note}
    mine = own_words(printed, item.resource)
    marks: list[Mark] = []
    for field, said in words.items():
        marks += [Mark(field=field, start=start, end=end, kind="source", said="in the source") for start, end in stretches(said, item.resource)]
        if evidence.is_kept and said.strip() in map(str.strip, mine):
            marks += _doubts(field, said, evidence, shared=shared, language=desk.language)
    return Checked(
        words=words,
        copied=taken.words,
        allowance=allowance,
        longest=taken.longest,
        marks=tuple(marks),
        is_theirs=bool(words["description"].strip()) and printed.blurb not in mine,
        is_kept=evidence.is_kept,
    )


def _doubts(field: str, said: str, evidence: wording.Evidence, *, shared: names.Known, language: str) -> Iterator[Mark]:
    found = [(sort, written) for sort, written in claims.without_source(said, evidence.stated)]
    found += [("name", one) for one in names.unknown(said, shared, evidence, language=language)]
    for kind, written in dict.fromkeys(found):
        start = _place(said, written)
        if start is not None:
            yield Mark(field=field, start=start[0], end=start[1], kind=kind, said=f"“{written}” is not in the source text")


def _place(said: str, written: str) -> tuple[int, int] | None:
    """Where the words stand: what was found had its white space squeezed."""
    parts = written.split()
    start = said.find(parts[0]) if parts else -1
    while start >= 0:
        end = start
        for part in parts:
            found = said.find(part, end)
            if found < 0 or said[end:found].strip():
                break
            end = found + len(part)
        else:
            return start, end
        start = said.find(parts[0], start + 1)
    return None
