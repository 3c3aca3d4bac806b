"""The public rendition: nothing that is for members only is left in it, and nothing else is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.digest import public
from pipeline.digest.essay import draft_essay
from pipeline.digest.letter import default_letter, plain
from pipeline.model import Correction, Credit, Edition, Entry, Event, ItemId, Kind, Section, Severity, Tally, TopicTrend, Waiver
from pipeline.plain import to_plain
from tests import builders

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SECRET = "Zyxomma"


def secret(number: int, **changes: Any) -> Entry:
    """An entry for members with the word wherever one can stand."""
    full = {
        "id": ItemId(number),
        "url": f"https://{SECRET.lower()}.example/{number}",
        "kind": Kind.EVENT if number % 2 else Kind.REPORT,
        "title": f"The {SECRET} papers, part {number}",
        "source": f"{SECRET} Trust",
        "credits": (Credit(role="author", name=f"Ada {SECRET}"),),
        "blurb": f"What {SECRET} said behind closed doors.",
        "note": f"For friends of {SECRET}.",
        "topics": (SECRET, "Learning"),
        "event": Event(start=date(2026, 12, 9), location=f"{SECRET} Hall"),
        "series": f"{SECRET} letters",
        "identifiers": {"doi": f"10.1000/{SECRET.lower()}"},
        "also_seen": (f"{SECRET.lower()}-list",),
        "audience": "members",
    }
    return builders.entry(**{**full, **changes})


def open_entry(number: int, **changes: Any) -> Entry:
    return builders.entry(**{"id": ItemId(number), "url": f"https://north.example/{number}", "title": f"How network {number} learns", **changes})


def edition(*entries: Entry, **changes: Any) -> Edition:
    half = len(entries) // 2
    sections = (Section(id="a", title="First", entries=entries[:half]), Section(id="b", title="Second", entries=entries[half:]))
    return builders.edition(**{"audience": "members", "sections": tuple(one for one in sections if one.entries), **changes})


def words_of(one: Edition) -> str:
    return json.dumps(to_plain(one), ensure_ascii=False).casefold()


def correction(item: int | None, **changes: Any) -> Correction:
    return replace(
        Correction(edition="2026-11", item=ItemId(item) if item else None, severity=Severity.SLIP, note="A name was wrong.", made=NOW), **changes
    )


def test_an_edition_without_secrets_stays_as_it_is() -> None:
    one = edition(open_entry(1), open_entry(2), audience="public", made=("Received: 3.",))
    assert public(one) is one
    assert replace(public(replace(one, audience="members", made=())), audience="members", made=one.made) == replace(one, audience="members")


def test_entries_picks_trends_and_sections_of_members_are_gone() -> None:
    one = edition(
        secret(1),
        open_entry(2, topics=("Learning",)),
        picks=(ItemId(1), ItemId(2)),
        months=("Oct", "Nov"),
        trends=(TopicTrend(topic=SECRET, counts=(0, 1)), TopicTrend(topic="Learning", counts=(1, 2))),
        tally=Tally(received=9, kept=2, rejected=7, reasons=(("old", 7),)),
    )
    shown = public(one)
    assert [section.id for section in shown.sections] == ["b"]
    assert (shown.picks, shown.trends, shown.tally) == ((2,), (TopicTrend(topic="Learning", counts=(1, 1)),), one.tally)
    assert shown.audience == "public"


def test_the_next_story_leads_where_the_lead_story_is_for_members() -> None:
    one = edition(secret(1), secret(2, lead=True), open_entry(3), open_entry(4))
    assert [entry.lead for entry in public(replace(one, sections=(Section(id="a", title="A", entries=one.entries),))).entries] == [True, False]


def test_the_letter_of_the_machine_is_made_anew() -> None:
    one = edition(secret(1), open_entry(2), tally=Tally(received=1_200, sources=12, folded=3))
    shown = public(replace(one, letter=default_letter(one)))
    assert "holds 1 entry" in shown.letter
    assert shown.letter == default_letter(replace(shown, letter=""))


@pytest.mark.parametrize(
    "said",
    [
        f"Do read **The {SECRET} papers, part 1**.",
        f"Do read {plain(f'The {SECRET} papers, part 1')}.",
        f"{SECRET}’s report is out.",
        "See [the report](https://zyxomma.example/1).",
        "It is on zyxomma.example now.",
        "Our members have seen [@1].",
        f"By Ada {SECRET}.",
        "They said it behind closed doors: what zyxomma said behind closed doors.",
        f"&#90;yxomma knows. Ask {SECRET}.",
        "doi:10.1000/zyxomma",
    ],
)
def test_a_paragraph_that_names_what_is_for_members_is_left_out(said: str) -> None:
    one = edition(secret(1), open_entry(2), letter=f"Dear all,\n\n{said}\n\nHow network 2 learns is worth an hour.")
    assert public(one).letter == "Dear all,\n\nHow network 2 learns is worth an hour."


def test_a_letter_of_which_nothing_is_left_is_made_from_the_numbers() -> None:
    one = edition(secret(1), open_entry(2), letter=f"All about {SECRET}.")
    assert public(one).letter == default_letter(public(one))


def test_an_essay_loses_the_paragraphs_that_cite_what_is_for_members_and_their_headings() -> None:
    essay = "# Year\n\n## Doors\n\nThey met [@1].\n\n## Learning\n\nThey learnt [@2].\n\nBoth [@2; @1]."
    one = edition(secret(1), open_entry(2), template="essay", essay=essay)
    assert public(one).essay == "# Year\n\n## Learning\n\nThey learnt [@2]."


def test_the_draft_of_an_essay_is_drafted_anew() -> None:
    one = edition(secret(1), open_entry(2), template="essay")
    shown = public(replace(one, essay=draft_essay(one)))
    assert shown.essay == draft_essay(shown) != ""


def test_a_note_loses_the_sentence_that_names_what_is_for_members() -> None:
    one = edition(secret(1), open_entry(2, note=f"Worth an hour. Compare the {SECRET} papers. Then talk."))
    assert public(one).entries[0].note == "Worth an hour. Then talk."


def test_corrections_and_errata_of_members_are_gone_and_others_stay() -> None:
    mine = (correction(1, title="x"), correction(None, note=f"We wronged {SECRET}."), correction(2), correction(None))
    old = (correction(77, audience="members", title="Deep Throat", note="Never say Garganey Report."), correction(78))
    one = edition(secret(1), open_entry(2), corrections=mine, errata=old, letter="Hello.\n\nThe Garganey matter is put right.")
    shown = public(one)
    assert (shown.corrections, shown.errata, shown.letter) == (mine[2:], old[1:], "Hello.")


def test_waivers_about_members_entries_are_gone() -> None:
    waived = tuple(Waiver(rule="why-missing", place=place, by="Sam", at=NOW) for place in ("item 1", "item 12", "letter"))
    assert [one.place for one in public(edition(secret(1), open_entry(12), waived=waived)).waived] == ["item 12", "letter"]


def test_how_it_was_made_is_counted_anew() -> None:
    entries = (secret(1), *(open_entry(number) for number in range(2, 6)))
    shown = public(edition(*entries, made=(f"Publishers: {SECRET} Trust 1 of 5.",)))
    assert shown.made == ("Publishers: North Network 4 of 4.", "Kinds: Report 4 of 4.")


def test_common_words_and_public_names_hide_nothing() -> None:
    letter = "Dear colleagues,\n\nThis month North Network writes about learning. The report is good.\n\nThanks to Sam."
    one = edition(secret(1, title="This report is The One", source="North Network"), open_entry(2), letter=letter)
    assert public(one).letter == letter


plain_words = st.text(st.sampled_from("abcde .\n*#[]\\"), max_size=30)
titles = st.sampled_from(["The {s} papers, part 1", "[@1]", "https://{l}.example/1", "See “the {s} papers, part 3”."])
marks = st.one_of(titles, st.sampled_from(["{s}", "*{s}*", "{s}'s friends", "about {s}.", "{s} Trust"]))


def written(parts: st.SearchStrategy[str], between: str) -> st.SearchStrategy[str]:
    some = st.lists(st.one_of(plain_words, parts), max_size=8)
    return some.map(lambda found: between.join(found).replace("{s}", SECRET).replace("{l}", SECRET.lower()))


letters = written(marks, "\n\n")
notes = written(titles, ". ")
open_entries = st.builds(open_entry, st.integers(5, 9), note=letters, blurb=notes)
entries = st.lists(st.one_of(st.builds(secret, st.integers(2, 4)), open_entries), max_size=6).map(lambda some: [*some, secret(1), secret(3)])


@settings(max_examples=150, deadline=None)
@given(entries, letters, letters, st.booleans())
def test_no_word_of_members_is_left_and_doing_it_again_changes_nothing(some: list[Entry], letter: str, essay: str, drafted: bool) -> None:
    once = list({entry.id: entry for entry in some}.values())
    one = edition(
        *once,
        letter=letter,
        template="essay",
        essay=essay,
        picks=tuple(entry.id for entry in once),
        trends=(TopicTrend(topic=SECRET, counts=(1,)),),
        corrections=(correction(1, title=f"The {SECRET} papers", audience="members"),),
        errata=(correction(1, note=f"{SECRET} was misspelt.", audience="members"),),
        made=("Publishers: none.",),
    )
    if drafted:
        one = replace(one, letter=default_letter(one), essay=draft_essay(one))
    shown = public(one)
    assert SECRET.casefold() not in words_of(shown)
    assert "[@1" not in shown.essay + shown.letter
    assert public(shown) == shown
