"""Who gets which mail of an edition: every reader what they asked for, and one mail for all who get the same.

Readers are brought together by what was chosen for them and not by what they wished, so that thousands of readers need few mails. Nothing is sent
here, and nothing of a person is written into a mail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from pipeline import dates
from pipeline.config import Config
from pipeline.digest.choose import Selection, cut, select
from pipeline.model import Edition, ItemId, Subscriber, SubscriberState
from pipeline.publish.post import Letter, letter
from pipeline.render.prepare import prepare
from pipeline.store import Store

YEAR = timedelta(days=365)
ENOUGH = 10
"""So many entries of a topic must have come in a year before a reader who used none is asked whether it should stay."""
_ASKED = 3
"""Topics that one mail asks about."""
_HELD = 500
"""Mails that are held ready; another one is made when it is needed, with the same bytes."""
_OFTEN = {"week": "weekly", "quarter": "quarterly"}

Sort = tuple[Selection, str]
"""What makes a mail: what was chosen, and whether it is HTML or text alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """A year of issues: entries of each topic, the topics of each item, and what each reader used."""

    came: Mapping[str, int]
    topics: Mapping[ItemId, frozenset[str]]
    used: Mapping[int, frozenset[ItemId]]


def readers(edition: Edition, store: Store) -> tuple[Subscriber, ...]:
    """List those to whom an edition goes: confirmed, mails to them do not come back, and this is how often they want to hear of us.

    A week that has nothing for a reader has no mail for them, and what has no entries goes to nobody.
    """
    often = _OFTEN.get(edition.form, "monthly")
    if not edition.entries:
        return ()
    here = (one for one in store.subscribers(SubscriberState.CONFIRMED) if one.quarantined is None)
    asked = tuple(one for one in here if (one.frequency if one.frequency in _OFTEN.values() else "monthly") == often)
    if edition.form != "week":
        return asked
    topics, must = store.topic_names(), any(entry.must_have for entry in edition.entries)
    return tuple(one for one in asked if must or select(edition, one, topics=topics).fits)


def tailored(edition: Edition, config: Config, store: Store) -> Callable[[int], Letter]:
    """Give what finds the mail of a reader by their number, made when it is first needed and shared by all who get the same.

    Who is not known here, having come since, gets all of the edition.
    """
    made = prepare(edition)
    sort_of = _sorts(made, config, store)
    people = {one.id: one for one in store.subscribers(SubscriberState.CONFIRMED)}

    @lru_cache(maxsize=_HELD)
    def mail(sort: Sort) -> Letter:
        return _letter(made, sort, config)

    return lambda number: mail(sort_of(people.get(number) or Subscriber(id=number, email="")))


def letters(edition: Edition, config: Config, store: Store) -> Iterator[tuple[Letter, tuple[Subscriber, ...]]]:
    """Give each mail of an edition with the readers to whom it goes, those who came first first."""
    made = prepare(edition)
    for sort, people in groups(readers(edition, store), _sorts(made, config, store)).items():
        yield _letter(made, sort, config), people


def groups(people: Iterable[Subscriber], sort_of: Callable[[Subscriber], Sort]) -> dict[Sort, tuple[Subscriber, ...]]:
    """Bring readers together who get the same mail."""
    found: dict[Sort, list[Subscriber]] = {}
    for one in people:
        found.setdefault(sort_of(one), []).append(one)
    return {sort: tuple(theirs) for sort, theirs in found.items()}


def _letter(edition: Edition, sort: Sort, config: Config) -> Letter:
    selection, form = sort
    return letter(edition, config, choice=cut(edition, selection), form=form)


def _sorts(edition: Edition, config: Config, store: Store) -> Callable[[Subscriber], Sort]:
    """Give what says which mail a reader gets. Equal wishes are looked at once."""
    topics, names = store.topic_names(), {topic.id: topic.name for topic in config.topics}
    past = _past(edition, store, topics)

    @lru_cache(maxsize=100_000)
    def chosen(wishes: Subscriber, unused: tuple[tuple[str, int], ...]) -> Selection:
        return select(edition, wishes, topics=topics, unused=unused)

    def sort_of(one: Subscriber) -> Sort:
        wishes = Subscriber(
            id=0, email="", topics=tuple(sorted(one.topics)), cap=one.cap, language=one.language, timezone=one.timezone
        )  # what `select` reads, and no more
        return chosen(wishes, _unused(one, edition, past, names)), "text" if one.form == "text" else "html"

    return sort_of


# ------------------------------------------------------------ topics that nothing came of


def _past(edition: Edition, store: Store, ids: Mapping[str, str]) -> _Past:
    """Look a year back from an edition, without it."""
    now = edition.released or edition.composed
    came: Counter[str] = Counter()
    topics: dict[ItemId, frozenset[str]] = {}
    for one in store.editions():
        if one.is_released and one.released and now - YEAR < one.released < now:
            topics |= {entry.id: frozenset(ids[name] for name in entry.topics if name in ids) for entry in one.entries}
    for found in topics.values():
        came.update(found)
    return _Past(came=came, topics=topics, used=store.used_since(now - YEAR) if topics else {})


def _unused(one: Subscriber, edition: Edition, past: _Past, names: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """Name topics of a reader that many entries had and that they used none of, once a year; those with most entries first."""
    if not one.topics or not _is_anniversary(one, edition):
        return ()
    used = {topic for item in past.used.get(one.id, ()) for topic in past.topics.get(item, ())}
    found = [topic for topic in one.topics if topic in names and topic not in used and past.came.get(topic, 0) >= ENOUGH]
    return tuple((names[topic], past.came[topic]) for topic in sorted(found, key=lambda topic: -past.came[topic])[:_ASKED])


def _is_anniversary(one: Subscriber, edition: Edition) -> bool:
    """Whether this is the mail of the month in which they came, a year or more ago: of a quarter the one that has the month, of weeks the first."""
    if one.consented is None:
        return False
    now, then = _here(edition.released or edition.composed, edition), _here(one.consented, edition)
    if edition.form == "quarter":
        year, quarter = int(edition.id[-7:-3]), int(edition.id[-1])
        return (then.month - 1) // 3 == quarter - 1 and then.year < year
    return then.year < now.year and then.month == now.month and (edition.form != "week" or now.day <= 7)


def _here(moment: datetime, edition: Edition) -> datetime:
    zone = dates.zone(edition.timezone)
    return moment.astimezone(zone) if zone else moment
