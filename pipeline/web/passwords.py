"""Passwords: argon2id (RFC 9106) with 46 MiB, one pass and one lane (OWASP, Password Storage), which ones are refused, how many are hashed at once.

Our routes are ordinary functions, which Starlette runs in its pool of threads, and argon2 lets go of the interpreter while it works: the pages of
others go on. The pool has forty threads and each hash takes 46 MiB, so that at most two work and six wait; the next is told to come back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.web.problems import RefusedVisitError

LEAST, MOST = 10, 500
"""Characters of a password."""

_AT_ONCE, _INSIDE = 2, 8
# What is compared where there is no such person: a hash of random bytes that nobody kept, made with our parameters so that it takes as long.
_NOBODY = "$argon2id$v=19$m=47104,t=1,p=1$sk6uJMDVkCaJPoa/yItLsw$UoWGqPfwyWai3bW18qGiWu+xC19b6LVdWP2iPEV+nsY"
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        password passwort motdepasse contrasena qwertyuiop qwertyuio qwerty qwertz qwertzuiop azerty azertyuiop asdfghjkl asdfghjklz
        zxcvbnm qwertyasdfgh iloveyou iloveyouso letmein letmeinnow welcome welcomeback trustno baseball basketball football footballer
        superman sunshine princess dragon monkey master shadow michael jennifer computer internet whatever starwars changeme changemenow
        secret secretsecret administrator admin administration guest default manchester liverpool abcdefgh abcdefghi abcdefghij
        abcdefghijk passphrase mypassword thepassword passwordpassword correcthorsebatterystaple digest newsletter gleanings qazwsxedc
        qazwsx opensesame
        """,
    )
)


class Passwords:
    """Hashes and compares, a few at once."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
        self._inside = BoundedSemaphore(_INSIDE)
        self._working = BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """Give what is kept of a password, in PHC form. Raises `RefusedVisitError` where too many are at work."""
        with self._turn():
            return self._hasher.hash(_normal(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Say whether it is the password. Where nothing is kept the answer is no, and takes as long. Raises `RefusedVisitError`."""
        with self._turn():
            try:
                return self._hasher.verify(kept or _NOBODY, _normal(password[:MOST])) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def is_old(self, kept: str) -> bool:
        """Say whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._inside.acquire(blocking=False):
            raise RefusedVisitError("Many people sign in at this moment.", status=503, hint="Wait a moment and try again.")
        try:
            with self._working:
                yield
        finally:
            self._inside.release()


def weakness(password: str, *, name: str) -> str:
    """Say what is wrong with a password that somebody wants to have; nothing where it will do."""
    plain = _normal(password).casefold()
    if len(plain) < LEAST:
        return f"A password has at least {LEAST} characters. Four words that do not belong together make a good one."
    if len(password) > MOST:
        return f"A password has at most {MOST} characters."
    stem = "".join(filter(str.isalpha, plain))
    if stem in _COMMON or (not stem and len(set(plain)) < LEAST + 1) or len(set(plain)) < LEAST // 2:
        return "This is one of the first passwords that somebody would try. Four words that do not belong together make a good one."
    if "".join(filter(str.isalnum, plain)) == "".join(filter(str.isalnum, name.casefold())):
        return "This is your name. Choose a password that nobody can guess."
    return ""


def _normal(password: str) -> str:
    """Make one password of what two keyboards write differently (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
