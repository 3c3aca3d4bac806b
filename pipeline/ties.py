"""What words say of how a thing belongs to others: which part of a series it is, what it follows up, supports, accompanies or records.

English only, as such titles and leads are written. Nothing is guessed beyond what stands there, whether the other thing exists is not asked here, and
every pattern is bounded, because the words are anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.model import Mention, Tie

READ = 6_000
"""Characters of a text that are read for such words: they stand in its lead."""
MOST = 8
"""Mentions that one thing may make."""
LONGEST = 200
"""Characters of words that are kept."""

_COUNTED = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth")
_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_NUMBERS = {word: place for words in (_COUNTED, _UNITS, _ROMAN) for place, word in enumerate(words, start=1)}
_STRONG = r"part|blog(?:\s+post)?|post|episode|ep\.?|instal?ment"
_WEAK = r"webinar|article|interview|video|paper|session|film|talk|number|no\.?|\#"
_DIGITS = rf"(?:\d{{1,3}}|{'|'.join((*_UNITS, *_ROMAN))})"
_TH = rf"(?:{'|'.join(_COUNTED)}|\d{{1,3}}(?:st|nd|rd|th))"
_THING = rf"(?:{_STRONG}|webinar|article|interview|video|paper|session|film|talk)"
_PART = re.compile(
    rf"(?<!\w)(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK}))\s*\#?(?P<number>{_DIGITS})(?!\w|[.,:]\d|\s*%)"
    rf"|(?<!\w)(?:the\s+)?(?P<th>{_TH})\s+{_THING}(?!\w)"
    r"|(?P<of>(?:(?<=[(\[])|^)(?P<place>\d{1,2})\s*(?:/|of)\s*(?P<all>\d{1,2})(?=[)\]]\s*(?:$|[:–—|-])|\s*[:–—|-]\s))",
    re.IGNORECASE,
)
_OF_SERIES = re.compile(
    rf"\b(?:(?P<th>{_TH})\s+{_THING}|{_THING}\s+(?P<number>{_DIGITS}))\s+(?:in|of)\s+(?:our|the|a|this|my)\b.{{0,60}}?\bseries\b", re.IGNORECASE
)
_CALLED = re.compile(
    r"\bseries(?:,?\s+(?:called|entitled|titled|on|about|named))?[,:]?\s+[“\"‘](?P<quoted>[^”\"’]{3,120})[”\"’]"
    r"|\b(?:in|of)\s+(?:our|the|a|this|my)\s+[“\"‘]?(?P<named>[^\W\d_a-z][\w'’-]{0,40}(?:\s+[^\W\d_a-z][\w'’-]{0,40}){0,5})[”\"’]?\s+(?:[\w-]{1,20}\s+)?series\b"
)
_SEPARATES = " \t,;:.([)]–—|-/!?"

_NOUN = (
    r"(?:piece|blog|post|paper|article|report|study|guide|video|film|podcast|episode|resource|document|evaluation|interview|webinar|session|event)"
)
_SAYS: tuple[tuple[Tie, re.Pattern[str]], ...] = tuple(
    (tie, re.compile(pattern, re.IGNORECASE))
    for tie, pattern in (
        (
            Tie.RECORDS,
            r"\b(?:(?:watch|see|view|hear|listen\s+to|catch\s+up\s+with)\s+(?:the|a|our|this)\s+(?:full\s+)?recording"
            r"|(?:this\s+is\s+)?(?:the|a|our)?\s*(?:video\s+|audio\s+|full\s+)?recording)\s+(?:of|from)\b|\brecorded\s+(?:at|during)\b",
        ),
        (
            Tie.CONTINUES,
            rf"\bfollow(?:s|ed|ing)?[\s-]?(?:up|on)(?:\s+{_NOUN}){{0,2}}\s+(?:to|of|from)\b|\bfollows\s+(?:our|the)\b|\bsequel\s+to\b"
            rf"|\bcontinues\s+(?:from\s+)?(?:our|the)\s+{_NOUN}\b|\bfollow[\s-]?up\s+to\b",
        ),
        (
            Tie.SUPPORTS,
            r"\b(?:the\s+)?slides?(?:\s+deck|share)?\s+(?:from|of|for|to|linked\s+to)\b|\bslideshare\s+(?:from|of|for|linked\s+to)\b"
            r"|\b(?:supports|accompanies|goes\s+with|to\s+go\s+with)\s+(?:the|our|this|a|an)\b|\bsupports\s+[“\"]|\b(?:worksheets?|handouts?)\s+(?:for|from)\b",
        ),
        (
            Tie.COMPANION,
            rf"\bcompanion(?:\s+{_NOUN})?\s+(?:to|of|for)\b|\b(?:to\s+be\s+|best\s+)?read\s+(?:together\s+|alongside\s+|along\s+)?with\s+(?:the|our)\b",
        ),
    )
)
_TELLING: dict[Tie, tuple[str, ...]] = {
    Tie.RECORDS: ("record",),
    Tie.CONTINUES: ("follow", "continues", "sequel"),
    Tie.SUPPORTS: ("slide", "supports", "accompanies", "goes with", "go with", "worksheet", "handout"),
    Tie.COMPANION: ("companion", "read with", "read together", "read along"),
}
"""Words without which none of the patterns of a tie finds anything: to look for them costs a hundredth."""
_ANY = re.compile("|".join(word for words in _TELLING.values() for word in words))
_QUOTES = '“"‘«'
_QUOTED = re.compile(r"[“\"‘«]\s*([^“”\"‘’«»\n]{4,200}(?:’\w[^“”\"‘’«»\n]{0,200})?)\s*[”\"’»]")
_STOPS = re.compile(r"[.!?…](?=\s+[^\W\d_a-z]|\s*$)|\n")
_REACH = 160  # characters between the words and what they speak of
_OF_THIS: tuple[tuple[Tie, re.Pattern[str]], ...] = (
    (
        Tie.RECORDS,
        re.compile(r"(?:watch|see|view|listen\s+to|hear)\s+(?:the|a|our)?\s*(?:full\s+)?recording|(?:the\s+)?(?:video\s+)?recording", re.IGNORECASE),
    ),
    (Tie.SUPPORTS, re.compile(r"(?:(?:download|see|view|get)\s+)?(?:the|our)?\s*(?:slides|slide\s+deck|worksheets?|handouts?)", re.IGNORECASE)),
)
_MARKED = re.compile(
    r"\s*[\[(]?\s*\b(?P<before>(?:webinar|event|session|talk|video)?\s*recording|slides|slide\s+deck)\b\s*[\])]?\s*(?:[:–—|-]|of\b)\s*(?P<rest>.{4,})"
    r"|(?P<title>.{4,}?)\s*(?:[:–—|(\[,]|\s-\s)\s*(?:the\s+)?(?P<after>(?:webinar|event|session|video)?\s*recording|slides|slide\s+deck)\s*[)\]]?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A number in a title, and what stands before it."""

    number: int
    stem: str


def part(title: str) -> Part | None:
    """Read which part a title says that it is: "Networks, part 2", "blog 1", "Episode 12: …", "The third webinar", "… (3/5)"."""
    said = title[:500]
    for found in _PART.finditer(said):
        number = _number(found)
        if number is not None and _is_counted(found, said, number):
            return Part(number, said[: found.start()].strip(_SEPARATES))
    return None


def part_of_series(said: str) -> int | None:
    """Read which part of a series a text says that it is: "the second blog in our series", "part two of the series"."""
    found = _OF_SERIES.search(said[:500])
    return _number(found) if found else None


def series(title: str, description: str, opening: str) -> tuple[str | None, int | None, str]:
    """Say of which series and which part of it a thing is, by its title, else by its own first words; and which of the two said so.

    The name of a series is what its title has before the number, of two words or more, or what the words name as one.
    """
    if found := part(title):
        return (found.stem if len(found.stem.split()) > 1 else _called(description, opening)), found.number, "title"
    for said in (description, opening):
        number = part_of_series(said) if "series" in said[:500].lower() else None
        if number is not None:
            return _called(said), number, "text"
    return None, None, ""


def mentions(*texts: str) -> tuple[Mention, ...]:
    """Read which things a text says that it follows up, supports, accompanies or records, where it gives their titles in quotation marks."""
    found: dict[tuple[Tie, str], Mention] = {}
    for said in texts:
        for one in _quoting(said[:READ]):
            found.setdefault((one.tie, one.title), one)
    return tuple(found.values())[:MOST]


def linked(before: str, link: str, url: str, *, after: str = "") -> Mention | None:
    """Read what a sentence says of the thing that it links to; `None` where it says nothing of the kind.

    A link that is itself called "Watch the recording" or "Slides" leads to what records or supports the thing that is read.
    """
    for tie, pattern in _OF_THIS:
        if pattern.fullmatch(link.strip(" .:→»›")):
            if _says(after[:20], "of", "from"):  # "the recording of the webinar": of another thing
                return None
            return Mention(tie=tie, words=clipped(link), url=url, of_this=True)
    sentence = _last_sentence(f"{before[-600:]} {link[:LONGEST]}".strip(), keep=len(link[:LONGEST]))
    reach = len(sentence) - len(link[:LONGEST])
    ties = [(found.end(), tie) for tie, pattern in _patterns(sentence) for found in pattern.finditer(sentence)]
    near = [(end, tie) for end, tie in ties if end - reach <= len(link) and reach - end <= _REACH]
    return Mention(tie=max(near)[1], words=clipped(sentence), url=url) if near else None


def is_telling(said: str) -> bool:
    """Say quickly whether a text may hold such words at all."""
    return _ANY.search(said[:READ].lower()) is not None


def unmarked(title: str) -> tuple[str, Tie] | None:
    """Take "Recording:" or "(slides)" off a title; gives the rest and what that makes of it, `None` where there is no such mark."""
    found = _MARKED.fullmatch(title[:500])
    if found is None:
        return None
    mark = (found["before"] or found["after"]).casefold()
    return (found["rest"] or found["title"]).strip(), Tie.RECORDS if "recording" in mark else Tie.SUPPORTS


def unique(found: Iterable[Mention]) -> tuple[Mention, ...]:
    """Keep each mention once, at most `MOST`: those by address first, which are the surer."""
    every = sorted(found, key=lambda one: not one.url)
    return tuple({(one.tie, one.of_this, one.url or one.title): one for one in reversed(every)}.values())[::-1][:MOST]


def clipped(said: str) -> str:
    """Put words on one line, cut to what is kept of them."""
    squeezed = " ".join(said.split())
    return squeezed if len(squeezed) <= LONGEST else squeezed[: LONGEST - 1].rstrip() + "…"


# ---------------------------------------------------------------- steps


def _number(found: re.Match[str]) -> int | None:
    groups = found.groupdict()
    said = next((one for name in ("number", "th", "place") if (one := groups.get(name))), "").casefold()
    number = _NUMBERS.get(said) or int(re.sub(r"\D", "", said) or 0)
    if groups.get("of") and not 1 <= number <= int(groups["all"]) >= 2:
        return None
    return number or None


def _is_counted(found: re.Match[str], said: str, number: int) -> bool:
    """Whether it counts a part, and not articles of a law or firsts of a life: "Article 50 and what next", "My first video"."""
    if found["of"]:
        return True
    before, after = said[: found.start()].rstrip(), said[found.end() :].lstrip()
    ends = not after or after[0] in _SEPARATES
    if found["strong"]:
        return ends or found["number"].isdecimal()
    begins = not before or before[-1] in _SEPARATES
    return ends and (begins if found["th"] else bool(before) and number <= 30)


def _called(*texts: str) -> str | None:
    for said in texts:
        if found := _CALLED.search(said[:1_000]):
            return clipped((found["quoted"] or found["named"]).strip())
    return None


def _quoting(said: str) -> Iterator[Mention]:
    if not any(mark in said for mark in _QUOTES):
        return
    for tie, pattern in _patterns(said):
        for found in pattern.finditer(said):
            quoted = _QUOTED.search(said, found.end() - 1, found.end() + _REACH + LONGEST)
            if quoted and quoted.start() - found.end() <= _REACH and not _STOPS.search(said, found.end(), quoted.start()):
                yield Mention(
                    tie=tie, words=clipped(said[_sentence_start(said, found.start()) : quoted.end()]), title=clipped(quoted[1].strip(" .,;:"))
                )


def _patterns(said: str) -> list[tuple[Tie, re.Pattern[str]]]:
    """The patterns that may find something in a text."""
    low = said.lower().replace("\n", " ")
    return [(tie, pattern) for tie, pattern in _SAYS if any(word in low for word in _TELLING[tie])]


def _last_sentence(said: str, *, keep: int) -> str:
    """Cut off what stands before the sentence in which the last `keep` characters are."""
    return said[_sentence_start(said, len(said) - keep) :].lstrip()


def _sentence_start(said: str, at: int) -> int:
    """Where the sentence begins in which a place lies, at most 300 characters before it."""
    low = max(0, at - 300)
    return max((found.end() for found in _STOPS.finditer(said, low, at)), default=low)


def _says(said: str, *words: str) -> bool:
    return said.split()[:1] in [[word] for word in words]
