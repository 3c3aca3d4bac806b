"""Change the file as its owner would: put a line in where it belongs, and leave every other character as it is."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from pipeline.config.document import DocumentError, Node, read
from pipeline.config.place import after_line, end_of, flow, into_brackets, place, refused
from pipeline.files import write_whole
from pipeline.model import Source


def new_id(words: str, taken: Collection[str]) -> str:
    """Make an id out of words, one that is not taken."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("'", "")).strip("-")[:60].strip("-") or "source"
    return next(name for number in itertools.count(1) if (name := stem if number == 1 else f"{stem}-{number}") not in taken)


def add_source(path: Path, source: Source) -> None:
    """Append a source to the file's `sources:`, keeping comments and layout. The file is replaced as a whole or not at all.

    Raises `ConfigError` where the file cannot be read, or is laid out so that we cannot add to it safely.
    """
    add_sources(path, (source,))


def add_sources(path: Path, sources: Sequence[Source]) -> None:
    """Append several sources in one step. Raises as `add_source` does."""
    if not sources:
        return
    entries = [_line(source) for source in sources]
    try:
        text = path.read_bytes().decode("utf-8")
        before = read(text.removeprefix("\ufeff"), path.name, [])
        changed = _appended(text, entries)
        after = read(changed.removeprefix("\ufeff"), path.name, [])
    except DocumentError as error:
        raise refused(path, error.line, error.what, error.remedy) from error
    except (OSError, ValueError) as error:
        raise refused(path, 0, f"the file cannot be read: {error}", "look at its permissions and its encoding") from error
    if not _differ_by(before, after, [read(entry, path.name, []) for entry in entries]):
        raise refused(path, 0, "the source cannot be added here", f"put this line under `sources:` yourself: - {entries[0]}")
    try:
        write_whole(path, (changed.encode(),))
    except OSError as error:
        raise refused(path, 0, f"the file cannot be written: {error.strerror}", "look at the permissions of its folder") from error


def change_source(path: Path, source_id: str, changes: Mapping[str, object]) -> None:
    """Set keys of one source in the file, keeping comments and layout around them. The file is replaced as a whole or not at all.

    Raises `ConfigError` where the file cannot be read, has no such source, or is laid out so that we cannot change it safely.
    """
    _change(path, _Entry("sources", source_id), changes)


def change_collection(path: Path, collection_id: str, changes: Mapping[str, object]) -> None:
    """Set keys of one collection in the file, as `change_source` does."""
    _change(path, _Entry("collections", collection_id), changes)


class _Entry(NamedTuple):
    """One entry of a list of the file: the key of the list, and its own id."""

    part: str
    id: str

    def __str__(self) -> str:
        return f"the {self.part.removesuffix('s')} {self.id}"


def _change(path: Path, which: _Entry, changes: Mapping[str, object]) -> None:
    try:
        text = path.read_bytes().decode("utf-8")
        before = read(text.removeprefix("\ufeff"), path.name, [])
        changed = text
        for key, value in changes.items():
            changed = _with_key(changed, which, key, flow(value))
        after = read(changed.removeprefix("\ufeff"), path.name, [])
    except DocumentError as error:
        raise refused(path, error.line, error.what, error.remedy) from error
    except (OSError, ValueError, LookupError) as error:
        raise refused(path, 0, f"{which} cannot be changed: {error}", _by_hand(which, changes)) from error
    if after.plain() != _as_changed(before, which, changes):
        raise refused(path, 0, f"{which} cannot be changed here", _by_hand(which, changes))
    try:
        write_whole(path, (changed.encode(),))
    except OSError as error:
        raise refused(path, 0, f"the file cannot be written: {error.strerror}", "look at the permissions of its folder") from error


def _by_hand(which: _Entry, changes: Mapping[str, object]) -> str:
    return f"write this into {which} yourself: {', '.join(f'{key}: {flow(value)}' for key, value in changes.items())}"


def _as_changed(before: Node, which: _Entry, changes: Mapping[str, object]) -> object:
    """What the file must say after the change."""
    plain = before.plain()
    found = plain.get(which.part) if isinstance(plain, dict) else None
    if not isinstance(plain, dict) or not isinstance(found, list):
        return None
    return {**plain, which.part: [{**one, **changes} if isinstance(one, dict) and one.get("id") == which.id else one for one in found]}


def _with_key(text: str, which: _Entry, key: str, words: str) -> str:
    """Write one key of an entry: in the place of its value, or behind its other keys."""
    _, value = place(text, which.part)
    entries = value.value if isinstance(value, yaml.SequenceNode) else []
    entry = next((one for one in entries if isinstance(one, yaml.MappingNode) and _value(one, "id") == which.id), None)
    if entry is None:
        raise LookupError("it does not stand in this file")
    known = next((one for name, one in entry.value if name.value == key), None)
    if known is not None:
        gap = " " if text[known.start_mark.index - 1] == ":" else ""  # the key stands there without a value
        return f"{text[: known.start_mark.index]}{gap}{words}{text[end_of(known) :]}"
    if entry.flow_style:
        return into_brackets(text, entry, f"{key}: {words}")
    end = "\r\n" if "\r\n" in text else "\n"
    indent = " " * entry.value[0][0].start_mark.column
    return after_line(text, end_of(entry), f"{indent}{key}: {words}{end}", end)


def _value(entry: yaml.MappingNode, key: str) -> object:
    return next((value.value for name, value in entry.value if name.value == key), None)


def _line(source: Source) -> str:
    """Write a source as one line of flow style. JSON strings are YAML strings."""
    entry: dict[str, object] = {"id": source.id, "kind": source.kind, "url": source.url}
    if source.title:
        entry["title"] = source.title
    if source.topics:
        entry["topics"] = list(source.topics)
    entry.update(source.options)
    return "{" + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items()) + "}"


def _differ_by(before: Node, after: Node, added: Sequence[Node]) -> bool:
    """Say whether nothing changed but the sources at the end."""
    old, new = before.plain(), after.plain()
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    return new == {**old, "sources": [*(old.get("sources") or []), *(one.plain() for one in added)]}


def _appended(text: str, entries: Sequence[str]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    key, value = place(text, "sources")
    if key is None or value is None:
        gap = "" if text.endswith("\n") or not text else end
        return f"{text}{gap}sources:{end}{_block(entries, '  ', end)}"
    if isinstance(value, yaml.SequenceNode) and value.flow_style:
        return into_brackets(text, value, ", ".join(entries))
    if isinstance(value, yaml.SequenceNode):
        return after_line(text, end_of(value), _block(entries, " " * value.start_mark.column, end), end)
    return after_line(text, key.end_mark.index, _block(entries, "  ", end), end)


def _block(entries: Sequence[str], indent: str, end: str) -> str:
    return "".join(f"{indent}- {entry}{end}" for entry in entries)
