"""The only door to the mail server. Takes finished messages and says what became of each; it composes nothing and chooses nobody.

TLS is checked against the system's authorities whenever it is used (RFC 8314). `opportunistic` starts TLS where the server offers it.
"""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl
from pathlib import Path
from typing import Self

from pipeline.errors import DeliveryError, UnavailableError
from pipeline.files import write_whole
from pipeline.model import Mailer, MailSettings, Message

__all__ = ["FolderMailer", "SmtpMailer", "mailer"]

SECONDS = 30


def mailer(settings: MailSettings, folder: Path) -> Mailer:
    """Give the way that the settings name: a folder of `.eml` files (relative to `folder`) or an SMTP server."""
    return FolderMailer(folder / settings.outbox) if settings.outbox else SmtpMailer(settings)


class FolderMailer:
    """Writes each message as an `.eml` file, for a desk without a mail server. The same message gives the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: Message) -> None:
        """Write one message, whole or not at all. Raises `UnavailableError` where the folder cannot be written."""
        name = hashlib.sha256(message.recipient.encode() + b"\0" + message.body).hexdigest()[:24] + ".eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.folder / name, (message.body,))
        except OSError as error:
            raise UnavailableError(f"The outbox folder {self.folder} cannot be written: {error.strerror}.", hint="Check mail.outbox.") from error


class SmtpMailer:
    """One connection to an SMTP server, opened with the first message and kept for the next ones."""

    def __init__(self, settings: MailSettings) -> None:
        self.settings = settings
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

        Raises `DeliveryError` when the server refuses this message, `UnavailableError` when there is no talking to it.
        A connection that breaks on the way raises `ConnectionError`: nobody can know whether the message was taken, so it must not be sent again.
        """
        server = self._connected()
        try:
            server.sendmail(message.sender, [message.recipient], message.body)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise _refused(message, code, reason) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(message, error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._server = None
            raise ConnectionError(f"The connection to {self._name} broke while a message was under way.") from error

    @property
    def _name(self) -> str:
        return f"{self.settings.host}:{self.settings.port}"

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None and _alive(self._server):
            return self._server
        try:
            self._server = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise UnavailableError(f"The mail server {self._name} refuses the login.", hint="Check mail.user and GLEANINGS_SMTP_PASSWORD.") from error
        except ssl.SSLError as error:
            raise UnavailableError(
                f"No safe connection to the mail server {self._name}: {error.reason}.", hint="Check mail.tls and the certificate."
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise UnavailableError(
                f"The mail server {self._name} does not answer: {error}.", hint="Check mail.smtp; run `gleanings send` again."
            ) from error
        return self._server

    def _connect(self) -> smtplib.SMTP:
        settings, context = self.settings, ssl.create_default_context()
        server: smtplib.SMTP
        if settings.tls == "tls":
            server = smtplib.SMTP_SSL(settings.host, settings.port, timeout=SECONDS, context=context, local_hostname=_greeting())
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=SECONDS, local_hostname=_greeting())
        try:
            self._introduce(server, context)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _introduce(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        settings = self.settings
        server.ehlo()
        if settings.tls == "starttls" or (settings.tls == "opportunistic" and server.has_extn("starttls")):
            server.starttls(context=context)
            server.ehlo()
        if settings.user:
            server.login(settings.user, settings.password)


def _greeting() -> str:
    return socket.gethostname() or "localhost"


def _alive(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _refused(message: Message, code: int, reason: bytes | str) -> DeliveryError:
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return DeliveryError(f"The mail server answers {code}: {' '.join(words.split())[:300]}", address=message.recipient, permanent=code >= 500)
