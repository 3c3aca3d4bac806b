"""The start page of the desk: its numbers against a count of everything, what waits for whom, and the lists behind the numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.model import Bounce, Event, Fold, ItemId, Kind, Match, Run, State, SubscriberState, Trouble, TroubleKind, Verdict
from pipeline.store import Store
from pipeline.web import today
from tests import builders
from tests.test_web import Site

DAY = timedelta(days=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path, editor="Sam Reed")
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


def decide(site: Site, item: ItemId, *, ago: timedelta, by: str = "Sam Reed") -> None:
    with site.open() as store:
        store.decide(builders.decision(item=item, verdict=Verdict.REJECT, decided=site.now - ago, curator=by))


def told(site: Site) -> str:
    """The sentences of the start page, without markup."""
    found = re.findall(r'<p class="told">(.*?)</p>', site.visitor().get("/desk").text, re.DOTALL)
    return " ".join(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", one)).strip() for one in found)


def test_whoever_was_never_here_is_told_of_the_last_week(site: Site) -> None:
    site.add(1)
    site.add(2)
    assert told(site).startswith("2 new since 13 Nov – 0 folded into others – 0 need a date check.")


def test_what_came_since_the_last_decision_before_today_is_new_all_day(site: Site) -> None:
    now = site.now
    site.now = now - 4 * DAY
    old = site.add(1)
    site.now = now - 3 * DAY
    newer = site.add(2)
    site.now = now
    site.add(3)
    decide(site, old, ago=4 * DAY - timedelta(hours=1))
    assert told(site).startswith("2 new since Monday")
    decide(site, newer, ago=timedelta(minutes=1))  # today: what was new in the morning still is
    assert told(site).startswith("2 new since Monday")


def test_what_was_folded_is_counted_and_listed_with_its_reason(site: Site) -> None:
    first = site.add(1)
    site.add(2, match=Match(fold=Fold.SAME, of=first, rule="title", evidence="the same title and people"))
    assert "2 new since 13 Nov – 1 folded into others" in told(site)
    page = site.visitor().get("/desk/since/folded").text
    assert "How network 2 learns" in page
    assert "How network 1 learns" not in page
    assert "title: the same title and people" in page
    assert f'href="/desk/items/{first}"' in page


def test_an_event_with_a_date_that_cannot_be_right_is_counted_until_somebody_sets_it_right(site: Site) -> None:
    site.add(1, kind=Kind.EVENT, event=Event(problems=("end-before-start: 9 Sep, 10 Sep",)))
    site.add(2, kind=Kind.EVENT, event=Event(start=site.now.date()))
    assert "1 needs a date check" in told(site)
    page = site.visitor().get("/desk/since/dates").text
    assert "How network 1 learns" in page
    assert "end-before-start: 9 Sep, 10 Sep" in page
    decide(site, ItemId(1), ago=timedelta())
    assert "0 need a date check" in told(site)


def test_sources_that_need_a_look_are_counted_by_what_is_the_matter(site: Site) -> None:
    with site.open() as store:
        store.record_run(Run(source="north-blog", started=site.now, finished=site.now, error="It does not answer."))
    assert "1 source failing" in told(site)
    assert 'href="/desk/sources?state=failing"' in site.visitor().get("/desk").text


def test_the_next_edition_says_how_full_it_is_and_when_it_closes(site: Site) -> None:
    assert re.search(r"Edition December: 0 of \d+ slots filled, cut-off in 7 days\.$", told(site))


def test_what_waits_for_a_person_is_named(site: Site) -> None:
    asked, said = site.add(1), site.add(2)
    decide(site, said, ago=2 * DAY)
    with site.open() as store:
        store.assign([asked], to="Sam Reed", by="Priya Shah", now=site.now)
        store.remark(said, "Is this not the old one?", by="Priya Shah", now=site.now)
    page = site.visitor().get("/desk").text
    assert "to decide that you were asked about" in page
    assert "asked by Priya Shah" in page
    assert "Is this not the old one?" in page


def test_a_remark_is_answered_by_a_decision_or_a_remark_of_ones_own(site: Site) -> None:
    item = site.add(1)
    decide(site, item, ago=2 * DAY)
    with site.open() as store:
        since = site.now - 30 * DAY
        store.remark(item, "One.", by="Priya", now=site.now - DAY)
        assert [one.text for one in store.remarks_to("Sam Reed", since)] == ["One."]
        assert store.remarks_to("Tom", since) == ()
        assert store.remarks_to("Priya", since) == ()
        store.remark(item, "Yes.", by="Sam Reed", now=site.now)
        assert store.remarks_to("Sam Reed", since) == ()


def test_the_operator_sees_mails_that_came_back_and_those_in_doubt(site: Site) -> None:
    site.release(builders.edition())
    with site.open() as store:
        person = store.add_subscriber("kim@example.org", state=SubscriberState.CONFIRMED, now=site.now)
        store.record_bounce(Bounce(subscriber=person.id, at=site.now, hard=True, message="x"))
        store.quarantine(person.id, site.now)
    page = site.visitor().get("/desk").text
    assert "mail came back for good" in page
    assert "kim@example.org" not in page


def test_a_page_without_anything_is_calm(site: Site) -> None:
    page = site.visitor().get("/desk").text
    assert "Nothing waits for you in particular." in page
    assert 'href="/desk/queue"' in page


@pytest.mark.parametrize("path", ["/desk/since/everything", "/desk/since/%3Cb%3E"])
def test_a_list_that_is_none_is_a_page_that_says_so(site: Site, path: str) -> None:
    answer = site.visitor().get(path)
    assert answer.status_code == 404
    assert "<b>" not in answer.text


@pytest.mark.parametrize("query", ["since=never", "since=2026-11-20", "after=x", "after=99999999999999999999", "since=0001-01-01T00:00:00%2B00:00"])
def test_an_address_that_nobody_wrote_is_answered_as_without_it(site: Site, query: str) -> None:
    site.add(1)
    assert "How network 1 learns" in site.visitor().get(f"/desk/since/new?{query}").text


def test_a_long_list_goes_on_where_the_page_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(today, "LISTED", 3)
    for number in range(7):
        site.add(number)
    visitor, seen, path = site.visitor(), [], "/desk/since/new"
    while path:
        text = visitor.get(path).text
        seen += re.findall(r"How network (\d) learns", text)
        onward = re.search(r'href="(/desk/since/new[^"]+after=\d+)"', text)
        path = onward[1].replace("&amp;", "&") if onward else ""
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("queued", "accepted", "rejected", "deferred")), st.integers(0, 20)), max_size=12), st.integers(0, 20))
def test_the_counts_are_those_of_a_count_of_everything(made: list[tuple[str, int]], days: int) -> None:
    verdicts = {"accepted": Verdict.ACCEPT, "rejected": Verdict.REJECT, "deferred": Verdict.DEFER}
    with Store.open(":memory:") as store:
        for number, (state, ago) in enumerate(made):
            url = f"https://north.example/{number}"
            one = builders.resource(url=url, canonical_url=url, title=f"Page {number}")
            item = store.add(one, dedupe.fingerprint(one), Match(fold=Fold.NEW), now=builders.NOW - ago * DAY)
            if state in verdicts:
                store.decide(replace(builders.decision(item=item), verdict=verdicts[state]))
        since = builders.NOW - days * DAY
        wanted = [item.id for item in store.each_item() if item.added > since]
        assert store.came_since(since) == (len(wanted), 0)
        assert sorted(one.id for one in store.came(since)) == wanted
        assert all(one.state in State for one in store.came(since))


def test_the_operator_sees_what_is_wrong_with_the_desk_and_where(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.open() as store:
        store.compare_alerts([Trouble(kind=TroubleKind.SILENT, about="kf", sentence="Nothing new for 19 days; usually 3.")], site.now)
    text = site.visitor().get("/desk").text
    assert "To be put right at the desk" in text
    assert "Nothing new for 19 days; usually 3." in text
    assert 'href="/desk/sources/kf"' in text
