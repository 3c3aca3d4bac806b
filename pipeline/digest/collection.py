"""A living collection: what was kept on one subject, pinned pieces first, as the curator's query and the day have it.

Refuses what only members may see, whatever the query says: a collection is public. Left out are events that are over and what was never accepted.
Knows no clock and no database; the same items and the same day give the same edition.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo

from pipeline import dates, text, urls
from pipeline.digest import entries
from pipeline.digest.sections import DEFAULT_SECTIONS, EVENT_KINDS
from pipeline.digest.words import KIND_WORDS
from pipeline.model import Collection, Desk, Edition, Item, Section, SectionRule, State, Topic
from pipeline.names.spellings import AS_WRITTEN, Spellings

MOST = 1_000
"""Items of one collection: the newest ones. More are no collection but an archive, and nobody reads them through."""
PINNED = SectionRule(id="pinned", title="Start here")
MORE = SectionRule(id="more", title="More")
_KEPT = (State.ACCEPTED, State.PUBLISHED)
_AS_OF = {"en": "As of", "de": "Stand:", "fr": "À jour au", "es": "A fecha de"}
_MAX_CHARACTERS = 200_000
"""Characters of a text in which words are looked for, as rules do."""


def collect(
    collection: Collection, items: Iterable[Item], *, desk: Desk, topics: Sequence[Topic], now: datetime, spellings: Spellings = AS_WRITTEN
) -> Edition:
    """Make the edition of a collection from the items that belong to it, at most `MOST` beside the pinned ones.

    All parts of the query that are given must hold; of a list one is enough. An empty query asks for nothing: then there is what is pinned.
    Sections go by kind, or by topic where the query names several.
    """
    zone = dates.zone(desk.timezone) or UTC
    pinned, rest = _chosen(collection, (item for item in _once(items) if is_open(item, now, zone)), topics)
    names = {topic.id: topic.name for topic in topics}
    shares = [(PINNED, pinned), *_shared_out(rest, collection, topics, zone)]
    return Edition(
        id=collection.id,
        title=collection.title,
        organisation=desk.organisation,
        url=desk.url,
        contact=desk.contact,
        language=desk.language,
        timezone=desk.timezone,
        month_name=as_of(now, desk),
        strap=desk.strap,
        letter=collection.introduction,
        editor=desk.editor,
        sections=tuple(_section(rule, share, names, spellings) for rule, share in shares if share),
        made=tuple(_told(collection, names, pinned=len(pinned), language=desk.language)),
        form="collection",
        composed=now,
    )


def as_of(moment: datetime, desk: Desk) -> str:
    """Say as of when a collection stands, in the desk's language and zone: "As of 22 November 2026"; the day alone where we lack the words."""
    day = dates.long(moment.astimezone(dates.zone(desk.timezone) or UTC), desk.language)
    return f"{_AS_OF.get(desk.language.casefold().replace('_', '-').split('-')[0], '')} {day}".strip()


def is_open(item: Item, now: datetime, zone: tzinfo) -> bool:
    """Whether an item may stand in a collection at all: kept, for everybody to see, and not over."""
    return item.state in _KEPT and item.audience == "public" and not entries.is_over(item, now, zone)


def name(word: str) -> str:
    """Give the name of an item, number or address, in the form in which two are equal."""
    said = word.strip()
    return (said.lstrip("0") or "0") if said.isascii() and said.isdecimal() else urls.canonical(said)


# ---------------------------------------------------------------- what belongs


def _chosen(collection: Collection, items: Iterable[Item], topics: Sequence[Topic]) -> tuple[list[Item], list[Item]]:
    """Give what is pinned, in the given order, and the newest of what the query asks for, both without what is excluded."""
    wants, excluded = _asked(collection, topics), {name(word) for word in collection.exclude}
    places = {name(word): place for place, word in reversed(list(enumerate(collection.pin)))}
    pinned: list[tuple[int, int, Item]] = []

    def others() -> Iterator[Item]:
        for item in items:
            names = _names(item) if places or excluded else frozenset[str]()
            if not excluded.isdisjoint(names):
                continue
            if found := [places[one] for one in names if one in places]:
                pinned.append((min(found), item.id, item))
            elif wants(item):
                yield item

    rest = heapq.nsmallest(MOST, others(), key=_newest)
    return [item for *_, item in sorted(pinned, key=lambda one: one[:2])], rest


def _asked(collection: Collection, topics: Sequence[Topic]) -> Callable[[Item], bool]:
    """Make the test of the query. A topic is met under its old ids too."""
    known = {topic.id: topic for topic in topics}
    wanted = frozenset(id_ for one in collection.topics for id_ in (one, *(known[one].was if one in known else ())))
    phrases = tuple(spaced for word in collection.words if (spaced := _spaced(word)).strip())

    def test(item: Item) -> bool:
        return (
            bool(wanted or collection.kinds or collection.words)
            and (not wanted or not wanted.isdisjoint(item.topics))
            and (not collection.kinds or item.kind in collection.kinds)
            and (not collection.words or _speaks(item, phrases))
        )

    return test


def _speaks(item: Item, phrases: Sequence[str]) -> bool:
    """Whether one of the phrases stands in what is told of an item or in its text, between whole words, in any case."""
    said = (item.title, item.description, item.overlay.blurb, item.note, item.resource.text)
    parts = [part[:_MAX_CHARACTERS] for part in said if part]
    for part in parts:
        letters = text.folded(part)
        if any(all(word in letters for word in phrase.split()) for phrase in phrases):  # far cheaper than cutting every text into words
            spaced = _spaced(part)
            if any(phrase in spaced for phrase in phrases):
                return True
    return False


def _spaced(words: str) -> str:
    return f" {' '.join(text.words(words))} "


def _once(items: Iterable[Item]) -> Iterator[Item]:
    seen: set[int] = set()
    for item in items:
        if item.id not in seen:
            seen.add(item.id)
            yield item


def _names(item: Item) -> frozenset[str]:
    addresses = (item.resource.url, item.resource.canonical_url)
    return frozenset((str(item.id), *(urls.canonical(one) for one in addresses if one)))


# ---------------------------------------------------------------- where it stands


def _day(item: Item) -> date:
    """The day by which an item is new: when it came out, unless it claims to come from the future."""
    found = item.added.date()
    published = item.resource.published
    return min(dates.day(published), found) if published else found


def _newest(item: Item) -> tuple[int, bool, float, int]:
    """Order items: the newest first; of one day must-haves, then the greater rank, then the older number."""
    return (-_day(item).toordinal(), not item.overlay.must_have, -item.rank, item.id)


def _shared_out(items: Sequence[Item], collection: Collection, topics: Sequence[Topic], zone: tzinfo) -> Iterator[tuple[SectionRule, Sequence[Item]]]:
    """Give each section with its items: by the topics of the query where there are several, else by kind; coming events behind the rest, by date."""
    rules, home = _by_topic(collection, topics) if len(collection.topics) > 1 else _by_kind()
    shares: dict[str, list[Item]] = {rule.id: [] for rule in (*rules, MORE)}
    for item in items:
        shares[home(item)].append(item)
    for rule in (*rules, MORE):
        yield rule, sorted(shares[rule.id], key=lambda item: _comes(item, zone))


def _by_kind() -> tuple[Sequence[SectionRule], Callable[[Item], str]]:
    home = {kind: rule.id for rule in reversed(DEFAULT_SECTIONS) for kind in rule.kinds}
    return DEFAULT_SECTIONS, lambda item: home.get(item.kind, MORE.id)


def _by_topic(collection: Collection, topics: Sequence[Topic]) -> tuple[Sequence[SectionRule], Callable[[Item], str]]:
    """Make a section of each topic of the query. An item stands under the first that it has, so a query names the narrower ones first."""
    known = {topic.id: topic for topic in topics}
    chosen = [known.get(one, Topic(id=one, name=one)) for one in collection.topics]
    rules = [SectionRule(id=f"topic-{topic.id}", title=topic.name, standfirst=topic.description) for topic in chosen]
    homes = [({topic.id, *topic.was}, rule.id) for topic, rule in zip(chosen, rules, strict=True)]
    return rules, lambda item: next((rule for ids, rule in homes if not ids.isdisjoint(item.topics)), MORE.id)


def _comes(item: Item, zone: tzinfo) -> tuple[bool, bool, datetime]:
    """Order events by their day, those without one last, behind all that is none and keeps its order."""
    start = item.event.start if item.kind in EVENT_KINDS and item.event else None
    return item.kind in EVENT_KINDS, start is None, entries.starts(start, zone) if start else datetime.max.replace(tzinfo=UTC)


def _told(collection: Collection, names: Mapping[str, str], *, pinned: int, language: str) -> Iterator[str]:
    """Say in sentences what belongs to a collection, and when somebody last looked through it."""
    asked = []
    if collection.topics:
        asked.append(f"on {_either([names.get(one, one) for one in collection.topics])}")
    if collection.kinds:
        asked.append(f"of the kind {_either([KIND_WORDS[kind][0].lower() for kind in collection.kinds])}")
    if collection.words:
        asked.append(f"that speaks of {_either([f'“{one}”' for one in collection.words])}")
    if asked:
        yield f"It holds what we kept {', '.join(asked)}. New pieces enter as they are kept."
    if pinned:
        yield f"{text.counted(pinned, 'piece')} {'was' if pinned == 1 else 'were'} put first by hand."
    if collection.reviewed:
        yield f"Last looked through on {dates.long(collection.reviewed, language)}."


def _either(said: Sequence[str]) -> str:
    return " or ".join(part for part in (", ".join(said[:-1]), said[-1]) if part)


def _section(rule: SectionRule, share: Sequence[Item], names: Mapping[str, str], spellings: Spellings) -> Section:
    made = tuple(entries.entry(item, names, lead=not place and item.kind not in EVENT_KINDS, spellings=spellings) for place, item in enumerate(share))
    return Section(id=rule.id, title=rule.title, standfirst=rule.standfirst, entries=made)
