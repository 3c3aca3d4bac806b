"""An issue of a bulletin to its items: what each section recommends, in order, with address and blurb. One cutter for all formats.

Takes the blocks that `sources/blocks.py` makes of a page or mail (and others of Word files and PDFs). Reads no file. Contents, archive, unsubscribe,
mail and social links and the publisher's own front page are no items, nor what has no title or stands before the first section without one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from pipeline.sources import heads, roles
from pipeline.sources.blocks import Block
from pipeline.sources.heads import WHEN, Line, Style, Use
from pipeline.sources.roles import Piece
from pipeline.text import squeeze

MAX_ITEMS = 2_000
_TITLE = 300
_LINE = 100
_ENOUGH = 2  # items before the last one say how many lines an item has
_TAIL = 120  # characters before a link in which words that announce it may stand
_EDGES = " \t|·•–—-:>›»→*"
_NO_SECTION = re.compile(
    r"(?:about (?:us|this|the|network|our)\b.*|contact(?: us)?|contacts|(?:un)?subscribe.*|follow us.*|feedback|share this.*"
    r"|(?:past|previous|back) issues.*|archive|(?:table of )?contents|in this (?:issue|edition|bulletin|month).*|privacy.*|disclaimer"
    r"|(?:get|stay|keep) in touch|connect with us.*|(?:the |our |library )?opening (?:hours|times)|library hours|(?:the|our|meet the) team"
    r"|find us|where (?:to find us|we are)|spread the word|inhalt|sommaire)\W*",
    re.IGNORECASE,
)
_OWN_LINKS = re.compile(r"(?:useful|quick|key|our|important|library|handy|more) links?|links|find us online|on our website\W*", re.IGNORECASE)
_BEFORE_LABEL = re.compile(
    r"[\s(\[–—|:-]*(?:(?:available (?:at|from)|link|url|web(?:site)?|find (?:it|out more) at|read (?:it|more)(?: (?:at|here))?|see|more|source"
    r"|address|full text|online)\s*(?:at)?\s*:?\s*)?[\s(\[–—|:>→-]*$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^(?:\d{1,2}[.)]\s+|[•▪◦●■»*–-]\s+)+")
_WHEN_LINE = 110  # characters; a line with day, time and place is no longer
_WHEN_ENDS = re.compile(
    r"\)\s*[:.–—-]?\s+|\.\s+(?=[A-ZÀ-Þ“\"'‘])|\s[–—|]\s(?=[A-ZÀ-Þ“][^0-9]{40})|(?:(?<=Zoom)|(?<=[Oo]nline)|(?<=Teams)|(?<=[Ww]ebinar))[.,;]?\s+(?=[A-ZÀ-Þ“])"
)
_CLOCK = re.compile(
    r"[\s,;|–—-]*(?:at |from )?\d{1,2}(?:[.:]\d\d)?\s*(?:[ap]\.?m\.?)?(?:\s*(?:-|–|to|until)\s*\d{1,2}(?:[.:]\d\d)?\s*(?:[ap]\.?m\b\.?)?)?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[\w)”’\"'][.!?])\s+(?=[A-ZÀ-Þ“\"‘])|\s[–—|]\s")
_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
_NAMED = re.compile(
    rf"\b({'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?(?:\s*(?:[-–/&]|and|to)\s*[a-z]{{3,9}})?[\s,_-]+(?:of\s+)?((?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_. /]?(0[1-9]|1[0-2])(?!\d{3})|(?<!\d)(0[1-9]|1[0-2])[-_. /]((?:19|20)\d\d)(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of an issue. `when` is the line that says when it happens, as printed; `label` the words that invite to follow its link.

    `url` is `None` only where a whole issue has no link.
    """

    title: str
    url: str | None
    section: str = ""
    blurb: str = ""
    when: str = ""
    label: str = ""


def cut(blocks: Sequence[Block]) -> tuple[Entry, ...]:
    """Cut an issue into its items, in order."""
    lines = heads.lines(blocks)
    parts, titles = roles.roles(lines)
    if not any(line.links for line in lines):
        return _unlinked(parts)
    found: list[Entry] = []
    own = _own(parts)
    _leave_out_fronts(lines, own)
    _close(parts, titles)
    start = _first_section(parts, titles)
    section, opened = "", start is None
    for number, piece in enumerate(parts):
        if piece.head is not None and _NO_SECTION.fullmatch(_section(piece.head)):
            section, opened = "", False
            continue
        if piece.head is not None and piece.style not in titles:
            section, opened = _section(piece.head), start is not None and number >= start
        if piece.head is not None and piece.style in titles:
            found += _titled(piece, section if opened else "", opened=opened)
        elif opened:
            found += _listed(piece.body, section)
    names = [piece.head for piece in parts if piece.head is not None and piece.style not in titles]
    if len(names) == 1 and (names[0].block.level == 1 or _month_in(names[0].words)):  # the bulletin's own title: it has no sections
        found = [replace(entry, section="") for entry in found]
    return _once(_without_boxes(found, own))[:MAX_ITEMS]


def _leave_out_fronts(lines: Iterable[Line], own: frozenset[str]) -> None:
    """Take off the links to the publisher's own front page, which recommend nothing."""
    for line in lines:
        line.links = tuple(link for link in line.links if not (heads.is_root(link.url) and _is_of(link.url, own)))


def _without_boxes(found: Sequence[Entry], own: frozenset[str]) -> list[Entry]:
    """Leave out a box of links that all lead to the publisher's own pages."""
    elsewhere = {entry.section for entry in found if not _is_of(entry.url or "", own)}
    return [entry for entry in found if entry.section in elsewhere or not _OWN_LINKS.fullmatch(entry.section)]


def _own(parts: Sequence[Piece]) -> frozenset[str]:
    """The publisher's own domains: those of the mailboxes that stand beside no item, so in a box about the publisher or at the end."""
    found: set[str] = set()
    for number, piece in enumerate(parts):
        said = [line for line in (piece.head, *piece.body) if line is not None]
        linked = max((place for place, line in enumerate(said) if line.links), default=-1)
        if linked < 0 or number == len(parts) - 1:
            found |= {domain for line in said[linked + 1 :] for domain in heads.mailboxes(line)}
    return frozenset(found)


def _is_of(url: str, domains: frozenset[str]) -> bool:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def sections(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Name the sections that hold items, in order."""
    return tuple(dict.fromkeys(entry.section for entry in entries if entry.section))


def month(blocks: Sequence[Block], *, title: str = "", name: str = "", dated: date | None = None) -> str | None:
    """Tell the month of an issue, such as `2026-03`: from its title, its first lines, the name of its file, or the date of the mail."""
    short = [block.words for block in blocks[:8] if len(block.words) < _LINE]
    long = [block.words[:_LINE] for block in blocks[:4] if len(block.words) >= _LINE]
    for words in (title, *short, *long):
        if found := _month_in(words):
            return found
    return _month_in(name) or _digits_in(name) or _digits_in(title) or (f"{dated:%Y-%m}" if dated else None)


# ---------------------------------------------------------------- sections


def _first_section(parts: Sequence[Piece], titles: frozenset[Style]) -> int | None:
    """Find where the items begin: behind the bulletin's own title, if it has sections below that; `None` where nothing heads a section."""
    places = [number for number, piece in enumerate(parts) if piece.style is not None and piece.style not in titles]
    if not places:
        return None
    first = parts[places[0]]
    is_title = (
        len(places) > 1
        and first.head is not None
        and (bool(_month_in(first.head.words)) or all(parts[other].style != first.style for other in places[1:]))
    )
    return places[1] if is_title and not _holds_items(first, parts[places[0] + 1 : places[1]]) else places[0]


def _holds_items(piece: Piece, below: Sequence[Piece]) -> bool:
    """Whether a first section without its like holds items itself, and so is one (a single "Editor's choice")."""
    linked = any(part.head and part.head.links and not heads.is_root(part.head.links[0].url) for part in below)
    return linked and piece.head is not None and not _month_in(piece.head.words)


def _section(head: Line) -> str:
    return squeeze(_NUMBERED.sub("", head.words)).rstrip(" :–—-|")


# ---------------------------------------------------------------- items


def _titled(piece: Piece, section: str, *, opened: bool) -> list[Entry]:
    """The item of a heading that is its title: the heading's link, else the link below that invites."""
    head = piece.head
    if head is None:
        return []
    below = [link for line in piece.body for link in line.links]
    labels = [link for link in below if link.use is Use.LABEL and link.words]
    order = [*head.links, *labels, *(below if opened else ())]
    if not order or (not opened and heads.is_root(order[0].url)):
        return []
    url = order[0].url
    title = _without(head) if any(link.use is Use.LABEL for link in head.links) else head.words
    entry = Entry(title=_named(title), url=url, section=section)
    return [_told(entry, piece.body)] if entry.title else []


def _told(entry: Entry, body: Sequence[Line]) -> Entry:
    """Give an item its blurb and its day from the lines below its title, up to a dividing rule."""
    parts: list[str] = []
    when, label = entry.when, entry.label
    for line in body:
        if not line.words and not line.links and parts:
            break
        label = label or next((link.words for link in line.of(Use.LABEL) if link.url == entry.url), "")
        words = _without(line)
        if not when and (found := _when(words)):
            when, words = found
        if words:
            parts.append(words)
    blurb = _NUMBERED.sub("", " ".join(parts)).strip(_EDGES)
    return replace(entry, blurb=blurb, when=when, label=label)


def _when(words: str) -> tuple[str, str] | None:
    """Part words that begin with a day into what says when (and where), and the rest."""
    words = words.removeprefix("(")
    found = WHEN.match(words)
    if not found:
        return None
    ends = _WHEN_ENDS.search(words, found.end(), 200)
    if ends:
        return words[: ends.start()], words[ends.end() :].strip()
    if len(words) <= _WHEN_LINE and heads.is_when(words):
        return words, ""
    clock = _CLOCK.match(words, found.end())
    return (words[: clock.end()], words[clock.end() :].strip(_EDGES + ".,")) if clock else None


def _without(line: Line) -> str:
    """The words of a line without the links that only invite."""
    words, end = "", 0
    for link in line.links:
        if link.use is Use.LABEL:
            before = line.words[end : link.start]
            words += before[:-_TAIL] + _BEFORE_LABEL.sub(" ", before[-_TAIL:])
            end = link.end
    return squeeze(words + line.words[end:].lstrip(_EDGES + ")].,;" if end else "")).strip(_EDGES)


def _named(words: str) -> str:
    found = squeeze(_NUMBERED.sub("", words))[:_TITLE].strip(_EDGES)
    return found[:-1] if found.endswith(".") and not found.endswith("..") else found


class _Walk:
    """One pass over the lines of a section; holds the item that is being read, and lines that wait for the link that makes them one."""

    def __init__(self, section: str) -> None:
        self.found: list[Entry] = []
        self._section = section
        self._entry: Entry | None = None
        self._body: list[Line] = []
        self._waiting: list[Line] = []

    def close(self) -> None:
        """End the item. Lines that found no link of their own belong to it, if it has no other words."""
        if self._entry is not None and self._entry.url is not None:
            told = _told(self._entry, self._body)
            if not told.blurb and self._waiting:
                told = _told(self._entry, [*self._body, *self._waiting])
            self.found.append(told)
        self._entry, self._body, self._waiting = None, [], []

    def read(self, line: Line) -> None:
        """Take one more line."""
        leads, labels = line.of(Use.LEAD), line.of(Use.LABEL)
        if leads and not (self._awaits and not line.block.listed and len(leads[0].words) < 3):
            self._open(Entry(title=_named(leads[0].words), url=leads[0].url, section=self._section), _after(line, leads[0].end))
        elif line.bold and not heads.is_when(line.bold):
            links = labels or list(line.links)
            self._open(Entry(title=_named(line.bold), url=links[0].url if links else None, section=self._section), _after(line, _place(line)))
        elif labels:
            self._label(line, labels[0].url)
        elif self._entry is not None and not self._is_done:
            self._body.append(line)
        else:
            self._waiting.append(line)

    @property
    def _awaits(self) -> bool:
        return self._entry is not None and self._entry.url is None

    @property
    def _is_done(self) -> bool:
        """Whether the item has ended with the link that invites."""
        return bool(self._body) and bool(self._body[-1].of(Use.LABEL))

    def _open(self, entry: Entry, rest: Line) -> None:
        self.close()
        self._entry, self._body = entry, [rest]

    def _label(self, line: Line, url: str) -> None:
        """A link that invites: it belongs to the item that is open, or makes one of the lines that wait."""
        said = _without(line)
        if self._entry is not None and not (self._waiting or (self._is_done and said)):
            self._entry = replace(self._entry, url=self._entry.url or url)
            self._body.append(line)
            return
        waiting = [*self._waiting, line]
        self._waiting = []
        self.close()
        entry, body = _named_first(waiting, url, self._section)
        self._entry, self._body = entry, body


def _named_first(lines: Sequence[Line], url: str, section: str) -> tuple[Entry | None, list[Line]]:
    """Make an item of lines of which no title is marked: the first line is it, or the first sentence."""
    said = [line for line in lines if line.words]
    first = _without(said[0]) if said else ""
    if not first:
        return None, []
    if len(said) > 1 and len(first) <= 200:
        return Entry(title=_named(first), url=url, section=section), list(said[1:])
    ends = _SENTENCE.search(first)
    title = first[: ends.start()] if ends else first
    rest = replace_words(said[0], first[ends.end() :] if ends else "")
    return Entry(title=_named(title), url=url, section=section), [rest, *said[1:]]


def replace_words(line: Line, words: str) -> Line:
    """The line with other words, and its links that invite, which end it."""
    return Line(words, line.block, tuple(replace(link, start=len(words), end=len(words)) for link in line.of(Use.LABEL)))


def _after(line: Line, place: int) -> Line:
    """What stands on a line behind its title."""
    words = line.words[place:]
    gone = len(words) - len(words.lstrip(_EDGES + ".,;)"))
    links = tuple(replace(link, start=link.start - place - gone, end=link.end - place - gone) for link in line.links if link.start >= place + gone)
    return Line(words[gone:], line.block, links)


def _place(line: Line) -> int:
    at = line.words.find(line.bold)
    return at + len(line.bold) if at >= 0 else 0


def _listed(body: Sequence[Line], section: str) -> list[Entry]:
    """The items of a section whose titles are no headings. Where nothing marks a title, each line with a link is an item, named by its link."""
    walk = _Walk(section)
    for line in body:
        walk.read(line)
    walk.close()
    if walk.found or any(line.of(Use.LEAD) or line.of(Use.LABEL) for line in body):
        return walk.found
    return [Entry(title=_named(line.links[0].words), url=line.links[0].url, section=section, blurb=line.words) for line in body if line.links]


# ---------------------------------------------------------------- the whole


def _unlinked(parts: Sequence[Piece]) -> tuple[Entry, ...]:
    """The items of an issue that has lost its links: what its least headings head, if two kinds of them come up more than once."""
    styles = [piece.style for piece in parts if piece.style is not None]
    repeated = sorted(style for style, number in Counter(styles).items() if number > 1)
    if len(repeated) < 2:
        return ()
    found, section = [], ""
    for piece in parts:
        if piece.head is None:
            continue
        if piece.style != repeated[0]:
            section = _section(piece.head)
        elif any(line.words for line in piece.body):
            found.append(_told(Entry(title=_named(piece.head.words), url=None, section=section), piece.body))
    return tuple(found)


def _close(parts: Sequence[Piece], titles: frozenset[Style]) -> None:
    """Take from the end what speaks of the bulletin: from the first line with a mailbox or a way to leave the list, and what makes the last item
    longer than any other."""
    last = parts[-1]
    linked = max((number for number, line in enumerate(last.body) if line.links), default=-1)
    ends = [number for number, line in enumerate(last.body) if line.is_closing and number > linked]
    if last.style in titles:
        others = [sum(bool(line.words) for line in piece.body) for piece in parts[:-1] if piece.style == last.style and piece.head and _holds(piece)]
        ends += [max(*others, linked + 1)] if len(others) > _ENOUGH else []
    if ends:
        del last.body[min(ends) :]


def _holds(piece: Piece) -> bool:
    return any(line.links for line in (piece.head, *piece.body) if line is not None)


def _once(found: Sequence[Entry]) -> tuple[Entry, ...]:
    """Keep one of items with the same address and title: the one that says more."""
    best: dict[tuple[str | None, str], Entry] = {}
    for entry in found:
        key = (entry.url, entry.title.casefold())
        if key not in best or len(entry.blurb) > len(best[key].blurb):
            best[key] = entry
    return tuple(entry for entry in found if best[entry.url, entry.title.casefold()] is entry)


def _month_in(words: str) -> str | None:
    found = _NAMED.search(words[:300])
    if not found:
        return None
    number = next(place for place, name in enumerate(_MONTHS, start=1) if name.startswith(found[1].lower()[:3]))
    return f"{found[2]}-{number:02}"


def _digits_in(words: str) -> str | None:
    found = _NUMBERS.search(words)
    return (f"{found[1]}-{found[2]}" if found[1] else f"{found[4]}-{found[3]}") if found else None
