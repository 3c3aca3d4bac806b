"""people.yaml: every mistake with its line, additions that leave comments alone, and one name everywhere that people are counted or shown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import config, dedupe
from pipeline.config import Config
from pipeline.config.living import Settings
from pipeline.config.people import add_spellings
from pipeline.digest import balance
from pipeline.digest.entries import credits, entry
from pipeline.errors import ConfigError
from pipeline.model import Citation, Credit, Edition, Fold, Item, Kind, Lead, Match, Sighting
from pipeline.names.spellings import Called, Spellings
from pipeline.render.works import work
from pipeline.web.contributors import contributors
from pipeline.web.shelf import put_together
from tests import builders
from tests.desk import Desk
from tests.test_desk_people import publish, words
from tests.test_sources import found
from tests.test_web import Site

GOOD = """\
# Ours
people:
  Becky Malby: [Rebecca Malby, Professor Becky Malby]   # of the chapter
  Ben Oak: Benjamin Oak
publishers:
  The King's Fund:
    - King Fund
"""
MALBY = Spellings(people=(Called(name="Becky Malby", also=("Rebecca Malby",)),), publishers=(Called(name="The King's Fund", also=("King Fund",)),))


def load(folder: Path, people: str | None, desk: str = "") -> Config:
    (folder / "sources.yaml").write_text(f"desk: {{name: D{desk}}}\n", encoding="utf-8")
    if people is not None:
        (folder / "people.yaml").write_text(people, encoding="utf-8")
    return config.load(folder / "sources.yaml", {})


def wrong(folder: Path, people: str, desk: str = "") -> str:
    with pytest.raises(ConfigError) as error:
        load(folder, people, desk)
    return str(error.value)


def test_a_desk_without_the_file_has_no_names(tmp_path: Path) -> None:
    assert load(tmp_path, None).spellings == Spellings()


def test_the_file_is_read(tmp_path: Path) -> None:
    known = load(tmp_path, GOOD).spellings
    assert known.people == (
        Called(name="Becky Malby", also=("Rebecca Malby", "Professor Becky Malby")),
        Called(name="Ben Oak", also=("Benjamin Oak",)),
    )
    assert known.publisher("Kings Fund") == known.publisher("king fund") == "The King's Fund"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("people:\n  Becky Malby: []\n  Dr Becky Malby: []\n", "people.yaml:3: people: “Dr Becky Malby” is “Becky Malby” of line 2"),
        ("people:\n  Ada Marsh: []\n  Ada Marsh: []\n", "people.yaml:3: `Ada Marsh` stands here a second time"),
        (
            "people:\n  Ada Marsh: [A. Marsh]\n  Ann Marsh:\n    - A. Marsh\n",
            "people.yaml:4: people: “A. Marsh” stands for “Ada Marsh” already, in line 2",
        ),
        ("people:\n  Ada Marsh: [Ann Marsh]\n  Ann Marsh: []\n", "people.yaml:2: people: “Ann Marsh” is a name of its own in line 3"),
        ("people:\n  Ada Marsh: [A. Marsh, a. marsh]\n", "people.yaml:2: people: “a. marsh” stands here twice"),
        ('people:\n  Ada Marsh: [""]\n', "people.yaml:2: people: a name is empty"),
        ('people:\n  "": [A. Marsh]\n', "people.yaml:2: people: a name is empty"),
        ("people: [Ada Marsh]\n", "people.yaml:1: people: names with their spellings belong here"),
        ("people:\n  Ada Marsh: {also: A. Marsh}\n", "people.yaml:2: people: a mapping stands where spellings belong"),
        ("persons:\n  Ada Marsh: []\n", "people.yaml:1: the key `persons` is unknown; known are people, publishers"),
        (f"people:\n  {'A' * 201} B: []\n", "people.yaml:2: people: a name has 203 characters"),
        ("people:\n\tAda: []\n", "people.yaml:2: a tab stands where the line begins"),
    ],
)
def test_every_mistake_is_named_with_its_line(tmp_path: Path, file: str, said: str) -> None:
    assert said in wrong(tmp_path, file)


def test_the_file_may_have_another_name_but_then_it_must_be_there(tmp_path: Path) -> None:
    assert "there is no file names.yaml here" in wrong(tmp_path, GOOD, ", people: names.yaml")
    (tmp_path / "names.yaml").write_text("people: {Ada Marsh: [A. Marsh]}\n", encoding="utf-8")
    assert load(tmp_path, None, ", people: names.yaml").spellings.person("A. Marsh") == "Ada Marsh"
    assert "no file beside this one" in wrong(tmp_path, GOOD, ", people: ../names.yaml")


def test_a_running_desk_sees_the_file_come_change_and_go(tmp_path: Path) -> None:
    living = Settings(load(tmp_path, None), environ={})
    (tmp_path / "people.yaml").write_text(GOOD, encoding="utf-8")
    assert living.look().spellings.person("Rebecca Malby") == "Becky Malby"
    (tmp_path / "people.yaml").write_text("people: {Becky Malby: [Bec Malby, bec malby]}\n", encoding="utf-8")
    assert living.look().spellings.person("Rebecca Malby") == "Becky Malby"
    assert "people.yaml:1" in living.problem
    (tmp_path / "people.yaml").unlink()
    assert living.look().spellings == Spellings()


def test_a_rule_on_one_spelling_holds_for_all(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text("rules:\n  - {id: becky, when: {person: Becky Malby}, then: must-have}\n", encoding="utf-8")
    assert config.load(tmp_path / "sources.yaml", {}).rules[0].when.person == ("Becky Malby", "Rebecca Malby", "Professor Becky Malby")


# ---------------------------------------------------------------- adding


def test_additions_keep_comments_and_layout(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(GOOD, encoding="utf-8")
    add_spellings(path, "people", "Becky Malby", ["R. Malby"])
    add_spellings(path, "people", "Ben Oak", ["B. Oak"])
    add_spellings(path, "people", "Ada Marsh", ["A. Marsh", "Marsh, Ada"])
    add_spellings(path, "publishers", "The King's Fund", ["TKF"])
    assert path.read_text(encoding="utf-8") == """\
# Ours
people:
  Becky Malby: [Rebecca Malby, Professor Becky Malby, R. Malby]   # of the chapter
  Ben Oak: [Benjamin Oak, B. Oak]
  Ada Marsh: [A. Marsh]
publishers:
  The King's Fund:
    - King Fund
    - TKF
"""  # fmt: skip


def test_the_file_is_made_where_there_is_none_and_nothing_is_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    add_spellings(path, "publishers", "The King's Fund", ["King: Fund, [new]"])
    made = path.read_text(encoding="utf-8")
    assert made.startswith("# Which spellings are one")
    add_spellings(path, "publishers", "The King's Fund", ["King: Fund, [new]", "Kings Fund"])
    assert path.read_text(encoding="utf-8") == made


def test_a_spelling_of_somebody_else_is_not_added_and_a_wrong_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    for before in (GOOD, "people: [\n", "people: {Ada Marsh: []}\n"):
        path.write_text(before, encoding="utf-8")
        with pytest.raises(ConfigError):
            add_spellings(path, "people", "Ada Marsh", ["Rebecca Malby", "Ben Oak"] if before == GOOD else ["A. Marsh"])
        assert path.read_text(encoding="utf-8") == before or before.startswith("people: {")


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30), min_size=2, max_size=4))
def test_what_is_added_is_read_back_or_refused(tmp_path_factory: pytest.TempPathFactory, written: list[str]) -> None:
    path = tmp_path_factory.mktemp("names") / "people.yaml"
    path.write_text(GOOD, encoding="utf-8")
    try:
        add_spellings(path, "people", written[0], written[1:])
    except ConfigError:
        assert path.read_text(encoding="utf-8") == GOOD
        return
    known = load(path.parent, None).spellings
    assert len({known.person_key(one) for one in written}) == 1
    assert "# of the chapter" in path.read_text(encoding="utf-8")


# ---------------------------------------------------------------- used


def item(*creators: str) -> Item:
    return builders.item(resource=builders.resource(creators=creators, publisher="Kings Fund"))


def test_an_edition_prints_the_preferred_names_and_cites_what_was_written() -> None:
    made = entry(item("Prof. Rebecca Malby", "Becky Malby", "Ada Marsh"), {}, lead=False, spellings=MALBY)
    assert [(one.role, one.name, one.written) for one in made.credits if one.role == "author"] == [
        ("author", "Becky Malby", "Prof. Rebecca Malby"),
        ("author", "Ada Marsh", ""),
    ]
    assert made.source == "The King's Fund"
    assert [one.written for one in work(made, builders.edition()).people] == ["Rebecca Malby", "Ada Marsh"]


def test_whoever_is_named_in_the_title_of_an_interview_is_asked_in_it() -> None:
    one = builders.item(resource=builders.resource(title="Interview with Dana Fox", kind=Kind.INTERVIEW, creators=("Dr Dana Fox", "Ada Marsh")))
    assert [(made.role, made.name) for made in credits(one)][:2] == [("in conversation with", "Dr Dana Fox"), ("author", "Ada Marsh")]


def sighting(lead: Lead) -> Sighting:
    return Sighting(lead=lead, first_seen=builders.NOW, last_seen=builders.NOW)


def test_whoever_sends_in_own_work_submitted_it() -> None:
    with_lead = replace(
        builders.item(resource=builders.resource(creators=("Ben Oak",))),
        sightings=(
            sighting(builders.lead(recommended_by="Dr Ben Oak")),
            sighting(builders.lead(recommended_by="Ada Marsh")),
        ),
    )
    assert [(made.role, made.name) for made in credits(with_lead)][1:] == [("submitted by", "Dr Ben Oak"), ("recommended by", "Ada Marsh")]


def test_a_listing_tells_who_recommended_and_cited_whom() -> None:
    said = [
        "Chris Silvia and Michael McGuire - 2010 - The Leadership Quarterly",
        "Mylaine Breton et al. 2013",
        "Recommended by community member - Fi McKenzie",
        "Blog and video submitted by community member",
        "Via Ted",
        "End Date: 2018-09-09",
    ]
    cards = "".join(
        f'<div class="resource"><h3>Thing number {n} of the network</h3><p>{line}</p><p>It says what number {n} is good for, at some length.</p>'
        f'<p><a href="https://w{n}.example/">Link to article</a></p></div>'
        for n, line in enumerate(said)
    )
    leads = found("listing", f"<html><body><main>{cards}</main></body></html>")
    assert [lead.creators for lead in leads] == [("Chris Silvia", "Michael McGuire"), ("Mylaine Breton",), (), (), (), ()]
    assert leads[0].citation == Citation(journal="The Leadership Quarterly", year=2010)
    assert leads[1].citation == Citation(year=2013)
    assert [lead.recommended_by for lead in leads] == [None, None, "Fi McKenzie", None, None, None]
    assert [lead.posted_by for lead in leads] == [None, None, None, "community member", None, None]
    assert [lead.publisher for lead in leads] == [None, None, None, None, "Ted", None]


def test_editions_are_balanced_by_publisher_and_person_not_by_spelling() -> None:
    section = builders.edition().sections[0]

    def edition(month: str, source: str, name: str) -> Edition:
        held = tuple(builders.entry(id=one, source=source, credits=(Credit(role="posted by", name=name),)) for one in (1, 2))
        return builders.edition(id=month, sections=(replace(section, entries=held),))

    made = balance(edition("2026-11", "The King's Fund", "Becky Malby"), [edition("2026-10", "King Fund", "Rebecca Malby")], spellings=MALBY)
    assert [(one.name, one.here, one.before) for one in made.publishers] == [("The King's Fund", 2, (2,))]
    assert [(one.name, one.here, one.before) for one in made.contributors] == [("Becky Malby", 2, (2,))]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path, editor="Sam Reed")
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


def test_contributors_and_public_pages_bring_spellings_together(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.config = replace(site.config, spellings=MALBY)
    publish(site, 1, ("author", "Prof. Rebecca Malby"))
    publish(site, 2, ("author", "Becky Malby"), edition="2026-11")
    with site.open() as store:
        assert [len(one.works) for one in contributors(store, MALBY) if one.name == "Becky Malby"] == [2]
        assert {one.name for one in contributors(store)} >= {"Rebecca Malby", "Becky Malby"}


def test_the_address_of_another_spelling_leads_to_the_person() -> None:
    one = builders.entry(credits=(Credit(role="author", name="Prof. Rebecca Malby"),))
    shelf = put_together([builders.edition(sections=(replace(builders.edition().sections[0], entries=(one,)),))], (), spellings=MALBY)
    assert [group.label.name for group in shelf.people.values()] == ["Becky Malby"]
    assert shelf.moved["prof-rebecca-malby"] == shelf.moved["rebecca-malby"] == "becky-malby"


def test_an_old_address_of_a_person_still_leads_there(site: Site) -> None:
    publish(site, 1, ("author", "Dr Dana Fox"))
    answer = site.visitor().get("/people/dr-dana-fox")
    assert (answer.status_code, answer.headers["location"]) == (307, "/people/dana-fox")
    assert "Dana Fox" in words(site, "/people/dana-fox")


def test_a_curator_writes_down_that_two_are_one(site: Site) -> None:
    publish(site, 1, ("author", "Jane Smith"))
    publish(site, 2, ("author", "J. Smith"), edition="2026-11")
    page = words(site, "/desk/people")
    assert "spellings that may be one" in page
    assert "J. Smith" in page
    visitor = site.visitor()
    token = re.search(r'name="token" value="([^"]+)"', visitor.get("/desk/people").text)
    assert token
    form = {"token": token[1], "part": "people", "name": "Jane Smith", "spelling": "J. Smith"}
    assert visitor.post("/desk/people/spellings/join", {**form, "token": "no"}).status_code == 403
    assert visitor.post("/desk/people/spellings/join", {**form, "name": "Somebody Else"}).status_code == 409
    assert not site.config.people.exists()
    assert visitor.post("/desk/people/spellings/join", form).status_code == 303
    assert "Jane Smith: [J. Smith]" in site.config.people.read_text(encoding="utf-8")


def test_the_command_lists_and_joins(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    resource = [builders.resource(url=f"https://n.example/{n}", canonical_url=None, title=f"Piece {n}", publisher=name, creators=(who,))
                for n, name, who in ((1, "King Fund", "Jane Smith"), (2, "The King's Fund", "J. Smith"))]  # fmt: skip
    with desk.store() as store:
        for one in resource:
            store.decide(builders.decision(item=store.add(one, dedupe.fingerprint(one), Match(fold=Fold.NEW), now=builders.NOW)))
    pairs = [(one["sort"], {name["name"] for name in one["names"]}) for one in desk.must("people", "alike")]
    assert pairs == [("person", {"Jane Smith", "J. Smith"}), ("publisher", {"King Fund", "The King's Fund"})]
    desk.must("people", "join", "Jane Smith", "J. Smith")
    assert desk.must("people", "join", "--publisher", "The King's Fund", "King Fund")[0]["name"] == "The King's Fund"
    assert desk.must("people", "alike") == []
    assert desk.run("people", "join", "Ann Smith", "J. Smith").code != 0
