"""The record of sources: what they were worth, and what is proposed, from the figures alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.classify import record
from pipeline.classify.record import Proposal, SourceRecord
from pipeline.cli.session import now
from pipeline.model import Brought, Fold, ItemId, Match, State, Verdict
from tests.builders import NOW, decision, lead, resource
from tests.desk import Desk
from tests.test_web import Site

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
NEW = Match(fold=Fold.NEW)
NORTH = '[{id: north, kind: feed, url: "https://north.example/feed", title: North}, {id: south, kind: feed, url: "https://south.example/feed"}]'


def brought(source: str, item: int, state: State, *, ago: timedelta = 5 * DAY, reason: str | None = None) -> Brought:
    decided = NOW - ago if state not in (State.QUEUED, State.DEFERRED) else None
    return Brought(source=source, item=ItemId(item), first_seen=NOW - ago - DAY, state=state, decided=decided, reason=reason)


def many(source: str, kept: int, rejected: int, *, first: int = 0, reason: str | None = None, ago: timedelta = 5 * DAY) -> list[Brought]:
    return [
        *(brought(source, first + n, State.ACCEPTED, ago=ago) for n in range(kept)),
        *(brought(source, first + kept + n, State.REJECTED, ago=ago, reason=reason) for n in range(rejected)),
    ]


def proposed(source: str, records: tuple[SourceRecord, ...]) -> Proposal:
    return next(one for one in record.proposals(records, now=NOW) if one.source == source)


# ---------------------------------------------------------------- the record


def test_a_record_counts_what_was_kept_and_why_the_rest_was_not() -> None:
    rows = [
        brought("north", 1, State.ACCEPTED, ago=9 * DAY),
        brought("north", 2, State.PUBLISHED, ago=4 * DAY),
        brought("north", 3, State.REJECTED, reason="promotional"),
        brought("north", 4, State.REJECTED, reason="old"),
        brought("north", 5, State.REJECTED, reason="promotional"),
        brought("north", 6, State.REJECTED),
        brought("north", 7, State.QUEUED),
        brought("south", 2, State.PUBLISHED),
        brought("south", 3, State.REJECTED, reason="promotional"),
    ]
    north, _ = record.records(["north", "south"], rows, now=NOW, pace=30.0)
    assert (north.kept, north.rejected, north.decided, north.published, north.span) == (2, 4, 6, 1, "twelve weeks")
    assert north.reasons == (("promotional", 2), ("old", 1))
    assert (north.overlap, north.shared, north.alone) == ((("south", 2),), 2, 1)
    assert north.last_kept == NOW - 4 * DAY
    assert north.minutes == 2.5  # four alone and two shared with another: five times half a minute


def test_minutes_are_shared_among_the_sources_of_an_item_and_lose_nothing() -> None:
    rows = [*many("north", 3, 9), *many("south", 3, 9), *many("west", 0, 6, first=100), *many("import", 3, 9)]
    made = record.records(["north", "south", "west"], rows, now=NOW, pace=60.0)
    assert [one.minutes for one in made] == [6.0, 6.0, 6.0]


def test_a_source_that_nobody_heard_of_has_an_empty_record() -> None:
    (made,) = record.records(["north"], [], now=NOW)
    assert made == SourceRecord(source="north")
    assert proposed("north", (made,)) == Proposal(source="north", what="watch", sentence="Nothing of it was decided in a year.")


def test_few_decisions_in_twelve_weeks_are_looked_at_over_a_year() -> None:
    old, fresh = many("north", 1, 8, ago=200 * DAY), many("north", 0, 4, first=50)
    (made,) = record.records(["north"], [*old, *fresh], now=NOW)
    assert (made.span, made.kept, made.rejected) == ("a year", 1, 12)
    (made,) = record.records(["north"], [*old, *many("north", 0, 10, first=50)], now=NOW)
    assert (made.span, made.kept, made.rejected) == ("twelve weeks", 0, 10)
    assert made.last_kept == NOW - 200 * DAY


def test_what_is_older_than_a_year_does_not_count() -> None:
    (made,) = record.records(["north"], many("north", 5, 9, ago=400 * DAY), now=NOW)
    assert (made.decided, made.weeks) == (0, (0,) * 12)


def test_weeks_stand_in_the_order_of_time_and_end_with_this_one() -> None:
    rows = [
        Brought(source="north", item=ItemId(n), first_seen=NOW - ago, state=State.QUEUED)
        for n, ago in enumerate((DAY, 2 * DAY, WEEK, 11 * WEEK, 12 * WEEK))
    ]
    (made,) = record.records(["north"], rows, now=NOW)
    assert made.weeks == (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2)


# ---------------------------------------------------------------- proposals


def test_a_poor_source_is_proposed_for_dropping_with_its_figures() -> None:
    rows = [*many("north", 1, 25, reason="promotional"), *many("south", 20, 20, first=100)]
    made = record.records(["north", "south"], rows, now=NOW, pace=25.0)
    poor = proposed("north", made)
    assert poor.what == "drop"
    assert poor.sentence.startswith("1 kept of 26, 25 promotional, 11 minutes in twelve weeks: drop it?")
    assert poor.sentence.endswith("1 came from nobody else; the last was kept 5 days ago.")
    assert (poor.low, poor.high) == (0.0068, 0.1889)
    assert [one.source for one in record.proposals(made, now=NOW)] == ["north", "south"]


def test_a_source_whose_kept_items_all_came_from_others_too_is_told_so() -> None:
    rows = [*many("north", 2, 30), *(brought("south", n, State.ACCEPTED) for n in range(2)), *many("south", 20, 2, first=100)]
    assert proposed("north", record.records(["north", "south"], rows, now=NOW)).sentence.endswith("came from others too (south).")


def test_a_source_below_the_usual_is_to_be_asked_less_often_and_a_good_one_kept() -> None:
    made = record.records(["north", "south"], [*many("north", 8, 32), *many("south", 60, 20, first=100)], now=NOW)
    assert (proposed("north", made).what, proposed("south", made).what) == ("demote", "keep")
    assert "below the 75% kept of other sources" in proposed("north", made).sentence
    assert proposed("north", made).how == "{id: less-of-north, when: {source: [north], seen_below: 2}, then: unlikely}"


def test_a_selective_desk_does_not_drop_its_ordinary_sources() -> None:
    made = record.records(["north", "south"], [*many("north", 4, 76), *many("south", 5, 75, first=100)], now=NOW)
    assert {one.what for one in record.proposals(made, now=NOW)} <= {"keep", "watch"}


@given(st.integers(0, 9), st.floats(0, 1))
def test_nothing_is_proposed_on_fewer_than_ten_decisions(decided: int, usual: float) -> None:
    assert {record.verdict(kept, decided, usual) for kept in range(decided + 1)} == {"watch"}


@given(st.integers(1, 400), st.floats(0, 1))
def test_a_greater_share_kept_never_makes_a_proposal_worse(decided: int, usual: float) -> None:
    order = ("drop", "demote", "watch", "keep")
    judged = [order.index(record.verdict(kept, decided, usual)) for kept in range(decided + 1)]
    assert judged == sorted(judged)


@given(st.integers(1, 2_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_narrows_with_more_of_the_same(figures: tuple[int, int]) -> None:
    kept, decided = figures
    low, high = record.wilson(kept, decided)
    assert 0 <= low <= kept / decided + 1e-12
    assert kept / decided - 1e-12 <= high <= 1
    wider = record.wilson(4 * kept, 4 * decided)
    assert wider[1] - wider[0] < high - low


def test_the_interval_is_that_of_the_literature() -> None:
    assert [round(one, 4) for one in record.wilson(1, 10)] == [0.0179, 0.4042]
    assert record.wilson(0, 0) == (0.0, 1.0)


@given(
    st.lists(
        st.builds(
            brought,
            st.sampled_from(["north", "south", "west"]),
            st.integers(1, 30),
            st.sampled_from([State.QUEUED, State.ACCEPTED, State.REJECTED, State.PUBLISHED]),
            ago=st.integers(0, 500).map(lambda days: days * DAY),
            reason=st.sampled_from([None, "old", "weak"]),
        ),
        unique_by=lambda one: (one.source, one.item),
        max_size=80,
    )
)
def test_figures_agree_with_each_other_whatever_was_brought(rows: list[Brought]) -> None:
    made = record.records(["north", "south", "west"], rows, now=NOW)
    for one in made:
        assert one.published <= one.kept
        assert one.alone <= one.kept
        assert one.shared <= one.decided
        assert sum(count for _, count in one.reasons) <= one.rejected
        assert all(count <= one.shared for _, count in one.overlap)
        assert sum(one.weeks) <= sum(row.source == one.source for row in rows)
    assert sorted(one.source for one in record.proposals(made, now=NOW)) == ["north", "south", "west"]
    assert record.records(["north", "south", "west"], rows[::-1], now=NOW) == made


# ---------------------------------------------------------------- as a curator meets it


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path, sources=NORTH)
    made.must("sources", "list")
    return made


def fill(desk: Desk) -> None:
    """26 items of one source, of which one is kept, and 20 of another, of which half are; the first is named by both."""
    moment = now() - 2 * DAY  # the command reads the real clock
    with desk.store() as store:
        for source, count in (("north", 26), ("south", 20)):
            for number in range(count):
                url = f"https://{source}.example/{number}"
                store.offer(source, [lead(source=source, url=url)], moment)
                one = resource(url=url, canonical_url=url, title=f"{source} {number}", text=f"{source} {number} says its own thing.")
                (claim,) = store.lease(moment, limit=1, seconds=60, owner="test")
                item = store.add(one, dedupe.fingerprint(one), NEW, now=moment, claim=claim)
                wanted = number == 0 or (source == "south" and number % 2 == 0)
                verdict, reason = (Verdict.ACCEPT, None) if wanted else (Verdict.REJECT, "promotional")
                store.decide(decision(item=item, verdict=verdict, reason=reason, decided=moment + timedelta(seconds=20 * number), curator=source))
        store.offer("south", [lead(source="south", url="https://north.example/0")], moment)


def test_the_record_is_told_for_each_source_the_most_pressing_first(desk: Desk) -> None:
    fill(desk)
    north, south = desk.must("sources", "record")
    assert (north["source"], north["proposal"], north["kept"], north["decided"]) == ("north", "drop", 1, 26)
    assert north["reasons"] == [["promotional", 25]]
    assert north["overlap"] == [["south", 1]]
    assert north["minutes"] == pytest.approx(8.5)  # twenty seconds a decision, half for the one that south named too
    assert north["weeks"][-1] == 26
    assert (south["source"], south["proposal"]) == ("south", "keep")
    said = desk.run("sources", "record", "north").out
    assert "1 kept of 26, 25 promotional, 8 minutes in twelve weeks: drop it?" in said
    assert "named by others too: south (1)" in said
    assert "to do so: gleanings sources pause north" in said


def test_the_list_of_sources_says_what_was_kept(desk: Desk) -> None:
    fill(desk)
    assert [(one["kept"], one["rejected"], one["proposal"]) for one in desk.must("sources", "list")] == [(1, 25, "drop"), (11, 10, "keep")]
    assert "1 of 26: drop?" in desk.run("sources", "list").out


def test_a_source_that_is_not_there_is_named(desk: Desk) -> None:
    done = desk.run("sources", "record", "nroth")
    assert (done.code, "Did you mean “north”?" in done.err) == (1, True)


@pytest.mark.parametrize("what", ["drop", "demote"])
def test_what_is_proposed_can_be_written_as_it_stands(desk: Desk, what: str) -> None:
    rows = [*many("north", 0 if what == "drop" else 8, 32), *many("south", 60, 20, first=100)]
    how = proposed("north", record.records(["north", "south"], rows, now=NOW)).how
    if what == "drop":
        assert desk.run(*how.split()[1:]).code == 0
    else:
        with (desk.folder / "sources.yaml").open("a", encoding="utf-8") as file:
            file.write(f"rules:\n  - {how}\n")
        assert desk.run("check").code == 0


def test_the_page_of_the_sources_shows_figures_that_can_be_read_without_the_drawings(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.open() as store:
        store.sync_sources(site.config.sources, NOW)
        for number in range(30):
            url = f"https://north.example/{number}"
            seen = NOW - (number % 3) * WEEK - DAY
            store.offer("north-blog", [lead(url=url)], seen)
            (claim,) = store.lease(seen, limit=1, seconds=60, owner="test")
            one = resource(url=url, canonical_url=url, title=f"Page {number}", text=f"Page {number} says its own thing.")
            item = store.add(one, dedupe.fingerprint(one), NEW, now=seen, claim=claim)
            store.decide(decision(item=item, verdict=Verdict.REJECT, reason="<promotional>", decided=NOW - timedelta(hours=number)))
    text = site.visitor().get("/desk/sources").text
    assert "this week last: 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 10, 10" in text
    assert "0 of 30, drop?" in text
    assert "0 kept of 30, 30 &lt;promotional&gt;, 10 minutes in twelve weeks: drop it?" in text
    assert "<code>gleanings sources pause north-blog</code>" in text
    assert "style=" not in text
