"""The nouns of the members' survey: what is asked, what is answered, what may be shown of it.

An answer knows no name, no ticket and no time, and what somebody writes is kept apart from what they tick: a manner of writing leads to no group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

STEPS = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
CLOSING = "closing"
"""What the last comment is called among those of the areas."""
UNSAID = "Did not say"
"""The group of those who passed the question over."""
_MOST_ROOM, _ALL_ROOM = 1_200, 6_400  # characters of one comment and of all: written as a form they stay under 58,000 bytes in any script


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What members agree with or not. Its `id` stays the same from round to round, so that a trend can be drawn."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Statements on one subject, and the question for a comment on it (empty: none)."""

    id: str
    title: str
    about: str = ""
    statements: tuple[Statement, ...]
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """A question by whose answers the figures are compared. It may be passed over."""

    id: str
    question: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything that is asked. `steps` are the words of the scale, from no to yes; `closing` is the last question for a comment."""

    title: str
    about: str = ""
    minutes: int = 5
    steps: tuple[str, ...] = STEPS
    areas: tuple[Area, ...]
    groups: tuple[Grouping, ...] = ()
    closing: str = ""

    @property
    def comments(self) -> dict[str, str]:
        """The questions for comments by what they belong to."""
        asked = {area.id: area.comment for area in self.areas} | {CLOSING: self.closing}
        return {where: question for where, question in asked.items() if question}

    @property
    def room(self) -> int:
        """How many characters one comment may have."""
        return min(_MOST_ROOM, _ALL_ROOM // max(1, len(self.comments)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One survey from its opening to its end. `invited` counts invitations that went out, `answered` answers; neither says whose."""

    id: str
    survey: Survey
    opened: datetime
    ends: datetime
    closed: datetime | None = None
    invited: int = 0
    answered: int = 0

    def is_over(self, now: datetime) -> bool:
        """Whether nothing is taken any more."""
        return self.closed is not None or now >= self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody wrote, under which area."""

    where: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody ticked: a step from 1 for statements, a choice for groupings. What was passed over is not in it."""

    steps: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One form as it was sent in."""

    answer: Answer
    comments: tuple[Comment, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing: no statement and no comment."""
        return not self.answer.steps and not self.comments


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How many answered, their mean step, and how many took each step (none where the figure is that of a group)."""

    n: int
    mean: float
    counts: tuple[int, ...] = ()

    @property
    def shares(self) -> tuple[float, ...]:
        """The part of the answers that each step has, 0 to 1."""
        return tuple(count / self.n for count in self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementResult:
    """A statement's figure (nothing: too few answers), and by grouping and group those that may be shown."""

    id: str
    text: str
    figure: Figure | None
    groups: Mapping[str, Mapping[str, Figure]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaResult:
    """An area: the mean of its statements that have one, and what was written under it, in the order of the alphabet."""

    id: str
    title: str
    about: str
    question: str
    mean: float | None
    statements: tuple[StatementResult, ...]
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """A grouping: each group that may be shown with how many there were, and whether others are not shown."""

    id: str
    question: str
    sizes: Mapping[str, int]
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything that may be read of a round that is over. `areas` end with that of the closing comments where these are asked for."""

    id: str
    title: str
    opened: datetime
    ended: datetime
    invited: int
    answered: int
    least: int
    steps: tuple[str, ...]
    areas: tuple[AreaResult, ...]
    groups: tuple[GroupResult, ...]
    question: str
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The means of an area or a statement, round by round; `change` is that of the last against the one before it."""

    id: str
    text: str
    is_area: bool
    means: tuple[float | None, ...]

    @property
    def change(self) -> float | None:
        """How the last mean differs from the one before; nothing where one of the two is missing."""
        before, last = (None, *self.means)[-2:]
        return None if before is None or last is None else round(last - before, 2)
