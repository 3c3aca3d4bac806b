"""The desk's forms behind the curator's walk: asking an organiser, and tying what is related, where they refuse."""

from __future__ import annotations

from pathlib import Path

from pipeline.model import State
from tests.test_desk_walk import event, related
from tests.test_web import JSON, Site


def test_nobody_is_asked_where_nothing_is_in_doubt(tmp_path: Path) -> None:
    site = Site(tmp_path)
    plain, visitor = site.add(1), site.visitor()
    for answer in (visitor.get(f"/desk/items/{plain}/ask"), visitor.post(f"/desk/items/{plain}/ask", {"state": "queued"})):
        assert answer.status_code == 409
        assert "Nothing about its dates is in doubt." in answer.text
    with site.open() as store:
        assert store.remarks([plain]) == ()


def test_who_asks_after_somebody_decided_is_told(tmp_path: Path) -> None:
    site = Site(tmp_path)
    item = event(site)
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/decide", {"verdict": "accept", "state": "queued"})
    answer = visitor.post(f"/desk/items/{item}/ask", {"state": "queued"})
    assert answer.status_code == 409
    with site.open() as store:
        assert (store.remarks([item]), store.item(item).state) == ((), State.ACCEPTED)


def test_what_is_one_item_is_not_related_to_itself(tmp_path: Path) -> None:
    site = Site(tmp_path)
    first, second = related(site)
    visitor = site.visitor()
    for said in (str(second), "x", "9" * 20):
        answer = visitor.post(f"/desk/items/{second}/tie", {"related": said}, headers=JSON)
        assert answer.status_code == 409
    assert visitor.post(f"/desk/items/{second}/tie", {"related": "99999"}, headers=JSON).status_code == 404
    with site.open() as store:
        assert store.ties([first]) == ()
