"""Who wrote a report and when, by the lines of its first page before what its file states: people, and no login names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from pipeline import dates, text
from pipeline.extract import occasion, published, site
from pipeline.extract.document import Found
from pipeline.extract.leaves import Line

MAX_PEOPLE = 40
_LINES = 14  # lines after the title in which its authors stand
_LONGEST = 2_000  # characters of a line of names with their marks
_PART = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w.'’-]*"
_NAME = rf"{_PART}(?: (?:{_PART}|van|von|der|den|de|del|della|di|da|dos|la|le|bin|ibn|al|el|ter|ten|zu|y|\([A-Z][\w.]*\))){{1,5}}"
_PEOPLE = re.compile(rf"{_NAME}(?:(?:, (?:and |& )?| and | & |; | und | et | y ){_NAME})*")
_BETWEEN = re.compile(r", (?:and |& )?| and | & |; | und | et | y ")
_LABEL = re.compile(
    r"(?:(?:lead |main |contributing |corresponding )?authors?|(?:an? )?(?:report|paper|review|study|briefing|guide|article|evaluation"
    r"|toolkit) by|(?:written|prepared|compiled|edited|produced|reported|presented|drafted) by|by|editors?|presenters?"
    r"|speakers?|rapporteurs?|(?:(?:vorgelegt|erstellt|verfasst) )?von|(?:(?:rédigé|présenté|établi) )?par"
    r"|(?:(?:elaborado|preparado) )?por|autor(?:in|en|es)?|auteurs?)\s*:?\s+(?=[A-ZÀ-Þ])",
    re.IGNORECASE,
)
_RAISED = r"[\d¹²³⁰⁴-⁹∗*†‡§¶#|"
_MARKS = re.compile(
    rf"(?<=\w)[.,]?\s?{_RAISED}]+(?:\s?,\s?{_RAISED}a-f]+)*(?=[\s,;]|$)|(?<=\w) [a-f](?:,\s?[a-f\d∗*†‡]+)*(?=[,;]|$)"
    r"|[∗*†‡§¶#✉]+|\(\s*[✉*]?\s*\)|\s*\(?\b\S+@\S+\)?"
)
_JOB = re.compile(
    r"\b(?:analysts?|nurses?|managers?|officers?|directors?|fellows?|consultants?|researchers?|lecturers?|advis[eo]rs?|leads?|head of|physicians?"
    r"|registrars?|midwi(?:fe|ves)|pharmacists?|economists?|editors?|coordinators?|librarians?|chair(?:man|woman|person)?|secretary|president"
    r"|executive|psychologists?|therapists?|physiotherapists?|surgeons?|nephrologists?|paediatricians?)\b",
    re.IGNORECASE,
)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DATED_BEHIND = re.compile(rf",\s*(?:\d{{1,2}} )?(?:{_MONTHS}) (?:19|20)\d\d$", re.IGNORECASE)
_PARTED = re.compile(rf"(?<=[^\W\d_])(?:,?\s?{_RAISED}]++)++\s+(?=[A-ZÀ-Þ])")  # where raised marks alone part the names
_HONOURS = re.compile(
    r"^(?:dr|prof|professor|mr|mrs|ms|mx|sir|dame)\b\.? |,? \(?\b(?:ph\.?d|m\.?d|m\.?sc|b\.?sc|m\.?a|mba|mph|rn|fr\w{2,4}|mb\w{2,4}|obe|cbe"
    r"|mbe)\b\.?\)?(?=,|;|$| and )",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"\b(?:universit|institut|departm|laborat|schools?|colleges?|cent(?:re|er)s?|hospitals?|councils?|offices?|trusts?|street|road|reports?"
    r"|abstract|introduction"
    r"|version|draft|summary|policy|brief|paper|series|issue|volume|edition|strategy|plan|review|guide|guidance|health|care|research"
    r"|studies|study|working|annual"
    r"|north|south|east|west|northern|southern|eastern|western|new|city|county|united|kingdom|states|national|international|public|social"
    r"|service|services|team"
    r"|group|network|committee|board|commission|association|foundation|society|agency|ministry|press|journal|conference|workshop|contents"
    r"|background|key|findings"
    r"|january|february|march|april|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday"
    r"|sunday|university"
    r"|figure|table|page|chapter|section|part|appendix|annex|open|access|original|article|learning|change|community|england|scotland|wales"
    r"|ireland|london|the"
    r"|politecnico|hochschule|akademie|école|facult\w*|institut\w*|welcome|dear|agenda|minutes|meeting|present|apologies|note|notes"
    r"|download|copyright|rights|all)\b",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r".*\b(?:user|users|admin|administrator|owner|proprietario|utilisateur|benutzer|usuario|windows|microsoft|office|adobe|acrobat|word"
    r"|canon|xerox|epson|ricoh|konica"
    r"|scanner|scan|printer|hp|dell|lenovo|author|unknown|default|template|guest|temp|student|staff|reception|desktop|laptop|pc|mac|macbook"
    r"|imac|libreoffice|openoffice"
    r"|latex|tex|indesign|quark\w*|canva|google|powerpoint|pdf|distiller|ghostscript|chrome|ilovepdf|smallpdf|web|website|intern"
    r"|communications?|comms|marketing|designer?"
    r"|design|studio|publications?|governance|secretariat|reprographics|print|printing)\b.*",
    re.IGNORECASE,
)
_COMPANY = re.compile(
    r"(?:[\w.'’&-]+ ){0,6}(?:office|institute|foundation|trust|council|commission|agency|ministry|university|association|society|college"
    r"|federation|network|department"
    r"|committee|bureau|alliance|centre|center)(?: (?:of|for|on) [\w.,'’& -]{1,60})?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s(]{1,64}@\S{1,64}")
_STOP = re.compile(
    r"(?:abstract|summary|executive summary|introduction|background|contents|table of contents|zusammenfassung|résumé|resumen)\b", re.IGNORECASE
)


def creators(stated: str, lines: Sequence[Line], end: int, words: str) -> Found[tuple[str, ...]]:
    """The names under the title, those with a label first; else the names that the file states, unless nobody is called so.

    A single line of two capitalised words may be a heading: it counts only where its words stand nowhere in small letters.
    """
    claimed = _stated(stated)
    if labelled := _labelled(lines):
        return labelled, "byline"
    common = frozenset(re.findall(r"\b[a-zà-ÿ]{3,}\b", _ADDRESS.sub(" ", words) if "@" in words else words))
    if under := _under(lines[end : end + _LINES], common=common, claimed=claimed):
        return under, "under the title"
    return (claimed, "pdf author") if claimed else None


def _labelled(lines: Sequence[Line]) -> tuple[str, ...]:
    for line in lines[:60]:
        label = _LABEL.match(line.words)
        if label and (names := _names(_cased(line.words[label.end() :]))):
            return names
    return ()


def _cased(words: str) -> str:
    return words.title() if words.isupper() else words


def _under(lines: Sequence[Line], *, common: frozenset[str], claimed: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    groups = list(_groups(lines))
    for index, words in enumerate(groups):
        if _STOP.match(words) or len(words) > 400:
            break
        names = _names(words)
        follower = groups[index + 1] if index + 1 < len(groups) else ""
        sure = bool(_MARKS.search(words)) or len(names) > 2 or bool(_NO_PERSON.search(follower)) or "@" in follower or bool(found)
        if names and _are_people(names, common) and (sure or len(names) < 3 or set(names) & set(claimed)):
            found |= {site.fold(name): name for name in names}
        elif found and not (_NO_PERSON.search(words) or "@" in words or len(words) < 60):
            break
    return tuple(found.values())[:MAX_PEOPLE]


def _groups(lines: Sequence[Line]) -> Iterator[str]:
    """Lines, with a list of names that runs over several of them in one."""
    held = ""
    for line in lines:
        if held and not _NO_PERSON.search(held) and _runs_on(held, line.words):
            held = f"{held} {line.words}"
            continue
        if held:
            yield held
        held = line.words
    if held:
        yield held


def _runs_on(held: str, following: str) -> bool:
    """Whether a list of names goes on in the next line: after a comma, or in the middle of a name."""
    if held.endswith((",", " and", "&", ";")) or following.startswith((",", "and ", "& ")):
        return True
    if "," not in held or not following[:1].isupper():
        return False
    cut = held.rsplit(",", 1)[1].strip()
    return (cut[:1].isupper() and " " not in cut) or ("," in following and " " not in following.split(",")[0].strip())


def _are_people(names: tuple[str, ...], common: frozenset[str]) -> bool:
    """Whether most of the surnames are no words of the text."""
    usual = sum(name.split()[-1].lower() in common for name in names)
    return usual * 2 < len(names)


def _names(words: str) -> tuple[str, ...]:
    """The names in a line that holds nothing but names; () for any other."""
    if len(words) > _LONGEST:
        return ()
    line = text.squeeze(_MARKS.sub("", _PARTED.sub(", ", _DATED_BEHIND.sub("", words)))).replace(" ,", ",").strip(" ,.;|·•")
    line = re.sub(r" [|·•] ", ", ", line)
    line = re.sub(r"(?:,\s*)+,", ",", line)
    if len(line) > 600 or _NO_PERSON.search(line) or line.isupper():
        return ()
    said, *others = _BETWEEN.split(line)
    parts = [_plain(part) for part in (said, *(part for part in others if not _JOB.search(part)))]
    kept = [part for part in parts if part]
    if not parts[0]:
        return ()
    return tuple(kept) if kept and _PEOPLE.fullmatch(", ".join(kept)) and all(len(name) < 60 for name in kept) else ()


def _plain(name: str) -> str:
    """A name without what stands before and behind it: Dr, Professor, PhD, RN."""
    before = ""
    name = name.strip(" ,.;")
    while name != before:
        before, name = name, _HONOURS.sub("", f"{name}").strip(" ,;")
    return "" if re.fullmatch(r"(?:[A-Z]\.?){2,4}|Ph\.?D\.?|MSc|BSc", name) else name


def _stated(stated: str) -> tuple[str, ...]:
    """The people or the body that a file states, unless that is the login name or the machine of whoever made it."""
    stated = text.squeeze(stated.split("http")[0]).strip(" ,;")
    if not stated or len(stated) > 400:
        return ()
    if _COMPANY.fullmatch(stated) and not stated.lower().startswith("microsoft"):
        return (stated,)
    if _NOBODY.fullmatch(stated):
        return ()
    turned = re.fullmatch(rf"({_PART}(?:[ -]{_PART})?), ({_PART}(?: {_PART})?)", stated)
    if turned and len(stated.split()) < 4 and " " not in turned[1]:
        stated = f"{turned[2]} {turned[1]}"
    return _names(stated)


# ---------------------------------------------------------------- the day

_DATED = re.compile(
    r"(?:date(?: of (?:publication|issue|report))?|published(?: online)?(?: first)?|issued|released"
    r"|publication date|updated|version|as (?:at|of))\b\s*:?\s*(?:on )?",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(
    r"\b(?:incident|birth|meeting|next|deadline|closing|received|revised|accepted|accessed|retrieved|expires?|due|until|valid|review(?:ed)? (?:by"
    r"|date)|effective|revision|rev\.?|form)\b|^v?\d{1,2}\.\d{1,2} ",  # the last: a row in the table of its versions
    re.IGNORECASE,
)
_SIDE_BY_SIDE = re.compile(r"\s[·|•]\s|;\s")  # "Received 3 January · Accepted 14 August · Published 12 September 2024"
_MONTH = re.compile(rf"\b({_MONTHS}),? ((?:19|20)\d\d)\b", re.IGNORECASE)
_NUMBERS = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./]\d{2,4}\b")
_CREATED = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")


def day(created: str, lines: Sequence[Line], words: str, *, fetched: datetime) -> Found[date]:
    """The day that the first page states, else the day on which the file was made, unless the page names another month or an earlier year.

    Numbers that can be read in two ways are read as the other dates of the text are; where none tells, they are passed over.
    """
    order = occasion.day_first(words[:20_000])
    ours = _ours(lines)
    for labelled in (True, False):
        for line in ours:
            value = _dated(line, order, labelled=labelled)
            if value and published.plausible(value, fetched):
                return dates.day(value), "first page"
    found = _CREATED.match(created)
    value = dates.parse("-".join(found.groups())) if found else None
    if value and published.plausible(value, fetched) and not _contradicted(dates.day(value), ours):
        return dates.day(value), "pdf creation date"
    return None


def _ours(lines: Sequence[Line]) -> list[str]:
    """Lines that may date the report: without those that tell, or whose short forerunner tells, of another day."""
    said = [part for line in lines[:80] for part in _SIDE_BY_SIDE.split(line.words)]
    pairs = zip(("", *said), said, strict=False)
    return [words for previous, words in pairs if not _NOT_OURS.search(words) and not _announces_another(previous)]


def _announces_another(words: str) -> bool:
    """Whether a short line without a year of its own says that what follows is another day: "Next review"."""
    return len(words) < 25 and _NOT_OURS.search(words) is not None and not re.search(r"\d{4}", words)


def _dated(words: str, order: bool | None, *, labelled: bool) -> date | None:
    if len(words) > 90:
        return None
    label = _DATED.match(words)
    rest = words[label.end() :] if label else words
    if labelled != bool(label) or len(rest) > (60 if labelled else 40):
        return None
    if (numbers := _NUMBERS.search(rest)) and order is None and int(numbers[1]) <= 12 and int(numbers[2]) <= 12 and numbers[1] != numbers[2]:
        return None
    return dates.parse(rest, dayfirst=order is not False)


def _contradicted(made: date, ours: Sequence[str]) -> bool:
    """Whether short lines of the first page name another month, or only years before the one in which the file was made."""
    short = [words for words in ours if len(words) < 60]
    months = {(int(year), _MONTHS.split("|").index(month.lower()) + 1) for words in short for month, year in _MONTH.findall(words)}
    if months:
        return (made.year, made.month) not in months
    years = {int(year) for words in short[:30] for year in re.findall(r"\b((?:19|20)\d\d)\b", words)}
    return bool(years) and max(years) < made.year - 1
