"""When and where an event is, as systems and people write it: small invented pages in `cases/extract/fields/events.yaml`."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import extract
from pipeline.errors import ExtractError
from pipeline.model import Event, Lead
from tests.builders import page
from tests.tables import table

CASES = Path(__file__).parent / "cases" / "extract" / "fields" / "events.yaml"
STORY = "<p>Three practices met each month for a year and wrote down what they had learnt from each other, and what they would not do again.</p>"


def read(row: dict[str, Any]) -> Event | None:
    url = row.get("url", "https://north.example/events/a")
    body = row.get("body", "")
    body = body if "<h1" in body else f"<h1>Spring gathering</h1>{body}"
    head = row.get("head", "")
    if "ld" in row:
        head += f'<script type="application/ld+json">{json.dumps(row["ld"], default=str)}</script>'
    source = f"<html lang='{row.get('lang', 'en')}'><head><title>Spring gathering</title>{head}</head><body><main>{body}{STORY}</main></body></html>"
    return extract.extract(page(source, url=url), Lead(source="north-blog", url=url, timezone="Europe/London")).event


def told(event: Event) -> dict[str, Any]:
    """Each field as a case writes it: times to the minute, with their offset."""
    found = {"place": event.location, "online": event.online, "zone": event.timezone, "codes": [one.split(":")[0] for one in event.problems]}
    return found | {"start": moment(event.start), "end": moment(event.end)}


def moment(value: date | None) -> str | None:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat() if value else None


@pytest.mark.parametrize("row", [pytest.param(row, id=row["case"]) for row in table(CASES)])
def test_an_event_is_read_as_it_is_announced(row: dict[str, Any]) -> None:
    event = read(row)
    if row["expect"] == "none":
        assert event is None
        return
    assert event is not None
    assert {name: value for name, value in told(event).items() if name in row["expect"]} == row["expect"]


FORM = "<h1>Webinar Registration</h1><form>Topic Counting kindly <p>Time {when}</p><input name=email></form>"


def test_a_form_that_names_a_day_and_a_time_is_no_empty_page() -> None:
    url = "https://us06web.zoom.us/webinar/register/abc"
    form = FORM.format(when="Apr 21, 2027 12:00 PM in London")
    found = extract.extract(page(f"<html><head><title>Zoom</title></head><body>{form}</body></html>", url=url), Lead(source="a", url=url))
    assert found.event is not None
    assert (moment(found.event.start) or "").startswith("2027-04-21T12:00")
    assert found.event.online is True


def test_a_form_without_a_day_is_still_an_empty_page() -> None:
    url = "https://us06web.zoom.us/webinar/register/abc"
    with pytest.raises(ExtractError):
        extract.extract(page(f"<html><body>{FORM.format(when='')}</body></html>", url=url), Lead(source="a", url=url))
