"""The main text of a page: by trafilatura, on the tree that is already parsed.

Spoils the tree: to be called last.
"""

from __future__ import annotations

import re

from lxml import etree

from pipeline import text
from pipeline.extract import quick
from pipeline.extract.document import Element

MAX_TEXT = 500_000
"""Characters kept of a text: a long book chapter."""

_BOXES = frozenset({"div", "span", "i"})
_FURNITURE = re.compile(r"https?://\S+|[|\s:-]+")
_OPENING = 3  # lines in which a page repeats its title above its text


def _drop_empty(tree: Element) -> None:
    """Take out boxes that hold nothing, the innermost first: half the tree of a page that is built by scripts."""
    for element in reversed(list(tree.iter())):
        if not len(element) and not (element.text or "").strip() and ((tag := element.tag) in _BOXES or "-" in tag):
            element.drop_tree()


def main_text(tree: Element, title: str) -> str:
    """The text without menus, comments and advertisements: paragraphs in lines of their own; "" where there is none.

    The title is no part of it, nor are bare addresses and the rules of tables.
    """
    etree.strip_elements(tree, *quick.GONE, with_tail=False)
    _drop_empty(tree)
    squeezed = map(text.squeeze, text.clean(quick.text_of(tree)).splitlines())
    lines = [line for line in squeezed if line and not _FURNITURE.fullmatch(line)]
    opening = [line for line in lines[:_OPENING] if line != title]
    return text.clip("\n".join((*opening, *lines[_OPENING:])), MAX_TEXT)
