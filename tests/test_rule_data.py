"""The words by which folding goes: read from one file, amended in `sources.yaml` for the desk or a source, in force from there to the fold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import cli, config, dedupe, exchange, folding, harvest, urls
from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.model import Features, Fold, Folding, ItemId, Resource, State
from pipeline.store import Counted, ItemQuery, Store
from tests import builders
from tests.web import Web

DESK = """\
desk: {name: North digest, organisation: North, url: "https://digest.example.org", contact: editor@example.org, timezone: Europe/London}
harvest: {per_host: {delay: 0s}, workers: 1}
"""
SOUTH = "  - {id: south, kind: feed, url: 'http://south.example/feed'}\n"
FEED = "  - {id: north, kind: feed, url: 'http://north.example/feed'%s}\n"
WORDS = (
    "The practices met every month and told one another what had gone wrong and what had helped, and after a year they wrote it down. "
    "Nothing that they wrote was new to any of them, but none had seen it in one place before, so the notes went round the county twice."
)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    with Web() as web:
        for name, value in web.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        yield web


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        yield store


def load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, {})


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    return str(error.value).splitlines()


def article(title: str, words: str = WORDS) -> str:
    return (
        f"<!doctype html><html lang='en'><head><title>{title}</title></head><body><main><h1>{title}</h1>{f'<p>{words}</p>' * 5}</main></body></html>"
    )


def feed(**links: str) -> str:
    items = "".join(f"<item><title>{title}</title><link>{link}</link></item>" for title, link in links.items())
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>N</title><link>http://north.example/</link><description>d</description>{items}</channel></rss>'


def run(settings: Config, store: Store) -> list[tuple[str, int]]:
    """Harvest once; give the titles in the queue, each with the number of places where it was seen."""
    harvest.harvest(settings, store, everything=True, workers=1, now=lambda: builders.NOW)
    return sorted((item.title, len(item.sightings)) for item in store.items(ItemQuery(states=(State.QUEUED,))))


# ---------------------------------------------------------------- the file


def test_every_list_of_the_file_holds_something_that_it_takes() -> None:
    words = folding.shipped()
    assert {field.name for field in fields(Folding) if not getattr(words, field.name)} == set()
    assert [one for field in fields(Folding) for one in getattr(words, field.name) if folding.fault(one)] == []


def test_every_list_says_in_a_comment_what_it_is_for() -> None:
    lines = Path(folding.__file__).with_name(folding.FILE).read_text(encoding="utf-8").splitlines()
    heads = [number for number, line in enumerate(lines) if line.split(" = ")[0].isidentifier() and " = " in line]
    assert len(heads) == len(fields(Folding))
    near = {lines[number].split(" = ")[0]: "".join(lines[max(0, number - 2) : number]) for number in heads}
    groups = ("summaries", "easy_reads", "recordings", "abstracts", "protocols")  # one comment stands over these five
    assert [name for name, above in near.items() if "#" not in above and name not in groups] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dresses = [", "dress = [", "rules.toml:{line}: dress: the key is unknown"),
        ('decorations = ["pdf",', 'decorations = ["pdf", 7,', "rules.toml:{line}: decorations: 7 is no word"),
        ('decorations = ["pdf",', 'decorations = ["p*f",', "rules.toml:{line}: decorations: “p*f” has a star in its middle"),
        ('openings = ["watch"', 'openings = [watch"', "rules.toml:{line}: Invalid value"),
        (
            'openings = ["watch", "listen", "report", "exclusive", "opinion"]',
            'openings = "watch"',
            "rules.toml:{line}: openings: a list belongs here",
        ),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_file_line_and_key(old: str, new: str, said: str) -> None:
    text = Path(folding.__file__).with_name(folding.FILE).read_text(encoding="utf-8")
    assert text.count(old) == 1
    line = text[: text.index(old)].count("\n") + 1
    with pytest.raises(ConfigError) as error:
        folding.parsed(text.replace(old, new), file="rules.toml")
    assert said.format(line=line) in str(error.value)


# ---------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("entry", "title", "holds"),
    [
        ("correction*", "correction: how practices learn", True),
        ("correction*", "“correction” to our report", True),
        ("correction*", "correctional services in the north", False),
        ("correction*", "a correction", False),
        ("*: a reply", "on teams: a reply", True),
        ("*: a reply", "on teams: a reply to all", False),
        ("*easy read*", "the plan (easy read)", True),
        ("*easy read*", "an easy reader", False),
        ("news", "news", True),
        ("news", "news of the north", False),
        ("author's reply*", "author's reply", True),
        ("leserbrief:*", "leserbrief: zu wenig zeit", True),
    ],
)
def test_a_star_stands_for_anything_and_words_are_whole(entry: str, title: str, holds: bool) -> None:
    assert folding.titles((entry,)).match(title) is holds


@given(st.lists(st.text(max_size=40), max_size=5), st.text(max_size=200))
def test_no_entry_that_is_taken_breaks_a_pattern(entries: list[str], title: str) -> None:
    taken = tuple(one.strip().casefold() for one in entries if not folding.fault(one))
    assert folding.titles(taken).match(title) in (True, False)
    names = [one.strip("*") for one in taken]
    assert all(folding.parameters(taken).fullmatch(one) for one in names)


@given(st.sampled_from(folding.AMENDED), st.from_regex(r"[a-z]{3,12}", fullmatch=True))
def test_what_was_added_can_be_taken_away_again(key: str, entry: str) -> None:
    words = folding.shipped()
    known = {*words.trackers_with_words, *words.dresses, *getattr(words, key)}  # a tracker that is taken away leaves all lists of parameters
    if entry not in known:
        assert folding.amended(folding.amended(words, {key: [entry]}), {key: ["-" + entry]}) == words


def test_a_tracker_that_is_taken_away_is_content_whichever_list_held_it() -> None:
    words = folding.amended(folding.shipped(), {"trackers": ["-cid", "-amp", "-utm_*", "mandant"]})
    assert urls.canonical("https://n.example/a?cid=x&amp=1&utm_source=f&mandant=7", words) == "https://n.example/a?amp=1&cid=x&utm_source=f"
    assert urls.canonical("https://n.example/a?cid=x&amp=1&utm_source=f&mandant=7") == "https://n.example/a?mandant=7"


def test_an_address_is_the_same_in_two_steps_by_any_words() -> None:
    words = folding.amended(folding.shipped(), {"trackers": ["b*", "-ref"]})
    for url in (
        "http://www.n.example/x?b2=1&ref=a&utm_x=2",
        "https://n.example/x/?amp=1",
        "https://safelinks.protection.outlook.com/?url=http://a.example/?ref=1",
    ):
        assert urls.canonical(urls.canonical(url, words), words) == urls.canonical(url, words)


# ---------------------------------------------------------------- sources.yaml


def test_without_the_key_the_words_are_those_of_the_program(tmp_path: Path) -> None:
    found = load(tmp_path, DESK + "sources:\n" + FEED % "")
    assert (found.folding, found.sources[0].folding) == (None, None)


def test_a_source_amends_what_the_desk_amended(tmp_path: Path) -> None:
    text = (
        f"{DESK}fold: {{trackers: [mandant], suffixes: [-youtube]}}\nsources:\n"
        + FEED % ", fold: {notices: ['Leserbrief:*'], trackers: [-mandant, -ref]}"
    )
    found = load(tmp_path, text + SOUTH)
    north, south = found.sources
    assert found.folding is not None
    assert "mandant" in found.folding.trackers
    assert found.folding.suffixes == ()
    assert south.folding == found.folding
    assert north.folding is not None
    assert "leserbrief:*" in north.folding.notices
    assert not {"mandant", "ref"} & {*north.folding.trackers, *north.folding.trackers_with_words}


def test_what_is_wrong_is_said_with_its_line(tmp_path: Path) -> None:
    text = f"{DESK}fold:\n  trackers: [-utm_sourse, 'a*b']\n  notice: [x]\nsources:\n" + FEED % ", fold: {trackers: [-gclit], suffixes: ['***']}"
    assert problems(tmp_path, text) == [
        "sources.yaml:4: fold: trackers: “a*b” has a star in its middle; write a name or a few words; a star may stand at either end",
        "sources.yaml:5: fold: the key `notice` is unknown; did you mean `notices`?",
        'sources.yaml:7: source "north": fold: trackers: there is no “gclit” to be taken away; did you mean `-gclid`?',
        'sources.yaml:7: source "north": fold: suffixes: “***” holds no word; write a name or a few words; a star may stand at either end',
    ]


def test_the_settings_in_force_name_the_words_of_the_desk_and_what_a_source_has_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{DESK}fold: {{trackers: [mandant]}}\nsources:\n" + FEED % ", fold: {suffixes: [North Notes]}" + SOUTH
    (tmp_path / "sources.yaml").write_text(text, encoding="utf-8")
    assert cli.main(["--dir", str(tmp_path), "--json", "config"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert "mandant" in shown["fold"]["trackers"]
    assert [one.get("fold") for one in shown["sources"]] == [{"suffixes": ["youtube", "north notes"]}, None]


# ---------------------------------------------------------------- in force


def test_a_tracker_of_one_source_makes_its_addresses_one_and_costs_no_second_visit(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://north.example/feed", feed(A="http://north.example/a?visit=1", B="http://north.example/a?visit=2"), type="application/rss+xml")
    web.put("http://north.example/a?visit=1", article("How practices learn"))
    web.put("http://north.example/a?visit=2", article("How practices learn"))
    assert run(load(tmp_path, DESK + "sources:\n" + FEED % ", fold: {trackers: [visit]}"), store) == [("How practices learn", 1)]
    assert sum("/a" in path for path in web.paths) == 1


def test_a_feed_that_gives_every_address_a_new_tracker_brings_nothing_new_and_no_alarm(web: Web, store: Store, tmp_path: Path) -> None:
    settings = load(tmp_path, DESK + "sources:\n" + FEED % ", fold: {trackers: [visit]}")
    for visit in (1, 2):
        links = {f"Thing{n}": f"http://north.example/{n}?visit={visit}" for n in range(5)}
        web.put("http://north.example/feed", feed(**links), type="application/rss+xml", times=1)
        for n in range(5):
            web.put(f"http://north.example/{n}?visit={visit}", article(f"Thing {n} of the north", f"Word{n} of thing {n} stands here alone. " * 30))
        harvest.harvest(settings, store, everything=True, workers=1, now=lambda: builders.NOW)
    assert sum("visit" in path for path in web.paths) == 5
    assert (len(store.items(ItemQuery(states=(State.QUEUED,)))), store.source_state("north").alarm) == (5, None)


def test_a_parameter_that_is_content_of_one_source_keeps_two_pages_apart(web: Web, store: Store, tmp_path: Path) -> None:
    other = "Nobody had asked the night staff, and so nobody knew that the lamps were out on the wards of the south wing. "

    def bring() -> None:
        links = {"A": "http://north.example/show?ref=learning", "B": "http://north.example/show?ref=lamps"}
        web.put("http://north.example/feed", feed(**links), type="application/rss+xml")
        web.put("http://north.example/show?ref=learning", article("How practices learn"))
        web.put("http://north.example/show?ref=lamps", article("Lamps of the night", other))

    bring()
    assert run(load(tmp_path, DESK + "sources:\n" + FEED % ", fold: {trackers: [-ref]}"), store) == [
        ("How practices learn", 1),
        ("Lamps of the night", 1),
    ]
    with Store.open(":memory:") as usual:
        assert len(run(load(tmp_path, DESK + "sources:\n" + FEED % ""), usual)) == 1


@pytest.mark.parametrize("first", ["http://north.example/reply", "http://south.example/work"])
def test_a_notice_of_one_source_is_never_folded_in_either_order(web: Web, store: Store, tmp_path: Path, first: str) -> None:
    titles = {
        "http://north.example/reply": "Leserbrief: How practices learn from one another",
        "http://south.example/work": "How practices learn from one another",
    }
    for url, title in titles.items():
        web.put(url, article(title))
    web.put("http://north.example/feed", feed(A="http://north.example/reply"), type="application/rss+xml")
    web.put("http://south.example/feed", feed(A="http://south.example/work"), type="application/rss+xml")
    text = DESK + "sources:\n" + FEED % ", fold: {notices: ['Leserbrief:*']}" + SOUTH
    settings = load(tmp_path, text)
    for name in sorted(("north", "south"), key=lambda name: name not in first):
        harvest.harvest(settings, store, only=[name], workers=1, now=lambda: builders.NOW)
    assert sorted(item.title for item in store.items(ItemQuery(states=(State.QUEUED,)))) == sorted(titles.values())
    with Store.open(":memory:") as usual:
        assert len(run(load(tmp_path, DESK + "sources:\n" + FEED % "" + SOUTH), usual)) == 1


def uncounted(item: ItemId, resource: Resource) -> Counted:
    return Counted(item=item, features=Features(terms=b""))


def test_the_words_of_the_desk_hold_for_items_from_a_file_and_for_links_by_hand(web: Web, store: Store, tmp_path: Path) -> None:
    settings = load(tmp_path, DESK + "fold: {trackers: [mandant]}\n")
    lines = [b'{"id": "%d", "url": "http://north.example/a?mandant=%d", "title": "How practices learn"}\n' % (n, n) for n in (1, 2)]
    made = exchange.import_items(lines, store, count=uncounted, suggest=lambda items: None, now=builders.NOW, folding=settings.folding)
    assert made.counts == {"new": 1, "folded": 1}
    web.put("http://north.example/b?mandant=1", article("Lamps of the night"))
    one = harvest.add_address("http://north.example/b?mandant=1", settings, store, now=lambda: builders.NOW)
    assert harvest.add_address("http://north.example/b?mandant=2", settings, store, now=lambda: builders.NOW) == one


def test_the_name_of_a_site_at_the_end_of_its_titles_is_no_part_of_them() -> None:
    words = folding.amended(folding.shipped(), {"suffixes": ["Nordic Institute for Data"]})
    one = builders.resource(url="https://nidata.example/a", title="How practices learn – Nordic Institute for Data")
    assert dedupe.fingerprint(one).title == "how practices learn nordic institute for data"
    assert dedupe.fingerprint(one, words).title == "how practices learn"


def test_a_title_that_many_pages_of_a_source_have_folds_nothing_by_itself() -> None:
    words = folding.amended(folding.shipped(), {"generic_titles": ["our team of the week"]})
    bare = builders.resource(canonical_url=None, title="Our team of the week", text="", creators=(), published=None, identifiers={})
    one, other = (replace(bare, url=f"https://{host}.example/x") for host in ("north", "south"))

    def verdict(rules: Folding | None) -> Fold:
        near = dedupe.Neighbour(id=ItemId(1), resource=one, fingerprint=dedupe.fingerprint(one, rules))
        return dedupe.match(other, dedupe.fingerprint(other, rules), [near]).fold

    assert (verdict(None), verdict(words)) == (Fold.MAYBE, Fold.NEW)
