"""A web page to its lines, as a reader sees them: the words of each, its links, what is a heading, and which lines an element spans.

Navigation, forms and scripts are left out, because no resource stands there. Decides nothing about what an item is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from pipeline import urls
from pipeline.sources import columns, markup
from pipeline.sources.labels import bare
from pipeline.sources.markup import Element
from pipeline.text import squeeze

MAX_LINES = 10_000
MAX_SPANS = 30_000

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt"))
_BLOCKS = _HEADINGS | {
    *("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "fieldset", "figcaption", "figure", "footer"),
    *("header", "hr", "li", "main", "ol", "p", "pre", "section", "summary", "ul", "caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}
_UNSEEN = frozenset(
    ("script", "style", "template", "noscript", "head", "form", "button", "select", "option", "input", "textarea", "svg", "iframe", "object")
)
_AROUND = frozenset(("nav", "aside"))
_SMALL = ("span", "time")
_AROUND_ROLES = frozenset(("navigation", "search", "banner", "contentinfo", "complementary", "menu"))
_AROUND_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?<!with-)(?<!has-)(?<!no-)(?<!and-)(?<!without-)(?<!with_)(?<!has_)(?<!no_)side-?bar|side-?nav\w*|site-?footer|global-?footer|related|most-?read|cookie\w*|skip-link|widget[-_]area|portlet|tag-?cloud"
    r"|catlinks|printfooter|navbox|hatnote|quick-?launch|page-?tree)(?:$|[\s_-])",
    re.IGNORECASE,
)
_ENDS = re.compile(r"(?:(?:site|page|main|global|top)[-_]?)?(?:header|footer|masthead|topbar)(?:[-_]?wrapper)?", re.IGNORECASE)
_BARS = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|globalnav|menu|breadcrumbs?|pagination|pager|social|sharing|share|comments?|toc)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"(?:^|\s)(?:[\w-]*(?:sr-only|visually-?hidden|screen-reader-text|screen-only|element-invisible)|hidden|accesshide|assistive|ms-hidden|offscreen)(?:\s|$)"
)
_META = re.compile(r"(?:^|[\s_-])(?:time|date|meta|author|length|duration|type|tag|category|source|timestamp|trimmed)", re.IGNORECASE)
_CARD = re.compile(r"(?:^|[\s_-])(?:card|tile|teaser|item|entry|result|listing-?item)(?:$|\s)", re.IGNORECASE)
_TITLE_NAMES = re.compile(r"(?:^|[\s_-])(?:title|heading|headline)(?:$|[\s_-])", re.IGNORECASE)
_TITLE_ENDS = re.compile(
    r"(?:^|[\s_-])(?<!above-)(?<!below-)(?<!sub-)(?<!sub_)(?<!has-)(?<!no-)(?<!with-)(?<!after-)(?<!before-)(?:title|heading|headline)(?=$|\s)",
    re.IGNORECASE,
)
_SORT_ENDS = re.compile(
    r"(?:^|[\s_-])(?:eyebrow|kicker|badge|pill|chip|label|(?:content|resource|document|doc|media|post|item|card)?-?(?:type|format)|categor(?:y|ies)|tags?|topics?)(?=$|\s)",
    re.IGNORECASE,
)
_TURNS = frozenset(
    ("odd", "even", "first", "last", "active", "views-row-first", "views-row-last", "views-row-odd", "views-row-even", "alt", "alternate")
)
_HASHES = re.compile(r"__(?=[\w-]{0,7}[A-Z\d])[\w-]{2,8}(?=\s|$)")
"""What CSS modules put behind a class: "Card_title__aB3dE"."""
LABEL = "label"
_NAMED = 240  # characters; what is longer than that is no title, whatever its class
_TAG = 40  # characters; what is longer than that is no kind or topic


class Link(NamedTuple):
    """A link to the web: where to, its words, its `rel`."""

    url: str
    words: str
    rel: str
    place: str = ""
    """Where on the page it stands: the same for the links of one sort."""


@dataclass(slots=True)
class Line:
    """One line. `rest` are its words without those of its links, `bold` those in bold; `gap` counts the empty lines before it.

    `role` is what a head says that the line is (`sources/columns.py`); `tags` are those of its words that the page marks as a kind or topic;
    `top` says that it is the page's main heading, `name` are those of its words that the page marks as a title.
    """

    words: str
    rest: str
    bold: str
    links: tuple[Link, ...]
    heading: bool
    time: str
    gap: int
    role: str = ""
    tags: tuple[str, ...] = ()
    top: bool = False
    name: str = ""


@dataclass(slots=True)
class Span:
    """An element and the lines that it holds, `start` to `end`. `row` says that it is a row of a table whose columns are named."""

    tag: str
    path: str
    parent: int
    start: int
    end: int = 0
    row: bool = False
    names: str = ""


@dataclass(slots=True)
class Sheet:
    """A page as lines, and the elements over them in the order of the page."""

    lines: list[Line] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


def read(root: Element, base: str, *, strict: bool = True) -> Sheet:
    """Read a page into lines. Where not `strict`, what looks like navigation is read too."""
    walk = _Walk(base, strict)
    body = next(root.iter("body"), root)
    walk.element(body, path="", parent=-1)
    walk.flush()
    _mark(walk.sheet)
    return walk.sheet


def _mark(sheet: Sheet) -> None:
    """Mark by `rel` what only the whole page tells: links that sort resources ("Report", "Ada Marsh"), because in one place of the items some
    addresses come again; and words that lead to many addresses ("Summary", "Discover"), which are nobody's title."""
    places: dict[str, dict[str, list[str]]] = {}
    shared: dict[str, set[str]] = {}
    for line in sheet.lines:
        for link in line.links:
            places.setdefault(link.place, {}).setdefault(link.url, []).append(link.words)
            said = bare(link.words)
            opens = link is line.links[0] and bare(line.rest) and line.words.startswith(link.words)  # "Annual report 2026": its own words
            if said and not line.heading and not opens and len(said.split()) <= 3:
                shared.setdefault(said, set()).add(link.url)
    tops = [line for line in sheet.lines if line.top]
    for line in tops if len(tops) > 2 else ():
        line.top = False  # a page that sets every title so has no main heading
    facets = {place for place, urls in places.items() if _is_facet(urls)}
    labels = {words for words, urls in shared.items() if len(urls) > 1}
    for line in sheet.lines if facets or labels else ():
        if any(link.place in facets or bare(link.words) in labels for link in line.links):
            line.links = tuple(_marked(link, is_facet=link.place in facets, is_label=bare(link.words) in labels) for link in line.links)


def _marked(link: Link, *, is_facet: bool, is_label: bool) -> Link:
    return link._replace(rel=f"{link.rel} {'tag' if is_facet else ''} {LABEL if is_label else ''}".strip())


def _is_facet(leads: dict[str, list[str]]) -> bool:
    """Say so where an address comes again, always under the same few words, and other words lead elsewhere."""
    named = [words for said in leads.values() for words in said]
    short = all(0 < len(words) <= _TAG and len(words.split()) <= 4 for words in named)
    steady = all(len(set(said)) == 1 for said in leads.values()) and len(set(named)) == len(leads)
    return short and steady and 1 < len(leads) < len(named)


class _Signs(NamedTuple):
    """What the names of an element say of it."""

    hidden: bool
    bar: bool
    beside: bool
    title: bool
    sort: bool
    meta: bool
    card: bool


@lru_cache(8192)
def _signs(names: str) -> _Signs:
    tests = (_HIDDEN, _BARS, _AROUND_NAMES, _TITLE_ENDS, _SORT_ENDS, _META, _CARD)
    plain = _HASHES.sub("", names[:500])
    return _Signs(*(test.search(plain) is not None for test in tests))


def _signs_of(element: Element) -> _Signs:
    return _signs(element.get("class") or "")


class _Walk:
    """One pass over a page; holds the line that is being read."""

    def __init__(self, base: str, strict: bool) -> None:
        self.sheet = Sheet()
        self._base, self._strict = base, strict
        self._breaks = 0
        self._role = ""
        self._titled = False
        self._roles: dict[Element, str] = {}
        self._heads: set[Element] = set()
        self._clear()

    def _clear(self) -> None:
        self._all: list[str] = []
        self._rest: list[str] = []
        self._bold: list[str] = []
        self._links: list[Link] = []
        self._heading = self._top = False
        self._time = self._name = ""
        self._tags: list[str] = []

    def flush(self) -> None:
        """End the line, if there is anything on it."""
        words = squeeze("".join(self._all))
        if not (words or self._links):
            return
        if len(self.sheet.lines) < MAX_LINES:
            rest = words if len(self._rest) == len(self._all) else squeeze("".join(self._rest))
            bold = squeeze("".join(self._bold))
            gap = max(self._breaks - 1, 0)
            line = Line(words, rest, bold, tuple(self._links), self._heading, self._time, gap, self._role, tuple(self._tags), self._top, self._name)
            self.sheet.lines.append(line)
        self._breaks = 0
        self._clear()

    def element(self, element: Element, *, path: str, parent: int, in_link: bool = False, in_bold: bool = False) -> None:
        """Read an element with all that it holds."""
        tag = markup.local(element)
        if not tag or element in self._heads or len(self.sheet.spans) >= MAX_SPANS or self._is_unseen(element, tag):
            return
        if tag == "br":
            self.flush()
            self._breaks += 1
            return
        if tag in _BLOCKS or (tag == "a" and not in_link and any(markup.local(inner) in _BLOCKS for inner in element.iterdescendants())):
            self._block(element, tag, path=path, parent=parent, in_link=in_link, in_bold=in_bold)
            return
        self._inline(element, tag, path=path, parent=parent, in_link=in_link, in_bold=in_bold)

    def _block(self, element: Element, tag: str, *, path: str, parent: int, in_link: bool, in_bold: bool) -> None:
        self.flush()
        own, spans = f"{path}/{tag}{_first(element.get('class') or '')}", self.sheet.spans
        here, outer, titled = len(spans), self._role, self._titled
        spans.append(Span(tag, own, parent, len(self.sheet.lines), row=self._learn(element, tag), names=_names_of(element)))
        self._role = self._roles.get(element) or ("" if tag in ("table", "tr", "td", "th", "li") and not outer else outer)
        self._titled = titled or (_signs_of(element).title and _is_short(element, _NAMED))
        self._top = tag == "h1"
        self._heading = tag in _HEADINGS or self._titled or element.get("role") == "heading"
        self._inside(element, path=own, parent=here, in_link=in_link, in_bold=in_bold)
        if not self._heading and not self._tags and _signs_of(element).sort and _is_short(element, _TAG):
            self._tags.append(squeeze("".join(self._all)))
        self.flush()
        self._role, self._titled = outer, titled
        spans[here].end = len(self.sheet.lines)
        if tag == "a":
            self._link_card(element, self.sheet.lines[spans[here].start :])

    def _learn(self, element: Element, tag: str) -> bool:
        """Read the heads of a table or of a list of terms when it begins; say whether an element is a row below such heads."""
        if tag == "table":
            head, cells = columns.named(element)
            self._roles.update(cells)
            self._heads.update([head] if head is not None else [])
        elif tag == "dl":
            terms, cells = columns.paired(element)
            self._roles.update(cells)
            self._heads.update(terms)
        return tag == "tr" and any(cell in self._roles for cell in element)

    def _link_card(self, element: Element, lines: list[Line]) -> None:
        """Give the link around a whole card to the card's heading, or else to its first line."""
        url = urls.join(self._base, element.get("href") or "")
        if url and lines:
            line = next((one for one in lines if one.heading), lines[0])
            line.links = (*line.links, Link(url, line.words, (element.get("rel") or "").lower(), "card"))

    def _inline(self, element: Element, tag: str, *, path: str, parent: int, in_link: bool, in_bold: bool) -> None:
        if tag == "time":
            self._time = self._time or element.get("datetime") or markup.words(element)
        is_name = bool(_TITLE_NAMES.search(element.get("class") or ""))
        self._heading = self._heading or is_name
        before = len(self._all)
        is_link = tag == "a" and not in_link
        self._inside(element, path=path, parent=parent, in_link=in_link or is_link, in_bold=in_bold or tag in ("b", "strong"))
        if is_name and not self._name:
            self._name = squeeze("".join(self._all[before:]))
        if not self._heading and _signs_of(element).sort and _is_short(element, _TAG):
            self._tags.append(squeeze("".join(self._all[before:])))
        if is_link and (url := urls.join(self._base, element.get("href") or "")):
            words = squeeze("".join(self._all[before:])) or squeeze(element.get("title") or "".join(element.xpath(".//img/@alt")))
            self._links.append(Link(url, words, (element.get("rel") or "").lower(), f"{path} {_names_of(element)}"))

    def _inside(self, element: Element, *, path: str, parent: int, in_link: bool, in_bold: bool) -> None:
        self._text(element.text, in_link, in_bold)
        for child in element:
            if _is_parted(child):
                self._text(" | ", in_link, in_bold)
            self.element(child, path=path, parent=parent, in_link=in_link, in_bold=in_bold)
            self._text(child.tail, in_link, in_bold)

    def _text(self, words: str | None, in_link: bool, in_bold: bool) -> None:
        if words:
            self._all.append(words)
            (self._bold if in_bold else []).append(words)
            (self._rest if not in_link else []).append(words)

    def _is_unseen(self, element: Element, tag: str) -> bool:
        """Say whether an element is not part of what the page is about."""
        if tag in _UNSEEN:
            return tag != "form" or not _is_page(element)  # some systems put the whole page into one form
        signs = _signs(f"{element.get('class') or ''} {element.get('id') or ''}")
        if signs.hidden or element.get("hidden") is not None or element.get("aria-hidden") == "true":
            return True
        if not self._strict or tag in ("body", "main"):
            return False
        if tag in ("header", "footer") or _ENDS.fullmatch(element.get("id") or ""):
            return _is_of_page(element)
        if tag in _AROUND or (element.get("role") or "") in _AROUND_ROLES:
            return True
        if signs.bar and not _is_page(element):  # Divi calls the box of all posts "…_ajax_pagination_container"
            return next(element.iter("article"), None) is None
        return signs.beside and not _is_page(element)  # "with-sidebar" is said of what has one


def _is_parted(element: Element) -> bool:
    """Say whether only the style sheet keeps an element apart from the one before it: a date and a length, each of its own class."""
    if element.tag not in _SMALL:
        return False
    before = element.getprevious()
    if before is None or before.tag not in _SMALL or before.tail:
        return False
    parted = all(one.tag == "time" or _signs_of(one).meta or _signs_of(one).sort for one in (element, before))
    return parted and bool(markup.words(before))


def _is_of_page(element: Element) -> bool:
    """Say whether a header or footer is that of the page and not of an article or card on it."""
    above = element.getparent()
    if above is None or markup.local(above) not in ("body", "div", "form") or (markup.local(element) == "div" and _is_page(element)):
        return False
    return not any(markup.local(up) in ("article", "li", "tr") or _signs_of(up).card for up in element.iterancestors())


@lru_cache(4096)
def _first(names: str) -> str:
    """Name the first class without its numbers, so that `post-900` and `post-899` are the same sort of thing."""
    first = names.split(maxsplit=1)
    return "." + re.sub(r"\d+", "", first[0]) if first else ""


@lru_cache(4096)
def _said(names: str) -> str:
    return " ".join(name for name in names.split() if not re.search(r"\d", name) and name not in _TURNS)


def _names_of(element: Element) -> str:
    """Name all classes but those that are numbered or say which one in the row it is."""
    names = element.get("class")
    return _said(names) if names else ""


def _is_short(element: Element, longest: int) -> bool:
    """Say whether an element holds no more than a line."""
    return sum(markup.local(inner) in _BLOCKS for inner in islice(element.iterdescendants(), 50)) < 2 and 0 < len(markup.words(element)) <= longest


def _is_page(element: Element) -> bool:
    """Say whether an element is the page itself rather than a part beside it: the main heading stands in it."""
    return next(element.iter("main", "h1"), None) is not None
