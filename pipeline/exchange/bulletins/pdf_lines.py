"""The pages of a PDF to lines of words in reading order, one column or several, each word with its place, size, weight, link and the mark of a note.

Columns are told by the gutter that hardly any line crosses (recursive XY cut: Nagy, Seth and Viswanathan, 1992). Draws nothing and runs no script.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pypdfium2
from pypdfium2 import raw

from pipeline.sources.blocks import address
from pipeline.text import clean

MAX_PAGES = 60
MAX_CHARACTERS = 300_000
_MAX_LINKS = 300  # of a page
_MAX_LINES = 2_000  # of a page
_BOLD = re.compile(r"bold|black|heavy|semib|demi", re.IGNORECASE)
_HEAVY = 600
_BREAKS = frozenset((10, 13))
_HYPHENS = frozenset((2, 0xFFFE, 0xAD))  # how PDFium marks a word broken at the end of a line
_MOST_EDGES = 40  # places where a column may begin, the commonest
_SOFT = 0xAD
_NARROW = 0.16  # of the width of what is parted: the least that is a column
_RAISED = 0.16  # of the letters' size: how high a mark's ink stands above the line
_BELOW = 0.22  # of a letter's size: what its box leaves below the line
_LONGEST = 3  # digits of a mark


@dataclass(slots=True)
class Word:
    """One word. `note` is the number of a note that stands raised behind it, `led` one before it."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool
    url: str | None = None
    note: str = ""
    led: str = ""
    ink: float = 0.0  # of a number: where its ink begins


@dataclass(slots=True, eq=False)
class Line:
    """Words on one line of one column."""

    words: list[Word]
    page: int
    column: int = 0
    left: float = field(init=False)
    right: float = field(init=False)
    bottom: float = field(init=False)
    top: float = field(init=False)

    def __post_init__(self) -> None:
        self.left, self.right = min(w.left for w in self.words), max(w.right for w in self.words)
        self.bottom, self.top = min(w.bottom for w in self.words), max(w.top for w in self.words)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def size(self) -> float:
        return max(self.words, key=lambda word: len(word.text)).size

    @property
    def bold(self) -> bool:
        return all(word.bold for word in self.words if any(c.isalnum() for c in word.text))

    @property
    def url(self) -> str | None:
        """Where the whole line leads."""
        found = {word.url for word in self.words}
        return found.pop() if len(found) == 1 else None


# ---------------------------------------------------------------- words and lines


def lines(document: Any) -> Iterator[Line]:
    """Every line in reading order, page by page. Raises `PdfiumError` for a document that cannot be read at all."""
    left = MAX_CHARACTERS
    for number in range(min(len(document), MAX_PAGES)):
        try:
            with closing(document[number]) as page, closing(page.get_textpage()) as textpage:
                links = list(_links(document, page))
                rows = list(_rows(textpage, min(left, textpage.count_chars())))
                left -= textpage.count_chars()
        except pypdfium2.PdfiumError:  # one damaged page does not spoil the others
            continue
        for row in rows:
            for word in row:
                word.url = _under(word, links)
        yield from _ordered([Line(part, number) for row in rows for part in _apart(row)][:_MAX_LINES])
        if left <= 0:
            break


def _links(document: Any, page: Any) -> Iterator[tuple[raw.FS_RECTF, str]]:
    """The areas of a page that lead to the web, or to a mailbox."""
    place, link = ctypes.c_int(0), raw.FPDF_LINK()
    for _ in range(_MAX_LINKS):
        if not raw.FPDFLink_Enumerate(page, place, link):
            return
        area, action = raw.FS_RECTF(), raw.FPDFLink_GetAction(link)
        if not action or not raw.FPDFLink_GetAnnotRect(link, area):
            continue
        length = raw.FPDFAction_GetURIPath(document, action, None, 0)
        if 0 < length <= 5_000:
            buffer = ctypes.create_string_buffer(length)
            raw.FPDFAction_GetURIPath(document, action, buffer, length)
            if url := address("", buffer.value.decode("utf-8", "replace")):
                yield area, url


def _under(word: Word, links: Sequence[tuple[raw.FS_RECTF, str]]) -> str | None:
    x, y = (word.left + word.right) / 2, (word.bottom + word.top) / 2
    return next((url for area, url in links if area.left <= x <= area.right and min(area.bottom, area.top) <= y <= max(area.bottom, area.top)), None)


def _rows(textpage: Any, count: int) -> Iterator[list[Word]]:
    """The lines of a page as PDFium finds them, as words with their places."""
    row: list[Word] = []
    letters: list[tuple[int, int]] = []
    for index in range(count + 1):
        code = raw.FPDFText_GetUnicode(textpage, index) % 0x110000 if index < count else 10
        is_broken = code in _HYPHENS and all(chr(letter) != "@" for _, letter in letters) and _turns(textpage, index)
        if code in _HYPHENS or not (code in _BREAKS or chr(code).isspace()):
            if code in _HYPHENS or clean(chr(code)):
                letters.append((index, _SOFT if code in _HYPHENS else code))
            if not is_broken:
                continue
        if word := _word(textpage, letters):
            row.append(word)
        letters = []
        if (code in _BREAKS or is_broken) and row:
            yield _marked(row)
            row = []


def _turns(textpage: Any, index: int) -> bool:
    """Whether the letter behind a hyphen stands on the next line: PDFium puts words together that were broken."""
    here, after = raw.FS_RECTF(), raw.FS_RECTF()
    known = raw.FPDFText_GetLooseCharBox(textpage, index, here) and raw.FPDFText_GetLooseCharBox(textpage, index + 1, after)
    return bool(known) and after.left < here.left and after.bottom < here.bottom


def _word(textpage: Any, letters: Sequence[tuple[int, int]]) -> Word | None:
    """Put letters together to a word, without the raised numbers at its ends."""
    box = raw.FS_RECTF()
    placed = [
        (index, chr(code), box.bottom, box.top, box.left, box.right) for index, code in letters if raw.FPDFText_GetLooseCharBox(textpage, index, box)
    ]
    if not placed:
        return None
    first, last = _core(textpage, [(index, letter, bottom, top) for index, letter, bottom, top, _, _ in placed])
    _, texts, bottoms, tops, lefts, rights = zip(*placed[first:last], strict=True)
    text = "".join(texts)
    text = text.replace("\xad", "-") if "/" in text or "@" in text else text  # an address has no hyphens but its own
    bold = _is_bold(textpage, placed[(first + last) // 2][0])
    size = round(max(top - bottom for bottom, top in zip(bottoms, tops, strict=True)), 1)
    led, note = ("".join(one[1] for one in part) for part in (placed[:first], placed[last:]))
    ink = _ink(textpage, placed[first][0]) if text.isdecimal() else 0.0
    return Word(text, min(lefts), max(rights), min(bottoms), max(tops), size, bold, note=note, led=led, ink=ink)


def _core(textpage: Any, placed: Sequence[tuple[int, str, float, float]]) -> tuple[int, int]:
    """The range of the letters that are no raised number before or behind them."""
    if not (placed[0][1].isdecimal() or placed[-1][1].isdecimal()):
        return 0, len(placed)
    tall, base = max((top - bottom, -bottom) for _, _, bottom, top in placed)
    line = _BELOW * tall - base

    def raised(index: int, letter: str) -> bool:
        return letter.isdecimal() and _ink(textpage, index) > line + _RAISED * tall

    first, last = 0, len(placed)
    while first < last - 1 and raised(*placed[first][:2]):
        first += 1
    while last > first + 1 and raised(*placed[last - 1][:2]):
        last -= 1
    return (first if first <= _LONGEST else 0), (last if len(placed) - last <= _LONGEST else len(placed))


def _ink(textpage: Any, index: int) -> float:
    """Where the ink of a letter begins. Fonts have raised figures of their own, in the box of a letter of full size."""
    left, right, bottom, top = (ctypes.c_double(0) for _ in range(4))
    raw.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    return float(bottom.value)


def _marked(row: list[Word]) -> list[Word]:
    """Give raised numbers that stand by themselves to the word before them, or to the one that they lead."""
    found: list[Word] = []
    led = ""
    for word, following in zip(row, [*row[1:], None], strict=True):
        if found and not found[-1].note and _is_mark(word, found[-1]):
            found[-1].note = " " + word.text
        elif not found and following and _is_mark(word, following):
            led = word.text
        else:
            word.led, led = word.led or led, ""
            found.append(word)
    return found


def _is_mark(word: Word, beside: Word) -> bool:
    """Whether a word is a number that stands higher than the line of the word beside it."""
    line = beside.bottom + _BELOW * beside.size
    return word.text.isdecimal() and len(word.text) <= _LONGEST and line + _RAISED * beside.size < word.ink < beside.top


def _is_bold(textpage: Any, index: int) -> bool:
    flags, buffer = ctypes.c_int(0), ctypes.create_string_buffer(100)
    raw.FPDFText_GetFontInfo(textpage, index, buffer, 100, flags)
    return raw.FPDFText_GetFontWeight(textpage, index) >= _HEAVY or bool(_BOLD.search(buffer.value.decode("utf-8", "replace")))


def _apart(row: Sequence[Word]) -> Iterator[list[Word]]:
    """Part a line where another column begins: PDFium reads across."""
    part: list[Word] = []
    for word in row:
        if part and (word.left - part[-1].right > 1.6 * word.size or word.right < part[-1].left or abs(word.bottom - part[-1].bottom) > word.size):
            yield part
            part = []
        part.append(word)
    if part:
        yield part


# ---------------------------------------------------------------- reading order


def _ordered(lines: list[Line], depth: int = 0) -> list[Line]:
    """Put the lines of a page in the order in which they are read: above to below, and column by column between what crosses them."""
    gutter = _gutter(lines) if depth < 3 else None
    if gutter is None:
        return sorted(lines, key=lambda line: (-round(line.top), line.left))
    across = sorted((line for line in lines if line.left < gutter < line.right), key=lambda line: -line.top)
    beside = [line for line in lines if not line.left < gutter < line.right]
    found: list[Line] = []
    for separator in [*across, None]:
        band = [line for line in beside if separator is None or line.top > separator.top]
        beside = [] if separator is None else [line for line in beside if line.top <= separator.top]
        for column, side in enumerate(([line for line in band if line.right <= gutter], [line for line in band if line.left >= gutter])):
            for line in side:
                line.column = 2 * line.column + column + 1
            found += _ordered(side, depth + 1)
        if separator is not None:
            found.append(separator)
    return found


def _gutter(lines: Sequence[Line]) -> float | None:
    """Find the place between two columns: few lines cross it, and much stands on either side."""
    if len(lines) < 6:
        return None
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    best: tuple[float, float] | None = None
    for start, _ in Counter(round(line.left) for line in lines).most_common(_MOST_EDGES):
        place = start - 2
        before = [line for line in lines if line.right <= place]
        after = [line for line in lines if line.left >= place]
        across = len(lines) - len(before) - len(after)
        if min(len(before), len(after)) < 3 or across > 0.35 * len(lines):
            continue
        widths = max(line.right for line in before) - left, right - start
        if min(widths) < _NARROW * (right - left) or not _beside(before, after):
            continue
        worth = min(len(before), len(after)) - across
        if best is None or worth > best[0]:
            best = (worth, place)
    return best[1] if best else None


def _beside(before: Sequence[Line], after: Sequence[Line]) -> bool:
    """Whether two sets of lines stand beside each other, and not one below the other."""
    overlap = min(max(line.top for line in before), max(line.top for line in after)) - max(
        min(line.bottom for line in before), min(line.bottom for line in after)
    )
    least = min(max(line.top for line in side) - min(line.bottom for line in side) for side in (before, after))
    return overlap > 0.5 * least
