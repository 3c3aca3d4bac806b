"""What of a page is no content: menus, sidebars, comments, lists of other articles."""

from __future__ import annotations

import re

from pipeline.extract.document import Element

_CLIMB = 9  # elements: deeper than this the names of the wrappers no longer tell anything
_NAMES = re.compile(
    r"(?:^|[-_ ])(?:nav(?:bar|top|wrap|igation)?|comments?|commentlist|related|sidebar|footer|teasers?|recommend\w*"
    r"|respond|most-?read|trending|popular|next-?article"
    r"|read-?more|moreon"
    r"|cards?)(?:[-_ ]|$)"
)


def is_chrome(element: Element) -> bool:
    """Whether the element stands inside something that is not the page's own content."""
    for _ in range(_CLIMB):
        if element is None or element.tag in ("body", "html", "main"):
            return False
        if element.tag in ("aside", "footer", "nav"):
            return True
        names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
        if _NAMES.search(names):
            return True
        if element.tag == "article":
            return False
        element = element.getparent()
    return False
