"""Ties and series where people meet them: taken or refused at the desk, told to readers where both items are public, and never otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from pipeline import digest, publish, render
from pipeline.cli import main
from pipeline.model import Entry, ItemId, Kind, Mention, Section, Tie, Tied
from pipeline.publish.ties import with_ties
from pipeline.render import words
from pipeline.service.ticking import ROUNDS
from tests import builders
from tests.builders import NOW, decision
from tests.test_web import JSON, Site

EVENT = "Autumn clinic on run charts"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


@pytest.fixture
def pair(site: Site) -> tuple[ItemId, ItemId]:
    """A clinic, and a film that says that it records it."""
    clinic = site.add(1, title=EVENT)
    return clinic, site.add(2, title="Run charts", kind=Kind.VIDEO, **speaks())


def speaks(number: int = 1, tie: Tie = Tie.RECORDS) -> dict[str, Any]:
    return {"mentions": (Mention(tie=tie, words="Recorded at our clinic", url=f"https://north.example/{number}"),)}


def name(pair: tuple[ItemId, ItemId], tie: Tie = Tie.RECORDS) -> str:
    return f"{pair[1]}.{pair[0]}.{tie.value}"


def take(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    site.visitor().post(f"/desk/items/{pair[0]}/tie", {"take": name(pair)})


def text(html: str) -> str:
    return " ".join(" ".join(lxml.html.fromstring(html).itertext()).replace(" :", ":").split())


# ---------------------------------------------------------------- at the desk


@pytest.mark.parametrize("page", ["/desk/items/{}", "/desk/items/{}/pane"])
def test_a_proposed_tie_stands_beside_both_items_with_its_words(site: Site, pair: tuple[ItemId, ItemId], page: str) -> None:
    event, film = (site.visitor().get(page.format(item)).text for item in pair)
    assert "Recording available: Run charts Recorded at our clinic" in text(event)
    assert f"Recording of: {EVENT} Recorded at our clinic" in text(film)
    for html in (event, film):
        buttons = lxml.html.fromstring(html).xpath("//button[contains(@formaction, '/tie')]")
        told = [(one.get("name"), one.get("value"), (one.text or "").strip()) for one in buttons]
        assert told == [("take", name(pair), "Take"), ("refuse", name(pair), "Not so")]


def test_the_other_button_says_the_contrary(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    visitor, address = site.visitor(), f"/desk/items/{pair[1]}/tie"
    told = visitor.post(address, {"take": name(pair)}, JSON).json()
    assert told == {"said": f"Recording of: {EVENT}", "item": pair[1], "state": "taken"}
    page = visitor.get(f"/desk/items/{pair[1]}").text
    assert "taken" in text(page)
    assert lxml.html.fromstring(page).xpath("//button[contains(@formaction, '/tie')]/@name") == ["refuse"]
    answer = visitor.post(address, {"refuse": name(pair), "here": f"/desk/items/{pair[1]}"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/items/{pair[1]}?edited={pair[1]}")
    assert lxml.html.fromstring(visitor.get(f"/desk/items/{pair[1]}").text).xpath("//button[contains(@formaction, '/tie')]/@name") == ["take"]


def test_what_was_taken_stands_in_the_log_and_u_takes_it_back(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    visitor = site.visitor()
    visitor.post(f"/desk/items/{pair[1]}/tie", {"take": name(pair)})
    assert "Tied Run charts" in text(visitor.get("/desk/log").text)
    assert visitor.post("/desk/undo", {}, JSON).json()["act"] == "tie"
    with site.open() as store:
        assert [one.state.value for one in store.ties([pair[0]])] == ["proposed"]


@pytest.mark.parametrize("said", ["", "1", "1.2", "1.2.marries", "x.y.records", "9" * 40 + ".1.records", "1.2.records.3", "٣.2.records"])
def test_a_form_that_names_no_tie_is_refused_with_a_sentence(site: Site, pair: tuple[ItemId, ItemId], said: str) -> None:
    answer = site.visitor().post(f"/desk/items/{pair[1]}/tie", {"take": said}, JSON)
    assert answer.status_code == 409
    assert "names no tie" in answer.json()["error"]


def test_the_form_of_one_item_settles_no_tie_of_others(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    third = site.add(3)
    assert site.visitor().post(f"/desk/items/{third}/tie", {"take": name(pair)}, JSON).status_code == 409
    assert site.visitor().post(f"/desk/items/{pair[0]}/tie", {"take": f"{pair[0]}.{pair[1]}.records"}, JSON).status_code == 404
    assert site.visitor().get(f"/desk/items/{pair[0]}/tie").status_code in (404, 405)


def test_the_pane_says_which_part_of_its_series_an_item_is(site: Site) -> None:
    item = site.add(1, series="Growing a community", part=2)
    assert "Part 2 of “Growing a community”" in text(site.visitor().get(f"/desk/items/{item}/pane").text)


def test_show_names_what_an_item_is_tied_to(site: Site, pair: tuple[ItemId, ItemId], capsys: pytest.CaptureFixture[str]) -> None:
    site.config.path.write_text("desk: {name: What's new, organisation: Example, url: https://d.example, contact: ed@d.example}\nsources: []\n")
    assert main(["--dir", str(site.config.folder), "show", str(pair[0])]) == 0
    assert f"Recording available: item {pair[1]}, Run charts (proposed: Recorded at our clinic)" in capsys.readouterr().out


def test_the_errand_of_the_day_reads_newcomers_again(site: Site) -> None:
    film, clinic = site.add(2, title="Run charts", **speaks()), site.add(1, title=EVENT)
    (errand,) = (one for one in ROUNDS if one.name == "ties")
    with site.open() as store:
        assert store.ties([clinic]) == ()
        errand.do(site.config, store, site.now)
        assert [(one.item, one.other) for one in store.ties([clinic])] == [(film, clinic)]


# ---------------------------------------------------------------- for readers


def release(site: Site, *entries: Entry, audience: str = "public") -> None:
    section = builders.edition().sections[0]
    site.release(builders.edition(sections=(replace(section, entries=entries),), audience=audience))


def accepted(site: Site, *items: ItemId) -> None:
    with site.open() as store:
        for item in items:
            store.decide(decision(item=item))


def test_the_page_of_an_event_says_that_its_recording_is_there(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    accepted(site, *pair)
    release(site, builders.entry(id=pair[0], title=EVENT), builders.entry(id=pair[1], title="Run charts"))
    assert "Recording" not in text(site.visitor().get(f"/items/{pair[0]}").text), "proposed is not told"
    take(site, pair)
    event, film = (lxml.html.fromstring(site.visitor().get(f"/items/{item}").text) for item in pair)
    assert "Recording available: Run charts" in " ".join(event.text_content().split())
    assert event.xpath("//p[@class='tied']/a/@href") == [f"/items/{pair[1]}"]
    assert f"Recording of: {EVENT}" in " ".join(film.text_content().split())


def test_a_tie_to_what_is_not_public_is_told_to_nobody(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    accepted(site, *pair)
    take(site, pair)
    release(site, builders.entry(id=pair[0], title=EVENT), builders.entry(id=pair[1], title="Zyxomma film", audience="members"), audience="members")
    page = site.visitor().get(f"/items/{pair[0]}")
    assert page.status_code == 200
    assert "zyxomma" not in page.text.casefold()
    assert "Recording" not in text(page.text)
    assert site.visitor().get(f"/items/{pair[1]}").status_code == 404


def test_the_page_of_a_part_leads_to_the_others(site: Site) -> None:
    titles = [
        "Growing a community, blog 2: the door",
        "Growing a community, blog 1: begin",
        "Growing a community, blog 3: end",
        "Other things, part 1",
    ]
    items = [site.accept(number) for number in range(4)]
    release(site, *(builders.entry(id=item, title=title) for item, title in zip(items, titles, strict=True)))
    page = lxml.html.fromstring(site.visitor().get(f"/items/{items[0]}").text)
    (facts,) = page.xpath("//dt[text()='Series']/following-sibling::dd")
    assert " ".join(facts.text_content().split()) == "Part 2 of “Growing a community”: part 1, part 3"
    assert facts.xpath("./a/@href") == [f"/items/{items[1]}", f"/items/{items[2]}"]
    assert not lxml.html.fromstring(site.visitor().get(f"/items/{items[3]}").text).xpath("//dt[text()='Series']")


def edition_of(site: Site, *items: tuple[ItemId, str], audience: str = "public") -> Any:
    entries = tuple(builders.entry(id=item, title=title) for item, title in items)
    made = builders.edition(sections=(Section(id="all", title="All", entries=entries),), audience=audience)
    with site.open() as store:
        return with_ties(made, store)


def test_an_edition_names_what_its_entries_are_tied_to(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    assert [one.ties for one in edition_of(site, (pair[0], EVENT), (pair[1], "Run charts")).entries] == [(), ()]
    take(site, pair)
    made = edition_of(site, (pair[0], EVENT), (pair[1], "Run charts"))
    assert made.entries[0].ties == (Tied(id=pair[1], label="Recording available", title="Run charts", url="https://north.example/2"),)
    printed = json.loads(render.render(made, "json").body)["sections"][0]["entries"]
    assert [one["ties"][0]["label"] for one in printed] == ["Recording available", "Recording of"]
    assert "Recording available: “Run charts”" in words.byline(made.entries[0], "en-GB")
    for form in ("html", "markdown", "text"):
        assert "Recording available: “Run charts”" in " ".join(render.render(made, form).body.decode().split()), form


def test_an_edition_names_nothing_that_no_reader_has_seen(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    take(site, pair)
    assert edition_of(site, (pair[0], EVENT)).entries[0].ties == ()
    accepted(site, pair[1])
    assert edition_of(site, (pair[0], EVENT)).entries[0].ties == ()


def test_what_is_for_members_is_named_to_members_alone(site: Site) -> None:
    event = site.add(1, title=EVENT)
    film = site.add(2, title="Zyxomma film", kind=Kind.VIDEO, audience="members", **speaks())
    take(site, (event, film))
    accepted(site, event, film)
    assert edition_of(site, (event, EVENT), (film, "Zyxomma film")).entries[0].ties == ()
    inside = edition_of(site, (event, EVENT), (film, "Zyxomma film"), audience="members")
    assert [one.title for one in inside.entries[0].ties] == ["Zyxomma film"]
    for shown in (
        digest.public(inside),
        digest.public(replace(inside, audience="public", sections=(replace(inside.sections[0], entries=inside.entries[:1]),))),
    ):
        assert "zyxomma" not in json.dumps([repr(entry.ties) for entry in shown.entries]).casefold()
        assert shown.entries[0].ties == ()


def test_a_built_edition_has_its_ties(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    accepted(site, *pair)
    take(site, pair)
    edition, _, folder = publish.build("2026-12", site.config, site.open(), now=NOW, formats=("json",))
    assert {entry.id: [one.label for one in entry.ties] for entry in edition.entries}.get(pair[0]) == ["Recording available"]
    assert json.loads((folder / "edition.json").read_text())["format"] == "gleanings-edition/1"
