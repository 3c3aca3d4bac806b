"""The errand of looking whether anything stands in the way: doctor."""

from __future__ import annotations

import platform
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, day, here, now
from pipeline.errors import LockedError
from pipeline.model import TroubleKind
from pipeline.text import counted

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.store import Store

_OF_SOURCES = (TroubleKind.SILENT, TroubleKind.FAILING, TroubleKind.DRIFT)
"""Troubles that are named source by source anyway."""
_KNOWN_TO_SERVICE = (TroubleKind.CHILD, TroubleKind.SETTINGS)
"""Troubles that only the process knows in which they are."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that the doctor looked at. `remedy` is empty where all is well."""

    name: str
    found: str
    remedy: str = ""


@command("doctor", "doctor", "doctor --json", "doctor --repair")
@click.option("--repair", is_flag=True, help="First make the index of duplicates anew from what is stored; nothing may be serving.")
@here
def doctor_command(session: Session, repair: bool) -> int:
    """Look at everything that could stand in the way. Ends with 1 where something does."""
    with desk(session) as (config, store):
        if repair:
            with late.lock.hold(config.db, "serve", now=now()):
                _repair(config, store)
            session.say("The index of duplicates was made anew.")
        checked = tuple(_examined(config, store, now()))
    for one in checked:
        session.emit({"name": one.name, "ok": not one.remedy, "found": one.found, "remedy": one.remedy or None})
        session.say(f"{'look at' if one.remedy else 'ok     '}  {one.name}: {one.found}" + (f" {one.remedy}" if one.remedy else ""))
    return 1 if any(one.remedy for one in checked) else 0


def _repair(config: Config, store: Store) -> None:
    """Know all items by the rules of today, and make the index of what they are known by."""
    whole, folding_of = store.outdated(), late.harvest.folding_of(config)
    with progress() as report:
        while left := store.refold(folding_of):
            report("looking again", whole - left, whole)
    store.index_anew()


def _examined(config: Config, store: Store, moment: datetime) -> Iterator[Checked]:
    yield Checked("settings", f"{config.path.name} with {len(config.sources)} sources and {len(config.topics)} topics.")
    yield Checked("database", f"{config.db} has schema {store.schema_version}, which is the newest.")
    yield _folding(store)
    yield _versions(store)
    yield _room(config)
    yield _contact(config)
    yield _clock(store, moment)
    yield Checked("zone", f"{config.desk.timezone}; there it is {moment.astimezone(ZoneInfo(config.desk.timezone)):%H:%M on %Y-%m-%d}.")
    yield _tried("fonts", _fonts, "Install the packages font-source-sans-pro and font-source-serif-pro.")
    yield _mail(config)
    yield from _sources(config, store, moment)
    yield from _collections(config, store, moment)
    yield _digest(config, moment)
    yield _skipping(config, store, moment)
    yield _backup(config)
    yield from _service(config, store, moment)


def _folding(store: Store) -> Checked:
    if outdated := store.outdated():
        return Checked("folding", f"{outdated:,} items are yet to be looked at by the rules of this version; each harvest does some, --repair all.")
    return Checked("folding", "All items are known by the rules of this version.")


def _versions(store: Store) -> Checked:
    """Name what we stand on, and what of it is missing."""
    found, missing = [f"Python {platform.python_version()}", f"SQLite {store.engine}"], []
    for line in metadata.requires("gleanings") or ():
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        if "extra ==" in line:
            continue
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    remedy = f"Install Gleanings anew: {', '.join(missing)} cannot be found." if missing else ""
    return Checked("versions", f"gleanings {metadata.version('gleanings')} on {', '.join(found)}.", remedy)


def _room(config: Config) -> Checked:
    free = late.looking.free(config.folder)
    if free is None:
        return Checked("disk", f"{config.folder} cannot be asked how much is free.", "Look whether the disk is there.")
    wanted = late.watch.NEARLY_FULL
    return Checked("disk", f"{free / 1e9:.1f} GB are free.", "" if free >= wanted else "Make room: `gleanings prune --dry-run` says what can go.")


def _contact(config: Config) -> Checked:
    if config.desk.contact:
        return Checked("contact", f"Sites that we ask can reach {config.desk.contact}.")
    return Checked("contact", "There is no `contact` under `desk`.", "Add it: it stands in the User-Agent, so that a site's owner can reach you.")


def _clock(store: Store, moment: datetime) -> Checked:
    runs = store.runs(limit=1)
    if runs and runs[0].started > moment:
        return Checked("clock", f"It is {moment:%Y-%m-%d %H:%M} UTC, before the last harvest.", "Set the machine's clock.")
    return Checked("clock", f"It is {moment:%Y-%m-%d %H:%M} UTC.")


def _fonts() -> str:
    return f"The digest's faces show {len(late.fonts.characters())} characters."


def _tried(name: str, look: Callable[[], str], remedy: str) -> Checked:
    try:
        return Checked(name, look())
    except (OSError, ImportError) as error:
        return Checked(name, f"{error}.", remedy)


def _mail(config: Config) -> Checked:
    mail = config.mail
    if mail.outbox:
        return Checked("mail", f"Mails go into the folder {mail.outbox}.")
    where = f"{mail.host}:{mail.port}"
    try:
        with socket.create_connection((mail.host, mail.port), timeout=5):
            return Checked("mail", f"{where} answers.")
    except OSError as error:
        return Checked("mail", f"{where} does not answer: {error}.", "Look at `mail.smtp`, or set `mail.outbox` to try things out.")


def _sources(config: Config, store: Store, moment: datetime) -> Iterator[Checked]:
    store.sync_sources(config.sources, moment)
    states = {state.id: state for state in store.source_states()}
    healths = [late.schedule.health(states[source.id], source, moment) for source in config.sources]
    failing = [health for health in healths if health.error]
    silent = [health.source for health in healths if health.silent and not health.error]
    for health in failing:
        yield Checked(f"source {health.source}", health.error or "", f"`gleanings sources test {health.source}` tries it now.")
    if silent:
        yield Checked("silent sources", f"{', '.join(silent)}.", "Nothing new for much longer than usual: look whether they moved.")
    if not failing and not silent:
        yield Checked("sources", f"None of {len(healths)} is failing or silent.")


def _skipping(config: Config, store: Store, moment: datetime) -> Checked:
    found = late.learn.skipping(config, store, now=moment)
    return Checked("skipping", f"{found.sentence} {counted(found.skipped, 'item')} skipped by the machine.")


def _collections(config: Config, store: Store, moment: datetime) -> Iterator[Checked]:
    overdue = late.collections.overdue(config, store, now=moment)
    for one, review in overdue:
        last = f"Last looked through on {review.reviewed.isoformat()}." if review.reviewed else "Never looked through."
        yield Checked(f"collection {one.id}", last, f"Look through it; then `gleanings collections reviewed {one.id}`.")
    if config.collections and not overdue:
        yield Checked("collections", f"None of {len(config.collections)} waits for a review.")


def _digest(config: Config, moment: datetime) -> Checked:
    zone = ZoneInfo(config.desk.timezone)
    due = late.schedule.next_edition(config.digest, config.desk.timezone, moment)
    closes = (due - config.digest.cutoff).astimezone(zone)
    return Checked("digest", f"The next edition is due {due.astimezone(zone):%Y-%m-%d %H:%M}; it is frozen at {closes:%Y-%m-%d %H:%M}.")


def _backup(config: Config) -> Checked:
    """Name the last copy. Whether it is too old is judged with everything else."""
    last = late.looking.last_backup(config)
    return Checked("backup", f"The last nightly copy is of {day(last)}." if last else "There is no nightly copy yet; `gleanings serve` makes them.")


def _service(config: Config, store: Store, moment: datetime) -> Iterator[Checked]:
    """Name what is wrong beyond the sources: as it is at this moment, and what the service said of itself."""
    try:
        with late.lock.hold(config.db, "serve", now=moment):
            yield Checked("service", "`gleanings serve` is not running on this database.")
    except LockedError:
        yield Checked("service", "`gleanings serve` is running.")
    found = {(one.kind, one.about): one.sentence for one in store.open_alerts() if one.kind in _KNOWN_TO_SERVICE}
    facts = late.looking.facts(config, store, now=moment, pulse=late.watch.Pulse())
    found |= {(one.kind, one.about): one.sentence for one in late.watch.troubles(facts, now=moment)}
    wrong = [(kind, about, said) for (kind, about), said in found.items() if kind not in (*_OF_SOURCES, TroubleKind.DISK)]
    for kind, about, said in wrong:
        yield Checked(f"{kind.value} {about}".rstrip(), said, "`gleanings status` shows since when.")
    if not wrong:
        yield Checked("errands", f"None of {len(facts.errands)} is overdue.")
