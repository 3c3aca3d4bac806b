"""The prose of an essay edition: `[@214]` becomes a numbered reference to entry 214, in the order of first citation.

Every format prints from here, so that a number means the same entry in all of them. An id that is in no section is dropped, with its mark.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from pipeline.model import Edition, Entry, ItemId, Section
from pipeline.render.letter import Block, new_reader, tokens_as_blocks, tokens_as_html

_CITED = re.compile(r"\[@\d{1,18}(?:\s*;\s*@\d{1,18})*\]")
_IN_SOURCE = re.compile(rf"(?<!\\)( ?){_CITED.pattern}")
_ITEM = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An entry that the essay speaks of. `places` counts its marks in the text, which the page links back to."""

    number: int
    entry: Entry
    places: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Essay:
    """The prose as `letter.blocks` gives it (a run with `references` is a mark), as safe HTML and as Markdown; whom it cites, and what it does not.

    `rest` are the sections without the cited entries, empty ones left out. In the HTML the marks of reference 1 have the ids `cite-1-1`,
    `cite-1-2`, … and lead to `#reference-1`.
    """

    blocks: tuple[Block, ...] = ()
    html: str = ""
    markdown: str = ""
    references: tuple[Reference, ...] = ()
    rest: tuple[Section, ...] = ()


def essay(edition: Edition) -> Essay:
    """Read the essay of a prepared edition. Where its template is another, or nothing is written, there are no blocks and all is `rest`."""
    if edition.template != "essay" or not edition.essay.strip():
        return Essay(rest=edition.sections)
    entries = {entry.id: entry for entry in edition.entries}
    told = _told(edition.essay, frozenset(entries))
    references = tuple(Reference(number=number, entry=entries[item], places=told.marks[number]) for item, number in told.numbers.items())
    rest = tuple(_rest(edition.sections, told.numbers.keys()))
    return Essay(blocks=told.blocks, html=told.html, markdown=told.markdown, references=references, rest=rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    blocks: tuple[Block, ...]
    html: str
    markdown: str
    numbers: Mapping[ItemId, int]
    marks: Mapping[int, int]


@lru_cache(maxsize=8)  # every format of an edition asks for the same
def _told(prose: str, known: frozenset[ItemId]) -> _Told:
    tokens = _reader().parse(prose)
    numbers: dict[ItemId, int] = {}
    marks: Counter[int] = Counter()
    for token in tokens:
        if token.children:
            token.children = _numbered(token.children, known, numbers=numbers, marks=marks)
    return _Told(
        blocks=tokens_as_blocks(tokens),
        html=tokens_as_html(_reader(), tokens).replace(" <sup>", "<sup>"),  # a raised mark stands close
        markdown=_IN_SOURCE.sub(lambda found: _mark_as_markdown(found, numbers), prose.strip()),
        numbers=numbers,
        marks=marks,
    )


@cache
def _reader() -> MarkdownIt:
    made = new_reader()
    made.inline.ruler.before("link", "reference", _mark)
    made.add_render_rule("reference", _mark_as_html)
    return made


def _mark(state: StateInline, silent: bool) -> bool:
    """Read a mark at this place of the text (a rule of markdown-it)."""
    found = _CITED.match(state.src, state.pos)
    if found is None or found.end() > state.posMax:
        return False
    if not silent:
        state.push("reference", "sup", 0).meta = {"items": _items(found[0])}
    state.pos = found.end()
    return True


def _items(mark: str) -> tuple[ItemId, ...]:
    return tuple(dict.fromkeys(ItemId(int(item)) for item in _ITEM.findall(mark)))


def _numbered(tokens: Sequence[Token], known: Set[ItemId], *, numbers: dict[ItemId, int], marks: Counter[int]) -> list[Token]:
    """Give each mark its numbers, and drop one that cites nothing, with the space before it."""
    kept: list[Token] = []
    for token in tokens:
        if token.type != "reference":
            kept.append(token)
            continue
        cited = [numbers.setdefault(item, len(numbers) + 1) for item in token.meta["items"] if item in known]
        marks.update(cited)
        if cited:
            token.content = f"[{', '.join(str(number) for number in cited)}]"
            token.meta = {"numbers": tuple(cited), "places": tuple(marks[number] for number in cited)}
            kept.append(token)
        elif kept and kept[-1].type == "text":
            kept[-1].content = kept[-1].content.rstrip()
    return kept


def _mark_as_html(_renderer: object, tokens: Sequence[Token], place: int, _options: object, _env: object) -> str:
    meta = tokens[place].meta
    links = (
        f'<a id="cite-{number}-{nth}" href="#reference-{number}" aria-label="Reference {number}">{number}</a>'
        for number, nth in zip(meta["numbers"], meta["places"], strict=True)
    )
    return f"<sup>[{', '.join(links)}]</sup>"


def _mark_as_markdown(found: re.Match[str], numbers: Mapping[ItemId, int]) -> str:
    cited = [str(numbers[item]) for item in _items(found[0]) if item in numbers]
    return f"{found[1]}\\[{', '.join(cited)}\\]" if cited else ""


def _rest(sections: Sequence[Section], cited: Set[ItemId]) -> Iterator[Section]:
    for section in sections:
        entries = tuple(entry for entry in section.entries if entry.id not in cited)
        if entries:
            yield replace(section, entries=entries)
