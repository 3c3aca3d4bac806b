"""Subscribers as a table, in and out. Whose day of consent stands in the file is on the list; who left or was erased is not brought back by a file.

A table comes from whatever kept it: any of the usual encodings, commas, semicolons or tabs, and lines that are no good, each of which is named and
left out. It is read line by line, so its length does not matter. Nothing is mailed to anybody.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import chain, islice
from typing import BinaryIO

from pipeline import dates, wishes
from pipeline.errors import StoreError
from pipeline.exchange.csvfile import as_csv, as_typed
from pipeline.exchange.lines import MAX_LINE, BadLineError, Result, lines
from pipeline.model import Subscriber, SubscriberState
from pipeline.plain import to_plain
from pipeline.store import Store
from pipeline.text import clip, squeeze
from pipeline.wishes import WishError, Wishes

COLUMNS = ("email", "name", "topics", "frequency", "at_most", "form", "language", "timezone", "state", "consented_at")
_CALLED = {
    "email": ("e mail", "e mail address", "email address", "mail", "subscriber", "adresse e mail", "e mail adresse", "correo", "correo electrónico"),
    "name": ("full name", "vorname und name", "nom", "nombre"),
    "state": ("status",),
    "timezone": ("time zone",),
    "consented_at": (
        *("confirm time", "confirmation date", "confirmed at", "consent date", "consented", "consented on", "date of consent", "eingewilligt am"),
        *("opt in date", "opt in time", "optin date", "optin time", "subscribed at"),
    ),
}
"""What other programs call a column; what a later column of the same sense says counts only where an earlier one is empty."""
ORIGIN = "list"
BATCH = 500
"""Lines in one transaction: so long nobody else may write."""

_HEADING = 10_000
_SPAN = 20
"""Lines that one record may take: more is a quotation mark that nobody closed."""
_NAME = 200
_LINE = re.compile(r"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+")  # a line may end as on an old Macintosh
_THERE: Mapping[str, SubscriberState | None] = {
    **dict.fromkeys(("", "confirmed", "subscribed", "active", "enabled", "opted in", "member")),
    **dict.fromkeys(("unsubscribed", "opted out", "left", "removed", "complained", "blocklisted"), SubscriberState.UNSUBSCRIBED),
    **dict.fromkeys(("bounced", "cleaned", "hard bounce", "undeliverable"), SubscriberState.BOUNCED),
    **dict.fromkeys(("pending", "unconfirmed", "nonsubscribed", "non subscribed", "transactional", "archived", "inactive"), SubscriberState.PENDING),
}
"""What programs call those on their list (`None`) and off it; whom they call otherwise nobody may mail before a person has looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line as we take it. `consented` is the day that stands in it, if one does; `out` the state of somebody who is off the list there."""

    email: str
    name: str
    wanted: Wishes
    consented: datetime | None
    out: SubscriberState | None = None

    @property
    def state(self) -> SubscriberState:
        return self.out or (SubscriberState.CONFIRMED if self.consented else SubscriberState.PENDING)


def export_subscribers(store: Store) -> Iterator[str]:
    """Yield the subscribers as lines of CSV."""
    return as_csv(map(subscriber_line, store.subscribers()), COLUMNS)


def addresses(file: BinaryIO) -> tuple[tuple[str, ...], Result]:
    """Read the addresses of a CSV file with a column `email`, each once, and say which lines are no good."""
    result = Result()
    found: dict[str, str] = {}
    for number, cells in _rows(file, result):
        try:
            address = wishes.address(cells.get("email", ""))
        except (BadLineError, WishError) as error:
            result.refuse(number, str(error))
            continue
        found.setdefault(address.casefold(), address)
    return tuple(found.values()), result


def subscriber_line(person: Subscriber) -> dict[str, object]:
    return {
        "email": person.email,
        "name": person.name,
        "topics": list(person.topics),
        "frequency": person.frequency,
        "at_most": person.cap,
        "form": person.form,
        "language": person.language,
        "timezone": person.timezone,
        "state": person.state.value,
        "consented_at": to_plain(person.consented),
    }


def import_subscribers(file: BinaryIO, store: Store, *, topics: Iterable[str], now: datetime, zone: tzinfo, dry_run: bool = False) -> Result:
    """Add every address of a CSV file: `email`, and `name topics frequency at_most form language timezone consented_at` where there.

    With a day of consent somebody is on the list (`new`); without, the address waits until its owner asks (`without consent`). Who left
    there (`state`) is kept as somebody who left. Addresses that are
    here already, whatever their case, are counted as `known` or by their state, and those that were erased as `forgotten`. Times without an offset
    are in `zone`.
    """
    result, known = Result(), frozenset(topics)
    rows = _rows(file, result)
    while batch := list(islice(rows, BATCH)):
        with store.transaction():
            for number, cells in batch:
                try:
                    result.count(_take(_row(cells, known, now=now, zone=zone), store, now=now, dry_run=dry_run))
                except (BadLineError, WishError, StoreError) as error:
                    result.refuse(number, str(error))
    return result


def _take(row: Row, store: Store, *, now: datetime, dry_run: bool) -> str:
    """Keep one line, and say in a word what it was."""
    before = store.subscriber(row.email)
    if before is not None and (before.state is not SubscriberState.PENDING or row.state is not SubscriberState.CONFIRMED):
        return "known" if before.state in (SubscriberState.CONFIRMED, SubscriberState.PENDING) else before.state.value
    if before is None and store.is_forgotten(row.email):
        return "forgotten"
    if not dry_run:
        _add(row, store, now=now)
    return row.out.value if row.out else "new" if row.consented else "without consent"


def _add(row: Row, store: Store, *, now: datetime) -> None:
    wanted = row.wanted
    person = store.add_subscriber(
        row.email, name=row.name, topics=wanted.topics, frequency=wanted.frequency, state=row.state, origin=ORIGIN, now=row.consented or now
    )
    full = replace(person, cap=wanted.cap, form=wanted.form, language=wanted.language, timezone=wanted.timezone)
    if full != person:
        store.change_subscriber(full)


def _row(cells: Mapping[str, str], topics: Collection[str], *, now: datetime, zone: tzinfo) -> Row:
    said = {name: (cells.get(name, ""),) for name in ("frequency", "at_most", "form", "language", "timezone")}
    chosen = tuple(word.strip() for word in cells.get("topics", "").replace(",", ";").split(";"))
    return Row(
        email=wishes.address(cells.get("email", "")),
        name=clip(squeeze(cells.get("name", "")), _NAME),
        wanted=wishes.read({**said, "topics": chosen}, topics=topics),
        consented=_consent(cells.get("consented_at", ""), now=now, zone=zone),
        out=_out(cells.get("state", "")),
    )


def _out(cell: str) -> SubscriberState | None:
    said = re.sub(r"[\s_-]+", " ", cell.strip().lower())
    if said not in _THERE:
        raise BadLineError(f"“{clip(squeeze(cell), 40)}” is no state that we know; write confirmed, pending, unsubscribed or bounced")
    return _THERE[said]


def _consent(cell: str, *, now: datetime, zone: tzinfo) -> datetime | None:
    if not cell:
        return None
    found = dates.parse(cell, zone=zone)
    if found is None:
        raise BadLineError(f"“{clip(squeeze(cell), 40)}” is no day of consent; write it as 2026-05-31")
    at = found if isinstance(found, datetime) else datetime.combine(found, time(), zone)
    if at > now + timedelta(days=1):
        raise BadLineError(f"the day of consent, {_day(found)}, is still to come")
    return min(at, now)


def _day(value: date) -> str:
    return dates.iso(dates.day(value))


# ------------------------------------------------------------ the table


def _rows(file: BinaryIO, result: Result) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Read with the separator that the heading uses: a spreadsheet in Europe writes semicolons. Gives the number of each record's first line."""
    text = _Text(_decoded(file))
    heading = next(text, "")[:_HEADING]
    separator = max(",;\t", key=heading.count)
    names = [_column(name) for name in heading.split(separator)]
    if "email" not in names:
        result.refuse(1, "there is no column `email` in the heading")
        return
    while (first := next(text, None)) is not None:
        number = text.number
        try:
            cells = next(csv.reader(chain((first,), islice(text, _SPAN - 1)), delimiter=separator, strict=True), [])
        except csv.Error:
            result.refuse(number, "its quotation marks are not in order" + (f"; it runs to line {text.number}" if text.number > number else ""))
            continue
        if any(cell.strip() for cell in cells):
            pairs = [(name, as_typed(cell.strip())) for name, cell in zip(names, cells, strict=False)]
            yield number, dict(sorted(pairs, key=lambda one: not one[1])[::-1])  # of two with one name the first that says something


def _column(said: str) -> str:
    """Know a column by what other programs call it: "E-Mail Address", "CONFIRM_TIME" (Mailchimp), "Date of consent"."""
    name = re.sub(r"[^a-zà-ÿ]+", " ", said.lower()).strip()
    return next((column for column, others in _CALLED.items() if name in others), name.replace(" ", "_"))


class _Text:
    """Lines of text, counted as they are taken."""

    def __init__(self, found: Iterator[str]) -> None:
        self._found = found
        self.number = 0

    def __iter__(self) -> _Text:
        return self

    def __next__(self) -> str:
        line = next(self._found)
        self.number += 1
        return line


def _decoded(file: BinaryIO) -> Iterator[str]:
    """Yield the lines as text: UTF-16 where the file begins so, else each line as UTF-8, and one that is not as Windows-1252.

    Line by line, because tables are glued together from several. Bytes that are nothing in either become U+FFFD, which no address holds.
    """
    start = file.read(4)
    whole = io.BufferedReader(_Again(start, file))
    if coding := _wide(start):
        wide = io.TextIOWrapper(whole, encoding=coding, errors="replace", newline="")
        yield from iter(lambda: wide.readline(MAX_LINE), "")
        return
    for number, raw in enumerate(lines(whole)):
        raw = raw.removeprefix(b"\xef\xbb\xbf") if not number else raw
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
        yield from _LINE.findall(text)


def _wide(start: bytes) -> str:
    """Say which UTF-16 a file is that begins so: by its mark, or by the zeros beside its first letters."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zeros = [number for number, byte in enumerate(start) if byte == 0]
    return "utf-16-le" if zeros == [1, 3] else "utf-16-be" if zeros == [0, 2] else ""


class _Again(io.RawIOBase):
    """A file with its first bytes, which were read already, before it: a pipe cannot be wound back."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer is always a memoryview here
        taken = self._start or self._rest.read(len(buffer))
        given, self._start = taken[: len(buffer)], taken[len(buffer) :] if self._start else b""
        buffer[: len(given)] = given
        return len(given)
