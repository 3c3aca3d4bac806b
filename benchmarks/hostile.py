"""Hostile editions in numbers: `python -m benchmarks.hostile [COUNT [FIRST]]`. Each seed in every format, every file opened and parsed.

Says what is wrong with its seed, and how long the slowest took and how much memory the largest child held.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator

from pipeline.publish.child import crew
from pipeline.publish.press import print_all
from pipeline.render import FORMATS
from tests import hostile
from tests.hostile_checks import faults

SECONDS, MEGABYTES = 10, 512


def hostile_editions(count: int = 1_000, first: int = 0) -> Iterator[str]:
    """Print hostile editions and say what is wrong; the last lines are the figures."""
    wrong = pdfs = 0
    slowest: list[tuple[float, int]] = []
    for seed in range(first, first + count):
        edition = hostile.edition(seed)
        begin = time.perf_counter()
        printed = print_all(edition)
        slowest = sorted([*slowest, (time.perf_counter() - begin, seed)])[-3:]
        names = {one.filename: name for name, one in FORMATS.items()}
        found = [f"{one.place}: {one.problem}" for one in printed.findings]
        found += [one for file in printed.files for one in faults(names[file.filename], file.body)]
        if len(printed.files) != len(FORMATS):
            found.append(f"{len(printed.files)} of {len(FORMATS)} files")
        pdfs += sum(file.filename.endswith(".pdf") for file in printed.files)
        wrong += bool(found)
        yield from (f"hostile: seed {seed}: {one[:200]}" for one in found)
        if (seed + 1) % 50 == 0:
            yield f"hostile: {seed + 1 - first} done"
    crew.close()
    child, here = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    yield f"hostile: {count} editions from seed {first}: {wrong} with something wrong, {pdfs} PDFs opened"
    yield f"hostile: slowest edition in all forms {slowest[-1][0]:.1f} s (seed {slowest[-1][1]}; bound {SECONDS} s a form)"
    yield f"hostile: largest child {child:.0f} MB (bound {MEGABYTES}), this process with its checks {here:.0f} MB"


if __name__ == "__main__":
    for line in hostile_editions(*map(int, sys.argv[1:])):
        print(line, flush=True)
