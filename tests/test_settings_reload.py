"""Settings that are edited while the desk serves: taken over when they are good; when not, the old ones go on and the desk says why."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import watch
from pipeline.config import Config, load
from pipeline.config.living import AGAIN, Settings
from pipeline.errors import ConfigError
from pipeline.model import TroubleKind
from pipeline.service import Doors, mind
from pipeline.service.serving import _Taken
from pipeline.store import Store
from pipeline.web import create_app
from tests import builders
from tests.test_web import Site, Visitor

FIRST = """desk: {name: First name, url: "https://one.example.org", contact: ed@example.org}
mail: {from: "D <d@example.org>", smtp: "one.example:25"}
digest: {max_items: 10}
sources:
  - {id: north, kind: feed, url: "https://north.example/feed"}
"""
SECOND = (
    FIRST.replace("First name", "Second name")
    .replace("one.example", "two.example")
    .replace("max_items: 10", "max_items: 20")
    .replace("north", "south")
)


class Ticks:
    """A steady clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A folder with settings, and a holder of them."""

    def __init__(self, folder: Path, text: str = FIRST) -> None:
        self.path, self.count = folder / "sources.yaml", 0
        self.write(text)
        self.ticks = Ticks()
        self.config = load(self.path, {})
        self.settings = Settings(self.config, environ={}, ticks=self.ticks)

    def write(self, text: str, path: Path | None = None) -> None:
        """Write a file so that its time differs, however fast we are."""
        self.count += 1
        (path or self.path).write_text(text, encoding="utf-8")
        os.utime(path or self.path, ns=(10**18 + self.count, 10**18 + self.count))

    def open(self) -> Store:
        return Store.open(self.config.db)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_where_nothing_changed_the_same_settings_are_in_force(desk: Desk) -> None:
    assert desk.settings.look() is desk.config


def test_a_file_that_changed_is_taken_over_in_all_its_parts(desk: Desk) -> None:
    desk.write(SECOND)
    found = desk.settings.look()
    assert (found.desk.name, found.mail.host, found.digest.max_items, found.sources[0].id) == ("Second name", "two.example", 20, "south")
    assert (found.folder, found.db) == (desk.config.folder, desk.config.db)
    assert desk.settings.look() is found
    assert desk.settings.problem == ""


@pytest.mark.parametrize("broken", ["", "desk: [", "desk: {nmae: x}", FIRST + "    oops: 1\n", "\x00"])
def test_while_it_cannot_be_used_the_old_one_goes_on_and_says_why(desk: Desk, broken: str) -> None:
    desk.write(broken)
    assert desk.settings.look() is desk.config
    assert "sources.yaml" in desk.settings.problem
    assert desk.settings.problem.endswith("The settings of before are still in force.")
    desk.write(SECOND)
    assert desk.settings.look().desk.name == "Second name"
    assert desk.settings.problem == ""


def test_a_file_that_vanishes_is_a_problem_and_none_when_it_is_back(desk: Desk) -> None:
    desk.path.unlink()
    assert desk.settings.look() is desk.config
    assert "there is no such file" in desk.settings.problem
    desk.write(FIRST)
    desk.settings.look()
    assert desk.settings.problem == ""


def test_the_file_of_topics_is_watched_too(tmp_path: Path) -> None:
    topics = tmp_path / "topics.yaml"
    topics.write_text("- {id: care, name: Care}\n")
    desk = Desk(tmp_path, FIRST + "topics: topics.yaml\n")
    desk.write("- {id: care, name: Integrated care}\n", topics)
    assert desk.settings.look().topics[0].name == "Integrated care"
    desk.write("- {id: care\n", topics)
    assert desk.settings.look().topics[0].name == "Integrated care"
    assert "topics.yaml" in desk.settings.problem


def test_what_was_missing_beside_the_file_is_found_after_a_while(desk: Desk) -> None:
    desk.write(FIRST + "topics: later.yaml\n")
    desk.settings.look()
    assert "later.yaml" in desk.settings.problem
    (desk.path.parent / "later.yaml").write_text("- {id: care, name: Care}\n")
    assert desk.settings.look().topics == ()
    desk.ticks.now += AGAIN
    assert desk.settings.look().topics[0].id == "care"
    assert desk.settings.problem == ""


def test_a_visit_sees_the_settings_of_its_moment(desk: Desk) -> None:
    with desk.open() as store:
        store.sync_sources(desk.config.sources, builders.NOW)
    site = Site.__new__(Site)
    site.config, site.now = desk.config, builders.NOW
    site.app = create_app(desk.config, desk.open, lambda: builders.NOW)
    visitor = Visitor(site)
    assert "First name" in visitor.get("/").text
    desk.write(SECOND)
    assert "Second name" in visitor.get("/").text
    assert visitor.get("/healthz", host="two.example.org").status_code == 200
    assert visitor.get("/", host="two.example.org").status_code == 200
    assert visitor.get("/", host="one.example.org").status_code == 421
    desk.write("desk: [")
    assert "Second name" in visitor.get("/").text


def test_the_service_takes_sources_over_and_opens_an_alert_while_the_file_is_broken(desk: Desk) -> None:
    doors = Doors(app=create_app(desk.config, desk.open, lambda: builders.NOW), open_store=desk.open, clock=lambda: builders.NOW, child=("true",))
    with desk.open() as store:
        store.sync_sources(desk.config.sources, builders.NOW)
    taken = _Taken(desk.settings, doors)
    desk.write(SECOND)
    assert taken.over().sources[0].id == "south"
    with desk.open() as store:
        assert {one.id for one in store.source_states()} == {"north", "south"}
    desk.write("desk: [")
    mind(desk.settings, doors)
    with desk.open() as store:
        (alert,) = watch.open_alerts(store)
        assert (alert.kind, "sources.yaml" in alert.sentence) == (TroubleKind.SETTINGS, True)
    desk.write(SECOND)
    mind(desk.settings, doors)
    with desk.open() as store:
        assert watch.open_alerts(store) == ()


# ---------------------------------------------------------------- alerts in the file


def configured(folder: Path, text: str, **environ: str) -> Config:
    (folder / "sources.yaml").write_text(FIRST + text)
    return load(folder / "sources.yaml", environ)


def test_who_is_told_stands_in_the_file(tmp_path: Path) -> None:
    secret = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
    found = configured(tmp_path, 'alerts: {mail: [ops@example.org], webhook: "https://ops.example/hook"}\n', GLEANINGS_WEBHOOK_SECRET=secret)
    assert (found.alerts.mail, found.alerts.webhook) == (("ops@example.org",), "https://ops.example/hook")
    assert replace(found, alerts=type(found.alerts)()).alerts.mail == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alerts: {mail: [nobody]}\n", "mail"),
        ("alerts: {webhok: x}\n", "`webhok` is unknown"),
        ('alerts: {webhook: "https://ops.example/hook"}\n', "GLEANINGS_WEBHOOK_SECRET is not set"),
    ],
)
def test_what_is_wrong_with_it_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        configured(tmp_path, text)


def test_a_variable_that_is_misspelt_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"GLEANINGS_WEBHOOK_SECRT is unknown.*GLEANINGS_WEBHOOK_SECRET"):
        configured(tmp_path, "", GLEANINGS_WEBHOOK_SECRT="x")
