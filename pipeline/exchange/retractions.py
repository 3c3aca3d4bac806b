"""Lists of withdrawn works: the Retraction Watch data as Crossref publishes them (CSV), or a plain list of DOIs and PMIDs, one a line.

Read row by row, whatever the size; a row that cannot be read is named by its number, and the rest goes on. Fetches nothing: the operator brings
the file (https://gitlab.com/crossref/retraction-watch-data).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from pipeline import dates, text
from pipeline.errors import PipelineError
from pipeline.exchange.lines import Result, lines
from pipeline.store.retractions import Nature, Retraction, works

MOST = 2_000_000
"""Rows of one file: more than all papers ever withdrawn, many times over."""
_COLUMN = "originalpaperdoi"
_REASON = 300
_NATURES = (("reinstat", Nature.REINSTATEMENT), ("concern", Nature.CONCERN), ("retract", Nature.RETRACTION))
_COUNTED = {Nature.RETRACTION: "retractions", Nature.CONCERN: "expressions of concern", Nature.REINSTATEMENT: "reinstatements"}


def read_retractions(file: BinaryIO, result: Result) -> Iterator[Retraction]:
    """Give what the rows say, two for a work that has a DOI and a PMID; corrections of works and rows that name none are only counted.

    Raises `PipelineError` for a file that has far too many rows.
    """
    decoded = (raw.decode("utf-8", "replace").replace("\0", "") for raw in lines(file))
    first = next(decoded, "").removeprefix("\ufeff")
    heads = [cell.strip().casefold() for cell in _cells([first])]
    rows = _of_table(heads, decoded, result) if _COLUMN in heads else _of_list(chain([first], decoded), result)
    for number, one in enumerate(rows):
        if number >= MOST:
            raise PipelineError(f"The list has more than {MOST:,} rows.", hint="Those that follow were left out. Is it the file that you meant?")
        yield one


def _of_list(rows: Iterable[str], result: Result) -> Iterator[Retraction]:
    for number, row in enumerate(rows, 1):
        word = row.strip()
        if not word:
            continue
        named = works(url=word) or works(pmid=word) if word.casefold().startswith(("http:", "https:", "pmid")) else works(doi=word)
        if not named:
            result.refuse(number, f"“{text.clip(text.squeeze(word[:200]), 60)}” is neither a DOI nor a PMID")
            continue
        result.count(_COUNTED[Nature.RETRACTION])
        yield from (Retraction(work=work, nature=Nature.RETRACTION) for work in named)


def _of_table(heads: Sequence[str], rows: Iterable[str], result: Result) -> Iterator[Retraction]:
    reader = csv.reader(rows)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            result.refuse(reader.line_num + 1, f"it is not CSV ({error})")
            continue
        if cells:
            yield from _of_row(dict(zip(heads, cells, strict=False)), result)


def _of_row(row: dict[str, str], result: Result) -> Iterator[Retraction]:
    said = row.get("retractionnature", "").casefold()
    nature = next((nature for word, nature in _NATURES if word in said), None)
    named = works(doi=row.get(_COLUMN, ""), pmid=row.get("originalpaperpubmedid", ""))
    if nature is None or not named:
        result.count("of no concern" if nature is None else "without DOI and PMID")
        return
    result.count(_COUNTED[nature])
    day = dates.parse(row.get("retractiondate", "")[:40].partition(" ")[0], dayfirst=False)
    notice = next((work.removeprefix("doi:") for work in works(doi=row.get("retractiondoi", ""))), "")
    for work in named:
        yield Retraction(work=work, nature=nature, reason=_reason(row.get("reason", "")), day=dates.day(day) if day else None, notice=notice)


def _reason(said: str) -> str:
    """Write the reasons as words: the list has `+Unreliable Data;+Concerns;`."""
    return text.clip("; ".join(filter(None, (text.squeeze(text.clean(one)).lstrip("+ ") for one in said[:4_000].split(";")))), _REASON)


def _cells(rows: Iterable[str]) -> list[str]:
    try:
        return next(csv.reader(rows), [])
    except csv.Error:
        return []
