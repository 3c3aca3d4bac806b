"""Troubles: what counts as one, each told once when it begins and once when it is over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import watch
from pipeline.config.alerts import Alerts
from pipeline.model import Errand, Health, HookEvent, Mailing, Run, Trouble, TroubleKind, Webhook
from pipeline.store import Store
from pipeline.watch import FULL, NEARLY_FULL, Facts, Pulse, overdue, troubles
from tests import builders
from tests.test_web import Site

NOW = builders.NOW
DAY = timedelta(days=1)


def kinds(facts: Facts) -> list[tuple[str, str]]:
    return [(one.kind.value, one.about) for one in troubles(facts, now=NOW)]


def facts(**said: object) -> Facts:
    return Facts(**{"failures": {}, **said})  # type: ignore[arg-type]  # the test's words


def errand(**said: object) -> Errand:
    return Errand(**{"name": "votes", "every": timedelta(hours=1), "begun": NOW, "done": NOW, **said})  # type: ignore[arg-type]  # the test's words


def health(state: str, **said: object) -> Health:
    return Health(**{"source": "north", "state": state, "since": NOW, "error": None, "next": None, "usual_gap": None, "silent": False, **said})  # type: ignore[arg-type]  # the test's words


def test_where_all_is_well_nothing_is_said() -> None:
    fine = facts(
        healths=(health("ok"), health("new"), health("paused")), errands=(errand(),), free=10**10, mails=(Mailing(edition="2026-11", all=40),)
    )
    assert kinds(fine) == []


@pytest.mark.parametrize(
    ("state", "failures", "kind"),
    [("silent", 0, "silent"), ("gone", 0, "failing"), ("failing", 3, "failing"), ("failing", 2, None), ("alarm", 0, "drift")],
)
def test_a_source_is_in_trouble_by_how_it_does(state: str, failures: int, kind: str | None) -> None:
    one = health(state, error="It does not answer.", last_new=NOW - 30 * DAY)
    assert kinds(facts(healths=(one,), failures={"north": failures})) == ([(kind, "north")] if kind else [])


def test_what_only_grows_is_no_part_of_a_sentence() -> None:
    one = facts(healths=(health("silent", last_new=NOW - 30 * DAY, usual_gap=DAY, silent=True),))
    assert troubles(one, now=NOW) == troubles(one, now=NOW + DAY)


@pytest.mark.parametrize(
    ("mails", "wrong"),
    [
        (Mailing(edition="e", uncertain=1, all=10), True),
        (Mailing(edition="e", failed=3, all=10), False),
        (Mailing(edition="e", failed=4, all=10), True),
        (Mailing(edition="e", failed=40, all=1000), False),
        (Mailing(edition="e", failed=51, all=1000), True),
        (Mailing(edition="e", paused=NOW, all=10), True),
    ],
)
def test_mails_are_in_trouble_when_uncertain_lost_or_paused(mails: Mailing, wrong: bool) -> None:
    assert kinds(facts(mails=(mails,))) == ([("delivery", "e")] if wrong else [])


def test_an_errand_is_overdue_when_it_should_have_been_done_twice() -> None:
    late = errand(begun=NOW - 3 * timedelta(hours=1), done=NOW - 3 * timedelta(hours=1))
    assert kinds(facts(errands=(late,))) == [("overdue", "votes")]
    assert kinds(facts(errands=(late,), up=timedelta(minutes=5))) == []
    assert kinds(facts(errands=(late,), up=timedelta(hours=2))) == [("overdue", "votes")]


def test_an_errand_that_failed_once_is_left_an_hour_and_one_that_never_went_well_is_told() -> None:
    assert kinds(facts(errands=(errand(failed="No.", done=NOW - timedelta(hours=1)),))) == []
    assert kinds(facts(errands=(errand(failed="No.", done=None),))) == [("overdue", "votes")]
    assert kinds(facts(errands=(errand(failed="No.", every=DAY, done=NOW - DAY),))) == [("overdue", "votes")]


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4000)))
def test_a_clock_that_went_back_makes_nothing_overdue(by: timedelta) -> None:
    assert not overdue(errand(), NOW - by)


def test_a_disk_that_was_nearly_full_must_have_more_room_before_it_is_not() -> None:
    assert kinds(facts(free=NEARLY_FULL - 1)) == [("disk", "")]
    assert kinds(facts(free=NEARLY_FULL + 1)) == []
    assert kinds(facts(free=NEARLY_FULL + 1, was_full=True)) == [("disk", "")]
    assert "Harvesting pauses" in troubles(facts(free=FULL - 1), now=NOW)[0].sentence


def test_child_settings_and_backup_are_told() -> None:
    assert kinds(facts(deaths=1)) == []
    assert kinds(facts(deaths=2, death="signal SIGKILL", settings="sources.yaml:3: no")) == [("child", ""), ("settings", "")]
    assert kinds(facts(born=NOW - 2 * DAY)) == []
    assert kinds(facts(born=NOW - 4 * DAY)) == [("backup", "")]
    assert kinds(facts(born=NOW - 4 * DAY, keeps=False)) == []
    assert kinds(facts(born=NOW - 40 * DAY, backup=NOW - DAY)) == []


def test_each_trouble_is_named_once() -> None:
    everything = facts(
        healths=(health("silent"), health("alarm", source="south")),
        errands=(errand(failed="No.", done=None), errand(name="tick", every=timedelta(minutes=1), done=NOW - DAY)),
        mails=(Mailing(edition="e", uncertain=1, failed=9, all=9, paused=NOW),),
        free=0,
        deaths=9,
        settings="bad",
        born=NOW - 9 * DAY,
    )
    found = kinds(everything)
    assert len(found) == len(set(found)) == 9


# ---------------------------------------------------------------- kept and told


class Room:
    """A desk whose clock is moved by hand, and what it told."""

    def __init__(self, folder: Path, **config: object) -> None:
        self.site = Site(folder)
        mail = replace(self.site.config.mail, outbox="outbox", sender="desk@example.org")
        self.config = replace(self.site.config, mail=mail, **config)  # type: ignore[arg-type]  # the test's words
        with self.site.open() as store:
            store.sync_sources(self.config.sources, NOW)

    def compare(self, *wrong: Trouble, now: datetime = NOW) -> None:
        with self.site.open() as store:
            store.compare_alerts(wrong, now)
            watch.tell(self.config, store, now=now)

    @property
    def subjects(self) -> list[str]:
        with self.site.open() as store:
            return [one.subject for one in reversed(store.notices(kind="alert"))]

    @property
    def calls(self) -> list[tuple[str, str]]:
        with self.site.open() as store:
            return [(one.event, json.loads(one.body)["data"]["kind"]) for one in reversed(store.calls())]


DISK = Trouble(kind=TroubleKind.DISK, sentence="The disk is nearly full.")
QUIET = Trouble(kind=TroubleKind.SILENT, about="north", sentence="Nothing new.")
HOOK = "https://ops.example/hook"


def test_a_trouble_is_told_once_when_it_begins_and_once_when_it_is_over(tmp_path: Path) -> None:
    room = Room(tmp_path, alerts=Alerts(mail=("ops@example.org",), webhook=HOOK))
    for minute in range(5):
        room.compare(DISK, now=NOW + timedelta(minutes=minute))
    for minute in range(5, 9):
        room.compare(now=NOW + timedelta(minutes=minute))
    assert room.subjects == ["What's new: the disk is nearly full", "What's new: over: the disk is nearly full"]
    assert room.calls == [("alert.begun", "disk"), ("alert.over", "disk")]
    room.compare(DISK, now=NOW + DAY)
    assert len(room.subjects) == 3


def test_what_one_look_finds_goes_into_one_mail_to_each(tmp_path: Path) -> None:
    room = Room(tmp_path, alerts=Alerts(mail=("ops@example.org", "jo@example.org")))
    room.compare(DISK, QUIET)
    assert room.subjects == ["What's new: 2 things need a look"] * 2
    with room.site.open() as store:
        body = store.notices(kind="alert")[0].body
    assert "LOOK AT: the disk is nearly full\n  The disk is nearly full." in body
    assert "LOOK AT: source north is silent" in body


def test_an_address_that_hears_of_silent_sources_anyway_is_not_told_twice(tmp_path: Path) -> None:
    hooks = (Webhook(url=HOOK, events=(HookEvent.SOURCE_SILENT,)),)
    room = Room(tmp_path, alerts=Alerts(webhook=HOOK), webhooks=hooks)
    room.compare(DISK, QUIET)
    assert room.calls == [("alert.begun", "disk")]


def test_where_nobody_is_to_be_told_alerts_stand_in_the_desk_alone(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.compare(QUIET)
    with room.site.open() as store:
        assert [(one.kind, one.about, one.since) for one in watch.open_alerts(store)] == [(TroubleKind.SILENT, "north", NOW)]
        assert store.untold_alerts() == ()
    assert (room.subjects, room.calls) == ([], [])


def test_a_sentence_that_changes_is_kept_and_not_told_again(tmp_path: Path) -> None:
    room = Room(tmp_path, alerts=Alerts(mail=("ops@example.org",)))
    room.compare(DISK)
    room.compare(replace(DISK, sentence="It is fuller."))
    assert len(room.subjects) == 1
    with room.site.open() as store:
        assert store.open_alerts()[0].sentence == "It is fuller."


kinds_and_names = st.lists(
    st.sets(st.tuples(st.sampled_from(list(TroubleKind)), st.sampled_from(["", "a", "b"])), max_size=6), min_size=1, max_size=12
)


@settings(max_examples=15)
@given(kinds_and_names)
def test_however_troubles_come_and_go_each_is_told_as_often_as_it_changed(looks: list[set[tuple[TroubleKind, str]]]) -> None:
    told: list[tuple[str, str, bool]] = []
    wanted: list[tuple[str, str, bool]] = []
    before: set[tuple[TroubleKind, str]] = set()
    with Store.open(":memory:") as store:
        for minute, look in enumerate(looks):
            now = NOW + timedelta(minutes=minute)
            store.compare_alerts([Trouble(kind=kind, about=about, sentence="x") for kind, about in look], now)
            for alert in store.untold_alerts():
                told.append((alert.kind, alert.about, alert.over is not None))
                store.alert_told(alert, now)
            wanted += [(*one, False) for one in look - before] + [(*one, True) for one in before - look]
            before = look
            assert {(one.kind, one.about) for one in store.open_alerts()} == look
    assert sorted(told) == sorted(wanted)


def test_a_look_at_a_real_desk_finds_the_silent_source(tmp_path: Path) -> None:
    room = Room(tmp_path)
    source = room.config.sources[0].id
    with room.site.open() as store:
        for day in range(6):
            store.record_run(Run(source=source, started=NOW - (60 - day) * DAY, finished=NOW - (60 - day) * DAY, error="It does not answer."))
        found = watch.look(room.config, store, now=NOW, pulse=Pulse(), problem="sources.yaml:1: wrong")
    assert {(one.kind.value, one.about) for one in found} >= {("failing", source), ("settings", "")}


def test_long_over_is_forgotten(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.compare(DISK)
    room.compare(now=NOW + DAY)
    with room.site.open() as store:
        assert store.drop_alerts(NOW + DAY) == 0
        assert store.drop_alerts(NOW + 2 * DAY) == 1
