"""Zones that programs describe under names of their own are told by the names that all others use."""

from __future__ import annotations

import pytest

from pipeline.model import Event, Lead, Source
from pipeline.sources import calendar
from tests.builders import page

_RULES = """BEGIN:VTIMEZONE\r
TZID:{name}\r
BEGIN:STANDARD\r
DTSTART:16010101T020000\r
TZOFFSETFROM:{summer}\r
TZOFFSETTO:{winter}\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r
END:STANDARD\r
BEGIN:DAYLIGHT\r
DTSTART:16010101T010000\r
TZOFFSETFROM:{winter}\r
TZOFFSETTO:{summer}\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r
END:DAYLIGHT\r
END:VTIMEZONE\r
"""


def event(name: str, winter: str, summer: str) -> Event | None:
    rules = _RULES.format(name=name, winter=winter, summer=summer)
    body = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{rules}BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Spring gathering\r\n"
        f"DTSTART;TZID={name}:20270512T140000\r\nDTEND;TZID={name}:20270512T150000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    source = Source(id="fen", kind="calendar", url="https://fen.example/a.ics", timezone="UTC")
    (found,) = (one for one in calendar.leads(source, page(body, url=source.url, media_type="text/calendar")) if isinstance(one, Lead))
    return found.event


@pytest.mark.parametrize(
    ("name", "winter", "summer", "zone", "start"),
    [
        ("GMT Standard Time", "+0000", "+0100", "Europe/London", "2027-05-12T14:00:00+01:00"),
        ("W. Europe Standard Time", "+0100", "+0200", "Europe/Berlin", "2027-05-12T14:00:00+02:00"),
        ("/mozilla.org/20050126_1/Europe/Paris", "+0100", "+0200", "Europe/Paris", "2027-05-12T14:00:00+02:00"),
        ("The clock of the hall", "+0000", "+0100", None, "2027-05-12T14:00:00+01:00"),
        ("Romance Standard Time", "+0500", "+0600", None, "2027-05-12T14:00:00+06:00"),
    ],
)
def test_a_zone_is_named_where_its_clock_agrees(name: str, winter: str, summer: str, zone: str | None, start: str) -> None:
    found = event(name, winter, summer)
    assert found is not None
    assert found.start is not None
    assert (found.timezone, found.start.isoformat()) == (zone, start)
