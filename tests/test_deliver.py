"""The door to the mail server, against a real one."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult

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


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def served(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def allowed(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=(given.login, given.password) in ((b"desk", b"s3cret"), (b"desk", "größer".encode())), handled=False)


@pytest.mark.parametrize("way", ["starttls", "tls"])
@pytest.mark.parametrize(("name", "is_known", "is_safe"), [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("mail.example.org", True, False)])
def test_a_mail_goes_only_to_a_server_whose_certificate_is_good(
    way: str, name: str, is_known: bool, is_safe: bool, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (authority if is_known else trustme.CA()).cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    options: dict[str, str] = {"starttls": "tls_context", "tls": "ssl_context"}
    secure: dict[str, Any] = {options[way]: served(authority, name)}
    with postbox(**secure) as box, SmtpMailer(settings(box.port, tls=way)) as post:
        if is_safe:
            post.send(message())
        else:
            with pytest.raises(UnavailableError, match=r"CERTIFICATE_VERIFY_FAILED"):
                post.send(message())
    assert box.recipients == ["ada@example.net"] * is_safe


@pytest.mark.parametrize(("password", "is_right"), [("s3cret", True), ("wrong", False), ("größer", True), ("wröng", False)])
def test_the_login_is_given_behind_tls_and_a_wrong_one_is_said(
    password: str, is_right: bool, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    options: dict[str, Any] = {
        "tls_context": served(authority, "127.0.0.1"),
        "authenticator": allowed,
        "auth_required": True,
        "auth_require_tls": True,
    }
    with postbox(**options) as box, SmtpMailer(settings(box.port, tls="opportunistic", user="desk", password=password)) as post:
        if is_right:
            post.send(message())
        else:
            with pytest.raises(UnavailableError, match="refuses the login"):
                post.send(message())
    assert box.recipients == ["ada@example.net"] * is_right


def test_a_password_goes_nowhere_in_the_open() -> None:
    seen: list[bytes] = []

    def noted(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        seen.append(given.password)
        return AuthResult(success=True)

    with postbox(authenticator=noted, auth_require_tls=False) as box:
        with pytest.raises(UnavailableError, match="no STARTTLS"):
            SmtpMailer(settings(box.port, tls="opportunistic", user="desk", password="s3cret")).send(message())
        assert seen == []
        with SmtpMailer(settings(box.port, tls="none", user="desk", password="s3cret")) as post:
            post.send(message())  # whoever says so knows the way
    assert (seen, box.recipients) == ([b"s3cret"], ["ada@example.net"])


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
