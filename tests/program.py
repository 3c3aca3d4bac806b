"""A desk asked by programs: a database in a folder of its own, people with tokens, and a caller that speaks ASGI straight, because it is quick."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from pipeline import dedupe
from pipeline.config import Config
from pipeline.model import (
    Collection,
    Desk,
    DigestSettings,
    Fold,
    HarvestSettings,
    ItemId,
    Kind,
    MailSettings,
    Match,
    Role,
    Scope,
    SectionRule,
    Suggestion,
    Topic,
    Webhook,
)
from pipeline.store import Store, new_secret, secret_hash
from pipeline.web import create_app
from tests import builders

HOST = "127.0.0.1:8765"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Programs:
    """A desk with a topic or two, a source, a collection. Close it: it holds a thread."""

    def __init__(self, folder: Path, *, webhooks: tuple[Webhook, ...] = (), secret: str = "", harvest: HarvestSettings | None = None) -> None:
        self.config = Config(
            desk=Desk(name="What's new", organisation="Example Learning Network"),
            harvest=harvest or HarvestSettings(),
            digest=DigestSettings(sections=(SectionRule(id="evidence", title="Reports", kinds=(Kind.REPORT, Kind.ARTICLE)),)),
            mail=MailSettings(),
            topics=(Topic(id="learning", name="Learning networks"), Topic(id="care", name="Integrated care")),
            sources=(builders.source(topics=("learning",)), builders.source(id="south", url="https://south.example/feed", title="South")),
            collections=(Collection(id="useful", title="Useful resources", topics=("learning",)),),
            webhooks=webhooks,
            webhook_secret=secret,
            path=folder / "sources.yaml",
            folder=folder,
            db=folder / "curated.db",
            digests=folder / "digests",
        )
        self.now = builders.NOW
        # A loop that runs on keeps the threads that answer; started anew for each call it would make them anew.
        self.loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self.loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        with self.open() as store:
            store.sync_sources(self.config.sources, self.now)
        self.app = create_app(self.config, self.open, lambda: self.now)
        self.secret = ""

    def open(self) -> Store:
        return Store.open(self.config.db)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self.loop.close()

    async def _serve(self) -> None:
        await self._end.wait()

    def person(self, name: str, role: Role, *scopes: Scope) -> str:
        """Make a person with a token that has these scopes, or all; give what the token is made of, and call with it from now on."""
        secret = new_secret()
        with self.open() as store:
            known = store.account(name) or store.add_account(name, role, now=self.now)
            store.add_token(known.id, secret_hash(secret), label="a test", scopes=scopes or tuple(Scope), now=self.now)
        self.secret = secret
        return secret

    def add(self, number: int, *, rank: float = 0.5, **changes: object) -> ItemId:
        """Add an item as the first source brings it."""
        url = f"https://north.example/{number}"
        resource = replace(builders.resource(url=url, canonical_url=url, title=f"How network {number} learns"), **changes)  # type: ignore[arg-type]  # the test's words
        with self.open() as store:
            store.offer("north-blog", [builders.lead(url=url)], self.now)
            (claim,) = store.lease(self.now, limit=1, seconds=60, owner="test")
            item = store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=self.now, claim=claim)
            store.suggest(item, (Suggestion(topic="learning", probability=0.9, reasons=("networks",)),), rank)
        return item

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        """Send JSON, or nothing."""
        raw = b"" if body is None else json.dumps(body).encode()
        return self.ask("POST", path, body=raw, headers={"content_type": "application/json", **headers})

    def form(self, path: str, *fields: tuple[str, str]) -> Answer:
        """Send a form."""
        body = urlencode(fields).encode()
        return self.ask("POST", path, body=body, headers={"content_type": "application/x-www-form-urlencoded"})

    def ask(self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = {}) -> Answer:
        return asyncio.run_coroutine_threadsafe(self._ask(method, path, body=body, headers=headers), self.loop).result()

    async def _ask(self, method: str, path: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        where, _, query = path.partition("?")
        named = {"host": HOST, "authorization": f"Bearer {self.secret}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": _decoded(where),
            "raw_path": where.encode(), "query_string": query.encode(), "root_path": "",
            "client": ("192.0.2.7", 50_000), "server": ("127.0.0.1", 8765),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items() if value],
        }  # fmt: skip
        sent: list[dict[str, Any]] = []
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return parts.pop() if parts else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        found = {name.decode().lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return Answer(status=sent[0]["status"], headers=found, body=b"".join(part.get("body", b"") for part in sent[1:]))


def _decoded(path: str) -> str:
    """Decode a path as a server does."""
    return unquote(path)
