"""A round-up in sentences to its items: each link that stands in a text is one, named by its words, and told of by the sentences around it.

For letters whose items nothing marks: no headings, no titles on lines of their own, no buttons. Reads blocks, follows no link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline import urls
from pipeline.sources import chrome, heads
from pipeline.sources.blocks import Block
from pipeline.sources.bulletin import Entry
from pipeline.sources.labels import is_label
from pipeline.text import squeeze

ENOUGH = 3
"""Links in sentences that make a round-up."""
_TITLE = 200
_BLURB = 1_000
_FEW = 12  # characters that may stand beside a link that is a line of its own
_LONG = 120  # characters; words of a link that only point are fewer
_BRIEF = 3  # words of a topic
_SAID = 4  # words; a sentence with fewer names nothing
_ENDS = re.compile(r"(?<=[\w)”’\"'\]][.!?])[\"”’)]?\s+(?=[A-ZÀ-Þ“\"‘(])")
_POINTS = re.compile(
    r"\W*(?:here|this|that|these|it|link|there|this one|over here|(?:click|read|see|find|look|listen|watch) .{0,25}|(?:more"
    r"|details) .{0,12}|https?://\S*|www\.\S*)\W*",
    re.IGNORECASE,
)
"""Words of a link that only point."""


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    start: int
    end: int


def entries(found: Sequence[Block]) -> tuple[Entry, ...]:
    """Give the links in the sentences of a letter, each address once, in order."""
    seen: dict[str, Entry] = {}
    section = ""
    for block in found:
        if block.level:
            section = block.words
            continue
        for entry in _of(block, section):
            if entry.url:
                seen.setdefault(entry.url, entry)
    return tuple(seen.values())


def merged(cut: Sequence[Entry], found: Sequence[Block]) -> tuple[Entry, ...]:
    """Choose between what a cutter found and the links in sentences: where these are many more, the letter is a round-up, and holds both. A list
    whose every point has a link is one, too, wherever in its sentence that stands."""
    told = entries(found)
    if not _is_round_up(cut, told, found):
        told = _topics(found) or _points(cut, found)
    known = {entry.url for entry in told}
    places = {run.url: number for number, run in reversed(list(enumerate(run for block in found for run in block.runs)))}
    return (
        tuple(sorted((*told, *(entry for entry in cut if entry.url not in known)), key=lambda entry: places.get(entry.url, 0)))
        if told
        else tuple(cut)
    )


def _is_round_up(cut: Sequence[Entry], told: Sequence[Entry], found: Sequence[Block]) -> bool:
    """Whether a letter has no items but its links: far more of them than a cutter finds, or whole paragraphs without an item beside others whose
    first words happen to be a link."""
    if not cut:
        return bool(told)
    if len(told) > 2 * len(cut) + 1:
        return True
    named = {entry.url for entry in cut}
    linked = [(block, {link.url for link in _read(block)[1]}) for block in found]
    missed = sum(bool(to) and not to & named and not block.level for block, to in linked)
    within = all(_is_within(block) for block, to in linked if to & named)
    return within and len(told) >= ENOUGH and 2 * missed >= len(cut)


def _topics(found: Sequence[Block]) -> tuple[Entry, ...]:
    """The links of paragraphs that begin with a topic in bold ("Reading. …"): where one has several links, the topic is nobody's title."""
    paragraphs = [block for block in found if (words := _topic(block)) and len(words.split()) <= _BRIEF and entries([block]) and _is_named(block)]
    return entries(paragraphs) if len(paragraphs) > 1 and any(len(entries([block])) > 1 for block in paragraphs) else ()


def _topic(block: Block) -> str:
    first = block.runs[0] if block.runs and not block.level else None
    return squeeze(first.words) if first and first.bold and not first.url and len(block.runs) > 1 and not block.runs[1].url else ""


def _is_within(block: Block) -> bool:
    """Whether the links of a block stand within a text."""
    words, links = _read(block)
    return not block.level and len(squeeze(words)) - sum(link.end - link.start for link in links) > _FEW


def _points(cut: Sequence[Entry], found: Sequence[Block]) -> tuple[Entry, ...]:
    """The links of lists of which a cutter found only some, because the others stand within a sentence."""
    named = {entry.url: entry.section for entry in cut}
    told: list[Entry] = []
    before = Block()
    for listed, group in groupby(found, key=lambda block: block.listed and bool(_read(block)[1])):
        points = list(group)
        one = entries(points) if listed and len(points) >= ENOUGH and not (before.level and _read(before)[1]) else ()
        if len(one) >= len(points) and any(entry.url not in named for entry in one):
            section = next((named[entry.url] for entry in one if entry.url in named), "")
            told += [replace(entry, section=section) for entry in one]
        before = points[-1]
    return tuple(told)


def _of(block: Block, section: str) -> Iterator[Entry]:
    words, links = _read(block)
    if len(squeeze(words).split()) < _SAID:
        return
    for number, link in enumerate(links):
        named = words[link.start : link.end].strip(chrome.EDGES)
        first = 0 if number == 0 else _start(words, link.start, after=links[number - 1].end)
        last = len(words) if number == len(links) - 1 else _start(words, links[number + 1].start, after=link.end)
        said = squeeze(words[first:last]).strip(" |·•>→")
        if _points_only(named):
            named = _pointed(said, named)
        if named:
            yield Entry(title=named[:_TITLE], url=link.url, section=section, blurb=said.removeprefix(named).lstrip(" .:;,–—-|")[:_BLURB])


def _points_only(words: str) -> bool:
    return len(words) < _LONG and (len(words.split()) < 2 or bool(_POINTS.fullmatch(words)) or is_label(words))


def _is_named(block: Block) -> bool:
    """Whether all links of a block have words that say what they lead to."""
    return not any(_points_only(run.words.strip(chrome.EDGES)) for run in block.runs if run.url and run.words.strip())


def _read(block: Block) -> tuple[str, list[_Link]]:
    """The words of a block, and where in them its links stand."""
    words, links = "", list[_Link]()
    for run in block.runs:
        start = len(words)
        words += run.words
        if not run.url or not urls.is_web(run.url) or not run.words.strip() or heads.is_root(run.url):
            continue
        if links and links[-1].url == run.url and not words[links[-1].end : start].strip():
            links[-1] = _Link(run.url, links[-1].start, len(words))
        else:
            links.append(_Link(run.url, start, len(words)))
    return words, links


def _start(words: str, place: int, *, after: int) -> int:
    """Where the sentence begins that holds a place, not before another one."""
    ends = [mark.end() for mark in _ENDS.finditer(words, after, place)]
    return ends[-1] if ends else after


def _pointed(said: str, named: str) -> str:
    """Name what a link only points at: the sentence that it stands in, without it."""
    sentence = next((part for part in _ENDS.split(said) if named in part), said)
    bare = squeeze(re.sub(r"\s*[(\[]?\s*" + re.escape(named) + r"\s*[)\]]?", " ", sentence, count=1)).strip(" |·•>→:;,.–—-(")
    return bare if len(bare.split()) >= _SAID else ""
