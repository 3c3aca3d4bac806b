"""What a year's editions came to: the public page, the command, and what stands on a person's page; never a small count, never a name."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import NotFoundError
from pipeline.model import Credit, EditionState, ItemId, Section, Voice
from pipeline.publish import impact
from pipeline.publish.votes import SHOWN_FROM
from pipeline.store import Said, Store
from tests import builders
from tests.desk import Desk
from tests.test_votes import EDITION, Readers, public, words
from tests.test_web import Site

UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def readers(tmp_path: Path) -> Readers:
    return Readers(public(tmp_path), readers=12)


def answer(readers: Readers, item: ItemId, *said: str) -> None:
    with readers.site.open() as store:
        for person, used in zip(readers.people, said, strict=False):
            store.mark_asked(item, person, readers.site.now)
            store.answer(item, person, used=used, words="")


def page(readers: Readers, path: str = "/impact") -> str:
    return words(readers.site.visitor().get(path))


# ---------------------------------------------------------------- the words


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"used": 7, "not_yet": 1, "no": 1}, "7 of 9 who answered used it"),
        ({"used": 7, "shared": 6, "no": 7}, "7 of 20 who answered used it, 6 passed it on"),
        ({"used": 1, "no": 8}, "fewer than 5 of 9 who answered used it"),
        ({"used": 4}, ""),
        ({}, ""),
    ],
)
def test_the_line_of_impact_says_how_many_answered(said: dict[str, int], line: str) -> None:
    assert impact.outcome(Said(item=ItemId(1), **said)) == line


@given(
    st.builds(
        Said,
        item=st.just(ItemId(1)),
        **{name: st.integers(0, 30) for name in ("useful", "will_use", "not_for_me", "used", "shared", "not_yet", "no")},
    )
)
def test_no_phrase_ever_has_a_small_count(said: Said) -> None:
    for phrase in impact.words(said):
        assert all(int(number.replace(",", "")) >= SHOWN_FROM for number in re.findall(r"[\d,]*\d", phrase))


def test_a_bad_answer_is_not_left_out() -> None:
    assert impact.words(Said(item=ItemId(1), not_for_me=9, no=9)) == ("9 said it was not for them", "fewer than 5 of 9 who answered used it")


counts = st.lists(
    st.builds(Said, item=st.just(ItemId(1)), useful=st.integers(0, 9), used=st.integers(0, 9), shared=st.integers(0, 6), no=st.integers(0, 9)),
    max_size=9,
)


@given(counts)
def test_a_total_is_the_sum_where_nobody_learns_a_small_count_from_it(said: list[Said]) -> None:
    made = impact.total(said)
    rest = made.useful - sum(one.useful for one in said if one.useful >= SHOWN_FROM)
    few = sum(one.useful for one in said if one.useful < SHOWN_FROM)
    assert rest == (few if few >= SHOWN_FROM else 0)


@given(counts)
def test_what_became_of_several_items_is_said_of_all_answers_or_not_at_all(said: list[Said]) -> None:
    made = impact.total(said)
    if impact.outcome(made):
        assert (made.used, made.answered) == (sum(one.used for one in said), sum(one.answered for one in said))
        for whole, parts in ((made.used, [one.used for one in said]), (made.answered, [one.answered for one in said])):
            rest = whole - sum(part for part in parts if part >= SHOWN_FROM)
            assert rest == 0 or rest >= SHOWN_FROM


def test_a_small_count_is_not_left_over_when_what_is_shown_is_taken_from_the_sum() -> None:
    first, second = Said(item=ItemId(1), useful=10, used=6, no=1), Said(item=ItemId(2), useful=2, used=3, no=5)
    assert impact.words(impact.total([first, second])) == ("10 found it useful",)  # not 12, and no "9 of 15"
    assert impact.words(impact.total([first, second, replace(second, useful=3)])) == (
        "15 found it useful",
        "12 of 23 who answered used it",
    )


# ---------------------------------------------------------------- the year


def test_a_year_has_its_editions_and_what_was_said_of_their_entries(readers: Readers) -> None:
    readers.say(Voice.USEFUL, people=12, item=readers.items[0])
    readers.say(Voice.WILL_USE, people=4, item=readers.items[1])
    answer(readers, readers.items[0], *["used"] * 7, "no", "not-yet")
    with readers.site.open() as store:
        made = impact.report(2026, store.editions(), store, zone=UTC_ZONE)
    assert (made.editions, made.entries, made.spoke) == ((EDITION,), 3, 12)
    assert (made.said.useful, made.said.will_use, made.said.asked, made.said.answered) == (12, 0, 9, 9)
    assert [(entry.id, impact.words(said)) for entry, said in made.items] == [
        (readers.items[0], ("12 found it useful", "7 of 9 who answered used it"))
    ]


def test_an_edition_belongs_to_the_year_of_its_release_in_the_zone_of_the_desk() -> None:
    late = builders.edition(state=EditionState.RELEASED, released=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert impact.years([late], UTC_ZONE) == (2026,)
    assert impact.years([late], ZoneInfo("Europe/Berlin")) == (2027,)
    with Store.open(":memory:") as store, pytest.raises(NotFoundError):
        impact.report(2026, [late], store, zone=ZoneInfo("Europe/Berlin"))


def test_what_was_said_of_an_entry_in_a_mail_between_the_issues_counts_too(readers: Readers) -> None:
    readers.say(Voice.USEFUL, people=4, item=readers.items[0])
    with readers.site.open() as store:
        store.keep_gathered(replace(readers.edition, id="mail/2026-q4"))
        store.vote(readers.items[0], readers.people[4], edition="mail/2026-q4", voice=Voice.USEFUL, now=readers.site.now)
        made = impact.report(2026, [readers.edition], store, zone=UTC_ZONE)
    assert (made.editions, made.said.useful, made.spoke) == ((EDITION,), 5, 5)


def test_who_was_erased_is_counted_no_more(readers: Readers) -> None:
    readers.say(Voice.USEFUL, people=6, item=readers.items[0])
    with readers.site.open() as store:
        for number in (0, 1):
            store.erase_subscriber(f"reader{number}@example.org", reason="asked", now=readers.site.now)
        made = impact.report(2026, store.editions(), store, zone=UTC_ZONE)
    assert (made.said.useful, made.spoke, made.items) == (0, 4, ())  # four are not told


# ---------------------------------------------------------------- the page


def test_the_page_says_how_many_and_how_it_was_measured(readers: Readers) -> None:
    readers.say(Voice.USEFUL, people=12, item=readers.items[0])
    answer(readers, readers.items[0], *["used"] * 7, "no", "no")
    said = page(readers)
    assert "What came of 2026" in said
    assert "12 found it useful · 7 of 9 who answered used it" in said
    assert all(one in said for one in impact.MEASURED)
    assert page(readers, "/impact/2026") == said


def test_small_counts_and_names_are_not_on_the_page(readers: Readers) -> None:
    readers.say(Voice.USEFUL, people=4, item=readers.items[0])
    readers.say(Voice.NOT_FOR_ME, people=3, item=readers.items[1])
    html = readers.site.visitor().get("/impact").text
    assert "reader0" not in html
    assert f"/items/{readers.items[0]}" not in html
    figures = [str(one.text_content()).strip() for one in lxml.html.fromstring(html).xpath("//dl[@class='figures']//dd")]
    assert figures == ["fewer than 5", "fewer than 5", "fewer than 5", "too few have answered"]


def test_what_is_for_members_is_not_on_the_page(readers: Readers) -> None:
    readers.say(Voice.USEFUL, people=12, item=readers.items[0])
    readers.say(Voice.USEFUL, people=7, item=readers.items[1])
    section = readers.edition.sections[0]
    entries = tuple(replace(entry, audience="members" if entry.id == readers.items[0] else "public") for entry in section.entries)
    made = replace(readers.edition, audience="members", sections=(replace(section, entries=entries),), state=EditionState.CORRECTED)
    with readers.site.open() as store:
        store.correct(replace(made, corrected=readers.site.now), files={})
    said = page(readers)
    assert f"How network {readers.items[0]} learns" not in said
    assert "12 found" not in said
    assert "7 found it useful" in said


@pytest.mark.parametrize("path", ["/impact/2025", "/impact/0", "/impact/99999999999999999999"])
def test_a_year_without_editions_is_not_there(readers: Readers, path: str) -> None:
    assert readers.site.visitor().get(path).status_code == 404


def test_before_the_first_release_the_page_says_so(tmp_path: Path) -> None:
    assert Site(tmp_path).visitor().get("/impact").status_code == 200


def test_a_persons_page_says_what_readers_said_of_what_they_brought_in(readers: Readers) -> None:
    ada = (Credit(role="recommended by", name="Ada Marsh"),)
    section = readers.edition.sections[0]
    entries = tuple(replace(entry, credits=ada) if entry.id in readers.items[:2] else entry for entry in section.entries)
    with readers.site.open() as store:
        made = replace(readers.edition, sections=(replace(section, entries=entries),), state=EditionState.CORRECTED, corrected=readers.site.now)
        store.correct(made, files={})
    assert "readers said" not in page(readers, "/people/ada-marsh")
    for item, people in zip(readers.items, (4, 3), strict=False):
        readers.say(Voice.USEFUL, people=people, item=item)
    assert "Of these, readers said: 7 found it useful." in page(readers, "/people/ada-marsh")


# ---------------------------------------------------------------- the command


def desk(tmp_path: Path, *, editions: bool = True) -> Desk:
    made = Desk(tmp_path, sources="[]")
    if editions:
        readers = Readers(public(made.folder), readers=9)
        readers.say(Voice.USEFUL, people=9, item=readers.items[0])
        readers.say(Voice.USEFUL, people=2, item=readers.items[1])
        answer(readers, readers.items[0], *["used"] * 7, "no", "no")
        with readers.site.open() as store:
            store.answer(readers.items[0], readers.people[0], used="used", words="In our team meeting")
    return made


def test_the_command_gives_the_draft_lines_and_the_words(tmp_path: Path) -> None:
    said = desk(tmp_path).run("impact").out
    assert "2026: 1 edition with 3 entries." in said
    assert "9 found it useful; 7 of 9 who answered used it." in said
    assert "  In our team meeting" in said
    assert "@example.org" not in said


def test_the_command_gives_the_figures_to_a_program(tmp_path: Path) -> None:
    (document,) = map(json.loads, desk(tmp_path).run("impact", "2026", "--json").out.splitlines())
    assert (document["year"], document["editions"], document["useful"], document["will_use"], document["used"]) == (
        2026,
        [EDITION],
        9,
        None,
        7,
    )  # not 11: nine are shown, and two would be left
    (item,) = document["items"]
    assert item["line"] == "7 of 9 who answered used it"
    assert document["words"] == [{"item": item["item"], "words": ["In our team meeting"]}]


def test_the_command_says_what_to_do_where_nothing_is_released(tmp_path: Path) -> None:
    done = desk(tmp_path, editions=False).run("impact")
    assert done.code == 1
    assert "gleanings digest release" in done.err


def test_the_command_refuses_a_year_without_editions(tmp_path: Path) -> None:
    done = desk(tmp_path).run("impact", "2020")
    assert done.code == 1
    assert "of 2020" in done.err


def test_no_section_of_an_empty_year_is_needed() -> None:
    empty = builders.edition(sections=(Section(id="x", title="X"),), state=EditionState.RELEASED, released=builders.NOW)
    with Store.open(":memory:") as store:
        assert impact.report(2026, [empty], store, zone=UTC_ZONE).entries == 0
