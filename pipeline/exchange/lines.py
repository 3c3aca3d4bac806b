"""A file of lines: reads them with a bound on each, turns JSON into dictionaries, and keeps account of what became of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pipeline.text import clip, squeeze

MAX_LINE = 8_000_000
"""Bytes of one line: the longest report has a tenth of it."""
MAX_DEPTH = 20
"""Lists and objects inside each other: more would not come out again."""
NAMED = 20
"""So many bad lines are named; the rest are counted."""


class BadLineError(Exception):
    """A line that cannot be taken; the words say why."""


@dataclass(slots=True)
class Result:
    """What became of a file: lines taken by what they turned out to be, and those left out, by number."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: int = 0
    problems: list[str] = field(default_factory=list)

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def refuse(self, number: int, why: object) -> None:
        self.wrong += 1
        if len(self.problems) < NAMED:
            self.problems.append(f"line {number}: {why}")

    @property
    def total(self) -> int:
        return sum(self.counts.values()) + self.wrong


def lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file. One that is too long is cut, so that it fails as one line and takes no memory."""
    while raw := file.readline(MAX_LINE + 1):
        yield raw
        while len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            raw = file.readline(MAX_LINE + 1)


def records(raw_lines: Iterable[bytes], result: Result) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and content of each line that is a JSON object; empty lines are nothing, others are refused."""
    for number, raw in enumerate(raw_lines, 1):
        try:
            if (row := record(raw, first=number == 1)) is not None:
                yield number, row
        except BadLineError as error:
            result.refuse(number, error)


def record(raw: bytes, *, first: bool) -> dict[str, Any] | None:
    """Read one line: a JSON object, or nothing where it is empty. Raises `BadLineError`. The first line may begin with a byte order mark."""
    text = _text(raw, first=first)
    return _object(text) if text else None


def _text(raw: bytes, *, first: bool) -> str:
    if len(raw) > MAX_LINE:
        raise BadLineError(f"it is longer than {MAX_LINE // 1_000_000} MB")
    try:
        return raw.decode("utf-8-sig" if first else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise BadLineError("it is not UTF-8 text") from error


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"it is not JSON (“{clip(squeeze(text[:200]), 60)}”)") from error
    if not isinstance(found, dict):
        raise BadLineError("it is JSON, but no object in braces")
    level: list[Any] = [found]
    for _ in range(MAX_DEPTH):
        level = [inner for one in level if isinstance(one, dict | list) for inner in (one.values() if isinstance(one, dict) else one)]
    if level:
        raise BadLineError("its lists and objects go too deep")
    return found


def _refuse(word: str) -> None:
    """Refuse NaN and Infinity, which Python reads and no other program does (RFC 8259, 6)."""
    raise ValueError(word)
