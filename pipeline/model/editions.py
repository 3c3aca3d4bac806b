"""The digest: editions, their entries, corrections and findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from pipeline.model.illustrations import Picture
from pipeline.model.kinds import ItemId, Kind
from pipeline.model.relations import Tied
from pipeline.model.sources import Citation, Event


class EditionState(StrEnum):
    DRAFT = "draft"
    FROZEN = "frozen"
    RELEASED = "released"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A person or body named with an entry, and in which role: author, speaker, in conversation with, posted by, submitted by or recommended by.
    `about` says who they are, `written` how the source names them where this desk prefers another name."""

    role: str
    name: str
    about: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item as an edition prints it: words only, nothing left to look up."""

    id: ItemId
    url: str
    kind: Kind
    kind_name: str
    link_label: str
    title: str
    source: str = ""
    credits: tuple[Credit, ...] = ()
    published: date | None = None
    blurb: str = ""
    note: str = ""
    minutes: int | None = None
    duration_minutes: int | None = None
    pages: int | None = None
    language: str = "en"
    topics: tuple[str, ...] = ()
    event: Event | None = None
    also_seen: tuple[str, ...] = ()
    lead: bool = False
    must_have: bool = False
    audience: str = "public"
    series: str = ""
    part: int | None = None
    ties: tuple[Tied, ...] = ()
    citation: Citation | None = None
    identifiers: Mapping[str, str] = field(default_factory=dict)
    picture: Picture | None = None


class Severity(StrEnum):
    """How bad a mistake in a released edition is: a slip of the pen, a wrong fact, a work that was withdrawn, or words that could do harm."""

    SLIP = "slip"
    ERROR = "error"
    RETRACTED = "retracted"
    HARM = "harm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was put right in a released edition, in a sentence that its readers see. `item` is None where it is about the whole edition;
    `audience` is that of the entry, so that no word about what is for members reaches the public."""

    edition: str
    item: ItemId | None = None
    title: str = ""
    severity: Severity
    note: str
    made: datetime
    by: str = ""
    audience: str = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A finding that an editor let pass, by name: which rule, at which place, who, when."""

    rule: str
    place: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    id: str
    title: str
    standfirst: str = ""
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How this edition was made: what came in, what was kept, and why the rest was not."""

    received: int = 0
    folded: int = 0
    kept: int = 0
    rejected: int = 0
    sources: int = 0
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTrend:
    """Accepted items of one topic in the last months, oldest first, this edition last."""

    topic: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One digest; a snapshot once released. `id` is its month, `2026-12`; `letter` is Markdown.

    `template` is `list`, or `essay`: then `essay` is Markdown in which `[@214]` refers to entry 214. `corrections` are those of this edition,
    `errata` those of earlier ones that this one prints. `form` is `edition`, `collection`, `quarter` or `week`; of a collection `id` is its own
    and `month_name` says as of when it stands; what is gathered from the issues of a quarter, or in a week between issues, is mailed and has no
    page. `made` are the sentences of "How this digest was made".
    """

    id: str
    title: str
    organisation: str
    url: str
    contact: str
    language: str = "en-GB"
    timezone: str = "UTC"
    number: int = 1
    month_name: str = ""
    months: tuple[str, ...] = ()
    strap: str = ""
    letter: str = ""
    editor: str = ""
    audience: str = "public"
    sections: tuple[Section, ...] = ()
    picks: tuple[ItemId, ...] = ()
    tally: Tally = field(default_factory=Tally)
    trends: tuple[TopicTrend, ...] = ()
    made: tuple[str, ...] = ()
    template: str = "list"
    essay: str = ""
    form: str = "edition"
    corrections: tuple[Correction, ...] = ()
    errata: tuple[Correction, ...] = ()
    waived: tuple[Waiver, ...] = ()
    state: EditionState = EditionState.DRAFT
    composed: datetime
    released: datetime | None = None
    corrected: datetime | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, section by section."""
        return tuple(entry for section in self.sections for entry in section.entries)

    @property
    def is_released(self) -> bool:
        """Whether it has been published, corrected since or not."""
        return self.state in (EditionState.RELEASED, EditionState.CORRECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to look at before release: which entry, what, and what to do. `rule` names what found it, so that it can be waived."""

    severity: str
    place: str
    problem: str
    remedy: str
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of an edition one reader gets, as an edition of its own. The sentences, each may be empty: `subject` of the mail, `note` on the choice,
    `more` on what the full issue has besides, `ask` whether topics that went unused should stay. `tongue` is the language of the words, where
    that of the dates, `edition.language`, is another."""

    edition: Edition
    subject: str = ""
    note: str = ""
    more: str = ""
    ask: str = ""
    tongue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """An edition in one format."""

    filename: str
    media_type: str
    body: bytes
