"""Set one digest of 60 entries and print the seconds that the setting took, fonts and template included."""

import time
from dataclasses import replace

from pipeline import render
from pipeline.model import ItemId, Kind, Section
from tests import builders

NAMES = ("Practical tools", "Events", "Case studies", "Insights from thought leaders", "Reports and research", "Watch and listen")
entries = [
    replace(builders.entry(), id=ItemId(n), title=f"How network number {n} learns from its neighbours", kind=Kind.REPORT) for n in range(1, 61)
]
sections = tuple(Section(id=f"s{n}", title=name, standfirst="What there is.", entries=tuple(entries[n::6])) for n, name in enumerate(NAMES))
edition = replace(builders.edition(), sections=sections)
begin = time.perf_counter()
body = render.render(edition, "pdf").body
print(f"{time.perf_counter() - begin:.3f} {len(body)}")
