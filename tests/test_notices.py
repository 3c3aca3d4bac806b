"""Single mails: each once, by a real SMTP server, with headers that no text can break, and honest after a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Config, load
from pipeline.deliver import SmtpMailer
from pipeline.errors import NotFoundError, UnavailableError
from pipeline.model import Alert, DeliveryState, MailSettings, Message, Notice, TroubleKind
from pipeline.publish import notices
from pipeline.store import Store
from pipeline.store.lock import hold
from pipeline.watch.looking import facts
from pipeline.watch.pulse import Pulse
from pipeline.watch.telling import title
from pipeline.watch.troubles import SINGLES, troubles
from pipeline.wishes import WishError
from tests.builders import NOW
from tests.desk import Desk
from tests.smtp import Postbox, postbox
from tests.test_web import Site

LEAVE = "https://digest.example.org/unsubscribe/abc.def"


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as made:
        yield made


@pytest.fixture
def config(tmp_path: Path, box: Postbox) -> Config:
    mail = MailSettings(sender="What's new <digest@example.org>", bounce="bounces@example.org", host="127.0.0.1", port=box.port, tls="none")
    return replace(Site(tmp_path, url="https://digest.example.org").config, mail=mail)


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    with Store.open(config.db) as made:
        yield made


def put(store: Store, key: str = "1", *, email: str = "kim@example.org", subject: str = "A question", leave: str = "", now: datetime = NOW) -> bool:
    return notices.queue(store, kind="question", key=key, email=email, subject=subject, body="Did you use it?", leave=leave, now=now)


def send(config: Config, store: Store, *, now: datetime = NOW) -> dict[str, int]:
    with SmtpMailer(config.mail) as mailer:
        return dict(notices.send_notices(config, store, mailer, now=lambda: now))


def test_a_mail_goes_out_once_however_often_it_is_queued_and_sent(config: Config, store: Store, box: Postbox) -> None:
    assert (put(store), put(store), put(store, "2")) == (True, False, True)
    assert send(config, store) == {"sent": 2}
    assert (send(config, store), put(store)) == ({}, False)
    assert box.recipients == ["kim@example.org"] * 2


def test_a_mail_says_whose_it_is_and_how_to_leave(config: Config, store: Store, box: Postbox) -> None:
    put(store, leave=LEAVE)
    put(store, "2")
    send(config, store)
    first, second = box.mails
    assert first["From"] == "What's new <digest@example.org>"
    assert (first["List-Unsubscribe"], first["List-Unsubscribe-Post"]) == (f"<{LEAVE}>", "List-Unsubscribe=One-Click")
    assert (first["Auto-Submitted"], second["List-Unsubscribe"]) == ("auto-generated", None)
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Message-ID"].endswith("@digest.example.org>")
    assert first.get_content().split() == ["Did", "you", "use", "it?"]
    assert box.envelopes[0][0] == "bounces@example.org"


def test_the_same_mail_always_has_the_same_message_id(config: Config) -> None:
    one = Notice(id=1, kind="question", key="1", email="kim@example.org", subject="A", body="B\n")
    assert notices.written(one, config, now=NOW) == notices.written(replace(one, id=7, attempts=3), config, now=NOW)


@given(subject=st.text(max_size=300), body=st.text(max_size=300))
def test_no_text_begins_another_header_or_names_another_recipient(tmp_path_factory: pytest.TempPathFactory, subject: str, body: str) -> None:
    hostile = f"{subject}\r\nBcc: x@evil.example\r\n\r\n{body}"
    desk = replace(Site(tmp_path_factory.mktemp("desk")).config, mail=MailSettings(sender="a@example.org", bounce="b@example.org"))
    with Store.open(":memory:") as store:
        put(store, subject=hostile)
        (notice,) = store.notices()
    message = notices.written(notice, desk, now=NOW)
    head = message.body.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names == [
        b"From",
        b"To",
        b"Subject",
        b"Message-ID",
        b"Date",
        b"Auto-Submitted",
        b"Content-Type",
        b"Content-Transfer-Encoding",
        b"MIME-Version",
    ]
    assert message.recipient == "kim@example.org"


@pytest.mark.parametrize(
    "email", ["", "kim", "kim@", "kim@example.org\nBcc: x@evil.example", "kim@example.org, lee@example.org", "<kim@example.org>", '"a b"@example.org']
)
def test_what_is_no_address_is_never_queued(store: Store, email: str) -> None:
    with pytest.raises(WishError, match="is no mail address"):
        put(store, email=email)
    assert store.notices() == ()


@pytest.mark.parametrize("leave", ["mailto:x@example.org", "https://x.example/>\r\nBcc: x@evil.example", "https://x.example/ a"])
def test_an_address_to_leave_by_that_is_none_is_a_bug_and_no_header(store: Store, leave: str) -> None:
    with pytest.raises(ValueError, match=r"x\.example|mailto"):
        put(store, leave=leave)


def test_what_the_server_puts_off_is_offered_again_later_and_given_up_at_last(config: Config, store: Store, box: Postbox) -> None:
    box.answers["kim@example.org"] = "450 come back later"
    put(store)
    at = NOW
    assert send(config, store, now=at) == {"queued": 1}
    assert send(config, store, now=at + timedelta(minutes=10)) == {}
    for _ in range(notices.ATTEMPTS - 1):
        at += timedelta(minutes=16)
        last = send(config, store, now=at)
    assert last == {"failed": 1}
    (notice,) = store.notices()
    assert (notice.state, notice.attempts, "450" in (notice.error or "")) == (DeliveryState.FAILED, notices.ATTEMPTS, True)


def test_an_address_that_the_server_refuses_has_failed_and_the_next_goes_out(config: Config, store: Store, box: Postbox) -> None:
    box.answers["gone@example.org"] = "550 no such person"
    put(store, email="gone@example.org")
    put(store)
    assert send(config, store) == {"failed": 1, "sent": 1}


def test_a_mail_that_broke_on_the_way_is_uncertain_and_never_sent_again(config: Config, store: Store, box: Postbox) -> None:
    box.hang_up_on.add("kim@example.org")
    put(store)
    assert send(config, store) == {"uncertain": 1}
    assert send(config, store, now=NOW + timedelta(days=1)) == {}


def test_a_sender_that_died_leaves_an_uncertain_mail(config: Config, store: Store, box: Postbox) -> None:
    put(store)
    claimed = store.claim_notice(NOW, before=NOW)
    assert claimed is not None
    assert (send(config, store), box.recipients) == ({}, [])
    assert [one.state for one in store.notices()] == [DeliveryState.UNCERTAIN]


def test_without_a_server_everything_waits(config: Config, store: Store, box: Postbox) -> None:
    put(store)
    away = replace(config, mail=replace(config.mail, port=1))
    with pytest.raises(UnavailableError):
        send(away, store)
    assert [one.state for one in store.notices()] == [DeliveryState.QUEUED]
    assert send(config, store) == {"sent": 1}


def test_two_senders_do_not_send_at_once(config: Config, store: Store, box: Postbox) -> None:
    put(store)
    with hold(config.db, "notices", now=NOW):
        assert send(config, store) == {}
    assert send(config, store) == {"sent": 1}


def test_the_words_of_a_mail_go_after_thirty_days_and_that_it_went_out_stays(config: Config, store: Store, box: Postbox) -> None:
    put(store, leave=LEAVE)
    send(config, store)
    send(config, store, now=NOW + notices.WORDS_KEPT + timedelta(minutes=1))
    (notice,) = store.notices()
    assert (notice.subject, notice.body, notice.leave, notice.state) == ("", "", "", DeliveryState.SENT)
    assert put(store) is False


def test_a_reader_who_is_erased_while_a_mail_is_under_way_stays_erased(config: Config, store: Store) -> None:
    put(store)

    class Erasing:
        def send(self, message: Message) -> None:
            with Store.open(config.db) as other:
                other.erase_subscriber("kim@example.org", now=NOW)

    assert notices.send_notices(config, store, Erasing(), now=lambda: NOW) == {"sent": 1}
    assert store.notices() == ()
    with pytest.raises(NotFoundError):
        store.finish_notice(Notice(id=1, kind="", key="", email="", subject="", body=""), now=NOW)


def test_whether_mails_can_go_out_is_said_by_the_settings(config: Config) -> None:
    assert notices.can_send(config)
    assert not notices.can_send(replace(config, mail=MailSettings()))
    named = replace(config, mail=MailSettings(outbox="outbox"), desk=replace(config.desk, contact="editor@example.org"))
    assert notices.can_send(named)
    assert not notices.can_send(replace(named, desk=replace(config.desk, contact="")))
    assert b"editor@example.org" in notices.written(Notice(id=1, kind="k", key="", email="a@b.example", subject="", body=""), named, now=NOW).body


# ---------------------------------------------------------------- what is uncertain


def test_what_is_uncertain_is_told_and_settled_by_a_person(tmp_path: Path) -> None:
    desk = Desk(tmp_path, sources="[]")
    with Store.open(desk.db) as store:
        for number, email in enumerate(("kim@example.org", "lee@example.org", "max@example.org")):
            put(store, str(number), email=email)
            assert store.claim_notice(NOW, before=NOW)
        store.recover_notices(NOW)
        found = troubles(facts(load(tmp_path / "sources.yaml", {}), store, now=NOW, pulse=Pulse()), now=NOW)
        (told,) = [one for one in found if one.kind is TroubleKind.DELIVERY]
        assert (told.about, "Of 3 mails nobody knows" in told.sentence, "--singles" in told.sentence) == (SINGLES, True, True)
        assert title(Alert(id=1, kind=told.kind, about=told.about, sentence=told.sentence, since=NOW)) == "single mails"
    listed = desk.run("outbox", "--singles", "--json", "--resend", "KIM@example.org", "--settle", "lee@example.org")
    assert [(line["email"], line["state"], line["kind"]) for line in map(json.loads, listed.out.splitlines())] == [
        ("max@example.org", "uncertain", "question"),
        ("kim@example.org", "queued", "question"),
    ]
    with Store.open(desk.db) as store:
        store._change("UPDATE notices SET body = ? WHERE state = 'uncertain'", (f"Open /survey/{notices.TICKET}",))
    refused = desk.run("outbox", "--singles", "--resend", "max@example.org")
    assert (refused.code, "second vote" in refused.err) == (1, True)
    again = desk.run("outbox", "--singles", "--resend", "lee@example.org")
    assert (again.code, "outbox --singles" in again.err) == (1, True)
    with Store.open(desk.db) as store:
        assert store.claim_notice(NOW, before=NOW)
        assert store.claim_notice(NOW, before=NOW) is None  # what is uncertain still is sent to nobody
