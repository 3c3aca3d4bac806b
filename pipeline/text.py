"""What a word is: counting, cutting and cleaning text. Knows nothing of pages, feeds or files.

Every pattern here is linear in its input, because the input is whatever the web holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from html import unescape

WORDS_PER_MINUTE = 200
HIGHEST = 30
"""Marks that a letter may carry (UAX #15, 13)."""

# Control characters, byte order marks, direction overrides, lone surrogates, noncharacters: none of them is text, several of them deceive.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_LINE_END = re.compile("[\x0b\x0c\x85\u2028\u2029]")  # what else ends a line: XML and terminals take none of these
# Python's \w leaves out vowel signs and accents that stand alone, which would cut Hindi or Hebrew words in pieces.
_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff"
# Scripts written without spaces: each character counts as a word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# ASCII first: most letters are, and need no look ahead.
_WORD = re.compile(f"[{_UNSPACED}]|(?:[a-z0-9]|(?![{_UNSPACED}])[^\\W_])(?:[a-z0-9]++|(?![{_UNSPACED}])[^\\W_]|[{_MARKS}]|'(?=[^\\W_]))*+")

_SILENT = re.compile(r"<(?:(script|style|noscript|template)\b|!--)", re.IGNORECASE)
_SILENT_END = {name: re.compile(rf"</{name}\s*>" if name else "-->", re.IGNORECASE) for name in ("", "script", "style", "noscript", "template")}
_INLINE = re.compile(
    r"""</?(?:a|abbr|b|cite|code|del|em|font|i|ins|mark|q|s|small|span|strong|sub|sup|u|wbr)(?:\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*)?/?>""",
    re.IGNORECASE,
)
_TAG = re.compile(r"""<[a-zA-Z/!?](?:[^<>"']|"[^"<]*"|'[^'<]*')*>|<[a-zA-Z/!?][^<>]*>""")

_UNITS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: number for number, word in enumerate(_UNITS, start=1)} | {word: 10 * number for number, word in enumerate(_TENS, start=2)}
_NUMBER = rf"(?:\d{{1,3}}|(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS[:9])}))?|{'|'.join(_UNITS)})"
_READ = re.compile(
    rf"\b({_NUMBER})[\s-]*(?:min(?:ute)?n?s?\b\.?)[\s-]*(?:(?:long|quick|short)\s+)?(?:read(?:ing)?\b|blog\b|article\b|lese\w*|de\s+lectura|de\s+lecture)"
    rf"|\b(?:read(?:ing)?[\s-]+time|time\s+to\s+read|lesezeit|lesedauer|temps\s+de\s+lecture|tiempo\s+de\s+lectura)\W{{1,4}}(?:(?:about|approx\.?|ca\.?)\s+)?"
    rf"({_NUMBER})\s*min",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """Take out what is no text: control characters (tab and line ends stay), direction overrides, invisible joiners, lone surrogates."""
    return _UNSEEN.sub("", _LINE_END.sub("\n", text))


def squeeze(text: str) -> str:
    """Clean, and put one space where there was any run of white space."""
    seen = text if text.isprintable() and text.isascii() else _UNSEEN.sub("", text)
    return " ".join(seen.split())


def header(text: str) -> str:
    """Put words on one line of the head of a mail, with nothing left in them that reads as an encoded word (RFC 2047).

    The standard library would unpack it, line ends and all, and what follows would be a header of a stranger's.
    """
    return squeeze(text).replace("=?", "= ?")


def words(text: str) -> tuple[str, ...]:
    """Split into words, case folded and in NFKC; characters of scripts without spaces (Chinese, Japanese, Thai) are words of their own."""
    return tuple(_WORD.findall(folded(text)))


def folded(text: str) -> str:
    """Give the text in the form in which words are equal: cleaned, in NFKC, case folded, one sort of apostrophe."""
    return unicodedata.normalize("NFKC", unpiled(clean(text))).replace("’", "'").casefold()


def unpiled(text: str) -> str:
    """Leave out marks that are piled on a letter higher than in any language (UAX #15, 13): to put them in order takes time with their square."""
    if text.isascii():
        return text
    marks = "".join(sorted(letter for letter in set(text) if unicodedata.combining(letter)))
    return _pile(marks).sub(r"\1", text) if marks else text


@lru_cache(256)
def _pile(marks: str) -> re.Pattern[str]:
    several = f"[{re.escape(marks)}]"
    return re.compile(f"({several}{{{HIGHEST}}}){several}+")


def minutes(words: int) -> int:
    """Turn a number of words into minutes of reading, at least one."""
    return max(1, round(words / WORDS_PER_MINUTE))


def number(text: str) -> int | None:
    """Read a whole number below 1,000 in digits, or below 100 in English words ("twenty-five")."""
    if text.isascii() and text.isdigit():
        return int(text) if len(text) < 4 else None
    parts = text.casefold().replace("-", " ").split()
    if not parts or len(parts) > 2 or any(part not in _NUMBERS for part in parts):
        return None
    return sum(_NUMBERS[part] for part in parts)


def spoken_minutes(text: str) -> int | None:
    """Read the minutes of reading that a text states of itself: "A ten minute read", "5 min read", "Lesezeit: 7 Minuten"."""
    found = _READ.search(text)
    return (number(found[1] or found[2]) or None) if found else None


def clip(text: str, limit: int) -> str:
    """Shorten to at most `limit` characters, between words, with an ellipsis where something is gone."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    kept = text[: limit - 1]
    if not text[limit - 1].isspace() and " " in kept:
        kept = kept.rsplit(" ", 1)[0]
    return kept.rstrip(" ,;:.–—-") + "…"


def counted(number: int, one: str, many: str = "") -> str:
    """Count things in English: "1 page", "1,200 pages", "2 entries"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that was probably meant, whatever its case; `None` where none is near."""
    names = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), names, n=1, cutoff=0.5)
    return names[close[0]] if close else None


def plain(html: str) -> str:
    """Turn a piece of HTML into one line of text: tags and scripts off, entities decoded. What comes back may hold "<" and must be escaped."""
    if "<" in html:
        html = _TAG.sub(" ", _INLINE.sub("", _without_silent(html)))
    return squeeze(unescape(html) if "&" in html else html)


def _without_silent(html: str) -> str:
    """Cut what a browser does not show. Unclosed, it runs to the end, as it does in a browser."""
    kept, at = [], 0
    while opening := _SILENT.search(html, at):
        kept.append(html[at : opening.start()])
        closing = _SILENT_END[(opening[1] or "").lower()].search(html, opening.end())
        at = closing.end() if closing else len(html)
    return " ".join([*kept, html[at:]])
