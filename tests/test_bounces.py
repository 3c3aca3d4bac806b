"""What comes back: reading reports of mail servers, and what they mean for a reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Config
from pipeline.model import Bounce, Delivery, DeliveryState, Desk, DigestSettings, HarvestSettings, MailSettings, Subscriber, SubscriberState
from pipeline.publish import bounces, verp
from pipeline.sources import delivery
from pipeline.sources.delivery import Failed, Returned, Sent
from pipeline.store import Store
from tests.builders import NOW, edition
from tests.tables import table

CASES = Path(__file__).parent / "cases" / "bounces"
EXPECTED: dict[str, Any] = table(CASES / "expected.yaml")
TAGGED = "+17-2026-12-abcdefghij234567@lists.example.org"
KEY = b"k" * 32
DAY = timedelta(days=1)


def case(name: str) -> bytes:
    return (CASES / f"{name}.eml").read_bytes()


# ---------------------------------------------------------------- reading reports


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_report_says_what_came_back_for_whom_and_whether_for_good(name: str) -> None:
    read, expected = delivery.report(case(name)), EXPECTED[name]
    if expected is None:
        assert read is None
        return
    assert read is not None
    assert read.what == expected["what"]
    if "recipients" in expected:
        assert [[one.addresses[0], one.hard, one.code] for one in read.failed] == expected["recipients"]
    elif read.what is Sent.FAILED:
        (failed,) = read.failed
        assert (read.hard, failed.code, list(failed.addresses)) == (expected["hard"], expected["code"], expected["to"])
    elif read.what is Sent.COMPLAINT:
        assert [list(one.addresses) for one in read.failed] == [expected["to"]]
    else:
        assert read.failed == ()


def test_every_case_has_its_expectation() -> None:
    assert {path.stem for path in CASES.glob("*.eml")} == set(EXPECTED)
    assert len(EXPECTED) >= 40


def test_a_report_gives_the_return_path_and_the_name_of_the_mail_that_came_back() -> None:
    for name in ("postfix-unknown", "qmail-unknown", "whole-mail-returned", "complaint"):
        read = delivery.report(case(name))
        assert read is not None
        assert any(one.endswith(TAGGED) for one in read.tagged)
        assert "0f3a@lists.example.org" in read.ids


def test_the_words_of_our_own_mail_below_are_no_reason() -> None:
    read = delivery.report(case("qmail-unknown"))
    assert read is not None
    assert "no mailbox here by that name" in read.failed[0].said
    assert "spam" not in read.failed[0].said


def test_it_failed_for_good_only_where_every_recipient_is_lost() -> None:
    read = delivery.report(case("several"))
    assert read is not None
    assert not read.hard


@pytest.mark.parametrize("name", ["several", "exim-unknown", "complaint", "html-only", "utf8-address"])
def test_a_report_that_is_cut_anywhere_is_read_or_is_none(name: str) -> None:
    body = case(name)
    for end in range(0, len(body), 37):
        read = delivery.report(body[:end])
        assert read is None or read.what in Sent


@given(st.binary(max_size=400), st.sampled_from(sorted(EXPECTED)), st.integers(min_value=0, max_value=2_000))
def test_bytes_from_anywhere_never_raise(noise: bytes, name: str, place: int) -> None:
    body = case(name)
    delivery.report(noise)
    delivery.report(body[:place] + noise + body[place:])


HEAD = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail Returned\n\n"
STARTS = b"did not reach the following recipient\nthis is the email server at\nYour message could not be delivered to\n"


@pytest.mark.parametrize(
    "body",
    [
        HEAD + b"\n" * 300_000,
        HEAD + b"@" * 300_000,
        HEAD + STARTS + (b"x" * 299 + b"\n") * 2_000,
        HEAD + STARTS + (b"x" * 98 + b" " + b"y" * 98 + b"\n") * 2_000,
        HEAD + (b"user recipient mailbox account " * 9 + b"\n") * 1_000,
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (one, one) for one in range(5_000)),
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
        + b"Action: failed\nStatus: 5.1.1\n\n" * 9_000,
    ],
    ids=["lines", "signs", "long words", "words", "phrases", "boundaries", "recipients"],
)
def test_a_hostile_report_keeps_us_no_longer_than_any_other(body: bytes) -> None:
    read = delivery.report(body)
    assert read is None or len(read.failed) <= delivery.MAX_FAILURES


# ---------------------------------------------------------------- return paths


@given(
    st.integers(min_value=1, max_value=10**7),
    st.from_regex(r"20[0-9]{2}-(0[1-9]|1[0-2])|mail/20[0-9]{2}-w[0-5][0-9]", fullmatch=True),
    st.sampled_from(["bounces", "desk+bounces", "a" * verp.LONGEST]),
)
def test_a_return_path_names_reader_and_edition_in_any_case_of_letters(person: int, name: str, local: str) -> None:
    address = verp.return_path(f"{local}@lists.example.org", KEY, person=person, edition=name)
    assert len(address.rpartition("@")[0]) <= 64
    assert verp.whose(KEY, address) == verp.whose(KEY, address.upper()) == verp.Whose(person=person, edition=name)


def test_a_return_path_that_was_altered_names_nobody() -> None:
    address = verp.return_path("bounces@lists.example.org", KEY, person=17, edition="2026-12")
    assert verp.whose(KEY, address.replace("+17-", "+18-")) is None
    assert verp.whose(KEY, address.replace("2026-12", "2026-11")) is None
    assert verp.whose(b"j" * 32, address) is None
    assert verp.whose(KEY, "bounces@lists.example.org") is None


# ---------------------------------------------------------------- the score


def bounce(day: int, *, hard: bool = True, name: str | None = None) -> Bounce:
    return Bounce(subscriber=1, edition=name, at=NOW - day * DAY, hard=hard, message=f"{day} {hard} {name}")


def test_a_day_counts_once_with_the_worst_that_came() -> None:
    assert bounces.score([bounce(0, hard=False)], NOW) == 0.5
    assert bounces.score([bounce(0, hard=False), bounce(0), bounce(0)], NOW) == 1.0
    assert bounces.score([bounce(day) for day in range(5)], NOW) == 5.0


def test_thirty_days_without_a_bounce_leave_nothing() -> None:
    assert bounces.score([bounce(day) for day in (30, 31, 32)], NOW) == 3.0
    assert bounces.score([bounce(day) for day in (31, 32, 33)], NOW) == 0.0
    assert bounces.score([bounce(60), bounce(59), bounce(2)], NOW) == 1.0
    assert bounces.score([], NOW) == 0.0


def test_whoever_returned_the_last_three_editions_for_good_is_gone() -> None:
    three = [bounce(90, name="2026-09"), bounce(60, name="2026-10"), bounce(30, name="2026-11")]
    assert bounces.is_gone(three, ["2026-11", "2026-10", "2026-09"])
    assert not bounces.is_gone(three, ["2026-12", "2026-11", "2026-10"])  # the newest one arrived
    assert not bounces.is_gone([*three[:2], bounce(30, hard=False, name="2026-11")], ["2026-11", "2026-10", "2026-09"])
    assert not bounces.is_gone(three[:2], ["2026-10", "2026-09"])


# ---------------------------------------------------------------- in the store


def reader(store: Store, email: str = "kim@clinic.example.net", *, since: datetime = NOW - 400 * DAY) -> Subscriber:
    return store.add_subscriber(email, state=SubscriberState.CONFIRMED, now=since)


def mailed(store: Store, person: Subscriber, name: str, when: datetime) -> str:
    """Have an edition sent to a reader; gives back its Message-ID."""
    store.save_edition(edition(id=name))
    store.queue_deliveries(name, [person.id], when)
    identity = f"<{name}.{person.id}@lists.example.org>"
    sent = Delivery(edition=name, subscriber=person.id, email=person.email, state=DeliveryState.SENT, attempts=1, message_id=identity, changed=when)
    store.advance_deliveries([sent], [], when)
    return identity


def returned(store: Store, person: Subscriber, name: str, *, hard: bool = True, when: datetime = NOW) -> Returned:
    tagged = verp.return_path("bounces@lists.example.org", store.secret(verp.KEY), person=person.id, edition=name)
    code, said = ("5.1.1", "User unknown") if hard else ("4.2.2", "Mailbox full")
    return Returned(what=Sent.FAILED, failed=(Failed(hard=hard, code=code, said=said),), tagged=(tagged,), sent=when)


def test_of_several_behind_one_address_all_must_be_lost_for_it_to_count_whole() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        mailed(store, person, "2026-11", NOW)
        whole = returned(store, person, "2026-11")
        half = replace(whole, failed=(*whole.failed, Failed(hard=False, code="4.2.2")))
        bounces.take(half, "one", store, now=NOW)
        assert [one.hard for one in store.bounces(person.id)] == [False]


def test_a_report_read_twice_counts_once() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        mailed(store, person, "2026-11", NOW - DAY)
        report = returned(store, person, "2026-11")
        assert len(bounces.take(report, "a", store, now=NOW)) == 1
        assert bounces.take(report, "a", store, now=NOW) == ()
        assert [one.code for one in store.bounces(person.id)] == ["5.1.1"]


def test_the_outbox_shows_what_came_back_for_good_and_keeps_when_it_went() -> None:
    with Store.open(":memory:") as store:
        person, other = reader(store), reader(store, "ben@clinic.example.net")
        for one in (person, other):
            mailed(store, one, "2026-11", NOW - DAY)
        bounces.take(returned(store, person, "2026-11"), "a", store, now=NOW)
        bounces.take(returned(store, other, "2026-11", hard=False), "b", store, now=NOW)
        first, second = store.deliveries("2026-11")
        assert (first.state, first.error, first.changed) == (DeliveryState.BOUNCED, "User unknown", NOW - DAY)
        assert second.state is DeliveryState.SENT


def test_a_correction_that_comes_back_leaves_its_edition_as_it_went() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        mailed(store, person, "2026-11", NOW - 9 * DAY)
        store.queue_deliveries("2026-11", [person.id], NOW - DAY, correction=1)
        (first,) = store.deliveries("2026-11")
        store.advance_deliveries([replace(first, correction=1, changed=NOW - DAY)], [], NOW - DAY)
        for when in (NOW, NOW + DAY):  # a second report about the same mail is no report about the one before
            bounces.take(returned(store, person, "2026-11", when=when), str(when), store, now=when)
        assert [one.state for one in store.deliveries("2026-11")] == [DeliveryState.SENT]
        assert [one.state for one in store.deliveries("2026-11", correction=1)] == [DeliveryState.BOUNCED]


def test_three_editions_that_come_back_put_a_monthly_reader_into_quarantine() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        for months, name in ((3, "2026-09"), (2, "2026-10"), (1, "2026-11")):
            when = NOW - months * 31 * DAY
            mailed(store, person, name, when)
            assert store.quarantined() == ()
            bounces.take(returned(store, person, name, when=when), name, store, now=when + DAY)
        (held,) = store.quarantined()
        assert (held.id, held.state) == (person.id, SubscriberState.BOUNCED)
        assert held.quarantined == NOW - 30 * DAY


def test_one_edition_that_arrives_in_between_begins_the_count_anew() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        for months, name in ((4, "2026-08"), (3, "2026-09"), (2, "2026-10"), (1, "2026-11")):
            when = NOW - months * 31 * DAY
            mailed(store, person, name, when)
            if name != "2026-10":
                bounces.take(returned(store, person, name, when=when), name, store, now=when)
        assert store.quarantined() == ()


def test_a_full_mailbox_needs_ten_days_in_a_row() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        for day in range(10):
            assert store.quarantined() == ()
            bounces.take(returned(store, person, "2026-11", hard=False, when=NOW + day * DAY), f"{day}", store, now=NOW + day * DAY)
        assert [one.id for one in store.quarantined()] == [person.id]


def test_a_new_opt_in_ends_quarantine_and_begins_at_nothing() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        for day in range(5):
            bounces.take(returned(store, person, "2026-11", when=NOW + day * DAY), f"{day}", store, now=NOW + day * DAY)
        assert store.quarantined()
        store.confirm_subscriber(person.id, now=NOW + 6 * DAY)
        assert store.quarantined() == ()
        bounces.take(returned(store, person, "2026-11", when=NOW + 7 * DAY), "again", store, now=NOW + 7 * DAY)
        again = store.subscriber(person.id)
        assert again is not None
        assert again.state is SubscriberState.CONFIRMED


def test_a_mail_is_found_by_its_message_id_where_the_return_path_says_nothing() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        identity = mailed(store, person, "2026-11", NOW - DAY)
        report = Returned(what=Sent.FAILED, failed=(Failed(hard=True, code="5.1.1"),), ids=("stranger@x.example", identity.strip("<>")))
        (found,) = bounces.take(report, "a", store, now=NOW)
        assert (found.person.id, found.edition) == (person.id, "2026-11")


def test_an_address_alone_counts_half_because_anybody_can_write_one() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        report = Returned(what=Sent.FAILED, failed=(Failed(addresses=("KIM@clinic.example.net",), hard=True, code="5.1.1"),), sent=NOW)
        assert [one.person.id for one in bounces.take(report, "a", store, now=NOW)] == [person.id]
        (kept,) = store.bounces(person.id)
        assert (kept.hard, kept.edition) == (False, None)
        assert bounces.score(store.bounces(person.id), NOW) == 0.5


def test_forged_reports_of_many_days_that_name_an_address_are_those_of_one_day() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        for day in range(20):
            forged = Returned(what=Sent.FAILED, failed=(Failed(addresses=(person.email,), hard=True, code="5.1.1"),), sent=NOW - day * DAY)
            bounces.take(forged, f"{day}", store, now=NOW)
        assert bounces.score(store.bounces(person.id), NOW) == 0.5
        assert store.quarantined() == ()


def test_a_report_from_the_future_or_from_long_ago_counts_near_today() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        bounces.take(returned(store, person, "2026-11", when=datetime(2099, 1, 1, tzinfo=UTC)), "a", store, now=NOW)
        bounces.take(returned(store, person, "2026-11", when=datetime(1999, 1, 1, tzinfo=UTC)), "b", store, now=NOW)
        assert [one.at for one in store.bounces(person.id)] == [NOW - 30 * DAY, NOW]


def test_who_has_left_stays_so_whatever_comes_back() -> None:
    with Store.open(":memory:") as store:
        person = reader(store)
        store.leave(person.id, now=NOW)
        for day in range(6):
            bounces.take(returned(store, person, "2026-11", when=NOW + day * DAY), f"{day}", store, now=NOW + day * DAY)
        again = store.subscriber(person.id)
        assert again is not None
        assert again.state is SubscriberState.UNSUBSCRIBED


def test_a_report_about_nobody_we_know_changes_nothing() -> None:
    with Store.open(":memory:") as store:
        report = delivery.report(case("postfix-unknown"))
        assert report is not None
        assert bounces.take(report, "a", store, now=NOW) == ()


# ---------------------------------------------------------------- the notice


def config(contact: str = "editor@lists.example.org") -> Config:
    here = Path()
    return Config(
        path=Path("sources.yaml"), folder=here, db=here, digests=here,
        desk=Desk(contact=contact), harvest=HarvestSettings(), digest=DigestSettings(), mail=MailSettings(),
    )  # fmt: skip


def test_the_contact_hears_of_quarantine_once_a_day_with_the_reason() -> None:
    with Store.open(":memory:") as store:
        first, second = reader(store), reader(store, "ben@clinic.example.net")
        assert not bounces.tell(config(), store, now=NOW)
        bounces.take(returned(store, first, "2026-11"), "a", store, now=NOW)
        store.quarantine(first.id, NOW)
        assert bounces.tell(config(), store, now=NOW)
        store.quarantine(second.id, NOW + DAY / 2)
        assert not bounces.tell(config(), store, now=NOW + DAY / 2)
        assert bounces.tell(config(), store, now=NOW + DAY)
        assert not bounces.tell(config(), store, now=NOW + 3 * DAY)
        later, earlier = store.notices(kind=bounces.NOTICE)
    assert earlier.email == "editor@lists.example.org"
    assert earlier.subject == "1 address in quarantine: mail came back"
    assert "kim@clinic.example.net: 5.1.1 User unknown" in earlier.body
    assert "gleanings subscribers confirm" in earlier.body
    assert "ben@clinic.example.net" in later.body
    assert "kim@clinic.example.net" not in later.body


def test_a_long_notice_names_fifty_and_counts_the_others() -> None:
    with Store.open(":memory:") as store:
        for number in range(53):
            store.quarantine(reader(store, f"reader{number}@clinic.example.net").id, NOW)
        assert bounces.tell(config(), store, now=NOW)
        (notice,) = store.notices(kind=bounces.NOTICE)
        assert notice.body.count("@clinic.example.net") == 50
        assert "- and 3 others" in notice.body


def test_a_desk_without_a_contact_is_told_nothing_by_mail() -> None:
    with Store.open(":memory:") as store:
        store.quarantine(reader(store).id, NOW)
        assert not bounces.tell(replace(config(), desk=Desk()), store, now=NOW)
        assert [one.email for one in store.quarantined()] == ["kim@clinic.example.net"]
