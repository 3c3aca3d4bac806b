"""The people at the desk: who they are, what they may do, and what they say to one another about items and editions.

A person is known by name: decisions were signed by name before there were accounts, and still are. A name is never given to a second person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.model.kinds import ItemId


class Role(StrEnum):
    """What a person at the desk may do. Each may do all that those before may do."""

    READER = "reader"
    """Reads what is for members."""
    SCOUT = "scout"
    """Sees the queue, adds links, says what she thinks of an item."""
    CURATOR = "curator"
    """Decides."""
    SECTION_EDITOR = "section-editor"
    """Arranges her sections of the edition."""
    EDITOR = "editor"
    """Arranges, freezes, releases and corrects editions; rules, topics, collections, surveys."""
    OPERATOR = "operator"
    """Accounts, sources, subscribers, what was mailed."""

    def may(self, wanted: Role) -> bool:
        """Say whether this role includes the wanted one."""
        ladder = tuple(Role)
        return ladder.index(self) >= ladder.index(wanted)


class Scope(StrEnum):
    """What a program with a token may do, never more than its person."""

    READ = "read"
    SUGGEST = "suggest"
    DECIDE = "decide"
    EDIT = "edit"

    @property
    def role(self) -> Role:
        """The role that a person needs for it."""
        return {Scope.READ: Role.READER, Scope.SUGGEST: Role.SCOUT, Scope.DECIDE: Role.CURATOR, Scope.EDIT: Role.EDITOR}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who may sign in. `sections` are those of a section editor; `keys` the person's own keys by act (empty text: switched off).
    `outside` says that another system (a proxy, a provider) knows the person too."""

    id: int
    name: str
    role: Role
    sections: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    made: datetime
    disabled: datetime | None = None
    has_password: bool = False
    outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One browser that is signed in. `hash` is of what its cookie holds; `seen` is when it last changed something, as reading writes nothing down.
    `account` is missing where the desk's one password opened."""

    hash: str
    account: int | None
    made: datetime
    seen: datetime
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A program's way in. What it is made of is shown once and kept as a hash."""

    id: int
    account: int
    label: str
    scopes: tuple[Scope, ...]
    made: datetime
    seen: datetime | None = None
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Somebody has an item open. It ends by itself a while after `seen`."""

    item: ItemId
    by: str
    since: datetime
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """An item that one person is asked to decide."""

    item: ItemId
    to: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one person thinks of an item before it is decided: keep it or not."""

    item: ItemId
    by: str
    keep: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A note among the people at the desk; no reader ever sees it."""

    id: int
    item: ItemId
    by: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Filters of the queue under a name. `query` is written as in an address; a shared view is everybody's."""

    id: int
    owner: str
    name: str
    query: str
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """What editors changed by hand in the draft of an edition; what they did not touch is composed as ever.

    `sections` gives the items of a section in their order, `leads` the section's lead item, `picks` the "if you read only three", `left_out` what is
    kept for a later edition, `caps` how many a section takes at most. `version` counts changes, so that two editors notice each other; `said` is
    the last of them in a sentence.
    """

    edition: str
    sections: Mapping[str, tuple[ItemId, ...]] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    leads: Mapping[str, ItemId] = field(default_factory=dict)
    picks: tuple[ItemId, ...] = ()
    left_out: tuple[ItemId, ...] = ()
    caps: Mapping[str, int] = field(default_factory=dict)
    letter: str = ""
    version: int = 0
    by: str = ""
    changed: datetime | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCall:
    """One event to be told to one address: what was said and how far that came. `key` makes it go out once."""

    id: int
    hook: str
    event: str
    key: str
    body: str
    state: str
    attempts: int = 0
    again_at: datetime | None = None
    error: str | None = None
    at: datetime
