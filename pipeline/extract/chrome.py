"""What of a page is no content: menus, sidebars, comments, lists of other articles."""

from __future__ import annotations

import re

from pipeline.extract.document import Element

_CLIMB = 9  # elements: deeper than this the names of the wrappers no longer tell anything
_NAMES = re.compile(
    r"(?:^|[-_ ])(?:nav(?:bar|top|wrap|igation)?|comments?|commentlist|related"
    r"|(?<!lay-)(?<!layout-)(?<!has-)(?<!with-)(?<!no-)sidebar(?![-_]*(?:main|layout|content))|(?<!entry-)(?<!post-)footer|teasers?|recommend\w*"
    r"|respond|most-?read|trending|popular|next-?article"
    r"|read-?more|moreon|latest|see-?also|also-?like|you-?may|more-?(?:from|news|stories|posts)|(?:up|read)-?next|similar"
    r"|(?<!h-)cards?)(?!__(?:title|description|date|meta|text|heading|info)\b)(?:[-_ ]|$)"  # of a box of this name: it tells itself what it is
)
_MARKED = re.compile(r"(?:article|posting|report)$", re.IGNORECASE)
_SUBMITTED = re.compile(
    r"(?:entry|post|node|article|byline|blog)\w*[-_](?:meta|submitted|footer)|submitted"
)  # a <footer> that says who wrote it and when


def _ends_article(element: Element, names: str) -> bool:
    """Whether a box called a footer is that of an article marked as one (schema.org), as TYPO3 writes its day and kind."""
    above = element.getparent()
    return "footer" in names.split() and above is not None and _MARKED.search(above.get("itemtype") or "") is not None


def is_chrome(element: Element) -> bool:
    """Whether the element stands inside something that is not the page's own content. A box named so that holds the heading is the page."""
    heading = element.tag == "h1"
    for _ in range(_CLIMB):
        if element is None or element.tag in ("body", "html", "main"):
            return False
        names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
        if element.tag in ("aside", "nav") or (element.tag == "footer" and not _SUBMITTED.search(names)):
            return True
        if _NAMES.search(names) and not _ends_article(element, names):
            return heading or element.find(".//h1") is None
        if element.tag == "article":
            return False
        element = element.getparent()
    return False
