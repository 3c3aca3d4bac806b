"""Values to JSON and back, by their types: for snapshots, stored resources and files in and out. Knows no type of ours by name."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache

T = typing.TypeVar("T")
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def to_plain(value: object) -> Json:
    """Turn a value of our types into what `json.dumps` takes. Dates become ISO 8601, spans become seconds."""
    match value:
        case None | bool() | int() | float() | str():
            return value.value if isinstance(value, Enum) else value
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case list() | tuple():
            return [to_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): to_plain(one) for key, one in value.items()}
    fields = dataclasses.fields(typing.cast("typing.Any", value))  # a TypeError on anything else is a bug of ours
    return {field.name: to_plain(getattr(value, field.name)) for field in fields}


def from_plain(kind: type[T], plain: object) -> T:
    """Rebuild a value of `kind` from its plain form. Unknown keys are left out; missing ones take their defaults. Raises `ValueError`."""
    try:
        return typing.cast("T", _build(kind, plain))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not the plain form of {kind.__name__}: {error}") from error


@cache
def _fields(kind: type) -> dict[str, object]:
    return typing.get_type_hints(kind)


def _build(kind: typing.Any, plain: typing.Any) -> object:
    if isinstance(kind, typing.NewType):
        return _build(kind.__supertype__, plain)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        rest = [one for one in typing.get_args(kind) if one is not types.NoneType]
        return None if plain is None else _build(rest[0], plain)
    if origin is tuple:
        return _tuple(typing.get_args(kind), plain)
    if origin is not None and issubclass(origin, Mapping):
        return dict(plain)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _fields(kind)
        return kind(**{name: _build(hints[name], one) for name, one in plain.items() if name in hints})
    return _simple(kind, plain)


def _tuple(kinds: tuple[typing.Any, ...], plain: typing.Any) -> tuple[object, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_build(kinds[0], one) for one in plain)
    return tuple(_build(kind, one) for kind, one in zip(kinds, plain, strict=True))


def _simple(kind: typing.Any, plain: typing.Any) -> object:
    if kind in (date, datetime):
        return datetime.fromisoformat(plain) if len(plain) > 10 else date.fromisoformat(plain)
    if kind is timedelta:
        return timedelta(seconds=plain)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(plain)
    if kind is float:
        return float(plain)
    if isinstance(kind, type) and kind is not object and not isinstance(plain, kind):
        raise TypeError(f"{plain!r} is no {kind.__name__}")
    return plain
