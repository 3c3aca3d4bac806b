"""Values to JSON and back, by their types: for snapshots, stored resources and files in and out. Knows no type of ours by name."""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache

T = typing.TypeVar("T")
_STEERING = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")  # what JSON lets stand as it is
_SIMPLE = frozenset((str, int, float, bool))
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def to_plain(value: object) -> Json:
    """Turn a value of our types into what `json.dumps` takes. Dates become ISO 8601, spans become seconds."""
    if value is None or type(value) in _SIMPLE:
        return typing.cast("Json", value)  # most of what is stored
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
    return {name: to_plain(getattr(value, name)) for name in _names(typing.cast("typing.Any", type(value)))}


@cache
def _names(kind: type) -> tuple[str, ...]:
    """Name the fields of one of our types. A `TypeError` on anything else is a bug of ours."""
    return tuple(field.name for field in dataclasses.fields(kind))


def json_line(value: object) -> str:
    """Write a value as one line of JSON (without its end), which neither ends early nor steers a terminal, whatever words are in it."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(to_plain(value), ensure_ascii=False))


def from_plain(kind: type[T], plain: object) -> T:
    """Rebuild a value of `kind` from its plain form. Unknown keys are left out; missing ones take their defaults. Raises `ValueError`."""
    try:
        return typing.cast("T", _maker(typing.cast("typing.Any", kind))(plain))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not the plain form of {kind.__name__}: {error}") from error


Make = Callable[[typing.Any], object]


@cache
def _maker(kind: typing.Any) -> Make:
    """What rebuilds a value of one type; worked out once for each type, because a database of items is read through here."""
    if isinstance(kind, typing.NewType):
        return _maker(kind.__supertype__)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        make = _maker(next(one for one in typing.get_args(kind) if one is not types.NoneType))
        return lambda plain: None if plain is None else make(plain)
    if origin is tuple:
        return _tuple(typing.get_args(kind))
    if origin is not None and issubclass(origin, Mapping):
        return dict
    return _dataclass(kind) if dataclasses.is_dataclass(kind) else _simple(kind)


def _dataclass(kind: typing.Any) -> Make:
    makers = {name: _maker(hint) for name, hint in typing.get_type_hints(kind).items()}
    return lambda plain: kind(**{name: makers[name](one) for name, one in plain.items() if name in makers})


def _tuple(kinds: tuple[typing.Any, ...]) -> Make:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        make = _maker(kinds[0])
        return lambda plain: tuple([make(one) for one in plain])
    makers = [_maker(kind) for kind in kinds]
    return lambda plain: tuple([make(one) for make, one in zip(makers, plain, strict=True)])


def _simple(kind: typing.Any) -> Make:
    if kind in (date, datetime):
        return lambda plain: datetime.fromisoformat(plain) if len(plain) > 10 else date.fromisoformat(plain)
    if kind is timedelta:
        return lambda plain: timedelta(seconds=plain)
    if isinstance(kind, type) and issubclass(kind, Enum | float):
        return kind
    if isinstance(kind, type) and kind is not object:
        return lambda plain: plain if isinstance(plain, kind) else _refused(kind, plain)
    return lambda plain: plain


def _refused(kind: type, plain: object) -> typing.NoReturn:
    raise TypeError(f"{plain!r} is no {kind.__name__}")
