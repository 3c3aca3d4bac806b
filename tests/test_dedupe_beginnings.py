"""Dedupe: a text that carries the beginning of another. A cut copy under a new headline is the same; a quotation and a digest are not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.model import Fold, ItemId, Match, Resource


def words(stem: str, count: int) -> str:
    return " ".join(f"{stem}{n}" for n in range(count))


ARTICLE = Resource(
    url="https://north.example/walk",
    title="A ward walked together",
    text=f"{words('opening', 60)} porters keep the cards in a shoe box {words('middle', 100)} {words('ending', 140)}",
    published=date(2026, 3, 2),
)
HEADLINE = "Porters keep the cards in a shoe box"
OWN_TITLE = "Why I think of lifts"


def said(what: Resource, of: Resource) -> Match:
    kept = dedupe.Neighbour(id=ItemId(7), resource=of, fingerprint=dedupe.fingerprint(of))
    return dedupe.match(what, dedupe.fingerprint(what), [kept])


def carrying(title: str, *, before: int, share: float = 0.5, after: int = 90, published: date | None = date(2026, 3, 4)) -> Resource:
    carried = ARTICLE.text.split()
    text = " ".join([words("menu", before), *carried[: int(share * len(carried))], words("imprint", after)])
    return Resource(url="https://paper.example/news/1", title=title, text=text, published=published)


def test_the_beginning_of_an_article_under_a_headline_taken_from_it_is_the_same() -> None:
    found = said(carrying(HEADLINE, before=40), ARTICLE)
    assert (found.fold, found.rule) == (Fold.SAME, "beginning")
    assert found.evidence == "One carries the beginning of the other, 154 words without a break, after 40 words of its own."


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (carrying(OWN_TITLE, before=40), "it has a title of its own"),
        (carrying(HEADLINE, before=200), "it says much of its own before"),
        (carrying(HEADLINE, before=40, share=0.25), "it carries few words"),
        (carrying(HEADLINE, before=40, published=date(2026, 9, 1)), "it came long after"),
        (carrying("Digest March 2026", before=10, after=400), "it is a digest"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_quotation_is_never_folded(what: Resource, why: str) -> None:
    assert said(what, ARTICLE).fold in (Fold.MAYBE, Fold.NEW), why


def test_nearly_the_whole_article_is_the_same_whatever_stands_over_it() -> None:
    found = said(carrying(OWN_TITLE, before=30, share=0.86, after=20), ARTICLE)
    assert (found.fold, found.rule) == (Fold.SAME, "beginning")


@given(before=st.integers(0, 90), after=st.integers(0, 150), share=st.floats(0.45, 0.85))
def test_how_much_is_cut_off_and_put_around_does_not_matter(before: int, after: int, share: float) -> None:
    copy = carrying(HEADLINE, before=before, after=after, share=share)
    assert said(copy, ARTICLE).fold is said(ARTICLE, copy).fold is Fold.SAME


def test_the_page_of_a_report_that_begins_as_the_report_does_is_the_same() -> None:
    page = Resource(url="https://north.example/publications/walk", title="Two words", text=f"{words('opening', 60)} {words('order', 20)}")
    whole = Resource(url="https://north.example/news/walk", title="Two words", text=ARTICLE.text)
    assert (said(page, whole).fold, said(page, whole).rule) == (Fold.SAME, "teaser")


def test_pages_of_one_size_that_begin_alike_are_a_question() -> None:
    one, other = (Resource(url=f"https://north.example/{n}", title="Elm Court", text=f"{words('opening', 60)} score {n}") for n in (1, 2))
    assert said(one, other).fold is Fold.MAYBE


def test_a_landing_page_may_call_its_document_the_final_report() -> None:
    page = Resource(url="https://north.example/publications/walks", title="Walking wards together: final report", text=words("summary", 70))
    document = Resource(url="https://north.example/files/walks.pdf", title="Walking wards together", text=ARTICLE.text)
    draft = Resource(url="https://north.example/files/walks.pdf", title="Walking wards together: draft", text=ARTICLE.text)
    assert said(document, page).rule == "page-and-pdf"
    assert said(draft, page).fold is not Fold.SAME
