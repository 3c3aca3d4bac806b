"""May we ask this host, when, and again?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import politeness
from tests.builders import NOW

AGENT = "Gleanings"
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
SPANS = st.timedeltas(timedelta(0), timedelta(days=400))


def robots(*lines: str) -> str:
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /private", "/public", True),
        ("User-agent: *\nDisallow: /private", "/private/x", False),
        ("User-agent: *\nDisallow: /\nAllow: /reports", "/reports/1", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x=1", True),
        ("User-agent: gleanings\nDisallow: /\n\nUser-agent: *\nDisallow:", "/a", False),
        ("User-agent: Gleanings\nDisallow:\n\nUser-agent: *\nDisallow: /", "/a", True),
        ("User-agent: otherbot\nDisallow: /", "/a", True),
        ("User-agent: otherbot\nUser-agent: *\nDisallow: /", "/a", False),
        ("User-agent: otherbot\nDisallow: /x\nUser-agent: *\nDisallow: /y", "/x", True),
        ("user agent *\rdisallow: /", "/a", False),
        ("User-agent: *\r\nDisallow: /a # not this\r\n", "/a", False),
        ("\ufeffUser-agent: *\nDisallow: /b", "/a", True),
        ("<!doctype html><title>Not found</title>", "/a", True),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
    ],
)
def test_robots_txt_is_read_as_the_standard_says(text: str, path: str, expected: bool) -> None:
    assert politeness.allowed(text, f"https://north.example{path}", AGENT) is expected


def test_an_address_that_cannot_be_taken_apart_is_not_visited() -> None:
    assert politeness.allowed("User-agent: *\nDisallow: /x", "http://[", AGENT) is False


def test_a_file_with_thousands_of_agents_and_rules_stays_small() -> None:
    text = robots(
        *(f"User-agent: bot{number}" for number in range(9000)),
        *(f"Disallow: /{number}" for number in range(9000)),
        "User-agent: *",
        "Disallow: /last",
    )
    assert politeness.allowed(text, "https://north.example/1", AGENT)
    assert not politeness.allowed(text, "https://north.example/last", AGENT)


def test_lines_past_the_limit_of_the_standard_are_not_read() -> None:
    text = robots("User-agent: *", "#" * politeness.ROBOTS_LIMIT, "Disallow: /")
    assert politeness.allowed(text, "https://north.example/a", AGENT)


@given(st.text(), st.text())
def test_no_text_breaks_the_reading_of_robots(text: str, path: str) -> None:
    assert politeness.allowed(f"User-agent: *\nDisallow: {text}\n{text}", f"https://north.example/{path}", AGENT) in (True, False)
    assert politeness.delay(text, AGENT, SECOND) >= SECOND


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("User-agent: *\nCrawl-delay: 5", 5),
        ("User-agent: *\nCrawl-delay: 0.2", 1),
        ("User-agent: *\nCrawl-delay: 86400", 30),
        ("User-agent: *\nCrawl-delay: -3", 1),
        ("User-agent: *\nCrawl-delay: nan", 1),
        ("User-agent: *\nCrawl-delay: soon", 1),
        ("User-agent: otherbot\nCrawl-delay: 9", 1),
        ("User-agent: gleanings\nCrawl-delay: 4\nUser-agent: *\nCrawl-delay: 9", 4),
    ],
)
def test_a_crawl_delay_is_honoured_where_it_is_longer_than_ours_and_bounded(text: str, expected: float) -> None:
    assert politeness.delay(text, AGENT, SECOND) == timedelta(seconds=expected)


def test_a_delay_of_ours_that_is_longer_than_the_bound_is_kept() -> None:
    assert politeness.delay("User-agent: *\nCrawl-delay: 86400", AGENT, HOUR) == HOUR


@pytest.mark.parametrize(
    ("since", "expected"),
    [(None, 0), (0, 10), (4, 6), (10, 0), (3600, 0), (-3600, 10)],
)
def test_the_wait_is_what_is_left_of_the_delay(since: float | None, expected: float) -> None:
    last = None if since is None else NOW - timedelta(seconds=since)
    assert politeness.wait(last, NOW, 10 * SECOND) == timedelta(seconds=expected)


@given(st.none() | SPANS, SPANS)
def test_a_wait_is_never_negative_and_never_longer_than_the_delay(since: timedelta | None, delay: timedelta) -> None:
    wait = politeness.wait(None if since is None else NOW - since, NOW, delay)
    assert timedelta() <= wait <= delay


def test_attempts_come_later_and_later_and_end_after_the_fifth() -> None:
    assert [politeness.retry(attempts) for attempts in (1, 2, 3, 4)] == [HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR]
    assert politeness.retry(5) is None
    assert politeness.retry(500) is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(timedelta(seconds=5), HOUR), (2 * HOUR, 2 * HOUR), (timedelta(days=365), timedelta(days=7)), (timedelta(0), HOUR)],
)
def test_a_retry_after_makes_an_attempt_later_but_not_sooner_and_not_for_ever(asked: timedelta, expected: timedelta) -> None:
    assert politeness.retry(1, retry_after=asked) == expected


def test_a_retry_after_does_not_prolong_the_last_attempt() -> None:
    assert politeness.retry(5, retry_after=HOUR) is None


@pytest.mark.parametrize(
    ("asked", "hint", "expected"),
    [
        (None, None, None),
        (timedelta(0), timedelta(0), None),
        (2 * HOUR, None, 2 * HOUR),
        (timedelta(days=365), None, timedelta(days=7)),
        (None, HOUR, HOUR),
        (None, timedelta(days=365), timedelta(days=1)),
        (HOUR, 2 * HOUR, 2 * HOUR),
    ],
)
def test_a_source_is_left_alone_as_long_as_its_server_asks_within_reason(
    asked: timedelta | None, hint: timedelta | None, expected: timedelta | None
) -> None:
    assert politeness.hold(NOW, retry_after=asked, hint=hint) == (None if expected is None else NOW + expected)


def follow(*steps: tuple[str | None, bool]) -> tuple[str | None, int]:
    known, seen = None, 0
    for target, is_same in steps:
        known, seen = politeness.moved(known, seen, target=target, is_same=is_same)
    return known, seen


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("b", True)] * 3, ("b", 3)),
        ([("b", True), ("b", False), ("b", False)], ("b", 3)),  # what is there is told the first time only
        ([("b", False), ("b", True), ("b", True)], ("b", 0)),  # by then its things stand in our own books
        ([("b", True), ("b", True), ("c", True)], ("c", 1)),
        ([("b", True), (None, False), ("b", True)], ("b", 1)),
        ([("b", True), (None, False)], (None, 0)),
    ],
)
def test_a_move_is_counted_in_a_row_and_only_where_the_sources_own_things_are(
    steps: list[tuple[str | None, bool]], expected: tuple[str | None, int]
) -> None:
    assert follow(*steps) == expected
