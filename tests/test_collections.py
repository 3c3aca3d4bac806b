"""Living collections: what belongs to one, how it is dated and written, when it is to be looked through, and that nothing gets out through one."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config as configuration
from pipeline import dedupe, render
from pipeline.config import Config
from pipeline.digest.collection import MOST, as_of, collect
from pipeline.errors import ConfigError, NotFoundError
from pipeline.model import (
    Collection,
    Correction,
    Decision,
    Desk,
    Edition,
    EditionState,
    Event,
    Fold,
    Item,
    ItemId,
    Kind,
    Match,
    Overlay,
    Section,
    Severity,
    State,
    Suggestion,
    Topic,
    Verdict,
)
from pipeline.publish import collections
from pipeline.service import Doors, tick
from pipeline.store import Store
from pipeline.web import create_app
from tests import builders
from tests.builders import NOW
from tests.desk import Desk as Commands
from tests.test_web import Site, Visitor

DESK = Desk(name="What's new", organisation="Example Learning Network", url="https://digest.example.org", language="en-GB", timezone="Europe/London")
TOPICS = (
    Topic(id="networks", name="Primary care networks", description="General practices that plan care together.", was=("federations",)),
    Topic(id="leadership", name="Leadership"),
)
NETWORKS = Collection(id="useful", title="Useful resources for primary care networks", topics=("networks",))


def kept(number: int, *, topics: tuple[str, ...] = ("networks",), state: State = State.ACCEPTED, audience: str | None = None, **said: Any) -> Item:
    """An accepted item with topics that a curator chose."""
    url = f"https://north.example/{number}"
    resource = builders.resource(**{"url": url, "canonical_url": url, "title": f"How network {number} learns", **said})
    return builders.item(id=ItemId(number), resource=resource, state=state, overlay=Overlay(topics=topics, audience=audience))


def made(items: list[Item], one: Collection = NETWORKS, *, now: datetime = NOW, desk: Desk = DESK) -> Edition:
    return collect(one, items, desk=desk, topics=TOPICS, now=now)


def numbers(edition: Edition) -> list[int]:
    return [entry.id for entry in edition.entries]


# ---------------------------------------------------------------- what belongs


def test_an_accepted_item_with_the_topic_belongs_and_others_do_not() -> None:
    items = [
        kept(1),
        kept(2, topics=("leadership",)),
        kept(3, state=State.QUEUED),
        kept(4, state=State.REJECTED),
        kept(5, state=State.PUBLISHED),
        kept(6, state=State.DEFERRED),
    ]
    assert numbers(made(items)) == [1, 5]


def test_a_topic_is_met_under_its_old_id_too() -> None:
    assert numbers(made([kept(1, topics=("federations",))])) == [1]


def test_all_parts_of_a_query_must_hold_and_of_a_list_one_is_enough() -> None:
    one = replace(NETWORKS, topics=("networks", "leadership"), kinds=(Kind.REPORT, Kind.GUIDE), words=("estates", "buurtzorg"))
    items = [
        kept(1, kind=Kind.GUIDE, title="Estates for beginners"),
        kept(2, kind=Kind.REPORT, title="What Buurtzorg did", topics=("leadership",)),
        kept(3, kind=Kind.REPORT, title="What others did", text=""),
        kept(4, kind=Kind.BLOG, title="Estates"),
        kept(5, kind=Kind.GUIDE, title="Estates", topics=()),
    ]
    assert sorted(numbers(made(items, one))) == [1, 2]


@pytest.mark.parametrize(
    ("word", "title", "belongs"),
    [
        ("care", "CARE at home", True),
        ("care", "Careful planning", False),
        ("care homes", "Care, homes and more", True),
        ("care homes", "Care for homes", False),
        ("straße", "Die STRASSE", True),
        ("сеть", "Новая СЕТЬ врачей", True),
        ("сеть", "Сетью", False),
        ("網絡", "基層醫療網絡的學習", True),
        ("שלום", "בית שלום", True),
        ("नेटवर्क", "प्राथमिक नेटवर्क", True),
        ("people's", "The people’s network", True),
    ],
)
def test_words_are_whole_words_in_any_case_and_script(word: str, title: str, belongs: bool) -> None:
    one = Collection(id="words", title="Words", words=(word,))
    assert bool(made([kept(1, title=title, description="", text="")], one).entries) is belongs


def test_words_are_found_in_the_text_and_in_what_a_curator_wrote() -> None:
    one = Collection(id="words", title="Words", words=("beehive",))
    told = replace(kept(2), overlay=Overlay(blurb="As in a beehive."))
    noted = replace(kept(3), decision=builders.decision(item=ItemId(3), note="The beehive on page 4."))
    assert sorted(numbers(made([kept(1, text="Once a beehive stood here."), told, noted, kept(4)], one))) == [1, 2, 3]


def test_a_query_of_nothing_asks_for_nothing() -> None:
    assert numbers(made([kept(1), kept(2)], Collection(id="none", title="None"))) == []
    assert numbers(made([kept(1), kept(2)], Collection(id="none", title="None", pin=("2",)))) == [2]


def test_what_is_pinned_stands_first_in_the_given_order_and_once() -> None:
    one = replace(NETWORKS, pin=("7", "https://www.north.example/3/", "99"))
    found = made([kept(1), kept(3), kept(5), kept(7, topics=())], one)
    assert numbers(found)[:2] == [7, 3]
    assert sorted(numbers(found)) == [1, 3, 5, 7]
    assert found.sections[0].title == "Start here"


def test_what_is_excluded_stays_out_even_where_it_is_pinned() -> None:
    one = replace(NETWORKS, pin=("3", "5"), exclude=("https://north.example/5", "001"))
    assert numbers(made([kept(1), kept(2), kept(3), kept(5)], one)) == [3, 2]


def test_events_that_are_over_go_and_coming_ones_stand_by_date() -> None:
    def event(number: int, day: date) -> Item:
        return kept(number, kind=Kind.WEBINAR, event=Event(start=day))

    items = [event(1, date(2026, 12, 9)), event(2, date(2026, 11, 19)), event(3, date(2026, 11, 20)), event(4, date(2026, 12, 1))]
    assert numbers(made(items)) == [3, 4, 1]
    assert numbers(made(items, replace(NETWORKS, pin=("2",)))) == [3, 4, 1]


def test_the_newest_stand_first_and_the_best_of_one_day() -> None:
    items = [
        kept(1, published=date(2026, 3, 1)),
        kept(2, published=date(2026, 9, 1)),
        replace(kept(3, published=date(2026, 9, 1)), rank=0.9),
        kept(4, published=date(2999, 1, 1)),  # a page that lies about its date is as new as the day on which it was found
        kept(5, published=None),
    ]
    assert numbers(made(items)) == [4, 5, 3, 2, 1]


def test_sections_go_by_kind_or_by_topic_where_the_query_names_several() -> None:
    items = [kept(1, kind=Kind.TOOLKIT), kept(2, kind=Kind.REPORT), kept(3, kind=Kind.WEBSITE)]
    assert [section.title for section in made(items).sections] == ["Practical tools", "Reports and research", "More"]
    both = replace(NETWORKS, topics=("leadership", "networks"), pin=("3",))
    found = made([*items, kept(4, topics=("leadership", "networks"))], both)
    assert [(section.title, [entry.id for entry in section.entries]) for section in found.sections] == [
        ("Start here", [3]),
        ("Leadership", [4]),
        ("Primary care networks", [1, 2]),
    ]
    assert found.sections[2].standfirst == "General practices that plan care together."


def test_in_a_section_of_a_topic_coming_events_stand_behind_the_rest_by_date() -> None:
    both = replace(NETWORKS, topics=("leadership", "networks"))
    days = {1: date(2026, 12, 9), 2: None, 3: datetime(2026, 12, 1, 9, tzinfo=UTC)}
    events = [kept(number, kind=Kind.EVENT, event=Event(start=day)) for number, day in days.items()]
    assert numbers(made([*events, kept(4, published=date(2026, 1, 1))], both)) == [4, 3, 1, 2]


def test_a_topic_that_left_the_taxonomy_names_its_own_section_and_no_entry() -> None:
    gone = replace(NETWORKS, topics=("gone", "networks"))
    found = made([kept(1, topics=("gone",)), kept(2)], gone)
    assert [section.title for section in found.sections] == ["gone", "Primary care networks"]
    assert found.entries[0].topics == ()


def test_a_collection_says_what_it_is() -> None:
    found = made([kept(1)], replace(NETWORKS, introduction="For *busy* people."))
    assert (found.form, found.id, found.title, found.letter) == ("collection", "useful", NETWORKS.title, "For *busy* people.")
    assert (found.month_name, found.audience, found.picks, found.trends) == ("As of 20 November 2026", "public", (), ())


@pytest.mark.parametrize(
    ("language", "said"),
    [("en-GB", "As of 22 November 2026"), ("en-US", "As of November 22, 2026"), ("de", "Stand: 22. November 2026"), ("it", "22 novembre 2026")],
)
def test_its_day_is_told_in_the_desks_language_and_zone(language: str, said: str) -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert as_of(late, replace(DESK, language=language, timezone="Europe/Berlin")) == said


def test_the_order_in_which_items_come_does_not_matter() -> None:
    items = [kept(number, kind=kind) for number, kind in enumerate(list(Kind) * 2, start=1)]
    one = replace(NETWORKS, pin=("9", "4"))
    assert made(items, one) == made([*items[::-1], *items], one)


def test_of_ten_thousand_items_the_newest_stand_there() -> None:
    items = (kept(number, published=date(2020, 1, 1) + timedelta(days=number % 2000), text="") for number in range(1, 10_001))
    found = collect(replace(NETWORKS, pin=("1",)), items, desk=DESK, topics=TOPICS, now=NOW)
    assert len(found.entries) == MOST + 1
    assert numbers(found)[0] == 1
    assert min(entry.published for entry in found.entries[1:] if entry.published) >= date(2024, 12, 1)


AUDIENCES = st.sampled_from([None, "public", "members", "staff", "Public", ""])
SECRET = "Quillwort"


@given(data=st.data())
def test_no_word_of_a_members_only_item_gets_out_through_a_collection(data: st.DataObject) -> None:
    items, secret = [], set()
    for number in range(1, data.draw(st.integers(1, 8)) + 1):
        of_page, of_curator = data.draw(AUDIENCES), data.draw(AUDIENCES)
        shown = of_curator or of_page or ""
        word = f"{SECRET}{number}x" if shown != "public" else f"Open{number}x"
        if shown != "public":
            secret.add(number)
        kind = data.draw(st.sampled_from([Kind.REPORT, Kind.WEBINAR, Kind.WEBSITE]))
        state = data.draw(st.sampled_from([State.ACCEPTED, State.PUBLISHED, State.QUEUED]))
        one = kept(number, title=f"{word} title", description=f"{word} words", creators=(word,), publisher=word, kind=kind, audience=of_curator)
        resource = replace(one.resource, audience=of_page or "", url=f"https://{word}.example/", canonical_url=None)
        note = builders.decision(item=ItemId(number), note=f"{word} note")
        items.append(replace(one, resource=resource, state=state, decision=note))
    chosen = Collection(
        id="all",
        title="All",
        topics=data.draw(st.sampled_from([(), ("networks",), ("networks", "leadership")])),
        kinds=data.draw(st.sampled_from([(), (Kind.REPORT, Kind.WEBINAR)])),
        words=data.draw(st.sampled_from([(), ("words",)])),
        pin=tuple(str(number) for number in data.draw(st.sets(st.integers(1, 9)))),
    )
    found = made(items, chosen)
    assert secret.isdisjoint(numbers(found))
    for name in ("html", "atom", "json-feed", "json"):
        assert SECRET.lower() not in render.render(found, name).body.decode().lower(), name


# ---------------------------------------------------------------- the settings


def loaded(folder: Path, written: str) -> Config:
    path = folder / "sources.yaml"
    path.write_text(f"topics:\n  - {{id: networks, name: Networks}}\ncollections:\n{written}", encoding="utf-8")
    return configuration.load(path, {})


def problems(folder: Path, written: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, written)
    return [str(problem) for problem in caught.value.problems]


def test_a_collection_is_read_with_all_that_it_may_say(tmp_path: Path) -> None:
    (one,) = loaded(
        tmp_path,
        "  - id: useful\n    title: Useful\n    query: {topics: [networks], kinds: [report, guide], words: [estates, care homes]}\n"
        "    pin: [214, https://north.example/a]\n    exclude: 3\n    introduction: |\n      For *busy* people.\n\n      Second.\n"
        "    reviewed: 2026-11-22\n    review_every: 90d\n",
    ).collections
    assert one == Collection(
        id="useful",
        title="Useful",
        topics=("networks",),
        kinds=(Kind.REPORT, Kind.GUIDE),
        words=("estates", "care homes"),
        pin=("214", "https://north.example/a"),
        exclude=("3",),
        introduction="For *busy* people.\n\nSecond.",
        reviewed=date(2026, 11, 22),
        review_every=timedelta(days=90),
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{id: a, title: A}", 'sources.yaml:4: collection "a": the query asks for nothing; add `query: {topics: […]}`'),
        ("{id: a, title: A, query: {topics: []}}", "asks for nothing"),
        ("{id: a, title: A, query: {topics: [network]}}", "there is no topic `network`; did you mean `networks`?"),
        ("{id: a, title: A, query: {kinds: [reports]}}", "kinds: “reports”"),
        ("{id: a, title: A, query: {words: ['!']}}", "“!” holds no word"),
        ("{id: a, title: A, query: {word: [x]}, pin: 3}", "the key `word` is unknown; did you mean `words`?"),
        ("{id: a, title: A, pins: [3], query: {words: [x]}}", "the key `pins` is unknown; did you mean `pin`?"),
        ("{id: a, title: A, pin: [x y]}", "pin: “x y” is no item; write its number"),
        ("{id: a, title: A, pin: ['javascript:alert(1)']}", "is no item"),
        ("{id: a, title: A, pin: [99999999999999999999]}", "is no item"),
        ("{id: a, title: A, pin: [3], exclude: [3]}", "exclude: 3 is pinned too"),
        ("{id: a, title: A, pin: [3], reviewed: yesterday}", "reviewed: “yesterday” is no day; write year, month and day"),
        ("{id: a, title: A, pin: [3], reviewed: 9999-12-31}", "is no day"),
        ("{id: a, title: A, pin: [3], review_every: 1h}", "review_every: 1h is out of range"),
        ("{id: a.b, title: A, pin: [3]}", "“a.b” cannot name a folder and an address"),
        ("{id: con, title: A, pin: [3]}", "cannot name a folder"),
        ("{id: ../a, title: A, pin: [3]}", "cannot be an id"),
        ("{id: a-, title: A, pin: [3]}", "cannot name a folder"),
        ("{id: a, pin: [3]}", "`title` is missing"),
        (f"{{id: a, title: A, pin: [{', '.join(map(str, range(201)))}]}}", "pin: the list has 201 items; name 200 at most"),
    ],
)
def test_every_problem_is_told_with_its_line_and_a_remedy(tmp_path: Path, line: str, told: str) -> None:
    found = problems(tmp_path, f"  - {line}\n")
    assert all(problem.startswith("sources.yaml:4: ") for problem in found)
    assert any(told in problem for problem in found), found


def test_two_collections_of_one_id_are_a_problem(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "  - {id: a, title: A, pin: 1}\n  - {id: a, title: B, pin: 1}\n")
    assert "the id `a` is taken" in found


@pytest.mark.parametrize(
    ("before", "found", "put"),
    [
        ("  - id: a # mine\n    title: A\n    pin: [1]   # one\n\n# sources follow\n", "# one\n", "# one\n    reviewed: 2026-11-22\n"),
        ("  - {id: a, title: A, pin: [1]} # mine\n", "}", ", reviewed: 2026-11-22}"),
        ("  - id: a\n    reviewed: 2025-01-01 # Sam\n    title: A\n    pin: 1\n", "2025-01-01", "2026-11-22"),
        ("  - id: a\n    reviewed:\n    title: A\n    pin: 1\n", "reviewed:", "reviewed: 2026-11-22"),
    ],
)
def test_the_day_of_a_review_is_written_where_it_belongs_and_all_else_stays(tmp_path: Path, before: str, found: str, put: str) -> None:
    path = loaded(tmp_path, before).path
    head = path.read_text(encoding="utf-8").removesuffix(before)
    configuration.mark_reviewed(path, "a", date(2026, 11, 22))
    assert path.read_text(encoding="utf-8") == head + before.replace(found, put)
    assert configuration.load(path, {}).collections[0].reviewed == date(2026, 11, 22)
    assert configuration.reviewed_days(path) == {"a": date(2026, 11, 22)}


def test_a_collection_that_does_not_stand_in_the_file_cannot_be_marked(tmp_path: Path) -> None:
    found = loaded(tmp_path, "  - {id: a, title: A, pin: 1}\n")
    with pytest.raises(ConfigError, match="the collection b cannot be changed: it does not stand in this file"):
        configuration.mark_reviewed(found.path, "b", date(2026, 11, 22))


@pytest.mark.parametrize(
    "written",
    [
        b"\xff\xfe",
        b"a: [",
        b"",
        b"collections: 3",
        b"collections: [3, {id: a, reviewed: [x]}]",
        b"- a",
        b"collections: [{id: a, reviewed: 9999-12-31}]",
    ],
)
def test_days_of_review_are_read_from_any_file_without_a_crash(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(written)
    assert not configuration.reviewed_days(path)


# ---------------------------------------------------------------- built from a database


class Room:
    """A desk with a database and one collection, unless told otherwise."""

    def __init__(self, folder: Path, written: str = "  - {id: useful, title: Useful, query: {topics: [networks]}}\n") -> None:
        self.folder = folder
        self.write(written)
        self.store = Store.open(self.config.db)

    def write(self, written: str) -> None:
        self.config = loaded(self.folder, written)
        self.config = replace(self.config, desk=DESK)

    def add(self, number: int, *, accept: bool = True, at: datetime = NOW, topics: tuple[str, ...] = ("networks",), **said: Any) -> ItemId:
        url = f"https://north.example/{number}"
        resource = builders.resource(**{"url": url, "canonical_url": url, "title": f"How network {number} learns", **said})
        item = self.store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=at)
        self.store.suggest(item, (Suggestion(topic="networks", probability=0.1),), 0.5)
        if accept:
            self.accept(item, at=at, topics=topics)
        return item

    def accept(self, item: ItemId, *, at: datetime = NOW, topics: tuple[str, ...] = ("networks",)) -> None:
        self.store.decide(Decision(item=item, verdict=Verdict.ACCEPT, decided=at, curator="Sam", topics=topics))

    def build(self, now: datetime = NOW) -> collections.Built:
        (built,) = collections.build(self.config, self.store, now=now)
        return built

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(collections.folder_of(self.config, "useful").iterdir())}


@pytest.fixture
def room(tmp_path: Path) -> Any:
    made = Room(tmp_path)
    yield made
    made.store.close()


def test_approving_an_item_makes_it_appear_in_the_next_build(room: Room) -> None:
    item = room.add(1, accept=False)
    assert not room.build().standing.edition.entries
    room.accept(item)
    assert numbers(room.build().standing.edition) == [item]
    assert b"How network 1 learns" in room.bytes()["index.html"]


def test_a_build_writes_every_form_and_a_manifest_of_them(room: Room) -> None:
    room.add(1)
    built = room.build()
    files = room.bytes()
    assert {"index.html", "collection.pdf", "collection-large-print.pdf", "atom.xml", "feed.json", "collection.json", "manifest.json"} <= set(files)
    assert not {name for name in files if "digest" in name or "edition" in name or "mail" in name or name.startswith(".")}
    manifest = json.loads(files["manifest.json"])
    assert manifest["files"] == {name: hashlib.sha256(body).hexdigest() for name, body in files.items() if name != "manifest.json"}
    assert set(built.files) == set(manifest["files"])


def test_unchanged_content_gives_unchanged_bytes_and_keeps_its_day(room: Room) -> None:
    room.add(1)
    room.build()
    before = room.bytes()
    built = room.build(NOW + timedelta(days=40))
    assert not built.changed
    assert room.bytes() == before
    assert collections.freshen(room.config, room.store, now=NOW + timedelta(days=41)) == ()
    assert collections.current("useful", room.config, room.store, now=NOW + timedelta(days=41)).month_name == "As of 20 November 2026"


def test_a_change_gives_it_the_day_of_the_change(room: Room) -> None:
    room.add(1)
    room.build()
    room.add(2, at=NOW + timedelta(days=3))
    later = NOW + timedelta(days=4)
    assert collections.current("useful", room.config, room.store, now=later).month_name == "As of 24 November 2026"
    (built,) = collections.freshen(room.config, room.store, now=later)
    assert built.changed
    assert built.standing.edition.month_name == "As of 24 November 2026"
    assert b"As of 24 November 2026" in room.bytes()["index.html"]


def test_an_event_that_ends_is_a_change(room: Room) -> None:
    room.add(1, kind=Kind.WEBINAR, event=Event(start=date(2026, 11, 25)))
    room.build()
    assert not collections.freshen(room.config, room.store, now=NOW + timedelta(days=5))
    (built,) = collections.freshen(room.config, room.store, now=NOW + timedelta(days=6))
    assert built.standing.edition.entries == ()


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b'{"composed": 3}', b"[" * 100_000, b"\xff", b'{"composed": "2026-11-20T12:00:00"}'])
def test_a_spoilt_snapshot_is_written_anew(room: Room, rubbish: bytes) -> None:
    room.add(1)
    room.build()
    before = room.bytes()
    folder = collections.folder_of(room.config, "useful")
    (folder / "collection.json").write_bytes(rubbish)
    (folder / "manifest.json").write_bytes(rubbish)
    assert room.build().changed
    assert room.bytes() == before


def test_a_snapshot_from_the_future_does_not_date_a_collection(room: Room) -> None:
    room.add(1)
    room.build(NOW + timedelta(days=400))
    assert room.build().standing.edition.month_name == "As of 20 November 2026"


def test_an_item_that_becomes_members_only_leaves_at_once(room: Room) -> None:
    room.write("  - {id: useful, title: Useful, query: {topics: [networks]}, pin: [1]}\n")
    item = room.add(1, audience="members", title="Quillwort")
    assert item == 1
    built = room.build()
    assert not built.standing.edition.entries
    assert "“1” is pinned, and stays out: it is for members only." in [finding.problem for finding in built.standing.findings]
    assert not [name for name, body in room.bytes().items() if "Quillwort" in readable(name, body)]


def readable(name: str, body: bytes) -> str:
    """What a reader, or a program, finds in a file."""
    if not name.endswith(".pdf"):
        return body.decode()
    with closing(pypdfium2.PdfDocument(body)) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document) + str(document.get_metadata_dict())


def test_a_hostile_introduction_does_no_harm(room: Room) -> None:
    evil = (
        "<script>alert(1)</script> [here](javascript:alert(2)) #set page(width: 1cm) {{ 7 * 7 }} \u202egnol\u0007 "
        + "![x](https://spy.example/p.png) " * 2_000
    )
    room.config = replace(room.config, collections=(replace(room.config.collections[0], introduction=evil, title="<b>Useful</b> " * 50),))
    room.add(1)
    built = room.build()
    assert not [finding for finding in built.standing.findings if finding.rule == "not-set"]
    page = room.bytes()["index.html"].decode()
    assert "<script>alert" not in page
    assert not re.search("href=.javascript|src=", page)
    assert "<img" not in page


def test_pins_are_found_by_number_and_address_and_where_they_were_folded(room: Room) -> None:
    first, second, third = room.add(1, topics=()), room.add(2, topics=()), room.add(3)
    room.store.fold(first, second, by="Sam", now=NOW)
    room.write(f"  - {{id: useful, title: Useful, query: {{topics: [networks]}}, pin: [{second}], exclude: [https://north.example/3]}}\n")
    assert numbers(room.build().standing.edition) == [first]
    room.write("  - {id: useful, title: Useful, query: {topics: [networks]}, pin: ['https://north.example/2']}\n")
    assert numbers(room.build().standing.edition) == [first, third]


def test_names_that_name_nothing_are_findings(room: Room) -> None:
    room.write("  - {id: useful, title: Useful, query: {topics: [networks]}, pin: [77, 1], exclude: ['https://nowhere.example/']}\n")
    room.add(1, accept=False)
    assert [(finding.rule, finding.problem) for finding in room.build().standing.findings] == [
        ("empty", "Nothing belongs to it."),
        ("pin-missing", "“77” is pinned, and there is no such item."),
        ("pin-left-out", "“1” is pinned, and stays out: it is not accepted."),
        ("exclude-missing", "“https://nowhere.example/” is excluded, and there is no such item."),
    ]


@pytest.mark.parametrize("query", ["{kinds: [article]}", "{words: [practices]}", "{topics: [networks], words: [practices]}"])
def test_every_sort_of_query_reads_the_whole_database(room: Room, query: str) -> None:
    room.write(f"  - {{id: useful, title: Useful, query: {query}}}\n")
    with room.store.transaction():
        for number in range(1, 206):
            room.add(number)
    (standing,) = collections.standings(room.config, room.store, now=NOW)
    assert len(standing.edition.entries) == 205


def test_a_collection_that_does_not_exist_is_named_with_the_nearest(room: Room) -> None:
    with pytest.raises(NotFoundError, match="There is no collection “usefull”") as caught:
        collections.current("usefull", room.config, room.store, now=NOW)
    assert "“useful”" in caught.value.hint


def corrected(room: Room, item: ItemId, severity: Severity, *, at: datetime, audience: str = "public", **words: str) -> None:
    """Release an edition with the item, and put it right."""
    released = builders.edition(
        state=EditionState.RELEASED,
        released=at,
        sections=(Section(id="evidence", title="Reports", entries=(builders.entry(id=item, audience=audience, title="As it was"),)),),
    )
    room.store.release(released, files={}, now=at)
    better = replace(released.entries[0], **words)  # type: ignore[arg-type]  # words only
    note = Correction(edition=released.id, item=item, title=better.title, severity=severity, note="We were wrong.", made=at, audience=audience)
    section = replace(released.sections[0], entries=(better,))
    after = replace(released, sections=(section,), corrections=(note,), state=EditionState.CORRECTED, corrected=at)
    room.store.correct(after, files={})


LATER = NOW + timedelta(days=10)


@pytest.mark.parametrize("severity", [Severity.RETRACTED, Severity.HARM])
def test_a_work_that_a_correction_withdrew_stays_out(room: Room, severity: Severity) -> None:
    item, other = room.add(1), room.add(2)
    room.write(f"  - {{id: useful, title: Useful, query: {{topics: [networks]}}, pin: [{item}]}}\n")
    assert numbers(room.build().standing.edition) == [item, other]
    corrected(room, item, severity, at=LATER)
    (built,) = collections.freshen(room.config, room.store, now=LATER)
    assert numbers(built.standing.edition) == [other]
    assert [finding.rule for finding in built.standing.findings] == ["withdrawn"]
    assert not [name for name, body in room.bytes().items() if "How network 1 learns" in readable(name, body)]


def test_words_put_right_in_an_edition_are_put_right_here_too(room: Room) -> None:
    item = room.add(1)
    corrected(room, item, Severity.ERROR, at=LATER, title="How it truly was", blurb="In two networks, not in three.", note="Mind the table.")
    (entry,) = collections.current("useful", room.config, room.store, now=LATER).entries
    assert (entry.title, entry.blurb, entry.note) == ("How it truly was", "In two networks, not in three.", "Mind the table.")
    assert entry.source == "North Network"


def test_no_word_for_members_comes_in_by_a_correction(room: Room) -> None:
    item = room.add(1)
    corrected(room, item, Severity.ERROR, at=LATER, audience="members", title="Quillwort")
    (entry,) = collections.current("useful", room.config, room.store, now=LATER).entries
    assert entry.title == "How network 1 learns"


# ---------------------------------------------------------------- the review


def test_a_review_is_overdue_after_its_span_from_the_first_build_or_the_last_review(room: Room) -> None:
    def late(days: int) -> bool:
        return bool(collections.overdue(room.config, room.store, now=NOW + timedelta(days=days)))

    assert not late(1000), "what was never built waits for nobody"
    room.build()
    assert (late(180), late(181)) == (False, True)
    room.build(NOW + timedelta(days=100))
    assert late(181)
    collections.mark("useful", room.config, now=NOW + timedelta(days=181))
    assert (late(181), late(361), late(362)) == (False, False, True)
    ((one, review),) = collections.overdue(room.config, room.store, now=NOW + timedelta(days=400))
    assert (one.id, review.reviewed, review.due) == ("useful", date(2027, 5, 20), date(2027, 11, 16))


def test_what_came_in_since_the_last_review_is_told(room: Room) -> None:
    room.add(1)
    room.add(2, at=NOW + timedelta(days=2))
    (standing,) = collections.standings(room.config, room.store, now=NOW)
    assert len(standing.entered) == 2
    collections.mark("useful", room.config, now=NOW + timedelta(days=1))
    (standing,) = collections.standings(room.config, room.store, now=NOW + timedelta(days=3))
    assert [entry.id for entry in standing.entered] == [2]


def test_the_commands_list_build_show_and_review(tmp_path: Path) -> None:
    desk = Commands(tmp_path)
    with (tmp_path / "sources.yaml").open("a", encoding="utf-8") as file:
        file.write("collections: # ours\n  - {id: useful, title: Useful things, query: {topics: [learning]}, reviewed: 2020-01-01}\n")
    with desk.store() as store:
        resource = builders.resource()
        item = store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=NOW)
    desk.must("accept", str(item), "--topic", "learning")
    (built,) = desk.must("collections", "build")
    assert (built["items"], built["changed"], built["overdue"], built["entered"]) == (1, True, True, [item])
    (listed,) = desk.must("collections", "list")
    assert (listed["id"], listed["title"], listed["reviewed"], listed["due"]) == ("useful", "Useful things", "2020-01-01", "2020-06-29")
    assert re.search(r"useful +1 +\S+ +2020-01-01 +2020-06-29 \(overdue\) +Useful things", desk.run("collections", "list").out)
    assert "How a network learns  (new since the review)" in desk.run("collections", "show", "useful").out
    assert desk.must("status")[0]["collections_overdue"] == ["useful"]
    assert "collection useful was last looked through on 2020-01-01" in desk.run("status").out
    assert "collection useful: Last looked through on 2020-01-01." in desk.run("doctor").out
    desk.must("collections", "reviewed", "useful")
    assert desk.must("status")[0]["collections_overdue"] == []
    assert "collections: # ours" in (tmp_path / "sources.yaml").read_text(encoding="utf-8")
    done = desk.run("collections", "build", "usefull")
    assert (done.code, "Did you mean “useful”?" in done.err) == (1, True)


def test_the_page_says_what_belongs_and_when_somebody_looked_through_it(room: Room) -> None:
    room.write("  - {id: useful, title: Useful, query: {topics: [networks], kinds: [article, report], words: [practices]}, pin: [1]}\n")
    room.add(1)
    room.build()
    assert (
        b"It holds what we kept on Networks, of the kind article or report, that speaks of \xe2\x80\x9cpractices\xe2\x80\x9d."
        in room.bytes()["index.html"]
    )
    collections.mark("useful", room.config, now=NOW + timedelta(days=3))
    (built,) = collections.freshen(room.config, room.store, now=NOW + timedelta(days=4))
    assert built.standing.edition.month_name == "As of 20 November 2026", "a review is no change of what it holds"
    assert b"Last looked through on 23 November 2026." in room.bytes()["index.html"]


def test_what_could_not_be_written_this_time_does_not_stay_from_the_last(room: Room) -> None:
    room.build()
    folder = collections.folder_of(room.config, "useful")
    (folder / "collection.md").write_text("of an older version", encoding="utf-8")
    (folder / "notes.txt").write_text("somebody's own", encoding="utf-8")
    room.build()
    assert (folder / "notes.txt").exists()
    assert not (folder / "collection.md").exists()


# ---------------------------------------------------------------- at the desk


@pytest.fixture
def visitor(room: Room) -> Visitor:
    site = Site(room.folder)
    site.config = replace(site.config, collections=room.config.collections, topics=room.config.topics, path=room.config.path)
    site.app = create_app(site.config, site.open, lambda: site.now)
    return site.visitor()


def test_the_desk_shows_collections_with_what_is_amiss_and_what_came_in(room: Room, visitor: Visitor) -> None:
    room.write("  - {id: useful, title: 'Useful <b>things</b>', query: {topics: [networks]}, reviewed: 2020-01-01, pin: [77]}\n")
    item = room.add(1, title="A <script>alert(1)</script> for networks")
    visitor.site.config = room.config
    visitor.site.app = create_app(room.config, visitor.site.open, lambda: NOW)
    shown = visitor.get("/desk/collections")
    assert shown.status_code == 200
    assert "Useful &lt;b&gt;things&lt;/b&gt;" in shown.text
    assert "<script>alert" not in shown.text
    for told in (
        "Review overdue",
        "1 item came in since the last review",
        f'href="/desk/items/{item}"',
        "“77” is pinned, and there is no such item.",
    ):
        assert told in shown.text


def test_the_button_writes_the_day_and_the_running_desk_knows_it(room: Room, visitor: Visitor) -> None:
    assert "Nobody has looked through it yet" in visitor.get("/desk/collections").text
    answer = visitor.post("/desk/collections/useful/reviewed", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/collections#useful")
    assert configuration.reviewed_days(room.config.path) == {"useful": date(2026, 11, 20)}
    assert "Last looked through on 20 Nov; the next time by 19 May 2027." in visitor.get("/desk/collections").text
    assert visitor.post("/desk/collections/other/reviewed", {}).status_code == 404


def test_the_service_writes_what_changed_and_only_that(room: Room, visitor: Visitor) -> None:
    def pass_by() -> None:
        tick(room.config, Doors(app=visitor.site.app, open_store=visitor.site.open, clock=lambda: NOW, child=()), None)

    item = room.add(1, accept=False)
    pass_by()
    page = collections.folder_of(room.config, "useful") / "index.html"
    assert b"How network 1 learns" not in page.read_bytes()
    written = page.stat().st_mtime_ns
    pass_by()
    assert page.stat().st_mtime_ns == written
    room.accept(item)
    pass_by()
    assert b"How network 1 learns" in page.read_bytes()


def test_settings_that_cannot_be_written_are_said_to_the_visitor(room: Room, visitor: Visitor) -> None:
    room.config.path.unlink()
    answer = visitor.post("/desk/collections/useful/reviewed", {})
    assert answer.status_code == 422
    assert "the collection useful cannot be changed" in answer.text
    assert "yourself: reviewed: 2026-11-20" in answer.text
    assert visitor.get("/desk/collections").status_code == 200


def test_a_visit_alone_changes_nothing(room: Room, visitor: Visitor) -> None:
    before = room.config.path.read_bytes()
    assert visitor.get("/desk/collections/useful/reviewed").status_code == 405
    assert visitor.post("/desk/collections/useful/reviewed", {"token": "guessed"}).status_code == 403
    assert room.config.path.read_bytes() == before
