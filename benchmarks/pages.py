"""Extraction beside its peers, in this process, on one core: `python -m benchmarks.pages`. Knows the corpus only by its folder.

Every peer reads the same bytes, in turn with ours, and is given what it needs to fill title, authors, date and text. What each of them found is
scored by the corpus's own `score_pages.py`. A peer that is not installed is named so; `GLEANINGS_PEERS` may name a folder of site-packages in
which they are, and `GLEANINGS_RUNS` how often each page is read for its time (3).
"""

from __future__ import annotations

import gzip
import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pypdfium2
import trafilatura
from lxml import html as lxml_html

from pipeline import extract
from pipeline.errors import ExtractError
from pipeline.extract import frontmatter, leaves
from pipeline.model import Lead, Page

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "pages"
RUNS = int(os.environ.get("GLEANINGS_RUNS", "3"))
NOW = datetime(2026, 11, 22, tzinfo=UTC)
Said = dict[str, Any]  # what a reader found, as the score wants it
Reader = Callable[[str, bytes], Said]


def _ours(url: str, body: bytes) -> Said:
    try:
        found = extract.extract(Page(url=url, body=body, fetched=NOW), Lead(source="bench", url=url))
    except ExtractError:
        return {}
    return {
        "title": found.title,
        "authors": list(found.creators),
        "date": found.published.isoformat() if found.published else None,
        "description": found.description,
        "text": found.text,
        "kind": found.kind.value,
    }


def _trafilatura(url: str, body: bytes) -> Said:
    found = trafilatura.bare_extraction(body, url=url, with_metadata=True)
    if found is None:
        return {}
    return {"title": found.title, "authors": found.author, "date": found.date, "description": found.description, "text": found.text}


def _newspaper() -> Reader:
    newspaper = importlib.import_module("newspaper")

    def read(url: str, body: bytes) -> Said:
        article = newspaper.Article(url, fetch_images=False)  # it would ask for every picture of the page
        article.download(input_html=body.decode("utf-8", "replace"))
        article.parse()
        day = article.publish_date
        date = day.isoformat() if isinstance(day, datetime) else str(day or "")
        return {"title": article.title, "authors": article.authors, "date": date, "description": article.meta_description, "text": article.text}

    return read


def _readability() -> Reader:
    readability = importlib.import_module("readability")

    def read(url: str, body: bytes) -> Said:
        document = readability.Document(body, url=url)
        summary = lxml_html.fromstring(document.summary())
        return {"title": document.short_title(), "text": "\n".join(summary.itertext())}

    return read


READERS: dict[str, Callable[[], Reader]] = {
    "gleanings": lambda: _ours,
    "trafilatura": lambda: _trafilatura,
    "newspaper4k": _newspaper,
    "readability-lxml": _readability,
}


def _seconds(read: Reader, pages: Sequence[tuple[str, bytes]]) -> list[float]:
    """CPU seconds for each page; a page on which a peer fails counts with the time that it took to fail."""
    taken = []
    for url, body in pages:
        begin = time.process_time()
        try:
            read(url, body)
        except Exception as error:  # noqa: BLE001 - peers fail in ways of their own
            print(f"{type(error).__name__} on {url}", file=sys.stderr)
        taken.append(time.process_time() - begin)
    return taken


def _scored(read: Reader, rows: Sequence[Said], pages: Sequence[tuple[str, bytes]]) -> str:
    """How right a reader is. Reads every page once, so that models and patterns are loaded before a clock runs."""
    said: dict[str, Said] = {}
    for row, (url, body) in zip(rows, pages, strict=True):
        try:
            said[row["id"]] = read(url, body)
        except Exception as error:  # noqa: BLE001 - peers fail in ways of their own
            print(f"{type(error).__name__} on {url}", file=sys.stderr)
    sys.path.append(str(CORPUS.parent))
    scores, _ = importlib.import_module("score_pages").score(rows, said)
    parts = {"title": "title_strict", "authors": "authors", "date": "date", "text": "text_bag", "4-grams": "text_sh"}
    told = [f"{name} {scores[part]['F1']:.3f}" for name, part in parts.items() if part in scores]
    return ", ".join([*told, f"metadata F1 {scores['metadata_F1']:.3f}"] if "metadata_F1" in scores else told)


def html(runs: int = RUNS) -> Iterator[str]:
    """How right each reader is, and its pages a second: medians over the runs, all readers in turn within each run, CPU time."""
    if not CORPUS.is_dir():
        yield "extract: the corpus of real pages is not at hand; skipped"
        return
    if folder := os.environ.get("GLEANINGS_PEERS"):
        sys.path.append(folder)
    rows = [json.loads(line) for line in (CORPUS / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    pages = [(row["url"], gzip.decompress((CORPUS / row["html_file"]).read_bytes())) for row in rows]
    readers: dict[str, Reader] = {}
    for name, made in READERS.items():
        try:
            readers[name] = made()
        except ImportError:
            yield f"extract: {name:16} not installed"
    for name, read in readers.items():
        yield f"extract: {name:16} {_scored(read, rows, pages)}"
    taken = _in_turn(readers, pages, runs)
    ours = statistics.median(sum(run) for run in taken["gleanings"])
    for name, measured in taken.items():
        whole = statistics.median(sum(run) for run in measured)
        slowest = min(max(run) for run in measured)
        yield f"extract: {name:16} {len(pages) / whole:6.1f} pages/s  slowest {slowest * 1000:5.0f} ms  ours is {whole / ours:.2f} times as fast"


def _in_turn(readers: dict[str, Reader], pages: Sequence[tuple[str, bytes]], runs: int) -> dict[str, list[list[float]]]:
    taken: dict[str, list[list[float]]] = {name: [] for name in readers}
    for _ in range(runs):
        for name, read in readers.items():
            taken[name].append(_seconds(read, pages))
    return taken


def reports(runs: int = RUNS) -> Iterator[str]:
    """Reports (PDF) a second: the title alone, and everything."""
    if not CORPUS.is_dir():
        yield "reports: the corpus of real reports is not at hand; skipped"
        return
    files = [file.read_bytes() for file in sorted((CORPUS / "pdf").glob("*.pdf"))]
    pages = [(f"https://reports.example/{number}.pdf", body) for number, body in enumerate(files)]
    _seconds(_ours, pages)
    titles = statistics.median(sum(_seconds(_title, pages)) for _ in range(runs))
    whole = statistics.median(sum(_seconds(_ours, pages)) for _ in range(runs))
    yield f"reports: title alone {len(pages) / titles:.0f} a second; title, people, day, identifiers and text {len(pages) / whole:.0f} a second"


def _title(_: str, body: bytes) -> Said:
    document = pypdfium2.PdfDocument(body)
    try:
        lines, words = leaves.front(document)
        return {"title": frontmatter.title(document.get_metadata_value("Title"), lines, words).found}
    finally:
        document.close()


if __name__ == "__main__":
    for line in chain(html(), reports()):  # each as soon as it is known
        print(line, flush=True)
