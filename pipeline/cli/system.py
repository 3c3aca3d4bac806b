"""Errands around the desk itself: init, check, config."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from pipeline.cli import late
from pipeline.cli.rooms import settings
from pipeline.cli.session import Session, command, here, now
from pipeline.errors import ConfigError, ConflictError, PipelineError
from pipeline.plain import to_plain
from pipeline.text import counted

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.model import Folding, MailSettings, Source

MASKED = "(set)"
PATIENCE = 60.0
"""Seconds in which the feeds of a reader are asked, all together."""


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
        words = words[: words.index("\nsources:\n")] + ("\nsources:\n" if found else "\nsources: []\n")
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
    late.config.write_charter(path)
    session.say(f"{path} is written, and charter.md beside it. Change both to your needs; `gleanings check` reads them, `gleanings harvest` begins.")
    session.emit({"written": str(path), **(_taken_over(session, path, found) if opml else {})})


def _taken_over(session: Session, path: Path, found: Sequence[Source]) -> dict[str, object]:
    """Write the feeds of a reader in, ask each once, and write where those are that moved for good. A dead one stays: its owner decides."""
    late.config.add_sources(path, found)
    config = late.config.load(path, os.environ)
    answers = late.harvest.answers(found, config.harvest, seconds=PATIENCE)
    moved, dead = [one for one in answers if one.moved], [one for one in answers if one.error]
    for one in moved:
        late.config.change_source(path, one.source.id, {"url": one.source.url})
    session.say(f"{counted(len(found), 'source')}: {len(dead)} cannot be read, {len(moved)} moved for good and stand at their new addresses.")
    for one in (*dead, *moved):
        session.say(f"  {one.source.id}: {one.error or f'now {one.source.url}'}")
    due = late.schedule.next_edition(config.digest, config.desk.timezone, now()).astimezone(ZoneInfo(config.desk.timezone))
    edition = late.schedule.edition_id(due, config.desk.timezone)
    mail = f"into the folder {config.mail.outbox}" if config.mail.outbox else f"by {config.mail.host}:{config.mail.port}"
    session.say(f"database: {config.db}. Edition {edition} is due {due:%Y-%m-%d %H:%M} {config.desk.timezone}, in {config.digests}.")
    session.say(f"mail: {mail}; `gleanings doctor` tries it.")
    return {
        "sources": len(found),
        "dead": [{"id": one.source.id, "error": one.error} for one in dead],
        "moved": [{"id": one.source.id, "url": one.source.url} for one in moved],
        "db": str(config.db),
        "edition": edition,
        "due": due,
    }


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
    counts = (counted(len(found.sources), "source"), counted(len(found.topics), "topic"), counted(len(found.collections), "collection"))
    session.say(f"{found.path.name}: {', '.join(counts)}; all is well.")
    return 0


@command("config", "config", "config --json")
@here
def config_command(session: Session) -> None:
    """Show the settings in force, secrets masked."""
    import yaml  # here and not above: help must be quick

    shown = _masked(settings(session))
    session.emit(shown)
    session.say(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False, width=120).rstrip())


def _fold(words: Folding | None) -> dict[str, list[str]]:
    from pipeline import folding  # here and not above: help must be quick

    return {key: list(getattr(words or folding.shipped(), key)) for key in folding.AMENDED}


def _source(source: Source, usual: dict[str, list[str]]) -> dict[str, object]:
    """Write a source; of the words by which it is folded, only the lists that differ from the desk's."""
    plain = {name: to_plain(getattr(source, name)) for name in (one.name for one in fields(source)) if name != "folding"}
    own = {key: said for key, said in _fold(source.folding).items() if said != usual[key]}
    return plain | ({"fold": own} if own else {})


def _secrets(mail: MailSettings) -> dict[str, str]:
    return {name: MASKED if getattr(mail, name) else "" for name in ("password", "listmonk_token")}


def _masked(config: Config) -> dict[str, object]:
    """Write the settings as plain values. Secrets are never among them."""
    mail, harvest = to_plain(config.mail), to_plain(replace(config.harvest, mail_passwords=dict.fromkeys(config.harvest.mail_passwords, MASKED)))
    plain = {name: to_plain(getattr(config, name)) for name in ("desk", "digest", "backup", "topics", "collections")}
    return {
        "desk": plain.pop("desk"),
        "harvest": harvest,
        **plain,
        "mail": {**(mail if isinstance(mail, dict) else {}), **_secrets(config.mail)},
        "sources": [_source(one, _fold(config.folding)) for one in config.sources],
        "fold": _fold(config.folding),
        "webhook_secret": MASKED if config.webhook_secret else "",
        "desk_password": MASKED if config.desk_password else "",
        "oidc_secret": MASKED if config.oidc_secret else "",
        **{name: str(getattr(config, name)) for name in ("path", "folder", "db", "digests")},
    }
