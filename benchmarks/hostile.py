"""Hostile editions in numbers: `python -m benchmarks.hostile [COUNT [FIRST]]`. Each seed in every format, every file opened and parsed.

Says what is wrong with its seed, each seed that goes over its bounds, how long the slowest took and how much memory the largest child held. Bounds
are held against processor time, so that a busy machine changes nothing: of each PDF in its child, and of all other forms together in this process.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator

from pipeline.model import Edition
from pipeline.publish import press
from pipeline.publish.child import Bounds, Crew, Pressed
from pipeline.render import FORMATS
from tests import hostile
from tests.hostile_checks import faults

SECONDS, MEGABYTES = 10, 512


class Watched(Crew):
    """A crew that keeps what each PDF since `jobs` was emptied took."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[tuple[str, Pressed]] = []

    def set(self, edition: Edition, name: str, bounds: Bounds) -> Pressed:
        pressed = super().set(edition, name, bounds)
        self.jobs.append((name, pressed))
        return pressed


def hostile_editions(count: int = 1_000, first: int = 0) -> Iterator[str]:
    """Print hostile editions and say what is wrong; the last lines are the figures."""
    watched = vars(press)["crew"] = Watched()  # the press hands its jobs to this crew instead of its own
    wrong = pdfs = over = 0
    slowest: tuple[float, int, str] = (0.0, first, "")
    largest = 0.0
    for seed in range(first, first + count):
        watched.jobs.clear()
        edition = hostile.edition(seed)
        ready = time.process_time()
        printed = press.print_all(edition)
        took = [(job.seconds, seed, name) for name, job in watched.jobs] + [(time.process_time() - ready, seed, "all other forms")]
        held = max((job.megabytes for _, job in watched.jobs), default=0.0)
        slowest, largest = max(slowest, *took), max(largest, held)
        passed = [f"{name} took {seconds:.1f} s" for seconds, _, name in took if seconds > SECONDS]
        passed += [f"a child held {held:.0f} MB"] if held > MEGABYTES else []
        over += bool(passed)
        yield from (f"hostile: seed {seed} over its bounds: {one}" for one in passed)
        names = {one.filename: name for name, one in FORMATS.items()}
        found = [f"{one.place}: {one.problem}" for one in printed.findings]
        found += [one for file in printed.files for one in faults(names[file.filename], file.body)]
        if len(printed.files) != len(FORMATS):
            found.append(f"{len(printed.files)} of {len(FORMATS)} files")
        pdfs += sum(file.filename.endswith(".pdf") for file in printed.files)
        wrong += bool(found)
        yield from (f"hostile: seed {seed}: {one[:200]}" for one in found)
        if (seed + 1) % 50 == 0:
            sofar = f"{wrong} with something wrong, {over} over their bounds"
            yield f"hostile: {seed + 1 - first} done, {sofar}, slowest {slowest[0]:.1f} s, {largest:.0f} MB"
    watched.close()
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield f"hostile: {count} editions from seed {first}: {wrong} with something wrong, {over} over their bounds, {pdfs} PDFs opened"
    yield f"hostile: slowest form {slowest[0]:.1f} s of processor time ({slowest[2]} of seed {slowest[1]}; bound {SECONDS} s)"
    yield f"hostile: largest child {largest:.0f} MB (bound {MEGABYTES}), this process with its checks {here:.0f} MB"


if __name__ == "__main__":
    for line in hostile_editions(*map(int, sys.argv[1:])):
        print(line, flush=True)
