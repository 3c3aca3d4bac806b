"""`people.yaml` beside `sources.yaml`: which spellings are one person or one publisher, read strictly, and added to as its owner would.

Each name stands with what else sources write: `Becky Malby: [Rebecca Malby]`, under `people:` or `publishers:`. A desk without the file has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import yaml

from pipeline import text as words
from pipeline.config import values
from pipeline.config.document import DocumentError, Node, read
from pipeline.config.place import after_line, end_of, flow, into_brackets, place, refused
from pipeline.config.section import Section
from pipeline.errors import Problem
from pipeline.files import write_whole
from pipeline.names.spellings import Called, Spellings, person_key, publisher_key

FILE = "people.yaml"
Part = Literal["people", "publishers"]
_LONGEST = 200  # characters of a name
_PLAIN = re.compile(r"[^\W\d_](?:[\w .'’-]*[\w.])?")
_NO_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))  # to YAML
_HEAD = "# Which spellings are one: the preferred name, then what else sources write. Change or take out any line; the desk reads it again.\n"
_KEYS: dict[str, Callable[[str], str]] = {"people": person_key, "publishers": publisher_key}


def load_spellings(path: Path, problems: list[Problem]) -> Spellings:
    """Read the file; none where there is none. What is wrong in it is added to `problems`, each with its line."""
    try:
        said = path.read_bytes().decode("utf-8-sig")
        return _read(said, path.name, problems)
    except FileNotFoundError:
        return Spellings()
    except OSError as error:
        problems.append(Problem(file=path.name, line=0, what=f"the file cannot be read: {error.strerror}", remedy="look at its permissions"))
        return Spellings()
    except UnicodeDecodeError:
        problems.append(Problem(file=path.name, line=0, what="the file is not UTF-8 text", remedy="save it as UTF-8"))
        return Spellings()
    except DocumentError as error:
        problems.append(Problem(file=path.name, line=error.line, what=error.what, remedy=error.remedy))
        return Spellings()


def _read(said: str, name: str, problems: list[Problem]) -> Spellings:
    section = Section(read(said, name, problems), where="", file=name, problems=problems)
    made = Spellings(people=_called(section, "people"), publishers=_called(section, "publishers"))
    section.close()
    return made


def _called(section: Section, part: str) -> tuple[Called, ...]:
    """Read one part: first the names, so that no spelling of one is the name of another."""
    node = section.node(part)
    if node is None:
        return ()
    if not isinstance(node.content, dict):
        section.wrong(node.line, f"{part}: names with their spellings belong here", "write `Preferred Name: [another spelling]`, one on a line")
        return ()
    key, made = _KEYS[part], list[Called]()
    taken: dict[str, tuple[str, int]] = {}
    for written, value in node.content.items():
        name = words.squeeze(written)
        if not _is_name(section, part, name, value.line):
            continue
        if key(name) in taken:
            other, line = taken[key(name)]
            section.wrong(value.line, f"{part}: “{name}” is “{other}” of line {line}", "write both in one line, under the name that you prefer")
        taken.setdefault(key(name), (name, value.line))
        made.append(Called(name=name))
    return tuple(_with_others(section, part, one, node.content, taken) for one in made)


def _with_others(section: Section, part: str, one: Called, written: dict[str, Node], taken: dict[str, tuple[str, int]]) -> Called:
    """Read what else is written for a name. A spelling belongs to one name only, and stands there once; `taken` says by key whose
    it is, and in which line."""
    value = next(value for name, value in written.items() if words.squeeze(name) == one.name)
    also: dict[str, str] = {}
    for node in _listed(section, part, value):
        spelling = _spelling(section, part, node)
        if not spelling:
            continue
        folded = words.folded(spelling)
        other, line = taken.setdefault(_KEYS[part](spelling), (one.name, node.line))
        if other != one.name:
            what = "is a name of its own" if _KEYS[part](other) == _KEYS[part](spelling) else f"stands for “{other}” already,"
            section.wrong(node.line, f"{part}: “{spelling}” {what} in line {line}", "leave it with the one whom it names")
        elif folded in also or folded == words.folded(one.name):
            section.wrong(node.line, f"{part}: “{spelling}” stands here twice", "write it once")
        also.setdefault(folded, spelling)
    return Called(name=one.name, also=tuple(also.values()))


def _listed(section: Section, part: str, value: Node) -> tuple[Node, ...]:
    if isinstance(value.content, tuple):
        return value.content
    if isinstance(value.content, dict):
        section.wrong(value.line, f"{part}: a mapping stands where spellings belong", "write `Preferred Name: [another spelling]`")
        return ()
    return () if value.content is None else (value,)


def _spelling(section: Section, part: str, node: Node) -> str:
    try:
        said = values.line(node)
    except values.BadValueError as error:
        section.wrong(node.line, f"{part}: {error.what}", error.remedy)
        return ""
    return said if _is_name(section, part, said, node.line) else ""


def _is_name(section: Section, part: str, name: str, line: int) -> bool:
    if not name or not any(one.isalnum() for one in name):
        section.wrong(line, f"{part}: a name is empty", "write the name, or take the line out")
        return False
    if len(name) > _LONGEST:
        section.wrong(line, f"{part}: a name has {len(name)} characters", f"write {_LONGEST} at most")
        return False
    return True


# ---------------------------------------------------------------- adding


def add_spellings(path: Path, part: Part, name: str, also: Sequence[str]) -> None:
    """Write that these spellings are `name`, keeping comments and layout; the file is made where there is none.

    A spelling that needs no writing, because it is the name for every reader, is left out. The file is replaced as a whole or not at all.
    Raises `ConfigError` where the file is wrong, says otherwise already, or is laid out so that we cannot add to it safely.
    """
    name, others = words.squeeze(name), tuple(dict.fromkeys(map(words.squeeze, also)))
    try:
        before = path.read_bytes().decode("utf-8") if path.exists() else ""
        known = _checked(path, before)
        wanted = _wanted(known, part, name, others)
        changed = _added(before or _HEAD, part, _standing(known, part, name), wanted) if wanted else before
        after = _checked(path, changed)
    except (OSError, UnicodeDecodeError) as error:
        raise refused(path, 0, f"the file cannot be read: {error}", "look at its permissions and its encoding") from error
    except (DocumentError, yaml.YAMLError, LookupError) as error:
        raise refused(path, 0, f"“{name}” cannot be added here", _by_hand(part, name, others)) from error
    key, spellings = _KEYS[part], after.person_key if part == "people" else after.publisher_key
    if any(spellings(one) != key(_standing(known, part, name)) for one in others):
        raise refused(path, 0, f"“{name}” cannot be added here", _by_hand(part, name, others))
    try:
        write_whole(path, (changed.encode(),))
    except OSError as error:
        raise refused(path, 0, f"the file cannot be written: {error.strerror}", "look at the permissions of its folder") from error


def _checked(path: Path, said: str) -> Spellings:
    """Read the text as the file would be read. Raises `ConfigError` with the first thing that is wrong."""
    problems: list[Problem] = []
    made = _read(said.removeprefix("\ufeff"), path.name, problems)
    if problems:
        first = min(problems, key=lambda problem: problem.line)
        raise refused(path, first.line, first.what, first.remedy)
    return made


def _standing(known: Spellings, part: Part, name: str) -> str:
    """The name under which it stands in the file, or will."""
    key = _KEYS[part]
    return next((one.name for one in getattr(known, part) if key(name) in map(key, (one.name, *one.also))), name)


def _wanted(known: Spellings, part: Part, name: str, others: Sequence[str]) -> tuple[str, ...]:
    """The spellings that the file does not know to be the name yet, one for each that differs to a reader."""
    key, standing = _KEYS[part], _standing(known, part, name)
    there = {key(one) for called in getattr(known, part) if called.name == standing for one in (called.name, *called.also)} | {key(standing)}
    return tuple({key(one): one for one in reversed(others) if key(one) not in there}.values())[::-1]


def _added(said: str, part: Part, name: str, others: Sequence[str]) -> str:
    """Put the spellings where their name stands, else a line of their own under the part, else the part at the end."""
    end = "\r\n" if "\r\n" in said else "\n"
    entry = f"{_word(name)}: [{', '.join(map(_word, others))}]{end}"
    key, value = place(said, part)
    if key is None or value is None:
        gap = "" if said.endswith("\n") or not said else end
        return f"{said}{gap}{part}:{end}  {entry}"
    if not isinstance(value, yaml.MappingNode):
        return after_line(said, key.end_mark.index, f"  {entry}", end)
    if value.flow_style:
        raise LookupError(part)
    known = next((one for one in value.value if words.squeeze(one[0].value) == name), None)
    if known is None:
        return after_line(said, end_of(value), f"{' ' * value.value[0][0].start_mark.column}{entry}", end)
    return _beside(said, known[1], others, end)


def _beside(said: str, value: yaml.Node, others: Sequence[str], end: str) -> str:
    """Add to the spellings of a name that stands in the file."""
    if isinstance(value, yaml.SequenceNode) and value.flow_style:
        return into_brackets(said, value, ", ".join(map(_word, others)))
    if isinstance(value, yaml.SequenceNode):
        indent = " " * value.start_mark.column
        return after_line(said, end_of(value), "".join(f"{indent}- {_word(one)}{end}" for one in others), end)
    start, stop = value.start_mark.index, value.end_mark.index
    written = [said[start:stop]] if stop > start else []
    gap = " " if said[start - 1] == ":" else ""
    return f"{said[:start]}{gap}[{', '.join([*written, *map(_word, others)])}]{said[stop:]}"


def _word(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.casefold() not in _NO_WORDS else flow(name)


def _by_hand(part: str, name: str, others: Sequence[str]) -> str:
    return f"write under `{part}:` yourself: {_word(name)}: [{', '.join(map(_word, others))}]"
