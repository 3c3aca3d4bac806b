"""YAML text → a tree of values that know their line. Refuses what no configuration needs: anchors, tags, duplicate keys, depth, several documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml

from pipeline.errors import Problem

MAX_CHARACTERS = 2_000_000
MAX_DEPTH = 12

# The C scanner is about ten times faster and is in every wheel; the other one is for platforms without.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = yaml.resolver.Resolver()
_TRUE = {"yes", "true", "on"}


class DocumentError(Exception):
    """The text is no document that we read; `line` counts from 1, 0 is the whole."""

    def __init__(self, line: int, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.line = line
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file. A value in a mapping has the line of its key. `text` is a scalar as written."""

    line: int
    content: bool | int | float | str | tuple[Node, ...] | dict[str, Node] | None = None
    text: str = ""

    def plain(self) -> object:
        """Give the value without its lines."""
        match self.content:
            case tuple():
                return [one.plain() for one in self.content]
            case dict():
                return {key: one.plain() for key, one in self.content.items()}
        return self.content


def read(text: str, file: str, problems: list[Problem]) -> Node:
    """Read one document. Duplicate keys are added to `problems`; what makes the text unreadable raises `DocumentError`."""
    if len(text) > MAX_CHARACTERS:
        raise DocumentError(
            0, f"the file is larger than {MAX_CHARACTERS // 1_000_000} MB", "move topics to a file of their own (`topics: topics.yaml`)"
        )
    try:
        return _Builder(yaml.parse(text, Loader=_LOADER), file, problems).document()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DocumentError(line, "a character stands here that YAML does not allow", "retype the line") from error
    except yaml.MarkedYAMLError as error:
        raise _explain(error, text) from error


def _explain(error: yaml.MarkedYAMLError, text: str) -> DocumentError:
    quoted = "quoted" in (error.context or "")  # then the problem is seen far below, at the next quotation mark or the end
    mark = (error.context_mark if quoted else None) or error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    lines = text.split("\n")
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return DocumentError(line, "a tab stands where the line begins", "use spaces")
    context = f"{error.context}: " if error.context else ""
    return DocumentError(
        line, f"this is not YAML ({context}{error.problem})", "look at the colons, quotation marks and indents of this line and the one above"
    )


class _Builder:
    """Builds the tree from the parser's events, so that depth and aliases are bounded before anything grows."""

    def __init__(self, events: Iterator[yaml.Event], file: str, problems: list[Problem]) -> None:
        self._events = events
        self._file = file
        self._problems = problems

    def document(self) -> Node:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Node(0)
        node = self._node(next(self._events), 0)
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise DocumentError(_line(after), "a second document begins here", "remove the line `---`")
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DocumentError(line, "anchors and aliases (`&`, `*`) are not read here", "write the value out")
        if tag := getattr(event, "tag", None):
            raise DocumentError(line, f"tags such as `{tag}` are not read here", "write the plain value")
        if depth > MAX_DEPTH:
            raise DocumentError(line, "brackets or indents go too deep here", "close the brackets")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event, line)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(line, self._sequence(depth))
        return Node(line, self._mapping(depth))

    def _sequence(self, depth: int) -> tuple[Node, ...]:
        nodes = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            nodes.append(self._node(event, depth + 1))
        return tuple(nodes)

    def _mapping(self, depth: int) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            key = self._node(event, depth + 1)
            value = replace(self._node(next(self._events), depth + 1), line=line)
            if not isinstance(event, yaml.ScalarEvent):
                raise DocumentError(line, "a list or a mapping stands where a key belongs", "write `key: value`")
            if key.text in nodes:
                first = nodes[key.text].line
                self._problems.append(
                    Problem(file=self._file, line=line, what=f"`{key.text}` stands here a second time", remedy=f"the first is in line {first}")
                )
            else:
                nodes[key.text] = value
        return nodes


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _scalar(event: yaml.ScalarEvent, line: int) -> Node:
    tag = _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]  # the stubs leave it out
    match str(tag).rpartition(":")[2]:
        case "null":
            return Node(line)
        case "bool":
            return Node(line, event.value.lower() in _TRUE, event.value)
        case "int":
            return Node(line, _number(event.value, int), event.value)
        case "float":
            return Node(line, _number(event.value, float), event.value)
    return Node(line, event.value, event.value)


def _number(text: str, kind: type[int] | type[float]) -> int | float | str:
    """Read a plain decimal number. YAML's octal and sexagesimal forms stay text: nobody means them."""
    try:
        return kind(text) if len(text) < 20 else text
    except ValueError:
        return text
