"""A PDF to its blocks: its lines in reading order, one column or several, each with its size, weight and links. Draws nothing and runs no script.

A PDF knows neither paragraphs nor headings: lines are put together by place, size and distance. Columns are told by the gutter that hardly any
line crosses (recursive XY cut: Nagy, Seth and Viswanathan, 1992).
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pypdfium2
from pypdfium2 import raw

from pipeline.errors import ParseError
from pipeline.sources import heads
from pipeline.sources.blocks import Block, Run, address, tidy
from pipeline.text import clean, squeeze

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
_MARGIN = 0.09  # of the page's height: where running heads and page numbers stand
_BULLET = re.compile(r"[•▪◦●■»*–-]\s|\d{1,2}[.)]\s")
_ADDRESS_END = re.compile(r"https?://\S*$")
_ADDRESS_PART = re.compile(r"[\w/.?=&%#~+:-]+")
_PAGE_NUMBER = re.compile(r"\W*(?:page\s*)?\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?\W*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_NO_DIFFERENCE = 0.08


@dataclass(slots=True)
class _Word:
    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool
    url: str | None = None


@dataclass(slots=True, eq=False)
class _Line:
    """Words on one line of one column."""

    words: list[_Word]
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


def blocks(body: bytes, name: str) -> tuple[Block, ...]:
    """Read a PDF. Raises `ParseError` with a sentence for what is protected, damaged, or holds no text."""
    try:
        with closing(pypdfium2.PdfDocument(body)) as document:
            lines = _running_off(list(_lines(document)), _height(document))
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ParseError(f"{name} is protected by a password.", source=name, hint="Save a copy without one.") from error
        raise ParseError(f"{name} is damaged, or no PDF.", source=name) from error
    if not lines:
        raise ParseError(
            f"{name} holds no text, only pictures of it.", source=name, hint="Have the text recognised (OCR), or import the issue in another format."
        )
    return tuple(_paragraphs(lines))


def title(body: bytes) -> str:
    """The title that a PDF states of itself; empty where it states none."""
    try:
        with closing(pypdfium2.PdfDocument(body)) as document:
            return squeeze(str(document.get_metadata_dict(skip_empty=True).get("Title", "")))
    except (pypdfium2.PdfiumError, ValueError):
        return ""


def _height(document: Any) -> float:
    return float(document[0].get_height()) if len(document) else 0.0


# ---------------------------------------------------------------- words and lines


def _lines(document: Any) -> Iterator[_Line]:
    """Every line in reading order, page by page."""
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
        yield from _ordered([_Line(part, number) for row in rows for part in _apart(row)][:_MAX_LINES])
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


def _under(word: _Word, links: Sequence[tuple[raw.FS_RECTF, str]]) -> str | None:
    x, y = (word.left + word.right) / 2, (word.bottom + word.top) / 2
    return next((url for area, url in links if area.left <= x <= area.right and min(area.bottom, area.top) <= y <= max(area.bottom, area.top)), None)


def _rows(textpage: Any, count: int) -> Iterator[list[_Word]]:
    """The lines of a page as PDFium finds them, as words with their places."""
    row: list[_Word] = []
    letters: list[tuple[int, int]] = []
    for index in range(count + 1):
        code = raw.FPDFText_GetUnicode(textpage, index) % 0x110000 if index < count else 10
        if code in _BREAKS or chr(code).isspace():
            if word := _word(textpage, letters):
                row.append(word)
            letters = []
            if code in _BREAKS and row:
                yield row
                row = []
        elif code in _HYPHENS or clean(chr(code)):
            letters.append((index, _SOFT if code in _HYPHENS else code))


def _word(textpage: Any, letters: Sequence[tuple[int, int]]) -> _Word | None:
    if not letters:
        return None
    box = raw.FS_RECTF()
    boxes = [(box.left, box.right, box.bottom, box.top) for index, _ in letters if raw.FPDFText_GetLooseCharBox(textpage, index, box)]
    if not boxes:
        return None
    lefts, rights, bottoms, tops = zip(*boxes, strict=True)
    text = "".join(chr(code) for _, code in letters)
    text = text.replace("\xad", "-") if "/" in text or "@" in text else text  # an address has no hyphens but its own
    bold = _is_bold(textpage, letters[len(letters) // 2][0])
    return _Word(text, min(lefts), max(rights), min(bottoms), max(tops), round(max(t - b for b, t in zip(bottoms, tops, strict=True)), 1), bold)


def _is_bold(textpage: Any, index: int) -> bool:
    flags, buffer = ctypes.c_int(0), ctypes.create_string_buffer(100)
    raw.FPDFText_GetFontInfo(textpage, index, buffer, 100, flags)
    return raw.FPDFText_GetFontWeight(textpage, index) >= _HEAVY or bool(_BOLD.search(buffer.value.decode("utf-8", "replace")))


def _apart(row: Sequence[_Word]) -> Iterator[list[_Word]]:
    """Part a line where another column begins: PDFium reads across."""
    part: list[_Word] = []
    for word in row:
        if part and (word.left - part[-1].right > 1.6 * word.size or word.right < part[-1].left or abs(word.bottom - part[-1].bottom) > word.size):
            yield part
            part = []
        part.append(word)
    if part:
        yield part


# ---------------------------------------------------------------- reading order


def _ordered(lines: list[_Line], depth: int = 0) -> list[_Line]:
    """Put the lines of a page in the order in which they are read: above to below, and column by column between what crosses them."""
    gutter = _gutter(lines) if depth < 3 else None
    if gutter is None:
        return sorted(lines, key=lambda line: (-round(line.top), line.left))
    across = sorted((line for line in lines if line.left < gutter < line.right), key=lambda line: -line.top)
    beside = [line for line in lines if not line.left < gutter < line.right]
    found: list[_Line] = []
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


def _gutter(lines: Sequence[_Line]) -> float | None:
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
        if min(widths) < 0.25 * (right - left) or not _beside(before, after):
            continue
        worth = min(len(before), len(after)) - across
        if best is None or worth > best[0]:
            best = (worth, place)
    return best[1] if best else None


def _beside(before: Sequence[_Line], after: Sequence[_Line]) -> bool:
    """Whether two sets of lines stand beside each other, and not one below the other."""
    overlap = min(max(line.top for line in before), max(line.top for line in after)) - max(
        min(line.bottom for line in before), min(line.bottom for line in after)
    )
    least = min(max(line.top for line in side) - min(line.bottom for line in side) for side in (before, after))
    return overlap > 0.5 * least


def _running_off(lines: list[_Line], height: float) -> list[_Line]:
    """Take off running heads and feet: lines at the edge that come again on other pages, but for their number."""
    edges = [line for line in lines if line.top > (1 - _MARGIN) * height or line.bottom < _MARGIN * height]
    pages: dict[str, set[int]] = defaultdict(set)
    for line in edges:
        pages[_key(line)].add(line.page)
    gone = {id(line) for line in edges if len(pages[_key(line)]) > 1 or _PAGE_NUMBER.fullmatch(line.text)}
    return [line for line in lines if id(line) not in gone]


def _key(line: _Line) -> str:
    return _NUMBER.sub("#", line.text.casefold())


# ---------------------------------------------------------------- paragraphs


def _paragraphs(lines: Sequence[_Line]) -> Iterator[Block]:
    usual = Counter[float]()
    for line in lines:
        usual[line.size] += len(line.text)
    body = usual.most_common(1)[0][0]
    gap = _usual_gap(lines)
    edges = _edges(lines)
    held: list[_Line] = []
    for line in lines:
        if held and not _goes_on(held, line, gap=gap, edge=edges[held[-1].page, held[-1].column]):
            yield _block(held, body)
            held = []
        held.append(line)
    if held:
        yield _block(held, body)


def _edges(lines: Sequence[_Line]) -> dict[tuple[int, int], float]:
    """How far to the right the lines of each column go."""
    found: dict[tuple[int, int], float] = {}
    for line in lines:
        key = (line.page, line.column)
        found[key] = max(found.get(key, line.right), line.right)
    return found


def _usual_gap(lines: Sequence[_Line]) -> float:
    """The distance between the lines of a paragraph, in their size: the least that is common."""
    gaps = Counter(
        round((above.bottom - below.top) / below.size, 1)
        for above, below in pairwise(lines)
        if _alike(above, below) and (above.page, above.column) == (below.page, below.column) and above.bottom > below.top - 0.5 * below.size
    )
    common = [gap for gap, number in gaps.items() if number >= 0.2 * sum(gaps.values())]
    return min(common, default=0.0)


def _alike(above: _Line, below: _Line) -> bool:
    return abs(above.size - below.size) <= _NO_DIFFERENCE * above.size and above.bold == below.bold


def _goes_on(held: Sequence[_Line], line: _Line, *, gap: float, edge: float) -> bool:
    """Say whether a line belongs to the paragraph above it."""
    last = held[-1]
    if last.url and last.url == line.words[0].url:
        return True
    if not _alike(last, line) and not (_begins_bold(held[0]) and not line.bold and abs(last.size - line.size) <= _NO_DIFFERENCE * last.size):
        return False
    if (last.page, last.column) != (line.page, line.column) or last.bottom < line.bottom:
        return line.text[:1].islower() and not last.text.endswith((".", "!", "?"))
    if len(held) == 1 and heads.is_when(last.text) and not last.text.endswith(",") and last.right < last.left + 0.9 * (edge - last.left):
        return False
    if (last.bottom - line.top) / line.size > gap + 0.3 or _BULLET.match(line.text):
        return False
    stops = last.text.endswith((".", "!", "?"))
    if last.url or (line.url and (stops or last.right < edge - 6 * line.size)):  # a line that is a link is a title, unless it goes on above
        return False
    ends = stops or last.words[-1].url is not None
    return not (ends and last.right < last.left + 0.75 * (edge - last.left))


def _begins_bold(line: _Line) -> bool:
    return line.words[0].bold and not line.bold


def _block(lines: Sequence[_Line], body: float) -> Block:
    runs: list[Run] = []
    text = ""
    for line in lines:
        for number, word in enumerate(line.words):
            if number == 0 and text.endswith("\xad"):
                runs[-1] = replace(runs[-1], words=runs[-1].words.rstrip("\xad"))
            elif text and not (number == 0 and _is_broken(text, word)):
                same = runs[-1].url == word.url and runs[-1].bold == word.bold
                runs.append(Run(" ", word.url if same else None, word.bold if same else False, runs[-1].size))
                text += " "
            runs.append(Run(word.text, word.url, word.bold, round(word.size / body, 2)))
            text += word.text
    return Block(runs=tidy(runs))


def _is_broken(text: str, word: _Word) -> bool:
    """Whether an address printed at the end of a line goes on: it stopped at a mark of its own, or what follows looks like no word."""
    if not _ADDRESS_END.search(text) or not _ADDRESS_PART.fullmatch(word.text):
        return False
    return text[-1] in "/-_.?=&%" or re.search(r"[/\d_=&%]|\w-\w", word.text) is not None
