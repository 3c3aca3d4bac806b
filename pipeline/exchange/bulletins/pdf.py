"""A PDF to its blocks: paragraphs and headings, each with its size, weight and links, and the addresses of its notes where their marks stand.

A PDF knows neither paragraphs nor headings: lines are put together by place, size and distance.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pypdfium2

from pipeline.errors import ParseError
from pipeline.exchange.bulletins import notes, pdf_edges, pdf_lines
from pipeline.exchange.bulletins.pdf_lines import Line
from pipeline.sources import heads
from pipeline.sources.blocks import Block, Run, tidy
from pipeline.text import squeeze

_BULLET = re.compile(r"[•▪◦●■»*–-]\s|\d{1,2}[.)]\s")
_NO_DIFFERENCE = 0.08
_INDENT = 12  # points; lines that begin nearer together than this begin alike
_MANY = 6  # lines that begin alike say how wide their column is
_CROSS = 8  # one line in so many may cross its column


def blocks(body: bytes, name: str) -> tuple[Block, ...]:
    """Read a PDF. Raises `ParseError` with a sentence for what is protected, damaged, or holds no text."""
    try:
        with closing(pypdfium2.PdfDocument(body)) as document:
            lines, height = list(pdf_lines.lines(document)), _height(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ParseError(f"{name} is protected by a password.", source=name, hint="Save a copy without one.") from error
        raise ParseError(f"{name} is damaged, or no PDF.", source=name) from error
    if not lines:
        raise ParseError(
            f"{name} holds no text, only pictures of it.", source=name, hint="Have the text recognised (OCR), or import the issue in another format."
        )
    lines, found = pdf_edges.noted(lines, _body(lines))
    return notes.settled(tuple(_paragraphs(pdf_edges.without_running(lines, height))), found)


def title(body: bytes) -> str:
    """The title that a PDF states of itself; empty where it states none."""
    try:
        with closing(pypdfium2.PdfDocument(body)) as document:
            return squeeze(str(document.get_metadata_dict(skip_empty=True).get("Title", "")))
    except (pypdfium2.PdfiumError, ValueError):
        return ""


def _height(document: Any) -> float:
    return float(document[0].get_height()) if len(document) else 0.0


# ---------------------------------------------------------------- paragraphs


def _paragraphs(lines: Sequence[Line]) -> Iterator[Block]:
    body = _body(lines)
    gap = _usual_gap(lines)
    edges = _edges(lines)
    held: list[Line] = []
    for line in lines:
        if held and not _goes_on(held, line, gap=gap, edge=edges[_place(held[-1])]):
            yield _block(held, body)
            held = []
        held.append(line)
    if held:
        yield _block(held, body)


def _body(lines: Sequence[Line]) -> float:
    """The size in which most letters are set."""
    usual = Counter[float]()
    for line in lines:
        usual[line.size] += len(line.text)
    return usual.most_common(1)[0][0] if usual else 1.0


_Place = tuple[int, int, int]


def _place(line: Line) -> _Place:
    """Page, column and where a line begins."""
    return line.page, line.column, round(line.left / _INDENT)


def _edges(lines: Sequence[Line]) -> dict[_Place, float]:
    """How far to the right the lines go that begin at one place. Where many do, the few that go farthest cross the columns beside."""
    rights: dict[_Place, list[float]] = defaultdict(list)
    widest: dict[tuple[int, int], float] = {}
    for line in lines:
        rights[_place(line)].append(line.right)
        widest[line.page, line.column] = max(widest.get((line.page, line.column), line.right), line.right)
    return {place: sorted(found)[-1 - len(found) // _CROSS] if len(found) >= _MANY else widest[place[0], place[1]] for place, found in rights.items()}


def _usual_gap(lines: Sequence[Line]) -> float:
    """The distance between the lines of a paragraph, in their size: the least that is common."""
    gaps = Counter(
        round((above.bottom - below.top) / below.size, 1)
        for above, below in pairwise(lines)
        if _alike(above, below) and (above.page, above.column) == (below.page, below.column) and above.bottom > below.top - 0.5 * below.size
    )
    common = [gap for gap, number in gaps.items() if number >= 0.2 * sum(gaps.values())]
    return min(common, default=0.0)


def _alike(above: Line, below: Line) -> bool:
    return abs(above.size - below.size) <= _NO_DIFFERENCE * above.size and above.bold == below.bold


def _goes_on(held: Sequence[Line], line: Line, *, gap: float, edge: float) -> bool:
    """Say whether a line belongs to the paragraph above it."""
    last = held[-1]
    if last.url and last.url == line.words[0].url:
        return True
    if not _alike(last, line) and not _runs_in(held, line, fits=_fits(last, line, edge)):
        return False
    if (last.page, last.column) != (line.page, line.column) or last.bottom < line.bottom:
        return line.text[:1].islower() and not last.text.endswith((".", "!", "?"))
    if len(held) == 1 and heads.is_when(last.text) and not last.text.endswith(",") and _fits(last, line, edge):
        return False
    if (last.bottom - line.top) / line.size > gap + 0.3 or _BULLET.match(line.text):
        return False
    stops = last.text.endswith((".", "!", "?"))
    if last.url or (line.url and (stops or last.right < edge - 6 * line.size)):  # a line that is a link is a title, unless it goes on above
        return False
    ends = stops or last.words[-1].url is not None
    return not (ends and last.right < last.left + 0.75 * (edge - last.left))


def _fits(last: Line, line: Line, edge: float) -> bool:
    """Whether the first word of a line had room on the one before, which then was ended by hand. The room is a little less than the column's."""
    first = line.words[0]
    return last.right + first.right - first.left + 0.5 * line.size < edge


def _runs_in(held: Sequence[Line], line: Line, *, fits: bool) -> bool:
    """Whether a text goes on in another weight: a title that is set bold ends within its paragraph."""
    last = held[-1]
    if abs(last.size - line.size) > _NO_DIFFERENCE * last.size or line.bold:
        return False
    if _begins_bold(held[0]):
        return True
    return held[0].bold and ((_begins_bold(line) and not fits) or last.text.endswith((".", ":")))


def _begins_bold(line: Line) -> bool:
    return line.words[0].bold and not line.bold


def _block(lines: Sequence[Line], body: float) -> Block:
    runs: list[Run] = []
    text = ""
    for line in lines:
        for number, word in enumerate(line.words):
            if number == 0 and text.endswith("\xad"):
                runs[-1] = replace(runs[-1], words=runs[-1].words.rstrip("\xad"))
            elif text and not (number == 0 and pdf_edges.is_broken(text, word.text)):
                same = runs[-1].url == word.url and runs[-1].bold == word.bold
                runs.append(Run(" ", word.url if same else None, word.bold if same else False, runs[-1].size))
                text += " "
            runs.append(Run(word.text, word.url, word.bold, round(word.size / body, 2)))
            text += word.text
    return Block(runs=tidy(runs))
