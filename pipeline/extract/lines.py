"""What a reader sees of a page from its heading on, in lines: what an event may be announced in. Menus, and lists of other events, are left out.

A line end stands where a block ends, a tab where an element inside a line does: labels and their values are often held apart by nothing else.
"""

from __future__ import annotations

import re

from lxml import etree

from pipeline import text
from pipeline.extract.document import Document

_MAX_WORDS = 4_000  # characters read of a page, from its heading on: an announcement says when at its top
_MAX_BEFORE = 400  # characters read before the heading, where some systems put the day
_MAX_STEPS = 4_000  # beginnings and ends of elements
_SILENT = frozenset({"script", "style", "noscript", "template", "nav", "select", "svg", "textarea", "del", "s", "strike"})
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
    ]
)
_OTHERS = re.compile(
    r"(?:(?:see |view |browse |our )?(?:more|other|related|upcoming|similar|recent|past|previous|earlier|later|latest|further|next|future|all)(?:"
    r" (?:upcoming|past|free|online))? (?:events?|webinars?|courses?|news|dates|posts|articles|stories|meetups?|sessions)\b.{0,40}"
    r"|you (?:may|might) also .{0,40}|what(?:'|’)s next|also on|weitere .{0,30}|ähnliche .{0,30}|autres? .{0,30}|à lire aussi|otros .{0,30}"
    r"|nächste (?:termine|veranstaltungen)|à venir|prochaine?s? (?:rendez-vous|événements|dates)|próximos (?:eventos|actos)|altri eventi"
    r"|fler(?:e|a)? (?:evenemang|event|träffar|arrangementer|begivenheder)|meer (?:evenementen|activiteiten)|関連イベント|其他活动"
    r"|(?:mwy o )?ddigwyddiadau eraill|rhagor o .{0,30})\W{0,3}",
    re.IGNORECASE,
)
_HEADINGS = frozenset({"h2", "h3", "h4", "h5"})


def shown(document: Document) -> str:
    """The words of a page from its heading on; at their end those that stand before it."""
    body = document.tree.find("body")
    heading = next(document.tree.iter("h1"), None)
    reader = _Reader(heading)
    walk = etree.iterwalk(body if body is not None else document.tree, events=("start", "end"))
    for step, (event, element) in enumerate(walk):
        if step > _MAX_STEPS or reader.is_full:
            break
        if event == "start" and element.tag in _SILENT:
            walk.skip_subtree()
        reader.read(element, begins=event == "start")
    return reader.words()


class _Reader:
    """Gathers the pieces of a page in its order."""

    def __init__(self, heading: object) -> None:
        self.heading, self.begun = heading, heading is None
        self.pieces: list[str] = []
        self.before: list[str] = []
        self.length = 0
        self.gap = "\n"
        self.is_full = False

    def read(self, element: etree._Element, *, begins: bool) -> None:
        if element.tag not in _INLINE:
            self.gap = "\n"
        self.begun = self.begun or element is self.heading
        piece = element.tail if not begins else element.text if element.tag not in _SILENT else None
        if not piece or not (words := text.squeeze(piece)):
            return
        if begins and self.begun and element.tag in _HEADINGS and self.length > 60 and _OTHERS.fullmatch(words):
            self.is_full = True
            return
        into = self.pieces if self.begun else self.before
        into.append(f"{self.gap}{words}")
        self.gap = "\t"
        self.length += len(words) if self.begun else 0
        self.is_full = self.length > _MAX_WORDS

    def words(self) -> str:
        before = "".join(self.before)[-_MAX_BEFORE:]
        return "".join(self.pieces).strip() + (f"\n\n{before.strip()}" if before else "")
