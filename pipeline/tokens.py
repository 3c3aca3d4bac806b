"""Signed links: who may do what without a login. A token says one purpose, one person and at most one thing, and nobody else can make one.

HMAC-SHA256 (RFC 2104) over purpose, person, thing and end, cut to 128 bits (RFC 2104, 5), in base64url without padding (RFC 4648, 5).
Keeps no list of tokens: whether a person still is one, and whether a vote was cast already, the store knows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

_MAC = 16  # bytes
_LONGEST = 200  # characters of a token


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says. `person` is the number of a subscriber, `about` what it is good for within its purpose, such as an item."""

    purpose: str
    person: int
    about: str = ""
    ends: datetime | None = None


def sign(key: bytes, claims: Claims) -> str:
    """Write a token. The same claims give the same token, so that an edition mailed again is the same mail."""
    ends = int(claims.ends.timestamp()) if claims.ends else 0
    said = f"{claims.person}.{ends}.{claims.about}"
    return f"{_text(said.encode())}.{_text(_mac(key, claims.purpose, said))}"


def read(key: bytes, purpose: str, token: str, *, now: datetime) -> Claims | None:
    """Give what a token says, or nothing where it is not ours, cut, altered, of another purpose or over."""
    said, _, mac = token.partition(".")
    try:
        words, given = _bytes(said).decode("ascii"), _bytes(mac)
    except (ValueError, binascii.Error):
        return None
    if len(token) > _LONGEST or not hmac.compare_digest(given, _mac(key, purpose, words)):
        return None
    person, ends, about = words.split(".", 2)
    end = datetime.fromtimestamp(int(ends), UTC) if int(ends) else None
    return None if end is not None and end <= now else Claims(purpose=purpose, person=int(person), about=about, ends=end)


def _mac(key: bytes, purpose: str, said: str) -> bytes:
    return hmac.new(key, f"{purpose}\0{said}".encode(), hashlib.sha256).digest()[:_MAC]


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    made = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _text(made) != text:  # the last letter may hold bits that nobody reads: one token is written in one way only
        raise ValueError(text)
    return made
