"""Links asked before release: what each answer of a server means to an editor, and that one stroke of bad luck means nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import publish
from pipeline.model import Edition, HarvestSettings, ItemId, Section
from pipeline.publish import asking, links
from pipeline.publish.answered import Answered, Fate
from tests import builders
from tests.builders import NOW
from tests.desk import Desk
from tests.test_harvest import article
from tests.test_links import web
from tests.test_web import Site
from tests.web import Web

__all__ = ["web"]  # fixture
SETTINGS = HarvestSettings(delay=timedelta(0), total=timedelta(seconds=1), allow_private=("127.0.0.1",))
PAGE = article("How a network learns")


def fates(*urls: str, settings: HarvestSettings = SETTINGS) -> dict[str, Fate]:
    found, _ = asking.ask(urls, {}, settings, robots={})
    return {url: one.fate for url, one in found.items()}


def methods(web: Web, ending: str) -> list[str]:
    return [one.method for one in web.asked if one.url.endswith(ending)]


@pytest.mark.parametrize("trouble", [{"status": 503}, {"status": 429}, {"status": 500}, {"fault": "reset"}, {"fault": "drop"}, {"fault": "slow"}])
def test_a_link_that_fails_once_and_then_works_is_there(web: Web, trouble: Mapping[str, object]) -> None:
    times = 2 if trouble.get("fault") in ("reset", "drop") else 1  # a connection that is cut is tried again at once, too
    web.put("http://north.example/a", times=times, **trouble).put("http://north.example/a", PAGE)  # type: ignore[arg-type]  # the test's words
    assert fates("http://north.example/a") == {"http://north.example/a": Fate.THERE}


def test_what_says_that_it_is_gone_is_asked_once(web: Web) -> None:
    web.put("http://north.example/a", status=410)
    assert fates("http://north.example/a", "http://north.example/b") == {
        "http://north.example/a": Fate.CLOSED,
        "http://north.example/b": Fate.NOTHING,
    }
    assert len([one for one in web.asked if not one.url.endswith("robots.txt")]) == 2


def test_a_server_that_asks_for_a_long_rest_is_left_in_peace(web: Web) -> None:
    web.put("http://north.example/a", status=503, headers={"Retry-After": "3600"})
    assert fates("http://north.example/a") == {"http://north.example/a": Fate.TROUBLE}
    assert methods(web, "/a") == ["GET"]


def test_a_server_that_asks_for_a_second_has_it(web: Web) -> None:
    web.put("http://north.example/a", status=503, headers={"Retry-After": "1"}, times=1).put("http://north.example/a", PAGE)
    assert fates("http://north.example/a") == {"http://north.example/a": Fate.THERE}
    first, second = (one.at for one in web.asked if one.url.endswith("/a"))
    assert second - first >= 1


@pytest.mark.parametrize("stiff", [{"status": 405}, {"status": 404}, {"status": 501}, {"fault": "slow"}])
def test_a_file_whose_head_is_refused_is_asked_for_itself(web: Web, stiff: Mapping[str, object]) -> None:
    web.put("http://north.example/a.pdf", times=1, **stiff).put("http://north.example/a.pdf", b"%PDF-1.4", type="application/pdf")  # type: ignore[arg-type]
    assert fates("http://north.example/a.pdf") == {"http://north.example/a.pdf": Fate.THERE}
    assert methods(web, ".pdf") == ["HEAD", "GET"]


def test_a_host_that_never_answers_costs_the_time_of_a_few_links(web: Web) -> None:
    for number in range(30):
        web.put(f"http://mute.example/{number}", fault="slow")
    web.put("http://north.example/a", PAGE)
    begun = time.monotonic()
    found = fates(*(f"http://mute.example/{number}" for number in range(30)), "http://north.example/a")
    assert time.monotonic() - begun < 4 * asking.SILENT
    assert sorted(found.values(), key=str) == [Fate.THERE, *[Fate.TROUBLE] * 30]


def test_many_hosts_are_asked_at_once_and_each_in_its_own_time(web: Web) -> None:
    urls = [f"http://h{number % 10}.example/{number}" for number in range(30)]
    for url in urls:
        web.put(url, PAGE, delay=0.2)
    begun = time.monotonic()
    assert set(fates(*urls, settings=replace(SETTINGS, delay=timedelta(seconds=0.3))).values()) == {Fate.THERE}
    assert time.monotonic() - begun < 5
    assert max(one.open for one in web.asked) == 1


# ---------------------------------------------------------------- what the editor reads


def told(site: Site, answer: Answered) -> list[tuple[str, str, str, str, str]]:
    entry = builders.entry(id=ItemId(7), title="How a network learns")
    edition = builders.edition(id="2026-12", sections=(Section(id="a", title="A", entries=(entry,)),))
    with site.open() as store:
        found = publish.findings(edition, site.config, store, asked={entry.id: answer})
    return [(one.severity, one.rule, one.place, one.problem, one.remedy) for one in found if one.rule.startswith("link-")]


def test_each_fate_of_a_link_has_its_place_and_remedy(tmp_path: Path) -> None:
    site = Site(tmp_path)
    gone = Answered(fate=Fate.NOTHING, reason="404,\nnot found.")
    assert told(site, gone) == [
        (
            "warning",
            "link-broken",
            "item 7",
            'The link of "How a network learns" does not work: 404, not found.',
            "Open it; give the address where it is now, or take it out.",
        )
    ]
    assert told(site, replace(gone, fate=Fate.CLOSED))[0][1] == "link-broken"
    assert told(site, Answered(fate=Fate.THERE, moved_to="https://new.example/a")) == [
        (
            "warning",
            "link-moved",
            "item 7",
            'The link of "How a network learns" has moved for good to https://new.example/a',
            "Open that, and give it to item 7.",
        )
    ]
    assert told(site, Answered(fate=Fate.TROUBLE, reason="It asks for a login (401)."))[0][:2] == ("note", "link-doubtful")
    assert told(site, Answered(fate=Fate.THERE)) == told(site, Answered(fate=Fate.UNASKED, reason="robots.txt")) == []


def test_what_was_asked_just_now_counts_more_than_what_was_known(tmp_path: Path) -> None:
    site = Site(tmp_path)
    url = builders.entry().url
    with site.open() as store:
        store.keep_link_checks([links.judge(None, Answered(fate=Fate.CLOSED, reason="Gone (410)."), url=url, now=NOW)])
    assert told(site, Answered(fate=Fate.THERE)) == []


def edition_of(*urls: str) -> Edition:
    entries = tuple(builders.entry(id=ItemId(number), url=url, title=f"Thing {number}") for number, url in enumerate(urls, 1))
    return builders.edition(id="2026-12", sections=(Section(id="a", title="A", entries=entries),))


def test_the_command_asks_the_links_of_a_draft(web: Web, tmp_path: Path) -> None:
    web.put("http://north.example/good", PAGE)
    web.put("http://north.example/moved", status=301, headers={"location": "/good"})
    web.put("http://north.example/for-now", status=302, headers={"location": "/good"})
    web.put("http://north.example/lost", "<title>Page not found</title><h1>Page not found</h1><p>Sorry.</p>")
    web.put("http://busy.example/a", status=503)
    desk = Desk(tmp_path)
    paths = ("good", "moved", "for-now", "missing", "lost")
    with desk.store() as store:
        store.save_edition(edition_of(*(f"http://north.example/{path}" for path in paths), "http://busy.example/a", "mailto:a@north.example"))
    found = [(one["rule"], one["place"]) for one in desk.must("digest", "check", "2026-12", "--links") if one["rule"].startswith("link-")]
    assert found == [("link-moved", "item 2"), ("link-broken", "item 4"), ("link-broken", "item 5"), ("link-doubtful", "item 6")]


def test_a_machine_without_a_net_calls_no_link_broken(bare_environment: None, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with desk.store() as store:
        store.save_edition(edition_of("http://nobody.invalid/a", "http://nowhere.invalid/a"))
    done = desk.run("digest", "check", "2026-12", "--links")
    assert (done.code, "this machine that is cut off" in done.err) == (69, True)
