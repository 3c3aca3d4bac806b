"""What stands between an edition and its release: everything that is found about it, and what an editor let pass by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType

from pipeline import dates, digest
from pipeline.config import Config
from pipeline.digest.arrange import Absence, absent
from pipeline.errors import NotFoundError, PipelineError, RenderError
from pipeline.model import Edition, EditionState, Entry, Finding, ItemId, Resource, State, Waiver
from pipeline.publish import retractions
from pipeline.publish.answered import Answered, Fate
from pipeline.render.inspect import inspect
from pipeline.store import ItemQuery, LinkCheck, LinkState, Store
from pipeline.text import clip, counted, squeeze

_ORDER = ("error", "warning", "note")
_TITLE, _SAID, _ASKED = 90, 160, 5_000  # characters of a title and of a reason; accepted items that are asked about
_REASONS = (
    (Absence.NO_ROOM, "found no room under the caps and will be offered to the next edition", "Raise a cap, or leave something else out."),
    (Absence.MEMBERS, "for members only cannot stand in a public edition", "Set `digest.audience: members` to print them for members."),
)


def findings(edition: Edition, config: Config, store: Store, *, asked: Mapping[ItemId, Answered] = MappingProxyType({})) -> tuple[Finding, ...]:
    """List what an editor should look at before release, errors first. `asked` says of links that were asked just now what was found; of all others
    the last visit counts, and what is known of links in earlier editions."""
    history = [one for one in store.editions() if one.is_released and one.id < edition.id]
    found = digest.preflight(
        edition,
        resources=dict(_resources(edition.entries, store)),
        history=history,
        topics=config.topics,
        copied_words=config.digest.copied_words,
    )
    return in_order(
        (*found, *_of_links(edition, store, asked), *_absent(edition, config, store), *retractions.found(edition, store), *inspect(edition))
    )


def _of_links(edition: Edition, store: Store, asked: Mapping[ItemId, Answered]) -> Iterator[Finding]:
    marked = store.marked_links()
    for entry in edition.entries:
        answer = asked.get(entry.id) or _remembered(entry, marked.get(entry.url), store)
        if answer is not None:
            yield from _of_link(entry, answer)


def _remembered(entry: Entry, marked: LinkCheck | None, store: Store) -> Answered | None:
    """Say of a link what was found earlier: where it stood in an earlier edition, else when its page was visited last."""
    if marked is not None and marked.state is LinkState.MOVED:
        return Answered(fate=Fate.THERE, moved_to=marked.moved_to)
    reason = marked.reason if marked is not None else store.reason(entry.url)
    return Answered(fate=Fate.NOTHING, reason=reason) if reason else None


def _of_link(entry: Entry, answer: Answered) -> Iterator[Finding]:
    """Tell of a link that leads nowhere or elsewhere, and of one of which nobody knows. What robots.txt keeps from us, readers may see."""
    place, title = f"item {entry.id}", f'"{clip(entry.title, _TITLE)}"'
    said = clip(squeeze(answer.reason), _SAID).rstrip(".?!")
    if answer.fate in (Fate.NOTHING, Fate.CLOSED):
        told, remedy = f"The link of {title} does not work: {said}.", "Open it; give the address where it is now, or take it out."
        yield Finding(severity="warning", rule="link-broken", place=place, problem=told, remedy=remedy)
    elif answer.fate is Fate.TROUBLE:
        told, remedy = f"We could not see whether the link of {title} works: {said}.", "Open it yourself, or ask again later."
        yield Finding(severity="note", rule="link-doubtful", place=place, problem=told, remedy=remedy)
    elif answer.moved_to:
        told, remedy = f"The link of {title} has moved for good to {clip(answer.moved_to, _SAID)}", f"Open that, and give it to item {entry.id}."
        yield Finding(severity="warning", rule="link-moved", place=place, problem=told, remedy=remedy)


def _absent(edition: Edition, config: Config, store: Store) -> Iterator[Finding]:
    """Say what was accepted and does not stand in an edition, unless an editor left it out: nothing goes missing without a word."""
    accepted = store.items(ItemQuery(states=(State.ACCEPTED,), limit=_ASKED))
    zone, arrangement = dates.zone(config.desk.timezone) or UTC, store.arrangement(edition.id)
    now = edition.released or edition.composed
    missing = absent(accepted, edition, arrangement=arrangement, settings=config.digest, now=now, zone=zone)
    for item, why in missing:
        if why is Absence.OVER:
            told = f'"{clip(item.title or item.resource.url, _TITLE)}" is accepted and over, so no edition takes it in.'
            yield Finding(severity="note", place=f"item {item.id}", problem=told, remedy="Put its date right, or reject it.", rule="left-out")
    if edition.state is EditionState.DRAFT:  # what was accepted after the freeze has its turn
        yield from _waiting(Counter(why for _, why in missing))


def _waiting(numbers: Mapping[Absence, int]) -> Iterator[Finding]:
    for why, reason, remedy in _REASONS:
        if numbers[why]:
            told = f"{counted(numbers[why], 'accepted item')} {reason}."
            yield Finding(severity="note", place="edition", problem=told, remedy=remedy, rule="left-out")


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put errors, which stop a release, before warnings and notes."""
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def waivers(found: Sequence[Finding], wishes: Sequence[str], *, by: str, now: datetime) -> tuple[Waiver, ...]:
    """Let findings pass by name. A wish is `RULE`, or `RULE:PLACE` where PLACE is as the finding says it, or the number of its item.

    Raises `PipelineError` where nobody stands for it, `NotFoundError` for a wish that meets no finding.
    """
    if wishes and not by.strip():
        raise PipelineError("A finding is let pass by name only.", hint="Add `--by` and your name.")
    passed: dict[tuple[str, str], Waiver] = {}
    for wish in wishes:
        rule, _, place = wish.partition(":")
        met = [one for one in found if rule and one.rule == rule and place in ("", one.place, one.place.removeprefix("item "))]
        if not met:
            raise NotFoundError("finding", f"“{wish}”", hint="`gleanings digest check EDITION` lists them, each with its rule and place.")
        passed |= {(one.rule, one.place): Waiver(rule=one.rule, place=one.place, by=by.strip(), at=now) for one in met}
    return tuple(passed.values())


def refuse_errors(edition: Edition, found: Iterable[Finding], passed: Sequence[Waiver]) -> None:
    """Raise `RenderError` with the first error that nobody let pass."""
    known = {(one.rule, one.place) for one in passed}
    for one in found:
        if one.severity == "error" and (one.rule, one.place) not in known:
            waive = f" Or let it pass: `gleanings digest release {edition.id} --waive '{one.rule}:{one.place}' --by NAME`." if one.rule else ""
            raise RenderError(f"Edition {edition.id} is not ready: {one.problem}", place=one.place, hint=f"{one.remedy}{waive}")


def _resources(entries: Iterable[Entry], store: Store) -> Iterator[tuple[ItemId, Resource]]:
    for entry in entries:
        with suppress(NotFoundError):
            yield entry.id, store.item(entry.id).resource
