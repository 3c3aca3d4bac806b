"""What the editor writes, which is Markdown: as HTML, as plain text, and as blocks of plain words for the printed page.

Markup of HTML inside the letter stays words; a link leads only to pages and mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.render.prepare import link


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words in one manner. `references` are the numbers where the words are a mark of an essay, "[1, 2]"."""

    text: str
    strong: bool = False
    em: bool = False
    url: str = ""
    references: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, a heading or one point of a list (`mark` is its bullet or number)."""

    runs: tuple[Run, ...]
    mark: str = ""
    heading: bool = False


_TAGS = {"p", "em", "strong", "a", "ul", "ol", "li", "blockquote", "br", "h3", "code", "sup"}
_ATTRIBUTES = {"a": {"href", "id", "aria-label"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}


def new_reader() -> MarkdownIt:
    """Make a reader of Markdown: CommonMark without pictures, code blocks and HTML."""
    return MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline", "fence", "code"])


@cache
def _reader() -> MarkdownIt:
    return new_reader()


@lru_cache(maxsize=8)  # page and mail ask for the same
def as_html(letter: str) -> str:
    """Give the letter as safe HTML. Headings become third level, below those of the page."""
    return tokens_as_html(_reader(), _reader().parse(letter))


def tokens_as_html(reader: MarkdownIt, tokens: Sequence[Token]) -> str:
    """Give what was parsed as safe HTML; `#` leads to a place on the same page, everything else to pages and mail."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3"
        for child in token.children or ():
            if child.type == "link_open":
                child.attrs = {"href": link(str(child.attrs.get("href", "")))}
    raw = reader.renderer.render(tokens, reader.options, {})
    return nh3.clean(raw.replace('<a href="">', "<a>"), tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)


def as_text(letter: str) -> str:
    """Give the letter as paragraphs of plain words, the address of a link behind its words."""
    return blocks_as_text(blocks(letter))


def blocks_as_text(blocks: Iterable[Block]) -> str:
    """Give blocks as paragraphs of plain words, an empty line between them."""
    return "\n\n".join(f"{block.mark} ".lstrip() + "".join(_spoken(run) for run in block.runs) for block in blocks)


@lru_cache(maxsize=8)
def blocks(letter: str) -> tuple[Block, ...]:
    """Give the letter as paragraphs of runs, without any markup in them."""
    return tokens_as_blocks(_reader().parse(letter))


def tokens_as_blocks(tokens: Sequence[Token]) -> tuple[Block, ...]:
    """Give what was parsed as paragraphs of runs; a token `reference` carries its numbers in `meta`."""
    return tuple(block for block in _blocks(tokens) if any(run.text.strip() for run in block.runs))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    counters: list[int | None] = []
    mark, heading = "", False
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                counters.append(None)
            case "ordered_list_open":
                counters.append(int(token.attrs.get("start", 1)) - 1)
            case "bullet_list_close" | "ordered_list_close":
                counters.pop()
            case "list_item_open":
                counters[-1] = None if counters[-1] is None else counters[-1] + 1
                mark = "•" if counters[-1] is None else f"{counters[-1]}."
            case "heading_open" | "heading_close":
                heading = token.type == "heading_open"
            case "inline":
                yield Block(runs=tuple(_runs(token.children or ())), mark=mark, heading=heading)
                mark = ""


def _runs(tokens: Sequence[Token]) -> Iterator[Run]:
    strong = em = 0
    url = ""
    for token in tokens:
        strong += token.nesting if token.tag == "strong" else 0
        em += token.nesting if token.tag == "em" else 0
        if token.tag == "a":
            url = link(str(token.attrs.get("href", ""))) if token.nesting == 1 else ""
        words = token.content or (" " if token.type in ("softbreak", "hardbreak") else "")
        if words:
            yield Run(text=words, strong=strong > 0, em=em > 0, url=url, references=tuple(token.meta.get("numbers", ())))


def _spoken(run: Run) -> str:
    return f"{run.text} <{run.url}>" if run.url and run.url not in (run.text, f"mailto:{run.text}") else run.text
