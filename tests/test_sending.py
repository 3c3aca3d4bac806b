"""Sending against servers that stall, break, refuse and take; pauses, back-off, tests and what is uncertain. Nobody gets a mail twice."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline import deliver, publish, tokens
from pipeline.config import Config
from pipeline.deliver import SmtpMailer
from pipeline.deliver.smtp import _Lines
from pipeline.errors import ConflictError, DeliveryError, UnavailableError
from pipeline.model import Campaign, Delivery, DeliveryState, Message
from pipeline.publish.sending import AGAIN
from pipeline.publish.turns import FIRST, LONGEST, Turns
from pipeline.service import Doors, mail
from pipeline.store import Store
from tests import builders, desk
from tests.builders import NOW
from tests.mailsink import BREAK, ENDLESS, SLOW, STALL, TRICKLE, Script, sink
from tests.smtp import Postbox, postbox
from tests.test_publish import ADA, BEN, CHI, EDITION, _released, config, outgoing, states
from tests.test_web import Site

DAN = "dan@other.example"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as opened:
        yield opened


def smtp(settings: Config) -> SmtpMailer:
    return SmtpMailer(settings.mail, seconds=0.4, last=0.4)


def send(settings: Config, store: Store, *, connections: int = 1, resume: bool = False, doors: publish.Doors | None = None) -> dict[str, int]:
    with ExitStack() as stack:
        mailers = [stack.enter_context(closing(smtp(settings))) for _ in range(connections)]
        return dict(publish.send(EDITION, settings, store, mailers, doors=doors or desk.doors(NOW), resume=resume))


def message(to: str = ADA) -> Message:
    return Message(sender="bounces@example.org", recipient=to, body=b"Subject: x\r\n\r\n.hidden\r\nhello\n")


# ---------------------------------------------------------------- one message


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("trouble", [STALL, BREAK, ENDLESS, TRICKLE, "what?", " ", "-250 ok", "199 ok", "250 ok\r\n250 ok"])
@pytest.mark.parametrize("pipelining", [True, False])
def test_what_breaks_before_the_message_is_out_was_not_taken_and_may_be_offered_again(
    step: str, trouble: str, pipelining: bool, tmp_path: Path
) -> None:
    with sink(Script(once={step: trouble}, pipelining=pipelining)) as script, smtp(config(tmp_path, script.port)) as post:
        with pytest.raises(DeliveryError) as caught:
            post.send(message())
        assert (caught.value.permanent, caught.value.alone) == (False, False)
        post.send(message())
        assert script.takes == [ADA]


@pytest.mark.parametrize("trouble", [STALL, BREAK, ENDLESS, TRICKLE, "what?", " ", "199 ok", "354 go ahead"])
def test_what_breaks_after_the_message_is_out_is_uncertain(trouble: str, tmp_path: Path) -> None:
    with sink(Script(once={"end": trouble})) as script, smtp(config(tmp_path, script.port)) as post:
        with pytest.raises(ConnectionError):
            post.send(message())
        post.send(message(BEN))
        assert script.takes[-1] == BEN


@pytest.mark.parametrize("pipelining", [True, False])
def test_who_refuses_and_leaves_has_refused(pipelining: bool, tmp_path: Path) -> None:
    with sink(Script(once={"rcpt": "550 no such user", "reset": BREAK, "end": BREAK}, pipelining=pipelining)) as script:
        with smtp(config(tmp_path, script.port)) as post, pytest.raises(DeliveryError, match="550") as caught:
            post.send(message())
        assert caught.value.permanent


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "end"])
@pytest.mark.parametrize(
    ("answer", "permanent", "alone"),
    [("421 closing", False, False), ("450 busy", False, False), ("452 4.2.2 mailbox full", False, True), ("550 no", True, True)],
)
def test_a_refusal_at_any_step_is_of_this_message_alone_and_the_next_one_goes(
    step: str, answer: str, permanent: bool, alone: bool, tmp_path: Path
) -> None:
    with sink(Script(once={step: answer})) as script, smtp(config(tmp_path, script.port)) as post:
        with pytest.raises(DeliveryError, match=answer[:3]) as caught:
            post.send(message())
        assert (caught.value.permanent, caught.value.alone) == (permanent, alone)
        post.send(message(BEN))
        assert script.takes == [BEN]


def test_a_kept_connection_that_the_server_ended_is_opened_again_without_a_word(tmp_path: Path) -> None:
    with sink(Script()) as script, smtp(config(tmp_path, script.port)) as post:
        post.send(message())
        script.once = {"mail": "421 too many messages in one session"}
        post.send(message(BEN))
        assert (script.takes, script.connections) == ([ADA, BEN], 2)


@pytest.mark.parametrize(
    "answer",
    [
        *("421 too busy", "554 not you", STALL, BREAK, ENDLESS, TRICKLE, "what?"),
        pytest.param("2" * 10_000_000, id="a long line"),
        pytest.param("220-hm\r\n" * 1_000_000, id="many lines"),
    ],
)
def test_a_server_that_does_not_let_us_in_is_said(answer: str, tmp_path: Path) -> None:
    with (
        sink(Script(always={"connect": answer})) as script,
        smtp(config(tmp_path, script.port)) as post,
        pytest.raises(UnavailableError, match="does not answer"),
    ):
        post.send(message())


def test_the_answer_to_a_whole_message_may_take_longer_than_any_other(tmp_path: Path) -> None:
    with sink(Script(once={"end": f"{SLOW}250 taken"})) as script, SmtpMailer(config(tmp_path, script.port).mail, seconds=0.2, last=5) as post:
        post.send(message())
        script.always = {"mail": STALL}
        begun = time.monotonic()
        with pytest.raises(DeliveryError):
            post.send(message(BEN))
        assert time.monotonic() - begun < 3


@contextmanager
def answering(seconds: float) -> Iterator[tuple[_Lines, socket.socket]]:
    """What a server says within so many seconds, and the server."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(seconds)
        made = _Lines(ours)
        made.begin()
        yield made, theirs


def test_an_answer_without_end_is_left_by_its_size_though_it_comes_fast() -> None:
    with answering(60) as (read, server):
        server.sendall(b"250-more\r\n" * 7_000)
        with pytest.raises(TimeoutError, match="no end"):
            Counter(read.readline(8_192) for _ in range(7_000))


def test_an_answer_without_end_is_left_by_its_time_though_it_is_small() -> None:
    with answering(0.2) as (read, server):

        def next_line() -> bytes:
            server.sendall(b"250-more\r\n")
            time.sleep(0.01)
            return read.readline(8_192)

        with pytest.raises(TimeoutError, match="too long"):
            Counter(next_line() for _ in range(100))


def test_dots_and_lone_line_ends_arrive_as_they_should(tmp_path: Path) -> None:
    with postbox() as box, smtp(config(tmp_path, box.port)) as post:
        post.send(message())
        post.send(replace(message(), body=b".Subject: x\r\n\r\nhello\r\n"))
    assert box.envelopes[0][2] == b"Subject: x\r\n\r\n.hidden\r\nhello\r\n"
    assert box.envelopes[1][2].startswith(b".Subject")


# ---------------------------------------------------------------- whose turn it is


def waiting(*addresses: str) -> list[Delivery]:
    return [Delivery(edition=EDITION, subscriber=number, email=one, state=DeliveryState.QUEUED) for number, one in enumerate(addresses)]


def test_domains_take_turns_and_none_is_faster_than_its_rate() -> None:
    turns = Turns(waiting(ADA, BEN, DAN), per_second=2, now=NOW)
    assert [one.email for one in turns.take(5, NOW)] == [ADA, DAN]
    assert (turns.take(5, NOW), turns.next_turn(NOW)) == ([], timedelta(seconds=0.5))
    assert [one.email for one in turns.take(5, NOW + timedelta(seconds=0.5))] == [BEN]
    assert turns.next_turn(NOW) is None


def test_a_domain_that_puts_mails_off_is_left_in_peace_for_twice_as_long_each_time() -> None:
    turns = Turns(waiting(*(f"r{number}@reader.example" for number in range(4))), per_second=1000, now=NOW)
    now, pauses = NOW, []
    for _ in range(3):
        (one,) = turns.take(1, now)
        turns.put_off(one, now)
        pause = turns.next_turn(now)
        assert pause is not None
        assert turns.take(1, now + pause - timedelta(milliseconds=1)) == []
        pauses.append(pause)
        now += pause
    assert pauses == [FIRST, 2 * FIRST, 4 * FIRST]
    (last,) = turns.take(1, now)
    turns.give_back(last, now)
    turns.went_well(last)
    assert turns.take(1, now + FIRST) == [last]


def test_a_domain_is_one_in_any_case_and_is_left_in_peace_for_a_quarter_of_an_hour_at_most() -> None:
    turns = Turns(waiting("a@reader.example", *(f"r{number}@Reader.Example" for number in range(20))), per_second=1, now=NOW)
    assert len(turns.take(5, NOW)) == 1
    for _ in range(12):
        turns.put_off(waiting(ADA)[0], NOW)
    assert turns.next_turn(NOW) == LONGEST


# ---------------------------------------------------------------- an edition


class Taker:
    """A mailer whose server takes everything."""

    def send(self, message: Message) -> None:
        """Take it."""


def test_what_a_clock_that_was_ahead_put_off_is_put_off_as_of_now() -> None:
    (one,) = waiting("a@reader.example")
    turns = Turns([one], per_second=1, now=NOW)
    turns.remember([replace(one, attempts=3, changed=NOW + timedelta(days=400))], NOW)
    assert turns.next_turn(NOW) == FIRST
    assert turns.take(1, NOW) == []
    assert turns.take(1, NOW + FIRST) == [one]


def test_what_a_domain_missed_of_its_rate_it_does_not_get_at_once() -> None:
    turns = Turns(waiting(*(f"r{number}@reader.example" for number in range(9))), per_second=1, now=NOW)
    assert len(turns.take(9, NOW)) == 1
    assert len(turns.take(9, NOW + timedelta(minutes=1))) == 1


def test_a_mail_that_was_taken_since_ends_a_row_of_refusals() -> None:
    (one,) = waiting("a@reader.example")
    past = [replace(one, attempts=1, changed=NOW - timedelta(minutes=ago)) for ago in (0, 30, 20)]
    turns = Turns([one], per_second=1, now=NOW)
    turns.remember([*past, replace(one, attempts=1, state=DeliveryState.SENT, changed=NOW - timedelta(minutes=10))], NOW)
    assert turns.next_turn(NOW) == FIRST


@pytest.mark.parametrize("answer", ["421 later", "450 later", "452 later"])
def test_a_domain_that_asks_for_peace_holds_up_no_other(answer: str, store: Store, tmp_path: Path) -> None:
    with sink(Script(once={"rcpt": answer})) as script:
        outgoing(store, ADA, BEN, CHI, DAN)
        told: list[str] = []
        counts = send(config(tmp_path, script.port), store, doors=desk.doors(NOW, lambda one: told.append(one.email)))
        assert counts == {"queued": 1, "sent": 3}
        assert told[:2] == [ADA, DAN]
        assert states(store)[ADA] is DeliveryState.QUEUED


def test_one_full_mailbox_holds_up_nobody_else_of_its_domain(store: Store, tmp_path: Path) -> None:
    with postbox(Postbox(answers={ADA: "452 4.2.2 mailbox full"})) as box:
        outgoing(store, ADA, BEN, CHI)
        went: dict[str, timedelta] = {}
        clock = desk.Clock(NOW)
        doors = publish.Doors(now=clock.now, sleep=clock.sleep, report=lambda one: went.update({one.email: clock.now() - NOW}))
        assert send(config(tmp_path, box.port), store, doors=doors) == {"queued": 1, "sent": 2}
        assert max(went.values()) < FIRST


def test_a_server_that_is_gone_for_one_connection_leaves_the_others_at_work(store: Store, tmp_path: Path) -> None:
    with sink(Script(once={"connect": "421 too many connections"})) as script:
        outgoing(store, ADA, BEN, DAN)
        assert send(config(tmp_path, script.port), store, connections=2) == {"sent": 3}
        assert sorted(script.takes) == [ADA, BEN, DAN]


def test_a_pause_is_obeyed_in_the_middle_and_ended_by_resuming(store: Store, tmp_path: Path) -> None:
    with sink(Script()) as script:
        outgoing(store, ADA, BEN, CHI)
        settings = config(tmp_path, script.port)
        first = desk.doors(NOW, lambda one: store.pause_sending(EDITION, NOW))
        assert send(settings, store, doors=first) == {"queued": 2, "sent": 1}
        with pytest.raises(ConflictError, match="is paused"):
            send(settings, store)
        assert publish.go_on(settings, store, [], doors=desk.doors(NOW)) == 0
        assert send(settings, store, resume=True) == {"sent": 3}
        assert script.takes == [ADA, BEN, CHI]


@pytest.mark.parametrize("way", ["pause", "end"])
def test_a_pause_and_the_end_are_heard_while_a_domain_is_waited_for(way: str, store: Store, tmp_path: Path) -> None:
    outgoing(store, *(f"r{number}@reader.example" for number in range(9)))
    made, clock = config(tmp_path), desk.Clock(NOW)
    settings = replace(made, mail=replace(made.mail, per_second=1))

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        assert clock.now() < NOW + timedelta(seconds=5), "it waits on"
        if way == "pause" and not store.sending_paused(EDITION):
            store.pause_sending(EDITION, clock.now())

    doors = publish.Doors(now=clock.now, sleep=sleep, ends=lambda: way == "end" and clock.now() > NOW)
    assert publish.send(EDITION, settings, store, [Taker()], doors=doors) == {"queued": 8, "sent": 1}
    assert clock.now() <= NOW + timedelta(seconds=1)


def test_what_is_written_while_it_is_sent_outlasts_a_power_cut(store: Store, tmp_path: Path) -> None:
    def kept() -> int:
        return int(next(iter(store._rows("PRAGMA synchronous")))[0])

    outgoing(store, ADA)
    seen: list[int] = []
    doors = desk.doors(NOW, lambda one: seen.append(kept()))
    assert publish.send(EDITION, config(tmp_path), store, [Taker()], doors=doors) == {"sent": 1}
    assert (seen, kept()) == ([2], 1)  # FULL, then NORMAL


def test_readers_who_are_erased_while_it_is_sent_stop_nobody_elses_mail(store: Store, tmp_path: Path) -> None:
    """One whose mail is under way, and one whose turn has not come."""

    class Erasing(SmtpMailer):
        def send(self, message: Message) -> None:
            if message.recipient == ADA:
                with Store.open(tmp_path / "curated.db") as other:
                    other.erase_subscriber(ADA, now=NOW)
                    other.erase_subscriber(CHI, now=NOW)
            super().send(message)

    with sink(Script()) as script, ExitStack() as stack:
        outgoing(store, ADA, BEN, CHI, DAN)
        settings = config(tmp_path, script.port)
        mailers = [stack.enter_context(Erasing(settings.mail)) for _ in range(2)]
        assert publish.send(EDITION, settings, store, mailers, doors=desk.doors(NOW)) == {"sent": 2}
        assert (sorted(script.takes), states(store)) == ([ADA, BEN, DAN], dict.fromkeys((BEN, DAN), DeliveryState.SENT))


@pytest.mark.parametrize("way", ["leave", "quarantine"])
def test_who_left_with_a_mail_waiting_is_not_sent_it_after_coming_back(way: str, store: Store, tmp_path: Path) -> None:
    with sink(Script()) as script:
        outgoing(store, ADA, BEN)
        settings = config(tmp_path, script.port)
        assert send(settings, store, doors=desk.doors(NOW, lambda one: store.pause_sending(EDITION, NOW))) == {"queued": 1, "sent": 1}
        waiting = store.subscriber(BEN)
        assert waiting is not None
        store.leave(waiting.id, now=NOW) if way == "leave" else store.quarantine(waiting.id, NOW)
        assert send(settings, store, resume=True) == {"sent": 1}
        store.confirm_subscriber(waiting.id, now=NOW + timedelta(days=200))
        assert publish.go_on(settings, store, [smtp(settings)], doors=desk.doors(NOW + timedelta(days=200))) == 0
        assert script.takes == [ADA]


class Broken(SmtpMailer):
    """Fails as no mailer promises to, or finds no server."""

    trouble: Exception

    def send(self, message: Message) -> None:
        raise self.trouble


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whatever_breaks_in_a_connection_its_mail_is_in_doubt_and_without_a_server_no_attempt_is_counted(store: Store, tmp_path: Path) -> None:
    outgoing(store, ADA, BEN)
    settings = config(tmp_path)
    post = Broken(settings.mail)
    post.trouble = UnavailableError("The mail server does not answer.")
    with pytest.raises(UnavailableError):
        publish.send(EDITION, settings, store, [post], doors=desk.doors(NOW))
    assert [(one.state, one.attempts) for one in store.deliveries(EDITION)] == [(DeliveryState.QUEUED, 0)] * 2
    post.trouble = RuntimeError("what nobody thought of")
    with pytest.raises(ConnectionError):
        publish.send(EDITION, settings, store, [post], doors=desk.doors(NOW))
    assert sorted(one.state for one in store.deliveries(EDITION)) == [DeliveryState.QUEUED, DeliveryState.UNCERTAIN]


def test_a_test_has_the_links_of_nobody_and_a_name_of_its_own(store: Store, tmp_path: Path) -> None:
    with postbox() as box, smtp(config(tmp_path, box.port)) as post:
        outgoing(store, ADA)
        settings = config(tmp_path, box.port)
        publish.send_test(EDITION, settings, store, post, ADA)
        send(settings, store)
    test, real = box.mails
    assert test["Message-ID"] != real["Message-ID"]
    leaves = {mail["List-Unsubscribe"].partition(">")[0].rpartition("/")[2] for mail in (test, real)}
    people = {claims and claims.person for one in leaves for claims in [tokens.read(store.secret("links"), "unsubscribe", one, now=NOW)]}
    assert people == {0, 1}


def test_ctrl_c_pauses_and_keeps_what_was_under_way(store: Store, tmp_path: Path) -> None:
    def press(one: Delivery) -> None:
        raise KeyboardInterrupt

    with sink(Script()) as script:
        outgoing(store, ADA, DAN)
        with pytest.raises(KeyboardInterrupt):
            send(config(tmp_path, script.port), store, doors=desk.doors(NOW, press))
        assert store.sending_paused(EDITION) == NOW
        assert [one.email for one in store.deliveries(EDITION) if one.state is DeliveryState.SENT] == script.takes


def test_what_was_put_off_is_offered_again_when_its_time_has_come_and_what_is_uncertain_is_not(store: Store, tmp_path: Path) -> None:
    with postbox(Postbox(answers={ADA: "450 4.2.1 busy"}, hang_up_on={DAN})) as box:
        outgoing(store, ADA, BEN, DAN)
        settings = config(tmp_path, box.port)
        assert send(settings, store) == {"queued": 1, "sent": 1, "uncertain": 1}
        box.answers, box.hang_up_on = {}, set()
        with smtp(settings) as post:
            early = desk.doors(NOW + AGAIN - timedelta(seconds=1))
            assert publish.go_on(settings, store, [post], doors=early) == 0
            assert publish.go_on(settings, store, [post], doors=desk.doors(NOW + AGAIN + timedelta(minutes=1))) == 1
        assert box.recipients == [BEN, ADA]
        assert states(store)[DAN] is DeliveryState.UNCERTAIN


class Refuser:
    """A mailer whose server puts everything off; keeps when it was asked."""

    def __init__(self, clock: desk.Clock, offers: list[timedelta]) -> None:
        self.clock, self.offers = clock, offers

    def send(self, message: Message) -> None:
        self.offers.append(self.clock.now() - NOW)
        raise DeliveryError("450 later", address=message.recipient, permanent=False, alone=False)


@pytest.mark.parametrize("connections", [1, 8])
def test_a_domain_that_puts_mails_off_is_left_in_peace_from_one_look_of_the_service_to_the_next(
    connections: int, store: Store, tmp_path: Path
) -> None:
    outgoing(store, *(f"r{number}@reader.example" for number in range(40)))
    settings, clock, offers = config(tmp_path), desk.Clock(NOW), list[timedelta]()
    doors = publish.Doors(now=clock.now, sleep=clock.sleep)
    publish.send(EDITION, settings, store, [Refuser(clock, offers) for _ in range(connections)], doors=doors)
    while clock.now() < NOW + timedelta(hours=2):
        clock.sleep(60)
        publish.go_on(settings, store, [Refuser(clock, offers) for _ in range(connections)], doors=doors)
    late = [one for one in offers if one > timedelta(hours=1)]
    assert 3 <= len(late) <= 4 * connections, offers
    assert set(states(store).values()) == {DeliveryState.QUEUED}


def test_eight_connections_share_the_rate_of_a_domain(store: Store, tmp_path: Path) -> None:
    with sink(Script()) as script:
        outgoing(store, *(f"r{number}@reader.example" for number in range(12)))
        made = config(tmp_path, script.port)
        settings = replace(made, mail=replace(made.mail, per_second=2))
        clock, went = desk.Clock(NOW), list[timedelta]()
        doors = publish.Doors(now=clock.now, sleep=clock.sleep, report=lambda one: went.append(clock.now() - NOW))
        with ExitStack() as stack:
            mailers = [stack.enter_context(smtp(settings)) for _ in range(8)]
            assert publish.send(EDITION, settings, store, mailers, doors=doors) == {"sent": 12}
        assert went[-1] >= timedelta(seconds=5.5)


def test_the_service_goes_on_with_a_sending_that_a_person_began_and_begins_none(tmp_path: Path) -> None:
    def open_store() -> Store:
        return Store.open(tmp_path / "curated.db")

    with postbox(Postbox(answers={ADA: "450 4.2.1 busy"})) as box, open_store() as store:
        outgoing(store, ADA)
        settings = config(tmp_path, box.port)
        clock = desk.Clock(NOW)
        service = Doors(app=None, open_store=open_store, clock=clock.now, child=())  # type: ignore[arg-type]
        mail(settings, service)
        assert (box.recipients, store.deliveries(EDITION)) == ([], ())
        send(settings, store)
        box.answers = {}
        mail(settings, service)
        assert box.recipients == []
        clock.sleep(AGAIN.total_seconds())
        mail(settings, service)
        assert (box.recipients, store.delivery_counts(EDITION)) == ([ADA], {"sent": 1})


# ---------------------------------------------------------------- by command


def test_what_is_uncertain_is_settled_or_sent_again_by_the_operator_alone(tmp_path: Path) -> None:
    with postbox(Postbox(hang_up_on={ADA, DAN})) as box:
        here = desk.Desk(tmp_path, port=box.port)
        with here.store() as store:
            outgoing(store, ADA, BEN, DAN)
        done = here.run("send", EDITION)
        assert (done.code, f"gleanings outbox {EDITION} --settle" in done.out) == (4, True)
        box.hang_up_on = set()
        here.run("send", EDITION)
        assert box.recipients == [BEN]
        assert here.run("outbox", EDITION, "--settle", ADA, "--resend", DAN).code == 0
        refused = here.run("outbox", EDITION, "--resend", BEN)
        assert (refused.code, "There is no uncertain mail" in refused.err) == (1, True)
        assert here.run("send", EDITION, "--resume").code == 0
        assert box.recipients == [BEN, DAN]


def test_a_test_goes_to_each_address_named_and_to_the_seeds(tmp_path: Path) -> None:
    with postbox() as box:
        here = desk.Desk(tmp_path, port=box.port)
        path = tmp_path / "sources.yaml"
        path.write_text(path.read_text().replace("tls: none", "tls: none, seeds: [seed@example.org, ada@reader.example], connections: 3"))
        with here.store() as store:
            outgoing(store, CHI)
        assert here.run("send", EDITION, "--test", ADA, "--test", BEN, "--seeds").code == 0
        assert box.recipients == [ADA, BEN, "seed@example.org"]
        assert here.must("outbox", EDITION) == []
        assert here.run("send", EDITION, "--pause").code == 0
        assert "is paused" in here.run("send", EDITION).err
        assert here.run("send", EDITION, "--resume").code == 0
        assert here.must("send", EDITION, "--dry-run") == [{"edition": EDITION, "would_send": 1, "already": 0}]


def test_the_desk_shows_what_is_uncertain_and_one_button_settles_it(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.open() as store:
        outgoing(store, ADA, DAN)
        store.queue_deliveries(EDITION, [1, 2], NOW)
        store.advance_deliveries((), store.deliveries(EDITION), NOW)
        store.recover_deliveries(EDITION, NOW)
    visitor = site.visitor()
    path = f"/desk/editions/{EDITION}"
    shown = visitor.get(path).text
    assert ("2 uncertain" in shown, f"Send it again: {ADA}" in shown, f"It arrived: {DAN}" in shown) == (True, True, True)
    assert visitor.get(f"{path}/mails/0/1/again").status_code == 405
    assert visitor.post(f"{path}/mails/0/1/again", {}).status_code == 303
    assert visitor.post(f"{path}/mails/0/2/arrived", {}).status_code == 303
    assert visitor.post(f"{path}/mails/0/2/again", {}).status_code == 404
    with site.open() as store:
        assert states(store) == {ADA: DeliveryState.QUEUED, DAN: DeliveryState.SENT}


def test_what_is_uncertain_of_a_weeks_mail_and_of_a_correction_is_shown_with_its_button_too(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.open() as store:
        outgoing(store, ADA, DAN)
        week = replace(store.edition(EDITION), id="mail/2026-w49", form="week")
        store.keep_gathered(week)
        for name, correction in ((week.id, 0), (EDITION, 1)):
            store.queue_deliveries(name, [1], NOW, correction=correction)
            store.advance_deliveries((), store.deliveries(name, correction=correction), NOW)
            store.recover_deliveries(name, NOW, correction=correction)
    visitor = site.visitor()
    today = visitor.get("/desk").text
    assert f'href="/desk/editions/{EDITION}"' in today
    path = "/desk/editions/mail/2026-w49"
    assert f'href="{path}"' in today
    assert f"Send it again: {ADA}" in visitor.get(path).text
    assert visitor.get("/desk/editions/mail/2026-w48").status_code == 404
    done = visitor.post(f"{path}/mails/0/1/arrived", {})
    assert (done.status_code, done.headers["location"]) == (303, f"{path}#mail")
    with site.open() as store:
        assert store.delivery_counts(week.id) == {"sent": 1}


# ---------------------------------------------------------------- listmonk


class _Listmonk(BaseHTTPRequestHandler):
    """Answers as listmonk's API does: https://listmonk.app/docs/apis/campaigns/. `seen` are the campaigns; `breaks` says that it is silent once."""

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if self._is_allowed():
            found = [one for one in self._seen if set(asked.get("tags", [])) <= set(one["tags"])]
            self._answer(200, {"data": {"results": found, "query": "", "total": len(found), "per_page": 20, "page": 1}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self._is_allowed():
            return
        if self.path != "/api/campaigns" or 3 not in body["lists"]:
            self._answer(400, {"message": "Invalid list\nIDs"})
            return
        self._seen.append(body | {"id": 12 + len(self._seen), "status": "draft"})
        if self.server.breaks:  # type: ignore[attr-defined]
            self.server.breaks = False  # type: ignore[attr-defined]
            self.close_connection = True
        else:
            self._answer(200, {"data": self._seen[-1]})

    @property
    def _seen(self) -> list[Any]:
        return self.server.seen  # type: ignore[attr-defined, no-any-return]

    def _is_allowed(self) -> bool:
        given = self.headers["authorization"]
        if given != "token desk:hush":
            self._answer(500 if given == "token desk:down" else 403, {"message": "invalid API credentials"})
        return given == "token desk:hush"

    def _answer(self, status: int, said: object) -> None:
        made = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(made)))
        self.end_headers()
        self.wfile.write(made)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def listmonk() -> Iterator[tuple[str, Any]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Listmonk) as server:
        server.seen, server.breaks = [], False  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", server
        server.shutdown()
        thread.join()


def test_an_edition_is_handed_over_to_listmonk_as_a_draft(listmonk: tuple[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, server = listmonk
    monkeypatch.setenv("GLEANINGS_LISTMONK_TOKEN", "desk:hush")
    here = desk.Desk(tmp_path)
    with here.store() as store:
        outgoing(store)
    assert here.must("send", EDITION, "--listmonk", url, "--list", "3") == [{"edition": EDITION, "campaign": 12}]
    (body,) = server.seen
    assert (body["lists"], body["type"], body["content_type"]) == ([3], "regular", "html")
    assert "{{ UnsubscribeURL }}" in body["body"]
    assert "{{ UnsubscribeURL }}" in body["altbody"]
    assert "hush" not in here.run("config").out


def test_an_edition_handed_over_again_or_without_an_answer_is_one_campaign(
    listmonk: tuple[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, server = listmonk
    monkeypatch.setenv("GLEANINGS_LISTMONK_TOKEN", "desk:hush")
    here = desk.Desk(tmp_path)
    with here.store() as store:
        outgoing(store)
    server.seen.append({"id": 7, "tags": ["another"]})
    server.breaks = True
    lost = here.run("send", EDITION, "--listmonk", url, "--list", "3")
    assert (lost.code, "does not answer" in lost.err) == (69, True)
    again = here.run("send", EDITION, "--listmonk", url, "--list", "3")
    assert (again.code, "handed over before, as campaign 13" in again.out, len(server.seen)) == (0, True, 2)


def test_a_dry_run_sends_nothing_to_anybody_and_pauses_nothing(listmonk: tuple[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, server = listmonk
    monkeypatch.setenv("GLEANINGS_LISTMONK_TOKEN", "desk:hush")
    with sink(Script()) as script:
        here = desk.Desk(tmp_path, port=script.port)
        with here.store() as store:
            outgoing(store, ADA, BEN)
        for words in (["--pause"], ["--listmonk", url, "--list", "3"]):
            assert here.run("send", EDITION, "--dry-run", *words).code == 2
        for words in ([], ["--resume"], ["--test", ADA]):
            assert here.run("send", EDITION, "--dry-run", *words).code == 0
        assert (server.seen, script.connections) == ([], 0)
        with here.store() as store:
            assert (store.deliveries(EDITION), store.sending_paused(EDITION)) == ((), None)


def test_no_words_of_ours_steer_listmonks_templates(store: Store, tmp_path: Path) -> None:
    steering = builders.edition(sections=(), letter='Read {{ TrackLink "x" }} now.', title="What {{ .Campaign }}")
    store.release(_released(store, steering), files={}, now=NOW)
    made = publish.campaign(EDITION, config(tmp_path), store, lists=(3,))
    assert made.body.count('{{ "{{" }} TrackLink') == 1
    assert made.body.replace('{{ "{{" }}', "").replace("{{ UnsubscribeURL }}", "").count("{{") == 0
    assert "{{" not in made.subject


@pytest.mark.parametrize(
    ("token", "lists", "said"),
    [("desk:wrong", (3,), "403: invalid API credentials"), ("desk:hush", (4,), "400: Invalid list IDs"), ("", (3,), "no token")],
)
def test_what_listmonk_does_not_want_is_a_sentence(listmonk: tuple[str, Any], token: str, lists: tuple[int, ...], said: str) -> None:
    campaign = Campaign(name="n", subject="s", tags=("t",), lists=lists, from_email="a@b.example", body="b", altbody="a")
    with pytest.raises(ConflictError, match=said):
        deliver.hand_over(listmonk[0], campaign, token=token)


@pytest.mark.parametrize(
    "url", ["lists.example.org", "ftp://lists.example.org", "https://u:p@lists.example.org", "http://lists.example.org", "http://["]
)
def test_the_token_goes_to_no_address_that_is_not_plain_and_safe(url: str) -> None:
    campaign = Campaign(name="n", subject="s", tags=("t",), lists=(1,), from_email="a@b.example", body="b", altbody="a")
    with pytest.raises(ConflictError):
        deliver.hand_over(url, campaign, token="desk:hush")


def test_a_listmonk_in_trouble_may_be_asked_again(listmonk: tuple[str, Any]) -> None:
    campaign = Campaign(name="n", subject="s", tags=("t",), lists=(3,), from_email="a@b.example", body="b", altbody="a")
    with pytest.raises(UnavailableError, match="500"):
        deliver.hand_over(listmonk[0], campaign, token="desk:down")


def test_a_listmonk_that_is_not_there_or_none_is_said() -> None:
    campaign = Campaign(name="n", subject="s", tags=("t",), lists=(1,), from_email="a@b.example", body="b", altbody="a")
    with sink(Script(always={"connect": "220 I speak SMTP"})) as script:
        port = script.port
        with pytest.raises(UnavailableError):
            deliver.hand_over(f"http://127.0.0.1:{port}", campaign, token="desk:hush", seconds=2)
    with pytest.raises(UnavailableError, match="does not answer"):
        deliver.hand_over(f"http://127.0.0.1:{port}", campaign, token="desk:hush", seconds=2)


# ---------------------------------------------------------------- killed again and again


def test_a_sender_killed_again_and_again_mails_nobody_twice_and_leaves_one_in_doubt_for_each_connection(tmp_path: Path) -> None:
    people, connections, chance = [f"r{number}@d{number % 60}.example" for number in range(240)], 3, random.Random(6)  # noqa: S311
    with sink(Script()) as script:
        here = desk.Desk(tmp_path, port=script.port)
        path = tmp_path / "sources.yaml"
        path.write_text(path.read_text().replace("tls: none", f"tls: none, connections: {connections}, per_second: 10000"))
        with here.store() as store:
            outgoing(store, *people)
        for kill in range(3):
            child = subprocess.Popen([sys.executable, "-m", "pipeline", "--dir", str(tmp_path), "send", EDITION], stdout=-3, stderr=-3, cwd=desk.ROOT)
            aim = len(script.takes) + chance.randrange(20, 60)
            while len(script.takes) < aim and child.poll() is None:
                threading.Event().wait(0.002)
            child.send_signal(signal.SIGKILL)
            child.wait()
            with here.store() as store:
                found = Counter(one.state for one in store.deliveries(EDITION))
                assert found[DeliveryState.SENDING] <= connections, kill
        done = here.run("send", EDITION, "--json")
        assert max(Counter(script.takes).values()) == 1
        with here.store() as store:
            after = {one.email: one.state for one in store.deliveries(EDITION)}
        assert set(after.values()) <= {DeliveryState.SENT, DeliveryState.UNCERTAIN}
        assert {one for one, state in after.items() if state is DeliveryState.SENT} <= set(script.takes)
        assert sum(state is DeliveryState.UNCERTAIN for state in after.values()) <= 3 * connections
        assert (len(after), done.code in (0, 4)) == (240, True)
        assert here.integrity() == "ok"
