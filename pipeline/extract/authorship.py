"""What markup marks as the author: microdata, RDFa, rel, hCard, and the classes and addresses by which systems call one.

Who stands in a teaser, a comment, a credit of a picture, or behind "reviewed by" is passed over: those made something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice, pairwise
from typing import NamedTuple

from pipeline import text
from pipeline.extract import credited
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Element, beginning, inner

MAX_PEOPLE = 40
MAX_LINE = 330
"""Characters of a byline of several people with their roles."""


_MOST_CALLED = 60  # elements


class _Mark(NamedTuple):
    """What marks an element as holding the author, and how many names it may hold."""

    rule: str
    most: int
    marks: Callable[[Element], bool]


def _called(element: Element) -> str:
    """What the markup calls an element: its classes, and the names that systems give it for their tests."""
    attributes = element.attrib
    return " ".join(
        filter(
            None,
            (
                attributes.get("class"),
                attributes.get("data-automation-id"),
                attributes.get("data-testid"),
                attributes.get("data-test"),
                attributes.get("data-hook"),
            ),
        )
    )


def _has_class(pattern: str, tags: str = "a span div p address strong li cite") -> Callable[[Element], bool]:
    named, wanted = re.compile(pattern, re.IGNORECASE), frozenset(tags.split())
    return lambda element: element.tag in wanted and named.search(_called(element)) is not None


_MAKES = frozenset({"author", "creator", "schema:author", "schema:creator", "dc:creator", "dcterms:creator", "foaf:maker"})
_PROPERTIES = _MAKES | {"schema:name", "foaf:name", "name"}


def _itemprop(element: Element) -> bool:
    """The name inside an author, or an author without parts."""
    given = element.get("itemprop") or element.get("property")
    if given in ("name", "schema:name", "foaf:name"):
        return any((above.get("itemprop") or above.get("property") or above.get("rel")) in _MAKES for above in islice(element.iterancestors(), 6))
    return given in _MAKES and element.tag != "meta" and element.find(".//*[@itemprop]") is None and element.find(".//*[@property]") is None


def _is_hcard(element: Element) -> bool:
    return "fn" in (element.get("class") or "").split() and any("vcard" in (e.get("class") or "").split() for e in islice(element.iterancestors(), 6))


_GROUP = re.compile(r"yline|(?:^|[\s_-])(?:authors|contributors)(?:$|[\s_-])|AuthorGroups", re.IGNORECASE)


def _in_byline(element: Element) -> bool:
    if element.tag != "a" or "tag" in (element.get("rel") or "") or _SHELF.search(element.get("href") or ""):
        return False
    return any(_GROUP.search(above.get("class") or "") for above in islice(element.iterancestors(), 6))


_PEOPLE_PATH = re.compile(
    r"/(?:authors?|aut(?:or(?:en|es|a|i|zy)?|eurs?)|yazar(?:lar)?|f[oö]rfattare|forfatter(?:e)?|kirjoittajat?|editors|staff|profiles?|people|our-people|whos-who|experts?|contributors|by|createdby|speakers?)/[^/?#]"
)
_OWNER = re.compile(  # of what is shown or played
    r"(?:^|[\s_-])(?:deck|slides?|presentation|video|episode|track|sound|media)[-_]{1,2}(?:owner|uploader|presenter|account|user)(?:[\s_-]|$)"
)
_SHELF = re.compile(
    r"/(?:tags?|categor\w*|kategori\w*|topics?|temas?|th[eè]m\w*|rubri\w+|schlag\w+|keywords?|taxonomy|sections?|subjects?|etiquetas?|assuntos?|sujets?"
    r"|emner?|ämnen?|onderwerp\w*)(?:[/?]|$)|search\?|[?&](?:tag|cat|subject)",
    re.IGNORECASE,
)
_BY_WORD = re.compile(r"(?:^|[\s|·•])(?:by|von|par|por|door|av|af|di|przez|gan|per)\s*:?\s*$", re.IGNORECASE)
_AND = re.compile(r"\s*(?:[,;&]|,?\s*(?:and|et|y|e|i|und|en|och|og|a))?\s*", re.IGNORECASE)
_AUTHORS = re.compile(r"(?:author|contrib\w*|byline)(?:s|-?lists?|-?groups?)?(?:[\s_-]|$)|Authors|AuthorList|AuthorGroup", re.IGNORECASE)
_MARKS = (  # the surest first
    _Mark("itemprop author", 4, _itemprop),
    _Mark("rel author", 4, lambda element: "author" in (element.get("rel") or "").split() and element.tag in ("a", "span", "link")),
    _Mark(
        "class author",
        4,
        _has_class(
            r"(?:author|byline|writer|contributor)s?(?:-?(?:card|bio|info|box|item|details?|block|meta|entry|profile))?(?:-|__|_)*(?:name|author|link)",
            "a span div p address strong li cite h2 h3 h4 h5",
        ),
    ),
    _Mark("hcard", 1, _is_hcard),
    _Mark("byline link", MAX_PEOPLE, _in_byline),
    _Mark(
        "byline",
        1,
        _has_class(
            r"^author$|(?:^|[\s_-])author(?:__(?-i:(?=[\w-]*[A-Z\d])[\w-]{3,8}))?(?:\s|$)|[a-z](?-i:Author)(?:\s|$)|(?:^|\s)user-name(?:\s|$)|by-author|article-author|article__author"
            r"|post-author|entry-author|byline|autor"
        ),
    ),
    _Mark("byline", 1, lambda element: element.get("id") == "byline"),
    _Mark("owner", 1, lambda element: element.tag == "a" and _OWNER.search(_called(element)) is not None and bool(credited.person(inner(element)))),
    _Mark("author link", 1, lambda element: element.tag == "a" and _PEOPLE_PATH.search(element.get("href") or "") is not None),
)
_TELLING = re.compile(r"user-name|uthor|autor|yline|writer|ontributor|[-_](?:owner|uploader|presenter|account)|(?:^|\s)fn(?:\s|$)")
_QUICK = re.compile("uthor|yline")
_CREDIT = re.compile(r"licen[cs]e|credit|copyright|caption")
_TEASER = re.compile(r"related|teaser|comment|recommend|(?:^|[\s_-])cards?(?:[\s_-]|$)|latest|read-?next")


def called(document: Document) -> Iterator[tuple[list[str], str]]:
    """What only its class, or its relation, calls an author: a quick look."""
    found = document.called({"class": _QUICK.search, "rel": _QUICK.search})[:_MOST_CALLED]
    yield from _told([*found, *(link for one in found for link in islice(one.iter("a"), 12))])


def marked(document: Document) -> Iterator[tuple[list[str], str]]:
    """The values of elements that are marked as holding an author, with the name of the mark, the surest first."""
    borne = _borne(document)
    yield from _paired(borne.parts)
    yield from _told(borne.marks)


def _told(elements: list[Element]) -> Iterator[tuple[list[str], str]]:
    candidates = list(dict.fromkeys(elements))
    for rule, most, marks in _MARKS:
        every = list(islice((element for element in candidates if marks(element) and not is_credit(element)), 25))
        own = [element for element in every if element.tag == "link" or not (is_chrome(element) or _is_of_others(element))]
        if not own and most > 1 and len({inner(element) for element in every}) == 1:
            own = [one for one in every[:1] if not _is_anothers(one)]  # the only author anywhere, even if his box is in the sidebar
        own = [one for one in own if one.get("content") or len(_name(one)) > 1]
        if rule in ("byline", "class author") and (team := _team(own)):
            yield team, f"team of {rule}"
        if rule == "byline":  # the innermost says it
            own = [one for one in own if not any(two is not one and one in islice(two.iterancestors(), 4) for two in own)]
        if len({inner(element) for element in own}) > 4 and most <= 4:
            own = own[:1]  # a list of the house's authors, or one byline for each teaser: the first is the page's
        if rule == "byline link":
            own = _introduced(own)
        if own and (more := _behind_term(own[0]) or _beside(own[0])):
            yield list(more), f"line of {rule}"
        values = [value for element in _together(own[: most + 2]) if (value := element.get("content") or _name(element)) and len(value) < 120]
        yield [name for value in values[:most] for name in _of_credit(value)], rule


def _beside(element: Element) -> tuple[str, ...]:
    """All whom the line or the list credits in which one author is marked: of several, some have no link and no mark."""
    item = element
    for block in islice(element.iterancestors(), 3):
        line = beginning(block, MAX_LINE)
        if len(line) > MAX_LINE or block.tag in ("body", "main", "article"):
            break
        alike = [one for one in block if one.tag == item.tag and one.get("class") == item.get("class") and not _SHELF.search(one.get("href") or "")]
        if _BY_WORD.search(before(item)):
            alike = _introduced(alike)
        each = [credited.person(inner(one)) for one in alike] if 1 < len(alike) <= MAX_PEOPLE and block.find(".//br") is None else []
        names = tuple(dict.fromkeys(each)) if each and all(each) else credited.authors(line) if credited.opens(line) else ()
        if len(names) > 1:
            return names
        item = block
    return ()


def _behind_term(element: Element) -> tuple[str, ...]:
    """The people of a field that begins with its label: "Authors", and each name in an element of its own."""
    if len(element) < 2 or not credited.is_term(inner(element[0])):
        return ()
    leaves = (one for part in element[1:] for one in islice(part.iter(), _MOST_LEAVES) if not len(one))
    return tuple(name for one in leaves for name in credited.people(inner(one)))


def _of_credit(value: str) -> tuple[str, ...]:
    """Those whom a value credits that begins with a role: "Enviado por Ada Marsh el 2 abril en Calidad"; else the value."""
    return (credited.authors(value) if credited.opens(value) else ()) or (value,)


def _team(elements: list[Element]) -> list[str]:
    """The people of elements alike that stand in one box of authors: journals call each of them an author."""
    alike = [one for one in elements if (one.tag, one.get("class")) == (elements[0].tag, elements[0].get("class"))]
    each = [credited.person(_name(one)) for one in alike]
    if len(set(each)) < 2 or not all(each):
        return []
    shared = [above for above in islice(alike[0].iterancestors(), 6) if above in islice(alike[-1].iterancestors(), 6)]
    return list(dict.fromkeys(each)) if any(_AUTHORS.search(above.get("class") or above.get("id") or "") for above in shared) else []


def _introduced(links: list[Element]) -> list[Element]:
    """Those of a byline that follow its "by", where it has one before a link: the others are shelves."""
    start = next((number for number, one in enumerate(links) if _BY_WORD.search(before(one))), None)
    if start is None:
        return links
    end = next((number for number in range(start + 1, len(links)) if not _AND.fullmatch(before(links[number]))), len(links))
    return links[start:end]


def _is_of_others(element: Element) -> bool:
    """Whether what stands before it says that it names somebody who did something else: "Clinically reviewed by"."""
    if element.get("content"):
        return False
    parent = element.getparent()
    words = before(element) or (before(parent) if parent is not None and parent[0] is element else "")
    return len(words.strip()) > 2 and credited.is_others(words)


def _together(elements: list[Element]) -> list[Element]:
    """The first, and those that stand in one block with it: the authors of a page stand together, those of its teasers apart."""
    if len(elements) < 2:
        return elements
    block = next(islice(elements[0].iterancestors(), 1, 2), None)
    return [element for element in elements if element is elements[0] or block in islice(element.iterancestors(), 6)]


def _name(element: Element) -> str:
    """The words of an element without the marks of notes that hang on a name; of a name and a role in elements of their own, the name."""
    box = element
    while len(box) == 1 and not _has_words(box):
        box = box[0]
    pieces = [words for one in box if (words := inner(one)) and not credited.is_term(words)] if 1 < len(box) <= _MOST_PIECES else []
    if len(pieces) > 1 and not _has_words(box) and (name := credited.person(pieces[0])) and _is_beside_name(" ".join(pieces[1:])):
        return name
    left_out = set(element.iter("sup")) | {one for one in element.iter("a") if one is not element and _SHELF.search(one.get("href") or "")}
    if not left_out:
        return inner(element)
    kept = (one for one in element.xpath(".//text()") if not any(above in left_out for above in _around(one)))
    return text.squeeze(" ".join(kept)).strip(" |·•")


def _around(words: Element) -> Iterator[Element]:
    """The elements around a piece of text; what follows an element is not in it."""
    holder = words.getparent()
    return holder.iterancestors() if words.is_tail else chain((holder,), holder.iterancestors())


def _has_words(element: Element) -> bool:
    """Whether it has words of its own beside those of its parts."""
    return any((words or "").strip() for words in (element.text, *(one.tail for one in element)))


def _is_beside_name(words: str) -> bool:
    """Whether words are no part of the name that stands before them: a role, or more than a family name has."""
    return " " in words or not credited.person(f"Ada {words}")


_PART = re.compile(r"(?:given|first|family|last)-?names?\b|surname", re.IGNORECASE)
_FAMILY = re.compile(r"surname|family-?name|last-name", re.IGNORECASE)
_CITED = re.compile(r"(?:^|[\s_-])(?:ref(?:erence)?s?|bib(?:liography)?|citations?|cited|editors?|reviewers?)(?:[\s_-]|$)", re.IGNORECASE)
_MOST_PIECES = 8
_MOST_LEAVES = 60  # elements of a field
_MOST_MARKS = 20_000  # elements; boxes of authors inside each other would name each link many times


def _paired(elements: list[Element]) -> Iterator[tuple[list[str], str]]:
    """Given name and family name in elements of their own, as journals write them; those who stand in one block with the first."""
    parts = [one for one in elements[: 4 * MAX_PEOPLE] if one.tag not in ("input", "label", "meta") and inner(one)]
    made: list[tuple[Element, str]] = []
    for one, two in pairwise(parts):
        if _is_family(one) == _is_family(two) or not any(above in islice(two.iterancestors(), 3) for above in islice(one.iterancestors(), 3)):
            continue
        if made and made[-1][0] is one:  # of "Marsh, Ada; Reed, Tom"
            continue
        first, last = (two, one) if _is_family(one) else (one, two)
        if not _is_cited(one) and not is_chrome(one):
            made.append((two, f"{inner(first)} {inner(last)}"))
    if made:
        block = _shared(made)
        yield list(dict.fromkeys(name for one, name in made if block is None or block in islice(one.iterancestors(), 8))), "given name and surname"


def _is_family(element: Element) -> bool:
    return any(_FAMILY.search(element.get(name) or "") for name in ("class", "property", "itemprop"))


def _is_cited(element: Element) -> bool:
    return _is_anothers(element) or any(_CITED.search(one.get("class") or one.get("id") or "") for one in islice(element.iterancestors(), 9))


def _shared(made: list[tuple[Element, str]]) -> Element | None:
    """The block of the first two names; the name's own where they stand apart."""
    if len(made) < 2:
        return None
    above = list(islice(made[1][0].iterancestors(), 7))
    return next((one for one in islice(made[0][0].iterancestors(), 7) if one in above), made[0][0].getparent())


def is_credit(element: Element) -> bool:
    """Whether it names the maker of a picture."""
    near = (element, *element, *(one for one in islice(element.iterancestors(), 2) if "uthor" not in (one.get("class") or "")))
    return any(_CREDIT.search(one.get("class") or "") for one in near) or next(element.iterancestors("figure"), None) is not None


def _is_anothers(element: Element) -> bool:
    """Whether it stands in a teaser or a comment, and so names the maker of that."""
    return any(_TEASER.search(one.get("class") or one.get("id") or "") for one in islice(element.iterancestors(), 9))


class _Borne(NamedTuple):
    """The elements that may bear a mark, and those that hold a part of a name."""

    marks: list[Element]
    parts: list[Element]


def _borne(document: Document) -> _Borne:
    found = _Borne([], [])
    for element in document.called({name: partial(_sign, name) for name in _SPEAKING}):
        signs = 0
        for name, value in element.items():
            signs |= _sign(name, value) if name in _SPEAKING else 0
        if signs & _TELLS:
            found.marks.append(element)
        if signs & _GROUPS and len(found.marks) < _MOST_MARKS:
            found.marks.extend(element.iter("a"))
        if signs & _NAMES:
            found.parts.append(element)
    return found


_CALLING = frozenset({"class", "data-automation-id", "data-testid", "data-test", "data-hook"})
_SPEAKING = _CALLING | {"itemprop", "property", "rel", "id", "href"}
_TELLS, _GROUPS, _NAMES = 1, 2, 4
_HINTS = re.compile("uth?or|yline|riter|ontributor|ame|fn|owner|upload|presenter|account")  # a quick look before the patterns


def _sign(name: str, value: str) -> int:
    """What one attribute says of its element, as bits."""
    if name in _CALLING:
        if not _HINTS.search(value):
            return 0
        is_part = _PART.search(value) is not None
        return (_TELLING.search(value) is not None) * _TELLS | (_GROUP.search(value) is not None) * _GROUPS | is_part * _NAMES
    if name in ("itemprop", "property"):
        tells = value in ("name", "author") if name == "itemprop" else value in _PROPERTIES
        return tells * _TELLS | (value in ("givenName", "familyName")) * _NAMES
    if name == "href":
        return (_PEOPLE_PATH.search(value) is not None) * _TELLS
    return ("author" in value if name == "rel" else value == "byline") * _TELLS


def before(element: Element) -> str:
    """The words that stand right before an element, in its line."""
    previous = element.getprevious()
    if previous is None:
        return element.getparent().text or "" if element.getparent() is not None else ""
    return previous.tail if (previous.tail or "").strip() else (previous.text or "")
