"""Values to JSON and back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Event, Item, Kind, Lead, Resource, Sighting, Suggestion
from pipeline.plain import from_plain, to_plain
from tests import builders

WORDS = st.text(max_size=40)
MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
DAYS = st.one_of(st.none(), st.dates(), MOMENTS)
RESOURCES = st.builds(
    Resource,
    url=WORDS,
    canonical_url=st.none(),
    kind=st.sampled_from(Kind),
    title=WORDS,
    creators=st.lists(WORDS, max_size=3).map(tuple),
    publisher=st.none(),
    published=DAYS,
    modified=DAYS,
    duration=st.one_of(st.none(), st.integers(0, 10_000).map(lambda n: timedelta(seconds=n))),
    event=st.one_of(st.none(), st.builds(Event, start=DAYS, end=DAYS, problems=st.lists(WORDS, max_size=2).map(tuple))),
    identifiers=st.dictionaries(WORDS, WORDS, max_size=3),
    origin=st.dictionaries(WORDS, WORDS, max_size=3),
)


@given(RESOURCES)
def test_any_resource_comes_back_as_it_was(resource: Resource) -> None:
    assert from_plain(Resource, json.loads(json.dumps(to_plain(resource)))) == resource


def test_a_whole_item_comes_back_as_it_was() -> None:
    sighting = Sighting(lead=Lead(source="a", url="https://a.example", published=date(2026, 1, 2)), first_seen=builders.NOW, last_seen=builders.NOW)
    item = builders.item(suggestions=(Suggestion(topic="a", probability=0.5, reasons=("care",)),), sightings=(sighting,), deferred_until=builders.NOW)
    assert from_plain(Item, json.loads(json.dumps(to_plain(item)))) == item


def test_unknown_keys_are_left_out_and_missing_ones_take_their_defaults() -> None:
    assert from_plain(Lead, {"source": "a", "url": "b", "colour": "red"}) == Lead(source="a", url="b")


@pytest.mark.parametrize("plain", [None, 3, [], {"url": 4}, {"url": "a", "published": "soon"}, {"url": "a", "creators": 3}])
def test_what_is_no_resource_is_a_value_error(plain: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_plain(Resource, plain)
