"""A table with a head row ("When | What | Where") to the blocks of its items: each row is one, and its head says which cell names it.

A table that only places things on a page has no such row, and is none of ours. Knows cells as blocks, of whatever format. Does no I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.sources.labels import is_label

if TYPE_CHECKING:  # the blocks of a page are made with this
    from pipeline.sources.blocks import Block

_HEAD = 40  # characters; the name of a column is no longer
_WHEN = re.compile(r"(?:when|dates?|day|time|date and time|deadline|closes|closing date|wann|datum|quand|cuándo|fecha)\b", re.IGNORECASE)
_WHAT = re.compile(
    r"(?:what|titles?|events?|names?|items?|resources?|sessions?|topics?|courses?|webinars?|workshops?|articles?|papers?|reports?|books?|tools?|posts?"
    r"|jobs?|roles?|vacanc(?:y|ies)|funds?|grants?|opportunit(?:y|ies)|programmes?|training|activit(?:y|ies)|meetings?|subjects?|headlines?|guides?"
    r"|publications?|podcasts?|videos?|films?|stud(?:y|ies)|documents?|was|titel|veranstaltung|quoi|titre|qué|título)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?:where|venue|location|place|link|links|web|website|url|address|details?|more|notes?|about|description|summary|why|who|speakers?|hosts?|authors?"
    r"|organi[sz]ers?|organi[sz]ation|source|publisher|journal|cost|price|fee|book(?:ing)?|how|register|contact|for|audience|format|type|amount|funder"
    r"|length|level|year|comments?|key|wo|ort|où|lieu|dónde|lugar)\b",
    re.IGNORECASE,
)

Cell = Sequence["Block"]


def is_head(cells: Sequence[str], *, stated: bool) -> bool:
    """Say whether the words of a row's cells name columns. `stated` says that the format calls the row a head."""
    words = [cell.strip(" :*") for cell in cells]
    if len(words) < 2 or any(len(cell) > _HEAD for cell in words) or not any(words):
        return False
    known = sum(bool(form.match(cell)) for cell in words for form in (_WHEN, _WHAT, _OTHER))
    return known > 0 if stated else known >= len(words) - (len(words) > 2)


def items(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Iterator[Block]:
    """Each row as the blocks of an item: first what names it, then when it is, then the rest."""
    name = _naming(head, rows)
    whens = [place for place, words in enumerate(head) if place != name and _WHEN.match(words.strip())]
    rest = [place for place in range(len(head)) if place != name and place not in whens]
    for row in rows:
        yield from _item(row[name], [block for place in (*whens, *rest) for block in row[place] if block.runs])


def _naming(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> int:
    """The column that names the items: by its head, else the first whose cells link words that are no label."""
    named = [place for place, words in enumerate(head) if _WHAT.match(words.strip())]
    linked = [place for place in range(len(head)) if 2 * sum(_is_linked(row[place]) for row in rows) > len(rows)]
    plain = [place for place, words in enumerate(head) if not _WHEN.match(words.strip())]
    return next(iter([place for place in named if place in linked] or named or linked or plain or [0]))


def _is_linked(cell: Cell) -> bool:
    return any(run.url and run.words.strip() and not is_label(run.words) for block in cell for run in block.runs)


def _item(cell: Cell, rest: Sequence[Block]) -> Iterator[Block]:
    """A title that is a link stands by itself; one without goes before the first of the other words, and is set bold."""
    said = [block for block in cell if block.runs]
    if not said:
        yield from rest
        return
    title, more = said[0], [*said[1:], *rest]
    if any(run.url for run in title.runs) or not more:
        runs = tuple(replace(run, bold=False, size=1.0) for run in title.runs)
    else:
        dash = replace(title.runs[0], words=" – ", url=None, bold=False)
        bold = (replace(run, bold=True, size=1.0) for run in title.runs)
        runs, more = (*bold, dash, *(replace(run, bold=False) for run in more[0].runs)), more[1:]
    yield replace(title, runs=runs, level=0, joined=False, listed=True)
    yield from (replace(block, level=0, joined=True, listed=False) for block in more)
