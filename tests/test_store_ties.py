"""Ties in the store: proposed as things come in, taken or refused by people, kept through folding, and undone exactly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.errors import ConflictError, NotFoundError, TransitionError
from pipeline.model import Event, Fold, ItemId, Kind, Match, Mention, Relation, RelationState, Resource, Tie
from pipeline.store import Store
from tests.builders import NOW, decision, resource

LATER = NOW + timedelta(hours=1)
TAKEN, REFUSED, PROPOSED = RelationState.TAKEN, RelationState.REFUSED, RelationState.PROPOSED


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def made(number: int, **changes: Any) -> Resource:
    url = f"https://north.example/{number}"
    return resource(**{"url": url, "canonical_url": url, "title": f"Piece {number} of the network", "text": f"{number} " * 40, **changes})


def put(store: Store, number: int, match: Match | None = None, **changes: Any) -> ItemId:
    one = made(number, **changes)
    return store.add(one, dedupe.fingerprint(one), match or Match(fold=Fold.NEW), now=NOW)


def after(number: int, tie: Tie = Tie.CONTINUES, **changes: Any) -> dict[str, Any]:
    return {"mentions": (Mention(tie=tie, words=f"A follow-up to {number}", url=f"https://north.example/{number}", **changes),)}


def states(store: Store, item: ItemId) -> list[tuple[int, int, str, str]]:
    return [(one.item, one.other, one.tie.value, one.state.value) for one in store.ties([item])]


def settle(store: Store, item: ItemId, other: ItemId, state: RelationState, tie: Tie = Tie.CONTINUES, by: str = "Sam") -> Relation:
    return store.settle_tie(Relation(item=item, other=other, tie=tie, words="", state=state), by=by, now=LATER)


def test_what_comes_in_is_proposed_to_be_tied_to_what_it_speaks_of(store: Store) -> None:
    first = put(store, 1)
    second = put(store, 2, **after(1))
    (tie,) = store.ties([first])
    assert tie == Relation(item=second, other=first, tie=Tie.CONTINUES, words="A follow-up to 1")
    assert store.ties([second]) == (tie,)
    assert store.taken_ties([first, second]) == ()


def test_the_recording_of_an_event_finds_it_when_it_is_stored(store: Store) -> None:
    start = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
    event = put(store, 1, title="Autumn clinic on run charts", kind=Kind.EVENT, event=Event(start=start, end=start + timedelta(hours=1)))
    film = put(store, 2, title="Recording: Autumn clinic on run charts", kind=Kind.VIDEO)
    assert states(store, event) == [(film, event, "records", "proposed")]


def test_what_came_before_the_thing_that_it_speaks_of_is_read_again(store: Store) -> None:
    first = put(store, 2, **after(1))
    second = put(store, 1)
    assert states(store, second) == []
    assert store.propose_ties(NOW - timedelta(days=60), now=LATER) == 1
    assert states(store, second) == [(first, second, "continues", "proposed")]
    assert store.propose_ties(NOW - timedelta(days=60), now=LATER) == 0
    assert store.propose_ties(NOW + timedelta(days=1), now=LATER) == 0


def test_a_curator_takes_a_tie_in_her_name(store: Store) -> None:
    first = put(store, 1)
    second = put(store, 2, **after(1))
    assert settle(store, second, first, TAKEN).state is PROPOSED
    (tie,) = store.taken_ties([first])
    assert (tie.by, tie.at) == ("Sam", LATER)
    act = store.acts()[0]
    assert (act.act, act.by, act.item, act.decision.note) == ("tie", "Sam", second, f"continues {first}: A follow-up to 1")
    assert settle(store, second, first, TAKEN).by == "Sam"
    assert len(store.acts()) == 1, "the same again is no act"


def test_what_was_refused_stays_refused_whatever_comes_in(store: Store) -> None:
    first = put(store, 1)
    second = put(store, 2, **after(1))
    settle(store, second, first, REFUSED)
    assert store.propose_ties(NOW - timedelta(days=1), now=LATER) == 0
    same = put(store, 3, Match(fold=Fold.SAME, of=second, rule="doi", evidence="Equal."), **after(1))
    assert store.item(same).merged_into == second
    assert states(store, second) == [(second, first, "continues", "refused")]
    assert store.taken_ties([first, second]) == ()


def test_undo_puts_a_tie_back_as_it_was(store: Store) -> None:
    first = put(store, 1)
    second = put(store, 2, **after(1))
    settle(store, second, first, TAKEN)
    settle(store, second, first, REFUSED, by="Ada")
    assert store.last_act("Ada") is not None
    store.undo(1, by="Ada", now=LATER, mine=True)
    assert [(one.state, one.by) for one in store.ties([first])] == [(TAKEN, "Sam")]
    store.undo(1, by="Sam", now=LATER, mine=True)
    assert states(store, first) == [(second, first, "continues", "proposed")]
    assert [act.undone for act in store.acts()] == [LATER, LATER]


def test_a_tie_that_somebody_looked_at_since_is_not_undone(store: Store) -> None:
    first = put(store, 1)
    second = put(store, 2, **after(1))
    settle(store, second, first, TAKEN)
    settle(store, second, first, REFUSED, by="Ada")
    with pytest.raises(ConflictError, match="looked at again since"):
        store.undo(1, by="Sam", now=LATER, mine=True)
    assert states(store, first) == [(second, first, "continues", "refused")]


def test_a_tie_is_taken_whatever_was_decided_of_its_items_meanwhile(store: Store) -> None:
    first = put(store, 1)
    second = put(store, 2, **after(1))
    settle(store, second, first, TAKEN)
    store.decide(decision(item=second, curator="Ada"))
    store.undo(1, by="Sam", now=LATER, mine=True)
    assert states(store, first) == [(second, first, "continues", "proposed")]
    assert store.item(second).state.value == "accepted"


def test_nobody_settles_what_is_not_proposed(store: Store) -> None:
    first, second = put(store, 1), put(store, 2)
    with pytest.raises(NotFoundError, match="tie"):
        settle(store, second, first, TAKEN)
    with pytest.raises(NotFoundError):
        settle(store, second, ItemId(99), TAKEN)
    with pytest.raises(ConflictError):
        settle(store, second, first, PROPOSED)


def test_a_tie_follows_its_item_into_a_fold_and_out_of_it(store: Store) -> None:
    first, third = put(store, 1), put(store, 3)
    second = put(store, 2, **after(1))
    settle(store, second, first, TAKEN)
    store.fold(third, second, by="Sam", now=NOW)
    assert states(store, third) == [(third, first, "continues", "taken")]
    assert states(store, first) == [(third, first, "continues", "taken")]
    settle(store, third, first, REFUSED)
    store.unfold(second, by="Sam", now=NOW)
    assert states(store, third) == []
    assert states(store, second) == [(second, first, "continues", "refused")]


def test_things_that_are_folded_together_are_not_tied_and_their_tie_comes_back(store: Store) -> None:
    first = put(store, 1)
    second = put(store, 2, **after(1))
    store.fold(first, second, by="Sam", now=NOW)
    assert states(store, first) == []
    store.unfold(second, by="Sam", now=NOW)
    assert states(store, first) == [(second, first, "continues", "proposed")]


def test_of_two_rows_that_become_one_tie_the_later_word_counts(store: Store) -> None:
    first = put(store, 1)
    second, third = put(store, 2, **after(1)), put(store, 3, **after(1))
    settle(store, second, first, REFUSED)
    store.fold(third, second, by="Sam", now=NOW)
    assert states(store, third) == [(third, first, "continues", "refused")]


@given(
    said=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from(Tie)), max_size=8),
    acts=st.lists(
        st.tuples(st.sampled_from(["take", "refuse", "fold", "unfold", "again", "undo"]), st.integers(1, 5), st.integers(1, 5)), max_size=10
    ),
)
def test_whatever_is_done_no_tie_is_to_itself_and_a_refusal_is_forgotten_by_nobody(
    said: list[tuple[int, int, Tie]], acts: list[tuple[str, int, int]]
) -> None:
    with Store.open(":memory:") as store:
        for number in range(1, 6):
            put(
                store,
                number,
                mentions=tuple(Mention(tie=tie, words="x", url=f"https://north.example/{to}") for one, to, tie in said if one == number),
            )
        for act, one, other in acts:
            before = _refused(store)
            _do(store, act, ItemId(one), ItemId(other))
            if act in ("fold", "unfold", "again"):
                assert before == _refused(store)
            for tie in store.ties([ItemId(number) for number in range(1, 6)]):
                assert tie.item != tie.other
                assert store.item(tie.item).merged_into is None
                assert (tie.state is PROPOSED) == (tie.by == "")


def _refused(store: Store) -> list[tuple[object, ...]]:
    return [tuple(row) for row in store._rows("SELECT item, other, tie, by FROM relations WHERE state = 'refused' ORDER BY 1, 2, 3")]


def _do(store: Store, act: str, one: ItemId, other: ItemId) -> None:
    try:
        match act:
            case "take" | "refuse":
                for tie in store.ties([one])[:1]:
                    settle(store, tie.item, tie.other, TAKEN if act == "take" else REFUSED, tie.tie)
            case "fold":
                store.fold(one, other, by="Sam", now=NOW)
            case "unfold":
                store.unfold(one, by="Sam", now=NOW)
            case "undo":
                store.undo(1, by="Sam", now=LATER)
            case _:
                store.propose_ties(NOW - timedelta(days=1), now=LATER)
    except (ConflictError, TransitionError):
        return  # refused, by name
