"""The demonstration, end to end, in a process of its own: what every visitor runs first, and all the traps of its sample web."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from pipeline.render import FORMATS
from tests.desk import ROOT, Desk

# A proxy that leads nowhere: whatever the demonstration does not reroute to its own sample web cannot be reached.
NOWHERE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the demonstration left behind."""

    folder: Path
    edition: Path
    items: tuple[dict[str, Any], ...]
    leads: dict[str, tuple[str, str | None]]
    words: str

    def item(self, title: str) -> dict[str, Any]:
        """Give the one item that is no other's copy and whose title begins so."""
        (found,) = [item for item in self.items if item["title"].startswith(title) and item["state"] != "merged"]
        return found

    def sources(self, title: str) -> set[str]:
        return {sight["source"] for sight in self.item(title)["seen"]}

    def copies(self, title: str) -> int:
        """Count what is folded into that item. Which of two is the copy depends on which site answered first."""
        return sum(item["duplicate_of"] == self.item(title)["id"] for item in self.items)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    command = [sys.executable, "-m", "pipeline.demo", "--folder", str(folder), "--no-serve"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **NOWHERE}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (edition,) = (folder / "digests").glob("20*")
    desk = Desk(folder, sources=None)
    leads = {url: (state, reason) for url, state, reason in desk.rows("SELECT url, state, reason FROM leads")}
    return Demo(folder=folder, edition=edition, items=tuple(desk.must("export", "items")), leads=leads, words=done.stdout)


def test_every_file_of_the_edition_is_there_and_says_something(demo: Demo) -> None:
    wanted = {kind.filename for kind in FORMATS.values()} | {"manifest.json"}
    assert wanted <= {path.name for path in demo.edition.iterdir() if path.stat().st_size > 200}
    assert (demo.edition / "digest.pdf").read_bytes().startswith(b"%PDF-")
    for name in ("digest.pdf", "index.html", "email.html"):
        assert str(demo.edition / name) in demo.words


def test_three_readers_have_one_mail_each(demo: Demo) -> None:
    mails = [message_from_bytes(path.read_bytes()) for path in (demo.folder / "outbox").iterdir()]
    assert sorted(str(mail["To"]) for mail in mails) == ["ada@reader.example", "ben@reader.example", "chi@reader.example"]
    assert len({mail["Message-ID"] for mail in mails}) == 3


def test_the_report_seen_on_two_sites_as_a_page_and_as_a_pdf_is_one_item(demo: Demo) -> None:
    assert demo.sources("Neighbours in care") == {"lantern", "harbour-resources", "alerts"}
    assert demo.copies("Neighbours in care") == 1


def test_the_syndicated_copy_is_folded_into_the_article(demo: Demo) -> None:
    assert demo.sources("Why small teams share faster") == {"lantern", "gazette", "alerts", "north-bay"}
    assert demo.copies("Why small teams share faster") == 1


def test_the_charter_that_moved_from_another_host_is_one_item(demo: Demo) -> None:
    assert demo.sources("A one-page charter") == {"toolbox", "harbour-resources"}


def test_the_parts_of_a_series_are_not_folded(demo: Demo) -> None:
    assert demo.item("Growing a community of practice, blog 1")["id"] != demo.item("Growing a community of practice, blog 2")["id"]


def test_the_digests_of_two_months_are_not_folded(demo: Demo) -> None:
    digests = [item for item in demo.items if item["title"].startswith("Ward Round digest")]
    assert len({item["title"] for item in digests}) == 2
    assert "merged" not in {item["state"] for item in digests}


def test_a_correction_is_not_folded_into_its_article(demo: Demo) -> None:
    assert demo.item("Correction: Peer visits")["id"] != demo.item("Peer visits between practices")["id"]
    assert demo.copies("Peer visits between practices") == 0


def test_the_event_that_ends_before_it_starts_carries_its_problem(demo: Demo) -> None:
    problems = demo.item("Masterclass: hosting a conversation")["event"]["problems"]
    assert any(problem.startswith("end_before_start") for problem in problems)


def test_the_parts_of_a_series_are_counted(demo: Demo) -> None:
    parts = [demo.item(f"Growing a community of practice, blog {number}") for number in (1, 2)]
    assert [(one["series"], one["part"]) for one in parts] == [("Growing a community of practice", number) for number in (1, 2)]


def test_the_film_of_a_clinic_is_proposed_as_its_recording(demo: Demo) -> None:
    rows = Desk(demo.folder, sources=None).rows("SELECT item, other, tie, state FROM relations")
    assert (demo.item("Run charts in five minutes")["id"], demo.item("Autumn clinic")["id"], "records", "proposed") in [tuple(row) for row in rows]


def test_a_past_event_is_accepted_but_stands_in_no_edition(demo: Demo) -> None:
    past = demo.item("Autumn clinic on run charts")
    assert (past["state"], past["edition"]) == ("accepted", None)
    for name in ("digest.md", "events.ics", "email.txt", "index.html", "edition.json"):
        assert "Autumn clinic" not in (demo.edition / name).read_text(encoding="utf-8")
    assert "Winter gathering" in (demo.edition / "events.ics").read_text(encoding="utf-8")


def test_the_login_wall_and_the_dead_link_are_leads_with_a_reason(demo: Demo) -> None:
    failed = {url.rpartition("/")[2]: reason for url, (state, reason) in demo.leads.items() if state == "failed"}
    assert set(failed) == {"board-papers", "gone"}
    assert "404" in (failed["gone"] or "")
    assert "log" in (failed["board-papers"] or "").lower()


def test_all_other_leads_led_to_an_item_and_nothing_was_lost(demo: Demo) -> None:
    assert {state for state, _ in demo.leads.values()} == {"settled", "failed"}
    verdicts = Counter(json.loads(line)["verdict"] for line in (demo.folder / "decisions.jsonl").read_text(encoding="utf-8").splitlines())
    states = Counter(item["state"] for item in demo.items)
    past = [item for item in demo.items if (item["edition"] or "").startswith("past/")]
    assert (states["published"] - len(past), states["accepted"]) == (verdicts["accept"] - 1, 1)  # the one is the event that is over
    assert (states["rejected"], states["deferred"]) == (verdicts["reject"], verdicts["defer"])
    assert (states["merged"], len(past), len(demo.items)) == (3, 7, 50)


def test_what_a_past_issue_recommended_is_kept_and_in_no_edition_of_ours(demo: Demo) -> None:
    past = demo.item("Leading without the chair")
    assert past["state"] == "published"
    assert "Leading without the chair" not in (demo.edition / "digest.md").read_text(encoding="utf-8")


def test_the_links_of_the_alert_mail_lead_past_the_mail_filter_to_the_pages(demo: Demo) -> None:
    assert not [sight["url"] for item in demo.items for sight in item["seen"] if "safelinks" in sight["url"]]
    assert not [url for url in demo.leads if "unsubscribe" in url]


def test_the_advertisement_lies_in_the_tray_by_the_rule(demo: Demo) -> None:
    assert demo.item("Ten reasons why your practice needs")["lane"] in ("unlikely", "audit")  # the lot takes ten, and there is one
    assert "adverts (unlikely)" in demo.words


def test_the_edition_holds_what_the_curator_accepted_each_once(demo: Demo) -> None:
    edition = json.loads((demo.edition / "edition.json").read_text(encoding="utf-8"))
    entries = [entry["id"] for section in edition["sections"] for entry in section["entries"]]
    assert sorted(entries) == sorted(item["id"] for item in demo.items if item["edition"] == edition["id"])


def test_the_demonstration_never_empties_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    command = [sys.executable, "-m", "pipeline.demo", "--folder", str(tmp_path), "--no-serve"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "is not a demonstration's folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_source_of_every_kind_brings_something(demo: Demo) -> None:
    assert demo.sources("Convening without a budget") == {"fernbridge"}
    assert demo.sources("Who convenes?") == {"papers"}
    assert demo.sources("Swap a receptionist") == {"north-bay"}
    assert demo.sources("Visiting one another") == {"visiting"}


def test_what_the_other_desk_carried_too_is_one_item(demo: Demo) -> None:
    assert "north-bay" in demo.sources("Why small teams share faster")


def test_the_living_collection_holds_what_was_kept(demo: Demo) -> None:
    page = (demo.folder / "digests" / "collections" / "useful-communities" / "index.html").read_text(encoding="utf-8")
    assert "Network health check" in page
    assert "Convening without a budget" in page
