"""Which items are tied to one that came in: by what it says of others, or because it is the recording of an event that is over.

Proposes and never decides: a curator takes or refuses each. To be tied is not to be the same, which is `match`'s to say. What the others are the
store brings, by the addresses and titles that are sought.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pipeline import ties, urls
from pipeline.dedupe.decide import Neighbour
from pipeline.dedupe.keys import title_words
from pipeline.model import Event, ItemId, Kind, Mention, Relation, Resource, Tie

_SHOWN_AFTER = {Kind.VIDEO: Tie.RECORDS, Kind.PODCAST: Tie.RECORDS, Kind.TALK: Tie.RECORDS, Kind.SLIDES: Tie.SUPPORTS}
_TELLING = 3  # words: a shorter title is that of many things, unless both are of one site


@dataclass(frozen=True, slots=True)
class Sought:
    """By which identities and which titles, written as `Fingerprint` has them, the others can be found."""

    keys: tuple[str, ...]
    titles: tuple[str, ...]


def sought(resource: Resource) -> Sought:
    """Say what to look for; both are empty for most things, and then there is nothing to look up."""
    keys = [key for one in resource.mentions if one.url for key in urls.identity(one.url)]
    titles = [_key(one.title, resource) for one in resource.mentions if one.title]
    if shown := _shown(resource):
        titles.append(_key(shown[0], resource))
    return Sought(tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(title for title in titles if title)))


def propose(item: ItemId, resource: Resource, near: Sequence[Neighbour], *, now: datetime) -> tuple[Relation, ...]:
    """Say which of the neighbours a resource is tied to, each with the words that say so; never to itself nor to what it is folded with."""
    own = next((one.head for one in near if one.id == item), item)
    others = [one for one in near if one.id != item and one.head not in (item, own)]
    found = [*_mentioned(item, resource, others, now=now), *_recorded(item, resource, others, now=now)]
    return tuple({(one.item, one.other, one.tie): one for one in reversed(found)}.values())[::-1]


def _mentioned(item: ItemId, resource: Resource, others: Sequence[Neighbour], *, now: datetime) -> Iterator[Relation]:
    for mention in resource.mentions:
        other = _named(mention, resource, others)
        if other is None or (mention.tie is Tie.RECORDS and _is_ahead(resource if mention.of_this else other.resource, now)):
            continue
        first, second = (other.id, item) if mention.of_this else (item, other.id)
        yield Relation(item=first, other=second, tie=mention.tie, words=mention.words)


def _named(mention: Mention, resource: Resource, others: Sequence[Neighbour]) -> Neighbour | None:
    """The item that a mention names; `None` where it is none of them, or its title could be several."""
    if mention.url:
        keys = set(urls.identity(mention.url))
        return next((one for one in others if keys.intersection(one.fingerprint.keys)), None)
    key, home = _key(mention.title, resource), urls.host(resource.url)
    same = {one.head: one for one in others if one.fingerprint.title == key}
    near = [one for one in same.values() if urls.host(one.resource.url) == home]
    chosen = near or (list(same.values()) if len(key.split()) >= _TELLING else [])
    return chosen[0] if len(chosen) == 1 else None


def _recorded(item: ItemId, resource: Resource, others: Sequence[Neighbour], *, now: datetime) -> Iterator[Relation]:
    """An event of the same site and title that is over: what comes with such a title afterwards is its recording, or its slides."""
    shown = _shown(resource)
    if shown is None or resource.event is not None:
        return
    key, home = _key(shown[0], resource), urls.host(resource.url)
    for other in others:
        event = other.resource.event
        if event and _is_over(event, now) and other.fingerprint.title == key and urls.host(other.resource.url) == home:
            words = f"“{ties.clipped(resource.title)}” has the title of this event, which is over."
            yield Relation(item=item, other=other.id, tie=shown[1], words=words)


def _shown(resource: Resource) -> tuple[str, Tie] | None:
    """The title of what it may record or support, by a mark in its own title or by its kind."""
    marked = ties.unmarked(resource.title)
    if marked is None and resource.kind in _SHOWN_AFTER and resource.title:
        return resource.title, _SHOWN_AFTER[resource.kind]
    return marked


def _key(title: str, resource: Resource) -> str:
    return " ".join(title_words(replace(resource, title=title)))


def _is_ahead(resource: Resource, now: datetime) -> bool:
    return resource.event is not None and resource.event.start is not None and not _is_over(resource.event, now)


def _is_over(event: Event, now: datetime) -> bool:
    """Whether its last day is past, or its last moment where it states one."""
    last = event.end or event.start
    if last is None:
        return False
    if isinstance(last, datetime):
        return (last if last.tzinfo else last.replace(tzinfo=UTC)) < now
    return last < now.astimezone(UTC).date()


def label(tie: Tie, *, of_other: bool, kind: Kind) -> str:
    """Say what an item of that kind is to the one on whose page it is named; `of_other` where it is the one that the tie is from.

    "Recording available", "Follow-up of", "Slides": the words that stand before its title.
    """
    if tie is Tie.RECORDS:
        return "Recording available" if of_other else "Recording of"
    if tie is Tie.CONTINUES:
        return "Followed up by" if of_other else "Follow-up of"
    if tie is Tie.SUPPORTS:
        return ("Slides" if kind is Kind.SLIDES else "Supporting material") if of_other else "Supports"
    return "Companion piece"
