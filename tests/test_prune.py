"""What may go when it is old, and what never does: what was published or kept, decisions, editions, and that we had a thing already."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.routing import Route

from pipeline import dedupe
from pipeline.cli import main
from pipeline.model import Fold, ItemId, KeptPage, Notice, Role, Run, State, Verdict
from pipeline.store import Store, copies
from tests import builders, kept
from tests.builders import NOW
from tests.program import Programs
from tests.test_publish import accepted

LATER = NOW + timedelta(days=800)
BEFORE = LATER - timedelta(days=730)
CC = "https://creativecommons.org/licenses/by/4.0/"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as store:
        store.sync_sources([builders.source()], NOW)
        yield store


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with a released edition."""
    return kept.make(tmp_path_factory.mktemp("made") / "desk").folder


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "desk"))


def pruned(store: Store, *, spare_open: bool = False) -> dict[str, int]:
    """Prune, and say how many rows of each sort that were."""
    gone: dict[str, int] = {}
    for one in store.prune(BEFORE, spare_open=spare_open):
        gone[one.sort] = gone.get(one.sort, 0) + one.count
    return gone


def sql(store: Store, words: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(store.path)) as db:
        found = db.execute(words).fetchall()
        db.commit()
        return found


def text(store: Store, item: ItemId) -> str:
    return store.item(item).resource.text


# ---------------------------------------------------------------- texts


def test_the_text_of_what_was_rejected_long_ago_goes_and_the_rest_of_it_stays(store: Store) -> None:
    item = kept.rejected(store, 3)
    before = store.item(item)
    assert pruned(store) == {"texts of rejected items": 1}
    after = store.item(item)
    assert after == replace(before, resource=replace(before.resource, text=""))
    assert len(store.decisions(item=item)) == 3


def test_what_was_rejected_never_comes_again(store: Store) -> None:
    item = kept.rejected(store, 3)
    rows = sql(store, "SELECT * FROM identities UNION ALL SELECT * FROM shingles")
    pruned(store)
    assert sql(store, "SELECT * FROM identities UNION ALL SELECT * FROM shingles") == rows
    again = builders.resource(url="https://north.example/3?utm_source=x", canonical_url="https://north.example/3", title="How network 3 learns")
    fingerprint = dedupe.fingerprint(again)
    match = dedupe.match(again, fingerprint, store.neighbours(fingerprint))
    assert (match.fold, match.of) in ((Fold.SAME, item), (Fold.REVISION, item))
    store.add(again, fingerprint, match, now=LATER)
    assert store.counts()[State.QUEUED] == 0


def test_a_text_that_went_is_no_longer_found_and_its_title_is(store: Store) -> None:
    item = kept.rejected(store, 3, text="Zebras and okapis. " * 30)
    assert store.search("okapis") == (item,)
    pruned(store)
    assert (store.search("okapis"), store.search("network")) == ((), (item,))


@pytest.mark.parametrize("verdict", [None, Verdict.DEFER])
def test_what_waits_keeps_its_text(store: Store, verdict: Verdict | None) -> None:
    item = accepted(store, 1)
    store.decide(builders.decision(item=item, verdict=Verdict.REOPEN))
    if verdict:
        store.decide(builders.decision(item=item, verdict=verdict))
    assert pruned(store) == {}
    assert text(store, item)


def test_what_was_accepted_or_published_keeps_everything(desk: Path) -> None:
    with Store.open(desk / "curated.db") as store:
        waiting = accepted(store, 9)
        before = {number: store.item(ItemId(number)) for number in (1, 2, waiting)}
        editions = sql(store, "SELECT * FROM editions"), sql(store, "SELECT * FROM revisions"), sql(store, "SELECT * FROM decisions")
        assert pruned(store) == {"texts of rejected items": 1}
        assert {number: store.item(ItemId(number)) for number in before} == before
        assert (sql(store, "SELECT * FROM editions"), sql(store, "SELECT * FROM revisions"), sql(store, "SELECT * FROM decisions")) == editions
    assert main(["--dir", str(desk), "restore", "--verify", str(desk / "curated.db")]) == 0


def test_what_was_ever_in_an_edition_keeps_its_text_even_if_it_was_rejected_since(desk: Path) -> None:
    with Store.open(desk / "curated.db") as store:
        sql(store, "UPDATE items SET state = 'rejected', edition = NULL WHERE id = 1")
        assert pruned(store) == {"texts of rejected items": 1}
        assert text(store, ItemId(1))


def test_what_was_rejected_lately_keeps_its_text(store: Store) -> None:
    item = accepted(store, 1)
    store.decide(builders.decision(item=item, verdict=Verdict.REOPEN))
    store.decide(builders.decision(item=item, verdict=Verdict.REJECT, decided=BEFORE))
    assert pruned(store) == {}


def test_texts_under_an_open_licence_can_be_spared(store: Store) -> None:
    free, other = kept.rejected(store, 1, licence=CC), kept.rejected(store, 2, licence="All rights reserved")
    assert {(one.licence, one.count) for one in store.prunable(BEFORE, spare_open=False)} == {("open", 1), ("other", 1)}
    assert pruned(store, spare_open=True) == {"texts of rejected items": 1}
    assert (bool(text(store, free)), bool(text(store, other))) == (True, False)


def test_earlier_states_and_words_of_leads_of_what_was_rejected_go(store: Store) -> None:
    url = "https://north.example/3"
    store.offer("north-blog", [builders.lead(url=url, description="What they say of it.")], NOW)
    item = kept.rejected(store, 3)
    sql(store, f"UPDATE sightings SET item = {item}")  # noqa: S608 - ours
    sql(store, f"INSERT INTO versions SELECT item, 1, resource, fingerprint, '{NOW.isoformat()}' FROM resources")  # noqa: S608 - ours
    gone = pruned(store)
    assert (gone["earlier states of rejected items"], gone["words of leads to rejected items"]) == (1, 1)
    (lead,) = store.said("north-blog")
    assert (lead.url, lead.title, lead.description) == (url, "How a network learns", None)
    assert store.offer("north-blog", [builders.lead(url=url)], LATER) == (1, 0)


# ---------------------------------------------------------------- the rest


def test_old_runs_go_but_the_last_of_each_source(store: Store) -> None:
    for number in range(3):
        begun = NOW + timedelta(hours=number)
        store.record_run(Run(source="north-blog", started=begun, finished=begun))
    assert pruned(store) == {"runs": 2}
    assert [run.started for run in store.runs("north-blog", limit=9)] == [NOW + timedelta(hours=2)]


def test_old_page_copies_go_and_new_ones_stay(store: Store) -> None:
    def keep(fetched: datetime, good: int) -> None:
        sql(store, f"INSERT INTO kept_pages VALUES ('north-blog', {good}, 'https://north.example', '{fetched.isoformat()}', NULL, 1, 1, x'00ff')")  # noqa: S608 - ours

    keep(NOW, 1)
    keep(LATER, 0)
    (one,) = store.prunable(BEFORE, spare_open=False)
    assert (one.sort, one.year, one.licence, one.count, one.bytes) == ("kept pages", "2026", "internal use", 1, 2)
    pruned(store)
    assert sql(store, "SELECT good FROM kept_pages") == [(0,)]


def test_a_notice_loses_its_words_and_still_goes_out_once(store: Store) -> None:
    notice = Notice(id=0, kind="question", key="7", email="kim@example.org", subject="Did you use it?", body="Say so.")
    store.queue_notice(notice, now=NOW)
    assert pruned(store) == {}
    sql(store, "UPDATE notices SET state = 'sent'")
    assert pruned(store) == {"words of notices": 1}
    assert [(one.subject, one.body) for one in store.notices()] == [("", "")]
    assert not store.queue_notice(notice, now=LATER)


def test_a_second_time_nothing_is_left(desk: Path) -> None:
    with Store.open(desk / "curated.db") as store:
        assert pruned(store)
        assert pruned(store) == {}


# ---------------------------------------------------------------- the command


def test_a_dry_run_lists_by_sort_year_and_licence_and_changes_nothing(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store.open(desk / "curated.db") as store:
        sql(store, "UPDATE decisions SET decided = '2020-01-01T00:00:00.000000+00:00'")
        sql(store, "UPDATE items SET added = '2020-01-01T00:00:00.000000+00:00'")
        before = store.item(ItemId(3))
    assert main(["--dir", str(desk), "prune", "--dry-run", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] | {"bytes": 0} == {"sort": "texts of rejected items", "year": "2020", "licence": "none stated", "count": 1, "bytes": 0}
    assert lines[-1] == {"rows": 1, "bytes": lines[0]["bytes"], "vacuumed": False, "dry_run": True}
    with Store.open(desk / "curated.db") as store:
        assert store.item(ItemId(3)) == before
    assert main(["--dir", str(desk), "prune", "--older", "3y"]) == 0
    with Store.open(desk / "curated.db") as store:
        assert not store.item(ItemId(3)).resource.text


def test_the_room_is_given_back_when_asked_or_when_much_lies_empty(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = ["--dir", str(desk), "prune", "--json"]
    for extra, expected in (([], False), (["--vacuum"], True)):
        assert main([*here, *extra]) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["vacuumed"] is expected
    with closing(sqlite3.connect(desk / "curated.db")) as db:
        db.execute("CREATE TABLE ballast (x)")
        db.execute("INSERT INTO ballast VALUES (zeroblob(3000000))")
        db.execute("DROP TABLE ballast")
        db.commit()
    assert main(here) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["vacuumed"] is True
    assert copies.check(desk / "curated.db").bytes < 2_000_000


@pytest.mark.parametrize("age", ["2", "y", "0d", "-1y", "2m", "999y", "٣d"])
def test_an_age_that_is_none_is_a_sentence(tmp_path: Path, age: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(tmp_path), "prune", f"--older={age}"]) == 2
    assert "is no age" in capsys.readouterr().err


def test_page_copies_lie_compressed(store: Store) -> None:
    page = builders.page("<html>" + "<p>One and the same.</p>" * 500)
    store.keep_page("north-blog", KeptPage(page=page, leads=3, titled=3), good=True)
    assert sql(store, f"SELECT length(body) < {len(page.body) // 10} FROM kept_pages") == [(1,)]  # noqa: S608 - ours


def test_page_copies_are_never_served(tmp_path: Path) -> None:
    desk = Programs(tmp_path)
    try:
        desk.person("Sam", Role.OPERATOR)
        with desk.open() as store:
            page = builders.page("<html><p>The words of the page itself.</p></html>")
            for good in (True, False):
                store.keep_page("north-blog", KeptPage(page=page, leads=3, titled=3), good=good)
        paths = [
            re.sub(r"\{[^}]*\}", "north-blog", route.path) for route in desk.app.routes if isinstance(route, Route) and "GET" in (route.methods or ())
        ]
        answers = [desk.get(path) for path in paths]
        assert len(answers) > 40
        assert not [path for path, answer in zip(paths, answers, strict=True) if b"The words of the page itself" in answer.body]
        assert sum(answer.status == 200 for answer in answers) > 10
    finally:
        desk.close()
