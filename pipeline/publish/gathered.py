"""Mails for readers who do not want one a month: what is new each week, and the best of each quarter.

A week tells what a curator accepted since the last one, whether an issue has it yet or not, and what was put right. A quarter has its issues, as they
stand now. Each is composed once and kept under its own name, so that nobody gets it twice. It has no page and no files, and no item becomes
published by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from pipeline import dates, digest
from pipeline.config import Config
from pipeline.digest.entries import ended, starts
from pipeline.digest.letter import is_default
from pipeline.digest.words import month_name
from pipeline.model import Correction, Edition, EditionState, Entry, Item, Section, Severity, State, Tally
from pipeline.publish.editions import homes
from pipeline.publish.tailor import readers
from pipeline.store import Store

HOUR = 7
"""From this hour of Monday on, in the desk's zone, the mail of a week is made."""
_WEEK, _LONGEST = timedelta(days=7), timedelta(days=31)
_YEAR = re.compile(r"(?: de)? \d{4}$")


def gathered(config: Config, store: Store, *, now: datetime) -> tuple[str, ...]:
    """Make the mails between the issues that are due at `now` and were not made yet. Gives their names; those with nothing to say are not named.

    The week's is due from Monday morning on. The quarter's is due when the issue of its last month is released, and where none is, in the month
    after it. Where nobody wants them, none are made. They are kept and queued in one step, so that a crash before they are sent loses none.
    """
    made = (*_weeks(config, store, now), *_quarters(config, store, now))
    for edition in made:
        with store.transaction():
            store.keep_gathered(edition)
            store.queue_deliveries(edition.id, [one.id for one in readers(edition, store)], now)
    return tuple(edition.id for edition in made if edition.entries)


# ------------------------------------------------------------ the week


def _weeks(config: Config, store: Store, now: datetime) -> Iterator[Edition]:
    here = now.astimezone(dates.zone(config.desk.timezone) or UTC)
    year, week, day = here.isocalendar()
    edition_id = f"mail/{year}-w{week:02}"
    if (day, here.hour) >= (1, HOUR) and not store.is_gathered(edition_id) and store.has_readers("weekly"):
        since = max(store.last_week() or now - _WEEK, now - _LONGEST)
        yield _week(edition_id, config, store, since=since, now=now)


def _week(edition_id: str, config: Config, store: Store, *, since: datetime, now: datetime) -> Edition:
    items = [_open(store.item(one)) for one in store.kept_between(since, now)]
    edition = digest.compose(
        edition_id,
        items,
        desk=config.desk,
        settings=replace(config.digest, template="list"),
        topics=config.topics,
        spellings=config.spellings,
        tally=Tally(),
        now=now,
        homes=homes(items, config.digest, now=now),
    )
    issues = [one for one in store.editions() if one.is_released]
    letters = [one.letter for one in issues if one.released and since < one.released <= now and not is_default(one.letter)]
    return replace(
        edition,
        form="week",
        month_name=dates.long(now.astimezone(dates.zone(config.desk.timezone) or UTC).date(), config.desk.language),
        letter=letters[0] if letters else "",
        made=(),
        errata=tuple(_put_right(issues, edition, since, now)),
        state=EditionState.RELEASED,
        released=now,
    )


def _open(item: Item) -> Item:
    """An item counts as accepted whether an issue has taken it up meanwhile or not."""
    return replace(item, state=State.ACCEPTED)


def _put_right(issues: Iterable[Edition], edition: Edition, since: datetime, now: datetime) -> Iterator[Correction]:
    for one in (one for issue in issues for one in issue.corrections):
        public = one.audience == "public" or edition.audience != "public"
        if since < one.made <= now and one.severity is not Severity.SLIP and public:
            yield one


# ------------------------------------------------------------ the quarter


def _quarters(config: Config, store: Store, now: datetime) -> Iterator[Edition]:
    here = now.astimezone(dates.zone(config.desk.timezone) or UTC).date()
    first = date(here.year, here.month - (here.month - 1) % 3, 1)
    before = date(first.year - (first.month == 1), (first.month - 4) % 12 + 1, 1)
    for begins, is_over in ((before, here.month == first.month), (first, False)):
        edition_id = f"mail/{begins.year}-q{begins.month // 3 + 1}"
        months = [f"{begins.year}-{begins.month + more:02}" for more in range(3)]
        if not store.is_gathered(edition_id) and store.has_readers("quarterly"):
            found = {one for one, _ in store.public_state()}
            issues = [store.edition(one) for one in reversed(months) if one in found]
            if issues and (is_over or months[-1] in found):
                yield _quarter(edition_id, issues, months, now)


def _quarter(edition_id: str, issues: Sequence[Edition], months: Sequence[str], now: datetime) -> Edition:
    """Put issues together, the newest first. What is over is not announced."""
    last = issues[0]
    begins, ends = month_name(months[0], last.language), month_name(months[-1], last.language)
    return replace(
        last,
        id=edition_id,
        form="quarter",
        month_name=f"{_YEAR.sub('', begins)} to {ends}",
        letter="",
        template="list",
        essay="",
        sections=tuple(_joined(issues, now)),
        picks=tuple(dict.fromkeys(pick for one in issues for pick in one.picks)),
        trends=(),
        made=(),
        tally=Tally(),
        waived=(),
        corrections=(),
        errata=tuple(dict.fromkeys(one for issue in issues for one in (*issue.errata, *issue.corrections) if one.severity is not Severity.SLIP)),
        state=EditionState.RELEASED,
        composed=now,
        released=now,
        corrected=None,
    )


def _joined(issues: Sequence[Edition], now: datetime) -> Iterator[Section]:
    sections = {section.id: section for issue in reversed(issues) for section in issue.sections}
    order = dict.fromkeys(section.id for issue in issues for section in issue.sections)
    zone = dates.zone(issues[0].timezone) or UTC
    said: set[int] = set()
    for name in order:
        found = (entry for issue in issues for section in issue.sections if section.id == name for entry in section.entries)
        kept = {
            entry.id: replace(entry, picture=None) for entry in found if entry.id not in said and not (entry.event and ended(entry.event, now, zone))
        }
        said |= kept.keys()
        if kept:
            yield replace(sections[name], entries=tuple(sorted(kept.values(), key=lambda entry: _when(entry, zone))))


def _when(entry: Entry, zone: tzinfo) -> datetime:
    """Events come in the order of their days, everything else stays in the order in which it stands."""
    start = entry.event.start if entry.event else None
    return starts(start, zone) if start else datetime.max.replace(tzinfo=UTC)
