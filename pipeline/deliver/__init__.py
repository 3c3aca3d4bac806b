"""The only door to the mail server. Takes finished messages and says what became of each; it composes nothing and chooses nobody."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.deliver.listmonk import hand_over
from pipeline.deliver.smtp import SmtpMailer
from pipeline.errors import UnavailableError
from pipeline.files import write_whole
from pipeline.model import MailSettings, Message

__all__ = ["FolderMailer", "SmtpMailer", "hand_over", "mailer", "mailers"]


def mailer(settings: MailSettings, folder: Path) -> FolderMailer | SmtpMailer:
    """Give the way that the settings name: a folder of `.eml` files (relative to `folder`) or an SMTP server."""
    return FolderMailer(folder / settings.outbox) if settings.outbox else SmtpMailer(settings)


def mailers(settings: MailSettings, folder: Path) -> tuple[FolderMailer | SmtpMailer, ...]:
    """Give as many ways as mails may be under way at once: the connections to a server, or one folder."""
    return tuple(mailer(settings, folder) for _ in range(1 if settings.outbox else settings.connections))


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

    def close(self) -> None:
        """Nothing is open."""
