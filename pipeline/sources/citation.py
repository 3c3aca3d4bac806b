"""Lines of a literature alert that describe a work as libraries do: authors, journal, pages, numbers. Told apart from titles and abstracts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.sources.blocks import Block
from pipeline.text import squeeze

_INITIALS = re.compile(
    r"(?:\d{1,3}\.\s+)?(?:[^\W\d_][\w'’-]*(?:\s(?!and\b)[\w'’-]+){0,3}\s[A-Z]{1,3}(?:\s(?:Jr|Sr|II|III))?"
    r"|[A-Z]{1,3}\s[^\W\d_][\w'’-]+(?:\s(?!and\b)[\w'’-]+){0,2})"
    r"(?:(?:,|;|\sand|\s&)\s(?:[^\W\d_][\w'’-]*(?:\s(?!and\b)[\w'’-]+){0,3}\s[A-Z]{1,3}|[A-Z]{1,3}\s[^\W\d_][\w'’-]+(?:\s(?!and\b)[\w'’-]+){0,2}"
    r"|et al|\.\.\."
    r"|…))*\s?[.…]{0,3}"
)
_ONE = r"[^\W\d_][\w'’-]*(?:\s[\w'’-]+){0,3},\s(?:[A-Z]\.?-?){1,4}"
_INVERTED = re.compile(rf"{_ONE}(?:[;,]\s{_ONE})*(?:[;,]?\s?et al)?\W{{0,3}}")
"""Family names before initials, as Web of Science and Scopus print them: "Anand, P; Bjork, L", "Nowak, A., Zhou, L."."""
_POSTED = re.compile(
    r"(?:(?:posted|published|written) )?(?:by|von|par|por|di|door|av)\s(?P<names>[A-ZÀ-Þ].{2,80}?)\s(?:on|am|le|el|il|op|den)\s.{4,40}?\d.{0,12}",
    re.IGNORECASE,
)
"""Who wrote it and when, as blogs say it: "By Ana Silva on Nov 20, 2026 08:12 am"."""
_NAMES = re.compile(
    r"(?:(?:by|von|par|authors?:)\s)?[A-ZÀ-Þ][\w'’.-]*(?:\s(?:de|van|von|der|la|le|di|da|del|den|ten|af|of|bin|al)){0,2}(?:\s[A-ZÀ-Þ][\w'’.-]*){1,3}"
    r"(?:(?:,|;|\sand|\s&|,\sand)\s[A-ZÀ-Þ][\w'’.-]*(?:\s(?:de|van|von|der|la|le|di|da|del|den|ten|af|of|bin"
    r"|al)){0,2}(?:\s[A-ZÀ-Þ][\w'’.-]*){1,3})*(?:,?\s(?:et al|and others)\.?)?"
)
_SCHOLAR = re.compile(
    r"[A-ZÀ-Þ](?:[\w'’. ]|-(?=\w)){0,60}(?:(?:,\s|…,?\s)[A-ZÀ-Þ](?:[\w'’. ]|-(?=\w)){0,60}){0,12}…?\s?[-–]"
    r"\s.{0,120}?(?:,\s)?(?:19|20)\d\d(?:\s[-–]\s[\w.-]{1,60})?"
)
_NUMBERS = re.compile(
    r"\b(?:pmid|pmcid|doi|issn|isbn)\s?:?\s?(?:pmc)?[\d10]|^pages?:?\s?[\de]|^pp?\.\s?\d|(?:19"
    r"|20)\d\d(?:\s\w{3,9}(?:\s\d{1,2})?)?;\s?\d{1,4}(?:\(|:)|^(?:published(?: online)?|first published|online first|available online|epub"
    r"|received|accepted|volume|vol\.)\b.{0,80}\d|\bvol(?:ume|\.)?\s?\d{1,4},?\s(?:issue|no\.?|number|nr\.?)\s?\d"
    r"|\b\d{1,4}\s?\(\d{1,3}(?:[-–/]\d{1,3})?\)\s?[:,]\s?(?:e?\d|[A-Z]{3}\b)|^(?:times )?cited(?: by)?:?\s\d{1,5}\W*$|\b(?:19"
    r"|20)\d\d[;,]?\s\d{1,4}(?:\s?\(\d{1,3}\))?:\s?e?\d{1,6}(?:[-–]\d{1,6})?$|^\((?:19|20)\d\d\)\s.{3,150}\d\W*$|^\d{1,2} ?(?:min(?:ute)?s?"
    r"|h(?:ou)?rs?|days?|weeks?) ago\b.{0,60}$|^\[no authors listed\]|^(?:free article|open access|full access|no abstract(?: available)?"
    r"|online ahead of print|review|original (?:article|paper|investigation)|research article)\W*$",
    re.IGNORECASE,
)
_JOURNAL = re.compile(r"[A-Z][A-Z&:,()./ -]{5,120}[\s|]+(?:[A-Z]{3}(?:-[A-Z]{3})? )?(?:\d{1,2} )?(?:19|20)\d\d")
"""A journal in capitals with its month, as citation indexes print it: no heading."""
_FORM = re.compile(
    r"[\s|·]*(?:abstract|full[- ]?text(?: html)?|full article|pdf(?: plus)?|epdf|epub|html|references|summary|first page)[\s|·]*", re.IGNORECASE
)
_PRINTED = re.compile(r"\s*(?:https?://|doi:|10\.\d{4})", re.IGNORECASE)
_PART = re.compile(
    r"(?:(?:book|brief|case|clinical|empirical|featured?|full[- ]length|invited|media|original|practice|regular|research|review|short|special"
    r"|systematic|theoretical)\s)*(?:articles?|case stud(?:y|ies)|columns?|commentar(?:y|ies)|communications?|correspondence|corrigend(?:a|um)"
    r"|debates?|editorials?|errat(?:a|um)|essays?|features?|interviews?|introduction|letters?(?: to the editor)?|notes?|opinions?|papers?"
    r"|perspectives?|protocols?|reports?|research|reviews?|viewpoints?)",
    re.IGNORECASE,
)
"""A part of a journal's issue, which stands above the first title of that part."""
_LINE = 400
_MARKS = re.compile(r"^(?:\[(?:pdf|html|book|buch|livre|citation|zitation|doc|b|c|free full text)\]\s*)+", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*(?:\d{1,3}[.)]|\(\d{1,3}\)|\[\d{1,3}\])\s*")


def plain(title: str) -> str:
    """Take the marks off a title that catalogues put before it: `[PDF]`, a number."""
    return squeeze(_MARKS.sub("", _NUMBER.sub("", title, count=1)) or title)


def _has_initials(line: str) -> bool:
    return bool(_INITIALS.fullmatch(line) or _INVERTED.fullmatch(line))


def is_byline(line: str) -> bool:
    """Say whether a line names authors and nothing else."""
    said = squeeze(line)
    return 4 < len(said) <= 600 and bool(_has_initials(said[:600]) or (len(said) <= 300 and _NAMES.fullmatch(said)))


def is_citation(line: str) -> bool:
    """Say whether a line describes a work as a catalogue does."""
    said = squeeze(line)
    return len(said) <= 400 and bool(_NUMBERS.search(said) or _SCHOLAR.fullmatch(said) or is_byline(said))


def without(found: Sequence[Block]) -> tuple[Block, ...]:
    """Leave out of a letter the lines of a catalogue that stand below a title, and of several forms of one work all but the fullest."""
    return tuple(_fullest(block) for block, *_ in _marked(found) if block is not None)


def authors(found: Sequence[Block]) -> dict[str, tuple[str, ...]]:
    """Read the authors of each work from the line below its title, by the address of the title, or by the title where that has none."""
    said: dict[str, tuple[str, ...]] = {}
    for block, title, line in _marked(found):
        if block is None and title not in said and (posted := _POSTED.fullmatch(line)):
            said[title] = names(posted["names"])
        elif block is None and title not in said and (_has_initials(line) or _SCHOLAR.fullmatch(line) or _NAMES.fullmatch(line)):
            said[title] = names(line)
    return said


def _marked(found: Sequence[Block]) -> Iterator[tuple[Block | None, str, str]]:
    """Give each block, or nothing for one that describes the work above it as a catalogue does; with that work and the words."""
    title, below = "", 0
    for block in found:
        linked = next(
            (run.url for run in block.runs if run.url and len(run.words) > 3 and not _PRINTED.match(run.words) and not _FORM.fullmatch(run.words)),
            None,
        )
        line = block.words[:_LINE]
        heads = bool(linked or block.level or block.is_bold)
        is_linked = title[:4] == "http"
        free = not heads and (is_linked or not any(run.url for run in block.runs))
        if title and below and free and _describes(line, first=below == 1, linked=is_linked):
            yield None, title, line
            below += 1
            continue
        if heads:
            title, below = linked or block.words, 1
        elif line:
            below = 0 if below > 1 or len(line) > 200 else below + 1
        yield block, title, line


def _describes(line: str, *, first: bool, linked: bool) -> bool:
    """Whether a line below a title is one of a catalogue. Two words in capitals may be anything, unless they stand below a link."""
    if len(line) >= _LINE:
        return False
    named = first and bool(_NAMES.fullmatch(line)) and (linked or re.search(r",|;|\sand\s|&", line) is not None)
    return named or bool(
        _NUMBERS.search(line) or _POSTED.fullmatch(line) or _has_initials(line) or _SCHOLAR.fullmatch(line) or (linked and _JOURNAL.fullmatch(line))
    )


def _fullest(block: Block) -> Block:
    """Of the links `Abstract | Full text | PDF` keep the second, which leads to the work itself."""
    forms = [run for run in block.runs if run.url and _FORM.fullmatch(run.words)]
    full = next((run for run in forms if run.words.lower().strip(" |·").startswith("full")), None)
    if full is None or len(forms) < 2:
        return block
    return replace(block, runs=tuple(run for run in block.runs if run not in forms or run is full))


def told(lines: Sequence[str]) -> list[str]:
    """Leave out the lines of a catalogue."""
    return [line for line in lines if not is_citation(line)]


def headed(lines: Sequence[str]) -> list[str]:
    """Put the title first: the first line that names no authors with their initials and no numbers. What is told of the work follows."""
    if len(lines) > 2 and _PART.fullmatch(lines[0].strip(" :")) and not is_citation(lines[1]):
        lines = lines[1:]
    place = next((at for at, line in enumerate(lines) if not (_NUMBERS.search(line) or _INITIALS.fullmatch(squeeze(line)[:600]))), None)
    if place is None:
        return list(lines)
    return [plain(lines[place]), *told(lines[place + 1 :])]


def names(line: str) -> tuple[str, ...]:
    """Read the authors of a byline."""
    said = _NUMBER.sub("", re.split(r"\s[-–]\s", squeeze(line), maxsplit=1)[0]).rstrip(" .…")
    said = re.sub(r"^(?:by|von|par|authors?:)\s", "", said, flags=re.IGNORECASE)
    if _INVERTED.fullmatch(said):
        return tuple(one[0].rstrip(".") for one in re.finditer(_ONE, said))[:50]
    parts = re.split(r",\sand\s|,\s|;\s|\sand\s|\s&\s", said)
    return tuple(part.strip() for part in parts if part.strip() and part.strip().lower() not in ("et al", "others", "...", "…"))[:50]
