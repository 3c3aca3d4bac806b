"""A real SMTP server on the loopback address, in a thread: it keeps what it takes and can be told to refuse."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd import smtp
from aiosmtpd.controller import Controller


@dataclass
class Postbox:
    """What came in, and how to answer whom: `answers["a@example.org"] = "550 no such person"`."""

    port: int = 0
    envelopes: list[tuple[str, str, bytes]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    hang_up_on: set[str] = field(default_factory=set)

    @property
    def mails(self) -> list[EmailMessage]:
        return [_parsed(body) for _, _, body in self.envelopes]

    @property
    def recipients(self) -> list[str]:
        return [recipient for _, recipient, _ in self.envelopes]

    async def handle_RCPT(self, server: smtp.SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: smtp.SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if envelope.rcpt_tos[0] in self.hang_up_on:
            server.transport.abort()
            return "421 gone"
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return "250 taken"


def _parsed(body: bytes) -> EmailMessage:
    mail = message_from_bytes(body, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@contextmanager
def postbox(box: Postbox | None = None, **options: Any) -> Iterator[Postbox]:
    """Run the server for the length of a test, on a port that is free. `options` are those of aiosmtpd: TLS, who may log in."""
    box = box or Postbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop(no_assert=True)
