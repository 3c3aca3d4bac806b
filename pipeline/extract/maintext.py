"""The main text of a page, by trafilatura on the tree that is already parsed. Spoils the tree: to be called last."""

from __future__ import annotations

import trafilatura
from lxml import etree

from pipeline import text
from pipeline.extract.document import Element

MAX_TEXT = 500_000
"""Characters kept of a text: a long book chapter."""

# Gone before trafilatura copies and walks the tree, which halves its time. It would throw them away itself.
_NO_TEXT = (
    *(
        "script",
        "style",
        "svg",
        "template",
        "iframe",
        "link",
        "meta",
        "noscript",
        "select",
        "option",
        "button",
        "input",
        "nav",
        "object",
        "canvas",
        "img",
    ),
    *("picture", "source", "video", "audio", "footer", "aside", "form"),
)


def main_text(tree: Element) -> str:
    """The text without menus, comments and advertisements: paragraphs in lines of their own; "" where there is none."""
    etree.strip_elements(tree, *_NO_TEXT, with_tail=False)
    found = trafilatura.bare_extraction(tree, with_metadata=False, fast=True, include_comments=False)
    return _tidy((found.text or "") if found else "")


def _tidy(found: str) -> str:
    lines = (text.squeeze(line) for line in text.clean(found).splitlines())
    return text.clip("\n".join(line for line in lines if line), MAX_TEXT)
