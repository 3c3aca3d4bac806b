"""Words for the pages: dates, kinds, chances and numbers as people write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pipeline import dates
from pipeline.model import Kind, Resource, Suggestion
from pipeline.text import clip, counted

_SPANS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
EXCERPT = 1_400
"""Characters of the text that the reading pane shows."""


def day(value: date | None, *, today: date) -> str:
    """Write a day as `19 Nov`, with its year where it is not this one. The day is the one that the page stated."""
    if value is None:
        return ""
    year = "" if value.year == today.year else f" {value.year}"
    return f"{value.day} {dates.short_month(value, 'en')}{year}"


def moment(value: datetime | None, *, zone: ZoneInfo, today: date) -> str:
    """Write a time of ours in the desk's zone: `14:05` today, else `19 Nov, 14:05`."""
    if value is None:
        return ""
    local = value.astimezone(zone)
    clock = f"{local:%H:%M}"
    return clock if local.date() == today else f"{day(local.date(), today=today)}, {clock}"


def when(value: date, *, today: date) -> str:
    """Write the day of an event, with its time of day where the page gave one, as it gave it."""
    return f"{day(value, today=today)}, {value:%H:%M}" if isinstance(value, datetime) else day(value, today=today)


def span(value: timedelta) -> str:
    """Write a length of time in its largest whole unit: `6 days`."""
    for unit, name in _SPANS:
        count = value // unit
        if count:
            return counted(count, name)
    return "less than a minute"


@cache
def kind_name(kind: Kind) -> str:
    return kind.value.replace("-", " ")


def maker(resource: Resource) -> str:
    """Name who stands behind a resource: the publisher, else its site, else its host."""
    return resource.publisher or resource.site_name or host(resource.url)


def percent(probability: float) -> int:
    """Give a probability in whole percent, between 0 and 100."""
    return round(100 * min(1.0, max(0.0, probability)))


def chance(one: Suggestion) -> str:
    """Say how likely a topic is: in percent where that was checked against decisions, else in a word."""
    if one.calibrated:
        return f"{percent(one.probability)}\u00a0%"
    return "likely" if one.is_assigned else "maybe"


def month(value: date, *, today: date) -> str:
    """Write the month of a day: `June`, with its year where it is not this one."""
    name = dates.month(value, "en")
    return name.rpartition(" ")[0] if value.year == today.year else name


def href(url: str) -> str:
    """Give an address that may stand in a link: nothing but the web's own schemes (a `javascript:` link would run on our page)."""
    return url if url.lower().startswith(("https://", "http://")) else ""


def host(url: str) -> str:
    """Name the site that an address leads to."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def excerpt(text: str, *, limit: int = EXCERPT) -> str:
    """Give the beginning of a text, cut between words."""
    return clip(text, limit)


def initials(name: str) -> str:
    """Give the first letters of a name's first two words, for the round sign of a person."""
    return "".join(part[0] for part in name.split()[:2]).upper()
