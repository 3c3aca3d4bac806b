"""The take-away for the team meeting: what stands on it, and that it is one page whatever the words are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Correction, Edition, EditionState, Entry, Event, ItemId, Kind, Section, Severity
from pipeline.render import onepage
from tests import builders
from tests.test_render_pdf import addresses, edition, elements, pages, speaking

SOON = date(2026, 12, 1)


def only(edition: Edition) -> str:
    """Give the words of the page, of which there must be one alone."""
    printed = pages(onepage.render(edition))
    assert len(printed) == 1
    return printed[0]


def dated(number: int, start: date, **changes: Any) -> Entry:
    return builders.entry(id=ItemId(number), kind=Kind.EVENT, kind_name="Event", title=f"Meeting {number}", event=Event(start=start), **changes)


def filled(words: str, *, url: str = "https://north.example/a") -> Edition:
    """Make an edition that says the same words wherever there is room for some."""
    made = [builders.entry(id=ItemId(n), title=words, blurb=words, note=words, source=words, kind_name=words, url=url) for n in range(1, 6)]
    events = [
        replace(dated(n, SOON + timedelta(days=n), source=words), title=words, event=Event(start=SOON + timedelta(days=n), location=words))
        for n in range(10, 20)
    ]
    picks = (ItemId(1), ItemId(2), ItemId(3))
    return builders.edition(
        title=words, organisation=words, month_name=words, picks=picks, sections=(Section(id="a", title=words, entries=(*made, *events)),)
    )


def test_it_has_the_picks_with_what_and_why_the_dates_and_the_links() -> None:
    said = only(edition())
    for part in ("What's new", "November 2026", "IF YOU READ ONLY THREE", "Entry number 1 of many", "Entry number 3 of many", "OUR NOTES"):
        assert part in said
    assert said.count("Take the table on page 4 to your next meeting.") == 3
    for part in ("DATES TO KEEP", "December 2026", "Winter gathering", "Leeds", "digest.example.org/subscribe"):
        assert part in said
    assert "Entry number 4 of many" not in said


def test_each_pick_and_the_edition_have_a_code_with_words_for_those_who_do_not_see_it() -> None:
    drawn = [alt for kind, alt, _ in elements(onepage.render(edition())) if kind == "Figure"]
    assert drawn[0] == "QR code that leads to “Entry number 1 of many”"
    assert drawn[3] == "QR code of the whole edition, https://digest.example.org/editions/2026-11"
    assert len(drawn) == 4


def test_without_picks_the_best_three_stand_there() -> None:
    made = edition(picks=())
    plain = [replace(one, note="" if one.id in (1, 2) else one.note, lead=one.id == 5) for one in made.sections[0].entries]
    said = only(replace(made, sections=(replace(made.sections[0], entries=tuple(plain)), *made.sections[1:])))
    assert "WORTH YOUR TIME" in said
    assert "Entry number 5 of many" in said
    assert "Entry number 2 of many" not in said


def test_what_was_withdrawn_is_not_recommended() -> None:
    gone = Correction(edition="2026-11", item=ItemId(2), severity=Severity.RETRACTED, note="Withdrawn.", made=builders.NOW)
    said = only(edition(corrections=(gone,)))
    assert "IF YOU READ ONLY TWO" in said
    assert "Entry number 2 of many" not in said


def test_dates_that_are_over_are_left_out_and_the_next_one_is_first() -> None:
    events = (dated(1, date(2026, 12, 24)), dated(2, date(2026, 11, 1)), dated(3, date(2026, 12, 2)))
    made = builders.edition(sections=(Section(id="e", title="Events", entries=events),), released=datetime(2026, 11, 30, tzinfo=UTC))
    said = only(made)
    assert "Meeting 2" not in said
    assert said.index("Meeting 3") < said.index("Meeting 1")


def test_a_draft_says_so() -> None:
    assert "DRAFT" in only(edition())
    assert "DRAFT" not in only(edition(state=EditionState.RELEASED))


@pytest.mark.parametrize(
    "made", [builders.edition(sections=()), edition(form="collection", id="networks", picks=())], ids=["nothing", "a collection"]
)
def test_it_can_be_made_of_anything(made: Edition) -> None:
    assert "OUR NOTES" in only(made)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "W" * 4000,
        "Wide words " * 400,
        "é " * 900,
        "a" * 299 + " b",
        "نص طويل " * 300,
        "全" * 2000,
        "🚀" * 900,
        "#panic() $x$ [ ] \\ " * 99,
        "\u0301" * 500,
    ],
    ids=["nothing", "no end", "wide", "short", "limit", "right to left", "ideographs", "signs", "markup", "marks"],
)
def test_it_is_one_page_whatever_the_words(words: str) -> None:
    only(filled(words))


@given(st.text(max_size=600), st.integers(1, 40))
@settings(max_examples=15, deadline=None)
def test_it_is_one_page_of_any_text(words: str, times: int) -> None:
    only(filled(words * times))


@pytest.mark.parametrize(
    "url", ["", "https://north.example/" + "a" * 1900, "https://north.example/" + "ж" * 900], ids=["none", "long", "longer in bytes"]
)
def test_a_work_whose_address_fits_no_code_is_reached_by_way_of_our_page(url: str) -> None:
    assert onepage._scanned(builders.edition(), builders.entry(url=url)) == "https://digest.example.org/editions/2026-11#item-1"
    only(filled("Words", url=url))


def test_it_is_tagged_and_the_same_every_time() -> None:
    body = onepage.render(edition())
    assert b"pdfuaid:part" in body
    assert {"H1", "H2", "Figure", "Table", "TH", "Link"} <= {kind for kind, _, _ in elements(body)}
    assert body == onepage.render(edition())
    assert "https://digest.example.org/editions/2026-11/events.ics" in addresses(body)


def test_a_pick_is_tagged_with_its_language() -> None:
    assert "fr" in {spoken for _, _, spoken in elements(onepage.render(speaking("Un réseau qui apprend", "fr")))}
