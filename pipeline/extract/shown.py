"""The days that a page shows its readers, each with what the words beside it call it. Guesses at nothing: an event has days of its own."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from lxml import etree

from pipeline import dates, text
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Element, beginning

_SILENT = frozenset(("script", "style", "noscript", "template", "svg", "option", "textarea", "head", "title"))
_LINE, _MARKED_LINE, _NEAR_LINE = 200, 110, 80  # characters of a line that says when, of one that the markup calls a date, of one below the heading
_LABEL = 40  # characters of a term or a cell that says what the day beside it is
_MOST, _ENOUGH = 3_000, 300  # texts with numbers that are looked at, and days that are weighed; what follows is a table
_BELOW = etree.XPath("following::*[position() < 25]")
_NUMBER = re.compile(r"\d")
_OLDEST = date(1900, 1, 1)
_NO_DAY = date(1970, 1, 1)  # what systems write for none

_DAY = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d-\d{1,2}-\d{1,2}(?!\d)(?:T[\d:.Z+-]{4,25})?|(?:19|20)\d\d[./]\d{1,2}[./]\d{1,2}(?!\d)"
    r"|\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:19|20)?\d\d(?!\d)"
    r"|\d{1,2}(?:st|nd|rd|th|er|º|\.)?(?:\s+(?:of|de|d[’']))?[\s-]{1,3}[^\W\d_]{3,12}\.?,?[\s-]{1,3}(?:del?\s+)?(?:19|20)\d\d(?!\d)"
    r"|(?:19|20)\d\d\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2})"
    r"|(?<![^\W\d_])[^\W\d_]{3,12}\.?\s{1,3}\d{1,2}(?:st|nd|rd|th)?,?\s{1,3}(?:19|20)\d\d(?!\d)",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"(?<![^\W\d_])(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?(?![^\W\d_])\.?,?", re.IGNORECASE)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMERIC = re.compile(r"\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}")

_JOINS = (
    r"(?:[\s:.,–-]|\b(?:on|date|online|first|at|the|am|vom|den|d|le|el|em|il|op|por?|by [^|•·,;]{3,40}|von [^|•·,;]{3,40}"
    r"|[^\W\d_]{2,12}[,.])(?![^\W\d_]))*+"
)
_OPENS = r"(?:^|[|;,.(•·–—\n-])\s*"
_PUBLISHED = re.compile(
    rf"{_OPENS}(?:(?:first |originally |date )?(?:published|posted|issued|released|added|submitted)|publication date|date of publication"
    rf"|publish date|release date"
    r"|issue date|(?:made )?available online|written|created|dated"
    r"|veröffentlicht|erschienen|erstellt|publiziert|veröffentlichungsdatum|erscheinungsdatum"
    r"|publiée?|paru|mise? en ligne|date de publication|publicad[oa]|fecha de publicación|data de publicação|pubblicato"
    r"|gepubliceerd|geplaatst|publicatiedatum|publicerad|publiceringsdatum|publiceret|offentliggjort|publisert|julkaistu|opublikowano|data publikacji"
    rf"){_JOINS}$",
    re.IGNORECASE,
)
_RECORDED = re.compile(
    rf"{_OPENS}(?:this (?:\w+ ){{1,3}}was )?(?:recorded|filmed|aired|broadcast|streamed|aufgezeichnet|enregistrée?|grabad[oa]){_JOINS}$",
    re.IGNORECASE,
)
_BARE = re.compile(rf"{_OPENS}(?:date|datum|fecha|data|dato){_JOINS}$", re.IGNORECASE)
_CHANGED = re.compile(
    r"\b(?:updated?|modified|revised|reviewed|edited|amended|version of record|aktualisiert|aktualisierung|geändert|bearbeitet|stand"
    r"|mis(?:e)? à jour|modifiée?|actuali[sz]ad[oa]"
    r"|atualizad[oa]|aggiornat[oa]|bijgewerkt|gewijzigd|uppdaterad|ändrad|opdateret|oppdatert|päivitetty|aktualizacja|zaktualizowano)\b[^.;|]{0,40}$",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:events?|when|wann|quand|start(?:s|ing)?|ends?|begins?|last application|apply by|closing|closes|deadline|due|expir\w+|received|accepted"
    r"|register|until|from|valid|next review|review date"
    r"|born|died|accessed|retrieved|visited|joined|anmeldeschluss|termin|veranstaltung\w*|beginn|échéance|cuándo)\b[^.;|]{0,40}$|©"
    r"|\bcopyright\b|\(c\)",
    re.IGNORECASE,
)
_CALLED_OTHER = re.compile(
    r"event|deadline|closing|expir|copyright|countdown|birth|today|current|header-?date|top-?date|masthead|agenda|calendar|termin"
)
_CALLED_CHANGED = re.compile(r"updat|modif|revis|last-?edit|lastmod|aktualis")
_CALLED_DATE = re.compile(r"date(?!-?picker)|time(?!line)|publi|posted|datum|fecha|dato\b|byline|meta(?:data)?\b")
_BESIDE = re.compile(  # what else may stand in a line that is a day: a place or a name before it, an hour and minutes of reading after it
    r"(?:[^\d]{0,60}[,:|·•–-]\s*)?(?:[^\W\d_]{2,12}\.?,?\s+)?@(?:\W|\d{1,2}[:.h]\d\d|\b(?:am|pm|uhr|at|um|à|h|utc|gmt|cet|bst"
    r"|\d{1,3} min(?:ute)?s?(?: read)?|\d{1,2})\b)*+|@\W{1,3}.{0,25}",
    re.IGNORECASE,
)
_UNITS = (
    ("minute|minuten?|minuto|minut", timedelta(minutes=1)),
    ("hour|stunde|heure|hora|uur|timm?ar?|timer", timedelta(hours=1)),
    ("day|tag|jour|día|dagen|dag|dager?", timedelta(days=1)),
)
_AGO = re.compile(
    r"\b(?:(\d{1,2}|an?|one)\s+(\w+)\s+(?:ago|geleden|sedan|siden)|(?:vor|il y a|hace|for|för)\s+(\d{1,2}|une?r?|eine[mr]|una?)\s+(\w+))\b",
    re.IGNORECASE,
)
_TODAY, _YESTERDAY = ("today", "heute", "aujourd’hui", "hoy", "vandaag", "idag"), ("yesterday", "gestern", "hier", "ayer", "gisteren", "igår")
_NAMED_DAYS = dict.fromkeys(_TODAY, 0) | dict.fromkeys(_YESTERDAY, 1)
_LONGEST_DAY = max(map(len, _NAMED_DAYS))


class Shown(NamedTuple):
    """A day as a page shows it, and what it is there: `published`, `marked` as a date, a `line` of its own, `ago`, `recorded`, or `changed`."""

    day: date
    role: str


class _Page(NamedTuple):
    """What of a page decides how its days are read: when it was had, how it writes numbers, what stands near its heading.

    `called` keeps what the markup calls the boxes that were looked at, and `wide` which of them hold more than a line: the cells of a table
    share theirs.
    """

    fetched: datetime
    month_first: bool
    near: Container[Element]
    called: dict[Element, str]
    wide: dict[Element, bool]


def days(document: Document) -> tuple[Shown, ...]:
    """Gather the days of publication and change that a page shows, in its order; those of events, comments and teasers left out."""
    page = _Page(fetched=document.fetched, month_first=_is_american(document), near=_near(document.tree), called={}, wide={})
    texts = islice(_texts(document.tree), _MOST)
    told = ((element, one) for element, words, before in texts for one in _read(element, words, before, page) if _is_plausible(one.day, page))
    return tuple(one for element, one in islice(told, _ENOUGH) if not _is_apart(element))


def _is_plausible(day: date, page: _Page) -> bool:
    return _OLDEST <= dates.day(day) <= page.fetched.date() + timedelta(days=1) and dates.day(day) != _NO_DAY


def _near(tree: Element) -> Container[Element]:
    heading = tree.find(".//h1")
    return set() if heading is None else set(_BELOW(heading))


def _is_apart(element: Element) -> bool:
    """Whether it belongs to something else than the page: a menu, a comment, a teaser, a quoted post."""
    return next(element.iterancestors("blockquote"), None) is not None or is_chrome(element)


def _is_american(document: Document) -> bool:
    locale = document.meta("og:locale")
    tag = (document.tree.get("lang") or "", locale[0] if locale else "")
    return any(one.replace("_", "-").casefold() == "en-us" for one in tag)


def _texts(tree: Element) -> Iterator[tuple[Element, str, Element | None]]:
    """Every piece of text that may hold a day, with its element and the element that stands right before it."""
    times = frozenset(tree.iter("time"))
    for element in tree.iter():
        words, tail = element.text, element.tail
        if ((words and not words.isspace() and _may_tell(words)) or element in times) and element.tag not in _SILENT:
            yield element, words or "", None
        if tail and not tail.isspace() and _may_tell(tail) and (parent := element.getparent()) is not None and parent.tag not in _SILENT:
            yield parent, tail, element


def _may_tell(words: str) -> bool:
    """Whether a piece of text may hold a day."""
    if len(words) > 4 * _LINE:
        return False
    return _NUMBER.search(words) is not None or (len(bare := words.strip()) <= _LONGEST_DAY and bare.casefold() in _NAMED_DAYS)


def _read(element: Element, words: str, before: Element | None, page: _Page) -> Iterator[Shown]:
    words = text.squeeze(words)
    if len(words) > _LINE:
        return
    machine = element.get("datetime") or element.get("title") or "" if before is None else ""
    found = list(_DAY.finditer(words)) if "19" in words or "20" in words or _NUMERIC.search(words) else None
    if not found:
        day = (dates.parse(machine) if machine else None) or _ago(words, page.fetched)
        if day and (role := _role(element, "", before, words=words, page=page)):
            yield Shown(day, role if machine else "ago" if role != "changed" else role)
        return
    end = 0
    for one in found:
        said = _WEEKDAY.sub("", words[end : one.start()])
        role = _role(element, said, before if end == 0 else None, words=words.replace(one[0], "@", 1), page=page)
        day = (dates.parse(machine) if len(found) == 1 and machine else None) or _day(words, one, month_first=page.month_first)
        end = one.end()
        if role == "" and element in page.near and len(words) < _NEAR_LINE:
            role = "line"
        if role and day:
            yield Shown(day, role)


def _day(words: str, found: re.Match[str], *, month_first: bool) -> date | None:
    """The day that was matched; numbers that can be read in two ways are read as the day of the week beside them says."""
    written = words[found.start() : found.end() + 30] if ":" in words[found.end() : found.end() + 30] else found[0]
    day = dates.parse(written, dayfirst=not month_first)
    named = _WEEKDAY.search(words) if _NUMERIC.fullmatch(found[0]) else None
    if day and named and _WEEKDAYS[day.weekday()] != named[1].lower():
        other = dates.parse(written, dayfirst=month_first)
        return other if other and _WEEKDAYS[other.weekday()] == named[1].lower() else day
    return day


def _role(element: Element, said: str, before: Element | None, *, words: str, page: _Page) -> str | None:
    """What a day is there, by the words before it, the markup, or its standing alone; "" where nothing tells, `None` for a day of another sort."""
    said = said if any(c.isalpha() for c in said) else f"{_label(element, before)} {said}"
    if _OTHER.search(said):
        return None
    if _CHANGED.search(said):
        return "changed"
    if _PUBLISHED.search(said):
        return "published"
    if _RECORDED.search(said):
        return "recorded"
    names = page.called.get(element)
    if names is None:
        names = page.called[element] = " ".join(f"{one.get('class') or ''} {one.get('id') or ''}".lower() for one in _boxes(element, page.wide))
    if _CALLED_OTHER.search(names):
        return None
    if (element.tag == "time" or _CALLED_DATE.search(names) or _BARE.search(said)) and len(words) < _MARKED_LINE:
        return "changed" if _CALLED_CHANGED.search(names) and "publish" not in names and "posted" not in names else "marked"
    return "line" if _BESIDE.fullmatch(words) else ""


def _boxes(element: Element, wide: dict[Element, bool]) -> Iterator[Element]:
    """The element and the boxes around it that hold little more."""
    for _ in range(3):
        yield element
        element = element.getparent()
        if element is None or element.tag in ("body", "main", "article"):
            return
        if (is_wide := wide.get(element)) is None:
            is_wide = wide[element] = len(beginning(element, _MARKED_LINE)) > _MARKED_LINE
        if is_wide:
            return


def _label(element: Element, before: Element | None) -> str:
    """The words right before a piece of text: in its line, or in the cell or term that stands before it."""
    for _ in range(3):
        if before is None:
            before = element.getprevious()
        if before is not None:
            said = text.squeeze(before.tail or "") or beginning(before, _LABEL)
            return said if len(said) < _LABEL and len(said.split()) < 5 else ""
        element = element.getparent()
        if element is None or element.tag in ("body", "main", "article"):
            return ""
        if own := text.squeeze(element.text or ""):
            return own[-60:]
    return ""


def _ago(words: str, fetched: datetime) -> date | None:
    """The day that "3 hours ago" or "yesterday" was, when the page was fetched. Weeks and months ago are no day."""
    if (back := _NAMED_DAYS.get(words.casefold().strip(" .,"))) is not None:
        return fetched.date() - timedelta(days=back)
    if not (found := _AGO.search(words)):
        return None
    number, unit = found[1] or found[3], (found[2] or found[4]).casefold()
    for names, span in _UNITS:
        if re.fullmatch(f"(?:{names})(?:e?[ns]|er)?", unit):
            return (fetched - span * (int(number) if number.isdigit() else 1)).date()
    return None
