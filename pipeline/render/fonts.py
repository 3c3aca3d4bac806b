"""The faces of the printed digest, and which characters they can show.

Two families come as packages: Source Sans Pro and Source Serif Pro (SIL Open Font License), so that no machine's own fonts change a page.
Only where an edition has letters that these lack (Arabic, Hebrew, Devanagari, Chinese, emoji) do fonts of the machine join them.
"""

from __future__ import annotations

import atexit
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap

import typst

from pipeline.render import faces

_FACES = {
    "font_source_sans_pro": ("SourceSansPro", ("Regular", "It", "Semibold", "Bold")),
    "font_source_serif_pro": ("SourceSerifPro", ("Light", "LightIt", "Regular", "It", "Semibold", "SemiboldIt")),
}

_NAME_LIMIT = 40  # characters of a symbol's name
_SEVERAL = re.compile(r"(\[[A-Z][A-Za-z-]*\]|■)(?:[\s.,]*(?:\[[A-Z][A-Za-z-]*\]|■))+")  # one mark for a whole sentence
_PIECE = 24  # characters of a word that fit in any column
_MARK = "\u200e"  # ends words that run from right to left (`words.apart`); what came from outside has none left
_PAUSE = "\u200b"  # where a word without an end may be broken
_ENDLESS = re.compile(rf"[^\s\u0e00-\U0010ffff]{{{_PIECE + 8},}}")  # from Thai on, scripts without spaces have breaks of their own


@dataclass(frozen=True, slots=True)
class Typecase:
    """The faces for one edition: `extra` are font files of the machine, none for most editions, and `letters` what they add for it."""

    extra: tuple[Path, ...] = ()
    letters: frozenset[int] = frozenset()

    def has(self, letter: str) -> bool:
        """Say whether a page can show the letter."""
        return ord(letter) in characters() or ord(letter) in self.letters

    @property
    def fonts(self) -> typst.Fonts:
        return _library(self.extra)[0]

    @property
    def families(self) -> tuple[str, ...]:
        """Name the extra families, in the order in which they are tried."""
        return _library(self.extra)[1]


OURS = Typecase()


def typecase(words: Iterable[str]) -> Typecase:
    """Find the faces that the words need beside our own."""
    lacking = _lacking(words)
    extra = faces.chosen(lacking)
    return Typecase(extra, frozenset(ord(letter) for letter in lacking if faces.shows(extra, letter)) | faces.UNSEEN) if extra else OURS


def missing(words: str) -> tuple[str, ...]:
    """Name the scripts ("Arabic") and signs ("rocket") in the words that neither our faces nor this machine's can show, in order of the alphabet."""
    found = typecase((words,))
    return tuple(sorted({_named(letter) for letter in _lacking((words,)) if not found.has(letter)}))


def _lacking(words: Iterable[str]) -> frozenset[str]:
    """Give the letters that our own faces lack, and that no plainer letter of theirs stands for."""
    shown = characters()
    return frozenset(
        one for letter in set("".join(words)) if ord(letter) not in shown for one in unicodedata.normalize("NFKC", letter) if _wanted(one)
    )


def _wanted(letter: str) -> bool:
    return ord(letter) not in characters() and not unicodedata.category(letter).startswith(("C", "Z"))


@cache
def _library(extra: tuple[Path, ...]) -> tuple[typst.Fonts, tuple[str, ...]]:
    """Load faces, and name the families of the extra ones.

    The packages hold each face twice (OpenType and TrueType), and typst takes whichever the folder lists first: that differs between
    machines, and so would the bytes. Links to one file for each face, in a folder of this process, make it always the same.
    """
    folder = TemporaryDirectory(prefix="gleanings-fonts-")
    atexit.register(folder.cleanup)  # typst reads a face when it first needs it, so the links must live as long as the process
    for face in _paths():
        (Path(folder.name) / face.name).symlink_to(face)
    bolder = [face for face in map(faces.bold, extra) if face]
    for place, face in enumerate((*extra, *bolder)):
        (Path(folder.name) / f"extra-{place:02}{face.suffix}").symlink_to(face)
    loaded = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder.name])
    places = {face.resolve(): place for place, face in enumerate(extra)}
    named = sorted((places[Path(one.path)], one.index, one.family) for one in loaded.fonts() if one.path and Path(one.path) in places)
    return loaded, tuple(dict.fromkeys(family for _, _, family in named))


@cache
def characters() -> frozenset[int]:
    """Give the code points that every page of the digest can show, whatever the face.

    A letter that the italics lack is taken from an upright face. A mark is not: it belongs to its letter, and no one face might have both.
    """
    upright, slanted = (
        frozenset(
            point
            for path in _paths()
            if path.stem.endswith("It") is italic
            for first, last in faces.covered(path)
            for point in range(first, last + 1)
        )
        for italic in (False, True)
    )
    return frozenset(point for point in upright if point in slanted or not unicodedata.category(chr(point)).startswith("M"))


def _paths() -> Iterator[Path]:
    for package, (family, styles) in _FACES.items():
        folder = Path(str(files(package))) / "files"
        for style in styles:
            yield folder / f"{family}-{style}.otf"


def showable(words: str, case: Typecase = OURS) -> str:
    """Make words fit for the page: marks for what the faces cannot show (":rocket:", "[Arabic]"), places to break a word without an end."""
    if len(words) <= _PIECE and words.isascii() and words.isprintable():
        return words  # most of what an edition says, and thousands of them
    return _ENDLESS.sub(lambda word: _PAUSE.join(wrap(word[0], _PIECE)), _spelt(words, case))


def _spelt(words: str, case: Typecase) -> str:
    if words.isascii() and words.isprintable():
        return words
    if characters().issuperset(map(ord, words)) or (case.extra and all(map(case.has, words))):
        return words
    parts: list[str] = []
    for letter in unicodedata.normalize("NFKC", words):
        part = letter if case.has(letter) else _substitute(letter)
        if len(part) < 2 or parts[-1:] != [part]:
            parts.append(part)
    return _SEVERAL.sub(r"\1", "".join(parts))


def _substitute(letter: str) -> str:
    category = unicodedata.category(letter)
    if category.startswith(("C", "M")):
        return letter if letter == _MARK else ""
    name = unicodedata.name(letter, "")
    if category.startswith(("L", "N", "P")):
        return f"[{faces.script(letter)}]" if name else "■"
    return f":{name.lower()[:_NAME_LIMIT]}:" if name else "■"


def _named(letter: str) -> str:
    """Name a letter by its script, a sign by itself, and what has no name by its number."""
    name = unicodedata.name(letter, "")
    if not name:
        return f"U+{ord(letter):04X}"
    return name.lower()[:_NAME_LIMIT] if unicodedata.category(letter).startswith("S") else faces.script(letter)
