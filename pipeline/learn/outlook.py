"""What a curator may expect of the queue, from what is stored: no model is needed, so that every page can say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.classify import stopping
from pipeline.model import Decision, ItemId, Lane, Outlook
from pipeline.store import ItemQuery, Store

PERIOD = timedelta(days=90)
"""Decisions of this time say what is true of the queue now."""
LATEST = 5_000


def outlook(store: Store, *, now: datetime, minutes: float | None = None) -> Outlook:
    """Say what a curator may expect of what waits, and of so many minutes. Nothing is expected in figures before ranks are probabilities."""
    waiting = [one for one in store.waiting() if one.queued]
    found = stopping.outlook(
        {one.item: one.rank for one in waiting}, {one.item: one.lane for one in waiting}, decisions=_decisions(store, now=now), minutes=minutes
    )
    trained = store.trained()
    return found if trained and trained.calibrated else replace(found, expected=None, expected_all=None)


def plan(store: Store, *, now: datetime, minutes: float) -> tuple[ItemId, ...]:
    """Choose the items that fit into so many minutes at the curators' own pace, must-haves first, then those that promise most.

    Without a pace nothing is known to fit, and nothing is chosen.
    """
    pace = stopping.pace(_decisions(store, now=now))
    if pace is None:
        return ()
    query = ItemQuery(lanes=(Lane.MUST_HAVE, Lane.RANKED, Lane.AUDIT), limit=max(1, int(minutes * 60 / pace)))
    return tuple(item.id for item in store.items(query))


def _decisions(store: Store, *, now: datetime) -> Sequence[Decision]:
    """The decisions of the period that stand, the last one of each item."""
    last: dict[ItemId, Decision] = {}
    for decision in store.decisions(limit=LATEST, since=now - PERIOD):
        last.setdefault(decision.item, decision)
    return tuple(last.values())
