"""The words by which folding goes: read from `rules.toml` once, amended by what a desk or a source says, and made into patterns.

Decides nothing and knows no resource. What is code in folding (vetoes, thresholds, the order of the steps) is not here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

from pipeline.errors import ConfigError, Problem
from pipeline.model import Folding

FILE = "rules.toml"
AMENDED = ("trackers", "notices", "suffixes", "generic_titles")
"""The lists that `fold:` in `sources.yaml` adds to and takes away from."""
LONGEST = 100
"""Characters of one entry."""
ROLES = {
    "notices": "notice",
    "summaries": "summary",
    "easy_reads": "easy read",
    "recordings": "recording",
    "abstracts": "abstract",
    "protocols": "protocol",
}
"""What a title can say its thing is, by the list that says so; asked in this order."""
NAMELESS = "nameless"
"""That a title is one that thousands of pages have."""


@lru_cache(1)
def shipped() -> Folding:
    """Give the words that come with the program."""
    return parsed(Path(__file__).with_name(FILE).read_text(encoding="utf-8"), file=FILE)


def parsed(text: str, *, file: str) -> Folding:
    """Read the words from TOML. Raises `ConfigError` that names file, line and key."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = int(found[1]) if (found := re.search(r"line (\d+)", str(error))) else 0
        raise ConfigError((Problem(file=file, line=line, what=str(error), remedy="see https://toml.io"),)) from error
    names = {field.name for field in fields(Folding)}
    wrong = [
        *((key, "the key is unknown") for key in said if key not in names),
        *((key, "the list is missing") for key in sorted(names - set(said))),
        *((key, what) for key in names & set(said) if (what := _wrong(key, said[key]))),
    ]
    if wrong:
        raise ConfigError(tuple(Problem(file=file, line=_line(text, key), what=f"{key}: {what}", remedy="") for key, what in sorted(wrong)))
    return Folding(**{key: tuple(one.casefold() for one in entries) for key, entries in said.items()})


def amended(folding: Folding, changes: Mapping[str, Sequence[str]]) -> Folding:
    """Add entries to lists, and take away those that begin with a hyphen. Raises `KeyError` of one to be taken away that is not there.

    A tracker that is taken away is content from then on, whichever of the lists of parameters held it.
    """
    for key, entries in changes.items():
        for entry in (one.strip().casefold() for one in entries):
            homes = ("trackers", "trackers_with_words", "dresses") if key == "trackers" else (key,)
            folding = _without(folding, homes, entry[1:]) if entry.startswith("-") else _with(folding, key, entry)
    return folding


def fault(entry: str) -> str:
    """Say what is wrong with an entry; empty where nothing is."""
    bare = entry.strip().removeprefix("-")
    if len(bare) > LONGEST:
        return f"“{bare[:20]}…” is longer than {LONGEST} characters"
    middle = bare.removeprefix("*").removesuffix("*")
    if not re.search(r"\w", middle):
        return f"“{entry}” holds no word"
    return f"“{entry}” has a star in its middle" if "*" in middle else ""


@lru_cache(64)
def parameters(names: tuple[str, ...]) -> re.Pattern[str]:
    """Make one pattern of names of parameters, for `fullmatch`."""
    return re.compile("|".join(re.escape(name).replace(r"\*", ".*") for name in names) or "(?!)", re.I)


@dataclass(frozen=True, slots=True)
class Titles:
    """Entries as patterns: of whole titles and of how they begin, and of what may stand anywhere, with the words to look for before."""

    begins: re.Pattern[str]
    holds: re.Pattern[str]
    hints: tuple[str, ...]

    def match(self, title: str) -> bool:
        """Say whether a title, case folded and in one line, is one of these. Words are whole, and signs around a title mean nothing."""
        if self.begins.match(title):
            return True
        return any(hint in title for hint in self.hints) and bool(self.holds.search(title))


@lru_cache(64)
def titles(entries: tuple[str, ...]) -> Titles:
    """Make patterns of titles."""
    loose = tuple(one for one in entries if one.startswith("*"))
    return Titles(
        begins=_either(one for one in entries if one not in loose),
        holds=_either(loose),
        hints=tuple(max(re.findall(r"\w+", one), key=len) for one in loose),
    )


def _either(entries: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_title, entries)) or "(?!)")


@lru_cache(64)
def words(entries: tuple[str, ...]) -> str:
    """Write entries as the inside of a pattern: one or the other."""
    return "|".join(re.escape(one) for one in sorted(entries, key=len, reverse=True)) or "(?!)"


def role(folding: Folding, title: str) -> str:
    """Say what a title, case folded and in one line, says that its thing is: a notice, a summary, and so on; empty for a work like any other."""
    return next((name for key, name in ROLES.items() if titles(getattr(folding, key)).match(title)), "")


def _title(entry: str) -> str:
    literal = entry.strip("*").replace("’", "'").strip()
    body = re.escape(literal).replace(r":\ ", ": ?")
    before = "" if entry.startswith("*") else r"\W*"
    behind = "" if entry.endswith("*") else r"\W*\Z"
    first = r"(?<!\w)" if literal[:1].isalnum() else ""
    last = r"(?!\w)" if literal[-1:].isalnum() else ""
    return f"{before}{first}{body}{last}{behind}"


def _with(folding: Folding, key: str, entry: str) -> Folding:
    return replace(folding, **{key: tuple(dict.fromkeys([*getattr(folding, key), entry]))})


def _without(folding: Folding, homes: Iterable[str], entry: str) -> Folding:
    held = [key for key in homes if entry in getattr(folding, key)]
    if not held:
        raise KeyError(entry)
    return replace(folding, **{key: tuple(one for one in getattr(folding, key) if one != entry) for key in held})


def _wrong(key: str, value: object) -> str:
    """Say what is wrong with a list of the file."""
    if not isinstance(value, list):
        return "a list belongs here"
    strange = next((one for one in value if not isinstance(one, str)), None)
    if strange is not None:
        return f"{strange!r} is no word"
    return next((what for one in value if (what := fault(one))), "")


def _line(text: str, key: str) -> int:
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines, 1) if re.match(rf"{re.escape(key)}\s*=", line)), 0)
