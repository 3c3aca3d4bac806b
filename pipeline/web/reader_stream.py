"""Streams as feed readers name them, and items as they expect them. Reads; marks nothing.

Items have a short name, their number, and a long one: https://feedhq.readthedocs.io/en/latest/api/terminology.html. Streams are the queue
(`reading-list`), what is starred (accepted), what was read (seen), a source (`feed/ID`) and a topic (`user/-/label/ID`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipeline.errors import NotFoundError
from pipeline.exchange.items import address
from pipeline.model import Item, ItemId, State
from pipeline.plain import Json
from pipeline.store import Store, Stream
from pipeline.web.site import Site

READING = "user/-/state/com.google/reading-list"
STARRED = "user/-/state/com.google/starred"
READ = "user/-/state/com.google/read"
_UNREAD = "user/-/state/com.google/kept-unread"
_SEEN_ONLY = frozenset({READ, _UNREAD})
_LONG = "tag:google.com,2005:reader/item/"
_KEPT = (State.ACCEPTED, State.PUBLISHED)
_ANY = (State.QUEUED, State.DEFERRED, State.ACCEPTED, State.REJECTED, State.PUBLISHED)
_SHORT = re.compile(r"\d{1,18}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{16}", re.ASCII)
_USER = re.compile(r"user/[^/]*/")
MOST, MOST_IDS = 250, 10_000
"""Items, and numbers of items, that one answer holds at most."""
SHOWN = 1_000
"""Unseen items that are counted at most; readers show "1000+" then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A page of a stream that somebody asks for: its name as asked, what it means, and how many items."""

    stream: str
    wanted: Stream = field(default_factory=lambda: Stream(by=""))
    count: int = 20


def asked(name: str, form: Mapping[str, tuple[str, ...]]) -> Asked:
    """Read which stream is asked for, and which part of it. Raises `NotFoundError` for a stream that is none."""
    stream = plain(name)
    states, source, topic, seen = _meaning(stream)
    left_out, taken = {plain(one) for one in form.get("xt", ())}, {plain(one) for one in form.get("it", ())}
    if READ in left_out or READ in taken:
        seen = READ in taken
    if STARRED in taken:
        states = _KEPT
    wanted = Stream(
        by="",
        states=states,
        source=source,
        topic=topic,
        seen=seen,
        since=_moment(form, "ot", scale=1),
        until=_moment(form, "nt", scale=1) or _moment(form, "ts", scale=1_000_000),
        after=number((form.get("c") or ("",))[-1]),
        oldest_first=(form.get("r") or ("",))[-1] == "o",
    )
    said = (form.get("n") or ("20",))[-1]
    return Asked(stream=stream, wanted=wanted, count=int(said) if _SHORT.fullmatch(said) else 20)


def page(of: Asked, store: Store, *, by: str, most: int) -> tuple[tuple[tuple[ItemId, datetime], ...], dict[str, Json]]:
    """Give a page of a stream, and where it goes on."""
    limit = max(1, min(of.count, most))
    wanted = Stream(**{name: getattr(of.wanted, name) for name in Stream.__slots__} | {"by": by, "limit": limit + 1})
    found = store.stream(wanted)
    return found[:limit], {"continuation": str(found[limit - 1][0])} if len(found) > limit else {}


def entries(wanted: Sequence[ItemId], store: Store, *, site: Site, by: str) -> list[Json]:
    """Write items as feed readers expect them, in the order asked for; those that are none are left out."""
    seen = store.have_seen(wanted, by=by)
    titles = {source.id: source.title or source.id for source in site.config.sources}
    made: list[Json] = []
    for one in wanted:
        try:
            item = store.item(one)
        except NotFoundError:
            continue
        made.append(_entry(item, titles, seen=one in seen, desk=site.config.desk.url))
    return made


def plain(name: str) -> str:
    """Write the name of a stream or a mark without the number of a user, which is always one's own."""
    return _USER.sub("user/-/", name, count=1) if name.startswith("user/") else name


def number(word: str) -> ItemId | None:
    """Read the number of an item, short or long; `None` for what is none."""
    if word.startswith(_LONG):
        end = word.removeprefix(_LONG)
        found = int(end, 16) if _HEX.fullmatch(end) else 0
    else:
        found = int(word) if _SHORT.fullmatch(word) else 0
    return ItemId(found) if 0 < found < 2**62 else None


def only_seen(marks: Iterable[str]) -> bool:
    """Say whether marks are about nothing but what the person has seen."""
    return {plain(one) for one in marks} <= _SEEN_ONLY


def feed(source: str) -> str:
    """Name the stream of a source."""
    return f"feed/{source}"


def label(topic: str) -> str:
    """Name the stream of a topic."""
    return f"user/-/label/{topic}"


def topic_of(mark: str) -> str | None:
    """Give the topic that a label names."""
    return plain(mark).removeprefix("user/-/label/") if plain(mark).startswith("user/-/label/") else None


def microseconds(moment: datetime) -> str:
    """Write a moment as feed readers want it."""
    return str(int(moment.timestamp() * 1_000_000))


def _meaning(stream: str) -> tuple[tuple[State, ...], str | None, str | None, bool | None]:
    if stream in (READING, _UNREAD):
        return (State.QUEUED,), None, None, None if stream == READING else False
    if stream == STARRED:
        return _KEPT, None, None, None
    if stream == READ:
        return _ANY, None, None, True
    if stream.startswith("feed/"):
        return (State.QUEUED,), stream.removeprefix("feed/"), None, None
    if topic := topic_of(stream):
        return (State.QUEUED,), None, topic, None
    raise NotFoundError("stream", f"“{stream[:80]}”", hint="Ask for the reading list, what is starred, feed/ID or user/-/label/ID.")


def _moment(form: Mapping[str, tuple[str, ...]], name: str, *, scale: int) -> datetime | None:
    """Read a moment in seconds since 1970, or in parts of one; `None` where none stands there."""
    said = (form.get(name) or ("",))[-1]
    seconds = int(said) // scale if _SHORT.fullmatch(said) else 0
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 10**11 else None


def _entry(item: Item, titles: Mapping[str, str], *, seen: bool, desk: str) -> dict[str, Json]:
    source = item.sightings[0].lead.source if item.sightings else ""
    url = address(item.resource.url) or f"{desk}/desk/items/{item.id}"
    marks = [READING, *([READ] if seen else []), *([STARRED] if item.state in _KEPT else []), *map(label, item.topics)]
    day = _seconds(item)
    return {
        "id": f"{_LONG}{item.id:016x}",
        "crawlTimeMsec": str(int(item.added.timestamp() * 1_000)),
        "timestampUsec": microseconds(item.added),
        "published": day,
        "updated": day,
        "title": item.title,
        "author": ", ".join(item.resource.creators),
        "canonical": [{"href": url}],
        "alternate": [{"href": url, "type": "text/html"}],
        "categories": list(marks),
        "origin": {"streamId": feed(source), "title": titles.get(source, source), "htmlUrl": url},
        "summary": {"direction": "ltr", "content": _content(item)},
    }


def _seconds(item: Item) -> int:
    """When it came out, else when it came to us, in seconds since 1970."""
    day = item.resource.published
    if day is None:
        return int(item.added.timestamp())
    return int((day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, tzinfo=UTC)).timestamp())


def _content(item: Item) -> str:
    """Write what an item says as HTML. It came from outside, so all of it is words, and none of it markup."""
    parts = [item.description or "", *item.resource.text[:20_000].split("\n")]
    return "".join(f"<p>{html.escape(one.strip())}</p>" for one in dict.fromkeys(parts) if one.strip())
