"""Dedupe: one form, filled in again. Vacancies, pages of one month each and webinars of a series are near-copies and not the same."""

from __future__ import annotations

import pytest

from pipeline import dedupe
from pipeline.dedupe.facts import code, facts
from pipeline.dedupe.when import dates_at, days_when, months_over, other_days
from pipeline.model import Fold, ItemId, Resource

DUTY = "The porter helps the kitchen to bring warm meals to every bed and takes back what is left so that the ward knows what people eat. " * 2
BOARD = " ".join(
    f"On this ward we counted falls pressure sores visits and meals and {who} asked the people in the beds what matters"
    for who in ("nurses", "doctors", "cooks", "porters")
)
WEBINAR = (
    "Join our series on quality in small hospitals. Speakers from three wards tell how they changed the handover, and take your questions."
    " Registration is free and the webinar is recorded for members who cannot come on the day."
)
NORTH, SOUTH = "https://north.example", "https://south.example"


def post(url: str, terms: str, title: str = "Kitchen porter") -> Resource:
    return Resource(url=url, title=title, text=f"{title}\n{DUTY}\n{terms}\nApply with a letter. Interviews are held on site. Salary by scale.")


def page(url: str, over: str = "", title: str = "Kittiwake ward information board") -> Resource:
    return Resource(url=url, title=title, text=f"{over}\n{BOARD}")


def talk(url: str, when: str, more: str = "") -> Resource:
    return Resource(url=url, title="Quality in small hospitals", text=f"{when}\n{WEBINAR} {more}")


def folds(one: Resource, other: Resource) -> set[bool]:
    """Whether they are one, whichever came first."""
    found = set()
    for first, then in ((one, other), (other, one)):
        kept = dedupe.Neighbour(id=ItemId(1), resource=first, fingerprint=dedupe.fingerprint(first))
        found.add(dedupe.match(then, dedupe.fingerprint(then), [kept]).fold in (Fold.SAME, Fold.REVISION))
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (post(f"{NORTH}/1", "22.5 hours. Fixed term. Ref GUL-KS-0412"), post(f"{NORTH}/2", "37.5 hours. Permanent. Ref GUL-KS-0413")),
        (post(f"{NORTH}/1", "", "Kitchen porter (GUL-KS-0412)"), post(f"{SOUTH}/2", "", "Kitchen porter (GUL-KS-0413)")),
        (post(f"{NORTH}/jobs/gul-ks-0412", "Permanent."), post(f"{NORTH}/jobs/gul-ks-0413", "Permanent.")),
        (post(f"{NORTH}/1", "", "Kitchen porter – North Hospital"), post(f"{NORTH}/2", "", "Kitchen porter – East Hospital")),
        (post(f"{NORTH}/1", "22.5 hours per week"), post(f"{SOUTH}/2", "37.5 hours per week")),
        (post(f"{NORTH}/1", "The post is permanent."), post(f"{SOUTH}/2", "The post is fixed term.")),
    ],
)
def test_posts_of_one_title_that_differ_in_reference_hours_contract_or_place_are_two(one: Resource, other: Resource) -> None:
    assert folds(one, other) == {False}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (post(f"{NORTH}/1", "22.5 hours. Ref GUL-KS-0412"), post(f"{SOUTH}/77", "Closing soon. 22.5 hours. Ref GUL-KS-0412")),
        (post(f"{NORTH}/jobs/gul-ks-0412", "20 hours"), post(f"{SOUTH}/991", "20 hours. Ref GUL/KS/0412")),
        (post(f"{NORTH}/jobs/ABC-1001", "20 hours"), post(f"{SOUTH}/jobs/job-99812", "20 hours")),
        (post(f"{NORTH}/1", "20 hours", "Kitchen porter - GUL-KS-0412"), post(f"{SOUTH}/2", "20 hours. Reference: GUL-KS-0412")),
    ],
)
def test_one_post_on_two_boards_is_one(one: Resource, other: Resource) -> None:
    assert folds(one, other) == {True}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (page(f"{NORTH}/1", "Ward information board – May 2024"), page(f"{NORTH}/2", "Ward information board – June 2024")),
        (page(f"{NORTH}/1", "How we are doing\nMay 2024"), page(f"{SOUTH}/2", "How we are doing\nJune 2024")),
        *(
            (page(f"{NORTH}/{form}".format("2024", "05", "may")), page(f"{NORTH}/{form}".format("2024", "06", "june")))
            for form in (
                "kittiwake/{0}-{1}",
                "kittiwake/{0}/{1}",
                "kittiwake/{2}-{0}",
                "k?month={0}-{1}",
                "{0}-{1}-01/kittiwake",
                "board-{0}-{1}",
                "b/{0}{1}",
            )
        ),
    ],
)
def test_pages_of_one_form_for_two_months_are_two(one: Resource, other: Resource) -> None:
    assert folds(one, other) == {False}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (page(f"{NORTH}/1", "Ward information board – May 2024"), page(f"{SOUTH}/2", "Ward information board – May 2024")),
        (page(f"{NORTH}/2024/05/how-we-walked"), page(f"{NORTH}/how-we-walked")),
        (page(f"{NORTH}/2024/05/how-we-walked"), page(f"{NORTH}/2024/06/how-we-walked")),
        (page(f"{NORTH}/how", "Published May 2024"), page(f"{SOUTH}/how", "Updated June 2024")),
        (page(f"{NORTH}/how", "May 2024"), page(f"{NORTH}/how", "June 2024")),
    ],
)
def test_a_page_that_moved_or_was_brought_up_to_date_is_one(one: Resource, other: Resource) -> None:
    assert folds(one, other) == {True}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("When: 14 June 2023, 4 pm BST", "When: 8 February 2023"),
        ("Date and time\nWed 14 June", "Date and time\nWed 21 June"),
        ("Wann: 14.06.2023, 16 Uhr", "Wann: 08.02.2023"),
        ("When: 2023-06-14", "When: 8 February 2023"),
    ],
)
def test_webinars_of_one_title_on_two_days_are_two(one: str, other: str) -> None:
    assert folds(talk(f"{NORTH}/?event=35", one), talk(f"{NORTH}/?event=31", other)) == {False}
    assert folds(talk(f"{NORTH}/?event=35", one), talk(f"{SOUTH}/31", other)) == {False}


@pytest.mark.parametrize(
    "other", ["When: 2023-06-14", "Hosted by Ada\nWednesday, June 14, 2023 at 4:00 PM", "Wann: 14.06.2023", "When: Wednesday 14 June"]
)
def test_a_webinar_that_another_site_shows_on_the_same_day_is_one(other: str) -> None:
    assert folds(talk(f"{NORTH}/?event=35", "When: 14 June 2023, 4 pm BST"), talk(f"{SOUTH}/3991", other, "Bring a friend.")) == {True}


def test_days_behind_when_are_read_and_other_days_are_not() -> None:
    assert days_when("When: 14 June 2023, 4 pm") == {(2023, 6, 14)}
    assert days_when("When: 2/8/2023") == {(2023, 8, 2), (2023, 2, 8)}
    assert days_when("When we asked on Monday nobody knew.\nPublished on 14 June 2023") == frozenset()
    assert other_days(frozenset({(0, 6, 14)}), frozenset({(2023, 6, 21)}))
    assert not other_days(frozenset({(0, 6, 14)}), frozenset({(2023, 6, 14)}))
    assert not other_days(frozenset(), frozenset({(2023, 6, 14)}))


def test_months_over_a_text_are_those_of_the_edition() -> None:
    assert months_over("Board\nMay 2024\n" + BOARD) == {(2024, 5, 0)}
    assert months_over("Updated May 2024\n" + BOARD) == frozenset()
    assert months_over("14 May 2024\n" + BOARD) == frozenset()


def test_dates_are_taken_out_of_addresses_but_not_from_before_a_slug() -> None:
    assert dates_at("north.example/board/2024-05") == ("north.example/board/~", frozenset({(2024, 5, 0)}))
    assert dates_at("north.example/board?on=2024-05-14") == ("north.example/board?on=~", frozenset({(2024, 5, 14)}))
    assert dates_at("north.example/2024/05/slug") == ("north.example/2024/05/slug", frozenset())
    assert dates_at("north.example/item/20240599871") == ("north.example/item/20240599871", frozenset())


def test_references_are_read_without_a_colon_in_titles_and_in_addresses() -> None:
    assert facts("Ref GUL-KS-0412", "").references == {"gul-ks-0412"}
    assert facts("", "Porter [GUL/KS/0412]").references == {"gul-ks-0412"}
    assert facts("Reference 2019-2020 and the refs 12 of 1999", "Porter 2024").references == frozenset()
    assert code("https://north.example/jobs/GUL-KS-0412/") == "gul-ks-0412"
    assert code("https://north.example/jobs/kitchen-porter") == ""
