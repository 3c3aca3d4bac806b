"""The crew: shards go out, every page comes back once, whatever dies on the way."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import cli, urls
from pipeline.errors import ConfigError, UnavailableError
from pipeline.harvest import crew
from pipeline.harvest.crew import errand
from pipeline.harvest.crew.hands import Answer
from pipeline.harvest.work import PATIENCE, set_aside, shards
from pipeline.model import Claim, ClusterSettings, HarvestSettings, Lead, Outcome, Shard, ShardDone
from tests.crews import done, killing


def claim(number: int, url: str) -> Claim:
    return Claim(id=number, url=url, lead=Lead(source="north", url=url))


class Frail:
    """Hands in memory that lose what they hold: a worker has its shard and perhaps one that waits, and a killer takes both."""

    size = 3

    def __init__(self, killers: set[int], *, unreachable: bool = False) -> None:
        self.killers, self.unreachable = killers, unreachable
        self.deaths = 0
        self.given: list[Shard] = []
        self.log: list[Shard] = []
        self.crowds: list[set[str]] = []

    @property
    def busy(self) -> int:
        return len(self.given)

    def room(self, *, alone: bool = False) -> int:
        return self.size * (1 if alone else 2) - self.busy

    def give(self, shard: Shard) -> None:
        self.given.append(shard)
        self.log.append(shard)
        hosts = [urls.host(one.url) for held in self.given for one in held.claims[:1]]
        assert len(hosts) == len(set(hosts)), "a host is in two hands"
        assert self.room() >= 0

    def take(self) -> list[Answer]:
        shard = self.given.pop(0)
        if not self.killers.isdisjoint(one.id for one in shard.claims):
            self.deaths += 1
            beside = [self.given.pop(0)] if self.given else []  # even of single pages: a cluster may put two on one worker
            return [(one, None) for one in (shard, *beside)]
        if self.unreachable:
            return [(shard, ShardDone(shard=shard.id, outcomes=tuple(Outcome(claim=one.id, reason="no", again=True) for one in shard.claims)))]
        return [(shard, done(shard))]


@given(
    hosts=st.lists(st.integers(0, 6), min_size=1, max_size=40),
    killers=st.sets(st.integers(0, 39), max_size=6),
    most=st.integers(1, 8),
)
def test_every_page_comes_back_once_and_only_killers_are_set_aside(hosts: list[int], killers: set[int], most: int) -> None:
    claims = [claim(number, f"http://host{host}.example/{number}") for number, host in enumerate(hosts)]
    hands = Frail(killers)
    outcomes = [outcome for answer in crew.run(shards(claims, most=most, robots={}), hands) for outcome in answer.outcomes]
    assert sorted(outcome.claim for outcome in outcomes) == list(range(len(hosts)))
    assert {outcome.claim for outcome in outcomes if outcome.reason != "well"} == killers & set(range(len(hosts)))
    assert hands.busy == 0
    assert max((sum(one.id in {c.id for c in shard.claims} for shard in hands.log) for one in claims), default=0) <= 3


def test_a_page_set_aside_is_named() -> None:
    cut = shards([claim(1, "http://a.example/killer"), claim(2, "http://a.example/b")], most=4, robots={})
    reasons = {outcome.claim: outcome.reason for answer in crew.run(cut, Frail({1})) for outcome in answer.outcomes}
    assert reasons == {1: "This page brought its worker down twice; it is set aside: http://a.example/killer", 2: "well"}


def test_pages_of_a_lost_shard_know_when_their_host_was_asked_and_its_robots() -> None:
    before = datetime.now(UTC)
    hands = Frail({2})
    list(crew.run(shards([claim(number, f"http://a.example/{number}") for number in range(4)], most=4, robots={}), hands))
    first, *rest = hands.log[1:]
    assert first.asked["a.example"] >= before
    assert [one.claims[0].id for one in (first, *rest)] == [0, 1, 2, 2, 3]
    moments = [one.asked["a.example"] for one in rest]
    assert moments == sorted(moments)
    assert moments[0] >= first.asked["a.example"]
    assert [dict(one.robots) for one in rest] == [{"a.example": "User-agent: *"}] * 4


def test_a_host_that_went_away_is_not_asked_for_every_page_that_was_lost_with_it() -> None:
    hands = Frail({0}, unreachable=True)
    cut = shards([claim(number, f"http://a.example/{number}") for number in range(20)], most=4, robots={})
    outcomes = [outcome for answer in crew.run(cut, hands) for outcome in answer.outcomes]
    assert sorted(outcome.claim for outcome in outcomes) == list(range(20))
    assert len(hands.log) == 1 + 2 + PATIENCE
    assert sum("left in peace" in (outcome.reason or "") for outcome in outcomes) == 20 - PATIENCE - 1


def test_a_pool_heals_and_what_was_lost_once_is_done(tmp_path: Path) -> None:
    named = {3: "killer", 15: "unlucky"}
    claims = [claim(number, f"http://host{number}.example/{named.get(number, 'page')}") for number in range(20)]
    with crew.hired(replace(HarvestSettings(), contact=str(tmp_path)), workers=2, work=killing) as hands:
        for part, lost in ((claims[:10], [3]), (claims[10:], [])):
            outcomes = [outcome for answer in crew.run(shards(part, most=2, robots={}), hands) for outcome in answer.outcomes]
            assert sorted(outcome.claim for outcome in outcomes) == [one.id for one in part]
            assert [outcome.claim for outcome in outcomes if outcome.reason != "well"] == lost


def endless(shard: Shard, settings: HarvestSettings) -> ShardDone:
    if shard.id > 1:
        signal.pause()
    return set_aside(shard, "well")


def test_a_caller_that_stops_leaves_no_worker_behind() -> None:
    before = set(multiprocessing.active_children())
    claims = [claim(number, f"http://host{number}.example/") for number in range(8)]
    with crew.hired(HarvestSettings(), workers=2, work=endless) as hands:
        answers = crew.run(shards(claims, most=2, robots={}), hands)
        assert next(answers).outcomes[0].reason == "well"
        answers.close()
    # Nor a thread of the pool: one that still closes its pipes while the interpreter ends writes a traceback (CPython 3.11, `_python_exit`).
    assert [one for one in threading.enumerate() if type(one).__name__ == "_ExecutorManagerThread"] == []
    for one in set(multiprocessing.active_children()) - before:
        one.join(10)
    assert set(multiprocessing.active_children()) <= before


def test_a_shard_takes_the_selectors_of_its_own_sources_along_and_no_others() -> None:
    select = {name: {"title": "h1"} for name in ("north", "south")}
    (cut,) = shards([claim(1, "http://a.example/")], most=4, robots={"b.example": "x"}, select=select)
    assert (dict(cut.select), dict(cut.robots)) == ({"north": {"title": "h1"}}, {})


def test_what_travels_is_small() -> None:
    claims = [claim(number, f"http://host{number}.example/a-report-with-a-usual-name-{number}") for number in range(16)]
    (cut,) = shards(claims, most=16, robots={})
    assert len(pickle.dumps((cut, HarvestSettings()))) < 16 * 400


def test_a_worker_of_another_version_says_so_and_works_nothing() -> None:
    def never(shard: Shard, settings: HarvestSettings) -> ShardDone:
        raise AssertionError(shard)

    (cut,) = shards([claim(1, "http://a.example/")], most=4, robots={})
    for other in (errand.Kind("9.9.9", errand.ours().python), errand.Kind(errand.ours().gleanings, "3.99")):
        said = errand.errand(cut, HarvestSettings(), work=never, kind=other)
        assert isinstance(said, str)
        assert str(other) in said
        assert str(errand.ours()) in said


def test_a_worker_that_cannot_fetch_says_why() -> None:
    def failing(shard: Shard, settings: HarvestSettings) -> ShardDone:
        raise UnavailableError("No certificates here.")

    (cut,) = shards([claim(1, "http://a.example/")], most=4, robots={})
    assert "No certificates here." in str(errand.errand(cut, HarvestSettings(), work=failing, kind=errand.ours()))
    assert errand.look().busy == 0


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        (ClusterSettings(address="north:8786"), "no address of a scheduler"),
        (ClusterSettings(address="tcp://127.0.0.1:8786", ca="ca.pem"), "not encrypted"),
        (ClusterSettings(address="tls://127.0.0.1:8786"), "tls needs `ca`"),
        (ClusterSettings(address="tls://127.0.0.1:8786", ca="/nowhere/ca.pem", cert="c", key="k"), "/nowhere/ca.pem cannot be read"),
    ],
)
def test_a_cluster_that_cannot_be_meant_is_refused_before_anything_is_sent(cluster: ClusterSettings, said: str) -> None:
    with pytest.raises(ConfigError, match=said), crew.hired(replace(HarvestSettings(), cluster=cluster)):
        pass


@pytest.fixture
def hurried() -> Iterator[None]:
    if not os.environ.get("CI"):
        pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    import dask

    with dask.config.set({"distributed.comm.timeouts.connect": "0.2s"}):
        yield


def test_a_cluster_that_does_not_answer_is_named(hurried: None) -> None:
    settings = replace(HarvestSettings(), delay=timedelta(0), cluster=ClusterSettings(address="tcp://127.0.0.1:9"))
    with pytest.raises(UnavailableError, match=r"tcp://127\.0\.0\.1:9 does not answer") as caught, crew.hired(settings):
        pass
    assert caught.value.exit_code == 69


def test_the_command_ends_with_the_code_of_a_server_that_is_unavailable(hurried: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    assert cli.main(["--dir", str(tmp_path), "harvest", "--cluster", "tcp://127.0.0.1:9"]) == 69
    assert "The cluster at tcp://127.0.0.1:9 does not answer" in capsys.readouterr().err
    assert cli.main(["--dir", str(tmp_path), "harvest", "--cluster", "north"]) == 3
    assert "“north” is no address of a scheduler" in capsys.readouterr().err
