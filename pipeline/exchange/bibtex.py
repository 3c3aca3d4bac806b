"""BibTeX and BibLaTeX as reference managers write them. Words in TeX become plain words; addresses stay as they stand.

The files are parsed by bibtexparser, and TeX is read by pylatexenc: nothing is ever run.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from itertools import accumulate
from typing import Any

from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares.names import split_multiple_persons_names
from bibtexparser.model import Entry, ParsingFailedBlock
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from pipeline.exchange.lines import Result
from pipeline.exchange.references import Record, read

_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("article", "periodical"), "JOUR"),
    **dict.fromkeys(("techreport", "report", "manual", "unpublished"), "RPRT"),
    **dict.fromkeys(("book", "mvbook", "proceedings", "collection", "booklet"), "BOOK"),
    **dict.fromkeys(("inbook", "incollection", "bookinbook", "suppbook"), "CHAP"),
    **dict.fromkeys(("inproceedings", "conference"), "CPAPER"),
    **dict.fromkeys(("phdthesis", "mastersthesis", "thesis"), "THES"),
    **dict.fromkeys(("video", "movie"), "VIDEO"),
    **dict.fromkeys(("audio", "music"), "SOUND"),
    **dict.fromkeys(("online", "electronic", "www", "misc"), "ELEC"),
    **{"dataset": "DATA", "software": "COMP"},
}
"""Type in BibTeX → type in RIS; any other is a document."""
_TAGS = {
    "journal": "JO", "journaltitle": "JO", "booktitle": "T2", "publisher": "PB", "institution": "PB", "school": "PB", "organization": "PB",
    "volume": "VL", "number": "IS", "issue": "IS", "pages": "SP", "abstract": "AB", "note": "N1", "annote": "N1", "language": "LA", "langid": "LA",
    "type": "M3", "venue": "CY", "isbn": "SN", "issn": "SN",
}  # fmt: skip
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what it cannot read is refused by its line, as everywhere
_VERBATIM = re.compile(r"\{?\\([_%&#~$])\}?|\\url\b|[{}]")
_TEX = re.compile(r"[\\$~%]|--|``|''")
_WEB = re.compile(r"https?://[^\s{}]+")
_SHORT = re.compile(r"\d{1,4}|[a-zA-Z_][\w:.+/-]*")
_MARKS = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^", "textless": "<", "textgreater": ">", "textbar": "|"}
"""Names of marks that pylatexenc does not know, or takes for accents."""
_FIELD = 20_000  # characters of a field that are read
_DEEP = 20  # braces in braces; what has more is no TeX that anybody wrote


def read_bibtex(body: bytes, result: Result, *, where: str = "BibTeX") -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the line on which each entry begins, and the entry as a line of `import items`. Bad ones are refused in `result`.

    Raises `ParseError` where the file is too large or holds no entry at all.
    """
    hint = "A reference manager calls it “export as BibTeX”; its entries begin with “@article{” and the like."
    yield from read(body, partial(_records, result=result), result, form="BibTeX", where=where, hint=hint)


def _records(words: str, result: Result) -> Iterator[Record]:
    library = parse_string(words, parse_stack=[])
    short = {key: _value(one.value, {}) for key, one in library.strings_dict.items()}
    for block in library.blocks:
        entry = block.ignore_error_block if isinstance(block, ParsingFailedBlock) else block  # a key or a field that is there twice does no harm
        if isinstance(entry, Entry):
            yield Record((entry.start_line or 0) + 1, _values(entry, short))
        elif isinstance(block, ParsingFailedBlock):
            result.refuse((block.start_line or 0) + 1, "this entry is not closed, or has a field without “=”")


def _values(entry: Entry, short: Mapping[str, str]) -> dict[str, list[str]]:
    fields = {key.casefold(): said for one in reversed(entry.fields) if (key := one.key) and (said := _value(str(one.value), short))}
    kind = _TYPES.get(entry.entry_type.casefold(), "GEN")
    values = {"TY": ["CONF" if kind == "ELEC" and "eventdate" in fields else kind], "ID": [entry.key]}
    values["TI"] = [": ".join(_plain(fields[key]) for key in ("title", "subtitle") if key in fields)]
    for key, tag in _TAGS.items():
        values.setdefault(tag, []).append(_plain(fields.get(key, "")))
    values["AU"], values["ED"] = (_people(fields.get(key, "")) for key in ("author", "editor"))
    values["UR"] = _WEB.findall(" ".join(_VERBATIM.sub(r"\1", fields.get(key, "")) for key in ("url", "howpublished", "link")))
    values["DO"] = [_VERBATIM.sub(r"\1", fields.get("doi", ""))]
    arxiv = fields.get("eprint", "") if fields.get("archiveprefix", fields.get("eprinttype", "")).casefold() == "arxiv" else ""
    values["AN"] = [f"{scheme}:{said}" for scheme, said in (("pmid", fields.get("pmid", "")), ("arxiv", arxiv)) if said]
    values["C2"] = [fields.get("pmc", fields.get("pmcid", "")).upper()]
    values["KW"] = re.split(r"[,;]", _plain(fields.get("keywords", "")))
    values["DA"], values["Y2"] = [_date(fields)], [fields.get("urldate", "")]
    if "howpublished" in fields and not _WEB.search(fields["howpublished"]):
        values["PB"].append(_plain(fields["howpublished"]))
    return values


def _date(fields: Mapping[str, str]) -> str:
    """The day as RIS writes it, the days of an event behind it."""
    year, month = fields.get("year", ""), fields.get("month", "")
    day = fields.get("date", "").partition("/")[0].replace("-", "/") or (
        f"{year} {month}" if month[:1].isalpha() else f"{year}/{month}" if month else year
    )
    event = fields.get("eventdate", "")
    return "/".join([*[*day.split("/"), "", ""][:3], event.replace("/", " to ")]) if event else day


def _people(said: str) -> list[str]:
    """Names as RIS turns them. BibTeX has the suffix in the middle, and a body of people in braces; "others" are nobody."""
    found = []
    for name in split_multiple_persons_names(said):
        parts = [_plain(part) for part in name.split(",")] if name.count("{") == name.count("}") and not name.startswith("{") else [_plain(name)]
        found.append(", ".join([parts[0], parts[2], parts[1]] if len(parts) == 3 else parts))
    return [name for name in found if name and name != "others"]


def _value(raw: str, short: Mapping[str, str]) -> str:
    """What a field holds: pieces in braces or quotes, numbers and names of strings, joined by #."""
    pieces, rest = [], raw.strip()[:_FIELD]
    while rest:
        closing = {"{": "}", '"': '"'}.get(rest[0])
        end = _closes(rest, closing) if closing else (found.end() if (found := _SHORT.match(rest)) else len(rest))
        pieces.append(rest[1:end] if closing else short.get(rest[:end], short.get(rest[:end].casefold(), rest[:end])))
        rest = rest[end + bool(closing) :].strip().removeprefix("#").strip()
    return "".join(pieces).strip()


def _closes(words: str, mark: str) -> int:
    """Give the place of the mark that closes the piece which begins here: at the depth at which it was opened."""
    depth = 0
    for at, letter in enumerate(words):
        depth += (letter == "{") - (letter == "}")
        if at and letter == mark and depth == 0:
            return at
    return len(words)


@cache
def _reader() -> LatexNodes2Text:
    known = get_default_latex_context_db()
    known.add_context_category("marks", macros=[MacroTextSpec(name, mark) for name, mark in _MARKS.items()], prepend=True)
    return LatexNodes2Text(known, math_mode="verbatim")


def _plain(tex: str) -> str:
    """Read TeX: accents, dashes, marks and braces. What it cannot be read as stays, without its braces."""
    deep = max(accumulate((mark == "{") - (mark == "}") for mark in tex), default=0) > _DEEP
    if _TEX.search(tex) and not deep:
        try:
            return str(_reader().latex_to_text(tex, tolerant_parsing=True)).strip()
        except (ValueError, RecursionError):
            pass
    return tex.replace("{", "").replace("}", "").strip()
