"""Help for whoever keeps the taxonomy: which topics never fire, fire on everything, say the same twice, or miss what curators keep.

Looks at what was suggested and decided, counts, and says so in sentences with titles to look at. Changes no topic.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import combinations

from pipeline.classify.features import written
from pipeline.model import Item, ItemId, State, Topic
from pipeline.text import counted

ENOUGH_ITEMS, ENOUGH_KEPT = 20, 5
"""Items before a topic's silence means anything, and kept items before its errors do."""
OFTEN = 0.4
"""Share of all items above which a topic tells them apart no more."""
SAME = 0.5
"""Share of items or words in common from which two topics are one."""
WRONG = 0.5
"""Share of a topic's kept items from which curators correct it by rule rather than by exception."""
EXAMPLES = 3

_READ = 20_000  # characters of an item: a keyword "in none of the items" should be in none of them
_HEAD = 300  # terms of an item, from its beginning, among which new keywords are looked for
_SHARE, _LEAST = 0.2, 3  # of a topic's kept items, those that a proposed word stands in, and their number
_TELLING = 15.1  # log-likelihood ratio (Dunning 1993) that chance reaches once in ten thousand words
_PROPOSED = 5
_ORDER = ("wordless", "alike", "never", "often", "overlap", "unheard", "taken-off", "put-on", "proposal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to look at in the taxonomy. `about` is its short name, `count` of `of` the figures, `other` a second topic, `examples` titles."""

    topic: str
    about: str
    sentence: str
    count: int = 0
    of: int = 0
    other: str = ""
    words: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How one topic differs from before: added, removed, changed, renamed or merged. `was` are the ids that it takes over."""

    topic: str
    what: str
    sentence: str
    was: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Items that would gain or lose a suggested topic."""

    topic: str
    gained: tuple[ItemId, ...] = ()
    lost: tuple[ItemId, ...] = ()


@dataclass(slots=True)
class _Look:
    """All that is counted in one pass over the items, which stand in it by number."""

    items: int = 0
    fired: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    said: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    spoken: set[int] = field(default_factory=set)
    titles: dict[int, str] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)
    spread: Counter[str] = field(default_factory=Counter)
    among: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    forms: dict[str, str] = field(default_factory=dict)

    def examples(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Give the titles of the last three to come in."""
        return tuple(self.titles[number] for number in sorted(numbers, reverse=True)[:EXAMPLES])


# ---------------------------------------------------------------- what to look at


def review(topics: Sequence[Topic], items: Iterable[Item]) -> tuple[Remark, ...]:
    """Say what is worth a look in the taxonomy: by kind, the largest figures first. About a millisecond an item; folded ones do not count."""
    look = _looked(topics, items)
    remarks = [*_wordless(topics), *_alike(topics)]
    if look.items >= ENOUGH_ITEMS:
        remarks += [*_firing(topics, look), *_overlaps(topics, look), *_unheard(topics, look)]
    remarks += [*_corrected(topics, look), *_proposals(topics, look)]
    return tuple(sorted(remarks, key=lambda one: (_ORDER.index(one.about), -one.count, one.topic, one.other)))


def _looked(topics: Sequence[Topic], items: Iterable[Item]) -> _Look:
    look = _Look()
    known = {topic.id for topic in topics}
    vocabulary = {term for topic in topics for phrase in (topic.name, *topic.keywords) for term, _ in written(phrase)}
    for item in items:
        if item.state is State.MERGED:
            continue
        number = item.id
        look.items += 1
        look.titles[number] = item.title
        for suggestion in item.suggestions:
            if suggestion.is_assigned and suggestion.topic in known:
                look.fired[suggestion.topic].append(number)
        said = _said(item) & known
        if item.overlay.topics is not None and item.state in (State.ACCEPTED, State.PUBLISHED):
            look.spoken.add(number)
        for topic in said:
            look.said[topic].append(number)
        _count_words(look, item, said=said, vocabulary=vocabulary)
    return look


def _said(item: Item) -> frozenset[str]:
    """The topics that a curator left on a kept item."""
    kept = item.state in (State.ACCEPTED, State.PUBLISHED)
    return frozenset(item.overlay.topics or ()) if kept else frozenset()


def _count_words(look: _Look, item: Item, *, said: frozenset[str], vocabulary: set[str]) -> None:
    resource = item.resource
    terms: dict[str, str] = {}
    for term, words in written(f"{resource.title}\n{resource.description or ''}\n{resource.text}"[:_READ]):
        if len(terms) < _HEAD or term in vocabulary:
            terms.setdefault(term, words)
    look.heard.update(term for term in terms if term in vocabulary)
    look.spread.update(terms.keys())
    for topic in said:
        look.among[topic].update(terms.keys())
        for term, words in terms.items():
            look.forms.setdefault(term, words.casefold())


def _wordless(topics: Sequence[Topic]) -> Iterator[Remark]:
    for topic in topics:
        if not any(True for _ in written(f"{topic.name}. {'. '.join(topic.keywords)}. {topic.description}")):
            sentence = f"“{topic.name}” has no word that could be looked for in a text. Give it keywords."
            yield Remark(topic=topic.id, about="wordless", sentence=sentence)


def _alike(topics: Sequence[Topic]) -> Iterator[Remark]:
    own = {topic.id: dict(_singles((topic.name, *topic.keywords))) for topic in topics}
    for one, other in _pairs(topics):
        common, either = own[one.id].keys() & own[other.id].keys(), own[one.id].keys() | own[other.id].keys()
        if common and len(common) >= SAME * len(either):
            words = tuple(sorted(own[one.id][term].casefold() for term in common))
            sentence = (
                f"“{one.name}” and “{other.name}” share {len(common)} of their {counted(len(either), 'word')}. "
                "Merge them (`was` keeps what was decided), or give each words of its own."
            )
            yield Remark(topic=one.id, other=other.id, about="alike", sentence=sentence, count=len(common), of=len(either), words=words[:_PROPOSED])


def _firing(topics: Sequence[Topic], look: _Look) -> Iterator[Remark]:
    for topic in topics:
        fired = look.fired[topic.id]
        if not fired:
            sentence = f"“{topic.name}” is suggested for none of {counted(look.items, 'item')}.{_unknown(topic, look)}"
            yield Remark(topic=topic.id, about="never", sentence=sentence, of=look.items)
        elif len(fired) >= OFTEN * look.items:
            words = _commonest(topic, look)
            because = f" Its commonest words: {', '.join(words)}." if words else ""
            sentence = f"“{topic.name}” is suggested for {len(fired)} of {counted(look.items, 'item')}, which tells them apart no more.{because}"
            yield Remark(
                topic=topic.id, about="often", sentence=sentence, count=len(fired), of=look.items, words=words, examples=look.examples(fired)
            )


def _unknown(topic: Topic, look: _Look) -> str:
    """Say so where none of the topic's own words stands in any item: nothing but its word vectors could propose it."""
    if any(look.heard[term] for term, _ in _singles((topic.name, *topic.keywords))):
        return ""
    return " No word of its name and keywords stands in them: give it other keywords, or put it on items by hand."


def _commonest(topic: Topic, look: _Look) -> tuple[str, ...]:
    """The topic's name and keywords that stand in most items, the commonest first."""
    found = {phrase: min((look.heard[term] for term in _demanded(phrase)), default=0) for phrase in (topic.name, *topic.keywords)}
    return tuple(sorted((phrase for phrase in found if found[phrase]), key=lambda phrase: (-found[phrase], phrase))[:3])


def _overlaps(topics: Sequence[Topic], look: _Look) -> Iterator[Remark]:
    fired = {topic.id: set(look.fired[topic.id]) for topic in topics}
    for one, other in _pairs(topics):
        both, either = fired[one.id] & fired[other.id], fired[one.id] | fired[other.id]
        if len(both) >= ENOUGH_KEPT and len(both) >= SAME * len(either):
            sentence = f"“{one.name}” and “{other.name}” are suggested together for {len(both)} of the {len(either)} items that have either."
            yield Remark(
                topic=one.id, other=other.id, about="overlap", sentence=sentence, count=len(both), of=len(either), examples=look.examples(both)
            )


def _unheard(topics: Sequence[Topic], look: _Look) -> Iterator[Remark]:
    for topic in topics:
        silent = tuple(keyword for keyword in topic.keywords if any(not look.heard[term] for term in _demanded(keyword)))
        if silent:
            sentence = (
                f"Of the {counted(len(topic.keywords), 'keyword')} of “{topic.name}”, {len(silent)} "
                f"{'stands' if len(silent) == 1 else 'stand'} in none of {counted(look.items, 'item')}: {_listed(silent)}."
            )
            yield Remark(topic=topic.id, about="unheard", sentence=sentence, count=len(silent), of=len(topic.keywords), words=silent[:_PROPOSED])


def _corrected(topics: Sequence[Topic], look: _Look) -> Iterator[Remark]:
    """Measure what was suggested against what curators left on: topics that they keep taking off (precision) or putting on (recall)."""
    for topic in topics:
        suggested, said = set(look.fired[topic.id]) & look.spoken, set(look.said[topic.id])
        off, on = suggested - said, said - suggested
        if len(suggested) >= ENOUGH_KEPT and len(off) >= WRONG * len(suggested):
            sentence = f"“{topic.name}” was suggested for {len(suggested)} kept items, and curators took it off {len(off)} of them."
            yield Remark(topic=topic.id, about="taken-off", sentence=sentence, count=len(off), of=len(suggested), examples=look.examples(off))
        if len(said) >= ENOUGH_KEPT and len(on) >= WRONG * len(said):
            sentence = f"Curators put “{topic.name}” on {len(on)} of its {len(said)} kept items by hand: its words do not find them."
            yield Remark(topic=topic.id, about="put-on", sentence=sentence, count=len(on), of=len(said), examples=look.examples(on))


def _proposals(topics: Sequence[Topic], look: _Look) -> Iterator[Remark]:
    taken = {term for topic in topics for phrase in (topic.name, *topic.keywords) for term, _ in written(phrase)}
    for topic in topics:
        said = look.said[topic.id]
        found = _distinctive(look, topic.id) if len(said) >= ENOUGH_KEPT else []
        terms = [term for term in found if term not in taken][:_PROPOSED]
        if terms:
            words = tuple(look.forms[term] for term in terms)
            count = look.among[topic.id][terms[0]]
            sentence = f"Kept items of “{topic.name}” often say {_listed(words)}; the first stands in {count} of {len(said)}. Keywords, perhaps?"
            yield Remark(topic=topic.id, about="proposal", sentence=sentence, count=count, of=len(said), words=words, examples=look.examples(said))


def _distinctive(look: _Look, topic: str) -> list[str]:
    """Find the terms that a topic's kept items have and others have not, the most telling first; of terms with a word in common the first stands."""
    size = len(look.said[topic])
    worth: dict[str, float] = {}
    for term, count in look.among[topic].items():
        if count >= max(_LEAST, _SHARE * size) and not term.replace(" ", "").isdigit():
            ratio = _ratio(count, size, elsewhere=look.spread[term] - count, others=look.items - size)
            if ratio >= _TELLING:
                worth[term] = ratio
    found: list[str] = []
    for term in sorted(worth, key=lambda one: (-worth[one], " " not in one, one)):
        if not any(set(term.split()) & set(one.split()) for one in found):
            found.append(term)
    return found


def _ratio(count: int, size: int, *, elsewhere: int, others: int) -> float:
    """The log-likelihood ratio of a word's being in `count` of `size` items here and in `elsewhere` of `others`; 0 where it is no commoner here."""
    if not others or count * others <= elsewhere * size:
        return 0.0
    share = (count + elsewhere) / (size + others)
    cells = ((count, size * share), (size - count, size * (1 - share)), (elsewhere, others * share), (others - elsewhere, others * (1 - share)))
    return 2 * sum(seen * math.log(seen / expected) for seen, expected in cells if seen)


# ---------------------------------------------------------------- a taxonomy that changes


def compare(before: Sequence[Topic], after: Sequence[Topic]) -> tuple[Change, ...]:
    """Say what became of each topic: first those that go or are taken over, then those that changed, then the new ones."""
    old, new = {topic.id: topic for topic in before}, {topic.id: topic for topic in after}
    changes = [_change(topic, old, new) for topic in after]
    taken = {one for change in changes if change for one in change.was}
    gone = [_removed(topic) for topic in before if topic.id not in new and topic.id not in taken]
    order = ("removed", "renamed", "merged", "changed", "added")
    return tuple(sorted((*gone, *filter(None, changes)), key=lambda change: (order.index(change.what), change.topic)))


def _change(topic: Topic, old: Mapping[str, Topic], new: Mapping[str, Topic]) -> Change | None:
    before = old.get(topic.id)
    known = before.was if before else ()
    was = tuple(one for one in topic.was if one not in new and one not in known)
    names = " and ".join(f"“{old[one].name if one in old else one}”" for one in was)
    if was and (before or len(was) > 1):
        sentence = f"“{topic.name}” takes over {names}: what was decided as {'these' if len(was) > 1 else 'that'} counts as “{topic.name}”."
        return Change(topic=topic.id, what="merged", sentence=sentence, was=was)
    if was:
        return Change(topic=topic.id, what="renamed", sentence=f"{names} (`{was[0]}`) is called “{topic.name}” (`{topic.id}`).", was=was)
    if before is None:
        return Change(topic=topic.id, what="added", sentence=f"“{topic.name}” is new.")
    changed = tuple(one.name for one in fields(Topic) if one.name != "was" and getattr(topic, one.name) != getattr(before, one.name))
    if not changed:
        return None
    return Change(topic=topic.id, what="changed", sentence=f"“{topic.name}” has another {' and another '.join(changed)}.", fields=changed)


def _removed(topic: Topic) -> Change:
    sentence = (
        f"“{topic.name}” is no topic any more. What was decided stays in the record and shows again when the topic is put back. "
        "Where several topics take its place, no rule can say which item belongs to which: sort them anew."
    )
    return Change(topic=topic.id, what="removed", sentence=sentence)


def shifts(before: Mapping[ItemId, Iterable[str]], after: Mapping[ItemId, Iterable[str]]) -> tuple[Shift, ...]:
    """Say for each topic which items would gain or lose it, by the id of the topic; items that are in one mapping only do not count."""
    gained: dict[str, list[ItemId]] = defaultdict(list)
    lost: dict[str, list[ItemId]] = defaultdict(list)
    for item in before.keys() & after.keys():
        then, now = set(before[item]), set(after[item])
        for topic in now - then:
            gained[topic].append(item)
        for topic in then - now:
            lost[topic].append(item)
    return tuple(
        Shift(topic=topic, gained=tuple(sorted(gained[topic])), lost=tuple(sorted(lost[topic]))) for topic in sorted(gained.keys() | lost.keys())
    )


# ---------------------------------------------------------------- words


def _pairs(topics: Sequence[Topic]) -> Iterator[tuple[Topic, Topic]]:
    """Pairs of one facet: topics of different facets may well stand on the same items."""
    return ((one, other) for one, other in combinations(topics, 2) if one.facet == other.facet)


def _singles(phrases: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((term, words) for phrase in phrases for term, words in written(phrase) if " " not in term)


def _demanded(phrase: str) -> tuple[str, ...]:
    """The terms that an item must hold to say a phrase: the word, or each pair of words that follow each other."""
    terms = [term for term, _ in written(phrase)]
    return tuple(term for term in terms if " " in term) or tuple(terms)


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:_PROPOSED])
    return shown + (f" and {len(words) - _PROPOSED} more" if len(words) > _PROPOSED else "")
