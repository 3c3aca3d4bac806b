"""Which font files a machine has, and which characters they can show. Reads tables of the files; draws nothing and installs nothing.

The digest brings Latin, Greek and Cyrillic itself. For other scripts it looks here: first into font packages, if they are installed, then
among the machine's own fonts, Noto before whatever else there is.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")  # Noto for most scripts, as optional packages: with these all machines print alike
_SYSTEM = (
    *(Path.home() / ".fonts", Path.home() / ".local/share/fonts"),
    *(Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("/Library/Fonts"), Path("/System/Library/Fonts"), Path("C:/Windows/Fonts")),
)
_MOST = 12  # faces beside our own: more scripts than that are noise, and each face is megabytes
_SAMPLE = 100  # letters of a script by which faces are compared
_MOST_FILES = 6000
_STYLED = re.compile(r"bold|italic|oblique|light|thin|black|medium|heavy|condensed|mono|display|demi|semi|extra|narrow|lastresort|blank", re.I)
UNSEEN = frozenset({0x200C, 0x200D, 0xFE0E, 0xFE0F})  # joiners and variation selectors shape their neighbours and need no glyph
_SAME = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "KATAKANA-HIRAGANA": "CJK", "IDEOGRAPHIC": "CJK", "FULLWIDTH": "CJK", "BOPOMOFO": "CJK"}

Ranges = tuple[tuple[int, int], ...]


@cache
def places() -> tuple[tuple[Path, ...], ...]:
    """Give the folders to look in, group by group, the preferred one first."""
    found = [find_spec(name) for name in _PACKAGES]
    return tuple(Path(one.origin).parent for one in found if one and one.origin), _SYSTEM


def chosen(letters: Iterable[str], groups: Sequence[tuple[Path, ...]] | None = None) -> tuple[Path, ...]:
    """Choose the font files that together show the letters: for each script one that has most of it, the same whatever the order asked in.

    `groups` are folders to look in, those of `places` unless told; where two files have as much, the earlier group's is taken.
    """
    wanted = {letter for letter in letters if ord(letter) not in UNSEEN}
    if not wanted:
        return ()
    every = [face for group in (places() if groups is None else groups) for face in files(group)]
    scripts: dict[str, set[int]] = {}
    for letter in sorted(wanted):
        scripts.setdefault(script(letter), set()).add(ord(letter))
    found: list[Path] = []
    for name, points in sorted(scripts.items(), key=lambda one: (-len(one[1]), one[0]))[: _MOST * 2]:
        best = _best(name, points, (*found, *every))
        if best and best not in found and len(found) < _MOST:
            found.append(best)
    return tuple(found)


def shows(faces: Iterable[Path], letter: str) -> bool:
    """Say whether one of the font files has the letter. Joiners and variation selectors are shown by any."""
    return any(ord(letter) in UNSEEN or _within(ord(letter), covered(face)) for face in faces)


def script(letter: str) -> str:
    """Name the script of a letter as people do ("Arabic", "CJK"); of a sign, `Symbols`."""
    if unicodedata.category(letter).startswith("S"):
        return "Symbols"
    first = unicodedata.name(letter, "Unknown").split(" ")[0]
    name = _SAME.get(first, first)
    return name if name == "CJK" else name.capitalize()


@cache
def files(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """List the upright regular font files below the folders: Noto Sans, other Noto, then the rest, each by name."""
    found = [path for folder in folders for path in _below(folder)]
    return tuple(sorted(found, key=lambda path: (_rank(path.stem), path.stem, str(path))))


def bold(face: Path) -> Path | None:
    """Give the bold file that belongs to a regular one, if there is one."""
    stem = face.stem.removesuffix("-Regular")
    other = face.with_name(f"{stem}-Bold{face.suffix}")
    return other if other != face and other.is_file() else None


@cache
def covered(path: Path) -> Ranges:
    """Give the ranges of code points that a font file has, first and last, in order; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return _joined(one for start in _starts(file) for one in _mapped(file, start))
    except (OSError, struct.error, ValueError):
        return ()


def _best(name: str, points: set[int], faces: Iterable[Path]) -> Path | None:
    sample = sorted(points)[:: len(points) // _SAMPLE + 1]
    best, most = None, 0
    for face in sorted(faces, key=lambda path: "emoji" not in path.stem.lower()) if name == "Symbols" else faces:
        count = sum(_within(point, covered(face)) for point in sample)
        if count > most:
            best, most = face, count
        if most == len(sample):
            break
    return best


def _below(folder: Path) -> Iterator[Path]:
    try:
        every = sorted(folder.rglob("*")) if folder.is_dir() else []
    except OSError:
        return
    plain = (path for path in every[:_MOST_FILES] if path.suffix.lower() in (".ttf", ".otf", ".ttc"))
    yield from (path for path in plain if not _STYLED.search(path.stem))


def _rank(stem: str) -> int:
    return 0 if stem.startswith("NotoSans") else 1 if stem.startswith("Noto") else 2


def _within(point: int, ranges: Ranges) -> bool:
    place = bisect_right(ranges, (point, 0x110000))
    return place > 0 and ranges[place - 1][1] >= point


def _joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _starts(file: BinaryIO) -> tuple[int, ...]:
    """Find where the faces of a file start: several in a collection (OpenType specification, "ttcf")."""
    tag, _, count = struct.unpack(">4sII", file.read(12))
    if tag != b"ttcf":
        return (0,)
    return struct.unpack(f">{min(count, 64)}I", file.read(4 * min(count, 64)))


def _mapped(file: BinaryIO, start: int) -> Iterator[tuple[int, int]]:
    """Read the code points of a face's cmap table, format 12 or 4 (OpenType specification, "cmap")."""
    (tables,) = struct.unpack(">H", _at(file, start + 4, 2))
    entries = struct.iter_unpack(">4sIII", _at(file, start + 12, 16 * tables))
    at, size = next(((at, size) for tag, _, at, size in entries if tag == b"cmap"), (0, 0))
    cmap = _at(file, at, min(size, 4_000_000))
    (count,) = struct.unpack_from(">H", cmap, 2)
    offsets = [struct.unpack_from(">HHI", cmap, 4 + 8 * n)[2] for n in range(count)]
    forms = {struct.unpack_from(">H", cmap, offset)[0]: offset for offset in offsets}
    if 12 in forms:
        (groups,) = struct.unpack_from(">I", cmap, forms[12] + 12)
        yield from ((first, last) for first, last, _ in struct.iter_unpack(">III", cmap[forms[12] + 16 : forms[12] + 16 + 12 * groups]))
    elif 4 in forms:
        yield from _segments(cmap, forms[4])


def _segments(cmap: bytes, at: int) -> Iterator[tuple[int, int]]:
    (double,) = struct.unpack_from(">H", cmap, at + 6)
    lasts = struct.unpack_from(f">{double // 2}H", cmap, at + 14)
    firsts = struct.unpack_from(f">{double // 2}H", cmap, at + 16 + double)
    yield from ((first, min(last, 0xFFFE)) for first, last in zip(firsts, lasts, strict=True) if first < 0xFFFF)


def _at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)
