"""The section of the file that says who is told when something is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import values
from pipeline.config.section import Section
from pipeline.config.webhooks import SECRET


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Who is told of a trouble, once when it begins and once when it is over: mail addresses, and a program's address."""

    mail: tuple[str, ...] = ()
    webhook: str = ""


def alerts(section: Section, *, secret: str) -> Alerts:
    """Read whom to tell. What a program is told is signed, so that takes the secret of webhooks."""
    made = Alerts(mail=section.take("mail", values.each(values.email), ()), webhook=section.take("webhook", values.url, ""))
    if made.webhook and not secret:
        section.wrong(section.line_of("webhook"), f"alerts.webhook: {SECRET} is not set", "set it to whsec_ and 24 to 64 bytes in base64")
    section.close()
    return made
