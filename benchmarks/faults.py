"""Faults, tried on the real commands: what strikes, what must hold, and a line for each that says whether it held.

    python -m benchmarks.faults                      # everything; 200 kills and a quarter of an hour on a quiet machine
    python -m benchmarks.faults kills [COUNT]        # COUNT over harvest, decide, release, send and migrate
    python -m benchmarks.faults harvest [COUNT]      # of one of these
    python -m benchmarks.faults disks | damage | outages | crowd

Ends with 1 where something did not hold. All chance is seeded; the moments are not, since they depend on the machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

from benchmarks import disks, kills, outages
from benchmarks.crowded import crowded
from benchmarks.stage import Toll

KILLS = 200


def killed(count: int) -> Iterator[Toll]:
    """Kill so often, over all errands alike."""
    for errand in kills.ERRANDS.values():
        yield errand(count // len(kills.ERRANDS))


def full(count: int) -> Iterator[Toll]:
    """Fill the disk under every errand that writes, with so many amounts of room."""
    yield from disks.full(disks.ROOM[:count])


def damaged(count: int) -> Iterator[Toll]:
    """Damage the file and its log so often, and close it."""
    yield disks.damaged(count)
    yield disks.cut_log(count)
    yield disks.closed()


def gone(_: int) -> Iterator[Toll]:
    """Let everything go and come back that goes and comes back."""
    for outage in outages.OUTAGES:
        yield outage()


def crowd(_: int) -> Iterator[Toll]:
    """Let the readers and curators come."""
    lines, failed = crowded()
    yield Toll("crowd", done=len(lines), faults=failed, note="\n    ".join(lines))


GROUPS: dict[str, tuple[Callable[[int], Iterator[Toll]], int]] = {
    "kills": (killed, KILLS),
    "disks": (full, len(disks.ROOM)),
    "damage": (damaged, 20),
    "outages": (gone, 1),
    "crowd": (crowd, 1),
}


def chosen(what: str, count: int | None) -> Iterator[Toll]:
    """Give what a group of faults, or the kills of one errand, left."""
    if what in kills.ERRANDS:
        yield kills.ERRANDS[what](count or KILLS // len(kills.ERRANDS))
        return
    group, usual = GROUPS[what]
    yield from group(count or usual)


def main(words: list[str]) -> int:
    names = [words[0]] if words else list(GROUPS)
    if names[0] not in {*GROUPS, *kills.ERRANDS}:
        sys.exit(f"{names[0]}: one of {', '.join((*GROUPS, *kills.ERRANDS))}")
    failed = 0
    for name in names:
        began = time.monotonic()
        for toll in chosen(name, int(words[1]) if len(words) > 1 else None):
            failed += len(toll.faults)
            print(f"{toll}  [{time.monotonic() - began:.0f} s]", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
