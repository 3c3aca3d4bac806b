"""What a curator may do to an item, and what becomes of it. Reads no clock and keeps nothing: the store carries it out.

A change of mind is allowed until the item is published. A published item stays as it was sent; correcting an edition is another act.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from pipeline.errors import TransitionError
from pipeline.model import Decision, Item, Lane, Overlay, State, Verdict

REASONS = ("duplicate", "off topic", "promotional", "old", "paywalled", "weak", "other")
"""Why an item is rejected, in the order of their keys 1 to 7."""

DEFERRED = timedelta(days=14)
"""How long a deferred item stays out of the queue."""

Said = TypeVar("Said")

_STANDING = frozenset({Lane.MUST_HAVE, Lane.RANKED})
"""Lanes that are the queue itself; what is in another one may be put back by hand."""

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


def allowed(state: State, lane: Lane = Lane.RANKED) -> frozenset[Verdict]:
    """Say what a curator may do to an item in this state and, where it waits, in this lane of the queue."""
    aside = state is State.QUEUED and lane not in _STANDING
    return _ALLOWED[state] | {Verdict.REOPEN} if aside else _ALLOWED[state]


def apply(item: Item, decision: Decision) -> Item:
    """Give back the item as the decision leaves it. Raises `TransitionError` where its state does not allow that.

    What an accepting curator said of topics, kind and blurb goes into the overlay; what was left unsaid stays as it is there. What a rule called
    a must-have stays one when it is accepted. Reopening takes an item out of the tray that a rule or the machine put it in.
    """
    if decision.verdict not in allowed(item.state, item.lane):
        raise TransitionError(_refusal(item, decision.verdict), item=item.id, verdict=decision.verdict.value)
    return replace(
        item,
        state=_BECOMES[decision.verdict],
        lane=Lane.RANKED if decision.verdict is Verdict.REOPEN else item.lane,
        lane_reason="" if decision.verdict is Verdict.REOPEN else item.lane_reason,
        overlay=_overlay(item, decision) if decision.verdict is Verdict.ACCEPT else item.overlay,
        decision=decision,
        deferred_until=(decision.until or decision.decided + DEFERRED) if decision.verdict is Verdict.DEFER else None,
    )


def edited(item: Item, overlay: Overlay) -> Item:
    """Give back the item with a curator's words in the place of those before. Raises `TransitionError` where it is folded or published.

    The words may be written while the item still waits. Words that say what was extracted anyway are no words of a curator's.
    """
    if item.state in (State.MERGED, State.PUBLISHED):
        raise TransitionError(_refusal(item, "edit"), item=item.id, verdict="edit")
    resource = item.resource
    overlay = replace(
        overlay,
        title=_own(overlay.title, resource.title),
        kind=_own(overlay.kind, resource.kind),
        description=_own(overlay.description, resource.description or ""),
        image_alt=_own(overlay.image_alt, resource.image_alt or ""),
        audience=_own(overlay.audience, resource.audience),
        event=_own(overlay.event, resource.event),
    )
    return replace(item, overlay=overlay)


def words(overlay: Overlay) -> dict[str, str]:
    """Give what a curator typed on an item, by what it is called at the desk; empty where she left what was extracted."""
    return {
        "title": overlay.title or "",
        "what it is": overlay.description or overlay.blurb or "",
        "why it matters": overlay.note or "",
        "words for the picture": overlay.image_alt or "",
    }


def _overlay(item: Item, decision: Decision) -> Overlay:
    overlay = item.overlay
    return replace(
        overlay,
        topics=overlay.topics if decision.topics is None else decision.topics,
        kind=decision.kind or overlay.kind,
        blurb=overlay.blurb if decision.blurb is None else decision.blurb,
        must_have=overlay.must_have or decision.must_have or item.lane is Lane.MUST_HAVE,
    )


def _own(said: Said | None, extracted: Said | None) -> Said | None:
    return None if said == extracted else said


def _refusal(item: Item, verdict: str) -> str:
    match item.state:
        case State.MERGED:
            return f"Item {item.id} is folded into item {item.merged_into}: {verdict} that one, or take them apart with `gleanings unfold {item.id}`."
        case State.PUBLISHED:
            return f"Item {item.id} was published in edition {item.edition} and stays there; correct the edition instead."
    return f"Item {item.id} is {item.state}, so there is nothing to {verdict}; it waits in the queue for a decision."
