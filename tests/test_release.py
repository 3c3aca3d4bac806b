"""The way from draft to release: sections by rule, an essay, what is found and let pass by name, links that are asked, and the cut-off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import dedupe, publish, service
from pipeline.config import Config
from pipeline.errors import NotFoundError, PipelineError, RenderError
from pipeline.model import (
    DigestSettings,
    Edition,
    EditionState,
    Finding,
    Fold,
    ItemId,
    Kind,
    Match,
    SectionRule,
    Verdict,
    Waiver,
    When,
)
from pipeline.publish.findings import waivers
from pipeline.store import Store
from tests import builders, desk
from tests.builders import NOW
from tests.test_publish import EDITION, accepted, config, printed
from tests.test_web import Site

QUICK = ("markdown",)
UNKNOWN = "Read this [@99]."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as store:
        yield store


def essays(folder: Path) -> Config:
    return config(folder, digest=DigestSettings(template="essay"))


def build(made: Config, store: Store, **changes: Any) -> tuple[Edition, tuple[Finding, ...], Path]:
    return publish.build(EDITION, made, store, **{"now": NOW, "formats": QUICK, **changes})


# ---------------------------------------------------------------- sections by rule


def test_what_meets_the_rule_of_a_section_stands_there_whatever_its_kind(store: Store, tmp_path: Path) -> None:
    sections = (
        SectionRule(id="south", title="From the south", when=When(host=("south.example",))),
        SectionRule(id="second", title="Second", when=When(title=("second",))),
        SectionRule(id="articles", title="Articles", kinds=(Kind.ARTICLE,)),
    )
    accepted(store, 1)
    store.decide(builders.decision(item=_added(store, url="https://south.example/2", title="The second", kind=Kind.REPORT)))
    store.decide(builders.decision(item=_added(store, url="https://north.example/3", title="A second one")))
    edition, _, _ = build(config(tmp_path, digest=DigestSettings(sections=sections)), store)
    placed = [(section.id, [entry.id for entry in section.entries]) for section in edition.sections]
    assert placed == [("south", [2]), ("second", [3]), ("articles", [1])]


def _added(store: Store, **changes: Any) -> ItemId:
    resource = builders.resource(canonical_url=changes["url"], **changes)
    return store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=NOW)


# ---------------------------------------------------------------- the essay


def test_an_essay_is_drafted_into_her_folder_anew_until_she_writes_it_herself(store: Store, tmp_path: Path) -> None:
    made, path = essays(tmp_path), tmp_path / "digests" / EDITION / "essay.md"
    accepted(store, 1)
    build(made, store)
    assert "[@1]" in path.read_text()
    accepted(store, 2)
    edition, found, _ = build(made, store)
    assert "[@2]" in path.read_text()
    assert "essay-draft" in {one.rule for one in found}
    path.write_text("This month one thing stands out [@1].")
    edition, found, folder = build(made, store)
    assert (edition.essay, path.read_text()) == ("This month one thing stands out [@1].",) * 2
    assert ["1 entry: 2" in one.problem for one in found if one.rule == "essay-uncited"] == [True]
    assert "one thing stands out" in (folder / "digest.md").read_text()


def test_the_service_that_keeps_the_draft_fresh_writes_no_essay(store: Store, tmp_path: Path) -> None:
    accepted(store, 1)
    edition, _, folder = build(essays(tmp_path), store, formats=())
    assert "[@1]" in edition.essay
    assert not folder.exists()


# ---------------------------------------------------------------- what is found, and let pass


def test_an_error_stops_the_release_and_is_let_pass_by_name_only(store: Store, tmp_path: Path) -> None:
    made, folder = essays(tmp_path), tmp_path / "digests" / EDITION
    accepted(store, 1)
    folder.mkdir(parents=True)
    (folder / "essay.md").write_text(UNKNOWN)
    with pytest.raises(RenderError, match="is not ready") as caught:
        publish.release(EDITION, made, store, now=NOW)
    assert "--waive 'essay-unknown:essay' --by NAME" in caught.value.hint
    with pytest.raises(PipelineError, match="by name only"):
        publish.release(EDITION, made, store, now=NOW, waive=("essay-unknown",))
    with pytest.raises(NotFoundError, match="There is no finding “event-over”"):
        publish.release(EDITION, made, store, now=NOW, waive=("event-over",), by="Sam Reed")
    assert (store.editions(), [path.name for path in folder.iterdir()]) == ((), ["essay.md"])
    told: list[Finding] = []
    publish.release(EDITION, made, store, now=NOW, waive=("essay-unknown:essay",), by="Sam Reed", report=told.append)
    assert store.edition(EDITION).waived == (Waiver(rule="essay-unknown", place="essay", by="Sam Reed", at=NOW),)
    assert {"essay-unknown", "letter-default"} <= {one.rule for one in told}


def test_a_finding_is_let_pass_at_the_place_of_its_item() -> None:
    found = [Finding(severity="error", rule="r", place=f"item {number}", problem="", remedy="") for number in (1, 2)]
    passed = waivers(found, ("r:2",), by="Sam", now=NOW)
    assert [(one.rule, one.place) for one in passed] == [("r", "item 2")]
    assert len(waivers(found, ("r", "r:item 1"), by="Sam", now=NOW)) == 2


def test_a_link_that_was_gone_at_its_last_visit_is_found(store: Store, tmp_path: Path) -> None:
    accepted(store, 1)
    store.offer("north-blog", [builders.lead(url="https://north.example/9")], NOW)
    (claim,) = store.lease(NOW, limit=1, seconds=60, owner="test")
    store.settle_failure(claim.id, "north.example says 404.", again_at=None, now=NOW)
    edition = builders.edition(sections=(replace(builders.edition().sections[0], entries=(builders.entry(url="https://north.example/9"),)),))
    found = publish.findings(edition, config(tmp_path), store)
    assert ["says 404" in one.problem for one in found if one.rule == "link-broken"] == [True]
    assert [one.severity for one in found] == sorted((one.severity for one in found), key=("error", "warning", "note").index)


def test_by_command_an_edition_is_checked_released_over_an_error_and_made_a_draft_again(tmp_path: Path) -> None:
    here = desk.Desk(tmp_path)
    with here.store() as store:
        accepted(store, 1)
    here.must("digest", "build", EDITION, "--format", "markdown")
    assert "why-missing" in {one["rule"] for one in here.must("digest", "check", EDITION)}
    assert here.must("digest", "freeze", EDITION)[0]["state"] == "frozen"
    assert here.must("digest", "freeze", EDITION, "--undo")[0]["state"] == "draft"
    assert here.run("digest", "freeze", EDITION, "--undo").code == 1
    with here.store() as store:
        store.decide(builders.decision(item=ItemId(1), verdict=Verdict.REOPEN))
    here.must("digest", "build", EDITION, "--format", "markdown")
    checked = here.run("digest", "check", EDITION)
    assert (checked.code, "The edition is empty" in checked.out, "[empty]" in checked.out) == (1, True, True)
    assert here.run("digest", "release", EDITION).code == 1
    assert here.must("digest", "release", EDITION, "--waive", "empty", "--by", "Sam Reed")[0]["state"] == "released"
    assert "empty, edition" in Site(tmp_path).visitor().get(f"/desk/editions/{EDITION}").text


# ---------------------------------------------------------------- the cut-off


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


DUE = datetime.fromisoformat("2026-12-01T07:00:00+00:00")
CUTOFF = DUE - timedelta(days=3)


def fresh(site: Site, at: datetime) -> tuple[EditionState, set[int]]:
    """Let the service look at a moment, and say how the next edition stands then."""
    with site.open() as store:
        service.freshen(site.config, store, now=at)
        edition = store.edition("2026-12")
        return edition.state, printed(edition)


def accept(site: Site, number: int, at: datetime) -> ItemId:
    item = site.add(number)
    with site.open() as store:
        store.decide(builders.decision(item=item, decided=at))
    return item


def test_at_the_cut_off_the_draft_is_frozen_once_and_what_came_later_stays_out(site: Site) -> None:
    accept(site, 1, NOW)
    assert fresh(site, CUTOFF - timedelta(minutes=1)) == (EditionState.DRAFT, {1})
    accept(site, 2, CUTOFF - timedelta(seconds=30))
    accept(site, 3, CUTOFF + timedelta(seconds=30))
    assert fresh(site, CUTOFF + timedelta(minutes=1)) == (EditionState.FROZEN, {1, 2})
    assert (site.config.digests / "2026-12" / "digest.pdf").is_file()
    with site.open() as store:
        before = store.edition("2026-12")
    for moment in (CUTOFF - timedelta(hours=1), CUTOFF, DUE - timedelta(seconds=1)):  # a clock that was set back, too
        assert fresh(site, moment) == (EditionState.FROZEN, {1, 2})
    with site.open() as store:
        assert store.edition("2026-12") == before


def test_what_an_editor_makes_a_draft_again_stays_one_and_takes_nothing_in_by_itself(site: Site) -> None:
    accept(site, 1, NOW)
    fresh(site, CUTOFF - timedelta(minutes=1))
    fresh(site, CUTOFF)
    accept(site, 2, CUTOFF + timedelta(minutes=1))
    with site.open() as store:
        assert printed(publish.thaw("2026-12", site.config, store, now=CUTOFF + timedelta(hours=1))) == {1, 2}
    accept(site, 3, CUTOFF + timedelta(hours=2))
    assert fresh(site, CUTOFF + timedelta(hours=3)) == (EditionState.DRAFT, {1, 2})


def test_a_service_that_slept_through_the_cut_off_freezes_what_was_decided_before_it(site: Site) -> None:
    accept(site, 1, NOW)
    accept(site, 2, CUTOFF + timedelta(hours=1))
    assert fresh(site, DUE - timedelta(hours=1)) == (EditionState.FROZEN, {1})


def test_where_nothing_was_decided_there_is_nothing_to_freeze(site: Site) -> None:
    with site.open() as store:
        service.freshen(site.config, store, now=CUTOFF)
        assert store.editions() == ()


@pytest.mark.parametrize(("day", "due"), [("29 3", "2026-03-29T01:30:00+00:00"), ("25 10", "2026-10-25T00:30:00+00:00")])
def test_a_cut_off_over_a_clock_change_comes_once(tmp_path: Path, day: str, due: str) -> None:
    """The edition is due at half past one in London, an hour that the clock skips in March and shows twice in October."""
    site, moment = Site(tmp_path, timezone="Europe/London"), datetime.fromisoformat(due)
    made = replace(site.config, digest=replace(site.config.digest, schedule=f"30 1 {day} *", cutoff=timedelta(hours=1)))
    accept(site, 1, moment - timedelta(days=1))
    states = []
    with site.open() as store:
        for minutes in range(-120, 120, 15):
            service.freshen(made, store, now=moment + timedelta(minutes=minutes))
            edition = store.edition(due[:7])
            states.append((edition.state, edition.composed))
    assert [state for state, _ in states] == [EditionState.DRAFT] * 4 + [EditionState.FROZEN] * 12
    assert {composed for state, composed in states if state is EditionState.FROZEN} == {moment - timedelta(hours=1)}
