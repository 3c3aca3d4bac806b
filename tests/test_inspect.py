"""What is found about the look of an edition: glyphs, colours, links and words that are cut, the size of its mail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Credit, Edition, Entry, Finding, ItemId, Section
from pipeline.render import fonts, palette
from pipeline.render.inspect import contrast, faint, inspect
from tests import builders, hostile

NOBODY_HAS = "\U0001e290"  # a letter of Toto (Unicode 14)


def holding(*entries: Entry, **changes: Any) -> Edition:
    return builders.edition(sections=(Section(id="a", title="Reports", entries=entries),), **changes)


def found(edition: Edition, rule: str) -> list[Finding]:
    return [one for one in inspect(edition) if one.rule == rule]


def test_a_usual_edition_has_nothing_to_look_at() -> None:
    assert inspect(holding(builders.entry())) == ()


@pytest.mark.skipif(not fonts.missing(NOBODY_HAS), reason="this machine has a font for Toto")
@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"title": f"Read {NOBODY_HAS}"}, "item 1"),
        ({"note": NOBODY_HAS}, "item 1"),
        ({"credits": (Credit(role="author", name=NOBODY_HAS),)}, "item 1"),
    ],
)
def test_a_character_without_a_glyph_is_told_with_its_item(changes: dict[str, Any], place: str) -> None:
    (finding,) = found(holding(builders.entry(**changes)), "missing-glyphs")
    assert finding.place == place
    assert "Toto" in finding.problem
    assert "font" in finding.remedy


@pytest.mark.skipif(not fonts.missing(NOBODY_HAS), reason="this machine has a font for Toto")
def test_a_character_without_a_glyph_is_told_of_the_letter_and_of_section_titles_too() -> None:
    edition = builders.edition(letter=NOBODY_HAS, sections=(Section(id="talks", title=NOBODY_HAS, entries=(builders.entry(),)),))
    assert {one.place for one in found(edition, "missing-glyphs")} == {"letter", "section talks"}


def test_words_that_are_cut_are_told_with_their_length() -> None:
    entry = builders.entry(title="word " * 80, blurb="word " * 300, note="word " * 200)
    assert [one.problem for one in found(holding(entry), "cut-words")] == [
        "Its title is cut at 300 characters; it has 399.",
        "Its description is cut at 1,200 characters; it has 1,499.",
    ]


def test_words_at_the_limit_are_not_told() -> None:
    assert found(holding(builders.entry(title="a" * 300, blurb="a" * 1200)), "cut-words") == []
    assert found(holding(builders.entry(title=" a  " * 150)), "cut-words") == []


def test_ten_megabytes_are_told_without_counting_them() -> None:
    (finding,) = found(holding(builders.entry(title="x" * 10_000_000)), "cut-words")
    assert "more than 2,400" in finding.problem


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://a b/", "https://x.example/" + "a" * 3_000, "ftp://x.example/"])
def test_a_link_that_is_cut_off_is_told(url: str) -> None:
    (finding,) = found(holding(builders.entry(url=url)), "cut-link")
    assert finding.place == "item 1"
    assert finding.severity == "warning"
    assert len(finding.problem) < 200


def test_an_item_without_an_address_has_no_link_to_cut() -> None:
    assert found(holding(builders.entry(url="")), "cut-link") == []


def test_a_wrong_address_of_the_desk_is_told() -> None:
    assert [one.remedy.split("`")[1] for one in found(holding(builders.entry(), contact="not an address", url="nowhere"), "cut-link")] == [
        "contact",
        "url",
    ]


def test_a_mail_that_has_no_room_for_all_is_told() -> None:
    many = [builders.entry(id=ItemId(n), url=f"https://north.example/{n}", title=f"Entry {n}", blurb="word " * 200) for n in range(1, 400)]
    (finding,) = found(holding(*many), "mail-size")
    assert finding.place == "mail"
    assert "of 399" in finding.problem


# ---------------------------------------------------------------- colours


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#0000ff", "#fff") == pytest.approx(8.59, abs=0.01)
    assert contrast("#abcdef", "#abcdef") == 1


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_contrast_is_the_same_both_ways(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.0001


def test_our_own_colours_stand_apart() -> None:
    assert faint() == ()


def test_a_faint_colour_of_the_palette_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(palette, "SOFT", "#A0A0A0")
    faint.cache_clear()
    try:
        told = faint()
    finally:
        faint.cache_clear()
    assert {one.place for one in told} == {"colours of print", "colours of the mail"}
    assert "#A0A0A0 on #FFFFFF has a contrast of 2.61 to 1; it should have 5.5 to 1." in {one.problem for one in told}


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_hostile_editions_are_inspected_in_plain_words(seed: int) -> None:
    edition = hostile.edition(seed)
    for one in inspect(replace(edition, sections=edition.sections[:3])):
        assert one.rule in {"missing-glyphs", "cut-words", "cut-link", "mail-size"}
        assert one.remedy
        assert (one.problem + one.place).isprintable()
        assert len(one.problem) < 400
