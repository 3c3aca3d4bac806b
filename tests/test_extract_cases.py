"""Fields of pages as the systems of the trade write them: one small invented page for each habit, in `cases/extract/fields/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import dates, extract, sources
from pipeline.errors import ExtractError
from pipeline.extract import endings
from pipeline.model import Lead, Resource
from tests.builders import page
from tests.tables import table

FIELDS = Path(__file__).parent / "cases" / "extract" / "fields"
URL = "https://north.example/stories/a"
TITLE = "How small practices learn from each other"
STORY = "<p>Three practices met each month for a year and wrote down what they had learnt from each other, and what they would not do again.</p>" * 3


def cases(field: str) -> list[Any]:
    return [pytest.param(row, id=row["case"]) for row in table(FIELDS / f"{field}.yaml")]


def read(row: dict[str, Any]) -> Resource | None:
    head = row.get("head", "")
    head = head if "<title" in head else f"<title>{TITLE}</title>{head}"
    if "ld" in row:
        head += f'<script type="application/ld+json">{json.dumps(row["ld"], default=str)}</script>'
    body = row.get("body", "")
    body = body if "<h1" in body or row.get("heading") is False else f"<h1>{TITLE}</h1>{body}"
    body = body.replace("{story}", STORY) if "{story}" in body else body + STORY
    source = f"<html lang='{row.get('lang', 'en')}'><head>{head}</head><body {row.get('bears', '')}><main>{body}</main></body></html>"
    url = row.get("url", URL)
    try:
        return extract.extract(page(source, url=url), Lead(source="north-blog", url=url, **row.get("lead", {})))
    except ExtractError:
        return None


@pytest.mark.parametrize("row", cases("published"))
def test_the_day_is_the_one_on_which_it_came_out(row: dict[str, Any]) -> None:
    found = read(row)
    assert found is not None
    assert (dates.day(found.published) if found.published else None) == row["expect"], found.origin.get("published")


@pytest.mark.parametrize("row", cases("creators"))
def test_the_creators_are_those_whom_the_page_names(row: dict[str, Any]) -> None:
    found = read(row)
    assert found is not None
    assert list(found.creators) == row["expect"], found.origin.get("creators")


@pytest.mark.parametrize("row", cases("description"))
def test_the_description_says_what_the_page_is_about(row: dict[str, Any]) -> None:
    found = read(row)
    assert found is not None
    assert (found.description or "")[: len(row["expect"])] == row["expect"], found.origin.get("description")


@pytest.mark.parametrize("row", cases("title"))
def test_the_title_is_what_a_reader_calls_the_page(row: dict[str, Any]) -> None:
    found = read(row)
    assert found is not None
    assert found.title == row["expect"], found.origin.get("title")


@pytest.mark.parametrize("row", cases("kind"))
def test_the_kind_is_what_the_marks_of_the_page_say(row: dict[str, Any]) -> None:
    found = read(row)
    assert found is not None
    assert found.kind.value == row["expect"], found.origin.get("kind")


@pytest.mark.parametrize("row", cases("walls"))
def test_a_wall_is_no_item_and_an_article_about_walls_is_one(row: dict[str, Any]) -> None:
    url = row.get("url", URL)
    script = f'<script type="application/ld+json">{json.dumps(row["ld"])}</script>' if "ld" in row else ""
    source = f"<html lang='{row.get('lang', 'en')}'><head>{row.get('head', '')}{script}</head><body><main>{row['body']}</main></body></html>"
    try:
        extract.extract(page(source, url=url), Lead(source="north-blog", url=url))
        found = ""
    except ExtractError as error:
        found = error.reason
    assert found == row["expect"]


def test_an_event_that_a_page_only_announces_is_not_what_the_page_is() -> None:
    ld = {"@type": "Event", "name": "Annual conference", "startDate": "2030-11-30", "url": "https://north.example/events/annual-conference"}
    found = read({"ld": ld, "body": "<p>21 February 2023</p>"})
    assert found is not None
    assert (found.kind.value, found.title) == ("article", TITLE)


@pytest.mark.parametrize("row", cases("recordings"))
def test_a_recording_has_its_speakers_its_channel_its_show_and_its_length(row: dict[str, Any]) -> None:
    found = read(row)
    assert found is not None
    seconds = int(found.duration.total_seconds()) if found.duration else None
    assert {"creators": list(found.creators), "publisher": found.publisher, "series": found.series, "seconds": seconds} == row["expect"]


@pytest.mark.parametrize(
    ("foot", "kept"),
    [
        ("<div><h2>Report a problem on this page</h2><dl><dt>Date modified:</dt><dd>2 April 2025</dd></dl></div>", False),
        ("<h3>Other news</h3><ul><li><a href='/x'>The lift is mended on Monday</a> 2 April 2025</li><li>Rain on the roof</li></ul>", False),
        ("<h3>Other news</h3><p>The lift is mended on Monday, and the people of the top floor brought a cake for those who did it.</p>", True),
    ],
)
def test_what_stands_below_a_text_is_no_part_of_it(foot: str, kept: bool) -> None:
    found = read({"body": f"{{story}}{foot}"})
    assert found is not None
    assert found.text.startswith("Three practices")
    assert ("Report" in found.text or "The lift is mended" in found.text) == kept


def test_what_a_curator_selects_wins_over_every_rule() -> None:
    body = (
        "<html><head><title>Menu | North</title><meta name=description content='The home of the North Network.'></head><body><h1>Menu</h1>"
        "<div class=t>How a network learns</div><p class=who>Ada Marsh and Tom Reed</p><time class=day datetime='2026-03-02'>last spring</time>"
        f"<p class=about>What three practices learnt.</p><div class=words>Only these words.</div>{STORY}</body></html>"
    )
    select = {"title": ".t", "authors": ".who", "date": ".day", "description": ".about", "text": ".words"}
    found = extract.extract(page(body, url=URL), Lead(source="north-blog", url=URL), select)
    assert (found.title, found.creators, str(found.published)) == ("How a network learns", ("Ada Marsh", "Tom Reed"), "2026-03-02")
    assert (found.description, found.text) == ("What three practices learnt.", "Only these words.")
    assert {found.origin[name] for name in ("title", "creators", "published", "description", "text")} == {"select"}


def test_a_selector_that_matches_nothing_leaves_the_rules_at_work() -> None:
    found = extract.extract(page(f"<title>{TITLE}</title><h1>{TITLE}</h1>{STORY}", url=URL), Lead(source="north-blog", url=URL), {"title": ".none"})
    assert (found.title, found.origin["title"]) == (TITLE, "h1")


def test_selectors_for_pages_are_checked_with_a_sentence_each() -> None:
    wrong = {"page": {"titel": "h1", "date": "time[["}}
    first, second = sources.check("feed", wrong)
    assert first == "page has no option 'titel'; did you mean 'title'?"
    assert second.startswith("page: date is no CSS selector: ")
    assert list(sources.check("sitemap", {"page": {"title": "h1"}})) == []
    assert "must be a group of CSS selectors" in next(sources.check("feed", {"page": "h1"}))


OTHERS = ("Two bridges - Otter Desk", "A long river - Otter Desk", "What a hill says - Otter Desk", "No end at all")


@pytest.mark.parametrize(
    ("title", "others", "expected"),
    [
        ("Rain on the roof - Otter Desk", OTHERS, "Rain on the roof"),
        ("Rain on the roof - Otter Desk", OTHERS[:2], "Rain on the roof - Otter Desk"),
        ("Rain on the roof - a memoir", OTHERS, "Rain on the roof - a memoir"),
        ("Asking next door - part 4", [f"Asking {n} - part {n}" for n in range(9)], "Asking next door - part 4"),
        ("Otter Desk | Rain on the roof", [f"Otter Desk | A story of {word}" for word in ("rain", "snow", "hail")], "Rain on the roof"),
    ],
)
def test_what_three_titles_of_a_host_end_with_is_no_part_of_the_next(title: str, others: list[str], expected: str) -> None:
    assert endings.without_ending(title, others) == expected
