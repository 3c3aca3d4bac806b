"""The readers: subscribers, what is mailed to them, what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pipeline.model.kinds import ItemId


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
    """An edition as another mailer takes it, for some of that one's lists by their numbers. `tags` name it there, always the same."""

    name: str
    subject: str
    tags: tuple[str, ...]
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
