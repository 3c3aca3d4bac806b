"""What a text says of itself under a label: the reference of a vacancy or a notice, its closing date, grade and place. Whoever gives another
reference is another vacancy, however alike the texts. Reads texts, decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline import text
from pipeline.dedupe.editions import days_named
from pipeline.dedupe.once import once
from pipeline.dedupe.when import WHENS, Dates, days_when

READ = 6000
"""Characters of a text that are read: adverts are no longer."""
_MARK = r"(?:\s*(?:no|nr|num(?:ber|mer)|num[ée]ro|id|code))?\.?\s*(?::|-|–|#|\bis\b)\s*#?"
_REFERENCE = re.compile(
    r"\b(?:(?:job|vacancy|post|position|advert|requisition|recruitment|tender|notice|alert|grant|award|application|product|quote)\s+)?"
    rf"(?:ref(?:erence)?|r[ée]f[ée]rence|referentie|referencia|referenznummer|kennziffer|stellen-?(?:id|nummer)){_MARK}"
    r"(?P<one>[a-z0-9][a-z0-9/._-]*[a-z0-9])"
    r"|\b(?:job|vacancy|requisition|req|post|advert|vacature)\s*(?:no|nr|number|nummer|id|code)\.?\s*(?::"
    r"|#)?\s*(?P<other>[a-z0-9][a-z0-9/._-]*[a-z0-9])",
)
_BARE = re.compile(
    r"\b(?i:ref(?:erence)?|r[ée]f[ée]rence|referenz|referentie|referencia|kennziffer)\b\.?\s+"
    r"(?P<one>(?=[A-Za-z/._-]*\d)[A-Za-z0-9]+(?:[-/._][A-Za-z0-9]+)*)"
)
"""A reference without a colon. Where the patterns have no flag for the case, they are given small letters: that takes a third of the time."""
_TITLED = re.compile(r"(?:[(\[]|\s[-–—|:]?\s*)(?P<one>[A-Z]{2,8}(?:[-/_.][A-Z0-9]{1,8}){0,4}[-/_.]?\d{3,})[)\]]?\s*\Z")
"""A reference at the end of a title."""
_IN_ADDRESS = re.compile(r"/(?:[^/?#]*?[-_])??(?P<one>[a-z]{2,8}(?:[-_.][a-z]{1,4}){0,3}[-_.]?\d{3,})(?:\.html?|/)?(?:[?#]|\Z)", re.IGNORECASE)
_YEARS = re.compile(r"(?:19|20)\d\d(?:[-/](?:19|20)?\d\d)?")
_HOURS = re.compile(
    r"(?<!within )\b(?P<one>\d{1,2}(?:[.,]\d{1,2})?)\s?-?(?:hours|hrs|h|stunden|wochenstunden|heures|uur|horas)\b"
    r"(?!.{0,3}\s?(?:a|per|/)\s?(?:day|tag)|['’]? notice)|\b(?:hours|wochenstunden)\s*(?:per week)?\s*:\s*(?P<other>\d{1,2}(?:[.,]\d{1,2})?)",
    re.IGNORECASE,
)
_PERMANENT = re.compile(r"\b(?:permanent|unbefristet\w*|cdi|vast contract|indefinid[oa])\b", re.IGNORECASE)
_FOR_A_TIME = re.compile(
    r"\b(?:fixed.term|temporary|secondment|maternity cover|befristet\w*|cdd|bepaalde tijd|tempor[áa]l)\b",
    re.IGNORECASE,
)
_SITE = re.compile(
    r"\b(?:hospital|infirmary|clinic|surgery|hospice|cent(?:re|er)|campus|site|school|college|library|office|house|ward|unit|depot|street|road"
    r"|klinik\w*|krankenhaus|standort|h[ôo]pital|ziekenhuis)\b",
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
    r"\b(?:(?:pay\s+|salary\s+)?(?:band|grade|scale|schaal)|entgeltgruppe|besoldungsgruppe)\s*(?::\s*)?(?P<one>(?:[a-z]{1,3}\s?)?\d{1,2}[a-z]?)\b",
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
)
_OF_EVENT = re.compile(
    r"\b(?:webinars?|workshops?|sessions?|seminars?|tickets?|regist(?:er|ration)|book (?:a|your) place|places are|joining instructions"
    r"|speakers?|agenda"
    r"|date and time|online event|course|conference|drop.in|event|starts at|doors open|anmeldung|veranstaltung|teilnahme|inscription|inscripci[óo]n"
    r"|aanmelden|\d{1,2}[:.]\d\d)\b",
)
_ADVERTS = (
    *(
        "salary",
        "closing date",
        "hours",
        "contract",
        "interview",
        "pension",
        "annual leave",
        "vacanc",
        "referee",
        "job desc",
        "person spec",
        "full",
        "part",
    ),
    *(
        "permanent",
        "fixed",
        "grade",
        "band",
        "employer",
        "appl",
        "candidate",
        "bewerbung",
        "gehalt",
        "vollzeit",
        "teilzeit",
        "befristet",
        "vergütung",
    ),
    *("salaire", "cdi", "cdd", "salaris", "sollicit", "salario", "recruit", "post is", "shortlist"),
)
_REFERRED = ("ref", "réf", "kennziffer", "stellen", "job", "vaca", "req", "post", "advert")
"""Of what the patterns find there is one in it: looking for these costs next to nothing."""


@dataclass(frozen=True)
class Facts:
    """What the beginning of a text says under labels; each empty where it says nothing, and read when it is first asked for."""

    start: str
    title: str

    @once
    def low(self) -> str:
        """The text in small letters."""
        return self.start.lower()

    @once
    def references(self) -> frozenset[str]:
        return frozenset((*_references(self.start, self.low), *_references(self.title, self.title.lower()), *_written(_TITLED.findall(self.title))))

    @once
    def is_advert(self) -> bool:
        count = _count(_OF_ADVERT, self.low) if sum(hint in self.low for hint in _ADVERTS) > 1 else 0
        return count >= 4 or (count >= 2 and bool(self.references))

    @once
    def asked(self) -> str:
        """Nobody asks for the terms of what is no advert."""
        return self.start if self.is_advert else ""

    @once
    def closes(self) -> Dates:
        return frozenset(day for found in _CLOSES.finditer(self.asked) for day in days_named(found["rest"]))

    @once
    def grades(self) -> frozenset[str]:
        return frozenset(re.sub(r"\s", "", found["one"]).lower() for found in _GRADE.finditer(self.asked))

    @once
    def places(self) -> frozenset[str]:
        found = (word for place in _PLACE.finditer(self.asked) for word in text.words(place["one"].partition(",")[0]))
        return frozenset(word for word in found if len(word) > 2)

    @once
    def hours(self) -> frozenset[str]:
        return frozenset(_hours(self.asked))

    @once
    def terms(self) -> frozenset[str]:
        return frozenset(name for name, form in (("permanent", _PERMANENT), ("for a time", _FOR_A_TIME)) if form.search(self.asked))

    @once
    def site(self) -> str:
        return _site(self.title)

    @once
    def when(self) -> Dates:
        return days_when(self.start) if any(hint in self.low for hint in WHENS) else frozenset()

    @once
    def is_event(self) -> bool:
        return _count(_OF_EVENT, self.low) >= 3


@lru_cache(256)
def facts(content: str, title: str) -> Facts:
    """Give what a text and its title say under labels."""
    return Facts(content[:READ], title)


def _count(form: re.Pattern[str], low: str) -> int:
    return len(set(form.findall(low)))


def differ(one: Facts, other: Facts) -> str:
    """Say in which fact two adverts differ; empty where both say the same, or only one says anything."""
    found = (
        ("reference", one.references, other.references),
        ("closing date", one.closes, other.closes),
        ("grade", one.grades, other.grades),
        ("place", one.places, other.places),
    )
    return next((name for name, some, others in found if some - others and others - some and (name == "place" or not some & others)), "")


def differ_in_terms(one: Facts, other: Facts) -> str:
    """Say in which of the terms two adverts differ that share no reference: hours, contract, or the site behind one title."""
    if one.hours and other.hours and not one.hours & other.hours:
        return "hours"
    if one.terms and other.terms and not one.terms & other.terms:
        return "contract"
    return "place" if one.site and other.site and one.site != other.site else ""


def code(url: str) -> str:
    """Read the reference in which an address ends, in small letters; empty where it ends in none."""
    found = _IN_ADDRESS.search(url[:1000])
    return next(iter(_written([found["one"]])), "") if found else ""


def _references(content: str, low: str) -> list[str]:
    if not any(hint in low for hint in _REFERRED):
        return []
    labelled = [found["one"] or found["other"] for found in _REFERENCE.finditer(low)]
    return _written([*labelled, *_BARE.findall(content)])


def _written(found: list[str]) -> list[str]:
    """A reference has a digit and four characters or more; years alone are none. Boards write the signs between its parts as they like."""
    return [re.sub(r"[/._]", "-", one.lower()) for one in found if len(one) >= 4 and re.search(r"\d", one) and not _YEARS.fullmatch(one)]


def _hours(content: str) -> list[str]:
    """Weekly hours; 24 and 48 are those of a day and two."""
    written = [(found["one"] or found["other"]).replace(",", ".") for found in _HOURS.finditer(content)]
    return [f"{float(one):g}" for one in written if 4 <= float(one) < 60 and float(one) not in (24, 48)]


def _site(title: str) -> str:
    """The place that a title names behind a dash, a comma or in brackets."""
    head, *tails = re.split(r"\s[-–—|]\s|,\s|\s\(", title)
    return next((" ".join(text.words(tail)) for tail in tails if _SITE.search(tail)), "") if head else ""
