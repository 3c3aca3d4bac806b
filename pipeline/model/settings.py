"""The desk's settings, as `config.load` checked them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from pipeline.model.kinds import Kind
from pipeline.model.staff import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySignIn:
    """A proxy before us that signs people in and says in `header` who it is. It is believed only when it comes from `networks`. Somebody who has no
    account yet gets one with `role`; without it accounts must exist."""

    networks: tuple[str, ...]
    header: str = "Remote-User"
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSignIn:
    """A provider (OpenID Connect) that signs people in who have an account here. `issuer` is written exactly as the provider writes it, `client`
    is what it calls us, `name` what people call it."""

    issuer: str
    client: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who publishes. `url` is the public address without a slash at its end; `timezone` an IANA name. `skip_unlikely`: the machine may put what is
    unlikely out of the queue's sight, as long as the audit vouches for it."""

    name: str = "What's new"
    organisation: str = "Our network"
    url: str = "http://127.0.0.1:8765"
    contact: str = ""
    language: str = "en-GB"
    timezone: str = "UTC"
    strap: str = ""
    editor: str = ""
    skip_unlikely: bool = False
    proxy: ProxySignIn | None = None
    oidc: OidcSignIn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """Where the Dask scheduler is that gives out pages, `tls://host:port` or `tcp://host:port`; without an address this machine works alone.
    `ca`, `cert` and `key` are paths of PEM files for TLS, in which both sides show who they are."""

    address: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""


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
    cluster: ClusterSettings = ClusterSettings()
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


class HookEvent(StrEnum):
    """What other programs can be told of."""

    ITEM_ACCEPTED = "item.accepted"
    EDITION_FROZEN = "edition.frozen"
    EDITION_RELEASED = "edition.released"
    SOURCE_SILENT = "source.silent"
    DELIVERY_FAILED = "delivery.failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told of these events."""

    url: str
    events: tuple[HookEvent, ...] = tuple(HookEvent)
