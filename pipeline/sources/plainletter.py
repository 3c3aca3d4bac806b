"""A letter in plain text to its lines and items: addresses in brackets, footnotes, bullets, underlined headings. Opens no link.

In plain text an item is a stanza: its title, what is said of it, and its address, which stands below the title, behind it, or in a footnote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline import urls
from pipeline.sources import chrome, citation
from pipeline.sources.blocks import Block, Run
from pipeline.sources.bulletin import Entry
from pipeline.sources.unwrap import unwrap
from pipeline.text import clean, squeeze

MAX_LINES = 20_000
MAX_LINE = 10_000
_TITLE = 200

_URL = re.compile(r"<(?:URL:\s?)?(https?://[^\s<>]+)>|(https?://[^\s<>\"]+)", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\s*\[?(\d{1,3})[\].:)]{1,2}\s*<?(https?://[^\s<>]+)>?\s*$", re.IGNORECASE)
_MARK = re.compile(r"\s?\[(\d{1,3})\](?!\()")
_MARKDOWN = re.compile(r"\[([^\[\]\n]{2,300})\]\((https?://[^\s()]+(?:\([^\s()]*\)[^\s()]*)?)\)", re.IGNORECASE)
_QUOTED = re.compile(r"^(?:>\s?)+")
_RULE = re.compile(r"\s*([=\-_*~#+.—–]\s?){3,}\s*$")
_BULLET = re.compile(r"^\s*(?:[*•▪◦●■»‣+–-]|\d{1,3}[.)]|\(\d{1,3}\)|#{1,4})\s+")
_LABEL = re.compile(
    r"[\s(\[–—|*>:-]*(?:(?:available (?:at|from)|link|url|web(?:site)?|find (?:it|out more)(?: at)?|read (?:it|more|on|the .{2,30})(?: (?:at"
    r"|here|online))?|see|more|source|full text|online|details"
    r"|view .{0,30}|listen(?: .{0,20})?|watch(?: .{0,20})?|download(?: .{0,20})?|abstract|pdf|html|article|report|weiterlesen|mehr(?: (?:dazu"
    r"|infos?|lesen))?|zum \w+|lire .{0,20}|en savoir plus|leer más"
    r"|lees (?:meer|verder)|läs mer|visit .{0,30}|go to .{0,30}|click .{0,30}|continue reading|register(?: .{0,20})?|book .{0,20}"
    r"|link to .{0,30}|here)\s*(?:at|here)?\s*)?[\s(\[:–—|>→-]*$",
    re.IGNORECASE,
)
_OPEN_END = re.compile(
    r"[,–-]$|\b(?:a|an|and|as|at|by|der|des|die|du|en|et|for|from|in|its|la|le|les|of|on|or|our|the|their|to|und|von|with|zu)$", re.IGNORECASE
)
_CLOSED = re.compile(r"^\s*[)>\].,;]+\s*")
_JOINS = re.compile(r"^[\s\])>.,;:–—-]*(?:(?:and|but|or|also|then|und|et|y)\b[\s,]*)*", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?]\s+")
_FEW = 3  # words; so few before a further address of a sentence do not name anything
_STARRED = re.compile(r"\s*(?:\*{1,3}[^*_#\s][^*]{0,120}\*{1,3}|__[^*_#\s][^_]{0,120}__|#{1,4} [^#]{1,120})\s*:?\s*$")
_EDGES = " \t|·•–—-:>›»→*(["


def lines(text: str) -> tuple[Block, ...]:
    """Read a letter into blocks, one for each line as its writer meant it; an empty block is an empty line. Headings have a level."""
    raw = [_QUOTED.sub("", clean(line[:MAX_LINE]).expandtabs(4).rstrip()) for line in text.splitlines()[:MAX_LINES]]
    notes = {note[1]: note[2] for line in raw if (note := _FOOTNOTE.match(line))}
    used = {mark[1] for line in raw if not _FOOTNOTE.match(line) for mark in _MARK.finditer(line)}
    kept = [line for line in raw if not ((note := _FOOTNOTE.match(line)) and note[1] in used)]
    found: list[Block] = []
    for line in _unfolded(kept):
        if _RULE.fullmatch(line):
            _underline(found, line)
            found.append(Block())
        else:
            found.append(_block(line, notes))
    return tuple(_headed(found))


def cut(found: Sequence[Block]) -> tuple[Entry, ...]:
    """Cut a letter into its items, in order."""
    walk = _Walk()
    for stanza in _stanzas(_plain_titles(found)):
        walk.read(stanza)
    walk.close()
    return tuple(walk.found)


# ---------------------------------------------------------------- lines


def _unfolded(raw: Sequence[str]) -> Iterator[str]:
    """Put lines together that a mail program broke: those after which the next word would not have fitted, if the sentence plainly goes on."""
    lengths = [len(line) for line in raw if len(line) > 59 and not _URL.search(line)]
    folded = [length for length in lengths if length <= 82]
    width = max(folded, default=0) - 4 if folded and len(folded) >= 2 * (len(lengths) - len(folded)) else 1_000
    held: list[str] = []
    for line in raw:
        if held and held[-1] and line.strip() and _goes_on(held[-1], line, width):
            held.append(line.strip())
            continue
        if held:
            yield " ".join(held)
        held = [line]
    if held:
        yield " ".join(held)


def _goes_on(line: str, following: str, width: int) -> bool:
    first = following.split(maxsplit=1)[0]
    if (
        len(line) + 1 + len(first) <= width
        or _URL.search(line)
        or _BULLET.match(following)
        or _URL.match(first)
        or _RULE.fullmatch(following)
        or _RULE.fullmatch(line)
    ):
        return False
    return first[0].islower() or _OPEN_END.search(line) is not None


def _headed(found: Sequence[Block]) -> Iterator[Block]:
    """Make headings of lines in capitals, or between stars, that stand alone."""
    for before, block, after in zip((Block(), *found), found, (*found[1:], Block()), strict=False):
        alone = not before.runs and not after.runs and block.runs and not any(run.url for run in block.runs)
        yield replace(block, level=2) if alone and (_is_capitals(block.words) or _STARRED.match(block.words)) else block


def _underline(found: list[Block], rule: str) -> None:
    """Make a heading of the line above a rule, if that is about as long or the line stands alone."""
    if not found or not found[-1].runs or any(run.url for run in found[-1].runs):
        return
    above = found[-1].words
    alone = len(found) < 2 or not found[-2].runs
    if len(above) <= _TITLE and (alone or abs(len(rule.strip()) - len(above)) <= 6):
        found[-1] = replace(found[-1], level=2)


def _block(line: str, notes: dict[str, str]) -> Block:
    """Read one line: what stands before an address, behind its label, is what the address is called."""
    bullet = bool(_BULLET.match(line))
    runs: list[Run] = []
    end = 0
    for words, url, start, stop in _places(line, notes):
        before = line[end:start]
        if words:  # the link names its own words
            runs += [Run(before), Run(words, url)]
        elif squeeze(before).strip(_EDGES) and not runs:
            label = squeeze(before).strip(" \t|·•–—:>›»→([")
            runs.append(Run(label, url))
        elif chrome.is_chrome_words(_SENTENCE.split(squeeze(before[-_TITLE:]))[-1].strip(chrome.EDGES)):  # "To stop these letters, go here [6]."
            runs.append(Run(before))
        else:
            runs += [Run(before.rstrip("( <[")), Run(line[start:stop].strip("<>"), url)]
        end = stop
    runs.append(Run(_CLOSED.sub(" ", line[end:], count=1) if runs else line))
    kept = tuple(run for run in runs if run.words.strip())
    return Block(runs=kept, listed=bullet)


def _places(line: str, notes: dict[str, str]) -> list[tuple[str, str, int, int]]:
    """The links of a line: their own words if they have any, where they lead, where they stand."""
    found = [(one[1], unwrap(one[2]), one.start(), one.end()) for one in _MARKDOWN.finditer(line)]
    taken = [(start, stop) for _, _, start, stop in found]
    for one in _URL.finditer(line):
        if not any(start <= one.start() < stop for start, stop in taken):
            url = one[1] or one[2].rstrip(".,;:!?'’”]").removesuffix(")" if "(" not in (one[2] or "") else "")
            stop = one.end() if one[1] else one.start() + len(url)
            found.append(("", unwrap(url), one.start(), stop))
    if not found:
        found = [("", unwrap(notes[one[1]]), one.start(), one.end()) for one in _MARK.finditer(line) if one[1] in notes]
    return sorted((place for place in found if urls.is_web(place[1])), key=lambda place: place[2])


def _is_capitals(line: str) -> bool:
    said = line.strip(" *#=-_:")
    return len(said) <= 80 and said.isupper() and sum(char.isalpha() for char in said) >= 4


# ---------------------------------------------------------------- items


def _plain_titles(found: Sequence[Block]) -> Sequence[Block]:
    """Take underlined lines for what they are: titles, where each has one address below it and at most one line of words."""
    heads = [place for place, block in enumerate(found) if block.level]
    below = [found[start + 1 : end] for start, end in pairwise([*heads, len(found)])]
    single = [sum(any(run.url for run in block.runs) for block in part) == 1 and sum(bool(block.runs) for block in part) <= 2 for part in below]
    if len(single) < 2 or sum(single) < 0.8 * (len(single) - 1):
        return found
    told = [[block.words for block in part if block.runs and not any(run.url for run in block.runs)] for part in below]
    # Capitals head sections, unless all that stands below each is a sentence and its address.
    are_titles = all(
        len(said) <= 1 and all(words.endswith((".", "!", "?", "…")) for words in said) for said, one in zip(told, single, strict=True) if one
    )
    titles = {place for place in heads if are_titles or not _is_capitals(found[place].words)}
    # Without its level and the rule below it, a title begins the stanza of its words.
    return [replace(block, level=0) if place in titles else block for place, block in enumerate(found) if block.runs or place - 1 not in titles]


def _stanzas(found: Sequence[Block]) -> Iterator[list[Block]]:
    held: list[Block] = []
    for block in found:
        starts = block.level > 0 or (block.listed and any(other.listed or any(run.url for run in other.runs) for other in held))
        if held and (not block.runs or starts):
            yield held
            held = []
        if block.runs:
            held.append(block)
        if block.level and held:
            yield held
            held = []
    if held:
        yield held


def _is_bare(run: Run) -> bool:
    """Whether a link has no words but its address or an invitation to follow it."""
    return bool(_URL.match(run.words)) or bool(_LABEL.fullmatch(_BULLET.sub("", run.words)))


class _Walk:
    """One pass over the stanzas of a letter; holds lines that wait for their address, and the section that is open."""

    def __init__(self) -> None:
        self.found: list[Entry] = []
        self._section = ""
        self._waiting: list[list[str]] = []
        self._after: list[str] = []

    def read(self, stanza: Sequence[Block]) -> None:
        """Take one more stanza."""
        if len(stanza) == 1 and stanza[0].level:
            self.close()
            self._section = squeeze(stanza[0].words).strip(" *#=-_:")
            return
        if not any(run.url for block in stanza for run in block.runs):
            self._waiting.append([block.words for block in stanza])
            return
        self._items(stanza)

    def close(self) -> None:
        """End the last item: a stanza that waits for no address any more tells of it, where nothing did yet."""
        self._tell()
        self._waiting = []

    def _tell(self) -> None:
        """Give the waiting lines that follow an item without a blurb to it."""
        if self.found and not self.found[-1].blurb and self._waiting and self.found[-1].section == self._section and self._titled:
            self.found[-1] = replace(self.found[-1], blurb=squeeze(" ".join(self._waiting.pop(0))))

    _titled = False

    def _items(self, stanza: Sequence[Block]) -> None:
        said: list[str] = []
        made = 0
        for block in stanza:
            links = [run for run in block.runs if run.url]
            if not links:
                said.append(block.words)
                continue
            named = next((run for run in links if not _is_bare(run)), None)
            if named is not None and not said:
                made += self._named(block, named)
            elif said or not made:
                made += self._closing(said, block, links[0])
            said = []
        if said and made == 1 and self.found:
            last = self.found[-1]
            self.found[-1] = replace(last, blurb=squeeze(" ".join([last.blurb, *citation.told(said)])))

    def _named(self, block: Block, named: Run) -> int:
        """An item whose title stands before or in its link."""
        self._tell()
        self._waiting, self._titled = [], True
        index = block.runs.index(named)
        behind = squeeze("".join(run.words for run in block.runs[index + 1 :])).strip(_EDGES)
        self._add(_BULLET.sub("", named.words), named.url, [behind] if behind else [])
        return 1 + self._others(block, index)

    def _others(self, block: Block, index: int) -> int:
        """The further addresses of a sentence, each behind words of its own."""
        made, said, known = 0, "", {block.runs[index].url}
        for run in block.runs[index + 1 :]:
            if not run.url:
                said += run.words
                continue
            name = _JOINS.sub("", squeeze(said)).strip(_EDGES + ",.;")
            said = ""
            if len(name.split()) > _FEW and run.url not in known and not _LABEL.fullmatch(name):
                known.add(run.url)
                self._add(name, run.url, [])
                made += 1
        return made

    def _closing(self, said: list[str], block: Block, link: Run) -> int:
        """An item whose address closes it: the lines before it are its title and what is told of it."""
        if not said and self._titled and self.found and self.found[-1].url == link.url:
            return 0
        lines = list(said)
        index = block.runs.index(link)
        before = squeeze("".join(run.words for run in block.runs[:index])).strip(_EDGES)
        lines += [before] if before and not _LABEL.fullmatch(before) else []
        if not lines and self._waiting:
            lines = (
                self._waiting[-1]
                if len(self._waiting[-1]) > 1 or len(self._waiting) == 1 or not _is_told(self._waiting)
                else [*self._waiting[-2], *self._waiting[-1]]
            )
        self._waiting, self._titled = [], False
        if not _is_bare(link) and not lines:
            lines = [link.words]
        head, *rest = citation.headed([_BULLET.sub("", line) for line in lines]) or [""]
        if head:
            self._add(head, link.url, rest)
        return bool(head)

    def _add(self, title: str, url: str | None, blurb: Sequence[str]) -> None:
        name = squeeze(title)[:_TITLE].strip(" \t|·•–—-:>›»→*")
        self.found.append(Entry(title=name, url=url, section=self._section, blurb=squeeze(" ".join(blurb))))


def _is_told(waiting: Sequence[Sequence[str]]) -> bool:
    """Whether the last stanza tells of what the one before it names."""
    return len(waiting) > 1 and len(waiting[-2]) == 1 and len(waiting[-2][0]) <= _TITLE and len(" ".join(waiting[-1])) > len(waiting[-2][0])
