"""Folding does not hang on who came first: any order of the same things gives the same clusters, as the store keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import dedupe, exchange
from pipeline.exchange.reading import incoming
from pipeline.model import Features, Fold, ItemId, Overlay, Resource
from pipeline.store import Counted, Store
from tests.builders import NOW

Line = dict[str, object]


def words(stem: str, count: int = 90) -> str:
    return " ".join(f"{stem}{n}" for n in range(count))


def line(host: str, title: str, **said: object) -> Line:
    return {"url": f"https://{host}.example/{len(title)}", "title": title, **said}


WALK, LIST = "A ward walked together", "XPath processing in a nutshell"
PEOPLE = ["Georg Gottlob", "Christoph Koch"]
# Copies, states and relatives of a few things. Each stands for a way by which one thing finds another: address, number, text, title.
KNOWN: list[Line] = [
    line("north", WALK, text=words("walk")),
    line("north", WALK, text=words("walk", 30)),
    line("south", WALK, text=words("walk", 60)),
    line("paper", "Hospitals find time in a box", text=f"{words('walk')} {words('menu', 9)}"),
    {"url": "https://mail.example/click?u=7", "canonical_url": "https://north.example/22", "title": "The ward in our news"},
    line("north", f"{WALK}, part 2", text=words("second")),
    line("garden", "Forty plots behind the centre", text=words("garden")),
    line("journal", "Walking wards with bed managers", identifiers={"doi": "10.1000/x"}, creators=PEOPLE, published="2003"),
    line("index", "Walking wards with bed managers", creators=PEOPLE, published="2003"),
    line("preprints", "Walking wards with bed managers", identifiers={"doi": "10.1000/y"}, creators=PEOPLE, published="2003", text=words("abstract")),
    *(line(host, LIST, creators=PEOPLE, published="2003") | {"url": f"https://{host}.example/{n}"} for n, host in enumerate(("acm", "dblp") * 2)),
]


def nothing(item: ItemId, resource: Resource) -> Counted:
    return Counted(item=item, features=Features(terms=b""))


def clusters(given: Sequence[Line]) -> frozenset[frozenset[str]]:
    raw = [json.dumps({"id": str(KNOWN.index(one)), **one}).encode() for one in given]
    with Store.open(":memory:") as store:
        exchange.import_items(raw, store, count=nothing, suggest=lambda items: None, now=NOW)
        found: dict[ItemId, set[str]] = {}
        for item in store.each_item():
            found.setdefault(item.cluster or item.id, set()).add(str(item.origin_id))
    return frozenset(map(frozenset, found.values()))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(KNOWN), unique_by=KNOWN.index, max_size=8).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_any_order_of_arrival_gives_the_same_clusters(both: tuple[list[Line], list[Line]]) -> None:
    some, other = both
    assert clusters(some) == clusters(other)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_what_two_catalogues_list_twice_stays_apart_in_every_order(order: tuple[int, ...]) -> None:
    listed = [one for one in KNOWN if one["title"] == LIST]
    assert clusters([listed[n] for n in order]) == clusters(listed)
    assert len(clusters(listed)) == 4


def test_a_later_state_that_names_two_clusters_joins_them() -> None:
    named, whole, copy = KNOWN[4], KNOWN[0], KNOWN[3]
    assert clusters([named, copy]) == {frozenset({"3"}), frozenset({"4"})}
    assert clusters([named, copy, whole]) == {frozenset({"0", "3", "4"})}


def test_what_a_curator_decided_is_not_parted() -> None:
    one, other, again = [one for one in KNOWN if one["title"] == LIST][:3]
    with Store.open(":memory:") as store:
        for known in (one, other):
            exchange.import_items([json.dumps(known).encode()], store, count=nothing, suggest=lambda items: None, now=NOW)
        (head,) = {item.cluster or item.id for item in store.each_item()}
        store.edit(head, Overlay(title="A title of ours"), by="ada", now=NOW)
        exchange.import_items([json.dumps(again).encode()], store, count=nothing, suggest=lambda items: None, now=NOW)
        assert sorted(item.cluster or item.id for item in store.each_item()) == [head, head, ItemId(3)]


@given(st.sampled_from(KNOWN), st.sampled_from(KNOWN))
def test_of_two_it_is_said_the_same_whichever_came_first(one: Line, other: Line) -> None:
    def said(new: Line, old: Line) -> tuple[Fold, str]:
        first, second = (incoming(of).resource for of in (old, new))
        kept = dedupe.Neighbour(id=ItemId(1), resource=first, fingerprint=dedupe.fingerprint(first))
        match = dedupe.match(second, dedupe.fingerprint(second), [kept])
        return (Fold.SAME if match.fold is Fold.REVISION else match.fold), match.rule

    assert said(one, other) == said(other, one)
