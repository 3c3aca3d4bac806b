"""The steps of the rule, in their order: vetoes, then identities, then texts with titles, then titles alone.

Each speaks, or leaves the pair to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.dedupe.editions import clash, days_named
from pipeline.dedupe.facts import differ, differ_in_terms
from pipeline.dedupe.pair import Pair
from pipeline.dedupe.when import other_days
from pipeline.model import Fold

FEW = 25
"""Word sequences below which a text is too short to speak for itself."""
_SAYS = 6
"""Word sequences from which a short text says something of its own."""
_BRIEF = 60
"""Word sequences of an announcement: where it names days, they are its own."""
YEAR = 366
"""Days within which the same title may be the same thing, where nothing else is known."""


BARS = frozenset({"role", "other-video", "edition", "event-date", "comes-again", "sibling", "listed-twice", "other-post"})
"""Rules that tell two things apart for a reason of their own: whoever is the same as the one is not the same as the other."""
IDENTITIES = frozenset({"video", "address", "canonical", "doi", "arxiv", "pmid", "pmc", "isbn"})
"""Rules that say what a thing is, whatever it looks like: no likeness to a third tells against them."""


@dataclass(frozen=True, slots=True)
class Call:
    """What one step says of a pair."""

    fold: Fold
    rule: str
    evidence: str = ""


_NOTHING = Call(Fold.NEW, "nothing-in-common")
_Step = Callable[[Pair], Call | None]


def judge(pair: Pair) -> Call:
    """Say what the first step that speaks says of a pair."""
    for step in _STEPS:
        if call := step(pair):
            return call
    return _NOTHING


def _role(pair: Pair) -> Call | None:
    one, other = pair.new.marks.role, pair.old.marks.role
    if one == other or pair.same_address:
        return None
    return Call(Fold.NEW, "role", f"One is a {one or other}, the other is not.")


def _video(pair: Pair) -> Call | None:
    one, other = pair.new.video, pair.old.video
    if not one and not other:
        return None
    if one and other:
        if one == other:
            return Call(Fold.SAME, "video", f"Both are the video {one.partition(':')[2]}.")
        if one.partition(":")[0] == other.partition(":")[0]:
            return Call(Fold.NEW, "other-video", "They are two videos.")
        return None
    post = pair.old if one else pair.new
    if (one or other) in post.keys and not pair.same_address:
        return Call(Fold.MAYBE, "video-embedded", "One is the page that shows the video of the other.")
    return None


def _address(pair: Pair) -> Call | None:
    if pair.same_address:
        reason = _other_year(pair) if pair.new.filed or pair.old.filed else clash(pair.new.marks, pair.old.marks) or _other_year(pair)
        if not reason and pair.is_home and pair.texts and pair.contained < 0.5:
            reason = "most of their text"
        if reason:
            return Call(Fold.MAYBE, "address-reused", f"Both lead to {pair.new.address}, but they differ in {reason}.")
        fold = Fold.REVISION if pair.changed else Fold.SAME
        return Call(fold, "address", f"Both lead to {pair.new.address}.")
    if not pair.named_address:
        return None
    evidence = f"One page names {pair.named_address} as its address, which is the other's."
    is_one_of_them = pair.named_address in (pair.new.address, pair.old.address)
    agree = pair.title >= 75 or pair.contained >= 0.5 or (is_one_of_them and not pair.texts)
    other = pair.other_month or clash(pair.new.marks, pair.old.marks)
    return Call(Fold.SAME if agree and not other else Fold.MAYBE, "canonical", evidence)


def _edition(pair: Pair) -> Call | None:
    if pair.other_month:
        return Call(Fold.NEW, "edition", "They are pages of one form, each with a day or month of its own.")
    if pair.other_letter:
        return Call(Fold.NEW, "edition", "The titles differ in a letter that tells things of one sort apart.")
    reason = clash(pair.new.marks, pair.old.marks)
    if not reason:
        plain = pair.new.headed is pair.new.marks and pair.old.headed is pair.old.marks
        reason = "" if plain else clash(pair.new.headed, pair.old.headed)
        return Call(Fold.NEW, "edition", f"They differ in {reason}.") if reason and pair.alike < 0.97 else None
    if pair.alike >= 0.95 and pair.title < 70:
        fold = Fold.SAME if pair.days is not None and pair.days <= 7 and pair.shorter >= 60 else Fold.MAYBE
        return Call(fold, "headline", f"{pair.text_sentence} The headlines differ.")
    return Call(Fold.NEW, "edition", f"The titles differ in {reason}.")


def _event(pair: Pair) -> Call | None:
    if reason := _other_event(pair):
        return Call(Fold.NEW, "event-date", f"They differ in {reason}.")
    if (pair.title >= 85 or pair.contained >= 0.5) and other_days(pair.new.event_days, pair.old.event_days):  # the cheap ones first
        return Call(Fold.NEW, "event-date", "They take place on different days.")
    if pair.shorter < FEW or pair.contained < 0.5:
        return None
    if pair.new.facts.is_event and pair.old.facts.is_event:
        one, other = days_named(pair.new.text), days_named(pair.old.text)
        if pair.redated or (one and other and not one & other):
            return Call(Fold.NEW, "event-date", "They name different days.")
    if pair.title >= 85 and (pair.days or 0) >= 7 and (pair.redated or (pair.shorter < _BRIEF and pair.other_days_written)):
        return Call(Fold.NEW, "event-date", f"They name different days, and appeared {pair.days} days apart.")
    return None


def _other_event(pair: Pair) -> str:
    one, other = pair.new.event_day, pair.old.event_day
    return f"the day of the event, {one} against {other}" if one and other and one != other else ""


def _other_year(pair: Pair) -> str:
    """At one address an event that moves by a month was put off; one in another year is another event."""
    one, other = pair.new.event_day, pair.old.event_day
    return f"the year of the event, {one.year} against {other.year}" if one and other and one.year != other.year else ""


def _identifier(pair: Pair) -> Call | None:
    if shared := pair.shared_identifier:
        scheme, _, value = shared.partition(":")
        evidence = f"Both have the {_SCHEMES[scheme]} {value}."
        if pair.own_title_numbers and pair.title < 100 and pair.texts and pair.contained < 0.1 and not pair.same_address:
            return Call(Fold.NEW, "supplement", f"{evidence} But each title has a number of its own, and the texts differ.")
        if pair.title >= 75 or pair.title_words >= 92 or pair.contained >= 0.5 or pair.untitled:
            return Call(Fold.SAME, scheme, evidence)
        if pair.shorter >= FEW and pair.contained < 0.1 and pair.title < 60 and not pair.same_people:
            return Call(Fold.NEW, "supplement", f"{evidence} But titles, people and texts differ.")
        return Call(Fold.MAYBE, scheme, f"{evidence} But the titles differ.")
    differing = pair.differing_identifier
    if not differing:
        return None
    if pair.preprinted and not pair.mirrored and pair.names_agree and not pair.own_people and not pair.one_sided and _one_study(pair):
        return Call(Fold.SAME, "preprint", f"{pair.title_sentence} {pair.text_sentence} The people are the same, and one is a preprint.")
    if pair.title >= 92 and pair.alike >= 0.7 and not pair.one_sided:
        near = pair.days is not None and pair.days <= YEAR and pair.alike >= 0.85 and pair.other_place
        return Call(Fold.SAME if near else Fold.MAYBE, "preprint", f"{pair.title_sentence} {pair.text_sentence} Their {_SCHEMES[differing]}s differ.")
    return Call(Fold.NEW, "other-" + differing, f"Their {_SCHEMES[differing]}s differ.")


def _one_study(pair: Pair) -> bool:
    """Whether a preprint and an article tell of one study: journals change titles, and reviewers add sentences."""
    titled = pair.title >= 75 or pair.title_words >= 85
    return titled and pair.contained >= 0.6 if pair.shorter >= FEW else pair.title >= 92 and pair.fewest_title_words >= 6


_SCHEMES = {"doi": "DOI", "arxiv": "arXiv number", "pmid": "PubMed number", "pmc": "PMC number", "isbn": "ISBN"}


def _wall(pair: Pair) -> Call | None:
    """Two pages of which we saw only the wall in front."""
    if pair.new.walled and pair.old.walled and (pair.generic or pair.title < 97 or pair.fewest_title_words < 5):
        return Call(Fold.NEW, "wall")
    return None


def _post(pair: Pair) -> Call | None:
    """An advert is the same as another under its reference, closing date, grade and place, and no other."""
    if pair.contained < 0.3 and pair.title < 85:
        return None
    one, other = pair.new.facts, pair.old.facts
    if one.is_advert and other.is_advert:
        shared = pair.shared_references
        reason = differ(one, other) if one.references & other.references or not shared else ""
        if not shared:
            reason = reason or differ_in_terms(one, other) or ("reference" if pair.other_codes else "")
        if reason or pair.redated:
            return Call(Fold.NEW, "other-post", f"They are adverts that differ in their {reason or 'day'}.")
        if shared:
            agree = pair.title >= 60 or pair.title_words >= 90
            return Call(Fold.SAME, "reference", f"Both are adverts with the reference {min(shared)}.") if agree else None
    elif one.references and other.references and not one.references & other.references:
        return Call(Fold.MAYBE, "other-reference", f"{pair.text_sentence} But they give different references.")
    return None


def _sibling(pair: Pair) -> Call | None:
    """Pages made from one template: the words that only one title has stand in its own text and not in the other's."""
    if pair.mirrored and pair.title < 97 and not (pair.new.is_pdf or pair.old.is_pdf):
        return Call(Fold.NEW, "sibling", f"{pair.title_sentence} So do the texts, in the same places.")
    if pair.same_host and pair.title < 97 and pair.swapped and (pair.title >= 45 or pair.begin_alike):
        fold = Fold.MAYBE if pair.title >= 85 and pair.alike >= 0.9 else Fold.NEW
        return Call(fold, "sibling", pair.title_sentence)
    return None


def _landing(pair: Pair) -> Call | None:
    """A page and the PDF that it offers."""
    if not pair.same_host or pair.new.is_pdf == pair.old.is_pdf or (pair.one_sided and not pair.called_final):
        return None
    titled = (pair.title >= 88 or pair.title_words >= 97) and (pair.fewest_title_words >= 3 or (pair.contained >= 0.6 and pair.shorter >= 100))
    if titled and (pair.days is None or pair.days <= YEAR):
        return Call(Fold.SAME, "page-and-pdf", f"A page and a PDF of one site. {pair.title_sentence}")
    return None


def _instance(pair: Pair) -> Call | None:
    """One site, one title, two addresses: something that comes again, or a page that moved."""
    if not pair.same_host or pair.title < 85 or pair.shorter < FEW:
        return None
    if pair.title >= 97 and not pair.nameless and pair.alike < 0.5 and pair.opening >= max(40, pair.fewest_words // 2) and (pair.days or 0) <= 6:
        return Call(Fold.SAME, "teaser", f"{pair.title_sentence} Both texts begin with the same {pair.opening} words.")
    doubt = Fold.MAYBE if pair.contained >= 0.3 else Fold.NEW
    if pair.days is not None and (pair.days >= 7 or (pair.days and 0.5 <= pair.alike < 0.9)):
        return Call(doubt, "comes-again", f"{pair.title_sentence} They appeared {pair.days} days apart.")
    one, other = days_named(pair.new.text), days_named(pair.old.text)
    if one and other and not one & other:
        return Call(Fold.NEW, "event-date", "They name different days.")
    if pair.generic and pair.alike < 0.9:
        return Call(doubt, "generic-title", f"{pair.title_sentence} But many pages are called so.")
    return None


def _brief(pair: Pair) -> Call | None:
    """One title over two short texts that have little in common: a column that comes again, or two things that are called so."""
    if pair.title < 90 or not _SAYS <= pair.shorter < FEW or pair.contained >= 0.75 or not pair.days:
        return None
    if pair.same_host and pair.days >= 2:
        fold = Fold.NEW if pair.contained < 0.5 else Fold.MAYBE
        return Call(fold, "comes-again", f"{pair.title_sentence} They appeared {pair.days} days apart.")
    doubtful = pair.days > 60 and pair.people_unknown and pair.contained < 0.1
    return Call(Fold.MAYBE, "title", f"{pair.title_sentence} But texts differ, and they appeared {pair.days} days apart.") if doubtful else None


def _form(pair: Pair) -> Call | None:
    """Pages of one site that share a form, a consent text or an error message, and differ in what is theirs."""
    if pair.nameless and pair.shorter < _BRIEF:
        return Call(Fold.MAYBE, "generic-title", f"{pair.text_sentence} But many pages are called so.") if pair.contained >= 0.5 else None
    if not pair.same_host or pair.shorter < FEW or pair.contained < 0.5 or pair.new.is_pdf != pair.old.is_pdf:
        return None
    if (pair.own_title_words or pair.title < 85) and pair.shorter < 150:
        return Call(Fold.MAYBE, "same-form", f"{pair.title_sentence} {pair.text_sentence} They are short pages of one site.")
    if pair.own_numbers and pair.shorter < 150:
        return Call(Fold.MAYBE, "same-form", f"{pair.text_sentence} But each names numbers that the other has not.")
    return None


def _number(pair: Pair) -> Call | None:
    """Each title has a number that the other has not: a live count, or two things."""
    elsewhere = not pair.same_host and (pair.title >= 60 or pair.shorter >= 150 or pair.picked_numbers)
    if pair.shorter < FEW or not pair.own_title_numbers or elsewhere:
        return None
    live = pair.alike >= 0.75 and pair.days is not None and pair.days <= 2 and pair.title >= 80
    return Call(Fold.SAME if live else Fold.MAYBE, "number", f"{pair.title_sentence} {pair.text_sentence}")


def _episode(pair: Pair) -> Call | None:
    """One broadcast, whose number stands in the title in one place only."""
    numbered = {slot for slot, _ in pair.new.marks.slots ^ pair.old.marks.slots}
    if (
        "issue" in numbered <= {"issue", "season"}
        and pair.days == 0
        and pair.title_words >= 97
        and pair.contained >= 0.9
        and pair.fewest_title_words >= 3
    ):
        return Call(Fold.SAME, "episode", f"{pair.title_sentence} {pair.text_sentence} They came out on one day.")
    return None


def _companion(pair: Pair) -> Call | None:
    """Two papers of one group with nearly one abstract: most of the people are the same, and each names somebody of its own."""
    if pair.shorter >= FEW and 0.5 <= pair.alike < 0.99 and pair.own_people:
        return Call(Fold.MAYBE, "other-people", f"{pair.title_sentence} {pair.text_sentence} But each names somebody whom the other does not.")
    return None


def _serial(pair: Pair) -> Call | None:
    """Another issue of what comes again and again, and a page that moved with its site."""
    if pair.shorter < FEW:
        return None
    if pair.recurring and pair.fewest_title_words <= 5 and not pair.names_agree and (pair.days or 0) >= 20 and pair.alike < 0.9:
        return Call(Fold.NEW, "comes-again", f"{pair.title_sentence} They appeared {pair.days} days apart.")
    if pair.kin_hosts and pair.title >= 97 and pair.alike >= 0.97 and not pair.recurring:
        return Call(Fold.SAME, "text", f"{pair.title_sentence} {pair.text_sentence} One body has both.")
    return None


def _text(pair: Pair) -> Call | None:
    """Texts long enough to speak: nearly equal, or one within the other under an agreeing title."""
    if pair.shorter < FEW:
        return None
    if pair.contained < 0.45 and pair.title < 92:
        return None  # the most frequent case, before sentences are made
    evidence = f"{pair.title_sentence} {pair.text_sentence}"
    if pair.days is not None and pair.days > 180 and pair.shorter < 150:
        rule = "long-after" if pair.names_agree else "comes-again"
        return Call(Fold.MAYBE, rule, f"{evidence} But they appeared {pair.days} days apart.") if pair.contained >= 0.5 else None
    if pair.contained >= 0.75 and pair.alike >= 0.5:
        copied = pair.contained >= 0.88 or pair.opens_alike or (pair.same_people and not pair.same_host)
        stranger = pair.title < 60 and pair.title_words < 90 and not copied
        doubtful = stranger or (pair.one_sided and pair.alike < 0.97 and pair.same_host)
        return Call(Fold.MAYBE if doubtful else Fold.SAME, "text", evidence)
    if pair.contained >= 0.8 and pair.fewest_words <= 110 and pair.opens_alike and (pair.days is None or pair.days <= 14):
        return Call(Fold.SAME, "teaser", evidence)
    if pair.contained >= 0.7 and (pair.title >= 80 or pair.title_words >= 95) and not pair.generic:
        late = pair.days is not None and pair.days > 45 and (pair.same_host or pair.contained < 0.9)
        return Call(Fold.MAYBE if late or pair.one_sided else Fold.SAME, "contained", evidence)
    if pair.contained >= 0.9 and pair.shorter >= 150 and pair.alike >= 0.35:
        return Call(Fold.SAME, "contained", evidence)
    return _titled_text(pair, evidence)


def _truncated(pair: Pair) -> Call | None:
    """The beginning of an article under a menu and another headline. Who quotes an article says more of his own before, under a title of his own."""
    if pair.same_host or pair.shared < 90 or pair.title >= 92 or (pair.days or 0) > 14 or (pair.contained >= 0.88 and pair.alike >= 0.5):
        return None
    found = pair.carried
    if found is None or found.words < 100 or found.after > 90:
        return None
    if found.title_words < 5 and (pair.one_sided or found.words < (0.6 if found.title_words else 0.8) * pair.fewest_words):
        return None  # a short title may stand in any text, and one of its own is what a quoting author gives
    own = f"after {found.after} words of its own" if found.after else "from its first word"
    return Call(Fold.SAME, "beginning", f"One carries the beginning of the other, {found.words} words without a break, {own}.")


def _titled_text(pair: Pair, evidence: str) -> Call | None:
    if pair.title < 92:
        return None
    if pair.contained < 0.25 and pair.fewest_words > 150:
        return Call(Fold.NEW, "title-only", evidence)
    if pair.contained >= 0.45 and not pair.generic and not pair.one_sided and (pair.days is None or pair.days <= 45):
        return Call(Fold.SAME, "title-and-text", evidence)
    return None


def _record(pair: Pair) -> Call | None:
    """Little or no text on one side: a record of a work, known by title, people and date."""
    people = " The people named are the same." if pair.same_people else ""
    if pair.own_title_numbers and pair.title >= 90:
        return Call(Fold.MAYBE, "number", f"{pair.title_sentence}{people}")
    if _one_record(pair):
        if pair.same_host and not (pair.new.words or pair.old.words):
            return Call(Fold.MAYBE, "listed-twice", f"{pair.title_sentence} But one catalogue lists both.")
        return Call(Fold.SAME, "title", f"{pair.title_sentence}{people}")
    if pair.title < 90 or pair.fewest_title_words < 3 or pair.one_sided or pair.generic:
        return None
    if pair.years and pair.days is None:
        return Call(Fold.MAYBE, "title", f"{pair.title_sentence}{people} But they came out in different years.")
    return Call(Fold.SAME if _one_title(pair) else Fold.MAYBE, "title", f"{pair.title_sentence}{people}")


def _one_record(pair: Pair) -> bool:
    """Whether two bare records agree in title, in people and in the day or the year, as far as they state it."""
    if pair.nameless or pair.one_sided or pair.days or pair.years or pair.one_video or pair.fewest_words >= 40:
        return False
    if pair.shown_twice and pair.shorter >= _SAYS:
        return True
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
    if length >= 4 and pair.contained >= 0.9 and pair.opens_alike and pair.days <= 30 and not pair.same_host:
        return True  # what an alert quotes of it
    if pair.same_people:
        return (pair.days <= 30 or (pair.days <= YEAR and length >= 6)) and (bare or pair.contained >= 0.2)
    return length >= 6 and pair.days <= YEAR and pair.people_unknown and (bare or pair.contained >= 0.5)


def _weak(pair: Pair) -> Call | None:
    titled = pair.title >= 85 and not pair.generic and not (pair.years and not pair.texts)
    if titled or (pair.contained >= 0.4 and pair.shorter >= FEW):
        return Call(Fold.MAYBE, "alike", f"{pair.title_sentence} {pair.text_sentence}")
    return None


_STEPS: tuple[_Step, ...] = (
    *(_role, _video, _address, _edition, _event, _identifier, _wall, _post, _sibling),
    *(_landing, _instance, _brief, _number, _form, _episode, _companion, _truncated, _serial, _text, _record, _weak),
)
