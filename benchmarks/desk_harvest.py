"""A harvest beside the desk: `python -m benchmarks.desk_harvest FILE RATE` stores so many new items a second until a line comes in."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from datetime import UTC, datetime

from benchmarks.desk_file import TOPICS, vocabulary
from pipeline import dedupe
from pipeline.errors import StoreError
from pipeline.model import Fold, Match, Resource, Suggestion
from pipeline.store import Store


def main(path: str, rate: int) -> None:
    chance, words, ended = random.Random(3), vocabulary(), threading.Event()
    threading.Thread(target=_wait, args=(ended,), daemon=True).start()
    stored = refused = 0
    run = time.time_ns()
    with Store.open(path) as store:
        print("ready", flush=True)
        began = time.monotonic()
        while not ended.is_set():
            try:
                _one(store, run + stored, words, chance)
                stored += 1
            except StoreError:
                refused += 1
            time.sleep(max(0.0, began + stored / rate - time.monotonic()))
        took = time.monotonic() - began
    print(json.dumps([stored / took, refused]), flush=True)


def _wait(ended: threading.Event) -> None:
    sys.stdin.readline()
    ended.set()


def _one(store: Store, number: int, words: list[str], chance: random.Random) -> None:
    """Store one item as a harvest does: its lead, itself, what is suggested for it."""
    url, now = f"https://new.example/{number}", datetime.now(UTC)
    text = [words[int(len(words) * chance.random() ** 4)] for _ in range(45)]
    made = Resource(url=url, canonical_url=url, title=" ".join(text[:8]), description=" ".join(text[8:24]), text=" ".join(text[24:]))
    with store.transaction():
        item = store.add(made, dedupe.fingerprint(made), Match(fold=Fold.NEW), now=now)
        store.suggest(item, [Suggestion(topic=f"topic-{chance.randrange(TOPICS):02}", probability=0.8, assigned=True)], chance.random())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
