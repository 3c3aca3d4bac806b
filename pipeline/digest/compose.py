"""Accepted items to one edition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from pipeline import dates
from pipeline.digest import arrange, entries
from pipeline.digest.balance import how_made
from pipeline.digest.essay import draft_essay
from pipeline.digest.letter import default_letter
from pipeline.digest.sections import BOARD_KINDS, EVENT_KINDS, by_merit, share_out
from pipeline.digest.words import month_name, short_month
from pipeline.model import Arrangement, Correction, Desk, DigestSettings, Edition, Entry, Item, ItemId, Section, SectionRule, Tally, Topic, TopicTrend
from pipeline.names.spellings import AS_WRITTEN, Spellings

_MONTHS_SHOWN = 6
_TOPICS_SHOWN = 6
_NOT_FOR_READING = EVENT_KINDS | BOARD_KINDS


def compose(  # noqa: PLR0913 - an edition is made of this much, and of nothing that could be asked for later
    edition_id: str,
    items: Sequence[Item],
    *,
    desk: Desk,
    settings: DigestSettings,
    topics: Sequence[Topic],
    tally: Tally,
    now: datetime,
    letter: str = "",
    history: Sequence[Edition] = (),
    number: int = 1,
    homes: Mapping[ItemId, str] | None = None,
    errata: Sequence[Correction] = (),
    essay: str = "",
    arrangement: Arrangement | None = None,
    spellings: Spellings = AS_WRITTEN,
) -> Edition:
    """Make the edition of a month from its accepted items.

    `edition_id` is a month (`2026-12`), `letter` and `essay` Markdown, `history` the editions before this one, `homes` the section of what a rule
    of the settings meets, by item, `errata` what this edition puts right of earlier ones, `arrangement` what editors changed by hand, `spellings` how
    people and publishers are called. Left out: what
    is not accepted, events that are over at `now`, what only members may see when the audience is the public, what waits for a later edition, and
    what the caps leave no room for. Letter and essay that nobody wrote are drafted.
    """
    by_hand = arrangement or Arrangement(edition=edition_id)
    zone = dates.zone(desk.timezone) or UTC
    wanted = {item.id: item for item in items if arrange.belongs(item, edition_id, settings) and not entries.is_over(item, now, zone)}
    names = {topic.id: topic.name for topic in topics}
    shares = _shares([item for item in wanted.values() if item.id not in by_hand.left_out], by_hand, settings, homes=homes, own=desk.organisation)
    sections = tuple(_section(rule, arrange.in_order(rule.id, _composed(share, zone), by_hand), names, spellings) for rule, share in shares)
    earlier = sorted((one for one in history if one.id < edition_id), key=lambda one: one.id)[1 - _MONTHS_SHOWN :]
    edition = replace(
        _blank(edition_id, desk, now),
        number=number,
        months=tuple(short_month(one, desk.language) for one in (*(e.id for e in earlier), edition_id)),
        letter=letter,
        audience=settings.audience,
        sections=sections,
        picks=arrange.picks(_picks([share for _, share in shares]), {entry.id for entry in _all(sections)}, by_hand),
        tally=tally,
        trends=tuple(_trends((*(e.sections for e in earlier), sections))),
        template=settings.template,
        essay=essay if settings.template == "essay" else "",
        errata=tuple(errata),
    )
    return _drafted(replace(edition, made=how_made(edition, topics=topics)))


def _drafted(edition: Edition) -> Edition:
    letter = edition.letter if edition.letter.strip() else default_letter(edition)
    essay = edition.essay if edition.essay.strip() or edition.template != "essay" else draft_essay(edition)
    return replace(edition, letter=letter, essay=essay)


def _blank(edition_id: str, desk: Desk, now: datetime) -> Edition:
    return Edition(
        id=edition_id,
        title=desk.name,
        organisation=desk.organisation,
        url=desk.url,
        contact=desk.contact,
        language=desk.language,
        timezone=desk.timezone,
        month_name=month_name(edition_id, desk.language),
        strap=desk.strap,
        editor=desk.editor,
        composed=now,
    )


def _shares(
    items: Sequence[Item], by_hand: Arrangement, settings: DigestSettings, *, homes: Mapping[ItemId, str] | None, own: str
) -> list[tuple[SectionRule, Sequence[Item]]]:
    """Share items out over the sections, in the order of an editor where she made one."""
    placed = {**(homes or {}), **arrange.homes(by_hand, settings)}
    found = list(share_out(items, arrange.capped(settings, by_hand), homes=placed, own=own, precedence=arrange.precedence(by_hand)))
    shares = {rule.id: (rule, share) for rule, share in found}
    return [shares[section] for section in arrange.merged(by_hand.order, list(shares))]


def _composed(share: Sequence[Item], zone: tzinfo) -> Sequence[Item]:
    """Put the items of a section into the order that they have by themselves: events by date, others by merit."""
    if any(item.kind in EVENT_KINDS for item in share):
        return sorted(share, key=lambda item: _start(item, zone))
    return share


def _section(rule: SectionRule, share: Sequence[Item], names: dict[str, str], spellings: Spellings) -> Section:
    made = tuple(
        entries.entry(item, names, lead=not place and item.kind not in _NOT_FOR_READING, spellings=spellings) for place, item in enumerate(share)
    )
    return Section(id=rule.id, title=rule.title, standfirst=rule.standfirst, entries=made)


def _start(item: Item, zone: tzinfo) -> tuple[bool, datetime, int]:
    start = item.event.start if item.event else None
    return (start is None, entries.starts(start, zone) if start else datetime.max.replace(tzinfo=UTC), item.id)


def _picks(shares: Iterable[Sequence[Item]]) -> tuple[ItemId, ...]:
    """The must-have and the best of different sections. Events are for going to, offers for answering, and a handful of entries needs no choice."""
    readable = [[item for item in share if item.kind not in _NOT_FOR_READING] for share in shares]
    pool = sorted((item for share in readable for item in share), key=by_merit)
    if len(pool) <= arrange.PICKS:
        return ()
    firsts = {id(item) for share in readable for item in share[:1]}
    must = [item for item in pool if item.overlay.must_have]
    order = dict.fromkeys(item.id for item in (*must, *(item for item in pool if id(item) in firsts), *pool))
    return tuple(order)[: arrange.PICKS]


def _trends(months: Sequence[tuple[Section, ...]]) -> Iterator[TopicTrend]:
    counts = [Counter(topic for entry in _all(sections) for topic in entry.topics) for sections in months]
    total = sum(counts, Counter[str]())
    shown = sorted((topic for topic in total if counts[-1][topic]), key=lambda topic: (-counts[-1][topic], -total[topic], topic))
    for topic in shown[:_TOPICS_SHOWN]:
        yield TopicTrend(topic=topic, counts=tuple(count[topic] for count in counts))


def _all(sections: Iterable[Section]) -> Iterator[Entry]:
    for section in sections:
        yield from section.entries
