"""Dedupe: records with little or no text, as catalogues have them. A year tells works apart where no day is known, and so do the people."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline import dedupe
from pipeline.exchange.reading import incoming
from pipeline.model import Fold, ItemId, Match, Resource

TITLE = "Walking wards together with bed managers: a study"
GROUP = ["Ada Marsh", "Ben Field", "Cora Stone", "Finn Holt", "Gwen Lake", "Dan Brook"]
ABSTRACT = " ".join(f"finding{n}" for n in range(120))


def record(host: object = "a.example", **said: object) -> Resource:
    return incoming({"url": f"https://{host}/{abs(hash(str(said)))}", "title": TITLE, "creators": GROUP, "published": "2003", **said}).resource


def said(what: Resource, *others: Resource) -> Match:
    kept = [dedupe.Neighbour(id=ItemId(n), resource=one, fingerprint=dedupe.fingerprint(one)) for n, one in enumerate(others, start=1)]
    return dedupe.match(what, dedupe.fingerprint(what), kept)


def verdict(what: Resource, *others: Resource) -> tuple[Fold, str]:
    found = said(what, *others)
    return found.fold, found.rule


def test_a_bare_year_is_kept_when_a_record_is_read() -> None:
    found = record()
    assert found.published is None
    assert found.citation is not None
    assert found.citation.year == 2003
    assert record(published="no year").citation is None


@pytest.mark.parametrize(
    ("one", "other", "fold"),
    [
        ({}, {}, Fold.SAME),
        ({}, {"published": "2004"}, Fold.MAYBE),
        ({"creators": ["Ada Marsh"]}, {"creators": ["Ada Marsh", "Ben Field"]}, Fold.SAME),
        ({"creators": ["Ada Marsh"]}, {"creators": ["Ada Marsh"], "published": "2004"}, Fold.MAYBE),
        ({"creators": []}, {}, Fold.SAME),
        ({"creators": [], "title": "Walking wards"}, {"title": "Walking wards"}, Fold.NEW),
        ({"creators": ["Ada Marsh"]}, {"creators": ["Eve Moor"]}, Fold.MAYBE),
        ({"title": "Book review column"}, {"title": "Book review column", "creators": ["Ada Marsh"]}, Fold.MAYBE),
        ({}, {"title": f"{TITLE} TO: Un estudio de paseos"}, Fold.SAME),
    ],
)
def test_two_catalogues_that_agree_in_title_people_and_year(one: dict[str, object], other: dict[str, object], fold: Fold) -> None:
    assert said(record("b.example", **one), record(**other)).fold is fold
    assert said(record(**other), record("b.example", **one)).fold is fold


def test_a_title_of_many_words_is_enough_where_one_side_says_nothing_else() -> None:
    alert = Resource(url="https://mail.example/click?u=77", title="Simple rules for networks that have to act fast")
    page = Resource(url="https://north.example/rules", title=alert.title, text=ABSTRACT, creators=("Ada Marsh",))
    assert verdict(alert, page) == (Fold.SAME, "title")
    assert said(Resource(url=alert.url, title="Simple rules for networks"), page).fold is not Fold.SAME


def test_abstracts_that_each_name_somebody_else_are_two_papers_of_one_group() -> None:
    one = record(text=ABSTRACT)
    other = record("b.example", text=f"{ABSTRACT} once more", creators=[*GROUP[:5], "Eve Moorland"])
    respelt = record("c.example", text=f"{ABSTRACT} once more", creators=["A. Marsh", "B. Field", "C. Stones", "F. Holt", "G. Lake", "D. Brooke"])
    assert verdict(other, one) == (Fold.MAYBE, "other-people")
    assert said(respelt, one).fold is Fold.SAME


def test_abstracts_under_the_number_of_their_supplement_are_not_one() -> None:
    shared = {"identifiers": {"doi": "10.1000/s9"}}
    one = record(title="Exenatide and the thickness of walls", text=ABSTRACT, creators=["Ada Marsh"], **shared)
    other = record(title="What stays of a tablet", text=ABSTRACT.replace("finding", "number"), creators=["Ben Field"], **shared)
    assert verdict(one, other) == (Fold.NEW, "")


def twice(*hosts: str) -> list[Resource]:
    return [record(host, number=n) for n, host in enumerate(hosts)]


def test_a_record_that_may_be_either_of_two_is_a_question() -> None:
    new, *listed = twice("b.example", "a.example", "a.example")
    assert verdict(new, *listed) == (Fold.MAYBE, "listed-twice")


def test_a_title_that_one_catalogue_lists_twice_parts_what_it_had_joined() -> None:
    new, one, other = twice("a.example", "b.example", "a.example")
    found = _parting(new, [one, other])
    assert (found.fold, found.rule, found.parts) == (Fold.MAYBE, "listed-twice", (2,))


def _parting(new: Resource, folded: Sequence[Resource]) -> Match:
    kept = [
        dedupe.Neighbour(id=ItemId(n), resource=one, fingerprint=dedupe.fingerprint(one), head=ItemId(1)) for n, one in enumerate(folded, start=1)
    ]
    return dedupe.match(new, dedupe.fingerprint(new), kept)
