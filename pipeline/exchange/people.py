"""Subscribers as a table, in and out. Who stands in the file has given consent elsewhere; who left us is not brought back by a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TextIO

from pipeline import dates
from pipeline.config import is_address
from pipeline.exchange.csvfile import as_csv, as_typed
from pipeline.exchange.lines import BadLineError, Result
from pipeline.model import Subscriber, SubscriberState
from pipeline.plain import to_plain
from pipeline.store import Store
from pipeline.text import clip, squeeze

COLUMNS = ("email", "name", "topics", "frequency", "state", "consented_at")
FREQUENCIES = ("monthly", "weekly", "immediate")
_HERE = (SubscriberState.CONFIRMED, SubscriberState.UNSUBSCRIBED, SubscriberState.BOUNCED)


def export_subscribers(store: Store) -> Iterator[str]:
    """Yield the subscribers as lines of CSV."""
    return as_csv(map(subscriber_line, store.subscribers()), COLUMNS)


def subscriber_line(person: Subscriber) -> dict[str, object]:
    return {
        "email": person.email,
        "name": person.name,
        "topics": list(person.topics),
        "frequency": person.frequency,
        "state": person.state.value,
        "consented_at": to_plain(person.consented),
    }


def import_subscribers(file: TextIO, store: Store, *, topics: Iterable[str], now: datetime, dry_run: bool = False) -> Result:
    """Add every address of a CSV file (`email`, and `name topics frequency consented_at` where there) as confirmed.

    Addresses that are here already, and those that unsubscribed or bounced, stay as they are and are counted as `known` or by their state.
    """
    result = Result()
    here = {person.email.lower(): person.state for person in store.subscribers() if person.state in _HERE}
    known = frozenset(topics)
    with store.transaction():
        for number, row in _rows(file, result):
            try:
                word = _take(row, store, here, known=known, now=now, dry_run=dry_run)
            except BadLineError as error:
                result.refuse(number, error)
            else:
                result.count(word)
    return result


def _rows(file: TextIO, result: Result) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Read with the separator that the heading uses: a spreadsheet in Europe writes semicolons."""
    try:
        heading = file.readline(10_000)
    except UnicodeDecodeError as error:
        result.refuse(1, f"it cannot be read: {error}")
        return
    separator = max(",;\t", key=heading.count)
    names = [name.strip().lower() for name in next(csv.reader([heading], delimiter=separator), [])]
    if "email" not in names:
        result.refuse(1, "there is no column `email` in the heading")
        return
    reader = csv.reader(file, delimiter=separator)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeDecodeError) as error:
            result.refuse(reader.line_num + 1, f"it cannot be read: {error}")
            return
        if any(cell.strip() for cell in cells):
            yield reader.line_num + 1, {name: as_typed(cell.strip()) for name, cell in zip(names, cells, strict=False)}


def _take(row: Mapping[str, str], store: Store, here: dict[str, SubscriberState], *, known: frozenset[str], now: datetime, dry_run: bool) -> str:
    email = row.get("email", "")
    if not is_address(email):
        raise BadLineError(f"“{clip(squeeze(email), 80)}” is no mail address")
    chosen, frequency = _topics(row.get("topics", ""), known), row.get("frequency", "").lower() or "monthly"
    if frequency not in FREQUENCIES:
        raise BadLineError(f"`frequency` is none of {', '.join(FREQUENCIES)}")
    before = here.get(email.lower())
    if before is not None:
        return "known" if before is SubscriberState.CONFIRMED else before.value
    here[email.lower()] = SubscriberState.CONFIRMED
    if not dry_run:
        store.add_subscriber(
            email, name=squeeze(row.get("name", "")), topics=chosen, frequency=frequency, state=SubscriberState.CONFIRMED, now=_consent(row, now)
        )
    return "new"


def _topics(cell: str, known: frozenset[str]) -> tuple[str, ...]:
    chosen: Sequence[str] = [word.strip() for word in cell.replace(",", ";").split(";") if word.strip()]
    for one in chosen:
        if one not in known:
            raise BadLineError(f"there is no topic “{clip(squeeze(one), 60)}”")
    return tuple(dict.fromkeys(chosen))


def _consent(row: Mapping[str, str], now: datetime) -> datetime:
    found = dates.parse(row.get("consented_at", ""))
    return found if isinstance(found, datetime) and found <= now else now
