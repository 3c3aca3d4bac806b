"""The desk and the public pages, in-process, over a real database."""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe, learn
from pipeline.config import Config
from pipeline.model import (
    Desk,
    DigestSettings,
    Edition,
    EditionState,
    Fold,
    HarvestSettings,
    ItemId,
    Kind,
    Lane,
    MailSettings,
    Match,
    Outlook,
    Run,
    SectionRule,
    State,
    Suggestion,
    Topic,
    Verdict,
)
from pipeline.store import Store
from pipeline.web import create_app, marks, plan, words
from pipeline.web.site import desk_path
from tests import builders

HOME = "http://127.0.0.1:8765"
FORM = {"content-type": "application/x-www-form-urlencoded", "origin": HOME}
JSON = {"accept": "application/json"}


class Visitor:
    """A browser without a window: keeps cookies, follows nothing. `address` is where it sits."""

    def __init__(self, site: Site, *, address: str = "127.0.0.1", home: str = HOME) -> None:
        self.site, self.address, self.home = site, address, home
        self.cookies = httpx.Cookies()

    def ask(self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self.site.app, client=(self.address, 50_000))
            async with httpx.AsyncClient(transport=transport, base_url=self.home, cookies=self.cookies) as client:
                answer = await client.request(method, path, content=body, headers=headers)
                self.cookies = client.cookies
                return answer

        return asyncio.run(once())

    @property
    def token(self) -> str:
        """The form token, under the name that it has over https or the other."""
        return self.cookies.get("__Host-gleanings_token") or self.cookies.get("gleanings_token") or ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> httpx.Response:
        """Send a form as a page of ours would, after looking at the queue for the token."""
        if not self.token:
            self.get("/desk/login")
        body = str(httpx.QueryParams({"token": self.token, **fields})).encode()
        return self.ask("POST", path, body=body, headers={**FORM, "origin": self.home, **(headers or {})})


class Site:
    """A desk with a database in a folder of its own, and a clock that stands."""

    def __init__(self, folder: Path, *, password: str = "", **desk: Any) -> None:
        self.config = Config(
            desk=Desk(name="What's new", organisation="Example Learning Network", **desk),
            harvest=HarvestSettings(),
            digest=DigestSettings(sections=(SectionRule(id="evidence", title="Reports", kinds=(Kind.REPORT, Kind.ARTICLE)),)),
            mail=MailSettings(),
            topics=(Topic(id="learning", name="Learning networks"), Topic(id="care", name="Integrated care")),
            sources=(builders.source(),),
            desk_password=password,
            path=folder / "sources.yaml",
            folder=folder,
            db=folder / "curated.db",
            digests=folder / "digests",
        )
        self.now = builders.NOW
        self.app = create_app(self.config, self.open, lambda: self.now)

    def open(self) -> Store:
        return Store.open(self.config.db)

    def visitor(self, address: str = "127.0.0.1", home: str = HOME) -> Visitor:
        return Visitor(self, address=address, home=home)

    def add(self, number: int, *, rank: float = 0.5, match: Match | None = None, **changes: object) -> ItemId:
        url = f"https://north.example/{number}"
        resource = replace(builders.resource(url=url, canonical_url=url, title=f"How network {number} learns"), **changes)  # type: ignore[arg-type]  # the test's words
        with self.open() as store:
            item = store.add(resource, dedupe.fingerprint(resource), match or Match(fold=Fold.NEW), now=self.now)
            store.suggest(item, (Suggestion(topic="learning", probability=0.9, reasons=("networks", "learnt together")),), rank)
        return item

    def bring(self, number: int) -> ItemId:
        """Add an item as the source's feed brings it."""
        url = f"https://north.example/{number}"
        resource = builders.resource(url=url, canonical_url=url, title=f"How network {number} learns")
        with self.open() as store:
            store.offer("north-blog", [builders.lead(url=url)], self.now)
            (claim,) = store.lease(self.now, limit=1, seconds=60, owner="test")
            return store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=self.now, claim=claim)

    def has(self, item: ItemId) -> bool:
        with self.open() as store:
            return any(one.id == item for one in store.each_item(State.ACCEPTED))

    def state(self, item: ItemId) -> State:
        with self.open() as store:
            return store.item(item).state

    def accept(self, number: int) -> ItemId:
        item = self.add(number)
        with self.open() as store:
            store.decide(builders.decision(item=item))
        return item

    def release(self, edition: Edition, **files: bytes) -> None:
        """Publish an edition with these files (`digest_pdf` is digest.pdf). Its entries become items of ours, unless they are."""
        mine = [
            replace(section, entries=tuple(entry if self.has(entry.id) else replace(entry, id=self.accept(900)) for entry in section.entries))
            for section in edition.sections
        ]
        edition = replace(edition, sections=tuple(mine))
        folder = self.config.digests / edition.id
        folder.mkdir(parents=True)
        named = {name.replace("_", "."): body for name, body in files.items()}
        for name, body in named.items():
            (folder / name).write_bytes(body)
        hashes = {name: hashlib.sha256(body).hexdigest() for name, body in named.items()}
        (folder / "manifest.json").write_text(json.dumps({"files": hashes}))
        with self.open() as store:
            store.release(replace(edition, state=EditionState.RELEASED, released=self.now), files=hashes, now=self.now)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


def learnt(site: Site) -> None:
    """Decide on a dozen items in a quarter of an hour, and let the machine learn from it: articles on networks are kept, adverts are not."""
    for number in range(6):
        kept, advert = site.add(100 + number), site.add(200 + number, title=f"Offer {number}", description="Cheap.", text="Buy now. " * 40)
        with site.open() as store:
            at = site.now - timedelta(minutes=number)
            store.decide(builders.decision(item=kept, decided=at, topics=("learning",)))
            store.decide(builders.decision(item=advert, verdict=Verdict.REJECT, reason="promotional", decided=at - timedelta(seconds=30)))
    with site.open() as store:
        learn.train(site.config, store, now=site.now)


def dump(site: Site) -> list[str]:
    """Everything that stands in the database, for the question whether a visit changed it."""
    with site.open() as store:
        return [repr(store.item(item.id)) for item in store.each_item()] + [
            repr(store.decisions(limit=100)),
            repr(store.editions()),
            repr(store.source_states()),
        ]


# ---------------------------------------------------------------- the queue


def test_the_queue_shows_what_waits_best_first(site: Site) -> None:
    site.add(1, rank=0.3)
    site.add(2, rank=0.9)
    page = site.visitor().get("/desk/queue")
    assert page.status_code == 200
    assert re.findall(r'<h3><a href="[^"]+">([^<]+)', page.text) == ["How network 2 learns", "How network 1 learns"]


def test_the_words_that_speak_for_a_topic_are_marked(site: Site) -> None:
    site.add(1)
    text = site.visitor().get("/desk/queue").text
    assert 'What three <mark class="m1" id="m1">networks</mark> of practices learnt in a year.' in text
    assert '<a href="#m1">' in text


def test_an_empty_queue_says_what_to_do_next(site: Site) -> None:
    assert "The queue is empty" in site.visitor().get("/desk/queue").text


def test_a_filter_that_matches_nothing_says_so(site: Site) -> None:
    site.add(1)
    assert "Nothing waits here" in site.visitor().get("/desk/queue?topic=care").text


def test_an_unknown_kind_is_a_sentence(site: Site) -> None:
    answer = site.visitor().get("/desk/queue?kind=poem")
    assert answer.status_code == 404
    assert "There is no kind" in answer.text


def test_an_item_that_is_asked_for_is_shown_although_the_filter_hides_it(site: Site) -> None:
    item, other = site.add(1), site.accept(2)
    visitor = site.visitor()
    assert '<h2 class="title"><a' in visitor.get(f"/desk/queue?topic=care&item={item}").text
    for wrong in (other, 99, "x", "-1", "9" * 30):
        assert "Nothing waits here" in visitor.get(f"/desk/queue?topic=care&item={wrong}").text


def test_an_address_puts_no_words_on_the_page(site: Site) -> None:
    text = site.visitor().get("/desk/queue?did=99").text
    assert 'id="toast" hidden' in text


def test_a_long_queue_has_further_pages(site: Site) -> None:
    for number in range(45):
        site.add(number, text="", description=f"Number {number}.", rank=number / 50)
    visitor = site.visitor()
    first = visitor.get("/desk/queue").text
    further = re.search(r'href="(/desk/queue\?after=\d+)"', first)
    assert first.count('class="row"') == 40
    assert further is not None
    assert visitor.get(further[1]).text.count('class="row"') == 5


def test_what_a_page_says_cannot_become_markup(site: Site) -> None:
    site.add(1, title="<script>alert(1)</script>", description="<img src=x onerror=alert(1)> networks", url="https://north.example/1")
    text = site.visitor().get("/desk/queue").text
    assert "<script>alert" not in text
    assert "<img" not in text
    assert '&lt;img src=x onerror=alert(1)&gt; <mark class="m1" id="m1">networks</mark>' in text


# ---------------------------------------------------------------- what the machine says


def test_a_chance_is_told_in_percent_only_where_it_was_checked(site: Site) -> None:
    item = site.add(1)
    checked = Suggestion(topic="learning", probability=0.912, reasons=("networks",), calibrated=True)
    with site.open() as store:
        store.suggest(item, (checked, Suggestion(topic="care", probability=0.7)), 0.5)
    text = site.visitor().get("/desk/queue").text
    assert re.findall(r'class="n num">([^<]+)', text.partition('class="chips"')[2].partition("</div>")[0]) == ["91\u00a0%", "likely"]
    assert "0.91" not in text


def test_a_topic_below_its_bar_is_a_maybe(site: Site) -> None:
    item = site.add(1)
    with site.open() as store:
        store.suggest(item, (Suggestion(topic="learning", probability=0.3),), 0.5)
    assert '<span class="n num">maybe</span>' in site.visitor().get("/desk/queue").text


def test_a_rank_is_no_percentage_before_it_was_checked(site: Site) -> None:
    site.add(1, rank=0.91)
    text = site.visitor().get("/desk/queue").text
    assert "data-rank" not in text
    assert "likely" in text
    learnt(site)
    assert "data-rank" in site.visitor().get("/desk/queue").text


def test_the_record_of_the_source_stands_beside_the_item(site: Site) -> None:
    first, second, third = (site.bring(number) for number in range(3))
    with site.open() as store:
        store.decide(builders.decision(item=first))
        store.decide(builders.decision(item=second, verdict=Verdict.REJECT, reason="weak"))
    text = site.visitor().get(f"/desk/queue?item={third}").text
    assert 'North Network blog: kept <b class="num">1</b> of <b class="num">2</b>' in text


def test_trays_are_links_with_counts_and_open_as_lists(site: Site) -> None:
    ranked, unlikely, audit, skipped = (site.add(number) for number in range(4))
    with site.open() as store:
        store.set_lane(unlikely, Lane.UNLIKELY, "It is hardly wanted.")
        store.set_lane(audit, Lane.AUDIT, "Drawn by lot.")
        store.set_lane(skipped, Lane.SKIPPED, "The rule no-jobs says so: <b>no</b> adverts.")
    visitor = site.visitor()
    text = visitor.get("/desk/queue").text
    assert re.findall(r'data-id="(\d+)"', text.partition('class="items"')[2].partition("</ol>")[0])[:1] == [str(ranked)]
    assert text.count('class="row"') == 1
    for lane, item in (("unlikely", unlikely), ("audit", audit), ("skipped", skipped)):
        assert f'href="/desk/queue?lane={lane}"' in text
        shown = visitor.get(f"/desk/queue?lane={lane}").text
        assert shown.count('class="row"') == 1
        assert f'data-id="{item}"' in shown
        assert 'value="reopen"' in shown
        assert 'name="verdict" value="accept"' in shown
    assert '<i data-count="audited">0</i> of 1' in text
    assert "The rule no-jobs says so: &lt;b&gt;no&lt;/b&gt; adverts." in visitor.get("/desk/queue?lane=skipped").text
    assert visitor.get("/desk/queue?lane=../nowhere").text.count('class="row"') == 1


def test_what_a_rule_skipped_can_be_put_back(site: Site) -> None:
    item = site.add(1)
    with site.open() as store:
        store.set_lane(item, Lane.SKIPPED, "A rule.")
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/decide", {"verdict": "reopen", "state": "queued"})
    assert f'data-id="{item}"' in visitor.get("/desk/queue").text


def test_a_decision_remembers_how_the_item_had_come_up(site: Site) -> None:
    item, drawn = site.add(1, rank=0.75), site.add(2, rank=0.05)
    with site.open() as store:
        store.set_lane(drawn, Lane.AUDIT, "Drawn by lot.")
    visitor = site.visitor()
    for one in (item, drawn):
        visitor.post(f"/desk/items/{one}/decide", {"verdict": "accept", "state": "queued"})
    with site.open() as store:
        kept = [store.item(one).decision for one in (item, drawn)]
    assert [(one.shown, one.probability) for one in kept if one] == [("ranked", 0.75), ("audit", 0.05)]


def test_why_shows_terms_words_and_what_it_is_like(site: Site) -> None:
    told = "Facilitators keep a village library open. Volunteers repaint its shelves. " * 9
    kept, item = site.add(1, title="A village library", text=told), site.add(2, title="Another village library", text=told + "And more.")
    with site.open() as store:
        store.decide(builders.decision(item=kept))
    learnt(site)
    text = site.visitor().get(f"/desk/items/{item}/why").text
    assert "What its place is made of" in text
    assert re.search(r'<span class="num">[+−]\d\.\d\d</span>', text)
    assert f'like <a href="/desk/items/{kept}"><em>A village library</em></a>, kept in November' in text
    assert re.search(r"Words that speak for keeping it.*village", text)


def test_more_of_this_is_kept_shown_and_can_be_undone(site: Site) -> None:
    learnt(site)
    item = site.add(50)
    visitor = site.visitor()
    answer = visitor.post(f"/desk/items/{item}/steer", {"steer": "more"}, JSON)
    assert answer.status_code == 200
    assert "How network 50 learns" in answer.json()["said"]
    assert re.search(r'value="more" data-act="more" data-behind aria-pressed="true"', visitor.get(f"/desk/items/{item}").text)
    assert "You asked for more like this" in visitor.get(f"/desk/items/{item}/why").text
    undone = visitor.post("/desk/undo", {}, JSON)
    assert undone.status_code == 200
    assert undone.json()["item"] is None
    assert 'aria-pressed="true"' not in visitor.get(f"/desk/items/{item}").text


def test_a_wish_without_scripts_leads_back_and_says_so(site: Site) -> None:
    item = site.add(1)
    visitor = site.visitor()
    answer = visitor.post(f"/desk/items/{item}/steer", {"steer": "less", "here": f"/desk/queue?item={item}"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/queue?item={item}&steered={item}")
    assert "Less of this from now on: How network 1 learns" in visitor.get(answer.headers["location"]).text
    assert visitor.post(f"/desk/items/{item}/steer", {"steer": "sideways"}).status_code == 422
    assert visitor.post("/desk/items/99/steer", {"steer": "more"}).status_code == 404


def test_the_queue_fits_no_model(site: Site) -> None:
    """What the page shows is stored: nothing is learnt in the request, so that it stays quick."""
    learnt(site)
    site.visitor().get("/desk/queue")
    assert not site.app.state.site.memory.is_filled


@pytest.mark.parametrize("path", ["/desk/learning", "/desk/queue", "/desk/items/1/why"])
def test_before_the_first_decision_every_page_stands(site: Site, path: str) -> None:
    site.add(1)
    assert site.visitor().get(path).status_code == 200


def test_the_page_of_learning_tells_topics_weeks_and_what_is_missing(site: Site) -> None:
    learnt(site)
    text = site.visitor().get("/desk/learning").text
    assert "Learning networks" in text
    assert "in words; 5 examples more for percent" in text  # integrated care was never chosen
    assert re.search(r"Week of \d+ Nov: \d+ kept, \d+ not", text)


# ---------------------------------------------------------------- her time


def test_minutes_begin_a_sitting_and_say_how_far_they_reach(site: Site) -> None:
    learnt(site)
    for number in range(50, 60):
        site.add(number)
    visitor = site.visitor()
    begun = visitor.get("/desk/queue?minutes=25")
    assert (begun.status_code, begun.headers["location"]) == (303, f"/desk/queue?minutes=25&began={int(site.now.timestamp())}")
    text = visitor.get(begun.headers["location"]).text
    assert re.search(r"25 min = about \d+ items at your pace\. Expected keepers in them: \d+ \(of about \d+\)\.", text)
    site.now += timedelta(minutes=26)
    assert "Time is up: 1 decision, 1500 s each, 1 kept." in visitor.get(begun.headers["location"]).text


@pytest.mark.parametrize("query", ["minutes=x", "minutes=-3", "minutes=99999999", "minutes=25&began=x", "minutes=25&began=99999999999"])
def test_minutes_that_make_no_sense_are_passed_over(site: Site, query: str) -> None:
    site.add(1)
    text = site.visitor().get(f"/desk/queue?{query}").text
    assert "min = about" not in text
    assert 'class="row"' in text


OUTLOOK = Outlook(waiting=41, unlikely=41, left=(0, 2), recall=0.96, audited=10, may_stop=True)


@pytest.mark.parametrize(
    ("outlook", "said"),
    [
        (OUTLOOK, "You may stop: probably 0–2 keepers in the 41 left (95\u00a0%)."),
        (replace(OUTLOOK, waiting=50), "You may stop: at least 96\u00a0% of all keepers are found (95\u00a0% sure)."),
        (
            replace(OUTLOOK, may_stop=False, recall=0.8, left=(3, 3)),
            "Probably 3 keepers in the 41 left as “Probably not” (95\u00a0%). "
            "At least 80\u00a0% of all keepers are found so far; you may stop at 95\u00a0%.",
        ),
        (replace(OUTLOOK, may_stop=False, audited=6), "When you may stop is known after 4 more of the audit."),
        (replace(OUTLOOK, may_stop=False, unlikely=0, left=None), "When you may stop is known once some are put by as “Probably not”."),
        (replace(OUTLOOK, waiting=0, may_stop=False), ""),
    ],
)
def test_the_desk_says_when_to_stop_or_what_is_missing(outlook: Outlook, said: str) -> None:
    assert plan.stop(outlook).sentence == said
    assert plan.stop(outlook).may == outlook.may_stop


def test_a_sitting_counts_each_item_once_and_knows_what_is_left(site: Site) -> None:
    began = site.now - timedelta(minutes=10, seconds=30)
    decisions = [builders.decision(item=ItemId(1), decided=site.now), builders.decision(item=ItemId(1), verdict=Verdict.REJECT, decided=began)]
    one = plan.sitting(25, str(int(began.timestamp())), decisions=decisions, now=site.now)
    assert one is not None
    assert (one.decided, one.kept, one.left) == (1, 1, 15)


# ---------------------------------------------------------------- deciding


def test_accepting_leads_on_to_the_next_item_and_says_what_was_done(site: Site) -> None:
    best, next_one = site.add(1, rank=0.9), site.add(2, rank=0.5)
    visitor = site.visitor()
    to = re.search(r'name="to" value="([^"]+)"', visitor.get("/desk/queue").text.partition('id="view"')[2])
    assert to is not None
    answer = visitor.post(f"/desk/items/{best}/decide", {"verdict": "accept", "state": "queued", "to": to[1]})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/queue?item={next_one}&did={best}")
    assert "Accepted: How network 1 learns" in visitor.get(answer.headers["location"]).text
    assert site.state(best) is State.ACCEPTED


def test_a_rejection_keeps_its_reason(site: Site) -> None:
    item = site.add(1)
    site.visitor().post(f"/desk/items/{item}/decide", {"reason": "promotional", "state": "queued"})
    with site.open() as store:
        decision = store.item(item).decision
    assert decision is not None
    assert (decision.verdict, decision.reason, decision.decided) == (Verdict.REJECT, "promotional", site.now)


def test_ticked_topics_and_words_for_the_digest_are_kept(site: Site) -> None:
    item = site.add(1)
    site.visitor().post(
        f"/desk/items/{item}/decide", {"verdict": "accept", "topics": "shown", "topic": "care", "blurb": "In short.", "note": "Read it."}
    )
    with site.open() as store:
        kept = store.item(item)
    assert kept.topics == ("care",)
    assert kept.overlay.blurb == "In short."
    assert kept.decision is not None
    assert kept.decision.note == "Read it."


def test_two_browsers_cannot_decide_one_item_twice(site: Site) -> None:
    item = site.add(1)
    first, second = site.visitor(), site.visitor()
    first.post(f"/desk/items/{item}/decide", {"verdict": "accept", "state": "queued"})
    answer = second.post(f"/desk/items/{item}/decide", {"reason": "weak", "state": "queued"}, JSON)
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("You accepted this")
    assert site.state(item) is State.ACCEPTED


def test_undo_puts_the_item_back(site: Site) -> None:
    item = site.add(1)
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/decide", {"verdict": "accept"})
    answer = visitor.post("/desk/undo", {}, JSON)
    assert answer.json()["item"] == item
    assert site.state(item) is State.QUEUED


def test_with_nothing_to_undo_the_desk_says_so(site: Site) -> None:
    answer = site.visitor().post("/desk/undo", {}, JSON)
    assert (answer.status_code, answer.json()["error"]) == (409, "There is nothing to undo.")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"verdict": "praise"}, 422),
        ({"reason": "boring"}, 422),
        ({}, 422),
        ({"verdict": "accept", "kind": "poem"}, 422),
        ({"verdict": "reopen"}, 409),
    ],
)
def test_a_form_that_says_nonsense_changes_nothing(site: Site, fields: dict[str, str], status: int) -> None:
    item = site.add(1)
    answer = site.visitor().post(f"/desk/items/{item}/decide", fields)
    assert answer.status_code == status
    assert site.state(item) is State.QUEUED


def test_an_item_that_is_not_there_is_a_sentence(site: Site) -> None:
    assert site.visitor().get("/desk/items/99").status_code == 404
    answer = site.visitor().post("/desk/items/99/decide", {"verdict": "accept"}, JSON)
    assert (answer.status_code, answer.json()["error"]) == (404, "There is no item 99.")


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/desk/../..//evil.example", "/desk/queue\r\nx: y"])
def test_a_form_leads_on_to_the_desk_only(site: Site, to: str) -> None:
    item = site.add(1)
    answer = site.visitor().post(f"/desk/items/{item}/decide", {"verdict": "accept", "to": to})
    assert answer.headers["location"] == f"/desk/queue?did={item}"


@given(st.text())
def test_no_address_leads_out_of_the_desk(path: str) -> None:
    assert re.match(r"/desk($|[/?])", desk_path("/desk" + path))
    assert not re.search(r"[\r\n\\]|//", desk_path("/desk" + path).partition("?")[0])


def test_the_page_of_an_item_shows_rules_sightings_and_history(site: Site) -> None:
    item = site.add(1, origin={"title": "json-ld"})
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/decide", {"reason": "old"})
    text = visitor.get(f"/desk/items/{item}").text
    assert "json-ld" in text
    assert "Reject: old" in text
    assert "Put back" in text


def test_a_proposed_fold_is_noted_with_its_evidence(site: Site) -> None:
    first = site.add(1)
    site.add(2, match=Match(fold=Fold.MAYBE, of=first, rule="title", evidence="The titles agree in 5 of 6 words."))
    text = site.visitor().get("/desk/queue").text
    assert "May be the same as" in text
    assert "The titles agree in 5 of 6 words." in text


# ---------------------------------------------------------------- the rules of the door


def test_a_visit_changes_nothing(site: Site) -> None:
    item = site.add(1)
    site.release(builders.edition(), index_html=b"<p>x", atom_xml=b"<feed/>", events_ics=b"BEGIN:VCALENDAR")
    visitor, before = site.visitor(), dump(site)
    paths = ["/", "/editions/2026-11", "/editions/2026-11/index.html", "/items/1", "/feeds/all.atom", "/calendar.ics", "/healthz", "/readyz"]
    paths += [
        "/desk/queue",
        f"/desk/items/{item}",
        "/desk/sources",
        "/desk/editions",
        "/desk/editions/2026-11",
        "/desk/learning",
        f"/desk/items/{item}/why",
        f"/desk/items/{item}/steer",
        "/desk/queue?minutes=25",
        "/desk/queue?lane=audit",
        "/desk/undo",
        f"/desk/items/{item}/decide?verdict=accept",
    ]
    for path in paths:
        for method in ("GET", "HEAD"):
            assert visitor.ask(method, path).status_code < 500
    assert dump(site) == before


@pytest.mark.parametrize("path", ["/", "/desk/queue", "/nowhere", "/static/desk.css", "/healthz"])
def test_every_answer_carries_the_rules_for_the_browser(site: Site, path: str) -> None:
    headers = site.visitor().get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == ("same-origin" if path.startswith("/desk") else "no-referrer")


def test_no_page_has_script_or_style_inside(site: Site) -> None:
    item = site.add(1)
    site.release(builders.edition())
    for path in (
        "/",
        "/desk/queue",
        f"/desk/items/{item}",
        f"/desk/items/{item}/why",
        "/desk/learning",
        "/desk/sources",
        "/desk/editions/2026-11",
        "/desk/login",
        "/nowhere",
    ):
        text = site.visitor().get(path).text
        found = re.search(r"<script(?![^>]*\bsrc=)(?! type=\"application/ld\+json\">)|<style|\sstyle=|\son[a-z]+=", text)
        assert not found, (path, text[found.start() - 200 : found.end() + 200])


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": HOME, "sec-fetch-site": "cross-site"},
        {"origin": HOME, "sec-fetch-site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_is_refused(site: Site, change: dict[str, str]) -> None:
    item = site.add(1)
    assert site.visitor().post(f"/desk/items/{item}/decide", {"verdict": "accept"}, change).status_code == 403
    assert site.state(item) is State.QUEUED


def test_a_form_that_the_browser_vouches_for_is_taken(site: Site) -> None:
    item = site.add(1)
    site.visitor().post(f"/desk/items/{item}/decide", {"verdict": "accept"}, {"origin": "null", "sec-fetch-site": "same-origin"})
    assert site.state(item) is State.ACCEPTED


@pytest.mark.parametrize("token", ["", "x", "A" * 32])
def test_a_form_without_our_token_is_refused(site: Site, token: str) -> None:
    item = site.add(1)
    answer = site.visitor().post(f"/desk/items/{item}/decide", {"verdict": "accept", "token": token})
    assert answer.status_code == 403
    assert "Load the page again" in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "desk.example:80", "x/healthz?", "x/healthz#"])
def test_a_name_that_is_not_ours_gets_no_page(site: Site, host: str) -> None:
    assert site.visitor().get("/desk/queue", host=host).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765", "LOCALHOST"])
def test_the_names_of_this_machine_are_ours(site: Site, host: str) -> None:
    assert site.visitor().get("/desk/queue", host=host).status_code == 200


def test_the_public_address_is_ours(tmp_path: Path) -> None:
    site = Site(tmp_path, url="https://digest.example.org")
    assert site.visitor().get("/", host="digest.example.org").status_code == 200


@pytest.mark.parametrize("mark", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
def test_without_a_password_the_desk_is_for_this_machine_only(site: Site, mark: str) -> None:
    assert site.visitor(address="192.0.2.7").get("/desk/queue").status_code == 403
    assert site.visitor().ask("GET", "/desk/queue", headers={mark: "127.0.0.1"}).status_code == 403
    assert site.visitor(address="192.0.2.7").get("/").status_code == 200
    assert site.visitor(address="::1").get("/desk/queue").status_code == 200


def test_a_body_beyond_bounds_is_refused(site: Site) -> None:
    assert site.visitor().post("/desk/undo", {"note": "x" * 70_000}).status_code == 413
    assert site.visitor().post("/desk/undo", {}, {"content-type": "application/json"}).status_code == 415
    assert site.visitor().post("/desk/undo", {str(number): "" for number in range(300)}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PUT", "/", 405), ("DELETE", "/desk/queue", 405), ("POST", "/", 405), ("GET", "/desk/undo", 405)]
)
def test_a_method_that_is_not_answered_is_a_sentence(site: Site, method: str, path: str, status: int) -> None:
    visitor = site.visitor()
    answer = visitor.post(path, {}) if method == "POST" else visitor.ask(method, path)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/items/{}", "/desk/items/{}", "/editions/{}"])
def test_an_address_without_end_is_refused(site: Site, path: str) -> None:
    assert site.visitor().get(path.format("9" * 5_000)).status_code == 414
    assert site.visitor().get(path.format("9" * 40)).status_code == 404


def test_a_bug_is_told_without_details_and_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    site = Site(tmp_path)

    def broken() -> Store:
        raise RuntimeError("secret detail")

    site.app = create_app(site.config, broken, lambda: site.now)
    answer = site.visitor().get("/desk/queue")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert [record.message for record in caplog.records if record.exc_info] == ["failed method=GET path=/desk/queue"]


# ---------------------------------------------------------------- with a password


def test_with_a_password_the_desk_asks_for_it_and_leads_back(tmp_path: Path) -> None:
    site = Site(tmp_path, password="open sesame", url="https://digest.example.org")
    visitor = site.visitor(address="192.0.2.7", home="https://digest.example.org")
    asked = visitor.get("/desk/queue?topic=care")
    assert (asked.status_code, asked.headers["location"]) == (303, "/desk/login?to=%2Fdesk%2Fqueue%3Ftopic%3Dcare")
    opened = visitor.post("/desk/login", {"password": "open sesame", "to": "/desk/queue?topic=care"})
    assert (opened.status_code, opened.headers["location"]) == (303, "/desk/queue?topic=care")
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert "Secure" in opened.headers["set-cookie"]
    assert visitor.get("/desk/queue").status_code == 200
    visitor.post("/desk/logout", {})
    assert visitor.get("/desk/queue").status_code == 303


def test_a_forged_or_old_session_is_none(tmp_path: Path) -> None:
    site = Site(tmp_path, password="open sesame")
    visitor = site.visitor()
    visitor.post("/desk/login", {"password": "open sesame"})
    assert visitor.get("/desk/queue").status_code == 200
    site.now += timedelta(days=15)
    assert visitor.get("/desk/queue").status_code == 303
    for forged in ("", "x", f"{2**40}.", f"{2**40}.{'0' * 64}", "a.b"):
        assert site.visitor().ask("GET", "/desk/queue", headers={"cookie": f"gleanings_session={forged}"}).status_code == 303


@pytest.mark.parametrize(("home", "secure"), [("http://digest.example.org", True), ("https://digest.example.org", True), (HOME, False)])
def test_cookies_stay_on_https_where_the_desk_is_reached_by_it(tmp_path: Path, home: str, secure: bool) -> None:
    visitor = Site(tmp_path, password="open sesame", url="https://digest.example.org").visitor(home=home)
    token = visitor.get("/desk/login").headers["set-cookie"]
    name, _, value = token.partition(";")[0].partition("=")
    visitor.cookies = httpx.Cookies({name: value})  # httpx sends no secure one over http
    session = visitor.post("/desk/login", {"password": "open sesame"}).headers["set-cookie"]
    assert ["Secure" in cookie for cookie in (token, session)] == [secure, secure]
    assert [cookie.startswith("__Host-") for cookie in (token, session)] == [secure, secure]
    assert "Domain" not in token + session
    assert "; Path=/;" in session


def test_guessing_a_password_is_slow(tmp_path: Path) -> None:
    site = Site(tmp_path, password="open sesame")
    visitor = site.visitor()
    tries = [visitor.post("/desk/login", {"password": f"guess {number}"}).status_code for number in range(11)]
    assert tries == [403] * 10 + [429]
    assert visitor.post("/desk/login", {"password": "open sesame"}).status_code == 429
    site.now += timedelta(minutes=11)
    assert visitor.post("/desk/login", {"password": "open sesame"}).status_code == 303


def test_without_a_login_a_program_is_told_so(tmp_path: Path) -> None:
    site = Site(tmp_path, password="open sesame")
    assert site.visitor().get("/desk/queue", accept="application/json").status_code == 401
    assert site.visitor().post("/desk/undo", {}).status_code == 401


# ---------------------------------------------------------------- the public pages


def test_before_the_first_release_the_first_page_is_friendly(site: Site) -> None:
    answer = site.visitor().get("/")
    assert answer.status_code == 200
    assert "soon to come" in answer.text
    assert "<entry" not in site.visitor().get("/feeds/all.atom").text


def test_the_address_for_subscribing_says_whom_to_ask(site: Site) -> None:
    answer = site.visitor().get("/subscribe")
    assert answer.status_code == 200
    assert "no address is given here yet" in answer.text  # this desk has no contact


def test_the_first_page_shows_the_latest_edition_and_the_others(site: Site) -> None:
    site.release(replace(builders.edition(id="2026-10", month_name="October 2026"), sections=()))
    site.release(builders.edition(), digest_pdf=b"%PDF-1.7")
    text = site.visitor().get("/").text
    assert "November 2026" in text
    assert "How a network learns" in text
    assert "<em>much</em>" in text
    assert 'href="/editions/2026-10"' in text
    assert 'href="/editions/2026-11/digest.pdf"' in text
    assert "October 2026" in site.visitor().get("/editions/2026-10").text


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("digest.pdf", "application/pdf"),
        ("atom.xml", "application/atom+xml; charset=utf-8"),
        ("events.ics", "text/calendar; charset=utf-8"),
        ("manifest.json", "application/json"),
        ("feed.json", "application/feed+json"),
    ],
)
def test_the_files_of_an_edition_have_their_media_types(site: Site, name: str, media_type: str) -> None:
    site.release(builders.edition(), digest_pdf=b"%PDF", atom_xml=b"<feed/>", events_ics=b"BEGIN:VCALENDAR", feed_json=b"{}")
    answer = site.visitor().get(f"/editions/2026-11/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.content == (site.config.digests / "2026-11" / name).read_bytes()
    assert site.visitor().get(f"/editions/2026-11/{name}", if_none_match=answer.headers["etag"]).status_code == 304


@pytest.mark.parametrize(
    "name", ["letter.md", "..%2F..%2Fcurated.db", "%2e%2e", "..%5C..%5Ccurated.db", "/etc/passwd", "digest.pdf%00", "email.html"]
)
def test_only_what_the_release_names_is_served(site: Site, name: str) -> None:
    site.release(builders.edition(), digest_pdf=b"%PDF")
    (site.config.digests / "2026-11" / "letter.md").write_text("a draft")
    assert site.visitor().get(f"/editions/2026-11/{name}").status_code == 404


def test_a_published_page_keeps_its_own_style_and_nothing_else(site: Site) -> None:
    site.release(builders.edition(), index_html=b"<style>p { color: red }</style><p>x")
    policy = site.visitor().get("/editions/2026-11/index.html").headers["content-security-policy"]
    assert re.search(r"; style-src 'sha256-[^' ]+'; ", policy)


def test_what_is_not_for_everybody_is_not_there(site: Site) -> None:
    with site.open() as store:
        store.save_edition(builders.edition())
    visitor = site.visitor()
    assert "soon to come" in visitor.get("/").text
    assert [visitor.get(path).status_code for path in ("/editions/2026-11", "/editions/2026-11/atom.xml")] == [404, 404]
    assert "<entry" not in visitor.get("/feeds/all.atom").text
    assert visitor.get("/desk/editions/2026-11").status_code == 200


def test_an_item_is_public_once_it_is_published(site: Site) -> None:
    item = site.add(1)
    visitor = site.visitor()
    assert visitor.get(f"/items/{item}").status_code == 404
    visitor.post(f"/desk/items/{item}/decide", {"verdict": "accept"})
    assert visitor.get(f"/items/{item}").status_code == 404
    section = replace(builders.edition().sections[0], entries=(builders.entry(id=item),))
    site.release(builders.edition(sections=(section,)))
    answer = visitor.get(f"/items/{item}")
    assert answer.status_code == 200
    assert "Take the table on page 4" in answer.text


# ---------------------------------------------------------------- sources, editions, health


def test_a_failing_source_stands_first_with_its_sentence(site: Site) -> None:
    with site.open() as store:
        store.record_run(Run(source="north-blog", started=site.now, finished=site.now, error="north.example does not answer."))
    text = site.visitor().get("/desk/sources").text
    assert "north.example does not answer." in text
    assert "North Network blog" in text


def test_the_draft_shows_sections_and_findings(site: Site) -> None:
    entry = builders.entry(title="Untitled", note="")
    with site.open() as store:
        store.save_edition(builders.edition(sections=(replace(builders.edition().sections[0], entries=(entry,)),)))
    text = site.visitor().get("/desk/editions/2026-11").text
    assert "Reports and research" in text
    assert "does not say why it is here" in text


def test_an_edition_that_is_not_there_names_the_command(site: Site) -> None:
    answer = site.visitor().get("/desk/editions/2027-01", accept="application/json")
    assert answer.status_code == 404
    assert "gleanings digest build 2027-01" in answer.json()["hint"]


def test_health_is_told_to_any_host(site: Site) -> None:
    assert site.visitor().get("/healthz", host="10.0.0.9:8765").json() == {"ok": True}
    ready = site.visitor().get("/readyz", host="10.0.0.9:8765")
    assert ready.status_code == 200
    assert ready.json()["db"] == "ok"


def test_a_database_that_cannot_be_read_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "curated.db").write_bytes(b"this is no database, " * 200)
    answer = Site(tmp_path).visitor().get("/readyz")
    assert (answer.status_code, answer.json()["db"]) == (503, "unreadable")


def test_a_database_that_cannot_be_read_is_a_sentence_on_every_page(tmp_path: Path) -> None:
    (tmp_path / "curated.db").write_bytes(b"this is no database, " * 200)
    answer = Site(tmp_path).visitor().get("/desk/queue", accept="application/json")
    assert answer.status_code == 503
    assert answer.json()["error"]
    assert answer.json()["hint"]


# ---------------------------------------------------------------- marks


def unmarked(text: str) -> str:
    return html.unescape(re.sub(r'<mark class="(?:m\d ?)+"(?: id="m\d")?>|</mark>', "", text))


@pytest.mark.parametrize(
    ("text", "topics", "expected"),
    [
        ("A network of networks.", [("network",)], 'A <mark class="m1" id="m1">network</mark> of networks.'),
        ("Primary  care", [("primary care",)], '<mark class="m1" id="m1">Primary  care</mark>'),
        ("Primary care", [("care", "primary care")], '<mark class="m1" id="m1">Primary care</mark>'),
        ("Primary care", [("primary care",), ("care",)], '<mark class="m1" id="m1">Primary </mark><mark class="m1 m2" id="m2">care</mark>'),
        ("care and care", [("care",)], '<mark class="m1" id="m1">care</mark> and <mark class="m1">care</mark>'),
        ("a < b & c", [("b",)], 'a &lt; <mark class="m1" id="m1">b</mark> &amp; c'),
        ("Learning in practice", [("learning practice",)], '<mark class="m1" id="m1">Learning in practice</mark>'),
        ("plain", [(), ("",), (" ",)], "plain"),
        ("c++ and (x)", [("c++",), ("(x)",)], '<mark class="m1" id="m1">c++</mark> and <mark class="m2" id="m2">(x)</mark>'),
    ],
)
def test_words_are_marked_where_they_stand_whole(text: str, topics: list[tuple[str, ...]], expected: str) -> None:
    assert marks.marked(text, "", "", topics=topics).title == expected


def test_places_are_counted_over_all_texts_and_an_id_stands_once() -> None:
    made = marks.marked("One care", "Two care, three care", "no", topics=[("care",)])
    assert made.places == (3,)
    assert "".join((made.title, made.description, made.text)).count('id="m1"') == 1


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</mark><svg onload=alert(1)>",
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "\x00<b>",
)


@given(
    st.lists(st.sampled_from(HOSTILE) | st.text(max_size=12), max_size=6),
    st.lists(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=4), max_size=4)),
)
def test_marking_adds_marks_and_nothing_else(parts: list[str], topics: list[list[str]]) -> None:
    text = " ".join(parts)
    made = marks.marked(text, text, text, topics=topics)
    for one in (made.title, made.description, made.text):
        assert "<" not in re.sub(r'<mark class="m[1-4]( m[1-4])*"( id="m[1-4]")?>|</mark>', "", one)
        if "<mark" not in text and "</mark" not in text:
            assert unmarked(one) == text


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_words_stay_words_on_every_page(site: Site, payload: str) -> None:
    item = site.add(1, title=payload, description=payload, text=payload, publisher=payload, site_name=payload, creators=(payload,))
    with site.open() as store:
        store.suggest(item, (Suggestion(topic="learning", probability=0.9, reasons=(payload, "alert", "script", "mark")),), 0.5)
        store.set_lane(item, Lane.UNLIKELY, payload)
    visitor = site.visitor()
    for path in ("/desk/queue?lane=unlikely", f"/desk/items/{item}", f"/desk/items/{item}/why"):
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        tree = lxml.html.document_fromstring(answer.text)
        assert all(str(script.get("src")).startswith("/static/") and not script.text for script in tree.iter("script")), path
        assert not [name for one in tree.iter() for name in one.attrib if name.startswith("on") or name == "style"], path
        assert not tree.xpath("//img | //a[starts-with(@href, 'javascript')] | //svg[not(@viewbox)] | //mark[not(@class)]"), path
        assert "49" not in (tree.findtext(".//title") or ""), path


# ---------------------------------------------------------------- words


@given(st.text(max_size=200), st.integers(1, 100))
def test_an_excerpt_is_the_beginning(text: str, limit: int) -> None:
    short = words.excerpt(text, limit=limit)
    assert text.startswith(short.removesuffix("…"))
    assert len(short) <= limit


def test_a_link_leads_to_the_web_only() -> None:
    assert words.href("HTTPS://north.example/") == "HTTPS://north.example/"
    assert [words.href(url) for url in ("javascript:alert(1)", "data:text/html,x", " https://x.example", "")] == ["", "", "", ""]


def test_times_are_told_in_the_zone_of_the_desk() -> None:
    from zoneinfo import ZoneInfo

    zone, today = ZoneInfo("Europe/London"), datetime(2026, 7, 1, tzinfo=UTC).date()
    assert words.moment(datetime(2026, 7, 1, 12, 5, tzinfo=UTC), zone=zone, today=today) == "13:05"
    assert words.moment(datetime(2025, 12, 1, 12, 5, tzinfo=UTC), zone=zone, today=today) == "1 Dec 2025, 12:05"
    assert words.span(timedelta(days=6, hours=3)) == "6 days"
    assert words.span(timedelta(seconds=3)) == "less than a minute"


def test_the_words_that_a_search_looks_for_are_marked_in_the_list_and_stay_words(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.add(1, title="How <b>networks</b> learn")
    text = site.visitor().get("/desk/queue?q=network").text
    assert "How &lt;b&gt;<mark>networks</mark>&lt;/b&gt; learn" in text
