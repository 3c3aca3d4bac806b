"""Mails: how many are made ready in a second, how many a local server takes with the outbox on, and what a hundred deaths of the sender leave.

The sink is a server in a process of its own that takes everything and writes down who got what; it keeps no message.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline import dedupe, publish
from pipeline.config import Config, load
from pipeline.deliver import SmtpMailer
from pipeline.model import EditionState, Fold, Match, SubscriberState
from pipeline.publish.post import keys, letter
from pipeline.store import Store
from tests import builders

EDITION = "2026-11"
MONTH = datetime(2026, 11, 20, 12, tzinfo=UTC)
DESK = """desk: {{name: Bench, organisation: Bench, url: "https://digest.example.org", contact: editor@example.org}}
mail: {{from: editor@example.org, bounce: editor@example.org, smtp: "127.0.0.1:{port}", tls: none, connections: {connections}, per_second: 10000}}
sources: []
"""


class Sink(asyncio.Protocol):
    """Takes every message: the least that speaks SMTP with pipelining (RFC 5321, RFC 2920)."""

    def __init__(self, log: int) -> None:
        self.log = log
        self.rest = b""
        self.recipient = b""
        self.in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.rest += data
        answers = []
        while True:
            part, found, rest = self.rest.partition(b"\r\n.\r\n" if self.in_message else b"\r\n")
            if not found:
                break
            self.rest = rest
            answers.append(self._taken() if self.in_message else self._said(part))
        self.transport.write(b"".join(answers))

    def _taken(self) -> bytes:
        os.write(self.log, self.recipient + b"\n")  # before the answer, so that nothing is taken that is not in the log
        self.in_message = False
        return b"250 taken\r\n"

    def _said(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0]
        self.in_message = verb == b"DATA"
        said = {b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME", b"DATA": b"354 go ahead", b"QUIT": b"221 bye"}
        return said.get(verb, b"250 ok") + b"\r\n"


async def _serve(path: str) -> None:
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    server = await asyncio.get_running_loop().create_server(lambda: Sink(log), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def sink(folder: Path) -> Iterator[tuple[int, Path]]:
    """Run the server; gives its port, and the file in which it writes who got something."""
    log = folder / "taken.txt"
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.mail", str(log)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline()), log
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def furnished(folder: Path, *, people: int, port: int, connections: int) -> Config:
    """Make a desk with a released edition of seven entries and its subscribers, three of whose domains are large."""
    (folder / "sources.yaml").write_text(DESK.format(port=port, connections=connections))
    config = load(folder / "sources.yaml", {}, folder=folder, db=None)
    with Store.open(config.db) as store:
        entries = []
        for number in range(7):
            address = f"https://a.example/{number}"
            resource = builders.resource(url=address, canonical_url=address, title=f"How a network learns {number}")
            item = store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=MONTH)
            store.decide(builders.decision(item=item))
            entries.append(builders.entry(id=item))
        section = replace(builders.edition().sections[0], entries=tuple(entries))
        edition = builders.edition(id=EDITION, sections=(section,), state=EditionState.RELEASED, released=MONTH)
        store.release(edition, files={}, now=MONTH)
        with store.transaction():
            for number in range(people):
                domain = f"large{number % 3}.example" if number % 2 else f"d{number % 2000}.example"
                store.add_subscriber(f"reader{number}@{domain}", state=SubscriberState.CONFIRMED, now=MONTH)
    return config


def built(count: int = 20_000, runs: int = 5) -> Iterator[str]:
    """Messages made ready in this process, each with nine signed links of its own: the best of some runs."""
    with tempfile.TemporaryDirectory() as scratch:
        config = furnished(Path(scratch), people=1, port=9, connections=1)
        with Store.open(config.db) as store:
            mail, signed = letter(store.edition(EDITION), config), keys(config, store)
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        for person in range(count):
            size = len(mail.to(f"reader{person}@d.example", person=person, keys=signed).body)
        times.append(time.perf_counter() - begin)
    yield f"mail: built {count / min(times):8,.0f} messages/s of {size:,} bytes with {sum(map(len, mail.links.values()))} signed links, one process"


def sent(people: int = 10_000) -> Iterator[str]:
    """A whole sending over the loopback, outbox on, each claim on the disk (fsync) before DATA."""
    for connections in (1, 2, 8):
        with tempfile.TemporaryDirectory() as scratch, sink(Path(scratch)) as (port, log):
            config = furnished(Path(scratch), people=people, port=port, connections=connections)
            with Store.open(config.db) as store:
                mailers = [SmtpMailer(config.mail) for _ in range(connections)]
                begin = time.perf_counter()
                counts = publish.send(EDITION, config, store, mailers, doors=publish.Doors(now=lambda: datetime.now(UTC)))
                wall = time.perf_counter() - begin
                for one in mailers:
                    one.close()
            assert (counts, len(log.read_text().split())) == ({"sent": people}, people)
        yield f"mail: sent {people / wall:8,.0f} messages/s, {connections} connections, {people:,} subscribers"


def killed(kills: int = 100, people: int = 10_000, connections: int = 4) -> Iterator[str]:
    """`kill -9` at random moments until nothing is left: who got it twice, who never, and how many are in doubt."""
    chance, worst = random.Random(6), 0
    with tempfile.TemporaryDirectory() as scratch, sink(Path(scratch)) as (port, log):
        folder = Path(scratch)
        config = furnished(folder, people=people, port=port, connections=connections)
        command = [sys.executable, "-m", "pipeline", "--dir", str(folder), "send", EDITION]
        for _ in range(kills):
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            aim = (log.stat().st_size if log.exists() else 0) + chance.randrange(1, 2 * people // kills) * 25
            while child.poll() is None and (not log.exists() or log.stat().st_size < aim):
                time.sleep(0.001)
            child.send_signal(signal.SIGKILL)
            child.wait()
            worst = max(worst, _count(config.db, "sending"))
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        taken = Counter(log.read_text().split())
        uncertain, rest = _count(config.db, "uncertain"), _count(config.db, "queued") + _count(config.db, "failed") + _count(config.db, "sending")
        lost = people - uncertain - len(taken.keys() & _addresses(config.db, "sent"))
    yield (
        f"mail: {kills} kills over {people:,} subscribers, {connections} connections: {sum(n > 1 for n in taken.values())} twice, "
        f"{lost + rest} missing, {uncertain} uncertain in all, at most {worst} after one kill"
    )


def _count(db: Path, state: str) -> int:
    return len(_addresses(db, state))


def _addresses(db: Path, state: str) -> set[str]:
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute("SELECT email FROM deliveries d JOIN subscribers s ON s.id = d.subscriber WHERE d.state = ?", (state,))
        return {row[0] for row in rows}


def mail() -> Iterator[str]:
    """All three."""
    yield from built()
    yield from sent()
    yield from killed()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
