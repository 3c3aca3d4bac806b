"""The small phrases that every format shares: names and addresses, reading time, credits, what a link says, when and where an event is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

from pipeline import dates
from pipeline.model import Edition, Entry, Event
from pipeline.text import clip, counted

_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_ROLES = {"author": "By", "speaker": "With"}
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "syr", "ug", "ur", "yi"})
_GATHERED = {"quarter": "Quarterly", "week": "Between issues"}
_NOT_ISSUES = {"collection": "Collection", **_GATHERED}
_TIES, _TIED = 2, 100  # ties that an entry prints, and characters of their titles
_NAMED = 4  # more names than this make a line that nobody reads


def action(entry: Entry) -> str:
    """Say what the link does: "Watch video · 5 minutes"."""
    if not entry.duration_minutes:
        return entry.link_label
    return f"{entry.link_label} · {counted(entry.duration_minutes, 'minute')}"


def reading(entry: Entry) -> str:
    """Say how long a text is: "10 minute read", "24 pages"."""
    if entry.minutes:
        return f"{entry.minutes} minute read"
    return counted(entry.pages, "page") if entry.pages else ""


def length(entry: Entry) -> str:
    """Say how long a text or a recording is, where no link stands beside it to say so: "10 minute read", "24 pages", "5 minutes"."""
    return reading(entry) or (counted(entry.duration_minutes, "minute") if entry.duration_minutes else "")


def byline(entry: Entry, language: str) -> str:
    """Join who made it, date and length, then who passed it on: "By Ada Marsh, 3 November 2026, 10 minute read. Posted by Di Oak"."""
    lines = list(credit_lines(entry))
    makers = [line for line in lines if line.startswith(tuple(_ROLES.values()))]
    if entry.event:
        return _sentences(*lines, *tie_lines(entry))  # when its page was written and how long that is says nothing of an event
    day = dates.long(entry.published, language) if entry.published else ""
    made = ", ".join(part for part in (_sentences(*makers), day, reading(entry)) if part)
    return _sentences(made, *(line for line in lines if line not in makers), *tie_lines(entry))


def facts(entry: Entry, language: str) -> str:
    """Join kind, source and byline: "Report, North Network. By Ada Marsh, 3 November 2026"."""
    audience = "for members" if entry.audience == "members" else ""
    first = ", ".join(part for part in (entry.kind_name, audience, apart(entry.source)) if part)
    return _sentences(first, byline(entry, language))


def _sentences(*parts: str) -> str:
    """Join what is there with full stops, one for each: a name may come with its own."""
    return ". ".join(part.removesuffix(".") for part in parts if part)


def credit_lines(entry: Entry) -> Iterator[str]:
    """Name people by role, a phrase for each: "By Ada Marsh and Ben Oak", "Recommended by Carol Read"."""
    by_role: dict[str, list[str]] = {}
    for credit in entry.credits:
        name = apart(credit.name)
        by_role.setdefault(credit.role, []).append(f"{name}, {apart(credit.about)}" if credit.about else name)
    for role, names in by_role.items():
        yield f"{_ROLES.get(role, role[:1].upper() + role[1:])} {listed(names)}"


def tie_lines(entry: Entry) -> Iterator[str]:
    """Say what an entry is tied to, a phrase for each of the first: "Recording available: “Run charts”"."""
    for one in entry.ties[:_TIES]:
        yield f"{one.label}: “{apart(clip(one.title, _TIED))}”"


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does; of many, the first three and "others"."""
    shown = list(names) if len(names) <= _NAMED else [*names[: _NAMED - 1], "others"]
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)


def weekday(day: date, language: str) -> str:
    """Name the day of the week."""
    return _WEEKDAYS.get(tongue(language), _WEEKDAYS["en"])[day.weekday()]


def last_day(event: Event) -> date | None:
    """Give the day on which an event of several days ends; `None` for one day, no end, or an end before the start."""
    if event.start is None or event.end is None:
        return None
    first, last = dates.day(event.start), dates.day(event.end)
    # A party that ends at two in the morning is no event of two days.
    short = isinstance(event.start, datetime) and isinstance(event.end, datetime) and last - first == timedelta(days=1) and event.end.hour < 6
    return last if last > first and not short else None


def hours(event: Event, edition: Edition) -> str:
    """Give an event's hours as stated, "14:00–15:00", and the zone where it is not the desk's."""
    start, end = event.start, event.end
    if event.all_day or not isinstance(start, datetime):
        return ""
    text = f"{start:%H:%M}"
    if isinstance(end, datetime) and last_day(event) is None and f"{end:%H:%M}" != text and end.replace(tzinfo=None) > start.replace(tzinfo=None):
        text += f"–{end:%H:%M}"
    return text + _zone(start, edition.timezone)


def _zone(start: datetime, desk: str) -> str:
    offset, zone = start.utcoffset(), dates.zone(desk)
    try:
        ours = start.astimezone(zone).utcoffset() if zone else offset
    except (OverflowError, ValueError):  # a moment at the very edge of the calendar
        return ""
    if offset is None or offset == ours:
        return ""
    minutes = int(offset.total_seconds() // 60)
    clock = f"{abs(minutes) // 60}" + (f":{abs(minutes) % 60:02}" if minutes % 60 else "")
    return f" UTC{'+' if minutes >= 0 else '−'}{clock}" if minutes else " UTC"


def when(event: Event, edition: Edition) -> str:
    """Write an event's date in one line: "2 December 2026, 14:00–15:00", "12 January 2027 to 13 January 2027"."""
    if event.start is None:
        return "Date to be confirmed"
    last = last_day(event)
    until = f" to {dates.long(last, edition.language)}" if last else ""
    clock = hours(event, edition)
    return f"{dates.long(event.start, edition.language)}{until}" + (f", {clock}" if clock else "")


def where(event: Event) -> str:
    """Say where an event is."""
    place = apart(event.location or "")
    if event.hybrid:
        return f"{place}, also online" if place else "In person and online"
    return place or ("Online" if event.online else "")


def is_collection(edition: Edition) -> bool:
    """Whether this is a living collection and no issue of a digest."""
    return edition.form == "collection"


def is_gathered(edition: Edition) -> bool:
    """Whether this was put together for a mail alone, of several issues or between two: it has no page of its own."""
    return edition.form in _GATHERED


def name(edition: Edition) -> str:
    """Name an edition in one line: "What's new, November 2026"; a collection has its title alone, for it is the same one next month."""
    return edition.title if is_collection(edition) or not edition.month_name else f"{edition.title}, {edition.month_name}"


def issue(edition: Edition) -> str:
    """Say what this is: "Issue 27", or "Collection", which has no number, as has what is gathered."""
    parts = (_NOT_ISSUES.get(edition.form, f"Issue {edition.number}"), "For members" if edition.audience == "members" else "")
    return " · ".join(part for part in parts if part)


def few(number: int) -> str:
    """Count the picks: "one", "two", "three", else "these"."""
    return {1: "one", 2: "two", 3: "three"}.get(number, "these")


def essay_heading(edition: Edition) -> str:
    """Head the essay."""
    return f"{edition.month_name} in one reading"


def letter_heading(edition: Edition) -> str:
    """Head the letter, which introduces a collection."""
    return "About this collection" if is_collection(edition) else "From the editor"


def made_heading(edition: Edition) -> str:
    """Head the account of how it was made."""
    return f"How this {'collection' if is_collection(edition) else 'digest'} was made"


def counts(edition: Edition) -> list[tuple[str, int]]:
    """Give the numbers of that account, what came in and what became of it; none where its sentences say them."""
    tally = edition.tally
    if not tally.received or edition.made:
        return []
    kept = tally.kept or len(edition.entries)
    return [
        (said, number)
        for said, number in (("received", tally.received), ("doubles", tally.folded), ("kept", kept), ("left out", tally.rejected))
        if number
    ]


def reasons(edition: Edition) -> str:
    """Say why things were left out, "Left out because: off topic (120), promotional (80).", where no sentence of that account does."""
    if edition.made:
        return ""
    said = ", ".join(f"{reason[:1].lower()}{reason[1:]} ({number:,})" for reason, number in edition.tally.reasons)
    return f"Left out because: {said}." if said else ""


def changed(edition: Edition) -> datetime:
    """Give the moment of the last change that readers can see: the last correction, else the release."""
    moments = (edition.released or edition.composed, edition.corrected, *(one.made for one in edition.corrections))
    return max(moment for moment in moments if moment is not None)


def on_day(moment: datetime, edition: Edition) -> str:
    """Write the day of a moment in the desk's zone."""
    return dates.long(moment.astimezone(dates.zone(edition.timezone) or UTC), edition.language)


def tongue(language: str) -> str:
    """Give the language without its region: British and American titles are read out by the same voice."""
    return language.partition("-")[0].lower()


def direction(said: str, language: str = "") -> str:
    """Say which way words run, "rtl" or "ltr": by the language where it has one script only, else by the first strong letter (UAX 9, P2)."""
    if tongue(language) in _RIGHT_TO_LEFT:
        return "rtl"
    strong = next((kind for kind in map(unicodedata.bidirectional, said) if kind in ("L", "R", "AL")), "L")
    return "ltr" if strong == "L" else "rtl"


def apart(said: str) -> str:
    """End words that run from right to left with a mark (UAX 9, LRM): else the number that follows them in our line, a day or a page, would be
    drawn into them. Other words are given as they are."""
    if said.isascii() or all(unicodedata.bidirectional(letter) not in ("R", "AL") for letter in said):
        return said
    return f"{said}\u200e"


def page(edition: Edition, file: str = "") -> str:
    """Give the public address of an edition or a collection, or of one of its files, by the name that it has in an edition.

    What is gathered has neither page nor files: its address is that of all issues."""
    if is_gathered(edition):
        return f"{edition.url}/editions"
    if not is_collection(edition):
        return issue_page(edition, edition.id) + (f"/{file}" if file else "")
    named = "collection.json" if file == "edition.json" else file.replace("digest", "collection")
    return f"{edition.url}/collections/{quote(edition.id, safe='')}" + (f"/{named}" if named else "")


def issue_page(edition: Edition, edition_id: str) -> str:
    """Give the public address of this or an earlier issue."""
    return f"{edition.url}/editions/{quote(edition_id, safe='')}"
