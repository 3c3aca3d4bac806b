"""The key `fold` of the file, and of a source: what it adds to the words by which folding goes, and what it takes away."""

from __future__ import annotations

from pipeline import folding
from pipeline.config import values
from pipeline.config.document import Node
from pipeline.config.section import Section
from pipeline.model import Folding
from pipeline.text import nearest

MOST = 200
"""Entries of one list."""


def fold(section: Section, otherwise: Folding | None = None) -> Folding | None:
    """Read the words of a desk, or of a source whose desk has those of `otherwise`; `None` where they are those that come with the program."""
    made = otherwise or folding.shipped()
    for key in folding.AMENDED:
        for one in section.take(key, values.some(entry, MOST), ()):
            try:
                made = folding.amended(made, {key: (one,)})
            except KeyError:
                what = f"{key}: there is no “{one[1:]}” to be taken away"
                section.wrong(section.line_of(key), what, _meant(one[1:], made, key))
    section.close()
    return None if made == folding.shipped() else made


def _meant(said: str, words: Folding, key: str) -> str:
    close = nearest(said, getattr(words, key))
    return f"did you mean `-{close}`?" if close else "`gleanings config` shows what is in force"


def entry(node: Node) -> str:
    """Read an entry of a list: a name, with a star where anything may follow or precede, and a hyphen before one that is to be taken away."""
    said = values.line(node).casefold()
    if what := folding.fault(said):
        raise values.BadValueError(what, "write a name or a few words; a star may stand at either end")
    return said
