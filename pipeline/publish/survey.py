"""Rounds of the members' survey: inviting, reminding, ending, and what came of it as files.

Nobody is asked who they are. The link in an invitation is made while the mail is written (`@@TICKET@@`) and stands in no table, so a round that is
under way cannot say who has answered: the reminder goes to all. Results are worked out when the round is over, never before: whoever looks twice
could take the first look from the second.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline import dates
from pipeline.config import Config
from pipeline.digest.survey import results, trend
from pipeline.errors import ConflictError, PipelineError
from pipeline.files import write_whole
from pipeline.model import Desk, Subscriber, SubscriberState
from pipeline.plain import Json, to_plain
from pipeline.publish import notices, readers
from pipeline.render import survey as pages
from pipeline.store import Store
from pipeline.survey import Line, Results, Round, Survey
from pipeline.text import counted

FOLDER = "surveys"
FILES = ("results.html", "results.pdf", "results.json")
LEAST = 5
"""Answers that a figure stands on."""
USUAL = timedelta(days=21)
_REMIND = timedelta(days=7)
_LONGEST = timedelta(days=180)
_ROUNDS = 6
"""Rounds that a trend goes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A round as it would be opened: to whom it goes, and who of those named is not written to because they do not want mail."""

    opening: Round
    invited: tuple[str, ...]
    left_out: tuple[str, ...]


def plan(config: Config, store: Store, survey: Survey, *, ends: date | None, addresses: Sequence[str] | None, now: datetime) -> Opening:
    """Say what opening a round would do. It goes to all confirmed subscribers, or to the addresses. Raises `PipelineError` where it cannot be."""
    zone = ZoneInfo(config.desk.timezone)
    today = now.astimezone(zone).date()
    last = ends or today + USUAL
    if not today < last <= today + _LONGEST:
        raise PipelineError(f"A survey cannot end on {last}.", hint=f"Choose a day from {today + timedelta(days=1)} to {today + _LONGEST}.")
    known = {one.email.casefold(): one for one in store.subscribers()}
    asked = [one.email for one in known.values() if one.state is SubscriberState.CONFIRMED] if addresses is None else addresses
    wanted = list({address.strip().casefold(): address.strip() for address in asked}.values())
    invited = tuple(one for one in wanted if _may_write(known.get(one.casefold())) and not store.is_forgotten(one))
    if len(invited) < LEAST:
        raise PipelineError(
            f"Only {counted(len(invited), 'person', 'people')} can be invited, and figures are shown from {LEAST} answers only.",
            hint="Invite more people: `gleanings subscribers list` shows who is confirmed, `--to FILE` takes addresses.",
        )
    opening = Round(id=_free(today, store), survey=survey, opened=now, ends=datetime.combine(last + timedelta(days=1), time(), zone))
    return Opening(opening=opening, invited=invited, left_out=tuple(one for one in wanted if one not in set(invited)))


def open_round(config: Config, store: Store, planned: Opening) -> Round:
    """Open a round and queue its invitations, all or nothing. The service mails them."""
    opening = planned.opening
    with store.transaction():
        store.open_survey(opening)
        known = {one.email.casefold(): one for one in store.subscribers()}
        for address in planned.invited:
            body = _invitation(config.desk, opening)
            _queue(
                config,
                store,
                opening.id,
                to=(address, known.get(address.casefold())),
                mail=(_subject(config.desk, opening), body),
                now=opening.opened,
            )
        return store.survey(opening.id)


def look_after(config: Config, store: Store, *, now: datetime) -> None:
    """Remind where a round ends within a week, and end what is over. Doing it again does nothing."""
    for one in store.surveys():
        if one.closed is not None:
            continue
        if one.is_over(now):
            store.close_survey(one.id, now=now)
        elif now >= one.ends - _REMIND >= one.opened + _REMIND and not store.is_reminded(one.id):
            _remind(config, store, one, now=now)


def results_of(survey_id: str, store: Store, *, now: datetime) -> tuple[Results, tuple[Line, ...], tuple[Results, ...]]:
    """Give the results of a round that is over, its trend, and the rounds that the trend goes through, the oldest first.

    Raises `NotFoundError`, or `ConflictError` while the round is under way.
    """
    found = store.survey(survey_id)
    if not found.is_over(now):
        raise ConflictError(
            f"The survey {found.id} is under way: {counted(found.answered, 'answer')} so far.",
            hint=f"Results are there when it is over, so that nobody can compare before and after. `gleanings survey close {found.id}` ends it now.",
        )
    before = [one for one in store.surveys() if one.opened <= found.opened and one.is_over(now)]
    rounds = [results(one, *store.answers(one.id), least=LEAST) for one in reversed(before[:_ROUNDS])]
    told = [one for one in rounds if one.id == found.id or one.answered >= LEAST]
    return told[-1], trend(told), tuple(told)


def files(survey_id: str, config: Config, store: Store, *, now: datetime, names: Sequence[str] = FILES) -> dict[str, bytes]:
    """Make the files of a round: a page, a PDF for the workshop, and the figures as JSON."""
    found, lines, rounds = results_of(survey_id, store, now=now)
    sheet = pages.Sheet(results=found, lines=lines, rounds=rounds, desk=config.desk)
    made: dict[str, bytes] = {}
    for name in names:
        match name:
            case "results.html":
                made[name] = pages.html(sheet)
            case "results.pdf":
                made[name] = pages.pdf(sheet)
            case _:
                made[name] = json.dumps(as_json(found, lines, rounds), ensure_ascii=False, indent=1).encode() + b"\n"
    return made


def write(survey_id: str, config: Config, store: Store, *, folder: Path | None, now: datetime) -> tuple[Path, ...]:
    """Write the files of a round, whole or not at all, into a folder of your choice or `digests/surveys/ID`."""
    made = files(survey_id, config, store, now=now)
    place = folder or config.digests / FOLDER / survey_id
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, body in made.items():
            write_whole(place / name, [body])
    except OSError as error:
        raise PipelineError(f"{place} cannot be written: {error.strerror}.", hint="Choose another place with -o, or make room.") from error
    return tuple(place / name for name in made)


def as_json(found: Results, lines: Iterable[Line], rounds: Iterable[Results]) -> dict[str, Json]:
    """Give the results and their trend as plain values."""
    plain = to_plain(found)
    told = {"rounds": [one.id for one in rounds], "lines": [to_plain(line) for line in lines]}
    return {**(plain if isinstance(plain, dict) else {}), "trend": to_plain(told)}


def last_day(one: Round, desk: Desk) -> date:
    """Give the last day on which answers are, or were, taken, where the desk is."""
    return ((one.closed or one.ends).astimezone(ZoneInfo(desk.timezone)) - timedelta(seconds=1)).date()


def _may_write(person: Subscriber | None) -> bool:
    """Whether an address may be written to: one that has left, or whose mail comes back, may not."""
    gone = (SubscriberState.UNSUBSCRIBED, SubscriberState.BOUNCED)
    return person is None or (person.state not in gone and person.quarantined is None)


def _free(today: date, store: Store) -> str:
    taken = {one.id for one in store.surveys()}
    names = (today.isoformat() + (f"-{count}" if count > 1 else "") for count in range(1, 1001))
    return next(name for name in names if name not in taken)


def _remind(config: Config, store: Store, one: Round, *, now: datetime) -> None:
    known = {person.email.casefold(): person for person in store.subscribers()}
    with store.transaction():
        for address in store.invited(one.id):
            person = known.get(address.casefold())
            if _may_write(person):
                mail = (f"One week left: {one.survey.title}", _reminder(config.desk, one))
                _queue(config, store, f"{one.id}:reminder", to=(address, person), mail=mail, now=now)


def _queue(config: Config, store: Store, key: str, *, to: tuple[str, Subscriber | None], mail: tuple[str, str], now: datetime) -> None:
    address, person = to
    subject, body = mail
    leave = ""
    if person is not None:
        leave = readers.link(config, store, "unsubscribe", person.id)
        body += f"\nNo more mail from us: {leave}\n"
    notices.queue(store, kind="invitation", key=key, email=address, subject=subject, body=body, leave=leave, now=now)


def _subject(desk: Desk, one: Round) -> str:
    return f"{one.survey.title} ({counted(one.survey.minutes, 'minute')}, until {dates.long(last_day(one, desk), desk.language)})"


def _invitation(desk: Desk, one: Round) -> str:
    survey, until = one.survey, dates.long(last_day(one, desk), desk.language)
    return "\n".join(
        [
            *_prose(f"{desk.organisation} asks its members: {survey.title}", survey.about),
            *_prose(f"It takes about {counted(survey.minutes, 'minute')} and is open until {until}. This link is yours and works once:"),
            f"{desk.url}/survey/{notices.TICKET}\n",
            *_prose(
                "Nobody can see who gave which answer. The link was made while this mail was written and is kept nowhere beside your address; answers"
                f" have no name, no time and no order; figures of fewer than {LEAST} people are not shown. Comments are read by members as you"
                " write them, so leave names out.",
                "Please pass the link to nobody: whoever has it can answer in your place.",
            ),
            *([f"Questions: {desk.contact}\n"] if desk.contact else []),
        ]
    )


def _reminder(desk: Desk, one: Round) -> str:
    opened = one.opened.astimezone(ZoneInfo(desk.timezone)).date()
    until, since = dates.long(last_day(one, desk), desk.language), dates.long(opened, desk.language)
    return "\n".join(
        [
            *_prose(
                f"The survey “{one.survey.title}” of {desk.organisation} is open until {until}.",
                "If you have answered already: thank you, and nothing more is needed. This mail goes to everybody who was invited, because we do"
                " not know who has answered.",
                f"Your link stands in our mail of {since} with the subject “{_subject(desk, one)}”. It cannot be"
                " sent again: it is kept nowhere but in that mail.",
            ),
        ]
    )


def _prose(*paragraphs: str) -> list[str]:
    return [textwrap.fill(paragraph, 72, break_long_words=False, break_on_hyphens=False) + "\n" for paragraph in paragraphs if paragraph]
