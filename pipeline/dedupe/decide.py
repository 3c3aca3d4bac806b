"""The rule: of two resources, whether they are one, and why. Vetoes come first, then identities, then texts with titles, then titles alone.

The order is the rule. Each step speaks or leaves the pair to the next, and what it says carries its evidence as a sentence for the curator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from pipeline.dedupe.editions import clash, days_named
from pipeline.dedupe.pair import Pair, Side, side
from pipeline.model import Fingerprint, Fold, ItemId, Match, Resource, State

FEW = 25
"""Word sequences below which a text is too short to speak for itself."""
YEAR = 366
"""Days within which the same title may be the same thing, where nothing else is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An item that shares a key with what came in; one that was folded into another is a neighbour too, and says into which `head`."""

    id: ItemId
    resource: Resource
    fingerprint: Fingerprint
    state: State = State.QUEUED
    head: ItemId | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    """What one step says of a pair."""

    fold: Fold
    rule: str
    evidence: str = ""


_NOTHING = _Call(Fold.NEW, "nothing-in-common")
_Step = Callable[[Pair], _Call | None]
_BARS = frozenset({"role", "other-video", "edition", "event-date", "comes-again", "sibling", "listed-twice"})
"""Rules that tell two things apart for a reason of their own: whoever is the same as the one is not the same as the other."""
_IDENTITIES = frozenset({"video", "address", "canonical", "doi", "arxiv", "pmid", "pmc", "isbn"})
"""Rules that say what a thing is, whatever it looks like: no likeness to a third tells against them."""
_WEIGHT = {Fold.NEW: 0, Fold.MAYBE: 1, Fold.SAME: 2, Fold.REVISION: 3}


def match(resource: Resource, fingerprint: Fingerprint, neighbours: Sequence[Neighbour]) -> Match:
    """Decide whether a resource is one of its neighbours: the surest verdict wins, and of equals the neighbour named first.

    `of` may be an item that is itself folded: then the resource is the same as that item's head, or a later state of the folded copy. Clusters do
    not grow by chains: where one member is another edition of the resource, the others are only proposed. All clusters that the resource is the same
    as become one, so that the clusters do not hang on who came first.
    """
    if not neighbours:
        return Match(fold=Fold.NEW)
    new = side(resource, fingerprint)
    judged = [_judged(new, neighbour) for neighbour in neighbours]
    best = max(judged, key=lambda one: _WEIGHT[one.call.fold])
    if best.call.fold is Fold.NEW:
        return Match(fold=Fold.NEW)
    if best.call.fold is Fold.MAYBE:
        return Match(fold=Fold.MAYBE, of=best.of.id, rule=best.call.rule, evidence=best.call.evidence)
    barred = {one.head: one for one in judged if not one.is_one and one.call.rule in _BARS}
    sure = [one for one in judged if one.is_one and (one.head not in barred or one.call.rule in _IDENTITIES)]
    if not sure:
        return _between(best, barred[best.head])
    if twice := _listed_twice(sure):
        return Match(fold=Fold.MAYBE, of=best.of.id, rule=twice.rule, evidence=twice.evidence)
    best = max(sure, key=lambda one: _WEIGHT[one.call.fold])
    also = tuple(dict.fromkeys(one.head for one in sure if one.head != best.head and _may_join(best, one)))
    better = best.call.fold is Fold.SAME and _better(Pair(new, best.side))
    return Match(fold=best.call.fold, of=best.of.id, rule=best.call.rule, evidence=best.call.evidence, better=better, also=also)


def _between(one: _Judged, other: _Judged) -> Match:
    """What came in is the same as one member of a cluster and not the same as another. Where titles alone held the cluster together it falls apart:
    a catalogue that lists the title twice shows that the title does not tell which is which, and so it would have been had this one come first."""
    doubtful = other.call.rule == "listed-twice"
    parts = tuple(found.of.id for found in (one, other) if doubtful and found.of.id != found.head)
    evidence = f"{one.call.evidence} But of what it was folded with: {other.call.evidence}"
    return Match(fold=Fold.MAYBE, of=one.of.id, rule=other.call.rule, evidence=evidence, parts=parts)


def _listed_twice(sure: Sequence[_Judged]) -> _Call | None:
    """What tells apart two clusters that the newcomer has only the title of: one catalogue lists both, so it may be either."""
    if any(one.call.rule != "title" for one in sure):
        return None
    calls = (_judge(Pair(one.side, other.side)) for one, other in combinations(sure, 2) if one.head != other.head)
    return next((call for call in calls if call.rule == "listed-twice"), None)


def _may_join(one: _Judged, other: _Judged) -> bool:
    """Whether two clusters may be one through a third: a page that holds two articles is like both, and their texts have nothing in common."""
    pair = Pair(one.side, other.side)
    if _judge(pair).rule in _BARS:
        return False
    return bool({one.call.rule, other.call.rule} & _IDENTITIES) or pair.shorter < FEW or pair.contained >= 0.25


@dataclass(frozen=True, slots=True)
class _Judged:
    """A neighbour, and what is said of it and the newcomer."""

    of: Neighbour
    side: Side
    call: _Call

    @property
    def head(self) -> ItemId:
        return self.of.head or self.of.id

    @property
    def is_one(self) -> bool:
        return self.call.fold in (Fold.SAME, Fold.REVISION)


def _judged(new: Side, neighbour: Neighbour) -> _Judged:
    old = side(neighbour.resource, neighbour.fingerprint)
    return _Judged(neighbour, old, _judge(Pair(new, old)))


def _better(pair: Pair) -> bool:
    """Whether the newcomer should stand for both: a page before its PDF, and what came out first before what was taken over from it."""
    if pair.new.is_pdf != pair.old.is_pdf:
        return pair.old.is_pdf
    return bool(pair.new.day and pair.old.day and pair.new.day < pair.old.day and not pair.same_host)


def _judge(pair: Pair) -> _Call:
    for step in _STEPS:
        if call := step(pair):
            return call
    return _NOTHING


def _role(pair: Pair) -> _Call | None:
    one, other = pair.new.marks.role, pair.old.marks.role
    if one == other or pair.same_address:
        return None
    return _Call(Fold.NEW, "role", f"One is a {one or other}, the other is not.")


def _video(pair: Pair) -> _Call | None:
    one, other = pair.new.video, pair.old.video
    if not one and not other:
        return None
    if one and other:
        if one == other:
            return _Call(Fold.SAME, "video", f"Both are the video {one.partition(':')[2]}.")
        if one.partition(":")[0] == other.partition(":")[0]:
            return _Call(Fold.NEW, "other-video", "They are two videos.")
        return None
    post = pair.old if one else pair.new
    if (one or other) in post.keys and not pair.same_address:
        return _Call(Fold.MAYBE, "video-embedded", "One is the page that shows the video of the other.")
    return None


def _address(pair: Pair) -> _Call | None:
    if pair.same_address:
        reason = clash(pair.new.marks, pair.old.marks) or _other_year(pair)
        if not reason and pair.is_home and pair.texts and pair.contained < 0.5:
            reason = "most of their text"
        if reason:
            return _Call(Fold.MAYBE, "address-reused", f"Both lead to {pair.new.address}, but they differ in {reason}.")
        fold = Fold.REVISION if pair.changed else Fold.SAME
        return _Call(fold, "address", f"Both lead to {pair.new.address}.")
    if not pair.named_address:
        return None
    evidence = f"One page names {pair.named_address} as its address, which is the other's."
    agree = pair.title >= 75 or pair.contained >= 0.5 or not pair.texts
    return _Call(Fold.SAME if agree and not clash(pair.new.marks, pair.old.marks) else Fold.MAYBE, "canonical", evidence)


def _edition(pair: Pair) -> _Call | None:
    reason = clash(pair.new.marks, pair.old.marks)
    if not reason:
        return None
    if pair.alike >= 0.95 and pair.title < 70:
        fold = Fold.SAME if pair.days is not None and pair.days <= 7 and pair.shorter >= 60 else Fold.MAYBE
        return _Call(fold, "headline", f"{pair.text_sentence} The headlines differ.")
    return _Call(Fold.NEW, "edition", f"The titles differ in {reason}.")


def _event(pair: Pair) -> _Call | None:
    reason = _other_event(pair)
    return _Call(Fold.NEW, "event-date", f"They differ in {reason}.") if reason else None


def _other_event(pair: Pair) -> str:
    one, other = pair.new.event_day, pair.old.event_day
    return f"the day of the event, {one} against {other}" if one and other and one != other else ""


def _other_year(pair: Pair) -> str:
    """At one address an event that moves by a month was put off; one in another year is another event."""
    one, other = pair.new.event_day, pair.old.event_day
    return f"the year of the event, {one.year} against {other.year}" if one and other and one.year != other.year else ""


def _identifier(pair: Pair) -> _Call | None:
    if shared := pair.shared_identifier:
        scheme, _, value = shared.partition(":")
        evidence = f"Both have the {_SCHEMES[scheme]} {value}."
        if pair.title >= 75 or pair.title_words >= 92 or pair.contained >= 0.5:
            return _Call(Fold.SAME, scheme, evidence)
        if pair.shorter >= FEW and pair.contained < 0.1 and pair.title < 60 and not pair.same_people:
            return _Call(Fold.NEW, "supplement", f"{evidence} But titles, people and texts differ.")
        return _Call(Fold.MAYBE, scheme, f"{evidence} But the titles differ.")
    differing = pair.differing_identifier
    if not differing:
        return None
    if pair.title >= 92 and pair.alike >= 0.7 and not pair.one_sided:
        near = pair.days is not None and pair.days <= YEAR and pair.alike >= 0.85 and pair.other_place
        return _Call(
            Fold.SAME if near else Fold.MAYBE, "preprint", f"{pair.title_sentence} {pair.text_sentence} Their {_SCHEMES[differing]}s differ."
        )
    return _Call(Fold.NEW, "other-" + differing, f"Their {_SCHEMES[differing]}s differ.")


_SCHEMES = {"doi": "DOI", "arxiv": "arXiv number", "pmid": "PubMed number", "pmc": "PMC number", "isbn": "ISBN"}


def _sibling(pair: Pair) -> _Call | None:
    """Pages made from one template: the words that only one title has stand in its own text and not in the other's."""
    if pair.same_host and pair.title < 97 and pair.swapped and (pair.title >= 45 or pair.begin_alike):
        fold = Fold.MAYBE if pair.title >= 85 and pair.alike >= 0.9 else Fold.NEW
        return _Call(fold, "sibling", pair.title_sentence)
    return None


def _landing(pair: Pair) -> _Call | None:
    """A page and the PDF that it offers."""
    if not pair.same_host or pair.new.is_pdf == pair.old.is_pdf or (pair.one_sided and not pair.called_final):
        return None
    titled = (pair.title >= 88 or pair.title_words >= 97) and (pair.fewest_title_words >= 3 or (pair.contained >= 0.6 and pair.shorter >= 100))
    if titled and (pair.days is None or pair.days <= YEAR):
        return _Call(Fold.SAME, "page-and-pdf", f"A page and a PDF of one site. {pair.title_sentence}")
    return None


def _instance(pair: Pair) -> _Call | None:
    """One site, one title, two addresses: something that comes again, or a page that moved."""
    if not pair.same_host or pair.title < 85 or pair.shorter < FEW:
        return None
    if pair.title >= 97 and not pair.nameless and pair.alike < 0.5 and pair.opening >= max(40, pair.fewest_words // 2) and (pair.days or 0) <= 6:
        return _Call(Fold.SAME, "teaser", f"{pair.title_sentence} Both texts begin with the same {pair.opening} words.")
    doubt = Fold.MAYBE if pair.contained >= 0.3 else Fold.NEW
    if pair.days is not None and (pair.days >= 7 or (pair.days and 0.5 <= pair.alike < 0.9)):
        return _Call(doubt, "comes-again", f"{pair.title_sentence} They appeared {pair.days} days apart.")
    one, other = days_named(pair.new.text), days_named(pair.old.text)
    if one and other and not one & other:
        return _Call(Fold.NEW, "event-date", "They name different days.")
    if pair.generic and pair.alike < 0.9:
        return _Call(doubt, "generic-title", f"{pair.title_sentence} But many pages are called so.")
    return None


def _form(pair: Pair) -> _Call | None:
    """Pages of one site that share a form, a consent text or an error message, and differ in what is theirs."""
    if pair.nameless and pair.shorter < 60:
        return _Call(Fold.MAYBE, "generic-title", f"{pair.text_sentence} But many pages are called so.") if pair.contained >= 0.5 else None
    if not pair.same_host or pair.shorter < FEW or pair.contained < 0.5 or pair.new.is_pdf != pair.old.is_pdf:
        return None
    if (pair.own_title_words or pair.title < 85) and pair.shorter < 150:
        return _Call(Fold.MAYBE, "same-form", f"{pair.title_sentence} {pair.text_sentence} They are short pages of one site.")
    if pair.own_numbers and pair.shorter < 150:
        return _Call(Fold.MAYBE, "same-form", f"{pair.text_sentence} But each names numbers that the other has not.")
    return None


def _number(pair: Pair) -> _Call | None:
    """Each title has a number that the other has not: a live count, or two things."""
    one, other = pair.new.marks.numbers, pair.old.marks.numbers
    if not (pair.same_host and pair.shorter >= FEW and one - other and other - one):
        return None
    live = pair.alike >= 0.75 and pair.days is not None and pair.days <= 2 and pair.title >= 80
    return _Call(Fold.SAME if live else Fold.MAYBE, "number", f"{pair.title_sentence} {pair.text_sentence}")


def _episode(pair: Pair) -> _Call | None:
    """One broadcast, whose number stands in the title in one place only."""
    numbered = {slot for slot, _ in pair.new.marks.slots ^ pair.old.marks.slots} == {"issue"}
    if numbered and pair.days == 0 and pair.title_words >= 97 and pair.contained >= 0.9 and pair.fewest_title_words >= 3:
        return _Call(Fold.SAME, "episode", f"{pair.title_sentence} {pair.text_sentence} They came out on one day.")
    return None


def _companion(pair: Pair) -> _Call | None:
    """Two papers of one group with nearly one abstract: most of the people are the same, and each names somebody of its own."""
    if pair.shorter >= FEW and 0.5 <= pair.alike < 0.99 and pair.own_people:
        return _Call(Fold.MAYBE, "other-people", f"{pair.title_sentence} {pair.text_sentence} But each names somebody whom the other does not.")
    return None


def _text(pair: Pair) -> _Call | None:
    """Texts long enough to speak: nearly equal, or one within the other under an agreeing title."""
    if pair.shorter < FEW:
        return None
    evidence = f"{pair.title_sentence} {pair.text_sentence}"
    if pair.days is not None and pair.days > 180 and pair.shorter < 150:
        rule = "long-after" if pair.names_agree else "comes-again"
        return _Call(Fold.MAYBE, rule, f"{evidence} But they appeared {pair.days} days apart.") if pair.contained >= 0.5 else None
    if pair.contained >= 0.75 and pair.alike >= 0.5:
        copied = pair.contained >= 0.88 or pair.opens_alike or (pair.same_people and not pair.same_host)
        stranger = pair.title < 60 and pair.title_words < 90 and not copied
        doubtful = stranger or (pair.one_sided and pair.alike < 0.97 and pair.same_host)
        return _Call(Fold.MAYBE if doubtful else Fold.SAME, "text", evidence)
    if pair.contained >= 0.8 and pair.fewest_words <= 110 and pair.opens_alike and (pair.days is None or pair.days <= 14):
        return _Call(Fold.SAME, "teaser", evidence)
    if pair.contained >= 0.7 and (pair.title >= 80 or pair.title_words >= 95) and not pair.generic:
        late = pair.days is not None and pair.days > 45 and (pair.same_host or pair.contained < 0.9)
        return _Call(Fold.MAYBE if late or pair.one_sided else Fold.SAME, "contained", evidence)
    if pair.contained >= 0.9 and pair.shorter >= 150 and pair.alike >= 0.35:
        return _Call(Fold.SAME, "contained", evidence)
    return _titled_text(pair, evidence)


def _truncated(pair: Pair) -> _Call | None:
    """The beginning of an article under a menu and another headline. Who quotes an article says more of his own before, under a title of his own."""
    if pair.same_host or pair.shared < 90 or pair.title >= 92 or (pair.days or 0) > 14 or (pair.contained >= 0.88 and pair.alike >= 0.5):
        return None
    found = pair.carried
    if found is None or found.words < 100 or found.after > 90:
        return None
    if found.title_words < 5 and (pair.one_sided or found.words < (0.6 if found.title_words else 0.8) * pair.fewest_words):
        return None  # a short title may stand in any text, and one of its own is what a quoting author gives
    own = f"after {found.after} words of its own" if found.after else "from its first word"
    return _Call(Fold.SAME, "beginning", f"One carries the beginning of the other, {found.words} words without a break, {own}.")


def _titled_text(pair: Pair, evidence: str) -> _Call | None:
    if pair.title < 92:
        return None
    if pair.contained < 0.25 and pair.fewest_words > 150:
        return _Call(Fold.NEW, "title-only", evidence)
    if pair.contained >= 0.45 and not pair.generic and not pair.one_sided and (pair.days is None or pair.days <= 45):
        return _Call(Fold.SAME, "title-and-text", evidence)
    return None


def _record(pair: Pair) -> _Call | None:
    """Little or no text on one side: a record of a work, known by title, people and date."""
    people = " The people named are the same." if pair.same_people else ""
    if _one_record(pair):
        if pair.same_host and not (pair.new.words or pair.old.words):
            return _Call(Fold.MAYBE, "listed-twice", f"{pair.title_sentence} But one catalogue lists both.")
        return _Call(Fold.SAME, "title", f"{pair.title_sentence}{people}")
    if pair.title < 90 or pair.fewest_title_words < 3 or pair.one_sided or pair.generic:
        return None
    if pair.years and pair.days is None:
        return _Call(Fold.MAYBE, "title", f"{pair.title_sentence}{people} But they came out in different years.")
    return _Call(Fold.SAME if _one_title(pair) else Fold.MAYBE, "title", f"{pair.title_sentence}{people}")


def _one_record(pair: Pair) -> bool:
    """Whether two bare records agree in title, in people and in the day or the year, as far as they state it."""
    if pair.nameless or pair.one_sided or pair.days or pair.years or pair.one_video or pair.fewest_words >= 40:
        return False
    if pair.title < 97:
        return pair.names_agree and pair.subtitled and (pair.title >= 85 or pair.fewest_title_words >= 8)
    exact = pair.title == 100 and pair.fewest_title_words >= 3 and not pair.recurring
    same_year = pair.years == 0 and pair.other_place and (pair.same_people or (pair.people_unknown and pair.fewest_title_words >= 5))
    return pair.names_agree or (exact and (pair.same_names or same_year))


def _one_title(pair: Pair) -> bool:
    """Whether a title says enough: the longer it is, the less else must agree."""
    length, bare = pair.fewest_title_words, pair.fewest_words < 40
    if pair.one_video:
        return False  # a video, and a page that tells of it
    if pair.days is None:
        alone = length >= 8 and pair.title == 100 and bare and pair.people_unknown and not (pair.same_host or pair.recurring)
        return alone or (length >= 5 and (pair.same_people or pair.contained >= 0.3)) or (length >= 4 and pair.contained >= 0.9)
    if pair.same_people:
        return (pair.days <= 30 or (pair.days <= YEAR and length >= 6)) and (bare or pair.contained >= 0.2)
    return length >= 6 and pair.days <= YEAR and pair.people_unknown and (bare or pair.contained >= 0.5)


def _weak(pair: Pair) -> _Call | None:
    titled = pair.title >= 85 and not pair.generic and not (pair.years and not pair.texts)
    if titled or (pair.contained >= 0.4 and pair.shorter >= FEW):
        return _Call(Fold.MAYBE, "alike", f"{pair.title_sentence} {pair.text_sentence}")
    return None


_STEPS: tuple[_Step, ...] = (
    *(_role, _video, _address, _edition, _event, _identifier, _sibling),
    *(_landing, _instance, _number, _form, _episode, _companion, _truncated, _text, _record, _weak),
)
