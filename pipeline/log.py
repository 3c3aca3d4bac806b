"""The log: one line for each event. JSON for a machine, words for a person at a terminal.

Lines are written where they arise with the standard library (`log.info("harvest ended code=%d", code)`); here each `name=%…` becomes a field of its
own, so nothing that a value holds can pass for another field. What must not be in a log is taken out of every value: mail addresses, and of web
addresses whatever may be a secret (name and password, query). Texts and titles are never handed to it in the first place.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from pipeline.text import clean, squeeze

LONGEST = 4_000
"""Characters of one value; a traceback has a few thousand."""

_FIELD = re.compile(r"\s*\b(\w+)=(%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z])")
_HOLDER = re.compile(r"%(?:%|[-+ #0]*\d*(?:\.\d+)?[a-zA-Z])")
_MAIL = re.compile(r"[\w.!#$&'*+/=?^`{|}~-]{1,64}@(?=[\w-])[\w.-]{1,253}")
_QUERY = re.compile(r"(https?://[^\s?#\"'<>]{1,2000})[?#][^\s\"'<>]*")
_USER = re.compile(r"(https?://)[^\s/@\"'<>]{1,500}@")
_TOKEN = re.compile(r"(/(?:invitation|confirm|preferences|unsubscribe|useful|used|suggest|survey)/)[^\s\"'<>]+")
_NOISY = ("apscheduler", "uvicorn", "httpx", "httpcore", "asyncio", "trafilatura", "pypdfium2")


def set_up(*, level: int, stream: TextIO | None = None, as_lines: bool | None = None) -> None:
    """Send every line to `stream` (standard error), as JSON where nobody sits there, or where `as_lines` says so."""
    stream = stream or sys.stderr
    machine = not stream.isatty() if as_lines is None else as_lines
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_json() if machine else _readable())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Let every line that is written within the block carry these fields, in threads that the block gives work to as well."""
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def scrub(text: str) -> str:
    """Take out of words what must not stand in a log."""
    text = text[: 2 * LONGEST]  # before anything is looked for in it: words from outside may be endless
    text = _MAIL.sub("(address)", _USER.sub(r"\1", _QUERY.sub(r"\1?…", text)))
    return _TOKEN.sub(r"\1…", text)[:LONGEST]


def _json() -> logging.Formatter:
    return _formatter(structlog.processors.JSONRenderer(ensure_ascii=False, default=str))


def _readable() -> logging.Formatter:
    return _formatter(_for_a_person)


def _formatter(renderer: Any) -> logging.Formatter:
    before = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _fields,
    )
    after = (structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, _scrubbed, renderer)
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after, use_get_message=False, pass_foreign_args=True)


def _fields(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Make fields of the `name=%…` of a line. Names and order are those of its template, which is our own word."""
    record: logging.LogRecord = event["_record"]
    event["from"] = record.name
    template, values = str(event["event"]), event.pop("positional_args", ())
    if not isinstance(values, tuple) or len([one for one in _HOLDER.findall(template) if one != "%%"]) != len(values):
        event["event"] = template % values if values else template
        return event
    left = iter(values)
    rest: list[object] = []
    fields: dict[str, object] = {}
    named = {match.start(2): match[1] for match in _FIELD.finditer(template)}
    for holder in _HOLDER.finditer(template):
        if holder[0] == "%%":
            continue
        value = next(left)
        if holder.start() in named:
            fields[named[holder.start()]] = _value(value, holder[0])
        else:
            rest.append(value)
    event["event"] = _FIELD.sub("", template) % tuple(rest)
    return {**fields, **event}


def _value(value: object, holder: str) -> object:
    if isinstance(value, float):
        return round(value, 1) if holder.endswith("f") else value
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if isinstance(value, int | bool) or value is None else str(value)


def _scrubbed(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {key: scrub(value) if isinstance(value, str) else value for key, value in event.items()}


def _for_a_person(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    """Write one line, whatever it quotes from the web: it must neither begin a line of its own nor steer the terminal."""
    at, level, said, trace = str(event.pop("at"))[11:19], str(event.pop("level")), event.pop("event"), event.pop("exception", "")
    event.pop("from", None)
    line = " ".join([at, level.ljust(7), str(said), *(f"{key}={value}" for key, value in event.items())])
    return clean(squeeze(line)) + (f"\n{clean(str(trace))}" if trace else "")
