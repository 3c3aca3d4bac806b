"""Events that one may come to or join, midnight at the end of a day, labels of other languages, and the hours of a house."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.exchange.items import event_line
from pipeline.extract import signs, whereabouts
from pipeline.model import Event
from pipeline.plain import from_plain, to_plain
from pipeline.render import words
from tests.test_extract_events import STORY, at, codes, event

TIMES = "<time>8:30 AM</time> <time>10:00 AM</time> <time>08:30</time> <time>10:00</time>"


@pytest.mark.parametrize(
    ("inside", "place"),
    [
        ("<p>9 March 2027, 1pm to 3pm</p><p>Otter House &amp; online</p>", "Otter House"),
        ("<p>9 March 2027, 1pm to 3pm</p><p>Where: Otter House, also online</p><p>A hybrid morning.</p>", "Otter House"),
        ("<p>A hybrid morning: 9 March 2027, 1pm to 3pm.</p><p>Where: Otter House</p>", "Otter House"),
    ],
)
def test_where_one_may_come_or_join_is_told(inside: str, place: str) -> None:
    found = event(inside)
    assert found is not None
    assert (found.location, found.online, found.hybrid) == (place, None, True)


def test_markup_says_that_one_may_come_or_join() -> None:
    node = (
        '{"@context": "https://schema.org", "@type": "Event", "name": "Spring gathering", "startDate": "2027-03-09T13:00+00:00", '
        '"eventAttendanceMode": "https://schema.org/MixedEventAttendanceMode", "location": {"@type": "Place", "name": "Otter House"}}'
    )
    found = event("", head=f'<script type="application/ld+json">{node}</script>')
    assert found is not None
    assert (found.location, found.online, found.hybrid) == ("Otter House", None, True)


def test_it_is_kept_said_and_given_on() -> None:
    both = Event(start=date(2027, 3, 9), location="Otter House", hybrid=True)
    assert from_plain(Event, to_plain(both)) == both
    assert event_line(both)["online"] == "mixed"  # type: ignore[index]
    assert words.where(both) == "Otter House, also online"
    assert words.where(Event(start=date(2027, 3, 9), hybrid=True)) == "In person and online"


@pytest.mark.parametrize(
    ("inside", "start", "end", "place"),
    [
        ("<p>Saturday 6 March 2027, 22:00–24:00</p><p>Canteen</p>", at(2027, 3, 6, 22), at(2027, 3, 7), "Canteen"),
        ("<p>Saturday 6 March 2027, 10:00–24:00</p>", at(2027, 3, 6, 10), at(2027, 3, 7), None),
        ("<p>We run a session on Wednesday 3 March 2027 at 4pm (until 5pm), with three editors.</p>", at(2027, 3, 3, 16), at(2027, 3, 3, 17), None),
        (
            "<p>6 March 2027</p><p>Otter House</p><p>Bring your own cup.</p><p>Hours: 9am – 5pm</p>",
            at(2027, 3, 6, 9),
            at(2027, 3, 6, 17),
            "Otter House",
        ),
        (f"<p>6 March 2027</p><p>{TIMES}</p><p>The Larder</p>", at(2027, 3, 6, 8, 30), at(2027, 3, 6, 10), "The Larder"),
    ],
)
def test_ends_and_places_stand_apart_from_their_days(inside: str, start: object, end: object, place: str | None) -> None:
    found = event(inside)
    assert found is not None
    assert (found.start, found.end) == (start, end)
    assert place is None or found.location == place


@pytest.mark.parametrize(
    ("inside", "language", "start", "place"),
    [
        ("<p>Tid: Onsdag 5 maj 2027 kl. 09.00–12.00</p><p>Plats: Folkets hus, Lund</p>", "sv", (2027, 5, 5, 9), "Folkets hus, Lund"),
        ("<dl><dt>開催日時</dt><dd>2027/02/10(水) 19:00 〜 21:00</dd><dt>会場</dt><dd>市民ホール</dd></dl>", "ja", (2027, 2, 10, 19), "市民ホール"),
        (
            "<p>Mis en ligne le 10 novembre 2026</p><p>Jeudi 3 juin 2027 à 20h00 — Halle aux Vins, Namur.</p>",
            "fr",
            (2027, 6, 3, 20),
            "Halle aux Vins, Namur",
        ),
    ],
)
def test_labels_of_other_languages_are_read(inside: str, language: str, start: tuple[int, ...], place: str) -> None:
    found = event(inside, html=language)
    assert found is not None
    assert found.start is not None
    assert found.start.timetuple()[:4] == start
    assert found.location == place


@pytest.mark.parametrize("heading", ["Fler evenemang", "Nächste Termine", "À venir", "関連イベント"])
def test_dates_of_other_events_make_no_series(heading: str) -> None:
    others = "".join(f"<p>{day} 2027 10:00</p>" for day in ("24 April", "8 May", "29 May", "12 June"))
    assert "series" not in codes(event(f"<p>9 March 2027, 1pm to 3pm</p>{STORY}<section><h3>{heading}</h3>{others}</section>"))


def test_a_conference_of_days_under_its_title_needs_no_label() -> None:
    found = event("<h2>June 14th–16th, 2027</h2><p class='event-location'>Lisbon, Portugal</p>")
    assert found is not None
    assert (found.start, found.end, found.location) == (date(2027, 6, 14), date(2027, 6, 16), "Lisbon, Portugal")


def test_the_hours_of_a_house_are_no_event() -> None:
    week = "<p>Monday–Thursday</p><p>9am–8pm</p><p>Weekend</p><p>Closed</p><p>Thursday 24 December 2026</p><p>9am–noon</p>"
    assert event(week, url="https://north.example/about") is None
    assert not signs.is_hours("Bookings\nclosed\n9 March 2027, 1pm")


def test_room_leaves_a_place_that_is_only_online() -> None:
    assert [whereabouts.room(one) for one in ("Otter House and online", "Online", "Stand and Deliver Hall", None)] == [
        "Otter House",
        "Online",
        "Stand and Deliver Hall",
        None,
    ]
