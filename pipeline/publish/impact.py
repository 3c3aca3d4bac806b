"""What became of a year's editions, as far as readers said: how many found what useful, and used it. Says with every figure how many it is of, hides
what fewer than five said, and names nobody.

The ranking learns nothing from it: the few who press a button are no sample of those who read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pipeline.errors import NotFoundError
from pipeline.model import Edition, Entry, ItemId
from pipeline.publish.votes import SHOWN_FROM
from pipeline.store import Said, Store

HIDDEN = f"fewer than {SHOWN_FROM}"
MEASURED = (
    "Below each entry, the mail asks “Was it useful?” and leads to a page with three buttons. Only a pressed button counts: one word for each reader "
    "and entry, the last one.",
    "Sixty days later, those who found something useful or meant to use it are asked once whether they did; nobody more than once a month.",
    "We do not know who opened a mail or followed a link, and do not try to: no picture is loaded, and links lead straight to the source.",
    f"What fewer than {SHOWN_FROM} readers said is not shown, nor added to a sum where it could be worked out from that. Those who have left and had "
    "their address erased are counted no more.",
    "These are the words of those who chose to answer, and no measure of all who read.",
)
"""How it was measured, a sentence or two for each step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One year: its editions, how many entries stood in them, whom they were mailed to and who spoke, and what was said of which entry, the most
    useful first; entries of which too few spoke are not among them."""

    year: int
    editions: tuple[str, ...]
    entries: int
    mailed: int
    spoke: int
    said: Said
    items: tuple[tuple[Entry, Said], ...]


def years(editions: Iterable[Edition], zone: ZoneInfo) -> tuple[int, ...]:
    """List the years in which editions were released, the newest first."""
    return tuple(sorted({_year(one, zone) for one in editions}, reverse=True))


def report(year: int, editions: Iterable[Edition], store: Store, *, zone: ZoneInfo) -> Report:
    """Put together what readers said of the editions that were released in a year. Only entries that stand in `editions` count, so that of public
    ones nothing else shows. Raises `NotFoundError` where there was none."""
    held = [one for one in editions if _year(one, zone) == year]
    if not held:
        raise NotFoundError("edition", f"of {year}", hint="No edition was released in that year.")
    entries = {entry.id: entry for one in sorted(held, key=lambda one: one.id) for entry in one.entries}
    named = tuple(sorted(one.id for one in held))
    sent = (*named, *store.mails_of(year))
    said = [one for one in store.tallies(*sent) if one.item in entries]
    mailed, spoke = store.reached(*sent)
    shown = sorted((one for one in said if words(one)), key=lambda one: (-one.useful - one.will_use, one.item))
    return Report(
        year=year,
        editions=named,
        entries=len(entries),
        mailed=mailed,
        spoke=spoke,
        said=total(said),
        items=tuple((entries[one.item], one) for one in shown),
    )


def total(said: Iterable[Said]) -> Said:
    """Add up what was said of several items, without what could be worked out by taking the items that are shown from the sum (complementary
    suppression; Willenborg and de Waal, Elements of Statistical Disclosure Control, 2001, ch. 4).

    Of votes the few that would be told are left out. The answers of two months later are said together or not at all: "7 of 20" without some of the
    seven would be untrue.
    """
    held = tuple(said)
    votes = {name: _together([getattr(one, name) for one in held])[0] for name in ("useful", "will_use", "not_for_me", "asked")}
    later = {name: _together([getattr(one, name) for one in held]) for name in ("used", "shared", "answered")}
    if not (later["used"][1] and later["answered"][1]):
        return Said(item=ItemId(0), **votes)
    used, shared, answered = (number for number, _ in later.values())
    return Said(item=ItemId(0), **votes, used=used, shared=shared, no=answered - used - shared)


def _together(counts: Sequence[int]) -> tuple[int, bool]:
    """Give the sum of what may be told of several counts, and whether that is all of them."""
    rest = sum(number for number in counts if number < SHOWN_FROM)
    return (sum(counts), True) if rest == 0 or rest >= SHOWN_FROM else (sum(counts) - rest, False)


def shown(number: int) -> int | None:
    """Give a count as it may be shown: nothing for a small one."""
    return number if number >= SHOWN_FROM else None


def count(number: int) -> str:
    """Write a count as it may be shown: "1,204", or "fewer than 5"."""
    return HIDDEN if shown(number) is None else f"{number:,}"


def words(said: Said) -> tuple[str, ...]:
    """Say what may be said of an item, or of several, in phrases: "12 found it useful", "7 of 9 who answered used it"; nothing of what too few
    said."""
    pairs = ((said.useful, "found it useful"), (said.will_use, "will use it"), (said.not_for_me, "said it was not for them"))
    phrases = [f"{number:,} {phrase}" for number, phrase in pairs if shown(number)]
    return tuple(phrase for phrase in (*phrases, outcome(said)) if phrase)


def outcome(said: Said) -> str:
    """Write the line of impact, with how many answered: "7 of 9 who answered used it", "7 of 20 who answered used it, 6 passed it on"."""
    if shown(said.answered) is None:
        return ""
    passed = f", {said.shared:,} passed it on" if shown(said.shared) else ""
    return f"{count(said.used)} of {said.answered:,} who answered used it{passed}"


def contributions(items: Sequence[ItemId], store: Store) -> tuple[str, ...]:
    """Say what readers said of the items that somebody wrote or brought in, together."""
    return words(total(store.tallies_of(items)))


def _year(edition: Edition, zone: ZoneInfo) -> int:
    return (edition.released or edition.composed).astimezone(zone).year
