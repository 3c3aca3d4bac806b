"""The lines of a bulletin, what their links are for, and which of them are headings, whatever program set them.

A heading is one by its own word (`<h2>`, a Word style), or because it is short and set apart: bold, in capitals, or larger than the body.
Whether it heads a section or one item, its style's company says: see `sources/roles.py`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import takewhile, zip_longest
from urllib.parse import urlsplit

from pipeline import urls
from pipeline.sources.blocks import Block, Run
from pipeline.sources.labels import is_label
from pipeline.text import squeeze

SHORT = 160  # characters; longer lines are no headings
_FEW = 12  # characters that may stand before the link that is a title: a number, a day, "New"
_PREFIX = 40  # characters; more than this is a text
_LINK = 80  # characters; longer words of a link are a title or a sentence
_LARGER = 1.12
_TEXT = 20  # characters; less is a name or a place
_CALL = 5  # words that invite at most
_EDGES = " \t|·•▪◦●■‣–—-:,;>›»→*"

_PRINTED = re.compile(r"(?:https?://|www\.)[^\s<>\"“”]+[^\s<>\"“”.,;:!?)\]'’]", re.IGNORECASE)
_COUNT = re.compile(r"^\W*\d{1,3}[.)]$")
_GRAMMAR = re.compile(r"[.!?]$|\b(?:the|a|an|of|in|on|to|see|by|from|and|with|for|this|our|new|der|die|das|le|la|el)$", re.IGNORECASE)
_MAILBOX = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_INVITES = re.compile(
    r"(?:(?:click|go|link|register|sign|book|join|find|learn|read|watch|listen|download|view|see|visit|open|get|more|full|access|continue|rsvp|reserve"
    r"|enrol|apply|browse|explore|try|use|order|buy|details|info|weiterlesen|mehr|zum|zur|hier|lire|voir|leer|ver|lees|meer)\b[^.!?]{0,32}"
    r"|here|website|web ?page|pdf"
    r"|slides|recording|report|article|paper|video|podcast|link|source|tickets|\W*)[\W]*",
    re.IGNORECASE,
)
_CHROME = re.compile(
    r"(?:(?:view|see|read|browse|visit|all|our|the|in|online|open|this|message|email|e-mail|issue|it)\s+){0,4}(?:archives?|(?:past|back|previous"
    r"|earlier|older) (?:issues?|editions?|bulletins?|newsletters?|letters?|numbers?|mailings?|copies)|(?:web )?browser|web version"
    r"|online version|online)|unsubscribe.*|(?:un)?subscribe(?: (?:here|now|to .*))?|(?:manage|update|change|edit|your|email|my|and"
    r"|\s)*(?:preferences|subscription)s?|(?:leave|stop) (?:getting |receiving )?(?:it|this|the|our|these)(?: (?:mailing )?(?:list|letters?"
    r"|e-?mails?|mailings?|bulletins?))?|opt[ -]?out|tell a friend|privacy(?: (?:policy|notice|statement))?|cookies?(?: (?:notice|policy"
    r"|preferences|settings|statement)\b.*)?|terms(?: (?:and|&|of) (?:conditions|sale|service|use)\b.*)?|(?:forward|share|tweet)(?: (?:by|it|on"
    r"|this|to|via|with)\b.*)?|like|print|follow us.*|facebook|twitter|x|linkedin|instagram|youtube|bluesky|mastodon|whatsapp|contact(?: us)?"
    r"|home(?: ?page)?|(?:back to )?top|about(?: us)?|accessibility|contents|skip to\b.*",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"\W*(?:copyright\s*(?:©|\(c\)|\d{4})|©|all rights reserved"
    r"|you(?:['’]re| are| have|['’]ve)? (?:receiv(?:ing|ed?)|gett?(?:ing)?|signed up for|subscribed to)"
    r" (?:this|these|our)\b|this (?:e-?mail|message|bulletin|newsletter|letter) (?:was sent|is sent|has been sent|may contain|and any)"
    r"|our (?:mailing|postal) address|to (?:stop|cease) (?:receiving|getting)|to be (?:taken off|removed)|want to change how"
    r"|if you (?:would rather not|no longer (?:want|wish)|do not (?:want|wish)|don['’]t (?:want|wish)))",
    re.IGNORECASE,
)
_SHARING = re.compile(
    r"(?:facebook\.com/(?:sharer|share)|twitter\.com/(?:intent|share)|x\.com/intent|linkedin\.com/share|/unsubscribe|/preferences\b|/optout|list-manage\.com/(?:unsub|profile)"
    r"|addthis\.com|/archive/?$)",
    re.IGNORECASE,
)
_DAY = r"(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?\.?,?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
WHEN = re.compile(
    rf"(?:(?:when|date|dates|time|on)\s*:\s*)?(?:{_DAY}\s+)?(?:the\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)?(?:\s*(?:[-–,&]|to|and)\s*(?:{_DAY}\s+)?\d{{1,2}}(?:st|nd|rd|th)?)?\s+(?:of\s+)?{_MONTH}"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b|\d{{4}}-\d\d-\d\d|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}})(?:,?\s+\d{{4}})?",
    re.IGNORECASE,
)
"""The beginning of a line that says when something happens."""

Style = tuple[int, float, bool, bool, bool]
"""How a heading is set, the stronger the greater: its level turned round, its size, capitals, bold, and underlined as well."""


class Use(Enum):
    """What a link is for: its words are a title, they invite to follow it, or they stand in a sentence."""

    LEAD = 1
    LABEL = 2
    INLINE = 3


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the web; `start` and `end` are the places of its words in the line."""

    url: str
    words: str
    start: int
    end: int
    use: Use = Use.INLINE


@dataclass(slots=True)
class Line:
    """A line with the links that could lead to a resource. `bold` are the words set bold at its beginning; `style` makes it a heading;
    `is_closing` says that it speaks of the bulletin itself."""

    words: str
    block: Block
    links: tuple[Link, ...] = ()
    bold: str = ""
    style: Style | None = None
    is_closing: bool = False

    @property
    def urls(self) -> list[str]:
        return list(dict.fromkeys(link.url for link in self.links))

    def of(self, use: Use) -> list[Link]:
        return [link for link in self.links if link.use is use]


def lines(blocks: Sequence[Block]) -> list[Line]:
    """Turn blocks into lines: links sorted by use, headings known. A dividing rule is a line without words."""
    found = _without_pictures([_line(block) for block in _mended(blocks)])
    shared = _shared(found)
    usual = _usual(blocks)
    for line in found:
        line.links = tuple(_used(link, line, shared) for link in line.links)
        line.style = _style(line, usual)
    _know_buttons(found)
    _drop_contents(found)
    return found


def is_when(words: str) -> bool:
    """Say whether a line only says when (and where) something happens."""
    return len(words) <= SHORT and WHEN.match(words) is not None and not re.search(r"[a-z]{3,}\.\s+[A-Z]", words)


# ---------------------------------------------------------------- lines


def _mended(blocks: Sequence[Block]) -> list[Block]:
    """Put a heading together that was broken over two lines."""
    found: list[Block] = []
    for block in blocks:
        last = found[-1] if found else None
        if last and block.joined and block.level and block.level == last.level and len(_urls((*last.runs, *block.runs))) < 2:
            found[-1] = Block(runs=(*last.runs, Run(" "), *block.runs), level=last.level, joined=last.joined, listed=last.listed)
        else:
            found.append(block)
    return found


def _urls(runs: Iterable[Run]) -> set[str]:
    return {run.url for run in runs if run.url}


def _line(block: Block) -> Line:
    words, spans = "", list[tuple[str, int, int]]()
    for run in block.runs:
        start = len(words)
        said = squeeze(run.words)
        gap = " " if words and not words.endswith(" ") and run.words[:1].isspace() else ""
        words += gap + said + (" " if said and run.words[-1:].isspace() else "")
        if not run.url:
            continue
        start += len(gap)
        if spans and spans[-1][0] == run.url and not words[spans[-1][2] : start].strip():
            spans[-1] = (run.url, spans[-1][1], start + len(said))
        else:
            spans.append((run.url, start, start + len(said)))
    found = [Link(url, words[start:end], start, end) for url, start, end in spans if is_resource(url, words[start:end])]
    printed = [
        Link(url, match[0], match.start(), match.end())
        for match in _PRINTED.finditer(words)
        if not any(start < match.end() and match.start() < end for _, start, end in spans) and is_resource(url := _whole(match[0]), match[0])
    ]
    links = tuple(sorted([*found, *printed], key=lambda link: link.start))
    chrome = any(_is_chrome(words[start:end]) or url.lower().startswith("mailto:") for url, start, end in spans)
    closes = bool(_CLOSES.match(words))
    links = () if closes else links
    is_closing = closes or (not links and (chrome or _MAILBOX.search(words) is not None))
    return Line(words.rstrip(), block, links, _bold(block), is_closing=is_closing)


def _without_pictures(found: Sequence[Line]) -> list[Line]:
    """Take off the links of pictures that lead where words lead too, and the lines that then hold nothing."""
    worded = {link.url for line in found for link in line.links if link.words}
    for line in found:
        line.links = tuple(link for link in line.links if link.words or link.url not in worded)
    return [line for line in found if line.words or line.links or not line.block.runs]


def _whole(printed: str) -> str:
    return printed if printed[:4].lower() == "http" else f"https://{printed}"


def is_resource(url: str, words: str) -> bool:
    """Say whether a link could lead to a resource: on the web, no sharing, no archive, no leaving the list."""
    return urls.is_web(url) and not _SHARING.search(url) and not _is_chrome(words)


def _is_chrome(words: str) -> bool:
    return len(words) <= _LINK and _CHROME.fullmatch(words.strip(_EDGES)) is not None


def _bold(block: Block) -> str:
    """The words set bold at the beginning of a line that goes on in another weight; without a link."""
    said = list(takewhile(lambda run: (run.bold or not run.words.strip(_EDGES)) and not run.url, block.runs))
    words = squeeze("".join(run.words for run in said)).strip(_EDGES)
    return words if any(run.words.strip(_EDGES) for run in block.runs[len(said) :]) and len(words) > 2 else ""


def _shared(found: Iterable[Line]) -> frozenset[str]:
    """Words that links to different addresses share: nobody's title."""
    leads = defaultdict[str, set[str]](set)
    for line in found:
        for link in line.links:
            leads[link.words.casefold()].add(link.url)
    return frozenset(words for words, to in leads.items() if len(to) > 1 and len(words) < 40)


def _used(link: Link, line: Line, shared: frozenset[str]) -> Link:
    return Link(link.url, link.words, link.start, link.end, _use(link, line, shared))


def _use(link: Link, line: Line, shared: frozenset[str]) -> Use:
    bare = link.words.strip(_EDGES)
    alone = len(bare) >= 0.6 * len(line.words)
    if line.block.level and alone and not is_label(bare):
        return Use.LEAD
    before, after = line.words[: link.start].strip(), line.words[link.end :]
    goes_on = len(after) > _PREFIX
    if len(bare) < 3 or _PRINTED.match(bare) or is_label(bare) or (link.words.casefold() in shared and not goes_on):
        return Use.LABEL
    # What begins a paragraph is its title, whatever its verb ("Open day: …").
    if _INVITES.fullmatch(bare) and not (not before.strip(_EDGES) and goes_on) and len(bare.split()) <= 5:
        return Use.LABEL
    begins = (len(before.strip(_EDGES)) <= _FEW and not _GRAMMAR.search(_COUNT.sub("", before))) or (
        len(before) <= 2 * _PREFIX and before[-1] in ":–—-|>]"
    )
    return Use.LEAD if alone or begins else Use.INLINE


def _usual(blocks: Sequence[Block]) -> float:
    """The size in which most words are set."""
    sizes: Counter[float] = Counter()
    for block in blocks:
        for run in block.runs:
            sizes[run.size] += 0 if block.level else len(run.words)
    return sizes.most_common(1)[0][0] if sizes else 1.0


def _style(line: Line, usual: float) -> Style | None:
    block, words = line.block, line.words
    if not any(c.isalpha() for c in words) or line.is_closing or is_when(words) or len(line.urls) > 1 or len(words) > 2 * SHORT:
        return None
    if block.level:
        return (10 - block.level, 0.0, False, False, False)
    if len(words) > SHORT or words[-1] in ".;," or (line.links and line.links[0].use is Use.LABEL) or words[0].islower():
        return None
    size = round(block.size / usual, 1) if block.size > _LARGER * usual else 1.0
    capitals = words.isupper() and sum(c.isalpha() for c in words) > 4
    return (0, size, capitals, block.is_bold, block.is_bold and block.is_underlined) if size > 1 or capitals or block.is_bold else None


def _know_buttons(found: Sequence[Line]) -> None:
    """Know a link that only invites by its place, whatever its words ("Hear them", "Count me in"): a few words by themselves at the end of a text
    that a heading without a link stands over."""
    said = [line for line in found if line.words]
    state = 0  # 1 below a heading without a link, 2 below its text
    for line, following in zip_longest(said, said[1:]):
        if state == 2 and _is_button(line) and (following is None or _ends_text(following)):
            line.links = tuple(replace(link, use=Use.LABEL) for link in line.links)
            line.style, state = None, 0
        elif line.style is not None:
            state = 0 if line.links else 1
        elif line.links:
            state = 0
        elif state and len(line.words) >= _TEXT and not is_when(line.words):
            state = 2


def _is_button(line: Line) -> bool:
    alone = len(line.links) == 1 and line.links[0].words.strip(_EDGES) == line.words.strip(_EDGES)
    return alone and not line.block.level and len(line.words.split()) <= _CALL


def _ends_text(line: Line) -> bool:
    """Whether a line begins something else than the words about the link above it."""
    return line.is_closing or (line.style is not None and not line.links) or bool(line.links and line.block.level)


def _drop_contents(found: Sequence[Line]) -> None:
    """Take the links off a table of contents: their words stand again below, as a heading."""
    heads = Counter(line.words.casefold() for line in found if line.style is not None and not line.links)
    for line in found:
        if any(heads[link.words.casefold()] for link in line.links):
            line.links = tuple(link for link in line.links if not heads[link.words.casefold()])


# ---------------------------------------------------------------- addresses


def mailboxes(line: Line) -> set[str]:
    """The domains of the mailboxes that a line prints or leads to."""
    linked = (run.url[7:].partition("?")[0] for run in line.block.runs if run.url and run.url.lower().startswith("mailto:"))
    return {found[0].rpartition("@")[2].lower() for words in (line.words, *linked) for found in _MAILBOX.finditer(words)}


def is_root(url: str) -> bool:
    """Say whether an address is a site's front page."""
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query
