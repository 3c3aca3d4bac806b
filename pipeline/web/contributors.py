"""Who the digest is made of: authors and speakers, and those who posted, recommended or suggested what is in it. Knows no account and no address.

Names are brought together as the public pages do it, by what people.yaml says; a name that two people share is one here, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.late import late
from pipeline.model import ItemId, State
from pipeline.names.spellings import AS_WRITTEN, Spellings
from pipeline.store import ItemQuery, Store
from pipeline.text import folded
from pipeline.web.shelf import person_label

if TYPE_CHECKING:
    from pipeline.digest import entries
else:
    entries = late("pipeline.digest.entries")

WAITING = 500
"""Kept items, the best, that are looked through for names before they are published."""
GAVE = frozenset({"posted by", "submitted by", "recommended by"})


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


def contributors(store: Store, spellings: Spellings = AS_WRITTEN) -> tuple[Contributor, ...]:
    """List everybody with a part in a released edition, in what is kept for the next, or in the suggestions; those with most first."""
    found: dict[str, _Gathered] = {}
    for name, work, about in (*_kept(store, spellings), *_published(store)):
        one = _known(found, name, spellings)
        one.about = one.about or about
        if all((work.item, work.role) != (known.item, known.role) for known in one.works):
            one.works.append(work)
    for name, state, count in store.suggested():
        _known(found, name, spellings).suggested.append((state, count))
    made = [
        Contributor(id=key, name=one.name, works=tuple(one.works), suggested=tuple(one.suggested), about=one.about)
        for key, one in found.items()
        if key
    ]
    return tuple(sorted(made, key=lambda one: (-one.gave, -one.sent, -len(one.works), folded(one.name), one.id)))


def _known(found: dict[str, _Gathered], name: str, spellings: Spellings) -> _Gathered:
    label = person_label(name, spellings)
    return found.setdefault(label.id, _Gathered(label.name))


def _kept(store: Store, spellings: Spellings) -> Iterator[tuple[str, Work, str]]:
    """The names of what is kept and waits for an edition, in the roles in which it will print them."""
    for item in store.items(ItemQuery(states=(State.ACCEPTED,), limit=WAITING)):
        for credit in entries.credits(item, spellings):
            yield credit.name, Work(item=item.id, title=item.title, role=credit.role), credit.about and f"{credit.name}, {credit.about}"


def _published(store: Store) -> Iterator[tuple[str, Work, str]]:
    """The names of what stood in released editions, the newest first."""
    for row in store.credited():
        yield row.name, Work(item=row.item, title=row.title, role=row.role, edition=row.edition), row.about and f"{row.name}, {row.about}"
