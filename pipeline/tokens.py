"""Signed links: who may do what without a login. A token says one purpose, one person and at most one thing, and nobody else can make one.

HMAC-SHA256 (RFC 2104) over purpose, person, thing and end, cut to 128 bits (RFC 2104, 5), in base64url without padding (RFC 4648, 5).
Keeps no list of tokens: whether a person still is one, and whether a vote was cast already, the store knows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Halves = tuple[hashlib._Hash, hashlib._Hash]

_MAC = 16  # bytes
_BLOCK = 64  # bytes of a block of SHA-256
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
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
    return _written(_halves(key, claims.purpose), f"{claims.person}.{ends}.{claims.about}".encode()).decode()


def signer(key: bytes, purpose: str) -> Callable[[int, str], bytes]:
    """Give what writes tokens without an end, of one purpose, for a person and a thing: the same as `sign` writes, for mails to thousands."""
    halves = _halves(key, purpose)
    return lambda person, about: _written(halves, f"{person}.0.{about}".encode())


def read(key: bytes, purpose: str, token: str, *, now: datetime) -> Claims | None:
    """Give what a token says, or nothing where it is not ours, cut, altered, of another purpose or over."""
    said, _, mac = token.partition(".")
    try:
        words, given = _bytes(said).decode("ascii"), _bytes(mac)
    except (ValueError, binascii.Error):
        return None
    if len(token) > _LONGEST or not hmac.compare_digest(given, _mac(_halves(key, purpose), words.encode())):
        return None
    person, ends, about = words.split(".", 2)
    end = datetime.fromtimestamp(int(ends), UTC) if int(ends) else None
    return None if end is not None and end <= now else Claims(purpose=purpose, person=int(person), about=about, ends=end)


def _mac(halves: Halves, said: bytes) -> bytes:
    inner, outer = halves[0].copy(), halves[1].copy()
    inner.update(said)
    outer.update(inner.digest())
    return outer.digest()[:_MAC]


@lru_cache(maxsize=64)
def _halves(key: bytes, purpose: str) -> Halves:
    """Begin the two hashes of HMAC with what all tokens of a purpose share (RFC 2104, 4): a mail to thousands holds several tokens each."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    inner.update(f"{purpose}\0".encode())
    return inner, outer


def _written(halves: Halves, said: bytes) -> bytes:
    return b"%b.%b" % (_text(said), _text(_mac(halves, said)))


def _text(value: bytes) -> bytes:
    return binascii.b2a_base64(value, newline=False).translate(_URL_SAFE, b"=")


def _bytes(text: str) -> bytes:
    made = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _text(made).decode() != text:  # the last letter may hold bits that nobody reads: one token is written in one way only
        raise ValueError(text)
    return made
