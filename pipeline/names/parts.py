"""A name as catalogues need it: family name, given names, particle and suffix apart. What cannot be told apart stays as it is written.

Bodies, single names, and names in scripts or languages that put the family first stay whole: a wrong cut is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline import text

_LONGEST = 200  # characters
_TITLE = re.compile(
    r"(?:(?:associate |assistant |emerit(?:us|a) |hon(?:orary|\.)? )?prof(?:essor|\.)?(?: emerit(?:us|a))?|assoc\.? prof\.?|drs?\.?|doctor|mrs?\.?"
    r"|ms\.?|mx\.?|miss|sir|dame|lord|lady|baroness|baron|rev(?:erend|d)?\.?|rt\.? hon\.?|herr|frau|sister|nurse|cllr\.?|col\.?"
    r"|m(?:ag|gr|udr)\.|phdr\.|phmr\.|rndr\.|ing\.|doc\.|dipl\.-[a-zäöü]{2,12}\.?)\s+(?=\S)",
    re.IGNORECASE,
)
_POST_NOMINAL = re.compile(
    r"Ph\.?D\.?|D\.?Phil\.?|M\.?Phil\.?|M\.?D\.?|[BM]\.?Sc\.?|[BM]\.?A\.?|[BM]\.?Ed\.?|Ed\.?D\.?|D\.?Sc\.?|MBA|MPA|MPH|MRes|MSW|MHA|M\.?B\.?|MBBS|MBBCh|MBChB"
    r"|B\.?Ch\.?|B\.?M\.?|R\.?N\.?|RGN|RMN|RNT|RCN|NP|DNP|BSN|MSN|APRN|FNP|QN|[FM]RC[A-Z][A-Za-z]{0,5}|[FM]FPH"
    r"|RNLD|RSCN|RNC|SCM|RHV|BN|MN|CNM|CRNA|MCSP|MClinRes|MPharm|MRPharmS|MCIPD|DHSc|DNSc|DipHE|PG ?Cert|MSci|MS|BS"
    r"|FRS[ACE]?|FRSPH|F?MedSci|FMedSci|FBA|FAcSS"
    r"|[OCMKD]BE|CB|CH|QC|KC|LL[BM]|JD|Pharm\.?D\.?|DClinPsy|DDS|BDS|PGCE|PGDip|DrPH|CPA|Esq\.?|FAAN|FACP|FHEA|SFHEA|CPsychol|BSc\(Hons\)|\(?Hons\)?"
)
_SUFFIX = re.compile(r"Jr\.?|Sr\.?|II|III|IV|2nd|3rd", re.IGNORECASE)
_PARTICLES = frozenset((
    "van", "von", "der", "den", "de", "del", "della", "dei", "di", "da", "das", "dos", "do", "du", "des", "la", "le", "las", "los", "ten", "ter",
    "te", "zu", "zum", "zur", "vom", "af", "av", "al", "el", "bin", "ibn", "bint", "ben", "abu", "mac", "y", "'t", "op", "het", "in",
))  # fmt: skip
_SMALL = _PARTICLES - {"y", "in", "do", "op", "ben", "mac"}
_INITIALS = re.compile(r"(?:[^\W\d_a-zß-öø-ÿ]\.?-?){1,3}")
_EASTERN = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_FAMILY_FIRST = frozenset({"hu", "zh", "ja", "ko", "vi"})
_BODY = re.compile(
    r"\b(?:organi[sz]ations?|universit\w*|institut\w*|foundations?|trusts?|councils?|commissions?|agenc(?:y|ies)|ministry|departments?|dep[’']?t|offices?"
    r"|associations?|societ(?:y|ies)|colleges?|schools?|cent(?:re|er)s?|hospitals?|clinics?|federations?|networks?|committees?|bureau|alliance|partnerships?"
    r"|board|authority|government|parliament|press|library|laborator(?:y|ies)|group|teams?|services?|unit|programmes?|programs?|projects?|company|ltd|limited"
    r"|inc|llc|gmbh|plc|bank|fund|union|academy|confederation|collaborative|collaboration|consortium|forum|community|communities|staff|editors"
    r"|contributors|health|care|education|research|news|media|magazine|journal|review|england|scotland|wales|ireland|kingdom|europe|international|national"
    r"|nations)\b|&|\b(?:for|of|and|the)\b|[\d@/]|(?-i:\b(?:NHS|WHO|BBC|OECD|NICE|CDC|RCN|RCGP|BMA|BMJ|UN|EU|UK|USA)\b)",
    re.IGNORECASE,
)
_ACRONYM = re.compile(r"[A-Z]{4,}")
_ASIDE = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_ET_AL = re.compile(r",?\s+(?:et al\.?|and others)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Who made a work. `written` is the name in its natural order without titles; without a `family` it stands whole (a body, a single name)."""

    written: str
    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""

    @property
    def surname(self) -> str:
        """Family name with its particle; the whole name where there is none."""
        return f"{self.particle} {self.family}".strip() or self.written

    @property
    def turned(self) -> str:
        """Family name first, as catalogues sort it: "van Beethoven, Ludwig", "King, Martin Luther, Jr."; a whole name as it is."""
        return ", ".join(part for part in (self.surname, self.given, self.suffix) if part) if self.family else self.written


@lru_cache(4096)
def split(name: str, language: str = "") -> Name:
    """Take one name apart, whichever way round it is written ("Ada Marsh", "Marsh, Ada", "Marsh A", "Prof Ada Marsh RN/MSc").

    `language` is that of the work: where it puts the family first (Hungarian, Chinese, Japanese, Korean, Vietnamese) a name without a comma is left.
    A cut that would be another one when the name is read again from its turned form is not made.
    """
    line = _line(name)
    found = _read(line, language)
    return found if _read(_line(found.turned), language) == found else Name(written=line)


def is_body(name: str) -> bool:
    """Say whether a name holds a word that only bodies have: Trust, Network, "of"."""
    return bool(_BODY.search(name))


def is_title(word: str) -> bool:
    """Say whether a word is a title before a name: "Dr", "Prof."."""
    return bool(_TITLE.match(f"{word} x"))


def without_post_nominals(name: str) -> str:
    """Take off what is written behind a name: "Carol Read RN/MSc" is Carol Read. Of post-nominals alone nothing is left."""
    words = name.split()
    while words and _are_post_nominals(words[-1].strip(",()")):
        words.pop()
    return " ".join(words).rstrip(",")


def undecorated(name: str) -> str:
    """Take off every post-nominal, before and behind each part between commas: "Marsh, Ada PhD, RGN" is "Marsh, Ada", "RGN Ada Marsh" is Ada Marsh.

    A family name keeps what may be its initials: "Marsh MD", "Marsh, MB".
    """
    head, *rest = [part.strip() for part in name.split(",")]
    others = [part for part in rest if not _are_post_nominals(part)]
    if rest and not others and " " not in head:
        return name
    own = [word for word in head.split() if word.lower() not in _PARTICLES and not _are_post_nominals(word)]
    least = 1 if others and len(own) == 1 else 2  # of a turned name each part may be one word
    return ", ".join(filter(None, (_without_both(part, least) for part in (head, *others))))


def _without_both(part: str, least: int) -> str:
    words = part.split()
    while len(words) > least and _are_post_nominals(words[-1].strip("()")):
        words.pop()
    while len(words) > 2 and _are_post_nominals(words[0].strip("()")):
        words.pop(0)
    return " ".join(words)


def _line(name: str) -> str:
    """One line without asides and "et al."; a second reading takes nothing more."""
    line, before = text.squeeze(name[: 4 * _LONGEST])[:_LONGEST].strip(" ,;"), ""
    while line != before:
        before, line = line, _ET_AL.sub("", _ASIDE.sub("", line)).strip(" ,;") or line
    return line


def _read(line: str, language: str) -> Name:
    bare = _untitled(line)
    head, comma, rest = bare.partition(",")
    if comma and not (_BODY.search(head) and " " in head.strip()):
        return _with_commas(head.strip(), [part.strip() for part in rest.split(",") if part.strip()], line, language)
    return _natural(bare, line, language)


def _untitled(line: str) -> str:
    while (found := _TITLE.match(line)) and " " in line[found.end() - 1 :].strip() + " ":
        line = line[found.end() :]
    return line


def _with_commas(head: str, rest: list[str], line: str, language: str) -> Name:
    """ "Marsh, Ada", "King, Martin Luther, Jr."; or a name in natural order with what is written behind it: "Ada Marsh, RN, MSc"."""
    suffix = next((part for part in rest if _SUFFIX.fullmatch(part)), "")
    others = [part for part in rest if not _SUFFIX.fullmatch(part)]
    behind = " " in head and all(_are_post_nominals(part) for part in others)
    if behind:
        name = _natural(head, line, language)
        return _made(name.family, name.given, name.particle, suffix) if suffix and name.family else name
    given = next((part for part in others if not _are_post_nominals(part)), others[0] if others else "")
    if not given or not head:
        return Name(written=line)
    words = head.split()
    small = 0
    while small < len(words) - 1 and words[small].islower() and words[small] in _PARTICLES:
        small += 1
    return _made(" ".join(words[small:]), _untitled(given), " ".join(words[:small]), suffix)


def _natural(bare: str, line: str, language: str) -> Name:
    words = bare.split()
    while len(words) > 2 and _are_post_nominals(words[-1].strip(",")):
        words.pop()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    whole = " ".join(words)
    if len(words) < 2 or _is_whole(whole, language):
        return Name(written=line if _BODY.search(whole) else whole or line)
    if _INITIALS.fullmatch(words[-1]) and not _INITIALS.fullmatch(words[0]) and "." not in words[-1]:
        return _made(" ".join(words[:-1]), words[-1], "", suffix)  # "Marsh AB", as PubMed writes
    at = _family_at(words)
    particles = 0
    while at + particles < len(words) - 1 and words[at + particles].islower() and words[at + particles] in _PARTICLES:
        particles += 1
    return _made(" ".join(words[at + particles :]), " ".join(words[:at]), " ".join(words[at : at + particles]), suffix)


def _family_at(words: list[str]) -> int:
    """Where the family name begins: at a particle ("van Beethoven", "Van Damme"), before "y" ("Ortega y Gasset"), else at the last word."""
    last = len(words) - 1
    for at in range(1, last):
        if words[at] == "y" and at > 1:
            return at - 1
        if words[at].lower() in _SMALL:
            return at
    return last if words[0] not in _PARTICLES or last > 1 else 0


def _is_whole(name: str, language: str) -> bool:
    family_first = language.partition("-")[0].lower() in _FAMILY_FIRST
    shouts = any(_ACRONYM.fullmatch(word) for word in name.split()) and not name.isupper()
    return bool(_EASTERN.search(name)) or family_first or shouts or bool(_BODY.search(name))


def _are_post_nominals(words: str) -> bool:
    return all(_POST_NOMINAL.fullmatch(word) for word in re.split(r"[/,;\s]+", words) if word)


def _made(family: str, given: str, particle: str, suffix: str) -> Name:
    written = " ".join(part for part in (given, particle, family, suffix) if part)
    return Name(written=written, family=family, given=given, particle=particle, suffix=suffix)
