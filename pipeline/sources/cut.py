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

from pipeline.sources import joined
from pipeline.sources.columns import ABOUT, TITLE
from pipeline.sources.labels import is_file, is_label
from pipeline.sources.lines import LABEL, Line, Link, Sheet

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
    r"/(?:authors?|categor(?:y|ies)|tags?|topics?|users?|profiles?|people|members?|login|comments?|share|itemlist|_layouts|~[\w.-]+"
    r"|subjects?|keywords?|contributors?|creators?|communities|doc-types?|types?)(?:[/?]|$)"
    r"|/search(?:/|\?)|[?&](?:sort|order|filter|facet|replytocom|tag|category|author|creator|subject|keyword)=",
    re.IGNORECASE,
)
_BUTTON = re.compile(r"(?:^|[\s_-])(?:btn|button|cta|more|readmore|arrow)(?:$|[\s_-])", re.IGNORECASE)
_JOINTS = frozenset(
    (
        *("the", "a", "an", "our", "in", "on", "at", "to", "from", "by", "of", "see", "with", "and", "or"),
        *("for", "tell", "ask", "read", "use", "visit"),
    )
)
_CHROME_RELS = frozenset(("author", "tag", "category", "next", "prev", "license"))


def items(sheet: Sheet, page_url: str) -> list[list[Line]]:
    """Cut a page into its items, in the order of the page; each is the lines that belong to it. An item between others may have no link."""
    ways, tried = list[joined.Way](), set[tuple[Range, ...]]()
    for ranges, weight in _ways(sheet):
        if tuple(ranges) not in tried:  # a box in a box in a box
            tried.add(tuple(ranges))
            ways.append(joined.Way(ranges, weight))
    known: dict[Range, tuple[float, str, str]] = {}

    def told(piece: Range) -> tuple[float, str, str]:
        if piece not in known:
            known[piece] = _told(sheet.lines[piece[0] : piece[1]], page_url)
        return known[piece]

    def worth(pieces: Sequence[Range]) -> float:
        """Weigh all pieces of one way; the second with the same address counts nothing: there an item was cut in two."""
        return sum({url: worth for worth, url, _ in reversed([told(piece) for piece in pieces])}.values())

    found, first = joined.best(ways, sheet, joined.Judge(worth, lambda piece: told(piece)[1], lambda piece: told(piece)[2]))
    kept = _trimmed([piece for piece in found if piece in first and piece[1] > piece[0]], sheet, page_url)
    return [sheet.lines[start:end] for start, end in sorted([*kept, *(piece for piece in found if piece not in first)])[:MAX_ITEMS]]


def _told(lines: Sequence[Line], page_url: str) -> tuple[float, str, str]:
    """Tell the worth of a piece, its first address, and its name where it leads to just one resource."""
    links = links_of(lines, page_url)
    if not links:
        return 0.0, "", ""
    named = {link.url: link.words for link in reversed(links) if is_name(link)}
    resources = _resources(links, len(named))
    worth = _worth(lines, links, is_bare=not named) / resources
    head = next((line for line in lines if line.heading), None)
    if head is not None and not head.links and any(is_name(link) and not _BUTTON.search(link.place) for link in links):
        return worth, links[0].url, ""  # a heading over something else
    headed = head.words if head is not None else ""
    sure = _sureness(links[0], page_url.partition("#")[0]) == _SURE
    alone = sure and resources == 1 and not _is_prose(lines) and not any(line.top for line in lines)
    return worth, links[0].url, (headed or next(iter(named.values()), "")) if alone else ""


def links_of(lines: Sequence[Line], page_url: str) -> list[Link]:
    """Give the links of an item that could lead to its resource: no sharing, sorting or author pages, unless nothing else is there."""
    here = page_url.partition("#")[0]
    links = [(link, min(_sureness(link, here), 1 if line.role in ABOUT else _SURE)) for line in lines for link in line.links]
    return [link for link, sure in links if sure == _SURE] or [link for link, sure in links if sure]


def is_row(lines: Sequence[Line]) -> bool:
    """Say whether these lines are a row of a table that names its columns, and so an item even where nothing is linked."""
    return any(line.role == TITLE for line in lines)


@lru_cache(16_384)
def _sureness(link: Link, here: str) -> int:
    """Tell whether a link leads nowhere (0), to a page about the item's author or kind (1), or perhaps to the resource (2)."""
    if link.url.partition("#")[0] == here or _CHROME_WORDS.fullmatch(link.words):
        return 0
    return 1 if _CHROME_RELS & set(link.rel.split()) or _is_chrome_path(link.url) else _SURE


def _trimmed(ranges: list[Range], sheet: Sheet, page_url: str) -> list[Range]:
    """Take off what stands before and after the items: pieces without a link, and short ones where items are long (a link to the start page)."""
    pieces = [sheet.lines[start:end] for start, end in ranges]
    lengths = sorted(sum(len(line.words) for line in piece) for piece in pieces)
    least = lengths[len(lengths) // 2] / 4 if lengths and lengths[len(lengths) // 2] > _LONG else 0

    def is_item(piece: list[Line]) -> bool:
        return is_row(piece) or (bool(links_of(piece, page_url)) and sum(len(line.words) for line in piece) >= least)

    prose = [bool(links_of(piece, page_url)) and _is_prose(piece) for piece in pieces]
    rare = 5 * sum(prose) <= len(prose)  # a sentence of the page itself, where items are not written as sentences
    kept = [number for number, piece in enumerate(pieces) if is_item(piece) and not (rare and prose[number])]
    return ranges[kept[0] : kept[-1] + 1] if kept else []


def _is_prose(piece: Sequence[Line]) -> bool:
    """Say whether all that a piece links to are words within its sentences: "the rest is *on another page*", "see *the archive*"."""
    if is_row(piece) or any(line.heading for line in piece):
        return False
    linked = [(line, link) for line in piece for link in line.links]
    return all(bool(link.words) and not line.words.startswith(link.words) and _goes_on(line, link) for line, link in linked)


def _goes_on(line: Line, link: Link) -> bool:
    before = line.words.partition(link.words)[0].split()
    return bool(before) and (link.words[0].islower() or before[-1].casefold() in _JOINTS) and len(line.rest) > len(link.words)


def _is_chrome_path(url: str) -> bool:
    parts = urlsplit(url)
    return bool(_CHROME_PATHS.search(f"{parts.path}?{parts.query}"))


def _worth(lines: Sequence[Line], links: Sequence[Link], *, is_bare: bool) -> float:
    """Weigh one piece: the more words the better, up to a paragraph or two, and more with a heading or label; the more addresses, the less.

    `is_bare` says that no link has a name.
    """
    bare = is_bare and not any(line.rest.strip(" |/·•-–,") for line in lines)  # "PDF HTML": ways to something that may stand elsewhere
    length = min(sum(len(line.words) for line in lines), 600)
    invited = any(" " in link.words and is_label(link.words) for link in links)
    heads = {line.links[0].url if line.links else "" for line in lines if line.heading and (line.links or is_bare)}
    headed = len(heads) == 1  # with more it is a section
    return float((length + 1) ** 0.8) * (1.5 if headed or invited else 1) * (0.3 if any(line.top for line in lines) else 0.1 if bare else 1)


def is_name(link: Link) -> bool:
    """Say whether the words of a link could name a resource: neither an invitation to follow it nor the name of a file."""
    return bool(link.words) and not invites(link)


@lru_cache(16_384)
def invites(link: Link) -> bool:
    """Say whether the words of a link only invite to follow it, or are the name of a file, or lead to several resources of the page."""
    return is_label(link.words) or is_file(link.words) or LABEL in link.rel.split()


def _resources(links: Sequence[Link], named: int) -> int:
    """Count the resources that these links may lead to. "PDF", "Slides" and the picture belong to one; two "Read more" to two."""
    labels = {(link.words.casefold(), link.url) for link in links if link.words and invites(link)}
    return max(named, *Counter(words for words, _ in labels).values(), 1)


def _ways(sheet: Sheet) -> Iterator[tuple[list[Range], float]]:
    yield from _by_rows(sheet)
    yield from _by_place(sheet)
    yield from _by_heads(sheet)
    yield from _by_lines(sheet)
    # Where nothing repeats, each line that invites to follow it is an item; where none does, each link with the words of a title.
    invited = [
        (number, number + 1) for number, line in enumerate(sheet.lines) if any(is_label(link.words) and " " in link.words for link in line.links)
    ]
    titled = [(number, number + 1) for number, line in enumerate(sheet.lines) if any(len(link.words) >= _TITLE for link in line.links)]
    yield invited or titled, 0.5


def _by_rows(sheet: Sheet) -> Iterator[tuple[list[Range], float]]:
    """The rows of tables that name their columns: there nothing else is an item."""
    rows = [(span.start, span.end) for span in sheet.spans if span.row and is_row(sheet.lines[span.start : span.end])]
    yield rows, 1.5 if len(rows) > 1 else 0


def _by_place(sheet: Sheet) -> Iterator[tuple[list[Range], float]]:
    """Elements at the same place in the tree: of one class, or (less surely) of one tag."""
    same: dict[str, list[Range]] = defaultdict(list)
    alike: dict[str, list[Range]] = defaultdict(list)
    for span in sheet.spans:
        if span.end > span.start:
            same[span.path].append((span.start, span.end))
            if span.names:
                same[f"{span.path} {span.names}"].append((span.start, span.end))
            alike[f"{span.path.rpartition('/')[0]}/{span.tag}"].append((span.start, span.end))
    yield from ((ranges, 1.0) for ranges in same.values() if len(ranges) > 1)
    yield from ((ranges, 0.85) for ranges in alike.values() if len(ranges) > 1)


def _by_heads(sheet: Sheet) -> Iterator[tuple[list[Range], float]]:
    """From one heading or term to the next among the children of one element."""
    heads: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for span in sheet.spans:
        if span.tag in _HEADS and span.end > span.start and span.parent >= 0:
            heads[span.parent].append((span.start, span.tag))
    merged: dict[tuple[str, str], list[Range]] = defaultdict(list)
    for parent, found in heads.items():
        for tag in {tag for _, tag in found}:
            stops = [(start, own) for start, own in found if own == tag or own < tag]  # a stronger heading ends what is below the weaker
            for (start, own), (end, _) in pairwise([*stops, (sheet.spans[parent].end, "")]):
                merged[sheet.spans[parent].path, tag].extend([(start, end)] if own == tag else [])
    for ranges in merged.values():
        if len(ranges) > 1:
            yield ranges, 0.5 if any(_is_section(sheet.lines[start:end]) for start, end in ranges) else 0.95


def _is_section(lines: Sequence[Line]) -> bool:
    """Say whether a heading without a link stands over several resources: lines that begin with a link to one."""
    begun = {line.links[0].url for line in lines[1:] if line.links and is_name(line.links[0]) and line.words.startswith(line.links[0].words)}
    return not lines[0].links and len(begun) > 1


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
    """Take the heading and the opening words of a page or section off its first item: no item is longer than the longest of the others."""
    (start, end), *others = ranges
    start = max(start, end - max(last - first for first, last in others))
    if not any(line.heading for first, last in others for line in sheet.lines[first:last]):
        start = max([start, *(number + 1 for number in range(start, end - 1) if sheet.lines[number].heading)])
    ranges = [(start, end), *others]
    over = [first for first, last in ranges if sheet.lines[first].heading and not sheet.lines[first].links and last > first + 1]
    return [(first + (first in over), last) for first, last in ranges] if 2 * len(over) < len(ranges) else ranges
