"""`make demo`: the whole job on the sample web, by the commands that a curator and an operator would type.

Everything happens in a throw-away folder `demo/`. The sample web is a proxy on the loopback address; no other network is used.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from pipeline import cli
from pipeline.demo.server import serving
from pipeline.demo.site import SampleWeb

MARK = ".gleanings-demo"
READERS = "email,name,consented_at\nada@reader.example,Ada Marsh,2026-01-10\nben@reader.example,Ben Okafor,2026-02-02\nchi@reader.example,Chi Nakamura,2026-03-15\n"


def main(argv: list[str] | None = None) -> int:
    """Run the demonstration; give back the exit code of the first command that failed, or 0."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="a folder of its own; it is emptied first")
    parser.add_argument("--no-serve", action="store_true", help="end instead of serving the desk")
    parser.add_argument("--port", type=int, default=8765, help="where the desk answers")
    options = parser.parse_args(argv)
    begin, today = time.monotonic(), datetime.now(UTC).date()
    folder = emptied(options.folder)
    with serving(today) as server:
        assert server.web is not None  # noqa: S101 - `serving` has set it
        reach_only(server.web.port)
        furnish(folder, server.web)
        code = _job(folder, today)
        if code:
            return code
        _say(folder, today, time.monotonic() - begin)
        if options.no_serve:
            return 0
        return run(folder, "serve", "--port", str(options.port), "--no-harvest")


def _job(folder: Path, today: date) -> int:
    edition = f"{today:%Y-%m}"
    for words in (
        ("check",),
        ("import", "bulletins", str(folder / "past-issues")),
        ("harvest", "--all"),
        ("import", "decisions", str(folder / "decisions.jsonl")),
        ("train",),
        ("queue", "--limit", "5"),
        ("rules",),
        ("digest", "build", edition),
        ("digest", "release", edition),
        ("collections", "build"),
        ("import", "subscribers", str(folder / "subscribers.csv")),
        ("send", edition),
        ("status",),
    ):
        code = run(folder, *words)
        if code not in (0, 4):
            return code
    return 0


def run(folder: Path, *words: str) -> int:
    """Run a command as a person types it, and give its exit code."""
    print(f"\n$ gleanings {' '.join(words)}", flush=True)
    return cli.main(["--dir", str(folder), *words])


def emptied(folder: Path) -> Path:
    """Give a folder of a demonstration, empty. Ends the program where it is somebody's own."""
    if folder.exists():
        if not (folder / MARK).exists():
            sys.exit(f"{folder} is not a demonstration's folder; move it away or give another with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("This folder is emptied by each demonstration.\n", encoding="utf-8")
    return folder


def reach_only(port: int) -> None:
    """Send every request to the sample web, whatever the machine's own proxies are."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        os.environ[name] = f"http://127.0.0.1:{port}"
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        os.environ.pop(name, None)


def furnish(folder: Path, web: SampleWeb) -> None:
    """Put into the folder what a desk has: its configuration, an alert mail, a past issue, its curator's decisions, her letter, and readers."""
    past = (web.today.replace(day=1) - timedelta(days=40)).replace(day=1)
    for path, words in {
        "sources.yaml": _written("sources.yaml", web),
        f"digests/{web.today:%Y-%m}/letter.md": _written("letter.md", web),
        f"past-issues/harbour-notes-{past:%Y-%m}.md": _written("past-issue.md", web).replace("{month}", f"{past:%B %Y}"),
        "mail/alerts/1.eml": _alert(web),
        "charter.md": files("pipeline.config").joinpath("charter.md").read_text(encoding="utf-8"),
        "subscribers.csv": READERS,
        "decisions.jsonl": "".join(json.dumps(row) + "\n" for row in _decisions(web)),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(words, encoding="utf-8")


def _written(name: str, web: SampleWeb) -> str:
    return files("pipeline.demo").joinpath(name).read_text(encoding="utf-8").replace("{port}", str(web.port))


def _alert(web: SampleWeb) -> str:
    """Write a mail as an alert service sends it and a mail filter passes it on, with links that lead round a corner."""
    words = _written("alert.txt", web)
    for name in ("small-teams", "neighbours"):
        words = words.replace(f"{{{name}}}", quote(web.address(web.resources[name]), safe=""))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = (
        "Literature alerts <alerts@harbour.example>",
        "desk@harbour.example",
        "New this week: teams and knowledge",
    )
    mail["Date"], mail["Message-ID"] = web.moment(-1), "<week-1@harbour.example>"
    mail["List-Unsubscribe"] = f"<{web.base('harbour')}/alerts/unsubscribe?u=1>"
    mail.set_content(words)
    return mail.as_string()


def _decisions(web: SampleWeb) -> Iterator[dict[str, object]]:
    addressed = [(web.address(row), row) for row in web.resources.values()] + [(web.event_address(event), event) for event in web.events]
    for address, row in addressed:
        if "curator" in row:
            decision = dict(row["curator"])
            why = decision.pop("why", None)
            yield {"url": address, "by": "Carys Bowen", **decision, **({"note": why} if why else {})}


def _say(folder: Path, today: date, seconds: float) -> None:
    edition = (folder / "digests" / f"{today:%Y-%m}").resolve()
    print(f"\nDone in {seconds:.0f} s. The digest, made from the pages of the sample web:")
    for name in ("digest.pdf", "index.html", "email.html"):
        print(f"  {edition / name}")
    print(f"  {(folder / 'outbox').resolve()} holds the mails to three readers\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
