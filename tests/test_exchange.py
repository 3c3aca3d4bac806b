"""Files in and out: what goes out comes in again, and a bad line stops nothing but itself."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import exchange, learn
from pipeline.errors import ParseError
from pipeline.model import Decision, Event, ItemId, Kind, Resource, State, Subscriber, SubscriberState, Suggestion, Topic, Verdict
from pipeline.store import ItemQuery, Store
from tests.builders import NOW, decision, item, resource

TOPICS = (Topic(id="leadership", name="Leadership", keywords=("leading",)), Topic(id="safety", name="Safety", keywords=("harm",)))
GIVEN: list[ItemId] = []
"""What the last import handed on to be suggested."""


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as opened:
        yield opened


def raw(*rows: object) -> list[bytes]:
    return [row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows]


def take(store: Store, *rows: object, **options: Any) -> exchange.Result:
    GIVEN.clear()
    return exchange.import_items(raw(*rows), store, count=learn.counted, suggest=GIVEN.extend, now=NOW, **options)


def row(number: int, **changes: object) -> dict[str, object]:
    text = f"Report {number} speaks of {'leading change ' * 20} in place number {number} with many words of its own {number * 7}. "
    return {
        "id": f"r{number}",
        "url": f"https://north.example/report-{number}",
        "title": f"Report number {number} on leading",
        "text": text,
        **changes,
    }


# ---------------------------------------------------------------- items


def test_an_item_goes_out_with_every_field() -> None:
    line = exchange.item_line(
        item(
            resource=resource(event=Event(start=date(2026, 12, 1), all_day=True), duration=timedelta(minutes=3), origin={"title": "og"}),
            suggestions=(Suggestion(topic="leadership", probability=0.71239),),
            extra={"note_of_theirs": 7},
        )
    )
    assert tuple(line)[:-1] == exchange.ITEM_COLUMNS
    assert line["event"]["start"] == "2026-12-01"
    assert (line["duration_seconds"], line["published"], line["posted_by"], line["decision"]) == (180, "2026-11-03", None, None)
    assert line["topics"] == [{"topic": "leadership", "score": 0.7124, "by": "suggested", "assigned": True}]
    assert line["lane"] == "ranked"
    assert (line["cluster"], line["duplicate_of"], line["note_of_theirs"], line["origin"]) == (1, None, 7, {"title": "og"})


def test_what_a_curator_chose_goes_out_under_her_name(store: Store) -> None:
    take(store, row(1))
    store.decide(decision(item=store.items(ItemQuery())[0].id, topics=("safety",), curator="Sam", reason=None))
    (line,) = exchange.export_items(store, State.ACCEPTED)
    assert line["topics"] == [{"topic": "safety", "score": 1.0, "by": "Sam", "assigned": True}]
    assert (line["decision"]["verdict"], line["decision"]["by"]) == ("accept", "Sam")


def test_items_come_in_with_their_number_and_are_handed_on_to_be_suggested(store: Store) -> None:
    result = take(store, row(1, published="2026-11-03", kind="White Paper", colour="blue", posted_by="Kim", seen=[{"url": "https://a.example/1"}]))
    (line,) = exchange.export_items(store)
    assert result.counts == {"new": 1}
    assert (line["origin_id"], line["url"], line["kind"], line["published"]) == ("r1", "https://north.example/report-1", "white-paper", "2026-11-03")
    assert (line["colour"], line["posted_by"], line["state"]) == ("blue", "Kim", "queued")
    assert [seen["url"] for seen in line["seen"]] == ["https://north.example/report-1", "https://a.example/1"]
    assert [line["id"]] == GIVEN


def test_the_same_thing_twice_keeps_two_rows_in_one_cluster(store: Store) -> None:
    result = take(store, row(1), row(2), row(1, id="again", url="https://north.example/report-1?utm_source=mail"))
    lines = {line["origin_id"]: line for line in exchange.export_items(store)}
    assert result.counts == {"new": 2, "folded": 1}
    assert (lines["again"]["state"], lines["again"]["cluster"], lines["again"]["duplicate_of"]) == ("merged", lines["r1"]["id"], lines["r1"]["id"])
    assert lines["r2"]["cluster"] == lines["r2"]["id"]


def test_the_same_file_again_changes_nothing(store: Store) -> None:
    take(store, row(1), row(2))
    before = list(exchange.export_items(store))
    assert take(store, row(1), row(2)).counts == {"known": 2}
    assert list(exchange.export_items(store)) == before


def test_a_dry_run_says_what_would_come_and_keeps_nothing(store: Store) -> None:
    assert take(store, row(1), row(2), b"{\n", dry_run=True).counts == {"new": 2}
    assert take(store, row(1), row(2), row(1), dry_run=True).counts == {"new": 2, "known": 1}
    assert list(exchange.export_items(store)) == []


def test_an_item_without_an_address_is_known_by_its_title(store: Store) -> None:
    take(store, row(1, url=None), row(2, url=""), row(3, url=None, identifiers={"doi": "10.1000/xyz"}))
    lines = {line["origin_id"]: line for line in exchange.export_items(store)}
    assert [lines[key]["url"] for key in ("r1", "r2", "r3")] == [None, None, "https://doi.org/10.1000/xyz"]
    assert take(store, row(1, url=None)).counts == {"known": 1}


BAD = {
    b"no json\n": "line 2: it is not JSON (“no json”)",
    b"[1]\n": "line 2: it is JSON, but no object in braces",
    b"\xff\xfe\n": "line 2: it is not UTF-8 text",
    b'{"url": "ftp://a.example/"}\n': "line 2: “ftp://a.example/” is no web address, and there is no title",
    b'{"id": 1}\n': "line 2: it has neither an address nor a title",
    b'{"url": "https://a.example/", "title": ["a"]}\n': "line 2: `title` is no text",
    b'{"url": "https://a.example/", "creators": [1]}\n': "line 2: `creators` is no list of texts",
    b'{"url": "https://a.example/", "words": -1}\n': "line 2: `words` is no number that can be",
    b'{"url": "https://a.example/", "event": "soon"}\n': "line 2: `event` is no object in braces",
    b'{"url": "https://a.example/", "id": {}}\n': "line 2: `id` is neither text nor a number",
    b'{"url": "https://a.example/", "weight": NaN}\n': 'line 2: it is not JSON (“{"url": "https://a.example/", "weight": NaN}”)',
    b'{"url": "https://a.example/", "tree": ' + b"[" * 30 + b"]" * 30 + b"}\n": "line 2: its lists and objects go too deep",
    b"[" * 100_000 + b"\n": "line 2: it is not JSON (“" + "[" * 59 + "…”)",
}


@pytest.mark.parametrize(("bad", "problem"), BAD.items(), ids=range(len(BAD)))
def test_a_bad_line_is_named_and_the_rest_goes_on(store: Store, bad: bytes, problem: str) -> None:
    result = take(store, row(1), bad, b"\n", row(2))
    assert (result.counts, result.wrong, result.problems) == ({"new": 2}, 1, [problem])


def test_many_bad_lines_are_counted_and_a_few_named(store: Store) -> None:
    result = take(store, *[b"x\n"] * 500, row(1))
    assert (result.wrong, len(result.problems), result.counts) == (500, 20, {"new": 1})


def test_a_line_without_end_fails_as_one_line() -> None:
    file = io.BytesIO(b"a" * 20_000_000 + b"\n" + json.dumps(row(1)).encode())
    with Store.open(":memory:") as store:
        result = exchange.import_items(exchange.lines(file), store, count=learn.counted, suggest=GIVEN.extend, now=NOW)
    assert (result.problems, result.counts) == (["line 1: it is longer than 8 MB"], {"new": 1})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)


@given(st.dictionaries(st.sampled_from([*exchange.ITEM_COLUMNS, "other"]), _JSON | st.dictionaries(st.text(max_size=5), _JSON, max_size=2)))
def test_no_line_does_anything_but_come_in_or_be_refused(fields: dict[str, object]) -> None:
    with Store.open(":memory:") as store:
        result = take(store, {"url": "https://a.example/", **fields})
        assert result.total == 1
        assert len(list(exchange.export_items(store))) == (result.wrong == 0)


def test_what_goes_out_comes_in_the_same(store: Store) -> None:
    take(store, *(row(number, creators=["Ada"], published="2026-11-03T10:00:00+01:00", event={"start": "2027-01-01"}) for number in range(4)))
    out = list(exchange.export_items(store))
    with Store.open(":memory:") as other:
        assert take(other, *out).counts == {"new": 4}
        back = list(exchange.export_items(other))
    left_out = {"id", "origin_id", "cluster", "score", "seen", "topics"}
    assert [{key: line[key] for key in line.keys() - left_out} for line in back] == [
        {key: line[key] for key in line.keys() - left_out} for line in out
    ]
    assert [line["origin_id"] for line in back] == [str(line["id"]) for line in out]


def test_what_folded_into_another_is_handed_on_too_and_what_is_known_is_not(store: Store) -> None:
    take(store, row(1), row(1, id="again", url="https://north.example/report-1?utm_source=mail"))
    assert len(GIVEN) == 2
    store.suggest(GIVEN[0], (), 0.5)
    take(store, row(1))
    assert GIVEN == []


def test_what_an_import_brought_that_was_killed_is_handed_on_by_the_next_one(store: Store) -> None:
    take(store, row(1), row(2))
    first, second = GIVEN
    store.suggest(first, (), 0.5)
    assert take(store, row(1), row(2)).counts == {"known": 2}
    assert [second] == GIVEN


def test_a_table_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    rows = [{"title": '\x1b=HYPERLINK("x")', "creators": ["A", "B"], "event": {"start": None}, "words": -3, "url": None}]
    assert list(exchange.as_csv(rows, ("title", "creators", "event", "words", "url"))) == [
        "title,creators,event,words,url\r\n",
        '"\'=HYPERLINK(""x"")",A; B,"{""start"": null}",-3,\r\n',
    ]


# ---------------------------------------------------------------- decisions


def decide(store: Store, *rows: object, **options: Any) -> exchange.Result:
    return exchange.import_decisions(raw(*rows), store, topics=("leadership", "safety"), now=NOW, **options)


def states(store: Store) -> dict[str, str]:
    return {line["origin_id"]: line["state"] for line in exchange.export_items(store)}


def test_decisions_find_their_items_by_number_address_and_origin(store: Store) -> None:
    take(store, row(1), row(2), row(3))
    ids = {line["origin_id"]: line["id"] for line in exchange.export_items(store)}
    result = decide(
        store,
        {"origin_id": "r1", "verdict": "accept", "topics": ["safety"], "by": "Sam", "at": "2026-11-19T10:00:00Z"},
        {"url": "https://north.example/report-2", "verdict": "reject", "reason": "old"},
        {"item": ids["r3"], "verdict": "defer"},
    )
    assert (result.counts, result.wrong) == ({"accept": 1, "reject": 1, "defer": 1}, 0)
    assert states(store) == {"r1": "accepted", "r2": "rejected", "r3": "deferred"}
    first = next(line for line in exchange.export_items(store) if line["origin_id"] == "r1")
    assert first["decision"] == {"verdict": "accept", "by": "Sam", "at": "2026-11-19T10:00:00+00:00", "reason": None, "note": None}


def test_a_decision_on_a_folded_item_goes_to_its_head(store: Store) -> None:
    take(store, row(1), row(1, id="again", url="https://north.example/report-1?utm_source=mail"))
    assert decide(store, {"origin_id": "again", "verdict": "accept"}).counts == {"accept": 1}
    assert states(store) == {"r1": "accepted", "again": "merged"}


def test_decisions_that_cannot_be_carried_out_are_named_and_the_rest_goes_on(store: Store) -> None:
    take(store, row(1))
    result = decide(
        store,
        {"origin_id": "r9", "verdict": "accept"},
        {"verdict": "accept"},
        {"origin_id": "r1", "verdict": "love"},
        {"origin_id": "r1", "verdict": "accept", "topics": ["hats"]},
        {"origin_id": "r1", "verdict": "accept", "kind": "hat"},
        {"origin_id": "r1", "verdict": "reopen"},
        {"item": 999, "verdict": "accept"},
        {"origin_id": "r1", "verdict": "accept"},
    )
    assert (result.counts, result.wrong) == ({"accept": 1}, 7)
    assert [problem.split(":")[0] for problem in result.problems] == [f"line {number}" for number in range(1, 8)]
    assert "there is no item with origin_id “r9”" in result.problems[0]


def test_decisions_go_out_and_come_into_another_desk(store: Store) -> None:
    take(store, row(1), row(2))
    decide(store, {"origin_id": "r1", "verdict": "accept", "topics": ["safety"], "kind": "report", "blurb": "Good.", "at": "2026-11-19T10:00:00Z"})
    decide(store, {"origin_id": "r2", "verdict": "reject", "reason": "old", "at": "2026-11-19T11:00:00Z"})
    out = list(exchange.export_decisions(store))
    assert [set(line) for line in out] == [set(exchange.DECISION_COLUMNS)] * 2
    with Store.open(":memory:") as other:
        take(other, row(0), row(1), row(2))
        assert decide(other, *out).counts == {"accept": 1, "reject": 1}
        assert decide(other, *out).counts == {"known": 2}
        assert [{**line, "item": 0} for line in exchange.export_decisions(other)] == [{**line, "item": 0} for line in out]


def test_how_an_item_had_come_up_goes_out_and_comes_in(store: Store) -> None:
    take(store, row(1), row(2))
    decide(store, {"origin_id": "r1", "verdict": "reject", "probability": 0.25, "shown": "audit"}, {"origin_id": "r2", "verdict": "reject"})
    assert [(line["probability"], line["shown"]) for line in exchange.export_decisions(store)] == [(0.25, "audit"), (0.0, "ranked")]


@pytest.mark.parametrize("wrong", [{"probability": 2}, {"probability": "high"}, {"probability": True}, {"shown": "on a wall"}, {"shown": ["audit"]}])
def test_a_line_that_tells_nonsense_of_how_an_item_came_up_is_refused(store: Store, wrong: dict[str, object]) -> None:
    take(store, row(1))
    assert decide(store, {"origin_id": "r1", "verdict": "reject", **wrong}).wrong == 1


def test_a_decision_on_what_has_no_address_goes_out_and_comes_into_another_desk(store: Store) -> None:
    book = {"id": "b1", "title": "A printed book", "kind": "book"}
    take(store, book)
    decide(store, {"origin_id": "b1", "verdict": "accept"})
    out = list(exchange.export_decisions(store))
    assert [line["url"] for line in out] == [None]
    with Store.open(":memory:") as other:
        take(other, book)
        assert decide(other, *out).counts == {"accept": 1}


def test_a_dry_run_of_decisions_decides_nothing(store: Store) -> None:
    take(store, row(1))
    assert decide(store, {"origin_id": "r1", "verdict": "accept"}, dry_run=True).counts == {"accept": 1}
    assert states(store) == {"r1": "queued"}


# ---------------------------------------------------------------- subscribers


def people(store: Store, text: str, **options: Any) -> exchange.Result:
    return exchange.import_subscribers(io.BytesIO(text.encode()), store, topics=("leadership", "safety"), now=NOW, zone=UTC, **options)


def test_subscribers_come_in_with_what_they_chose_and_confirmed_by_their_day_of_consent(store: Store) -> None:
    result = people(
        store, "Email;Name;Topics;consented_at\r\nkim@example.org;Kim Reed;leadership, safety;2025-03-01T09:00:00Z\r\n\r\nlee@example.org\r\n"
    )
    assert (result.counts, result.wrong) == ({"new": 1, "without consent": 1}, 0)
    kim, lee = store.subscribers()
    assert (kim.email, kim.name, kim.topics, kim.state) == ("kim@example.org", "Kim Reed", ("leadership", "safety"), SubscriberState.CONFIRMED)
    assert (kim.consented, lee.consented, lee.state) == (datetime(2025, 3, 1, 9, tzinfo=UTC), None, SubscriberState.PENDING)


def test_bad_subscribers_are_named_and_the_rest_come_in(store: Store) -> None:
    result = people(
        store,
        "email,topics,frequency,consented_at\nno address,,,\nkim@example.org,hats,,\nlee@example.org,,hourly,\n"
        "Kim@example.org,,weekly,2025-01-01\nkim@EXAMPLE.org,,,\n",
    )
    assert (result.counts, result.wrong) == ({"new": 1, "known": 1}, 3)
    assert result.problems[:2] == ["line 2: “no address” is no mail address.", "line 3: There is no topic “hats”."]


def test_a_table_without_addresses_is_refused(store: Store) -> None:
    assert people(store, "name,telephone\nKim,0123\n").problems == ["line 1: there is no column `email` in the heading"]
    assert people(store, "").wrong == 1


def test_who_left_is_not_brought_back_by_a_file(store: Store) -> None:
    store.add_subscriber("kim@example.org", state=SubscriberState.UNSUBSCRIBED, now=NOW)
    assert people(store, "email\nkim@example.org\n").counts == {"unsubscribed": 1}
    assert store.subscribers()[0].state is SubscriberState.UNSUBSCRIBED


def test_subscribers_go_out_and_come_in_the_same(store: Store) -> None:
    people(store, 'email,name,topics,consented_at,at_most,form\nkim@example.org,=Kim,leadership,2025-01-01,7,text\nlee@example.org,"Lee, R.",,,,\n')
    out = "".join(exchange.export_subscribers(store))
    assert "'=Kim" in out
    with Store.open(":memory:") as other:
        people(other, out)
        assert "".join(exchange.export_subscribers(other)) == out


def test_a_dry_run_of_subscribers_adds_nobody(store: Store) -> None:
    assert people(store, "email\nkim@example.org\n", dry_run=True).counts == {"without consent": 1}
    assert store.subscribers() == ()


# ---------------------------------------------------------------- OPML

OPML = b"""<?xml version="1.0"?>
<opml version="1.0"><head><title>Mine</title></head><body>
<outline text="Health"><outline text="North &amp; South" type="rss" xmlUrl="https://north.example/feed?a=1&amp;b=2"/>
<outline text="North again" xmlUrl="http://www.north.example/feed?b=2&amp;a=1"/><outline title="" text="" xmlUrl="https://x.example/rss"/></outline>
<outline text="Bad" xmlUrl="javascript:alert(1)"/><outline text="A folder"/></body></opml>"""


def test_the_feeds_of_a_reader_become_sources() -> None:
    found = exchange.read_opml(OPML, taken=["north-south"])
    assert [(source.id, source.kind, source.url, source.title) for source in found] == [
        ("north-south-2", "feed", "https://north.example/feed?a=1&b=2", "North & South"),
        ("x-example", "feed", "https://x.example/rss", ""),
    ]


def test_a_list_without_end_is_refused_in_a_sentence() -> None:
    outlines = "".join(f"<outline text='News {number}' xmlUrl='https://north.example/{number}'/>" for number in range(5_001))
    with pytest.raises(ParseError, match="more than 5000 feeds"):
        exchange.read_opml(f"<opml><body>{outlines}</body></opml>".encode())


def test_sources_go_out_and_come_in_the_same() -> None:
    found = exchange.read_opml(OPML)
    listing = replace(found[0], kind="listing", id="pages", url="https://north.example/pages")
    assert exchange.read_opml(exchange.write_opml((*found, listing), 'What\'s "new" <now>').encode())[:1] == found[:1]
    assert len(exchange.read_opml(exchange.write_opml((*found, listing), "A").encode())) == len(found)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<html><body/></html>",
        b'<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><opml><body><outline text="&b;" xmlUrl="https://a.example/"/></body></opml>',
        b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body><outline text="&x;" xmlUrl="https://a.example/"/></body></opml>',
    ],
)
def test_what_is_no_list_of_feeds_is_refused_in_a_sentence(body: bytes) -> None:
    with pytest.raises(ParseError, match=r"^mine\.opml "):
        exchange.read_opml(body, where="mine.opml")


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_give_sources_or_a_sentence(body: bytes) -> None:
    for wrapped in (body, b"<opml><body>" + body + b"</body></opml>"):
        try:
            assert all(source.url for source in exchange.read_opml(wrapped))
        except ParseError as error:
            assert error.sentence  # noqa: PT017 - either way is right


def test_a_line_of_a_subscriber_names_the_columns() -> None:
    person = Subscriber(id=1, email="kim@example.org", consented=NOW)
    assert exchange.subscriber_line(person)["consented_at"] == "2026-11-20T12:00:00+00:00"


def test_a_lead_without_its_kind_is_an_article() -> None:
    assert exchange.item_line(item(resource=Resource(url="https://a.example/")))["kind"] == Kind.ARTICLE


def test_decisions_keep_their_shape() -> None:
    line = exchange.item_line(item(decision=Decision(item=item().id, verdict=Verdict.REJECT, decided=NOW, reason="old"), state=State.REJECTED))
    assert line["decision"] == {"verdict": "reject", "by": None, "at": "2026-11-20T12:00:00+00:00", "reason": "old", "note": None}
