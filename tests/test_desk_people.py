"""Contributors at the desk: who wrote, recommended and suggested what, what became of it, and where they were thanked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import dedupe
from pipeline.model import Credit, Fold, ItemId, Kind, Match, Verdict
from pipeline.web import people
from pipeline.web.contributors import contributors
from tests import builders
from tests.test_web import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path, editor="Sam Reed")
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


def publish(site: Site, number: int, *credits: tuple[str, str], edition: str = "2026-10") -> ItemId:
    """Release an edition with one entry and these names beside it."""
    item = site.accept(number)
    entry = builders.entry(id=item, title=f"Piece {number}", credits=tuple(Credit(role=role, name=name) for role, name in credits))
    section = builders.edition().sections[0]
    site.release(builders.edition(id=edition, month_name=edition, sections=(replace(section, entries=(entry,)),)))
    return item


def suggest(site: Site, number: int, name: str, verdict: Verdict | None = None) -> None:
    item = site.add(number)
    with site.open() as store:
        made = store.add_submission(f"https://north.example/{number}", name=name, email="ben@example.org", way="form", now=site.now)
        store.bind_submissions([(made.id, item)])
        if verdict:
            store.decide(builders.decision(item=item, verdict=verdict))


def words(site: Site, path: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", site.visitor().get(path).text))


def test_those_who_recommended_most_stand_first_with_what_was_published(site: Site) -> None:
    publish(site, 1, ("author", "Ada Marsh"), ("recommended by", "Ben Oak"))
    with site.open() as store:
        found = contributors(store)
    assert [(one.name, one.gave, one.published) for one in found[:2]] == [("Ben Oak", 1, 1), ("Ada Marsh", 0, 1)]


def test_what_is_kept_for_the_next_edition_counts_too(site: Site) -> None:
    site.accept(1)
    assert "Ada Marsh 1" in words(site, "/desk/people")
    assert "kept for the next" in words(site, "/desk/people/ada-marsh")


def test_two_spellings_of_a_name_are_one_person(site: Site) -> None:
    publish(site, 1, ("recommended by", "Ben Oak"))
    publish(site, 2, ("recommended by", "BEN  OAK"), edition="2026-11")
    with site.open() as store:
        (ben,) = [one for one in contributors(store) if one.id == "ben-oak"]
    assert ben.published == 2
    assert {one.edition for one in ben.works} == {"2026-10", "2026-11"}


def test_the_page_of_a_person_says_what_they_gave_and_where_they_were_thanked(site: Site) -> None:
    publish(site, 1, ("author", "Ada Marsh"), ("recommended by", "Ben Oak"))
    suggest(site, 2, "Ben Oak", Verdict.ACCEPT)
    suggest(site, 3, "Ben Oak", Verdict.REJECT)
    suggest(site, 4, "Ben Oak")
    page = words(site, "/desk/people/ben-oak")
    assert "3 sent: 1 waiting, 1 kept, 1 not taken." in page
    assert "Thanked by name in 2026-10." in page
    assert "Piece 1" in page
    assert "ben@example.org" not in page


def test_the_profile_of_an_interview_stands_with_its_person(site: Site) -> None:
    resource = builders.resource(
        url="https://north.example/s", canonical_url="https://north.example/s", kind=Kind.INTERVIEW, series="Spotlight",
        title="Spotlight on Dana Fox, Director of North Network", creators=("Dana Fox",),
    )  # fmt: skip
    with site.open() as store:
        item = store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=site.now)
        store.decide(builders.decision(item=item))
    assert "In conversation: Dana Fox, Director of North Network" in words(site, "/desk/people/dana-fox")


def test_people_are_found_by_parts_of_their_name_and_sorted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(site, 1, *[("author", name) for name in ("Zoë Ash", "Ada Marsh", "Chidi Eze")])
    assert "Zoë Ash" in words(site, "/desk/people?q=ZO%C3%8B")
    assert "Ada" not in words(site, "/desk/people?q=eze")
    assert re.findall(r'class="name" [^>]+>([^<]+)', site.visitor().get("/desk/people?sort=name").text) == ["Ada Marsh", "Chidi Eze", "Zoë Ash"]
    monkeypatch.setattr(people, "PAGE", 2)
    page = site.visitor().get("/desk/people?sort=name")
    assert "Zoë" not in page.text
    assert "Zoë" in site.visitor().get("/desk/people?sort=name&from=2").text
    assert "from=2" in page.text


def test_a_name_is_never_markup(site: Site) -> None:
    publish(site, 1, ("recommended by", "<script>alert(1)</script>"))
    page = site.visitor().get("/desk/people").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_person_whom_nobody_knows_is_a_page_that_says_so(site: Site) -> None:
    assert site.visitor().get("/desk/people/nobody").status_code == 404
