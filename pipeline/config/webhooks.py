"""The section of the file that says which other programs are told what happens here, and the secret that our words to them are signed with."""

from __future__ import annotations

import base64
import binascii

from pipeline.config import values
from pipeline.config.section import Section
from pipeline.config.settings import unique
from pipeline.model import HookEvent, Webhook

SECRET = "GLEANINGS_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
MOST = 20
"""Addresses that one desk tells."""
_SHORTEST, _LONGEST = 24, 64


def webhooks(section: Section, *, secret: str) -> tuple[Webhook, ...]:
    """Read whom to tell what. Without a good secret nobody could know that it was us."""
    made = tuple(_webhook(part) for part in section.parts("webhooks", "webhook"))
    line = section.line_of("webhooks")
    unique(section, "webhooks", [one.url for one in made])
    if len(made) > MOST:
        section.wrong(line, f"webhooks: there are {len(made)} of them", f"write {MOST} at most")
    if (made or secret) and key(secret) is None:
        what = "is not set" if not secret else "is none that receivers can use"
        section.wrong(
            line, f"webhooks: {SECRET} {what}", f"set it to whsec_ and {_SHORTEST} to {_LONGEST} bytes in base64, `openssl rand -base64 32`"
        )
    return made


def key(secret: str) -> bytes | None:
    """Give the bytes of a secret as Standard Webhooks writes it, `whsec_` and base64; `None` where it is none."""
    try:
        found = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if _SHORTEST <= len(found) <= _LONGEST else None


def _webhook(section: Section) -> Webhook:
    made = Webhook(
        url=section.need("url", values.url, ""),
        events=tuple(HookEvent(one) for one in section.take("events", values.each(values.choice(*HookEvent)), tuple(HookEvent))),
    )
    section.close()
    return made
