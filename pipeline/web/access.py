"""Who sits at the desk: whose browser it is, whose program, or the one person of this machine.

A desk begins without accounts: it is open to this machine alone, or to whoever knows its one password. Once somebody has set a password of their own,
everybody signs in by name, from this machine too. A browser holds 256 random bits, of which the database has the hash; they are made anew at every
sign-in, and end when a role or a password changes. Looking at pages writes nothing down: "idle" means that nothing was changed.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
import weakref
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from pipeline.config import Config
from pipeline.config.living import Settings
from pipeline.model import Account, Role, SignIn
from pipeline.store import Store, name_key, new_secret, secret_hash
from pipeline.web import proxy, security
from pipeline.web.limits import Limit, visitor
from pipeline.web.outside import BACK, OUTSIDE, Outside
from pipeline.web.passwords import Passwords
from pipeline.web.problems import RefusedVisitError
from pipeline.web.rights import Rights

WINDOW = timedelta(minutes=10)
TRIES, TRIES_OF_VISITOR = 10, 30
"""So many wrong passwords may be tried in the window: for one name, and by one visitor."""

_NOTED = timedelta(hours=1)  # so exactly is it kept when a browser or a program was last at work
_WELCOME = frozenset({"/desk/login", OUTSIDE, BACK})  # addresses of the desk that are there before one is signed in
_LONGEST = 200  # characters of a cookie or a token; ours have under 60


class Access:
    """The lock of the desk."""

    def __init__(self, settings: Settings, *, routes: Sequence[BaseRoute], open_store: Callable[[], Store], clock: Callable[[], datetime]) -> None:
        config = settings.config
        self.passwords = Passwords()
        self.rights = Rights(routes)
        self.outside = Outside(settings, clock)
        self._settings = settings
        self._open_store = open_store
        self._clock = clock
        self._machine = Account(id=0, name=config.desk.editor or "desk", role=Role.OPERATOR, made=datetime.min.replace(tzinfo=UTC))
        self._by_name, self._by_visitor = Limit(TRIES, WINDOW), Limit(TRIES_OF_VISITOR, WINDOW)
        # What is kept of a browser that the one password opened hangs on that password: another one ends them all.
        key = hashlib.scrypt(config.desk_password.encode(), salt=b"gleanings desk session", n=2**14, r=8, p=1) if config.desk_password else b""
        self._key = key.hex()
        self._opening = Lock()
        self._reader: Store | None = None
        self._has_people = False

    @property
    def _config(self) -> Config:
        return self._settings.config

    # ------------------------------------------------------------ at the gate

    def admit(self, request: Request) -> Response | None:
        """Say who comes, in `request.state`, and let them in (`None`) or send them to the login page. Raises `RefusedVisitError`."""
        if security.is_program(request.scope["path"]):
            self._admit_program(request)
            return None
        if request.scope["path"] in (OUTSIDE, BACK) and self.outside.provider:
            return None  # whoever comes there is about to say who they are
        person = self._who(request)
        if person is None:
            return None if request.scope["path"] in _WELCOME else _to_login(request)
        request.state.person = person
        self.rights.check(request, person)
        return None

    def _admit_program(self, request: Request) -> None:
        """Find whose token a program brought. It may do what the token says and its person may."""
        secret = security.bearer(request)
        found = self._read().token(secret_hash(secret)) if secret and len(secret) <= _LONGEST else None
        if found is None:
            if security.is_open(request.scope["path"]):
                return
            raise RefusedVisitError("A token is missing here, or it is good no more.", status=401, hint="Make one at /desk/account.")
        person, token = found
        request.state.person = person
        request.state.scopes = frozenset(scope for scope in token.scopes if person.role.may(scope.role))
        now = self._clock()
        if request.method not in ("GET", "HEAD") and (token.seen is None or now - token.seen >= _NOTED):
            with self._open_store() as store:
                store.touch_token(token.id, now)

    def _who(self, request: Request) -> Account | None:
        settings = self._config.desk.proxy
        if settings and (outside := proxy.named(request, settings)):
            return self._outsider(request, outside, role=settings.role)
        if self.by_name() or self._config.desk_password:
            return self._of_cookie(request)
        if settings:
            raise RefusedVisitError("The proxy of this desk did not say who you are.", status=403, hint="Come by the public address of the desk.")
        if security.is_local(request):
            return self._machine
        raise RefusedVisitError(
            "The desk is open to this machine only.",
            status=403,
            hint="To work from elsewhere, give somebody an account: `gleanings user add NAME --role operator`. Or set GLEANINGS_DESK_PASSWORD.",
        )

    def _of_cookie(self, request: Request) -> Account | None:
        found = self.sign_in_of(request)
        if found is None:
            return None
        request.state.sign_in = found.hash
        if request.method == "POST" and self._clock() - found.seen >= _NOTED:
            with self._open_store() as store:
                store.touch(found.hash, self._clock())
        return self._machine if found.account is None else self._read().account_of(found.account)

    def _outsider(self, request: Request, outside: str, *, role: Role | None) -> Account:
        """Find the account of somebody whom the proxy names; the first change that such a person makes gives them one, where the settings say so."""
        found, named = self._read().outsider(outside), self._read().account(outside)
        if found is None and named and _as_written(named.name) == _as_written(outside):  # who only looks like somebody is not that person
            found = named
        if found is None and role is not None:
            if request.method != "POST":
                return Account(id=0, name=outside, role=role, made=self._clock())
            with self._open_store() as store:
                return store.outsider(outside) or store.add_account(outside, role, outside=outside, now=self._clock())
        if found is None or found.disabled:
            raise RefusedVisitError(f"There is no account for {outside} at this desk.", status=403, hint="An operator can make one.")
        return found

    # ------------------------------------------------------------ for the pages

    def by_name(self) -> bool:
        """Say whether people sign in by name, which they do once anybody has a password, or a provider that signs them in."""
        self._has_people = self._has_people or self._read().has_sign_ins()
        return self._has_people

    def sign_in_of(self, request: Request) -> SignIn | None:
        """Find the browser that asks, if it is signed in."""
        secret = request.cookies.get(security.session_cookie(self.is_https(request)), "")
        if not secret or len(secret) > _LONGEST:
            return None
        return self._read().signed_in(self._kept(secret), self._clock())

    def prove(self, request: Request, *, name: str, password: str) -> Account:
        """Check a name and a password, with the same work and the same answer for names that nobody has. Raises `RefusedVisitError`."""
        by_name = self.by_name()
        key = secret_hash(name_key(name)) if by_name else ""
        self.count(request, key)
        account = self._named(name, password) if by_name else self._by_desk_password(password)
        if account is None:
            said = "This is not the name and the password of anybody here." if by_name else "This is not the password of the desk."
            raise RefusedVisitError(said, status=403, hint="Try again.")
        self.forgive(request)
        self._by_name.take_back(key)
        return account

    def count(self, request: Request, key: str | None = None) -> None:
        """Count that a visitor tries a password, for a name (its key) where one is given. Raises `RefusedVisitError` beyond the limits."""
        now = self._clock()
        if not self._by_visitor.allows(visitor(request), now) or not (key is None or self._by_name.allows(key, now)):
            raise RefusedVisitError("Too many passwords were tried.", status=429, hint="Wait ten minutes and try again.")

    def forgive(self, request: Request) -> None:
        """Count it not that a visitor tried, as it went well."""
        self._by_visitor.take_back(visitor(request))

    def of_provider(self, known: str) -> Account:
        """Find the account of somebody whom the provider signed in. Raises `RefusedVisitError` for whom has none: nobody gets one by coming."""
        found = self._read().outsider(known)
        if found is None or found.disabled:
            said = "There is no account for you at this desk."
            hint = "An operator can invite you: open the link of the invitation and sign in there."
            raise RefusedVisitError(said, status=403, hint=hint)
        return found

    def open(self, request: Request, answer: Response, account: Account) -> None:
        """Sign a browser in: a new secret, and the one that it had is good no more."""
        secret = new_secret()
        name = security.session_cookie(self.is_https(request))
        with self._open_store() as store, store.transaction():
            if old := request.cookies.get(name, ""):
                store.sign_out(self._kept(old))
            agent = request.headers.get("user-agent", "")
            store.sign_in(self._kept(secret), account=account.id or None, agent=agent, now=self._clock())
        answer.set_cookie(
            name, secret, max_age=int(security.SESSION.total_seconds()), path="/", httponly=True, samesite="lax", secure=self.is_https(request)
        )

    def close(self, request: Request, answer: Response) -> None:
        """Sign a browser out."""
        name = security.session_cookie(self.is_https(request))
        with self._open_store() as store:
            store.sign_out(self._kept(request.cookies.get(name, "")))
        answer.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=self.is_https(request))

    def is_https(self, request: Request) -> bool:
        return security.is_https(request, self._config.desk.url)

    def _named(self, name: str, password: str) -> Account | None:
        with self._open_store() as store:
            account = store.account(name)
            kept = store.password(account.id) if account and not account.disabled else None
            if not self.passwords.matches(kept, password) or account is None or kept is None:
                return None
            if self.passwords.is_old(kept):
                store.rehash(account.id, old=kept, new=self.passwords.hash(password))
            return account

    def _by_desk_password(self, password: str) -> Account | None:
        known = self._config.desk_password
        return self._machine if known and hmac.compare_digest(password.encode(), known.encode()) else None

    def _kept(self, secret: str) -> str:
        """Give the hash that stands for a browser; what the one password opened is known no more once people sign in by name."""
        return secret_hash(secret if self.by_name() else secret + self._key)

    def _read(self) -> Store:
        """Give the connection by which every visit is looked up. It stays open, as opening one costs more than all that is asked of it."""
        with self._opening:
            if self._reader is None:
                self._reader = self._open_store()
                weakref.finalize(self, self._reader.close)
            return self._reader


def _as_written(name: str) -> str:
    """Give a name but for the case of A to Z."""
    return unicodedata.normalize("NFC", name).translate({upper: upper + 32 for upper in range(65, 91)})


def _to_login(request: Request) -> Response:
    if request.method == "POST" or security.wants_json(request):
        raise RefusedVisitError("You are not signed in.", status=401, hint="Sign in at /desk/login and repeat what you did.")
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/desk/login?{urlencode({'to': path})}", status_code=303)
