"""Which items an edition holds, in which order, in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.digest import DEFAULT_SECTIONS, compose, preflight
from pipeline.digest.letter import default_letter
from pipeline.digest.words import KIND_WORDS, month_name
from pipeline.model import (
    Correction,
    Credit,
    Desk,
    DigestSettings,
    Edition,
    Entry,
    Event,
    Item,
    ItemId,
    Kind,
    Overlay,
    SectionRule,
    Severity,
    Sighting,
    State,
    Tally,
    Topic,
    TopicTrend,
    When,
)
from tests import builders

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TOPICS = (Topic(id="pcn", name="Primary care networks"), Topic(id="eval", name="Evaluation"))


def accepted(number: int, kind: Kind = Kind.ARTICLE, *, resource: dict[str, Any] | None = None, **changes: Any) -> Item:
    made = builders.resource(kind=kind, title=f"Title number {number}", **(resource or {}))
    return builders.item(**{"id": ItemId(number), "resource": made, "state": State.ACCEPTED, **changes})


def event(number: int, start: date | None, end: date | None = None, **changes: Any) -> Item:
    return accepted(number, Kind.EVENT, resource={"event": Event(start=start, end=end)}, **changes)


def made(*items: Item, **changes: Any) -> Edition:
    settings = {name: changes.pop(name) for name in ("sections", "max_items", "audience") if name in changes}
    given = {"desk": Desk(timezone="Europe/London"), "settings": DigestSettings(**settings), "topics": TOPICS, "tally": Tally(), "now": NOW}
    return compose("2026-12", items, **{**given, **changes})


def entries(edition: Edition) -> list[Entry]:
    return [entry for section in edition.sections for entry in section.entries]


def ids(edition: Edition) -> list[int]:
    return [int(entry.id) for entry in entries(edition)]


def test_kinds_go_to_their_sections_in_the_settings_order() -> None:
    edition = made(accepted(1, Kind.VIDEO), accepted(2, Kind.REPORT), accepted(3, Kind.TOOLKIT), event(4, date(2026, 12, 9)))
    assert [section.id for section in edition.sections] == ["tools", "events", "evidence", "media"]


def test_a_kind_without_a_section_is_also_new() -> None:
    rules = (SectionRule(id="films", title="Films", kinds=(Kind.VIDEO,)),)
    edition = made(accepted(1, Kind.REPORT), accepted(2, Kind.VIDEO), sections=rules)
    assert [(section.title, [entry.id for entry in section.entries]) for section in edition.sections] == [("Films", [2]), ("Also new", [1])]


def test_an_item_that_a_rule_sends_somewhere_goes_there_whatever_its_kind() -> None:
    rules = (
        SectionRule(id="films", title="Films", kinds=(Kind.VIDEO,)),
        SectionRule(id="ours", title="Ours", when=When(host=("ours.example",)), cap=1),
    )
    items = (accepted(1, Kind.VIDEO, rank=0.5), accepted(2, Kind.VIDEO, rank=0.9), accepted(3, Kind.VIDEO), event(4, date(2026, 12, 9)))
    homes = {ItemId(2): "ours", ItemId(1): "ours", ItemId(4): "nowhere"}
    sections = made(*items, sections=rules, homes=homes).sections
    assert [(section.id, [entry.id for entry in section.entries]) for section in sections] == [("films", [3]), ("ours", [2]), ("also", [4])]


def test_without_settings_what_the_network_itself_published_is_members_work() -> None:
    ours = {"publisher": "The Harbour  network"}
    items = (accepted(1, Kind.REPORT, resource=ours), accepted(2, Kind.REPORT), event(3, date(2026, 12, 9)), accepted(4, Kind.OFFER, resource=ours))
    desk = Desk(organisation="The Harbour Network")
    assert [(section.id, [entry.id for entry in section.entries]) for section in made(*items, desk=desk).sections] == [
        ("events", [3]),
        ("evidence", [2]),
        ("members", [1]),
        ("offers", [4]),
    ]
    assert [section.id for section in made(items[0], desk=desk, sections=DEFAULT_SECTIONS[:5]).sections] == ["evidence"]


def test_offers_and_requests_are_to_be_answered_and_not_to_be_read() -> None:
    items = (accepted(1, Kind.OFFER, rank=1), accepted(2, Kind.REQUEST), *(accepted(number, rank=0.1) for number in range(3, 7)))
    edition = made(*items)
    assert [(entry.kind_name, entry.link_label, entry.lead) for entry in edition.sections[-1].entries] == [
        ("Offer", "Take up the offer", False),
        ("Request", "Answer the request", False),
    ]
    assert set(edition.picks) <= {3, 4, 5, 6}


def test_an_entry_says_for_whom_it_is_and_to_which_series_it_belongs() -> None:
    item = accepted(1, resource={"series": "Focal Point", "identifiers": {"doi": "10.1000/x"}, "audience": "members"})
    entry = entries(made(item, audience="members"))[0]
    assert (entry.audience, entry.series, entry.identifiers) == ("members", "Focal Point", {"doi": "10.1000/x"})


def test_an_edition_prints_what_it_puts_right_of_earlier_ones() -> None:
    old = Correction(edition="2026-11", severity=Severity.ERROR, note="The date was wrong.", made=NOW)
    assert made(errata=[old]).errata == (old,)


def test_must_have_comes_first_and_then_the_rank() -> None:
    edition = made(accepted(1, rank=0.9), accepted(2, rank=0.1, overlay=Overlay(must_have=True)), accepted(3, rank=0.95))
    assert ids(edition) == [2, 3, 1]


def test_the_cap_of_a_section_leaves_room_for_others() -> None:
    rules = (SectionRule(id="a", title="A", kinds=(Kind.ARTICLE,), cap=1), SectionRule(id="b", title="B", kinds=(Kind.REPORT,)))
    edition = made(accepted(1, rank=0.9), accepted(2, rank=0.8), accepted(3, Kind.REPORT, rank=0.1), sections=rules, max_items=2)
    assert ids(edition) == [1, 3]


def test_events_stand_in_order_of_their_start_whatever_their_rank() -> None:
    later = datetime(2026, 12, 9, 15, tzinfo=UTC)
    edition = made(event(1, None, rank=1), event(2, later, rank=0.9), event(3, date(2026, 12, 9)), event(4, date(2026, 12, 2), rank=0.5))
    assert ids(edition) == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (date(2026, 11, 30), None, False),
        (date(2026, 12, 1), None, True),
        (date(2026, 11, 30), date(2026, 12, 1), True),
        (date(2026, 12, 5), date(2026, 12, 3), True),
        (datetime(2026, 12, 1, 8, tzinfo=UTC), None, False),
        (datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(hours=1))), None, False),
        (None, None, True),
    ],
)
def test_an_event_that_is_over_is_not_announced(start: date | None, end: date | None, kept: bool) -> None:
    assert ids(made(event(1, start, end))) == ([1] if kept else [])


def test_what_only_members_may_see_is_not_in_a_public_edition() -> None:
    items = (accepted(1), accepted(2, overlay=Overlay(audience="members")), accepted(3, resource={"audience": "members"}))
    assert ids(made(*items)) == [1]
    assert sorted(ids(made(*items, audience="members"))) == [1, 2, 3]


@pytest.mark.parametrize("state", [State.QUEUED, State.REJECTED, State.DEFERRED, State.MERGED])
def test_what_nobody_accepted_is_not_in_an_edition(state: State) -> None:
    assert ids(made(accepted(1, state=state))) == []


def test_what_an_edition_published_stays_in_it_and_in_no_other() -> None:
    assert ids(made(accepted(1, state=State.PUBLISHED, edition="2026-12"), accepted(2, state=State.PUBLISHED, edition="2026-11"))) == [1]


def test_an_entry_says_what_the_item_says() -> None:
    seen = builders.lead(posted_by="Carol Read", recommended_by="Ben Oak")
    other = builders.lead(source="south-list", posted_by="carol read")
    sightings = tuple(Sighting(lead=lead, first_seen=NOW, last_seen=NOW) for lead in (seen, other))
    item = accepted(
        7,
        Kind.VIDEO,
        resource={"duration": timedelta(minutes=5), "creators": ("Ada Marsh",)},
        sightings=sightings,
        overlay=Overlay(topics=("pcn", "unknown")),
        decision=builders.decision(note="For your next meeting."),
    )
    entry = entries(made(item))[0]
    assert (entry.kind_name, entry.link_label, entry.duration_minutes, entry.minutes) == ("Video", "Watch video", 5, None)
    assert entry.credits == (
        Credit(role="author", name="Ada Marsh"),
        Credit(role="posted by", name="Carol Read"),
        Credit(role="recommended by", name="Ben Oak"),
    )
    assert entry.topics == ("Primary care networks",)
    assert entry.note == "For your next meeting."
    assert entry.also_seen == ("south-list",)


def test_a_description_is_never_invented() -> None:
    assert entries(made(accepted(1, resource={"description": None})))[0].blurb == ""


def test_the_curators_blurb_stands_before_the_description() -> None:
    assert entries(made(accepted(1, overlay=Overlay(blurb="In short."))))[0].blurb == "In short."
    assert entries(made(accepted(1, overlay=Overlay(blurb=""))))[0].blurb == ""


def test_the_three_to_read_come_from_different_sections_and_must_have_leads() -> None:
    items = (
        accepted(1, Kind.REPORT, rank=0.99),
        accepted(2, Kind.REPORT, rank=0.98),
        accepted(3, Kind.VIDEO, rank=0.5),
        accepted(4, Kind.TOOLKIT, rank=0.2, overlay=Overlay(must_have=True)),
        event(5, date(2026, 12, 9), rank=1),
    )
    assert made(*items).picks == (4, 1, 3)
    assert made(*items[:3]).picks == ()


def test_trends_come_from_the_editions_before() -> None:
    last = made(accepted(1, overlay=Overlay(topics=("pcn",))), accepted(2, overlay=Overlay(topics=("eval",))))
    history = [replace(last, id="2026-10"), replace(last, id="2026-11"), replace(last, id="2027-01")]
    edition = made(accepted(3, overlay=Overlay(topics=("pcn",))), history=history)
    assert edition.months == ("Oct", "Nov", "Dec")
    assert edition.trends == (TopicTrend(topic="Primary care networks", counts=(1, 1, 1)),)


@pytest.mark.parametrize(
    ("language", "name"),
    [("en-GB", "December 2026"), ("de", "Dezember 2026"), ("fr-CH", "décembre 2026"), ("es", "diciembre de 2026"), ("cy", "December 2026")],
)
def test_the_month_has_a_name_in_the_desks_language(language: str, name: str) -> None:
    assert made(desk=Desk(language=language)).month_name == name


def test_an_edition_that_is_no_month_names_itself() -> None:
    assert month_name("special", "en") == "special"


def test_the_letter_of_the_machine_tells_the_numbers_and_where_to_begin() -> None:
    edition = made(accepted(1, resource={"minutes": 4}), tally=Tally(received=412, folded=1, sources=38))
    assert edition.letter == (
        "Dear colleagues,\n\n412 new things came in from 38 sources. One of them we had already, by another road. This edition holds 1 entry.\n\n"
        "If you are short of time, begin with **Title number 1**, from North Network. It takes about 4 minutes.\n\nGood reading!"
    )


def test_a_title_in_the_letter_of_the_machine_is_no_markup() -> None:
    item = accepted(1, overlay=Overlay(title="[a](http://x) *b*"))
    assert r"**\[a\]\(http://x\) \*b\***" in made(item).letter


def test_the_editors_letter_is_left_as_it_is() -> None:
    assert made(accepted(1), letter="Hello.").letter == "Hello."


def problems(edition: Edition) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.place, finding.problem) for finding in preflight(edition)]


def test_an_empty_edition_must_not_be_released() -> None:
    assert ("error", "edition", "The edition is empty.") in problems(made())


def test_preflight_names_what_is_missing() -> None:
    edition = made(accepted(1, resource={"description": None}, overlay=Overlay(title="https://north.example/a")), event(2, None))
    assert problems(edition) == [
        ("warning", "letter", "The letter was made from the numbers."),
        ("warning", "item 2", '"Title number 2" has no date.'),
        ("warning", "item 1", '"https://north.example/a" is no title.'),
        ("warning", "item 1", '"https://north.example/a" has no description.'),
        ("note", "item 2", '"Title number 2" does not say why it is here.'),
        ("note", "item 1", '"https://north.example/a" does not say why it is here.'),
    ]


def test_preflight_asks_for_a_letter() -> None:
    assert ("warning", "letter", "There is no letter.") in problems(builders.edition(letter=" "))


def test_an_event_that_ended_since_the_edition_was_composed_is_an_error() -> None:
    edition = made(event(1, date(2026, 12, 2)))
    later = replace(edition, released=NOW + timedelta(days=3))
    assert ("error", "item 1", '"Title number 1" is over.') in problems(later)
    assert not [finding for finding in preflight(edition) if finding.severity == "error"]


def test_a_finished_edition_has_nothing_to_look_at() -> None:
    assert preflight(builders.edition()) == ()


def test_every_kind_has_words_and_the_default_sections_know_no_kind_twice() -> None:
    assert set(KIND_WORDS) == set(Kind)
    kinds = [kind for rule in DEFAULT_SECTIONS for kind in rule.kinds]
    assert len(kinds) == len(set(kinds))


items = st.builds(
    lambda number, kind, rank, must, start: accepted(
        number, kind, rank=rank, overlay=Overlay(must_have=must), resource={"event": Event(start=start), "creators": ("Ada",)}
    ),
    st.integers(1, 60),
    st.sampled_from(Kind),
    st.floats(0, 1),
    st.booleans(),
    st.one_of(st.none(), st.dates(date(2026, 12, 2)), st.datetimes(datetime(2026, 12, 2), timezones=st.just(UTC))),
)


@given(st.lists(items, max_size=40))
def test_an_edition_holds_every_accepted_item_once(some: list[Item]) -> None:
    assert sorted(ids(made(*some))) == sorted({item.id for item in some})


@given(st.lists(items, max_size=40), st.integers(0, 10), st.integers(0, 4))
def test_no_cap_is_passed(some: list[Item], most: int, cap: int) -> None:
    rules = tuple(replace(rule, cap=cap) for rule in DEFAULT_SECTIONS)
    edition = made(*some, sections=rules, max_items=most)
    assert len(entries(edition)) <= most
    assert all(len(section.entries) <= cap for section in edition.sections if section.id != "also")


@given(st.lists(items, max_size=20), st.randoms(use_true_random=False))
def test_the_order_in_which_items_come_does_not_matter(some: list[Item], random: Any) -> None:
    once = list({item.id: item for item in some}.values())
    turned = once[:]
    random.shuffle(turned)
    assert made(*once) == made(*turned)
    assert default_letter(made(*once)) == made(*once).letter
