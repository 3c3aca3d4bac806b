"""Whether the machine may skip by itself what is unlikely: only where the settings ask for it, and only as long as the audit vouches for the queue.

What is skipped so still waits: it lies in a tray of its own with the reason beside it, the audit goes on being drawn from it, and all of it comes
back with the first training after the settings or the audit say no. What a curator put back is never skipped again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from pipeline.classify import stopping
from pipeline.config import Config
from pipeline.learn.outlook import lately
from pipeline.model import Lane, Verdict
from pipeline.store import Store
from pipeline.text import counted

_QUEUE, _TRAY = (Lane.MUST_HAVE, Lane.RANKED), (Lane.AUDIT, Lane.UNLIKELY, Lane.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipping:
    """How it stands with skipping: whether it is `wanted`, the least share of the keepers that the queue holds by the audit (`held`, at 95 %; `None`
    before that can be said), how many were `audited` in the last 90 days, and how many are skipped now."""

    wanted: bool
    held: float | None
    audited: int
    skipped: int

    @property
    def is_on(self) -> bool:
        """Whether the next training skips what is unlikely."""
        return self.wanted and self.held is not None and self.held >= stopping.SKIP_RECALL

    @property
    def sentence(self) -> str:
        """Say why it is on or off."""
        least = f"{stopping.SKIP_RECALL:.0%}"
        if not self.wanted:
            return "Off in the settings (skip_unlikely)."
        if self.held is None:
            return "Off for now: nothing was kept from the queue, or nothing of the audit was decided, in the last 90 days."
        shown = f"by {counted(self.audited, 'audited item')} the queue holds at least {int(1000 * self.held) / 10}% of the keepers"
        return f"On: {shown}." if self.is_on else f"Off for now: {shown}, and {least} are needed."


def skipping(config: Config, store: Store, *, now: datetime) -> Skipping:
    """Say how it stands, from what is stored."""
    waiting = store.expected()
    return weighed(config, store, unseen=waiting.tray, skipped=waiting.skipped, now=now)


def weighed(config: Config, store: Store, *, unseen: int, skipped: int = 0, now: datetime) -> Skipping:
    """Say the same of a tray in which so many are left."""
    judged = [one for one in lately(store, now=now) if one.verdict in (Verdict.ACCEPT, Verdict.REJECT)]
    audited = [one.verdict is Verdict.ACCEPT for one in judged if one.shown == Lane.AUDIT]
    kept = Counter(one.shown for one in judged if one.verdict is Verdict.ACCEPT)
    found, missed = (sum(kept[lane] for lane in lanes) for lanes in (_QUEUE, _TRAY))
    held = stopping.least_held(found, missed, unseen=unseen, audited=audited)
    return Skipping(wanted=config.desk.skip_unlikely, held=held, audited=len(audited), skipped=skipped)
