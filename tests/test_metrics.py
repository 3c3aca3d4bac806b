"""Figures: all documented, none of them about a person, off the public port, and cheap."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.errors import StoreError
from pipeline.model import Role, Scope
from pipeline.store import Store, new_secret, secret_hash
from pipeline.store.connection import SCHEMA
from pipeline.watch import FULL, Pulse
from pipeline.watch.metrics import KEPT, TABLE, Metrics, World
from pipeline.web.health import wrong
from tests.test_web import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
        store.begin_errand("votes", made.config.harvest.every, made.now)
        store.end_errand("votes", made.now)
    made.add(1)
    return made


class Ticks:
    """A steady clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def figures(metrics: Metrics) -> dict[str, float]:
    """Read the text as Prometheus would: each sample with its labels."""
    return {
        one.name + "".join(f"{{{key}={value}}}" for key, value in sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for one in family.samples
    }


def test_every_figure_is_in_the_table_and_all_of_the_table_is_there(site: Site) -> None:
    site.visitor().get("/healthz")
    metrics = site.app.state.site.metrics
    site.app.state.site.pulse.beat()
    families = {family.name: family.type for family in text_string_to_metric_families(metrics.text().decode())}
    ours = {name for name in families if not name.startswith("gleanings_process_")}
    documented = {row.name.removesuffix("_total"): row.type for row in TABLE}
    assert {name: families[name] for name in ours} == {name: documented[name] for name in ours}
    assert set(documented) - ours == {"gleanings_backup_timestamp_seconds"}  # there is no copy yet
    assert all(row.help.endswith(".") for row in TABLE)


def test_no_label_names_a_person(site: Site) -> None:
    assert {label for row in TABLE for label in row.labels} == {"version", "schema", "state", "kind", "errand", "room", "status"}
    assert "jane" not in site.app.state.site.metrics.text().decode()


def test_the_figures_are_those_of_the_desk(site: Site) -> None:
    site.visitor().get("/healthz")
    site.visitor().get("/nowhere")
    found = figures(site.app.state.site.metrics)
    assert found["gleanings_ready"] == 1
    assert found["gleanings_items{state=queued}"] == 1
    assert found["gleanings_sources{state=new}"] == 1
    assert found["gleanings_errand_done_timestamp_seconds{errand=votes}"] == site.now.timestamp()
    assert found["gleanings_errand_failed{errand=votes}"] == 0
    assert found["gleanings_requests_total{room=health}{status=2xx}"] == 1
    assert found["gleanings_requests_total{room=none}{status=4xx}"] == 1
    assert found["gleanings_request_seconds_count{room=health}"] == 1
    assert found["gleanings_settings_stale"] == 0


def test_the_database_is_asked_once_in_half_a_minute(site: Site) -> None:
    ticks, opened = Ticks(), []

    def open_store() -> Store:
        opened.append(ticks.now)
        return site.open()

    world = World(config=lambda: site.config, problem=lambda: "", open_store=open_store, clock=lambda: site.now, pulse=Pulse(ticks=ticks))
    metrics = Metrics(world)
    for _ in range(10):
        metrics.text()
        ticks.now += KEPT / 10
    metrics.text()
    assert len(opened) == 2


def test_a_database_that_cannot_be_asked_leaves_the_rest_standing(site: Site) -> None:
    def fails() -> Store:
        raise StoreError("It is damaged.")

    world = World(config=lambda: site.config, problem=lambda: "no", open_store=fails, clock=lambda: site.now, pulse=Pulse())
    found = figures(Metrics(world))
    assert found["gleanings_ready"] == 0
    assert found["gleanings_settings_stale"] == 1
    assert found["gleanings_disk_free_bytes"] > 0
    assert not any(name.startswith("gleanings_items") for name in found)


@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.EDITOR, 403), (Role.OPERATOR, 200)])
def test_on_the_public_port_the_figures_take_a_token_of_an_operator(site: Site, role: Role | None, status: int) -> None:
    headers = {}
    if role is not None:
        secret = new_secret()
        with site.open() as store:
            person = store.add_account("Sam", role, now=site.now)
            store.add_token(person.id, secret_hash(secret), label="monitor", scopes=(Scope.READ,), now=site.now)
        headers = {"authorization": f"Bearer {secret}"}
    answer = site.visitor().ask("GET", "/metrics", headers=headers)
    assert answer.status_code == status
    assert ("gleanings_ready" in answer.text) == (status == 200)
    if status == 200:
        assert answer.headers["content-type"].startswith("text/plain; version=")


# ---------------------------------------------------------------- ready


def test_a_desk_that_works_is_ready(site: Site) -> None:
    pulse = site.app.state.site.pulse
    pulse.beat()
    answer = site.visitor().get("/readyz")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["db"], told["migrations"], told["scheduler"], told["wrong"]) == ("ok", f"{SCHEMA:04}", "beat 0s ago", [])
    assert told["disk_free_gb"] > 0


def test_a_scheduler_that_stands_still_and_a_child_that_dies_are_named(site: Site) -> None:
    ticks, pulse = Ticks(), site.app.state.site.pulse
    pulse.ticks = ticks
    pulse.beat()
    ticks.now += 181
    pulse.deaths, pulse.death = 2, "exit code 70"
    answer = site.visitor().get("/readyz")
    assert (answer.status_code, answer.json()["wrong"]) == (503, ["scheduler", "harvest"])
    assert answer.json()["harvest"] == "died 2 times in a row (exit code 70)"


def test_a_database_that_another_one_locks_is_not_writable(site: Site) -> None:
    with site.open() as other, other.transaction():
        answer = site.visitor().get("/readyz")
    assert (answer.status_code, answer.json()["db"], answer.json()["wrong"]) == (503, "not writable", ["db"])


def test_a_disk_that_is_full_or_gone_is_named() -> None:
    assert wrong("ok", free=FULL, deaths=0, stands_still=False) == []
    assert wrong("ok", free=FULL - 1, deaths=0, stands_still=False) == ["disk"]
    assert wrong("unreadable", free=None, deaths=2, stands_still=True) == ["db", "scheduler", "disk", "harvest"]


# ---------------------------------------------------------------- the number of a visit


def test_every_answer_has_a_number_and_a_strangers_is_not_taken_over(site: Site) -> None:
    visitor = site.visitor()
    first, second = (visitor.get("/healthz").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert visitor.get("/healthz", x_request_id="chosen-by-a-stranger").headers["x-request-id"] != "chosen-by-a-stranger"
