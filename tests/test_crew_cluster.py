"""The crew on a Dask cluster of real processes: pages come back once, hosts are asked politely, and nothing travels that need not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipeline import harvest
from pipeline.config import Config
from pipeline.harvest import crew
from pipeline.harvest.work import shards
from pipeline.model import Claim, ClusterSettings, Desk, DigestSettings, HarvestSettings, Lead, MailSettings, Source
from pipeline.store import Store
from tests import builders
from tests.crews import Site, article, cluster, killing, telling
from tests.web import Web

if not os.environ.get("CI"):
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

PAUSE = timedelta(seconds=0.02)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


@pytest.fixture(scope="module")
def site(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(folder, workers=2, environ=web.environment(folder)) as site:
        yield site


def claim(number: int, url: str) -> Claim:
    return Claim(id=number, url=url, lead=Lead(source="north", url=url))


def settings(site: Site, contact: str = "") -> HarvestSettings:
    return HarvestSettings(delay=PAUSE, total=timedelta(seconds=20), contact=contact, cluster=ClusterSettings(address=site.address))


def test_a_harvest_by_a_cluster_stores_every_page_once_and_no_host_notices(
    web: Web, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in web.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    links = [f"http://host{number % 5}.example/page-{number}" for number in range(20)]
    web.put("http://list.example/all", "<ul>" + "".join(f"<li><a href='{link}'>Link to report</a></li>" for link in links) + "</ul>")
    for link in links:
        web.put(link, article(link))
    config = Config(
        desk=Desk(), harvest=settings(site), digest=DigestSettings(), mail=MailSettings(),
        sources=(Source(id="list", kind="listing", url="http://list.example/all"),),
        path=tmp_path / "sources.yaml", folder=tmp_path, db=tmp_path / "curated.db", digests=tmp_path / "digests",
    )  # fmt: skip
    with Store.open(":memory:") as store:
        (run,) = harvest.harvest(config, store, everything=True, now=lambda: builders.NOW)
        stored = {store.find(link) for link in links}
    assert (run.found, run.new, run.failed) == (20, 20, 0)
    assert len(stored - {None}) == 20
    for host in {urlsplit(link).netloc for link in links}:
        asked = [one for one in web.asked if urlsplit(one.url).netloc == host]
        assert [one.path for one in asked].count("/robots.txt") == 1
        assert len({one.path for one in asked}) == len(asked) == 5
        assert {one.open for one in asked} == {1}


def test_a_page_that_kills_its_worker_twice_is_set_aside_and_a_worker_lost_once_costs_nothing(site: Site, tmp_path: Path) -> None:
    named = {3: "killer", 15: "unlucky"}
    claims = [claim(number, f"http://host{number}.example/{named.get(number, 'page')}") for number in range(20)]
    with crew.hired(settings(site, contact=str(tmp_path)), work=killing) as hands:
        for part, lost in ((claims[:10], [3]), (claims[10:], [])):
            outcomes = [outcome for answer in crew.run(shards(part, most=2, robots={}), hands) for outcome in answer.outcomes]
            assert sorted(outcome.claim for outcome in outcomes) == [one.id for one in part]
            assert [outcome.claim for outcome in outcomes if outcome.reason != "well"] == lost
    assert site.workers.poll() is None


def test_the_guard_stands_on_workers_too(web: Web, site: Site) -> None:
    private = [claim(1, web.url("/inside")), claim(2, "http://169.254.169.254/latest"), claim(3, "http://desk.internal/")]
    before = len(web.asked)
    with crew.hired(settings(site)) as hands:
        reasons = [outcome.reason or "" for answer in crew.run(shards(private, most=4, robots={}), hands) for outcome in answer.outcomes]
    assert len(reasons) == 3
    assert all("public web" in reason for reason in reasons), reasons
    assert len(web.asked) == before


def test_passwords_stay_on_this_machine(site: Site) -> None:
    mine = replace(settings(site, contact="editor@example.org"), mail_passwords={"": "secret"})
    with crew.hired(mine, work=telling) as hands:
        (answer,) = crew.run(shards([claim(1, "http://a.example/")], most=4, robots={}), hands)
    (outcome,) = answer.outcomes
    assert outcome.reason == f"{{}} {ClusterSettings()} editor@example.org"


def test_a_caller_that_stops_leaves_nothing_waiting_on_the_cluster(site: Site) -> None:
    from distributed import Client

    claims = [claim(number, f"http://host{number}.example/") for number in range(40)]
    with crew.hired(settings(site), work=telling) as hands:
        answers = crew.run(shards(claims, most=1, robots={}), hands)
        next(answers)
        answers.close()
        assert 0 < hands.busy <= 4
    assert hands.busy == 0
    with Client(site.address, set_as_default=False) as client:
        assert not any(client.processing().values())


def test_the_signal_that_ends_a_worker_is_survived_by_its_nanny(site: Site) -> None:
    from distributed import Client

    with Client(site.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        before = set(client.run(os.getpid).values())
        os.kill(min(before), signal.SIGKILL)
        with crew.hired(settings(site), work=telling) as hands:
            claims = [claim(number, f"http://host{number}.example/") for number in range(20)]
            answers = list(crew.run(shards(claims, most=1, robots={}), hands))
    assert len(answers) == 20
