"""The crew when the cluster goes away or we do, and the line between the two: what came is kept, the rest comes again, strangers are left outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from pipeline import harvest
from pipeline.config import Config, load
from pipeline.errors import ConfigError, UnavailableError
from pipeline.harvest import crew
from pipeline.harvest.work import shards
from pipeline.model import Claim, ClusterSettings, HarvestSettings, Lead
from pipeline.store import Store
from tests import builders
from tests.crews import LONG, ROOT, Site, article, cluster, telling
from tests.web import Web

if not os.environ.get("CI"):
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

LINKS = [f"http://host{number % 6}.example/page-{number}" for number in range(36)]


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as web:
        web.put("http://list.example/all", "<ul>" + "".join(f"<li><a href='{link}'>Link to report</a></li>" for link in LINKS) + "</ul>")
        for link in LINKS:
            web.put(link, article(link), delay=0.05)
        yield web


@pytest.fixture
def reached(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    found = web.environment(tmp_path)
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def desk(folder: Path, cluster: str) -> Config:
    (folder / "sources.yaml").write_text(
        "harvest: {per_host: {concurrency: 1, delay: 0s}, cluster: {" + cluster + "}}\n"
        'sources: [{id: list, kind: listing, url: "http://list.example/all"}]\n',
        encoding="utf-8",
    )
    return load(folder / "sources.yaml", {})


def until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.01)


def test_a_scheduler_that_dies_loses_nothing_that_came(web: Web, reached: Mapping[str, str], tmp_path: Path) -> None:
    with cluster(tmp_path, workers=1, nanny=False, environ=reached) as site, Store.open(tmp_path / "curated.db") as store:
        config = desk(tmp_path, f'address: "{site.address}"')

        def report(what: str, done: int, total: int) -> None:
            if what == "visiting" and done >= 4:
                site.scheduler.kill()

        with pytest.raises(UnavailableError, match=f"{site.address} is gone") as caught:
            harvest.harvest(config, store, everything=True, now=lambda: builders.NOW, report=report)
        assert caught.value.exit_code == 69
        came = [link for link in LINKS if store.find(link)]
        assert 4 <= len(came) < len(LINKS)
        assert store.pending(builders.NOW) == len(LINKS) - len(came)
        assert store.runs("list", 1)[0].new == len(came)
        alone = replace(config, harvest=replace(config.harvest, cluster=ClusterSettings()))
        harvest.harvest(alone, store, everything=True, now=lambda: builders.NOW, workers=1)
        assert all(store.find(link) for link in LINKS)
        assert len({store.find(link) for link in LINKS}) == len(LINKS)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What TLS needs, as paths: the authority, and one certificate that all machines of the cluster show."""
    folder = tmp_path_factory.mktemp("keys")
    authority = trustme.CA()
    mine = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    mine.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in mine.cert_chain_pems))
    return {name: str(folder / f"{name}.pem") for name in ("ca", "cert", "key")}


@pytest.fixture(scope="module")
def secret(web: Web, keys: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("secret")
    with cluster(folder, workers=1, environ=web.environment(folder), tls=keys) as site:
        yield site


def test_a_harvest_killed_in_the_middle_is_completed_by_another(
    web: Web, secret: Site, keys: Mapping[str, str], reached: Mapping[str, str], tmp_path: Path
) -> None:
    config = desk(tmp_path, ", ".join((f'address: "{secret.address}"', *(f"{name}: {path}" for name, path in keys.items()))))
    command = [sys.executable, "-m", "pipeline", "--dir", str(tmp_path), "harvest", "--all"]
    before = len(web.asked)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        try:
            until(lambda: len(web.asked) - before > 12, first)
        finally:
            first.kill()
    with Store.open(tmp_path / "curated.db") as store:
        assert not all(store.find(link) for link in LINKS)
        (run,) = harvest.harvest(config, store, everything=True, now=lambda: builders.NOW)
        assert run.failed == 0
        assert all(store.find(link) for link in LINKS)
        assert len({store.find(link) for link in LINKS}) == len(LINKS)
    assert {one.open for one in web.asked[before:]} == {1}


def test_who_shows_no_certificate_of_the_cluster_stays_outside(secret: Site, keys: Mapping[str, str], tmp_path: Path) -> None:
    stranger = trustme.CA().issue_cert("127.0.0.1")
    stranger.private_key_pem.write_to_path(tmp_path / "key.pem")
    stranger.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    forged = ClusterSettings(address=secret.address, ca=keys["ca"], cert=str(tmp_path / "cert.pem"), key=str(tmp_path / "key.pem"))
    plain = ClusterSettings(address=secret.address.replace("tls:", "tcp:"))
    mine = ClusterSettings(address=secret.address, **keys)
    import dask

    with dask.config.set({"distributed.comm.timeouts.connect": "2s"}):
        for wrong in (forged, plain):
            with pytest.raises(UnavailableError, match=wrong.address), crew.hired(HarvestSettings(cluster=wrong), work=telling):
                pass
    (cut,) = shards([Claim(id=1, url="http://a.example/", lead=Lead(source="north", url="http://a.example/"))], most=1, robots={})
    with crew.hired(HarvestSettings(cluster=mine), work=telling) as hands, closing(crew.run([cut], hands)) as answers:
        assert len(list(answers)) == 1


def test_settings_of_a_cluster_are_checked_with_the_others(tmp_path: Path) -> None:
    config = desk(tmp_path, 'address: "tls://north.example:8786", ca: tls/ca.pem, cert: tls/cert.pem, key: tls/key.pem')
    assert config.harvest.cluster.ca == str(tmp_path / "tls/ca.pem")
    assert config.harvest.every == timedelta(hours=6)
    for wrong, said in (
        ('address: "north:1"', "no address of a scheduler"),
        ('address: "tls://a:1"', "tls needs"),
        ("worker: 3", "`worker` is unknown"),
    ):
        with pytest.raises(ConfigError, match=said):
            desk(tmp_path, wrong)
