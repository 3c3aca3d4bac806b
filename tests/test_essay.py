"""Essays, series and balance: what is drafted stands in the entries, what is counted can be counted again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.digest import balance, cited, compose, draft_essay, draft_round_up, preflight, round_ups
from pipeline.digest.balance import Count, how_made
from pipeline.digest.series import offer, ordinal, spotlight
from pipeline.model import Credit, Desk, DigestSettings, Edition, Entry, Event, Item, ItemId, Kind, Overlay, Section, State, Tally, Topic
from pipeline.text import words
from tests import builders
from tests.builders import NOW


def entry(number: int, **changes: Any) -> Entry:
    return builders.entry(**{"id": ItemId(number), "url": f"https://n.example/{number}", "title": f"Title {number}", "topics": (), **changes})


def edition(*entries: Entry, **changes: Any) -> Edition:
    return builders.edition(**{"sections": (Section(id="a", title="Reports", entries=entries),), **changes})


# ---------------------------------------------------------------- essays


@pytest.mark.parametrize(
    ("essay", "ids"),
    [
        ("As they say [@214], and again [@3; @214].", (214, 3)),
        ("No [@x], no @4, no [4], no [@ 5].", ()),
        ("[@1][@2]", (1, 2)),
        ("", ()),
    ],
)
def test_references_are_read_in_their_order(essay: str, ids: tuple[int, ...]) -> None:
    assert cited(essay) == ids


def test_the_draft_has_a_paragraph_for_each_theme_and_speaks_in_the_words_of_the_entries() -> None:
    one = edition(
        entry(1, topics=("Learning", "Trust"), blurb="It was found. It was good. It was long.", note="Read page 4"),
        entry(2, topics=("Learning",), source="", kind_name="Blog"),
        entry(3, topics=("Trust",)),
        entry(4, kind=Kind.WEBINAR, kind_name="Webinar", event=Event(start=date(2026, 12, 9)), topics=("Learning",)),
    )
    draft = draft_essay(one)
    assert draft.startswith(
        "## Learning\n\nFrom North Network comes *Title 1* (report) [@1]. It was found. It was good. Read page 4. There is *Title 2* (blog) [@2]."
    )
    assert re.findall("^## (.*)", draft, re.MULTILINE) == ["Learning", "Reports"]
    assert "On 9 December 2026 there is *Title 4* (webinar) [@4]." in draft.splitlines()[-1]
    assert cited(draft) == (1, 2, 3, 4)


def test_markup_in_entries_is_no_markup_in_the_draft() -> None:
    draft = draft_essay(edition(entry(1, title="A *b* [@9](http://x)", blurb="See [@8]. <script>", note="`x`")))
    assert cited(draft) == (1,)
    assert r"*A \*b\* \[@9\](http://x)*" in draft
    assert r"\<script\>" in draft


titles = st.text(st.sampled_from("abc XYZ.[]@1;*\n"), max_size=20)


@given(st.lists(st.builds(entry, st.integers(1, 20), title=titles, blurb=titles, note=titles, kind=st.sampled_from(Kind)), max_size=8))
def test_a_draft_cites_every_entry_and_nothing_else(some: list[Entry]) -> None:
    once = list({one.id: one for one in some}.values())
    assert sorted(cited(draft_essay(edition(*once)))) == sorted(one.id for one in once)


def rules_of(one: Edition) -> list[tuple[str, str]]:
    return [(finding.severity, finding.rule) for finding in preflight(one) if finding.rule.startswith("essay")]


def test_preflight_reads_an_essay() -> None:
    one = edition(entry(1), entry(2), template="essay")
    assert rules_of(replace(one, essay=draft_essay(one))) == [("warning", "essay-draft")]
    assert rules_of(one) == [("warning", "essay-missing")]
    assert rules_of(replace(one, essay="Of [@1; @2].")) == []
    assert rules_of(replace(one, essay="Of [@1; @7].")) == [("error", "essay-unknown"), ("note", "essay-uncited")]
    assert rules_of(replace(one, essay="Of [@7].", template="list")) == []


# ---------------------------------------------------------------- composing with them


def composed(*items: Item, **changes: Any) -> Edition:
    template = changes.pop("template", "list")
    given = {"desk": Desk(), "settings": DigestSettings(template=template, audience="members"), "topics": (), "tally": Tally(), "now": NOW}
    return compose("2026-12", items, **{**given, **changes})


def accepted(number: int, **changes: Any) -> Item:
    return builders.item(id=ItemId(number), state=State.ACCEPTED, **changes)


def test_an_essay_that_nobody_wrote_is_drafted() -> None:
    one = composed(accepted(1), template="essay")
    assert (one.template, one.essay) == ("essay", draft_essay(one))
    assert composed(accepted(1), template="essay", essay="Mine [@1].").essay == "Mine [@1]."
    assert composed(accepted(1), essay="Mine [@1].").essay == ""


# ---------------------------------------------------------------- series


def parts(*numbers: int, **changes: Any) -> list[Entry]:
    return [entry(number, series="Focal Point" if number % 2 else "Focal point", **changes) for number in numbers]


def test_three_new_parts_of_a_series_are_worth_a_round_up() -> None:
    old = edition(*parts(1, 2), id="2026-10")
    here = edition(*parts(3, 4), id="2026-11")
    (found,) = round_ups(here, [old, edition(*parts(9), id="2026-12")])
    assert (found.series, [part.id for part in found.parts]) == ("Focal Point", [1, 2, 3, 4])
    assert offer(found) in preflight(here, history=[old])
    assert round_ups(here, []) == ()
    assert round_ups(edition(entry(8), id="2026-11"), [old, here]) == ()


@pytest.mark.parametrize(
    "told",
    [
        {"letter": "Hello.\n\n## Round-up: Focal Point\n\nThree parts."},
        {"essay": "## Round-up: Focal point\n\nThree parts."},
        {"sections": (Section(id="a", title="A", entries=(*parts(1, 3, 5), entry(7, title="An overview of the Focal Point webinars"))),)},
    ],
)
def test_what_was_rounded_up_is_not_offered_again(told: dict[str, Any]) -> None:
    old = replace(edition(*parts(1, 3, 5), id="2026-10"), **told)
    assert round_ups(edition(*parts(2, 4), id="2026-11"), [old]) == ()
    assert len(round_ups(edition(*parts(2, 4, 6), id="2026-11"), [old])) == 1


def test_a_title_that_counts_its_parts_is_a_series() -> None:
    blogs = [entry(number, title=f"Growing a community, blog {4 - number}: and so on") for number in (1, 2, 3)]
    (found,) = round_ups(edition(*blogs), [])
    assert (found.series, [part.id for part in found.parts]) == ("Growing a community", [3, 2, 1])


@pytest.mark.parametrize(
    "names", [("The Focal Point webinar series", "Focal point", "FOCAL POINT part 3"), ("Spotlight on", "Spotlight series", "Spotlight")]
)
def test_a_series_is_known_whatever_it_is_called(names: tuple[str, ...]) -> None:
    assert len(round_ups(edition(*(entry(number, series=name) for number, name in enumerate(names, start=1))), [])) == 1


@pytest.mark.parametrize(
    ("title", "blurb", "number"),
    [
        ("Networks, part 2", "", 2),
        ("Networks (Part Two)", "", 2),
        ("Growing a community, blog 1: begin", "", 1),
        ("Networks", "The second blog in our series on networks.", 2),
        ("The 3rd webinar", "", 3),
        ("Networks", "The first thing that they did.", None),
        ("Ten years", "Blog 4 was better.", None),
    ],
)
def test_the_number_of_a_part_is_read(title: str, blurb: str, number: int | None) -> None:
    assert ordinal(entry(1, title=title, blurb=blurb)) == number


def test_a_round_up_is_drafted_from_what_stands_there() -> None:
    (found,) = round_ups(edition(*parts(1, 2, 3, blurb="It is so. And so on.", published=date(2026, 11, 3))), [])
    assert draft_round_up(found).splitlines() == [
        "## Round-up: Focal Point",
        "",
        "3 parts of this series came out since it was last looked back on.",
        "",
        *(f"{number}. **[Title {number}](<https://n.example/{number}>)**, North Network, 3 November 2026. It is so\\." for number in (1, 2, 3)),
    ]


@pytest.mark.parametrize(
    ("title", "description", "profile"),
    [
        ("Rosa Lane – Manager of the South Network.", "", "Rosa Lane, Manager of the South Network"),
        (
            "Why we share",
            "Coll Young - Community Director of Bay Clinic Connect\n\nColl is known.",
            "Coll Young, Community Director of Bay Clinic Connect",
        ),
        ("Dan Rye\nFellow, Lantern Health", "", "Dan Rye, Fellow, Lantern Health"),
        ("Spotlight: Fenna Douwes, sub-group lead and district nurse", "", "Fenna Douwes, sub-group lead and district nurse"),
        ("In conversation with Dr Ada van der Marsh, patient leader", "", "Dr Ada van der Marsh, patient leader"),
        ("Kirkhaven North, a new network", "", ""),
        ("Why we share", "Somebody said so.", ""),
    ],
)
def test_a_spotlight_says_whom_it_is_with(title: str, description: str, profile: str) -> None:
    item = builders.item(resource=builders.resource(kind=Kind.INTERVIEW, title=title, description=description, series="Spotlight on"))
    assert spotlight(item) == profile
    (made,) = composed(replace(item, state=State.ACCEPTED)).entries
    name, _, about = profile.partition(", ")
    assert (Credit(role="in conversation with", name=name, about=about) in made.credits) is bool(profile)


def test_only_interviews_of_the_spotlight_have_a_profile() -> None:
    title = "Rosa Lane – Manager of the South Network"
    assert spotlight(builders.item(resource=builders.resource(kind=Kind.BLOG, title=title, series="Spotlight"))) == ""
    assert spotlight(builders.item(resource=builders.resource(kind=Kind.INTERVIEW, title=title, series="Voices"))) == ""


# ---------------------------------------------------------------- balance


def test_publishers_are_one_whatever_their_spelling() -> None:
    here = edition(*(entry(number, source=name) for number, name in enumerate(["King’s Fund", "The King's Fund", "Kings Fund", "King’s Fund", "X"])))
    old = replace(edition(entry(1, source="Kings Fund"), entry(2, source="Y")), id="2026-10")
    counts = balance(here, [old, replace(old, id="2027-01")])
    assert counts.publishers == (
        Count(name="King’s Fund", here=4, before=(1,)),
        Count(name="X", here=1, before=(0,)),
        Count(name="Y", here=0, before=(1,)),
    )
    assert (counts.total, counts.months) == (5, ("2026-10",))
    assert counts.sentences[0] == "Publishers: King’s Fund 4 of 5; X 1."


def test_six_earlier_editions_are_enough() -> None:
    history = [replace(edition(entry(1)), id=f"2025-{month:02}") for month in range(1, 10)]
    assert balance(edition(entry(1)), history).months == tuple(f"2025-{month:02}" for month in range(4, 10))


def test_needs_and_contributors_are_counted_apart() -> None:
    topics = (Topic(id="s", name="Starting", facet="member-need"), Topic(id="m", name="Measuring", facet="member-need"), Topic(id="t", name="Trust"))
    gave = (Credit(role="recommended by", name="Ben Oak"), Credit(role="author", name="Ada Marsh"))
    counts = balance(edition(*(entry(number, topics=("Starting", "Trust"), credits=gave) for number in (1, 2, 3))), topics=topics)
    assert [(one.name, one.here) for one in counts.needs] == [("Starting", 3), ("Measuring", 0)]
    assert [one.name for one in counts.topics] == ["Trust"]
    assert [(one.name, one.here) for one in counts.contributors] == [("Ben Oak", 3)]
    assert counts.sentences[-3:] == (
        "1 person sent in or recommended what stands here.",
        "What members need: Starting 3.",
        "Nothing here serves: Measuring.",
    )


def test_the_edition_says_how_it_was_made() -> None:
    tally = Tally(
        received=143, folded=19, kept=14, rejected=52, sources=41, reasons=(("promotional", 20), ("old", 9), ("weak", 8), ("far", 2), ("z", 1))
    )
    items = [
        accepted(number, overlay=Overlay(title=f"Title {number}"), resource=builders.resource(publisher=f"P{number % 2}")) for number in (1, 2, 3)
    ]
    made = composed(*items, tally=tally, topics=(Topic(id="s", name="Starting", facet="member-need"),)).made
    assert made == (
        "Received: 143 from 41 sources; 19 of them we had already. Kept: 14. Left out: 52.",
        "Left out because: promotional 20; old 9; weak 8; far 2; other reasons 1.",
        "Publishers: P1 2 of 3; P0 1.",
        "Kinds: Article 3 of 3.",
        "Nothing here serves: Starting.",
    )


def test_the_public_is_not_told_what_members_need() -> None:
    topics = (Topic(id="s", name="Starting", facet="member-need"),)
    assert not any("Starting" in one for one in how_made(edition(entry(1), entry(2), entry(3), audience="public"), topics=topics))


@given(st.lists(st.sampled_from(["A", "B", "C", "D", "E", ""]), max_size=20))
def test_the_shares_add_up(sources: list[str]) -> None:
    counts = balance(edition(*(entry(number, source=name) for number, name in enumerate(sources, start=1))))
    assert sum(one.here for one in counts.publishers) == sum(1 for name in sources if name)
    for one in counts.sentences:
        numbers = [int(word) for word in words(one) if word.isdigit()]
        assert all(number <= len(sources) for number in numbers)
