"""What the public may read, put together once: editions, the items that stood in them, and whom and what these speak of.

Takes editions as the public reads them, and adds nothing: what is in no released public edition is not on the shelf. Asks no database and knows
no clock.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.model import Edition, Entry, ItemId, Topic
from pipeline.names.spellings import AS_WRITTEN, Spellings
from pipeline.render import notices
from pipeline.render.notices import Notice
from pipeline.web.finding import Words, folded

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_MAKERS = frozenset({"author", "speaker", "in conversation with"})


@dataclass(frozen=True, slots=True)
class Label:
    """A topic, a kind or a person: the id in addresses, and the name as people read it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One item as its newest edition prints it. `stood` are the editions it was in, newest first; `people` are its credits by role.

    `place` is its place among all, newest edition first. `notices` are the corrections of all these editions.
    """

    entry: Entry
    edition: Edition
    stood: tuple[Edition, ...]
    place: int
    topics: tuple[Label, ...]
    people: tuple[tuple[str, Label], ...]
    notices: tuple[Notice, ...]
    words: Words

    @property
    def id(self) -> ItemId:
        return self.entry.id

    @property
    def is_withdrawn(self) -> bool:
        """Whether an edition took it back. Then it stands where it stood, and nowhere else."""
        return any(one.withdrawn for one in self.notices)

    @property
    def updated(self) -> datetime:
        """When what is said of it changed last."""
        return self.edition.corrected or self.edition.released or self.edition.composed


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Everything under one label; `ids` are the numbers of its items."""

    label: Label
    about: str = ""
    facet: str = ""
    holdings: tuple[Holding, ...] = ()
    ids: frozenset[ItemId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All that is public. `holdings` has every item, also those taken back; `listed` those that lists and feeds name. `for_members` are the
    editions of which this is only a part, `inside` the names of topics (folded) that only their readers met."""

    editions: tuple[Edition, ...] = ()
    for_members: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    holdings: Mapping[ItemId, Holding] = field(default_factory=dict)
    listed: tuple[Holding, ...] = ()
    topics: Mapping[str, Group] = field(default_factory=dict)
    kinds: Mapping[str, Group] = field(default_factory=dict)
    people: Mapping[str, Group] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)

    def edition(self, edition_id: str) -> Edition | None:
        return next((one for one in self.editions if one.id == edition_id), None)


def put_together(
    editions: Iterable[Edition],
    topics: Sequence[Topic],
    *,
    for_members: frozenset[str] = frozenset(),
    inside: Iterable[str] = (),
    spellings: Spellings = AS_WRITTEN,
) -> Shelf:
    """Make the shelf of prepared public editions. A topic is known by the name that the edition prints: one of today keeps its id. A person is known
    under all spellings; `moved` leads from the ids of the others to theirs."""
    held = tuple(sorted(editions, key=lambda edition: edition.id, reverse=True))
    names = {folded(topic.name): topic.id for topic in topics}
    holdings = {one.id: one for one in _holdings(held, names, spellings)}
    listed = tuple(one for one in holdings.values() if not one.is_withdrawn)
    known = {topic.id: topic for topic in topics}
    met = {folded(name) for edition in held for entry in edition.entries for name in entry.topics}
    return Shelf(
        editions=held,
        for_members=for_members,
        inside=frozenset(folded(name) for name in inside) - met,
        holdings=holdings,
        listed=listed,
        topics=dict(_of_topics(_grouped((label, one) for one in listed for label in one.topics), known)),
        kinds=_grouped((kind_label(one.entry), one) for one in listed),
        people=_grouped((label, one) for one in listed for label in dict.fromkeys(label for _, label in one.people)),
        moved=dict(_moved(listed, spellings)),
    )


def kind_label(entry: Entry) -> Label:
    return Label(entry.kind.value, entry.kind_name)


def makers(holding: Holding) -> tuple[Label, ...]:
    """Name who wrote it or speaks in it."""
    return tuple(label for role, label in holding.people if role in _MAKERS)


def person_label(name: str, spellings: Spellings) -> Label:
    """Give a person's id, which all spellings share, and the name under which the works stand."""
    return Label(slug(spellings.person_key(name)), spellings.heading(name))


def slug(name: str) -> str:
    """Write a name as it can stand in an address and a file name: ASCII letters, digits and hyphens. Where that would lose letters, a short hash
    of the name keeps it apart from others."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", folded(name)) if not unicodedata.combining(letter))
    made = _NOT_A_WORD.sub("-", plain.replace("'", "")).strip("-")[:60].strip("-")
    if made and not any(letter.isalnum() and not letter.isascii() for letter in plain):
        return made
    return "-".join(part for part in (made, hashlib.sha256(plain.encode()).hexdigest()[:8]) if part)


def _holdings(editions: Sequence[Edition], names: Mapping[str, str], spellings: Spellings) -> Iterator[Holding]:
    """Give each item once, with what its newest edition says of it. An edition from which it was taken out since still counts as one it was in."""
    stood: dict[ItemId, list[Edition]] = {}
    newest: dict[ItemId, Entry] = {}
    noted: dict[ItemId, list[Notice]] = {}
    for edition in editions:
        for entry in edition.entries:
            newest.setdefault(entry.id, entry)
            stood.setdefault(entry.id, []).append(edition)
        for item, made in notices.marks(edition).items():
            noted.setdefault(item, []).extend(made)
    for place, (item, entry) in enumerate(newest.items()):
        topics = tuple(dict.fromkeys(_topic(name, names) for name in entry.topics))
        yield Holding(
            entry=entry,
            edition=stood[item][0],
            stood=tuple(stood[item]),
            place=place,
            topics=topics,
            people=tuple((credit.role, person_label(credit.name, spellings)) for credit in entry.credits if folded(credit.name)),
            notices=tuple(noted.get(item, ())),
            words=_words(entry),
        )


def _moved(listed: Iterable[Holding], spellings: Spellings) -> Iterator[tuple[str, str]]:
    """Pair the ids that spellings would have by themselves with that of the person; the spellings of the file too."""
    written = [one for holding in listed for credit in holding.entry.credits for one in (credit.name, credit.written) if one]
    for name in (*written, *(one for called in spellings.people for one in (called.name, *called.also))):
        old, new = slug(name), slug(spellings.person_key(name))
        if old != new:
            yield old, new


def _topic(name: str, names: Mapping[str, str]) -> Label:
    return Label(names.get(folded(name)) or slug(name), name)


def _words(entry: Entry) -> Words:
    about = (entry.blurb, entry.note, entry.source, entry.series, entry.kind_name, *entry.topics, *(credit.name for credit in entry.credits))
    return Words.of(entry.title, " ".join(about))


def _grouped(pairs: Iterable[tuple[Label, Holding]]) -> dict[str, Group]:
    """Put holdings under their labels, in the order of their ids. Of two spellings with one id the first one met, which is the newest, names it."""
    found: dict[str, list[Holding]] = {}
    labels: dict[str, Label] = {}
    for label, holding in pairs:
        labels.setdefault(label.id, label)
        held = found.setdefault(label.id, [])
        if not held or held[-1] is not holding:
            held.append(holding)
    return {name: Group(label=labels[name], holdings=tuple(found[name]), ids=frozenset(one.id for one in found[name])) for name in sorted(found)}


def _of_topics(groups: Mapping[str, Group], known: Mapping[str, Topic]) -> Iterator[tuple[str, Group]]:
    """Give topics as they are called today, with what the taxonomy says of them."""
    for name, group in groups.items():
        topic = known.get(name)
        if topic is None:
            yield name, group
        else:
            yield name, replace(group, label=Label(name, topic.name), about=topic.description, facet=topic.facet)
