"""The curator's rules: what may be done to an item, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import review
from pipeline.errors import TransitionError
from pipeline.model import ItemId, Kind, Overlay, State, Verdict
from tests.builders import NOW, decision, item

BECOMES = {Verdict.ACCEPT: State.ACCEPTED, Verdict.REJECT: State.REJECTED, Verdict.DEFER: State.DEFERRED, Verdict.REOPEN: State.QUEUED}


def test_what_waits_can_be_accepted_rejected_or_deferred() -> None:
    assert review.allowed(State.QUEUED) == {Verdict.ACCEPT, Verdict.REJECT, Verdict.DEFER}


@pytest.mark.parametrize("state", [State.DEFERRED, State.ACCEPTED, State.REJECTED])
def test_a_decision_can_be_changed_until_it_is_published(state: State) -> None:
    assert review.allowed(state) == set(Verdict)


def test_what_is_folded_or_published_takes_no_verdict() -> None:
    assert not review.allowed(State.MERGED) | review.allowed(State.PUBLISHED)


def test_accepting_writes_what_the_curator_said_into_the_overlay() -> None:
    after = review.apply(item(), decision(topics=("primary-care",), kind=Kind.REPORT, blurb="Read page four."))
    assert after.overlay == Overlay(topics=("primary-care",), kind=Kind.REPORT, blurb="Read page four.")
    assert after.topics == ("primary-care",)


def test_what_an_accepting_curator_leaves_unsaid_stays() -> None:
    before = item(overlay=Overlay(title="Ours", topics=("a",), blurb="Kept."))
    assert review.apply(before, decision()).overlay == before.overlay


def test_no_topics_is_something_else_than_not_saying_topics() -> None:
    assert review.apply(item(overlay=Overlay(topics=("a",))), decision(topics=())).overlay.topics == ()


def test_rejecting_does_not_touch_the_overlay() -> None:
    assert review.apply(item(), decision(verdict=Verdict.REJECT, topics=("a",))).overlay == Overlay()


def test_deferring_is_for_a_fortnight_and_ends_with_the_next_verdict() -> None:
    deferred = review.apply(item(), decision(verdict=Verdict.DEFER))
    assert deferred.deferred_until == NOW + timedelta(days=14)
    assert review.apply(deferred, decision(verdict=Verdict.ACCEPT)).deferred_until is None


def test_a_refusal_names_the_item_and_the_next_step() -> None:
    merged = item(id=ItemId(7), state=State.MERGED, merged_into=ItemId(3))
    with pytest.raises(TransitionError, match=r"Item 7 is folded into item 3: accept that one, or .*gleanings unfold 7") as refusal:
        review.apply(merged, decision(item=ItemId(7)))
    assert (refusal.value.item, refusal.value.verdict) == (7, "accept")


def test_a_published_item_stays_in_its_edition() -> None:
    with pytest.raises(TransitionError, match="published in edition 2026-11"):
        review.apply(item(state=State.PUBLISHED, edition="2026-11"), decision(verdict=Verdict.REJECT))


def test_a_waiting_item_cannot_be_reopened() -> None:
    with pytest.raises(TransitionError, match="Item 1 is queued"):
        review.apply(item(), decision(verdict=Verdict.REOPEN))


@given(state=st.sampled_from(State), verdicts=st.lists(st.sampled_from(Verdict), max_size=12))
def test_any_sequence_of_verdicts_leads_to_the_state_of_the_last_one_allowed(state: State, verdicts: list[Verdict]) -> None:
    now = item(state=state, merged_into=ItemId(2) if state is State.MERGED else None)
    expected = state
    for verdict in verdicts:
        if verdict in review.allowed(now.state):
            now, expected = review.apply(now, decision(verdict=verdict)), BECOMES[verdict]
        else:
            with pytest.raises(TransitionError):
                review.apply(now, decision(verdict=verdict))
        assert now.state is expected
        assert (now.deferred_until is not None) == (now.state is State.DEFERRED) or now.decision is None
