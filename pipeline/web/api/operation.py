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
from typing import Any, Generic, Literal, TypeVar

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What can be asked. `params` is a dataclass whose fields stand in the path or behind it; `body` is `None` where none is taken."""

    name: str
    method: Method
    path: str
    scope: Scope
    role: Role
    tag: str
    summary: str
    about: str
    params: type
    body: type | None
    answer: type
    status: int
    run: Callable[[Call[Any, Any]], object]

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
        hints = typing.get_type_hints(function)
        params, body = typing.get_args(hints["call"])
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
                params=params,
                body=None if body is type(None) else body,
                answer=hints["return"],
                status=status,
                run=function,
            )
        )
        return function

    return declare
