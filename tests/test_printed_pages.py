"""What stands together on a printed page: heads with what they announce, bars with the words about them, numbers below the letter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.model import Edition, Tally
from pipeline.render import pdf
from pipeline.render.prepare import prepare
from tests.test_pdf_checked import busy
from tests.test_render_pdf import edition, pages

REASONS = (("off topic", 120), ("too local", 80), ("old", 12))
MADE = ("We read twelve sources and kept fifteen items.", "Publishers: north 9, south 6.", "Kinds: reports 9, guides 6.")
LETTER = "Dear colleagues,\n\n" + "\n\n".join("We read what came in so that you need not, and kept what we would send to a friend." for _ in range(4))
BARS = ("Came in", "Turned down", "too local")


def printed(count: int = 14, **changes: Any) -> Edition:
    tally = Tally(received=400, folded=30, kept=15, rejected=212, sources=12, reasons=REASONS)
    return prepare(edition(count, **{"tally": tally, "made": MADE, "letter": LETTER, **changes}))


def on(body: bytes, *words: str) -> list[int]:
    """Number the pages on which all of the words stand."""
    return [number for number, said in enumerate(pages(body), start=1) if all(one in " ".join(said.split()) for one in words)]


@pytest.mark.parametrize("lines", range(0, 22, 3))
def test_large_print_keeps_how_a_digest_was_made_on_one_page(lines: int) -> None:
    body = pdf.render_large(printed(3, letter=LETTER + "\n\nOne more line." * lines))
    assert len(on(body, "How this digest was made", *MADE, *BARS)) == 1


def test_where_one_page_cannot_hold_it_the_bars_stay_with_the_last_words() -> None:
    long = tuple(f"Part {n}: " + "a publisher with a long name and the number of its entries; " * 6 for n in range(1, 7))
    body = pdf.render_large(printed(3, made=(*long, "Five people sent something in.")))
    assert len(on(body, "Five people sent something in.", *BARS)) == 1
    assert on(body, "How this digest was made", "Part 1") != []


def test_words_that_fill_a_page_are_all_printed() -> None:
    made = printed(3, made=tuple("word " * 400 for _ in range(3)))
    body = pdf.render_large(made)
    assert " ".join(pages(body)).split().count("word") == sum(one.split().count("word") for one in made.made) > 600
    assert on(body, *BARS) != []


def test_the_numbers_of_large_print_stand_below_the_letter_and_the_topics_on_a_panel_of_their_own() -> None:
    body = pdf.render_large(printed())
    assert on(body, "Dear colleagues", "THIS EDITION", "came in") == [2]
    assert on(body, "TOPICS, OCT TO NOV") != []


@pytest.mark.parametrize("lines", range(0, 30, 2))
def test_the_line_above_the_contents_stands_with_them(lines: int) -> None:
    body = pdf.render(printed(10, letter=LETTER + "\n\nOne more line." * lines))
    (label,) = on(body, "IN THIS EDITION")
    assert label in on(body, "IN THIS EDITION Contents")


@pytest.mark.parametrize("render", [pdf.render, pdf.render_large])
@pytest.mark.parametrize("kept", range(4, 16, 2))
def test_where_the_dates_go_into_a_calendar_stands_with_them(render: Callable[[Edition], bytes], kept: int) -> None:
    first, dates, last = busy().sections
    made = printed(sections=(replace(first, entries=first.entries[:kept]), replace(dates, entries=dates.entries[: kept // 2]), last))
    assert on(render(made), "Put them in your own calendar", "Events", "November 2026", "Meeting of the") != []


def test_three_entries_of_an_ordinary_length_stand_on_a_page_of_large_print() -> None:
    full = [said.count("Curator’s note") for said in pages(pdf.render_large(prepare(busy()))) if "Link to report" in said]
    assert max(full) == 3
    assert sum(one == 3 for one in full) > len(full) / 3
