"""The small phrases that every format shares: reading time, credits, what a link says, when and where an event is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from pipeline import dates
from pipeline.model import Edition, Entry, Event
from pipeline.text import counted

_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_ROLES = {"author": "By", "speaker": "With"}
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


def byline(entry: Entry, language: str) -> str:
    """Join who made it, date and length, then who passed it on: "By Ada Marsh, 3 November 2026, 10 minute read. Posted by Di Oak"."""
    lines = list(credit_lines(entry))
    makers = [line for line in lines if line.startswith(tuple(_ROLES.values()))]
    if entry.event:
        return ". ".join(lines)  # when its page was written and how long that is says nothing of an event
    day = dates.long(entry.published, language) if entry.published else ""
    made = ", ".join(part for part in (". ".join(makers), day, reading(entry)) if part)
    return ". ".join(part for part in (made, *(line for line in lines if line not in makers)) if part)


def credit_lines(entry: Entry) -> Iterator[str]:
    """Name people by role, a phrase for each: "By Ada Marsh and Ben Oak", "Recommended by Carol Read"."""
    by_role: dict[str, list[str]] = {}
    for credit in entry.credits:
        by_role.setdefault(credit.role, []).append(credit.name)
    for role, names in by_role.items():
        yield f"{_ROLES.get(role, role[:1].upper() + role[1:])} {listed(names)}"


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does; of many, the first three and "others"."""
    shown = list(names) if len(names) <= _NAMED else [*names[: _NAMED - 1], "others"]
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)


def weekday(day: date, language: str) -> str:
    """Name the day of the week."""
    return _WEEKDAYS.get(language.partition("-")[0].lower(), _WEEKDAYS["en"])[day.weekday()]


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
    return event.location or ("Online" if event.online else "")


def page(edition: Edition, file: str = "") -> str:
    """Give the public address of an edition, or of one of its files."""
    return f"{edition.url}/editions/{edition.id}" + (f"/{file}" if file else "")
