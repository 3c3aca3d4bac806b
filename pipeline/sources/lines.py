"""A web page to its lines, as a reader sees them: the words of each, its links, what is a heading, and which lines an element spans.

Navigation, forms and scripts are left out, because no resource stands there. Decides nothing about what an item is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline import urls
from pipeline.sources import markup
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
_AROUND_ROLES = frozenset(("navigation", "search", "banner", "contentinfo", "complementary", "menu"))
_AROUND_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|globalnav|menu|breadcrumbs?|pagination|pager|side-?bar|side-?nav\w*|site-?footer|global-?footer|related|most-?read"
    r"|social|sharing|share|comments?|cookie\w*|skip-link)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"(?:^|\s)(?:sr-only|visually-hidden|screen-reader-text|visuallyhidden|hidden)(?:\s|$)")
_TITLE_NAMES = re.compile(r"(?:^|[\s_-])(?:title|heading|headline)(?:$|[\s_-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the web: where to, its words, its `rel`."""

    url: str
    words: str
    rel: str


@dataclass(slots=True)
class Line:
    """One line. `rest` are its words without those of its links, `bold` those in bold; `gap` counts the empty lines before it."""

    words: str
    rest: str
    bold: str
    links: tuple[Link, ...]
    heading: bool
    time: str
    gap: int


@dataclass(slots=True)
class Span:
    """An element and the lines that it holds, `start` to `end`."""

    tag: str
    path: str
    parent: int
    start: int
    end: int = 0


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
    return walk.sheet


class _Walk:
    """One pass over a page; holds the line that is being read."""

    def __init__(self, base: str, strict: bool) -> None:
        self.sheet = Sheet()
        self._base, self._strict = base, strict
        self._breaks = 0
        self._clear()

    def _clear(self) -> None:
        self._all: list[str] = []
        self._rest: list[str] = []
        self._bold: list[str] = []
        self._links: list[Link] = []
        self._heading = False
        self._time = ""

    def flush(self) -> None:
        """End the line, if there is anything on it."""
        words = squeeze("".join(self._all))
        if not (words or self._links):
            return
        if len(self.sheet.lines) < MAX_LINES:
            rest, bold = squeeze("".join(self._rest)), squeeze("".join(self._bold))
            self.sheet.lines.append(Line(words, rest, bold, tuple(self._links), self._heading, self._time, max(self._breaks - 1, 0)))
        self._breaks = 0
        self._clear()

    def element(self, element: Element, *, path: str, parent: int, in_link: bool = False, in_bold: bool = False) -> None:
        """Read an element with all that it holds."""
        tag = markup.local(element)
        if not tag or tag in _UNSEEN or len(self.sheet.spans) >= MAX_SPANS or self._is_around(element, tag):
            return
        if tag == "br":
            self.flush()
            self._breaks += 1
            return
        if tag in _BLOCKS or (tag == "a" and not in_link and any(markup.local(inner) in _BLOCKS for inner in element.iterdescendants())):
            self.flush()
            own = f"{path}/{tag}{_class_of(element)}"
            self.sheet.spans.append(Span(tag, own, parent, len(self.sheet.lines)))
            here = len(self.sheet.spans) - 1
            self._heading = tag in _HEADINGS
            self._inside(element, path=own, parent=here, in_link=in_link, in_bold=in_bold)
            self.flush()
            self.sheet.spans[here].end = len(self.sheet.lines)
            if tag == "a":
                self._link_card(element, self.sheet.lines[self.sheet.spans[here].start :])
            return
        self._inline(element, tag, path=path, parent=parent, in_link=in_link, in_bold=in_bold)

    def _link_card(self, element: Element, lines: list[Line]) -> None:
        """Give the link around a whole card to the card's heading, or else to its first line."""
        url = urls.join(self._base, element.get("href") or "")
        if url and lines:
            line = next((one for one in lines if one.heading), lines[0])
            line.links = (*line.links, Link(url, line.words, (element.get("rel") or "").lower()))

    def _inline(self, element: Element, tag: str, *, path: str, parent: int, in_link: bool, in_bold: bool) -> None:
        if tag == "time":
            self._time = self._time or element.get("datetime") or markup.words(element)
        if _TITLE_NAMES.search(element.get("class") or ""):
            self._heading = True
        before = len(self._all)
        is_link = tag == "a" and not in_link
        self._inside(element, path=path, parent=parent, in_link=in_link or is_link, in_bold=in_bold or tag in ("b", "strong"))
        if is_link and (url := urls.join(self._base, element.get("href") or "")):
            words = squeeze("".join(self._all[before:])) or squeeze(element.get("title") or "".join(element.xpath(".//img/@alt")))
            self._links.append(Link(url, words, (element.get("rel") or "").lower()))

    def _inside(self, element: Element, *, path: str, parent: int, in_link: bool, in_bold: bool) -> None:
        self._text(element.text, in_link, in_bold)
        for child in element:
            self.element(child, path=path, parent=parent, in_link=in_link, in_bold=in_bold)
            self._text(child.tail, in_link, in_bold)

    def _text(self, words: str | None, in_link: bool, in_bold: bool) -> None:
        if words:
            self._all.append(words)
            (self._bold if in_bold else []).append(words)
            (self._rest if not in_link else []).append(words)

    def _is_around(self, element: Element, tag: str) -> bool:
        """Say whether an element is not part of what the page is about."""
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if element.get("hidden") is not None or element.get("aria-hidden") == "true" or _HIDDEN.search(names):
            return True
        if not self._strict or tag in ("body", "main"):
            return False
        above = element.getparent()
        if tag in ("header", "footer"):
            return above is not None and markup.local(above) in ("body", "div")
        return tag in _AROUND or (element.get("role") or "") in _AROUND_ROLES or bool(_AROUND_NAMES.search(names))


def _class_of(element: Element) -> str:
    """Name the first class without its numbers, so that `post-900` and `post-899` are the same sort of thing."""
    first = (element.get("class") or "").split()
    return "." + re.sub(r"\d+", "", first[0]) if first else ""
