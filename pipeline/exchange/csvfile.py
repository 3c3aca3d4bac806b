"""CSV as spreadsheets write and read it (RFC 4180), with what a spreadsheet would run as a formula made harmless."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.text import clean

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
# https://owasp.org/www-community/attacks/CSV_Injection: a cell that begins so is run; an apostrophe in front makes it text.


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """Yield the table line by line, its heading first. Lists of words are joined by semicolons, other nested values are JSON."""
    yield _row(columns)
    for row in rows:
        yield _row([_cell(row.get(name)) for name in columns])


def _row(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = "; ".join(value)
    if isinstance(value, list | dict | bool):
        return json.dumps(value, ensure_ascii=False)
    words = clean(str(value))
    return f"'{words}" if isinstance(value, str) and words.startswith(_FORMULA) else words


def as_typed(cell: str) -> str:
    """Take the apostrophe off again that stands before a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
