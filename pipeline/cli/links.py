"""Whether the links of released editions still lead where they led: `gleanings links`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, day, group, here, in_words, now

if TYPE_CHECKING:
    from pipeline.model import Edition, ItemId
    from pipeline.store import LinkCheck

_STATES = ("ok", "moved", "gone", "failing", "unasked")
_ALL = 10_000


@group("links", "links check", "links list --state gone")
def links_command() -> None:
    """Ask links of old editions whether they still lead somewhere, and list those that moved or are gone."""


@command("check", "links check", "links check --count 100", "links check --edition 2026-12", group=links_command)
@click.option("--count", type=click.IntRange(1, _ALL), help="How many links, those asked longest ago first; 25 if left out.")
@click.option("--edition", default="", metavar="EDITION", help="The links of this edition; all of them if --count is left out.")
@here
def check_links(session: Session, count: int | None, edition: str) -> None:
    """Ask some links of released editions, politely, and keep what is found. The service does this by itself."""
    with desk(session) as (config, store), progress() as report:
        most = count or (_ALL if edition else late.links.COUNT)
        found = late.links.sample(config, store, now=now(), count=most, edition=edition, report=lambda done, total: report("asking", done, total))
        editions = store.editions()
    _tell(session, found, editions)
    counts: dict[str, int] = {}
    for one in found:
        counts[one.state] = counts.get(one.state, 0) + 1
    session.say(f"Links asked: {len(found)} ({in_words(counts)}).")


@command("list", "links list", "links list --state gone --json", group=links_command)
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@here
def list_links(session: Session, state: str | None) -> None:
    """List what is known of links, with where they stand and the command that puts one right."""
    with desk(session) as (_, store):
        found = store.link_checks(late.store.LinkState(state) if state else None)
        editions = store.editions()
    _tell(session, found, editions)
    if not found:
        session.say("Nothing is known yet: `gleanings links check` asks some." if state is None else f"No link is {state}.")


def _tell(session: Session, found: tuple[LinkCheck, ...], editions: tuple[Edition, ...]) -> None:
    """Write a line for each link. A link that moved has the command that puts it right in its newest edition."""
    stood: dict[str, list[tuple[str, ItemId]]] = {}
    for edition in editions:
        for entry in edition.entries if edition.is_released else ():
            stood.setdefault(entry.url, []).append((edition.id, entry.id))
    for one in found:
        places = stood.get(one.url, [])
        session.emit({"url": one.url, "state": one.state, "since": one.since, "checked": one.checked, "moved_to": one.moved_to or None,
                      "failures": one.failures, "reason": one.reason or None, "command": _command(one, places) or None,
                      "stood": [{"edition": edition, "item": item} for edition, item in places]})  # fmt: skip
        session.say(f"{one.state:<8}{day(one.checked)}  {one.url}{f', in {places[0][0]}, item {places[0][1]}' if places else ''}")
        for said in (one.reason, one.moved_to and f"leads to {one.moved_to} for good", _command(one, places)):
            if said:
                session.say(f"        {said}")


def _command(one: LinkCheck, places: list[tuple[str, ItemId]]) -> str:
    if one.state != "moved" or not places:
        return ""
    edition, item = places[0]
    words = ("--severity", "slip", "--url", one.moved_to, "--note", "The page has moved; the link leads to its new address.")
    return shlex.join(("gleanings", "digest", "correct", edition, "--item", str(item), *words))
