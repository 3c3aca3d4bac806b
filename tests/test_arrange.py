"""What an editor arranged by hand, put over what composing makes; the steps that lead there; and keeping them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.digest import DEFAULT_SECTIONS, arrange, steps
from pipeline.digest.arrange import Absence, all_sections, merged, slots
from pipeline.digest.balance import even
from pipeline.digest.needs import MEMBER_NEEDS, served
from pipeline.errors import ConflictError, NotFoundError, PipelineError
from pipeline.model import Arrangement, Credit, DigestSettings, Edition, EditionState, Item, ItemId, Kind, Overlay, Section, SectionRule, Topic
from pipeline.store import Store
from tests import builders
from tests.test_digest import NOW, accepted, event, made

RULES = (
    SectionRule(id="read", title="To read", kinds=(Kind.ARTICLE, Kind.REPORT)),
    SectionRule(id="see", title="To see", kinds=(Kind.VIDEO,)),
    SectionRule(id="go", title="To go to", kinds=(Kind.EVENT,)),
)
BLANK = Arrangement(edition="2026-12")


def ranked(number: int, rank: float, kind: Kind = Kind.ARTICLE, **changes: Any) -> Item:
    return accepted(number, kind, rank=rank, **changes)


ITEMS = (
    *(ranked(number, 1 - number / 10) for number in (1, 2, 3, 4)),
    *(ranked(number, 1 - number / 10, Kind.VIDEO) for number in (5, 6)),
    event(7, date(2026, 12, 9)),
    event(8, date(2026, 12, 20)),
)


def composed(arrangement: Arrangement = BLANK, *more: Item, items: tuple[Item, ...] = ITEMS, **settings: Any) -> Edition:
    return made(*items, *more, arrangement=arrangement, **{"sections": RULES, **settings})


def numbers(edition: Edition) -> dict[str, list[int]]:
    return {section.id: [entry.id for entry in section.entries] for section in edition.sections}


def ids(*some: int) -> tuple[ItemId, ...]:
    return tuple(ItemId(one) for one in some)


# ---------------------------------------------------------------- putting it over


def test_what_nobody_touched_is_composed_as_ever() -> None:
    assert composed() == composed(items=ITEMS) == made(*ITEMS, sections=RULES)
    assert numbers(composed()) == {"read": [1, 2, 3, 4], "see": [5, 6], "go": [7, 8]}


def test_items_stand_where_an_editor_put_them() -> None:
    by_hand = replace(BLANK, sections={"read": ids(3, 6, 1), "see": ids(4)})
    assert numbers(composed(by_hand)) == {"read": [3, 6, 1, 2], "see": [4, 5], "go": [7, 8]}


def test_what_is_accepted_later_goes_where_composing_puts_it() -> None:
    by_hand = replace(BLANK, sections={"read": ids(4, 3, 2, 1)})
    assert numbers(composed(by_hand, ranked(9, 0.75)))["read"] == [4, 3, 2, 9, 1], "behind item 2, which comes before it by merit"
    assert numbers(composed(by_hand, ranked(9, 0.99)))["read"] == [9, 4, 3, 2, 1]
    assert numbers(composed(replace(by_hand, leads={"read": ItemId(4)}), ranked(9, 0.99)))["read"] == [4, 9, 3, 2, 1]
    assert numbers(composed(by_hand, event(9, date(2026, 12, 12))))["go"] == [7, 9, 8]


def test_what_is_accepted_no_longer_falls_out_without_a_word() -> None:
    by_hand = replace(
        BLANK, sections={"read": ids(3, 99, 1), "gone": ids(2)}, leads={"read": ItemId(99)}, picks=ids(99), left_out=ids(98), order=("gone",)
    )
    assert numbers(composed(by_hand)) == {"read": [3, 4, 1, 2], "see": [5, 6], "go": [7, 8]}
    assert composed(by_hand).picks == composed().picks


def test_the_order_of_sections_is_the_editors() -> None:
    assert list(numbers(composed(replace(BLANK, order=("go", "read", "see"))))) == ["go", "read", "see"]
    assert list(numbers(composed(replace(BLANK, order=("see", "read"))))) == ["see", "go", "read"], "go follows see by itself"


def test_a_lead_is_first_and_looks_like_one_where_things_are_read() -> None:
    edition = composed(replace(BLANK, leads={"read": ItemId(3), "go": ItemId(8)}))
    assert numbers(edition) == {"read": [3, 1, 2, 4], "see": [5, 6], "go": [8, 7]}
    assert [entry.id for entry in edition.entries if entry.lead] == [3, 5]


def test_picks_by_hand_take_the_place_of_the_composed_ones() -> None:
    assert composed().picks == ids(1, 5, 2)
    assert composed(replace(BLANK, picks=ids(7, 4))).picks == ids(7, 4)
    assert composed(replace(BLANK, picks=ids(4, 3, 2, 1))).picks == ids(4, 3, 2)
    assert composed(replace(BLANK, picks=ids(4), left_out=ids(4))).picks == composed(replace(BLANK, left_out=ids(4))).picks


def test_what_is_left_out_is_told_with_every_other_reason() -> None:
    late, secret = event(9, date(2026, 11, 2)), ranked(10, 0.5, overlay=Overlay(audience="members"))
    by_hand = replace(BLANK, left_out=ids(2), caps={"see": 1})
    edition = composed(by_hand, late, secret)
    assert numbers(edition) == {"read": [1, 3, 4], "see": [5], "go": [7, 8]}
    settings = DigestSettings(sections=RULES)
    told = arrange.absent((*ITEMS, late, secret), edition, arrangement=by_hand, settings=settings, now=NOW, zone=NOW.tzinfo)  # type: ignore[arg-type]
    assert {item.id: why for item, why in told} == {2: Absence.LEFT_OUT, 6: Absence.NO_ROOM, 9: Absence.OVER, 10: Absence.MEMBERS}


def test_a_cap_by_hand_bounds_a_section_and_what_was_placed_by_hand_has_room_first() -> None:
    assert numbers(composed(replace(BLANK, caps={"read": 2})))["read"] == [1, 2]
    assert numbers(composed(replace(BLANK, caps={"read": 2}, sections={"read": ids(4, 3, 2, 1)})))["read"] == [4, 3]
    must = ranked(9, 0.1, overlay=Overlay(must_have=True))
    assert sorted(numbers(composed(replace(BLANK, caps={"read": 2}, sections={"read": ids(4, 3, 2, 1)}), must))["read"]) == [4, 9]
    assert numbers(composed(replace(BLANK, caps={"also": 1}), ranked(9, 0.5, Kind.COURSE), ranked(10, 0.4, Kind.COURSE)))["also"] == [9]


def test_slots_are_the_caps_together_where_all_have_one() -> None:
    assert slots(DigestSettings(sections=RULES, max_items=40), BLANK) == 40
    assert slots(DigestSettings(sections=RULES, max_items=40), replace(BLANK, caps={"read": 6, "see": 4, "go": 4})) == 14
    assert slots(DigestSettings(sections=RULES, max_items=10), replace(BLANK, caps={"read": 6, "see": 4, "go": 4})) == 10


def test_the_section_for_the_rest_is_one_that_items_can_be_moved_to() -> None:
    assert [rule.id for rule in all_sections(DigestSettings())] == [*(rule.id for rule in DEFAULT_SECTIONS), "also"]
    assert numbers(composed(replace(BLANK, sections={"also": ids(2)})))["also"] == [2]


some_ids = st.lists(st.integers(1, 12).map(ItemId), max_size=6).map(tuple)
section_ids = st.sampled_from(["read", "see", "go", "also", "gone"])
arrangements = st.builds(
    lambda **made: Arrangement(edition="2026-12", **made),
    sections=st.dictionaries(section_ids, some_ids, max_size=4),
    order=st.lists(section_ids, max_size=5).map(tuple),
    leads=st.dictionaries(section_ids, st.integers(1, 12).map(ItemId), max_size=3),
    picks=some_ids,
    left_out=some_ids,
    caps=st.dictionaries(section_ids, st.integers(1, 4), max_size=3),
)


@given(arrangements)
def test_nothing_accepted_is_lost_unless_left_out_or_over_a_cap(by_hand: Arrangement) -> None:
    edition = composed(by_hand)
    present = [entry.id for entry in edition.entries]
    assert len(present) == len(set(present))
    assert set(present) <= {item.id for item in ITEMS} - set(by_hand.left_out)
    missing = {item.id for item in ITEMS} - set(present) - set(by_hand.left_out)
    full = {section.id for section in edition.sections if len(section.entries) == by_hand.caps.get(section.id)}
    homes = arrange.homes(by_hand, DigestSettings(sections=RULES))
    usual = {Kind.ARTICLE: "read", Kind.VIDEO: "see", Kind.EVENT: "go"}
    assert all(homes.get(item.id, usual[item.kind]) in full for item in ITEMS if item.id in missing)
    assert len(edition.picks) <= 3
    assert set(edition.picks) <= set(present)
    assert all(len(section.entries) <= by_hand.caps.get(section.id, 99) for section in edition.sections)


@given(arrangements)
def test_what_stands_written_out_as_an_arrangement_stands_again(by_hand: Arrangement) -> None:
    once = composed(replace(by_hand, caps={}))
    written = Arrangement(
        edition="2026-12",
        sections={section.id: tuple(entry.id for entry in section.entries) for section in once.sections},
        order=tuple(section.id for section in once.sections),
        picks=once.picks,
        left_out=by_hand.left_out,
    )
    assert composed(written) == once


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9), unique=True))
def test_merging_keeps_every_key_once_and_the_order_made_by_hand(by_hand: list[int], base: list[int]) -> None:
    found = merged(by_hand, base)
    assert sorted(found) == sorted(base)
    assert [key for key in found if key in by_hand] == [key for key in dict.fromkeys(by_hand) if key in base]
    assert merged((), base) == base
    assert merged(found, base) == found


# ---------------------------------------------------------------- steps


def test_a_step_changes_what_the_editor_sees() -> None:
    moved = steps.place(BLANK, composed(), ItemId(2), rule=RULES[1], at=1)
    assert numbers(composed(moved)) == {"read": [1, 3, 4], "see": [5, 2, 6], "go": [7, 8]}
    assert moved.said == "“Title number 2”: moved to To see, place 2 of 3."
    back = steps.place(moved, composed(moved), ItemId(2), rule=RULES[0], at=0)
    assert numbers(composed(back)) == {"read": [2, 1, 3, 4], "see": [5, 6], "go": [7, 8]}
    assert steps.place(BLANK, composed(), ItemId(1), rule=RULES[0], at=1).said == "“Title number 1”: place 2 of 4 in To read."


@given(st.integers(1, 8).map(ItemId), st.sampled_from(RULES), st.integers(-2, 9))
def test_an_item_stands_where_it_was_placed(item: ItemId, rule: SectionRule, at: int) -> None:
    before = composed()
    after = numbers(composed(steps.place(BLANK, before, item, rule=rule, at=at)))
    assert after[rule.id].index(item) == min(max(at, 0), len(after[rule.id]) - 1)
    others = {section: [one for one in items if one != item] for section, items in numbers(before).items()}
    assert {section: [one for one in items if one != item] for section, items in after.items()} == others


def test_placing_before_the_lead_or_moving_it_away_gives_up_the_lead() -> None:
    led = steps.lead(BLANK, composed(), ItemId(4))
    assert numbers(composed(led))["read"] == [4, 1, 2, 3]
    assert numbers(composed(steps.place(led, composed(led), ItemId(2), rule=RULES[0], at=0)))["read"] == [2, 4, 1, 3]
    assert numbers(composed(steps.place(led, composed(led), ItemId(4), rule=RULES[0], at=2)))["read"] == [1, 2, 4, 3]


def test_a_fourth_pick_takes_the_place_of_the_third() -> None:
    picked = steps.pick(BLANK, composed(), ItemId(4))
    assert composed(picked).picks == ids(1, 5, 4)
    assert picked.said == "“Title number 4”: picked in the place of “Title number 2”."
    assert composed(steps.unpick(picked, composed(picked), ItemId(1))).picks == ids(5, 4)
    with pytest.raises(ConflictError, match="picked already"):
        steps.pick(picked, composed(picked), ItemId(4))
    with pytest.raises(ConflictError, match="not picked"):
        steps.unpick(BLANK, composed(), ItemId(4))


def test_left_out_and_back_again() -> None:
    out = steps.leave_out(BLANK, composed(), ItemId(2))
    assert numbers(composed(out))["read"] == [1, 3, 4]
    assert composed(steps.bring_back(out, ItemId(2), title="Two")) == composed()
    with pytest.raises(ConflictError, match="not left out"):
        steps.bring_back(BLANK, ItemId(2), title="Two")
    with pytest.raises(NotFoundError, match="item 2 in edition"):
        steps.leave_out(out, composed(out), ItemId(2))


def test_a_cap_is_set_and_taken_away() -> None:
    tight = steps.cap(BLANK, RULES[0], 2)
    assert (tight.caps, tight.said) == ({"read": 2}, "To read: at most 2 items.")
    assert steps.cap(tight, RULES[0], None).caps == {}
    for wrong in (0, -1, 201):
        with pytest.raises(PipelineError, match="between 1 and 200"):
            steps.cap(BLANK, RULES[0], wrong)


def test_sections_move_past_their_neighbours_that_have_items() -> None:
    settings = DigestSettings(sections=RULES)
    without = composed(items=tuple(item for item in ITEMS if item.kind is not Kind.VIDEO))
    moved = steps.shift(BLANK, without, RULES[2], by=-1, settings=settings)
    assert list(numbers(composed(moved))) == ["go", "read", "see"]
    assert steps.shift(moved, composed(moved), RULES[2], by=-1, settings=settings).order == moved.order
    with pytest.raises(ConflictError, match="To see has no items"):
        steps.shift(BLANK, without, RULES[1], by=1, settings=settings)


# ---------------------------------------------------------------- keeping


@pytest.fixture
def store() -> Store:
    return Store.open(":memory:")


def test_a_draft_that_nobody_arranged_has_an_empty_arrangement(store: Store) -> None:
    assert store.arrangement("2026-12") == BLANK


@given(arrangements)
def test_an_arrangement_comes_back_as_it_was_kept(by_hand: Arrangement) -> None:
    with Store.open(":memory:") as store:
        kept = store.arrange(replace(by_hand, by="Priya", changed=NOW, said="Moved."), expected_version=0)
        assert kept.version == 1
        assert store.arrangement("2026-12") == kept


def test_the_second_of_two_editors_is_told_what_the_first_did(store: Store) -> None:
    store.arrange(replace(BLANK, by="Priya", said="“A”: picked."), expected_version=0)
    with pytest.raises(ConflictError) as told:
        store.arrange(replace(BLANK, by="Tom", said="“B”: picked."), expected_version=0)
    assert told.value.sentence == "Priya changed this draft meanwhile: “A”: picked."
    assert store.arrangement("2026-12").by == "Priya"


def test_steps_are_taken_back_one_by_one_and_no_number_comes_twice(store: Store) -> None:
    for version, item in enumerate((1, 2, 3)):
        store.arrange(replace(BLANK, left_out=ids(item), by="Priya", said=f"{item} left out."), expected_version=version)
    seen = [store.unarrange("2026-12", expected_version=version) for version in (3, 4, 5)]
    assert [(one.left_out, one.said, one.version) for one in seen] == [(ids(2), "2 left out.", 4), (ids(1), "1 left out.", 5), ((), "", 6)]
    with pytest.raises(ConflictError, match="nothing to take back"):
        store.unarrange("2026-12", expected_version=6)


def test_a_letter_in_many_pieces_is_one_step(store: Store) -> None:
    for version, words in enumerate(("Dear", "Dear all", "Dear all, good")):
        store.arrange(replace(BLANK, letter=words, by="Priya", said="The letter was written."), expected_version=version)
    assert store.unarrange("2026-12", expected_version=3).letter == ""


@pytest.mark.parametrize("state", [EditionState.FROZEN, EditionState.RELEASED])
def test_an_edition_that_is_closed_takes_no_more_steps(store: Store, state: EditionState) -> None:
    edition = builders.edition(id="2026-12", sections=())
    if state is EditionState.FROZEN:
        store.save_edition(replace(edition, state=state))
    else:
        store.release(edition, files={}, now=NOW)
    with pytest.raises(ConflictError, match=f"is {state}: its order stays as it is"):
        store.arrange(BLANK, expected_version=0)
    with pytest.raises(ConflictError, match=f"is {state}"):
        store.unarrange("2026-12", expected_version=0)


# ---------------------------------------------------------------- balance


def edition(*entries: Any, **changes: Any) -> Edition:
    return builders.edition(id="2026-12", sections=(Section(id="read", title="To read", entries=tuple(entries)),), **changes)


def one(number: int, **changes: Any) -> Any:
    return builders.entry(
        id=ItemId(number), **{"title": f"Piece {number}", "blurb": "", "topics": (), "kind": Kind.ARTICLE, "kind_name": "Article", **changes}
    )


def test_what_stands_out_is_said_beside_what_is_usual() -> None:
    topics = (Topic(id="s", name="Starting", facet="member-need"), Topic(id="m", name="Measuring", facet="member-need"))
    now = edition(
        *(one(number, source="The King’s Fund" if number < 6 else f"Source {number}", kind_name=f"Kind {number}") for number in range(1, 15))
    )
    before = [replace(edition(one(1, source="King's Fund", topics=("Trust", "Starting")), one(2)), id=f"2026-{month:02}") for month in (8, 9, 10, 11)]
    told = even(now, before, topics=topics).sentences
    assert told[0] == "The King’s Fund 5 of 14, usually 1."
    assert "No item serves “Starting”." in told
    assert "No item serves “Measuring”, for the fifth edition in a row." in told
    assert "Nothing on Trust, which the last 3 editions had." in told
    assert told[-1] == "Nobody sent in or recommended what stands here."


def test_a_handful_is_not_weighed() -> None:
    assert even(edition(one(1), one(2))).sentences == ()


def test_a_desk_without_needs_of_its_own_counts_the_five_by_kind_and_words() -> None:
    gave = (Credit(role="posted by", name="Ada"),)
    found = even(edition(one(1, kind=Kind.GUIDE), one(2, title="Reform of commissioning"), one(3, credits=gave), one(4), one(5, kind=Kind.REPORT)))
    assert [need.name for need in MEMBER_NEEDS] == [
        "amplify members’ work", "make members visible", "new knowledge", "shape the context", "offer services to one another",
    ]  # fmt: skip
    assert {need.name: need.here for need in found.needs} == {
        "amplify members’ work": 1, "make members visible": 1, "new knowledge": 1, "shape the context": 1, "offer services to one another": 0,
    }  # fmt: skip
    assert "No item serves “offer services to one another”." in found.sentences
    assert found.topics == ()


def test_words_serve_a_need_as_whole_words_only() -> None:
    assert list(served(one(1, title="Insurance policyholders"))) == []
    assert list(served(one(1, title="A national policy"))) == ["shape the context"]
