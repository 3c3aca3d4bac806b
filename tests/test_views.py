"""Saved views: filters of the queue under a name, in one's own order, shared or not."""

from __future__ import annotations

from pathlib import Path

import lxml.html
import pytest

from pipeline.errors import ConflictError, NotFoundError
from pipeline.store import Store
from pipeline.store.crowd import MOST_VIEWS
from pipeline.web.views import described, tidy, views_of
from tests.crowd import crowd, person
from tests.test_crowd import text
from tests.test_web import Site


def names(store: Store, owner: str) -> list[str]:
    return [one.name for one in store.views(owner)]


def test_one_sees_ones_own_views_in_ones_own_order_and_then_what_others_share() -> None:
    with Store.open(":memory:") as store:
        views = [store.save_view("Tom", name, "topic=care") for name in ("Care", "All", "Reports")]
        store.save_view("Ann", "Zebra", "kind=report", shared=True)
        store.save_view("Ann", "apples", "kind=video", shared=True)
        store.save_view("Ann", "Hers", "kind=event")
        assert names(store, "Tom") == ["Care", "All", "Reports", "apples", "Zebra"]
        store.move_view(views[2].id, "Tom", up=True)
        store.move_view(views[0].id, "Tom", up=False)
        assert names(store, "Tom")[:3] == ["Reports", "Care", "All"]
        store.move_view(views[2].id, "Tom", up=True)
        assert names(store, "Tom")[:3] == ["Reports", "Care", "All"]
        store.move_view(views[1].id, "Tom", up=False)
        assert names(store, "Tom")[:3] == ["Reports", "Care", "All"]
        assert names(store, "Ann") == ["Zebra", "apples", "Hers"]


def test_saving_under_the_same_name_sets_new_filters_and_keeps_the_place() -> None:
    with Store.open(":memory:") as store:
        first = store.save_view("Tom", "Care", "topic=care")
        store.save_view("Tom", "Reports", "kind=report")
        again = store.save_view("Tom", "Care", "topic=learning", shared=True)
        assert (again.id, again.query, again.shared) == (first.id, "topic=learning", True)
        assert names(store, "Tom") == ["Care", "Reports"]


def test_a_person_has_at_most_fifty_views() -> None:
    with Store.open(":memory:") as store:
        with store.transaction():
            for number in range(MOST_VIEWS):
                store.save_view("Tom", str(number), "")
        with pytest.raises(ConflictError, match="50"):
            store.save_view("Tom", "one more", "")
        store.save_view("Tom", "7", "topic=care")
        store.save_view("Ann", "hers", "")
        assert len(store.views("Tom")) == MOST_VIEWS


def test_nobody_changes_the_view_of_another() -> None:
    with Store.open(":memory:") as store:
        view = store.save_view("Ann", "Care", "topic=care", shared=True)
        for act in (
            lambda: store.drop_view(view.id, "Tom"),
            lambda: store.move_view(view.id, "Tom", up=True),
            lambda: store.change_view(view.id, "Tom", name="Mine", shared=False),
        ):
            with pytest.raises(NotFoundError):
                act()
        assert store.views("Tom") == (view,)


def test_two_views_of_one_person_have_two_names() -> None:
    with Store.open(":memory:") as store:
        first, second = store.save_view("Tom", "Care", ""), store.save_view("Tom", "Reports", "")
        with pytest.raises(ConflictError, match="another view called “Care”"):
            store.change_view(second.id, "Tom", name="Care", shared=False)
        assert store.change_view(first.id, "Tom", name="Care", shared=True).shared
        assert store.drop_view(first.id, "Tom").name == "Care"
        assert store.change_view(second.id, "Tom", name="Care", shared=False).name == "Care"


@pytest.mark.parametrize(
    ("query", "tidied"),
    [
        ("topic=care&item=7&after=9", "topic=care"),
        ("kind=report&topic=care", "topic=care&kind=report"),
        ("", ""),
        ("q=falls+in+wards&nothing=1", "q=falls+in+wards"),
        ("state=queued", ""),
    ],
)
def test_only_filters_are_kept_of_an_address(query: str, tidied: str) -> None:
    assert tidy(query) == tidied


def test_a_view_says_in_words_what_it_filters(tmp_path: Path) -> None:
    config = Site(tmp_path).config
    said = described("topic=care&kind=case-study&source=north-blog&q=beds", config)
    assert said == "topic Integrated care, kind case study, source North Network blog, “beds” in the text"
    assert described("", config) == "all that waits"


def test_the_view_that_is_open_is_marked(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.open() as store:
        store.save_view("Tom", "Care", "topic=care")
        store.save_view("Tom", "Reports", "kind=report")
        shown = views_of(store, "Tom", "topic=care&item=3", site.config)
    assert [(one.view.name, one.current, one.mine, one.url) for one in shown] == [
        ("Care", True, True, "/desk/queue?topic=care"),
        ("Reports", False, True, "/desk/queue?kind=report"),
    ]


def test_what_one_sees_is_saved_renamed_shared_moved_and_dropped_without_scripts(tmp_path: Path) -> None:
    site = crowd(tmp_path)
    tom, ann = person(site, "Tom"), person(site, "Ann")
    body = tom.get("/desk/views?topic=care&item=4").text
    assert "topic Integrated care" in text(body)
    hidden = lxml.html.document_fromstring(body).xpath("//input[@name='query']/@value")
    assert hidden == ["topic=care"]
    assert tom.post("/desk/views", {"query": "topic=care", "name": " My  care "}).headers["location"] == "/desk/queue?topic=care"
    tom.post("/desk/views", {"query": "kind=report", "name": "Reports", "here": "//evil.example"})
    with site.open() as store:
        first, second = store.views("Tom")
    assert (first.name, first.query) == ("My care", "topic=care")
    assert "My care" not in ann.get("/desk/views").text
    assert tom.post(f"/desk/views/{first.id}/change", {"name": "Care", "shared": "yes"}).headers["location"] == "/desk/views"
    assert tom.post(f"/desk/views/{second.id}/up", {}).status_code == 303
    assert "Care by Tom" in text(ann.get("/desk/views").text)
    with site.open() as store:
        assert names(store, "Tom") == ["Reports", "Care"]
    assert ann.post(f"/desk/views/{first.id}/drop", {}).status_code == 404
    assert tom.post(f"/desk/views/{first.id}/drop", {}).status_code == 303
    assert tom.post(f"/desk/views/{second.id}/explode", {}).status_code == 404
    with site.open() as store:
        assert names(store, "Tom") == ["Reports"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_view_needs_a_name_that_fits(tmp_path: Path, name: str) -> None:
    site = Site(tmp_path)
    assert site.visitor().post("/desk/views", {"query": "", "name": name}).status_code == 422
    with site.open() as store:
        assert store.views("desk") == ()


def test_a_saved_view_leads_nowhere_but_to_the_queue(tmp_path: Path) -> None:
    site = Site(tmp_path)
    visitor = site.visitor()
    answer = visitor.post("/desk/views", {"query": "q=https://evil.example&next=//evil.example", "name": "Odd"})
    assert answer.headers["location"].startswith("/desk/queue?q=https%3A%2F%2Fevil")
    assert "//evil.example" not in lxml.html.document_fromstring(visitor.get("/desk/views").text).xpath("//a/@href")
