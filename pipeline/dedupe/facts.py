"""What a text says of itself under a label: the reference of a vacancy or a notice, its closing date, grade and place. Whoever gives another
reference is another vacancy, however alike the texts. Reads texts, decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline import text
from pipeline.dedupe.editions import days_named

READ = 6000
"""Characters of a text that are read: adverts are no longer."""
_MARK = r"\s*(?:no|nr|num(?:ber|mer)|num[ée]ro|id|code)?\.?\s*(?::|-|–|#|\bis\b)\s*#?"
_REFERENCE = re.compile(
    r"\b(?:(?:job|vacancy|post|position|advert|requisition|recruitment|tender|notice|alert|grant|award|application|product|quote)\s+)?"
    rf"(?:ref(?:erence)?|r[ée]f[ée]rence|referentie|referencia|referenznummer|kennziffer|stellen-?(?:id|nummer)){_MARK}"
    r"(?P<one>[a-z0-9][a-z0-9/._-]*[a-z0-9])"
    r"|\b(?:job|vacancy|requisition|req|post|advert|vacature)\s*(?:no|nr|number|nummer|id|code)\.?\s*(?::"
    r"|#)?\s*(?P<other>[a-z0-9][a-z0-9/._-]*[a-z0-9])",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"\b(?:closing date|closing on|closes(?: on)?|closed? on|clos\w+ at .{1,20} on|deadline(?: for applications)?|apply (?:by|before)"
    r"|applications? (?:by|close|must be received by|are due)|bewerbungs(?:schluss|frist)|bewerben sie sich bis|date limite|sluitingsdatum"
    r"|fecha l[íi]mite)\b"
    r"(?P<rest>[^\n]{0,50})",
    re.IGNORECASE,
)
_GRADE = re.compile(
    r"\b(?:(?:pay\s+|salary\s+)?(?:band|grade|scale|schaal)|entgeltgruppe|besoldungsgruppe)\s*:?\s*(?P<one>(?:[a-z]{1,3}\s?)?\d{1,2}[a-z]?)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:location|place of work|work ?place|work(?:ing)? location|based (?:at|in)|base|duty station|town|arbeitsort|einsatzort|dienstort"
    r"|lieu(?: de travail)?"
    r"|standplaats|lugar)\s*:\s*(?P<one>[^\n.;:|]{2,60}?)(?=\s*(?:[\n.;|]|$|\s[A-Z]\w+(?:\s\w+)?:))",
    re.IGNORECASE,
)
_OF_ADVERT = re.compile(
    r"\b(?:salary|closing date|hours|contract|interviews?|pension|annual leave|vacanc(?:y|ies)|referees?|job description"
    r"|person specification|full.time"
    r"|part.time|permanent|fixed.term|grade|band|employer|apply|applicants?|candidates?|bewerbung|gehalt|vollzeit|teilzeit|befristet"
    r"|vergütung|salaire|cdi|cdd"
    r"|salaris|sollicit\w+|salario|recruit\w*|post is|shortlist\w*)\b",
    re.IGNORECASE,
)
_OF_EVENT = re.compile(
    r"\b(?:webinars?|workshops?|sessions?|seminars?|tickets?|regist(?:er|ration)|book (?:a|your) place|places are|joining instructions"
    r"|speakers?|agenda"
    r"|date and time|online event|course|conference|drop.in|event|starts at|doors open|anmeldung|veranstaltung|teilnahme|inscription|inscripci[óo]n"
    r"|aanmelden|\d{1,2}[:.]\d\d)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text says under labels; each empty where it says nothing."""

    references: frozenset[str]
    closes: frozenset[tuple[int, int, int]]
    grades: frozenset[str]
    places: frozenset[str]
    is_advert: bool
    is_event: bool


@lru_cache(256)
def facts(content: str) -> Facts:
    """Read the labelled facts of a text."""
    start = content[:READ]
    return Facts(
        references=frozenset(_references(start)),
        closes=frozenset(day for found in _CLOSES.finditer(start) for day in days_named(found["rest"])),
        grades=frozenset(re.sub(r"\s", "", found["one"]).lower() for found in _GRADE.finditer(start)),
        places=frozenset(word for found in _PLACE.finditer(start) for word in text.words(found["one"].partition(",")[0]) if len(word) > 2),
        is_advert=len({found[0].lower() for found in _OF_ADVERT.finditer(start)}) >= 4,
        is_event=len({found[0].lower() for found in _OF_EVENT.finditer(start)}) >= 3,
    )


def differ(one: Facts, other: Facts) -> str:
    """Say in which fact two adverts differ; empty where both say the same, or only one says anything."""
    found = (
        ("reference", one.references, other.references),
        ("closing date", one.closes, other.closes),
        ("grade", one.grades, other.grades),
        ("place", one.places, other.places),
    )
    return next((name for name, some, others in found if some - others and others - some and (name == "place" or not some & others)), "")


def _references(content: str) -> list[str]:
    """A reference has a digit and four characters or more; years alone are none."""
    written = [(found["one"] or found["other"]).lower() for found in _REFERENCE.finditer(content)]
    return [one for one in written if len(one) >= 4 and re.search(r"\d", one) and not re.fullmatch(r"(?:19|20)\d\d", one)]
