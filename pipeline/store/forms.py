"""The written form of our values in columns, and rows back to values. Reads no database."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TypeVar

from pipeline.model import Decision, Item, ItemId, Lane, Overlay, Resource, Sighting, State, Suggestion
from pipeline.plain import from_plain, to_plain
from pipeline.store.connection import Row, moment

T = TypeVar("T")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dump(value: object) -> str:
    """Write a value of our types as JSON, the same value always in the same letters."""
    return _ENCODER.encode(to_plain(value))


def load(kind: type[T], text: str) -> T:
    """Read a value of `kind` back."""
    return from_plain(kind, json.loads(text))


def day(value: date | None) -> str | None:
    """Write the day of a date or moment, as it was stated."""
    return value.isoformat()[:10] if value else None


def span(seconds: float | None) -> timedelta | None:
    """Read a length of time."""
    return None if seconds is None else timedelta(seconds=seconds)


def item_of(
    row: Row,
    *,
    overlay: Overlay,
    suggestions: tuple[Suggestion, ...],
    sightings: tuple[Sighting, ...],
    decision: str | None,
) -> Item:
    """Put an item together from its row and what belongs to it."""
    return Item(
        id=ItemId(row["id"]),
        resource=load(Resource, row["resource"]),
        state=State(row["state"]),
        added=datetime.fromisoformat(row["added"]),
        version=row["version"],
        origin_id=row["origin_id"],
        rank=row["rank"],
        lane=Lane(row["lane"]),
        lane_reason=row["lane_reason"],
        overlay=overlay,
        suggestions=suggestions,
        sightings=sightings,
        decision=load(Decision, decision) if decision else None,
        merged_into=ItemId(row["head"]) if row["state"] == State.MERGED else None,
        fold_rule=row["fold_rule"],
        fold_evidence=row["fold_evidence"],
        cluster=ItemId(row["head"]),
        edition=row["edition"],
        deferred_until=moment(row["deferred_until"]),
        extra=json.loads(row["extra"]),
    )
