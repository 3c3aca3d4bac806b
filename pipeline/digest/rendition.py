"""The public rendition of an edition: what is for members only is gone, and so is every sentence that names it.

Where it is not sure whether a paragraph speaks of such a thing, the paragraph goes: a gap in a letter does less harm than a word too many.
Reads nothing but the edition, so that a snapshot gives the same rendition for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import unquote

from pipeline import text, urls
from pipeline.digest.balance import how_made
from pipeline.digest.bounds import bounded
from pipeline.digest.essay import cited, draft_essay, is_draft
from pipeline.digest.letter import default_letter, is_default
from pipeline.digest.series import sentences
from pipeline.model import Correction, Edition, Entry, Section, TopicTrend

_RUN = 6
"""Words in a row that are a quotation."""
_LONG = 8
"""Characters from which a phrase is known with an ending, too."""
_ESCAPED = re.compile(r"\\([^\w\s])")
_BREAK = re.compile(r"\n[ \t]*\n")
_HEADING = re.compile(r"#{1,6}(?:\s|$)")
_NAME = re.compile(r"\b(?=[^\W\d_a-zß-öø-ÿ]|[\w-]{0,20}[A-Z\d])[^\W_][\w'’-]{2,60}")
_COMMON = frozenset(
    {"about", "after", "again", "also", "always", "among", "another", "because", "been", "before", "being", "best", "between", "both", "came",
     "come", "dear", "does", "each", "every", "first", "from", "full", "give", "good", "have", "here", "into", "just", "keep", "last", "look",
     "made", "make", "many", "more", "most", "much", "must", "never", "next", "nothing", "once", "only", "other", "over", "part", "read", "said",
     "same", "some", "such", "take", "than", "thank", "thanks", "that", "their", "them", "then", "there", "these", "they", "thing", "this",
     "those", "through", "time", "under", "until", "very", "want", "well", "were", "what", "when", "where", "which", "while", "with", "without",
     "work", "would", "year", "years", "your", "and", "are", "but", "can", "for", "had", "has", "her", "his", "how", "its", "may", "new", "not",
     "now", "off", "old", "one", "our", "out", "own", "see", "she", "the", "too", "two", "use", "was", "way", "who", "why", "will", "you"}
)  # fmt: skip
"""Words that have a capital at the beginning of a sentence, and name nobody."""


def public(edition: Edition) -> Edition:
    """Give the rendition for everybody: without entries whose audience is not the public, and without a word of theirs anywhere else.

    The letter and the essay of the machine are made anew; of an editor's, each paragraph that names or cites such an entry is left out. The
    sentences on how the edition was made are counted anew. The tally stays. The public rendition of one is that one itself.
    """
    audiences = {
        *(entry.audience for entry in edition.entries),
        *(one.audience for entry in edition.entries for one in entry.ties),
        *(one.audience for one in (*edition.corrections, *edition.errata)),
    }
    if audiences <= {"public"} and edition.audience == "public":
        return edition
    edition = bounded(edition)
    hidden = tuple(entry for entry in edition.entries if entry.audience != "public")
    told = tuple(one for one in (*edition.corrections, *edition.errata) if one.audience != "public")
    gone = {entry.id for entry in hidden}
    plain = _plain_secrets(hidden, told, edition)
    sections = tuple(_sections(edition.sections, plain))
    secrets = _all_secrets(plain, hidden, told, edition=replace(edition, sections=sections))
    sections = tuple(replace(one, entries=tuple(_open(entry, secrets) for entry in one.entries)) for one in sections)
    shown = replace(
        edition,
        audience="public",
        sections=sections,
        picks=tuple(item for item in edition.picks if item not in gone),
        trends=tuple(_trends(edition.trends, sections)),
        corrections=_corrections(edition.corrections, secrets),
        errata=_corrections(edition.errata, secrets),
        waived=tuple(one for one in edition.waived if one.place not in {f"item {item}" for item in gone} and not secrets.named_in(one.place)),
    )
    shown = replace(shown, letter=_letter(edition, shown, secrets), essay=_essay(edition, shown, secrets))
    return replace(shown, made=how_made(shown)) if edition.made else shown


# ---------------------------------------------------------------- what must not be named


@dataclass(frozen=True, slots=True)
class _Secrets:
    """What would give a members-only entry away: numbers, addresses, phrases, single names, and runs of its words."""

    ids: frozenset[int] = frozenset()
    addresses: frozenset[str] = frozenset()
    phrases: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    runs: frozenset[tuple[str, ...]] = frozenset()

    def named_in(self, said: str) -> bool:
        """Whether a text, Markdown or plain, names what is for members."""
        if not said.strip():
            return False
        if not self.ids.isdisjoint(cited(said)):
            return True
        plain = _ESCAPED.sub(r"\1", unescape(said))
        lower = unquote(plain).casefold()
        words = _words(plain)
        spaced = f" {' '.join(words)} "
        return (
            any(address in lower for address in self.addresses)
            or any(phrase in (spaced if phrase.startswith(" ") else lower) for phrase in self.phrases)
            or not self.names.isdisjoint(_names([plain]))
            or not self.runs.isdisjoint(_runs(words))
        )


def _plain_secrets(hidden: Sequence[Entry], told: Sequence[Correction], edition: Edition) -> _Secrets:
    """What must not even stand with a public entry: numbers, addresses, titles and quotations, less what public entries have themselves."""
    open_entries = [entry for entry in edition.entries if entry.audience == "public"]
    lines = [_words(one) for entry in open_entries for one in _lines(entry)]
    shown = _joined(lines)
    said = [one for entry in hidden for one in (*_lines(entry), entry.blurb, entry.note, _pictured(entry))] + [one.note for one in told]
    titles = [_phrase(title) for title in (*(entry.title for entry in hidden), *(one.title for one in told))]
    return _Secrets(
        ids=frozenset(entry.id for entry in hidden),
        addresses=frozenset(_addresses(hidden)) - frozenset(_addresses(open_entries)),
        phrases=frozenset(one for one in titles if one.strip() and one not in shown),
        runs=frozenset(run for one in said for run in _runs(_words(one))).difference(*map(_runs, lines)),
    )


def _all_secrets(plain: _Secrets, hidden: Sequence[Entry], told: Sequence[Correction], *, edition: Edition) -> _Secrets:
    """What an editor's own words must not hold: the people, bodies and places behind it, too, unless what is public names them."""
    known = [_words(one) for entry in edition.entries for one in (*_lines(entry), entry.blurb, entry.kind_name, *entry.topics)]
    known += [_words(one) for one in (edition.title, edition.organisation, edition.strap, edition.editor, edition.month_name)]
    known += [_words(one) for section in edition.sections for one in (section.title, section.standfirst)]
    shown = _joined(known)
    lines = [one for entry in hidden for one in _lines(entry)] + [one.title for one in told]
    prose = [one for entry in hidden for one in (entry.blurb, entry.note)] + [one.note for one in told]
    inner = [_inner(sentence) for one in prose for sentence in sentences(one)]
    phrases = frozenset(one for one in map(_phrase, lines) if one.strip() and one not in shown)
    return replace(plain, phrases=plain.phrases | phrases, names=frozenset(_names([*lines, *inner])).difference(*known, _COMMON))


def _joined(lines: Iterable[Sequence[str]]) -> str:
    return " | ".join(("", *(" ".join(words) for words in lines), ""))


def _lines(entry: Entry) -> Iterator[str]:
    """What names an entry or those behind it."""
    yield from (entry.title, entry.source, entry.series, *(credit.name for credit in entry.credits), *entry.identifiers.values())
    if entry.event and entry.event.location:
        yield entry.event.location


def _pictured(entry: Entry) -> str:
    """The words of its picture."""
    return entry.picture.alt if entry.picture else ""


def _addresses(entries: Iterable[Entry]) -> Iterator[str]:
    """Addresses and their hosts as they may stand in a text, without scheme."""
    for entry in entries:
        found = unquote(entry.url.partition("//")[2] or entry.url).casefold().rstrip("/"), urls.host(entry.url)
        yield from (one for one in found if one)


def _phrase(line: str) -> str:
    """The words of a line after a space, and a short one before a space too; where there are none (emoji), the line as it is."""
    found = " ".join(_words(line))
    return (f" {found} " if len(found) < _LONG else f" {found}") if found else text.squeeze(line).casefold()


def _words(said: str) -> tuple[str, ...]:
    """The words of a text, of a genitive the name."""
    return tuple(word.removesuffix("'s") for word in text.words(said))


def _names(lines: Iterable[str]) -> Iterator[str]:
    """Words written as names: with a capital, or with a digit in them."""
    for line in lines:
        for found in _NAME.findall(line):
            yield from (word for word in _words(found) if len(word) > 2)


def _inner(sentence: str) -> str:
    """A sentence without its first word, which has a capital whatever it is."""
    return sentence.partition(" ")[2]


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1))


# ---------------------------------------------------------------- part by part


def _sections(sections: Iterable[Section], secrets: _Secrets) -> Iterator[Section]:
    for section in sections:
        kept = tuple(replace(entry, blurb=_open_sentences(entry.blurb, secrets)) for entry in section.entries if entry.audience == "public")
        if kept:
            # Where the lead story is gone, the next one leads.
            led = any(entry.lead for entry in section.entries) and not any(entry.lead for entry in kept)
            yield replace(section, entries=(replace(kept[0], lead=True), *kept[1:]) if led else kept)


def _open(entry: Entry, secrets: _Secrets) -> Entry:
    """A public entry without the sentences of its note that speak of what is for members (these are the curator's, as the letter is), and without
    its ties to such things, and without a picture whose words name one."""
    ties = tuple(one for one in entry.ties if one.audience == "public" and one.id not in secrets.ids)
    picture = entry.picture
    names = picture is not None and secrets.named_in(f"{picture.alt}\n{picture.credit}")
    return replace(entry, note=_open_sentences(entry.note, secrets), ties=ties, picture=None if names else picture)


def _open_sentences(said: str, secrets: _Secrets) -> str:
    if not secrets.named_in(said):
        return said
    kept = " ".join(one for one in sentences(said) if not secrets.named_in(one))
    return "" if secrets.named_in(kept) else kept


def _trends(trends: Iterable[TopicTrend], sections: Sequence[Section]) -> Iterator[TopicTrend]:
    """The trends of topics that public entries have, with this edition counted anew."""
    topics = [topic for section in sections for entry in section.entries for topic in dict.fromkeys(entry.topics)]
    for trend in trends:
        if trend.topic in topics:
            yield replace(trend, counts=(*trend.counts[:-1], topics.count(trend.topic)))


def _corrections(corrections: Iterable[Correction], secrets: _Secrets) -> tuple[Correction, ...]:
    return tuple(
        one for one in corrections if one.audience == "public" and one.item not in secrets.ids and not secrets.named_in(f"{one.title}\n{one.note}")
    )


def _letter(edition: Edition, shown: Edition, secrets: _Secrets) -> str:
    if edition.form != "edition":
        return _open_paragraphs(edition.letter, secrets)
    kept = "" if is_default(edition.letter) else _open_paragraphs(edition.letter, secrets)
    return kept or (default_letter(shown) if edition.letter.strip() else "")


def _essay(edition: Edition, shown: Edition, secrets: _Secrets) -> str:
    return draft_essay(shown) if is_draft(edition) else _open_paragraphs(edition.essay, secrets)


def _open_paragraphs(markdown: str, secrets: _Secrets) -> str:
    """Leave out the paragraphs that speak of what is for members, and the headings that stand over nothing then."""
    if not secrets.named_in(markdown):
        return markdown
    paragraphs = [one for one in _BREAK.split(markdown) if one.strip()]
    kept = [one for one in paragraphs if not secrets.named_in(one)]
    ends = [*map(_level, kept[1:]), 1]
    found = "\n\n".join(one for one, following in zip(kept, ends, strict=False) if not 0 < following <= _level(one))
    # What only gives a thing away across two paragraphs: better no letter than this one.
    return "" if secrets.named_in(found) else found


def _level(paragraph: str) -> int:
    """The level of a heading that stands alone, 1 the highest; 0 for prose."""
    found = _HEADING.match(paragraph.strip())
    return len(found[0].strip()) if found and "\n" not in paragraph.strip() else 0
