"""Which spellings of a name are one person or one publisher: by what every reader knows, and by what a desk wrote into `people.yaml`.

Without the file these are equal: case, accents, "Dr" and "Professor", "RN/MSc", which way round a name is written; of a publisher its article and its
apostrophes too. Nothing else is: "J. Smith" is Jane Smith only where the file says so. What a source wrote is never changed here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pipeline import text
from pipeline.names.parts import is_body, split

_LONGEST = 200  # characters
_APOSTROPHES = re.compile("['`´‘’ʼ]")
_ACCENTS = re.compile("[\u0300-\u036f]")  # of Latin, Greek and Cyrillic letters; the marks of other scripts are letters
_ARTICLE_BEHIND = re.compile(r"(?P<name>.+), *the", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One person or publisher of the file: the preferred name, and what else sources write."""

    name: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Spellings:
    """What the file says. Two spellings with one key are one; `person` and `publisher` give the preferred name, or a name as it was written."""

    people: tuple[Called, ...] = ()
    publishers: tuple[Called, ...] = ()

    def person(self, written: str) -> str:
        """Give the name that the file prefers; without one the name as the source wrote it, in one line."""
        return self._preferred(written) or text.squeeze(written)

    def publisher(self, written: str) -> str:
        """Give the publisher's name that the file prefers; without one the name as the source wrote it, in one line."""
        return self._publishers.get(publisher_key(written)) or text.squeeze(written)

    def heading(self, written: str) -> str:
        """Give the name under which the works of a person stand: the preferred one, else the written one without titles and post-nominals."""
        return self._preferred(written) or bare(written)

    def person_key(self, written: str) -> str:
        """Give what all spellings of one person share."""
        return person_key(self.person(written))

    def publisher_key(self, written: str) -> str:
        """Give what all spellings of one publisher share."""
        return publisher_key(self.publisher(written))

    def people_called(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give names with all that the file writes for the same people: what a condition on a person must look for."""
        return _all(names, self.people, person_key)

    def publishers_called(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give names with all that the file writes for the same publishers."""
        return _all(names, self.publishers, publisher_key)

    def _preferred(self, written: str) -> str:
        """A person of the file; of a name that has no family, a body of the file: bodies write reports, too."""
        key = person_key(written)
        return self._people.get(key) or (self._publishers.get(key, "") if is_whole(written) else "")

    @cached_property
    def _people(self) -> Mapping[str, str]:
        return _index(self.people, person_key)

    @cached_property
    def _publishers(self) -> Mapping[str, str]:
        return _index(self.publishers, publisher_key)


def _all(names: Iterable[str], known: Iterable[Called], key: Callable[[str], str]) -> tuple[str, ...]:
    held = tuple(names)
    wanted = {key(name) for name in held}
    others = (one for called in known for one in (called.name, *called.also) if not wanted.isdisjoint(map(key, (called.name, *called.also))))
    return tuple(dict.fromkeys((*held, *others))) if held else ()


AS_WRITTEN = Spellings()
"""No file: names as they are written."""


def _index(known: Iterable[Called], key: Callable[[str], str]) -> dict[str, str]:
    """Preferred names by key. One key may stand under one name only; the file is refused otherwise."""
    return {key(one): called.name for called in known for one in (*called.also, called.name)}


def bare(written: str) -> str:
    """Give a name in its natural order without titles and post-nominals: "Marsh, Prof. Ada, RN/MSc" is "Ada Marsh". A body stays as it is."""
    return split(_calm(written)).written


def is_whole(written: str) -> bool:
    """Say whether a name has no parts: a body, or a single name."""
    return not split(_calm(written)).family


@lru_cache(16_384)
def person_key(written: str) -> str:
    """Give the words by which a person is known, in ASCII where the script allows. Equal for every writing that every reader takes for the same."""
    name = split(_calm(written))
    return _key(name.written) if name.family else publisher_key(name.written)


def _calm(written: str) -> str:
    """One line, and a person in capitals alone as others write one: in "JOSÉ OAK" the last word is no pair of initials."""
    line = text.squeeze(written[: 4 * _LONGEST])
    return line.title() if " " in line and line.isupper() and not is_body(line) else line


@lru_cache(16_384)
def publisher_key(written: str) -> str:
    """Give the words by which a body is known: "The King's Fund", "Kings Fund" and "King’s Fund, The" have the same."""
    line = text.squeeze(written[: 4 * _LONGEST])
    turned = _ARTICLE_BEHIND.fullmatch(line)
    found = _key(turned["name"] if turned else line)
    return found.removeprefix("the ")


def _key(name: str) -> str:
    """The words of a name: folded, without accents and apostrophes, "&" written out; where there is no word, the name itself."""
    plain = _APOSTROPHES.sub("", text.folded(name)).replace("&", " and ")
    words = text.words(unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))))
    return " ".join(words) or plain.strip()
