"""Several people at one desk, each signed in at a browser of their own."""

from __future__ import annotations

from pathlib import Path

import httpx

from pipeline.model import Role
from pipeline.store import new_secret, secret_hash
from pipeline.web.security import session_cookie
from tests.test_web import Site, Visitor

PEOPLE = {"Ann": Role.EDITOR, "Priya": Role.CURATOR, "Tom": Role.CURATOR, "Sue": Role.SCOUT}


def crowd(folder: Path) -> Site:
    """Make a desk with these people; each has a password, so that everybody signs in by name."""
    site = Site(folder)
    with site.open() as store:
        for name, role in PEOPLE.items():
            account = store.add_account(name, role, now=site.now)
            store.set_password(account.id, "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$bm9uZQ")
    return site


def person(site: Site, name: str) -> Visitor:
    """Give the browser of one of them, signed in."""
    visitor, secret = site.visitor(), new_secret()
    with site.open() as store:
        account = store.account(name)
        assert account is not None
        store.sign_in(secret_hash(secret), account=account.id, agent="", now=site.now)
    visitor.cookies = httpx.Cookies({session_cookie(False): secret})
    return visitor
