"""Errands of leaving and of arriving: a whole desk out as a folder, and a desk from such a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from pipeline.cli import late
from pipeline.cli.keep import written
from pipeline.cli.rooms import desk, settings
from pipeline.cli.session import Session, command, here, now
from pipeline.text import counted


@command("everything", "export everything /media/stick/gleanings", "export everything ~/leaving --with-subscribers")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="The same folder, said as for other exports.")
@click.option("--with-subscribers", is_flag=True, help="Readers too: their addresses, what they were sent and how they voted. Personal data.")
@here
def export_everything(session: Session, folder: Path | None, output: Path | None, with_subscribers: bool) -> None:
    """Write everything into a folder that opens without Gleanings: database, settings, tables, references, public pages, all files of all editions.

    Secrets, passwords and tokens are never in it; readers are in it only with --with-subscribers. Links in mails that were sent do not work with
    a desk made of it: to move a desk, take `gleanings backup` and `gleanings restore`.
    """
    folder = output if folder is None else folder
    if folder is None or output not in (None, folder):
        raise click.UsageError("Say once which folder to write: `gleanings export everything FOLDER`.")
    config = settings(session)
    released, problems = written(config)
    for problem in problems:
        session.note(problem)

    def site(place: Path) -> None:
        late.static_site.export(config, lambda: late.store.Store.open(config.db), now, place)

    with desk(session) as (_, store):
        done = late.everything.export(config, store, folder, site=site if released else None, with_subscribers=with_subscribers, now=now())
    session.emit({"folder": str(folder), "counts": done.counts, "files": done.files, "bytes": done.bytes, "subscribers": with_subscribers})
    session.say(f"{_many(done.counts)}; {counted(done.files, 'file')}, {done.bytes / 1e6:.1f} MB.")
    session.say("Readers are in it: personal data, keep it safe." if with_subscribers else "Readers are not in it (--with-subscribers).")
    session.say(f"Open {folder / 'index.html'}")


@command("everything", "import everything /media/stick/gleanings")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="FOLDER")
@here
def import_everything(session: Session, folder: Path) -> None:
    """Make a desk of what `gleanings export everything` wrote. Every file is checked first; nothing is overwritten."""
    db = session.db or session.folder / "curated.db"
    session.folder.mkdir(parents=True, exist_ok=True)
    _, counts = late.everything.take_in(folder, session.path, db, session.folder / "digests", now=now())
    config = settings(session)
    editions, problems = written(config)
    session.emit({"folder": str(session.folder), "counts": counts, "editions": editions, "problems": problems})
    session.say(f"{_many(counts)}; {counted(editions, 'released edition')}.")
    for problem in problems:
        session.note(problem)
    session.note("Set the secrets in the environment, and passwords with `gleanings user`: neither is part of an export.")


def _many(counts: Mapping[str, int]) -> str:
    """Say how much there is of each: "4 decisions, 1 edition"."""
    return ", ".join(counted(number, name.removesuffix("s")) for name, number in sorted(counts.items()))
