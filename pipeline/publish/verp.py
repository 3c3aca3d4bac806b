"""Return paths that say whom a mail was for and what it was (VERP): what comes back names the reader whatever the other server wrote into it.

The person, the edition and a code that nobody else can make stand behind a plus in the local part (RFC 5233): `bounces+17-2026-12-k3jq…@…`. All of
it is in small letters, because some servers keep no others. Sends and reads nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

KEY = "verp"
"""Name of the secret that the codes are made with."""
LONGEST = 24
"""Letters that the bounce address may have before its `@`, so that no return path has more than 64 there (RFC 5321, 4.5.3.1.1)."""
_MAC = 10  # bytes: 16 letters
_TAG = re.compile(r"(?P<person>\d{1,12})-(?P<edition>[a-z0-9_-]{1,24})-(?P<mac>[a-z2-7]{16})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whom a mail was for, by the number of the subscriber, and which edition it was."""

    person: int
    edition: str


def return_path(bounce: str, key: bytes, *, person: int, edition: str) -> str:
    """Give the envelope sender of one mail: the bounce address with person, edition and their code."""
    local, _, domain = bounce.rpartition("@")
    return f"{local}+{person}-{edition.replace('/', '_')}-{_mac(key, person, edition)}@{domain}"


def whose(key: bytes, address: str) -> Whose | None:
    """Read such an address back; nothing where it is none of ours or was altered."""
    found = _TAG.fullmatch(address.rpartition("@")[0].rpartition("+")[2].lower())
    if found is None:
        return None
    made = Whose(person=int(found["person"]), edition=found["edition"].replace("_", "/"))
    return made if hmac.compare_digest(found["mac"], _mac(key, made.person, made.edition)) else None


def _mac(key: bytes, person: int, edition: str) -> str:
    made = hashlib.blake2b(f"{person} {edition}".encode(), key=key, digest_size=_MAC)  # keyed as RFC 7693, 2.5 has it; one for each mail
    return base64.b32encode(made.digest()).decode().lower()
