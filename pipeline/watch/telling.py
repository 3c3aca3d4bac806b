"""Telling of a trouble: a mail and a signed POST when it begins, and again when it is over. Through the outboxes that are there anyway, so that
each goes out once, and is tried again where nobody takes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from pipeline.config import Config
from pipeline.model import Alert, HookEvent, TroubleKind
from pipeline.plain import Json, to_plain
from pipeline.publish import notices
from pipeline.store import Store
from pipeline.text import clip, counted
from pipeline.watch.troubles import SINGLES

LISTED = 50
"""Alerts in one mail."""

_NAMES = {
    TroubleKind.SILENT: "source {} is silent",
    TroubleKind.FAILING: "source {} cannot be read",
    TroubleKind.DRIFT: "source {} no longer gives what it gave",
    TroubleKind.DELIVERY: "mails of edition {}",
    TroubleKind.OVERDUE: "errand {}",
    TroubleKind.DISK: "the disk is nearly full",
    TroubleKind.CHILD: "the harvest dies",
    TroubleKind.BACKUP: "no fresh backup",
    TroubleKind.SETTINGS: "sources.yaml cannot be used",
}
_TOLD_ELSEWHERE = {TroubleKind.SILENT: HookEvent.SOURCE_SILENT}
"""What a webhook of its own tells: an address that takes these is not told twice."""


def tell(config: Config, store: Store, *, now: datetime) -> int:
    """Put into the outboxes what is to be told, all of one look in one mail; how many alerts. One that is over untold is told once."""
    waiting = store.untold_alerts()
    if not waiting:
        return 0
    with store.transaction():
        if config.alerts.mail and notices.can_send(config):
            _mail(waiting, config, store, now=now)
        if config.alerts.webhook:
            for alert in waiting:
                _call(alert, config, store, now=now)
        for alert in waiting:
            store.alert_told(alert, now)
    return len(waiting)


def title(alert: Alert) -> str:
    """Name an alert in a few words."""
    if alert.kind is TroubleKind.DELIVERY and alert.about == SINGLES:
        return SINGLES
    return _NAMES[alert.kind].format(alert.about)


def _mail(waiting: Sequence[Alert], config: Config, store: Store, *, now: datetime) -> None:
    over, begun = [one for one in waiting if one.over], [one for one in waiting if not one.over]
    parts = [f"{'OVER' if one.over else 'LOOK AT'}: {title(one)}\n  {'' if one.over else one.sentence}".rstrip() for one in (*begun, *over)[:LISTED]]
    if len(waiting) > LISTED:
        parts.append(f"… and {len(waiting) - LISTED} more.")
    body = "\n\n".join([*parts, f"What is wrong now stands at {config.desk.url}/desk, and in `gleanings doctor`."])
    for address in config.alerts.mail:
        notices.queue(
            store, kind="alert", key=_key(waiting), email=address, subject=f"{config.desk.name}: {_subject(begun, over)}", body=body, now=now
        )


def _subject(begun: Sequence[Alert], over: Sequence[Alert]) -> str:
    if len(begun) + len(over) == 1:
        return clip(title(begun[0]), 100) if begun else f"over: {clip(title(over[0]), 90)}"
    said = [counted(len(begun), "thing needs a look", "things need a look")] if begun else []
    return ", ".join([*said, f"{len(over)} over"] if over else said)


def _key(waiting: Sequence[Alert]) -> str:
    return ",".join(f"{one.id}{'-' if one.over else '+'}" for one in waiting)[:500]


def _call(alert: Alert, config: Config, store: Store, *, now: datetime) -> None:
    elsewhere = _TOLD_ELSEWHERE.get(alert.kind)
    if any(hook.url == config.alerts.webhook and elsewhere in hook.events for hook in config.webhooks):
        return
    event = "alert.over" if alert.over else "alert.begun"
    data: dict[str, Json] = {
        "id": alert.id,
        "kind": alert.kind.value,
        "about": alert.about,
        "title": title(alert),
        "sentence": alert.sentence,
        "since": to_plain(alert.since),
        "over": to_plain(alert.over),
    }
    body = json.dumps({"type": event, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False)
    store.queue_call(config.alerts.webhook, event, key=str(alert.id), body=body, now=now)
