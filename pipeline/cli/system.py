"""Errands around the desk itself: init, check, doctor, backup, config."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from pipeline.cli import late
from pipeline.cli.rooms import desk, settings
from pipeline.cli.session import Session, command, here, now
from pipeline.errors import ConfigError, ConflictError, PipelineError
from pipeline.plain import to_plain

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.model import MailSettings
    from pipeline.store import Store

ROOM = 500_000_000
"""Bytes that should be free: a month's harvest and its digests take less."""
MASKED = "(set)"


@command("init", "init", "init mydesk --from-opml subscriptions.opml")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False, metavar="[DIR]")
@click.option("--from-opml", "opml", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Put the feeds of a feed reader in.")
@here
def init_command(session: Session, folder: Path | None, opml: Path | None) -> None:
    """Write a commented sources.yaml and a charter.md to start from. Never overwrites."""
    path = folder / "sources.yaml" if folder else session.path
    words = late.config.example()
    if opml:
        found = late.exchange.read_opml(opml.read_bytes(), where=opml.name)
        words = words[: words.index("\nsources:\n")] + "\nsources: []\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(words)
    except FileExistsError as error:
        raise ConflictError(
            f"{path} is there already and stays as it is.", hint="`gleanings check` reads it; `gleanings init DIR` writes into another folder."
        ) from error
    except OSError as error:
        raise PipelineError(f"{path} cannot be written: {error.strerror}.", hint="Choose a folder that you may write to.") from error
    if opml:
        late.config.add_sources(path, found)
    late.config.write_charter(path)
    session.emit({"written": str(path)})
    session.say(f"{path} is written, and charter.md beside it. Change both to your needs; `gleanings check` reads them, `gleanings harvest` begins.")


@command("check", "check", "check --json")
@here
def check_command(session: Session) -> int:
    """Read sources.yaml and name every problem."""
    try:
        found = settings(session)
        late.config.load_charter(found.path)
    except ConfigError as error:
        if not session.as_json:
            raise
        session.emit({"ok": False, "problems": error.problems})
        return error.exit_code
    session.emit({"ok": True, "problems": [], "sources": len(found.sources), "topics": len(found.topics), "collections": len(found.collections)})
    session.say(f"{found.path.name}: {len(found.sources)} sources, {len(found.topics)} topics, {len(found.collections)} collections; all is well.")
    return 0


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that the doctor looked at. `remedy` is empty where all is well."""

    name: str
    found: str
    remedy: str = ""


@command("doctor", "doctor", "doctor --json")
@here
def doctor_command(session: Session) -> int:
    """Look at everything that could stand in the way. Ends with 1 where something does."""
    with desk(session) as (config, store):
        checked = tuple(_examined(config, store, now()))
    for one in checked:
        session.emit({"name": one.name, "ok": not one.remedy, "found": one.found, "remedy": one.remedy or None})
        session.say(f"{'look at' if one.remedy else 'ok     '}  {one.name}: {one.found}" + (f" {one.remedy}" if one.remedy else ""))
    return 1 if any(one.remedy for one in checked) else 0


def _examined(config: Config, store: Store, moment: datetime) -> Iterator[Checked]:
    yield Checked("settings", f"{config.path.name} with {len(config.sources)} sources and {len(config.topics)} topics.")
    yield Checked("database", f"{config.db} has schema {store.schema_version}.")
    yield _room(config.folder)
    yield _contact(config)
    yield _clock(store, moment)
    yield Checked("zone", f"{config.desk.timezone}; there it is {moment.astimezone(ZoneInfo(config.desk.timezone)):%H:%M on %Y-%m-%d}.")
    yield _tried("fonts", _fonts, "Install the packages font-source-sans-pro and font-source-serif-pro.")
    yield _mail(config)
    yield from _sources(config, store, moment)
    yield from _collections(config, moment)
    due = late.schedule.next_edition(config.digest, config.desk.timezone, moment)
    yield Checked("digest", f"The next edition is due {due.astimezone(ZoneInfo(config.desk.timezone)):%Y-%m-%d %H:%M}.")


def _room(folder: Path) -> Checked:
    free = shutil.disk_usage(folder).free
    return Checked("disk", f"{free / 1e9:.1f} GB are free.", "" if free >= ROOM else "Make room: half a gigabyte should be free.")


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


def _collections(config: Config, moment: datetime) -> Iterator[Checked]:
    overdue = late.collections.overdue(config, now=moment)
    for one, review in overdue:
        last = f"Last looked through on {review.reviewed.isoformat()}." if review.reviewed else "Never looked through."
        yield Checked(f"collection {one.id}", last, f"Look through it; then `gleanings collections reviewed {one.id}`.")
    if config.collections and not overdue:
        yield Checked("collections", f"None of {len(config.collections)} waits for a review.")


@command("backup", "backup backups/2026-12-01.db")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@here
def backup_command(session: Session, path: Path) -> None:
    """Write a verified copy of the database, while others use it."""
    with desk(session) as (_, store):
        store.backup(path)
    session.emit({"written": str(path), "bytes": path.stat().st_size})
    session.say(f"{path} is a whole copy, {path.stat().st_size / 1e6:.1f} MB.")


@command("config", "config", "config --json")
@here
def config_command(session: Session) -> None:
    """Show the settings in force, secrets masked."""
    import yaml  # here and not above: help must be quick

    shown = _masked(settings(session))
    session.emit(shown)
    session.say(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False, width=120).rstrip())


def _secrets(mail: MailSettings) -> dict[str, str]:
    return {name: MASKED if getattr(mail, name) else "" for name in ("password", "listmonk_token")}


def _masked(config: Config) -> dict[str, object]:
    """Write the settings as plain values. Secrets are never among them."""
    mail = to_plain(config.mail)
    plain = {name: to_plain(getattr(config, name)) for name in ("desk", "harvest", "digest", "topics", "collections")}
    return {
        **plain,
        "mail": {**(mail if isinstance(mail, dict) else {}), **_secrets(config.mail)},
        "sources": to_plain(config.sources),
        "desk_password": MASKED if config.desk_password else "",
        **{name: str(getattr(config, name)) for name in ("path", "folder", "db", "digests")},
    }
