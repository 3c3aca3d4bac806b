"""The two type families of the printed digest, and which characters they can show.

The families come as packages: Source Sans Pro and Source Serif Pro (SIL Open Font License), so that no machine's own fonts change a page.
"""

from __future__ import annotations

import atexit
import re
import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap

import typst

_FACES = {
    "font_source_sans_pro": ("SourceSansPro", ("Regular", "It", "Semibold", "Bold")),
    "font_source_serif_pro": ("SourceSerifPro", ("Light", "LightIt", "Regular", "It", "Semibold", "SemiboldIt")),
}

_NAME_LIMIT = 40  # characters of a symbol's name
_SEVERAL = re.compile(r"(\[[A-Z][A-Za-z-]*\]|■)(?:[\s.,]*(?:\[[A-Z][A-Za-z-]*\]|■))+")  # one mark for a whole sentence
_PIECE = 24  # characters of a word that fit in any column
_PAUSE = "\u200b"  # where a word without an end may be broken
_ENDLESS = re.compile(rf"\S{{{_PIECE + 8},}}")


@cache
def library() -> typst.Fonts:
    """Give the faces that the template uses.

    The packages hold each face twice (OpenType and TrueType), and typst takes whichever the folder lists first: that differs between
    machines, and so would the bytes. Links to one file for each face, in a folder of this process, make it always the same.
    """
    folder = TemporaryDirectory(prefix="gleanings-fonts-")
    atexit.register(folder.cleanup)  # typst reads a face when it first needs it, so the links must live as long as the process
    for face in _paths():
        (Path(folder.name) / face.name).symlink_to(face)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder.name])


@cache
def characters() -> frozenset[int]:
    """Give the code points that every page of the digest can show, whatever the face."""
    covered = [frozenset(_mapped(path.read_bytes())) for path in _paths() if "Light" not in path.name]
    return frozenset[int].union(*covered)


def _paths() -> Iterator[Path]:
    for package, (family, styles) in _FACES.items():
        folder = Path(str(files(package))) / "files"
        for style in styles:
            yield folder / f"{family}-{style}.otf"


def _mapped(font: bytes) -> Iterator[int]:
    """Read the code points of a font's cmap table, format 12 or 4 (OpenType specification, "cmap")."""
    tables = struct.unpack_from(">H", font, 4)[0]
    start = next(at for tag, _, at, _ in (struct.unpack_from(">4sIII", font, 12 + 16 * n) for n in range(tables)) if tag == b"cmap")
    offsets = [struct.unpack_from(">HHI", font, start + 4 + 8 * n)[2] for n in range(struct.unpack_from(">H", font, start + 2)[0])]
    forms = {struct.unpack_from(">H", font, start + offset)[0]: start + offset for offset in offsets}
    if 12 in forms:
        groups = struct.unpack_from(">I", font, forms[12] + 12)[0]
        for group in range(groups):
            first, last, _ = struct.unpack_from(">III", font, forms[12] + 16 + 12 * group)
            yield from range(first, last + 1)
        return
    at = forms[4]
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    lasts = struct.unpack_from(f">{count}H", font, at + 14)
    firsts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
    for first, last in zip(firsts, lasts, strict=True):
        yield from range(first, min(last, 0xFFFE) + 1)


def showable(words: str) -> str:
    """Make words fit for the page: marks for what the faces cannot show (":rocket:", "[Arabic]"), places to break a word without an end."""
    return _ENDLESS.sub(lambda word: _PAUSE.join(wrap(word[0], _PIECE)), _spelt(words))


def _spelt(words: str) -> str:
    shown = characters()
    if shown.issuperset(map(ord, words)):
        return words
    parts: list[str] = []
    for letter in unicodedata.normalize("NFKC", words):
        part = letter if ord(letter) in shown else _substitute(letter)
        if len(part) < 2 or parts[-1:] != [part]:
            parts.append(part)
    return _SEVERAL.sub(r"\1", "".join(parts))


def _substitute(letter: str) -> str:
    category = unicodedata.category(letter)
    if category.startswith(("C", "M")):
        return ""
    name = unicodedata.name(letter, "")
    if category.startswith(("L", "N", "P")):
        script = name.split(" ")[0]
        return f"[{script if script == 'CJK' else script.capitalize()}]" if name else "■"
    return f":{name.lower()[:_NAME_LIMIT]}:" if name else "■"
