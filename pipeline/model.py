"""The nouns of the house: what passes through its doors, and nothing that acts.

Every type is a frozen value. Times are timezone-aware UTC, sequences are tuples, `None` means "not known" and never "failed".
Bibliographic fields keep the names of Dublin Core (https://www.dublincore.org/specifications/dublin-core/dcmi-terms/) where it has one.
A day that a page states is a `date`; where it states a time too, an aware `datetime` with the offset that it gave, so that the day never
shifts by conversion.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

ItemId = NewType("ItemId", int)
"""Number of an item, as the curator sees it and as `gleanings show` takes it."""


class Kind(StrEnum):
    """What sort of thing a resource is, in the words of the trade."""

    ARTICLE = "article"
    BLOG = "blog"
    NEWS = "news"
    INTERVIEW = "interview"
    CASE_STUDY = "case-study"
    REPORT = "report"
    RESEARCH = "research"
    REVIEW = "review"
    PAPER = "paper"
    WHITE_PAPER = "white-paper"
    GUIDE = "guide"
    TOOLKIT = "toolkit"
    TEMPLATE = "template"
    COURSE = "course"
    BOOK = "book"
    VIDEO = "video"
    PODCAST = "podcast"
    AUDIO = "audio"
    TALK = "talk"
    SLIDES = "slides"
    EVENT = "event"
    WEBINAR = "webinar"
    COLLECTION = "collection"
    DIGEST = "digest"
    DATASET = "dataset"
    SOFTWARE = "software"
    WEBSITE = "website"
    DOCUMENT = "document"
    OFFER = "offer"
    REQUEST = "request"


# ---------------------------------------------------------------- the desk's settings, as `config.load` checked them


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who publishes. `url` is the public address without a slash at its end; `timezone` an IANA name."""

    name: str = "What's new"
    organisation: str = "Our network"
    url: str = "http://127.0.0.1:8765"
    contact: str = ""
    language: str = "en-GB"
    timezone: str = "UTC"
    strap: str = ""
    editor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestSettings:
    """How we fetch. `allow_private` are host names or networks that may be reached although they are not public; `contact` stands in the
    User-Agent. `concurrency` and `delay` are per host; `total` bounds one request with all its redirects. `mail_passwords` open mailboxes,
    by the id of their source in capitals; the one without a name is for all others."""

    every: timedelta = timedelta(hours=6)
    adapt: bool = True
    concurrency: int = 1
    delay: timedelta = timedelta(seconds=1)
    max_bytes: int = 20_000_000
    total: timedelta = timedelta(seconds=30)
    allow_private: tuple[str, ...] = ()
    contact: str = ""
    workers: int = 0
    mail_passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRule:
    """A section of the digest, and what belongs to it: kinds, or what meets `when`, which is asked first. `cap` bounds its entries."""

    id: str
    title: str
    kinds: tuple[Kind, ...] = ()
    standfirst: str = ""
    cap: int | None = None
    when: When | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSettings:
    """How an edition is made. `schedule` is a cron line in the desk's zone; `cutoff` how long before it nothing enters any more; `copied_words`
    how many words of one source a curator may copy before preflight says so."""

    schedule: str = "0 7 1 * *"
    cutoff: timedelta = timedelta(days=3)
    template: str = "list"
    audience: str = "public"
    sections: tuple[SectionRule, ...] = ()
    max_items: int = 60
    copied_words: int = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The way to the mail server. `tls` is none, opportunistic, starttls or tls; `outbox` is a folder that takes `.eml` files instead.

    `verp`: the return path names edition and reader, for hosts that take `bounces+…`. `per_second` bounds the mails to one domain. `seeds` are the
    addresses of a test sending, `inbox` the mailboxes in which bounces and replies arrive.
    """

    sender: str = ""
    host: str = "localhost"
    port: int = 25
    tls: str = "opportunistic"
    bounce: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    outbox: str = ""
    verp: bool = False
    connections: int = 2
    per_second: int = 10
    seeds: tuple[str, ...] = ()
    inbox: tuple[str, ...] = ()
    listmonk_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A living collection: what belongs to it is a query over topics, kinds and words, with what is pinned and without what is excluded.

    `pin` and `exclude` name items by number or address; `reviewed` is the day on which somebody last looked through it.
    """

    id: str
    title: str
    topics: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    words: tuple[str, ...] = ()
    pin: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    introduction: str = ""
    reviewed: date | None = None
    review_every: timedelta = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The conditions of a rule. All that are given must hold; of a list one is enough. `title`, `text`, `publisher` and `person` are words or
    phrases. `words_below` and `seen_below` are exclusive, `seen_at_least` is not; these two count sources."""

    title: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    kind: tuple[Kind, ...] = ()
    language: tuple[str, ...] = ()
    language_not: tuple[str, ...] = ()
    publisher: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    words_below: int | None = None
    older_than: timedelta | None = None
    seen_below: int | None = None
    seen_at_least: int | None = None


class Action(StrEnum):
    """What a rule does with an item that it meets."""

    SKIP = "skip"
    UNLIKELY = "unlikely"
    MUST_HAVE = "must-have"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A filter of the desk's own. `topic` is what `Action.TOPIC` suggests, `why` a sentence for curators."""

    id: str
    when: When
    then: Action
    topic: str = ""
    why: str = ""


# ---------------------------------------------------------------- where things come from


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place where we look, as configured. `options` are the keys of its own kind, already checked by that kind. With `adapt` it is asked
    by its own habit and `every` holds only until that is known; `timezone` is the zone of
    the times that it states without one; `mark` the last `Mark` that its kind gave, for kinds that remember how far they came."""

    id: str
    kind: str
    url: str
    title: str = ""
    topics: tuple[str, ...] = ()
    every: timedelta = timedelta(hours=6)
    adapt: bool = False
    timezone: str = "UTC"
    options: Mapping[str, object] = field(default_factory=dict)
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a source has been read, in the words of its kind. The last one given is kept, and is `Source.mark` from then on."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask for. `limit` is the greatest body in bytes; `None` takes the fetcher's own."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came back. `url` is the final address; `media_type` is lower case without parameters; `charset` as the header gave it.

    `permanent` says that every redirect on the way there was for good (301, 308); `max_age` how long the server calls the answer fresh.
    """

    url: str
    body: bytes
    fetched: datetime
    media_type: str = "text/html"
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    permanent: bool = True
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The page is what it was (304). The rest as in `Page`."""

    url: str
    permanent: bool = True
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The page is on another host now. The caller goes there in that host's own turn, so that no host is asked twice at once. `permanent` is
    as in `Page`."""

    url: str
    to: str
    permanent: bool = False


Fetched = Page | NotModified | Moved
Fetch = Callable[[Request], Awaitable[Fetched]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A dated happening. `end` of an all-day event is its last day. `problems` are codes with what was seen, `code: words`."""

    start: date | None = None
    end: date | None = None
    all_day: bool = False
    timezone: str | None = None
    location: str | None = None
    online: bool | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A claim that something exists, made by a source, a mail or a reader. Only `source` and `url` are certain.

    `timezone` is the zone of times that its source states without one. `page` is False where the address leads to no page of its own
    (a calendar's entry): then what the lead says is all there is. `via` is the mail that named it: subject, sender, day and Message-ID.
    `publisher` is the journal or body in which it came out.
    """

    source: str
    url: str
    title: str | None = None
    description: str | None = None
    published: date | None = None
    label: str | None = None
    creators: tuple[str, ...] = ()
    posted_by: str | None = None
    recommended_by: str | None = None
    kind: Kind | None = None
    duration: timedelta | None = None
    event: Event | None = None
    note: str | None = None
    timezone: str | None = None
    page: bool = True
    via: str | None = None
    publisher: str | None = None


# ---------------------------------------------------------------- what things are


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The thing itself, described. `origin` names the rule behind each field: `{"title": "json-ld", "published": "lead"}`."""

    url: str
    canonical_url: str | None = None
    kind: Kind = Kind.ARTICLE
    title: str = ""
    creators: tuple[str, ...] = ()
    publisher: str | None = None
    site_name: str | None = None
    published: date | None = None
    modified: date | None = None
    language: str | None = None
    description: str | None = None
    text: str = ""
    words: int = 0
    minutes: int | None = None
    duration: timedelta | None = None
    pages: int | None = None
    image: str | None = None
    image_alt: str | None = None
    licence: str | None = None
    event: Event | None = None
    series: str | None = None
    audience: str = "public"
    identifiers: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What folding needs of a resource. `keys` are identities, equal for the same thing; `shingles` are the smallest 64-bit hashes of its
    word sequences, and `title` its words, both only for finding neighbours."""

    keys: tuple[str, ...]
    shingles: tuple[int, ...] = ()
    title: str = ""


# ---------------------------------------------------------------- verdicts of the machine


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
    clusters that the newcomer shows to be the same thing.
    """

    fold: Fold
    of: ItemId | None = None
    rule: str = ""
    evidence: str = ""
    better: bool = False
    also: tuple[ItemId, ...] = ()


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


# ---------------------------------------------------------------- in our keeping


class State(StrEnum):
    """Where an item stands. Moves only through `review.apply`."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    MERGED = "merged"
    PUBLISHED = "published"


class Verdict(StrEnum):
    """What a curator may do to an item."""

    ACCEPT = "accept"
    REJECT = "reject"
    DEFER = "defer"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where an item was seen: what one source said of it. `url` is the address as the source gave it."""

    lead: Lead
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A curator's own words on an item. The harvest never writes here. `None` leaves what was extracted."""

    title: str | None = None
    kind: Kind | None = None
    description: str | None = None
    topics: tuple[str, ...] | None = None
    blurb: str | None = None
    image_alt: str | None = None
    audience: str | None = None
    must_have: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a curator did to an item; append-only. `probability` is the rank that stood beside it then, `shown` how it had come up: ranked, audit,
    random, or empty where it was not the queue that showed it."""

    item: ItemId
    verdict: Verdict
    decided: datetime
    curator: str = ""
    topics: tuple[str, ...] | None = None
    kind: Kind | None = None
    reason: str | None = None
    blurb: str | None = None
    note: str | None = None
    probability: float | None = None
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A resource in our keeping. What a reader sees is the overlay where it speaks, else the resource: see `shown`."""

    id: ItemId
    resource: Resource
    state: State = State.QUEUED
    added: datetime
    version: int = 1
    origin_id: str | None = None
    rank: float = 0.0
    lane: Lane = Lane.RANKED
    lane_reason: str = ""
    overlay: Overlay = field(default_factory=Overlay)
    suggestions: tuple[Suggestion, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    decision: Decision | None = None
    merged_into: ItemId | None = None
    fold_rule: str = ""
    fold_evidence: str = ""
    cluster: ItemId | None = None
    edition: str | None = None
    deferred_until: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.overlay.title or self.resource.title

    @property
    def kind(self) -> Kind:
        return self.overlay.kind or self.resource.kind

    @property
    def description(self) -> str | None:
        return self.overlay.description if self.overlay.description is not None else self.resource.description

    @property
    def topics(self) -> tuple[str, ...]:
        """What the curator chose, else what is assigned of what is suggested."""
        if self.overlay.topics is not None:
            return self.overlay.topics
        return tuple(s.topic for s in self.suggestions if s.is_assigned)

    @property
    def audience(self) -> str:
        return self.overlay.audience or self.resource.audience


# ---------------------------------------------------------------- the digest


class EditionState(StrEnum):
    DRAFT = "draft"
    FROZEN = "frozen"
    RELEASED = "released"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A person or body named with an entry, and in which role: author, speaker, posted by, recommended by, via. `about` says who they are."""

    role: str
    name: str
    about: str = ""


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
    identifiers: Mapping[str, str] = field(default_factory=dict)


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


# ---------------------------------------------------------------- its readers


class SubscriberState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """An address that asked, and for what: topics (none: all), how often, at most how many items, HTML or text, in which language and zone
    (empty: the desk's). `quarantined` since mails to it came back."""

    id: int
    email: str
    name: str = ""
    topics: tuple[str, ...] = ()
    frequency: str = "monthly"
    cap: int | None = None
    state: SubscriberState = SubscriberState.PENDING
    consented: datetime | None = None
    language: str = ""
    timezone: str = ""
    form: str = "html"
    asked: datetime | None = None
    left_at: datetime | None = None
    origin: str = ""
    quarantined: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail ready to go: the envelope and the bytes."""

    sender: str
    recipient: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """An edition as another mailer takes it, for some of that one's lists by their numbers."""

    name: str
    subject: str
    lists: tuple[int, ...]
    from_email: str
    body: str
    altbody: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one edition for one subscriber; where `correction` is not 0, of the mail about its correction of that number."""

    edition: str
    subscriber: int
    email: str
    state: DeliveryState
    attempts: int = 0
    message_id: str = ""
    error: str | None = None
    changed: datetime | None = None
    correction: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One plain mail that is no edition: a confirmation, an answer, a question. `kind`, `key` and `email` together go out once; `leave` is the
    address of one-click unsubscribing, where there is one."""

    id: int
    kind: str
    key: str
    email: str
    subject: str
    body: str
    leave: str = ""
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    error: str | None = None
    changed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A mail that came back. `code` is that of RFC 3463 (5.1.1), `message` a hash of the report, so that one read twice counts once."""

    subscriber: int
    edition: str | None = None
    at: datetime
    hard: bool
    code: str = ""
    said: str = ""
    message: str


class Voice(StrEnum):
    """What a reader says of an item."""

    USEFUL = "useful"
    WILL_USE = "will-use"
    NOT_FOR_ME = "not-for-me"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """A reader's word on an item; the last one counts. `used` is the answer to the question after 60 days: used, shared, not-yet or no."""

    item: ItemId
    subscriber: int
    edition: str
    vote: Voice
    at: datetime
    asked: datetime | None = None
    used: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A link that a reader suggests, by form, mail or share; `told` is the state that they were told last."""

    id: int
    url: str
    item: ItemId | None = None
    name: str = ""
    email: str = ""
    note: str = ""
    way: str = "form"
    at: datetime
    told: str = ""


class Mailer(Protocol):
    """The door to a mail server, as `publish.send` needs it. Raises `DeliveryError` for one address, `UnavailableError` for the server."""

    def send(self, message: Message) -> None: ...


# ---------------------------------------------------------------- the work


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One survey of one source. `error` is a sentence; `found` counts leads, `new` those not known before."""

    source: str
    started: datetime
    finished: datetime | None = None
    found: int = 0
    new: int = 0
    same: int = 0
    failed: int = 0
    unchanged: bool = False
    error: str | None = None
    title: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A lead under lease: `id` names the row, `attempts` counts this one, `hops` the hosts it was sent on to."""

    id: int
    lead: Lead
    url: str
    attempts: int = 1
    hops: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Leads of whole hosts, to be visited by one worker. `robots` are the rules already known, text by host; `asked` when hosts were last asked;
    `select` the CSS selectors that sources have for fields of their pages."""

    id: int
    claims: tuple[Claim, ...]
    robots: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, datetime] = field(default_factory=dict)
    select: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one lead: a resource with its fingerprint, or where it moved, or why not. `again` says that a later try may help,
    `retry_after` when the server asked for a time."""

    claim: int
    resource: Resource | None = None
    fingerprint: Fingerprint | None = None
    moved: str | None = None
    reason: str | None = None
    again: bool = False
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardDone:
    """All outcomes of one shard, with the robots.txt texts read on the way and when hosts were last asked, by host."""

    shard: int
    outcomes: tuple[Outcome, ...]
    robots: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A lead that could not be read, and why; `again` is when it is tried once more, `None` where that is no use."""

    url: str
    source: str
    reason: str
    again: datetime | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What would mend a source: another `kind` at another `url`, or other selectors. It finds `matched` of the `known` items that are there to be
    found, and `fresh` ones; `preview` are some of all."""

    kind: str
    url: str
    select: Mapping[str, str] = field(default_factory=dict)
    matched: int = 0
    known: int = 0
    fresh: int = 0
    preview: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """That a source gives no longer what it gave, in a sentence, and what would mend it where that was found."""

    since: datetime
    sentence: str
    repair: Repair | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a survey learnt about a source besides its leads; fields as in `SourceState`. Where it is not `judged`, an earlier alarm stands."""

    not_before: datetime | None = None
    gone: datetime | None = None
    moved_to: str | None = None
    moved_seen: int = 0
    alarm: Alarm | None = None
    judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """The page of a source as it was when all was well, or as it is under an alarm. `leads` were found on it, `titled` titles among them. The body
    is empty for kinds whose pages are not kept."""

    page: Page
    leads: int
    titled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source as an operator sees it: what is configured and what happened. `usual_gap` is between new leads.

    `not_before` is a time that its server asked for, `gone` when that said that the source is no more (410). `moved_to` is where it was sent on to
    for good, in `moved_seen` surveys. `drift` says how its last items differ from those before. `wanted` marks one that a person wants asked now.
    """

    id: str
    kind: str
    url: str
    title: str = ""
    paused: bool = False
    absent: bool = False
    last_run: datetime | None = None
    last_ok: datetime | None = None
    last_new: datetime | None = None
    since: datetime | None = None
    error: str | None = None
    failures: int = 0
    usual_gap: timedelta | None = None
    items: int = 0
    failed: int = 0
    etag: str | None = None
    last_modified: str | None = None
    not_before: datetime | None = None
    gone: datetime | None = None
    moved_to: str | None = None
    moved_seen: int = 0
    alarm: Alarm | None = None
    drift: str | None = None
    wanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """That a source named an item, when it first did, and what became of the item; `reason` is that of a rejection."""

    source: str
    item: ItemId
    first_seen: datetime
    state: State
    decided: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What an operator must know. `state` is gone, failing, alarm, silent, paused, new or ok; `next` when it is due. `alarm` says that what it gives
    is not what it gave, `moved_to` is the address that it has moved to for good."""

    source: str
    state: str
    since: datetime | None = None
    error: str | None = None
    next: datetime | None = None
    usual_gap: timedelta | None = None
    silent: bool = False
    last_new: datetime | None = None
    alarm: str | None = None
    moved_to: str | None = None
