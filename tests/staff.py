"""People at a desk under test: accounts with a password, and browsers in which they are signed in."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from pipeline.model import Account, Role
from pipeline.store import new_secret, secret_hash
from pipeline.web.passwords import Passwords
from tests.test_web import Site, Visitor

PASSWORD = "four words that differ"


@cache
def kept() -> str:
    """What is kept of `PASSWORD`, hashed once."""
    return Passwords().hash(PASSWORD)


def person(site: Site, name: str = "Priya Nair", role: Role = Role.OPERATOR, *, password: bool = True) -> Account:
    """Give somebody an account with `PASSWORD`, or one that is only invited."""
    with site.open() as store:
        made = store.add_account(name, role, now=site.now)
        if password:
            store.set_password(made.id, kept())
        return store.account_of(made.id)


def signed_in(site: Site, account: Account) -> Visitor:
    """Give a browser in which somebody is signed in, without hashing."""
    visitor, secret = site.visitor(), new_secret()
    with site.open() as store:
        store.sign_in(secret_hash(secret), account=account.id, agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", now=site.now)
    return carrying(visitor, secret)


def carrying(visitor: Visitor, secret: str, name: str = "gleanings_session") -> Visitor:
    """Give a browser a cookie, in the place where the desk would set it."""
    visitor.cookies.set(name, secret, domain=urlsplit(visitor.home).hostname or "")
    return visitor
