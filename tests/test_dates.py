"""What a date is: read as it was meant, or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dates

DAYS = st.dates(min_value=date(1901, 1, 1), max_value=date(2099, 12, 31))
OFFSETS = st.integers(min_value=-14 * 4, max_value=14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
TIMES = st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(2099, 12, 31), timezones=OFFSETS)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-03", date(2026, 11, 3)),
        ("2026/11/3", date(2026, 11, 3)),
        ("20261103", date(2026, 11, 3)),
        ("3 November 2026", date(2026, 11, 3)),
        ("Thursday 3rd of May, 2026", date(2026, 5, 3)),
        ("Nov. 3rd, 2026", date(2026, 11, 3)),
        ("3-Nov-2026", date(2026, 11, 3)),
        ("3. März 2026", date(2026, 3, 3)),
        ("1er août 2026", date(2026, 8, 1)),
        ("3 de noviembre de 2026", date(2026, 11, 3)),
        ("15 giugno 2026", date(2026, 6, 15)),
        ("2026年11月3日", date(2026, 11, 3)),
        ("14 mai 2026", date(2026, 5, 14)),
        ("14 d’abril de 2026", date(2026, 4, 14)),
        ("14. května 2026", date(2026, 5, 14)),
        ("14. októbra 2026", date(2026, 10, 14)),
        ("2026. május 14.", date(2026, 5, 14)),
        ("14 octombrie 2026", date(2026, 10, 14)),
        ("14. detsember 2026", date(2026, 12, 14)),
        ("14. júní 2026", date(2026, 6, 14)),
        ("14. marraskuuta 2026", date(2026, 11, 14)),
        ("14 Ağustos 2026", date(2026, 8, 14)),
        ("14 Agustus 2026", date(2026, 8, 14)),
        ("14 сентября 2026 г.", date(2026, 9, 14)),
        ("14 листопада 2026 року", date(2026, 11, 14)),
        ("14 Σεπτεμβρίου 2026", date(2026, 9, 14)),
        ("الأربعاء ١٤ أكتوبر، ٢٠٢٦", date(2026, 10, 14)),
        ("14 בינואר 2026", date(2026, 1, 14)),
        ("03/11/2026", date(2026, 11, 3)),
        ("30.11.26", date(2026, 11, 30)),
        ("11/30/2026", date(2026, 11, 30)),
        ("Published on 3 March 2026 by Ada Marsh", date(2026, 3, 3)),
        ("2026-11-03T10:00:00Z", datetime(2026, 11, 3, 10, tzinfo=UTC)),
        ("20261103T101010Z", datetime(2026, 11, 3, 10, 10, 10, tzinfo=UTC)),
        ("2026-11-03T10:00:00.123456-0800", datetime(2026, 11, 3, 10, 0, 0, 123456, tzinfo=timezone(-timedelta(hours=8)))),
        ("2026-11-03T24:00:00", datetime(2026, 11, 4, tzinfo=UTC)),
        ("Tue, 03 Nov 2026 10:00:00 GMT", datetime(2026, 11, 3, 10, tzinfo=UTC)),
        ("Tue, 3 Nov 26 10:00 EST", datetime(2026, 11, 3, 10, tzinfo=timezone(-timedelta(hours=5)))),
        ("Tue Nov  3 10:00:00 2026", datetime(2026, 11, 3, 10, tzinfo=UTC)),
        ("November 3, 2026 at 3:30pm", datetime(2026, 11, 3, 15, 30, tzinfo=UTC)),
        ("Di, 3. März 2026, 14 Uhr", datetime(2026, 3, 3, 14, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_people_and_machines_write_them(written: str, expected: date) -> None:
    found = dates.parse(written)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "written",
    [
        "2026",
        "November 2026",
        "2026-11",
        "11/2026",
        "2026-02-30",
        "31/02/2026",
        "Tuesday, November 3",
        "soon",
        "",
        "1.2.3",
        "12.3 million 2020",
        "99999999",
    ],
)
def test_what_is_no_whole_date_stays_unread(written: str) -> None:
    assert dates.parse(written) is None


def test_the_month_may_come_first() -> None:
    assert dates.parse("05/06/2026") == date(2026, 6, 5)
    assert dates.parse("05/06/2026", dayfirst=False) == date(2026, 5, 6)
    assert dates.parse("25/06/2026", dayfirst=False) == date(2026, 6, 25)


def test_a_time_without_a_zone_is_in_the_zone_of_the_caller() -> None:
    summer = timezone(timedelta(hours=1))
    assert dates.parse("2026-07-01 10:00", zone=summer) == datetime(2026, 7, 1, 10, tzinfo=summer)
    assert dates.parse("2026-07-01 10:00Z", zone=summer) == datetime(2026, 7, 1, 10, tzinfo=UTC)


@given(DAYS, st.sampled_from(["en-GB", "en-US", "de", "fr", "es", "it", "nl", "pt"]))
def test_what_is_written_out_is_read_back(day: date, language: str) -> None:
    assert dates.parse(dates.long(day, language)) == day
    assert dates.parse(dates.iso(day)) == day


@given(TIMES)
def test_a_time_keeps_its_offset(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    back = dates.parse(dates.iso(moment))
    assert isinstance(back, datetime)
    assert (back, back.utcoffset()) == (moment, moment.utcoffset())


@given(st.text(max_size=200) | st.from_regex(r"[0-9/.: TZ+-]{1,40}"))
def test_no_text_breaks_the_reading(raw: str) -> None:
    found = dates.parse(raw)
    assert found is None or not isinstance(found, datetime) or found.utcoffset() is not None


def test_days_are_written_as_each_language_does() -> None:
    day = date(2026, 11, 1)
    written = [dates.long(day, language) for language in ("en-GB", "en_US", "de-AT", "fr", "es", "xx")]
    assert written == ["1 November 2026", "November 1, 2026", "1. November 2026", "1er novembre 2026", "1 de noviembre de 2026", "1 November 2026"]
