"""Two items side by side: differing words marked, folded and taken apart at the desk."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.sides import beside
from pipeline.model import Fold, ItemId, Match, State
from pipeline.web.sides import AROUND, PASSAGE, PASSAGES, differing, passages
from tests.test_edit import form, look
from tests.test_web import JSON, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def pair(site: Site) -> tuple[ItemId, ItemId]:
    """A known item, and one that may be the same."""
    known = site.add(1, title="Seven habits of networks", description="A study of one year.")
    match = Match(fold=Fold.MAYBE, of=known, rule="near text", evidence="71 % of the words are the same.")
    return known, site.add(2, title="Seven habits of networks that last", description="A study of three years.", match=match)


def test_differing_words_are_marked_on_both_sides(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    page = lxml.html.fromstring(site.visitor().get(f"/desk/items/{item}/compare/{known}").text)
    mine, other = page.xpath("//article")
    assert [one.text.strip() for one in mine.xpath("./h2//ins | ./p//ins")] == ["that last", "three years."]
    assert [one.text.strip() for one in other.xpath("./h2//del | ./p//del")] == ["one year."]
    assert "71 % of the words are the same." in page.text_content()
    assert "North Network" in mine.text_content()
    assert "3 Nov" in mine.text_content()


def test_of_long_texts_the_passages_that_differ_are_shown_with_what_is_left_out_counted(site: Site) -> None:
    same = [f"word{n}" for n in range(3000)]
    there = [*same[:1000], "a", "whole", "new", "sentence.", *same[1000:2000], "other", *same[2001:]]
    known, item = site.add(1, text=" ".join(same)), site.add(2, text=" ".join(there))
    page = lxml.html.fromstring(site.visitor().get(f"/desk/items/{known}/compare/{item}").text)
    mine, other = page.xpath("//p[contains(@class, 'text')]")
    assert [" ".join(one.text.split()) for one in other.iter("del")] == ["a whole new sentence.", "other"]
    assert [one.text.strip() for one in mine.iter("ins")] == ["word2000"]
    assert [one.text for one in other.xpath(".//*[@class='gap']")] == ["… 988 words the same …", "… 976 words the same …", "… 987 words the same …"]
    assert len(other.text_content()) < 700


def test_both_addresses_people_days_and_sources_are_named_and_what_differs_is_marked(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    page = lxml.html.fromstring(site.visitor().get(f"/desk/items/{item}/compare/{known}").text)
    with site.open() as store:
        addresses = [store.item(one).resource.url for one in (item, known)]
    for side, address in zip(page.xpath("//article"), addresses, strict=True):
        told = dict(zip((one.text_content() for one in side.xpath(".//dt")), side.xpath(".//dd"), strict=True))
        assert told["Address"].xpath(".//a/@href") == [address]
        assert told["Address"].xpath("./ins | ./del")
        assert {"Date", "Publisher", "Seen at"} <= set(told)
        assert not told["Publisher"].xpath("./ins | ./del")


def test_it_is_said_which_rule_spoke_which_stands_for_both_and_what_people_did(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    visitor = site.visitor()
    page = visitor.get(f"/desk/items/{item}/compare/{known}").text
    assert "Rule: near text" in page
    visitor.post(f"/desk/items/{item}/fold", {"fold": str(known), "state": "queued"})
    folded = lxml.html.fromstring(visitor.get(f"/desk/items/{item}/compare/{known}").text)
    assert "stands for both" in folded.xpath("//article")[1].text_content()
    visitor.post(f"/desk/items/{item}/unfold", {})
    apart = lxml.html.fromstring(visitor.get(f"/desk/items/{item}/compare/{known}").text)
    assert [" ".join(one.text_content().split())[:11] for one in apart.xpath("//ol[@class='tl']/li/span")] == ["Taken apart", "Folded: ite"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a " * 30_000, "b " * 30_000),
        ("a b " * 15_000, "b a " * 15_000),
        (" ".join(map(str, range(12_000))), " ".join(map(str, range(12_000, 0, -1)))),
    ],
)
def test_of_hostile_texts_no_more_is_shown_than_can_be_read(one: str, other: str) -> None:
    for side in passages(one, other):
        assert sum(len(piece.text.split()) for piece in side) <= PASSAGES * (PASSAGE + 2 * AROUND)
        assert any(piece.left_out for piece in side)


def test_a_terminal_shows_both_sides_with_the_words_that_only_one_has_in_brackets(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    with site.open() as store:
        known, item = (store.item(one) for one in pair)
    lines = list(beside(item, known))
    assert lines[0] == f"  {item.id}: Seven habits of networks [that last]"
    assert lines[1].startswith(f"    {item.resource.url}, 3 November 2026")
    assert f"  {known.id}: Seven habits of networks" in lines


def test_the_pane_shows_the_first_proposal_side_by_side(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    part = lxml.html.fragment_fromstring(site.visitor().get(f"/desk/items/{item}/pane").text)
    assert len(part.xpath(".//div[@class='sides']/div")) == 2
    assert part.xpath(".//button[@data-act='fold']/@value") == [str(known)]


def test_d_folds_into_the_one_that_was_known(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    told = site.visitor().post(f"/desk/items/{item}/fold", {"fold": str(known), "state": "queued"}, JSON).json()
    assert told == {"said": "Folded into “Seven habits of networks”", "item": item, "state": "merged"}
    assert look(site, item).merged_into == known


def test_the_other_one_can_be_kept_instead(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    site.visitor().post(f"/desk/items/{item}/fold", {"fold": str(known), "keep": str(item), "state": "queued"})
    assert look(site, known).merged_into == item
    folded = site.visitor().get(f"/desk/items/{item}").text
    assert "Folded into this" in folded
    assert f"/desk/items/{item}/compare/{known}" in folded


def test_what_is_folded_can_be_compared_and_unfolded(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/fold", {"fold": str(known), "state": "queued"})
    page = visitor.get(f"/desk/items/{known}/compare/{item}").text
    assert "They are folded together." in page
    assert f"Unfold item {item}" in page
    told = visitor.post(f"/desk/items/{item}/unfold", {}, JSON).json()
    assert told["state"] == "queued"
    assert "May be the same" not in visitor.get(f"/desk/items/{item}/pane").text


def test_a_fold_is_undone_by_undo(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    visitor = site.visitor()
    visitor.post(f"/desk/items/{item}/fold", {"fold": str(known), "state": "queued"})
    assert visitor.post("/desk/undo", {}, JSON).json()["item"] == item
    assert site.state(item) is State.QUEUED


def test_two_that_differ_are_kept_apart_and_a_third_proposal_stays(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    third = site.add(3, match=Match(fold=Fold.MAYBE, of=item, rule="title", evidence="Alike."))
    site.visitor().post(f"/desk/items/{item}/unfold", {"apart": str(known)})
    with site.open() as store:
        assert [match.of for match in store.proposals(item)] == [third]


def test_what_somebody_decided_meanwhile_is_not_folded(site: Site, pair: tuple[ItemId, ItemId]) -> None:
    known, item = pair
    visitor = site.visitor()
    shown = form(site, item)
    visitor.post(f"/desk/items/{item}/decide", shown | {"verdict": "accept"})
    assert visitor.post(f"/desk/items/{item}/fold", shown | {"fold": str(known)}, JSON).status_code == 409
    assert site.state(item) is State.ACCEPTED


@pytest.mark.parametrize("other", ["", "x", "-3", "9" * 30])
def test_a_form_that_names_no_other_item_is_refused(site: Site, pair: tuple[ItemId, ItemId], other: str) -> None:
    assert site.visitor().post(f"/desk/items/{pair[1]}/fold", {"fold": other}, JSON).status_code == 409


@pytest.mark.parametrize("path", ["/desk/items/1/compare/1", "/desk/items/1/compare/77", "/desk/items/77/compare/1"])
def test_there_must_be_two(site: Site, pair: tuple[ItemId, ItemId], path: str) -> None:
    assert site.visitor().get(path).status_code == 404


@given(st.text(alphabet="ab c.\n", max_size=300), st.text(alphabet="ab c.\n", max_size=300))
def test_the_pieces_of_a_text_are_the_text(one: str, other: str) -> None:
    left, right = differing(one, other)
    assert "".join(piece.text for piece in left) == one.lstrip()
    assert "".join(piece.text for piece in right) == other.lstrip()
    assert all(first.differs != then.differs for first, then in pairwise(left))


@given(st.text(max_size=300))
def test_a_text_does_not_differ_from_itself(one: str) -> None:
    assert not any(piece.differs for piece in differing(one, one)[0])
