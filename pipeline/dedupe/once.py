"""A property that is worked out when it is first asked for, and then kept. The standard library's takes a lock for it each time, which costs a match
more than what most of these work out; two threads that ask at once get equal values here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Owner = TypeVar("Owner")
Value = TypeVar("Value")


class Once(Generic[Owner, Value]):
    """Keep what a method says of its object in the object, under the method's name."""

    def __init__(self, ask: Callable[[Owner], Value]) -> None:
        self._ask = ask
        self.__doc__ = ask.__doc__

    def __get__(self, owner: Owner, kind: type[Owner]) -> Value:
        value = self._ask(owner)
        owner.__dict__[self._ask.__name__] = value
        return value


once = Once
