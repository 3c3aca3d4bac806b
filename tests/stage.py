"""The desk that is attacked: a real server on loopback with accounts, tokens, links of readers, editions for everybody and for members.

with Stage(folder) as stage:
    answer = stage.send(attack)
    stage.changed()          # names of tables and files that are not as they were
"""

from __future__ import annotations

import hashlib
import http.client
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

import uvicorn
from starlette.types import ASGIApp

from pipeline import learn, tokens
from pipeline.config import load, load_survey
from pipeline.model import ItemId, MailSettings, Role, Scope, Section, SubscriberState
from pipeline.publish import readers, submissions
from pipeline.store import INVITED, Store, new_secret, secret_hash
from pipeline.survey import Round
from pipeline.web import create_app
from tests import builders
from tests.staff import kept
from tests.test_web import Site
from tests.web import listening

HOME = "digest.example.org"
"""The public name of the desk, under which its cookies are `__Host-` ones."""
FORM_TOKEN = "A" * 32
FORMULAS = (
    *("=cmd|'/c calc'!A0", '=HYPERLINK("https://zq.example","x")', "+1+1", "-2+3", "@SUM(A1:A9)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＠SUM(1)"),
    *("x;=1+1", "x\n=1+1", "x\r\n@SUM(1)", '";=1+1;"', " =1+1", "x;\t-1+1", "x\t=1+1", "\u200b=1+1", "\ufeff=1+1", "\x00=1+1"),
)
"""What a spreadsheet would run, also one that splits lines at semicolons or tabs."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One hostile request. `who` is the role of the browser that sends it, with the form token `token` (ours unless said otherwise); `bearer` names
    one of the stage's tokens. `§name§` stands for what the stage knows by that name. It is held when the answer has one of `status`, says none of
    `never`, and nothing was written, or with `writes` only what that says."""

    sort: str
    name: str
    path: str = "/"
    method: str = "GET"
    who: Role | None = None
    bearer: str = ""
    token: str | None = FORM_TOKEN
    form: Pairs | None = None
    body: bytes | None = None
    headers: Pairs = ()
    cookies: Pairs = ()
    host: str = ""
    raw: str = ""
    status: frozenset[int] = frozenset()
    never: tuple[str, ...] = ()
    writes: bool = False

    def __str__(self) -> str:
        return f"{self.sort}: {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; status 0 where the server cut the connection."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass
class Stage:
    """Set up once for all attacks. `known` maps the names in `§…§` to what stands for them."""

    folder: Path
    known: dict[str, str] = field(default_factory=dict)
    cookies: dict[Role, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.site = Site(self.folder)
        (self.folder / "sources.yaml").write_text(
            f"desk: {{name: What's new, organisation: Example Learning Network, url: 'https://{HOME}', contact: editor@example.org}}\n"
            "topics:\n  - {id: learning, name: Learning networks, keywords: [learn]}\n"
            "sources:\n  - {id: north-blog, kind: feed, url: 'https://north.example/feed', title: North Network blog}\n",
            encoding="utf-8",
        )
        made = load(self.folder / "sources.yaml", {})
        mail = MailSettings(outbox=str(self.folder / "outbox"), sender="digest@example.org")
        self.site.config = replace(made, mail=mail, digest=self.site.config.digest)
        self.app: ASGIApp = create_app(self.site.config, self.site.open, lambda: self.site.now)
        self.site.app = self.app
        with self.site.open() as store:
            store.sync_sources(self.site.config.sources, self.site.now)
        self._editions()
        self._people()
        self._readers()

    # ------------------------------------------------------------ what there is

    def _editions(self) -> None:
        items = [self.site.add(number, text=f"Unpublished words of item {number}. " * 20) for number in range(6)]
        for place, formula in enumerate(FORMULAS):
            self._formula(formula, place)
        self.site.release(builders.edition(), digest_html=b"<!doctype html><title>November</title>", digest_csv=b"x")
        secret = builders.entry(id=ItemId(901), title="For members only", audience="members", url="https://north.example/members")
        members = builders.edition(id="2026-10", audience="members", sections=(Section(id="evidence", title="Reports", entries=(secret,)),))
        self.site.release(members, digest_html=b"<!doctype html>For members only")
        (self.folder / "secret.txt").write_text("The secret of this machine")
        with self.site.open() as store:
            store.save_edition(builders.edition(id="2026-12", title="A draft that nobody may see"))
            learn.fit(self.site.config, store)  # counts the words of new items, as each harvest does
        self.known |= {"entry": str(builders.entry().id), "item": str(items[0]), "other": str(items[1]), "third": str(items[2])}

    def _formula(self, formula: str, place: int) -> None:
        item = self.site.add(500 + place, title=f"{formula} in a title")
        with self.site.open() as store:
            store.decide(builders.decision(item=item, note=formula, curator=f"Sam {place}"))
            self.known["kept"] = str(item)
            store.add_subscriber(f"formula{place}@example.org", name=formula, origin="form", state=SubscriberState.CONFIRMED, now=self.site.now)

    def _people(self) -> None:
        now = self.site.now
        with self.site.open() as store:
            for role in Role:
                account = store.add_account(f"The {role.value}", role, now=now)
                store.set_password(account.id, kept())
                self.cookies[role] = self._browser(store, account.id)
                self.known[f"{role.value}.browser"] = secret_hash(self.cookies[role])
                self.known |= {f"{role.value}.secret": self.cookies[role], role.value: str(account.id)}
                self._programs(store, account.id, role)
            victim = store.add_account("Vera Victim", Role.CURATOR, now=now)
            store.set_password(victim.id, kept())
            self.known |= {"victim": str(victim.id), "victim.browser": secret_hash(self._browser(store, victim.id))}
            self.known["victim.view"] = str(store.save_view("Vera Victim", "Hers alone", "topic=learning").id)
            self.known["victim.remark"] = str(store.remark(ItemId(int(self.known["item"])), "Her words", by="Vera Victim", now=now).id)
            store.decide(builders.decision(item=ItemId(int(self.known["third"])), curator="Vera Victim"))
            self.known["victim.act"] = str(store.acts(None, 1)[0].id)
            token = store.add_token(victim.id, secret_hash(new_secret()), label="hers", scopes=tuple(Scope), now=now)
            self.known["victim.token"] = str(token.id)
            gone = store.add_account("Gone Gwen", Role.OPERATOR, now=now)
            store.set_password(gone.id, kept())
            self.known["gone.bearer"] = self._program(store, gone.id, tuple(Scope))
            store.set_disabled(gone.id, since=now)
            self._invitations(store, now)

    def _browser(self, store: Store, account: int) -> str:
        secret = new_secret()
        store.sign_in(secret_hash(secret), account=account, agent="Mozilla/5.0", now=self.site.now)
        return secret

    def _programs(self, store: Store, account: int, role: Role) -> None:
        for scope in Scope:
            self.known[f"{role.value}.{scope.value}"] = self._program(store, account, (scope,))
        self.known[f"{role.value}.all"] = self._program(store, account, tuple(Scope))

    def _program(self, store: Store, account: int, scopes: tuple[Scope, ...]) -> str:
        secret = new_secret()
        store.add_token(account, secret_hash(secret), label="a program", scopes=scopes, now=self.site.now)
        return secret

    def _invitations(self, store: Store, now: datetime) -> None:
        for name, ends in (("invitation", now + INVITED), ("late", now - timedelta(seconds=1)), ("used", now + INVITED)):
            account = store.add_account(f"Invited {name}", Role.CURATOR, now=now)
            secret = new_secret()
            store.invite(account.id, secret_hash(secret), ends=ends)
            self.known[f"{name}.link"] = secret
        store.accept_invitation(secret_hash(self.known["used.link"]), kept(), now)

    def _readers(self) -> None:
        now, config = self.site.now, self.site.config
        with self.site.open() as store:
            for name in ("ann", "bob"):
                person = store.add_subscriber(f"{name}@example.org", origin="form", state=SubscriberState.CONFIRMED, now=now)
                self.known[name] = str(person.id)
                for purpose in ("confirm", "preferences", "unsubscribe"):
                    self.known[f"{name}.{purpose}"] = readers.link(config, store, purpose, person.id).rpartition("/")[2]
                claims = tokens.Claims(purpose="useful", person=person.id, about="2026-11/1")
                self.known[f"{name}.useful"] = tokens.sign(store.secret(readers.KEY), claims)
            made = submissions.take("https://west.example/a", name="Kim", way="form", config=config, store=store, now=now)
            self.known["suggestion"] = submissions.token(made, store)
            store.open_survey(Round(id="2026-11-01", survey=load_survey(config.folder), opened=now, ends=now + timedelta(days=21)))
            self.known["ticket"] = store.issue_ticket("2026-11-01")

    # ------------------------------------------------------------ the server

    def __enter__(self) -> Self:
        self._listener = listening()
        self.port: int = self._listener.getsockname()[1]
        self.address = self.known["address"] = f"127.0.0.1:{self.port}"
        self._server = uvicorn.Server(
            uvicorn.Config(self.app, log_config=None, access_log=False, lifespan="off", proxy_headers=False, server_header=False)
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._thread.start()
        self._watch = sqlite3.connect(self.site.config.db, check_same_thread=False)
        self._version, self._before = self._seen(), self._digests()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._listener.close()
        self._watch.close()

    @contextmanager
    def served_by(self, wrap: Callable[[ASGIApp], ASGIApp]) -> Iterator[None]:
        """Put something between the server and the desk for a while."""
        config = self._server.config
        whole = config.loaded_app
        config.loaded_app = wrap(whole)
        try:
            yield
        finally:
            config.loaded_app = whole

    def filled(self, said: str) -> str:
        """Put in what the stage knows."""
        for name, value in self.known.items() if "§" in said else ():
            said = said.replace(f"§{name}§", value)
        return said

    def send(self, attack: Attack, *, place: int = 0) -> Answer:
        """Send it from a network address of its own, so that no limit for another holds it."""
        raw = self.filled(attack.raw).encode("latin-1") or self._written(attack, place)
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=20)) as line:
            with suppress(ConnectionError):  # the server may cut the line before all is sent
                line.sendall(raw)
            return _read(line, attack.method)

    def get(self, path: str, who: Role | None = None, *, method: str = "GET") -> Answer:
        return self.send(Attack(sort="", name="", path=path, who=who, method=method))

    def _written(self, attack: Attack, place: int) -> bytes:
        host = attack.host or self.address
        headers = [("Host", host), ("Connection", "close"), ("X-Forwarded-For", f"198.51.{place // 250}.{1 + place % 250}")]
        cookies = list(attack.cookies)
        if attack.who is not None:
            secure = "__Host-" if host == HOME else ""
            cookies += [(f"{secure}gleanings_session", self.cookies[attack.who]), (f"{secure}gleanings_token", FORM_TOKEN)]
        if cookies:
            headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in cookies)))
        if attack.bearer:
            headers.append(("Authorization", f"Bearer {self.known.get(attack.bearer, attack.bearer)}"))
        body = attack.body
        if attack.form is not None:
            pairs = [(name, self.filled(value)) for name, value in attack.form]
            sent = (*pairs, *((("token", attack.token),) if attack.token is not None and attack.who is not None else ()))
            body = urlencode(sent, errors="surrogatepass").encode()
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
            if not any(name in ("Origin", "Sec-Fetch-Site") for name, _ in attack.headers):
                headers.append(("Origin", f"{'https' if host == HOME else 'http'}://{host}"))
        if body is not None:
            headers.append(("Content-Length", str(len(body))))
        given = {name.lower() for name, _ in attack.headers}
        lines = [*((name, value) for name, value in headers if name.lower() not in given), *attack.headers]
        head = f"{attack.method} {attack.path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines if value is not None)
        return self.filled(head).encode("utf-8", "surrogatepass") + b"\r\n" + (body or b"")

    # ------------------------------------------------------------ what was changed

    def changed(self) -> list[str]:
        """Name the tables and files that are not as they were when this was asked last."""
        seen = self._seen()
        if seen == self._version:
            return []
        self._version, before, self._before = seen, self._before, self._digests()
        return sorted(name for name in before.keys() | self._before.keys() if before.get(name) != self._before.get(name))

    def _seen(self) -> tuple[Any, ...]:
        """What changes with every write: SQLite's own counter, and the state of each file beside the database."""
        files = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(self.folder.rglob("*")) if self._is_ours(path)]
        return self._watch.execute("PRAGMA data_version").fetchone()[0], *files

    def _digests(self) -> Mapping[str, str]:
        """Hash all tables and all files."""
        tables = [row[0] for row in self._watch.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        made = {name: _hash(repr(self._watch.execute(f'SELECT * FROM "{name}"').fetchall()).encode()) for name in tables}  # noqa: S608 - SQLite's own names
        return made | {path.name: _hash(path.read_bytes()) for path in self.folder.rglob("*") if self._is_ours(path)}

    def _is_ours(self, path: Path) -> bool:
        return path.is_file() and not path.name.startswith(self.site.config.db.name)


def own(location: str, stage: Stage) -> bool:
    """Say whether a browser that follows stays on this site, whatever it makes of slashes and backslashes."""
    said = location.replace("\\", "/").strip()
    if said.startswith("/") and not said.startswith("//"):
        return not any(ord(letter) < 0x20 for letter in said)
    parts = urlsplit(said)
    return parts.scheme in ("http", "https") and parts.netloc in (stage.address, HOME)


def in_path(said: str) -> str:
    """Write anything as one part of a path."""
    return quote(said, safe="", errors="surrogatepass")


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _read(line: socket.socket, method: str) -> Answer:
    answer = http.client.HTTPResponse(line, method=method)
    try:
        answer.begin()
        return Answer(status=answer.status, headers=tuple(answer.getheaders()), body=answer.read())
    except (http.client.HTTPException, ConnectionError):
        return Answer(status=0)
