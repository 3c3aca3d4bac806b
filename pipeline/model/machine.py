"""What the machine says of things: the same or not, which topics, how likely wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.model.kinds import ItemId, Kind


class Fold(StrEnum):
    """What dedupe says of a resource that came in."""

    NEW = "new"
    SAME = "same"
    REVISION = "revision"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The verdict of dedupe: what kind, of which item, by which rule, on what evidence (a sentence for a person).

    `better` says that the newcomer describes the thing better (a page against its PDF) and should stand at the head. `also` names heads of other
    clusters that the newcomer shows to be the same thing. `parts` names items folded by their title alone, which the newcomer makes doubtful.
    """

    fold: Fold
    of: ItemId | None = None
    rule: str = ""
    evidence: str = ""
    better: bool = False
    also: tuple[ItemId, ...] = ()
    parts: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A topic proposed. `reasons` are the words of the item that speak for it, the strongest first; `calibrated` says that the probability was
    checked against decisions, so that it may be shown as a percentage; `assigned` that the model would tick it, whose own bar that is."""

    topic: str
    probability: float
    reasons: tuple[str, ...] = ()
    calibrated: bool = False
    assigned: bool | None = None

    @property
    def is_assigned(self) -> bool:
        """Whether the topic is the item's until a curator says otherwise: as the model set it, else with at least even odds."""
        return self.probability >= 0.5 if self.assigned is None else self.assigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """A resource as a classifier takes it, packed. `terms` are hashed stems and stem pairs with their counts; `vector` is the mean of its words'
    vectors where a table of these is installed, else empty."""

    terms: bytes
    vector: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item as the queue's order takes it: its features and all that is known beside the text. `day` is when it came out, else when it was
    found; `ends` the last day of an event; `sources` all that name it, the first one first."""

    item: ItemId
    features: Features
    sources: tuple[str, ...] = ()
    kind: Kind = Kind.ARTICLE
    people: tuple[str, ...] = ()
    day: date
    ends: date | None = None
    topics: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a curator decided on one item, as the machine learns from it. `topics` is `None` where nothing was said of them, and also after a
    rejection; `probability` is what was shown then, `shown` how the item had come up: a lane, `past` for a bulletin of before this desk, or
    `steer` for "more" or "less of this", which is no decision. `weight` is how many decisions it is worth."""

    candidate: Candidate
    kept: bool
    decided: datetime
    topics: tuple[str, ...] | None = None
    probability: float | None = None
    shown: str = "ranked"
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One entry of the taxonomy. `was` are ids under which it was decided before: one after a new name, several after a merge."""

    id: str
    name: str
    facet: str = "topic"
    description: str = ""
    keywords: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    was: tuple[str, ...] = ()


class Lane(StrEnum):
    """Where a waiting item stands in the queue. Nothing but `RANKED` is out of sight for good: each lane is a tray that opens."""

    MUST_HAVE = "must-have"
    RANKED = "ranked"
    AUDIT = "audit"
    UNLIKELY = "unlikely"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a curator may expect of the queue. `pace` is seconds for a decision, the curators' own; `fits` how many items the minutes asked for
    hold, `expected` the keepers among these of `expected_all`; `left` the keepers in what is put by as unlikely, from and to, at 95 %, from the
    random audit (`None` before it says anything); `recall` the least share of all keepers found so far, at 95 %."""

    waiting: int
    unlikely: int = 0
    pace: float | None = None
    fits: int = 0
    expected: float | None = None
    expected_all: float | None = None
    left: tuple[int, int] | None = None
    recall: float | None = None
    audited: int = 0
    may_stop: bool = False
