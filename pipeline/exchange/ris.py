"""RIS as reference managers write it, and PubMed's own form of it.

Reads byte order marks, any line end, continued lines, one or two spaces behind a tag, a record without its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.exchange.lines import Result
from pipeline.exchange.references import Record, read

_RECORD = 2_000_000  # characters
_KNOWN = re.compile(
    "TY|A[1-4BDNUV]|BT|C[1-8ANPTY]|D[ABIOP]|E[DPRT]|I[DS]|J[12AFO]|K[1W]|L[1-4ABK]|M[1-3]|N[12V]|OP|P[BPY]|R[INP]|S[ENPTV]|T[123AIT]|U[1-5R]|V[LO]|Y[12]"
)
_TAG = re.compile(r"\s{0,3}([A-Z][A-Z0-9])( {1,2}|\t)-(?:[ \t](.*)|)$")
_MEDLINE = re.compile(r"([A-Z]{2,4}) {0,2}- (.*)$")
_LINE_END = re.compile(r"\r\n|\r|\n")
_MEDLINE_TAGS = {"FAU": "AU", "CN": "A1", "JT": "JO", "TA": "JA", "VI": "VL", "IP": "IS", "OT": "KW", "DP": "PY", "PG": "SP", "TI": "TI", "AB": "AB"}


@dataclass(slots=True)
class _Lines(Record):
    """A record while it is read. `medline` is PubMed's form; `tag` the one that the next line may go on from."""

    medline: bool = False
    tag: str = ""
    size: int = 0

    def add(self, line: str) -> None:
        """Take in a line: a tag with its value, or more of the value before. What is past the bound is left out."""
        self.size += len(line)
        if self.size > _RECORD:
            return
        if found := _tagged(line, medline=self.medline):
            self.tag = found[0]
            self.values.setdefault(self.tag, []).append(found[1])
        elif self.tag and line.strip():
            self.values[self.tag].append(f"{self.values[self.tag].pop()} {line.strip()}")


def read_ris(body: bytes, result: Result, *, where: str = "RIS") -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the line on which each record begins, and the record as a line of `import items`. Bad ones are refused in `result`.

    Raises `ParseError` where the file is too large or holds no record at all.
    """
    hint = "A reference manager calls it “export as RIS”; its records begin with “TY  - ”."
    yield from read(body, _records, result, form="RIS", where=where, hint=hint)


def _records(words: str) -> Iterator[Record]:
    record: _Lines | None = None
    for number, line in enumerate(_LINE_END.split(words), 1):
        begins = _begins(line)
        if record is not None and (begins or _ends(line, medline=record.medline)):
            yield _plain(record)
            record = None
        elif record is None and (begins or _tagged(line, medline=False)) and not _ends(line, medline=False):
            begins = begins or "TY"  # a record that lost its first line
        if begins:
            record = _Lines(number, medline=begins == "PMID")
        if record is not None:
            record.add(line)
    if record is not None:
        yield _plain(record)


def _begins(line: str) -> str:
    """Name the tag with which a record begins: TY in RIS, PMID in PubMed's form."""
    bare = line.lstrip("\ufeff \t")
    return "TY" if re.match(r"TY {1,2}- ", bare) else "PMID" if bare.startswith("PMID- ") else ""


def _ends(line: str, *, medline: bool) -> bool:
    return not line.strip() if medline else re.match(r"\s{0,3}ER(?: {1,2}|\t)-", line) is not None


def _tagged(line: str, *, medline: bool) -> tuple[str, str] | None:
    """The tag and value of a line; `None` for one that goes on from the line before."""
    found = (_MEDLINE if medline else _TAG).match(line.lstrip("\ufeff"))
    if found is None:
        return None
    if medline:
        return found[1], found[2]
    # "UK - a country" in an abstract is no tag; with two spaces it is one, known to us or not.
    return (found[1], found[3] or "") if found[2] == "  " or _KNOWN.fullmatch(found[1]) else None


def _plain(record: Record) -> Record:
    """The record itself; one of PubMed with the tags of RIS."""
    if "PMID" not in record.values:
        return record
    values = {ris: found for tag, ris in _MEDLINE_TAGS.items() if (found := record.values.get(tag))}
    values.setdefault("AU", record.values.get("AU", []))
    values |= {"TY": ["JOUR"], "AN": [f"pmid:{record.first('PMID')}"], "LA": record.values.get("LA", [])}
    values["DO"] = [one.removesuffix(" [doi]") for one in record.all("LID", "AID") if one.endswith(" [doi]")]
    values["SN"] = [one.partition(" ")[0] for one in record.all("IS")]
    values["C2"] = record.values.get("PMC", [])
    return Record(record.line, values)
