"""Two resources side by side: what the rule asks of them, measured once and only when asked. Decides nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from rapidfuzz import fuzz

from pipeline import text, urls
from pipeline.dedupe import keys
from pipeline.dedupe.editions import Marks, marks
from pipeline.model import Fingerprint, Resource

_GENERIC = (
    "untitled|home|homepage|welcome|index|blog|news|newsletter|editorial|events|letters|update|updates|latest news|news in brief|weeknotes|resources|"
    "publications|about|about us|contact|contact us|search|search results|error|page not found|not found|404 not found|access denied|just a moment|"
    "sign in|log in|login|subscribe|document|layout 1|microsoft word|404"
)
GENERIC = frozenset(_GENERIC.split("|"))
"""Titles that thousands of pages have."""
_COLUMN_WORDS = (
    "column editorial editor editors introduction foreword preface letter letters message notes news notices review reviews reminiscences calendar "
    "report reports minutes information committee committees roundup digest update updates weekly monthly"
)
_COLUMNS = frozenset(_COLUMN_WORDS.split())


@dataclass(frozen=True)
class Side:
    """One resource, prepared for comparing."""

    resource: Resource
    keys: frozenset[str]
    address: str
    video: str
    host: str
    title: tuple[str, ...]
    plain_title: str
    marks: Marks

    @cached_property
    def text(self) -> str:
        """The part of the text that decides."""
        return self.resource.text[: keys.MAX_CHARACTERS]

    @cached_property
    def words(self) -> tuple[str, ...]:
        return keys.words(self.text)

    @cached_property
    def sequences(self) -> frozenset[str]:
        return keys.sequences(self.text)

    @cached_property
    def people(self) -> frozenset[str]:
        return frozenset(word for name in self.resource.creators for word in keys.words(name) if len(word) > 1)

    @cached_property
    def day(self) -> date | None:
        return _day(self.resource.published)

    @cached_property
    def event_day(self) -> date | None:
        return _day(self.resource.event.start) if self.resource.event else None

    @cached_property
    def is_pdf(self) -> bool:
        return bool(re.search(r"\.pdf(?:$|\?)", self.resource.url.lower()))

    @cached_property
    def identifiers(self) -> frozenset[str]:
        return frozenset(key for key in self.keys if key.startswith(("doi:", "arxiv:", "pmid:", "pmc:", "isbn:")))


@dataclass(frozen=True)
class Pair:
    """What came in, and what we keep. Titles are compared from 0 to 100, texts by the share of word sequences from 0 to 1."""

    new: Side
    old: Side

    @cached_property
    def same_address(self) -> bool:
        # A DOI is an address too, but databases put one DOI on several records: it must pass the step for identifiers.
        return bool(self.new.address) and self.new.address == self.old.address and not self.new.address.startswith("doi.org/")

    @cached_property
    def named_address(self) -> str:
        """The address that one page names as its own and that is the other's, or that both name."""
        shared = {key for key in self.new.keys & self.old.keys if key.startswith("url:") and not key.startswith("url:doi.org/")}
        return min(shared).removeprefix("url:") if shared else ""

    @cached_property
    def same_host(self) -> bool:
        return self.new.host == self.old.host and self.new.host not in ("", "doi.org")

    @cached_property
    def other_place(self) -> bool:
        return self.new.host != self.old.host

    @cached_property
    def shorter(self) -> int:
        """Word sequences of the shorter text."""
        return min(len(self.new.sequences), len(self.old.sequences))

    @cached_property
    def texts(self) -> bool:
        return self.shorter > 0

    @cached_property
    def shared(self) -> int:
        return len(self.new.sequences & self.old.sequences)

    @cached_property
    def alike(self) -> float:
        """Shared sequences of all that either text has."""
        return self.shared / max(1, len(self.new.sequences) + len(self.old.sequences) - self.shared)

    @cached_property
    def contained(self) -> float:
        """Shared sequences of those of the shorter text."""
        return self.shared / max(1, self.shorter)

    @cached_property
    def changed(self) -> bool:
        """Whether what came in says something that we do not have yet."""
        fresh = len(self.new.sequences) - self.shared
        return fresh > 0.05 * len(self.new.sequences) or (not self.old.title and bool(self.new.title))

    @cached_property
    def fewest_words(self) -> int:
        return min(len(self.new.words), len(self.old.words))

    @cached_property
    def opens_alike(self) -> bool:
        """Whether both texts begin with the same words."""
        count = min(20, self.fewest_words)
        return count >= 12 and self.new.words[:count] == self.old.words[:count]

    @cached_property
    def title(self) -> float:
        if not self.new.title or not self.old.title:
            return 0.0
        stripped = fuzz.ratio(" ".join(self.new.title), " ".join(self.old.title))
        return max(stripped, fuzz.ratio(self.new.plain_title, self.old.plain_title))

    @cached_property
    def title_words(self) -> float:
        """The titles compared as sets of words, so that an added subtitle costs nothing."""
        one, other = " ".join(self.new.title), " ".join(self.old.title)
        return fuzz.token_set_ratio(one, other) if min(len(one), len(other)) > 15 else self.title

    @cached_property
    def fewest_title_words(self) -> int:
        return min(len(self.new.title), len(self.old.title))

    @cached_property
    def subtitled(self) -> bool:
        """Whether one title is a longer form of the other: the same six words or more, and then a subtitle."""
        length = self.fewest_title_words
        return length >= 6 and self.new.title[:length] == self.old.title[:length]

    @cached_property
    def begin_alike(self) -> bool:
        return self.fewest_title_words >= 2 and self.new.title[:2] == self.old.title[:2]

    @cached_property
    def nameless(self) -> bool:
        """Whether a title is one that thousands of pages have."""
        return bool({self.new.plain_title, self.old.plain_title} & GENERIC)

    @cached_property
    def recurring(self) -> bool:
        """Whether a title is that of a column, which the same people fill again and again."""
        return bool(_COLUMNS & {*self.new.title, *self.old.title})

    @cached_property
    def generic(self) -> bool:
        """Whether a title says too little to agree by: nameless, or one or two words."""
        return self.nameless or min(len(set(self.new.title)), len(set(self.old.title))) < 3

    @cached_property
    def one_sided(self) -> bool:
        """Whether one title has a mark of edition that the other lacks."""
        return self.new.marks.slots != self.old.marks.slots

    @cached_property
    def swapped(self) -> bool:
        """Whether each title has a word of its own that its text has too and the other's text has not."""
        one, other = _own_words(self.new, self.old), _own_words(self.old, self.new)
        return one and other and bool(set(self.new.title) & set(self.old.title))

    @cached_property
    def own_title_words(self) -> bool:
        """Whether each title has a word that the other has not."""
        one, other = set(self.new.title), set(self.old.title)
        return bool(one - other) and bool(other - one)

    @cached_property
    def own_numbers(self) -> bool:
        """Whether each text has a number that the other has not."""
        one, other = ({word for word in found.words if word.isdigit()} for found in (self.new, self.old))
        return bool(one - other) and bool(other - one)

    @cached_property
    def is_home(self) -> bool:
        return self.new.address.endswith("/") and "/" not in self.new.address[:-1]

    @cached_property
    def days(self) -> int | None:
        """Days between the dates of publication."""
        return abs((self.new.day - self.old.day).days) if self.new.day and self.old.day else None

    @cached_property
    def same_people(self) -> bool:
        return bool(self.new.people & self.old.people)

    @cached_property
    def names_agree(self) -> bool:
        """Whether several people are named, and nearly all of the shorter list stand in the other. Words of names are compared, initials left out."""
        fewer = min(len(self.new.people), len(self.old.people))
        return fewer > 2 and len(self.new.people & self.old.people) >= 0.8 * fewer

    @cached_property
    def same_names(self) -> bool:
        """Whether both name the same people and no others."""
        return bool(self.new.people) and self.new.people == self.old.people

    @cached_property
    def one_video(self) -> bool:
        """Whether one of them is a video and the other is not."""
        return bool(self.new.video) != bool(self.old.video)

    @cached_property
    def people_unknown(self) -> bool:
        return not self.new.people or not self.old.people

    @cached_property
    def shared_identifier(self) -> str:
        return min(self.new.identifiers & self.old.identifiers, default="")

    @cached_property
    def differing_identifier(self) -> str:
        """The scheme in which both have numbers and share none. One work has several ISBNs, one for each binding."""
        one, other = ({key.partition(":")[0] for key in found.identifiers} for found in (self.new, self.old))
        return min((one & other) - {"isbn"}, default="")

    @cached_property
    def title_sentence(self) -> str:
        odd = [word for word in (*self.new.title, *self.old.title) if (word in self.new.title) != (word in self.old.title)]
        if self.title < 60 and self.title_words < 90:
            return "The titles differ."
        if not odd:
            return "The titles are the same."
        return f"The titles agree but for {', '.join(f'“{word}”' for word in dict.fromkeys(odd[:4]))}."

    @cached_property
    def text_sentence(self) -> str:
        if not self.texts:
            return "One of them has no text."
        return f"{round(100 * self.contained)} of 100 word sequences of the shorter text are shared."


def side(resource: Resource, fingerprint: Fingerprint) -> Side:
    """Prepare a resource for comparing."""
    own = urls.identity(resource.url)
    return Side(
        resource=resource,
        keys=frozenset(fingerprint.keys),
        address=own[0].removeprefix("url:") if own else "",
        video=next((key for key in own if key.startswith(("youtube:", "vimeo:"))), ""),
        host=urls.host(urls.canonical(resource.url)),
        title=keys.title_words(resource),
        plain_title=" ".join(text.words(resource.title[:500])),
        marks=marks(resource.title),
    )


def _own_words(one: Side, other: Side) -> bool:
    odd = {word for word in set(one.title) - set(other.title) if len(word) > 2 and not word.isdigit()}
    return any(word in one.words and word not in other.words for word in odd)


def _day(value: date | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value
