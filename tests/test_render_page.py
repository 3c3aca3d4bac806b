"""The page of an edition: what it says of corrections, essays and collections, that its links hold, and that its markup and colours are sound."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup, Tag

from pipeline.model import EditionState, ItemId
from pipeline.render import render
from tests import builders, editions
from tests.axe import misspelt
from tests.test_render import full, soup

VOID = {"meta", "link", "br", "rect", "circle", "path"}


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = soup(full())
    assert not page.find_all(["script", "img", "iframe", "object", "video"])
    assert [tag["rel"] for tag in page.find_all("link")] == [["alternate"]]
    assert "url(" not in str(page.style)
    assert "@import" not in str(page.style)
    assert not page.find_all(style=True)


def test_the_page_has_one_heading_of_the_first_level_and_skips_none() -> None:
    page = soup(full())
    levels = [int(tag.name[1]) for tag in page.find_all(re.compile("^h[1-6]$"))]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.html is not None
    assert page.html["lang"] == "en-GB"
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert all(str(tag["href"])[1:] in ids for tag in page.find_all("a", href=re.compile("^#")))


class Strict(HTMLParser):
    """Reads HTML that closes every tag in turn, gives no attribute twice and no id twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, self.getpos()


@pytest.mark.parametrize("format", ["html", "email"])
@pytest.mark.parametrize("name", editions.ALL)
def test_every_tag_is_closed_and_every_id_is_one(name: str, format: str) -> None:
    reader = Strict()
    reader.feed(render(editions.ALL[name](), format).body.decode())
    assert not reader.open
    assert len(reader.ids) == len(set(reader.ids))


@pytest.mark.parametrize("format", ["html", "email"])
@pytest.mark.parametrize("name", editions.ALL)
def test_a_strict_parser_has_nothing_to_mend(name: str, format: str) -> None:
    assert misspelt(render(editions.ALL[name](), format).body.decode()) == []


@pytest.mark.parametrize("name", editions.ALL)
def test_headings_go_in_order_and_links_find_their_place(name: str) -> None:
    page = soup(editions.ALL[name]())
    levels = [int(tag.name[1]) for tag in page.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = {tag["id"] for tag in page.find_all(id=True)}
    assert all(str(tag["href"])[1:] in ids for tag in page.find_all("a", href=re.compile("^#")))


def said(page: BeautifulSoup | Tag) -> str:
    return " ".join(page.get_text(" ").split())


def found(page: BeautifulSoup, selector: str) -> Tag:
    tag = page.select_one(selector)
    assert tag is not None, selector
    return tag


def test_corrections_stand_at_the_top_and_at_the_entry_and_lead_to_each_other() -> None:
    page = soup(editions.corrected())
    top = found(page, "#main > .notice")
    assert "Corrected on 24 November 2026" in said(top)
    assert [str(tag["href"]) for tag in top.select("a")] == ["#item-1", "#item-2"]
    assert "The editor is called Sam." in said(top)
    mark = found(page, "#item-1 .mark")
    assert said(mark) == "Corrected on 23 November 2026 : The table is on page 5."
    assert found(page, str(found(page, "#item-1 .mark a")["href"])).name == "li"


def test_what_was_withdrawn_says_so_in_words() -> None:
    assert "Withdrawn on 24 November 2026" in said(found(soup(editions.corrected()), "#item-2"))


def test_corrections_to_earlier_issues_lead_to_them() -> None:
    page = soup(editions.corrected())
    assert "Important correction , October 2026 : A year of link workers. The dose was wrong." in said(page)
    assert page.find("a", href="https://digest.example.org/editions/2026-10") is not None


def test_who_corrected_is_nobody_elses_business() -> None:
    signed = tuple(editions.correction(by="Zq Reader") for _ in range(2))
    for format in ("html", "email", "text", "markdown", "atom", "json-feed", "ics", "json"):
        assert b"Zq Reader" not in render(editions.corrected(corrections=signed, errata=signed), format).body


def test_an_essay_has_numbered_references_and_marks_that_lead_there_and_back() -> None:
    page = soup(editions.essay())
    prose = found(page, "#essay")
    assert [tag.get_text() for tag in prose.select("sup")] == ["[1]", "[2, 1]", "[3]"]
    assert [str(tag["href"]) for tag in prose.select("sup a")] == ["#reference-1", "#reference-2", "#reference-1", "#reference-3"]
    assert [str(tag["href"]) for tag in page.select("#reference-1 .back a")] == ["#cite-1-1", "#cite-1-2"]
    assert "Entry number 3" in said(found(page, "#reference-1"))


def test_what_an_essay_does_not_cite_stands_in_its_sections() -> None:
    page = soup(editions.essay())
    cited = [found(one, "article")["id"] for one in page.select("#references li")]
    rest = [one["id"] for one in page.select(".section:not(#references) article")]
    assert cited == ["item-3", "item-1", "item-90"]
    assert sorted(map(str, (*cited, *rest))) == sorted(f"item-{entry.id}" for entry in editions.essay().entries)


def test_how_it_was_made_is_told_in_sentences_or_else_in_numbers() -> None:
    assert "An editor read them and kept eight." in said(soup(editions.issue()))
    counted = said(soup(editions.issue(made=())))
    assert "received 412" in counted
    assert "Left out because: off topic (300)." in counted


def test_a_collection_has_a_day_and_an_introduction_and_no_number() -> None:
    page = soup(editions.collection())
    text = said(page)
    assert "As of 22 November 2026" in text
    assert "About this collection Begin here ." in text
    assert "Issue" not in text
    assert "subscribe" not in str(page).lower()
    assert page.find("a", href="https://digest.example.org/collections/pcn/collection.pdf") is not None


def test_a_collection_without_an_introduction_has_no_signature() -> None:
    assert soup(editions.collection(letter="")).select_one(".letter") is None


def test_words_from_right_to_left_stand_right_and_name_their_language() -> None:
    title = found(soup(editions.issue()), "#item-91 h3")
    assert (title["dir"], title["lang"]) == ("rtl", "ar")
    assert found(soup(editions.issue()), "#item-91 h3 + p")["dir"] == "rtl"
    whole = soup(editions.issue(language="ar"))
    assert found(whole, "html")["dir"] == "rtl"
    assert found(whole, "#item-1 h3 + p")["dir"] == "ltr"


def test_what_is_for_members_says_so() -> None:
    edition = editions.issue(audience="members", sections=editions.sections(1, audience="members"))
    assert "Issue 1 · For members" in said(soup(edition))
    assert "For members" in said(found(soup(edition), "#item-1"))


def test_an_unknown_item_of_a_correction_has_no_link() -> None:
    top = found(soup(editions.corrected(corrections=(editions.correction(item=ItemId(5555), title="Gone"),))), ".notice")
    assert "Gone" in said(top)
    assert not top.find_all("a")


# ---------------------------------------------------------------- colours


def colours(style: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+):(#[0-9a-f]{6})", style)) | {
        f"c{place}": colour for place, colour in re.findall(r"\.c(\d){--c:(#[0-9a-f]{6})", style)
    }


def light(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Compute the ratio of WCAG 2.2, 1.4.3."""
    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_a_contrast_of_at_least_5_5(scheme: str) -> None:
    style = (files("pipeline.render") / "templates" / "page.css").read_text(encoding="utf-8")
    first, dark = style.split("@media(prefers-color-scheme:dark){")
    table = colours(first) | (colours(dark.split("}}", 1)[0] + "}") if scheme == "dark" else {})
    words_on_paper = ("ink", "soft", "accent", *(f"c{n}" for n in range(7)))
    for name in words_on_paper:
        assert contrast(table[name], table["paper"]) >= 5.5, name
        assert contrast(table[name], table["panel"]) >= 5.5, name
    assert contrast(table["gold"], table["night"]) >= 5.5
    assert contrast(table["bar"], table["panel"]) >= 3


def test_an_issue_may_be_a_draft_and_a_collection_never_is() -> None:
    assert "Issue 1 · Draft" in said(soup(builders.edition()))
    assert "Draft" not in said(soup(editions.collection(state=EditionState.DRAFT)))
