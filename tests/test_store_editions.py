"""Editions and their readers: a release is a snapshot, and nobody is mailed twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import ConflictError, NotFoundError, StoreError
from pipeline.model import (
    Delivery,
    DeliveryState,
    Edition,
    EditionState,
    Fingerprint,
    Fold,
    ItemId,
    Match,
    Section,
    State,
    SubscriberState,
    Tally,
    Verdict,
)
from pipeline.store import Store
from tests.builders import NOW, decision, edition, entry, lead, resource

ROOT = Path(__file__).resolve().parents[1]
DAY = timedelta(days=1)
CONFIRMED = SubscriberState.CONFIRMED


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def accepted(store: Store, name: str) -> ItemId:
    url = f"https://north.example/{name}"
    item = store.add(resource(url=url, canonical_url=url), Fingerprint(keys=(url,)), Match(fold=Fold.NEW), now=NOW)
    store.decide(decision(item=item))
    return item


def of(*items: ItemId, edition_id: str = "2026-11") -> Edition:
    return edition(id=edition_id, sections=(Section(id="evidence", title="Reports", entries=tuple(entry(id=item) for item in items)),))


# ---------------------------------------------------------------- editions


def test_a_draft_is_overwritten_and_reads_back_as_it_was(store: Store) -> None:
    store.save_edition(edition())
    store.save_edition(edition(letter="Better words.", state=EditionState.FROZEN))
    assert store.edition("2026-11") == edition(letter="Better words.", state=EditionState.FROZEN)
    assert (store.editions(), store.files("2026-11")) == ((store.edition("2026-11"),), {})


def test_editions_are_listed_newest_first(store: Store) -> None:
    for name in ("2026-11", "2027-01", "2026-12"):
        store.save_edition(edition(id=name))
    assert [one.id for one in store.editions()] == ["2027-01", "2026-12", "2026-11"]


def test_an_unknown_edition_is_a_named_error(store: Store) -> None:
    for call in (lambda: store.edition("1999-01"), lambda: store.files("1999-01"), lambda: store.queue_deliveries("1999-01", [1], NOW)):
        with pytest.raises(NotFoundError, match=r"There is no edition 1999-01\."):
            call()


def test_a_release_keeps_the_snapshot_and_its_files_and_publishes_its_items(store: Store) -> None:
    a, b = accepted(store, "a"), accepted(store, "b")
    store.save_edition(of(a))
    released = store.release(of(a), files={"digest.pdf": "ab12"}, now=NOW)
    assert (released.state, released.released, store.edition("2026-11"), store.files("2026-11")) == (
        EditionState.RELEASED,
        NOW,
        released,
        {"digest.pdf": "ab12"},
    )
    assert [(store.item(one).state, store.item(one).edition) for one in (a, b)] == [(State.PUBLISHED, "2026-11"), (State.ACCEPTED, None)]
    assert [tuple(row) for row in store._rows("SELECT * FROM edition_items")] == [("2026-11", a, "evidence", 1)]


def test_an_item_may_stand_in_two_sections(store: Store) -> None:
    a = accepted(store, "a")
    made = of(a)
    store.release(replace(made, sections=made.sections * 2), files={}, now=NOW)
    assert store.item(a).state is State.PUBLISHED


def test_a_released_edition_stays_as_it_is(store: Store) -> None:
    store.release(of(accepted(store, "a")), files={"a": "1"}, now=NOW)
    before = store.edition("2026-11")
    for call in (lambda: store.release(of(), files={}, now=NOW), lambda: store.save_edition(edition())):
        with pytest.raises(ConflictError, match="Edition 2026-11 was released on 2026-11-20 and stays as it is"):
            call()
    assert (store.edition("2026-11"), store.files("2026-11")) == (before, {"a": "1"})


def test_only_a_release_makes_an_edition_public(store: Store) -> None:
    with pytest.raises(ConflictError, match="cannot be saved as released"):
        store.save_edition(edition(state=EditionState.RELEASED))


@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.REOPEN])
def test_a_release_with_an_item_that_is_no_longer_accepted_changes_nothing(store: Store, verdict: Verdict) -> None:
    a, b = accepted(store, "a"), accepted(store, "b")
    store.save_edition(of(a, b))
    store.decide(decision(item=b, verdict=verdict))
    with pytest.raises(ConflictError, match=f"Item {b} is .* by now") as refusal:
        store.release(of(a, b), files={}, now=NOW)
    assert "digest build 2026-11" in refusal.value.hint
    assert (store.edition("2026-11").state, store.item(a).state) == (EditionState.DRAFT, State.ACCEPTED)


def test_a_release_with_what_another_edition_published_or_nobody_knows_is_refused(store: Store) -> None:
    a = accepted(store, "a")
    store.release(of(a), files={}, now=NOW)
    with pytest.raises(ConflictError, match="is published by now"):
        store.release(of(a, edition_id="2026-12"), files={}, now=NOW)
    with pytest.raises(NotFoundError, match="There is no item 99"):
        store.release(of(ItemId(99), edition_id="2026-12"), files={}, now=NOW)
    assert [one.id for one in store.editions()] == ["2026-11"]


def test_the_tally_counts_what_came_in_and_what_became_of_it(store: Store) -> None:
    a, b = accepted(store, "a"), accepted(store, "b")
    url = "https://north.example/c"
    folded = store.add(resource(url=url), Fingerprint(keys=()), Match(fold=Fold.SAME, of=a), now=NOW)
    store.offer("south", [lead(url=url)], NOW)
    late = accepted(store, "late")
    store.decide(decision(item=b, verdict=Verdict.REJECT, reason="old news"))
    store.decide(decision(item=late, verdict=Verdict.REJECT, decided=NOW + DAY))
    assert store.item(folded).merged_into == a
    everything = Tally(received=4, folded=1, kept=1, rejected=2, sources=2, reasons=(("old news", 1),))
    assert store.tally(None, NOW + DAY) == store.tally(NOW - DAY, NOW + DAY) == everything
    assert store.tally(None, NOW) == replace(everything, rejected=1)
    assert store.tally(NOW, NOW + DAY) == Tally(rejected=1)
    store.undo(1, by="", now=NOW)
    assert store.tally(NOW, NOW + DAY) == Tally()


# ---------------------------------------------------------------- people


def test_an_address_is_kept_once_whatever_its_case(store: Store) -> None:
    first = store.add_subscriber(" Ada.Marsh@North.EXAMPLE ", name="Ada", topics=("a", "b"), now=NOW)
    assert (first.email, first.name, first.topics, first.state, first.consented) == (
        "Ada.Marsh@north.example",
        "Ada",
        ("a", "b"),
        SubscriberState.PENDING,
        None,
    )
    assert store.add_subscriber("ada.marsh@north.example", name="Other", now=NOW) == first
    assert store.subscribers() == (first,)


def test_a_pending_address_can_become_confirmed_and_stays_it(store: Store) -> None:
    store.add_subscriber("a@north.example", now=NOW)
    confirmed = store.add_subscriber("a@north.example", state=CONFIRMED, now=NOW + DAY)
    assert (confirmed.state, confirmed.consented) == (CONFIRMED, NOW + DAY)
    assert store.add_subscriber("a@north.example", now=NOW) == confirmed
    assert store.add_subscriber("a@north.example", state=CONFIRMED, now=NOW + 2 * DAY) == confirmed


def test_who_has_unsubscribed_is_not_brought_back_by_a_list(store: Store) -> None:
    gone = store.add_subscriber("a@north.example", state=SubscriberState.UNSUBSCRIBED, now=NOW)
    assert store.add_subscriber("a@north.example", state=CONFIRMED, now=NOW) == gone
    assert (store.subscribers(CONFIRMED), store.subscribers(SubscriberState.UNSUBSCRIBED)) == ((), (gone,))


@pytest.mark.parametrize("email", ["", "a", "@north.example", "a@", "a b@north.example", "a@north.example\nBcc: x@y.example"])
def test_what_is_no_address_is_a_sentence(store: Store, email: str) -> None:
    with pytest.raises(StoreError, match="is not a mail address"):
        store.add_subscriber(email, now=NOW)


def test_erasing_forgets_an_address_and_what_was_mailed_to_it(store: Store) -> None:
    outbox(store, "a@north.example")
    store.erase_subscriber("A@north.example", now=NOW)
    assert (store.subscribers(), store.deliveries("2026-11")) == ((), ())
    with pytest.raises(NotFoundError, match="There is no subscriber"):
        store.erase_subscriber("a@north.example", now=NOW)


# ---------------------------------------------------------------- the outbox


def outbox(store: Store, *emails: str) -> None:
    store.save_edition(edition())
    people = [store.add_subscriber(email, state=CONFIRMED, now=NOW).id for email in emails]
    store.queue_deliveries("2026-11", people, NOW)


def claim(store: Store, *done: Delivery) -> Delivery | None:
    waiting = [one for one in store.deliveries("2026-11") if one.state is DeliveryState.QUEUED]
    return next(iter(store.advance_deliveries(done, waiting[:1], NOW)), None)


def test_a_reader_is_queued_once_for_an_edition(store: Store) -> None:
    outbox(store, "a@north.example", "b@north.example")
    assert [(one.email, one.state, one.changed) for one in store.deliveries("2026-11")] == [
        ("a@north.example", DeliveryState.QUEUED, NOW),
        ("b@north.example", DeliveryState.QUEUED, NOW),
    ]
    assert (store.queue_deliveries("2026-11", [1, 2], NOW), store.queue_deliveries("2026-11", [1], NOW, correction=1)) == (0, 1)
    with pytest.raises(NotFoundError, match="There is no edition 2027-01"):
        store.queue_deliveries("2027-01", [1], NOW)


def test_what_became_of_one_mail_and_that_the_next_leaves_is_one_step(store: Store) -> None:
    outbox(store, "a@north.example", "b@north.example")
    first = claim(store)
    assert first is not None
    sent = replace(first, state=DeliveryState.SENT, attempts=1, message_id="<1@north.example>", changed=NOW + DAY)
    second = claim(store, sent)
    assert second is not None
    assert [(one.state, one.message_id, one.changed) for one in store.deliveries("2026-11")] == [
        (DeliveryState.SENT, "<1@north.example>", NOW + DAY),
        (DeliveryState.SENDING, "", NOW),
    ]
    assert claim(store) is None
    assert store.advance_deliveries((), [second], NOW) == ()  # somebody else has it
    assert store.delivery_counts("2026-11") == {"sent": 1, "sending": 1}


def test_who_left_or_is_in_quarantine_meanwhile_is_passed_over_and_nothing_leaves_while_it_is_paused(store: Store) -> None:
    outbox(store, "a@north.example", "b@north.example", "c@north.example")
    store._change("UPDATE subscribers SET state = 'unsubscribed' WHERE id = 1")
    store._change("UPDATE subscribers SET quarantined = '2026-11-01' WHERE id = 2")
    waiting = store.deliveries("2026-11")
    store.pause_sending("2026-11", NOW)
    assert (store.advance_deliveries((), waiting, NOW), store.sending_paused("2026-11"), store.waiting_deliveries()) == ((), NOW, ())
    store.pause_sending("2026-11", None)
    assert (store.sending_paused("2026-11"), store.waiting_deliveries()) == (None, (("2026-11", 0),))
    assert [one.email for one in store.advance_deliveries((), waiting, NOW)] == ["c@north.example"]
    assert store.waiting_deliveries() == (("2026-11", 0),)
    store.recover_deliveries("2026-11", NOW)
    assert store.waiting_deliveries() == ()


def test_only_what_is_uncertain_is_settled(store: Store) -> None:
    outbox(store, "a@north.example", "b@north.example")
    claim(store)
    store.recover_deliveries("2026-11", NOW)
    everything = store.deliveries("2026-11")
    assert store.settle_deliveries(everything, DeliveryState.SENT, NOW + DAY) == 1
    assert [(one.state, one.error) for one in store.deliveries("2026-11")] == [(DeliveryState.SENT, None), (DeliveryState.QUEUED, None)]


def test_of_a_reader_erased_while_the_mail_was_under_way_nothing_is_kept_and_the_others_are(store: Store) -> None:
    outbox(store, "a@north.example", "b@north.example")
    under_way = store.advance_deliveries((), store.deliveries("2026-11"), NOW)
    store.erase_subscriber("a@north.example", now=NOW)
    store.advance_deliveries([replace(one, state=DeliveryState.SENT) for one in under_way], (), NOW)
    assert [(one.email, one.state) for one in store.deliveries("2026-11")] == [("b@north.example", DeliveryState.SENT)]


def test_a_sender_that_is_killed_leaves_a_delivery_that_is_not_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "curated.db"
    with Store.open(path) as store:
        outbox(store, "a@north.example", "b@north.example")
    code = f"""
import os, signal
from tests.test_store_editions import *
store = Store.open({str(path)!r})
claim(store)
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    with Store.open(path) as store:
        assert [one.state for one in store.deliveries("2026-11")] == [DeliveryState.SENDING, DeliveryState.QUEUED]
        assert (store.recover_deliveries("2026-11", NOW), store.recover_deliveries("2026-11", NOW)) == (1, 0)
        assert [one and one.email for one in (claim(store), claim(store))] == ["b@north.example", None]
        uncertain = store.deliveries("2026-11")[0]
        assert (uncertain.state, uncertain.error) == (DeliveryState.UNCERTAIN, "The sender stopped before the server had answered.")
