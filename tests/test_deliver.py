"""The door to the mail server, against a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.deliver import FolderMailer, SmtpMailer, mailer
from pipeline.errors import DeliveryError, UnavailableError
from pipeline.model import MailSettings, Message
from tests.smtp import postbox

LETTER = b"From: digest@example.org\r\nTo: ada@example.net\r\nSubject: What's new\r\n\r\nGood morning.\r\n"


def message(recipient: str = "ada@example.net") -> Message:
    return Message(sender="bounces@example.org", recipient=recipient, body=LETTER)


def settings(port: int, **changes: Any) -> MailSettings:
    return MailSettings(host="127.0.0.1", port=port, **changes)


def test_a_message_arrives_with_its_envelope_and_its_words() -> None:
    with postbox() as box, SmtpMailer(settings(box.port)) as post:
        post.send(message())
        post.send(message("ben@example.net"))
    assert [(sender, recipient) for sender, recipient, _ in box.envelopes] == [
        ("bounces@example.org", "ada@example.net"),
        ("bounces@example.org", "ben@example.net"),
    ]
    assert box.mails[0]["subject"] == "What's new"
    assert box.mails[0].get_content().strip() == "Good morning."


@pytest.mark.parametrize(("answer", "permanent"), [("550 no such person", True), ("450 later please", False)])
def test_a_refused_address_is_named_and_the_next_one_goes_on(answer: str, permanent: bool) -> None:
    with postbox() as box, SmtpMailer(settings(box.port)) as post:
        box.answers["ada@example.net"] = answer
        with pytest.raises(DeliveryError) as caught:
            post.send(message())
        post.send(message("ben@example.net"))
    assert caught.value.permanent is permanent
    assert caught.value.address == "ada@example.net"
    assert box.recipients == ["ben@example.net"]


def test_a_connection_lost_under_way_is_neither_sent_nor_failed() -> None:
    with postbox() as box, SmtpMailer(settings(box.port)) as post:
        box.hang_up_on.add("ada@example.net")
        with pytest.raises(ConnectionError):
            post.send(message())
        post.send(message("ben@example.net"))
    assert box.recipients == ["ben@example.net"]


def test_no_server_is_said_with_what_to_do() -> None:
    with postbox() as box:
        port = box.port
    with pytest.raises(UnavailableError) as caught:
        SmtpMailer(settings(port)).send(message())
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert caught.value.exit_code == 69
    assert "mail.smtp" in caught.value.hint


def test_tls_is_asked_for_where_the_settings_insist() -> None:
    with postbox() as box, pytest.raises(UnavailableError):
        SmtpMailer(settings(box.port, tls="starttls")).send(message())
    assert not box.envelopes


def test_a_folder_takes_the_mail_where_there_is_no_server(tmp_path: Path) -> None:
    post = mailer(MailSettings(outbox="outbox"), tmp_path)
    assert isinstance(post, FolderMailer)
    post.send(message())
    post.send(message())
    files = list((tmp_path / "outbox").iterdir())
    assert [file.read_bytes() for file in files] == [LETTER]
    assert files[0].suffix == ".eml"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands in the way")
    with pytest.raises(UnavailableError, match="outbox"):
        mailer(MailSettings(outbox="outbox"), tmp_path).send(message())
