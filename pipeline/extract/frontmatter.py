"""What stands at the front of a report: its title, its people and its day, by the type of its first page. Reads lines, knows no PDF."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from pipeline import citations, text
from pipeline.extract import site
from pipeline.extract.document import Found
from pipeline.extract.leaves import Line
from pipeline.model import Citation

MAX_TITLE = 500
_MOST_LINES = 200  # of a first page
_MAX_LINES = 6  # of a title; more lines of one size are a text
_SAME = 0.96  # of a size: PDFium's measures waver by a few hundredths
_LARGER = 1.08  # times the size of the text: what is set larger than that is a heading
_CLEARLY = 1.3  # times the size of a letter
_NEAR = 0.6  # of the largest type: a title under the name of its publisher is not set smaller
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel|office)\b.*|(?:powerpoint|word) (?:presentation|document)|untitled.*|(?:new )?document\s?\d*"
    r"|layout ?\d*|(?:簡報|演示文稿|幻灯片|文档|文件|プレゼンテーション|文書|présentation|präsentation|presentación|dokument|documento) ?\d*"
    r"|(?:sans titre|sin título|ohne titel|unbenannt|senza titolo|无标题|無題|新建).*"
    r"|slide ?(?:number )?\d+|title|doc(?:ument)? title|print|full page|blank(?: page)?|template.*|.* template|presentation\s?\d*|draft.*"
    r"|scan(?:ned)?\b.*"
    r"|.*\.(?:docx?m?|pptx?|xlsx?|indd|pdf|qxd|tex|dvi|ps|eps|rtf|odt|odp|pub|ai|html?|cdr|wpd)|[\d\W_]*|\d+ \d+\.\.\d+)",
    re.IGNORECASE,
)
_REPORT_NUMBER = re.compile(r"^[A-Z]{2,5}-\d[\d-]*[,:]\s+")  # stands before the title of many official reports
_GENRE = (
    r"report|annual|final|interim|policy|research|briefing|brief|working|discussion|white|paper|series|newsletter|bulletin|news|minutes"
    r"|agenda|guide|guidance"
    r"|technical|note|notes|issue|volume|vol|number|no|edition|version|fact|factsheet|sheet|case|study|executive|summary|full|short|review"
    r"|insight|insights"
    r"|occasional|evidence|statement|press|release|memorandum|memo|letter|toolkit|handbook|slides|presentation|confidential|draft"
    r"|publication|publications"
    r"|original|article|open|access|the|a|of|and|for|to|in|spring|summer|autumn|fall|winter|january|february|march|april|may|june|july"
    r"|august|september|october"
    r"|november|december|part|page|contents|www|published|updated"
)
_ONLY_GENRE = re.compile(rf"(?:(?:{_GENRE}|[\d\W_]+)\b[\W_]*)+", re.IGNORECASE)
_BADGE = re.compile(r"^(?:OPEN ACCESS|Open Access|ORIGINAL (?:RESEARCH|ARTICLE)|RESEARCH ARTICLE)[\W_]*(?=[A-ZÀ-Þ])")  # set beside the title
_ANNUAL = re.compile(r"(?:annual|biennial) (?:report|review)\b", re.IGNORECASE)
_JOURNAL = re.compile(r"(?:the )?(?:\w+ ){0,3}(?:journal|annals|archives|proceedings|transactions) (?:of|for)\b", re.IGNORECASE)
_LABELLED = re.compile(r"(?:(?:document|policy|guideline|report|project) )?title\s*:\s*(\S.{7,})", re.IGNORECASE)
_YEARS = re.compile(r"(?:19|20)\d\d(?: ?[-–/] ?(?:(?:19|20)?\d\d))?")
_MEMO_HEAD = re.compile(r"(?:to|from|date|cc|subject|re)\s*:\s", re.IGNORECASE)
_DEAR = re.compile(r"(?:dear|sehr geehrte\w*|madame|chère?s?|estimad[oa]s?)\b.{0,60}", re.IGNORECASE)
_HAN = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff]) (?=[\u3040-\u30ff\u3400-\u9fff])")
_BODY = re.compile(
    r"\b(?:universit\w*|institut\w*|departm\w*|laborat\w*|schools?|colleges?|centres?|centers?|hospitals?|councils?|offices?|trusts?"
    r"|foundations?|associations?"
    r"|commission|ministry|agency|network|alliance|partnership|federation|society|limited|ltd|inc|gmbh|group|committee|bureau|academy|library)\b",
    re.IGNORECASE,
)
_FURNITURE = re.compile(r"@|https?:|www\.|©|\bISSN\b|\bISBN\b|\bdoi\b", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:re|ref|subject|betreff|objet|asunto)\s*:\s*(\S.{6,})", re.IGNORECASE)
_MEMO = re.compile(r"(?:to|from|date|cc|copy|ref|our ref|your ref|dear|tel|phone|email)\b.{0,60}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A title with the rule that found it, the line after it (0 where it is not on the page), and whether its type or its file confirms it."""

    found: Found[str]
    end: int = 0
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Lines of one size, one under the other."""

    words: str
    size: float
    top: float
    end: int
    lines: int


def title(stated: str, lines: Sequence[Line], words: str) -> Title:
    """The stated title where the first pages show it, else the largest type of the first page, else the stated one.

    Office programs state the name of a file, or the title of the document that this one was copied from.
    """
    stated = _REPORT_NUMBER.sub("", text.squeeze(stated)).strip(" \"“”'")
    plausible = not _NO_TITLE.fullmatch(stated) and (" " in stated or not stated.isascii()) and "_" not in stated
    block = _labelled(lines) or _largest(lines, words) or _first_line(lines)
    told = frozenset(text.words(stated))
    shown = plausible and ((not stated.isascii() and " " not in stated) or _is_shown(stated, told, words[:20_000]))
    if shown and not (block and told < frozenset(text.words(block.words))) and not (block and _ONLY_GENRE.fullmatch(stated)):
        return Title(found=(text.clip(stated, MAX_TITLE), "pdf title"), end=_end(stated, lines))
    if block:
        rule = "largest type" if block.lines else "first line"
        confirmed = bool(block.lines) or (bool(told) and told < frozenset(text.words(block.words)))
        return Title(found=(text.clip(block.words, MAX_TITLE), rule), end=block.end, sure=confirmed)
    return Title(found=(text.clip(stated, MAX_TITLE), "pdf title") if plausible else None)


def _labelled(lines: Sequence[Line]) -> _Block | None:
    """What a line of the first page calls the title: "Title: Use of insulin pumps"."""
    for index, line in enumerate(lines[:12]):
        if found := _LABELLED.fullmatch(line.words):
            return _Block(words=found[1], size=line.size, top=line.top, end=index + 1, lines=1)
    return None


def _is_shown(stated: str, told: frozenset[str], words: str) -> bool:
    """Whether a title stands in the text, whole or, where it is long, in nearly all its words."""
    if len(told) > 2 and site.fold(stated) in site.fold(words):
        return True
    return len(told) > 5 and len(told & frozenset(text.words(words[:4_000]))) >= 0.9 * len(told)


def _end(stated: str, lines: Sequence[Line]) -> int:
    """The line after a title that the metadata state."""
    wanted = site.fold(stated)
    last = 0
    for index, line in enumerate(lines[:40]):
        folded = site.fold(line.words)
        if len(folded) > 5 and (folded in wanted or wanted in folded):
            last = index + 1
        elif last:
            break
    return last


def is_letter(lines: Sequence[Line]) -> bool:
    """Whether a first page is a letter or a memo: near its beginning stands "Dear …", or "To: …" and "From: …"."""
    heads = sum(_MEMO_HEAD.match(line.words) is not None for line in lines[:20])
    return heads > 2 or any(_DEAR.fullmatch(line.words) for line in lines[:20])


def is_front(lines: Sequence[Line], *, letter: Sequence[Line]) -> bool:
    """Whether a page behind a letter begins what the letter sends: it has a heading clearly larger than the letter's type."""
    block = _largest(lines, "")
    return block is not None and block.size > _CLEARLY * median(line.size for line in letter)


def _blocks(lines: Sequence[Line], words: str) -> Iterator[_Block]:
    start = 0
    while start < len(lines):
        end = start + 1
        while end < len(lines) and _belongs(lines[start], lines[end - 1], lines[end]):
            end += 1
        yield _Block(
            words=_run(lines[start:end], words) if end - start <= _MAX_LINES else "",  # more lines are no heading
            size=lines[start].size,
            top=lines[start].top,
            end=end,
            lines=end - start,
        )
        start = end


def _run(lines: Sequence[Line], words: str) -> str:
    """The lines of a heading as one: without the hyphens that break its words, which the text writes whole, and without gaps in Chinese."""
    run = ""
    for line in lines:
        begin, cut = run[:-1].rsplit(" ", 1)[-1], line.words.split(" ", 1)[0]
        broken = run[-1:] in {"-", "‐"} and cut[:1].islower()
        if broken:
            run = run[:-1] if run[-1] == "‐" or re.search(rf"\b{re.escape(begin + cut)}", words, re.IGNORECASE) else run
            run += line.words
        else:
            run = f"{run} {line.words}".strip()
    return _BADGE.sub("", _HAN.sub("", run))


def _belongs(first: Line, last: Line, line: Line) -> bool:
    """Whether a line goes on with the heading that the line before it is part of."""
    if not line.size or not _SAME * first.size <= line.size <= first.size / _SAME:
        return False
    if first.words.isupper() != line.words.isupper() and any(character.isalpha() for character in line.words):
        return False
    return -0.5 * first.size < last.bottom - line.top < 0.9 * first.size


def _largest(lines: Sequence[Line], words: str) -> _Block | None:
    """The heading in the largest type that reads like a title, the uppermost of those nearly as large."""
    body = _body_size(lines)
    headings = [block for block in _blocks(lines, words) if block.size > _LARGER * body and block.lines <= _MAX_LINES and _is_wordy(block.words)]
    telling = [block for block in headings if not _ONLY_GENRE.fullmatch(block.words)] or headings
    if not telling:
        return None
    greatest = max(block.size for block in telling)
    if annual := next((block for block in headings if block.size >= 2 * greatest and _ANNUAL.match(block.words)), None):
        return _with_year(annual, lines)
    best = max((block for block in telling if block.size >= _SAME * greatest), key=lambda block: block.top)
    if _is_masthead(best.words):
        others = (block for block in telling if not (_BODY.search(block.words) or _JOURNAL.match(block.words)))
        near = [block for block in others if block.size >= _NEAR * greatest and len(block.words.split()) > 3]
        best = max(near, key=lambda block: block.size, default=best)
    return best


def _with_year(block: _Block, lines: Sequence[Line]) -> _Block:
    """An annual report with the year that stands alone on its cover."""
    digits = "".join(line.words for line in lines[:20] if not line.size and re.fullmatch(r"[\d/–-]{2,9}", line.words))
    year = digits if _YEARS.fullmatch(digits) else ""
    return replace(block, words=block.words if not year or year in block.words else f"{block.words} {year}")


def _is_masthead(words: str) -> bool:
    """Whether a heading is only the name of who publishes: of a journal, or few words, one of them a word for a body."""
    if _JOURNAL.match(words):
        return True
    return len(words.split()) <= 6 and _BODY.search(words) is not None and ":" not in words


def _body_size(lines: Sequence[Line]) -> float:
    """The size in which most letters are set; 0 on a cover, which has no text but headings."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[round(line.size)] += len(line.words)
    if letters.total() < 500:
        return 0.0
    size, _ = letters.most_common(1)[0]
    return max((line.size for line in lines if round(line.size) == size), default=0.0)


def _is_wordy(words: str) -> bool:
    letters = sum(character.isalpha() for character in words)
    return not _FURNITURE.search(words) and letters >= 8 and letters * 2 > len(words) and (" " in words or not words.isascii())


def _first_line(lines: Sequence[Line]) -> _Block | None:
    """Where nothing is set larger than the text: the subject of a letter, else the first line that is no sentence and no letterhead."""
    for index, line in enumerate(lines[:40]):
        if subject := _SUBJECT.fullmatch(line.words):
            return _Block(words=subject[1], size=line.size, top=line.top, end=index + 1, lines=0)
    for index, line in enumerate(lines[:12]):
        if (
            _is_wordy(line.words)
            and not _ONLY_GENRE.fullmatch(line.words)
            and not _MEMO.match(line.words)
            and not line.words.endswith((".", ",", ";"))
        ):
            return _Block(words=line.words, size=line.size, top=line.top, end=index + 1, lines=0)
    return None


def citation(lines: Sequence[Line], *, dated: bool) -> Found[Citation]:
    """The line in which a journal says where the article stands: "The Leadership Quarterly 21 (2010) 12-19". `dated`: no year is wanted."""
    found = next(filter(None, (citations.stated(line.words) for line in lines[:_MOST_LINES])), None)
    return (replace(found, year=None) if dated else found, "line of the first page") if found else None
