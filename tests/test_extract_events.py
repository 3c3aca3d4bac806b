"""What announces a happening, when it is, and what only seems to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import extract
from pipeline.extract import occasion
from pipeline.model import Event, Lead
from tests.builders import page

LONDON = ZoneInfo("Europe/London")
STORY = "<p>Three practices met each month for a year and wrote down what they had learnt from each other, and what they would not do again.</p>"


def event(inside: str, *, head: str = "", url: str = "https://north.example/events/a", html: str = "en") -> Event | None:
    top = f"<html lang='{html}'><head><title>Spring gathering</title>{head}</head>"
    body = f"{top}<body><main><h1>Spring gathering</h1>{inside}{STORY}</main></body></html>"
    return extract.extract(page(body, url=url), Lead(source="north-blog", url=url, timezone="Europe/London")).event


def codes(found: Event | None) -> list[str]:
    return [problem.split(":")[0] for problem in found.problems] if found else ["none"]


def at(*parts: int, zone: str = "Europe/London") -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("written", "start", "end", "place"),
    [
        ("Tuesday 9 March 2027, 1pm–2.30pm, Otter House", at(2027, 3, 9, 13), at(2027, 3, 9, 14, 30), "Otter House"),
        ("on 17 March 2027 from 12 noon to 2:15pm at the Hall", at(2027, 3, 17, 12), at(2027, 3, 17, 14, 15), None),
        ("5 May 2027 @ 11:00 am - 2:00 pm", at(2027, 5, 5, 11), at(2027, 5, 5, 14), None),
        ("5 May 2027, 11–2pm", at(2027, 5, 5, 11), at(2027, 5, 5, 14), None),
        ("31 December 2027, 10pm to 1am", at(2027, 12, 31, 22), at(2028, 1, 1, 1), None),
        ("12 June 2027<br>12:00 am<br>2:30 am", at(2027, 6, 12), at(2027, 6, 12, 2, 30), None),
        ("le 3 avril 2027 à 18h", at(2027, 4, 3, 18), None, None),
        ("9/3/27, 6pm (and again 23/3/27)", at(2027, 3, 9, 18), None, None),
        ("3/9/2027 2:00 PM; places by 2/26/2027", at(2027, 3, 9, 14), None, None),
        ("8 March 2027 10:00 am - 9 March 2027 4:00 pm", at(2027, 3, 8, 10), at(2027, 3, 9, 16), None),
    ],
)
def test_a_day_with_a_time_is_read_as_it_is_written(written: str, start: datetime, end: datetime | None, place: str | None) -> None:
    found = event(f"<p>{written}</p>")
    assert found is not None
    assert (found.start, found.end, found.all_day, found.timezone) == (start, end, False, "Europe/London")
    assert place is None or found.location == place


@pytest.mark.parametrize(
    "inside",
    [
        "<p>Posted 14 May 2026 10:00</p>",
        "<p>Last updated: 3 November 2026 16:40</p>",
        "<p>We close at 13:00 on 24 December 2026 and open again at 09:00 on 4 January 2027.</p>",
        "<p>Please answer by 5pm on Friday 12 March 2027.</p>",
        "<p>The lunch club has met since 3 April 2019.</p>",
        "<p>Start Date: 01/07/2027 00:00 End Date: 2027-07-01</p><p>The team is now offering visits. Get in touch and we will find a day.</p>",
    ],
)
def test_a_day_that_is_no_happening_makes_no_event(inside: str) -> None:
    assert event(inside) is None


def test_in_an_article_a_time_is_only_told() -> None:
    told = "<p>We met on 9 March 2027, 1pm.</p>"
    assert event(told, url="https://north.example/stories/a") is None
    assert event("<p>9 March 2027, 1pm to 3pm</p>" + STORY * 15, url="https://north.example/stories/a") is None
    assert event("<p>9 March 2027, 1pm to 3pm</p>", url="https://north.example/stories/a") is not None  # a short notice


def json_ld(start: str, end: str = "") -> str:
    until = f',"endDate":"{end}"' if end else ""
    return f'<script type="application/ld+json">{{"@type":"Event","name":"Spring gathering","startDate":"{start}"{until}}}</script>'


@pytest.mark.parametrize(
    ("inside", "head", "start", "expected"),
    [
        ("<p>Monday 9 March 2027, 1pm</p>", "", at(2027, 3, 9, 13), ["weekday_mismatch"]),
        ("<p>12 July 2027, 2pm GMT</p>", "", at(2027, 7, 12, 14), ["zone_conflict"]),
        ("<p>4 September 2025, 2–3pm</p>", "", at(2025, 9, 4, 14), ["past"]),
        ("<p>Date to be confirmed</p>", json_ld("TBC"), None, ["invalid_date", "no_date"]),
        ("<p>9 March 2027, 1pm to 3pm</p>", json_ld("2027-19-03"), at(2027, 3, 9, 13), ["invalid_date"]),
        ("<p>9 March 2027, 1pm to 3pm</p>", json_ld("2026-03-09T13:00Z", "2026-03-09T15:00Z"), at(2027, 3, 9, 13), ["date_conflict"]),
        ("<p>9 March 2027, 1pm to 3pm</p>", json_ld("2026-11-02T09:14Z"), at(2027, 3, 9, 13), ["posting_date"]),
        ("", json_ld("2027-06-09T23:00Z", "2027-06-10T22:59:59Z"), date(2027, 6, 10), ["utc_shift"]),
        ("<p>Start Date: 17/06/2027 23:00 End Date: 2027-06-18</p>", "", date(2027, 6, 18), ["utc_shift"]),
        ("<p>Start Date 16/06/2027 12:00 End Date 2027-07-14</p><p>A 60-minute webinar.</p>", "", at(2027, 6, 16, 12), ["duration_mismatch"]),
    ],
)
def test_what_is_wrong_is_put_right_with_its_reason(inside: str, head: str, start: date | None, expected: list[str]) -> None:
    found = event(inside, head=head)
    assert found is not None
    assert (found.start, codes(found)) == (start, expected)
    assert found.all_day == (start is not None and not isinstance(start, datetime))


def test_a_year_that_is_not_stated_follows_from_the_day_of_posting() -> None:
    found = event("<p class='date'>27 November 2025</p><p>Tue 3 Feb, 2-3.30pm</p>")
    assert found is not None
    assert (found.start, codes(found)) == (at(2026, 2, 3, 14), ["missing_year", "past"])


@pytest.mark.parametrize(
    "inside",
    [
        "<time itemprop='startDate' datetime='2027-08-12T11:00:00+01:00'>Thursday</time><span itemprop='location'>Otter House</span>",
        "<div class='vevent'><abbr class='dtstart' title='2027-08-12T11:00:00+01:00'>Thursday</abbr> <i class='location'>Otter House</i></div>",
        "<p>12 August 2027, 11am</p><dl><dt>Where</dt><dd>Otter House</dd></dl>",
    ],
)
def test_markup_and_labels_tell_when_and_where(inside: str) -> None:
    found = event(inside)
    assert found is not None
    assert (found.start, found.location, found.online) == (at(2027, 8, 12, 11), "Otter House", False)


def test_the_zone_is_the_one_that_the_page_names_or_that_its_language_is_spoken_in() -> None:
    named, spoken = event("<p>9 March 2027, 6pm (NZDT)</p>"), event("<p>3 avril 2027 à 18h</p>", html="fr-FR")
    assert named is not None
    assert spoken is not None
    assert (named.start, named.timezone) == (at(2027, 3, 9, 18, zone="Pacific/Auckland"), "Pacific/Auckland")
    assert (spoken.start, spoken.timezone) == (at(2027, 4, 3, 18, zone="Europe/Paris"), "Europe/Paris")


def test_the_happening_of_a_page_is_not_its_day_of_publication() -> None:
    body = f"<title>Spring gathering</title>{json_ld('2026-10-09T13:00Z')}<h1>Spring gathering</h1><time>9 October 2026</time>{STORY}"
    assert extract.extract(page(body), Lead(source="north-blog", url="https://north.example/a")).published is None


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(["9 March 2027", " 1pm", "-", "31/31/2027", " at ", "\n", "25:99", "29 Feb", "Mon ", "noon"])).map("".join)
)
def test_any_words_may_stand_on_a_page(words: str) -> None:
    found = occasion.find(words, zone=LONDON, posted=datetime(2026, 1, 1, tzinfo=UTC))
    assert found is None or (isinstance(found.start, datetime) and found.start.tzinfo is LONDON and found.ranged == (found.end is not None))
