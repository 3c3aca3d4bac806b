"""What a curator may expect of the queue, from what is stored: no model is needed, so that every page can say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.classify import stopping
from pipeline.learn import pace
from pipeline.model import Decision, ItemId, Lane, Outlook
from pipeline.store import ItemQuery, Store

PERIOD = timedelta(days=90)
"""Decisions of this time say what is true of the queue now."""
LATEST = 5_000
LOOKED_THROUGH = 5
"""Times as many items as fit are weighed against each other, the first of the queue."""


def outlook(store: Store, *, now: datetime, minutes: float | None = None) -> Outlook:
    """Say what a curator may expect of what waits, and of so many minutes, as `plan` fills them. Nothing is expected in figures before ranks are
    probabilities."""
    waiting = store.expected()
    decisions = lately(store, now=now)
    found = stopping.prospect(waiting=waiting.items, tray=waiting.tray, expected=waiting.ranks, decisions=decisions, minutes=minutes)
    if found.fits and minutes is not None:
        planned = store.listed(plan(store, now=now, minutes=minutes))
        found = replace(found, fits=len(planned), expected=round(sum(item.rank for item in planned), 1))
    trained = store.trained()
    return found if trained and trained.calibrated else replace(found, expected=None, expected_all=None)


def plan(store: Store, *, now: datetime, minutes: float) -> tuple[ItemId, ...]:
    """Choose the items that fit into so many minutes at the curators' own pace for each kind: must-haves first, then by keepers a minute.

    Without a pace nothing is known to fit, and nothing is chosen.
    """
    decisions = lately(store, now=now)
    usual = stopping.pace(decisions)
    if usual is None:
        return ()
    kinds = {one.item: one.kind for one in store.candidates_of([item for item, _ in pace.timed(decisions)][-pace.LATEST :])}
    own = pace.by_kind(decisions, kinds, usual=usual)
    limit = max(1, int(LOOKED_THROUGH * minutes * 60 / usual))
    items = store.listed(store.item_ids(ItemQuery(lanes=(Lane.MUST_HAVE, Lane.RANKED, Lane.AUDIT), limit=limit)))
    left = minutes * 60
    chosen: list[ItemId] = []
    for item in sorted(items, key=lambda item: (item.lane is not Lane.MUST_HAVE, -item.rank / own.get(item.kind, usual))):
        left -= own.get(item.kind, usual)
        if left < 0 and chosen:
            break
        chosen.append(item.id)
    return tuple(chosen)


def lately(store: Store, *, now: datetime) -> Sequence[Decision]:
    """Give the decisions of the period that stand, the last one of each item."""
    last: dict[ItemId, Decision] = {}
    for decision in store.decisions(limit=LATEST, since=now - PERIOD):
        last.setdefault(decision.item, decision)
    return tuple(last.values())
