"""The decision log: everything that was done, in words, page after page; one's own act taken back from there; the table for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Fold, ItemId, Match, State, Verdict
from pipeline.store import ActFilter, Store
from pipeline.web import log
from tests import builders
from tests.test_web import Site

MINUTE = timedelta(minutes=1)
ACTS = st.tuples(st.sampled_from(("Ada", "Tom")), st.sampled_from((Verdict.ACCEPT, Verdict.REJECT)), st.booleans())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path, editor="Sam Reed", timezone="Europe/London")
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


def decide(site: Site, number: int, *, by: str = "Sam Reed", ago: timedelta = MINUTE, **changes: object) -> ItemId:
    item = site.add(number)
    with site.open() as store:
        store.decide(replace(builders.decision(item=item, curator=by, decided=site.now - ago), **changes))  # type: ignore[arg-type]  # the test's words
    return item


def text(site: Site, path: str = "/desk/log") -> str:
    """The words of a page, without markup."""
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", site.visitor().get(path).text))


def rows(site: Site, query: str = "") -> list[dict[str, str]]:
    answer = site.visitor().get(f"/desk/log.csv{query}")
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_an_act_says_who_what_when_why_and_what_it_changed(site: Site) -> None:
    decide(site, 1, verdict=Verdict.REJECT, reason="promotional", note="An advert.")
    page = text(site)
    assert "11:59 Sam Reed Rejected How network 1 learns" in page
    assert "Reason: promotional. An advert." in page
    assert "stands waiting → rejected" in page


def test_topics_are_named_and_words_are_told_before_and_after(site: Site) -> None:
    decide(site, 1, topics=("learning", "care"))
    assert "topics nothing → Learning networks, Integrated care" in text(site)


def test_a_fold_says_into_what(site: Site) -> None:
    first, second = site.add(1), site.add(2)
    with site.open() as store:
        store.fold(first, second, by="Sam Reed", now=site.now)
    page = text(site)
    assert "Folded How network 2 learns" in page
    assert f"folded into item nothing → {first}" in page


def test_what_was_taken_back_stays_struck_out_with_who_did_it(site: Site) -> None:
    decide(site, 1)
    with site.open() as store:
        (act,) = store.acts()
    visitor = site.visitor()
    answer = visitor.post(f"/desk/log/{act.id}/undo", {"to": "/desk/log?by=Sam+Reed"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/log?by=Sam+Reed&did={act.id}")
    page = visitor.get(answer.headers["location"]).text
    assert "Taken back: kept, “How network 1 learns”." in page
    assert '<li class="undone">' in page
    assert "<s>" in page
    assert "by Sam Reed." in page
    assert site.state(act.item) is State.QUEUED


def test_what_somebody_else_did_is_not_ones_own_to_take_back(site: Site) -> None:
    decide(site, 1, by="Priya Shah")
    assert ">Take back<" not in site.visitor().get("/desk/log").text
    answer = site.visitor().post("/desk/log/1/undo", {})
    assert answer.status_code == 409
    assert "This was done by Priya Shah." in answer.text


def test_an_act_is_taken_back_once_and_only_if_the_item_is_as_it_left_it(site: Site) -> None:
    item = decide(site, 1)
    with site.open() as store:
        store.decide(builders.decision(item=item, verdict=Verdict.REOPEN, curator="Priya", decided=site.now))
        with pytest.raises(ConflictError, match="has changed since"):
            store.undo_act(1, by="Sam Reed", now=site.now)
        store.undo_act(2, by="Priya", now=site.now)
        store.undo_act(1, by="Sam Reed", now=site.now)
        with pytest.raises(ConflictError, match="already"):
            store.undo_act(1, by="Sam Reed", now=site.now)
        with pytest.raises(NotFoundError):
            store.undo_act(99, by="Sam Reed", now=site.now)


def test_a_visit_takes_nothing_back(site: Site) -> None:
    decide(site, 1)
    for method in ("GET", "HEAD"):
        assert site.visitor().ask(method, "/desk/log/1/undo").status_code == 405
    assert site.has(ItemId(1))


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/desk/accounts", "/desk/log\r\nX: y"])
def test_taking_back_leads_on_to_the_log_and_nowhere_else(site: Site, to: str) -> None:
    decide(site, 1)
    assert site.visitor().post("/desk/log/1/undo", {"to": to}).headers["location"] == "/desk/log?did=1"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", "4321"),
        ("by=Priya", "42"),
        ("act=reject", "31"),
        ("by=Priya&act=accept", "42"),
        ("day=2026-11-20", "43"),
        ("day=2026-11-19", "21"),
        ("item=2", "2"),
        ("by=nobody", ""),
    ],
)
def test_the_log_is_filtered_by_person_act_day_and_item(site: Site, query: str, numbers: str) -> None:
    for number in (1, 2, 3, 4):
        verdict = Verdict.REJECT if number % 2 else Verdict.ACCEPT
        decide(site, number, by="Sam Reed" if number % 2 else "Priya", verdict=verdict, ago=timedelta(hours=15) if number < 3 else MINUTE)
    found = re.findall(r'class="name" href="/desk/items/\d+">How network (\d) learns', site.visitor().get(f"/desk/log?{query}").text)
    assert "".join(found) == numbers
    assert "".join(row["item"] for row in rows(site, f"?{query}")) == numbers


@pytest.mark.parametrize("query", ["act=eat", "day=yesterday", "day=9999-12-31", "item=abc", "item=-", "day=0001-01-01"])
def test_a_filter_that_is_none_is_a_page_that_says_so(site: Site, query: str) -> None:
    answer = site.visitor().get(f"/desk/log?{query}")
    assert answer.status_code == 404
    assert "Choose" in answer.text or "Write the day" in answer.text


def test_pages_follow_on_one_another_without_gap_or_twin_while_new_acts_come_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PAGE", 3)
    for number in range(8):
        decide(site, number)
    seen, path, visitor = [], "/desk/log?by=Sam+Reed", site.visitor()
    while path:
        page = visitor.get(path).text
        seen += re.findall(r'class="name" href="/desk/items/\d+">How network (\d+) learns', page)
        decide(site, 100 + len(seen))
        onward = re.search(r'<a class="btn" href="([^"]+)">Older', page)
        path = onward[1].replace("&amp;", "&") if onward else ""
    assert seen == list("76543210")


def test_the_table_harms_no_spreadsheet(site: Site) -> None:
    item = site.add(1, title='=HYPERLINK("https://evil.example")')
    with site.open() as store:
        store.decide(builders.decision(item=item, verdict=Verdict.REJECT, reason="other", note="+1", decided=site.now, curator="@Sam"))
    (row,) = rows(site)
    assert (row["title"], row["note"], row["by"]) == ('\'=HYPERLINK("https://evil.example")', "'+1", "'@Sam")
    assert row["changes"] == "stands: waiting → rejected"


def test_a_title_is_never_markup(site: Site) -> None:
    item = site.add(1, title="<img src=x onerror=alert(1)>")
    with site.open() as store:
        store.decide(builders.decision(item=item, decided=site.now, curator="<b>Sam</b>"))
    page = site.visitor().get("/desk/log").text
    assert "<img" not in page
    assert "<b>Sam" not in page


def test_everybody_who_did_something_is_named_once(site: Site) -> None:
    for number, name in enumerate(("Tom", "Ada", "Tom", "", "Zoe")):
        decide(site, number, by=name)
    with site.open() as store:
        assert store.actors() == ("", "Ada", "Tom", "Zoe")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(("Ada", "Tom")), st.sampled_from((Verdict.ACCEPT, Verdict.REJECT)), st.booleans()), max_size=10),
    st.integers(1, 4),
)
def test_every_act_stands_in_the_log_once_however_it_is_paged(made: list[tuple[str, Verdict, bool]], size: int) -> None:
    with Store.open(":memory:") as store:
        for number, (by, verdict, undone) in enumerate(made):
            one = builders.resource(url=f"https://n.example/{number}", canonical_url=f"https://n.example/{number}", title=f"P {number}")
            item = store.add(one, dedupe.fingerprint(one), Match(fold=Fold.NEW), now=builders.NOW)
            store.decide(builders.decision(item=item, verdict=verdict, curator=by))
            if undone:
                store.undo_act(number + 1, by=by, now=builders.NOW)
        for wanted in (ActFilter(), ActFilter(by="Ada"), ActFilter(act="reject"), ActFilter(by="Tom", act="accept")):
            expected = [
                (number + 1, undone)
                for number, (by, verdict, undone) in enumerate(made)
                if wanted.by in ("", by) and wanted.act in ("", verdict.value)
            ]
            for ascending in (False, True):
                seen: list[tuple[int, bool]] = []
                while page := store.acts(seen[-1][0] if seen else None, size, wanted=wanted, oldest_first=ascending):
                    seen += [(one.id, one.undone is not None) for one in page]
                assert seen == (expected if ascending else expected[::-1])
