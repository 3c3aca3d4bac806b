"""`gleanings impact`: what readers said of a year's editions, and the lines that an editor may make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from pipeline.cli import late, rooms
from pipeline.cli.session import Session, command, here
from pipeline.errors import NotFoundError
from pipeline.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.model import Entry, ItemId
    from pipeline.publish.impact import Report
    from pipeline.store import Said


@command("impact", "impact", "impact 2026 --json")
@click.argument("year", required=False, type=click.IntRange(1970, 9999))
@here
def impact_command(session: Session, year: int | None) -> None:
    """Say what readers found useful and used in a year's editions; the newest year if left out. Below five nothing is shown."""
    with rooms.desk(session) as (config, store):
        released = [one for one in store.editions() if one.is_released]
        zone = ZoneInfo(config.desk.timezone)
        known = late.impact.years(released, zone)
        if not known:
            raise NotFoundError("edition", "that was released", hint="`gleanings digest release` publishes one; readers speak after that.")
        found = late.impact.report(year or known[0], released, store, zone=zone)
        heard: dict[ItemId, list[str]] = {}
        for item, words in store.words_on(entry.id for one in released if one.id in found.editions for entry in one.entries):
            heard.setdefault(item, []).append(words)
        titles = {entry.id: entry.title for one in released for entry in one.entries}
    session.emit(_document(found, heard))
    _say(session, found)
    for item, words_of in heard.items():
        session.say(f"\n{titles[item]} ({item}), in readers' words:")
        session.say("\n".join(f"  {one}" for one in words_of))


def _say(session: Session, found: Report) -> None:
    count = late.impact.count
    held = f"{counted(len(found.editions), 'edition')} with {counted(found.entries, 'entry', 'entries')}"
    session.say(f"{found.year}: {held}. Readers mailed: {count(found.mailed)}; readers who said something: {count(found.spoke)}.")
    session.say(f"useful: {count(found.said.useful)}; will use: {count(found.said.will_use)}; not for me: {count(found.said.not_for_me)}")
    session.say(f"two months later: {late.impact.outcome(found.said) or 'too few have answered'}")
    if found.items:
        session.say("\ndraft lines:")
    for entry, said in found.items:
        session.say(f"  {entry.title} ({entry.id}): {'; '.join(late.impact.words(said))}.")


def _document(found: Report, heard: Mapping[ItemId, Sequence[str]]) -> dict[str, object]:
    """Give the figures as a program reads them; a count that is not shown is null."""
    shown = late.impact.shown
    return {
        "year": found.year,
        "editions": found.editions,
        "entries": found.entries,
        "mailed": shown(found.mailed),
        "spoke": shown(found.spoke),
        **_counts(found.said),
        "items": [_item(entry, said) for entry, said in found.items],
        "words": [{"item": item, "words": words} for item, words in heard.items()],
    }


def _item(entry: Entry, said: Said) -> dict[str, object]:
    return {"item": entry.id, "title": entry.title, "url": entry.url, **_counts(said), "line": late.impact.outcome(said)}


def _counts(said: Said) -> dict[str, object]:
    names = ("useful", "will_use", "not_for_me", "asked", "answered", "used", "shared")
    return {name: late.impact.shown(getattr(said, name)) for name in names}
