"""All that is filtered by, held in memory: loaded from the store, followed change by change, counted and listed under any filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.config import Config
from pipeline.late import late
from pipeline.model import Lane, State
from pipeline.store import Store
from pipeline.store.facets import FACETS, Facts
from pipeline.web import tally
from pipeline.web.filters import ANY, Filters, Sort
from pipeline.web.tally import Among, Facet, Order

if TYPE_CHECKING:
    import numpy as np
    from markupsafe import Markup
    from numpy.typing import NDArray

    from pipeline.web.tally import Bits, Numbers

    Words = Numbers | None  # the items that hold the words of a search, folded ones among them; `None` without a search
else:
    np = late("numpy")

_KEPT = 16
"""Filters whose counts are kept."""
_MASKS = 64
"""What is kept of each sort that holds only while nothing changes."""
_BY_ITEM, _BY_VALUE = 50_000, 16
"""Among so many items at most, a facet of more than so many values is counted item by item."""
_KEPT_THROUGH = 50
"""Changes at once that kept counts follow; more are counted anew."""
FEW = 100
"""Items of which a search asks each whether it holds the words."""
_DAY = 86_400
_TAKEN = (State.ACCEPTED, State.PUBLISHED)

Values = Mapping[str, tuple[str, ...]]
"""What an item has of each facet."""


class Held:
    """The facets and orders of all items, as of one change. `found` keeps what searches found and `shown` what was made of the counts, until
    anything changes."""

    def __init__(self, facets: Mapping[str, Facet], orders: Mapping[str, Order], *, heads: NDArray[np.int32], renames: Mapping[str, str]) -> None:
        self.until = 0
        self.found: dict[tuple[str, tuple[int, ...] | None], Numbers] = {}
        self.shown: dict[tuple[str, ...], tuple[Config, Markup]] = {}
        self._kept: dict[Filters, dict[str, Counter[str]]] = {}
        self._said: dict[Filters, Mapping[str, Mapping[str, int]]] = {}
        self._masks: dict[tuple[Filters, str], Bits] = {}
        self._facets = facets
        self._orders = orders
        self._heads = heads
        self._renames = renames
        self._make_room(len(heads))

    def knows(self, item: int) -> bool:
        """Say whether there is an item of this number."""
        return 0 < item < self._room and bool(self._heads[item])

    def follow(self, store: Store, changed: Sequence[int], until: int) -> None:
        """Take over what changed: the items themselves, and the heads that they are or were folded into."""
        self._rename(store.renames())
        if changed:
            self._forget()
            if len(changed) > _KEPT_THROUGH:
                self._kept.clear()
            touched = {*changed, *store.heads(changed), *(int(self._heads[one]) for one in changed if self.knows(one))}
            self._grow(max(touched))
            facts = {one.item: one for one in store.facts(touched)}
            for item in touched:
                self._put(item, facts.get(item))
        self.until = until

    def among(self, filters: Filters, words: Words) -> Among:
        """Give the items under these filters."""
        return Among(self._mask(filters, words))

    def counts(self, filters: Filters, words: Words) -> Mapping[str, Mapping[str, int]]:
        """Count the items of each value under the filters of the other facets. What was counted is kept, and follows each change."""
        if words is not None:
            return self._count_found(filters, words)
        if filters in self._kept:
            self._kept[filters] = self._kept.pop(filters)  # the last asked for stay longest
        else:
            if len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[filters] = self._count(filters)
        if filters not in self._said:
            if len(self._said) >= _MASKS:
                self._said.clear()
            counts = self._kept[filters]
            self._said[filters] = {name: {value: count for value, count in counted.items() if count} for name, counted in counts.items()}
        return self._said[filters]

    def _count(self, filters: Filters) -> dict[str, Counter[str]]:
        own = Among(self._mask(filters, None))
        found = {}
        for name in FACETS:
            without = self._kept.get(filters.without(name)) if name not in ("lane", "state") and getattr(filters, name) else None
            if without:  # its own filter does not count for a facet
                found[name] = Counter(without[name])
            else:
                found[name] = self._count_one(name, Among(self._mask(filters, None, but=name)) if _is_set(filters, name) else own)
        return found

    def _count_one(self, name: str, among: Among) -> Counter[str]:
        renames = self._renames if name == "topic" else {}
        values = self._facets[name].values
        if len(values) > _BY_VALUE and among.count <= _BY_ITEM:
            return self._facets[name].counted(among.items, renames)
        if renames:
            return self._by_todays_name(among.bits)
        return Counter({value: count for value, members in values.items() if (count := members.count(among, self._spare))})

    def _count_found(self, filters: Filters, words: Numbers) -> dict[str, Counter[str]]:
        """Count among what a search found: some thousands at most, so item by item and not value by value."""
        heads = self._heads[words[words < self._room]]
        heads = tally.distinct(heads[heads > 0], self._room)
        own = tally.among(heads, self._mask(filters, None))
        found = {}
        for name in FACETS:
            chosen = tally.among(heads, self._mask(filters, None, but=name)) if _is_set(filters, name) else own
            found[name] = self._facets[name].counted(chosen, self._renames if name == "topic" else {})
        return found

    def page(self, among: Among, *, order: Sort, after: int | None, limit: int, now: datetime) -> list[int]:
        """List some of the items in an order."""
        if order == "newest":
            return tally.newest(among.bits, after=after, limit=limit)
        if order == "soonest":
            return self._orders["soonest"].rising(among, least=int(now.timestamp()) - _DAY, after=after, limit=limit)
        return self._orders["best"].falling(among, after=after, limit=limit)

    def record(self, sources: Iterable[str]) -> Mapping[str, tuple[int, int]]:
        """Say for each of these sources how many of its items were kept and how many decided; one without is left out."""
        kept, rejected = self._any("state", _TAKEN), self._any("state", (State.REJECTED,))
        found = {}
        for source in sources:
            of = self._any("source", (source,))
            good, bad = tally.size(of & kept), tally.size(of & rejected)
            if good + bad:
                found[source] = (good, good + bad)
        return found

    def decided(self) -> tuple[int, int]:
        """Say how many items were kept and how many decided."""
        kept = tally.size(self._any("state", _TAKEN))
        return kept, kept + tally.size(self._any("state", (State.REJECTED,)))

    def few(self, filters: Filters, *, counting: bool) -> tuple[int, ...] | None:
        """List the items under the filters but for the words, with what is folded into them, where they are few. For `counting` that is all that is
        counted for any facet, each without its own filter."""
        mask = self._mask(filters, None)
        for name in FACETS if counting else ():
            if _is_set(filters, name):
                mask = mask | self._mask(filters, None, but=name)
        if tally.size(mask) > FEW:
            return None
        chosen = np.flatnonzero(tally.unpack(mask))
        return tuple(np.flatnonzero(np.isin(self._heads, chosen)).tolist())

    # ------------------------------------------------------------ which items

    def _mask(self, filters: Filters, words: Words, *, but: str = "") -> Bits:
        """Give the items under all filters, or all but those of one facet."""
        mask = self._kept_mask(((replace(filters, q="") if filters.q else filters), but), lambda: self._masked(filters, but))
        if words is not None:
            heads = self._heads[words[words < self._room]]
            mask = mask & tally.pack(heads[heads > 0], self._room)
        return mask

    def _kept_mask(self, key: tuple[Filters, str], make: Callable[[], Bits]) -> Bits:
        if key not in self._masks:
            found = make()
            if len(self._masks) >= _MASKS:
                self._masks.clear()
            self._masks[key] = found
        return self._masks[key]

    def _masked(self, filters: Filters, but: str) -> Bits:
        mask = self._standing(filters, but)
        for name in ("topic", "kind", "source", "person", "edition"):
            value = getattr(filters, name)
            if value and name != but:
                mask = mask & self._any(name, self._names(value) if name == "topic" else (value,))
        return mask

    def _standing(self, filters: Filters, but: str) -> Bits:
        """Give the items of the state and, where they wait, of the lane. A folded one is never among those of any state."""
        key = Filters(state=filters.state, lane=filters.lane), but if but in ("state", "lane") else ""
        return self._kept_mask(key, lambda: self._stand(filters, but))

    def _stand(self, filters: Filters, but: str) -> Bits:
        if but == "state" or filters.state == ANY:
            every = self._any("state", tuple(state for state in State if but == "state" or state is not State.MERGED))
            return every if but == "state" else every & ~(self._any("state", (State.QUEUED,)) & self._any("lane", (Lane.SKIPPED,)))
        mask = self._any("state", filters.states)
        return mask & self._any("lane", filters.lanes) if filters.lanes and but != "lane" else mask

    def _any(self, facet: str, values: Iterable[str]) -> Bits:
        held = self._facets[facet].values
        return tally.union((held[value].bits(self._room) for value in values if value in held), self._room)

    def _names(self, topic: str) -> tuple[str, ...]:
        return (topic, *(old for old, new in self._renames.items() if new == topic))

    def _by_todays_name(self, among: Bits) -> Counter[str]:
        names = dict.fromkeys(self._renames.get(one, one) for one in self._facets["topic"].values)
        counted = {name: tally.size(among & self._any("topic", self._names(name))) for name in names}
        return Counter({name: count for name, count in counted.items() if count})

    # ------------------------------------------------------------ changes

    def _rename(self, renames: Mapping[str, str]) -> None:
        if renames != self._renames:
            self._renames = renames
            self._kept.clear()
            self._forget()

    def _forget(self) -> None:
        """Forget what holds only while nothing changes."""
        for kept in (self.found, self.shown, self._said, self._masks):
            kept.clear()

    def _put(self, item: int, facts: Facts | None) -> None:
        self._heads[item] = facts.head if facts else 0
        before = {name: self._facets[name].of(item) for name in FACETS}
        after = {name: tuple(sorted(facts.values[name])) if facts else () for name in FACETS}
        if before != after:
            for filters, counts in self._kept.items():
                self._recount(counts, filters, before, -1)
                self._recount(counts, filters, after, 1)
            for name in FACETS:
                self._facets[name].put(item, after[name], self._room)
        self._orders["best"].put(item, tally.key_of(facts.rank, must_have=facts.must_have) if facts else -1)
        self._orders["soonest"].put(item, facts.starts if facts and facts.starts is not None and facts.starts >= 0 else -1)

    def _recount(self, counts: Mapping[str, Counter[str]], filters: Filters, values: Values, by: int) -> None:
        """Add an item with these values to what is counted under some filters, or take it away."""
        values = {**values, "topic": tuple(dict.fromkeys(self._renames.get(one, one) for one in values["topic"]))} if self._renames else values
        missed = [name for name in FACETS if not _meets(filters, name, values)]
        for name in FACETS:
            if not set(missed) - {name, *(("lane",) if name == "state" else ())}:
                for value in values[name]:
                    counts[name][value] += by

    def _grow(self, last: int) -> None:
        if last < self._room:
            return
        room = tally.room_for(last)
        self._heads = np.concatenate((self._heads, np.zeros(room - self._room, np.int32)))
        for facet in self._facets.values():
            facet.grow(room)
        for order in self._orders.values():
            order.grow(room)
        self._make_room(room)

    def _make_room(self, room: int) -> None:
        self._room = room
        self._spare = np.empty(room // 64, np.uint64), np.empty(room // 64, np.uint8)


def _is_set(filters: Filters, name: str) -> bool:
    """Say whether a facet is filtered by: state and lane always are."""
    return name in ("lane", "state") or bool(getattr(filters, name))


def _meets(filters: Filters, name: str, values: Values) -> bool:
    """Say whether an item with these values meets the filter of one facet."""
    if name == "state":
        skipped = filters.state == ANY and (values["state"], values["lane"]) == ((State.QUEUED,), (Lane.SKIPPED,))
        return not skipped and any(state in values["state"] for state in filters.states)
    if name == "lane":
        return not filters.lanes or any(lane in values["lane"] for lane in filters.lanes)
    wanted = getattr(filters, name)
    return not wanted or wanted in values[name]


def load(store: Store) -> Held:
    """Read everything. What changes while it is read is told again by the next change, so that no long transaction is needed."""
    until, room = store.last_change(), tally.room_for(store.last_item())
    columns = _columns(store, room)
    heads = np.zeros(room, np.int32)
    for parts in columns["state"].values():
        for part in parts:
            heads[part] = part
    folded = store.folds()
    heads[numbers(folded.items)] = numbers(folded.numbers)
    for parts in columns["source"].values():  # folded ones count as their heads
        parts[:] = [heads[part][heads[part] > 0] for part in parts]
    # One after the other, so that what was read of a facet is gone when the next one is made.
    facets = {name: Facet({value: np.concatenate(parts) for value, parts in columns.pop(name).items()}, room) for name in FACETS}
    made = Held(facets, {"best": Order(_ranks(store, room)), "soonest": Order(_beginnings(store, room))}, heads=heads, renames=store.renames())
    made.until = until
    return made


def _columns(store: Store, room: int) -> dict[str, dict[str, list[NDArray[np.int32]]]]:
    """Read the items of each value of each facet, in several parts."""
    columns: dict[str, dict[str, list[NDArray[np.int32]]]] = {name: {} for name in FACETS}
    for column in store.columns():
        items = numbers(column.items)
        narrow = items[items < room].astype(np.int32)
        for facet, value in column.values.items():
            columns[facet].setdefault(value, []).append(narrow)
    for beside in store.beside():
        items = numbers(beside.items).astype(np.int32)
        codes = {value: code for code, value in enumerate(dict.fromkeys(beside.values))}
        said = np.fromiter(map(codes.__getitem__, beside.values), np.int32, len(beside.values))
        for value, code in codes.items():
            columns[beside.facet].setdefault(value, []).append(items[said == code])
    return columns


def _ranks(store: Store, room: int) -> Numbers:
    keys = np.full(room, -1, np.int64)
    for must_have in (False, True):
        read = store.ranks(must_have=must_have)
        items, ranks = numbers(read.items), np.fromstring(read.numbers, np.float64, sep=",")
        keys[items[items < room]] = tally.keys_of(ranks[items < room], must_have=must_have)
    return keys


def _beginnings(store: Store, room: int) -> Numbers:
    keys = np.full(room, -1, np.int64)
    read = store.beginnings()
    items, starts = numbers(read.items), numbers(read.numbers)
    keys[items[items < room]] = starts[items < room]
    return keys


def numbers(written: str) -> Numbers:
    return np.fromstring(written, np.int64, sep=",") if written else np.empty(0, np.int64)
