"""Which names of contributors and publishers may be one, as the page of people and the command line propose it. Brings nothing together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.names import alike
from pipeline.names.alike import Alike, Named
from pipeline.names.spellings import Spellings
from pipeline.store import Store
from pipeline.web.contributors import Contributor

SHOWN = 20
"""Proposals of each sort on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What may be one, those that come up most first."""

    people: tuple[Alike, ...] = ()
    publishers: tuple[Alike, ...] = ()

    @property
    def parts(self) -> tuple[tuple[str, str, tuple[Alike, ...]], ...]:
        """Each sort as the file calls it and as people do, with the first of its proposals."""
        return ("people", "People", self.people[:SHOWN]), ("publishers", "Publishers", self.publishers[:SHOWN])

    def names(self, part: str) -> frozenset[str]:
        return frozenset(name.name for one in (self.people if part == "people" else self.publishers) for name in one.names)


def proposed(spellings: Spellings, everybody: Sequence[Contributor], store: Store) -> Proposed:
    """Hold the names of contributors, and of publishers of what was kept, against each other; what the file says to be one is one already."""
    publishers = (Named(name=spellings.publisher(name), count=count, place=str(item), title=title) for name, count, item, title in store.publishers())
    return Proposed(people=alike.people(_named(everybody)), publishers=alike.publishers(publishers))


def _named(everybody: Sequence[Contributor]) -> Iterator[Named]:
    for one in everybody:
        example = one.works[0] if one.works else None
        place, title = (str(example.item), example.title) if example else ("", "")
        yield Named(name=one.name, count=len({work.item for work in one.works}) + one.sent, place=place, title=title)
