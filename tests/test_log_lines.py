"""What stands in the log: fields that values cannot forge, and nothing that belongs to a person."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import log as house
from pipeline.log import about, scrub, set_up
from pipeline.publish import notices
from pipeline.service import Doors, mail, tick
from tests import builders
from tests.test_web import Site


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    set_up(level=logging.DEBUG, stream=stream)
    yield stream
    root.handlers[:], root.level = before


def said(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_event_is_one_line_of_json_with_its_fields(lines: io.StringIO) -> None:
    logging.getLogger("pipeline.x").info("harvest died code=%d deaths=%d again_in=%s", 1, 2, timedelta(minutes=4))
    (line,) = said(lines)
    assert {key: line[key] for key in ("event", "code", "deaths", "again_in", "level", "from")} == {
        "event": "harvest died",
        "code": 1,
        "deaths": 2,
        "again_in": 240.0,
        "level": "info",
        "from": "pipeline.x",
    }
    assert str(line["at"]).endswith("Z")


def test_a_line_without_fields_stays_a_sentence(lines: io.StringIO) -> None:
    logging.getLogger("x").warning("tick failed: %s", "The disk is full.")
    logging.getLogger("x").warning("100 % of it")
    assert [line["event"] for line in said(lines)] == ["tick failed: The disk is full.", "100 % of it"]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_value_can_pass_for_another_field_or_another_line(title: str, url: str) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    set_up(level=logging.INFO, stream=stream)
    logging.getLogger("x").info("nothing there url=%s error=%s", f"{url} level=error\n", title)
    root.handlers[:], root.level = before
    lines = stream.getvalue().split("\n")
    assert lines.pop() == ""
    assert len(lines) == 1
    assert json.loads(lines[0])["level"] == "info"


def test_what_a_visit_leaves_carries_its_number(lines: io.StringIO) -> None:
    with about(request="0123456789abcdef"):
        logging.getLogger("x").info("first")
    logging.getLogger("x").info("second")
    assert [line.get("request") for line in said(lines)] == ["0123456789abcdef", None]


def test_a_traceback_stays_in_its_line(lines: io.StringIO) -> None:
    try:
        int("jane@example.org")
    except ValueError:
        logging.getLogger("x").exception("failed method=%s", "GET")
    (line,) = said(lines)
    assert "with base 10: (address)" in str(line["exception"])


def test_a_person_at_a_terminal_reads_words() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    set_up(level=logging.INFO, stream=stream, as_lines=False)
    logging.getLogger("x").info("harvested source=%s new=%d", "north\x1b[31m\nfake", 3)
    root.handlers[:], root.level = before
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert "info harvested source=north" in text
    assert "new=3" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("sent to jane.doe+x@example.org.", "sent to (address)"),
        ("at https://user:secret@host.example/feed", "at https://host.example/feed"),
        ("at https://host.example/feed?key=secret&x=1 again", "at https://host.example/feed?… again"),
        ("at /preferences/abc.def-ghi now", "at /preferences/… now"),
        ("a plain sentence", "a plain sentence"),
    ],
)
def test_what_is_private_is_taken_out(text: str, left: str) -> None:
    assert scrub(text).rstrip(".") == left.rstrip(".")


@given(st.text(max_size=300))
def test_scrubbing_twice_is_scrubbing_once(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)


def test_scrubbing_is_quick_on_hostile_words() -> None:
    for word in ("a" * 20_000, "a@" * 20_000, "https://" * 20_000, "https://" + "a" * 100_000, "/confirm/" * 20_000):
        assert len(scrub(word)) <= house.LONGEST


def test_a_whole_journey_leaves_no_address_title_or_token_in_the_log(tmp_path: Path, lines: io.StringIO) -> None:
    site = Site(tmp_path)
    title, address = "A very private heading", "jane.doe@members.example"
    item = site.add(1, title=title)
    visitor = site.visitor()
    visitor.get("/desk/queue?q=private")
    visitor.post(f"/desk/items/{item}/decide", {"verdict": "accept"})
    visitor.post("/subscribe", {"email": address, "consent": "yes"})
    visitor.get("/confirm/a-token-that-opens-something")
    visitor.get(f"/unsubscribe/{address}")
    visitor.get("/search?q=private+heading")
    visitor.get("/nowhere/else?email=" + address)
    doors = Doors(app=site.app, open_store=site.open, clock=lambda: site.now, child=("true",))
    with site.open() as store:
        notices.queue(store, kind="test", key="1", email=address, subject=title, body=title, now=builders.NOW)
    tick(site.config, doors, None)
    mail(site.config, doors)
    text = lines.getvalue()
    assert text.count('"event": "answered"') >= 7
    for private in (title, "private", address, "members.example", "a-token", visitor.token):
        assert private not in text
