"""Names that a text gives and another text does not know: persons, bodies, places, written with capitals in the middle of a sentence.

A hint only. An abbreviation counts as known where its letters begin words that follow one another ("PCN", primary care network), and in languages
that write every noun with a capital nothing is said at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Protocol

from pipeline import text

MAX_CHARACTERS = 1_000_000
"""Characters of a source that are read."""
_CAPITALS = ("de", "lb")
"""Languages whose nouns all have a capital."""
_TOKEN = re.compile(r"(?<![\w-])[^\W\d_][\w'’&-]*")
_LINK = re.compile(r"https?://\S+|www\.\S+|\S{1,100}@\S+")
_BEGINS = frozenset('.!?:;\n"“”‘•–—*_#>(/[|…')
_EVERYWHERE = frozenset(
    {"i", "i'm", "i've", "i'd", "i'll", "nhs", "gp", "gps", "uk", "usa", "us", "eu", "who", "pdf", "ai", "it", "hr", "ceo", "dr", "mr", "mrs", "ms",
     "prof", "professor", "english", "british", "england", "scotland", "wales", "ireland", "europe", "christmas", "easter",
     "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
     "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
)  # fmt: skip
"""Names that nobody looks up."""


class Holder(Protocol):
    """What can say whether it knows a name."""

    def holds(self, word: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Known:
    """The words of some texts, and the letters with which these begin."""

    words: Set[str]
    initials: str = ""

    def holds(self, word: str) -> bool:
        """Whether a name is among the words, as it is, in the plural, by its parts, or as their initials."""
        plain = text.folded(word).removesuffix("'s").removesuffix("'")
        if plain in self.words or plain in _EVERYWHERE or plain.removesuffix("s") in self.words or f"{plain}s" in self.words:
            return True
        if word[:-1].isupper() and len(word) > 1 and word.removesuffix("s").casefold() in self.initials:
            return True
        parts = text.words(word)
        return bool(parts) and all(one.removesuffix("'s") in self.words or one in _EVERYWHERE for one in parts)


def known(texts: Iterable[str]) -> Known:
    """Collect the words of some texts."""
    found = [word for said in texts for word in text.words(said[:MAX_CHARACTERS])]
    return Known({one.removesuffix("'s") for one in found}, "".join(word[0] for word in found))


def unknown(said: str, *of: Holder, language: str = "en") -> Iterator[str]:
    """Yield names in a text of which no known texts hold some word, as written, each once."""
    if language.casefold().split("-")[0] in _CAPITALS:
        return
    done: set[str] = set()
    for run, begins in _runs(_LINK.sub(" . ", said[:MAX_CHARACTERS])):
        told = run[1:] if begins else run
        if (
            any(not any(one.holds(word) for one in of) for word in told if len(word) > 1)
            and (name := " ".join(told if len(told) > 1 else run)) not in done
        ):
            done.add(name)
            yield name


def _runs(said: str) -> Iterator[tuple[list[str], bool]]:
    """Yield words with capitals that follow one another, and whether they stand where any word has one."""
    run: list[str] = []
    begins, end = True, 0
    for match in _TOKEN.finditer(said):
        between = said[end : match.start()]
        fresh = end == 0 or any(mark in _BEGINS for mark in between)
        if run and (between != " " or not match[0][0].isupper()):
            yield run, begins
            run = []
        if match[0][0].isupper():
            begins = fresh if not run else begins
            run.append(match[0].rstrip("-&"))
        end = match.end()
    if run:
        yield run, begins
