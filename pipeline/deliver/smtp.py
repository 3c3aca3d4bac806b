"""One connection to an SMTP server, kept from message to message. Says of each message whether it was taken, refused, or nobody can know.

TLS is checked against the system's authorities whenever it is used (RFC 8314). `opportunistic` starts TLS where the server offers it. Where the
server takes commands in one go (RFC 2920), sender, recipient and DATA cost one round trip.
"""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
import time
from typing import Self

from pipeline.errors import DeliveryError, UnavailableError
from pipeline.model import MailSettings, Message

SECONDS = 30.0
"""So long the server has for an answer."""
LAST = 600.0
"""So long it has for its answer to a whole message (RFC 5321, 4.5.3.2.6): who gives up sooner knows of fewer mails whether they were taken."""
LONGEST = 64_000
"""Bytes of an answer that are read."""
_GONE = 421
_ENHANCED = re.compile(r"4\.[12]\.\d{1,3}\b")
"""Temporary troubles of one mailbox (RFC 3463): full, disabled, moved."""
_LONE = re.compile(rb"(?<!\r)\n|\r(?!\n)")

Reply = tuple[int, bytes]
_WANTED = (2, 2, 3)
"""With what the answers to sender, recipient and DATA begin."""


class SmtpMailer:
    """One connection, opened with the first message. `seconds` and `last` are the server's time for an answer and for the last one."""

    def __init__(self, settings: MailSettings, *, seconds: float = SECONDS, last: float = LAST) -> None:
        self.settings = settings
        self._seconds = seconds
        self._last = last
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye, if anybody is there."""
        if self._server is not None:
            server, self._server = self._server, None
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def send(self, message: Message) -> None:
        """Hand one message to the server; returns after its 250.

        Raises `DeliveryError` when the server does not take this message, `UnavailableError` when there is no talking to it.
        A connection that breaks when the whole message is out raises `ConnectionError`: nobody can know whether it was taken, so it must not be
        sent again.
        """
        server = self._announced(message)
        try:
            server.send(_body(message.body))
        except (OSError, smtplib.SMTPException) as error:  # its end has not left, so it cannot have been taken
            self._drop()
            raise self._put_off(message, f"The connection to {self._name} broke before the message was out.") from error
        try:
            if server.sock is not None:
                server.sock.settimeout(self._last)
            code, words = server.getreply()
            if server.sock is not None:
                server.sock.settimeout(self._seconds)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise ConnectionError(f"The connection to {self._name} broke while a message was under way.") from error
        if code // 100 in (4, 5):
            raise self._refused(message, (code, words))
        if code // 100 != 2:
            self._drop()
            raise ConnectionError(f"{self._name} gave no answer of a mail server to a message that was out.")

    @property
    def _name(self) -> str:
        return f"{self.settings.host}:{self.settings.port}"

    def _announced(self, message: Message) -> smtplib.SMTP:
        """Name sender and recipient, up to the server's "go ahead". A kept connection that has gone stale is opened again: nothing was taken yet."""
        kept = self._server is not None
        while True:
            server = self._server or self._connected()
            try:
                reply = _announce(server, message)
            except (OSError, smtplib.SMTPException) as error:
                self._drop()
                if not kept:
                    raise self._put_off(message, f"The connection to {self._name} broke before the message was out.") from error
            else:
                if reply[0] == 354:
                    return server
                if reply[0] != _GONE or not kept:
                    raise self._refused(message, reply)
                self._drop()
            kept = False

    def _refused(self, message: Message, reply: Reply) -> DeliveryError:
        code, words = reply
        if code == _GONE:
            self._drop()
        said = " ".join(words.decode("utf-8", "replace").split())[:300]
        permanent = code // 100 == 5
        alone = permanent or bool(_ENHANCED.match(said))
        return DeliveryError(f"The mail server answers {code}: {said}", address=message.recipient, permanent=permanent, alone=alone)

    def _put_off(self, message: Message, sentence: str) -> DeliveryError:
        return DeliveryError(sentence, address=message.recipient, permanent=False, alone=False)

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _connected(self) -> smtplib.SMTP:
        try:
            self._server = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise UnavailableError(f"The mail server {self._name} refuses the login.", hint="Check mail.user and GLEANINGS_SMTP_PASSWORD.") from error
        except ssl.SSLError as error:
            raise UnavailableError(
                f"No safe connection to the mail server {self._name}: {error.reason}.", hint="Check mail.tls and the certificate."
            ) from error
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise UnavailableError(
                f"The mail server {self._name} does not answer: {error}.", hint="Check mail.smtp; run `gleanings send` again."
            ) from error
        return self._server

    def _connect(self) -> smtplib.SMTP:
        settings, context = self.settings, ssl.create_default_context()
        server: smtplib.SMTP
        if settings.tls == "tls":
            server = _SafeTalk(settings.host, settings.port, timeout=self._seconds, context=context, local_hostname=_greeting())
        else:
            server = _Talk(settings.host, settings.port, timeout=self._seconds, local_hostname=_greeting())
        try:
            self._introduce(server, context)
        except (OSError, ValueError, smtplib.SMTPException, UnavailableError):
            server.close()
            raise
        if server.sock is not None:
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # each write here is one step of the talk
        return server

    def _introduce(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        settings = self.settings
        server.ehlo_or_helo_if_needed()
        if settings.tls == "starttls" or (settings.tls == "opportunistic" and server.has_extn("starttls")):
            server.starttls(context=context)
            server.ehlo()
        if settings.user and settings.tls == "opportunistic" and not isinstance(server.sock, ssl.SSLSocket):
            raise UnavailableError(
                f"The mail server {self._name} offers no STARTTLS, and a password goes nowhere in the open.",
                hint="Set `mail.tls` to tls or starttls; to none where the way to it is safe.",
            )
        if settings.user:
            _log_in(server, settings.user, settings.password)


class _Talk(smtplib.SMTP):
    """Bears no answer without end: its time is that of the whole answer, and so is its size."""

    def getreply(self) -> Reply:
        """Give the next answer. Raises `SMTPException`, and leaves the connection, where there is none within bounds."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("there is no connection")
        if self.file is None:
            self.file = _Lines(self.sock)
        self.file.begin()
        return super().getreply()


class _SafeTalk(_Talk, smtplib.SMTP_SSL):
    """The same behind TLS from the first byte on."""


class _Lines:
    """What a server says, line by line, as `smtplib` reads it from a file."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._held = b""

    def begin(self) -> None:
        """Begin an answer."""
        self._end, self._size = time.monotonic() + (self._connection.gettimeout() or LAST), 0

    def readline(self, limit: int) -> bytes:
        """Give the next line, or what there is of it. Raises `OSError` where it lasts too long."""
        while (found := self._held.find(b"\n") + 1) == 0 and len(self._held) < limit:
            if time.monotonic() > self._end:
                raise TimeoutError("the answer takes too long")
            more = self._connection.recv(8_192)
            if not more:
                break
            self._held += more
        cut = min(found or limit, limit)
        line, self._held = self._held[:cut], self._held[cut:]
        self._size += len(line)
        if self._size > LONGEST:
            raise TimeoutError("the answer has no end")
        return line

    def close(self) -> None:
        """The connection is closed by whoever opened it."""


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    """Log in; `smtplib` can say in ASCII alone who we are, a server of today takes UTF-8 (RFC 4616, 2)."""
    if f"{user}{password}".isascii():
        server.login(user, password)
        return
    said = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, words = server.docmd("AUTH", f"PLAIN {said}")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, words)


def _announce(server: smtplib.SMTP, message: Message) -> Reply:
    """Give the last answer to sender, recipient and DATA: 354, or the first refusal. Raises `SMTPException` for what is neither: who is out of step
    may take one message for another."""
    size = f" SIZE={len(message.body)}" if server.has_extn("size") else ""
    commands = (f"MAIL FROM:<{message.sender}>{size}\r\n", f"RCPT TO:<{message.recipient}>\r\n", "DATA\r\n")
    if server.has_extn("pipelining"):
        server.send("".join(commands))
        replies = _read(server, len(commands))
    else:
        replies = []
        for command in commands:
            server.send(command)
            replies.append(server.getreply())
            if replies[-1][0] // 100 not in (2, 3):
                break
    refused = next((one for one, wanted in zip(replies, _WANTED, strict=False) if one[0] // 100 != wanted), None)
    if refused is None:
        return replies[-1]
    if refused[0] // 100 not in (4, 5):
        raise smtplib.SMTPServerDisconnected(f"answered {refused[0]} out of turn")
    if refused[0] != _GONE:
        _withdraw(server, has_gone_ahead=replies[-1][0] == 354)
    return refused


def _read(server: smtplib.SMTP, count: int) -> list[Reply]:
    """Read so many answers, or up to the one with which the server takes its leave."""
    replies: list[Reply] = []
    while len(replies) < count and not (replies and replies[-1][0] == _GONE):
        replies.append(server.getreply())
    return replies


def _withdraw(server: smtplib.SMTP, *, has_gone_ahead: bool) -> None:
    """Leave the server ready for the next message. One that said "go ahead" without a recipient waits for a message, an empty one (RFC 2920, 3.1).
    One that leaves meanwhile has refused none the less."""
    try:
        if has_gone_ahead:
            server.send(b".\r\n")
            server.getreply()
        server.rset()
    except (OSError, smtplib.SMTPException):
        server.close()


def _body(body: bytes) -> bytes:
    """End the lines as SMTP does, and all of it with a lone dot; double a dot that begins a line (RFC 5321, 4.5.2)."""
    bare = body.replace(b"\r\n", b"")
    if b"\n" in bare or b"\r" in bare:
        body = _LONE.sub(b"\r\n", body)
    stuffed = body.replace(b"\r\n.", b"\r\n..") if b"\r\n." in body else body
    return b"".join((b"." if stuffed.startswith(b".") else b"", stuffed, b"" if stuffed.endswith(b"\r\n") else b"\r\n", b".\r\n"))


def _greeting() -> str:
    return socket.gethostname() or "localhost"
