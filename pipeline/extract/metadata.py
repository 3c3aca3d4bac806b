"""What else a page says of itself: description, language, addresses, identifiers, publisher, picture, series."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from itertools import chain, islice
from urllib.parse import urlsplit

import py3langid
from lxml import etree

from pipeline import citations, text, urls
from pipeline.extract import jsonld
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Element, Found, inner
from pipeline.extract.site import Site, fold
from pipeline.extract.titles import without_site

MAX_DESCRIPTION = 2_000
_DESCRIPTIONS = (
    "description",
    "og:description",
    "twitter:description",
    "dc.description",
    "dcterms.description",
    "sailthru.description",
    "citation_abstract",
)
_CUT = ("...", "…")
_MAX_OPENING = 400
_STANDFIRST = re.compile(  # of names in small letters: to ask for both cases takes twice as long
    r"(?:^|[-_ ])(?:dek|deck|standfirst|strapline|lede|lead-paragraph|lead-text|ingress|manchet|vorspann|chap[oô]|sottotitolo|bajada"
    r"|entradilla|subtitle|subheadline"
    r"|article-excerpt|post-excerpt)(?:$|[-_ ])"
)
_MAX_SECOND = 200  # characters of a standfirst that stands apart from its heading
_CAPTION = re.compile(r"caption|credit|image|photo|bild|legend|gallery", re.IGNORECASE)
_AFTER = etree.XPath("following::*[position() < 40]")
_LINES = frozenset({"p", "div", "h2", "h3", "span"})
_ENDS = (".", "!", "?", "…", "。", "”", '"')
_PLEA = re.compile(
    r"(?:please|sign up|subscribe|log in|register|we use|this (?:site|website|page) (?:uses|requires)|(?:you need to )?enable javascript"
    r"|just another \w+ (?:site|blog)"
    r"|(?:read|get|find|discover|see) (?:all )?(?:the )?latest\b|welcome to\b)",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"(?:(?:written |posted |guest blog )?by|von|par|por|door|av|af|texte?:|autor(?:in)?:|photo|foto|image)\b:?\s+(?-i:[A-ZÀ-Ý]).{0,120}",
    re.IGNORECASE,
)
_DATE = re.compile(r"^\d{1,2}\.?\s[^\W\d_]{3,10}\.?\s\d{4}[.:,–-]?\s+")
_EMPTY = frozenset({"Visit the post for more."})  # what systems write for none
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_DOI = re.compile(r"(?:^|doi\.org/|doi:\s*)(10\.\d{4,9}/[^\s\"<>]{1,200})", re.IGNORECASE)
_DOIS = ("citation_doi", "prism.doi", "bepress_citation_doi", "dc.identifier.doi", "dc.identifier")
_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "pmid": ("citation_pmid",),
    "pmc": ("citation_pmcid", "citation_pmc"),
    "arxiv": ("citation_arxiv_id",),
    "isbn": ("citation_isbn", "books:isbn", "book:isbn", "prism.isbn"),
    "issn": ("citation_issn", "prism.issn", "prism.eissn"),
}
_FILE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg)$", re.IGNORECASE)
_MAX_ALT = 500
_OWN_KEYS = frozenset({"doi", "youtube", "arxiv", "pmid", "vimeo", "pmc"})
_MIN_GUESSABLE = 60  # characters: on less text the language model guesses wildly


def description(document: Document, site: Site) -> Found[str]:
    """What the page says it is about, in one paragraph: its standfirst, else its metadata. A cut one stands only where no whole one does."""
    candidates = [*_standfirst(document), *((content, f"meta {name}") for name in _DESCRIPTIONS for content in document.metas.get(name, ()))]
    if stated := jsonld.string(document.main, "description", "abstract"):
        candidates.append((stated, "json-ld"))
    plain = [(text.plain(value) if "<" in value or "&" in value else value, rule) for value, rule in candidates]
    headings = (document.heading, *document.metas.get("og:title", ()), *map(inner, document.tree.findall(".//h1")[:2]))
    titles = {fold(form) for one in headings for form in (one, without_site(one, site))}
    telling = [(words, rule) for words, rule in plain if len(words) > 15 and not _tells_nothing(words, site, titles)]
    whole = [one for one in telling if not is_cut(one[0])]
    found = next(iter(whole or telling), None)
    return (text.clip(found[0], MAX_DESCRIPTION), found[1]) if found else None


def is_cut(words: str) -> bool:
    """Whether a system has cut the words off where its box was full."""
    return words.rstrip(" ])").endswith(_CUT)


def _tells_nothing(words: str, site: Site, titles: set[str]) -> bool:
    """Whether they are only the title again, the strap of the site, a list of keywords, a plea, or what a system writes for none."""
    if words in _EMPTY or _PLEA.match(words) or _is_strap(words, site) or {fold(words), fold(without_site(words, site))} & titles:
        return True
    parts = words.split(", ")
    return len(parts) > 4 and not words.endswith(_ENDS) and all(len(part.split()) < 4 for part in parts)


def _is_strap(words: str, site: Site) -> bool:
    """Whether the words describe the site and no page of it: its name and a few words more."""
    name, parted, rest = words.partition(" - ") if " - " in words else words.partition(": ")
    return bool(parted) and len(rest) < 60 and site.is_named(name)


def _standfirst(document: Document) -> Iterator[tuple[str, str]]:
    """The sentence under the heading, where it stands below it or the markup calls it by one of its names in the trade."""
    below = (element for heading in document.tree.findall(".//h1")[:3] for element in _beneath(heading))
    named = _named(document)
    for element, is_named in chain(((one, False) for one in below), ((one, True) for one in named)):
        if element.tag not in _LINES or element.find(".//a") is not None or is_chrome(element) or (_runs_on(element) and not is_named):
            continue
        words = inner(element)
        if 40 <= len(words) <= 300 and (words.endswith(_ENDS) or (is_named and element.tag != "div")) and not _PLEA.match(words):
            yield words, "standfirst"
            return


def _named(document: Document) -> Iterator[Element]:
    """What the markup calls a standfirst."""
    yield from document.called({"class": lambda value: _STANDFIRST.search(value.lower())})


def _beneath(heading: Element) -> Iterator[Element]:
    """What stands right below a heading, or is the first sentence after its byline, its day and the buttons to share it."""
    yield from islice(heading.itersiblings(), 1)
    for element in _AFTER(heading):
        words = inner(element) if element.tag in _LINES and element.find("./*") is None else ""
        if len(words) >= 40:
            if element.tag != "span" and len(words) <= _MAX_SECOND and words.endswith(".") and not _is_caption(element):
                yield element
            return


def _is_caption(element: Element) -> bool:
    return any(one.tag == "figure" or _CAPTION.search(one.get("class") or "") for one in (element, *islice(element.iterancestors(), 4)))


def _runs_on(element: Element) -> bool:
    """Whether it is only the first paragraph of several alike."""
    following = element.getnext()
    return element.tag == "p" and following is not None and following.tag == "p" and following.get("class") == element.get("class")


def opening(words: str) -> Found[str]:
    """The first paragraph of a text, to stand for a description that the page lacks; a date before it is no part of it."""
    for line in (one for one in words.splitlines()[:6] if not one.startswith("|")):
        paragraph = "" if _BYLINE.fullmatch(line) else _DATE.sub("", line)
        if len(paragraph) >= 60:
            return text.clip(paragraph, _MAX_OPENING), "first paragraph"
    return None


def language(document: Document, words: str) -> Found[str]:
    """The language as an IETF tag, as the page declares it, else as its words show."""
    declared = (
        (document.tree.get("lang") or document.tree.get("{http://www.w3.org/XML/1998/namespace}lang"), "html lang"),
        document.meta("content-language", "dc.language", "dcterms.language", "citation_language"),
        (jsonld.string(document.main, "inLanguage"), "json-ld"),
        document.meta("og:locale"),
    )
    for found in declared:
        if found and found[0] and (tag := language_tag(found[0])):
            return tag, found[1]
    return guessed_language(words)


def language_tag(written: str) -> str | None:
    """One form for a language tag: "EN_gb" and "en-GB, de" are en-GB; `None` where it is none."""
    found = _TAG.fullmatch(written.split(",")[0].strip())
    if not found:
        return None
    first, *rest = found[0].replace("_", "-").split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part for part in rest[:2])])


def guessed_language(words: str) -> Found[str]:
    """The language that the words show, where there are enough of them."""
    if len(words) < _MIN_GUESSABLE:
        return None
    found, _ = py3langid.classify(words[:2_000])
    return (str(found), "language of the text") if found != "zxx" else None  # zxx is its code for no language at all


def canonical_url(document: Document) -> Found[str]:
    """The address by which the page wants to be known, unless that names another site or only the site's front door."""
    link = next((e.get("href") for e in document.tree.iter("link") if "canonical" in (e.get("rel") or "").lower().split() and e.get("href")), None)
    for written, rule in ((link, "rel canonical"), document.meta("og:url") or (None, "")):
        address = urls.join(document.url, written.strip()) if written else None
        if address and _is_plausible(address, document.url):
            return urls.clean(address), rule
    return None


def _is_plausible(address: str, page: str) -> bool:
    if not urls.is_web(address) or _site_of(address) != _site_of(page):
        return False
    wanted, here = urlsplit(address), urlsplit(page)
    return bool(wanted.path.strip("/") or wanted.query) or not (here.path.strip("/") or here.query)


def _site_of(url: str) -> str:
    """The part of a host that one owner holds, near enough: example.org, example.co.uk."""
    labels = urls.host(url).split(":")[0].split(".")
    second = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in ("co", "com", "org", "net", "ac", "gov", "edu", "nhs", "or", "ne")
    return ".".join(labels[-3:] if second else labels[-2:])


def identifiers(document: Document) -> Found[dict[str, str]]:
    """Identifiers that the page or its address states: doi, isbn, issn, pmid, pmc, arxiv, youtube and the like, each as its scheme writes it."""
    found = of_address(document.url) | {scheme: value for scheme, written in _stated(document) if (value := citations.identifier(scheme, written))}
    return (found, "page and address") if found else None


def _stated(document: Document) -> Iterator[tuple[str, str]]:
    """The identifiers that the page writes down, the more telling last."""
    for node in _several(document.main.get("identifier")):
        if isinstance(node, dict) and (scheme := str(node.get("propertyID")).lower().rsplit("/", 1)[-1].replace("pmcid", "pmc")) in _NUMBERS:
            yield scheme, jsonld.string(node, "value") or ""
    if isbn := jsonld.string(document.main, "isbn"):
        yield "isbn", isbn
    for scheme, names in _NUMBERS.items():
        yield from ((scheme, content) for name in reversed(names) for content in reversed(document.metas.get(name, ())))
    stated = document.meta(*_DOIS) or (None, "")
    dois = (stated[0], *jsonld.names(document.main.get("identifier"), {}), jsonld.string(document.main, "sameAs", "@id"))
    yield from (("doi", doi[1].rstrip(".,;)")) for written in reversed(dois) if (doi := _DOI.search(written or "")))


def _several(value: object) -> list[object]:
    return value[:20] if isinstance(value, list) else [value]


def of_address(url: str) -> dict[str, str]:
    """The identifiers that an address itself holds."""
    keys = (key.partition(":") for key in urls.identity(url))
    return {scheme: value for scheme, _, value in keys if scheme in _OWN_KEYS}


def publisher(document: Document) -> Found[str]:
    """Who publishes it, where the page says so."""
    if names := jsonld.names(document.main.get("publisher"), jsonld.by_id(document.nodes)):
        return text.clip(text.squeeze(names[0]), 200), "json-ld"
    stated = document.meta("citation_publisher", "dc.publisher", "dcterms.publisher", "publisher")
    return stated if stated and not stated[0].startswith("http") else None


def image(document: Document) -> Found[str]:
    """The picture that the page shows for itself, as an absolute address."""
    candidates = (
        document.meta("og:image:secure_url", "og:image", "og:image:url"),
        (jsonld.link(document.main.get("image") or document.main.get("thumbnailUrl")), "json-ld"),
        document.meta("twitter:image", "twitter:image:src"),
    )
    for found in candidates:
        address = urls.join(document.url, unescape(found[0])) if found and found[0] else None
        if found and address and urls.is_web(address):
            return address, found[1]
    return None


def image_alt(document: Document, address: str | None) -> Found[str]:
    """The words that stand for the picture at this address, where the page gives them: for machines, or with the picture itself."""
    if stated := document.meta("og:image:alt", "twitter:image:alt"):
        return text.clip(stated[0], _MAX_ALT), stated[1]
    if address is None:
        return None
    for node in _several(document.main.get("image")):
        if isinstance(node, dict) and (caption := jsonld.string(node, "caption", "description")):
            return text.clip(text.plain(caption), _MAX_ALT), "json-ld"
    shown = (e for e in document.tree.iter("img") if e.get("alt") and _same_picture(document.url, e.get("src") or e.get("data-src"), address))
    words = next((alt for e in islice(shown, 5) if len(alt := text.squeeze(e.get("alt"))) > 3 and not _FILE_NAME.search(alt)), None)
    return (text.clip(words, _MAX_ALT), "img alt") if words else None


def _same_picture(page: str, src: str | None, address: str) -> bool:
    """Whether a picture in the page is the one at an address; the size that is asked for may be another."""
    bare = address.partition("?")[0]
    if not src or src.partition("?")[0].rsplit("/", 1)[-1] != bare.rsplit("/", 1)[-1]:
        return False
    return (urls.join(page, unescape(src)) or "").partition("?")[0] == bare
