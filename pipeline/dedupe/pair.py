"""Two resources side by side: what the rule asks of them, measured once and only when asked. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz

from pipeline import folding
from pipeline.dedupe import keys
from pipeline.dedupe.once import once
from pipeline.dedupe.side import Side, titled
from pipeline.dedupe.swaps import Swap, swaps
from pipeline.dedupe.when import days_written, other_days

_SPEAKS = 20
"""Word sequences of a text in which swaps are looked for."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The beginning of one text in another: after how many words of its own, how many words of it, and how many words of the title over it are taken
    from there; none where it has a title of its own."""

    after: int
    words: int
    title_words: int


@dataclass(frozen=True)
class Pair:
    """What came in, and what we keep. Titles are compared from 0 to 100, texts by the share of word sequences from 0 to 1."""

    new: Side
    old: Side

    @once
    def same_address(self) -> bool:
        # A DOI is an address too, but databases put one DOI on several records: it must pass the step for identifiers.
        return bool(self.new.address) and self.new.address == self.old.address and not self.new.address.startswith("doi.org/")

    @once
    def named_address(self) -> str:
        """The address that one page names as its own and that is the other's, or that both name."""
        shared = {key for key in self.new.keys & self.old.keys if key.startswith("url:") and not key.startswith("url:doi.org/")}
        return min(shared).removeprefix("url:") if shared else ""

    @once
    def same_host(self) -> bool:
        return self.new.host == self.old.host and self.new.host not in ("", "doi.org")

    @once
    def other_place(self) -> bool:
        return self.new.host != self.old.host

    @once
    def shorter(self) -> int:
        """Word sequences of the shorter text."""
        return min(len(self.new.sequences), len(self.old.sequences))

    @once
    def texts(self) -> bool:
        return self.shorter > 0

    @once
    def shared(self) -> int:
        return len(self.new.sequences & self.old.sequences)

    @once
    def alike(self) -> float:
        """Shared sequences of all that either text has."""
        return self.shared / max(1, len(self.new.sequences) + len(self.old.sequences) - self.shared)

    @once
    def contained(self) -> float:
        """Shared sequences of those of the shorter text."""
        return self.shared / max(1, self.shorter)

    @once
    def changed(self) -> bool:
        """Whether what came in says something that we do not have yet."""
        fresh = len(self.new.sequences) - self.shared
        return fresh > 0.05 * len(self.new.sequences) or (not self.old.title and bool(self.new.title))

    @once
    def fewest_words(self) -> int:
        return min(len(self.new.words), len(self.old.words))

    @once
    def opens_alike(self) -> bool:
        """Whether both texts begin with the same words."""
        count = min(20, self.fewest_words)
        return count >= 12 and self.new.words[:count] == self.old.words[:count]

    @once
    def opening(self) -> int:
        """Words that both texts begin with."""
        return next((n for n, (one, other) in enumerate(zip(self.new.words, self.old.words, strict=False)) if one != other), self.fewest_words)

    @once
    def carried(self) -> Carried | None:
        """How one text carries the beginning of the other, without a break and after some words of its own; `None` where it does not."""
        found = [one for one in (_carried(self.new, self.old), _carried(self.old, self.new)) if one]
        return max(found, key=lambda one: (one.title_words, one.words, one.after), default=None)

    @once
    def title(self) -> float:
        if not self.new.title or not self.old.title:
            return 0.0
        stripped = fuzz.ratio(" ".join(self.new.title), " ".join(self.old.title))
        return max(stripped, fuzz.ratio(self.new.plain_title, self.old.plain_title))

    @once
    def title_words(self) -> float:
        """The titles compared as sets of words, so that an added subtitle costs nothing."""
        one, other = " ".join(self.new.title), " ".join(self.old.title)
        return fuzz.token_set_ratio(one, other) if min(len(one), len(other)) > 15 else self.title

    @once
    def fewest_title_words(self) -> int:
        return min(len(self.new.title), len(self.old.title))

    @once
    def subtitled(self) -> bool:
        """Whether one title is a longer form of the other: the same six words or more, and then a subtitle."""
        length = self.fewest_title_words
        return length >= 6 and self.new.title[:length] == self.old.title[:length]

    @once
    def shown_twice(self) -> bool:
        """Whether two places have one text of one day, and one of them adds a name to its title: an episode in two directories."""
        return self.days == 0 and self.other_place and self.contained >= 0.9 and self.title_words >= 97 and self.fewest_title_words >= 4

    @once
    def begin_alike(self) -> bool:
        return self.fewest_title_words >= 2 and self.new.title[:2] == self.old.title[:2]

    @once
    def nameless(self) -> bool:
        """Whether a title is one that thousands of pages have."""
        return self.new.nameless or self.old.nameless

    @once
    def recurring(self) -> bool:
        """Whether a title is that of a column, which the same people fill again and again."""
        return not {*self.new.title, *self.old.title}.isdisjoint(folding.shipped().columns)

    @once
    def generic(self) -> bool:
        """Whether a title says too little to agree by: nameless, or one or two words."""
        return self.nameless or min(len(set(self.new.title)), len(set(self.old.title))) < 3

    @once
    def one_sided(self) -> bool:
        """Whether one title has a mark of edition that the other lacks."""
        return self.new.marks.slots != self.old.marks.slots

    @once
    def called_final(self) -> bool:
        """Whether the one mark of edition that only one title has is that it is the final one, as sites say of their reports and reports do not."""
        return self.new.marks.slots ^ self.old.marks.slots == {("stage", "final")}

    @once
    def swapped(self) -> bool:
        """Whether each title has a word of its own that its text has too and the other's text has not."""
        one, other = _own_words(self.new, self.old), _own_words(self.old, self.new)
        return one and other and bool(set(self.new.title) & set(self.old.title))

    @once
    def swaps(self) -> tuple[Swap, ...]:
        """What stands in the place of what, where the texts are nearly one."""
        return swaps(self.new.words, self.old.words) if self.contained >= 0.5 and self.shorter >= _SPEAKS else ()

    @once
    def mirrored(self) -> bool:
        """Whether the words in which the titles differ stand in each other's place in the texts too."""
        if not self.swaps:
            return False
        one, other = set(self.new.title) - set(self.old.title), set(self.old.title) - set(self.new.title)
        return any(_telling(swap.one & one) and _telling(swap.other & other) for swap in self.swaps)

    @once
    def redated(self) -> bool:
        """Whether a day stands in the place of another."""
        return any(swap.dated for swap in self.swaps)

    @once
    def other_days_written(self) -> bool:
        """Whether both texts write whole days, in any form, and none of them is in both."""
        return other_days(days_written(self.new.text), days_written(self.old.text))

    @once
    def other_month(self) -> bool:
        """Whether they are pages of one form for another day or month each: their addresses say so, or the lines over their texts."""
        (one, days), (other, others) = self.new.dated_address, self.old.dated_address
        if days and others and days != others and one == other:
            return True
        if self.same_address or self.title < 85 or not self.new.months or not self.old.months:
            return False
        return not self.new.months & self.old.months

    @once
    def shared_references(self) -> frozenset[str]:
        """The references that both give, in their texts, their titles or at the end of their addresses."""
        one, other = self.new.facts.references, self.old.facts.references
        return (one | ({self.new.code} - {""})) & (other | ({self.old.code} - {""}))

    @once
    def other_codes(self) -> bool:
        """Whether the addresses of one site end in two references of one sort."""
        one, other = self.new.code, self.old.code
        return self.same_host and bool(one and other) and one != other and one.rstrip("0123456789") == other.rstrip("0123456789")

    @once
    def kin_hosts(self) -> bool:
        """Whether two hosts are one body's: "old.example.org" and "example.org"."""
        one, other = self.new.host.removeprefix("www."), self.old.host.removeprefix("www.")
        return bool(one and other) and (one.endswith("." + other) or other.endswith("." + one))

    @once
    def untitled(self) -> bool:
        """Whether one has no title of its own and the other's text or title says nothing against it."""
        return (self.new.filed or self.old.filed) and not self.texts

    @once
    def preprinted(self) -> bool:
        """Whether one is in an archive of preprints and the other is not, and came out after it."""
        one, other = self.new, self.old
        if one.is_preprint == other.is_preprint:
            return False
        first, then = (one, other) if one.is_preprint else (other, one)
        return not (first.day and then.day) or -31 <= (then.day - first.day).days <= 4 * 366

    @once
    def own_title_words(self) -> bool:
        """Whether each title has a word that the other has not."""
        one, other = set(self.new.title), set(self.old.title)
        return bool(one - other) and bool(other - one)

    @once
    def own_title_numbers(self) -> bool:
        """Whether each title has a number that the other has not."""
        one, other = self.new.marks.numbers, self.old.marks.numbers
        return bool(one - other) and bool(other - one)

    @once
    def picked_numbers(self) -> bool:
        """Whether no number in which the titles differ stands in one text only: each headline picks its own from one text."""
        odd = set(self.new.words) ^ set(self.old.words)
        return odd.isdisjoint(self.new.marks.numbers ^ self.old.marks.numbers)

    @once
    def other_letter(self) -> bool:
        """Whether the titles differ in the letter by which things of one sort are told apart: "Paper A" and "Paper B"."""
        one, other = self.new.letters, self.old.letters
        return bool(one) and bool(other) and not one & other and self.title >= 85

    @once
    def own_numbers(self) -> bool:
        """Whether each text has a number that the other has not."""
        one, other = ({word for word in found.words if word.isdigit()} for found in (self.new, self.old))
        return bool(one - other) and bool(other - one)

    @once
    def is_home(self) -> bool:
        return self.new.address.endswith("/") and "/" not in self.new.address[:-1]

    @once
    def days(self) -> int | None:
        """Days between the dates of publication."""
        return abs((self.new.day - self.old.day).days) if self.new.day and self.old.day else None

    @once
    def years(self) -> int | None:
        """Years between the years of publication."""
        return abs(self.new.year - self.old.year) if self.new.year and self.old.year else None

    @once
    def same_people(self) -> bool:
        return bool(self.new.people & self.old.people)

    @once
    def names_agree(self) -> bool:
        """Whether several people are named, and nearly all of the shorter list stand in the other. Words of names are compared, initials left out."""
        fewer = min(len(self.new.people), len(self.old.people))
        return fewer > 2 and len(self.new.people & self.old.people) >= 0.8 * fewer

    @once
    def own_people(self) -> bool:
        """Whether several people are the same and each list names somebody whom the other does not have, under no spelling."""
        return self.names_agree and _stranger(self.new.people, self.old.people) and _stranger(self.old.people, self.new.people)

    @once
    def same_names(self) -> bool:
        """Whether both name the same people and no others."""
        return bool(self.new.people) and self.new.people == self.old.people

    @once
    def one_video(self) -> bool:
        """Whether one of them is a video and the other is not."""
        return bool(self.new.video) != bool(self.old.video)

    @once
    def people_unknown(self) -> bool:
        return not self.new.people or not self.old.people

    @once
    def shared_identifier(self) -> str:
        return min(self.new.identifiers & self.old.identifiers, default="")

    @once
    def differing_identifier(self) -> str:
        """The scheme in which both have numbers and share none. One work has several ISBNs, one for each binding."""
        one, other = ({key.partition(":")[0] for key in found.identifiers} for found in (self.new, self.old))
        return min((one & other) - {"isbn"}, default="")

    @once
    def title_sentence(self) -> str:
        odd = [word for word in (*self.new.title, *self.old.title) if (word in self.new.title) != (word in self.old.title)]
        if self.title < 60 and self.title_words < 90:
            return "The titles differ."
        if not odd:
            return "The titles are the same."
        return f"The titles agree but for {', '.join(f'“{word}”' for word in dict.fromkeys(odd[:4]))}."

    @once
    def text_sentence(self) -> str:
        if not self.texts:
            return "One of them has no text."
        return f"{round(100 * self.contained)} of 100 word sequences of the shorter text are shared."


def paired(new: Side, old: Side) -> Pair:
    """Set two resources side by side. What is titled by the name of a file takes the other's title, where that stands over its text."""
    if new.filed != old.filed:
        new, old = (titled(new, old), old) if new.filed else (new, titled(old, new))
    return Pair(new, old)


def _carried(copy: Side, original: Side) -> Carried | None:
    """Find where a text begins in another, and follow it until more than a few words are others."""
    first = {original.words[n : n + keys.LENGTH] for n in range(keys.LENGTH)} if len(original.words) >= 2 * keys.LENGTH else set()
    grams = list(zip(*(copy.words[n:] for n in range(keys.LENGTH)), strict=False))
    begin = next((n for n, gram in enumerate(grams) if gram in first), None)
    if begin is None:
        return None
    known = set(zip(*(original.words[n:] for n in range(keys.LENGTH)), strict=False))
    end = begin
    for n in range(begin, len(grams)):
        if grams[n] in known:
            end = n
        elif n - end > 2 * keys.LENGTH:
            break
    return Carried(begin, end + keys.LENGTH - begin, _titled_from(copy.plain_title, original.words))


def _titled_from(title: str, found: tuple[str, ...]) -> int:
    """Count the words of a title that stands in a text, but for a word that was cut; 0 where it does not stand there."""
    said = keys.words(title)
    odd = set(pairwise(said)) - set(pairwise(found))
    return len(said) if len(odd) <= len(said) // 5 and set(said[:1]) <= set(found) else 0


def _telling(words: set[str] | frozenset[str]) -> bool:
    return any(len(word) > 2 for word in words)


def _stranger(some: frozenset[str], others: frozenset[str]) -> bool:
    odd = [name for name in some - others if len(name) > 3]
    return any(not any(fuzz.ratio(name, other) >= 75 or name in other or (len(other) > 3 and other in name) for other in others) for name in odd)


def _own_words(one: Side, other: Side) -> bool:
    odd = {word for word in set(one.title) - set(other.title) if len(word) > 2 and not word.isdigit()}
    return any(word in one.words and word not in other.words for word in odd)
