"""A web page or a mail to its blocks: paragraphs and headings in order, each of runs that say how they are set and where they lead.

The same blocks are made of Word files, PDFs and Markdown elsewhere; what is an item `sources/bulletin.py` decides. Does no I/O and follows no
link. Scripts, forms and what is hidden are left out; navigation is not, because a mail's tables carry such names for everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, islice

from pipeline import urls
from pipeline.sources import markup, tables
from pipeline.sources.markup import Element
from pipeline.text import clean, squeeze

MAX_BLOCKS = 20_000
MAX_RUNS = 300
"""Changes of how words are set in one paragraph; no person's has more."""
MAX_DEPTH = 150
"""Elements inside each other. Mails nest tables to fifty; what is deeper is a trap, and is read as the text that it holds."""

_MOST_ROWS = 500
_MARKS = " \n\t.,:;|–-·•▪◦●■‣"

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_PARAGRAPHS = frozenset((
    *_HEADINGS, "form", "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "header", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "ul",
))  # fmt: skip
_UNSEEN = frozenset(("script", "style", "template", "noscript", "head", "button", "select", "option", "input", "textarea", "svg", "iframe", "object"))
_BOLD = frozenset(("b", "strong", "th", "dt"))
_WEIGHT = re.compile(r"font-weight\s*:\s*(bold|[6-9]00)|(?<![\w-])font\s*:\s*(?:[a-z-]+\s+){0,3}(?:bold|[6-9]00)\s", re.IGNORECASE)
_LIGHT = re.compile(r"font-weight\s*:\s*(normal|lighter|[1-5]00)", re.IGNORECASE)
_SIZE = re.compile(r"(?:font-size\s*:|(?<![\w-])font\s*:[a-z0-9\s-]{0,40}?\s?(?<!\d))\s*(\d{1,3}(?:\.\d{1,3})?)\s*(px|pt|r?em|%)", re.IGNORECASE)
"""Sizes, also where the shorthand `font` says weight and size at once."""
_UNDERLINED = re.compile(r"text-decoration(?:-line)?\s*:\s*[^;]{0,20}underline", re.IGNORECASE)
_CAPITALS = re.compile(r"text-transform\s*:\s*uppercase", re.IGNORECASE)
_HIDDEN = re.compile(
    r"display\s*:\s*none|max-height\s*:\s*0(?:px)?\s*(?:[;!]|$)|opacity\s*:\s*0\s*(?:[;!]|$)|visibility\s*:\s*hidden|mso-hide\s*:\s*all",
    re.IGNORECASE,
)
_UNITS = {"px": 1 / 16, "pt": 1 / 12, "rem": 1.0}
_RULE = re.compile(r"\s*([^{}@]{1,200})\{([^{}]{0,2000})\}")
_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]*)?(?:\.[\w-]+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Run:
    """Words that are set alike. `url` is where they lead, on the web or to a mailbox; `size` is relative to the body's usual size."""

    words: str
    url: str | None = None
    bold: bool = False
    size: float = 1.0
    underlined: bool = False


@dataclass(frozen=True, kw_only=True)  # without slots, so that its words are put together once: every reader asks for them many times
class Block:
    """A paragraph or a line of one. `level` is that of a heading, from 1; 0 for what is no heading by its own word. No runs at all: a dividing rule.

    `joined` says that the line goes on in the paragraph of the one before; `listed` that it begins an entry of a list.
    """

    runs: tuple[Run, ...] = ()
    level: int = 0
    joined: bool = False
    listed: bool = False

    @cached_property
    def words(self) -> str:
        return squeeze("".join(run.words for run in self.runs))

    @property
    def is_bold(self) -> bool:
        """Whether every word is set bold."""
        said = [run for run in self.runs if run.words.strip(_MARKS)]
        return bool(said) and all(run.bold for run in said)

    @property
    def is_underlined(self) -> bool:
        """Whether every word is underlined by its writer, and not because it is a link."""
        said = [run for run in self.runs if run.words.strip(_MARKS)]
        return bool(said) and all(run.underlined for run in said)

    @property
    def size(self) -> float:
        """The size of most of its letters."""
        return max(self.runs, key=lambda run: len(run.words)).size if self.runs else 1.0


def tidy(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Join runs that are set alike, clean their words, and leave out empty ones that lead nowhere."""
    found: list[Run] = []
    for alike, group in islice(groupby(runs, key=lambda run: replace(run, words="")), MAX_RUNS):
        words = re.sub(r"\s+", " ", clean("".join(run.words for run in group)))
        if words or alike.url:
            found.append(replace(alike, words=words))
    return tuple(found) if any(run.words.strip() or run.url for run in found) else ()


def of_html(root: Element, base: str) -> tuple[Block, ...]:
    """Read a page into blocks. `base` is the address that relative links start from; of a file, which has none, they lead nowhere."""
    walk = _Walk(base, _styles(root))
    walk.element(next(root.iter("body"), root), _Set(), depth=0)
    walk.flush()
    return tuple(walk.blocks)


@dataclass(frozen=True, slots=True)
class _Set:
    """How text is set at a place of the page."""

    url: str | None = None
    bold: bool = False
    underlined: bool = False
    size: float = 1.0
    capitals: bool = False
    level: int = 0
    hidden: bool = False


class _Walk:
    """One pass over a page; holds the line that is being read."""

    def __init__(self, base: str, styles: dict[str, str]) -> None:
        self.blocks: list[Block] = []
        self._base, self._styles = base, styles
        self._runs: list[Run] = []
        self._level = 0
        self._joined = self._listed = False

    def flush(self, *, joined: bool = False) -> None:
        """End the line. `joined` says that the next one is of the same paragraph."""
        runs = tidy(self._runs)
        if runs and len(self.blocks) < MAX_BLOCKS:
            self.blocks.append(Block(runs=runs, level=self._level, joined=self._joined, listed=self._listed))
        if runs:
            self._listed = False
        self._runs, self._level, self._joined = [], 0, joined and bool(runs)  # two breaks end a paragraph

    def element(self, element: Element, above: _Set, *, depth: int) -> None:
        """Read an element with all that it holds."""
        tag = markup.local(element)
        if not tag or tag in _UNSEEN or element.get("hidden") is not None:
            return
        here = self._set(element, tag, above)
        if here.hidden:
            return
        if tag in ("br", "hr"):
            self._break(tag)
        elif tag == "img":
            self._picture(element, here)
        elif depth > MAX_DEPTH:
            self._text("".join(element.itertext()), here)
        elif tag == "table" and (found := _table(element)):
            self._rows(found, here, depth)
        elif tag in _PARAGRAPHS:
            self.flush()
            self._listed = self._listed or tag in ("li", "tr")
            self._inside(element, here, depth)
            self.flush()
            self._listed = False
        else:
            self._inside(element, here, depth)

    def _rows(self, rows: Sequence[Sequence[Element]], above: _Set, depth: int) -> None:
        """Read a table whose first row names its columns."""
        self.flush()
        head = [squeeze("".join(cell.itertext())) for cell in rows[0]]
        cells = [[self._cell(cell, above, depth) for cell in row] for row in rows[1:]]
        self.blocks += list(tables.items(head, cells))[: MAX_BLOCKS - len(self.blocks)]

    def _cell(self, cell: Element, above: _Set, depth: int) -> list[Block]:
        walk = _Walk(self._base, self._styles)
        walk.element(cell, above, depth=depth + 1)
        walk.flush()
        return walk.blocks

    def _break(self, tag: str) -> None:
        self.flush(joined=tag == "br")
        if tag == "hr":
            self.blocks.append(Block())

    def _inside(self, element: Element, here: _Set, depth: int) -> None:
        self._text(element.text, here)
        for child in element:
            self.element(child, here, depth=depth + 1)
            self._text(child.tail, here)

    def _text(self, words: str | None, here: _Set) -> None:
        if words:
            self._level = self._level or (here.level if words.strip() else 0)
            self._runs.append(Run(words.upper() if here.capitals else words, here.url, here.bold, here.size, here.underlined and not here.url))

    def _picture(self, element: Element, here: _Set) -> None:
        """A picture that is a link leads somewhere too, if without words: its text describes the picture and not what is behind."""
        if here.url:
            self._runs.append(Run("", here.url, here.bold, here.size))

    def _set(self, element: Element, tag: str, above: _Set) -> _Set:
        names = [tag, *(f".{name}" for name in (element.get("class") or "").split()[:8])]
        style = ";".join([*(self._styles.get(name, "") for name in (*names, *(tag + name for name in names[1:]))), element.get("style") or ""])
        bold = above.bold or tag in _BOLD
        if style.strip(";"):
            bold = bool(_WEIGHT.search(style)) or (bold and not _LIGHT.search(style))
        url = above.url
        if tag == "a" and (href := element.get("href")):
            url = address(self._base, href) or url
        return _Set(
            url=url,
            bold=bold,
            underlined=above.underlined or tag in ("u", "ins") or bool(_UNDERLINED.search(style)),
            size=_sized(style, above.size),
            capitals=above.capitals or bool(_CAPITALS.search(style)),
            level=_level(element, tag) or above.level,
            hidden=bool(_HIDDEN.search(style)),
        )


def _table(table: Element) -> list[list[Element]] | None:
    """The cells of a table whose first row names its columns, row by row; `None` of any other, which only places things."""
    if next(islice(table.iter("table"), 1, None), None) is not None:
        return None
    rows = [[cell for cell in row if markup.local(cell) in ("td", "th")] for row in islice(table.iter("tr"), _MOST_ROWS)]
    rows = [row for row in rows if row]
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    first = rows[0]
    stated = markup.local(first[0].getparent().getparent()) == "thead" or all(markup.local(cell) == "th" for cell in first)
    is_head = not any(True for cell in first for _ in cell.iter("a")) and tables.is_head(
        [squeeze("".join(cell.itertext())) for cell in first], stated=stated
    )
    return rows if is_head and any(True for row in rows[1:] for cell in row for _ in cell.iter("a")) else None


def address(base: str, href: str) -> str | None:
    """Give the address of a link: of a web page, or of a mailbox, which tells a bulletin's own lines from its items."""
    href = href.strip()
    if href.lower().startswith("mailto:"):
        return href[:200]
    return (markup.resolve(base, href) if base else href if urls.is_web(href) and not re.search(r"\s", href) else None) if href[:1] != "#" else None


def _level(element: Element, tag: str) -> int:
    if tag in _HEADINGS:
        return _HEADINGS[tag]
    stated = element.get("aria-level") or "2"
    return int(stated) if element.get("role") == "heading" and stated in "123456" else 0


def _sized(style: str, above: float) -> float:
    """The size that a style states last, in the body's usual size; else that of what stands around."""
    found = _SIZE.findall(style)
    if not found:
        return above
    number, unit = float(found[-1][0]), found[-1][1].lower()
    size = number * _UNITS[unit] if unit in _UNITS else above * (number / 100 if unit == "%" else number)
    return round(size, 2) if 0.3 <= size <= 8 else above


def _styles(root: Element) -> dict[str, str]:
    """The declarations of a page's own style sheets for a tag, a class, or a tag of a class. Other selectors need a browser."""
    found: dict[str, str] = {}
    for sheet in root.iter("style"):
        for selectors, declared in _RULE.findall((sheet.text or "")[:100_000]):
            for selector in selectors.split(","):
                name = selector.strip()
                if name and _SELECTOR.fullmatch(name) and len(found) < 2_000:
                    found[name] = f"{found.get(name, '')};{declared}"
    return found
