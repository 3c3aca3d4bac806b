"""Dedupe: no page takes the time of many, whatever stands in it again and again. Each pattern that reads texts is given its worst input."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from pipeline import dedupe
from pipeline.dedupe import keys, walls
from pipeline.dedupe.editions import days_named
from pipeline.dedupe.facts import READ, Facts
from pipeline.dedupe.when import days_when, days_written
from pipeline.model import Fold, ItemId, Resource
from tests.builders import resource

BLANK = " " * 50_000
ADVERT = " salary pension contract interview hours"
LIMIT = 1.0
"""Seconds of processor time; each takes some hundredths."""


@pytest.mark.parametrize("start", ["1", "5 may", "may 5", "5 of", "5 may ,", "2024年", "12."])
@pytest.mark.parametrize("read", [days_named, days_written, days_when])
def test_a_long_blank_is_read_once(read: Callable[[str], object], start: str) -> None:
    assert took(lambda: read(start + BLANK + "x")) < LIMIT


@pytest.mark.parametrize("start", ["ref", "reference no", "grade", "closing date", "location:", "hours", "job"])
def test_so_are_the_terms_of_an_advert(start: str) -> None:
    found = Facts((start + BLANK)[: READ - len(ADVERT)] + ADVERT, "")
    assert took(lambda: (found.references, found.closes, found.grades, found.places, found.hours, found.is_event)) < LIMIT / 4


def test_so_are_the_lines_after_a_hyphen() -> None:
    assert took(lambda: keys.words("well-" + "\n" * 50_000)) < LIMIT


@pytest.mark.parametrize("again", ["-\n\n\n", "-", "Ã", "Ã©", "â€", "Ð¿", "Ø", "1. ", "may 1 ", "12."])
def test_so_is_what_comes_again_and_again(again: str) -> None:
    whole = again * (keys.MAX_CHARACTERS // len(again))
    assert took(lambda: (keys.fingerprint(resource(title=whole, text=whole)), days_written(whole), walls.is_wall(whole[: walls.LONGEST]))) < LIMIT


def test_two_events_with_a_blank_in_their_texts_are_compared_at_once() -> None:
    said = (
        "A webinar on safer discharge. Register for it; see speakers and agenda. Bring a case, bring a colleague, bring time. There is coffee. 1"
        + BLANK
    )
    one, other = (
        Resource(url=f"https://{name}.example/discharge", title="A webinar on safer discharge for all", text=said) for name in ("north", "south")
    )
    known = dedupe.Neighbour(id=ItemId(7), resource=one, fingerprint=dedupe.fingerprint(one))
    assert took(lambda: dedupe.match(other, dedupe.fingerprint(other), [known])) < LIMIT
    assert dedupe.match(other, dedupe.fingerprint(other), [known]).fold is not Fold.NEW


def took(read: Callable[[], object]) -> float:
    begin = time.process_time()
    read()
    return time.process_time() - begin
