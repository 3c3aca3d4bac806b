"""The desk's own filters: which of them meet an item, what they do with it, and what they would have done to items decided long ago.

A rule never throws anything away: it puts a waiting item into another lane, with its name as the reason, or proposes a topic. What is not known of
an item meets no condition (no language, no date, no text read), so that silence hides nothing. Whatever a curator said of an item stands above every
rule. No patterns are taken, only words and phrases: these are matched in time linear in the text.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import combinations
from typing import NamedTuple

from pipeline import dates, text, urls
from pipeline.model import Action, Item, ItemId, Lane, Rule, State, Suggestion, Verdict, When
from pipeline.text import counted

MAX_CHARACTERS = 200_000
"""Characters of a text that a rule reads: about thirty thousand words."""
MAX_LINE = 2_000
"""Characters of a title, a description or a name that a rule reads."""
MAX_NAMES = 100
"""People of one item that a rule reads."""
SAMPLES = 5
OVERLAPS = 20
"""Pairs of rules that a rehearsal lists, those that share most first."""

_LANES = {Action.MUST_HAVE: Lane.MUST_HAVE, Action.SKIP: Lane.SKIPPED, Action.UNLIKELY: Lane.UNLIKELY}
"""Lane by action; where several rules meet an item, the first in this order wins, so that nothing wanted is hidden."""
_HIDES = (Action.SKIP, Action.UNLIKELY)
_WAITING = (State.QUEUED, State.DEFERRED)
_LOSS = {State.PUBLISHED: 3, State.ACCEPTED: 2, State.QUEUED: 1, State.DEFERRED: 1}
"""How much it would matter that a rule hides an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the rules say of one item. `lane` is `None` where they leave that to the model; `reason` is the sentence for `Item.lane_reason`."""

    lane: Lane | None = None
    reason: str = ""
    suggestions: tuple[Suggestion, ...] = ()


class Sample(NamedTuple):
    """An item that a rule meets, as a rehearsal shows it."""

    item: ItemId
    title: str
    state: State
    edition: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one rule would have done. `met` = `kept` + `rejected` + `waiting`; `published` are among the kept, and what a curator `reopened` by
    hand is among the waiting. Of a rule that hides, the samples that one would miss most come first; else the newest."""

    rule: Rule
    met: int = 0
    kept: int = 0
    rejected: int = 0
    waiting: int = 0
    published: int = 0
    reopened: int = 0
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What all rules would have done to the `items` of the last `days`. `overlaps` are the ids of two rules and how many items both meet, most
    first."""

    days: int
    items: int = 0
    trials: tuple[Trial, ...] = ()
    overlaps: tuple[tuple[str, str, int], ...] = ()


def judge(rules: Sequence[Rule], item: Item, *, now: datetime) -> tuple[Rule, ...]:
    """Give the rules that meet an item as it was found, in their order. What was seen only after `now` does not count."""
    found = _Found(item, now)
    return tuple(rule for rule in rules if all(test(rule.when, found) for test in _TESTS))


def ruling(rules: Sequence[Rule], item: Item, *, now: datetime) -> Ruling:
    """Say what the rules do with a waiting item: must-have before skip before unlikely, and the topics of all that meet it.

    The lane of an item that a curator ever decided on (put off, or brought back by hand) is not touched.
    """
    met = judge(rules, item, now=now)
    named: dict[str, tuple[str, ...]] = {}
    for rule in met:
        if rule.then is Action.TOPIC:
            named[rule.topic] = (*named.get(rule.topic, ()), f"rule {rule.id}")
    suggestions = tuple(Suggestion(topic=topic, probability=1.0, reasons=reasons) for topic, reasons in named.items())
    first = next((rule for action in _LANES for rule in met if rule.then is action), None)
    if first is None or item.decision is not None:
        return Ruling(suggestions=suggestions)
    return Ruling(lane=_LANES[first.then], reason=f"rule {first.id}" + (f": {first.why}" if first.why else ""), suggestions=suggestions)


def joined(suggestions: Sequence[Suggestion], ruled: Ruling) -> tuple[Suggestion, ...]:
    """Put the topics of the rules before what a model suggests, each topic once; the model's words stay as further reasons."""
    said = {one.topic: one for one in suggestions}
    ours = {one.topic: one for one in ruled.suggestions}
    named = (
        Suggestion(topic=topic, probability=one.probability, reasons=one.reasons + (said[topic].reasons if topic in said else ()))
        for topic, one in ours.items()
    )
    return (*named, *(one for one in suggestions if one.topic not in ours))


def rehearse(rules: Sequence[Rule], items: Iterable[Item], *, days: int, now: datetime) -> Rehearsal:
    """Say what the rules would have done to the items of the last days, had they stood there before anybody decided; folded ones do not count."""
    total = 0
    counts: dict[str, Counter[str]] = {rule.id: Counter() for rule in rules}
    samples: dict[str, list[tuple[int, Sample]]] = {rule.id: [] for rule in rules}
    pairs: Counter[tuple[str, str]] = Counter()
    for item in items:
        if item.state is State.MERGED or now - item.added > timedelta(days=days):
            continue
        total += 1
        met = judge(rules, item, now=_asked(item, now))
        pairs.update(combinations((rule.id for rule in met), 2))
        for rule in met:
            counts[rule.id].update(_fates(item))
            _keep(samples[rule.id], _LOSS.get(item.state, 0) if rule.then in _HIDES else 0, item)
    shared = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:OVERLAPS]
    return Rehearsal(
        days=days,
        items=total,
        trials=tuple(_trial(rule, counts[rule.id], samples[rule.id]) for rule in rules),
        overlaps=tuple((one, other, number) for (one, other), number in shared),
    )


def sentences(trial: Trial) -> tuple[str, ...]:
    """Say what a curator should think over before a rule stands: keepers hidden, rejected items put first, a rule that meets nothing."""
    rule = trial.rule
    if not trial.met:
        return (f"Rule “{rule.id}” meets nothing in these days.",)
    said = []
    if rule.then in _HIDES and trial.kept:
        hidden = "hidden" if rule.then is Action.SKIP else "put aside as unlikely"
        published = f" ({trial.published:,} of them published)" if trial.published else ""
        said.append(f"Rule “{rule.id}” would have {hidden} {counted(trial.kept, 'item')} that {_were(trial.kept)} kept{published}.")
    if rule.then in _HIDES and trial.reopened:
        said.append(f"Rule “{rule.id}” meets {counted(trial.reopened, 'item')} that a curator reopened by hand; it leaves these alone.")
    if rule.then is Action.MUST_HAVE and trial.rejected:
        said.append(f"Rule “{rule.id}” would have put {counted(trial.rejected, 'item')} first that {_were(trial.rejected)} rejected.")
    return tuple(said)


def clashes(rehearsal: Rehearsal) -> tuple[str, ...]:
    """Say which rules meet the same items, and which of two wins where they want different lanes."""
    known = {trial.rule.id: trial for trial in rehearsal.trials}
    return tuple(_clash(known[one], known[other], number) for one, other, number in rehearsal.overlaps)


# ---------------------------------------------------------------- what an item shows to a condition


class _Words:
    """A text in which phrases are looked for. It is cut into words only where the letters of all words of one stand in it somewhere, which is five
    times cheaper to find out."""

    def __init__(self, said: str | None, limit: int = MAX_LINE) -> None:
        self._said = (said or "")[:limit]

    @cached_property
    def _letters(self) -> str:
        return text.folded(self._said)

    @cached_property
    def _spaced(self) -> str:
        return f" {' '.join(text.words(self._said))} "

    def hold(self, phrases: Iterable[str]) -> bool:
        return any(self._holds(*_phrase(phrase)) for phrase in phrases)

    def _holds(self, words: Sequence[str], spaced: str) -> bool:
        return bool(words) and all(word in self._letters for word in words) and spaced in self._spaced


@lru_cache(32_768)
def _phrase(words: str) -> tuple[tuple[str, ...], str]:
    """Give the words of a phrase, the longest first, and all of it with spaces around, so that it is found between whole words only."""
    found = text.words(words)
    return tuple(sorted(set(found), key=lambda word: (-len(word), word))), f" {' '.join(found)} "


class _Found:
    """An item as it was found, up to a moment; each part is made when the first condition asks."""

    def __init__(self, item: Item, now: datetime) -> None:
        self.resource = item.resource
        self._leads = [one.lead for one in item.sightings if one.first_seen <= now]
        self._today = now.date()

    @cached_property
    def title(self) -> _Words:
        return _Words(self.resource.title)

    @cached_property
    def text(self) -> tuple[_Words, ...]:
        return self.title, _Words(self.resource.description), _Words(self.resource.text, MAX_CHARACTERS)

    @cached_property
    def publisher(self) -> tuple[_Words, ...]:
        return _Words(self.resource.publisher), _Words(self.resource.site_name)

    @cached_property
    def people(self) -> tuple[_Words, ...]:
        told = (name for lead in self._leads for name in (lead.posted_by, lead.recommended_by) if name)
        return tuple(_Words(name) for name, _ in zip((*self.resource.creators[:MAX_NAMES], *told), range(MAX_NAMES), strict=False))

    @cached_property
    def sources(self) -> frozenset[str]:
        return frozenset(lead.source for lead in self._leads)

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        addresses = (self.resource.url, self.resource.canonical_url or "")
        return tuple(urls.host(address).partition(":")[0] for address in addresses)

    @cached_property
    def language(self) -> str:
        return (self.resource.language or "")[:40].replace("_", "-").casefold()

    @cached_property
    def age(self) -> timedelta | None:
        """Whole days since it came out; of an event, since it ended: one that lies ahead is not old, however long ago it was announced."""
        event = self.resource.event
        day: date | None = (event.end or event.start) if event else None
        day = day or self.resource.published
        return timedelta(days=(self._today - dates.day(day)).days) if day else None


def _hold(parts: Iterable[_Words], phrases: Sequence[str]) -> bool:
    return any(part.hold(phrases) for part in parts)


def _on(hosts: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether one of the hosts is wanted, or lies within one that is."""
    return any(f".{host}".endswith(f".{one}") for host in hosts for one in wanted)


def _speaks(language: str, wanted: Iterable[str]) -> bool:
    """Whether a language tag is wanted or belongs to a wanted range (RFC 4647, basic filtering)."""
    return any(f"{language}-".startswith(f"{one.casefold()}-") for one in wanted)


_TESTS: tuple[Callable[[When, _Found], bool], ...] = (  # the cheap ones first: most items fail one of them
    lambda when, found: not when.kind or found.resource.kind in when.kind,
    lambda when, found: not when.source or not found.sources.isdisjoint(when.source),
    lambda when, found: not when.language or _speaks(found.language, when.language),
    lambda when, found: not when.language_not or (found.language != "" and not _speaks(found.language, when.language_not)),
    lambda when, found: when.words_below is None or 0 < found.resource.words < when.words_below,
    lambda when, found: when.seen_below is None or 0 < len(found.sources) < when.seen_below,
    lambda when, found: when.seen_at_least is None or len(found.sources) >= when.seen_at_least,
    lambda when, found: when.older_than is None or (found.age is not None and found.age > when.older_than),
    lambda when, found: not when.host or _on(found.hosts, when.host),
    lambda when, found: not when.publisher or _hold(found.publisher, when.publisher),
    lambda when, found: not when.person or _hold(found.people, when.person),
    lambda when, found: not when.title or found.title.hold(when.title),
    lambda when, found: not when.text or _hold(found.text, when.text),
)


# ---------------------------------------------------------------- steps of the rehearsal


def _asked(item: Item, now: datetime) -> datetime:
    """When a rule would have been asked about an item for the last time: as it was decided, now where it still waits."""
    if item.decision is not None:
        return max(item.added, item.decision.decided)
    return now if item.state in _WAITING else item.added


def _fates(item: Item) -> tuple[str, ...]:
    """Name the counters of a trial to which an item adds one."""
    match item.state:
        case State.PUBLISHED:
            return "met", "kept", "published"
        case State.ACCEPTED:
            return "met", "kept"
        case State.REJECTED:
            return "met", "rejected"
    reopened = item.decision is not None and item.decision.verdict is Verdict.REOPEN
    return ("met", "waiting", "reopened") if reopened else ("met", "waiting")


def _keep(samples: list[tuple[int, Sample]], loss: int, item: Item) -> None:
    """Keep the samples that matter most; of equal ones the newest."""
    one = loss, Sample(item.id, item.title or item.resource.url, item.state, item.edition)
    if len(samples) < SAMPLES:
        heapq.heappush(samples, one)
    else:
        heapq.heappushpop(samples, one)


def _trial(rule: Rule, counts: Counter[str], samples: list[tuple[int, Sample]]) -> Trial:
    return Trial(rule=rule, samples=tuple(one for _, one in sorted(samples, reverse=True)), **counts)


def _clash(one: Trial, other: Trial, number: int) -> str:
    if number == one.met == other.met:
        said = f"Rules “{one.rule.id}” and “{other.rule.id}” meet the same {counted(number, 'item')}."
    elif number in (one.met, other.met):
        inner, outer = (one, other) if number == one.met else (other, one)
        said = f"All that rule “{inner.rule.id}” meets ({counted(number, 'item')}), rule “{outer.rule.id}” meets too."
    else:
        said = f"Rules “{one.rule.id}” and “{other.rule.id}” both meet {counted(number, 'item')}."
    wanted = [trial for action in _LANES for trial in (one, other) if trial.rule.then is action]
    if len(wanted) == 2 and wanted[0].rule.then is not wanted[1].rule.then:
        said += f" There the {wanted[0].rule.then.value} of rule “{wanted[0].rule.id}” wins."
    return said


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
