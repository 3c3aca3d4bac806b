"""A mapping of the file while it is read: takes out what is known, collects what is wrong, and names what is left over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from pipeline.config.document import Node
from pipeline.config.values import BadValueError, Read, nearest
from pipeline.errors import Problem

T = TypeVar("T")
D = TypeVar("D")


class Section:
    """One mapping under reading. `where` names it in sentences (`source "north-blog"`); problems go to the list that all sections share."""

    def __init__(self, node: Node, *, where: str, file: str, problems: list[Problem]) -> None:
        self.line = node.line
        self.where = where
        self.file = file
        self.problems = problems
        self._known: set[str] = set()
        self._nodes: dict[str, Node] = {}
        if isinstance(node.content, dict):
            self._nodes = node.content
        elif node.content is not None:
            self.wrong(node.line, "a mapping belongs here", "write `key: value`, one on a line, with an indent")

    def take(self, key: str, read: Read[T], default: D) -> T | D:
        """Read one setting. One that is absent, empty or wrong gives the default."""
        node = self.node(key)
        if node is None:
            return default
        try:
            return read(node)
        except BadValueError as error:
            self.wrong(node.line, f"{key}: {error.what}", error.remedy)
            return default

    def need(self, key: str, read: Read[T], default: D) -> T | D:
        """Read one setting that must be there."""
        if self.node(key) is None:
            line = self._nodes[key].line if key in self._nodes else self.line
            self.wrong(line, f"`{key}` is missing", f"add `{key}: …`")
        return self.take(key, read, default)

    def node(self, key: str) -> Node | None:
        """Give the value of a key as it stands, or nothing where it is absent or empty."""
        self._known.add(key)
        node = self._nodes.get(key)
        return None if node is None or node.content is None else node

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that stand in the mapping, empty ones too."""
        return tuple(self._nodes)

    def part(self, key: str) -> Section:
        """Open a mapping within this one; empty where it is absent."""
        return self.under(self.node(key) or Node(self.line), key)

    def parts(self, key: str, what: str) -> Iterator[Section]:
        """Open each mapping of a list."""
        node = self.node(key)
        if node is None:
            return
        if not isinstance(node.content, tuple):
            self.wrong(node.line, f"{key}: a list belongs here", "write one entry on a line, each beginning with a hyphen")
            return
        for one in node.content:
            yield self.under(one, what)

    def under(self, node: Node, where: str) -> Section:
        return Section(node, where=where, file=self.file, problems=self.problems)

    def rest(self) -> dict[str, Node]:
        """Give what nobody asked for; it counts as known from here on."""
        left = {key: node for key, node in self._nodes.items() if key not in self._known}
        self._known.update(left)
        return left

    def close(self) -> None:
        """Report every key that nobody asked for."""
        for key, node in self._nodes.items():
            if key not in self._known:
                self.wrong(node.line, f"the key `{key}` is unknown", nearest(key, self._known))

    def line_of(self, key: str) -> int:
        return self._nodes[key].line if key in self._nodes else self.line

    def wrong(self, line: int, what: str, remedy: str = "") -> None:
        self.problems.append(Problem(file=self.file, line=line, what=f"{self.where}: {what}" if self.where else what, remedy=remedy))
