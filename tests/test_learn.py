"""The machine at the curator's side, on a real store: what it learns from decisions, in which order it puts what waits, what it puts by, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import learn
from pipeline.config import Config
from pipeline.learn.evaluate import bins, error
from pipeline.model import (
    Action,
    Desk,
    DigestSettings,
    Fingerprint,
    Fold,
    HarvestSettings,
    ItemId,
    Kind,
    Lane,
    MailSettings,
    Match,
    Rule,
    State,
    Topic,
    Verdict,
    When,
)  # fmt: skip
from pipeline.store import SKIPPED_UNASKED, ItemQuery, Store
from tests.builders import NOW, decision, resource

TOPICS = (
    Topic(id="gardens", name="Gardens", keywords=("garden", "soil", "seed")),
    Topic(id="engines", name="Engines", keywords=("engine", "piston", "valve")),
)
GARDEN = ("garden", "soil", "seed", "compost", "spade", "bed", "frost", "mulch", "root", "leaf", "tray", "glasshouse")
ENGINE = ("engine", "piston", "valve", "crank", "torque", "oil", "spark", "cylinder", "gear", "fuel", "exhaust", "shaft")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def config(*, topics: Sequence[Topic] = TOPICS, rules: Sequence[Rule] = ()) -> Config:
    return Config(
        desk=Desk(), harvest=HarvestSettings(), digest=DigestSettings(), mail=MailSettings(), topics=tuple(topics), rules=tuple(rules),
        path=Path("sources.yaml"), folder=Path(), db=Path("curated.db"), digests=Path("digests"),
    )  # fmt: skip


def words(subject: Sequence[str], number: int) -> str:
    """A text of a subject, different for each number."""
    return " ".join(f"The {subject[(number * 5 + n * n) % 12]} and the {subject[(number + 7 * n) % 12]} of place {number}." for n in range(14))


def add(store: Store, number: int, subject: Sequence[str], **changed: object) -> ItemId:
    url = f"https://north.example/{number}"
    what = resource(url=url, canonical_url=url, title=f"On the {subject[number % 12]} {number}", text=words(subject, number), description=None)
    return store.add(replace(what, **changed), Fingerprint(keys=(f"url:{url}",)), Match(fold=Fold.NEW), now=NOW)  # type: ignore[arg-type]  # any field


def filled(store: Store, each: int = 20) -> tuple[list[ItemId], list[ItemId]]:
    """As many items on gardens as on engines, in turn."""
    both = [(add(store, 2 * n, GARDEN), add(store, 2 * n + 1, ENGINE)) for n in range(each)]
    return [one for one, _ in both], [other for _, other in both]


def decide(
    store: Store, kept: Sequence[ItemId], rejected: Sequence[ItemId], *, topics: tuple[str, ...] | None = ("gardens",), begin: datetime = NOW
) -> None:
    for number, item in enumerate(kept):
        store.decide(decision(item=item, topics=topics, decided=begin + timedelta(seconds=20 * number)))
    for number, item in enumerate(rejected):
        store.decide(decision(item=item, verdict=Verdict.REJECT, decided=begin + timedelta(seconds=20 * number + 10)))


def ranks(store: Store) -> list[tuple[ItemId, float]]:
    return [(one.id, one.rank) for one in store.items(ItemQuery(limit=1_000))]


# ---------------------------------------------------------------- learning


def test_new_items_are_suggested_from_the_taxonomy_alone(store: Store) -> None:
    gardens, engines = filled(store, 6)
    model = learn.fit(config(), store)
    learn.suggest(config(), store, items=[*gardens, *engines], model=model, now=NOW)
    for items, topic in ((gardens, "gardens"), (engines, "engines")):
        firsts = [store.item(one).suggestions[0].topic for one in items if store.item(one).suggestions]
        assert set(firsts) == {topic}
        assert len(firsts) >= 4
    assert all(0 < rank < 1 for _, rank in ranks(store))
    assert not any(one.calibrated for item in gardens for one in store.item(item).suggestions)


def test_the_queue_begins_with_what_is_like_the_kept_items(store: Store) -> None:
    gardens, engines = filled(store)
    decide(store, gardens[:6], engines[:6])
    done = learn.train(config(), store, now=LATER)
    assert (done.items, done.examples, done.topics) == (28, 12, 1)
    assert {item for item, _ in ranks(store)[:14]} == set(gardens[6:])


def test_the_same_decisions_give_the_same_order_whatever_was_learnt_before(store: Store) -> None:
    gardens, engines = filled(store)
    decide(store, gardens[:6], engines[:6])
    learn.train(config(), store, now=LATER)
    once = ranks(store)
    decide(store, engines[6:8], [])
    learn.train(config(), store, now=LATER)
    assert ranks(store) != once
    store.undo(2, by="Sam", now=LATER)
    learn.train(config(), store, now=LATER)
    assert ranks(store) == once


def test_a_desk_without_topics_items_or_decisions_is_trained_in_peace(store: Store) -> None:
    assert learn.train(config(topics=()), store, now=NOW) == learn.Trained(items=0, examples=0, topics=0)
    add(store, 1, GARDEN, title="", text="", description=None)
    add(store, 2, GARDEN, title="Word", text="", description=None)
    add(store, 3, GARDEN, text="soil " * 200_000)
    assert learn.train(config(), store, now=NOW).items == 3


def test_decisions_of_one_sort_only_teach_an_order_and_no_probability(store: Store) -> None:
    gardens, _ = filled(store)
    decide(store, gardens[:6], [])
    learn.train(config(), store, now=LATER)
    assert learn.outlook(store, now=LATER).expected_all is None
    assert {one.lane for one in store.waiting()} == {Lane.RANKED}


def test_decisions_on_items_that_were_folded_away_or_reopened_since_break_nothing(store: Store) -> None:
    gardens, engines = filled(store)
    decide(store, gardens[:6], engines[:6])
    store.fold(gardens[0], gardens[1], by="Sam", now=LATER)
    store.decide(decision(item=engines[0], verdict=Verdict.REOPEN, decided=LATER))
    done = learn.train(config(), store, now=LATER)
    assert done.examples == 10
    assert {item for item, _ in ranks(store)[:14]} == set(gardens[6:])


def test_a_topic_that_is_gone_takes_its_suggestions_with_it_and_a_renamed_one_keeps_what_it_learnt(store: Store) -> None:
    gardens, engines = filled(store)
    decide(store, gardens[:6], engines[:6])
    learn.train(config(), store, now=NOW)
    renamed = (Topic(id="plots", name="Plots", keywords=("garden",), was=("gardens",)),)
    store.sync_topics(renamed, LATER, moving=True)
    done = learn.train(config(topics=renamed), store, now=LATER)
    assert done.topics == 1
    said = [one for item in (*gardens[6:], *engines[6:]) for one in store.item(item).suggestions]
    assert {one.topic for one in said} == {"plots"}
    assert all(one.calibrated for one in said)


def test_topics_that_a_curator_named_five_times_are_calibrated(store: Store) -> None:
    gardens, engines = filled(store)
    decide(store, gardens[:6], engines[:6])
    learn.train(config(), store, now=LATER)
    said = {one.topic: one.calibrated for one in store.item(gardens[10]).suggestions}
    assert said["gardens"]
    assert not said.get("engines", False)


def test_a_training_is_due_after_a_decision_once_the_curator_rests_and_not_twice(store: Store) -> None:
    gardens, _ = filled(store, 3)
    learn.train(config(), store, now=NOW)
    assert not learn.is_due(config(), store, now=LATER)
    store.decide(decision(item=gardens[0], decided=LATER))
    assert not learn.is_due(config(), store, now=LATER + timedelta(seconds=19))
    rested = LATER + timedelta(seconds=20)
    assert learn.is_due(config(), store, now=rested)
    learn.train(config(), store, now=rested)
    assert not learn.is_due(config(), store, now=rested)


def test_a_training_is_due_after_a_change_of_taxonomy_or_rules_an_undo_or_a_steer(store: Store) -> None:
    gardens, _ = filled(store, 3)
    learn.train(config(), store, now=NOW)
    rule = Rule(id="short", when=When(words_below=3), then=Action.SKIP)
    assert learn.is_due(config(topics=TOPICS[:1]), store, now=LATER)
    assert learn.is_due(config(rules=(rule,)), store, now=LATER)
    store.decide(decision(item=gardens[0]))
    learn.train(config(), store, now=LATER)
    store.undo(1, by="Sam", now=LATER)
    assert learn.is_due(config(), store, now=LATER + timedelta(minutes=1))
    learn.train(config(), store, now=LATER)
    learn.steer(config(), store, item=gardens[0], more=True, by="Sam", now=LATER)
    assert learn.is_due(config(), store, now=LATER + timedelta(minutes=1))


def test_progress_is_told(store: Store) -> None:
    filled(store, 3)
    told: list[tuple[str, int, int]] = []
    learn.train(config(), store, now=NOW, report=lambda *one: told.append(one))
    assert told == [("reading", 6, 0), ("suggesting", 6, 6)]


def test_a_folded_item_is_suggested_what_its_head_is(store: Store) -> None:
    head, tail = add(store, 1, GARDEN), add(store, 3, ENGINE)
    store.fold(head, tail, by="Sam", now=NOW)
    learn.suggest(config(), store, items=[tail, head], model=learn.fit(config(), store), now=NOW)
    assert store.item(tail).suggestions == store.item(head).suggestions
    store.unfold(tail, by="Sam", now=NOW)
    assert store.item(tail).suggestions == ()
    learn.train(config(), store, now=NOW)
    assert store.item(tail).rank > 0


# ---------------------------------------------------------------- more and less


def lead(store: Store, of: Sequence[ItemId], over: Sequence[ItemId]) -> float:
    """By how much some rank above others, on the average."""
    known = dict(ranks(store))
    return sum(known[one] for one in of) / len(of) - sum(known[one] for one in over) / len(over)


def test_more_and_less_of_this_move_its_like_at_once(store: Store) -> None:
    gardens, engines = filled(store)
    learn.train(config(), store, now=NOW)
    plain = lead(store, engines, gardens)
    sentence = learn.steer(config(), store, item=engines[0], more=True, by="Sam", now=NOW)
    assert f"more of what item {engines[0]} is" in sentence
    wanted = lead(store, engines, gardens)
    learn.steer(config(), store, item=engines[0], more=False, by="Sam", now=LATER)
    learn.steer(config(), store, item=gardens[0], more=True, by="Sam", now=LATER)
    assert wanted > plain > lead(store, engines, gardens)
    store.undo(3, by="Sam", now=LATER)
    learn.train(config(), store, now=NOW)
    assert lead(store, engines, gardens) == pytest.approx(plain)


# ---------------------------------------------------------------- lanes


def trained(store: Store, *, rules: Sequence[Rule] = (), each: int = 60) -> tuple[list[ItemId], list[ItemId]]:
    gardens, engines = filled(store, each)
    decide(store, gardens[:15], engines[:15])
    learn.train(config(rules=rules), store, now=LATER)
    return gardens, engines


def test_the_least_likely_are_put_by_with_a_reason_and_ten_of_them_are_drawn_for_the_audit(store: Store) -> None:
    gardens, _ = trained(store)
    lanes = store.lanes()
    assert lanes[Lane.UNLIKELY] > 0
    assert lanes[Lane.AUDIT] == 10
    tray = [one for one in store.waiting() if one.lane in (Lane.UNLIKELY, Lane.AUDIT)]
    assert len({one.item for one in tray} & set(gardens)) <= 0.05 * 45  # of the 45 that she would keep, as the reason says
    assert all(one.lane_reason for one in tray)
    listed = store.items(ItemQuery(limit=1_000))
    assert len(listed) == 90


def test_the_audit_stays_the_same_within_a_month_and_what_was_audited_counts(store: Store) -> None:
    trained(store)
    drawn = [one.item for one in store.waiting() if one.lane is Lane.AUDIT]
    learn.train(config(), store, now=LATER)
    assert [one.item for one in store.waiting() if one.lane is Lane.AUDIT] == drawn
    decide(store, [], drawn)
    learn.train(config(), store, now=LATER)
    assert sum(one.lane is Lane.AUDIT for one in store.waiting()) < 10
    assert {one.shown for item in drawn for one in store.decisions(item)} == {"audit"}


def test_the_tray_keeps_at_most_one_in_twenty_of_the_keepers_expected(store: Store) -> None:
    trained(store)
    waiting = store.waiting()
    expected = sum(one.rank for one in waiting)
    assert sum(one.rank for one in waiting if one.lane in (Lane.UNLIKELY, Lane.AUDIT)) <= 0.05 * expected + 1e-9


def test_what_a_curator_took_out_of_the_tray_stays_out(store: Store) -> None:
    trained(store)
    item = next(one.item for one in store.waiting() if one.lane is Lane.UNLIKELY)
    store.decide(decision(item=item, verdict=Verdict.REOPEN, decided=LATER))
    learn.train(config(), store, now=LATER)
    assert store.item(item).lane is Lane.RANKED


ALLOWED = replace(config(), desk=Desk(skip_unlikely=True))


def audited(store: Store, missed: int = 0) -> tuple[list[ItemId], list[ItemId]]:
    """A desk on which 60 were kept from the queue, and of a tray of 120 all but ten were audited, some of which were wanted."""
    gardens, engines = filled(store, 120)
    decide(store, gardens[:60], [])
    for number, item in enumerate(engines[:110]):
        verdict = Verdict.ACCEPT if number < missed else Verdict.REJECT
        store.decide(decision(item=item, verdict=verdict, topics=("engines",), shown="audit", decided=NOW + timedelta(seconds=10 * number)))
    return gardens[60:], engines[110:]


def skipped(store: Store) -> set[ItemId]:
    return {one.item for one in store.waiting() if one.lane is Lane.SKIPPED}


def test_the_machine_skips_by_itself_only_where_it_may_and_the_audit_vouches_for_the_queue(store: Store) -> None:
    gardens, engines = audited(store)
    learn.train(config(), store, now=LATER)
    assert skipped(store) == set()
    assert learn.skipping(config(), store, now=LATER).sentence == "Off in the settings (skip_unlikely)."
    assert learn.is_due(ALLOWED, store, now=LATER)
    learn.train(ALLOWED, store, now=LATER)
    found = learn.skipping(ALLOWED, store, now=LATER)
    assert (found.is_on, found.held, found.audited) == (True, round(60 / 61, 4), 110)
    assert found.skipped == len(skipped(store)) <= 15
    assert len(skipped(store) & set(engines)) >= 7  # of ten; some are drawn for the audit
    assert len(skipped(store) & set(gardens)) <= 0.05 * 60 + 1
    assert {one.lane_reason for one in store.waiting() if one.lane is Lane.SKIPPED} == {SKIPPED_UNASKED}


def test_what_the_machine_skipped_comes_back_one_by_one_and_as_a_whole(store: Store) -> None:
    audited(store)
    learn.train(ALLOWED, store, now=LATER)
    first, *others = sorted(skipped(store))
    store.decide(decision(item=first, verdict=Verdict.REOPEN, decided=LATER))
    learn.train(ALLOWED, store, now=LATER)
    assert store.item(first).lane is Lane.RANKED
    assert skipped(store) >= set(others)
    learn.train(config(), store, now=LATER)
    assert {store.item(item).lane for item in others} == {Lane.UNLIKELY}


def test_the_machine_stops_skipping_once_the_audit_finds_keepers(store: Store) -> None:
    audited(store, missed=2)
    learn.train(ALLOWED, store, now=LATER)
    found = learn.skipping(ALLOWED, store, now=LATER)
    assert not found.is_on
    assert skipped(store) == set()
    assert "98% are needed" in found.sentence


def test_without_an_audit_the_machine_skips_nothing(store: Store) -> None:
    trained(store)
    found = learn.skipping(ALLOWED, store, now=LATER)
    assert (found.is_on, found.held, found.audited) == (False, None, 0)


def test_what_the_machine_skipped_still_belongs_to_what_the_audit_speaks_of(store: Store) -> None:
    audited(store)
    learn.train(config(), store, now=LATER)
    before = store.expected()
    learn.train(ALLOWED, store, now=LATER)
    after = store.expected()
    assert (after.items, after.tray) == (before.items, before.tray)
    assert after.skipped == len(skipped(store)) > before.skipped == 0


def test_what_nobody_decided_in_sixty_days_is_put_by_and_stays_back_where_it_is_put_back(store: Store) -> None:
    filled(store, 20)
    learn.train(config(), store, now=NOW + timedelta(days=59))
    assert store.lanes()[Lane.UNLIKELY] == 0
    learn.train(config(), store, now=NOW + timedelta(days=61))
    put_by = [one for one in store.waiting() if one.lane is Lane.UNLIKELY]
    assert {one.lane_reason for one in put_by} == {"It waited for 60 days and nobody decided."}
    assert len(put_by) == 30  # and ten drawn for the audit
    item = put_by[0].item
    store.decide(decision(item=item, verdict=Verdict.REOPEN, decided=LATER))
    learn.train(config(), store, now=NOW + timedelta(days=62))
    assert store.item(item).lane is Lane.RANKED


def test_rules_win_over_the_machine_and_let_go_when_they_are_taken_away(store: Store) -> None:
    skip = Rule(id="engines", when=When(title=("piston", "valve")), then=Action.SKIP, why="Not ours.")
    must = Rule(id="frost", when=When(title=("frost",)), then=Action.MUST_HAVE)
    trained(store, rules=(skip, must))
    lanes = store.lanes()
    assert lanes[Lane.SKIPPED] > 0
    assert lanes[Lane.MUST_HAVE] > 0
    skipped = store.items(ItemQuery(lanes=(Lane.SKIPPED,)))
    assert all("engines" in one.lane_reason for one in skipped)
    assert store.items(ItemQuery())[0].lane is Lane.MUST_HAVE
    learn.train(config(), store, now=LATER)
    assert store.lanes()[Lane.SKIPPED] == store.lanes()[Lane.MUST_HAVE] == 0


def test_a_new_item_gets_the_lane_of_the_rule_that_it_meets_at_once(store: Store) -> None:
    rule = Rule(id="frost", when=When(title=("frost",)), then=Action.SKIP)
    item = add(store, 6, GARDEN)
    assert "frost" in store.item(item).title
    settings = config(rules=(rule,))
    learn.suggest(settings, store, items=[item], model=learn.fit(settings, store), now=NOW)
    assert store.item(item).lane is Lane.SKIPPED


# ---------------------------------------------------------------- outlook


def test_nothing_is_expected_in_figures_before_ranks_are_probabilities(store: Store) -> None:
    filled(store, 5)
    learn.train(config(), store, now=NOW)
    found = learn.outlook(store, now=NOW, minutes=25)
    assert (found.waiting, found.pace, found.expected, found.expected_all, found.recall) == (10, None, None, None, None)
    assert learn.plan(store, now=NOW, minutes=25) == ()


def test_minutes_hold_as_many_items_as_the_curators_own_pace_allows(store: Store) -> None:
    trained(store)
    found = learn.outlook(store, now=LATER, minutes=2)
    assert found.pace == pytest.approx(10, abs=0.5)
    assert found.fits == 12
    assert found.expected is not None
    assert found.expected_all is not None
    assert 0 < found.expected <= found.expected_all
    planned = learn.plan(store, now=LATER, minutes=2)
    assert planned == tuple(item for item, _ in ranks(store)[:12])
    assert found.expected == round(sum(rank for _, rank in ranks(store)[:12]), 1)


def test_a_kind_that_takes_longer_comes_later_when_minutes_count(store: Store) -> None:
    kinds = (Kind.VIDEO, Kind.ARTICLE)
    items = [[add(store, 2 * number + side, GARDEN, kind=kind) for number in range(30)] for side, kind in enumerate(kinds)]
    when = NOW
    for number in range(12):
        for side, seconds in ((0, 90), (1, 10)):
            when += timedelta(seconds=seconds)
            verdict = Verdict.ACCEPT if number % 2 else Verdict.REJECT
            store.decide(decision(item=items[side][number], verdict=verdict, topics=None, decided=when))
    learn.fit(config(), store)
    store.rerank((one.item, 0.5) for one in store.waiting())
    planned = learn.plan(store, now=when, minutes=12)
    usual = learn.outlook(store, now=when).pace
    assert usual is not None
    quick, slow = (120 + 10 * usual) / 22, (990 + 10 * usual) / 21
    assert set(planned[:18]) == set(items[1][12:])
    assert set(planned[18:]) < set(items[0])
    assert 0 <= 720 - 18 * quick - (len(planned) - 18) * slow < slow + 1


def test_what_was_put_off_does_not_wait_in_the_queue(store: Store) -> None:
    gardens, _ = filled(store, 2)
    store.decide(decision(item=gardens[0], verdict=Verdict.DEFER))
    assert learn.outlook(store, now=NOW).waiting == 3


# ---------------------------------------------------------------- why


def test_an_explanation_names_words_of_the_item_near_kept_items_and_what_a_curator_asked_for(store: Store) -> None:
    gardens, engines = filled(store)
    decide(store, gardens[:6], engines[:6])
    learn.train(config(), store, now=LATER)
    learn.steer(config(), store, item=gardens[10], more=True, by="Sam", now=LATER)
    item = store.item(gardens[10])
    found = learn.explain(config(), store, item=item, model=learn.fit(config(), store), now=LATER)
    text = f"{item.title} {item.resource.text}".casefold()
    reasons = dict(found.topics)["gardens"]
    assert reasons
    assert all(part in text for phrase in (*reasons, *found.words) for part in phrase.split())
    assert {other for other, _ in found.nearest} <= {*gardens[:6], gardens[10]}
    assert found.nearest
    assert found.why[0] == "A curator asked for more of this."
    assert found.steer == 1
    assert len(found.terms) == len(found.why) - 1


def test_a_folded_item_and_one_that_meets_a_rule_are_explained_too(store: Store) -> None:
    gardens, _ = filled(store, 3)
    store.fold(gardens[0], gardens[1], by="Sam", now=NOW)
    settings = config(rules=(Rule(id="short", when=When(words_below=10_000), then=Action.UNLIKELY, why="Too short."),))
    found = learn.explain(settings, store, item=store.item(gardens[1]), model=learn.fit(settings, store), now=NOW)
    assert found.rules == ("The rule short says unlikely: Too short.",)
    assert found.steer == 0


# ---------------------------------------------------------------- how good


def test_an_empty_desk_has_no_figures(store: Store) -> None:
    found = learn.evaluate(config(), store, now=NOW)
    assert (found.decisions, found.micro.positives, found.topic_error, found.rank_error, found.audit, found.batches) == (0, 0, None, None, None, ())
    assert found.micro.precision is found.micro.recall is found.micro.f1 is None


def test_topics_are_judged_by_models_that_had_not_seen_the_item(store: Store) -> None:
    gardens, engines = filled(store)
    decide(store, gardens[:10], [])
    decide(store, engines[:10], [], topics=("engines",))
    learn.count(store)
    found = learn.evaluate(config(), store, now=LATER)
    assert [one.topic for one in found.topics] == ["gardens", "engines"]
    assert [one.positives for one in found.topics] == [10, 10]
    assert found.micro.f1 is not None
    assert found.micro.f1 > 0.8
    assert sum(one.count for one in found.topic_bins) > 0


def test_what_was_shown_is_compared_with_what_became_of_it(store: Store) -> None:
    gardens, engines = trained(store)
    decide(store, gardens[15:20], engines[15:20], begin=LATER)
    learn.count(store)
    found = learn.evaluate(config(), store, now=LATER)
    assert found.decisions == 40
    assert sum(one.decided for one in found.shown) == 40
    assert found.rank_error is not None
    assert sum(one.count for one in found.rank_bins) == 10
    assert (found.weeks[0].decided, found.weeks[0].kept) == (40, 20)
    assert (found.batches[0].first, found.batches[0].precision) == (20, 0.5)
    assert found.batches[1].precision >= 0.5


def test_ranks_are_judged_once_more_by_models_that_had_not_seen_the_item(store: Store) -> None:
    gardens, engines = filled(store)
    decide(store, gardens[:10], engines[:10])
    learn.count(store)
    found = learn.evaluate(config(), store, now=LATER)
    assert (found.rank_bins, found.rank_error) == ((), None)
    assert sum(one.count for one in found.unseen_bins) == 20
    assert found.unseen_error is not None
    assert found.unseen_error < 0.5


def test_what_was_decided_before_the_first_training_says_nothing_of_ranks(store: Store) -> None:
    gardens, engines = filled(store)
    learn.train(config(), store, now=NOW)
    decide(store, gardens[:10], engines[:10])
    assert all(one.probability for one in store.decisions(limit=100))
    assert learn.evaluate(config(), store, now=LATER).rank_bins == ()


def test_the_order_saves_time_where_it_brings_more_keepers_than_what_comes_in_holds(store: Store) -> None:
    gardens, engines = trained(store)
    assert learn.evaluate(config(), store, now=LATER).spent is None
    decide(store, gardens[15:30], engines[15:18], begin=LATER)
    learn.train(config(), store, now=LATER)
    spent = learn.evaluate(config(), store, now=LATER).spent
    assert spent is not None
    assert 0 < spent.ranked < spent.arrival
    assert spent.saved == pytest.approx(1 - spent.ranked / spent.arrival, abs=0.001)


def test_an_audited_item_stands_for_its_share_of_the_tray(store: Store) -> None:
    trained(store)
    lanes = store.lanes()
    drawn = [one.item for one in store.waiting() if one.lane is Lane.AUDIT]
    decide(store, [], drawn, begin=LATER)
    audit = learn.evaluate(config(), store, now=LATER).audit
    assert audit is not None
    assert (audit.audited, audit.kept) == (10, 0)
    assert audit.weight == pytest.approx((lanes[Lane.UNLIKELY] + 10) / 10, abs=0.01)
    assert audit.recall[1] == 1.0
    assert 0 < audit.recall[0] <= 1.0
    assert audit.accuracy > 0.5


def test_steers_and_bulletins_of_before_are_no_decisions_to_judge_by(store: Store) -> None:
    item = add(store, 1, GARDEN)
    store.steer(item, more=True, by="Sam", now=NOW)
    store.publish_past(decision(item=add(store, 2, GARDEN), shown="past"), "past/notes-2026-03")
    assert learn.evaluate(config(), store, now=NOW).decisions == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_bins_hold_every_pair_once_and_the_error_is_a_share(pairs: list[tuple[float, bool]]) -> None:
    found = bins(pairs)
    assert sum(one.count for one in found) == len(pairs)
    off = error(found)
    assert (off is None) == (not pairs)
    assert off is None or 0 <= off <= 1


def test_a_probability_that_comes_true_as_often_as_it_says_has_no_error() -> None:
    assert error(bins([(0.25, number == 0) for number in range(4)])) == 0.0
    assert error(bins([(0.95, False)] * 10)) == 0.95


# ---------------------------------------------------------------- many


def test_more_items_than_a_page_holds_are_all_put_in_order(store: Store) -> None:
    for number in range(450):
        add(store, number, GARDEN if number % 2 else ENGINE, published=date(2026, 11, 1))
    assert learn.train(config(), store, now=NOW).items == 450
    assert all(one.suggestions for one in store.each_item(State.QUEUED))
