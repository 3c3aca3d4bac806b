"""One declaration for each operation: from it come its route, its checks, its errors and its place in the OpenAPI document.

    @operation("GET", "/items/{id}", scope=Scope.READ, role=Role.SCOUT, tag="items")
    def item(call: Call[ItemPath, None]) -> ItemDetail: …

The types stand in the signature and nowhere else: `Call[parameters, body]`, and the answer.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar, cast

from pipeline.model import Account, Role, Scope
from pipeline.store import Store
from pipeline.web.site import Site

P = TypeVar("P")
B = TypeVar("B")
A = TypeVar("A")
Method = Literal["GET", "POST"]
_IN_PATH = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """No parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An answer that is a file and no JSON."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[P, B]):
    """One call of an operation: who asks, with which parameters and body. `store` is open for this call."""

    site: Site
    store: Store
    person: Account
    params: P
    body: B

    @property
    def now(self) -> datetime:
        return self.site.clock()


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What can be asked."""

    name: str
    method: Method
    path: str
    scope: Scope
    role: Role
    tag: str
    summary: str
    about: str
    status: int
    run: Callable[[Call[Any, Any]], object]

    @cached_property
    def _hints(self) -> dict[str, Any]:
        """The types of the signature, read when the operation is first called or described: they may stand in rooms that are late."""
        return typing.get_type_hints(self.run)

    @property
    def params(self) -> type:
        """A dataclass whose fields stand in the path or behind it."""
        return cast("type", typing.get_args(self._hints["call"])[0])

    @property
    def body(self) -> type | None:
        """The dataclass of what is sent; `None` where nothing is taken."""
        body = cast("type", typing.get_args(self._hints["call"])[1])
        return None if body is type(None) else body

    @property
    def answer(self) -> type:
        """The type of the answer."""
        return cast("type", self._hints["return"])

    @property
    def in_path(self) -> tuple[str, ...]:
        """Names of the parameters that stand in the path."""
        return tuple(_IN_PATH.findall(self.path))


OPERATIONS: list[Operation] = []
"""All operations, in the order of the document."""


def operation(
    method: Method, path: str, *, scope: Scope, role: Role, tag: str, status: int = 200
) -> Callable[[Callable[[Call[P, B]], A]], Callable[[Call[P, B]], A]]:
    """Declare an operation; its first sentence is its summary."""

    def declare(function: Callable[[Call[P, B]], A]) -> Callable[[Call[P, B]], A]:
        summary, _, about = (inspect.getdoc(function) or "").partition("\n\n")
        OPERATIONS.append(
            Operation(
                name=function.__name__,
                method=method,
                path=path,
                scope=scope,
                role=role,
                tag=tag,
                summary=" ".join(summary.split()),
                about=" ".join(about.split()),
                status=status,
                run=function,
            )
        )
        return function

    return declare
