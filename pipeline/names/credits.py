"""A credit line to whom it names and as what: "Recommended by community member - Fi McKenzie", "Chris Silvia and Michael McGuire - 2010 - The
Leadership Quarterly". A line that holds anything else besides names is none: no name is better than a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline import text
from pipeline.names.parts import is_body, is_title, without_post_nominals

MOST = 40
"""People in one line."""
_LONGEST = 400  # characters
_PART = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]{0,29}"
_SMALL = r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|bin|ibn|al|el|ter|ten|zu|y)"
_NAME = re.compile(rf"{_PART}(?: (?:{_SMALL}|{_PART})){{0,5}}")
_TURNED = re.compile(rf"(?:{_SMALL} )*{_PART}(?: {_PART})?, {_PART}(?: {_PART}){{0,2}}")
_BETWEEN = re.compile(r"\s*;\s*|\s*,\s*(?:and\s+|&\s*)?|\s+(?:and|&|und|et)\s+")
_INITIALLED = re.compile(
    rf"({_PART}(?:[ -]{_PART})?), ((?:[^\W\d_a-z]\.[ -]?){{0,3}}[^\W\d_a-z]\.)(?=,|\s*(?:and|&|et al)|\s*$)"
)  # "Silvia, C. and McGuire, M."
_ET_AL = re.compile(r",?\s+(?:et al\.?|and others)$", re.IGNORECASE)
_MEMBER = r"(?:(?:an?|our|the|community|network|forum|q|fellow)\s+){0,3}(?:members?|colleagues?|readers?|users?)"
_THING = r"(?:[a-z][a-z-]*(?:\s+(?:and|&)\s+[a-z][a-z-]*)?\s+)?"
_GAVE = re.compile(
    rf"{_THING}(?P<deed>posted|shared|uploaded|added|contributed|submitted|sent in|suggested|recommended|nominated)\s+by\b:?\s*"
    rf"(?P<member>{_MEMBER}\b\s*[-–—:,]?\s*)?(?P<who>.*)",
    re.IGNORECASE,
)
_DEEDS = {
    "submitted": "submitted by",
    "sent in": "submitted by",
    "suggested": "submitted by",
    "recommended": "recommended by",
    "nominated": "recommended by",
}
_MADE = (
    ("speaker", re.compile(r"(?:speakers?|presenters?|presented by|talk by|with speakers?)\b:?\s+", re.IGNORECASE)),
    (
        "in conversation with",
        re.compile(r"(?:an? )?(?:interview|conversation) with\b:?\s+|in conversation with\b:?\s+|interviewees?\b:?\s+", re.IGNORECASE),
    ),
    ("via", re.compile(r"(?:via|hat tip(?: to)?|h/t)\b:?\s+", re.IGNORECASE)),
    ("author", re.compile(r"(?:(?:written|words|story|text) )?by\b:?\s+|authors?\b:?\s+", re.IGNORECASE)),
)
_CITED = re.compile(
    r"(?P<who>[^:]{3,300}?)(?P<dash>\s*[-–—]\s*)?[, ]*\(?(?P<year>(?:1[89]|20)\d\d)[a-z]?\)?(?![-/\d])"
    r"(?:(?:\s*[-–—]\s*|[.,]\s+|\s+)(?P<journal>[^\W\d].{2,150}?))?\.?"
)
_INITIAL = re.compile(r"\b[^\W\d_a-z]\.")
_STOP = re.compile(r"(?<=[^\W\d_A-Z]{4})\.$")
"""The full stop of a sentence behind a name; that of an initial, of "Jr." or "Esq." is the name's own."""
_SEVERAL = 3  # names in a row that no title has


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """Whom a line names, and as what: author, speaker, in conversation with, posted by, recommended by, submitted by or via; empty where it does not
    say. `is_short` says that there are more people than it names (et al.); `year` and `journal` are those of a citation."""

    people: tuple[str, ...] = ()
    role: str = ""
    year: int | None = None
    journal: str = ""
    is_short: bool = False


def credit_line(words: str) -> CreditLine | None:
    """Read one line; nothing where it is no credit line. Titles stay with a name, post-nominals do not."""
    line = text.squeeze(words[: 2 * _LONGEST])
    if not 3 <= len(line) <= _LONGEST:
        return None
    if gave := _GAVE.fullmatch(line):
        role = _DEEDS.get(text.folded(gave["deed"]), "posted by")
        people = names(gave["who"])
        return CreditLine(people=people, role=role) if people or (gave["member"] and not gave["who"]) else None
    for role, opening in _MADE:
        if found := opening.match(line):
            made = _cited(line[found.end() :]) or _plain(line[found.end() :]) or (_one(line[found.end() :]) if role == "via" else None)
            return CreditLine(people=made.people, role=role, year=made.year, journal=made.journal, is_short=made.is_short) if made else None
    made = _cited(line) or _plain(line)
    return made if made and not any(map(is_body, made.people)) else None


def names(words: str) -> tuple[str, ...]:
    """Give the people of words that are nothing but names: "A, B and C", "Marsh, Ada; Reed, Joan"; empty for any other words."""
    line = _ET_AL.sub("", text.squeeze(words[:_LONGEST]).strip(" ,;:-–—"))
    line = _INITIALLED.sub(lambda found: f"{found[2].strip()} {found[1]}", line)
    parts = [part.strip() for part in (line.split(";") if ";" in line else _BETWEEN.split(line)) if part.strip()]
    if ";" not in line and _TURNED.fullmatch(line) and " " not in line.partition(",")[0]:
        parts = [line]
    found: list[str] = []
    for part in parts:
        name = _STOP.sub("", without_post_nominals(part))
        if not name and found:  # "Ada Marsh, RN, MSc"
            continue
        if not _is_name(name):
            return ()
        found.append(name)
    return tuple(dict.fromkeys(found))[:MOST]


def _is_name(name: str) -> bool:
    """Whether words can be a name of two words or more, or one that is turned ("Marsh, Ada")."""
    bare = name
    while is_title(bare.partition(" ")[0]) and " " in bare:
        bare = bare.partition(" ")[2]
    return bool(_TURNED.fullmatch(bare)) or (" " in bare and bool(_NAME.fullmatch(bare)))


def _plain(words: str) -> CreditLine | None:
    people = names(words)
    return CreditLine(people=people, is_short=bool(_ET_AL.search(words.strip(" .")))) if people else None


def _one(words: str) -> CreditLine | None:
    """A name of one word, which only "via" makes one."""
    return CreditLine(people=(words,)) if re.fullmatch(_PART, words) else None


def _cited(words: str) -> CreditLine | None:
    """Read names with a year, and the journal behind it: "A and B - 2010 - The Leadership Quarterly", "A et al. 2013", "A (2013)"."""
    found = _CITED.fullmatch(words.strip())
    people = names(found["who"]) if found else ()
    if found is None or not people:
        return None
    is_short, journal = bool(_ET_AL.search(found["who"].strip(" ,("))), (found["journal"] or "").strip(" .")
    # "Leading Change (2015)" is a title with its year.
    if not (is_short or len(people) >= _SEVERAL or _INITIAL.search(found["who"]) or (found["dash"] and journal)):
        return None
    return CreditLine(people=people, role="author", year=int(found["year"]), journal=journal, is_short=is_short)
