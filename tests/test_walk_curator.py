"""The curator's walk, where no other file has the step: less of a poor source is offered, and a search says what it leaves out."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.model import ItemId, Lane, Verdict
from tests import builders
from tests.test_accounts import rows
from tests.test_web import JSON, Site

OFFER = {"source": "north-blog", "little": "North Network blog: 1 kept of 13, 9 promotional."}


def history(site: Site, *, kept: int, promotional: int = 0, weak: int = 0) -> None:
    """Let the feed have brought items that were decided so."""
    verdicts = [(Verdict.ACCEPT, None)] * kept + [(Verdict.REJECT, "promotional")] * promotional + [(Verdict.REJECT, "weak")] * weak
    for number, (verdict, reason) in enumerate(verdicts, 100):
        item = site.bring(number)
        with site.open() as store:
            store.decide(builders.decision(item=item, verdict=verdict, reason=reason))


def reject(site: Site, item: ItemId, reason: str = "promotional") -> dict[str, object]:
    """Reject as the page does; gives what the desk says."""
    visitor = site.visitor()
    visitor.get(f"/desk/items/{item}/pane")
    told: dict[str, object] = visitor.post(f"/desk/items/{item}/decide", {"reason": reason, "state": "queued"}, headers=JSON).json()
    return told


def test_who_rejects_is_told_how_little_is_kept_of_the_source(tmp_path: Path) -> None:
    site = Site(tmp_path)
    history(site, kept=1, promotional=8, weak=3)
    told = reject(site, site.bring(1))
    assert {name: told.get(name) for name in OFFER} == OFFER
    found = rows(site, "SELECT act, reason, count(*) FROM decisions WHERE undone IS NULL GROUP BY act, reason ORDER BY act, reason")
    assert [tuple(row) for row in found] == [("accept", None, 1), ("reject", "promotional", 9), ("reject", "weak", 3)], "by the log"


def test_nothing_is_offered_for_a_new_source_or_none(tmp_path: Path) -> None:
    site = Site(tmp_path)
    history(site, kept=3, promotional=3)
    assert "little" not in reject(site, site.bring(1)), "too few to judge"
    assert "little" not in reject(site, site.add(2)), "of no source"


def test_nothing_is_offered_for_a_source_of_which_enough_is_kept(tmp_path: Path) -> None:
    site = Site(tmp_path)
    history(site, kept=9, promotional=5)
    assert "little" not in reject(site, site.bring(1))


def test_a_verdict_that_is_no_rejection_offers_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    history(site, kept=0, promotional=12)
    item, visitor = site.bring(1), site.visitor()
    visitor.get(f"/desk/items/{item}/pane")
    assert "little" not in visitor.post(f"/desk/items/{item}/decide", {"verdict": "defer", "state": "queued"}, headers=JSON).json()


def test_a_search_says_in_which_tray_it_would_find(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.add(1)
    lone = site.add(2, title="The vanguard")
    with site.open() as store:
        store.set_lane(lone, Lane.AUDIT, "drawn by lot")
    said = site.visitor().get("/desk/queue?q=vanguard").text
    words = re.sub("<[^>]+>", "", re.findall(r'<p class="sum">(.*?)</p>', said)[-1])
    assert words == "What matches waits in another tray: Audit 1."
    assert 'href="/desk/queue?lane=audit&amp;q=vanguard"' in said
    assert "No waiting item matches." in site.visitor().get("/desk/queue?q=nowhere").text
