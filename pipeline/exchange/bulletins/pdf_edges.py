"""What stands at the edges of a PDF's pages and is no text of the issue: running heads and feet, page numbers, and the notes below the text.

A running head is told by its company: it comes again on other pages, or it stands apart and names the issue. A note is told by its number, which
stands raised in the text above; its address goes to where the number stands, the rest is dropped.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pipeline.exchange.bulletins import notes
from pipeline.exchange.bulletins.pdf_lines import Line, Word
from pipeline.sources import heads
from pipeline.text import squeeze

_MARGIN = 0.09  # of the page's height: where running heads and page numbers stand
_PAGE_NUMBER = re.compile(r"\W*(?:page\s*)?\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?\W*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_NOTE = re.compile(r"\[?(\d{1,3})[\].)]?")
_ISSUE = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|spring|summer|autumn|winter)[a-z]*\.?\s+(?:19|20)\d\d\b"
    r"|\b(?:issue|edition|number|no\.?|vol(?:ume|\.)?)\s*\d{1,4}\b|\bpage\s+\d",
    re.IGNORECASE,
)
_RUNNING = 12  # words; a longer line is a text
_APART = 0.8  # of a line's height: what a running head leaves free to the text at least
_LEVEL = 0.6  # of a line's height: how much two lines at one height may differ


def without_running(lines: Sequence[Line], height: float) -> list[Line]:
    """Take off running heads and feet and page numbers: lines at the edge that come again on other pages, but for their number, or stand apart
    and name the issue. What stands at the top of the first page is the bulletin's own head and stays."""
    edges = [line for line in lines if line.top > (1 - _MARGIN) * height or line.bottom < _MARGIN * height]
    pages: dict[str, set[int]] = defaultdict(set)
    for line in edges:
        pages[_key(line)].add(line.page)
    first = " ".join(line.text.casefold() for line in lines if line.page == 0)
    gone = {id(line) for line in edges if len(pages[_key(line)]) > 1 or _PAGE_NUMBER.fullmatch(line.text)}
    single = [line for line in edges if (line.page or line.bottom < _MARGIN * height) and _names_issue(line, first) and _is_apart(line, lines)]
    gone |= {id(other) for line in single for other in edges if other.page == line.page and _is_level(line, other)}
    return [line for line in lines if id(line) not in gone]


def _key(line: Line) -> str:
    return _NUMBER.sub("#", line.text.casefold())


def _names_issue(line: Line, first: str) -> bool:
    """Whether a short line says which issue this is, or repeats words of the first page, where the bulletin's own name stands."""
    words = squeeze(line.text)
    if len(line.words) > _RUNNING or heads.is_when(words):
        return False
    return bool(_ISSUE.search(words)) or (len(line.words) > 1 and bool(line.page) and words.casefold().strip(" .|·–—-") in first)


def _is_apart(line: Line, lines: Sequence[Line]) -> bool:
    """Whether a line keeps its distance from the text of its page."""
    height = line.top - line.bottom
    others = [other for other in lines if other.page == line.page and not _is_level(line, other)]
    return all(other.bottom - line.top > _APART * height or line.bottom - other.top > _APART * height for other in others)


def _is_level(line: Line, other: Line) -> bool:
    return abs(line.bottom - other.bottom) < _LEVEL * (line.top - line.bottom)


# ---------------------------------------------------------------- notes


def noted(lines: Sequence[Line], body: float) -> tuple[list[Line], dict[str, str]]:
    """Take the notes out of the lines. Gives the lines, in whose words the marks that are known stand as `notes.mark`, and the address of each.

    `body` is the size of the text. A raised number without a note is put back as it was printed.
    """
    marks = {(line.page, word.note.strip()) for line in lines for word in line.words if word.note}
    found: dict[tuple[int, str], str] = {}
    gone: set[int] = set()
    for key, note in _notes(lines, marks, body) if marks else ():
        url = _address(note)
        if url or note[0].words[0].led:
            gone |= {id(line) for line in note}
        if url:
            found.setdefault(key, url)
    kept = [line for line in lines if id(line) not in gone]
    everywhere = {number: (page, number) for page, number in reversed(found)}
    for line in kept:
        for word in line.words:
            _settle(word, line.page, found, everywhere)
    return kept, {_name(key): url for key, url in found.items()}


def _notes(lines: Sequence[Line], marks: set[tuple[int, str]], body: float) -> Iterator[tuple[tuple[int, str], list[Line]]]:
    """Each note with its page and number: from a line that a known number leads to the next one, as long as they are set alike."""
    numbers = {number for _, number in marks}
    held: list[Line] = []
    key = (0, "")
    for line in lines:
        number = _leading(line, body)
        if number in numbers:
            if held:
                yield key, held
            key, held = (line.page, number), [line]
        elif held and _goes_on(held[-1], line):
            held.append(line)
        elif held:
            yield key, held
            held = []
    if held:
        yield key, held


def _leading(line: Line, body: float) -> str:
    """The number that a line begins with as notes do: raised, or in smaller type than the text."""
    first = line.words[0]
    if first.led:
        return first.led
    number = _NOTE.fullmatch(first.text)
    return number[1] if number and len(line.words) > 1 and line.size < 0.95 * body else ""


def _goes_on(last: Line, line: Line) -> bool:
    alike = abs(last.size - line.size) <= 0.08 * last.size and (last.page, last.column) == (line.page, line.column)
    return alike and -0.2 * line.size < last.bottom - line.bottom < 2 * line.size


def _address(note: Sequence[Line]) -> str | None:
    """Where a note leads: by its link, or by the address that it prints, which may go over the end of a line."""
    linked = next((word.url for line in note for word in line.words if word.url and not word.url.startswith("mailto:")), None)
    if linked:
        return linked
    text = note[0].text
    for line in note[1:]:
        text += ("" if is_broken(text, line.words[0].text) else " ") + line.text
    return notes.printed(text)


def _settle(word: Word, page: int, found: Mapping[tuple[int, str], str], everywhere: Mapping[str, tuple[int, str]]) -> None:
    if word.led:
        word.text, word.led = word.led + word.text, ""
    if word.note:
        number = word.note.strip()
        key = (page, number) if (page, number) in found else everywhere.get(number)
        word.text += notes.mark(_name(key)) if key else word.note


def _name(key: tuple[int, str]) -> str:
    return f"{key[0]}.{key[1]}"


# ---------------------------------------------------------------- broken addresses


_ADDRESS_END = re.compile(r"https?:?/?/?\S*$", re.IGNORECASE)
_ADDRESS_PART = re.compile(r"[\w/.?=&%#~+:-]+")


def is_broken(text: str, word: str) -> bool:
    """Whether an address printed at the end of a line goes on: it stopped at a mark of its own, or what follows looks like no word."""
    if not _ADDRESS_END.search(text) or not _ADDRESS_PART.fullmatch(word.rstrip(".,;)]")):
        return False
    return text[-1] in "/-_.?=&%:" or re.search(r"[/\d_=&%]|\w-\w", word) is not None
