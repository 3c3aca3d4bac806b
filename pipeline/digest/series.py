"""Series: what belongs together, which part it is, when a round-up is due, and whom a Spotlight interview is with.

Two spellings of a name are one series; a title that counts its parts ("…, blog 2: …") is one too. Nothing is guessed beyond what stands there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline import dates, text, ties
from pipeline.digest.letter import plain
from pipeline.model import Edition, Entry, Finding, Item, Kind
from pipeline.text import counted

ENOUGH = 3
"""New parts of a series that are worth a round-up."""

_TAIL = frozenset({"series", "webinar", "webinars", "podcast", "podcasts", "blog", "blogs", "on"})
_ROUND_UP = re.compile(r"\b(?:round[\s-]?up|overview)\b", re.IGNORECASE)

_HONOUR = r"(?:(?:Dr|Doctor|Prof|Professor|Sir|Dame|Mr|Mrs|Ms|Sister)\.?\s+)?"
_NAME = rf"(?P<name>{_HONOUR}[^\W\d_a-z][\w'’.-]{{0,30}}(?:\s+(?:(?:van|von|de|der|la|al|bin)\s+){{0,2}}[^\W\d_a-z][\w'’.-]{{0,30}}){{1,3}})"
_LEAD_IN = r"(?:(?:In conversation with|Spotlight(?: on)?|An interview with|Interview with|Meet)[:,]?\s+)?"
_PROFILE = re.compile(rf"{_LEAD_IN}{_NAME}(?P<mark>\s+[-–—]\s+|,\s+)(?P<who>\S[^\n.!?;:]{{2,140}})")
_OFFICE = re.compile(
    r"\b(?:director|manager|lead|leader|chair|chairs|nurse|doctor|gp|consultant|professor|fellow|head|officer|researcher|founder|co-founder|coordinator"
    r"|chief|president|adviser|advisor|lecturer|midwife|pharmacist|therapist|physician|surgeon|curator|librarian|editor|trustee|ceo|facilitator)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundUp:
    """A series that has new parts enough for a round-up, in their order."""

    series: str
    parts: tuple[Entry, ...]


def round_ups(edition: Edition, history: Sequence[Edition]) -> tuple[RoundUp, ...]:
    """Offer a round-up of each series that goes on in this edition and has three new parts or more since its last round-up."""
    months = [*sorted((one for one in history if one.id < edition.id), key=lambda one: one.id), edition]
    parts: dict[str, list[tuple[int, Entry]]] = {}
    for place, month in enumerate(months):
        for entry in month.entries:
            if of := key(entry):
                parts.setdefault(of, []).append((place, entry))
    going_on = {key: found for key, found in parts.items() if len(found) >= ENOUGH and found[-1][0] == len(months) - 1}
    written = [_written(month) for month in months] if going_on else []
    fresh = (tuple(_fresh(found, key, written)) for key, found in going_on.items())
    return tuple(RoundUp(series=_name(found), parts=found) for found in fresh if len(found) >= ENOUGH)


def offer(found: RoundUp) -> Finding:
    """Say in preflight's words that a round-up may be written."""
    return Finding(
        severity="note",
        rule="round-up",
        place=f'series "{found.series}"',
        problem=f'"{found.series}" has {counted(len(found.parts), "new part")} since its last round-up.',
        remedy="Write a round-up of them for the letter or the essay; a draft is made from what stands in the entries.",
    )


def draft_round_up(found: RoundUp) -> str:
    """Draft a round-up in Markdown: each part with its title, source, day and first sentence, in the words that stand in the entries."""
    lines = [f"## Round-up: {plain(found.series)}", f"{counted(len(found.parts), 'part')} of this series came out since it was last looked back on."]
    return "\n\n".join([*lines, "\n".join(f"{place}. {_line(entry)}" for place, entry in enumerate(found.parts, start=1))]) + "\n"


def ordinal(entry: Entry) -> int | None:
    """Say which part of its series an entry is, as it was read, or as its title or its description states it: "part 2", "blog 1"."""
    found = ties.part(entry.title)
    return entry.part or (found.number if found else ties.part_of_series(entry.blurb))


def name_of(entry: Entry) -> str:
    """Give the series that an entry names, else the part of its title before the number of the part, where that says something."""
    if entry.series.strip():
        found = ties.part(entry.series[:300])
        return text.squeeze(found.stem if found and found.stem else entry.series)
    found = ties.part(entry.title)
    return found.stem if found and len(text.words(found.stem)) > 1 else ""


def key(entry: Entry) -> str:
    """Give what is equal for the parts of one series, however each spells it; nothing where an entry is of none."""
    return " ".join(_words(name_of(entry)))


def spotlight(item: Item) -> str:
    """Give the profile of an interview in the series Spotlight as its page words it, "Ada Marsh, Director of North Network", or nothing."""
    if item.kind is not Kind.INTERVIEW or not any(text.words(said[:300])[:1] == ("spotlight",) for said in (item.resource.series or "", item.title)):
        return ""
    for said in (item.title, item.description or ""):
        lines = [line.strip() for line in text.clean(said[:400]).split("\n") if line.strip()]
        for line in (*lines[:1], " – ".join(lines[:2])):
            found = _PROFILE.match(line)
            if found and (found["mark"].strip() != "," or _OFFICE.search(found["who"])):
                return f"{text.squeeze(found['name'])}, {text.squeeze(found['who'])}"
    return ""


def _fresh(found: Sequence[tuple[int, Entry]], key: str, written: Sequence[str]) -> list[Entry]:
    """The parts after the last round-up, each once, by their numbers and then as they came."""
    rounded = max((place for place, said in enumerate(written) if f" round up {key} " in said or f" overview of {key} " in said), default=-1)
    rounded = max([rounded, *(place for place, entry in found if _ROUND_UP.search(entry.title))])
    parts = {entry.id: entry for place, entry in found if place > rounded}
    return sorted(parts.values(), key=lambda entry: ordinal(entry) or 0)


def _written(edition: Edition) -> str:
    """The words of an edition's own prose and of the titles that call themselves a round-up, without articles."""
    titles = (entry.title for entry in edition.entries if _ROUND_UP.search(entry.title))
    said = text.words(" ; ".join((edition.letter[:50_000], edition.essay[:100_000], *titles)))
    return f" {' '.join(word for word in said if word != 'the')} "


def _words(series: str) -> tuple[str, ...]:
    """The words by which a series is known: without an article before, and without what sort of series it is behind."""
    found = list(text.words(series[:300]))
    while len(found) > 1 and found[-1] in _TAIL:
        found.pop()
    return tuple(found[1:] if len(found) > 1 and found[0] == "the" else found)


def _name(parts: Iterable[Entry]) -> str:
    """The spelling that most parts use; of equal ones the first."""
    return Counter(name_of(entry) for entry in parts).most_common(1)[0][0]


def _line(entry: Entry) -> str:
    url = re.sub(r"[<>\s]", "", entry.url)
    told = [f"**[{plain(entry.title)}](<{url}>)**", plain(entry.source), dates.long(entry.published, "en") if entry.published else ""]
    return f"{', '.join(one for one in told if one)}. {plain(first_sentence(entry.blurb))}".strip()


def first_sentence(words: str) -> str:
    """Give the first sentence of a text, on one line."""
    return next(iter(sentences(words)), "")


def sentences(words: str) -> list[str]:
    """Cut a text into sentences where a full stop, a question mark or an exclamation mark stands before a capital or a number."""
    return [one for one in re.split(r"(?<=[.!?…][\"'”’)])\s+|(?<=[.!?…])\s+(?=[\"'“‘(]?[^\W_a-z])", text.squeeze(words)) if one]
