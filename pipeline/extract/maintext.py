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
_ASKS = re.compile(  # what a page asks of its readers at its foot
    r"report (?:a|any) (?:problem|issue|error)s? (?:on|with) this page"
    r"|(?:was|is|did you find) this page (?:helpful|useful)\W{0,5}(?:yes\W{1,5}no)?\W{0,5}"
    r"|(?:share|print) this page|back to top|is there anything wrong with this page\W{0,5}",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:(?:other|more|latest|related|recent) (?:news|stories|articles|posts)|you (?:may|might) also like|(?:read|up) next"
    r"|related (?:content|pages))\W*",
    re.IGNORECASE,
)
_TEASED = 110  # characters of the title of another article with its day
_OPENING = 3  # lines in which a page repeats its title above its text


def _drop_empty(tree: Element) -> None:
    """Take out boxes that hold nothing, the innermost first: half the tree of a page that is built by scripts."""
    for element in reversed(list(tree.iter())):
        if not len(element) and not (element.text or "").strip() and ((tag := element.tag) in _BOXES or "-" in tag):
            element.drop_tree()


def _own(lines: list[str]) -> list[str]:
    """The lines without a list of other articles at their end."""
    start = next((number for number in range(len(lines) - 1, 0, -1) if _OTHERS.fullmatch(lines[number])), len(lines))
    return lines[:start] if all(len(line) <= _TEASED and not line.endswith(".") for line in lines[start:]) else lines


def main_text(tree: Element, title: str) -> str:
    """The text without menus, comments and advertisements: paragraphs in lines of their own; "" where there is none.

    The title is no part of it, nor are bare addresses and the rules of tables.
    """
    etree.strip_elements(tree, *quick.GONE, with_tail=False)
    _drop_empty(tree)
    squeezed = map(text.squeeze, text.clean(quick.text_of(tree)).splitlines())
    lines = _own([line for line in squeezed if line and not (_FURNITURE.fullmatch(line) or _ASKS.fullmatch(line))])
    opening = [line for line in lines[:_OPENING] if line != title]
    return text.clip("\n".join((*opening, *lines[_OPENING:])), MAX_TEXT)
