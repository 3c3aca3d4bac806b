"""One act on many items: what it is, which items it may not meet, and carrying it out in steps that let others write between them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import Decision, Item, ItemId, Lane, State, Topic, Verdict
from pipeline.review import REASONS
from pipeline.store import Store
from pipeline.store.bulk import AT_ONCE, Batch
from pipeline.text import counted
from pipeline.web.crowd import DONE, Crowd, crowd_of

MOST = 5_000
"""Items that one act takes at most, the best first; beyond that nobody looks at the samples and believes them."""
VERDICTS = {"accept": Verdict.ACCEPT, "reject": Verdict.REJECT, "later": Verdict.DEFER}

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_WAITING = (State.QUEUED, State.DEFERRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What shall be done: `act` is accept, reject (for a reason), later, topic (one more) or assign (`to` empty: to nobody in particular)."""

    act: str
    reason: str = ""
    topic: str = ""
    to: str = ""

    def problem(self, *, topics: Sequence[Topic], people: Sequence[str]) -> str:
        """Say what the form leaves open, empty where nothing."""
        match self.act:
            case "accept" | "later":
                return ""
            case "reject":
                return "" if self.reason in REASONS else "Choose the reason."
            case "topic":
                return "" if any(topic.id == self.topic for topic in topics) else "Choose the topic."
            case "assign":
                return "" if not self.to or self.to in people else "Choose somebody of the list."
        return "Choose what shall be done."

    def query(self) -> list[tuple[str, str]]:
        """Write it as fields of an address."""
        fields = {"act": self.act, "reason": self.reason, "topic-to-add": self.topic, "to": self.to}
        return [(name, value) for name, value in fields.items() if value]

    def sentence(self, number: int, *, topics: Sequence[Topic]) -> str:
        """Say what a button does: "Reject 214 items as promotional"."""
        items = counted(number, "item")
        return {
            "accept": f"Accept {items}",
            "reject": f"Reject {items} as {self.reason}",
            "later": f"Put off {items}",
            "topic": f"Give {items} the topic “{named(self.topic, topics)}”",
            "assign": f"Ask {self.to} to decide {items}" if self.to else f"Ask nobody in particular to decide {items}",
        }.get(self.act, "")

    def would(self, number: int, *, topics: Sequence[Topic]) -> str:
        """Say what it would do: "214 items would be rejected as promotional"."""
        items = counted(number, "item")
        return {
            "accept": f"{items} would be accepted",
            "reject": f"{items} would be rejected as {self.reason}",
            "later": f"{items} would be put off",
            "topic": f"{items} would get the topic “{named(self.topic, topics)}”",
            "assign": f"{items} would be for {self.to or 'nobody in particular'}",
        }.get(self.act, "")

    def done(self, number: int, *, topics: Sequence[Topic]) -> str:
        """Say what it did: "214 items were rejected as promotional"."""
        were = f"{counted(number, 'item')} {'was' if number == 1 else 'were'}"
        return {
            "accept": f"{were} accepted",
            "reject": f"{were} rejected as {self.reason}",
            "later": f"{were} put off until later",
            "topic": f"{were} given the topic “{named(self.topic, topics)}”",
        }.get(self.act, "")


def named(topic: str, topics: Sequence[Topic]) -> str:
    """Give the name of a topic, its id where it is none any more."""
    return next((one.name for one in topics if one.id == topic), topic)


def hindrance(item: Item, crowd: Crowd, deed: Deed) -> str:
    """Say why one act on many items passes an item over; empty where it meets it. What others have a hand in is left to them."""
    if item.state not in _WAITING:
        return f"{DONE[item.state]} already"
    if deed.act == "topic":
        return "has the topic already" if deed.topic in item.topics else ""
    if deed.act == "assign":
        if crowd.assigned == deed.to:
            return f"{deed.to} is asked already" if deed.to else "nobody is asked"
        return ""
    return _taken(item, crowd, deed) or _thought(item, crowd, deed)


def _taken(item: Item, crowd: Crowd, deed: Deed) -> str:
    if deed.act == "later" and item.state is State.DEFERRED:
        return "put off already"
    if crowd.readers:
        return f"{crowd.readers[0]} is reading"
    if crowd.assigned and crowd.assigned != crowd.me:
        return f"{crowd.assigned} is asked to decide"
    return ""


def _thought(item: Item, crowd: Crowd, deed: Deed) -> str:
    others = [one for one in (crowd.against if deed.act == "accept" else crowd.keep) if one != crowd.me]
    if others:
        return f"{others[0]} would {'not ' if deed.act == 'accept' else ''}keep"
    if deed.act != "accept" and (item.overlay.must_have or item.lane is Lane.MUST_HAVE):
        return "a must-have"
    return ""


def carry_out(store: Store, items: Sequence[ItemId], deed: Deed, *, me: str, now: datetime, seen: datetime) -> Batch:
    """Do it, `AT_ONCE` items a transaction. What is not free for it at that moment, or was touched since it was `seen`, is named in `left`."""
    made = Batch(number=None, done=())
    for start in range(0, len(items), AT_ONCE):
        part = items[start : start + AT_ONCE]
        with store.transaction():
            crowds = crowd_of(store, part, me=me, now=now)
            touched = store.touched(part, since=seen)
            free = [item for item in store.outlines(part) if item.id not in touched and not hindrance(item, crowds[item.id], deed)]
            step = _step(store, free, deed, me=me, now=now, batch=made.number)
        done = set(step.done)
        made = made.with_next(Batch(number=step.number, done=step.done, left=tuple(one for one in part if one not in done)))
    return made


def _step(store: Store, free: Sequence[Item], deed: Deed, *, me: str, now: datetime, batch: int | None) -> Batch:
    items = [item.id for item in free]
    if deed.act == "topic":
        return store.add_topic(items, deed.topic, by=me, now=now, batch=batch)
    if deed.act == "assign":
        if deed.to:
            store.assign(items, to=deed.to, by=me, now=now)
        else:
            store.unassign(items)
        return Batch(number=None, done=tuple(items))
    verdict, reason = VERDICTS[deed.act], deed.reason if deed.act == "reject" else None
    return store.decide_all([Decision(item=one, verdict=verdict, decided=now, curator=me, reason=reason) for one in items], batch=batch, known=free)


def packed(items: Sequence[ItemId]) -> str:
    """Write item numbers so that thousands fit into a field of a form: by number, each as its distance from the one before."""
    before, made = 0, []
    for item in sorted(items):
        made.append(_in_36(item - before))
        before = item
    return ".".join(made)


def unpacked(text: str) -> tuple[ItemId, ...]:
    """Read them back; none where the text is not of our making."""
    parts = text.split(".") if text else []
    if len(parts) > MOST or any(not 0 < len(one) < 13 or not set(one) <= set(_DIGITS) for one in parts):
        return ()
    total, made = 0, []
    for one in parts:
        total += int(one, 36)
        made.append(ItemId(total))
    return tuple(made) if total < 2**63 else ()


def digest(deed: Deed, items: Sequence[ItemId], seen: datetime) -> str:
    """Give what a page and its form have in common: the act, the items and the moment, in 64 bits."""
    said = "\n".join((deed.act, deed.reason, deed.topic, deed.to, seen.isoformat(), packed(items)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def moment_of(text: str, *, now: datetime) -> datetime:
    """Read when a page was made; what is no moment of the past is now."""
    try:
        seen = datetime.fromisoformat(text[:40])
    except ValueError:
        return now
    return seen if seen.tzinfo and seen < now else now


def _in_36(number: int) -> str:
    made = ""
    while number:
        number, rest = divmod(number, 36)
        made = _DIGITS[rest] + made
    return made or "0"
