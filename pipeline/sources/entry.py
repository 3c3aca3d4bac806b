"""The lines of a listing's items to leads: which line is the title, which the blurb, who wrote it, who posted it, in whatever order they stand.

No page says which of its lines is what, so each is known by its form; who posts on a page is known by being on it again and again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipeline import dates, text
from pipeline.model import Citation, Kind, Lead, Page, Source
from pipeline.names.credits import credit_line
from pipeline.sources import bylines
from pipeline.sources.columns import ASIDE, AUTHOR, DATE, POSTER, TITLE, role_of
from pipeline.sources.cut import invites, is_row, links_of
from pipeline.sources.labels import is_file, is_furniture, is_label, kind_of_label, kind_of_noun
from pipeline.sources.lines import Line, Link
from pipeline.sources.markup import stand_in
from pipeline.sources.unwrap import unwrap

BLURB = 2_000
_SHORT = 70  # characters: dates, names and kinds are shorter, sentences longer

_PARTS = re.compile(
    r"\s+[|·•]\s+|\s+[|·•]|[|·•]\s+|\.\s+(?=[\w-]{1,20}[ -]min(?:ute)?s?\b)"
    r"|(?:\s+[—–-]|,)\s+"
    r"(?=(?:(?:last |first )?(?:published|posted|updated|modified|created|uploaded|filed under)|veröffentlicht|aktualisiert|publié"
    r"|\d{1,3}[ -]min(?:ute)?s?)\b)",
    re.IGNORECASE,
)
_POSTED = re.compile(r"(?:posted|shared|submitted|added|uploaded|created|contributed)\s+by:?\s+(.{3,80}?)(?:\s+on\s+(.{6,40}))?\.?", re.IGNORECASE)
_KEYED = re.compile(r"(?:document type|resource type|type|format|kind|published in|category|content type):?\s+(.{2,40})", re.IGNORECASE)
_DATED = re.compile(
    r"(?:(?:last )?(?:updated|modified)|published(?: on)?|posted on|posted|date|added(?: on)?|created(?: on)?|uploaded(?: on)?|issued|released|on"
    r"|veröffentlicht(?: am)?|erschienen(?: am)?|aktualisiert(?: am)?|publié le|mis à jour le|publicado el|gepubliceerd op|cyhoeddwyd):?\s+(.{6,40})",
    re.IGNORECASE,
)
_HAPPENS = re.compile(r"(?:start|end|when|from|until|to|deadline|clos)\w*\b", re.IGNORECASE)  # the dates of an event, not of its announcement
_BYLINE = re.compile(
    r"(?:posted|published)(?: on)?:? (?P<day>.{6,40}?),? by:? (?P<who>.{3,120})"
    r"|(?P<name>.{3,80}?) (?:posted|published|wrote)(?: this)? on (?P<when>.{6,40})",
    re.IGNORECASE,
)
_MINUTES = re.compile(r"\(?([\w-]{1,20}) ?-?(?:min(?:ute)?s?)\b ?(?:read|watch|listen|video|blog|podcast|film)?\)?\.?", re.IGNORECASE)
_KEY = re.compile(r"([^\W\d_][\w ()/-]{1,30}?)\s*:\s*(\S.{0,200})")
_YEARLESS = re.compile(r"[^\W\d_]{3,9}\.? \d{1,2}|\d{1,2}\.? [^\W\d_]{3,9}\.?")
_GOES_ON = re.compile(r"[.!?]\s+\S")
_SIZE = re.compile(r"(?:[a-z]{2,6}\W+)?\(?\d+(?:[.,]\d+)?\s*(?:[kmg]i?b|bytes|pages|seiten|pp?\.?)\b\)?(?:\W+[a-z]{2,6})?", re.IGNORECASE)
_OVER_GOOGLE = re.compile(r"https?://(?:www\.)?google\.[a-z.]{2,6}/url\?", re.IGNORECASE)
_MEMBER = "community member"  # as a page calls one whom it does not name
_TAG = 40  # characters; what is longer is no label
_NAMED = 25  # characters; less is no resource, where no link speaks for it
_NOWHERE = Link("", "", "")
_MONTH_FIRST = re.compile(r"\b\d{1,2}/(?:1[3-9]|2\d|3[01])/\d{2,4}\b")


@dataclass(slots=True)
class _Found:
    """What the lines of one item have told so far."""

    title: str = ""
    creators: tuple[str, ...] = ()
    posted_by: str = ""
    recommended_by: str = ""
    publisher: str = ""
    citation: Citation | None = None
    published: date | None = None
    minutes: int | None = None
    kind: Kind | None = None
    blurb: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Habits:
    """What is true of the whole page: whose name stands on it again and again, and how it writes dates."""

    posters: frozenset[str]
    dayfirst: bool
    furniture: frozenset[str]
    """Short lines that stand in several items: buttons, and what the page says of each."""


def leads(source: Source, page: Page, items: Sequence[Sequence[Line]]) -> Iterator[Lead]:
    """Read each item's lines as a lead."""
    habits = _habits(items)
    for lines in items:
        links = links_of(lines, page.url)
        link = _link(lines, links) if links else _NOWHERE
        labels = [one.words for one in links if one.url == link.url and one.words and invites(one)]
        found = _read(lines, habits, link, {one.words for one in links if one.words and invites(one) and not _is_sort(one, link, lines)})
        label = labels[0] if labels else _label(link, found.title)
        found.blurb = [words for words in found.blurb if words != label]
        name = found.title or " ".join(found.blurb)
        if not links and not is_row(lines) and (len(found.title + " ".join(found.blurb)) < _NAMED or not _is_told(lines, found)):
            continue
        yield Lead(
            source=source.id,
            url=_target(link.url) or stand_in(page.url, name),
            page=bool(links),
            title=found.title or None,
            description=text.clip(" ".join(found.blurb), BLURB) or None,
            published=found.published,
            label=label,
            creators=found.creators,
            posted_by=found.posted_by or None,
            recommended_by=found.recommended_by or None,
            publisher=found.publisher or None,
            citation=found.citation,
            kind=_kind(label, found.kind),
            duration=timedelta(minutes=found.minutes) if found.minutes else None,
        )


def _target(url: str) -> str:
    """Give where a link leads that Google's sites send over a page of their own."""
    return unwrap(url) if _OVER_GOOGLE.match(url) else url


def _is_told(lines: Sequence[Line], found: _Found) -> bool:
    """Say whether lines without a link are about a resource rather than a remark of the page: they name it and say something about it."""
    named = bool(found.title and (found.blurb or found.creators or found.published)) or any(line.heading for line in lines)
    return named or len(" ".join(found.blurb)) > _SHORT


def _is_sort(one: Link, link: Link, lines: Sequence[Line]) -> bool:
    """Say whether a link that stands alone on its line names the kind ("Blog") and leads to more of it, not to the resource."""
    if one.url == link.url or kind_of_noun(one.words) in (None, Kind.DOCUMENT, Kind.WEBSITE):
        return False
    return any(line.words == one.words for line in lines)


def _label(link: Link, title: str) -> str | None:
    """Take the words of a short link for its label where the title stands elsewhere: "Summary", "Hear them"."""
    said, name = link.words.casefold(), title.casefold()
    return link.words if said and name and len(said) <= _TAG and said not in name and name not in said else None


def _kind(label: str | None, said: Kind | None) -> Kind | None:
    """Weigh the label against a word beside it: "Visit Site" and "View PDF" say what the thing looks like, "Toolkit" what it is."""
    told = kind_of_label(label) if label else None
    return said or told if told in (Kind.WEBSITE, Kind.DOCUMENT) else told or said


def _habits(items: Sequence[Sequence[Line]]) -> _Habits:
    every = [line.words for lines in items for line in lines]
    names = Counter(words for lines in items for words in {line.words for line in lines} if len(words) <= _SHORT and bylines.people(words))
    dayfirst = not any(_MONTH_FIRST.search(words) for words in every if len(words) <= _SHORT)
    said = Counter(words for lines in items for words in {line.words for line in lines if not line.heading} if len(words) <= _SHORT)
    posters, furniture = (frozenset(words for words, times in counted.items() if times > 2) for counted in (names, said))
    return _Habits(posters, dayfirst, furniture)


def _link(lines: Sequence[Line], links: Sequence[Link]) -> Link:
    """Choose the link that leads to the resource: that of the heading, else the first that invites to follow it, else the one that says most."""
    named = [{one for line in lines if line.role == TITLE for one in line.links}, {one for line in lines if line.heading for one in line.links}]
    for link in (link for headed in named for link in links if link in headed):
        return link
    if own := _twice(links):
        return own
    said = [link for link in links if link.words]
    labelled = [link for link in said if invites(link)]
    titled = [link for link in said if not invites(link) and len(link.words) > 12]
    return (labelled if labelled and not titled else [*titled, *labelled, *said, *links])[0]


def _twice(links: Sequence[Link]) -> Link | None:
    """Choose the address that the picture, the title and the button of a card share, where only one is linked more than once."""
    times = Counter(link.url for link in links)
    often = [url for url, number in times.items() if number > 1]
    if len(often) != 1 or len(times) == 1:
        return None
    said = [link for link in links if link.url == often[0] and link.words]
    return next((link for link in said if not invites(link)), said[0] if said else None)


def _read(lines: Sequence[Line], habits: _Habits, link: Link, labels: set[str]) -> _Found:
    found = _Found(title=_title(lines, link))
    for line in lines:
        if line.role and _take_role(line, found, habits):
            continue
        if len(line.links) > 1 and not line.heading and not line.rest.strip(" |/·•-–,") and any(one.words in labels for one in line.links):
            continue  # "PDF Summary Video": ways to the resource, nothing about it
        if line.time and found.published is None:
            found.published = dates.parse(line.time)
        for part in _PARTS.split(_rest(line, found, labels)):
            _take(_stripped(part), found, habits)
    if not found.creators and not found.posted_by:
        found.creators = next((named for line in lines for one in line.links if bylines.is_author(one) and (named := bylines.people(one.words))), ())
    if not found.title:
        found.title = _short_line(found) or _before_dash(found) or ("" if found.blurb or is_label(link.words) else link.words)
    return found


def _stripped(part: str) -> str:
    """Take off what parts a line, and brackets around all of it or without their fellow."""
    part = part.strip(" |·•–—-→»").lstrip(":,; ")
    if part.startswith("(") and part.endswith(")"):
        return part[1:-1].strip()
    return part if part.count("(") == part.count(")") else part.strip("() ")


def _rest(line: Line, found: _Found, labels: set[str]) -> str:
    """Give what a line says besides the title, the labels and the kind."""
    rest = line.words.replace(found.title, "", 1) if found.title and found.title in line.words else line.words
    for words in (*line.tags, *(one.words for one in line.links if one.words and {"tag", "category"} & set(one.rel.split()))):
        rest = _without(rest, words) if _take_tag(words, found) else rest
    for one in line.links:
        rest = rest.removeprefix(one.words) if bylines.is_author(one) and bylines.people(one.words) and rest != one.words else rest
    for words in labels | {one.words for one in line.links if one.words.startswith("Continue reading")}:
        rest = _without(rest, words)
    return rest


def _take_role(line: Line, found: _Found, habits: _Habits) -> bool:
    """Read a line whose column says what it is. Says no where it has to be read by its form after all."""
    words = line.words
    match line.role:
        case "title" if len(words) > _SHORT and found.title and found.title not in words:
            return False  # what stands below the title in its cell
        case "title" | "file" | "aside":
            pass
        case "date":
            found.published = found.published or dates.parse(line.time or words, dayfirst=habits.dayfirst)
        case "author":
            found.creators = found.creators or bylines.people(words) or ((words,) if bylines.is_inverted(words) else ())
        case "poster":
            found.posted_by = found.posted_by or words
        case "kind":
            _take_tag(words, found)
        case "blurb":
            found.blurb.append(words)
        case _:
            return False
    return True


def _take_tag(words: str, found: _Found) -> bool:
    """Read a word that the page sets as a kind or topic; "Annual report" is a report. Says whether it is one."""
    if text.spoken_minutes(words) or dates.parse(words) or credit_line(words):
        return False
    found.kind = found.kind or kind_of_noun(words) or (kind_of_noun(words.split()[-1]) if 1 < len(words.split()) < 4 else None)
    return True


def _without(rest: str, label: str) -> str:
    return rest.replace(label, "") if rest == label or len(label) > 3 else rest


def _title(lines: Sequence[Line], link: Link) -> str:
    """Find the title: a heading, the words of the link, what is in bold at the start of a line. A label is nobody's title."""
    candidates = [
        *(line.words for line in lines if line.role == TITLE),
        *(line.name or line.words for line in lines if line.heading and line.links),
        *(line.name or line.words for line in lines if line.heading),
        *(line.bold for line in lines[:1] if line.bold and not line.links and line.words.startswith(line.bold)),
        *([] if invites(link) else [link.words]),
        *(line.bold for line in lines if line.bold and line.words.startswith(line.bold)),
    ]
    return next((one for one in candidates if one and not is_label(one) and not one.startswith("Continue reading") and not _is_day(one)), "")


def _is_day(words: str) -> bool:
    return len(words) <= _TAG and (words[-1:].isdigit() or words[-1:] in "日일") and dates.parse(words) is not None


def _short_line(found: _Found) -> str:
    """Take for the title the first short line that ends like one, where there is more to say than that."""
    for words in found.blurb:
        if len(words) <= 140 and not words.endswith((".", ":", ";", ",", "!", "…")) and len(words.split()) > 1:
            found.blurb.remove(words)
            return words
    return ""


def _before_dash(found: _Found) -> str:
    """Part "Title – what it is about." where that is all there is."""
    if len(found.blurb) != 1:
        return ""
    head, dash, rest = found.blurb[0].partition(" – ")
    if not dash or len(head) > 140 or head.endswith("."):
        return ""
    found.blurb[:] = [rest]
    return head


def _take(words: str, found: _Found, habits: _Habits) -> None:
    """Read one line, or part of a line, for what it is."""
    if (
        not words
        or (is_label(words) and kind_of_noun(words) is None)
        or (is_furniture(words) and dates.parse(words) is None)
        or _SIZE.fullmatch(words)
        or is_file(words)
    ):
        return
    if (keyed := _KEY.fullmatch(words)) and _take_keyed(keyed[1], keyed[2], found, habits):
        return
    if _take_credit(words, found) or _take_held(words, found):
        return
    if len(words) > _SHORT:
        _take_long(words, found)
    elif not (_take_person(words, found, habits) or _take_fact(words, found, habits) or words in habits.furniture):
        found.blurb.append(words)


def _take_keyed(key: str, value: str, found: _Found, habits: _Habits) -> bool:
    """Read "Tags: wards, slow" or "Datum: 3. März 2026" by the word before the colon. Says no where that is no such word."""
    role = role_of(key)
    if role == ASIDE:
        return not _GOES_ON.search(value)  # "On 24 pages: what to say. With forms to copy." is a text
    day = dates.parse(value, dayfirst=habits.dayfirst) if role == DATE else None
    people = bylines.people(value) if role in (AUTHOR, POSTER) else ()
    found.published = found.published or day
    if role == AUTHOR:
        found.creators = found.creators or people
    elif role == POSTER and people:
        found.posted_by = found.posted_by or value
    return bool(day or people)


def _take_credit(words: str, found: _Found) -> bool:
    """Read a line that says who passed it on, or cites it: "Recommended by …", "Via …", "A and B - 2010 - Journal"."""
    credit = credit_line(words)
    if credit is None or not (credit.year or credit.role in ("recommended by", "submitted by", "via", "in conversation with")):
        return False
    said = ", ".join(credit.people)
    match credit.role:
        case "recommended by":
            found.recommended_by = found.recommended_by or said or _MEMBER
        case "submitted by":
            found.posted_by = found.posted_by or said or _MEMBER
        case "via":
            found.publisher = found.publisher or said
        case _:
            found.creators = found.creators or credit.people
            if credit.year:
                found.citation = found.citation or Citation(journal=credit.journal or None, year=credit.year)
    return True


def _take_held(words: str, found: _Found) -> bool:
    people, publisher, day = bylines.held(words)
    found.creators, found.publisher, found.published = found.creators or people, found.publisher or publisher, found.published or dates.parse(day)
    return bool(people)


def _take_long(words: str, found: _Found) -> None:
    if people := bylines.written(words):
        found.creators = found.creators or people
        return
    if found.minutes is None:
        found.minutes = text.spoken_minutes(words)
    words = words.removesuffix("(link to follow)")
    trimmed = re.sub(r"\s*\([\w-]{1,20}[ -]min(?:ute)?s?(?: \w{1,12})?\)\s*$", "", words)
    if not found.blurb or trimmed not in found.blurb:
        found.blurb.append(trimmed.strip())


def _take_person(words: str, found: _Found, habits: _Habits) -> bool:
    if posted := _POSTED.fullmatch(words):
        found.posted_by = found.posted_by or posted[1].strip()
        found.published = found.published or (dates.parse(posted[2], dayfirst=habits.dayfirst) if posted[2] else None)
        return True
    if words in habits.posters or bylines.has_letters(words):
        found.posted_by = found.posted_by or words
        return True
    if dated := _BYLINE.fullmatch(words):
        found.published = found.published or dates.parse(dated["day"] or dated["when"], dayfirst=habits.dayfirst)
        words = dated["who"] or dated["name"]
    name, day = bylines.signed(words)
    found.published = found.published or (dates.parse(day, dayfirst=habits.dayfirst) if day else None)
    words = name or words
    people = bylines.written(words) or bylines.people(words)
    if people and not found.creators:
        found.creators = people
    return bool(people)


def _take_fact(words: str, found: _Found, habits: _Habits) -> bool:
    if (kind := kind_of_noun(words)) or ((keyed := _KEYED.fullmatch(words)) and ((kind := kind_of_noun(keyed[1])) or True)):
        found.kind = found.kind or kind
        return True
    minutes = text.spoken_minutes(words) or ((spoken := _MINUTES.fullmatch(words)) and text.number(spoken[1]))
    if minutes:
        found.minutes = found.minutes or minutes
        return True
    if found.published and _YEARLESS.fullmatch(words):
        return True
    dated = _DATED.fullmatch(words)
    day = dates.parse(dated[1] if dated else words, dayfirst=habits.dayfirst)
    if day is not None and (dated or len(words) <= 40) and not _HAPPENS.match(words):
        found.published = found.published or day
        return True
    return False
