"""Decisions as lines, in and out: what a curator did to which item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from pipeline import dates, text
from pipeline.errors import NotFoundError, TransitionError
from pipeline.exchange.items import address
from pipeline.exchange.lines import BadLineError, Result, records
from pipeline.model import Decision, Item, ItemId, Kind, Lane, Verdict
from pipeline.plain import to_plain
from pipeline.review import apply
from pipeline.store import Store

BATCH = 100
ALL = 2**31
SHOWN = ("", *Lane, "random", "past")
"""How an item can have come up; empty where it was not the queue that showed it, or nobody knows."""
COLUMNS = ("item", "url", "origin_id", "verdict", "topics", "kind", "by", "at", "reason", "blurb", "note", "probability", "shown")


def export_decisions(store: Store) -> Iterator[dict[str, Any]]:
    """Yield every decision, oldest first. `url` and `origin_id` find the item in another place, where its number means nothing."""
    for decision in reversed(store.decisions(limit=ALL)):
        item = store.item(decision.item)
        yield {
            "item": item.id,
            "url": address(item.resource.url),
            "origin_id": item.origin_id,
            "verdict": decision.verdict.value,
            "topics": None if decision.topics is None else list(decision.topics),
            "kind": decision.kind.value if decision.kind else None,
            "by": decision.curator or None,
            "at": to_plain(decision.decided),
            "reason": decision.reason,
            "blurb": decision.blurb,
            "note": decision.note,
            "probability": decision.probability,
            "shown": decision.shown,
        }


def import_decisions(raw_lines: Iterable[bytes], store: Store, *, topics: Iterable[str], now: datetime, dry_run: bool = False) -> Result:
    """Carry out every line's decision on the item that its url, its origin_id or its number names; on a folded one's head.

    A line that names an unknown item or topic, or asks for what the item's state does not allow, is refused and the rest goes on. A decision that
    already stands is counted as `known`.
    """
    result = Result()
    known = frozenset(topics)
    rows = records(raw_lines, result)
    while batch := list(islice(rows, BATCH)):
        if dry_run:
            _carry_out(batch, store, result, known=known, now=now, dry_run=True)
        else:
            with store.transaction():
                _carry_out(batch, store, result, known=known, now=now, dry_run=False)
    return result


def _carry_out(
    batch: Iterable[tuple[int, dict[str, Any]]], store: Store, result: Result, *, known: frozenset[str], now: datetime, dry_run: bool
) -> None:
    for number, row in batch:
        try:
            item = _item(row, store)
            decision = _decision(row, item, known=known, now=now)
            if _stands(item, decision):
                result.count("known")
                continue
            apply(item, decision)  # says whether it may, before the store is asked: a refusal inside a transaction must not end it
            if not dry_run:
                store.decide(decision)
            result.count(decision.verdict.value)
        except (BadLineError, NotFoundError, TransitionError) as error:
            result.refuse(number, error)


def _item(row: Mapping[str, Any], store: Store) -> Item:
    number = _number(row, store)
    item = store.item(number)
    while item.merged_into is not None:
        item = store.item(item.merged_into)
    return item


def _number(row: Mapping[str, Any], store: Store) -> ItemId:
    for key in ("url", "origin_id"):
        if row.get(key) is not None:
            found = store.find(str(row[key]))
            if found is None:
                raise BadLineError(f"there is no item with {key} “{text.clip(text.squeeze(str(row[key])), 80)}”")
            return found
    number = row.get("item")
    if isinstance(number, bool) or not str(number).isdecimal() or len(str(number)) > 18:
        raise BadLineError("it names no item: give `url`, `origin_id` or `item`")
    return ItemId(int(str(number)))


def _decision(row: Mapping[str, Any], item: Item, *, known: frozenset[str], now: datetime) -> Decision:
    return Decision(
        item=item.id,
        verdict=_verdict(row),
        decided=_moment(row, now),
        curator=_words(row, "by") or "",
        topics=_topics(row, known),
        kind=_kind(row),
        reason=_words(row, "reason"),
        blurb=_words(row, "blurb"),
        note=_words(row, "note"),
        probability=_probability(row),
        shown=_shown(row),
    )


def _verdict(row: Mapping[str, Any]) -> Verdict:
    try:
        return Verdict(str(row.get("verdict")))
    except ValueError as error:
        raise BadLineError(f"`verdict` is none of {', '.join(Verdict)}") from error


def _moment(row: Mapping[str, Any], now: datetime) -> datetime:
    """When it was decided. A day without a time, and one that is yet to come, is now."""
    found = dates.parse(_words(row, "at") or "")
    return found if isinstance(found, datetime) and found <= now else now


def _topics(row: Mapping[str, Any], known: frozenset[str]) -> tuple[str, ...] | None:
    value = row.get("topics")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadLineError("`topics` is no list of texts")
    for one in value:
        if one not in known:
            raise BadLineError(f"there is no topic “{text.clip(text.squeeze(one), 60)}”")
    return tuple(dict.fromkeys(value))


def _kind(row: Mapping[str, Any]) -> Kind | None:
    try:
        return None if row.get("kind") is None else Kind(row["kind"])
    except ValueError as error:
        raise BadLineError("`kind` is no kind that we know") from error


def _shown(row: Mapping[str, Any]) -> str:
    value = row.get("shown") or ""
    if value not in SHOWN:
        raise BadLineError(f"`shown` is none of {', '.join(SHOWN[1:])}")
    return str(value)


def _probability(row: Mapping[str, Any]) -> float | None:
    """What was shown beside the item, when the decision was made in another place."""
    value = row.get("probability")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadLineError("`probability` is no number from 0 to 1")
    return float(value)


def _words(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise BadLineError(f"`{key}` is no text")
    return text.clean(value) if value is not None else None


def _stands(item: Item, decision: Decision) -> bool:
    last = item.decision
    return last is not None and (last.verdict, last.decided, last.topics) == (decision.verdict, decision.decided, decision.topics)
