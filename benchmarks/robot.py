"""A robot curator at the real desk: Chromium, `gleanings serve` and a file of made-up items. `python -m benchmarks robot`.

One robot decides 300 items by keys; from each key's own time stamp to the frame after it has been painted is measured in the page. Then two robots,
each under a name of its own, decide 1,000 items each at the same time, some of which both of them have. What they saw is held against the log, and so
is every number that the page shows.
"""

from __future__ import annotations

import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page, sync_playwright

from pipeline import dedupe
from pipeline.model import Fold, Kind, Match, Resource, Role, Suggestion
from pipeline.store import Store, new_secret, secret_hash

ITEMS, ONE, EACH = 2_600, 300, 1_000
PORT = 18_933
HOME = f"http://127.0.0.1:{PORT}"
PASSWORD = "eleven blue tractors"
SETTINGS = f"""desk: {{name: Bench, organisation: Bench, url: "{HOME}", contact: editor@example.org, timezone: Europe/London}}
topics:
  - {{id: networks, name: Learning networks, keywords: [network, peers]}}
  - {{id: care, name: Integrated care, keywords: [care, general practice]}}
sources: []
"""
PAINTED = """
    window.painted = [];
    window.taken = -1;
    addEventListener("keydown", event => {
        const began = event.timeStamp;
        requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => painted.push([performance.now() - began, Boolean(document.querySelector("#view form.one"))]);
            channel.port2.postMessage(0);
        });
    }, true);
"""
"""Notes for each key the milliseconds until after the next frame, and whether an item to read stood there: `requestAnimationFrame` runs before that
frame is painted, a message that is posted in it arrives after. In a page that was just loaded no key was pressed yet."""

SEEN = """() => new Promise(done => {
    const look = () => {
        const row = document.querySelector(".row[aria-current]"), there = Boolean(document.querySelector("#view form.one"));
        if (painted.length <= taken || !row || !there) { setTimeout(look, 1); return; }
        taken = Math.max(taken, painted.length);
        done([Number(row.dataset.id), row.matches(".contested"), painted.at(-1) || null]);
    };
    look();
})"""
"""Waits until a key is painted and an item is there to be read: which, whether somebody else decided it first, and how long the key took."""

NUMBERS = """() => Object.fromEntries([...document.querySelectorAll("[data-count]")].map(
    one => [one.dataset.count, Number(one.textContent.replaceAll(",", ""))]))"""
TEXT = "Teams that meet as peers keep what they learn. Practices, hospitals and councils share one plan of care. A convenor keeps it going. "


@dataclass(frozen=True, slots=True)
class Shift:
    """What one robot did: item and verdict in the order of its keys, the milliseconds of each key, panes that were not there yet, seconds."""

    done: tuple[tuple[int, str], ...]
    refused: frozenset[int]
    paints: tuple[float, ...]
    blank: int
    seconds: float


def fill(folder: Path) -> None:
    """Make items of which nine in ten are of one kind or the other, so that two robots with a filter each meet over the rest."""
    now = datetime.now(UTC)
    with Store.open(folder / "curated.db") as store, store.transaction():
        for number in range(ITEMS):
            url = f"https://source{number % 7}.example/{number}"
            resource = Resource(
                url=url,
                canonical_url=url,
                title=f"What network {number} learned about care in its year {number % 11}",
                description=TEXT,
                text=TEXT * 6 + f"This is account number {number}.",
                kind=Kind.REPORT if number % 2 else Kind.ARTICLE,
                published=(now - timedelta(days=number % 90)).date(),
                publisher=f"Publisher {number % 7}",
            )
            item = store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=now)
            shared = number % 20 < 2
            topics = [one for one, has in (("networks", number % 2 or shared), ("care", number % 2 == 0 or shared)) if has]
            store.suggest(item, tuple(Suggestion(topic=one, probability=0.8, reasons=("care", "peers")) for one in topics), 1 - number / ITEMS)


def people(folder: Path, *names: str) -> dict[str, str]:
    """Make accounts; gives the address at which each sets a password."""
    now, made = datetime.now(UTC), {}
    with Store.open(folder / "curated.db") as store:
        for name in names:
            secret = new_secret()
            store.invite(store.add_account(name, Role.OPERATOR, now=now).id, secret_hash(secret), ends=now + timedelta(hours=1))
            made[name] = f"{HOME}/invitation/{secret}"
    return made


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Run the real server in a process of its own."""
    program = [str(Path(sys.executable).parent / "gleanings"), "--dir", str(folder), "serve", "--port", str(PORT), "--no-harvest"]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", PORT), timeout=1).close()
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def work(page: Page, count: int) -> Shift:
    """Decide by keys until so many stand: mostly accepting, every third rejected with a reason, some put off. What somebody else decided first is
    passed over: a second decision would be a knowing one."""
    began = time.perf_counter()
    done: list[tuple[int, str]] = []
    paints: list[tuple[float, bool]] = []
    refused: frozenset[int] = frozenset()
    item, contested, _ = seen(page)
    while len(done) - len(refused) < count:
        keys, verdict = (("x", "2"), "rejected") if len(done) % 3 == 1 else (("l",), "deferred") if len(done) % 10 == 9 else (("a",), "accepted")
        before = item
        if not contested:
            done.append((item, verdict))
        for key in ("j",) if contested else keys:
            page.keyboard.press(key)
            item, contested, paint = seen(page)
            paints += [paint] if paint else []
        if contested and item == before:  # nothing else is left in this list
            refused |= told(page)
            page.reload()
            item, contested, _ = seen(page)
        if len(done) - len(refused) >= count:
            settle(page)
            refused |= told(page)
    return Shift(
        done=tuple(done),
        refused=refused,
        paints=tuple(took for took, _ in paints),
        blank=sum(not there for _, there in paints),
        seconds=time.perf_counter() - began,
    )


def seen(page: Page) -> tuple[int, bool, tuple[float, bool] | None]:
    """Wait for the item after a key, also where the page loads itself anew because its list is done."""
    try:
        item, contested, paint = page.evaluate(SEEN)
    except Error:  # the page went away under the question
        page.wait_for_load_state()
        item, contested, paint = page.evaluate(SEEN)
    return item, contested, tuple(paint) if paint else None


def told(page: Page) -> frozenset[int]:
    """Give the items whose decision was refused, as the page tells it."""
    return frozenset(int(one) for one in page.evaluate("[...document.querySelectorAll('.row.contested')].map(row => row.dataset.id)"))


def settle(page: Page) -> None:
    """Wait until everything has been sent."""
    while page.evaluate("Object.keys(localStorage).some(name => name.startsWith('desk/line/'))"):
        page.wait_for_timeout(20)


def shift(name: str, door: str, path: str, count: int) -> Shift:
    """Let one robot work in a browser of its own."""
    with window() as page:
        page.goto(door)
        for field in ("password", "again"):
            page.fill(f"[name={field}]", PASSWORD)
        page.locator("main button").click()
        page.goto(HOME + path)
        page.wait_for_timeout(1_000)  # somebody who sits down looks first
        return work(page, count)


def shown(name: str) -> dict[str, int]:
    """Sign in and read every number of the queue that counts decisions or what waits."""
    with window() as page:
        page.goto(f"{HOME}/desk/login")
        page.fill("[name=user]", name)
        page.fill("[name=password]", PASSWORD)
        page.locator("main button").first.click()
        page.goto(f"{HOME}/desk/queue")
        read: dict[str, int] = page.evaluate(NUMBERS)
        return read


@contextmanager
def window() -> Iterator[Page]:
    """Open a page in a browser of its own, which waits longer for a busy machine than it would by itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        page.add_init_script(PAINTED)
        yield page
        browser.close()


def counted(folder: Path) -> dict[str, int]:
    """Count the same from the log: the last act on each item that was not taken back; what has none waits."""
    last = """SELECT act, count(*) FROM decisions WHERE id IN (SELECT max(id) FROM decisions WHERE undone IS NULL
              AND act IN ('accept', 'reject', 'defer', 'reopen') GROUP BY item) GROUP BY act"""
    acts = dict(rows(folder, last))
    made = {act: acts.get(act, 0) for act in ("accept", "reject", "defer")}
    waits = "SELECT lane, count(*) FROM items WHERE id NOT IN (SELECT item FROM decisions WHERE undone IS NULL) GROUP BY lane"
    lanes = dict(rows(folder, waits))
    ranked = lanes.get("ranked", 0) + lanes.get("must-have", 0)
    return {**made, "all": sum(made.values()), "ranked": ranked, "unlikely": lanes.get("unlikely", 0), "skipped": lanes.get("skipped", 0)}


def rows(folder: Path, sql: str, *values: str) -> list[Any]:
    connection = sqlite3.connect(folder / "curated.db")
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def compared(log: dict[str, int], page: dict[str, int]) -> str:
    """Hold the numbers of the page against those of the log."""
    wrong = [f"; {name}: {page.get(name)} on the page, {number} by the log" for name, number in log.items() if page.get(name) != number]
    return f"robot: {len(log) - len(wrong)} of {len(log)} numbers of the page are those of the log{''.join(wrong)}"


def account(folder: Path, shifts: dict[str, Shift]) -> str:
    """Hold what the robots saw against the log: each decision that was not refused stands there once, under its own name, and nothing else."""
    verdicts = {"accept": "accepted", "reject": "rejected", "defer": "deferred"}
    logged = rows(folder, "SELECT item, act, curator FROM decisions WHERE undone IS NULL")
    kept = sorted((item, verdicts[act], curator) for item, act, curator in logged if curator in shifts)
    refused = {(name, item) for name, one in shifts.items() for item in one.refused}
    seen = sorted((item, verdict, name) for name, one in shifts.items() for item, verdict in one.done if (name, item) not in refused)
    lost, extra = len(set(seen) - set(kept)), len(set(kept) - set(seen))
    double = len(kept) - len({item for item, _, _ in kept})
    return f"{len(seen)} seen, {len(kept)} in the log: {lost} lost, {extra} unseen, {double} double, {len(refused)} conflicts told"


def robot() -> Iterator[str]:
    """Decisions a minute and key to paint of one robot; then two at once, held against the log."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "sources.yaml").write_text(SETTINGS, encoding="utf-8")
        fill(folder)
        doors = people(folder, "Ada", "Ben", "Eva")
        with serving(folder):
            one = shift("Ada", doors["Ada"], "/desk/queue", ONE)
            yield _figures("one robot", one)
            yield f"robot: {account(folder, {'Ada': one})}"
            with ThreadPoolExecutor(2) as pool:
                both = [
                    pool.submit(shift, name, doors[name], f"/desk/queue?topic={topic}", EACH)
                    for name, topic in (("Ben", "networks"), ("Eva", "care"))
                ]
                two = dict(zip(("Ben", "Eva"), (one.result() for one in both), strict=True))
            for name, made in two.items():
                yield _figures(f"{name} beside another", made)
            yield f"robot: {account(folder, two)}"
            yield compared(counted(folder), shown("Ada"))


def _figures(who: str, made: Shift) -> str:
    ranked = sorted(made.paints)
    p95 = ranked[int(len(ranked) * 0.95)]
    pace = 60 * len(made.done) / made.seconds
    return (
        f"robot: {who}: {len(made.done)} decisions, {pace:.0f} a minute; key to paint p50 {statistics.median(ranked):.1f} ms, p95 {p95:.1f} ms, "
        f"worst {ranked[-1]:.0f} ms; {made.blank} of {len(ranked)} panes not there yet"
    )


if __name__ == "__main__":
    for line in robot():
        print(line, flush=True)
