"""Bytes of the web to a tree: what encoding they are in, what must be mended, what root they have. Expands no entity and reads no DTD.

Entity attacks cannot arise: the document type is cut out, and every reference that is not a character of XML is turned into that character or
into plain text, before a parser sees the bytes.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from html.entities import html5
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

from pipeline import urls
from pipeline.errors import ParseError
from pipeline.late import late
from pipeline.model import Page, Source
from pipeline.text import clip, squeeze

if TYPE_CHECKING:
    from lxml import etree
    from lxml import html as lxml_html
else:  # settings name feeds too, and a source that has not changed has nothing to read
    etree, lxml_html = late("lxml.etree"), late("lxml.html")

Element = Any  # lxml has no types

MAX_BYTES = 30_000_000
MAX_HTML = 5_000_000
"""Bytes of a web page; one with more is no list for people to read."""

_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?\s*([\w.:-]{2,30})""", re.IGNORECASE)
# Only true character sets: Python's codecs by names such as "unicode_escape" or "punycode" do other things, some of them slowly.
_CHARSET = re.compile(
    r"(utf-?(8|16|32)|iso-?(8859|2022)|latin|windows|cp\d|koi8|mac|big5|gb|euc|shift|sjis|ks_?c|tis|us-ascii|ascii)[\w-]*", re.IGNORECASE
)
_SEVEN_BIT = ("utf-16", "utf16", "utf-32", "utf32", "iso-2022", "iso2022")  # these also pass as UTF-8, and would be misread
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(128, 256)}

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION = re.compile(r"<\?xml[^>]{0,300}>")
_DOCTYPE_START = re.compile("<!DOCTYPE", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]{1,31});)?")
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_SPACE = re.compile(r"\s")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")


def decode(page: Page) -> str:
    """Read the bytes of a page as text: by its byte order mark, UTF-8, what it declares, then Windows-1252 for the bytes that are not UTF-8."""
    for bom, name in _BOMS:
        if page.body.startswith(bom):
            return page.body.removeprefix(bom if name == "utf-8" else b"").decode(name, "replace")
    found = _DECLARED.search(page.body[:2048])
    declared = [name for name in (page.charset, found[1].decode("ascii") if found else None) if name and _CHARSET.fullmatch(name)]
    first = [name for name in declared if name.lower().startswith(_SEVEN_BIT)]
    for name in (*first, "utf-8", *declared):
        try:
            return page.body.decode(name)
        except (UnicodeError, LookupError):
            continue
    # A few bytes of Windows in a UTF-8 page are the commonest fault of all; the rest of the page is still right.
    return page.body.decode("utf-8", "surrogateescape").translate(_WINDOWS)


def xml(source: Source, page: Page) -> Element:
    """Read a page as XML, mending what can be mended, and give the root. Raises `ParseError` where there is no element at all."""
    text = _bounded(source, page)
    if not text.strip():
        raise ParseError(
            f"{source.id}: {page.url} is empty.",
            source=source.id,
            hint="Open the address in a browser; if it is empty there too, the site has a fault.",
        )
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(_mended(text).encode(), parser)
    except etree.LxmlError:
        root = None
    if root is None:
        raise ParseError(
            f"{source.id}: {page.url} is not XML.", source=source.id, hint=f"`gleanings sources add {page.url}` shows what the address offers."
        )
    return root


def html(source: Source, page: Page) -> Element:
    """Read a page as HTML and give the root. Raises `ParseError` where nothing is on it."""
    text = _NOT_XML.sub("", _bounded(source, page, MAX_HTML))
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(_DECLARATION.sub("", text, count=1).encode() or b" ", parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        raise ParseError(
            f"{source.id}: {page.url} is empty.",
            source=source.id,
            hint="Open the address in a browser; if it is empty there too, the site has a fault.",
        )
    return root


def local(element: Element) -> str:
    """Name an element without its namespace, in lower case; empty for a comment or instruction."""
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


@lru_cache(1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def words(element: Element) -> str:
    """Give all text of an element on one line."""
    return squeeze("".join(element.itertext()) if len(element) else element.text or "")


def base_of(root: Element, page: Page) -> str:
    """Tell the address that relative links of an HTML page start from."""
    declared = root.xpath("string((//base/@href)[1])").strip()
    return urls.join(page.url, declared) or page.url if declared else page.url


def resolve(base: str, ref: str) -> str | None:
    """Make an address whole. One that is whole stays as it was written; `None` for what is no web address."""
    ref = ref.strip()
    return ref if urls.is_web(ref) and not _SPACE.search(ref) else urls.join(base, ref)


def stand_in(url: str, name: str) -> str:
    """Address a thing that has no page of its own: the page that names it, and its name. The slash keeps it apart from others when compared."""
    return f"{url.partition('#')[0]}#/{quote(clip(name, 80), safe='')}"


def below(base: str, ref: str) -> str:
    """Apply one `xml:base` to another; a broken one changes nothing."""
    try:
        return urljoin(base, ref.strip())
    except ValueError:
        return base


def alternates(root: Element, page: Page) -> tuple[tuple[str, str], ...]:
    """List the feeds that an HTML page names of itself: address and title of each `<link rel="alternate">`."""
    base, found = base_of(root, page), dict[str, str]()
    for link in root.iter("link"):
        kind = (link.get("type") or "").split(";")[0].strip().lower()
        url = urls.join(base, link.get("href") or "") if kind in _FEED_TYPES and "alternate" in (link.get("rel") or "").lower().split() else None
        if url and url not in found:
            found[url] = squeeze(link.get("title") or "")
    return tuple(found.items())


def _bounded(source: Source, page: Page, limit: int = MAX_BYTES) -> str:
    if len(page.body) > limit:
        raise ParseError(f"{source.id}: {page.url} is larger than {limit // 1_000_000} MB, and so no list of resources.", source=source.id)
    return decode(page)


def _mended(text: str) -> str:
    """Put right what feeds get wrong: junk before the first tag, forbidden characters, bare ampersands, names of HTML characters; no DTD."""
    text = _NOT_XML.sub("", text[max(text.find("<"), 0) :])
    text = _DECLARATION.sub("", text, count=1)
    start = _DOCTYPE_START.search(text)
    if start and (doctype := _DOCTYPE.match(text, start.start())):
        text = text[: start.start()] + text[doctype.end() :]
    text = text.replace("<!DOCTYPE", "&lt;!DOCTYPE")  # a second one, or one that never ends, is no document type any more
    head, *rest = text.split("<![CDATA[")
    parts = [_REFERENCE.sub(_character, head)]
    for part in rest:
        inside, end, after = part.partition("]]>")
        parts.append("<![CDATA[" + inside + end + _REFERENCE.sub(_character, after))
    return "".join(parts)


def _character(reference: re.Match[str]) -> str:
    name = reference[1]
    if name is None:
        return reference[0] if len(reference[0]) > 1 else "&amp;"
    if name in _XML_NAMES:
        return reference[0]
    return html5.get(name + ";", f"&amp;{name};").replace("<", "&lt;") if name + ";" in html5 else f"&amp;{name};"
