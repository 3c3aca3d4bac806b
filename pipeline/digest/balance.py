"""How even an edition is: how often each publisher, kind, topic, contributor and need of the members comes up, here and in the editions before.

Counts what the editions hold and judges nothing. The same counts give the sentences that an edition prints of how it was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.digest.needs import MEMBER_NEEDS, served
from pipeline.model import Edition, Entry, Tally, Topic
from pipeline.names.spellings import AS_WRITTEN, Spellings
from pipeline.text import counted

EARLIER = 6
"""Editions beside which this one is counted."""
NEEDS = "member-need"
"""The facet of the taxonomy that holds what members need of their network."""

_NAMED = 3
_MUCH = 0.25
"""The share of an edition from which on a publisher or a kind is worth a word."""
_NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_REASONS = 4
_GAVE = ("posted by", "submitted by", "recommended by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many entries name something: `here`, and `before` in each earlier edition, oldest first."""

    name: str
    here: int
    before: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The counts of one edition beside up to six earlier ones, whose ids are `months`; most first. `needs` holds those that nothing serves, too."""

    total: int
    months: tuple[str, ...] = ()
    publishers: tuple[Count, ...] = ()
    kinds: tuple[Count, ...] = ()
    topics: tuple[Count, ...] = ()
    contributors: tuple[Count, ...] = ()
    needs: tuple[Count, ...] = ()
    sentences: tuple[str, ...] = ()


def balance(edition: Edition, history: Sequence[Edition] = (), *, topics: Sequence[Topic] = (), spellings: Spellings = AS_WRITTEN) -> Balance:
    """Count an edition beside the editions before it; names that `spellings` knows to be one are counted as one. Needs are the
    topics of the facet `member-need`; without topics there are none."""
    before = sorted((one for one in history if one.id < edition.id), key=lambda one: one.id)[-EARLIER:]
    needs = [topic.name for topic in topics if topic.facet == NEEDS]
    found = [one.entries for one in (*before, edition)]
    made = Balance(
        total=len(edition.entries),
        months=tuple(one.id for one in before),
        publishers=_counts(found, lambda entry: [spellings.publisher(entry.source)], spellings.publisher_key),
        kinds=_counts(found, lambda entry: [entry.kind_name]),
        topics=_counts(found, lambda entry: [one for one in entry.topics if one not in needs]),
        contributors=_counts(found, lambda entry: [spellings.person(one.name) for one in entry.credits if one.role in _GAVE], spellings.person_key),
        needs=_counts(found, lambda entry: [one for one in entry.topics if one in needs], always=needs),
    )
    return Balance(**{name: getattr(made, name) for name in Balance.__slots__ if name != "sentences"}, sentences=_sentences(made))


def even(edition: Edition, history: Sequence[Edition] = (), *, topics: Sequence[Topic] = (), spellings: Spellings = AS_WRITTEN) -> Balance:
    """Count an edition for its editor, beside the six before it, with sentences on what is uneven. Where the taxonomy has no needs of members,
    the five of Malby and Anderson-Wallace (2016) are told by kinds and words."""
    own = any(topic.facet == NEEDS for topic in topics)
    if own:
        made = balance(edition, history, topics=topics, spellings=spellings)
    else:
        served = (Topic(id=need.name, name=need.name, facet=NEEDS) for need in MEMBER_NEEDS)
        made = balance(_with_needs(edition), [_with_needs(one) for one in history], topics=(*topics, *served), spellings=spellings)
    return replace(made, sentences=tuple(_uneven(made)))


def _with_needs(edition: Edition) -> Edition:
    """Give an edition whose entries name the needs that they serve among their topics."""
    sections = tuple(
        replace(one, entries=tuple(replace(entry, topics=(*entry.topics, *served(entry))) for entry in one.entries)) for one in edition.sections
    )
    return replace(edition, sections=sections)


def _uneven(made: Balance) -> Iterator[str]:
    """Say what stands out: who has most of it, which needs nothing serves, which topic is missed, whether readers gave anything."""
    if made.total < _NAMED:
        return
    most = [counts[0] for counts in (made.publishers, made.kinds) if counts and counts[0].here > max(1, made.total * _MUCH)]
    yield from (f"{one.name} {one.here} of {made.total}{_usually(one)}" for one in most)
    yield from (f"No item serves “{need.name}”{_in_a_row(need.before)}" for need in made.needs if not need.here)
    missed = [one for one in made.topics if not one.here and len(one.before) >= _NAMED and all(one.before[-_NAMED:])]
    yield from (f"Nothing on {one.name}, which the last {_NAMED} editions had." for one in missed)
    if not any(one.here for one in made.contributors):
        yield "Nobody sent in or recommended what stands here."


def _usually(count: Count) -> str:
    if not count.before:
        return "."
    return f", usually {round(sum(count.before) / len(count.before))}."


def _in_a_row(before: Sequence[int]) -> str:
    empty = next((place for place, number in enumerate(reversed(before)) if number), len(before))
    return f", for the {_NTH[empty]} edition in a row." if empty else "."


def how_made(edition: Edition, *, topics: Sequence[Topic] = ()) -> tuple[str, ...]:
    """Say how an edition was made: what came in, what was left out and why, and how even it is. Sentences without markup, for every reader."""
    return (*_came(edition.tally), *balance(edition, topics=topics if edition.audience == "members" else ()).sentences)


def _came(tally: Tally) -> Iterable[str]:
    if tally.received:
        sources = f" from {counted(tally.sources, 'source')}" if tally.sources else ""
        folded = f"; {tally.folded:,} of them we had already" if tally.folded else ""
        yield f"Received: {tally.received:,}{sources}{folded}. Kept: {tally.kept:,}. Left out: {tally.rejected:,}."
    if tally.reasons:
        shown, rest = tally.reasons[:_REASONS], sum(count for _, count in tally.reasons[_REASONS:])
        why = [f"{reason} {count:,}" for reason, count in shown] + ([f"other reasons {rest:,}"] if rest else [])
        yield f"Left out because: {'; '.join(why)}."


def _sentences(made: Balance) -> tuple[str, ...]:
    if made.total < _NAMED:
        return ()
    said = [_shares("Publishers", made.publishers, made.total), _shares("Kinds", made.kinds, made.total)]
    if gave := sum(1 for one in made.contributors if one.here):
        said.append(f"{counted(gave, 'person', 'people')} sent in or recommended what stands here.")
    served = [f"{one.name} {one.here}" for one in made.needs if one.here]
    missed = [one.name for one in made.needs if not one.here]
    said += [f"What members need: {'; '.join(served)}."] if served else []
    said += [f"Nothing here serves: {'; '.join(missed)}."] if missed else []
    return tuple(one for one in said if one)


def _shares(what: str, counts: Sequence[Count], total: int) -> str:
    """The greatest shares in one line. Where nothing comes up twice there is nothing to say but that."""
    here = [one for one in counts if one.here and one.name]
    if not here:
        return ""
    if here[0].here == 1:
        return f"{what}: {len(here)}, none more than once."
    shown, others = here[:_NAMED], len(here) - _NAMED
    rest = f"; {counted(others, 'other')} {sum(one.here for one in here[_NAMED:])}" if others > 0 else ""
    return f"{what}: {shown[0].name} {shown[0].here} of {total}" + "".join(f"; {one.name} {one.here}" for one in shown[1:]) + f"{rest}."


def _counts(
    months: Sequence[Sequence[Entry]],
    names: Callable[[Entry], Iterable[str]],
    key: Callable[[str], str] = str.casefold,
    *,
    always: Sequence[str] = (),
) -> tuple[Count, ...]:
    """Count names over months, this edition last. Spellings with one key are one, under the one that comes up most (of equal ones, the latest)."""
    spelt: dict[str, Counter[str]] = {key(name): Counter({name: 0}) for name in always}
    counts = [Counter[str]() for _ in months]
    for month, count in zip(reversed(months), reversed(counts), strict=True):
        for entry in month:
            for one, name in {key(name): name for name in names(entry) if name.strip()}.items():
                spelt.setdefault(one, Counter())[name] += 1
                count[one] += 1
    found = [
        Count(name=spellings.most_common(1)[0][0], here=counts[-1][one], before=tuple(count[one] for count in counts[:-1]))
        for one, spellings in spelt.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.here, -sum(one.before), one.name)))
