"""The main text of an easy page, without trafilatura: one whose article stands in a box that says so and that holds nearly all its paragraphs.

Of 119 real pages half are easy; on those it agrees with trafilatura in almost all words, at a part of the time. Any doubt gives `None`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from pipeline.extract.document import Element

_MIN_TEXT = 800  # characters of paragraphs: with less, a notice under the article weighs too much
_SHARE = 0.7  # of the paragraphs of a page that its box must hold
_MAX_DEPTH = 120  # levels: no page is built deeper by hand
_length = etree.XPath("string-length(normalize-space(.))")
_FRAME = re.compile(
    r"post[-_]text|post-body|post-?entry|post[-_]?content|(?:entry|page|text|article|art)-content|article__content|article(?:-|__)?body|body-text"
    r"|article-?text|story-?body|article__container",
    re.IGNORECASE,
)
_CHROME = re.compile(
    r"(?:^|\s)(?:shar|nav|ad-|jp-|hide-|comment(?!ary))|social|viral|newsletter|syndication|tags\b|tag-list|sidebar|banner|bread-?crumb"
    r"|button|author"
    r"|byline|footer|share-|navigation|navbar|subnav|menu|\bbar\b|-ad-| ad |outbrain|taboola|criteo|paid-?content|widget|sociable|embed|consent"
    r"|modal-content|related|next-|-stories|most-popular|more-on|\bmeta\b|-meta|meta-|rating|attachment|timestamp|user-info|user-profile"
    r"|-icon|slide"
    r"|overlay|teaser|caption|promo|comments-title|message|suggest|noprint| hidden|cookie",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(r"display:\s*none")
_NAMED = frozenset(["div", "section", "p", "span", "ul", "ol", "li", "dl", "table"])
_GONE = frozenset(
    [
        "figure",
        "aside",
        "footer",
        "nav",
        "time",
        "button",
        "label",
        "menu",
        "map",
        "area",
        "dialog",
        "legend",
        "math",
        "rp",
        "rt",
        "textarea",
        "output",
        "ins",
        "progress",
        "embed",
        "applet",
        "frame",
        "datalist",
        "optgroup",
        "param",
        "track",
    ]
)
_HEADS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_BLOCKS = _HEADS | frozenset(
    [
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "table",
        "tr",
        "section",
        "article",
        "blockquote",
        "pre",
        "td",
        "th",
        "br",
        "hr",
        "header",
        "main",
        "center",
        "tbody",
        "thead",
        "address",
        "body",
        "fieldset",
        "details",
        "summary",
    ]
)
_TEXTUAL = _HEADS | frozenset(["p", "li", "blockquote", "pre", "dt", "dd", "summary"])


def easy_text(tree: Element) -> list[str] | None:
    """The lines of the article of an easy page; `None` where the page is not easy. Leaves the tree as it is."""
    weights: dict[Element, float] = {}
    whole = _weigh(tree, weights, 0)
    if whole < _MIN_TEXT:
        return None
    frame = next((box for box in _frames(weights) if weights[box] >= _SHARE * whole), None)
    if frame is None:
        return None
    writer = _Writer()
    writer.box(frame)
    return writer.lines if sum(map(len, writer.lines)) >= 0.8 * weights[frame] else None


def _weigh(element: Element, weights: dict[Element, float], depth: int) -> float:
    """How many characters of paragraphs an element holds, written down for all that hold any."""
    if element.tag in ("p", "pre"):
        weights[element] = total = float(_length(element))
        return total
    if depth > _MAX_DEPTH:
        return 0.0
    total = sum(_weigh(child, weights, depth + 1) for child in element if not _is_unwanted(child))
    if total:
        weights[element] = total
    return total


def _frames(weights: dict[Element, float]) -> Iterator[Element]:
    """Boxes that are named as an article's body in one of the ways of the trade, then `<article>` and `<main>`."""
    boxes = [element for element in weights if element.tag in ("article", "div", "main", "section")]
    for box in boxes:
        if box.get("itemprop") == "articleBody" or _FRAME.search(f"{box.get('id') or ''} {box.get('class') or ''}"):
            yield box
    yield from (box for box in boxes if box.tag in ("article", "main"))


def _is_unwanted(element: Element) -> bool:
    tag = element.tag
    if tag in _GONE:
        return True
    if tag not in _NAMED:
        return False
    names = f"{element.get('id') or ''} {element.get('class') or ''}"
    if (names != " " and _CHROME.search(names)) or element.get("aria-hidden") == "true" or _INVISIBLE.search(element.get("style") or ""):
        return True
    return tag not in ("span", "li", "table") and _is_linked(element)


def _is_linked(element: Element) -> bool:
    """Whether an element is mostly links: a menu, or a list of other articles."""
    links = element.findall(".//a")
    if not links:
        return False
    length, linked = _length(element), sum(_length(link) for link in links)
    last = element.getnext() is None
    limit = (60 if last else 30) if element.tag == "p" else (300 if last else 100)
    if length < limit:
        return bool(linked > 0.8 * length)
    return len(links) > 4 and bool(0.9 * length < linked < 100 * len(links))


class _Writer:
    """Writes a box down in lines: paragraphs, headings, items of lists and rows of tables. Words that stand bare in a box are furniture."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._kinds: list[str] = []
        self._held: list[str] = []

    def box(self, frame: Element) -> None:
        for child in frame:
            self._visit(child, "")
            self._held.clear()
        while self._kinds and self._kinds[-1] in _HEADS:  # a heading with nothing under it
            self._kinds.pop()
            self.lines.pop()

    def _put(self, kind: str, words: str) -> None:
        if words and kind:
            self.lines.append(f"- {words}" if kind == "li" else words)
            self._kinds.append(kind)

    def _flush(self, kind: str) -> None:
        words = "".join(self._held)
        self._held.clear()
        self._put(kind, words if kind == "pre" else " ".join(words.split()))

    def _visit(self, element: Element, inside: str) -> None:
        tag = element.tag
        if _is_unwanted(element):
            return
        if tag == "tr" and element.find(".//p") is None and element.find(".//table") is None:
            self._row(element)
            return
        block = tag in _BLOCKS
        kind = tag if tag in _TEXTUAL and not (tag == "p" and inside in ("li", "blockquote")) else inside
        if block:
            self._flush(inside)
        self._held.append(element.text or "")
        for child in element:
            self._visit(child, kind)
            self._held.append(child.tail or "")
        if block:
            self._flush(kind)

    def _row(self, element: Element) -> None:
        cells = [" ".join(" ".join(cell.itertext()).split()) for cell in element if cell.tag in ("td", "th")]
        if any(cells):
            self._put("tr", f"| {' | '.join(cells)} |" if len(cells) > 1 else cells[0])
