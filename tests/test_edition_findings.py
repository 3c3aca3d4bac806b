"""Nothing that was accepted goes missing from an edition without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline import publish
from pipeline.model import DigestSettings, Event, Finding, Kind, SectionRule
from pipeline.store import Store
from tests.builders import NOW
from tests.test_publish import EDITION, accepted, config

LITTLE = DigestSettings(sections=(SectionRule(id="news", title="News", kinds=(Kind.BLOG,), cap=1),))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as store:
        yield store


def left_out(found: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(one.place, one.problem) for one in found if one.rule == "left-out"]


def test_a_draft_says_what_is_over_what_found_no_room_and_what_is_for_members(store: Store, tmp_path: Path) -> None:
    over = accepted(store, 1, kind=Kind.EVENT, event=Event(start=date(2026, 11, 2)))
    for number in (2, 3, 4):
        accepted(store, number, kind=Kind.BLOG)
    accepted(store, 5, audience="members")
    _, found, _ = publish.build(EDITION, config(tmp_path, digest=LITTLE), store, now=NOW, formats=("markdown",))
    assert left_out(found) == [
        (f"item {over}", '"How network 1 learns" is accepted and over, so no edition takes it in.'),
        ("edition", "2 accepted items found no room under the caps and will be offered to the next edition."),
        ("edition", "1 accepted item for members only cannot stand in a public edition."),
    ]


def test_a_release_says_what_ended_since_the_freeze_and_not_what_came_later(store: Store, tmp_path: Path) -> None:
    made, told = config(tmp_path), list[Finding]()
    over = accepted(store, 1, kind=Kind.EVENT, event=Event(start=NOW + timedelta(hours=1)))
    accepted(store, 2)
    publish.build(EDITION, made, store, now=NOW, formats=("markdown",))
    assert {entry.id for entry in publish.freeze(EDITION, made, store, now=NOW).entries} >= {over}
    accepted(store, 3)
    publish.release(EDITION, made, store, now=NOW + timedelta(hours=3), report=told.append)
    assert [place for place, _ in left_out(told)] == [f"item {over}"]
