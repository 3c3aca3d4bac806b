"""Rooms and libraries that are loaded when they are first asked for something: a process is ready before it has loaded what it may never need.

One convention: what is late stands under `TYPE_CHECKING` as an ordinary import, which the type checker and the contracts read, and in its `else` as

    collections = late("pipeline.publish.collections")

and is used as that module: `collections.freshen(…)`. A package says at its end which of its rooms has each of its names:

    door(__name__, editions=("build", "freeze"))

What must not be loaded when the desk is ready stands in `tests/test_start_light.py`. Nothing here knows what it loads.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_named: dict[str, None] = {}


class _Late(ModuleType):
    """Stands for a module until the first of its names is asked for. Python's own lock sees to it that two threads load it once."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(import_module(self.__name__), name)
        if not self.__name__.startswith("pipeline."):
            self.__dict__[name] = found  # a library's names stay what they are, and numpy's are asked for thousands of times in a visit
        return found


class _Door(ModuleType):
    """A package whose rooms are loaded when one of their names is asked for (PEP 562, and what that leaves open)."""

    homes: dict[str, tuple[str, str]]

    def __getattr__(self, name: str) -> Any:
        home = self.__dict__.get("homes", {}).get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = getattr(import_module(home[0]), home[1])
        super().__setattr__(name, found)
        return found

    def __setattr__(self, name: str, value: object) -> None:
        """Keep a room that Python binds after loading it from hiding the function of the same name."""
        if not (isinstance(value, ModuleType) and name in self.__dict__.get("homes", {})):
            super().__setattr__(name, value)


def late(name: str) -> Any:
    """Give what stands for a module, by its whole name."""
    _named[name] = None
    return _Late(name)


def door(package: str, **rooms: tuple[str, ...]) -> None:
    """Let a package (`__name__`) load each of its rooms when one of the names that it has from there (`name`, `name as other`) is asked for."""
    module = sys.modules[package]
    parted = ((room, *name.partition(" as ")) for room, names in rooms.items() for name in names)
    module.__dict__["homes"] = {other or name: (f"{package}.{room}", name) for room, name, _, other in parted}
    module.__class__ = _Door


def load(*packages: str) -> None:
    """Load what has been named late until now of these packages, but not what that names late in its turn: for a thread that has time."""
    for name in tuple(_named):
        if name.startswith(packages):
            import_module(name)
