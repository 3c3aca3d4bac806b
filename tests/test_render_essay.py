"""What an editor writes: the letter, and the essay with its numbered references."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.render import letter
from pipeline.render.essay import essay
from tests import editions
from tests.test_render import body


def test_the_letter_is_markdown_without_html() -> None:
    made = letter.as_html("Dear *all*,\n\n<b onclick=x>x</b> [a](javascript:x) [b](https://b.example)\n\n# Big")
    assert made == (
        '<p>Dear <em>all</em>,</p>\n<p>&lt;b onclick=x&gt;x&lt;/b&gt; [a](javascript:x) <a href="https://b.example">b</a></p>\n<h3>Big</h3>\n'
    )


def test_the_letter_as_text_keeps_lists_and_addresses() -> None:
    assert letter.as_text("Read\n\n- *one*\n- [two](https://b.example)\n\n3. three") == "Read\n\n• one\n\n• two <https://b.example>\n\n3. three"


def test_the_letter_as_runs_keeps_strength() -> None:
    runs = letter.blocks("a **b** *c*")[0].runs
    assert [(run.text, run.strong, run.em) for run in runs] == [("a ", False, False), ("b", True, False), (" ", False, False), ("c", False, True)]


def numbers(prose: str) -> list[tuple[int, ...]]:
    told = essay(editions.essay(essay=prose))
    return [run.references for block in told.blocks for run in block.runs if run.references]


def test_references_are_numbered_as_they_are_first_cited() -> None:
    assert numbers("a [@5] b [@2; @5] c [@2]") == [(1,), (2, 1), (2,)]
    assert [one.entry.id for one in essay(editions.essay(essay="a [@5] b [@2; @5]")).references] == [5, 2]


def test_unknown_entries_are_dropped_with_their_mark() -> None:
    told = essay(editions.essay(essay="Known [@1; @999]. Unknown [@999]."))
    assert "".join(run.text for run in told.blocks[0].runs) == "Known [1]. Unknown."
    assert told.markdown == r"Known \[1\]. Unknown."


@pytest.mark.parametrize("prose", [r"\[@1]", "`[@1]`", "[@one]", "[@ 1]", "@1", "[@1"])
def test_what_is_no_mark_stays_as_written(prose: str) -> None:
    assert numbers(prose) == []


def test_a_mark_may_stand_anywhere() -> None:
    assert numbers("- one [@1]\n- **two [@2]**\n\n# three [@3]\n\n> [@4]") == [(1,), (2,), (3,), (4,)]


def test_another_template_has_no_essay() -> None:
    for told in (essay(editions.issue(essay="x [@1]")), essay(editions.essay(essay="  "))):
        assert not told.blocks
        assert told.rest == editions.issue().sections


def test_an_essay_is_safe_html() -> None:
    made = essay(editions.essay(essay="<b>x</b> [a](javascript:x) [b](/c) [d](https://d.example) [@1]")).html
    assert re.findall("<(?!/)([^>]*)>", made) == [
        *("p", "a", 'a href="https://d.example"', "sup", 'a id="cite-1-1" href="#reference-1" aria-label="Reference 1"')
    ]


@given(st.text(alphabet="a [@;]123\\`*\n#>-", max_size=60))
def test_any_essay_has_marks_for_its_references_and_nothing_is_lost(prose: str) -> None:
    edition = editions.essay(essay=prose)
    told = essay(edition)
    used = [number for marks in numbers(prose) for number in marks]
    assert sorted(set(used)) == [one.number for one in told.references] == list(range(1, len(told.references) + 1))
    assert [used.count(one.number) for one in told.references] == [one.places for one in told.references]
    kept = {one.entry.id for one in told.references} | {entry.id for section in told.rest for entry in section.entries}
    assert kept == {entry.id for entry in edition.entries}
    assert told.html.count('id="cite-') == len(used)


@pytest.mark.parametrize("format", ["text", "markdown", "email"])
def test_every_format_has_the_numbers_and_the_list(format: str) -> None:
    said = body(editions.essay(), format).replace("\\", "").replace("<sup>", " ").replace("</sup>", "")
    assert "Slowly [2, 1]" in re.sub(r"\s+", " ", said)
    assert re.search(r"1\. \[?(<a [^>]*>)?Entry number 3", said)
    assert re.search(r"3\. \[?(<a [^>]*>)?Two half days", said)
