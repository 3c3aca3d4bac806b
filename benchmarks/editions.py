"""Editions of 60, 600 and 6,000 items: `python -m benchmarks.editions`. Our PDF here and in a child, all forms, a warm preview; beside them
WeasyPrint (where it is installed, or in the Python that WEASYPRINT_PYTHON names) and headless Chromium, which print a plainer page of the same items.

Every time is of one task alone in a fresh process, imports left out for those within Python; Chromium is the whole process: it has no other way.
"""

from __future__ import annotations

import html
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline import render
from pipeline.model import Edition, ItemId, Section
from pipeline.publish import press
from tests import builders

SIZES = (60, 600, 6_000)
NAMES = ("Practical tools", "Case studies", "Insights from thought leaders", "Reports and research", "Watch and listen", "Members' work")
BLURB = "What three networks of practices learnt in a year of trying it out together, in four towns and with much patience. "
HERE = Path(__file__).parents[1]
WEASY = """
import sys, time
import weasyprint
begin = time.perf_counter()
weasyprint.HTML(sys.argv[1]).write_pdf(sys.argv[2])
print(time.perf_counter() - begin)
"""


def edition(count: int) -> Edition:
    """Give an edition of so many items in six sections."""
    entries = [
        replace(
            builders.entry(),
            id=ItemId(n),
            url=f"https://north.example/{n}",
            title=f"How network number {n} learns from its neighbours",
            blurb=BLURB * 2,
            topics=(f"Topic {n % 23}", f"Topic {n % 7}"),
            lead=n <= 6,
        )
        for n in range(1, count + 1)
    ]
    sections = tuple(Section(id=f"s{n}", title=name, standfirst="What there is.", entries=tuple(entries[n::6])) for n, name in enumerate(NAMES))
    return replace(builders.edition(), sections=sections, picks=(ItemId(1), ItemId(2), ItemId(3)))


def plain(made: Edition) -> str:
    """Give a page of the same items with hardly any style: what a peer prints."""
    said = "".join(
        f"<h2>{html.escape(section.title)}</h2>"
        + "".join(
            f'<h3><a href="{one.url}">{html.escape(one.title)}</a></h3><p>{html.escape(one.blurb)}</p><p><i>{html.escape(one.note)}</i></p>'
            for one in section.entries
        )
        for section in made.sections
    )
    head = f'<meta charset="utf-8"><title>{html.escape(made.title)}</title><style>body{{font:10pt sans-serif}}</style>'
    return f'<!doctype html><html lang="en">{head}{said}</html>'


def task(name: str, count: int) -> float:
    """Do one task in this process and give its seconds."""
    made = edition(count)
    if name == "preview":
        render.render(made, "html")
        begin = time.perf_counter()
        render.render(made, "html")
        return time.perf_counter() - begin
    if name.startswith("warm"):
        press.print_all(made, ["text", "pdf"])
    begin = time.perf_counter()
    if name == "pdf":
        render.render(made, "pdf")
    else:
        press.print_all(made, ["pdf"] if name.endswith("child") else None)
    return time.perf_counter() - begin


def _ours(name: str, count: int, runs: int) -> float:
    program = [sys.executable, "-m", "benchmarks.editions", name, str(count)]
    return statistics.median(float(subprocess.run(program, capture_output=True, text=True, check=True, cwd=HERE).stdout) for _ in range(runs))


def _weasyprint(page: Path, runs: int) -> float | None:
    python = os.environ.get("WEASYPRINT_PYTHON") or (sys.executable if importlib.util.find_spec("weasyprint") else "")
    if not python:
        return None
    program = [python, "-c", WEASY, str(page), str(page.with_suffix(".weasy.pdf"))]
    return statistics.median(float(subprocess.run(program, capture_output=True, text=True, check=True).stdout) for _ in range(runs))


def _chromium(page: Path, runs: int) -> float | None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return None
    program = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={page.with_suffix('.chromium.pdf')}", page.as_uri()]
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run(program, capture_output=True, check=True, timeout=300)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def editions(runs: int = 3) -> Iterator[str]:
    """Print the table, peers in turn with ours."""
    yield "editions: items | our PDF, here | in a fresh child | in a kept child | WeasyPrint, plain page | Chromium, plain page"
    with tempfile.TemporaryDirectory() as scratch:
        for count in SIZES:
            page = Path(scratch) / f"page{count}.html"
            page.write_text(plain(edition(count)), encoding="utf-8")
            often = runs if count < 6_000 else 1
            times = [*(_ours(name, count, often) for name in ("pdf", "child", "warm-child")), _weasyprint(page, often), _chromium(page, often)]
            yield f"editions: {count:5} | " + " | ".join("not here" if one is None else f"{one:.2f} s" for one in times)
    fresh, kept = _ours("all", 60, runs), _ours("warm-all", 60, runs)
    yield f"editions: all {len(render.FORMATS)} forms of 60 items: {fresh:.2f} s with a fresh child, {kept:.2f} s with a kept one"
    yield f"editions: warm preview (web page) of 60 items: {1000 * _ours('preview', 60, runs):.0f} ms"


if __name__ == "__main__":
    if sys.argv[1:]:
        print(task(sys.argv[1], int(sys.argv[2])))
    else:
        for line in editions():
            print(line, flush=True)
