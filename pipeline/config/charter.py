"""`charter.md` beside `sources.yaml`: what a desk takes in, in numbered points, and which point a rejection rests on. Decides nothing itself.

The file is Markdown. A point is an entry of a numbered list; the reasons that rest on it stand in brackets at its end: "(off topic)".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError, PipelineError, Problem
from pipeline.review import REASONS
from pipeline.text import clean, clip

FILE = "charter.md"
MAX_BYTES = 100_000

_POINT = re.compile(r"(\d{1,3})[.)][ \t]+(\S.*)")
_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_MARKS = re.compile(r"\s*\(([a-z ,]{3,80})\)[ \t]*$")
_STRONG = re.compile(r"\*\*(.{1,200}?)\*\*|__(.{1,200}?)__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One criterion. `text` is Markdown; `reasons` are those of a rejection that rest on it."""

    number: int
    text: str
    reasons: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The words in bold with which it begins, else its first words."""
        strong = _STRONG.match(self.text)
        return ((strong[1] or strong[2]) if strong else clip(self.text, 60)).strip(" .:;,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A heading with the words below it (Markdown), then its points."""

    title: str = ""
    words: str = ""
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """What a desk promises its readers and those who suggest."""

    title: str
    parts: tuple[Part, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(point for part in self.parts for point in part.points)

    def point(self, reason: str | None) -> Point | None:
        """Give the point that a rejection for this reason rests on; none where the file names none."""
        return next((point for point in self.points if reason in point.reasons), None)


def load_charter(beside: Path) -> Charter | None:
    """Read the charter that lies beside `sources.yaml`; none where a desk has not written one. Raises `ConfigError` where it cannot be read."""
    try:
        with beside.with_name(FILE).open("rb") as file:
            words = file.read(MAX_BYTES + 1)
        said = words.decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _wrong(f"the file cannot be read: {error.strerror}", "look at its permissions") from error
    except UnicodeDecodeError as error:
        raise _wrong("the file is not UTF-8 text", "save it as UTF-8") from error
    if len(words) > MAX_BYTES:
        raise _wrong(f"the file is longer than {MAX_BYTES:,} bytes", "a charter is a page; put the rest elsewhere")
    return read_charter(said) if said.strip() else None


def read_charter(said: str) -> Charter:
    """Read a charter: the first heading is its title, every further one begins a part."""
    title, parts = "", [_Draft()]
    for line in clean(said).splitlines():
        heading, point = _HEADING.match(line), _POINT.match(line)
        if heading and not title and parts == [_Draft()]:
            title = heading[2].strip(" #")
        elif heading:
            parts.append(_Draft(title=heading[2].strip(" #")))
        elif point:
            parts[-1].points.append([point[1], point[2]])
        elif parts[-1].points and line.strip() and (line[0].isspace() or parts[-1].is_open):
            parts[-1].points[-1][1] += " " + line.strip()
        elif parts[-1].points and line.strip():
            parts.append(_Draft(words=[line]))
        elif not parts[-1].points:
            parts[-1].words.append(line)
        parts[-1].is_open = bool(line.strip())
    return Charter(title=title or "Charter", parts=tuple(_parts(parts)))


def example_charter() -> str:
    """Give the charter that `gleanings init` writes, to be changed."""
    return Path(__file__).with_name(FILE).read_text(encoding="utf-8")


def write_charter(beside: Path) -> None:
    """Put the example charter beside `sources.yaml`, unless one is there. Raises `PipelineError` where it cannot be written."""
    try:
        with beside.with_name(FILE).open("x", encoding="utf-8") as file:
            file.write(example_charter())
    except FileExistsError:
        return
    except OSError as error:
        raise PipelineError(f"{FILE} cannot be written: {error.strerror}.", hint="Choose a folder that you may write to.") from error


def _wrong(what: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(file=FILE, line=0, what=what, remedy=remedy),))


@dataclass(slots=True)
class _Draft:
    """A part under reading. `is_open` says that the line before belongs to it, so that a wrapped line goes on with its point."""

    title: str
    words: list[str]
    points: list[list[str]]
    is_open: bool

    def __init__(self, title: str = "", words: Sequence[str] = ()) -> None:
        self.title, self.words, self.points, self.is_open = title, list(words), [], False


def _parts(drafts: Sequence[_Draft]) -> Iterator[Part]:
    for draft in drafts:
        words = "\n".join(draft.words).strip()
        if draft.title or words or draft.points:
            yield Part(title=draft.title, words=words, points=tuple(_point(int(number), text) for number, text in draft.points))


def _point(number: int, text: str) -> Point:
    """Take the reasons off the end of a point; other words in brackets stay."""
    marks = _MARKS.search(text)
    reasons = tuple(one.strip() for one in marks[1].split(",")) if marks else ()
    if marks is None or not set(reasons) <= set(REASONS):
        return Point(number=number, text=text)
    return Point(number=number, text=text[: marks.start()].rstrip(), reasons=reasons)
