"""Long files are read in a second process: what comes out is what one process would have read, in the order of the file."""

from __future__ import annotations

import json
import multiprocessing
import os

import pytest

from pipeline import learn, processes
from pipeline.exchange import ahead
from pipeline.exchange.ahead import Taken, taken
from pipeline.exchange.lines import Result
from pipeline.model import ItemId, Resource
from pipeline.store import Counted

LINES = [
    json.dumps({"id": f"r{n}", "url": f"https://north.example/{n}", "title": f"Report {n}", "text": f"Words of report {n}. " * 5}).encode() + b"\n"
    for n in range(ahead.LONG + 120)
]


def deadly(item: ItemId, resource: Resource) -> Counted:
    """Count, but bring down every worker that meets report 130."""
    if resource.title == "Report 130" and multiprocessing.parent_process() is not None:
        os._exit(9)
    return learn.counted(item, resource)


def of(lines: list[bytes], count: ahead.Count = learn.counted) -> tuple[list[Taken], Result]:
    result = Result()
    return list(taken(lines, result, count=count)), result


def test_a_long_file_comes_out_as_its_parts_do() -> None:
    whole, _ = of(LINES)
    parts = [one for start in range(0, len(LINES), 100) for one in of(LINES[start : start + 100])[0]]
    assert whole == parts
    assert [one.incoming.origin_id for one in whole] == [f"r{n}" for n in range(len(LINES))]


def test_bad_lines_of_a_long_file_are_named_by_their_numbers() -> None:
    lines = [*LINES[:299], b"not json\n", b"\n", *LINES[299:], b'{"id": 1}\n']
    whole, result = of(lines)
    assert len(whole) == len(LINES)
    assert result.problems == ["line 300: it is not JSON (“not json”)", f"line {len(lines)}: it has neither an address nor a title"]


@pytest.mark.skipif(processes.cores() < 2, reason="one core reads everything itself")
def test_a_worker_that_is_lost_loses_no_line() -> None:
    whole, result = of(LINES, deadly)
    assert ([one.incoming.origin_id for one in whole], result.wrong) == ([f"r{n}" for n in range(len(LINES))], 0)


def test_the_caller_may_stop_in_the_middle() -> None:
    running = taken(LINES, Result(), count=learn.counted)
    assert next(iter(running)).incoming.origin_id == "r0"
    running.close()  # type: ignore[attr-defined]
