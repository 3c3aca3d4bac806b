"""The first leaves of a PDF through PDFium: their text, and the lines of a page with the size and the place of their type.

Bounded in pages and characters, because a file may have thousands of either. Runs no script of a file and follows none of its links.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from statistics import median
from typing import Any

import numpy as np
import pypdfium2
from pypdfium2 import raw

from pipeline import text

MAX_PAGES = 10
"""Pages whose text is read: enough to find, classify and compare a report."""

MAX_TEXT = 20_000
"""Characters of a text, three thousand words. Each page costs PDFium ten milliseconds, the suggestions read six thousand characters."""

_MAX_CHARACTERS = 8_000  # of a page that is looked at for its lines: more is small print
_SAMPLES = 3  # letters of a line that are measured; each costs a call
_ASKEW = 0.25  # of a quarter turn
_LOOKS = 40  # characters that tell how a page is turned
_HYPHEN = re.compile("[\x02\ufffe\u00ad](?:\r?\n)?")  # how PDFium marks a word broken at the end of a line
_LEFTWARD = re.compile(r"[\u0590-\u05ff\u0620-\u065f\u0671-\u06ff\ufb1d-\ufdff\ufe70-\ufefc]{2,}")  # Hebrew and Arabic letters
_BREAK = re.compile(r"[\r\n]+")
_WORD_START = re.compile(r"(?<!\w)[^\W\d_]")
_SPACED_OUT = re.compile(r"(?:[^\W\d_] ){3,}[^\W\d_]")
_STREAM = re.compile(rb"stream\r?\n")
_PACKED_TWICE = re.compile(rb"/Fl(?:ateDecode)?\s*/Fl(?:ateDecode)?\b")
_MIN_PACKED, _MAX_UNPACKED = 8_000, 8_000_000  # bytes; a page of text unpacks to some ten thousand, a dense drawing to a million
_LOOK_BACK = 600  # bytes before a stream in which its dictionary stands
_RGB = 3  # bytes of a dot


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of type. Measures are in points; `top` counts from the lower edge of the page; `size` is 0 where there is no letter."""

    words: str
    size: float
    left: float
    right: float
    top: float
    bottom: float


def is_bomb(body: bytes) -> bool:
    """Whether a stream that is no picture unpacks to more than any page needs: PDFium would spend minutes and gigabytes on it."""
    if _PACKED_TWICE.search(body):
        return True
    for found in _STREAM.finditer(body):
        about = body[max(0, found.start() - _LOOK_BACK) : found.start()].rsplit(b" obj", 1)[-1]
        if b"/Fl" not in about or b"/Image" in about or b"/FontFile" in about:
            continue
        end = body.find(b"endstream", found.end())
        packed = body[found.end() : end if end > 0 else len(body)]
        if len(packed) >= _MIN_PACKED and _unpacks_far(packed):
            return True
    return False


def _unpacks_far(packed: bytes) -> bool:
    try:
        unpacker = zlib.decompressobj()
        unpacker.decompress(packed, _MAX_UNPACKED)
    except zlib.error:
        return False
    return bool(unpacker.unconsumed_tail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """The lines of the first page, the text of the first pages, and how many pages those are."""

    lines: tuple[Line, ...]
    words: str
    pages: int


def read(document: Any) -> Leaves:
    """Read the first page for its lines and the first pages for their text."""
    lines, first = front(document)
    pages, length = [first], len(first)
    for index in range(1, min(len(document), MAX_PAGES)):
        if length > MAX_TEXT:
            break
        pages.append(_words(document, index))
        length += len(pages[-1])
    squeezed = (text.squeeze(line) for line in "\n".join(pages).splitlines())
    return Leaves(lines=lines, words=text.clip("\n".join(line for line in squeezed if line), MAX_TEXT), pages=len(pages))


def front(document: Any, index: int = 0) -> tuple[tuple[Line, ...], str]:
    """The lines of the first page (or another) in the order of the file, and its text.

    What stands on one line is put together; type that runs up the margin is no line.
    """
    try:
        with closing(document[index]) as page, closing(page.get_textpage()) as textpage:
            return _joined(_pieces(textpage)), _text(textpage)
    except pypdfium2.PdfiumError:  # one damaged page does not spoil the others
        return (), ""


def _words(document: Any, index: int) -> str:
    try:
        with closing(document[index]) as page, closing(page.get_textpage()) as textpage:
            return _text(textpage)
    except pypdfium2.PdfiumError:
        return ""


def _text(textpage: Any) -> str:
    count = min(textpage.count_chars(), MAX_TEXT)
    written = textpage.get_text_range(0, count, errors="ignore") if count else ""
    if _LEFTWARD.search(written):
        written = _characters(textpage, count)
    return _HYPHEN.sub("", written)


def _pieces(textpage: Any) -> Iterator[Line]:
    count = min(textpage.count_chars(), _MAX_CHARACTERS)
    written, turn = _characters(textpage, count), _reading(textpage, count)
    start = 0
    for found in (*_BREAK.finditer(written), None):
        end = found.start() if found else len(written)
        shown = text.squeeze(_HYPHEN.sub("", written[start:end]))
        if _SPACED_OUT.fullmatch(shown):
            shown = _closed_up(textpage, written, range(start, end), turn)
        measured = _measured(textpage, written[start:end], start, turn) if shown else None
        if measured:
            yield replace(measured, words=shown)
        start = found.end() if found else end


def _closed_up(textpage: Any, written: str, span: range, turn: int) -> str:
    """The words of a spaced-out line ("F I N D I N G  T H E"): what parts two words is clearly wider than what parts two letters."""
    boxes = [(written[index], _box(textpage, index, turn)) for index in span if not written[index].isspace()]
    gaps = [after[0] - before[2] for (_, before), (_, after) in pairwise(boxes)]
    usual = median(gaps)
    return boxes[0][0] + "".join(
        f" {letter}" if gap > usual + 0.15 * _height(box) else letter for gap, (letter, box) in zip(gaps, boxes[1:], strict=True)
    )


def _characters(textpage: Any, count: int) -> str:
    """The characters of a page, each at its own index: PDFium's text as a whole leaves out those that have no meaning."""
    whole = str(textpage.get_text_range(0, count, errors="ignore")) if count else ""
    if len(whole) != count:
        whole = "".join(chr(raw.FPDFText_GetUnicode(textpage, index) % 0x110000) for index in range(count))
    return _LEFTWARD.sub(lambda word: _turned(textpage, word), whole)


def _turned(textpage: Any, word: re.Match[str]) -> str:
    """A word of a script that runs to the left, from its first letter to its last: some files hold it the other way round."""
    first, last = _box(textpage, word.start(), 0), _box(textpage, word.end() - 1, 0)
    return word[0] if first[0] >= last[0] else word[0][::-1]


def _measured(textpage: Any, written: str, start: int, turn: int) -> Line | None:
    """Measure a piece of a line by its first and last character and the first letters of some words; `None` where it runs up the page."""
    begin, end = len(written) - len(written.lstrip()), len(written.rstrip()) - 1
    if _turn(textpage, start + begin) != turn:
        return None
    first, last = _box(textpage, start + begin, turn), _box(textpage, start + end, turn)
    letters = islice(_WORD_START.finditer(written), _SAMPLES)
    tallest = max((_box(textpage, start + found.start(), turn) for found in letters), key=_height, default=None)
    size = round(_height(tallest), 1) if tallest else 0.0
    place = tallest or first
    return Line(words="", size=size, left=first[0], right=last[2], top=place[3], bottom=place[1])


def _height(box: tuple[float, float, float, float]) -> float:
    return box[3] - box[1]


def _turn(textpage: Any, index: int) -> int | None:
    """The quarter turns by which a character is turned on its page; `None` where it stands askew."""
    turns = raw.FPDFText_GetCharAngle(textpage, index) / (math.pi / 2)
    return round(turns) % 4 if abs(turns - round(turns)) < _ASKEW else None


def _reading(textpage: Any, count: int) -> int:
    """The quarter turns in which most of a page is set: a wide table is laid on its side, and turned back when it is shown."""
    turns = Counter(_turn(textpage, index) for index in range(0, count, max(1, count // _LOOKS)))
    return turns.most_common(1)[0][0] or 0 if turns else 0


def _box(textpage: Any, index: int, turn: int) -> tuple[float, float, float, float]:
    """The place of a character: left, bottom, right, top, as the page is read."""
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(textpage, index, box)
    left, bottom, right, top = box.left, box.bottom, box.right, box.top
    for _ in range(-turn % 4):
        left, bottom, right, top = bottom, -right, top, -left
    return left, bottom, right, top


def _joined(pieces: Iterator[Line]) -> tuple[Line, ...]:
    """Put pieces on one line together: PDFium parts a line where its type changes, at every raised number for one."""
    found: list[Line] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last and _goes_on(last, piece):
            gap = " " if piece.left - last.right > 0.12 * max(last.size, piece.size) else ""
            upper = last if last.size >= piece.size else piece
            found[-1] = replace(upper, words=f"{last.words}{gap}{piece.words}", left=last.left, right=piece.right)
        else:
            found.append(piece)
    return tuple(found)


def _goes_on(last: Line, piece: Line) -> bool:
    size = max(last.size, piece.size)
    middle = (piece.top + piece.bottom) / 2
    low, high = last.bottom, last.top
    same_line = low < middle < high or piece.bottom < (low + high) / 2 < piece.top
    return same_line and -0.5 * size < piece.left - last.right < 1.5 * size


# ---------------------------------------------------------------- the picture


def picture(document: Any, *, widths: Sequence[int], limit: int) -> bytes | None:
    """The first page as PNG, in the first width (in dots) that keeps within the limit of bytes; `None` where it is blank or cannot be drawn."""
    try:
        with closing(document[0]) as page:
            wide, high = page.get_size()
            if not (wide > 0 and high > 0):
                return None
            for width in widths:
                drawn = _png(page, min(width / wide, 2 * width / high))
                if drawn is None or len(drawn) <= limit:
                    return drawn
    except (pypdfium2.PdfiumError, ValueError, MemoryError):
        return None
    return None


def _png(page: Any, scale: float) -> bytes | None:
    """Draw a page. Each row is written as its difference from the row above (RFC 2083, filter 2), which is small where a page is white. The highest
    packing would take four times as long for a fiftieth of the bytes."""
    with closing(page.render(scale=scale, may_draw_forms=False, rev_byteorder=True)) as bitmap:
        dots = np.array(bitmap.to_numpy()[:, :, :_RGB])
    if (dots == dots[0, 0]).all():
        return None
    above = np.vstack([np.zeros_like(dots[:1]), dots[:-1]])
    rows = (dots - above).reshape(dots.shape[0], -1)  # bytes wrap around, as the format wants them to
    filtered = np.insert(rows, 0, 2, axis=1)
    head = struct.pack(">IIBBBBB", dots.shape[1], dots.shape[0], 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(filtered.tobytes(), 6)), (b"IEND", b""))
    chunks = (struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
