"""A desk with something to lose: items in every state, a released edition that was corrected, readers, secrets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pipeline import publish
from pipeline.config import Config, load
from pipeline.model import ItemId, Severity, SubscriberState, Verdict
from pipeline.store import Store
from tests import builders
from tests.builders import NOW
from tests.test_publish import accepted

EDITION = "2026-11"
SETTINGS = """
desk: {name: What's new, organisation: Example Learning Network, url: "https://digest.example.org", contact: editor@example.org}
mail: {from: "Example <digest@example.org>"}
topics: topics.yaml
sources:
  - {id: north-blog, kind: feed, url: "https://north.example/feed"}
"""
TOPICS = "- {id: learning, name: Learning networks}\n"
READER = "kim@example.org"


def make(folder: Path) -> Config:
    """Make the desk; its edition is released, and corrected once."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sources.yaml").write_text(SETTINGS)
    (folder / "topics.yaml").write_text(TOPICS)
    (folder / "charter.md").write_text("# What we take in\n\n1. What helps.\n")
    config = load(folder / "sources.yaml", {})
    with Store.open(config.db) as store:
        store.sync_sources(config.sources, NOW)
        for number in (1, 2):
            accepted(store, number)
        rejected(store, 3)
        store.add_subscriber(READER, name="Kim Reed", state=SubscriberState.CONFIRMED, now=NOW)
        store.secret("links")
        publish.release(EDITION, config, store, now=NOW)
        amendment = publish.Amendment(severity=Severity.ERROR, note="The title was wrong.", item=ItemId(1), title="How a network unlearns", by="Sam")
        publish.correct(EDITION, amendment, config, store, now=NOW + timedelta(days=1))
    return config


def rejected(store: Store, number: int, **changes: object) -> ItemId:
    """Keep a rejected item."""
    item = accepted(store, number, **changes)
    store.decide(builders.decision(item=item, verdict=Verdict.REOPEN))
    store.decide(builders.decision(item=item, verdict=Verdict.REJECT, reason="off topic"))
    return item
