"""Who made it: names from metadata, markup and bylines, and what is cut off a byline to leave a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from itertools import islice
from typing import NamedTuple

from lxml import etree

from pipeline import text
from pipeline.extract import jsonld
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Element, Found, inner
from pipeline.extract.site import Site, fold

MAX_PEOPLE = 40
_METAS = (
    *(
        "parsely-author",
        "sailthru.author",
        "article:author_name",
        "byl",
        "author",
        "article:author",
        "dc.creator",
        "dcterms.creator",
        "dc.contributor",
    ),
    *("og:article:author", "authors", "cxenseparse:author", "creator"),
)
_LEADING = re.compile(
    r"^(?:(?:(?:written|posted|reported|published|reviewed|story|words?|opinion|analysis)\s+)?by|von|par|por|autor(?:in)?|auteur|authors?"
    r"|text|foto|di"
    r"|geschrieben von|verfasst von|redaktion|view orcid profile)\b[:\s]*",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"\s*(?:\||•|·|—|–| - |\(|\[|/|\b(?:am|on|vom?) \d|\b\d{1,2}[./]\d|\b(?:19|20)\d\d\b|\bupdated\b|\bpublished\b"
    r"|\bvia\b|\bStand\b"
    r"|,\s*(?:staff|senior|editor|contributor|correspondent|special to|reporter|cnn|ap|reuters|associated press|usa today|time\b|phd|md"
    r"|m\.d\.|ph\.d\.)).*$",
    re.IGNORECASE,
)
_FOR = re.compile(r"(\S+\s+\S+.*?)\s+for\s+\w.*", re.IGNORECASE)  # "Ada Marsh for the Gazette"; of one word, "for" is a part of the name
_BODY = re.compile(
    r"(?:[\w.'’&-]+ ){0,4}(?:institute|cent(?:re|er)|college|council|foundation|association|society|agency|department|office|network|academy|school"
    r"|university|alliance|partnership|federation|commission|ministry) (?:for|of|on) \w[\w.,'’& -]{1,80}",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"(?:admin|administrator|redaktion|editor|staff|webmaster|user|none|null|undefined|by|von|author|anonymous|unknown|guest|root|test)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"https?:|\.(?:com|de|org)\b|\b(?:minutes?|min|comments?|kommentare?|read|share|subscribe|follow|more|mehr|newsletter|cookie|login"
    r"|email|publicado|publié|veröffentlicht|hace"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch)\b"
    r"|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober"
    r"|dezember)(?:\W*\d|$)",  # June Reed is a person
    re.IGNORECASE,
)
_NAME_WORD = r"[A-ZÀ-ÝŁŚŻ][\w.'’-]+"
_BETWEEN = re.compile(rf"\s*;\s*|\s*\|\s*|,?\s+(?:and|und|et|y)\s+|\s+&\s+|\s*,\s*(?={_NAME_WORD}(?:\s+[\w.'’-]+)+)")
_ADDRESS = re.compile(r"\S+@\S+")
_LETTER = re.compile(r"[^\W\d_]")
_DATED = re.compile(rf"\d{{1,2}}[^|•·–-]{{3,25}}\d\d\s*[|•·–-]\s*({_NAME_WORD}(?:\s+(?:{_NAME_WORD}|von|van|de)){{1,3}})")
_BYLINE = re.compile(
    r"(?i:(?:(?:written|posted|reported|published|words|text|story|photos?|(?:(?:blog|ein) )?beitrag|geschrieben|verfasst|veröffentlicht|publié"
    r"|[eé]crit|escrito)\s+)?(?:by|von|par|por|di|autor(?:in)?:|text:|author:|auteur\s*:|autor/in:|redaktion:|redacción:))[\s:]+"
    r"([A-ZÀ-ÝŁŚŻ][^\d|,;:()<>]{3,50}?)\s*(?:[|,;:(·•–-].*|\d.*|am .*|on .*)?"
)


class _Mark(NamedTuple):
    """What marks an element as holding the author, and how many names it may hold."""

    rule: str
    most: int
    marks: Callable[[Element], bool]


def _has_class(pattern: str, tags: str = "a span div p address strong li cite") -> Callable[[Element], bool]:
    named, wanted = re.compile(pattern, re.IGNORECASE), frozenset(tags.split())
    return lambda element: element.tag in wanted and named.search(element.get("class") or "") is not None


def _itemprop(element: Element) -> bool:
    """The name inside an author, or an author without parts."""
    if element.get("itemprop") == "name":
        return any(above.get("itemprop") in ("author", "creator") for above in islice(element.iterancestors(), 6))
    return element.get("itemprop") == "author" and element.find(".//*[@itemprop]") is None


def _is_hcard(element: Element) -> bool:
    return "fn" in (element.get("class") or "").split() and any("vcard" in (e.get("class") or "").split() for e in islice(element.iterancestors(), 6))


def _in_byline(element: Element) -> bool:
    return element.tag == "a" and any("yline" in (above.get("class") or "") for above in islice(element.iterancestors(), 6))


_PEOPLE_PATH = re.compile(r"/(?:authors?|autor(?:en)?|editors|staff|profile|people|contributors|by)/")
_MARKS = (  # the surest first
    _Mark("itemprop author", 4, _itemprop),
    _Mark("rel author", 4, lambda element: "author" in (element.get("rel") or "").split() and element.tag in ("a", "span", "link")),
    _Mark("class author", 4, _has_class(r"(?:author|byline|writer)(?:-|__|_)?(?:name|author|link)")),
    _Mark("hcard", 1, _is_hcard),
    _Mark("byline link", 4, _in_byline),
    _Mark("byline", 1, _has_class(r"^author$|(?:^|\s)author(?:\s|$)|by-author|article-author|article__author|post-author|entry-author|byline|autor")),
    _Mark("byline", 1, lambda element: element.get("id") == "byline"),
    _Mark("author link", 1, lambda element: element.tag == "a" and _PEOPLE_PATH.search(element.get("href") or "") is not None),
)
_TELLING = re.compile(r"uthor|autor|yline|writer|(?:^|\s)fn(?:\s|$)")
_LEAVES = etree.XPath(
    "//*[self::p or self::span or self::div or self::li or self::small or self::strong or self::em or self::address or self::h4 or self::h5"
    " or self::td or self::dd][string-length(text()) > 1]"
)
_MAX_LEAVES = 1_500
_MAX_SCRIPT = 100_000  # characters
_LOGIN = re.compile(r"[a-z\d._-]+|\w+\d")
_CREDIT = re.compile(r"licen[cs]e|credit|copyright|caption")
_INTRODUCES = re.compile(
    r"\W*(?:(?:written|posted|reported|published|words|story|veröffentlicht|geschrieben|verfasst|publié)\s+)?(?:by|von|par|por|di|autor(?:in)?|author|auteur)\s*:?\s*",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"dataLayer|digitalData|utag_data")
_AUTHOR_KEY = re.compile(r"""["']?(?:\w*_)?[aA]uthor(?:s|Name)?["']?\s*:\s*\[?\s*["']([^"'<>{}]{3,60})["']""")
_OPENS = re.compile(
    r"\s*(?:\d|by|von|par|por|di|autor|text|author|auteur|reda|written|posted|reported|published|words|story|photo|blog|ein|beitrag|geschr"
    r"|verf|verö|publi|[eé]cri|escri)",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"written|verfasst|geschrieben|écrit|escrito|author|\bby\b|\bvon\b|autor", re.IGNORECASE)


def creators(document: Document, site: Site) -> Found[tuple[str, ...]]:
    """The people, or the body, that the page names as its makers; `None` where it names none.

    A login name, or the name of the house, stands only where no rule finds a person.
    """
    if cited := document.metas.get("citation_author"):
        return tuple(dict.fromkeys(map(_turned, cited)))[:MAX_PEOPLE], "meta citation_author"
    fallback: Found[tuple[str, ...]] = None
    for values, rule in _claims(document):
        names = people(values)
        if persons := tuple(name for name in names if not (_LOGIN.fullmatch(name) or site.is_named(name))):
            return persons, rule
        fallback = fallback or ((names, rule) if names else None)
    return fallback


def _claims(document: Document) -> Iterator[tuple[list[str], str]]:
    """What may name the makers, the surest first."""
    yield from _stated(document)
    yield from _marked(document.tree)
    yield from _labelled(document)
    yield from _introduced(document.tree)
    yield from _bylines(document.tree)
    yield from _measured(document.tree)


def _turned(name: str) -> str:
    """ "Marsh, Ada" is Ada Marsh, as Highwire Press tags write her."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and "," not in first else name


def _stated(document: Document) -> Iterator[tuple[list[str], str]]:
    ids = jsonld.by_id(document.nodes)
    for node in jsonld.described(document.nodes, document.main):
        for role in ("author", "creator", "byArtist", "actor"):
            yield jsonld.names(node.get(role), ids), "json-ld"
    for name in _METAS:
        yield list(document.metas.get(name, ())[:6]), f"meta {name}"


def people(values: Iterable[str]) -> tuple[str, ...]:
    """The names in bylines: introductions, roles and dates cut off."""
    found: dict[str, str] = {}
    for value in values:
        line = text.squeeze(unescape(text.plain(value)))
        if not line or len(line) > 200 or line.startswith(("http", "/", "@")) or "www." in line:
            continue
        line = _LEADING.sub("", _ADDRESS.sub("", line))
        if _BODY.fullmatch(line):  # "Institute for Health and Care" is one name, and long
            found.setdefault(fold(line), line)
            continue
        for part in _BETWEEN.split(line):
            name = _FOR.sub(r"\1", _TRAILING.sub("", _LEADING.sub("", part))).strip(" ,.;:-–|*")
            name = name.title() if name.isupper() and len(name) > 6 and " " in name else name
            if _is_name(name):
                found.setdefault(fold(name), name)
    return tuple(found.values())[:MAX_PEOPLE]


def _is_name(name: str) -> bool:
    if not 2 <= len(name) <= 60 or len(name.split()) > 6 or _NOBODY.fullmatch(name):
        return False
    return bool(_LETTER.search(name)) and not _NO_NAME.search(name)


def _marked(tree: Element) -> Iterator[tuple[list[str], str]]:
    candidates = list(dict.fromkeys(_candidates(tree)))
    for rule, most, marks in _MARKS:
        every = [element for element in candidates if marks(element) and not _is_credit(element)][:25]
        own = [element for element in every if element.tag == "link" or not is_chrome(element)]
        if not own and most > 1 and len({inner(element) for element in every}) == 1:
            own = every[:1]  # the only author anywhere on the page, even if his box is in the sidebar
        if len({inner(element) for element in own}) > 4:
            own = own[:1]  # a list of the house's authors, or one byline for each teaser: the first is the page's
        values = [value for element in _together(own[:6]) if (value := element.get("content") or inner(element)) and len(value) < 120]
        yield values[:most], rule


def _together(elements: list[Element]) -> list[Element]:
    """The first, and those that stand in one block with it: the authors of a page stand together, those of its teasers apart."""
    if len(elements) < 2:
        return elements
    block = next(islice(elements[0].iterancestors(), 1, 2), None)
    return [element for element in elements if element is elements[0] or block in islice(element.iterancestors(), 6)]


def _is_credit(element: Element) -> bool:
    """Whether it names the maker of a picture."""
    return any(_CREDIT.search(one.get("class") or "") for one in (element, *element)) or next(element.iterancestors("figure"), None) is not None


def _candidates(tree: Element) -> Iterator[Element]:
    """The elements that may bear one of the marks. One walk in Python: an XPath with as many conditions takes five times as long."""
    for element in tree.iter():
        attributes = element.attrib
        names = attributes.get("class", "")
        if (
            _TELLING.search(names)
            or attributes.get("itemprop") in ("name", "author")
            or "author" in attributes.get("rel", "")
            or attributes.get("id") == "byline"
            or (element.tag == "a" and _PEOPLE_PATH.search(attributes.get("href", "")))
        ):
            yield element
        if "yline" in names:
            yield from element.iter("a")


def _labelled(document: Document) -> Iterator[tuple[list[str], str]]:
    """Twitter cards label their data freely: "Written by" and a name."""
    for number in "12":
        label, data = document.meta(f"twitter:label{number}"), document.meta(f"twitter:data{number}")
        if label and data and _WRITTEN.search(label[0]):
            yield [data[0]], f"meta twitter:data{number}"


def _introduced(tree: Element) -> Iterator[tuple[list[str], str]]:
    """An element whose line says nothing before it but "by"."""
    for element in tree.iter("a", "span", "cite", "strong", "b", "em"):
        if _INTRODUCES.fullmatch(_before(element)) is None:
            continue
        name = inner(element)
        if 2 < len(name) < 60 and name[0].isupper() and len(inner(element.getparent())) < 160 and not is_chrome(element):
            yield [name], "after by"


def _before(element: Element) -> str:
    """The words that stand right before an element, in its line."""
    previous = element.getprevious()
    if previous is None:
        return element.getparent().text or "" if element.getparent() is not None else ""
    return previous.tail if (previous.tail or "").strip() else (previous.text or "")


def _bylines(tree: Element) -> Iterator[tuple[list[str], str]]:
    """A short line of its own that is "By" and a name, or a date and a name."""
    for element in _LEAVES(tree)[:_MAX_LEAVES]:
        if not _OPENS.match(element.text or "") or len(element) > 6:
            continue
        own = text.squeeze(element.text)
        line = own if len(element) == 0 or len(own) > 8 else inner(element)
        found = (_BYLINE.fullmatch(line) or _DATED.fullmatch(line)) if len(line) <= 90 else None
        if found and 1 < len(found[1].split()) < 6 and not is_chrome(element):
            yield [found[1]], "byline"


def _measured(tree: Element) -> Iterator[tuple[list[str], str]]:
    """What the page tells those who count its visits."""
    for script in tree.iter("script"):
        words = (script.text or "")[:_MAX_SCRIPT]
        if _COUNTS.search(words) and (found := _AUTHOR_KEY.search(words)):
            yield [found[1]], "data layer"
