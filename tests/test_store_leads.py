"""Leads, sightings and leases; sources, runs and robots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import NotFoundError
from pipeline.model import Claim, Fingerprint, Fold, Kind, Lead, Match, Run
from pipeline.store import Store
from pipeline.store.leads import LONGEST_LEASE
from tests.builders import NOW, lead, resource, source

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW = Match(fold=Fold.NEW)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        made.sync_sources([source(), source(id="south", url="https://south.example/feed", title="")], NOW)
        yield made


def lease(store: Store, now: datetime = NOW, *, limit: int = 100, owner: str = "me", sources: list[str] | None = None) -> tuple[Claim, ...]:
    return store.lease(now, limit=limit, seconds=600, owner=owner, sources=sources)


def visit(store: Store, claim: Claim, match: Match = NEW) -> int:
    return store.add(resource(url=claim.url, canonical_url=None), Fingerprint(keys=(f"url:{claim.url}",)), match, now=NOW, claim=claim)


# ---------------------------------------------------------------- offering


def test_an_address_is_one_lead_however_it_is_written() -> None:
    with Store.open(":memory:") as store:
        offered = [lead(), lead(url="http://www.north.example/a?utm_source=mail#top"), lead(url="https://north.example/b")]
        assert store.offer("north-blog", offered, NOW) == (3, 2)
        assert store.offer("south", offered, NOW) == (3, 0)
        assert [claim.url for claim in lease(store)] == ["https://north.example/a", "https://north.example/b"]


def test_what_is_no_web_address_is_not_a_lead(store: Store) -> None:
    assert store.offer("north-blog", [lead(url=url) for url in ("mailto:a@b.example", "", "javascript:x", "https://", "x" * 9000)], NOW) == (0, 0)


def test_a_claim_is_put_together_from_all_that_named_it_and_the_first_to_speak_wins(store: Store) -> None:
    store.offer("north-blog", [lead(title=None, creators=("Ada Marsh",))], NOW)
    store.offer("south", [lead(title="A title", creators=("Somebody Else",), label="View PDF", kind=Kind.REPORT)], NOW + HOUR)
    (claim,) = lease(store, NOW + HOUR)
    assert claim.lead == lead(title="A title", creators=("Ada Marsh",), label="View PDF", kind=Kind.REPORT)


def test_a_known_address_costs_a_sighting_of_its_item_and_no_visit(store: Store) -> None:
    store.offer("north-blog", [lead()], NOW)
    (claim,) = lease(store)
    number = visit(store, claim)
    assert store.offer("south", [lead(url="https://www.north.example/a", title="Their words")], NOW + DAY) == (1, 0)
    assert store.offer("north-blog", [lead()], NOW + 2 * DAY) == (1, 0)
    seen = [(one.lead.source, one.lead.title, one.first_seen, one.last_seen) for one in store.item(number).sightings]  # type: ignore[arg-type]
    assert seen == [("north-blog", "How a network learns", NOW, NOW + 2 * DAY), ("south", "Their words", NOW + DAY, NOW + DAY)]
    assert (lease(store, NOW + 3 * DAY), store.pending(NOW + 3 * DAY)) == ((), 0)


def test_the_address_where_an_item_was_found_is_known_too(store: Store) -> None:
    store.offer("north-blog", [lead(url="https://short.example/x")], NOW)
    (claim,) = lease(store)
    number = store.add(resource(), Fingerprint(keys=("url:north.example/a",)), NEW, now=NOW, claim=claim)
    assert store.offer("south", [lead()], NOW) == (1, 0)
    assert lease(store) == ()
    assert {one.lead.source for one in store.item(number).sightings} == {"north-blog", "south"}


def test_an_address_that_somebody_is_visiting_is_left_to_him(store: Store) -> None:
    store.offer("north-blog", [lead(), lead(url="https://short.example/x")], NOW)
    there, short = lease(store)
    store.add(resource(), Fingerprint(keys=("url:north.example/a",)), NEW, now=NOW, claim=short)
    number = visit(store, there, Match(fold=Fold.SAME, of=store.find("https://short.example/x"), rule="url", evidence="The same address."))
    assert store.item(number).merged_into == 1  # type: ignore[arg-type]


def test_words_that_no_database_can_hold_lose_only_what_cannot_be_held(store: Store) -> None:
    store.offer("north-blog", [lead(title="half \ud83d a pair"), lead(url="https://north.example/\udc00")], NOW)
    assert "half  a pair" in {claim.lead.title for claim in lease(store)}


# ---------------------------------------------------------------- leasing


def test_a_lease_takes_hosts_in_turn_and_keeps_a_hosts_leads_together(store: Store) -> None:
    store.offer(
        "north-blog", [lead(url=f"https://{host}.example/{n}") for host in "aaab" for n in (1, 2, 3)] + [lead(url="https://c.example/1")], NOW
    )
    assert [claim.url for claim in lease(store, limit=4)] == [
        "https://a.example/1",
        "https://a.example/2",
        "https://b.example/1",
        "https://c.example/1",
    ]


def test_a_host_is_never_leased_to_two(store: Store) -> None:
    store.offer("north-blog", [lead(url=f"https://a.example/{n}") for n in range(4)] + [lead(url="https://b.example/1")], NOW)
    assert len(lease(store, limit=1)) == 1
    assert [claim.url for claim in lease(store, owner="other")] == ["https://b.example/1"]
    assert lease(store) == ()


def test_a_lease_that_runs_out_is_given_out_again_and_counted(store: Store) -> None:
    store.offer("north-blog", [lead()], NOW)
    assert [claim.attempts for claim in lease(store)] == [1]
    assert lease(store, NOW + timedelta(seconds=599)) == ()
    assert [claim.attempts for claim in lease(store, NOW + timedelta(seconds=600))] == [2]


@pytest.mark.parametrize("jump", [timedelta(hours=3), timedelta(days=30), timedelta(days=400)])
def test_a_lease_of_a_clock_that_was_ahead_holds_nobody_up_when_it_is_back(jump: timedelta, store: Store) -> None:
    store.offer("north-blog", [lead(url=f"https://a.example/{n}") for n in range(2)], NOW)
    assert len(lease(store, NOW + jump, limit=1)) == 1
    assert store.pending(NOW) == 2
    assert [claim.url for claim in lease(store, owner="next")] == ["https://a.example/0", "https://a.example/1"]


@given(seconds=st.floats(1, 1e6), back=st.floats(0, 4e7))
def test_wherever_the_clock_goes_no_lead_is_held_for_longer_than_the_longest_lease(seconds: float, back: float) -> None:
    with Store.open(":memory:") as store:
        store.sync_sources([source()], NOW)
        store.offer("north-blog", [lead()], NOW)
        assert len(store.lease(NOW + timedelta(seconds=back), limit=1, seconds=seconds, owner="dies")) == 1
        moment = NOW if store.pending(NOW) else NOW + LONGEST_LEASE
        assert store.pending(moment) == len(lease(store, moment, owner="next")) == 1


def test_leases_are_given_back_by_owner(store: Store) -> None:
    store.offer("north-blog", [lead(), lead(url="https://b.example/1")], NOW)
    lease(store, limit=1, owner="one")
    lease(store, owner="two")
    assert (store.release_leases("one"), store.pending(NOW)) == (1, 1)
    assert (store.release_leases(), store.pending(NOW)) == (1, 2)


def test_only_leads_of_the_sources_asked_for_are_leased(store: Store) -> None:
    store.offer("north-blog", [lead()], NOW)
    store.offer("south", [lead(url="https://b.example/1")], NOW)
    assert [claim.url for claim in lease(store, sources=["south"])] == ["https://b.example/1"]
    assert lease(store, sources=[]) == ()


def test_a_failed_visit_waits_for_its_time_and_says_why(store: Store) -> None:
    store.offer("north-blog", [lead()], NOW)
    (claim,) = lease(store)
    store.settle_failure(claim.id, "The server is busy.", again_at=NOW + HOUR, now=NOW)
    assert (store.reason("http://www.north.example/a"), store.pending(NOW), lease(store)) == ("The server is busy.", 0, ())
    assert [claim.attempts for claim in lease(store, NOW + HOUR)] == [2]
    assert store.reason("https://nowhere.example/") is None


def test_a_visit_that_failed_for_good_is_not_repeated_because_the_address_is_seen_again(store: Store) -> None:
    store.offer("north-blog", [lead()], NOW)
    (claim,) = lease(store)
    store.settle_failure(claim.id, "It is gone (410).", again_at=None, now=NOW)
    assert store.offer("south", [lead()], NOW + DAY) == (1, 0)
    assert lease(store, NOW + DAY) == ()


def test_a_lead_that_moved_waits_for_the_turn_of_its_new_host(store: Store) -> None:
    store.offer("north-blog", [lead(), lead(url="https://b.example/1")], NOW)
    first, _ = lease(store)
    store.settle_move(first.id, "https://b.example/2", NOW)
    assert lease(store) == ()  # b.example is being visited
    store.release_leases()
    moved = next(claim for claim in lease(store) if claim.id == first.id)
    assert (moved.url, moved.hops, moved.attempts, moved.lead.url) == ("https://b.example/2", 1, 1, "https://north.example/a")


def test_a_lead_that_nobody_knows_is_a_named_error(store: Store) -> None:
    with pytest.raises(NotFoundError, match="There is no lead 99"):
        store.settle_failure(99, "x", again_at=None, now=NOW)
    with pytest.raises(NotFoundError):
        store.settle_move(99, "https://a.example/", NOW)
    with pytest.raises(NotFoundError):
        store.add(resource(), Fingerprint(keys=()), NEW, now=NOW, claim=Claim(id=99, lead=lead(), url="x"))
    assert list(store.each_item()) == []


def test_a_late_answer_does_not_unsettle_a_lead(store: Store) -> None:
    store.offer("north-blog", [lead()], NOW)
    (claim,) = lease(store)
    number = visit(store, claim)
    store.settle_failure(claim.id, "Too slow.", again_at=NOW, now=NOW)
    store.settle_move(claim.id, "https://b.example/", NOW)
    assert (store.find(lead().url), store.pending(NOW)) == (number, 0)


@given(st.lists(st.tuples(st.sampled_from(["offer", "lease", "fail", "move", "add", "crash"]), st.integers(0, 7)), max_size=40))
def test_whatever_happens_a_host_has_one_owner_and_no_lead_is_lost(acts: list[tuple[str, int]]) -> None:
    with Store.open(":memory:") as store:
        held: dict[int, Claim] = {}
        offered: set[str] = set()
        for act, number in acts:
            now = NOW + timedelta(seconds=len(offered))
            claim = held.pop(min(held)) if held and act in ("fail", "move", "add") else None
            if act == "offer":
                offered.add(url := f"https://h{number % 3}.example/{number}")
                store.offer("north-blog", [lead(url=url)], now)
            elif act == "lease":
                taken = lease(store, now, limit=number + 1)
                assert not {c.url.split("/")[2] for c in taken} & {c.url.split("/")[2] for c in held.values()}
                held |= {c.id: c for c in taken}
            elif act == "crash":
                store.release_leases()
                held.clear()
            elif claim and act == "fail":
                store.settle_failure(claim.id, "x", again_at=now, now=now)
            elif claim and act == "move":
                store.settle_move(claim.id, f"https://m{number}.example/", now)
            elif claim:
                visit(store, claim)
        settled = {url for url in offered if store.find(url)}
        assert store.pending(NOW + DAY) + len(settled) == len(offered)


# ---------------------------------------------------------------- sources, runs, robots


def test_sources_are_taken_over_and_stay_when_they_are_no_longer_configured(store: Store) -> None:
    store.sync_sources([source(title="New name", url="https://new.example/feed")], NOW + DAY)
    north, south = store.source_states()
    assert (north.title, north.url, north.absent, north.since) == ("New name", "https://new.example/feed", False, NOW)
    assert (south.id, south.absent) == ("south", True)


def test_validators_belong_to_an_address(store: Store) -> None:
    store.record_run(Run(source="north-blog", started=NOW, finished=NOW, etag='"1"', last_modified="Mon"))
    store.sync_sources([source(title="Another title")], NOW)
    assert (store.source_state("north-blog").etag, store.source_state("north-blog").last_modified) == ('"1"', "Mon")
    store.sync_sources([source(url="https://new.example/feed")], NOW)
    assert (store.source_state("north-blog").etag, store.source_state("north-blog").last_modified) == (None, None)


def test_a_run_tells_the_state_of_its_source(store: Store) -> None:
    store.record_run(Run(source="south", started=NOW, finished=NOW + HOUR, found=3, new=2, title="What it calls itself", etag='"1"'))
    state = store.source_state("south")
    assert (state.title, state.last_run, state.last_ok, state.failures, state.error) == ("What it calls itself", NOW + HOUR, NOW + HOUR, 0, None)
    store.record_run(Run(source="south", started=NOW + DAY, error="It does not answer."))
    store.record_run(Run(source="south", started=NOW + 2 * DAY, error="It is gone."))
    state = store.source_state("south")
    assert (state.error, state.failures, state.last_run, state.last_ok, state.etag) == ("It is gone.", 2, NOW + 2 * DAY, NOW + HOUR, '"1"')
    store.record_run(Run(source="south", started=NOW + 3 * DAY, unchanged=True))
    state = store.source_state("south")
    assert (state.error, state.failures, state.etag) == (None, 0, '"1"')


def test_the_same_run_recorded_again_completes_it_and_fails_once(store: Store) -> None:
    run = Run(source="south", started=NOW, error="It is gone.")
    store.record_run(run)
    done = Run(source="south", started=NOW, finished=NOW + HOUR, failed=1, error="It is gone.")
    store.record_run(done)
    assert (store.runs("south"), store.source_state("south").failures) == ((done,), 1)


def test_runs_are_listed_newest_first_and_bounded(store: Store) -> None:
    for number in range(5):
        store.record_run(Run(source=("south", "north-blog")[number % 2], started=NOW + number * HOUR))
    assert [run.started for run in store.runs(limit=2)] == [NOW + 4 * HOUR, NOW + 3 * HOUR]
    assert [run.started for run in store.runs("north-blog")] == [NOW + 3 * HOUR, NOW + HOUR]


def test_a_source_can_be_paused_and_goes_on(store: Store) -> None:
    store.pause("south", True)
    assert store.source_state("south").paused
    store.pause("south", False)
    assert not store.source_state("south").paused


def test_an_unknown_source_is_a_named_error(store: Store) -> None:
    for call in (
        lambda: store.source_state("west"),
        lambda: store.pause("west", True),
        lambda: store.record_run(Run(source="west", started=NOW)),
    ):
        with pytest.raises(NotFoundError, match=r"There is no source west\."):
            call()


@pytest.mark.parametrize(
    ("days", "gap"),
    [([], None), ([1], None), ([1, 8], None), ([1, 8, 15], 7), ([1, 2, 15], 13), ([1, 1, 1, 1], None), ([15, 8, 1, 22, 2], 7)],
)
def test_the_usual_gap_is_the_one_in_which_half_of_the_time_has_passed(store: Store, days: list[int], gap: float | None) -> None:
    store.offer("south", [lead(url=f"https://a.example/{n}", published=date(2026, 10, day)) for n, day in enumerate(days)], NOW)
    assert store.source_state("south").usual_gap == (None if gap is None else timedelta(days=gap))


def test_a_lead_dated_in_the_future_or_with_a_time_counts_by_what_is_certain(store: Store) -> None:
    dates = [date(2030, 1, 1), datetime(2026, 11, 10, 12, tzinfo=UTC), datetime(2026, 11, 15, 12)]
    store.offer("south", [lead(url=f"https://a.example/{n}", published=one) for n, one in enumerate(dates)], NOW)
    assert store.source_state("south").usual_gap == timedelta(days=5)


def test_something_new_is_remembered_and_seeing_it_again_is_nothing_new(store: Store) -> None:
    store.offer("south", [lead()], NOW)
    store.offer("south", [lead()], NOW + DAY)
    assert store.source_state("south").last_new == NOW


def test_a_source_counts_the_items_that_it_named(store: Store) -> None:
    store.offer("north-blog", [lead(), lead(url="https://b.example/1")], NOW)
    for claim in lease(store):
        visit(store, claim)
    store.offer("south", [lead()], NOW)
    assert [state.items for state in store.source_states()] == [2, 1]


def test_robots_texts_are_kept_for_a_day(store: Store) -> None:
    store.keep_robots({"a.example": "User-agent: *", "b.example": ""}, NOW)
    store.keep_robots({"a.example": "Allow: /"}, NOW + 20 * HOUR)
    assert store.robots(["a.example", "b.example", "c.example"]) == {"a.example": "Allow: /", "b.example": ""}
    store.sync_sources([source()], NOW + 24 * HOUR)
    assert store.robots(["a.example", "b.example"]) == {"a.example": "Allow: /"}


def test_a_lead_survives_the_store_in_every_field(store: Store) -> None:
    full = Lead(
        source="north-blog",
        url="https://north.example/a",
        title="Ein Titel – mit „Zeichen“ und \0",
        description="",
        published=datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
        label="Watch Video",
        creators=("Ada", "Bo"),
        posted_by="Kim",
        recommended_by="Sam",
        kind=Kind.VIDEO,
        duration=timedelta(minutes=12),
        note="Look.",
    )
    store.offer("north-blog", [full], NOW)
    assert lease(store)[0].lead == full
