"""What preflight finds before release: each thing at its place, under a name by which it can be let pass, and nothing that is in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import dates
from pipeline.digest import copied, preflight
from pipeline.digest.claims import Stated, without_source
from pipeline.digest.names import known, unknown
from pipeline.model import Correction, Edition, Entry, Event, Finding, ItemId, Kind, Resource, Section, Severity, Tally, Topic
from tests import builders

TEXT = (
    "The Lantern Fund asked 1,240 practices in 2025 how they share what they learn. Of these 17 per cent had a shared team before 3 March 2026, and"
    " between 20 and 27 % wanted one. Ines Calloway, who leads the study, says that a quarter of all meetings could go. The primary care network in"
    " Fernbridge saved £2.5 million and eleven weeks of work. One in five nurses told us that nobody had asked them before, in sixty-two interviews."
)


def edition(*entries: Entry, **changes: Any) -> Edition:
    return builders.edition(**{"sections": (Section(id="a", title="Reports", entries=entries),), **changes})


def resource(text: str = TEXT, **changes: Any) -> Resource:
    return builders.resource(**{"text": text, "words": len(text.split()), "description": "A study of sharing.", **changes})


def found(one: Edition, rule: str, **more: Any) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.place, finding.problem) for finding in preflight(one, **more) if finding.rule == rule]


def of_note(note: str, **changes: Any) -> list[tuple[str, str]]:
    """What is found of the words of a note on `TEXT`."""
    findings = preflight(edition(builders.entry(note=note, blurb="A study of sharing.")), resources={ItemId(1): resource(**changes)})
    return [(finding.rule, finding.problem) for finding in findings]


# ---------------------------------------------------------------- titles, dates, links, repeats


@pytest.mark.parametrize(
    ("changes", "rule", "severity", "problem"),
    [
        ({"title": "Untitled"}, "title-bare", "warning", '"Untitled" is no title.'),
        ({"title": "HOW A NETWORK LEARNS"}, "title-capitals", "warning", '"HOW A NETWORK LEARNS" is in capitals.'),
        ({"blurb": " "}, "description-missing", "warning", '"How a network learns" has no description.'),
        ({"note": ""}, "why-missing", "note", '"How a network learns" does not say why it is here.'),
        ({"kind": Kind.WEBINAR}, "event-undated", "warning", '"How a network learns" has no date.'),
        ({"kind": Kind.EVENT, "event": Event(start=date(2026, 11, 1))}, "event-over", "error", '"How a network learns" is over.'),
        (
            {"kind": Kind.EVENT, "event": Event(start=date(2026, 12, 1), problems=("end_before_start: it would end earlier",))},
            "event-doubtful",
            "warning",
            '"How a network learns" has a doubtful date: end before start: it would end earlier',
        ),
    ],
)
def test_what_is_wrong_with_an_entry_is_named(changes: dict[str, Any], rule: str, severity: str, problem: str) -> None:
    assert found(edition(builders.entry(**changes)), rule) == [(severity, "item 1", problem)]


@pytest.mark.parametrize("title", ["NHS AI QA", "NICE", "How a NETWORK learns", "学习网络学习网络学习网络"])
def test_an_abbreviation_is_no_title_in_capitals(title: str) -> None:
    assert found(edition(builders.entry(title=title)), "title-capitals") == []


def test_an_event_that_was_looked_up_as_past_is_said_once() -> None:
    entry = builders.entry(kind=Kind.EVENT, event=Event(start=date(2026, 11, 1), problems=("past: it was on 2026-11-01", "no_date: x")))
    assert found(edition(entry), "event-doubtful") == []


def test_two_entries_of_one_title_are_named() -> None:
    one = edition(builders.entry(), builders.entry(id=ItemId(2), title="How a Network learns."))
    assert found(one, "title-double") == [("warning", "item 2", '"How a Network learns." is the title of item 1, too.')]


@pytest.mark.parametrize(
    ("entry", "severity"),
    [
        (builders.entry(id=ItemId(9), url="http://www.north.example/a/?utm_source=mail"), "warning"),
        (builders.entry(id=ItemId(9), url="https://other.example/x", identifiers={"doi": "10.1000/abc"}), "warning"),
        (builders.entry(id=ItemId(9), url="https://doi.org/10.1000/ABC"), "warning"),
        (builders.entry(id=ItemId(9), kind=Kind.EVENT, event=Event(start=date(2026, 12, 1))), "note"),
    ],
)
def test_what_stood_in_an_earlier_edition_is_named_with_its_place(entry: Entry, severity: str) -> None:
    other = builders.entry(id=ItemId(3), url="https://elsewhere.example")
    old = edition(other, builders.entry(identifiers={"doi": "https://doi.org/10.1000/abc"}), id="2026-03", month_name="March 2026")
    later = replace(old, id="2027-01", month_name="January 2027")
    assert found(edition(entry), "repeated", history=[later, old]) == [(severity, "item 9", '"How a network learns" was in March 2026, item 2.')]
    assert found(edition(entry), "repeated", history=[later]) == []


# ---------------------------------------------------------------- copied words


def test_copied_words_are_counted_in_runs_and_once() -> None:
    note = "As they say, the Lantern Fund asked 1,240 practices in 2025, and: how they share what they learn."
    assert copied(builders.entry(note=note, blurb=""), resource()).words == 15
    assert copied(builders.entry(note="How they share what", blurb=""), resource()).words == 0


def test_the_longest_run_is_given() -> None:
    entry = builders.entry(note="How they share what they learn. Well: nobody had asked them before in sixty-two interviews.", blurb="")
    assert copied(entry, resource()).longest == "nobody had asked them before in sixty two interviews"


@pytest.mark.parametrize("blurb", ["A study of sharing.", "a study of sharing", ""])
def test_a_sources_own_description_is_meant_to_be_copied(blurb: str) -> None:
    long = "It is about " + " ".join(f"word{number}" for number in range(60)) + "."
    assert copied(builders.entry(note="", blurb=blurb), resource(text=blurb * 20)).words == 0
    assert copied(builders.entry(note="", blurb=long), resource(description=long, text=long)).words == 0
    assert copied(builders.entry(note="", blurb=f"Read on. {long}"), resource(description=long, text=long)).words == 63


def test_more_copied_words_than_allowed_are_a_warning_with_the_counter() -> None:
    one = edition(builders.entry(note="", blurb=TEXT[:200]))
    assert found(one, "copied-words", resources={ItemId(1): resource()}) == []
    (finding,) = found(one, "copied-words", resources={ItemId(1): resource()}, copied_words=10)
    assert finding[2].startswith("39 words copied, limit 10: “the lantern fund asked 1 240 practices")


# ---------------------------------------------------------------- numbers, dates, names


def test_the_walk_of_the_curator() -> None:
    assert of_note("Sharing works for 27 % of them.") == []
    assert of_note("Sharing works for 37 % of them.") == [("unsupported-number", "“37 %” is not in the source text.")]
    assert of_note("Sharing works for 17 % of them.") == []


@pytest.mark.parametrize(
    "note",
    [
        *("They asked 1240 practices.", "They asked 1 240 practices.", "They asked 1\u202f240 practices.", "They asked 1.240 practices."),
        *("About 1,200 practices took part.", "17% have one.", "17 percent have one.", "Seventeen per cent have one.", "Some 20% want one."),
        *("25% of meetings could go.", "20 % of nurses.", "It saved £2.5m.", "It saved 2,500,000 pounds.", "Eleven weeks.", "11 weeks.", "62 talks."),
        *("By 3 March 2026.", "By March 3rd, 2026.", "By 2026-03-03.", "By 03/03/2026.", "On 3 March.", "In March 2026.", "In 2025.", "In 2026."),
        *(
            "Take page 214 to a meeting of 45 minutes at 14:00.",
            "Ask three people.",
            "See https://x.example/777/88.",
            "Open 24/7.",
            "Step 12 is fun.",
        ),
        *("It may 11 times.", "A 3D print for the 21st century.", "Mail 99@x.example."),
    ],
)
def test_what_a_source_says_in_other_spelling_is_there(note: str) -> None:
    assert of_note(note) == []


@pytest.mark.parametrize(
    ("note", "written"),
    [
        ("They asked 1,420 practices.", "1,420"),
        ("About 3,000 practices took part.", "3,000"),
        ("1240 % more.", "1240 %"),
        ("It saved 2.5 bn.", "2.5 bn"),
        ("Twelve weeks.", "Twelve"),
        ("By 4 March 2026.", "4 March 2026"),
        ("By 3 March 2025.", "3 March 2025"),
        ("In April 2026.", "April 2026"),
        ("In 2019.", "2019"),
    ],
)
def test_what_a_source_does_not_say_is_named_as_it_is_written(note: str, written: str) -> None:
    assert [problem for _, problem in of_note(note)] == [f"“{written}” is not in the source text."]


def test_nothing_is_said_where_the_text_is_not_kept() -> None:
    assert of_note("Sharing works for 37 % of them.", text="A stub of a few words.") == []


def test_a_sources_own_description_is_its_own_affair() -> None:
    one = edition(builders.entry(note="", blurb="All 99 % of it."))
    assert found(one, "unsupported-number", resources={ItemId(1): resource(description="All 99 % of it.")}) == []
    assert found(one, "unsupported-number", resources={ItemId(1): resource()}) != []


@pytest.mark.parametrize(
    "note", ["Ines Calloway’s PCNs in Fernbridge.", "For the NHS on Monday.", "Ask Sam Reed.", "Ask about it. Good.", "Primary Care Networks."]
)
def test_a_name_that_is_known_is_no_finding(note: str) -> None:
    assert of_note(note) == []


def test_a_name_that_the_source_does_not_give_is_a_note() -> None:
    assert of_note("Here Ines Galloway tells the story of Kirkhaven.") == [
        ("unsupported-name", "“Ines Galloway”, “Kirkhaven” are not in the source text.")
    ]


def test_languages_that_write_nouns_with_capitals_are_left_alone() -> None:
    assert list(unknown("Das ist die Wahrheit.", known([]), language="de-CH")) == []
    assert list(unknown("That is the Truth.", known([]), language="en-GB")) == ["Truth"]


def test_the_letter_may_say_what_any_source_says_and_what_the_edition_counts() -> None:
    one = edition(
        builders.entry(blurb="A study of sharing.", note="Good."), tally=Tally(received=143, sources=41), letter="143 came from 41 sources. 17 %!"
    )
    assert found(one, "unsupported-number", resources={ItemId(1): resource()}) == []
    wrong = replace(one, letter="144 came from Kirkhaven on 5 May 2026.")
    problems = [(finding.rule, finding.place) for finding in preflight(wrong, resources={ItemId(1): resource()})]
    assert problems == [("unsupported-date", "letter"), ("unsupported-number", "letter"), ("unsupported-name", "letter")]
    assert preflight(wrong) == ()


days = st.dates(date(1950, 1, 1), date(2049, 12, 31))
FORMS = ("{d.day}/{d.month}/{d.year}", "{d.day}.{d.month}.{d.year}", "{d:%Y-%m-%d}", "{d:%d %b %Y}", "{d:%B} {d.day}, {d.year}", "{d.day} {d:%B}")


@given(days, st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_a_day_is_the_same_in_every_form(day: date, one: str, other: str) -> None:
    assert list(without_source(f"On {one.format(d=day)}, they met.", Stated([f"They met on {other.format(d=day)} in town."]))) == []


@given(days, st.sampled_from(["en-GB", "en-US", "de", "fr", "es", "it", "pt"]))
def test_a_day_is_known_in_the_languages_of_the_house(day: date, language: str) -> None:
    assert list(without_source(f"On {day.isoformat()}.", Stated([dates.long(day, language)]))) == []


@given(st.integers(11, 9_999_999), st.sampled_from(["{:,}", "{}", "{:_}"]), st.sampled_from(["%", " %", " per cent", "\u00a0%", "percent", ""]))
def test_a_number_is_the_same_in_every_form(number: int, form: str, sign: str) -> None:
    written = form.format(number).replace("_", "\u202f")
    assert list(without_source(f"It is {written}{sign}.", Stated([f"about {number}{' %' if sign else ' of them'} here"]))) == []


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_breaks_the_reading_of_claims(said: str, source: str) -> None:
    assert list(without_source(said, Stated([said]))) == [] or any(one.isdigit() for one in said) or "%" in said or said.isascii()
    list(without_source(said, Stated([source])))
    list(unknown(said, known([source])))


# ---------------------------------------------------------------- the edition as a whole


def many(number: int, **changes: Any) -> list[Entry]:
    return [
        builders.entry(
            **{"id": ItemId(one), "url": f"https://n.example/{one}", "title": f"Title {one}", "topics": (), "source": f"S{one}", **changes}
        )
        for one in range(1, number + 1)
    ]


def test_a_publisher_or_a_topic_with_more_than_half_is_a_note() -> None:
    one = edition(*many(4, source="The King’s Fund", topics=("Learning",)), *[replace(e, id=ItemId(20 + e.id), title=f"T{e.id}") for e in many(2)])
    assert found(one, "share-publisher") == [("note", "edition", "The King’s Fund has 4 of 6 entries.")]
    assert found(one, "share-topic") == [("note", "edition", "Learning has 4 of 6 entries.")]
    assert found(edition(*many(5, source="X")), "share-publisher") == []


def test_a_need_of_the_members_that_nothing_serves_is_a_note() -> None:
    topics = tuple(Topic(id=name, name=name.title(), facet="member-need") for name in ("starting", "measuring"))
    one = edition(*many(6))
    assert found(one, "need-unserved", topics=topics) == [("note", "edition", 'No entry serves "Measuring", "Starting".')]
    served = edition(*many(6, topics=("Starting",)))
    assert found(served, "need-unserved", topics=topics) == [("note", "edition", 'No entry serves "Measuring".')]
    assert found(served, "need-unserved") == []


def test_what_an_editor_says_of_members_things_is_pointed_out() -> None:
    hidden = builders.entry(id=ItemId(2), title="The Garganey report", audience="members", url="https://g.example/2")
    one = edition(builders.entry(note="Compare the Garganey report."), hidden, audience="members", letter="Hello.\n\nRead the Garganey report.")
    assert [(severity, place) for severity, place, _ in found(one, "names-members")] == [("note", "letter"), ("note", "item 1")]
    assert found(replace(one, letter="Hello."), "names-members") == [("note", "item 1", "The note speaks of what is for members only.")]


def test_a_collection_needs_no_letter() -> None:
    assert found(edition(builders.entry(), form="collection", letter=""), "letter-missing") == []


def test_every_finding_has_a_rule_a_place_and_a_remedy() -> None:
    broken = edition(
        builders.entry(title="", blurb="", note="37 % of Kirkhaven on 1 May 2011", kind=Kind.EVENT),
        builders.entry(id=ItemId(2), title="SHOUTED TITLE OF IT", note="", event=Event(start=date(2020, 1, 1)), kind=Kind.EVENT),
        template="essay",
        essay="Of [@99].",
        letter="",
        corrections=(Correction(edition="2026-11", severity=Severity.SLIP, note="x", made=datetime(2026, 12, 2, tzinfo=UTC)),),
    )
    findings: Sequence[Finding] = preflight(broken, resources={ItemId(1): resource()}, history=[replace(broken, id="2026-01")])
    assert all(finding.rule and finding.place and finding.problem and finding.remedy for finding in findings)
    assert {finding.rule for finding in findings} >= {
        "title-bare",
        "essay-unknown",
        "event-over",
        "unsupported-number",
        "unsupported-date",
        "repeated",
    }
    assert [finding.severity for finding in findings] == sorted((finding.severity for finding in findings), key=("error", "warning", "note").index)


@pytest.mark.parametrize("url", ["http://[::1", "https://[", "javascript:x", "", "https://north.example:99999/"])
def test_an_address_that_is_none_breaks_nothing(url: str) -> None:
    assert found(edition(builders.entry(url=url)), "title-bare") == []
