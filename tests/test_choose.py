"""What of an edition one reader gets: at most so many entries, on their topics, what nobody should miss first, and never nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.digest.choose import choose, cut, select
from pipeline.model import Choice, Correction, Edition, Entry, Event, ItemId, Kind, Section, Severity, Subscriber
from tests import builders

NAMES = {
    "Primary care networks": "pcn", "Leadership": "leadership", "Communication": "communication", "NHS policy": "policy", "Care networks": "pcn",
}  # fmt: skip
"""The id of each topic by its name, and one name of before."""
KINDS = (Kind.REPORT, Kind.GUIDE, Kind.CASE_STUDY, Kind.EVENT)


def reader(*topics: str, **changes: Any) -> Subscriber:
    return replace(Subscriber(id=1, email="kim@example.org", topics=topics), **changes)


def entry(number: int, *topics: str, **changes: Any) -> Entry:
    return builders.entry(id=ItemId(number), title=f"Entry {number}", topics=topics, **changes)


def issue(*sections: tuple[Entry, ...], **changes: Any) -> Edition:
    made = tuple(Section(id=f"s{place}", title=f"Section {place}", entries=entries) for place, entries in enumerate(sections))
    return builders.edition(**{"sections": made} | changes)


def chosen(edition: Edition, who: Subscriber, **changes: Any) -> Choice:
    return choose(edition, who, topics=NAMES, **changes)


def ids(choice: Choice) -> list[int]:
    return [one.id for one in choice.edition.entries]


def two_sections(**changes: Any) -> Edition:
    first = tuple(entry(number, "Primary care networks", lead=number == 1) for number in range(1, 5))
    return issue(first, (entry(11, "Leadership", lead=True), entry(12, "Primary care networks"), entry(13, "Leadership")), **changes)


@st.composite
def editions_of_any_kind(draw: st.DrawFn) -> Edition:
    sections: list[Section] = []
    for place in range(draw(st.integers(0, 4))):
        numbers = draw(st.lists(st.integers(1, 25), max_size=8, unique=True))
        entries = tuple(
            entry(
                number,
                *draw(st.lists(st.sampled_from(("Primary care networks", "Leadership", "Communication", "Gone")), max_size=2, unique=True)),
                must_have=draw(st.booleans()) and draw(st.booleans()),
                lead=not at,
                kind=draw(st.sampled_from(KINDS)),
            )
            for at, number in enumerate(numbers)
        )
        sections.append(Section(id=f"s{place}", title=f"Section {place}", entries=entries))
    known = [one.id for section in sections for one in section.entries]
    picks = draw(st.lists(st.sampled_from(known), max_size=3, unique=True)) if known else []
    return builders.edition(sections=tuple(sections), picks=tuple(picks), form=draw(st.sampled_from(("edition", "quarter", "week"))))


READERS = st.builds(
    reader,
    topics=st.lists(st.sampled_from(("pcn", "leadership", "communication", "unknown")), max_size=3, unique=True).map(tuple),
    cap=st.none() | st.integers(1, 10),
    timezone=st.sampled_from(("", "Europe/Berlin", "Nowhere/At all")),
    language=st.sampled_from(("", "en", "de")),
)


@given(editions_of_any_kind(), READERS)
def test_a_mail_is_never_empty_never_beyond_the_number_and_never_holds_what_the_edition_does_not(edition: Edition, who: Subscriber) -> None:
    found = ids(chosen(edition, who))
    known = [one.id for one in edition.entries]
    assert bool(found) == bool(known)
    assert len(found) <= (who.cap or len(known))
    assert len(set(found)) == len(found)
    assert set(found) <= set(known)


@given(editions_of_any_kind(), READERS)
def test_the_order_is_that_of_the_edition(edition: Edition, who: Subscriber) -> None:
    order = list(dict.fromkeys(one.id for one in edition.entries))
    found = ids(chosen(edition, who))
    assert found == sorted(found, key=lambda one: order.index(ItemId(one)))


@given(editions_of_any_kind(), READERS)
def test_choosing_from_what_was_chosen_changes_nothing(edition: Edition, who: Subscriber) -> None:
    once = chosen(edition, who)
    again = chosen(once.edition, who)
    assert again.edition.sections == once.edition.sections
    assert again.more == ""


@given(editions_of_any_kind(), READERS)
def test_nothing_else_is_chosen_while_something_that_nobody_should_miss_is_left_out(edition: Edition, who: Subscriber) -> None:
    found = set(ids(chosen(edition, who)))
    must = {one.id for one in {one.id: one for one in reversed(edition.entries)}.values() if one.must_have}
    assert must <= found or found <= must


@given(editions_of_any_kind(), READERS)
def test_what_is_left_out_is_counted(edition: Edition, who: Subscriber) -> None:
    choice = chosen(edition, who)
    left = len({one.id for one in edition.entries}) - len(ids(choice))
    assert (f"{left} more " in choice.more) if left else not choice.more


@given(editions_of_any_kind(), READERS, READERS)
def test_readers_with_equal_selections_get_equal_mails(edition: Edition, one: Subscriber, other: Subscriber) -> None:
    first, second = select(edition, one, topics=NAMES), select(edition, other, topics=NAMES)
    assert (first != second) or cut(edition, first) == cut(edition, second)


def test_a_reader_who_wished_nothing_gets_the_edition_as_it_is() -> None:
    edition = two_sections()
    assert chosen(edition, reader()) == Choice(edition=edition)


def test_topics_choose_and_the_rest_is_named() -> None:
    choice = chosen(two_sections(), reader("leadership"))
    assert ids(choice) == [11, 13]
    assert choice.subject == "2 for you: Leadership, November 2026"
    assert choice.note == "2 of 7 entries, chosen for you."
    assert choice.more == "5 more in the full issue: 5 reports"


def test_sections_take_turns_and_each_gives_its_best_first() -> None:
    choice = chosen(two_sections(), reader("pcn", "leadership", cap=3))
    assert ids(choice) == [1, 2, 11]
    assert choice.more == "You asked for at most 3; 4 more in the full issue: 4 reports"


def test_picks_come_before_the_turns() -> None:
    assert ids(chosen(two_sections(picks=(ItemId(4), ItemId(13))), reader("pcn", cap=2))) == [1, 4]


def test_an_event_of_their_topics_has_its_turn_though_events_never_lead() -> None:
    events = (entry(21, "Leadership", kind=Kind.EVENT, kind_name="Event"), entry(22, "Primary care networks", kind=Kind.EVENT, kind_name="Event"))
    edition = issue(two_sections().sections[0].entries, events)
    assert ids(chosen(edition, reader("pcn", cap=2))) == [1, 22]


def test_what_nobody_should_miss_comes_whatever_its_topic_and_is_named() -> None:
    edition = issue((entry(1, "Leadership"), entry(2, "Primary care networks"), entry(3, "Primary care networks", must_have=True), entry(4)))
    choice = chosen(edition, reader("leadership"))
    assert ids(choice) == [1, 3]
    assert choice.note == "2 of 4 entries, chosen for you, among them one that nobody should miss."
    assert choice.subject == "2 for you: What's new, November 2026"


def test_a_number_below_that_of_must_haves_leaves_those_of_their_topics() -> None:
    edition = issue(tuple(entry(number, "Leadership" if number == 3 else "Communication", must_have=True) for number in range(1, 5)))
    assert ids(chosen(edition, reader("leadership", cap=2))) == [1, 3]
    assert chosen(edition, reader("leadership", cap=2)).note == "2 of 4 entries, chosen for you, among them 2 that nobody should miss."


def test_where_nothing_is_on_their_topics_they_get_the_picks_and_are_told() -> None:
    choice = chosen(two_sections(picks=(ItemId(2), ItemId(12))), reader("communication"))
    assert ids(choice) == [2, 12]
    assert choice.note.startswith("Nothing here is on the topics that you chose.")
    assert choice.subject == ""
    assert choice.more == "5 more in the full issue: 5 reports"


def test_where_nothing_is_on_their_topics_and_nothing_was_picked_they_get_the_first() -> None:
    assert ids(chosen(two_sections(), reader("communication"))) == [1, 2, 3]
    assert ids(chosen(two_sections(), reader("communication", cap=1))) == [1]


def test_an_edition_of_nothing_stays_one() -> None:
    assert chosen(issue(), reader("pcn")) == Choice(edition=issue())


def test_a_topic_is_known_by_the_name_that_it_had_when_the_edition_came_out() -> None:
    assert ids(chosen(issue((entry(1, "Care networks"), entry(2, "Leadership"))), reader("pcn"))) == [1]


@pytest.mark.parametrize(
    ("topic", "said"),
    [("Primary care networks", "primary care networks"), ("NHS policy", "NHS policy"), ("Leadership", "Leadership")],
)
def test_the_subject_names_the_topic_that_most_of_it_is_about(topic: str, said: str) -> None:
    choice = chosen(issue((entry(1, topic), entry(2, topic), entry(3, "Communication"), entry(4))), reader(NAMES[topic], "communication"))
    assert choice.subject == f"3 for you: {said}, November 2026"


def test_the_subject_names_no_topic_where_two_share_the_honour() -> None:
    both = ("Primary care networks", "Leadership")
    assert chosen(issue((entry(1, *both), entry(2, *both), entry(3))), reader("pcn", "leadership")).subject == "2 for you: What's new, November 2026"


def test_the_subject_names_no_topic_that_they_did_not_ask_for() -> None:
    both = ("Primary care networks", "Leadership")
    assert "leadership" in chosen(issue((entry(1, *both), entry(2, *both), entry(3))), reader("leadership")).subject.lower()
    assert chosen(two_sections(), reader(cap=2)).subject == "2 for you: What's new, November 2026"


def test_the_kinds_that_are_left_out_are_counted_in_words() -> None:
    kinds = ((Kind.CASE_STUDY, "Case study"), (Kind.CASE_STUDY, "Case study"), (Kind.NEWS, "News"), (Kind.EVENT, "Event"))
    edition = issue((entry(9, "Leadership"), *(entry(place, kind=kind, kind_name=name) for place, (kind, name) in enumerate(kinds, 1))))
    assert chosen(edition, reader("leadership")).more == "4 more in the full issue: 2 case studies, 1 piece of news and 1 event"


def test_many_kinds_are_not_named_one_by_one() -> None:
    names = {Kind.REPORT: "Report", Kind.GUIDE: "Guide", Kind.EVENT: "Event", Kind.BLOG: "Blog", Kind.COURSE: "Course"}
    edition = issue((entry(9, "Leadership"), *(entry(place, kind=kind, kind_name=name) for place, (kind, name) in enumerate(names.items(), 1))))
    assert chosen(edition, reader("leadership")).more == "5 more in the full issue: 1 report, 1 guide, 1 event and 2 others"


def test_corrections_and_errata_stay_and_keep_the_title_of_an_entry_that_is_gone() -> None:
    made = Correction(edition="2026-11", item=ItemId(1), severity=Severity.ERROR, note="It is page 5.", made=builders.NOW)
    earlier = replace(made, edition="2026-10", item=ItemId(700), title="A year of link workers")
    choice = chosen(two_sections(corrections=(made,), errata=(earlier,)), reader("leadership"))
    assert choice.edition.corrections == (replace(made, title="Entry 1"),)
    assert choice.edition.errata == (earlier,)


def test_the_letter_stays_where_somebody_wrote_it_and_our_own_count_of_all_entries_does_not() -> None:
    ours = "Dear colleagues,\n\nThis edition holds 7 entries in 2 sections.\n\nGood reading!"
    assert chosen(two_sections(), reader("leadership")).edition.letter == two_sections().letter
    assert chosen(two_sections(letter=ours), reader("leadership")).edition.letter == ""
    assert chosen(two_sections(letter=ours), reader()).edition.letter == ours


def test_an_essay_stays_with_the_full_issue_and_is_named_there() -> None:
    choice = chosen(two_sections(template="essay", essay="They learn [@1]."), reader("leadership"))
    assert (choice.edition.template, choice.edition.essay) == ("list", "")
    assert choice.more == "5 more in the full issue: 5 reports, and the essay"


def event(number: int, *, online: bool, **changes: Any) -> Entry:
    start, end = datetime(2026, 12, 2, 14, 0, tzinfo=UTC), datetime(2026, 12, 2, 15, 0, tzinfo=UTC)
    return entry(number, kind=Kind.EVENT, event=replace(Event(start=start, end=end, online=online), **changes))


def test_an_event_on_their_own_screen_is_in_their_own_time_and_one_to_travel_to_is_not() -> None:
    choice = chosen(issue((event(1, online=True), event(2, online=False))), reader(timezone="Europe/Berlin"))
    here, there = (one.event.start for one in choice.edition.entries if one.event)
    assert here is not None
    assert there is not None
    assert (here.isoformat(), there.isoformat()) == ("2026-12-02T15:00:00+01:00", "2026-12-02T14:00:00+00:00")
    assert choice.edition.timezone == "Europe/Berlin"
    assert choice.note == "Online events are in your time (Europe/Berlin)."


def test_a_zone_makes_no_mail_of_its_own_where_nothing_has_a_time() -> None:
    edition = issue((event(1, online=True, start=datetime(2026, 12, 2, tzinfo=UTC).date(), end=None), entry(2)))
    assert chosen(edition, reader(timezone="Europe/Berlin")) == chosen(edition, reader(timezone="Nowhere/At all")) == Choice(edition=edition)


def test_dates_are_written_in_the_language_that_they_asked_for() -> None:
    choice = chosen(two_sections(), reader("leadership", language="de"))
    assert choice.edition.language == "de"
    assert choice.tongue == "en-GB"
    assert choice.subject == "2 for you: Leadership, November 2026"
    assert chosen(two_sections(id="2026-12"), reader("leadership", language="de")).subject == "2 for you: Leadership, Dezember 2026"
    assert chosen(two_sections(), reader("leadership", language="en")) == chosen(two_sections(), reader("leadership"))


def test_topics_that_nothing_came_of_are_asked_about() -> None:
    one = chosen(two_sections(), reader("leadership"), unused=(("NHS policy", 12),)).ask
    assert one == (
        "Within a year we had 12 entries on NHS policy, and you told us of none that it was useful or that you will use it."
        " Would you like to drop the topic?"
    )
    assert (
        "12 entries on NHS policy and 10 entries on Communication, "
        in chosen(two_sections(), reader(), unused=(("NHS policy", 12), ("Communication", 10))).ask
    )


def test_a_quarter_is_no_archive_and_a_week_leaves_the_rest_to_the_next_issue() -> None:
    many = issue(tuple(entry(number) for number in range(1, 61)), form="quarter")
    assert len(ids(chosen(many, reader()))) == 20
    assert chosen(many, reader()).more == "40 more in the full issues: 40 reports"
    assert chosen(two_sections(form="week"), reader(cap=6)).more == "You asked for at most 6; 1 more for the next issue: 1 report"
