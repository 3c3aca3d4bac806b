"""Where things come from: sources, what is asked of them, what they answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pipeline.model.folding import Folding
from pipeline.model.kinds import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place where we look, as configured. `options` are the keys of its own kind, already checked by that kind. With `adapt` it is asked
    by its own habit and `every` holds only until that is known; `timezone` is the zone of
    the times that it states without one; `mark` the last `Mark` that its kind gave, for kinds that remember how far they came;
    `folding` the words by which what it brings is folded, where they are not those that come with the program."""

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
    folding: Folding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a source has been read, in the words of its kind. The last one given is kept, and is `Source.mark` from then on."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask for. `limit` is the greatest body in bytes; `None` takes the fetcher's own. `head` asks whether it is there, without its body."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    limit: int | None = None
    head: bool = False


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
    """A dated happening. `end` of an all-day event is its last day. `problems` are codes with what was seen, `code: words`.
    `hybrid` is where one may come or join online; `online` is then open."""

    start: date | None = None
    end: date | None = None
    all_day: bool = False
    timezone: str | None = None
    location: str | None = None
    online: bool | None = None
    hybrid: bool = False
    problems: tuple[str, ...] = ()

    @property
    def when_and_where(self) -> tuple[date | None, date | None, str | None]:
        """What somebody must know who wants to be there; equal moments are equal in any zone."""
        return self.start, self.end, self.location


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a paper came out: journal, volume, issue and `pagination` ("12-19"), as BIBO and schema.org have them. `year` stands where no day
    of publication is known."""

    journal: str | None = None
    volume: str | None = None
    issue: str | None = None
    pagination: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A claim that something exists, made by a source, a mail or a reader. Only `source` and `url` are certain.

    `timezone` is the zone of times that its source states without one. `page` is False where the address leads to no page of its own
    (a calendar's entry): then what the lead says is all there is. `via` is the mail that named it: subject, sender, day and Message-ID.
    `publisher` is the journal or body in which it came out, `part` its number in its `series`. `transcript` is an address that gives its words.
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
    citation: Citation | None = None
    series: str | None = None
    part: int | None = None
    transcript: str | None = None
