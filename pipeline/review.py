"""What a curator may do to an item, and what becomes of it. Reads no clock and keeps nothing: the store carries it out.

A change of mind is allowed until the item is published. A published item stays as it was sent; correcting an edition is another act.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pipeline.errors import TransitionError
from pipeline.model import Decision, Item, Overlay, State, Verdict

DEFERRED = timedelta(days=14)
"""How long a deferred item stays out of the queue."""

_ALLOWED = {
    State.QUEUED: frozenset({Verdict.ACCEPT, Verdict.REJECT, Verdict.DEFER}),
    State.DEFERRED: frozenset(Verdict),
    State.ACCEPTED: frozenset(Verdict),  # accepting again changes topics, kind or words
    State.REJECTED: frozenset(Verdict),
    State.MERGED: frozenset[Verdict](),
    State.PUBLISHED: frozenset[Verdict](),
}

_BECOMES = {
    Verdict.ACCEPT: State.ACCEPTED,
    Verdict.REJECT: State.REJECTED,
    Verdict.DEFER: State.DEFERRED,
    Verdict.REOPEN: State.QUEUED,
}


def allowed(state: State) -> frozenset[Verdict]:
    """Say what a curator may do to an item in this state."""
    return _ALLOWED[state]


def apply(item: Item, decision: Decision) -> Item:
    """Give back the item as the decision leaves it. Raises `TransitionError` where its state does not allow that.

    What an accepting curator said of topics, kind and blurb goes into the overlay; what was left unsaid stays as it is there.
    """
    if decision.verdict not in allowed(item.state):
        raise TransitionError(_refusal(item, decision.verdict), item=item.id, verdict=decision.verdict.value)
    return replace(
        item,
        state=_BECOMES[decision.verdict],
        overlay=_overlay(item.overlay, decision) if decision.verdict is Verdict.ACCEPT else item.overlay,
        decision=decision,
        deferred_until=decision.decided + DEFERRED if decision.verdict is Verdict.DEFER else None,
    )


def _overlay(overlay: Overlay, decision: Decision) -> Overlay:
    return replace(
        overlay,
        topics=overlay.topics if decision.topics is None else decision.topics,
        kind=decision.kind or overlay.kind,
        blurb=overlay.blurb if decision.blurb is None else decision.blurb,
    )


def _refusal(item: Item, verdict: Verdict) -> str:
    match item.state:
        case State.MERGED:
            return f"Item {item.id} is folded into item {item.merged_into}: {verdict} that one, or take them apart with `gleanings unfold {item.id}`."
        case State.PUBLISHED:
            return f"Item {item.id} was published in edition {item.edition} and stays there; correct the edition instead."
    return f"Item {item.id} is {item.state}, so there is nothing to {verdict}; it waits in the queue for a decision."
