"""A web page, decoded and parsed once: what every rule of this room reads. Bounded in bytes; deciding what the page means is for the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from itertools import islice
from typing import Any, TypeAlias, TypeVar

import charset_normalizer
from lxml import etree
from lxml import html as lxml_html

from pipeline import text
from pipeline.errors import ExtractError
from pipeline.extract import jsonld
from pipeline.model import Page

Element: TypeAlias = Any  # lxml has no types
T = TypeVar("T")
Found: TypeAlias = tuple[T, str] | None
"""A value with the name of the rule that found it."""

MAX_BYTES = 3_000_000
"""What is read of a page. Real pages with all their inlined images seldom pass two million; what is cut off is the end of the body."""

MAX_ELEMENTS = 10_000
"""Elements that are read of a page; the largest of 119 real pages has 5,000. What is beyond costs seconds, and is an attack or a table of data."""

MAX_NAME = 1_000
"""Characters of a class or an id that are kept on a large page; the longest of those pages has 570. Rules look for words in each, again and again."""

_SNIFFED = 4096  # bytes: browsers look for <meta charset> in the first 1,024, some sites put it later
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
# Only encodings of web pages: Python's own list has codecs (punycode, unicode_escape) that are slow or no encoding at all.
_ENCODING = re.compile(
    r"utf-?8|utf-?16(?:-?[lb]e)?|(?:x-)?(?:iso-?8859|windows|cp|ibm)-?\d{1,4}(?:-\d{1,2})?|latin-?\d|(?:us-)?ascii|koi8-[ru]|gb(?:2312|k"
    r"|18030)|big5(?:-hkscs)?"
    r"|euc-(?:jp|kr)|(?:x-)?s(?:hift)?[-_]?jis|iso-2022-(?:jp|kr)|tis-620|macintosh"
)
# The encodings standard of the WHATWG: what these labels mean on the web.
_MEANT = {"ascii": "cp1252", "us-ascii": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252"} | {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "euc-kr": "cp949",
    "tis-620": "cp874",
}
_NO_XML = bytes({*range(9), 11, 12, *range(14, 32), 127})  # what may stand in no XML; lxml refuses to write it
_PARTS = 20  # elements inside a heading that are looked at
_UNREAD = re.compile(r"visually-?hidden|sr-only|screen-?reader|govuk-caption|(?:^|[-_ ])(?:eyebrow|kicker)(?:[-_ ]|$)|headerlink")
MAX_META = 20_000
"""Characters read of what a `<meta>` says, and of a heading a tenth of it: they are taken apart in many ways."""

_LARGE = 400_000  # characters of a source; on a smaller one a long class costs little, and looking for it would cost each page
_LONG_NAMES = etree.XPath(f"//*[string-length(@class) > {MAX_NAME} or string-length(@id) > {MAX_NAME}]")
_COUNT = etree.XPath("count(//*)")
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_TOLD = frozenset(
    ("class", "id", "rel", "href", "itemprop", "property", "itemtype", "typeof", "data-automation-id", "data-testid", "data-test", "data-hook")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed page. `metas` maps the lower-case name of a `<meta>` to its contents; `main` is the JSON-LD node that describes the page.

    `named` has, for the attributes in which rules look, which elements bear each value, with their places in the page.
    """

    url: str
    fetched: datetime
    tree: Element
    metas: Mapping[str, tuple[str, ...]]
    nodes: tuple[jsonld.Node, ...]
    main: jsonld.Node
    heading: str  # of the <title> element
    named: Mapping[str, Mapping[str, list[tuple[int, Element]]]]

    def called(self, tells: Mapping[str, Callable[[str], object]]) -> list[Element]:
        """The elements of which an attribute tells, in the order of the page. A value is asked about once, however many bear it."""
        several = (places for name, tell in tells.items() for value, places in self.named[name].items() if tell(value))
        found = {place: element for places in several for place, element in places}
        return [found[place] for place in sorted(found)]

    def meta(self, *names: str) -> Found[str]:
        """The first content under one of the names, in the order of the names."""
        for name in names:
            for content in self.metas.get(name, ()):
                if content:
                    return content, f"meta {name}"
        return None


def parse(page: Page) -> Document:
    """Decode and parse a page once. Raises `ExtractError` where there is nothing to parse."""
    source = decode(page.body[:MAX_BYTES], page.charset)
    if declared := _DECLARATION.match(source):
        source = source[declared.end() :]  # it would contradict the encoding that we give
    try:
        tree = _tree(source)
        if (count := _COUNT(tree)) > MAX_ELEMENTS:
            tree = _tree(source[: int(len(source) * MAX_ELEMENTS / count)])
    except (etree.LxmlError, ValueError, AssertionError) as error:  # lxml.html asserts that there is a root
        raise ExtractError(f"{page.url} holds no page: there is nothing in it that can be read as HTML.", url=page.url, reason="empty") from error
    if len(source) > _LARGE:
        _shorten(tree)
    metas = _metas(tree)
    nodes = jsonld.nodes(tree)
    heading = _heading(tree)
    main = jsonld.main(nodes, " ".join((*metas.get("og:title", ()), heading)), page.url)
    return Document(url=page.url, fetched=page.fetched, tree=tree, metas=metas, nodes=nodes, main=main, heading=heading, named=_named(tree))


def _tree(source: str) -> Element:
    return lxml_html.document_fromstring(source.encode("utf-8", "replace").translate(None, _NO_XML), parser=_parser())


def _shorten(tree: Element) -> None:
    for element in _LONG_NAMES(tree):
        for name in ("class", "id"):
            if len(value := element.get(name) or "") > MAX_NAME:
                element.set(name, value[:MAX_NAME])


def _parser() -> etree.HTMLParser:
    """Bounded in depth (libxml2 stops at 256 levels); every element of one class, which spares a call into Python for each."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=lxml_html.HtmlElement))
    return parser


def decode(body: bytes, charset: str | None) -> str:
    """Decode by byte order mark, header, `<meta>`, or by looking at the bytes, in this order; never fails.

    Bytes that are UTF-8 with characters beyond ASCII are taken as UTF-8 before any single-byte label: servers that label everything
    ISO-8859-1 are common, other text that happens to be UTF-8 is not.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    found = _META_CHARSET.search(body[:_SNIFFED])
    labels = [label for label in (_label(charset), _label(found[1].decode("ascii") if found else None)) if label]
    wide = [label for label in labels if label.startswith(("gb", "big5", "euc", "cp9", "iso-2022", "utf-16"))]
    for encoding in (*wide, "utf-8", *labels):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return _guess(body, labels)


def _guess(body: bytes, labels: list[str]) -> str:
    """Some bytes fit no label. A few damaged characters in a page labelled UTF-8 are no reason to doubt the label."""
    if "utf-8" in labels or not labels:
        decoded = body.decode("utf-8", "replace")
        if decoded.count("\ufffd") * 100 < len(decoded):
            return decoded
    if labels:
        return body.decode(labels[0], "replace")
    best = charset_normalizer.from_bytes(body[:20_000], steps=3).best()
    return body.decode(best.encoding if best else "cp1252", "replace")


def _label(charset: str | None) -> str | None:
    name = (charset or "").strip().strip("\"'").lower()
    if not _ENCODING.fullmatch(name):
        return None
    name = "utf-8" if name == "utf8" else name
    return _MEANT.get(name, name)


def _metas(tree: Element) -> dict[str, tuple[str, ...]]:
    metas: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content") or element.get("value")
        if not content:
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if name := element.get(attribute):
                metas.setdefault(name.strip().lower(), []).append(text.squeeze(unescape(content[:MAX_META])))
    return {name: tuple(contents) for name, contents in metas.items()}


def _named(tree: Element) -> dict[str, dict[str, list[tuple[int, Element]]]]:
    """Gather in one walk what the rules ask of attributes: an XPath for any of them takes half as long."""
    named: dict[str, dict[str, list[tuple[int, Element]]]] = {name: {} for name in _TOLD}
    for place, element in enumerate(tree.iter()):
        for name, value in element.items():
            if (values := named.get(name)) is not None:
                values.setdefault(value, []).append((place, element))
    return named


def _heading(tree: Element) -> str:
    element = tree.find(".//head/title")
    element = tree.find(".//title") if element is None else element  # some sites close the head before it
    return text.squeeze(unescape(element.text[: MAX_META // 10])) if element is not None and element.text else ""


def inner(element: Element) -> str:
    """The text inside an element, on one line, its parts held apart by spaces."""
    return text.squeeze(" ".join(element.itertext()))


def beginning(element: Element, limit: int) -> str:
    """The text inside an element as far as the limit and a little beyond, however much there is: longer than the limit where it is cut."""
    parts, length = [], 0
    for part in element.itertext():
        parts.append(part)
        length += len(part.strip()) + 1
        if length > 2 * limit:
            break
    return text.squeeze(" ".join(parts))


def with_breaks(element: Element, limit: int) -> str:
    """The first words of an element, with its breaks as ends of lines; of each of its parts as far as the limit and a little beyond."""
    words = [(element.text or "").replace("\n", " ")]
    for one in element:
        words += ["\n" if one.tag == "br" else beginning(one, limit), (one.tail or "").replace("\n", " ")]
    return "".join(words)


def written(element: Element) -> str:
    """The text inside a heading as it is read: `<b>W</b>ord` is one word, a line break parts two; what is hidden or a caption is no part of it."""
    unseen = [one for one in islice(element.iterdescendants(), _PARTS) if _UNREAD.search(one.get("class") or "")]
    words = element.itertext() if not unseen else (one for one in element.xpath(".//text()") if not _stands_in(one, unseen))
    joined = (" " if element.find(".//br") is not None else "").join(islice(words, MAX_META))
    return text.squeeze(joined[: MAX_META // 10]).rstrip("¶#§ ")


def _stands_in(words: Any, boxes: list[Element]) -> bool:
    """Whether a piece of text is inside one of the elements; what follows an element is not."""
    element = words.getparent().getparent() if words.is_tail else words.getparent()
    return any(one is element or one in element.iterancestors() for one in boxes)
