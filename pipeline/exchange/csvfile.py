"""CSV as spreadsheets write and read it (RFC 4180), with what a spreadsheet would run as a formula made harmless.

Where a comma is the decimal sign, spreadsheets split a line at semicolons and take our quotation marks for letters: there a cell may begin within one
of ours. So every place where one could begin is looked at.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.text import clean

_SIGNS = "=+\\-@＝＋－＠"
_FORMULA = re.compile(rf"\s*[{_SIGNS}]|[\t\r\n]")
# https://owasp.org/www-community/attacks/CSV_Injection: a cell that begins so is run; an apostrophe in front makes it text.
_WITHIN = re.compile(rf'([;\t\r\n])(?=[\s"]*[{_SIGNS}])')
_TYPED = re.compile(rf"""([;\t\r\n])'(?=[\s"']*[{_SIGNS}])""")


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
        return _WITHIN.sub(r"\\u003b", json.dumps(value, ensure_ascii=False))
    words = clean(str(value))
    if not isinstance(value, str):
        return words
    words = _WITHIN.sub(r"\1'", words)
    return f"'{words}" if _FORMULA.match(words) else words


def as_typed(cell: str) -> str:
    """Take the apostrophes off again that stand before formulas."""
    cell = _TYPED.sub(r"\1", cell)
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell, 1) else cell
