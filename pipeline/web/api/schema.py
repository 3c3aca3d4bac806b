"""Types of ours as JSON Schema (2020-12), and values that come in read strictly by the same types: every fault at once, each with its place.

What goes out is written by `plain.to_plain`; the schema here says how that looks. Knows no type of ours by name.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from pipeline.plain import Json
from pipeline.text import nearest

Schema = dict[str, Json]
Hint = typing.Any
"""A type as `typing.get_type_hints` gives it."""

_origin = typing.cast("Callable[[Hint], Hint]", typing.get_origin)
REFERENCE = "#/components/schemas/"
_BOUNDS = {"string": ("minLength", "maxLength"), "integer": ("minimum", "maximum"), "array": ("minItems", "maxItems")}
_SIMPLE: dict[object, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int64"},
    float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}
_SURROGATE = re.compile("[\ud800-\udfff\x00]")
_WHOLE = re.compile(r"-?\d{1,18}")
_LARGEST = 2**53 - 1
"""The largest whole number that every reader of JSON takes as it is (RFC 8259, 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is to be said of a field beside its type. `least` and `most` bound a number, the characters of a text, or the entries of a list."""

    about: str = ""
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in what was sent: where, what, and what to write instead."""

    where: str
    problem: str
    hint: str = ""


class Schemas:
    """The schemas of dataclasses, by name, as they are met."""

    def __init__(self) -> None:
        self.named: dict[str, Json] = {}
        self._kinds: dict[str, type] = {}

    def of(self, hint: Hint) -> Schema:
        """Write the schema of a type; a dataclass becomes a reference."""
        note, kind = noted(hint)
        made = self._bare(kind, note)
        if bounds := _BOUNDS.get(str(made.get("type"))):
            made |= {name: bound for name, bound in zip(bounds, (note.least, note.most), strict=True) if bound is not None}
        return made | ({"description": note.about} if note.about else {})

    def _bare(self, kind: Hint, note: Note) -> Schema:
        origin, inner = _origin(kind), typing.get_args(kind)
        if origin in (typing.Union, types.UnionType):
            return {"anyOf": [self.of(_bounded(one, note)) if one is not types.NoneType else {"type": "null"} for one in inner]}
        if origin is typing.Literal:
            return {"type": "string", "enum": list(inner)}
        if origin is tuple:
            return {"type": "array", "items": self.of(inner[0])}
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(inner[1])}
        if dataclasses.is_dataclass(kind):
            return {"$ref": REFERENCE + self._name(typing.cast("type", kind))}
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {"type": "string", "enum": [one.value for one in kind]}
        return dict(_SIMPLE[kind])

    def _name(self, kind: type) -> str:
        if self._kinds.setdefault(kind.__name__, kind) is not kind:
            raise TypeError(f"two types are called {kind.__name__}")
        if kind.__name__ not in self.named:
            self.named[kind.__name__] = {}  # before its fields: a type may hold itself
            self.named[kind.__name__] = self._fields(kind)
        return kind.__name__

    def _fields(self, kind: type) -> Schema:
        hints = fields(kind)
        words = (kind.__doc__ or "").strip()
        return {
            "type": "object",
            **({"description": " ".join(words.split())} if words and not words.startswith(f"{kind.__name__}(") else {}),
            "properties": {name: self.of(hint) for name, hint in hints.items()},
            "required": list(required(kind)),
            "additionalProperties": False,
        }


def fields(kind: type) -> dict[str, Hint]:
    """Give the fields of a dataclass with their types and notes."""
    return typing.get_type_hints(kind, include_extras=True)


def required(kind: type) -> tuple[str, ...]:
    """Name the fields that have no default."""
    known = dataclasses.fields(typing.cast("Hint", kind))
    return tuple(one.name for one in known if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING)


def noted(hint: Hint) -> tuple[Note, Hint]:
    """Take a type apart into its note and itself; a new name for a type is that type."""
    if _origin(hint) is typing.Annotated:
        kind, *marks = typing.get_args(hint)
        return next((mark for mark in marks if isinstance(mark, Note)), Note()), noted(kind)[1]
    if isinstance(hint, typing.NewType):
        return Note(), hint.__supertype__
    return Note(), hint


def _bounded(hint: Hint, note: Note) -> Hint:
    """Give one side of a type that may be null the bounds that were said of the whole."""
    return typing.Annotated[hint, Note(least=note.least, most=note.most)]


# ---------------------------------------------------------------- reading


class Reader:
    """Reads what was sent, and collects what is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def members(self, kind: type, given: Mapping[str, object], *, what: str) -> dict[str, object]:
        """Read the fields of a dataclass; those that have a default may be missing. `what` names a field in a sentence."""
        hints = fields(kind)
        for name in given:
            if name not in hints:
                near = nearest(name, hints)
                known = f"Known are {', '.join(hints)}." if hints else "There are none here."
                self.fault(name, f"There is no {what} of this name.", f"Did you mean “{near}”?" if near else known)
        for name in required(kind):
            if name not in given:
                self.fault(name, f"This {what} is missing.")
        return {name: self.value(hint, given[name], where=name) for name, hint in hints.items() if name in given}

    def value(self, hint: Hint, plain: object, *, where: str) -> object:
        """Read one value."""
        note, kind = noted(hint)
        origin, inner = _origin(kind), typing.get_args(kind)
        if origin in (typing.Union, types.UnionType):
            rest = next(one for one in inner if one is not types.NoneType)
            return None if plain is None else self.value(_bounded(rest, note), plain, where=where)
        if origin is tuple:
            return self._list(inner[0], note, plain, where=where)
        if origin is typing.Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
            return self._choice(kind, inner, plain, where=where)
        return _READERS[kind](self, note, plain, where)

    def fault(self, where: str, problem: str, hint: str = "") -> object:
        """Note one thing that is wrong, and give what stands in the place of the value."""
        self.faults.append(Fault(where=_SURROGATE.sub("�", where[:80]), problem=problem, hint=_SURROGATE.sub("�", hint)))
        return None

    def _list(self, inner: Hint, note: Note, plain: object, *, where: str) -> object:
        if not isinstance(plain, list):
            return self.fault(where, "This must be a list.")
        self._bound(note, len(plain), "entries", where)
        return tuple(self.value(inner, one, where=f"{where}/{place}") for place, one in enumerate(plain))

    def _choice(self, kind: Hint, words: tuple[str, ...], plain: object, *, where: str) -> object:
        known = words or tuple(one.value for one in kind)
        if not isinstance(plain, str) or plain not in known:
            near = nearest(plain, known) if isinstance(plain, str) else None
            return self.fault(
                where, "This is none of the words that may stand here.", f"Did you mean “{near}”?" if near else f"One of {', '.join(known)}."
            )
        return plain if words else kind(plain)

    def _bound(self, note: Note, size: int, unit: str, where: str) -> None:
        if (note.least is not None and size < note.least) or (note.most is not None and size > note.most):
            span = f"from {note.least or 0:,} to {note.most:,}" if note.most is not None else f"at least {note.least:,}"
            self.fault(where, "This is out of bounds.", f"It takes {span}{f' {unit}' if unit else ''}.")

    def text(self, note: Note, plain: object, where: str) -> object:
        if not isinstance(plain, str):
            return self.fault(where, "This must be a text.")
        if _SURROGATE.search(plain):
            return self.fault(where, "This text holds what is no character.", "Take out NUL and lone surrogates.")
        self._bound(note, len(plain), "characters", where)
        return plain

    def whole(self, note: Note, plain: object, where: str) -> object:
        if not isinstance(plain, int) or isinstance(plain, bool) or abs(plain) > _LARGEST:
            return self.fault(where, "This must be a whole number.")
        self._bound(note, plain, "", where)
        return plain

    def flag(self, _note: Note, plain: object, where: str) -> object:
        return plain if isinstance(plain, bool) else self.fault(where, "This must be true or false.")

    def moment(self, _note: Note, plain: object, where: str) -> object:
        hint = "Write a time with its zone (RFC 3339), such as 2026-11-20T12:00:00Z."
        try:
            read = datetime.fromisoformat(plain) if isinstance(plain, str) and len(plain) <= 40 else None
        except ValueError:
            read = None
        if read is None or read.tzinfo is None or not 1 < read.year < 9999:
            return self.fault(where, "This must be a time.", hint)
        return read


_READERS: dict[object, Callable[[Reader, Note, object, str], object]] = {
    str: Reader.text,
    int: Reader.whole,
    bool: Reader.flag,
    datetime: Reader.moment,
}


def from_words(hint: Hint, words: list[str]) -> object:
    """Turn the words of an address into what JSON would say, by the type wanted: `"5"` is 5 for a number. What does not fit stays as it is."""
    kind = noted(hint)[1]
    inner = [one for one in typing.get_args(kind) if one is not types.NoneType]
    if _origin(kind) is tuple:
        return [from_words(inner[0], [word]) for word in words]
    if _origin(kind) in (typing.Union, types.UnionType):
        return from_words(inner[0], words)
    word = words[-1]
    if kind is int and _WHOLE.fullmatch(word) and word.isascii():
        return int(word)
    return {"true": True, "false": False}.get(word, word) if kind is bool else word
