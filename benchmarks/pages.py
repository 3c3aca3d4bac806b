"""Extraction beside its peers, in this process, on one core: `python -m benchmarks.pages`. Knows the corpus only by its folder.

Every peer reads the same bytes, in turn with ours, and is given what it needs to fill title, authors, date and text. A peer that is not
installed is named so; `GLEANINGS_PEERS` may name a folder of site-packages in which they are.
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
from pathlib import Path

import pypdfium2
import trafilatura

from pipeline import extract
from pipeline.errors import ExtractError
from pipeline.extract import frontmatter, leaves
from pipeline.model import Lead, Page

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "pages"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
Reader = Callable[[str, bytes], object]


def _ours(url: str, body: bytes) -> object:
    try:
        return extract.extract(Page(url=url, body=body, fetched=NOW), Lead(source="bench", url=url))
    except ExtractError as error:
        return error


def _trafilatura(url: str, body: bytes) -> object:
    return trafilatura.bare_extraction(body, url=url, with_metadata=True)


def _newspaper() -> Reader:
    newspaper = importlib.import_module("newspaper")

    def read(url: str, body: bytes) -> object:
        article = newspaper.Article(url)
        article.download(input_html=body.decode("utf-8", "replace"))
        article.parse()
        return article

    return read


def _readability() -> Reader:
    readability = importlib.import_module("readability")

    def read(url: str, body: bytes) -> object:
        document = readability.Document(body, url=url)
        return document.title(), document.summary()

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


def html(runs: int = 3) -> Iterator[str]:
    """Pages a second of each reader, medians over the runs, all readers in turn within each run."""
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
    for read in readers.values():
        _seconds(read, pages[:20])  # models and patterns are loaded before the clock runs
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


def reports(runs: int = 5) -> Iterator[str]:
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


def _title(_: str, body: bytes) -> object:
    document = pypdfium2.PdfDocument(body)
    try:
        lines, words = leaves.front(document)
        return frontmatter.title(document.get_metadata_value("Title"), lines, words)
    finally:
        document.close()


if __name__ == "__main__":
    for line in (*html(), *reports()):
        print(line, flush=True)
