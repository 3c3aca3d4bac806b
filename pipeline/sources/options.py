"""The options of a source, read with their types: the mistakes as sentences, the values as what a kind works with. Knows no kind by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from pipeline.text import nearest

Options = Mapping[str, object]

_SPAN = re.compile(r"(\d{1,4})\s*([dw])")
_NAMES = {bool: "true or false", str: "text", list: "a list of texts", dict: "a group of keys"}


def problems(options: Options, known: Mapping[str, type], *, where: str) -> Iterator[str]:
    """Say what is wrong with the options of one kind: unknown keys, each with the nearest known one, and values of the wrong type."""
    for key, value in options.items():
        if key not in known:
            yield f"{where} has no option {key!r}" + _nearest(str(key), known)
        elif not (_is_texts(value) if known[key] is list else isinstance(value, known[key])):
            yield f"{where}: {key} must be {_NAMES[known[key]]}, not {value!r}"


def texts(options: Options, key: str) -> tuple[str, ...]:
    """Read an option that is one text or a list of them."""
    value = options.get(key)
    if isinstance(value, str):
        return (value,)
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()


def span(options: Options, key: str) -> timedelta | None:
    """Read an option that is a span of days or weeks, such as 30d; `None` where it is none."""
    found = _SPAN.fullmatch(str(options.get(key, "")).strip())
    return timedelta(days=int(found[1]) * (7 if found[2] == "w" else 1)) if found and int(found[1]) else None


def span_problems(options: Options, key: str) -> Iterator[str]:
    """Say that an option is no span of days or weeks, where it is given and is none."""
    if isinstance(options.get(key), str) and span(options, key) is None:
        yield f"{key} must be a span of days or weeks, not {options[key]!r}; for example `{key}: 30d`"


def _is_texts(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list | tuple) and all(isinstance(one, str) for one in value))


def _nearest(key: str, known: Mapping[str, type]) -> str:
    if near := nearest(key, known):
        return f"; did you mean {near!r}?"
    return f"; it knows {', '.join(known)}" if known else ""
