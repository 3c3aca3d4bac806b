"""The editor's letter, which is Markdown: as HTML, as plain text, and as blocks of plain words for the printed page.

Markup of HTML inside the letter stays words; a link leads only to pages and mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.render.prepare import link


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words in one manner."""

    text: str
    strong: bool = False
    em: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, a heading or one point of a list (`mark` is its bullet or number)."""

    runs: tuple[Run, ...]
    mark: str = ""
    heading: bool = False


_TAGS = {"p", "em", "strong", "a", "ul", "ol", "li", "blockquote", "br", "h3", "code"}
_SCHEMES = {"http", "https", "mailto"}


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline", "fence", "code"])


def as_html(letter: str) -> str:
    """Give the letter as safe HTML. Headings become third level, below those of the page."""
    tokens = _markdown().parse(letter)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3"
    markdown = _markdown()
    raw = markdown.renderer.render(tokens, markdown.options, {})
    return nh3.clean(raw, tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES, link_rel=None)


def as_text(letter: str) -> str:
    """Give the letter as paragraphs of plain words, the address of a link behind its words."""
    return "\n\n".join(f"{block.mark} ".lstrip() + "".join(_spoken(run) for run in block.runs) for block in blocks(letter))


def blocks(letter: str) -> tuple[Block, ...]:
    """Give the letter as paragraphs of runs, without any markup in them."""
    return tuple(block for block in _blocks(_markdown().parse(letter)) if any(run.text.strip() for run in block.runs))


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
            yield Run(text=words, strong=strong > 0, em=em > 0, url=url)


def _spoken(run: Run) -> str:
    return f"{run.text} <{run.url}>" if run.url and run.url not in (run.text, f"mailto:{run.text}") else run.text
