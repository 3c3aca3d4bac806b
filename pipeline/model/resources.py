"""What things are: a page or document as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipeline.model.kinds import Kind
from pipeline.model.relations import Mention
from pipeline.model.sources import Citation, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The thing itself, described. `origin` names the rule behind each field: `{"title": "json-ld", "published": "lead"}`.

    `part` is its number in its `series`; `pages` is how many a document has; `mentions` are what it says of others that it is tied to.
    """

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
    part: int | None = None
    citation: Citation | None = None
    mentions: tuple[Mention, ...] = ()
    audience: str = "public"
    identifiers: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What folding needs of a resource. `keys` are identities, equal for the same thing; `shingles` are the smallest 64-bit hashes of its
    word sequences, and `title` its words, both only for finding neighbours. `title_is` is what the title says of its thing by the rules of its
    source, where these are not everybody's."""

    keys: tuple[str, ...]
    shingles: tuple[int, ...] = ()
    title: str = ""
    title_is: tuple[str, ...] | None = None
