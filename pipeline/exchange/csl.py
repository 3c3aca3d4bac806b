"""CSL-JSON (csl-data.json of the Citation Style Language, 1.0.2), as Zotero, Crossref and citation processors write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.exchange.lines import Result
from pipeline.exchange.references import Record, read

_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("article-journal", "article", "review", "review-book"), "JOUR"),
    **dict.fromkeys(("report", "legislation", "bill", "hearing"), "RPRT"),
    **dict.fromkeys(("book", "classic"), "BOOK"),
    **dict.fromkeys(("webpage", "post", "entry-encyclopedia", "entry-dictionary", "interview"), "ELEC"),
    **dict.fromkeys(("motion_picture", "broadcast"), "VIDEO"),
    **{"chapter": "CHAP", "thesis": "THES", "paper-conference": "CPAPER", "speech": "CONF", "event": "CONF", "standard": "STAND", "song": "SOUND"},
    **{"post-weblog": "BLOG", "article-newspaper": "NEWS", "article-magazine": "MGZN", "dataset": "DATA", "software": "COMP"},
}
"""Type in CSL → type in RIS; any other is a document."""
_TAGS = {
    "id": "ID", "title": "TI", "container-title": "T2", "publisher": "PB", "volume": "VL", "issue": "IS", "page": "SP", "DOI": "DO", "PMCID": "C2",
    "URL": "UR", "language": "LA", "abstract": "AB", "note": "N1", "genre": "M3", "dimensions": "M1", "event-place": "CY", "ISBN": "SN", "ISSN": "SN",
}  # fmt: skip


def read_csl(body: bytes, result: Result, *, where: str = "CSL-JSON") -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the place of each work in the list, from 1, and the work as a line of `import items`. Bad ones are refused in `result`.

    Raises `ParseError` where the file is too large or holds no work at all.
    """
    hint = "A reference manager calls it “export as CSL JSON”: a list of works, each with a “type” and a “title”."
    yield from read(body, _records, result, form="CSL-JSON", where=where, hint=hint)


def _records(words: str) -> Iterator[Record]:
    try:
        found = json.loads(words)
    except (ValueError, RecursionError):
        return
    works = found.get("items", [found]) if isinstance(found, dict) else found
    for number, one in enumerate(works if isinstance(works, list) else (), 1):
        if isinstance(one, dict) and ("type" in one or "title" in one):
            yield Record(number, _values(one))


def _values(one: Mapping[str, Any]) -> dict[str, list[str]]:
    kind = _TYPES.get(_words(one.get("type")), "GEN")
    values = {"TY": [kind], "AU": _people(one.get("author")), "ED": _people(one.get("editor"))}
    for key, tag in _TAGS.items():
        values.setdefault(tag, []).append(_words(one.get(key)))
    values["AN"] = [f"pmid:{_words(one['PMID'])}"] if "PMID" in one else []
    values["DA"] = [next(iter(_days(one.get("issued"))), "") + _moments(one)]
    values["Y2"] = _days(one.get("accessed"))[:1]
    values["KW"] = re.split(r"[,;]", _words(one.get("keyword")))
    return values


def _words(said: object) -> str:
    return said if isinstance(said, str) else str(said) if isinstance(said, int | float) else ""


def _people(said: object) -> list[str]:
    """Names as RIS turns them: family name with its particle, given name, suffix."""
    found = []
    for one in said if isinstance(said, list) else ():
        if isinstance(one, dict):
            parts = {key: _words(one.get(key)) for key in ("family", "given", "suffix", "literal")}
            particles = [_words(one.get(f"{place}dropping-particle")) for place in ("", "non-")]
            family = " ".join(part for part in (*particles, parts["family"]) if part)
            found.append(", ".join(part for part in (family, parts["given"], parts["suffix"]) if part) or parts["literal"])
    return [name for name in found if name]


def _days(said: object) -> list[str]:
    """The first and last day of a date, each as "2024/03/05", "2024/03" or "2024"; what is stated in words as it stands."""
    if not isinstance(said, dict):
        return [_words(said)] if said else []
    parts = said.get("date-parts")
    days = ["/".join(_words(part) for part in day[:3]) for day in (parts if isinstance(parts, list) else ())[:2] if isinstance(day, list)]
    return [day for day in days if day] or [words for key in ("raw", "literal") if (words := _words(said.get(key)))][:1]


def _moments(one: Mapping[str, Any]) -> str:
    """The days of an event, where RIS has room for words behind the date."""
    days = ["-".join(f"{int(part):02}" for part in day.split("/")) for day in _days(one.get("event-date")) if re.fullmatch(r"\d{4}/\d\d?/\d\d?", day)]
    return "/" * (3 - next(iter(_days(one.get("issued"))), "").count("/")) + " to ".join(days) if days else ""
