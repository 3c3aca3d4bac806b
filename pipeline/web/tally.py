"""Counting at a million items: which items have a value, as bits or as numbers, and in which order they stand. Knows no database and no page.

A value that many items have is a row of bits, one for each item number; a rare one is a list of numbers, which is shorter and as quick to count.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pipeline.late import late

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bits = NDArray[np.uint64]
    Numbers = NDArray[np.int64]
    Items = NDArray[Any]  # item numbers of any width
    Flags = NDArray[np.bool_]
else:
    np = late("numpy")

RARE = 64
"""A value is rare while it has at most one item in so many."""
_ROOM = 65_536
"""Item numbers that there is room for beyond the last, in whole words of 64."""
_LOOSE = 2_000
"""Items out of the sorted order before they are sorted in."""
_STEP = 256
_FEW = 20_000
"""Items that are sorted by their keys; more are looked for along the line."""
_LINKS = 4_096
"""Links that are looked for, and unneeded ones that are borne with."""
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


class Among:
    """Items among which others are counted: as bits, and as whatever else it is quickest to count them by."""

    def __init__(self, bits: Bits) -> None:
        self.bits = bits

    @cached_property
    def count(self) -> int:
        return size(self.bits)

    @cached_property
    def flags(self) -> Flags:
        return unpack(self.bits)

    @cached_property
    def items(self) -> Items:
        return np.flatnonzero(self.flags)


class Members:
    """The items of one value. It is made from their numbers, each once, in their order."""

    def __init__(self, items: Items, room: int) -> None:
        self._bits: Bits | None = None
        self._items: NDArray[np.int32] = items.astype(np.int32)
        if len(self._items) * RARE > room:
            self._bits, self._items = pack(self._items, room), np.empty(0, np.int32)

    def bits(self, room: int) -> Bits:
        """Give the items as bits, for this many numbers."""
        return pack(self._items, room) if self._bits is None else self._bits

    def count(self, among: Among, spare: tuple[Bits, NDArray[np.uint8]]) -> int:
        """Count those among others; `spare` is room to reckon in."""
        if self._bits is None:
            return int(np.count_nonzero(among.flags.take(self._items)))
        np.bitwise_and(self._bits, among.bits, out=spare[0])
        np.bitwise_count(spare[0], out=spare[1])
        return int(spare[1].sum(dtype=np.uint32))

    def put(self, item: int, here: bool) -> None:
        """Add an item that is not among them, or take out one that is."""
        if self._bits is not None:
            self._bits[item >> 6] ^= np.uint64(1 << (item & 63))
        elif here:
            self._items = np.append(self._items, np.int32(item))
        else:
            self._items = self._items[self._items != item]

    def grow(self, room: int) -> None:
        """Make room for more numbers."""
        if self._bits is not None:
            self._bits = np.concatenate((self._bits, np.zeros(room // 64 - len(self._bits), np.uint64)))


class Facet:
    """The values of one facet, and what each item has of them.

    An item stands at the end of a chain of values, which it shares with others as far as theirs begin alike. A link is two numbers: a value, and the
    link before; link 0 is that of no value. Only links that were made lately are found again: a chain that is there twice is counted the same.
    """

    def __init__(self, values: Mapping[str, Items], room: int) -> None:
        self.values: dict[str, Members] = {}
        self._of: NDArray[np.int32] = np.zeros(room, np.int32)
        self._before, self._value = array("i", (0,)), array("i", (0,))
        self._names: list[str] = [""]
        self._places: dict[str, int] = {}
        self._last: dict[tuple[int, int], int] = {}
        self._enough = _LINKS
        for value, found in values.items():
            items = distinct(found, room)
            self.values[value] = Members(items, room)
            self._join(self._place(value), items)
        self._shorten()

    def of(self, item: int) -> tuple[str, ...]:
        """Give the values of an item."""
        found, link = [], int(self._of[item])
        while link:
            found.append(self._names[self._value[link]])
            link = self._before[link]
        return tuple(sorted(found))

    def counted(self, items: Items, renames: Mapping[str, str]) -> Counter[str]:
        """Count for each value which of these items have it, an item once for two values that are called the same now."""
        held = np.bincount(self._of[items])
        ends = np.flatnonzero(held)
        chains, values = self._chains(ends)
        if renames:
            now = np.array([0, *(self._place(renames.get(name, name)) for name in self._names[1:])], np.int64)
            chains, values = np.divmod(np.unique(chains * len(self._names) + now[values]), len(self._names))
        counts = np.bincount(values, weights=held[ends][chains])
        return Counter({self._names[one]: int(counts[one]) for one in np.flatnonzero(counts).tolist()})

    def put(self, item: int, values: tuple[str, ...], room: int) -> None:
        """Give an item other values."""
        before, after = set(self.of(item)), set(values)
        for value in before ^ after:
            self.values.setdefault(value, Members(np.empty(0, np.int64), room)).put(item, value in after)
        link = int(self._of[item]) if before <= after else 0
        for value in sorted(after - before if link else after):
            link = self._link(link, self._place(value))
        self._of[item] = link
        if len(self._value) > self._enough:
            self._shorten()

    def grow(self, room: int) -> None:
        """Make room for more numbers."""
        self._of = np.concatenate((self._of, np.zeros(room - len(self._of), np.int32)))
        for members in self.values.values():
            members.grow(room)

    def _place(self, value: str) -> int:
        if value not in self._places:
            self._places[value] = len(self._names)
            self._names.append(value)
        return self._places[value]

    def _join(self, value: int, items: Items) -> None:
        """Give these items one value more."""
        held = self._of[items]
        ends = distinct(held, len(self._value))
        self._of[items] = len(self._value) + np.searchsorted(ends, held)
        self._before.frombytes(ends.astype(np.int32).tobytes())
        self._value.extend([value] * len(ends))

    def _link(self, before: int, value: int) -> int:
        if (before, value) not in self._last:
            if len(self._last) >= _LINKS:
                self._last.clear()
            self._last[before, value] = len(self._value)
            self._before.append(before)
            self._value.append(value)
        return self._last[before, value]

    def _chains(self, ends: Items) -> tuple[Numbers, Numbers]:
        """List all values of the chains with these ends: the place of the end, and the value."""
        before, value = np.frombuffer(self._before, np.int32), np.frombuffer(self._value, np.int32)
        places, values = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
        place, link = np.flatnonzero(ends), ends[ends > 0]
        while len(link):
            places.append(place)
            values.append(value[link])
            link = before[link]
            place, link = place[link > 0], link[link > 0]
        return np.concatenate(places), np.concatenate(values)

    def _shorten(self) -> None:
        """Drop the links that no item needs."""
        before, value = np.frombuffer(self._before, np.int32), np.frombuffer(self._value, np.int32)
        needed = np.zeros(len(value), np.bool_)
        needed[0] = True
        link: Items = np.flatnonzero(np.bincount(self._of))
        while len(link):
            needed[link] = True
            link = before[link]
            link = link[~needed[link]]
        number: NDArray[np.int32] = np.cumsum(needed, dtype=np.int32) - np.int32(1)
        self._of = number[self._of]
        self._before, self._value = array("i", number[before[needed]].tobytes()), array("i", value[needed].tobytes())
        self._last.clear()
        self._enough = 2 * len(self._value) + _LINKS


class Order:
    """Items by a key, the highest last, of equal ones the higher number last. A key of -1 stands for none: such an item has no place."""

    def __init__(self, keys: Numbers) -> None:
        self._keys = keys
        placed = np.flatnonzero(keys >= 0)
        self._line = placed[np.argsort(keys[placed], kind="stable")].astype(np.int32)
        self._line_keys = keys[self._line]  # as they were when the line was sorted
        self._loose: set[int] = set()  # whose keys are others since; where they still stand in the line they are passed over

    def put(self, item: int, key: int) -> None:
        """Give an item another key."""
        if key != self._keys[item]:
            self._keys[item] = key
            self._loose.add(item)
            if len(self._loose) > _LOOSE:
                self._settle()

    def grow(self, room: int) -> None:
        """Make room for more numbers."""
        self._keys = np.concatenate((self._keys, np.full(room - len(self._keys), -1, np.int64)))

    def falling(self, among: Among, *, after: int | None, limit: int) -> list[int]:
        """List the first of some items, the highest key first; those that follow one item."""
        start = None if after is None else self._key(after)
        if among.count <= _FEW:
            items, keys = self._placed(among)
            if start is not None:
                before = (keys < start[0]) | ((keys == start[0]) & (items < start[1]))
                items, keys = items[before], keys[before]
            if len(items) > limit:
                chosen = keys >= np.partition(keys, -limit)[-limit]
                items, keys = items[chosen], keys[chosen]
            found: list[int] = items[np.lexsort((items, keys))[::-1][:limit]].tolist()
            return found
        line = self._line if start is None else self._line[: self._place(start)]
        loose = [one for one in self._loose if among.flags[one] and self._keys[one] >= 0 and (start is None or self._key(one) < start)]
        return sorted(self._walk(line[::-1], among, limit) + loose, key=self._key, reverse=True)[:limit]

    def rising(self, among: Among, *, least: int, after: int | None, limit: int) -> list[int]:
        """List the first of some items, the lowest key from `least` on first; those that follow one item."""
        start = (least, -1) if after is None else self._key(after)
        loose = [one for one in self._loose if among.flags[one] and self._key(one) > start]
        found = self._walk(self._line[self._place(start) :], among, limit + 1) + loose
        return sorted((one for one in found if self._key(one) > start), key=self._key)[:limit]

    def _placed(self, among: Among) -> tuple[Items, Numbers]:
        """Give those that have a place, with their keys."""
        keys = self._keys[among.items]
        return among.items[keys >= 0], keys[keys >= 0]

    def _key(self, item: int) -> tuple[int, int]:
        return int(self._keys[item]), item

    def _place(self, start: tuple[int, int]) -> int:
        """Say how many of the line stand before a key and number."""
        low, high = (int(np.searchsorted(self._line_keys, start[0], side)) for side in _SIDES)
        return low + int(np.searchsorted(self._line[low:high], start[1]))

    def _walk(self, line: NDArray[np.int32], chosen: Among, limit: int) -> list[int]:
        found: list[int] = []
        at, step = 0, _STEP
        while at < len(line) and len(found) < limit:
            part = line[at : at + step]
            found += [one for one in among(part, chosen.bits).tolist() if one not in self._loose]
            at, step = at + step, step * 4
        return found[:limit]

    def _settle(self) -> None:
        """Sort in those that came or moved."""
        out = np.zeros(len(self._keys), np.bool_)
        out[list(self._loose)] = True
        stays = ~out[self._line]
        self._line, self._line_keys = self._line[stays], self._line_keys[stays]
        placed = sorted((one for one in self._loose if self._keys[one] >= 0), key=self._key)
        places = [self._place(self._key(one)) for one in placed]
        self._line = np.insert(self._line, places, placed)
        self._line_keys = np.insert(self._line_keys, places, self._keys[placed])
        self._loose.clear()


def newest(bits: Bits, *, after: int | None, limit: int) -> list[int]:
    """List the first of those whose bit is set, the highest number first; those below one number."""
    end = len(bits) if after is None else min(after // 64 + 1, len(bits))
    found: list[int] = []
    step = _STEP // 64
    while end > 0 and len(found) < limit:
        begin = max(0, end - step)
        here = (np.flatnonzero(unpack(bits[begin:end]))[::-1] + begin * 64).tolist()
        found += [one for one in here if after is None or one < after]
        end, step = begin, step * 4
    return found[:limit]


def room_for(last: int) -> int:
    """Say for how many numbers there is to be room where this is the last."""
    return (last // 64 + 1) * 64 + _ROOM


def distinct(items: Items, room: int) -> Items:
    """Give these numbers in their order, each once. Many are sorted by setting flags, which is tenfold quicker than NumPy's `unique`."""
    if len(items) * RARE > room:
        flags = np.zeros(room, np.bool_)
        flags[items] = True
        return np.flatnonzero(flags)
    found = np.sort(items)
    return found[np.append(True, found[1:] != found[:-1])] if len(found) else found


def among(items: Items, bits: Bits) -> Items:
    """Give those of these numbers whose bit is set."""
    found: Items = items[(bits[items >> 6] >> (items & 63).astype(np.uint64)) & np.uint64(1) != 0]
    return found


def pack(items: NDArray[np.int32], room: int) -> Bits:
    """Write numbers as bits."""
    flags = np.zeros(room, np.bool_)
    flags[items] = True
    return np.packbits(flags, bitorder="little").view(np.uint64)


def unpack(bits: Bits) -> Flags:
    """Write bits as a flag for each number."""
    return np.unpackbits(bits.view(np.uint8), bitorder="little").view(np.bool_)


def size(bits: Bits) -> int:
    """Count the items."""
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


def union(rows: Iterable[Bits], room: int) -> Bits:
    """Give the bits that any of these has; not to be changed, as it may be one of them."""
    made: Bits | None = None
    for row in rows:
        made = row if made is None else made | row
    return np.zeros(room // 64, np.uint64) if made is None else made


def key_of(rank: float, *, must_have: bool) -> int:
    """Write a rank as a whole number in the same order, must-haves above all: for numbers from 0 on, the bits of a float are in its order."""
    return int(np.float64(max(rank, 0.0)).view(np.int64)) | (int(must_have) << 62)


def keys_of(ranks: Sequence[float] | NDArray[np.float64], *, must_have: bool) -> Numbers:
    """Write ranks as `key_of` does."""
    keys: Numbers = np.maximum(np.asarray(ranks, np.float64), 0.0).view(np.int64)
    return keys | (int(must_have) << 62)
