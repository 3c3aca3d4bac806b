"""Errands of the operator around what is kept: backup, restore, migrate, prune."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk, settings
from pipeline.cli.session import PARTLY, Session, command, here, now
from pipeline.errors import PipelineError
from pipeline.plain import to_plain
from pipeline.text import counted

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.config.bundle import Unpacked
    from pipeline.publish.rebuild import Rebuilt
    from pipeline.store import Prunable, Store

_DAYS = {"d": 1, "w": 7, "y": 365}
_LONGEST = 36_500
SHOWN = 20
"""Files that did not come out as released, as many as are named."""


@command("backup", "backup", "backup backups/before-the-move.db", "backup /mnt/disk/gleanings")
@click.argument("named", type=click.Path(), required=False, metavar="[FILE|FOLDER]")
@here
def backup_command(session: Session, named: str | None) -> None:
    """Write a checked copy of the database, while others use it, and beside it one of what people wrote: settings, charter, questions, letters.

    Into a folder of copies (without an argument the one of the setting `backup`): under the day's name, with `latest.db` leading to it; copies that
    need not be kept by `backup.daily`, `weekly` and `monthly` are taken away. Into a file: that one alone, with its `.settings.zip`. What ends with
    a slash is a folder, and is made where it is not there.
    """
    path = Path(named) if named else None
    with desk(session) as (config, store):
        if path is None or path.is_dir() or str(named).endswith("/"):
            copy = late.keep.backup(config, store, path or late.keep.home(config), now=now())
        else:
            copy = store.backup(path)
            late.bundle.pack(config, late.bundle.beside(copy.path))
    beside = late.bundle.beside(copy.path)
    session.emit({"written": str(copy.path), "settings": str(beside), "bytes": copy.bytes, "schema": copy.schema, "rows": copy.rows})
    session.say(
        f"{copy.path} is a whole copy, {copy.bytes / 1e6:.1f} MB with {counted(copy.rows['items'], 'item')}. The settings are in {beside.name}."
    )


@command("restore", "restore backups/latest.db --verify", "restore backups/latest.db")
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE|FOLDER")
@click.option(
    "--verify", is_flag=True, help="Restore into a folder for the time being, make every released edition again, and compare. Changes nothing."
)
@click.option("--with-settings", is_flag=True, help="Also take the copy's settings, charter and letters where others are here.")
@here
def restore_command(session: Session, path: Path, verify: bool, with_settings: bool) -> int:
    """Put a copy in the place of this desk's database. What was there is kept under another name.

    Settings, charter, questions and letters that are not here come from the copy too. Those that are here stay, unless `--with-settings` is given.
    """
    copy = late.restoring.found(path)
    if verify:
        return _verify(session, copy)
    late.restoring.usable(copy)
    first = None if session.path.exists() else _settings(session, copy, overwrite=False)  # they say where the database goes
    config = settings(session)
    restored = late.restoring.restore(copy, config.db, now=now())
    heeded = restored.heeded
    taken = first or _settings(session, copy, overwrite=with_settings)
    editions, problems = written(config)
    items, before = restored.copy.rows["items"], restored.before
    session.emit(
        {
            "restored": str(config.db),
            "from": str(copy),
            "before": str(before) if before else None,
            "items": items,
            "editions": editions,
            "left": heeded.left,
            "erased": heeded.erased,
        }
        | {"settings": [str(one) for one in taken.written], "differing": [str(one) for one in taken.differing], "problems": problems}
    )
    session.say(f"{config.db} is {copy} now: {counted(items, 'item')}, {counted(editions, 'released edition')}.")
    if heeded.left or heeded.erased:
        session.say(f"Who went after this copy was made is not brought back: {counted(heeded.left, 'reader')} had left, {heeded.erased:,} erased.")
    elif not heeded.is_known:
        session.note(f"{before} cannot be read: readers who left or were erased, and doors that were closed since this copy, are as they were then.")
    _told(session, taken, *([before] if before else []))
    for problem in problems[:SHOWN]:
        session.note(problem)
    return PARTLY if problems else 0


def _settings(session: Session, copy: Path, *, overwrite: bool) -> Unpacked:
    """Take what people wrote out of a copy; older copies have none."""
    bundle = late.bundle.beside(copy)
    if not bundle.exists():
        session.note(f"No settings lie beside this copy ({bundle.name}).")
        return late.bundle.Unpacked()
    return late.bundle.unpack(bundle, session.path, session.folder, overwrite=overwrite, now=now())


def _told(session: Session, taken: Unpacked, *aside: Path) -> None:
    """Say which files came, which stayed, and under which names those are kept that gave way."""
    for one in taken.written[:SHOWN]:
        session.say(f"{one} comes from the copy.")
    for one in taken.differing[:SHOWN]:
        session.say(f"{one} is not that of the copy, and stays; --with-settings takes the copy's.")
    for one in (*aside, *taken.aside)[:SHOWN]:
        session.say(f"What was there is kept: {one}")


def written(config: Config) -> tuple[int, list[str]]:
    """Write the files of released editions that are missing; how many editions there are, and what could not be made as it was."""
    problems: list[str] = []
    with late.store.Store.open(config.db) as store, progress() as report:
        released = [edition for edition in store.editions() if edition.is_released]
        for done, edition in enumerate(released):
            report("writing editions", done, len(released))
            late.corrections.restore(edition, config, store, report=lambda found: problems.append(found.problem))
    return len(released), problems


def _verify(session: Session, copy: Path) -> int:
    """Take a copy back in a folder of its own, and make every released edition again there."""
    with tempfile.TemporaryDirectory(prefix="gleanings-") as folder, progress() as report:
        restored = late.restoring.restore(copy, Path(folder) / "curated.db", now=now())
        with late.store.Store.open(Path(folder) / "curated.db") as store:
            made = late.rebuild.rebuild(store, report=report)
    items = restored.copy.rows["items"]
    beside = late.bundle.beside(copy)
    there = late.bundle.names(beside) if beside.exists() else ()
    session.emit({"copy": str(copy), "items": items, "equal": not made.unequal, "settings": list(there), **_plain(made)})
    session.say(f"{items:,} items, {counted(made.editions, 'edition')}; {_verdict(made)}")
    for one in made.unequal[:SHOWN]:
        session.say(f"  {one.edition}, revision {one.revision}: {one.name}: {one.why}")
    if len(made.unequal) > SHOWN:
        session.say(f"  … and {len(made.unequal) - SHOWN} more.")
    session.say(f"Beside it: {', '.join(there[:SHOWN])}{' …' if there[SHOWN:] else ''}." if there else "No settings lie beside it.")
    session.say("Nothing was put back; the same command without --verify does that.")
    return PARTLY if made.unequal else 0


def _verdict(made: Rebuilt) -> str:
    if not made.editions:
        return "the copy is whole, and no edition is released yet."
    if not made.unequal:
        what = "the one edition rebuilds" if made.editions == 1 else f"all {made.editions} editions rebuild"
        return f"{what} byte-identical" + (f", {counted(made.corrections, 'earlier revision')} too." if made.corrections else ".")
    others = len({one.edition for one in made.unequal})
    return f"{others} of {made.editions} {'does' if others == 1 else 'do'} not rebuild byte-identical:"


def _plain(made: Rebuilt) -> dict[str, object]:
    plain = to_plain(made)
    return dict(plain) if isinstance(plain, dict) else {}


@command("migrate", "migrate --dry-run", "migrate")
@click.option("--dry-run", is_flag=True, help="Show the SQL, and change nothing.")
@here
def migrate_command(session: Session, dry_run: bool) -> None:
    """Bring an older database up to date, as any other command does by itself: a copy is kept, and the changes are tried on another one first."""
    db = settings(session).db
    if not db.exists():
        raise PipelineError(f"There is no database {db} yet.", hint="The first command that needs one makes it, up to date.")
    pending = late.migration.pending(db)
    session.emit({"database": str(db), "pending": [to_plain(one) for one in pending], "dry_run": dry_run})
    if not pending:
        session.say(f"{db} is up to date.")
    elif dry_run:
        for change in pending:
            session.say("\n".join((f"-- {change.name}", *change.statements)))
    else:
        late.store.Store.open(db).close()
        session.say(f"{db} is up to date. Before that it was {late.migration.kept(db)}; `gleanings restore` brings it back for the older Gleanings.")


def _age(_context: click.Context, _parameter: click.Parameter, value: str) -> timedelta:
    number, unit = value[:-1], value[-1:]
    if unit not in _DAYS or not (number.isascii() and number.isdecimal()) or not 0 < int(number) * _DAYS[unit] <= _LONGEST:
        raise click.BadParameter(f"“{value}” is no age: write a number with d, w or y, for example 90d or 2y.")
    return timedelta(days=int(number) * _DAYS[unit])


@command("prune", "prune --dry-run", "prune --older 3y --spare-open")
@click.option("--dry-run", is_flag=True, help="Say what would go, by sort, year and licence, and change nothing.")
@click.option("--older", callback=_age, default="2y", show_default=True, metavar="AGE", help="What is older than this: 90d, 26w, 2y.")
@click.option("--spare-open", is_flag=True, help="Leave texts under an open licence.")
@click.option("--vacuum", is_flag=True, help="Give the room back to the disk at once; by itself that is done where a quarter of the file lies empty.")
@here
def prune_command(session: Session, dry_run: bool, older: timedelta, spare_open: bool, vacuum: bool) -> None:
    """Let go of old page copies, runs and words of what was rejected. Never of what was published or kept; what was rejected stays known."""
    with desk(session) as (_, store):
        before = now() - older
        gone = store.prunable(before, spare_open=spare_open) if dry_run else store.prune(before, spare_open=spare_open)
        is_compacted = not dry_run and _compact(store, asked=vacuum)
    for one in gone:
        session.emit(one)
    session.table(("what", "year", "licence", "rows", "kB"), _rows(gone))
    total = sum(one.bytes for one in gone)
    session.emit({"rows": sum(one.count for one in gone), "bytes": total, "vacuumed": is_compacted, "dry_run": dry_run})
    session.say(f"{'Would let go of' if dry_run else 'Let go of'} {total / 1e6:.1f} MB." + (" The file is written anew." if is_compacted else ""))


def _rows(gone: Sequence[Prunable]) -> list[tuple[str, str, str, str, str]]:
    return [(one.sort, one.year, one.licence, str(one.count), f"{one.bytes / 1000:.0f}") for one in gone]


def _compact(store: Store, *, asked: bool) -> bool:
    if not asked and store.slack() < late.prune.SLACK:
        return False
    store.compact()
    return True
