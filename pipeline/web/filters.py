"""What somebody wants to see of the items: the filters of the desk as they stand in an address. Values only.

`state` empty means what waits, and then `lane` empty means the queue itself, must-haves and ranked ones; "any" is every state but folded.
`person` is whom an item was given to, or who decided it last. `q` is what a person typed; it can hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self
from urllib.parse import urlencode

from pipeline.errors import NotFoundError
from pipeline.model import ItemId, Kind, Lane, State
from pipeline.store import ItemQuery

LONGEST = 200
"""Characters of a filter that count."""
ANY = "any"

Sort = Literal["best", "newest", "soonest"]
SORTS: tuple[Sort, ...] = ("best", "newest", "soonest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Each by the name of its parameter; empty where it is not set."""

    state: str = ""
    lane: str = ""
    topic: str = ""
    kind: str = ""
    source: str = ""
    person: str = ""
    edition: str = ""
    q: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read the parameters of an address. Raises `NotFoundError` for a kind that there is not; an unknown state or lane means the queue."""
        given = {name: query.get(name, "")[:LONGEST] for name in cls.__dataclass_fields__}
        if given["kind"] and given["kind"] not in {kind.value for kind in Kind}:
            raise NotFoundError("kind", f'"{given["kind"]}"', hint="Choose one of the list.")
        if given["state"] not in {ANY, *(state.value for state in State)} or given["state"] == State.QUEUED:
            given["state"] = ""
        if given["state"] or given["lane"] not in {lane.value for lane in Lane} or given["lane"] == Lane.RANKED:
            given["lane"] = ""
        return cls(**given)

    def query(self) -> str:
        """Write the filters that are set, as in an address."""
        return urlencode({name: value for name in self.__dataclass_fields__ if (value := getattr(self, name))})

    def without(self, facet: str) -> Self:
        """Give the filters but for one facet; without a state there is no lane."""
        return replace(self, state="", lane="") if facet == "state" else replace(self, **{facet: ""})

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes in which the items stand; empty means any."""
        if self.state:
            return ()
        return (Lane(self.lane),) if self.lane else (Lane.MUST_HAVE, Lane.RANKED)

    @property
    def states(self) -> tuple[State, ...]:
        """The states that the items have."""
        if self.state == ANY:
            return tuple(state for state in State if state is not State.MERGED)
        return (State(self.state or State.QUEUED),)

    def item_query(self, *, order: Sort, after: ItemId | None, limit: int) -> ItemQuery:
        """Write the same as a question to the store."""
        return ItemQuery(
            states=self.states,
            lanes=self.lanes,
            topic=self.topic or None,
            kind=Kind(self.kind) if self.kind else None,
            source=self.source or None,
            person=self.person or None,
            edition=self.edition or None,
            text=self.q,
            limit=limit,
            after=after,
            order="rank" if order == "best" else order,
        )
