"""The people of a listing's item: lines that are names and nothing else, and lines that say who wrote it, in the languages of a desk's sources.

Says nothing of a page's authors: `extract/authors.py` reads those, which have markup to go by.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pipeline.sources.lines import Link

_NOMINALS = re.compile(r",?\s+\(?(?:RN|RGN|RMN|RM|MSc|BSc|PhD|DPhil|MA|BA|MBA|MPH|MBE|OBE|CBE|MD|MBBS|MBChB|FRC\w+|MRC\w+|DipHE)\b.*")
_TITLES = "(?:(?:Dr|Prof|Professor|Sir|Dame|Mr|Mrs|Ms|Rev)\\.? )?"
_NAME = re.compile(_TITLES + r"[^\W\d_][\w'’.-]{0,24}(?: (?:de|van|von|der|den|la|le|da|dos|bin|al|[^\W\d_a-z][\w'’.-]{0,24})){1,4}")
_BETWEEN = re.compile(r"\s*;\s*|,\s*(?:and\s+)?|\s+(?:and|&)\s+")
_FAMILY_FIRST = re.compile(r"[^\W\d_a-z][\w'’-]{1,30}(?: [^\W\d_a-z][\w'’-]{1,30})?, (?:[^\W\d_a-z](?:[\w'’-]{0,30}|\.)(?:[ -]|$)){1,4}")
_AUTHORS = re.compile(r"/(?:authors?|autor(?:e|en|es)?|auteurs?|contributors?|writers?)/[^/]+/?$|/@[\w.-]+/?$", re.IGNORECASE)
_WRITERS = (
    r"(?:(?:written|words|presented) )?by|von|par|por|di|door|av|af|przez|authors?|autor(?:in|innen|en|a|as|es)?|auteure?s?|auteurs|autrices?|autore"
    r"|autori|forfatter|författare|skribent|texte?|testo|texto|tekst|speakers?|reportage de"
)
_WRITTEN = re.compile(rf"(?:{_WRITERS})(?:\s?:\s*|\s+)(?P<names>.{{3,300}}?)\.?", re.IGNORECASE)
_PICTURED = re.compile(
    r"\b(?:bild(?:er)?|foto(?:s|grafie|graf[íi]a|graf)?|illustrations?|images?|photos?|photograph(?:s|y|ie)?|pictures?)\s?(?:by)?\s?[:–-].*",
    re.IGNORECASE,
)
"""Who took the picture, behind who wrote the text."""
_ROLE = re.compile(
    r"\b(?:advis[eo]r|analyst|associate|chair|chief|consultant|co-?ordinator|director|doctor|editor|fellow|founder|gp|head|journalist|lead|leader|lecturer|librarian|manager"
    r"|midwife|nurse|officer|partner|pharmacist|physician|president|principal|professor|reporter|researcher|scientist|specialist|student|therapist|writer)s?\b",
    re.IGNORECASE,
)
_HELD = re.compile(r"(?P<names>.{5,300}?)\s\((?P<publisher>[^()]{3,120}), (?P<day>\d{4}(?:-\d\d){0,2})\)")
"""Authors, publisher and day as repositories print them: "Roe, Jane (Harbour Institute, 2026-11-03)"."""
_SIGNED = re.compile(
    r"(?P<who>[^\d]{5,120}?),? (?P<day>\d{1,2}\.? [^\W\d_]{3,12}\.? \d{4}|[^\W\d_]{3,9}\.? \d{1,2}, \d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{4}"
    r"|\d{4}-\d\d-\d\d)"
)


def people(words: str) -> tuple[str, ...]:
    """Read a line that is nothing but names, as those names; empty for any other."""
    if len(words) > 300 or words.endswith(("?", "!", ":")):
        return ()
    listed = [name.strip() for name in words.split(";")]
    if (";" in words or words.endswith(".")) and all(_FAMILY_FIRST.fullmatch(name) for name in listed):
        return tuple(listed)
    if words.endswith("."):
        return ()
    bare = _NOMINALS.sub("", words)
    names = [name.strip() for name in _BETWEEN.split(bare) if name.strip()]
    return tuple(names) if names and all(_NAME.fullmatch(name) and name[0].isupper() for name in names) else ()


def written(words: str) -> tuple[str, ...]:
    """Read "By Ada Marsh and Joan Reed.", "Text: Ada Marsh Foto: Eva Berg" or "Ada Marsh, Director of Nursing" as the people who wrote."""
    named = _WRITTEN.fullmatch(_PICTURED.sub("", words, count=1).rstrip(" .,;|/·"))
    if named:
        return people(named["names"])
    name, comma, role = words.partition(", ")
    return people(name) if comma and " " in name and _ROLE.search(role) and len(role.split()) <= 8 and role[-1:] not in ".!?" else ()


def held(words: str) -> tuple[tuple[str, ...], str, str]:
    """Read what a repository says of one of its works: its people, its publisher, its day; empty words where a line is none of that sort."""
    found = _HELD.fullmatch(words)
    named = tuple(name.strip() for name in found["names"].split(";")) if found else ()
    if found is None or not all(_FAMILY_FIRST.fullmatch(name) or people(name) for name in named):
        return (), "", ""
    return named, found["publisher"], found["day"]


def signed(words: str) -> tuple[str, str]:
    """Part "Ada Marsh, 10 mei 2025" into who wrote and the day; empty words where a line is none of that sort."""
    found = _SIGNED.fullmatch(words)
    return (found["who"], found["day"]) if found and people(found["who"]) else ("", "")


def is_inverted(words: str) -> bool:
    """Say whether words are one name with the family name first: "Roe, Jane"."""
    return _FAMILY_FIRST.fullmatch(words) is not None


def has_letters(words: str) -> bool:
    """Say whether words are names with letters behind them: "Jane Roe, RN/MSc"."""
    return bool(_NOMINALS.search(words) and people(words))


def is_author(link: Link) -> bool:
    """Say whether a link leads to the page of whoever wrote the resource."""
    return "author" in link.rel.split() or _AUTHORS.search(urlsplit(link.url).path) is not None
