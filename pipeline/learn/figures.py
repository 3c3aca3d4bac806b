"""How good suggestions and order are, as values: what `evaluate` found. Counts nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFigures:
    """Of one topic, or of all together: items that have it, items that it was set for, and how many of these rightly so."""

    topic: str
    positives: int
    suggested: int
    right: int

    @property
    def precision(self) -> float | None:
        return round(self.right / self.suggested, 3) if self.suggested else None

    @property
    def recall(self) -> float | None:
        return round(self.right / self.positives, 3) if self.positives else None

    @property
    def f1(self) -> float | None:
        return round(2 * self.right / (self.suggested + self.positives), 3) if self.suggested + self.positives else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Probabilities of one height: what was shown on the average, what share came true, of how many."""

    shown: float
    true: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Decisions in one sitting: when it began, how many they were, and what share of the first `first` was kept."""

    started: datetime
    decided: int
    first: int
    precision: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Decisions on items that had come up in one way: `shown` is the lane, `past` or empty."""

    shown: str
    decided: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Decisions of one week; `monday` is its first day."""

    monday: date
    decided: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFigures:
    """What the random audit says of everything that passed the desk: each audited item stands for `weight` items of the tray. `accuracy` is the
    share of right guesses (wanted at even odds), `recall` the share of all keepers that stood in the queue, from and to, at 95 %."""

    audited: int
    kept: int
    weight: float
    accuracy: float
    recall: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Minutes that a kept item cost in the queue's order, and what it would have cost in the order of arrival."""

    ranked: float
    arrival: float

    @property
    def saved(self) -> float:
        """Give the share of her time that the order saves a curator; below zero where it costs some."""
        return round(1 - self.ranked / self.arrival, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What decisions say that were held back. Topics were judged by models that had not seen the item; ranks by what stood beside the item when it
    was decided (`rank_`), and once more by models that had not seen it (`unseen_`). `error` is the mean distance of shown from true (expected
    calibration error); `None` where nothing can be said yet."""

    decisions: int
    micro: TopicFigures
    topics: tuple[TopicFigures, ...] = ()
    topic_bins: tuple[Bin, ...] = ()
    topic_error: float | None = None
    rank_bins: tuple[Bin, ...] = ()
    rank_error: float | None = None
    unseen_bins: tuple[Bin, ...] = ()
    unseen_error: float | None = None
    batches: tuple[Batch, ...] = ()
    shown: tuple[Share, ...] = ()
    weeks: tuple[Week, ...] = ()
    audit: AuditFigures | None = None
    spent: Spent | None = None
