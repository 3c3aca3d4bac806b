"""Who made it: names from metadata, markup and bylines, and what is cut off a byline to leave a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from html import unescape
from itertools import islice
from typing import NamedTuple

from lxml import etree

from pipeline import dates, text
from pipeline.extract import jsonld, media
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Element, Found, beginning, inner
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
    *("og:article:author", "authors", "cxenseparse:author", "creator", "eprints.creators_name", "bepress_citation_author"),
)
_LEADING = re.compile(
    r"^(?:(?:(?:written|posted|reported|published|submitted|story|words?|opinion|analysis|(?:guest )?(?:blog|post|article|essay))\s+)?by"
    r"|von|par|por|door|av|af"
    r"|autor(?:in)?|auteur|authors?(?:\(s\))?|text|foto|di"
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
_BETWEEN = re.compile(rf"\s*;\s*|\s*\|\s*|,?\s+(?:and|und|et|y|en|och|og|e)\s+|\s+&\s+|\s*,\s*(?={_NAME_WORD}(?:\s+[\w.'’-]+)+)")
_INVERTED = re.compile(rf"(?:(?:van|von|de|der|den|du|da|di|la|le|al|el)\s+)*{_NAME_WORD},\s{_NAME_WORD}(?:\s[A-ZÀ-ÝŁŚŻ][\w.'’-]*){{0,2}}")
_POST_NOMINALS = re.compile(
    r"(?:[\s,/]+\(?(?:RN|RGN|RM|RMN|BA|BSc|MA|MSc|MSci|MBA|MPH|MPhil|M\.?Ed|MB|MBBS|MBChB|BM|BMBS|MD|DPhil|DSc|EdD|Ph\.?D\.?|M\.D\.|CBE"
    r"|OBE|MBE|KC|QC|JP|DL"
    r"|(?:F|M)(?:RC|FPH|HEA|RS|BCS|CGI|CIPD)[A-Za-z]{0,4}|FRSA|FAcSS)\b\)?)+$"
)
_ROLE = re.compile(
    r"\b(?:director|executive|manager|head|chair(?:man|woman)?|editor|officer|lead|leader|fellow|founder|consultant|president|secretary"
    r"|minister|lecturer|reader"
    r"|researcher|economist|adviser|advisor|analyst|coordinator|professor of|network|university|institute|foundation|trust|college|school"
    r"|centre|center|council)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S+@\S+")
_LETTER = re.compile(r"[^\W\d_]")
_PERSON = re.compile(rf"{_NAME_WORD}(?:\s+(?:{_NAME_WORD}|von|van|de|der)){{1,3}}")
_DATED = re.compile(rf"\d{{1,2}}[^|•·–-]{{3,25}}\d\d\s*[|•·–-]\s*({_NAME_WORD}(?:\s+(?:{_NAME_WORD}|von|van|de)){{1,3}})")
_BYLINE = re.compile(
    r"(?i:(?:(?:written|posted|reported|published|submitted|words|text|story|(?:guest )?(?:blog|post|article|essay)|(?:(?:blog"
    r"|ein) )?beitrag|geschrieben"
    r"|verfasst|veröffentlicht|publié|[eé]crit|escrito)\s+)?"
    r"(?:by|von|par|por|door|av|af|di|autor(?:in)?:|text:|authors?:|auteurs?\s*:|autor/in:|redaktion:|redacción:))[\s:]+"
    r"([A-ZÀ-ÝŁŚŻ][^\d|,;:()<>]{3,50}?)\s*(?:[|,;:(·•–-].*|\d.*|am .*|on .*)?"
)


class _Mark(NamedTuple):
    """What marks an element as holding the author, and how many names it may hold."""

    rule: str
    most: int
    marks: Callable[[Element], bool]


def _called(element: Element) -> str:
    """What the markup calls an element: its classes, and the names that systems give it for their tests."""
    attributes = element.attrib
    return " ".join(filter(None, (attributes.get("class"), attributes.get("data-automation-id"), attributes.get("data-testid"))))


def _has_class(pattern: str, tags: str = "a span div p address strong li cite") -> Callable[[Element], bool]:
    named, wanted = re.compile(pattern, re.IGNORECASE), frozenset(tags.split())
    return lambda element: element.tag in wanted and named.search(_called(element)) is not None


def _itemprop(element: Element) -> bool:
    """The name inside an author, or an author without parts."""
    if element.get("itemprop") == "name":
        return any(above.get("itemprop") in ("author", "creator") for above in islice(element.iterancestors(), 6))
    return element.get("itemprop") == "author" and element.find(".//*[@itemprop]") is None


def _is_hcard(element: Element) -> bool:
    return "fn" in (element.get("class") or "").split() and any("vcard" in (e.get("class") or "").split() for e in islice(element.iterancestors(), 6))


_GROUP = re.compile(r"yline|(?:^|[\s_-])(?:authors|contributors)(?:$|[\s_-])|AuthorGroups", re.IGNORECASE)


def _in_byline(element: Element) -> bool:
    return element.tag == "a" and any(_GROUP.search(above.get("class") or "") for above in islice(element.iterancestors(), 6))


_PEOPLE_PATH = re.compile(r"/(?:authors?|autor(?:en)?|editors|staff|profiles?|people|our-people|whos-who|experts?|contributors|by)/")
_MARKS = (  # the surest first
    _Mark("itemprop author", 4, _itemprop),
    _Mark("rel author", 4, lambda element: "author" in (element.get("rel") or "").split() and element.tag in ("a", "span", "link")),
    _Mark("class author", 4, _has_class(r"(?:author|byline|writer)(?:-|__|_)?(?:name|author|link)")),
    _Mark("hcard", 1, _is_hcard),
    _Mark("byline link", MAX_PEOPLE, _in_byline),
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
_TEASER = re.compile(r"related|teaser|comment|recommend|(?:^|[\s_-])cards?(?:[\s_-]|$)|latest|read-?next")
_INTRODUCES = re.compile(
    r"\W*(?:(?:written|posted|reported|published|submitted|words|story|(?:guest )?(?:blog|post|article)|veröffentlicht|geschrieben"
    r"|verfasst|publié)\s+)?"
    r"(?:by|von|par|por|door|av|af|di|autor(?:in)?|author|auteur)\s*:?\s*",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"dataLayer|digitalData|utag_data")
_AUTHOR_KEY = re.compile(r"""["']?(?:\w*_)?[aA]uthor(?:s|Name)?["']?\s*:\s*\[?\s*["']([^"'<>{}]{3,60})["']""")
_OPENS = re.compile(
    r"\s*(?:\d|by|von|par|por|door|av|af|di|autor|text|author|auteur|reda|written|posted|reported|published|submitted|words|story|guest"
    r"|blog|post|article|essay|ein|beitrag|geschr"
    r"|verf|verö|publi|[eé]cri|escri)",
    re.IGNORECASE,
)
_TERM = re.compile(
    r"(?:from:|(?:written|posted|submitted)?\s*by:?|(?:lead |corresponding )?authors?(?:\(s\))?:?|autor(?:in|en)?(?:/in)?:?|auteurs?\s*:?"
    r"|autore:?|författare:?|forfatter:?"
    r"|verfasst von:?|written by:?)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"(?:19|20)\d\d\s+[|•·]")
_BOX = re.compile(r"(?:^|[\s_-])(?:authors|contributors)(?:$|\s)", re.IGNORECASE)
_WRITTEN = re.compile(r"written|verfasst|geschrieben|écrit|escrito|author|\bby\b|\bvon\b|autor", re.IGNORECASE)


def creators(document: Document, site: Site) -> Found[tuple[str, ...]]:
    """The people, or the body, that the page names as its makers; `None` where it names none.

    A login name, or the name of the house, stands only where no rule finds a person.
    """
    for name in ("citation_author", "citation_authors"):
        if cited := [one.strip() for content in document.metas.get(name, ()) for one in content.split(";") if one.strip()]:
            return tuple(dict.fromkeys(map(_turned, cited)))[:MAX_PEOPLE], f"meta {name}"
    bodies = jsonld.bodies(document.nodes)
    fallback: Found[tuple[str, ...]] = None
    for values, rule in _claims(document):
        names = people(values, bodies)
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
    yield from _termed(document.tree)
    yield from _bylines(document.tree)
    yield from _measured(document.tree)


def _turned(name: str) -> str:
    """ "Marsh, Ada" is Ada Marsh, as Highwire Press tags write her."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and "," not in first else name


_ROLES = ("author", "creator", "byArtist", "actor")


def _stated(document: Document) -> Iterator[tuple[list[str], str]]:
    ids = jsonld.by_id(document.nodes)
    for node in jsonld.described(document.nodes, document.main):
        for role in media.SPEAKERS + _ROLES if media.is_recording(node) else _ROLES:
            yield jsonld.names(node.get(role), ids), "json-ld"
    for name in _METAS:
        yield [_turned(one) if _INVERTED.fullmatch(one) else one for one in document.metas.get(name, ())[:MAX_PEOPLE]], f"meta {name}"


def people(values: Iterable[str], bodies: Container[str] = ()) -> tuple[str, ...]:
    """The names in bylines: introductions, roles, post-nominals and dates cut off. The names of `bodies` are not taken apart."""
    found: dict[str, str] = {}
    for value in values:
        line = text.squeeze(unescape(text.plain(value)))
        if not line or len(line) > 200 or line.startswith(("http", "/", "@")) or "www." in line:
            continue
        line = _LEADING.sub("", _ADDRESS.sub("", line))
        if line in bodies or _BODY.fullmatch(line):  # "Institute for Health and Care" is one name, and long
            found.setdefault(fold(line), line)
            continue
        for number, part in enumerate(_BETWEEN.split(line)):
            name = _FOR.sub(r"\1", _TRAILING.sub("", _LEADING.sub("", part))).partition(": ")[0].strip(" ,.;:-–|*")
            name = name.title() if name.isupper() and len(name) > 6 and " " in name else name
            name = _POST_NOMINALS.sub("", name)
            if _is_name(name) and not (number and _ROLE.search(name)):
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
            own = [one for one in every[:1] if not _is_anothers(one)]  # the only author anywhere, even if his box is in the sidebar
        own = [one for one in own if one.get("content") or len(_name(one)) > 1]
        if len({inner(element) for element in own}) > 4 and most <= 4:
            own = own[:1]  # a list of the house's authors, or one byline for each teaser: the first is the page's
        values = [value for element in _together(own[: most + 2]) if (value := element.get("content") or _name(element)) and len(value) < 120]
        yield values[:most], rule


def _together(elements: list[Element]) -> list[Element]:
    """The first, and those that stand in one block with it: the authors of a page stand together, those of its teasers apart."""
    if len(elements) < 2:
        return elements
    block = next(islice(elements[0].iterancestors(), 1, 2), None)
    return [element for element in elements if element is elements[0] or block in islice(element.iterancestors(), 6)]


def _name(element: Element) -> str:
    """The words of an element without the marks of notes that hang on a name."""
    return inner(element) if element.find(".//sup") is None else text.squeeze(" ".join(element.xpath(".//text()[not(ancestor::sup)]")))


def _is_credit(element: Element) -> bool:
    """Whether it names the maker of a picture."""
    near = (element, *element, *(one for one in islice(element.iterancestors(), 2) if "uthor" not in (one.get("class") or "")))
    return any(_CREDIT.search(one.get("class") or "") for one in near) or next(element.iterancestors("figure"), None) is not None


def _is_anothers(element: Element) -> bool:
    """Whether it stands in a teaser or a comment, and so names the maker of that."""
    return any(_TEASER.search(one.get("class") or one.get("id") or "") for one in islice(element.iterancestors(), 9))


def _candidates(tree: Element) -> Iterator[Element]:
    """The elements that may bear one of the marks. One walk in Python: an XPath with as many conditions takes five times as long."""
    told: dict[tuple[str | None, ...], tuple[bool, bool]] = {(None, None, None): (False, False)}  # a page has few names, most on many elements
    for element in tree.iter():
        get = element.get
        names = get("class"), get("data-automation-id"), get("data-testid")
        if (telling := told.get(names)) is None:
            called = _called(element)
            telling = told[names] = _TELLING.search(called) is not None, _GROUP.search(called) is not None
        if (
            telling[0]
            or get("itemprop") in ("name", "author")
            or "author" in get("rel", "")
            or get("id") == "byline"
            or (element.tag == "a" and _PEOPLE_PATH.search(get("href", "")))
        ):
            yield element
        if telling[1]:
            yield from element.iter("a")


def _labelled(document: Document) -> Iterator[tuple[list[str], str]]:
    """Twitter cards label their data freely: "Written by" and a name."""
    for number in "12":
        label, data = document.meta(f"twitter:label{number}"), document.meta(f"twitter:data{number}")
        if label and data and _WRITTEN.search(label[0]):
            yield [data[0]], f"meta twitter:data{number}"


def _termed(tree: Element) -> Iterator[tuple[list[str], str]]:
    """A box of authors; a term, a cell or words in bold that are "Author", and what stands beside them."""
    for element in tree.iter("div", "ul", "section"):
        if _BOX.search(element.get("class") or "") and len(beginning(element, 400)) < 400 and not is_chrome(element):
            yield _listed(element).split("; "), "box of authors"
    for element in tree.iter("dt", "th", "td", "strong", "b", "span", "div", "label", "h2", "h3", "h4", "p"):
        if len(element) or _TERM.fullmatch(own := text.squeeze(element.text or "")) is None:
            continue
        if element.tag != "dt" and own.lower().startswith("from"):
            continue
        beside = text.squeeze(element.tail or "") or (
            _listed(value) if (value := element.getnext()) is not None and len(beginning(value, 400)) < 400 else ""
        )
        if 2 < len(beside) < 400 and not is_chrome(element) and not _is_credit(element):
            yield [beside] if len(beside) < 200 else beside.split(";"), "labelled"


def _listed(element: Element) -> str:
    """The words of an element, its links or items held apart."""
    parts = [inner(one) for one in element.iter("a", "li", "div") if one.find("a") is None and one.find("div") is None]
    return "; ".join(filter(None, parts)) or inner(element)


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
        if not (_OPENS.match(element.text or "") or _PARTS.search(element.text or "")) or len(element) > 6:
            continue
        own = text.squeeze(element.text)
        line = own if len(element) == 0 or len(own) > 8 else inner(element)
        name = _of_line(line) if len(line) <= 90 else None
        if name and 1 < len(name.split()) < 6 and not is_chrome(element) and not _is_credit(element):
            yield [name], "byline"


def _of_line(line: str) -> str | None:
    """The name in a line that is "By" and a name, or a day with a name and little else beside it."""
    if found := _BYLINE.fullmatch(line) or _DATED.fullmatch(line):
        return found[1]
    parts = [part.strip() for part in re.split(r"[|•·]", line)]
    if len(parts) > 1 and any(dates.parse(part) for part in parts):
        return next((part for part in parts if _PERSON.fullmatch(part)), None)
    return None


def _measured(tree: Element) -> Iterator[tuple[list[str], str]]:
    """What the page tells those who count its visits."""
    for script in tree.iter("script"):
        words = (script.text or "")[:_MAX_SCRIPT]
        if _COUNTS.search(words) and (found := _AUTHOR_KEY.search(words)):
            yield [found[1]], "data layer"
