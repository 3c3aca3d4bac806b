"""The edition handed over to a mail program: an unsent message to open, look at and send from one's own address, and two lines for a chat or a list.

A draft names no sender and no reader, and carries no address of our list: whoever sends it sends it in their own name.
"""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import quote

from pipeline import text
from pipeline.model import Edition
from pipeline.render import words
from pipeline.render.email import write_html
from pipeline.render.prepare import prepare
from pipeline.render.textmail import Leaving, write_text

_POLICY = SMTP.clone(max_line_length=998)
_NAMED, _TITLE = 3, 90  # titles in the teaser, and characters of each


def render(edition: Edition) -> bytes:
    """Write an unsent message (RFC 5322, RFC 2046): Outlook and Thunderbird heed `X-Unsent`, Apple Mail its own header."""
    made = prepare(edition)
    leaving = _leaving(made)
    plain = write_text(made, leaving).decode()
    html = write_html(made, leaving).decode()
    mail = EmailMessage(policy=_POLICY)
    mail["Subject"] = text.header(words.name(made))
    mail["X-Unsent"] = "1"
    mail["X-Uniform-Type-Identifier"] = "com.apple.mail-draft"
    mail.set_content(plain, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    # Left alone the standard library draws the boundary by chance, and the same edition would not give the same bytes.
    mail.set_boundary(f"=_{hashlib.sha256(f'{plain}{html}'.encode()).hexdigest()[:32]}")
    return mail.as_bytes()


def render_teaser(edition: Edition) -> bytes:
    """Write two lines: what is in it, and where to read it."""
    made = prepare(edition)
    entries = {entry.id: entry for entry in made.entries}
    first = [entries[pick] for pick in made.picks if pick in entries] or made.entries
    titles = [f"“{words.apart(text.clip(entry.title, _TITLE))}”" for entry in first[:_NAMED]]
    among = f", among them {words.listed(titles)}" if len(entries) > len(titles) else f": {words.listed(titles)}" if titles else ""
    return f"{words.name(made)}: {text.counted(len(entries), 'entry', 'entries')}{among}.\nRead it at {words.page(made)}\n".encode()


def _leaving(edition: Edition) -> Leaving:
    return Leaving(leave=f"mailto:{edition.contact}?subject={quote(f'Unsubscribe from {edition.title}')}" if edition.contact else "")
