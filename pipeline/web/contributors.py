"""Who the digest is made of: authors and speakers, and those who posted, recommended or suggested what is in it. Knows no account and no address.

Names are brought together as the public pages do it; a name that two people share is one here, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.digest import series
from pipeline.model import Item, ItemId, State
from pipeline.store import ItemQuery, Store
from pipeline.text import folded
from pipeline.web.shelf import slug

WAITING = 500
"""Kept items, the best, that are looked through for names before they are published."""
GAVE = frozenset({"posted by", "recommended by"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One thing that a person had a part in: `edition` is empty where it is kept and waits for one."""

    item: ItemId
    title: str
    role: str
    edition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """One person or body. `works` are the newest first; `suggested` counts links sent in by how they stand; `about` the profile of an interview."""

    id: str
    name: str
    works: tuple[Work, ...] = ()
    suggested: tuple[tuple[State, int], ...] = ()
    about: str = ""

    @property
    def published(self) -> int:
        return len({one.item for one in self.works if one.edition})

    @property
    def kept(self) -> int:
        return len({one.item for one in self.works if not one.edition})

    @property
    def gave(self) -> int:
        """Items that this one posted, recommended or suggested."""
        return len({one.item for one in self.works if one.role in GAVE})

    @property
    def sent(self) -> int:
        return sum(count for _, count in self.suggested)


@dataclass(slots=True)
class _Gathered:
    name: str
    works: list[Work] = field(default_factory=list)
    suggested: list[tuple[State, int]] = field(default_factory=list)
    about: str = ""


def contributors(store: Store) -> tuple[Contributor, ...]:
    """List everybody with a part in a released edition, in what is kept for the next, or in the suggestions; those with most first."""
    found: dict[str, _Gathered] = {}
    for name, work, about in (*_kept(store), *_published(store)):
        one = _known(found, name)
        one.about = one.about or about
        if all((work.item, work.role) != (known.item, known.role) for known in one.works):
            one.works.append(work)
    for name, state, count in store.suggested():
        _known(found, name).suggested.append((state, count))
    made = [
        Contributor(id=key, name=one.name, works=tuple(one.works), suggested=tuple(one.suggested), about=one.about)
        for key, one in found.items()
        if key
    ]
    return tuple(sorted(made, key=lambda one: (-one.gave, -one.sent, -len(one.works), folded(one.name), one.id)))


def _known(found: dict[str, _Gathered], name: str) -> _Gathered:
    return found.setdefault(slug(name), _Gathered(name))


def _kept(store: Store) -> Iterator[tuple[str, Work, str]]:
    """The names of what is kept and waits for an edition."""
    for item in store.items(ItemQuery(states=(State.ACCEPTED,), limit=WAITING)):
        profile = series.spotlight(item)
        for role, name in dict.fromkeys(_credits(item)):
            yield name, Work(item=item.id, title=item.title, role=role), profile if folded(profile).startswith(folded(name)) else ""


def _credits(item: Item) -> Iterator[tuple[str, str]]:
    for name in item.resource.creators:
        yield "author", name
    for sighting in item.sightings:
        for role, given in (("posted by", sighting.lead.posted_by), ("recommended by", sighting.lead.recommended_by)):
            if given and given.strip():
                yield role, given


def _published(store: Store) -> Iterator[tuple[str, Work, str]]:
    """The names of what stood in released editions, the newest first."""
    for row in store.credited():
        yield row.name, Work(item=row.item, title=row.title, role=row.role, edition=row.edition), row.about and f"{row.name}, {row.about}"
