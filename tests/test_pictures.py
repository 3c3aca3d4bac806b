"""The first page of a report at the desk: kept with its state, shown through folding, gone with pruning, never public."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import dedupe
from pipeline.model import Fold, ItemId, Match
from pipeline.store import Store
from tests import builders, kept
from tests.builders import NOW
from tests.test_web import Site

PNG = b"\x89PNG\r\n\x1a\n" + b"first page"


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        store.sync_sources([builders.source()], NOW)
        yield store


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def add(store: Store, number: int, match: Match | None = None, **changes: object) -> ItemId:
    url = f"https://north.example/{number}.pdf"
    found = replace(builders.resource(url=url, canonical_url=url, title=f"How network {number} learns"), **changes)  # type: ignore[arg-type]  # the test's words
    return store.add(found, dedupe.fingerprint(found), match or Match(fold=Fold.NEW), now=NOW)


def test_a_picture_stands_for_the_state_of_which_it_was_drawn(store: Store) -> None:
    item = add(store, 1)
    store.keep_picture(item, PNG)
    assert store.picture(item) == PNG
    assert add(store, 1, Match(fold=Fold.REVISION, of=item, rule="same address"), text="Words of the second edition.") == item
    assert store.picture(item) is None
    store.keep_picture(item, PNG + b"2")
    assert store.picture(item) == PNG + b"2"


def test_no_picture_of_the_same_state_takes_none_away(store: Store) -> None:
    item = add(store, 1)
    store.keep_picture(item, PNG)
    store.keep_picture(item, None)
    assert store.has_picture(item)


def test_a_landing_page_shows_the_picture_of_the_report_folded_into_it_and_loses_it_with_unfolding(store: Store) -> None:
    page = add(store, 1)
    report = add(store, 2, Match(fold=Fold.SAME, of=page, rule="same work"))
    store.keep_picture(report, PNG)
    assert (store.picture(page), store.picture(report)) == (PNG, PNG)
    store.unfold(report, by="Ada", now=NOW)
    assert (store.picture(page), store.picture(report)) == (None, PNG)


def test_a_picture_of_a_rejected_report_goes_with_pruning_and_another_stays(store: Store) -> None:
    gone, kept_one = kept.rejected(store, 3), add(store, 4)
    for item in (gone, kept_one):
        store.keep_picture(item, PNG)
    told = store.prune(NOW + timedelta(days=800), spare_open=True)
    assert [(one.count, one.bytes, one.licence) for one in told if one.sort == "pictures of rejected reports"] == [(1, len(PNG), "internal use")]
    assert (store.has_picture(gone), store.has_picture(kept_one)) == (False, True)


def test_the_desk_shows_the_picture_with_words_for_it(site: Site) -> None:
    item, other = site.add(1), site.add(2)
    with site.open() as store:
        store.keep_picture(item, PNG)
    visitor = site.visitor()
    for path in (f"/desk/items/{item}", f"/desk/items/{item}/pane"):
        (image,) = re.findall(r"<img[^>]*>", visitor.get(path).text)
        assert f'src="/desk/items/{item}/picture"' in image
        assert 'alt="First page of the report"' in image
        assert "<img" not in visitor.get(path.replace(str(item), str(other), 1)).text
    answer = visitor.get(f"/desk/items/{item}/picture")
    assert (answer.content, answer.headers["content-type"], answer.headers["x-content-type-options"]) == (PNG, "image/png", "nosniff")
    assert answer.headers["cache-control"] == "no-store"
    assert visitor.get(f"/desk/items/{other}/picture").status_code == 404


def test_nobody_sees_a_picture_without_signing_in(tmp_path: Path) -> None:
    site = Site(tmp_path, password="a long one for the desk")
    item = site.add(1)
    with site.open() as store:
        store.keep_picture(item, PNG)
    answer = site.visitor().get(f"/desk/items/{item}/picture")
    assert answer.status_code in (303, 401)
    assert PNG not in answer.content
