"""A page's lines to its items: by what repeats. Tries every way in which the page might be a list and takes the one that explains most of it.

Ways: elements that stand in the same place (cards, rows, list items), terms of a definition list, headings among siblings, wider gaps between
lines, a link label that ends an item. A way is good if most of its pieces hold words and exactly one address.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from urllib.parse import urlsplit

from pipeline.sources.labels import is_label
from pipeline.sources.lines import Line, Link, Sheet

Range = tuple[int, int]

MAX_ITEMS = 2_000

_SURE = 2
_LONG = 100  # characters; items of a listing with blurbs are longer
_TITLE = 20  # characters; links of a menu are shorter

_HEADS = ("dt", "h2", "h3", "h4", "h5", "h6")
_CHROME_WORDS = re.compile(
    r"(?:share|tweet|comments?|\d+ comments?|leave a comment|reply|save|cite|print|e-?mail|log ?in|sign in|edit|next|previous|prev|older(?: posts)?"
    r"|newer(?: posts)?|back to top|top|home|permalink|facebook|twitter|x|linkedin|whatsapp|mastodon|bluesky|pinterest|\d{1,3}|[«»‹›<>←→]+|like"
    r"|bookmark|add to (?:list|favou?rites)|about(?: us)?|contact(?: us)?|privacy(?: notice| policy)?|cookies|accessibility|terms[ \w]{0,20}"
    r"|site ?map)\W*",
    re.IGNORECASE,
)
_CHROME_PATHS = re.compile(
    r"/(?:authors?|categor(?:y|ies)|tags?|topics?|users?|profiles?|people|members?|login|comments?|share|itemlist|_layouts)(?:/|$)"
    r"|[?&](?:sort|order|filter|replytocom)=",
    re.IGNORECASE,
)
_CHROME_RELS = frozenset(("author", "tag", "category", "next", "prev", "license"))


def items(sheet: Sheet, page_url: str) -> list[list[Line]]:
    """Cut a page into its items, in the order of the page; each is the lines that belong to it. An item between others may have no link."""
    best: list[Range] = []
    most, tried = 0.0, set[tuple[Range, ...]]()
    for ranges, weight in _ways(sheet):
        if tuple(ranges) in tried:  # a box in a box in a box
            continue
        tried.add(tuple(ranges))
        worth = weight * sum(_worth(sheet.lines[start:end], page_url) for start, end in ranges)
        if worth > most:
            most, best = worth, ranges
    return _trimmed([sheet.lines[start:end] for start, end in best[:MAX_ITEMS] if end > start], page_url)


def links_of(lines: Sequence[Line], page_url: str) -> list[Link]:
    """Give the links of an item that could lead to its resource: no sharing, sorting or author pages, unless nothing else is there."""
    here = page_url.partition("#")[0]
    links = [(link, _sureness(link, here)) for line in lines for link in line.links]
    return [link for link, sure in links if sure == _SURE] or [link for link, sure in links if sure]


@lru_cache(16_384)
def _sureness(link: Link, here: str) -> int:
    """Tell whether a link leads nowhere (0), to a page about the item's author or kind (1), or perhaps to the resource (2)."""
    if link.url.partition("#")[0] == here or _CHROME_WORDS.fullmatch(link.words):
        return 0
    return 1 if _CHROME_RELS & set(link.rel.split()) or _is_chrome_path(link.url) else _SURE


def _trimmed(pieces: list[list[Line]], page_url: str) -> list[list[Line]]:
    """Take off what stands before and after the items: pieces without a link, and short ones where items are long (a link to the start page)."""
    lengths = sorted(sum(len(line.words) for line in piece) for piece in pieces)
    least = lengths[len(lengths) // 2] / 4 if lengths and lengths[len(lengths) // 2] > _LONG else 0

    def is_item(piece: list[Line]) -> bool:
        return bool(links_of(piece, page_url)) and sum(len(line.words) for line in piece) >= least

    kept = [number for number, piece in enumerate(pieces) if is_item(piece)]
    return pieces[kept[0] : kept[-1] + 1] if kept else []


def _is_chrome_path(url: str) -> bool:
    parts = urlsplit(url)
    return bool(_CHROME_PATHS.search(f"{parts.path}?{parts.query}"))


def _worth(lines: Sequence[Line], page_url: str) -> float:
    """Weigh one piece: the more words the better, up to a paragraph or two, and more with a heading or label; the more addresses, the less."""
    links = links_of(lines, page_url)
    if not links:
        return 0.0
    length = min(sum(len(line.words) for line in lines), 600)
    sure = any(line.heading for line in lines) or any(" " in link.words and is_label(link.words) for link in links)
    return float((length + 1) ** 0.8) * (1.5 if sure else 1) / len({link.url for link in links})


def _ways(sheet: Sheet) -> Iterator[tuple[list[Range], float]]:
    yield from _by_place(sheet)
    yield from _by_heads(sheet)
    yield from _by_lines(sheet)
    # Where nothing repeats, each line that invites to follow it is an item; where none does, each link with the words of a title.
    invited = [
        (number, number + 1) for number, line in enumerate(sheet.lines) if any(is_label(link.words) and " " in link.words for link in line.links)
    ]
    titled = [(number, number + 1) for number, line in enumerate(sheet.lines) if any(len(link.words) >= _TITLE for link in line.links)]
    yield invited or titled, 0.5


def _by_place(sheet: Sheet) -> Iterator[tuple[list[Range], float]]:
    """Elements at the same place in the tree: of one class, or (less surely) of one tag."""
    same: dict[str, list[Range]] = defaultdict(list)
    alike: dict[str, list[Range]] = defaultdict(list)
    for span in sheet.spans:
        if span.end > span.start:
            same[span.path].append((span.start, span.end))
            alike[f"{span.path.rpartition('/')[0]}/{span.tag}"].append((span.start, span.end))
    yield from ((ranges, 1.0) for ranges in same.values() if len(ranges) > 1)
    yield from ((ranges, 0.85) for ranges in alike.values() if len(ranges) > 1)


def _by_heads(sheet: Sheet) -> Iterator[tuple[list[Range], float]]:
    """From one heading or term to the next among the children of one element."""
    heads: dict[tuple[int, str], list[int]] = defaultdict(list)
    for span in sheet.spans:
        if span.tag in _HEADS and span.end > span.start:
            heads[span.parent, span.tag].append(span.start)
    merged: dict[tuple[str, str], list[Range]] = defaultdict(list)
    for (parent, tag), starts in heads.items():
        if parent >= 0:
            merged[sheet.spans[parent].path, tag].extend(pairwise([*starts, sheet.spans[parent].end]))
    yield from ((ranges, 0.95) for ranges in merged.values() if len(ranges) > 1)


def _by_lines(sheet: Sheet) -> Iterator[tuple[list[Range], float]]:
    """The lines of one element that has no parts of its own: cut at the wider gaps, or after each label."""
    children = Counter(span.parent for span in sheet.spans)
    grandchildren = Counter(sheet.spans[span.parent].parent for span in sheet.spans if span.parent >= 0)
    for number, span in enumerate(sheet.spans):
        if span.end - span.start < 4 or children[number] == 1 or grandchildren[number] > children[number]:
            continue
        lines = sheet.lines[span.start : span.end]
        gaps = sorted({line.gap for line in lines[1:]})
        if len(gaps) > 1:
            starts = [span.start, *(span.start + at for at, line in enumerate(lines) if at and line.gap >= gaps[-1])]
            yield list(pairwise([*starts, span.end])), 0.95
        ends = [
            span.start + at + 1
            for at, line in enumerate(lines)
            if any(is_label(link.words) and line.words.endswith(link.words) for link in line.links)
        ]
        if len(ends) > 1:
            yield _without_opening(list(pairwise([span.start, *ends])), sheet), 0.9


def _without_opening(ranges: list[Range], sheet: Sheet) -> list[Range]:
    """Take the heading and the opening words of a page off its first item: no item is longer than the longest of the others."""
    (start, end), *others = ranges
    start = max(start, end - max(last - first for first, last in others))
    if not any(line.heading for first, last in others for line in sheet.lines[first:last]):
        start = max([start, *(number + 1 for number in range(start, end - 1) if sheet.lines[number].heading)])
    return [(start, end), *others]
