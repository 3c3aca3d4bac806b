"""How one item belongs to another. Names after DataCite's relation types; nothing here decides that two are the same, which is folding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model.kinds import ItemId


class Tie(StrEnum):
    """What the first item is to the second: `continues` it (a follow-up), `supports` it (slides, a worksheet), is its `companion` or `records` it."""

    CONTINUES = "continues"
    SUPPORTS = "supports"
    COMPANION = "companion"
    RECORDS = "records"


class RelationState(StrEnum):
    """Whether a curator has looked at it. Only what is taken is shown to readers."""

    PROPOSED = "proposed"
    TAKEN = "taken"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """That `item` is tied to `other`, and the `words` that say so. `by` and `at` are whose word it is; empty where the machine proposes it."""

    item: ItemId
    other: ItemId
    tie: Tie
    words: str
    state: RelationState = RelationState.PROPOSED
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """That a thing says how it is tied to another, named by address or title. With `of_this` the other is tied to it: a link to its slides."""

    tie: Tie
    words: str
    url: str = ""
    title: str = ""
    of_this: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """Another item as readers are told of it: `label` says what it is to this one ("Recording available"), nothing left to look up."""

    id: ItemId
    label: str
    title: str
    url: str
    audience: str = "public"
