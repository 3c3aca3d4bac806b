"""Under what terms a thing may be used: by what its page or file plainly says, in the short names of Creative Commons and SPDX where it has one.

A licence of a picture, or of something else that a page links to, is not that of the page. Where a page speaks of two, it says nothing.
Short names: creativecommons.org/licenses and spdx.org/licenses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from pipeline import text
from pipeline.extract import jsonld
from pipeline.extract.document import Document, Element, Found, beginning

_WORDS, _SENTENCE = 200, 400  # characters of the words of a licence, and of a paragraph that speaks of one
_MOST = 40  # links to licences that are looked at
_HOSTS = ("creativecommons.org", "nationalarchives.gov.uk", "opendatacommons.org", "opensource.org", "spdx.org")
_NAMES_HOST = re.compile("|".join(map(re.escape, _HOSTS)))
_DEED = re.compile(r"creativecommons\.org/(?:licen[cs]es/([a-z-]{2,8})/(\d\.\d)|publicdomain/(zero|mark)/(\d\.\d))", re.IGNORECASE)
_SHORT = re.compile(r"\bCC[ -](BY(?:[ -](?:NC|ND|SA))*|0)[ -]?(?:v(?:ersion)?\.? ?)?(\d\.\d)?(?![\w.])", re.IGNORECASE)
_LONG = re.compile(
    r"(?:Creative Commons:?,? )?Attribution((?:[ –-]+(?:Non-?Commercial|No-?Deriv(?:ative)?s?(?: Works)?|Share-?Alike))*)"
    r"[ ,]+(?:v(?:ersion)?\.? ?)?(\d\.\d)",
    re.IGNORECASE,
)
_OPEN_GOVERNMENT = re.compile(
    r"nationalarchives\.gov\.uk/doc/open-government-licence(?:/version/(\d))?"
    r"|\bOpen Government Licen[cs]e,?(?: \(?(?:OGL,? ?)?(?:v|version )?(\d)(?:\.0)?\b)?"
    r"|\bOGL(?:-UK)?[ -]?v?(\d)(?:\.0)?\b",
    re.IGNORECASE,
)
_SPDX = re.compile(r"(?:spdx\.org/licenses|opensource\.org/licenses?)/([A-Za-z0-9.+-]{2,40}?)(?:\.html|\.json|\.php)?/?(?:[?#].*)?$")
_DATA = re.compile(r"opendatacommons\.org/licenses/(odbl|by|pddl)(?:/|$)", re.IGNORECASE)
_DATA_NAMES = {"odbl": "ODbL-1.0", "by": "ODC-By-1.0", "pddl": "PDDL-1.0"}
_OF_PAGE = re.compile(
    r"\b(?:this|the|our|all)\s+(?:\w+\s+){0,2}(?:work|works|article|page|pages|site|website|publication|document|report|paper|content|contents|post|posts"
    r"|blog|text|texts|material|materials|resource|guide|book|information)\b|\bcontent (?:on|of) this\b|except where|unless otherwise|where otherwise"
    r"|\b(?:dieses|diese|dieser|cette|cet|esta|este|quest[oa]|deze|dit)\s+\w+",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(r"\b(?:photo\w*|image|picture|illustration|figure|icon|logo|foto\w*|bild|video|music|data ?set)\b", re.IGNORECASE)
_LICENSED = re.compile(r"licen[cs]e|creative commons|lizenz|licencia|\bCC[ -]BY", re.IGNORECASE)
_XMP = re.compile(
    rb"<xmpRights:WebStatement>\s*([^<]{5,300}?)\s*<|xmpRights:WebStatement=\"([^\"]{5,300})\"|<cc:license rdf:resource=\"([^\"]{5,300})\""
)
_XMP_MARKS = (b"xmpRights:WebStatement", b"cc:license")  # looked for first: a report has megabytes, and few have either


def named(written: str) -> str:
    """Give the short name of the licence that an address or words stand for ("CC BY-NC 4.0", "OGL-UK-3.0", "MIT"); "" where they name none."""
    squeezed = text.squeeze(written[:2_000])
    if deed := _DEED.search(squeezed):
        return f"CC {deed[1].upper()} {deed[2]}" if deed[1] else f"CC0 {deed[4]}" if deed[3].lower() == "zero" else f"Public Domain Mark {deed[4]}"
    if government := _OPEN_GOVERNMENT.search(squeezed):
        version = government[1] or government[2] or government[3]
        return f"OGL-UK-{version}.0" if version else "OGL-UK"
    if data := _DATA.search(squeezed):
        return _DATA_NAMES[data[1].lower()]
    if spdx := _SPDX.search(squeezed):
        return spdx[1]
    return _creative_commons(squeezed)


def _creative_commons(words: str) -> str:
    """Read the words for a licence of Creative Commons, short or in full."""
    if long := _LONG.search(words):
        marks = [mark for mark, name in (("NC", "commercial"), ("ND", "deriv"), ("SA", "share")) if name in long[1].lower()]
        return f"CC {'-'.join(['BY', *marks])} {long[2]}"
    if short := _SHORT.search(words):
        kind = "CC0" if short[1] == "0" else f"CC {short[1].upper().replace(' ', '-')}"
        return " ".join(filter(None, (kind, short[2])))
    return ""


def of_page(document: Document) -> Found[str]:
    """Under what terms a page may be used: its short name, else the address or words that it gives."""
    linked, spoken = _links(document)
    stated = (
        linked,
        _stated(document.main.get("license")),
        document.meta("dc.rights", "dcterms.rights", "dcterms.license", "dc.rights.license"),
        spoken,
    )
    found = next(filter(None, stated), None)
    return (named(found[0]) or text.clip(text.squeeze(found[0]), _WORDS), found[1]) if found else None


def _stated(value: object) -> Found[str]:
    """The licence of a node: an address, words, or a node with its name."""
    written = jsonld.link(value) or next(iter(jsonld.names(value, {})), None)
    return (written, "json-ld") if written else None


def _links(document: Document) -> tuple[Found[str], Found[str]]:
    """What a link marked as the licence says, and what a sentence that speaks of the page links to; nothing where there are several."""
    marked: list[str] = []
    spoken: set[str] = set()
    for element, href in islice(_telling(document), _MOST):
        if next(element.iterancestors("figure", "figcaption"), None) is not None:
            continue
        if "license" in (element.get("rel") or "").lower().split():
            marked.append(href)
        elif (name := named(href)) and _speaks_of_page(element):
            spoken.add(name)
    return (marked[0], "rel license") if marked else None, (spoken.pop(), "sentence with a licence") if len(spoken) == 1 else None


def _telling(document: Document) -> Iterator[tuple[Element, str]]:
    """The links that are marked as a licence, or lead to one."""
    for element in document.called({"href": _is_of_licences, "rel": _is_marked}):
        href = element.get("href")
        if href and (element.tag == "a" or (element.tag == "link" and _is_marked(element.get("rel") or ""))):
            yield element, href


def _is_marked(relations: str) -> bool:
    return "license" in relations.lower().split()


def _is_of_licences(href: str) -> bool:
    if not _NAMES_HOST.search(href):
        return False
    try:
        return (urlsplit(href.strip()).hostname or "").removeprefix("www.") in _HOSTS
    except ValueError:
        return False


def _speaks_of_page(link: Element) -> bool:
    """Whether the paragraph of a link says that the page, or what is not said otherwise, is under that licence."""
    box = link.getparent()
    for _ in range(3):
        if box is None or box.tag in ("body", "main", "article", "html"):
            return False
        words = beginning(box, _SENTENCE)
        if len(words) > 2 * _SENTENCE:
            return False
        if _OF_PAGE.search(words) and _LICENSED.search(words):
            return not _OF_ANOTHER.search(words) or re.search(r"except where|otherwise", words, re.IGNORECASE) is not None
        box = box.getparent()
    return False


def of_report(body: bytes, words: str) -> Found[str]:
    """Under what terms a report may be used: what its XMP states as an address, else a sentence of its first pages that plainly names one."""
    stated = _XMP.search(body) if any(mark in body for mark in _XMP_MARKS) else None
    if stated and (name := named((stated[1] or stated[2] or stated[3]).decode("utf-8", "replace"))):
        return name, "xmp"
    names = {name for found in islice(_LICENSED.finditer(words), _MOST) if (name := _near(words, found.start()))}
    return (names.pop(), "sentence with a licence") if len(names) == 1 else None


def _near(words: str, place: int) -> str:
    """The licence that is named around a place, where the words there speak of the report."""
    around = words[max(0, place - _SENTENCE // 2) : place + _SENTENCE // 2]
    return named(around) if _OF_PAGE.search(around) and not _OF_ANOTHER.search(around) else ""
