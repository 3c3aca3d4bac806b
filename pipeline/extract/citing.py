"""Where a paper came out, by what its page says for reference managers and search engines: journal, volume, issue, pages.

Tags of Highwire Press (scholar.google.com/intl/en/scholar/inclusion.html), PRISM and Dublin Core, and the PublicationIssue, PublicationVolume and
Periodical of schema.org. What a page only prints is not read here; a year is given where no day is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline import citations
from pipeline.extract import jsonld
from pipeline.extract.document import Document, Found
from pipeline.model import Citation

_METAS: Mapping[str, tuple[str, ...]] = {
    "journal": ("citation_journal_title", "bepress_citation_journal_title", "prism.publicationname", "citation_journal_abbrev"),
    "volume": ("citation_volume", "bepress_citation_volume", "prism.volume"),
    "issue": ("citation_issue", "bepress_citation_issue", "prism.number", "prism.issueidentifier"),
    "first": ("citation_firstpage", "bepress_citation_firstpage", "prism.startingpage", "prism.pagerange", "citation_pages"),
    "last": ("citation_lastpage", "bepress_citation_lastpage", "prism.endingpage"),
}
_YEARS = ("citation_year", "citation_publication_date", "citation_date", "bepress_citation_date", "prism.publicationdate", "dc.date")
_WHOLE = ("dcterms.bibliographiccitation", "dc.identifier.citation", "dc.source", "dcterms.source")
_DEEP = 4  # article, issue, volume, journal
_SERIALS = frozenset({"Periodical", "PublicationVolume", "PublicationIssue", "ScholarlyJournal", "Journal"})


def citation(document: Document, *, dated: bool) -> Found[Citation]:
    """Read where a paper came out; `dated` says that its day is known, so that no year is wanted."""
    for said, rule in (_of_metas(document), _of_nodes(document)):
        year = None if dated else citations.year(said.get("year"))
        pages = citations.pagination(said.get("first"), said.get("last"))
        found = citations.citation(journal=said.get("journal"), volume=said.get("volume"), issue=said.get("issue"), pages=pages, year=year)
        if found and found.journal:
            return found, rule
    for name in _WHOLE:
        if (whole := document.meta(name)) and (read := citations.stated(whole[0])):
            return read, whole[1]
    return None


def _of_metas(document: Document) -> tuple[dict[str, str], str]:
    found = {part: stated for part, names in _METAS.items() if (stated := document.meta(*names))}
    said = {part: value for part, (value, _) in found.items()}
    if year := document.meta(*_YEARS):
        said["year"] = year[0]
    return said, found["journal"][1] if "journal" in found else ""


def _of_nodes(document: Document) -> tuple[dict[str, str], str]:
    """What the main node says, and the issue, volume and journal that it is part of."""
    ids = {node["@id"]: node for node in document.nodes if isinstance(node.get("@id"), str)}
    main = document.main
    said = _strings(main, first=("pageStart", "pagination"), last=("pageEnd",), year=("datePublished",))
    for node in _wholes(main, ids):
        types = _types(node)
        if types & _SERIALS:
            told = _strings(node, volume=("volumeNumber",), issue=("issueNumber",), year=("datePublished",))
            name = jsonld.string(node, "name", "headline") if types - {"PublicationIssue", "PublicationVolume"} else None
            said = {**told, **({"journal": name} if name else {}), **said}
    return said, "json-ld"


def _wholes(node: jsonld.Node, ids: Mapping[str, jsonld.Node]) -> Iterator[jsonld.Node]:
    """What a node is part of, the nearest first, references followed."""
    pending = [(node, 0)]
    while pending:
        one, depth = pending.pop(0)
        if depth:
            yield one
        if depth < _DEEP:
            part_of = one.get("isPartOf")
            several = part_of[:5] if isinstance(part_of, list) else [part_of]
            pending += [(_followed(whole, ids), depth + 1) for whole in several if isinstance(whole, dict)]


def _followed(node: jsonld.Node, ids: Mapping[str, jsonld.Node]) -> jsonld.Node:
    reference = node.get("@id")
    return {**ids[reference], **node} if isinstance(reference, str) and reference in ids else node


def _types(node: jsonld.Node) -> frozenset[str]:
    stated = node.get("@type")
    several = stated if isinstance(stated, list) else [stated]
    return frozenset(one.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for one in several if isinstance(one, str))


def _strings(node: jsonld.Node, **properties: tuple[str, ...]) -> dict[str, str]:
    """The parts that a node states, numbers too."""
    found: dict[str, str] = {}
    for part, names in properties.items():
        for name in names:
            value = node.get(name)
            stated = str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else jsonld.string(node, name)
            if stated:
                found.setdefault(part, stated)
    return found
