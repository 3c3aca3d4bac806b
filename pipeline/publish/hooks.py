"""Telling other programs what happened here: each minute a look at what is new, then one signed POST for each event and address.

What happened is read from where it is kept anyway, so that nobody who decides or sends waits for a stranger's server. An event goes out once
for each address; one that is not taken is tried again, later each time, and given up after a dozen tries. Messages are signed as
https://www.standardwebhooks.com says. A new address is told of what happens from then on, and of nothing before.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline import schedule, urls
from pipeline.config import Config
from pipeline.config.webhooks import key as key_of
from pipeline.errors import FetchError, RefusedError
from pipeline.fetch.poster import Poster
from pipeline.model import EditionState, HookCall, HookEvent, State, Webhook
from pipeline.plain import Json, to_plain
from pipeline.store import Store
from pipeline.store.hooks import LONGEST

MOST_TRIES = 12
FIRST = timedelta(minutes=1)
"""Pause after the first try that failed; it doubles each time, up to `LONGEST`."""
EACH = 50
"""Events for one address in one minute at most."""
KEPT = timedelta(days=30)
"""So long it stays known what was told."""

_MANY = 500
_SETTLED = timedelta(minutes=1)  # another writer may not have come to its end yet

Said = dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look found: events by what they are about, and how far was looked."""

    found: dict[str, Said]
    upto: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a trial went: `error` is a sentence, empty where the server took it."""

    url: str
    error: str = ""


def look(config: Config, store: Store, *, now: datetime) -> int:
    """Put into the outbox what happened since the last look; how many events."""
    queued = 0
    for hook in config.webhooks:
        for event in hook.events:
            before = store.looked(hook.url, event)
            made = _LOOKS[event](before, config, store, now)
            if made.upto == before and not made.found:
                continue
            with store.transaction():
                for about, data in made.found.items():
                    queued += store.queue_call(hook.url, event, key=about, body=_body(event, data, now), now=now)
                store.keep_looked(hook.url, event, made.upto)
    return queued


def tell(config: Config, store: Store, *, now: Callable[[], datetime]) -> int:
    """Post what is due; how many events were taken. An address that does not take one is left in peace until the next minute."""
    store.drop_calls(now() - KEPT)
    addresses = dict.fromkeys([*(hook.url for hook in config.webhooks), *filter(None, [config.alerts.webhook])])
    due = {url: store.due_calls(url, now(), limit=EACH) for url in addresses}
    if not any(due.values()):
        return 0
    return asyncio.run(_tell_all(due, config, store, now))


def trial(config: Config, hooks: Iterable[Webhook], *, now: Callable[[], datetime]) -> tuple[Tried, ...]:
    """Post an event of the type `test` to each address at once, and say how that went."""
    return asyncio.run(_try_all(tuple(hooks), config, now))


def signature(key: bytes, *, message: str, at: datetime, body: bytes) -> dict[str, str]:
    """Sign a message as Standard Webhooks does: HMAC-SHA256 over its id, the time in seconds and the body."""
    stamp = str(int(at.timestamp()))
    made = hmac.new(key, f"{message}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": f"v1,{base64.b64encode(made).decode()}"}


# ---------------------------------------------------------------- posting


async def _tell_all(due: dict[str, tuple[HookCall, ...]], config: Config, store: Store, now: Callable[[], datetime]) -> int:
    async with Poster(config.harvest) as post:
        return sum(await asyncio.gather(*(_tell_one(calls, post, config, store=store, now=now) for calls in due.values())))


async def _tell_one(calls: Sequence[HookCall], post: Poster, config: Config, *, store: Store, now: Callable[[], datetime]) -> int:
    """Tell one address, the first event first."""
    taken = 0
    for call in calls:
        done = await _posted(call, post, config, now)
        store.finish_call(done)
        if done.state != "sent":
            break
        taken += 1
    return taken


async def _posted(call: HookCall, post: Poster, config: Config, now: Callable[[], datetime]) -> HookCall:
    tried = replace(call, attempts=call.attempts + 1, again_at=None, error=None)
    body = call.body.encode()
    try:
        await post(call.hook, body, signature(_key(config), message=_name(call.hook, call.event, call.key), at=now(), body=body))
    except RefusedError as error:
        return replace(tried, state="failed", error=error.sentence)
    except FetchError as error:
        if tried.attempts >= MOST_TRIES:
            return replace(tried, state="failed", error=error.sentence)
        return replace(tried, again_at=now() + min(FIRST * 2 ** (tried.attempts - 1), LONGEST), error=error.sentence)
    return replace(tried, state="sent")


async def _try_all(hooks: Sequence[Webhook], config: Config, now: Callable[[], datetime]) -> tuple[Tried, ...]:
    async with Poster(config.harvest) as post:
        return tuple([await _try(hook, post, config, now) for hook in hooks])


async def _try(hook: Webhook, post: Poster, config: Config, now: Callable[[], datetime]) -> Tried:
    at = now()
    body = _body("test", {"desk": config.desk.name}, at).encode()
    try:
        await post(hook.url, body, signature(_key(config), message=_name(hook.url, "test", at.isoformat()), at=at, body=body))
    except FetchError as error:
        return Tried(url=hook.url, error=error.sentence)
    return Tried(url=hook.url)


def _key(config: Config) -> bytes:
    return key_of(config.webhook_secret) or b""


def _name(hook: str, event: str, about: str) -> str:
    """Name a message so that it is the same at each try, and no other has it."""
    return f"msg_{hashlib.sha256(json.dumps([hook, event, about]).encode()).hexdigest()[:32]}"


def _body(event: str, data: Said, now: datetime) -> str:
    return json.dumps({"type": event, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False)


# ---------------------------------------------------------------- looking


def _accepted(before: str | None, config: Config, store: Store, _now: datetime) -> Look:
    if before is None:
        return Look(found={}, upto=str(store.last_decision()))
    acts = store.accepted_since(int(before), limit=_MANY)
    found: dict[str, Said] = {}
    for number, one in acts:
        item = store.item(one)
        if item.state is State.ACCEPTED and item.decision is not None:
            found[str(number)] = {
                "id": item.id,
                "url": item.resource.url if urls.is_web(item.resource.url) else None,
                "title": item.title,
                "kind": item.kind.value,
                "topics": list(item.topics),
                "by": item.decision.curator,
                "at": to_plain(item.decision.decided),
                "desk": f"{config.desk.url}/desk/items/{item.id}",
            }
    return Look(found=found, upto=str(acts[-1][0]) if acts else before)


def _frozen(before: str | None, config: Config, store: Store, _now: datetime) -> Look:
    there = {f"{edition}@{composed}": edition for edition, composed in store.edition_states(EditionState.FROZEN)}
    return _fresh(before, there, lambda about: _edition(there[about], config, store))


def _released(before: str | None, config: Config, store: Store, _now: datetime) -> Look:
    there = {edition: edition for edition, _ in store.edition_states(EditionState.RELEASED, EditionState.CORRECTED)}
    return _fresh(before, there, lambda about: _edition(there[about], config, store))


def _silent(before: str | None, config: Config, store: Store, now: datetime) -> Look:
    sources, found = {one.id: one for one in config.sources}, {}
    for state in store.habits():
        source = sources.get(state.id)
        health = schedule.health(state, source, now) if source else None
        if source and health and health.silent:
            found[f"{source.id}@{to_plain(state.last_new)}"] = {
                "id": source.id,
                "title": source.title or source.id,
                "url": source.url,
                "last_new": to_plain(state.last_new),
                "usual_gap_seconds": to_plain(state.usual_gap),
                "sentence": schedule.told(health, now),
            }
    return _fresh(before, found, found.__getitem__)


def _failed(before: str | None, _config: Config, store: Store, now: datetime) -> Look:
    if before is None:
        return Look(found={}, upto=now.isoformat())
    since = datetime.fromisoformat(before)
    if since > now:  # the clock was ahead then
        since = now - _SETTLED
    rows = store.failed_since(since, limit=_MANY)
    found: dict[str, Said] = {
        f"{edition}/{correction}/{subscriber}/{state}": {"edition": edition, "correction": correction, "subscriber": subscriber, "state": state}
        for edition, correction, subscriber, state, _ in rows
    }
    # Where there is more than one look takes, it goes on behind the last; else it looks once more at the last minute.
    until = rows[-1][4] if len(rows) == _MANY else max(since, now - _SETTLED)
    return Look(found=found, upto=until.isoformat())


def _edition(edition_id: str, config: Config, store: Store) -> Said:
    edition = store.edition(edition_id)
    return {
        "id": edition.id,
        "title": edition.title,
        "month_name": edition.month_name,
        "audience": edition.audience,
        "entries": len(edition.entries),
        "url": f"{config.desk.url}/editions/{edition.id}",
    }


def _fresh(before: str | None, there: Iterable[str], data: Callable[[str], Said]) -> Look:
    """Tell of what is so now and was not at the last look; the first look only sees how things are."""
    known, names = set((before or "").split("\n")), sorted(there)
    return Look(found={about: data(about) for about in names if before is not None and about not in known}, upto="\n".join(names))


_LOOKS: dict[HookEvent, Callable[[str | None, Config, Store, datetime], Look]] = {
    HookEvent.ITEM_ACCEPTED: _accepted,
    HookEvent.EDITION_FROZEN: _frozen,
    HookEvent.EDITION_RELEASED: _released,
    HookEvent.SOURCE_SILENT: _silent,
    HookEvent.DELIVERY_FAILED: _failed,
}
