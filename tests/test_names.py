"""Names: which spellings are one for every reader, which are only proposed, and whom a credit line names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import text
from pipeline.names import alike
from pipeline.names.alike import Named
from pipeline.names.credits import CreditLine, credit_line, names
from pipeline.names.spellings import AS_WRITTEN, Called, Spellings, bare, person_key, publisher_key

MALBY = Spellings(
    people=(Called(name="Becky Malby", also=("Rebecca Malby",)),),
    publishers=(Called(name="The King's Fund", also=("King Fund",)),),
)
words = st.text(max_size=60)
given_names = st.sampled_from(("Ada", "Ben", "Zoë", "José", "Anne-Marie", "Chidi", "Søren", "Łucja"))
surnames = st.sampled_from(("Marsh", "Oak", "Álvarez", "O'Neil", "van Dyke", "Nwosu", "Ångström"))
full_names = st.builds(lambda first, last: f"{first} {last}", given_names, surnames)


@pytest.mark.parametrize(
    "written",
    [
        "Becky Malby",
        "Prof. Rebecca Malby",
        "Professor Becky Malby",
        "Malby, Becky",
        "BECKY MALBY",
        "Dr Rebecca  Malby, RN, MSc",
        "Becky Malby RN/MSc",
    ],
)
def test_one_line_of_the_file_makes_all_spellings_of_a_person_one(written: str) -> None:
    assert MALBY.person_key(written) == person_key("Becky Malby")
    assert MALBY.heading(written) == "Becky Malby"


@pytest.mark.parametrize("written", ["King's Fund", "The King's Fund", "Kings Fund", "King’s Fund, The", "KING'S FUND", "The King Fund"])
def test_a_publisher_is_one_in_all_its_spellings(written: str) -> None:
    assert MALBY.publisher(written) == "The King's Fund"
    assert AS_WRITTEN.publisher_key("King's Fund, The") == AS_WRITTEN.publisher_key("Kings Fund") == "kings fund"


@pytest.mark.parametrize(
    ("one", "other"),
    [("J. Smith", "Jane Smith"), ("Jane Smith", "John Smith"), ("Ada Marsh", "Ada B. Marsh"),
     ("Becky Malby", "Rebecca Malby"), ("Jane Smith", "Jane Smith Jr")],
)  # fmt: skip
def test_people_who_may_be_others_are_never_one_by_themselves(one: str, other: str) -> None:
    assert AS_WRITTEN.person_key(one) != AS_WRITTEN.person_key(other)


def test_without_the_file_a_name_is_shown_as_it_was_written() -> None:
    assert AS_WRITTEN.person("Prof.  Rebecca Malby") == "Prof. Rebecca Malby"
    assert AS_WRITTEN.heading("Prof. Rebecca Malby RN/MSc") == "Rebecca Malby"


def test_a_body_that_wrote_a_report_is_called_as_the_file_calls_the_publisher() -> None:
    assert MALBY.person("King Fund") == "The King's Fund"
    assert Spellings(publishers=(Called(name="Marsh Blog", also=("Ada Marsh",)),)).person("Ada Marsh") == "Ada Marsh"


def test_a_condition_on_one_spelling_looks_for_all() -> None:
    assert MALBY.people_called(("Rebecca Malby", "Ben Oak")) == ("Rebecca Malby", "Ben Oak", "Becky Malby")
    assert MALBY.publishers_called(()) == ()


@given(words)
def test_to_prefer_a_name_twice_changes_nothing(written: str) -> None:
    for spellings in (AS_WRITTEN, MALBY):
        assert spellings.person(spellings.person(written)) == spellings.person(written)
        assert spellings.publisher(spellings.publisher(written)) == spellings.publisher(written)
        assert spellings.person_key(spellings.person(written)) == spellings.person_key(written)


@given(full_names)
def test_case_accents_titles_and_turning_make_no_other_person(name: str) -> None:
    plain = "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    first, _, last = name.partition(" ")
    for other in (
        plain,
        name.upper(),
        f"Dr {name}",
        f"Professor {name}",
        f"{name} RN/MSc",
        f"{name}, PhD",
        f"{last}, {first}",
        f"  {name} ",
        bare(name),
    ):
        assert person_key(other) == person_key(name)


@given(full_names, full_names)
def test_two_names_are_one_person_only_if_they_are_one_name(one: str, other: str) -> None:
    assert (person_key(one) == person_key(other)) == (one == other)


@given(words)
def test_every_name_has_a_key_and_the_key_is_its_own(written: str) -> None:
    assert publisher_key(publisher_key(written)) == publisher_key(written)
    assert bool(publisher_key(written)) == bool(publisher_key(written.strip()))


# ---------------------------------------------------------------- proposals


def proposed(*written: str) -> list[set[str]]:
    return [{name.name for name in one.names} for one in alike.people(Named(name=name, count=1) for name in written)]


def test_initials_short_forms_and_middle_names_are_proposed() -> None:
    assert proposed("J. Smith", "Jane Smith") == [{"J. Smith", "Jane Smith"}]
    assert proposed("Chris Silvia", "Christopher Silvia") == [{"Chris Silvia", "Christopher Silvia"}]
    assert proposed("Becky Malby", "Prof. Rebecca Malby") == [{"Becky Malby", "Prof. Rebecca Malby"}]
    assert proposed("Richard Bohmer", "Richard M.J. Bohmer") == [{"Richard Bohmer", "Richard M.J. Bohmer"}]


def test_an_initial_that_fits_two_people_stands_in_two_proposals() -> None:
    assert sorted(map(sorted, proposed("J. Smith", "Jane Smith", "John Smith"))) == [["J. Smith", "Jane Smith"], ["J. Smith", "John Smith"]]


def test_other_surnames_other_given_names_and_bodies_are_not_proposed_as_people() -> None:
    assert proposed("Jane Smith", "Jane Smythe", "Ada Smith", "Smith Foundation", "Jane Foundation") == []


def test_spellings_that_are_one_already_count_together_under_the_one_that_comes_up_most() -> None:
    (found,) = alike.people(
        [Named(name="Dr Ada Marsh", count=1), Named(name="Ada Marsh", count=3, place="7", title="Piece"), Named(name="A. Marsh", count=2)]
    )
    assert [(one.name, one.count) for one in found.names] == [("Ada Marsh", 4), ("A. Marsh", 2)]
    assert (found.preferred, found.names[0].title) == ("Ada Marsh", "Piece")


def test_publishers_are_proposed_by_their_words_and_their_initials() -> None:
    bodies = [
        "The King's Fund",
        "King Fund",
        "Nuffield Trust Ltd",
        "Nuffield Trust",
        "RCGP",
        "Royal College of General Practitioners",
        "Health Service",
    ]
    found = alike.publishers(Named(name=name, count=1) for name in bodies)
    assert sorted(sorted(name.name for name in one.names) for one in found) == [
        ["King Fund", "The King's Fund"],
        ["Nuffield Trust", "Nuffield Trust Ltd"],
        ["RCGP", "Royal College of General Practitioners"],
    ]


@given(st.lists(full_names, max_size=12))
def test_proposals_do_not_depend_on_the_order_and_hold_two_names_at_least(written: list[str]) -> None:
    held = [Named(name=name, count=1) for name in written]
    assert alike.people(held) == alike.people(reversed(held))
    assert all(len(one.names) > 1 and len({person_key(name.name) for name in one.names}) == len(one.names) for one in alike.people(held))


# ---------------------------------------------------------------- credit lines


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("Chris Silvia and Michael McGuire - 2010 - The Leadership Quarterly",
         CreditLine(people=("Chris Silvia", "Michael McGuire"), role="author", year=2010, journal="The Leadership Quarterly")),
        ("Mylaine Breton et al. 2013", CreditLine(people=("Mylaine Breton",), role="author", year=2013, is_short=True)),
        ("Ada Marsh, Ben Oak & Cy Reed (2015)", CreditLine(people=("Ada Marsh", "Ben Oak", "Cy Reed"), role="author", year=2015)),
        ("Silvia, C. and McGuire, M. (2010)", CreditLine(people=("C. Silvia", "M. McGuire"), role="author", year=2010)),
        ("Recommended by community member - Fi McKenzie", CreditLine(people=("Fi McKenzie",), role="recommended by")),
        ("Blog and video submitted by community member", CreditLine(role="submitted by")),
        ("Posted by Carol Read RN/MSc", CreditLine(people=("Carol Read",), role="posted by")),
        ("Speakers: Ada Marsh and Ben Oak", CreditLine(people=("Ada Marsh", "Ben Oak"), role="speaker")),
        ("In conversation with Dana Fox", CreditLine(people=("Dana Fox",), role="in conversation with")),
        ("By Ada Marsh and Fi Lindqvist.", CreditLine(people=("Ada Marsh", "Fi Lindqvist"), role="author")),
        ("By Ada Marsh and Martin King Jr.", CreditLine(people=("Ada Marsh", "Martin King Jr."), role="author")),
        ("Via Ted", CreditLine(people=("Ted",), role="via")),
        ("By Ludwig van Beethoven", CreditLine(people=("Ludwig van Beethoven",), role="author")),
        ("Professor Becky Malby", CreditLine(people=("Professor Becky Malby",))),
    ],
)  # fmt: skip
def test_a_credit_line_is_read_with_its_role(line: str, meant: CreditLine) -> None:
    assert credit_line(line) == meant


@pytest.mark.parametrize(
    "line",
    ["Recommended by the board for its clarity", "A ten minute read", "Primary Care Networks", "The Kings Fund Report", "By the way, read this",
     "In 2010 the journal changed its name", "Link to article", "", "End Date: 2018-09-09",
     "Leading Change (2015)", "Annual Review 2013"],
)  # fmt: skip
def test_other_lines_name_nobody(line: str) -> None:
    assert credit_line(line) is None


def test_names_are_cut_apart_and_post_nominals_taken_off() -> None:
    assert names("Paul Hodgkin, Louis Horsley and Ben Metz") == ("Paul Hodgkin", "Louis Horsley", "Ben Metz")
    assert names("Ada Marsh, RN, MSc; Prof. Ben Oak PhD") == ("Ada Marsh", "Prof. Ben Oak")
    assert names("Ada Marsh, RN, MSc") == ("Ada Marsh",)
    assert names("Marsh, Ada; Oak, Ben") == ("Marsh, Ada", "Oak, Ben")


@given(words)
def test_a_credit_line_names_only_what_stands_in_it(line: str) -> None:
    found = credit_line(line)
    assert found is None or all(set(text.words(name)) <= set(text.words(line)) for name in found.people)
