"""Readers with random wishes and one edition of 60 entries: `python -m benchmarks.tailor`. How many mails they need, and how long that takes.

Wishes are drawn at random and evenly, which is the worst case: real readers resemble each other.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.config import Config
from pipeline.model import (
    Desk,
    DigestSettings,
    Edition,
    EditionState,
    HarvestSettings,
    ItemId,
    MailSettings,
    Section,
    Subscriber,
    SubscriberState,
    Topic,
)
from pipeline.publish import tailor
from pipeline.store import Store
from tests import builders

READERS, ENTRIES = 10_000, 60
CAPS = (None, 5, 7, 10, 14)
NAMES = ("Practical tools", "Case studies", "Insights from thought leaders", "Reports and research", "Watch and listen", "Members' work")
BLURB = "What three networks of practices learnt in a year of trying it out together, in four towns and with much patience. "


def edition(topics: Sequence[Topic], draw: random.Random) -> Edition:
    """Give an edition whose entries have one to three topics each."""
    entries = [
        builders.entry(
            id=ItemId(n),
            url=f"https://north.example/{n}",
            title=f"How network number {n} learns from its neighbours",
            blurb=BLURB * 2,
            topics=tuple(one.name for one in draw.sample(topics, draw.randint(1, 3))),
            lead=n <= 6,
        )
        for n in range(1, ENTRIES + 1)
    ]
    sections = tuple(Section(id=f"s{n}", title=name, entries=tuple(entries[n::6])) for n, name in enumerate(NAMES))
    return builders.edition(sections=sections, picks=tuple(map(ItemId, (1, 2, 3))), state=EditionState.RELEASED, released=builders.NOW)


def subscribe(store: Store, topics: Sequence[Topic], most: int, draw: random.Random) -> None:
    """Put readers on the list, each with one to `most` topics, a number, and one in ten with words alone."""
    with store.transaction():
        for n in range(READERS):
            one: Subscriber = store.add_subscriber(f"reader-{n}@example.org", state=SubscriberState.CONFIRMED, now=builders.NOW)
            wanted = tuple(topic.id for topic in draw.sample(topics, draw.randint(1, most)))
            form = "text" if draw.random() < 0.1 else "html"
            store.change_subscriber(replace(one, topics=wanted, cap=draw.choice(CAPS), form=form))


def measure(count: int, most: int) -> None:
    """Print what so many topics, of which each reader has at most so many, cost."""
    draw = random.Random(count)
    topics = tuple(Topic(id=f"t{n}", name=f"Topic {n}") for n in range(count))
    with tempfile.TemporaryDirectory() as name, Store.open(Path(name) / "curated.db") as store:
        folder = Path(name)
        config = Config(
            desk=Desk(url="https://digest.example.org", contact="editor@example.org"), harvest=HarvestSettings(), digest=DigestSettings(),
            mail=MailSettings(sender="Example <digest@example.org>", bounce="bounces@example.org"), topics=topics,
            path=folder / "sources.yaml", folder=folder, db=folder / "curated.db", digests=folder,
        )  # fmt: skip
        store.sync_topics(topics, builders.NOW)
        subscribe(store, topics, most, draw)
        made = edition(topics, draw)
        wishes = {(one.topics, one.cap, one.form) for one in store.subscribers()}
        begin = time.process_time()
        groups = tailor.letters(made, config, store)
        first = next(groups)
        chosen = time.process_time() - begin
        mails = 1 + sum(1 for _ in groups)
        total = time.process_time() - begin
    print(
        f"{count:>2} topics, at most {most} each: {READERS:,} readers, {len({(tuple(sorted(t)), c, f) for t, c, f in wishes}):,} different wishes,"
        f" {mails:,} mails; chosen in {chosen:.1f} s of processor time, all written in {total:.1f} s ({len(first[1])} readers have the first)"
    )


if __name__ == "__main__":
    for asked in ((8, 4), (20, 4)) if len(sys.argv) < 3 else ((int(sys.argv[1]), int(sys.argv[2])),):
        measure(*asked)
